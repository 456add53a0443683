//! What records say, as rows and entries of runs, before any of it is inserted.

use kernel::{Amount, CommandKey, Timestamp, Uuid};
use storage::journal::{Record, RecordHeader};
use storage::{Params, StorageError, Tx, params, sql};

use super::chunk::{Chunked, Chunks};
use super::run::{Place, Posting};
use super::segment::Entries;
use super::{Held, Remembered};
use crate::book::{Fact, Moved, Written, WrittenTransfer, made_ms, ms, read_facts, reversal_of};
use crate::model::{NewAccount, Rest, TransferId};
use crate::query::TransferKind;

sql! {
    COMMODITY_INSERT =
        "INSERT INTO ledger_commodity (tenant, book, code, scale)
         VALUES (app_tenant(), $1, $2, $3)";
    ACCOUNT_INSERT =
        "INSERT INTO ledger_account
             (tenant, book, number, id, commodity, scale, kind, code, record, opened_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9)";
    ACCOUNT_CLOSE =
        "UPDATE ledger_account SET closed_at = $3
         WHERE tenant = app_tenant() AND book = $1 AND number = $2";
    CHUNK_INSERT =
        "INSERT INTO ledger_transfer_chunk
             (tenant, book, first, last, booked_at, ids, refs, body)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7)";
    LINK_INSERT =
        "INSERT INTO ledger_transfer_link
             (tenant, book, number, id, hold, expires_at, reverses, asked)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7)";
    ODD_KEY_INSERT =
        "INSERT INTO ledger_odd_key (tenant, book, key, record)
         VALUES (app_tenant(), $1, $2, $3)";
    ODD_ID_INSERT =
        "INSERT INTO ledger_odd_id (tenant, book, id, number)
         VALUES (app_tenant(), $1, $2, $3)";
    HOLD_INSERT =
        "INSERT INTO ledger_hold (tenant, book, id, debit, credit, amount)
         VALUES (app_tenant(), $1, $2, $3, $4, $5)";
    HOLD_SHRINK =
        "UPDATE ledger_hold SET amount = $3
         WHERE tenant = app_tenant() AND book = $1 AND id = $2";
    EXPIRY_INSERT =
        "INSERT INTO ledger_expiry
             (tenant, book, number, place, hold, debit, credit, amount, debit_balance,
              credit_balance, expired_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    HOLD_DELETE =
        "DELETE FROM ledger_hold WHERE tenant = app_tenant() AND book = $1 AND id = $2";
}

/// How far an id's time may be from its booking to be looked for by it.
const TIMELY_MS_MAX: u64 = 60_000;

/// The rows of some records of a book.
pub(super) struct Rows {
    book: Uuid,
    commodities: Vec<Params>,
    accounts: Vec<Params>,
    closed: Vec<Params>,
    transfers: Chunks,
    links: Vec<Params>,
    odd_ids: Vec<Params>,
    keys: Vec<Place>,
    held: Vec<Params>,
    shrunk: Vec<Params>,
    settled: Vec<Params>,
    expired: Vec<Params>,
    entries: Entries,
}

/// What one transfer moved.
struct Moving {
    kind: TransferKind,
    held: Held,
    hold: Option<Uuid>,
    expires: Option<Timestamp>,
    /// The most that was to be moved, where it was as much as there is.
    asked: Option<Amount>,
}

impl Rows {
    pub(super) fn new(book: Uuid) -> Self {
        Self {
            book,
            commodities: Vec::new(),
            accounts: Vec::new(),
            closed: Vec::new(),
            transfers: Chunks::new(book),
            links: Vec::new(),
            odd_ids: Vec::new(),
            keys: Vec::new(),
            held: Vec::new(),
            shrunk: Vec::new(),
            settled: Vec::new(),
            expired: Vec::new(),
            entries: Entries::default(),
        }
    }

    /// Adds what a record says.
    pub(super) fn read(
        &mut self,
        book: &mut Remembered,
        record: &Record,
    ) -> Result<(), StorageError> {
        let (header, _) = record.open()?;
        let (mut number, time) = (header.first_number, header.time);
        read_facts(record, |fact| {
            match fact {
                Fact::Command(head) => {
                    let place = |key: CommandKey| Place { key: key.id, number: header.seq };
                    self.keys.extend(head.key.map(place));
                }
                Fact::Refused(_) => {}
                Fact::Expired(hold) => self.expire(book, hold.uuid(), (number - 1, time))?,
                Fact::Step(_, Written::Transfer(transfer)) => {
                    self.transfer(book, number, time, &transfer)?;
                    number += 1;
                }
                Fact::Step(_, step) => self.other(book, &header, step)?,
            }
            Ok(())
        })?;
        Ok(())
    }

