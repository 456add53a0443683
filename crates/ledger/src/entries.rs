//! What accounts saw, by effective date: the sums that balances are made of, and the single entries
//! of many accounts in one list.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use kernel::{
    Amount, AmountError, BookId, Commodity, Cursor, CursorError, Date, Page, PageRequest,
    Timestamp, time,
};
use storage::{StorageError, Tx};

use crate::Ledger;
use crate::error::LedgerError;
use crate::model::{AccountId, TransferId};
use crate::postings::Postings;
use crate::projection::run::Posting;
use crate::query::TransferView;
use crate::store::{self, AccountRow};
use crate::transfers;

/// What an account's balance by effective date is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceInputs {
    /// Which account.
    pub account: AccountId,
    /// The balance, on the account's natural side.
    pub balance: Amount,
    /// How many transfers make it.
    pub transfers: u64,
    /// The first date of these.
    pub first: Date,
    /// The last.
    pub last: Date,
}

/// Which balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceFilter {
    /// This account's only.
    pub account: Option<AccountId>,
    /// What counts up to the end of this date.
    pub date: Date,
    /// As far as it had been booked by then.
    pub known_at: Option<Timestamp>,
}

/// Which entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryFilter {
    /// Those of accounts with the number that the opening module gave them.
    pub account_code: u16,
    /// This account's only.
    pub account: Option<AccountId>,
    /// From this effective date.
    pub from: Date,
    /// Up to this one.
    pub to: Date,
}

/// What one transfer changed on one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEntry {
    /// Which account.
    pub account: AccountId,
    /// Its number in the book.
    pub account_number: u32,
    /// What it counts.
    pub commodity: Commodity,
    /// The transfer's number in the book.
    pub number: u64,
    /// The transfer.
    pub transfer: TransferId,
    /// The change; a debit is positive, whatever the account is.
    pub amount: Amount,
    /// The date from which it counts.
    pub effective: Date,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// The module's number.
    pub code: u16,
    /// Its reference.
    pub reference: Option<String>,
    /// Its purpose.
    pub purpose: Option<String>,
    /// Who was on the other side.
    pub counterparty: Option<String>,
    /// The account on the other side.
    pub other: AccountId,
}

impl Ledger {
    /// Balances by effective date with what makes them; accounts that had seen nothing by then are
    /// left out.
    pub async fn balance_inputs(
        &self,
        tx: &mut Tx,
        book: BookId,
        filter: &BalanceFilter,
    ) -> Result<Vec<BalanceInputs>, LedgerError> {
        let last_day = time::days_since_epoch(filter.date);
        let accounts = store::accounts(tx, book, filter.account, None).await?;
        let mut found: BTreeMap<u32, Inputs> = BTreeMap::new();
        let mut add = |posting: &Posting| {
            if posting.effective <= last_day && !posting.amount.is_zero() {
                found.entry(posting.account).or_default().add(posting);
            }
        };
        let postings = Postings::booked_by(tx, book.uuid(), filter.known_at).await?;
        match (filter.account, accounts.keys().next()) {
            (None, _) => postings.of_all(tx, add).await?,
            (Some(_), None) => {}
            (Some(_), Some(account)) => {
                let go_on = |posting: &Posting| {
                    add(posting);
                    true
                };
                postings.of_account(tx, *account, go_on).await?;
            }
        }
        let known = |(number, inputs): (u32, Inputs)| {
            accounts.get(&number).map(|account| inputs.of(account))
        };
        let mut inputs: Vec<BalanceInputs> =
            found.into_iter().filter_map(known).collect::<Result<_, _>>()?;
        inputs.sort_unstable_by_key(|inputs| inputs.account);
        Ok(inputs)
    }

