//! Reading the sorted runs: what accounts saw, and where ids and references stand.

use kernel::{TenantId, Timestamp, Uuid};
use storage::journal::Archive;
use storage::{Database, Level, Mode, Params, StorageError, Tx, params, sql};

use crate::book::made_ms;
use crate::projection::run::{Place, Posting, account_key, read_places, read_postings};
use crate::projection::segment;
use crate::transfers;

/// The segments that are looked into at a time, but for the first: who asks for the last entries of
/// a busy account needs no more than that.
const SEGMENTS_MAX: usize = 64;
/// The pieces of one segment that are read at first.
const PIECES_FIRST: usize = 8;
/// The pieces that are read at a time after these: those of an account that sees everything are
/// many.
const PIECES_MAX: usize = 64;

sql! {
    SEGMENTS =
        "SELECT first FROM ledger_segment
         WHERE tenant = app_tenant() AND book = $1 AND first <= $2 ORDER BY first DESC";
    ID_SEGMENTS =
        "SELECT first, id_min, id_max FROM ledger_segment
         WHERE tenant = app_tenant() AND book = $1";
    // A piece that begins with the key holds nothing else, and may begin after the end. One look
    // for each segment: neither database plans a join of them that seeks the key.
    PIECES =
        "SELECT key, number, body FROM ledger_run
         WHERE tenant = app_tenant() AND book = $1 AND kind = $2 AND segment = $3
             AND key = (
                 SELECT found.key FROM ledger_run AS found
                 WHERE found.tenant = app_tenant() AND found.book = $1 AND found.kind = $2
                     AND found.segment = $3 AND found.key <= $4
                 ORDER BY found.key DESC LIMIT 1)
             AND (key < $4 OR number <= $5)
         ORDER BY number DESC LIMIT $6";
    ODD_ID =
        "SELECT number FROM ledger_odd_id
         WHERE tenant = app_tenant() AND book = $1 AND id = $2";
    ODD_KEY =
        "SELECT record FROM ledger_odd_key
         WHERE tenant = app_tenant() AND book = $1 AND key = $2";
    LAST_NUMBER =
        "SELECT last FROM ledger_transfer_chunk
         WHERE tenant = app_tenant() AND book = $1 ORDER BY first DESC LIMIT 1";
}

/// Which postings of a book.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Postings {
    pub book: Uuid,
    /// Up to this transfer.
    pub until: u64,
}

impl Postings {
    /// Those of transfers that had been booked by then; all where nothing is said.
    pub(crate) async fn booked_by(
        tx: &mut Tx,
        book: Uuid,
        time: Option<Timestamp>,
    ) -> Result<Self, StorageError> {
        let until = match time {
            None => i64::MAX.unsigned_abs(),
            Some(time) => last_booked_by(tx, book, time).await?,
        };
        Ok(Self { book, until })
    }

    /// Visits the postings of every account, segment by segment, the oldest first.
    pub(crate) async fn of_all(
        self,
        tx: &mut Tx,
        mut visit: impl FnMut(&Posting),
    ) -> Result<(), StorageError> {
        for segment in segment::list(tx, self.book).await? {
            if segment.first > self.until {
                break;
            }
            let mut postings = Vec::new();
            for body in segment::postings(tx, self.book, segment.first).await? {
                read_postings(&body, None, &mut postings)?;
            }
            postings.iter().filter(|posting| posting.number <= self.until).for_each(&mut visit);
        }
        Ok(())
    }

    /// Visits the postings of one account, the newest first, until the visitor has enough.
    pub(crate) async fn of_account(
        self,
        tx: &mut Tx,
        account: u32,
        mut visit: impl FnMut(&Posting) -> bool,
    ) -> Result<(), StorageError> {
        let key = account_key(account);
        let run = KeyRun { book: self.book, kind: segment::POSTINGS, key, until: self.until };
        let read = |body: &[u8]| {
            let mut postings = Vec::new();
            read_postings(body, Some(account), &mut postings)?;
            let mut wanted = postings.iter().filter(|posting| posting.number <= self.until).rev();
            Ok(wanted.all(&mut visit))
        };
        run.visit(tx, read).await
    }
}

