//! The changes of a book in their order: every transfer, and every hold that expired, each with the
//! balances of both accounts after it.
//!
//! What must stay true: a reader who goes on behind a place misses nothing and gets nothing twice.
//! What is read was projected in the order of the journal, and is never changed.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use kernel::{Amount, BookId, Commodity, Context, Timestamp, Uuid};
use storage::{Row, StorageError, Tx, params, sql};
use tokio::sync::watch;

use crate::Ledger;
use crate::error::LedgerError;
use crate::model::{AccountId, AccountKind, TransferId};
use crate::postings::last_number;
use crate::projection::run::read_postings;
use crate::projection::segment;
use crate::query::TransferView;
use crate::store;
use crate::transfers::{self, Sides};

/// Changes that are read at a time.
const READ_MAX: usize = 512;
/// Transfers whose balances are read at a time: a segment is read as a whole.
const WINDOW_TRANSFERS: u64 = 16_384;
/// How often a live reader looks for what other processes added.
const POLL: Duration = Duration::from_secs(1);

sql! {
    EXPIRIES =
        "SELECT expiry.number, expiry.place, expiry.hold, expiry.amount, expiry.expired_at,
             debit.id, debit.kind, expiry.debit_balance,
             credit.id, credit.kind, expiry.credit_balance, debit.commodity, debit.scale
         FROM ledger_expiry AS expiry
         JOIN ledger_account AS debit
             ON debit.tenant = app_tenant() AND debit.book = expiry.book
             AND debit.number = expiry.debit
         JOIN ledger_account AS credit
             ON credit.tenant = app_tenant() AND credit.book = expiry.book
             AND credit.number = expiry.credit
         WHERE expiry.tenant = app_tenant() AND expiry.book = $1
             AND expiry.number >= $2 AND (expiry.number > $2 OR expiry.place > $3)
             AND expiry.number <= $4
         ORDER BY expiry.number, expiry.place LIMIT $5";
    EXPIRY =
        "SELECT place FROM ledger_expiry
         WHERE tenant = app_tenant() AND book = $1 AND number = $2 AND place = $3";
}

/// Where a change stands: behind a transfer's number, holds that expired are counted. It is written
/// `12` for the twelfth transfer, and `12.1` for the first hold that expired behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangePlace {
    /// The number of a transfer in the book; 0 before the first.
    pub number: u64,
    /// Of a hold that expired, which it is behind that transfer; 0 for the transfer itself.
    pub expiry: u64,
}

/// What changed a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stands.
    pub place: ChangePlace,
    /// What it was.
    pub what: Changed,
    /// The debited account after it.
    pub debit: BalanceAfter,
    /// The credited account after it.
    pub credit: BalanceAfter,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// A transfer was made.
    Transfer(Box<TransferView>),
    /// A hold was released because its time had come.
    Expired {
        /// Which hold.
        hold: TransferId,
        /// What was left of it.
        amount: Amount,
        /// Of what.
        commodity: Commodity,
        /// When.
        at: Timestamp,
    },
}

/// An account after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceAfter {
    /// Which account.
    pub account: AccountId,
    /// Its posted balance, on its natural side.
    pub balance: Amount,
}

/// A reader of a book's changes.
pub struct Changes {
    ledger: Ledger,
    context: Context,
    book: BookId,
    after: ChangePlace,
    /// The last transfer that is read, where the reader goes no further.
    until: Option<u64>,
    window: Window,
    growth: watch::Receiver<u64>,
}

/// The balances after some transfers, by transfer and account; debits positive.
#[derive(Default)]
struct Window {
    /// The last transfer that is covered.
    last: u64,
    balances: HashMap<(u64, u32), Amount>,
}