    fn other(
        &mut self,
        book: &mut Remembered,
        header: &RecordHeader,
        step: Written<u32>,
    ) -> Result<(), StorageError> {
        match step {
            Written::DefineCommodity { code, scale } => {
                // Defining it again changes nothing.
                if book.commodities.insert(code, scale).is_none() {
                    self.commodities.push(params![self.book, code.as_str(), scale]);
                }
            }
            Written::OpenAccount(account) => self.account(book, header, &account)?,
            Written::CloseAccount { account } => {
                self.closed.push(params![self.book, account, header.time]);
            }
            // What the engine alone decides by; transfers are read elsewhere.
            Written::SetLimits { .. }
            | Written::Freeze { .. }
            | Written::LockPeriod { .. }
            | Written::OpenGroup { .. }
            | Written::MoveAccount { .. }
            | Written::MoveGroup { .. }
            | Written::LimitGroup { .. }
            | Written::Transfer(_) => {}
        }
        Ok(())
    }

    fn account(
        &mut self,
        book: &mut Remembered,
        header: &RecordHeader,
        account: &NewAccount,
    ) -> Result<(), StorageError> {
        let code = account.commodity;
        let scale = book.commodities.get(&code).copied();
        let scale = scale.ok_or_else(|| damaged(&format!("commodity {code}")))?;
        let number = book.balances.len();
        book.balances.push(Amount::ZERO);
        self.accounts.push(params![
            self.book,
            number,
            account.id.uuid(),
            code.as_str(),
            scale,
            account.kind.number(),
            account.code,
            header.seq,
            header.time
        ]);
        Ok(())
    }

    fn transfer(
        &mut self,
        book: &mut Remembered,
        number: u64,
        time: Timestamp,
        transfer: &WrittenTransfer<u32>,
    ) -> Result<(), StorageError> {
        let Moving { kind, held, hold, expires, asked } = self.moving(book, time, transfer)?;
        let effective = transfer.effective;
        let moved = if kind.posts() { held.amount } else { Amount::ZERO };
        for (account, amount) in [(held.debit, moved), (held.credit, moved.negate())] {
            let last = book.balances.get_mut(account as usize);
            let last = last.ok_or_else(|| damaged("an account"))?;
            *last = last.checked_add(amount).map_err(|_| damaged("a balance"))?;
            let balance = *last;
            self.entries.postings.push(Posting { account, number, amount, balance, effective });
        }
        let id = transfer.id.uuid();
        if self.entries.last == 0 {
            self.entries.first = number;
        }
        self.entries.last = number;
        if is_timely(id.as_u128(), time) {
            self.entries.ids.push(Place { key: id.as_u128(), number });
        } else {
            self.odd_ids.push(params![self.book, id, number]);
        }
        if let Some(original) = transfer.reverses {
            let mark = Uuid::from_u128(reversal_of(original.uuid().as_u128()));
            self.odd_ids.push(params![self.book, mark, number]);
        }
        let place = |key| Place { key, number };
        self.entries.references.extend(transfer.reference.map(place));
        let (debit, credit, amount) = (held.debit, held.credit, held.amount);
        let (kind, code, reference) = (kind.number(), transfer.code, transfer.reference);
        let booked_at = time;
        self.transfers.push(
            number,
            &Chunked { id, kind, debit, credit, amount, code, reference, effective, booked_at },
        );
        let reverses = transfer.reverses.map(TransferId::uuid);
        if hold.is_some() || expires.is_some() || reverses.is_some() || asked.is_some() {
            self.links.push(params![self.book, number, id, hold, expires, reverses, asked]);
        }
        Ok(())
    }