/// Where the entries of one key stand.
struct KeyRun {
    book: Uuid,
    kind: u8,
    key: Vec<u8>,
    /// Up to this transfer, or some later ones.
    until: u64,
}

impl KeyRun {
    /// Visits the pieces in which the key would stand, the newest first, until the visitor has
    /// enough.
    async fn visit(
        &self,
        tx: &mut Tx,
        mut visit: impl FnMut(&[u8]) -> Result<bool, StorageError>,
    ) -> Result<(), StorageError> {
        let rows = tx.rows(&SEGMENTS, params![self.book, self.until]).await?;
        let segments: Vec<u64> =
            rows.iter().map(|row| row.get(0)).collect::<Result<_, StorageError>>()?;
        let (mut rest, mut count) = (segments.as_slice(), 1);
        while !rest.is_empty() {
            let some = rest.split_off(..count.min(rest.len())).unwrap_or_default();
            count = SEGMENTS_MAX;
            let look = |segment: &u64| self.pieces(*segment, self.until, PIECES_FIRST);
            let looks = some.iter().map(look).collect();
            for (segment, pieces) in some.iter().zip(tx.rows_many(&PIECES, looks).await?) {
                let (mut pieces, mut limit) = (pieces, PIECES_FIRST);
                loop {
                    for piece in &pieces {
                        if !visit(&piece.get::<Vec<u8>>(2)?)? {
                            return Ok(());
                        }
                        // Of another key's pieces only the last may hold this one's entries.
                        if piece.get::<Vec<u8>>(0)? != self.key {
                            break;
                        }
                    }
                    let Some(last) = pieces.get(limit - 1) else { break };
                    let (key, number): (Vec<u8>, u64) = (last.get(0)?, last.get(1)?);
                    let before = number.checked_sub(1).filter(|_| key == self.key);
                    let Some(until) = before else { break };
                    limit = PIECES_MAX;
                    pieces = tx.rows(&PIECES, self.pieces(*segment, until, limit)).await?;
                }
            }
        }
        Ok(())
    }

    fn pieces(&self, segment: u64, until: u64, limit: usize) -> Params {
        params![self.book, self.kind, segment, self.key.clone(), until, limit]
    }
}

/// The numbers of the transfers with these ids, where there are such.
pub(crate) async fn numbers_of_ids(
    tx: &mut Tx,
    book: Uuid,
    ids: &[Uuid],
) -> Result<Vec<Option<u64>>, StorageError> {
    let odd = ids.iter().map(|id| params![book, *id]).collect();
    let mut numbers = Vec::with_capacity(ids.len());
    for rows in tx.rows_many(&ODD_ID, odd).await? {
        numbers.push(rows.first().map(|row| row.get(0)).transpose()?);
    }
    let timed =
        |index: &usize| numbers[*index].is_none() && made_ms(ids[*index].as_u128()).is_some();
    let timed: Vec<usize> = (0..ids.len()).filter(timed).collect();
    let (mut looks, mut looked_for) = (Vec::new(), Vec::new());
    for segment in tx.rows(&ID_SEGMENTS, params![book]).await? {
        let (segment, min, max): (u64, Vec<u8>, Vec<u8>) =
            (segment.get(0)?, segment.get(1)?, segment.get(2)?);
        for index in &timed {
            let key = ids[*index].as_bytes();
            if min[..] <= key[..] && max[..] >= key[..] {
                let until = i64::MAX.unsigned_abs();
                looks.push(params![book, segment::IDS, segment, key.to_vec(), until, 1]);
                looked_for.push(*index);
            }
        }
    }
    for (index, rows) in looked_for.into_iter().zip(tx.rows_many(&PIECES, looks).await?) {
        let Some(row) = rows.first() else { continue };
        let mut places = Vec::new();
        read_places(&row.get::<Vec<u8>>(2)?, &mut places)?;
        let id = ids[index].as_u128();
        if let Ok(found) = places.binary_search_by_key(&id, |place| place.key) {
            numbers[index] = Some(places[found].number);
        }
    }
    Ok(numbers)
}