impl Ledger {
    /// A reader of a book's changes after a place.
    ///
    /// # Errors
    /// [`LedgerError::PlaceUnknown`] where the book has nothing there, and so whoever asks has read
    /// another book.
    pub async fn changes(
        &self,
        context: &Context,
        book: BookId,
        after: ChangePlace,
    ) -> Result<Changes, LedgerError> {
        self.check_book(context, book).await?;
        let growth = self.inner.database.growth();
        let mut tx = self.reading(context).await?;
        let mut is_known = after.number <= last_number(&mut tx, book.uuid()).await?;
        if after.expiry > 0 {
            let place = params![book.uuid(), after.number, after.expiry];
            is_known &= tx.row(&EXPIRY, place).await?.is_some();
        }
        tx.commit().await?;
        if !is_known {
            return Err(LedgerError::PlaceUnknown { place: after.to_string() });
        }
        let (ledger, context, window) = (self.clone(), context.clone(), Window::default());
        Ok(Changes { ledger, context, book, after, until: None, window, growth })
    }
}

impl Changes {
    /// The same reader, who goes no further than what was done before this call.
    ///
    /// # Errors
    /// [`StorageError::Stale`] where the tables follow too late.
    pub async fn until_now(mut self) -> Result<Self, LedgerError> {
        self.ledger.wait_for_book(self.book).await?;
        let mut tx = self.ledger.reading(&self.context).await?;
        self.until = Some(last_number(&mut tx, self.book.uuid()).await?);
        tx.commit().await?;
        Ok(self)
    }

    /// What is new, in order; waits for it where there is nothing, and answers with nothing after
    /// `wait`. Who goes no further than to a certain change never waits: nothing is the end.
    pub async fn next(&mut self, wait: Duration) -> Result<Vec<Change>, LedgerError> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            // Marked before the read: what comes during it wakes the wait.
            self.growth.mark_unchanged();
            let changes = self.read().await?;
            let now = tokio::time::Instant::now();
            if !changes.is_empty() || self.until.is_some() || now >= end {
                return Ok(changes);
            }
            // A timeout is no failure: other processes do not ring here.
            let _ = tokio::time::timeout(POLL.min(end - now), self.growth.changed()).await;
        }
    }

    async fn read(&mut self) -> Result<Vec<Change>, LedgerError> {
        let (book, from) = (self.book.uuid(), self.after.number + 1);
        let mut tx = self.ledger.reading(&self.context).await?;
        let mut items = items(&mut tx, self.book, self.after).await?;
        items.retain(|item| self.until.is_none_or(|until| item.place().number <= until));
        let last = items.last().map_or(self.after, Item::place);
        if last.number >= from {
            self.window.cover(&mut tx, book, from, last.number).await?;
        }
        tx.commit().await?;
        let mut changes = Vec::with_capacity(items.len());
        for item in items {
            changes.push(match item {
                Item::Expiry(change) => change,
                Item::Transfer(view, sides) => self.window.change(view, sides)?,
            });
        }
        self.after = last;
        self.window.forget(last.number);
        Ok(changes)
    }
}

/// A transfer, or a hold that expired.
pub(crate) enum Item {
    Transfer(TransferView, Sides),
    Expiry(Change),
}

impl Item {
    pub(crate) fn place(&self) -> ChangePlace {
        match self {
            Self::Transfer(view, _) => ChangePlace { number: view.number, expiry: 0 },
            Self::Expiry(change) => change.place,
        }
    }
}

/// Some of what follows a place, in order; nothing where nothing does.
pub(crate) async fn items(
    tx: &mut Tx,
    book: BookId,
    after: ChangePlace,
) -> Result<Vec<Item>, StorageError> {
    let views = transfers::from(tx, book, after.number + 1, READ_MAX).await?;
    let last = views.last().map_or(after.number, |(view, _)| view.number);
    let expiries = expiries(tx, book.uuid(), after, last).await?;
    // Where there are more, what stands behind them waits.
    let end = match expiries.len() < READ_MAX {
        true => ChangePlace { number: last, expiry: u64::MAX },
        false => expiries.last().map_or(after, |change| change.place),
    };
    let transfers = views.into_iter().map(|(view, sides)| Item::Transfer(view, sides));
    let transfers = transfers.filter(|item| item.place() <= end);
    let mut items: Vec<Item> = transfers.chain(expiries.into_iter().map(Item::Expiry)).collect();
    items.sort_by_key(Item::place);
    Ok(items)
}

