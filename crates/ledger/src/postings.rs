//! Reading the sorted runs: what accounts saw, and where ids and references stand.

use kernel::{TenantId, Timestamp, Uuid};
use storage::journal::Archive;
use storage::{Database, Level, Mode, Row, StorageError, Tx, params, sql};

use crate::book::made_ms;
use crate::projection::run::{Place, Posting, account_key, read_places, read_postings};
use crate::projection::segment;

/// The pieces that are read at a time: those of an account that sees everything are many.
const PIECES_MAX: usize = 64;

/// The pieces of one kind of run in which a key would stand, the newest first.
macro_rules! pieces {
    ($kind:literal, $condition:literal) => {
        concat!(
            "SELECT run.body FROM ledger_segment AS segment
             JOIN ledger_run AS run
                 ON run.tenant = app_tenant() AND run.book = segment.book AND run.kind = ",
            $kind,
            "    AND run.segment = segment.first AND run.key = (
                     SELECT found.key FROM ledger_run AS found
                     WHERE found.tenant = app_tenant() AND found.book = segment.book
                         AND found.kind = ",
            $kind,
            "            AND found.segment = segment.first AND found.key <= $2
                     ORDER BY found.key DESC LIMIT 1)
             WHERE segment.tenant = app_tenant() AND segment.book = $1 AND ",
            $condition,
            " ORDER BY segment.first DESC, run.number DESC LIMIT $3 OFFSET $4"
        )
    };
}

sql! {
    // A piece that begins with the account holds nothing else, and may begin after the end.
    ACCOUNT_PIECES = pieces!("0", "segment.first <= $5 AND (run.key < $2 OR run.number <= $5)");
    ID_PIECES = pieces!("1", "segment.id_min <= $2 AND segment.id_max >= $2");
    REFERENCE_PIECES = pieces!("2", "segment.first <= $5");
    ODD_ID =
        "SELECT number FROM ledger_odd_id
         WHERE tenant = app_tenant() AND book = $1 AND id = $2";
    LAST_NUMBER =
        "SELECT max(number) FROM ledger_transfer WHERE tenant = app_tenant() AND book = $1";
    BOOKED_AT =
        "SELECT booked_at FROM ledger_transfer
         WHERE tenant = app_tenant() AND book = $1 AND number = $2";
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
        for page in 0.. {
            let (limit, offset) = (PIECES_MAX, page * PIECES_MAX);
            let params = params![self.book, key.clone(), limit, offset, self.until];
            let rows = tx.rows(&ACCOUNT_PIECES, params).await?;
            for row in &rows {
                let mut postings = Vec::new();
                read_postings(&body(row)?, Some(account), &mut postings)?;
                let wanted = postings.iter().filter(|posting| posting.number <= self.until);
                for posting in wanted.rev() {
                    if !visit(posting) {
                        return Ok(());
                    }
                }
            }
            if rows.len() < PIECES_MAX {
                break;
            }
        }
        Ok(())
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
    let key =
        |index: &usize| params![book, ids[*index].as_bytes().to_vec(), PIECES_MAX * PIECES_MAX, 0];
    let pieces = tx.rows_many(&ID_PIECES, timed.iter().map(key).collect()).await?;
    for (index, rows) in timed.into_iter().zip(pieces) {
        for row in rows {
            let mut places = Vec::new();
            read_places(&body(&row)?, &mut places)?;
            let id = ids[index].as_u128();
            if let Ok(found) = places.binary_search_by_key(&id, |place| place.key) {
                numbers[index] = Some(places[found].number);
            }
        }
    }
    Ok(numbers)
}

/// The ids that books' engines have forgotten stand in the tables.
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

    async fn archived(&self, tenant: TenantId, stream: Uuid) -> Result<u64, StorageError> {
        let mut tx = self.database.begin(Level::of(tenant), Mode::Read).await?;
        let row = tx.row(&LAST_NUMBER, params![stream]).await?;
        tx.commit().await?;
        let last: Option<u64> = row.map(|row| row.get(0)).transpose()?.flatten();
        Ok(last.unwrap_or(0))
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
    for page in 0.. {
        let offset = page * PIECES_MAX;
        let params = params![book, key.clone(), PIECES_MAX, offset, before];
        let rows = tx.rows(&REFERENCE_PIECES, params).await?;
        for row in &rows {
            let mut places: Vec<Place> = Vec::new();
            read_places(&body(row)?, &mut places)?;
            let mine = |place: &&Place| place.key == reference && place.number < before;
            numbers.extend(places.iter().rev().filter(mine).map(|place| place.number));
        }
        if rows.len() < PIECES_MAX || numbers.len() >= limit {
            break;
        }
    }
    numbers.truncate(limit);
    Ok(numbers)
}

/// The last transfer that had been booked by a time; times never run backwards in a book.
async fn last_booked_by(tx: &mut Tx, book: Uuid, time: Timestamp) -> Result<u64, StorageError> {
    let last: Option<u64> = match tx.row(&LAST_NUMBER, params![book]).await? {
        Some(row) => row.get(0)?,
        None => None,
    };
    let (mut low, mut high) = (0, last.unwrap_or(0));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let row = tx.row(&BOOKED_AT, params![book, middle]).await?;
        let damaged = || StorageError::Damaged { text: format!("transfer {middle} is missing") };
        let booked: Timestamp = row.ok_or_else(damaged)?.get(0)?;
        if booked <= time {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

fn body(row: &Row) -> Result<Vec<u8>, StorageError> {
    row.get(0)
}