    fn moving(
        &mut self,
        book: &mut Remembered,
        time: Timestamp,
        transfer: &WrittenTransfer<u32>,
    ) -> Result<Moving, StorageError> {
        let unfound = || damaged("no amount, with a transfer");
        let moving = |kind, held, hold| Moving { kind, held, hold, expires: None, asked: None };
        Ok(match transfer.moved {
            Moved::Post { debit, credit, amount } => {
                moving(TransferKind::Post, Held { debit, credit, amount }, None)
            }
            Moved::PostUpTo { debit, credit, maximum, balancing } => {
                let amount = transfer.found.ok_or_else(unfound)?;
                let held = Held { debit, credit, amount };
                let kind = TransferKind::balancing(balancing);
                Moving { asked: maximum, ..moving(kind, held, None) }
            }
            Moved::CloseInto { account, into } => {
                let balance = transfer.found.ok_or_else(unfound)?;
                self.closed.push(params![self.book, account, time]);
                let (debit, credit) =
                    if balance.is_negative() { (account, into) } else { (into, account) };
                let held = Held { debit, credit, amount: balance.abs() };
                moving(TransferKind::closing(balance), held, None)
            }
            Moved::Hold { debit, credit, amount, expires } => {
                let held = Held { debit, credit, amount };
                book.holds.insert(transfer.id.uuid().as_u128(), held);
                let row = params![self.book, transfer.id.uuid(), debit, credit, amount];
                self.held.push(row);
                Moving { expires, ..moving(TransferKind::Hold, held, None) }
            }
            Moved::PostHold { hold, amount, rest } => {
                let amount = amount.or(transfer.found).ok_or_else(unfound)?;
                let held = self.post_hold(book, hold.uuid(), amount, rest)?;
                let posted = Held { amount, ..held };
                moving(TransferKind::posting(rest), posted, Some(hold.uuid()))
            }
            Moved::VoidHold { hold } => {
                let held = self.settle(book, hold.uuid())?;
                moving(TransferKind::VoidHold, held, Some(hold.uuid()))
            }
        })
    }

    /// Posts of a hold, which ends where nothing is kept; what it was before.
    fn post_hold(
        &mut self,
        book: &mut Remembered,
        hold: Uuid,
        amount: Amount,
        rest: Rest,
    ) -> Result<Held, StorageError> {
        let held = book.holds.get_mut(&hold.as_u128()).ok_or_else(|| damaged("a hold"))?;
        let before = *held;
        held.amount = before.amount.checked_sub(amount).map_err(|_| damaged("an amount"))?;
        if rest == Rest::Keep && !held.amount.is_zero() {
            self.shrunk.push(params![self.book, hold, held.amount]);
        } else {
            self.settle(book, hold)?;
        }
        Ok(before)
    }

    fn expire(
        &mut self,
        book: &mut Remembered,
        hold: Uuid,
        (last, time): (u64, Timestamp),
    ) -> Result<(), StorageError> {
        let Held { debit, credit, amount } = self.settle(book, hold)?;
        let place = if book.expired.0 == last { book.expired.1 + 1 } else { 1 };
        book.expired = (last, place);
        let balance = |account: u32| {
            let found = book.balances.get(account as usize);
            found.copied().ok_or_else(|| damaged("an account"))
        };
        let (debit_after, credit_after) = (balance(debit)?, balance(credit)?);
        self.expired.push(params![
            self.book,
            last,
            place,
            hold,
            debit,
            credit,
            amount,
            debit_after,
            credit_after,
            time
        ]);
        Ok(())
    }

    fn settle(&mut self, book: &mut Remembered, hold: Uuid) -> Result<Held, StorageError> {
        let held = book.holds.remove(&hold.as_u128()).ok_or_else(|| damaged("a hold"))?;
        self.settled.push(params![self.book, hold]);
        Ok(held)
    }

    /// Inserts the rows; what the next segment is made of.
    pub(super) async fn insert(mut self, tx: &mut Tx) -> Result<Option<Entries>, StorageError> {
        let mut odd_keys = Vec::new();
        if self.entries.last > 0 {
            self.entries.keys = self.keys;
        } else {
            let row =
                |place: Place| params![self.book, place.key.to_be_bytes().to_vec(), place.number];
            odd_keys.extend(self.keys.into_iter().map(row));
        }
        for (statement, rows) in [
            (&COMMODITY_INSERT, self.commodities),
            (&ACCOUNT_INSERT, self.accounts),
            (&ACCOUNT_CLOSE, self.closed),
            (&CHUNK_INSERT, self.transfers.into_rows()),
            (&LINK_INSERT, self.links),
            (&ODD_ID_INSERT, self.odd_ids),
            (&ODD_KEY_INSERT, odd_keys),
            (&HOLD_INSERT, self.held),
            (&HOLD_SHRINK, self.shrunk),
            (&HOLD_DELETE, self.settled),
            (&EXPIRY_INSERT, self.expired),
        ] {
            if !rows.is_empty() {
                tx.execute_many(statement, rows).await?;
            }
        }
        Ok((self.entries.last > 0).then_some(self.entries))
    }
}

/// Whether an id says about the time at which it was booked.
fn is_timely(id: u128, booked: Timestamp) -> bool {
    made_ms(id).is_some_and(|made| made.abs_diff(ms(booked)) <= TIMELY_MS_MAX)
}

fn damaged(what: &str) -> StorageError {
    StorageError::Damaged { text: format!("the journal names {what} that is not projected") }
}