    /// The entries of many accounts by effective date, the latest first.
    pub async fn entries(
        &self,
        tx: &mut Tx,
        book: BookId,
        filter: &EntryFilter,
        page: &PageRequest,
    ) -> Result<Page<AccountEntry>, LedgerError> {
        let place = page.after.as_ref().map(place).transpose()?;
        let days = time::days_since_epoch(filter.from)..=time::days_since_epoch(filter.to);
        let accounts = store::accounts(tx, book, filter.account, Some(filter.account_code)).await?;
        let mut found: Vec<Posting> = Vec::new();
        let mut take = |posting: &Posting| {
            let is_after = place.is_none_or(|place| after(posting) > place);
            if days.contains(&posting.effective) && !posting.amount.is_zero() && is_after {
                found.push(*posting);
            }
        };
        let postings = Postings::booked_by(tx, book.uuid(), None).await?;
        if filter.account.is_some() {
            for account in accounts.keys() {
                let go_on = |posting: &Posting| {
                    take(posting);
                    true
                };
                postings.of_account(tx, *account, go_on).await?;
            }
        } else {
            let take = |posting: &Posting| {
                if accounts.contains_key(&posting.account) {
                    take(posting);
                }
            };
            postings.of_all(tx, take).await?;
        }
        found.sort_unstable_by_key(after);
        found.truncate(usize::from(page.limit) + 1);
        let numbers = found.iter().map(|posting| posting.number).collect();
        let transfers = transfers::by_number(tx, book, numbers).await?;
        let entry = |(posting, transfer): (Posting, TransferView)| {
            accounts.get(&posting.account).map(|account| entry(account, posting, transfer))
        };
        let entries = found.into_iter().zip(transfers).filter_map(entry).collect();
        Ok(Page::cut(entries, page.limit, |entry| {
            let account = entry.account_number.to_string();
            let key = vec![entry.effective.to_string(), entry.number.to_string(), account];
            Cursor { filter: page.filter, key }
        }))
    }
}

/// The order of entries: the latest effective date first, then the latest transfer.
type After = (Reverse<i32>, Reverse<u64>, u32);

fn after(posting: &Posting) -> After {
    (Reverse(posting.effective), Reverse(posting.number), posting.account)
}

/// Where a page ended: the date, the transfer's number and the account's.
fn place(cursor: &Cursor) -> Result<After, CursorError> {
    let [date, number, account] = cursor.key.as_slice() else {
        return Err(CursorError::Malformed);
    };
    let date = kernel::time::parse_date(date).ok();
    let place = date.zip(number.parse().ok()).zip(account.parse::<u32>().ok());
    let ((date, number), account) = place.ok_or(CursorError::Malformed)?;
    Ok((Reverse(time::days_since_epoch(date)), Reverse(number), account))
}

/// What makes a balance, debits positive.
struct Inputs {
    sum: Result<Amount, AmountError>,
    transfers: u64,
    days: Option<(i32, i32)>,
}

impl Default for Inputs {
    fn default() -> Self {
        Self { sum: Ok(Amount::ZERO), transfers: 0, days: None }
    }
}

impl Inputs {
    fn add(&mut self, posting: &Posting) {
        self.sum = self.sum.clone().and_then(|sum| sum.checked_add(posting.amount));
        self.transfers += 1;
        let (first, last) = self.days.unwrap_or((posting.effective, posting.effective));
        self.days = Some((first.min(posting.effective), last.max(posting.effective)));
    }

    fn of(self, account: &AccountRow) -> Result<BalanceInputs, StorageError> {
        let (first, last) = self.days.unwrap_or_default();
        Ok(BalanceInputs {
            account: account.id,
            balance: account.kind.natural(self.sum.map_err(store::too_large)?),
            transfers: self.transfers,
            first: store::date(first)?,
            last: store::date(last)?,
        })
    }
}

fn entry(account: &AccountRow, posting: Posting, transfer: TransferView) -> AccountEntry {
    AccountEntry {
        account: account.id,
        account_number: account.number,
        commodity: account.commodity,
        number: posting.number,
        transfer: transfer.id,
        amount: posting.amount,
        effective: transfer.effective,
        booked_at: transfer.booked_at,
        code: transfer.code,
        other: if transfer.debit == account.id { transfer.credit } else { transfer.debit },
        reference: transfer.reference,
        purpose: transfer.purpose,
        counterparty: transfer.counterparty,
    }
}