/// The number of the record in which the command with a key stands, if there is one.
pub(crate) async fn record_of_key(
    tx: &mut Tx,
    book: Uuid,
    key: u128,
) -> Result<Option<u64>, StorageError> {
    let bytes = key.to_be_bytes().to_vec();
    if let Some(row) = tx.row(&ODD_KEY, params![book, bytes.clone()]).await? {
        return row.get(0).map(Some);
    }
    let mut record = None;
    let until = i64::MAX.unsigned_abs();
    let run = KeyRun { book, kind: segment::KEYS, key: bytes, until };
    let read = |body: &[u8]| {
        let mut places = Vec::new();
        read_places(body, &mut places)?;
        let found = places.binary_search_by_key(&key, |place| place.key);
        record = found.ok().map(|index| places[index].number);
        Ok(record.is_none())
    };
    run.visit(tx, read).await?;
    Ok(record)
}

/// The ids and keys that books' engines have forgotten stand in the tables.
pub(crate) struct TableArchive {
    pub database: Database,
}

impl Archive for TableArchive {
    async fn used(
        &self,
        tenant: TenantId,
        stream: Uuid,
        ids: Vec<u128>,
    ) -> Result<Vec<u128>, StorageError> {
        let mut tx = self.database.begin(Level::of(tenant), Mode::Read).await?;
        let uuids: Vec<Uuid> = ids.iter().map(|id| Uuid::from_u128(*id)).collect();
        let numbers = numbers_of_ids(&mut tx, stream, &uuids).await?;
        tx.commit().await?;
        let used = ids.into_iter().zip(numbers).filter(|(_, number)| number.is_some());
        Ok(used.map(|(id, _)| id).collect())
    }

    async fn record_of(
        &self,
        tenant: TenantId,
        stream: Uuid,
        key: u128,
    ) -> Result<Option<u64>, StorageError> {
        let mut tx = self.database.begin(Level::of(tenant), Mode::Read).await?;
        let record = record_of_key(&mut tx, stream, key).await?;
        tx.commit().await?;
        Ok(record)
    }

    async fn archived(&self, tenant: TenantId, stream: Uuid) -> Result<u64, StorageError> {
        let mut tx = self.database.begin(Level::of(tenant), Mode::Read).await?;
        let last = last_number(&mut tx, stream).await?;
        tx.commit().await?;
        Ok(last)
    }
}

/// The numbers of the newest transfers before one with a reference, the newest first.
pub(crate) async fn numbers_of_reference(
    tx: &mut Tx,
    book: Uuid,
    reference: u128,
    before: u64,
    limit: usize,
) -> Result<Vec<u64>, StorageError> {
    let (key, mut numbers) = (reference.to_be_bytes().to_vec(), Vec::new());
    let run = KeyRun { book, kind: segment::REFERENCES, key, until: before };
    let read = |body: &[u8]| {
        let mut places: Vec<Place> = Vec::new();
        read_places(body, &mut places)?;
        let mine = |place: &&Place| place.key == reference && place.number < before;
        numbers.extend(places.iter().rev().filter(mine).map(|place| place.number));
        Ok(numbers.len() < limit)
    };
    run.visit(tx, read).await?;
    numbers.truncate(limit);
    Ok(numbers)
}

/// The number of a book's last transfer; zero where it has none.
pub(crate) async fn last_number(tx: &mut Tx, book: Uuid) -> Result<u64, StorageError> {
    let row = tx.row(&LAST_NUMBER, params![book]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// The last transfer that had been booked by a time; times never run backwards in a book.
async fn last_booked_by(tx: &mut Tx, book: Uuid, time: Timestamp) -> Result<u64, StorageError> {
    let (mut low, mut high) = (0, last_number(tx, book).await?);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if transfers::booked_at(tx, book, middle).await? <= time {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}
