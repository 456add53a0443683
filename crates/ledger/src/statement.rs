//! What happened on one account, by effective date: its balance on every day, and a statement of a
//! period whose lines lead from the opening balance to the closing one.

use std::collections::BTreeMap;

use kernel::{Amount, AmountError, BookId, Date, time};
use storage::Tx;

use crate::Ledger;
use crate::error::LedgerError;
use crate::model::AccountId;
use crate::postings::Postings;
use crate::projection::run::Posting;
use crate::query::{HistoryLine, TransferView};
use crate::store::{self, AccountRow};
use crate::transfers;

/// The postings of the account that one call looks at: all of them count for a balance.
pub const POSTINGS_SCANNED_MAX: usize = 1_000_000;
/// The lines of a statement.
pub const STATEMENT_LINES_MAX: usize = 10_000;

/// An account and the dates of a period, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Which account.
    pub account: AccountId,
    /// The first effective date.
    pub from: Date,
    /// The last.
    pub to: Date,
}

/// A day on which an account changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountDay {
    /// The effective date.
    pub date: Date,
    /// What it changed by, on the account's natural side.
    pub change: Amount,
    /// The balance at its end.
    pub balance: Amount,
    /// How many transfers changed it.
    pub transfers: u64,
}

/// An account's balances over a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDays {
    /// Before the first day.
    pub opening: Amount,
    /// The days on which something changed, in order.
    pub days: Vec<AccountDay>,
    /// How many of the account's postings were looked at.
    pub scanned: usize,
}

/// A statement of account. Amounts are on the account's natural side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStatement {
    /// The balance before the period.
    pub opening: Amount,
    /// By effective date and then by number, each with the balance after it.
    pub lines: Vec<HistoryLine>,
    /// The balance at the end of the period.
    pub closing: Amount,
    /// How many of the account's postings were looked at.
    pub scanned: usize,
}

/// The postings of a period, and what was there before it.
struct Read {
    account: AccountRow,
    opening: Amount,
    within: Vec<Posting>,
    scanned: usize,
}

impl Ledger {
    /// An account's balance on each day of a period on which it changed, by effective date.
    pub async fn account_days(
        &self,
        tx: &mut Tx,
        book: BookId,
        period: Period,
    ) -> Result<AccountDays, LedgerError> {
        let Read { account, opening, within, scanned } =
            read(tx, book, period, POSTINGS_SCANNED_MAX).await?;
        let mut sums: BTreeMap<i32, (Amount, u64)> = BTreeMap::new();
        for posting in &within {
            let (change, transfers) = sums.entry(posting.effective).or_default();
            *change = change.checked_add(posting.amount)?;
            *transfers += 1;
        }
        let (mut balance, mut days) = (opening, Vec::with_capacity(sums.len()));
        for (day, (change, transfers)) in sums {
            balance = balance.checked_add(change)?;
            let (change, natural) = (account.kind.natural(change), account.kind.natural(balance));
            days.push(AccountDay { date: store::date(day)?, change, balance: natural, transfers });
        }
        Ok(AccountDays { opening: account.kind.natural(opening), days, scanned })
    }

    /// A statement of account for a period, by effective date.
    ///
    /// # Errors
    /// [`LedgerError::TooMuch`] where it would have more than [`STATEMENT_LINES_MAX`] lines, or
    /// more than [`POSTINGS_SCANNED_MAX`] postings had to be looked at: a part would not add up.
    pub async fn statement(
        &self,
        tx: &mut Tx,
        book: BookId,
        period: Period,
    ) -> Result<AccountStatement, LedgerError> {
        let Read { account, opening, within, scanned } =
            read(tx, book, period, STATEMENT_LINES_MAX).await?;
        let kind = account.kind;
        let numbers = within.iter().map(|posting| posting.number).collect();
        let transfers = transfers::by_number(tx, book, numbers).await?;
        let (mut balance, mut lines) = (opening, Vec::with_capacity(within.len()));
        for (posting, transfer) in within.iter().zip(transfers) {
            balance = balance.checked_add(posting.amount)?;
            let (amount, balance) = (kind.natural(posting.amount), kind.natural(balance));
            lines.push(line(period.account, transfer, amount, balance));
        }
        let (opening, closing) = (kind.natural(opening), kind.natural(balance));
        Ok(AccountStatement { opening, lines, closing, scanned })
    }
}

/// Reads the postings of a period, at most `lines_max`, in the order of date and number.
async fn read(
    tx: &mut Tx,
    book: BookId,
    period: Period,
    lines_max: usize,
) -> Result<Read, LedgerError> {
    let unknown = LedgerError::AccountUnknown { account: period.account };
    let known = store::accounts(tx, book, Some(period.account), None).await?;
    let account = known.into_values().next().ok_or(unknown)?;
    let (from, to) = (time::days_since_epoch(period.from), time::days_since_epoch(period.to));
    let (mut within, mut scanned) = (Vec::new(), 0);
    let mut opening: Result<Amount, AmountError> = Ok(Amount::ZERO);
    let take = |posting: &Posting| {
        scanned += 1;
        if posting.effective < from {
            opening = opening.clone().and_then(|sum| sum.checked_add(posting.amount));
        } else if posting.effective <= to && !posting.amount.is_zero() {
            within.push(*posting);
        }
        scanned <= POSTINGS_SCANNED_MAX && within.len() <= lines_max
    };
    Postings::booked_by(tx, book.uuid(), None).await?.of_account(tx, account.number, take).await?;
    if scanned > POSTINGS_SCANNED_MAX {
        return Err(LedgerError::TooMuch { what: "postings", max: POSTINGS_SCANNED_MAX });
    }
    if within.len() > lines_max {
        return Err(LedgerError::TooMuch { what: "lines", max: lines_max });
    }
    within.sort_unstable_by_key(|posting| (posting.effective, posting.number));
    Ok(Read { account, opening: opening?, within, scanned })
}

fn line(
    account: AccountId,
    transfer: TransferView,
    amount: Amount,
    balance: Amount,
) -> HistoryLine {
    HistoryLine {
        number: transfer.number,
        transfer: transfer.id,
        amount,
        balance,
        effective: transfer.effective,
        booked_at: transfer.booked_at,
        other: if transfer.debit == account { transfer.credit } else { transfer.debit },
        reference: transfer.reference,
        purpose: transfer.purpose,
        counterparty: transfer.counterparty,
        code: transfer.code,
    }
}