async fn expiries(
    tx: &mut Tx,
    book: Uuid,
    after: ChangePlace,
    last: u64,
) -> Result<Vec<Change>, StorageError> {
    // A place behind all that expired after a transfer is none that a database can count to.
    let expiry = i64::try_from(after.expiry).unwrap_or(i64::MAX);
    let params = params![book, after.number, expiry, last, READ_MAX];
    let change = |row: &Row| {
        let code: String = row.get(11)?;
        let commodity = store::commodity(&code, row.get(12)?)?;
        let hold = TransferId::from_uuid(row.get(2)?);
        Ok(Change {
            place: ChangePlace { number: row.get(0)?, expiry: row.get(1)? },
            what: Changed::Expired { hold, amount: row.get(3)?, commodity, at: row.get(4)? },
            debit: after_it(row.get(5)?, store::kind(row, 6)?, row.get(7)?),
            credit: after_it(row.get(8)?, store::kind(row, 9)?, row.get(10)?),
        })
    };
    tx.rows(&EXPIRIES, params).await?.iter().map(change).collect()
}

fn after_it(account: Uuid, kind: AccountKind, balance: Amount) -> BalanceAfter {
    BalanceAfter { account: AccountId::from_uuid(account), balance: kind.natural(balance) }
}

impl Window {
    /// Reads the balances after some transfers, and those of some that follow.
    async fn cover(
        &mut self,
        tx: &mut Tx,
        book: Uuid,
        from: u64,
        to: u64,
    ) -> Result<(), StorageError> {
        if to <= self.last {
            return Ok(());
        }
        let end = to.max(from.saturating_add(WINDOW_TRANSFERS));
        self.balances.clear();
        let (mut postings, mut last) = (Vec::new(), 0);
        for segment in segment::list(tx, book).await? {
            if segment.last < from || segment.first > end {
                continue;
            }
            last = segment.last.min(end);
            for body in segment::postings(tx, book, segment.first).await? {
                postings.clear();
                read_postings(&body, None, &mut postings)?;
                let wanted = postings.iter().filter(|one| (from..=end).contains(&one.number));
                let balances = wanted.map(|one| ((one.number, one.account), one.balance));
                self.balances.extend(balances);
            }
        }
        self.last = last;
        Ok(())
    }

    /// A transfer with the balances after it.
    fn change(&self, view: TransferView, sides: Sides) -> Result<Change, StorageError> {
        let number = view.number;
        let after = |(account, kind): (u32, AccountKind), id: AccountId| {
            let text = || format!("transfer {number} has no balances after it");
            let balance = self.balances.get(&(number, account));
            let balance = *balance.ok_or_else(|| StorageError::Damaged { text: text() })?;
            Ok::<_, StorageError>(BalanceAfter { account: id, balance: kind.natural(balance) })
        };
        let debit = after(sides.debit, view.debit)?;
        let credit = after(sides.credit, view.credit)?;
        let place = ChangePlace { number, expiry: 0 };
        Ok(Change { place, what: Changed::Transfer(Box::new(view)), debit, credit })
    }

    /// Forgets what was told of.
    fn forget(&mut self, number: u64) {
        self.balances.retain(|(of, _), _| *of > number);
    }
}

impl Changed {
    /// Of what an amount moved, or was held.
    #[must_use]
    pub fn commodity(&self) -> Commodity {
        match self {
            Self::Transfer(view) => view.commodity,
            Self::Expired { commodity, .. } => *commodity,
        }
    }
}

impl fmt::Display for ChangePlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expiry {
            0 => write!(out, "{}", self.number),
            expiry => write!(out, "{}.{expiry}", self.number),
        }
    }
}

impl FromStr for ChangePlace {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || LedgerError::PlaceUnknown { place: text.to_owned() };
        // What a database counts with ends before 64 bits do.
        let number = |text: &str| text.parse::<i64>().ok().map(u64::try_from)?.ok();
        let (first, expiry) = text.split_once('.').unwrap_or((text, "0"));
        let place = number(first).zip(number(expiry));
        let (number, expiry) = place.ok_or_else(unknown)?;
        Ok(Self { number, expiry })
    }
}
