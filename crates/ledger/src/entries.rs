//! What accounts saw, by effective date: the sums that balances are made of, and the single entries
//! of many accounts in one list.

use kernel::{Amount, BookId, Commodity, Cursor, CursorError, Date, Page, PageRequest, Timestamp};
use storage::{Row, StorageError, Tx, params, sql};

use crate::Ledger;
use crate::error::LedgerError;
use crate::model::{AccountId, AccountKind, TransferId};
use crate::store::commodity;

/// Balances with what makes them; `$account` says of which account, if it is one.
macro_rules! balance_inputs {
    ($account:literal) => {
        concat!(
            "SELECT account.id, account.kind, amt_sum(history.amount), count(*),
                 min(history.effective), max(history.effective)
             FROM ledger_account AS account
             JOIN ledger_history AS history
                 ON history.tenant = app_tenant() AND history.book = account.book
                 AND history.account = account.number
             WHERE account.tenant = app_tenant() AND account.book = $1 ",
            $account,
            " AND history.effective <= $2 AND (history.booked_at <= $3 OR $3 IS NULL)
             GROUP BY account.id, account.kind ORDER BY account.id"
        )
    };
}

/// Entries: first the page by what the history alone says, then what belongs to its few lines.
macro_rules! entries {
    ($account:literal) => {
        concat!(
            "SELECT page.id, page.account, page.commodity, page.scale, page.number, transfer.id,
                 page.amount, page.effective, page.booked_at, transfer.code, text.reference,
                 text.purpose, text.counterparty, other.id
             FROM (
                 SELECT account.id, history.account, account.commodity, account.scale,
                     history.book, history.number, history.amount, history.effective,
                     history.booked_at
                 FROM ledger_account AS account
                 JOIN ledger_history AS history
                     ON history.tenant = app_tenant() AND history.book = account.book
                     AND history.account = account.number
                 WHERE account.tenant = app_tenant() AND account.book = $1
                     AND account.code = $2 ",
            $account,
            "    AND history.effective >= $3 AND history.effective <= $4
                     AND (history.effective < $5 OR (history.effective = $5
                         AND (history.number < $6
                             OR (history.number = $6 AND history.account > $7))))
                 ORDER BY history.effective DESC, history.number DESC, history.account LIMIT $8
             ) AS page
             JOIN ledger_transfer AS transfer
                 ON transfer.tenant = app_tenant() AND transfer.book = page.book
                 AND transfer.number = page.number
             JOIN ledger_account AS other
                 ON other.tenant = app_tenant() AND other.book = page.book
                 AND other.number = transfer.debit + transfer.credit - page.account
             LEFT JOIN ledger_transfer_text AS text
                 ON text.tenant = app_tenant() AND text.book = page.book
                 AND text.transfer = transfer.id
             ORDER BY page.effective DESC, page.number DESC, page.account"
        )
    };
}

// Two of each: asked for one account, a database must not read the others' history.
sql! {
    BALANCE_INPUTS = balance_inputs!("");
    BALANCE_INPUTS_OF = balance_inputs!("AND account.id = $4");
    ENTRIES = entries!("");
    ENTRIES_OF = entries!("AND account.id = $9");
}

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
        let mut params = params![book.uuid(), filter.date, filter.known_at];
        params.extend(filter.account.map(|account| account.uuid().into()));
        let one = filter.account.is_some();
        let statement = if one { &BALANCE_INPUTS_OF } else { &BALANCE_INPUTS };
        let rows = tx.rows(statement, params).await?;
        Ok(rows.iter().map(inputs).collect::<Result<_, _>>()?)
    }

    /// The entries of many accounts by effective date, the latest first.
    pub async fn entries(
        &self,
        tx: &mut Tx,
        book: BookId,
        filter: &EntryFilter,
        page: &PageRequest,
    ) -> Result<Page<AccountEntry>, LedgerError> {
        let (date, number, account) = match &page.after {
            None => (Date::MAX, u64::MAX, -1),
            Some(cursor) => place(cursor)?,
        };
        let mut params = params![
            book.uuid(),
            filter.account_code,
            filter.from,
            filter.to,
            date,
            number,
            account,
            usize::from(page.limit) + 1,
        ];
        params.extend(filter.account.map(|account| account.uuid().into()));
        let statement = if filter.account.is_some() { &ENTRIES_OF } else { &ENTRIES };
        let rows = tx.rows(statement, params).await?;
        let entries = rows.iter().map(entry).collect::<Result<Vec<_>, StorageError>>()?;
        Ok(Page::cut(entries, page.limit, |entry| {
            let account = entry.account_number.to_string();
            let key = vec![entry.effective.to_string(), entry.number.to_string(), account];
            Cursor { filter: page.filter, key }
        }))
    }
}

/// Where a page ended: the date, the transfer's number and the account's.
fn place(cursor: &Cursor) -> Result<(Date, u64, i64), CursorError> {
    let [date, number, account] = cursor.key.as_slice() else {
        return Err(CursorError::Malformed);
    };
    let date = kernel::time::parse_date(date).ok();
    let place = date.zip(number.parse().ok()).zip(account.parse::<u32>().ok());
    let ((date, number), account) = place.ok_or(CursorError::Malformed)?;
    Ok((date, number, i64::from(account)))
}

fn inputs(row: &Row) -> Result<BalanceInputs, StorageError> {
    let number: u16 = row.get(1)?;
    let kind = u8::try_from(number).ok().and_then(AccountKind::from_number);
    let damaged = || StorageError::Damaged { text: format!("account kind {number}") };
    Ok(BalanceInputs {
        account: AccountId::from_uuid(row.get(0)?),
        balance: kind.ok_or_else(damaged)?.natural(row.get(2)?),
        transfers: row.get(3)?,
        first: row.get(4)?,
        last: row.get(5)?,
    })
}

fn entry(row: &Row) -> Result<AccountEntry, StorageError> {
    let code: String = row.get(2)?;
    Ok(AccountEntry {
        account: AccountId::from_uuid(row.get(0)?),
        account_number: row.get(1)?,
        commodity: commodity(&code, row.get(3)?)?,
        number: row.get(4)?,
        transfer: TransferId::from_uuid(row.get(5)?),
        amount: row.get(6)?,
        effective: row.get(7)?,
        booked_at: row.get(8)?,
        code: row.get(9)?,
        reference: row.get(10)?,
        purpose: row.get(11)?,
        counterparty: row.get(12)?,
        other: AccountId::from_uuid(row.get(13)?),
    })
}
