//! The tables that plain SQL may read, made from the journal.
//!
//! What must stay true: a record's rows depend on the records up to it and nothing else, so that
//! the tables can be made again at any time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel::{Amount, Timestamp, Uuid};
use storage::journal::{Projection, Record};
use storage::{Params, StorageError, Tx, params, sql};

use crate::book::{Entry, decode_entries};
use crate::model::{AccountId, Command, Movement, NewAccount, NewTransfer, Step, TransferId};
use crate::query::TransferKind;

/// The books whose accounts and last balances are remembered between records.
const BOOKS_REMEMBERED_MAX: usize = 1_000;

sql! {
    COMMODITY_INSERT =
        "INSERT INTO ledger_commodity (tenant, book, code, scale)
         VALUES (app_tenant(), $1, $2, $3) ON CONFLICT (book, code) DO NOTHING";
    COMMODITY_SCALE =
        "SELECT scale FROM ledger_commodity
         WHERE tenant = app_tenant() AND book = $1 AND code = $2";
    ACCOUNT_INSERT =
        "INSERT INTO ledger_account
             (tenant, book, number, id, commodity, scale, kind, code, record, opened_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9)";
    ACCOUNT_CLOSE =
        "UPDATE ledger_account SET closed_at = $3
         WHERE tenant = app_tenant() AND book = $1 AND number = $2";
    ACCOUNT_IDS =
        "SELECT id FROM ledger_account
         WHERE tenant = app_tenant() AND book = $1 ORDER BY number";
    LAST_BALANCE =
        "SELECT balance FROM ledger_history
         WHERE tenant = app_tenant() AND book = $1 AND account = $2
         ORDER BY number DESC LIMIT 1";
    HELD =
        "SELECT number, debit, credit, amount FROM ledger_transfer
         WHERE tenant = app_tenant() AND book = $1 AND id = $2";
    TRANSFER_INSERT =
        "INSERT INTO ledger_transfer
             (tenant, book, number, id, kind, debit, credit, amount, code, reference, effective,
              booked_at, record, hold, expires_at, reverses, asked)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
              $16)";
    HISTORY_INSERT =
        "INSERT INTO ledger_history
             (tenant, book, account, number, amount, balance, effective, booked_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7)";
}

/// The projection of every book.
#[derive(Default)]
pub(crate) struct Tables {
    books: Mutex<HashMap<Uuid, Remembered>>,
}

/// What is remembered of a book, so that not every transfer asks for it.
#[derive(Default)]
struct Remembered {
    accounts: Vec<AccountId>,
    numbers: HashMap<AccountId, u32>,
    balances: HashMap<u32, Amount>,
}

/// The rows of one record, before they are inserted.
struct Rows<'a> {
    tx: &'a mut Tx,
    book: Uuid,
    record: u64,
    time: Timestamp,
    number: u64,
    transfers: Vec<Params>,
    history: Vec<Params>,
    held: HashMap<TransferId, Held>,
}

#[derive(Clone, Copy)]
struct Held {
    number: u64,
    debit: u32,
    credit: u32,
    amount: Amount,
}

/// A transfer as its row shows it.
struct Shown {
    kind: TransferKind,
    moved: Held,
    /// The number of the hold that it posts or voids.
    hold: Option<u64>,
    expires: Option<Timestamp>,
    asked: Option<Amount>,
}

impl Projection for Tables {
    const NAME: &'static str = "ledger";

    async fn project(&self, tx: &mut Tx, record: &Record) -> Result<(), StorageError> {
        let mut remembered = match self.take(record.stream) {
            Some(remembered) => remembered,
            None => Remembered::load(tx, record.stream).await?,
        };
        let (header, entries) = decode_entries(record, &mut remembered.accounts)?;
        let mut rows = Rows {
            tx,
            book: record.stream,
            record: record.seq,
            time: header.time,
            number: header.first_number,
            transfers: Vec::new(),
            history: Vec::new(),
            held: HashMap::new(),
        };
        for Entry { command, outcome } in entries {
            // Expired holds move nothing.
            if let Command::Steps { steps, .. } = command {
                let done = (0..).zip(steps.iter()).filter(|(index, _)| outcome.did(*index));
                for (index, step) in done {
                    rows.step(&mut remembered, step, outcome.found(index)).await?;
                }
            }
        }
        rows.insert().await?;
        self.put(record.stream, remembered);
        Ok(())
    }

    fn forget(&self, stream: Uuid) {
        self.take(stream);
    }
}

impl Tables {
    fn take(&self, book: Uuid) -> Option<Remembered> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).remove(&book)
    }

    fn put(&self, book: Uuid, remembered: Remembered) {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        if books.len() >= BOOKS_REMEMBERED_MAX {
            books.clear();
        }
        books.insert(book, remembered);
    }
}

impl Remembered {
    async fn load(tx: &mut Tx, book: Uuid) -> Result<Self, StorageError> {
        let mut remembered = Self::default();
        for row in tx.rows(&ACCOUNT_IDS, params![book]).await? {
            let id = AccountId::from_uuid(row.get(0)?);
            remembered.number_of_new(id);
            remembered.accounts.push(id);
        }
        Ok(remembered)
    }

    fn number_of_new(&mut self, id: AccountId) -> u32 {
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(id, number);
        number
    }

    fn number(&self, id: AccountId) -> Result<u32, StorageError> {
        let damaged = || StorageError::Damaged { text: format!("account {id} is not projected") };
        self.numbers.get(&id).copied().ok_or_else(damaged)
    }

    /// Adds to an account's last balance; the balance after it.
    async fn add(
        &mut self,
        rows: &mut Rows<'_>,
        account: u32,
        amount: Amount,
    ) -> Result<Amount, StorageError> {
        let last = match self.balances.get(&account) {
            Some(last) => *last,
            None => {
                let row = rows.tx.row(&LAST_BALANCE, params![rows.book, account]).await?;
                row.map_or(Ok(Amount::ZERO), |row| row.get(0))?
            }
        };
        let balance = last.checked_add(amount);
        let balance = balance.map_err(|error| StorageError::Damaged { text: error.to_string() })?;
        self.balances.insert(account, balance);
        Ok(balance)
    }
}

impl Rows<'_> {
    /// `found` is what the step moved where the caller had left that open.
    async fn step(
        &mut self,
        book: &mut Remembered,
        step: &Step,
        found: Option<Amount>,
    ) -> Result<(), StorageError> {
        match step {
            Step::DefineCommodity { code, scale } => {
                let row = params![self.book, code.as_str(), *scale];
                self.tx.execute(&COMMODITY_INSERT, row).await?;
            }
            Step::OpenAccount(account) => self.account(book, account).await?,
            // What the engine alone decides by.
            Step::SetLimits { .. }
            | Step::Freeze { .. }
            | Step::LockPeriod { .. }
            | Step::OpenGroup { .. }
            | Step::MoveAccount { .. }
            | Step::MoveGroup { .. }
            | Step::LimitGroup { .. } => {}
            Step::CloseAccount { account } => {
                let row = params![self.book, book.number(*account)?, self.time];
                self.tx.execute_one(&ACCOUNT_CLOSE, row).await?;
            }
            Step::Transfer(transfer) => self.transfer(book, transfer, found).await?,
        }
        Ok(())
    }

    async fn account(
        &mut self,
        book: &mut Remembered,
        account: &NewAccount,
    ) -> Result<(), StorageError> {
        let code = account.commodity.as_str();
        let row = self.tx.row(&COMMODITY_SCALE, params![self.book, code]).await?;
        let damaged = || StorageError::Damaged { text: format!("{code} is not projected") };
        let scale: u16 = row.ok_or_else(damaged)?.get(0)?;
        let row = params![
            self.book,
            book.number_of_new(account.id),
            account.id.uuid(),
            code,
            scale,
            account.kind.number(),
            account.code,
            self.record,
            self.time
        ];
        self.tx.execute_one(&ACCOUNT_INSERT, row).await
    }

    async fn transfer(
        &mut self,
        book: &mut Remembered,
        transfer: &NewTransfer,
        found: Option<Amount>,
    ) -> Result<(), StorageError> {
        let number = self.number;
        let Shown { kind, moved, hold, expires, asked } = self.shown(book, transfer, found).await?;
        self.number += 1;
        if kind.posts() && !moved.amount.is_zero() {
            for (account, amount) in
                [(moved.debit, moved.amount), (moved.credit, moved.amount.negate())]
            {
                let balance = book.add(self, account, amount).await?;
                let (effective, time) = (transfer.effective, self.time);
                let row = params![self.book, account, number, amount, balance, effective, time];
                self.history.push(row);
            }
        }
        self.transfers.push(params![
            self.book,
            number,
            transfer.id.uuid(),
            kind.number(),
            moved.debit,
            moved.credit,
            moved.amount,
            transfer.code,
            transfer.reference.map(Uuid::from_u128),
            transfer.effective,
            self.time,
            self.record,
            hold,
            expires,
            transfer.reverses.map(TransferId::uuid),
            asked
        ]);
        Ok(())
    }

    /// What a transfer is shown as; a hold is remembered for what settles it.
    async fn shown(
        &mut self,
        book: &Remembered,
        transfer: &NewTransfer,
        found: Option<Amount>,
    ) -> Result<Shown, StorageError> {
        let number = self.number;
        let (mut asked, mut expires_at) = (None, None);
        let (kind, moved, hold) = match transfer.movement {
            Movement::Post { debit, credit, amount } => {
                let (debit, credit) = (book.number(debit)?, book.number(credit)?);
                (TransferKind::Post, Held { number, debit, credit, amount }, None)
            }
            Movement::PostUpTo { debit, credit, maximum, balancing } => {
                let (debit, credit) = (book.number(debit)?, book.number(credit)?);
                let amount = found.ok_or_else(|| unfound(transfer.id))?;
                asked = maximum;
                let kind = TransferKind::balancing(balancing);
                (kind, Held { number, debit, credit, amount }, None)
            }
            Movement::CloseInto { account, into } => {
                let (account, into) = (book.number(account)?, book.number(into)?);
                let balance = found.ok_or_else(|| unfound(transfer.id))?;
                self.tx.execute_one(&ACCOUNT_CLOSE, params![self.book, account, self.time]).await?;
                let kind = TransferKind::closing(balance);
                let (debit, credit) =
                    if balance.is_negative() { (account, into) } else { (into, account) };
                (kind, Held { number, debit, credit, amount: balance.abs() }, None)
            }
            Movement::Hold { debit, credit, amount, expires } => {
                let (debit, credit) = (book.number(debit)?, book.number(credit)?);
                let held = Held { number, debit, credit, amount };
                self.held.insert(transfer.id, held);
                expires_at = expires;
                (TransferKind::Hold, held, None)
            }
            Movement::PostHold { hold, amount, rest } => {
                let held = self.find_held(hold).await?;
                let amount = amount.or(found).ok_or_else(|| unfound(transfer.id))?;
                let posted = Held { amount, ..held };
                (TransferKind::posting(rest), posted, Some(held.number))
            }
            Movement::VoidHold { hold } => {
                let held = self.find_held(hold).await?;
                (TransferKind::VoidHold, held, Some(held.number))
            }
        };
        Ok(Shown { kind, moved, hold, expires: expires_at, asked })
    }

    async fn find_held(&mut self, hold: TransferId) -> Result<Held, StorageError> {
        if let Some(held) = self.held.get(&hold) {
            return Ok(*held);
        }
        let row = self.tx.row(&HELD, params![self.book, hold.uuid()]).await?;
        let damaged = || StorageError::Damaged { text: format!("hold {hold} is not projected") };
        let row = row.ok_or_else(damaged)?;
        let (debit, credit, amount) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Held { number: row.get(0)?, debit, credit, amount })
    }

    async fn insert(self) -> Result<(), StorageError> {
        self.tx.execute_many(&TRANSFER_INSERT, self.transfers).await?;
        self.tx.execute_many(&HISTORY_INSERT, self.history).await?;
        Ok(())
    }
}

fn unfound(transfer: TransferId) -> StorageError {
    StorageError::Damaged { text: format!("transfer {transfer} does not say what it moved") }
}
