//! A book as text that other programs read: CSV, JSON lines, beancount, hledger.
//!
//! It is written in chunks, each read in a transaction of its own, so that neither memory nor a
//! lock grows with the book. What it holds is the book as it stood when the export began: transfers
//! are never changed, and none after the last one of then is written.

mod plain;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{BookId, Context};

use crate::Ledger;
use crate::changes::{self, ChangePlace, Item};
use crate::error::LedgerError;
use crate::model::AccountId;
use crate::postings::last_number;
use crate::query::{BookInfo, TransferView};
use crate::search::{NamedAccount, named};

/// Accounts in a chunk.
const ACCOUNTS_MAX: usize = 2_000;

/// How a book is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A row for each transfer, holds included, after a row of names.
    Csv,
    /// An object on each line: the commodities, the accounts, the transfers with the holds that
    /// expired between them. The import reads it.
    JsonLines,
    /// What moved, as beancount reads it.
    Beancount,
    /// What moved, as hledger reads it.
    Hledger,
}

/// A book that is being written.
pub struct Export {
    ledger: Ledger,
    context: Context,
    book: BookInfo,
    format: ExportFormat,
    place: Place,
    /// The last transfer that belongs to it.
    last: u64,
}

/// What is written next.
#[derive(Clone, Copy)]
enum Place {
    Head,
    /// Accounts from this number on.
    Accounts(u64),
    /// Transfers, and holds that expired, after this.
    Transfers(ChangePlace),
    End,
}

/// The accounts that a chunk's transfers touch.
type Accounts = BTreeMap<AccountId, NamedAccount>;

impl Ledger {
    /// Begins to write a book, as it stands now.
    pub async fn export(
        &self,
        context: &Context,
        book: BookId,
        format: ExportFormat,
    ) -> Result<Export, LedgerError> {
        self.wait_for_book(book).await?;
        let mut tx = self.reading(context).await?;
        let info = self.book(&mut tx, book).await?;
        let last = last_number(&mut tx, book.uuid()).await?;
        tx.commit().await?;
        let (ledger, context, place) = (self.clone(), context.clone(), Place::Head);
        Ok(Export { ledger, context, book: info, format, place, last })
    }
}

impl Export {
    /// The next chunk; nothing after the last.
    ///
    /// # Errors
    /// [`LedgerError::NotWritable`] where the format has no words for something in the book. What
    /// was written until then is no book.
    pub async fn next(&mut self) -> Result<Option<String>, LedgerError> {
        let text = match self.place {
            Place::Head => Some(self.head().await?),
            Place::Accounts(from) => Some(self.accounts(from).await?),
            Place::Transfers(after) => self.transfers(after).await?,
            Place::End => None,
        };
        if text.is_none() {
            self.place = Place::End;
        }
        Ok(text)
    }

    async fn head(&mut self) -> Result<String, LedgerError> {
        let commodities = self.ledger.commodities(&self.context, self.book.id).await?;
        self.place = match self.format {
            // Each row has its accounts' names: a table has one kind of row.
            ExportFormat::Csv => Place::Transfers(ChangePlace::default()),
            ExportFormat::JsonLines | ExportFormat::Beancount | ExportFormat::Hledger => {
                Place::Accounts(0)
            }
        };
        match self.format {
            ExportFormat::Csv => Ok(tables::csv_head()),
            ExportFormat::JsonLines => Ok(tables::json_head(&commodities)),
            ExportFormat::Beancount => Ok(plain::beancount_head(&self.book, &commodities)),
            ExportFormat::Hledger => Ok(plain::hledger_head(&self.book, &commodities)),
        }
    }

    async fn accounts(&mut self, from: u64) -> Result<String, LedgerError> {
        let (book, context) = (self.book.id, &self.context);
        let accounts = self.ledger.accounts_from(context, book, from, ACCOUNTS_MAX).await?;
        let count = accounts.len();
        let mut tx = self.ledger.reading(context).await?;
        let accounts = named(&mut tx, book, accounts).await?;
        tx.commit().await?;
        self.place = match count < ACCOUNTS_MAX {
            true => Place::Transfers(ChangePlace::default()),
            false => Place::Accounts(from + count as u64),
        };
        Ok(accounts
            .iter()
            .map(|account| match self.format {
                ExportFormat::Csv => String::new(),
                ExportFormat::JsonLines => tables::json_account(account),
                ExportFormat::Beancount => plain::beancount_account(account),
                ExportFormat::Hledger => plain::hledger_account(account),
            })
            .collect())
    }

    async fn transfers(&mut self, after: ChangePlace) -> Result<Option<String>, LedgerError> {
        let book = self.book.id;
        let mut tx = self.ledger.reading(&self.context).await?;
        let mut items = changes::items(&mut tx, book, after).await?;
        items.retain(|item| item.place().number <= self.last);
        let Some(last) = items.last().map(Item::place) else { return Ok(None) };
        let touched = |item: &Item| match item {
            Item::Transfer(transfer, _) => [transfer.debit, transfer.credit],
            Item::Expiry(change) => [change.debit.account, change.credit.account],
        };
        let touched: BTreeSet<AccountId> = items.iter().flat_map(touched).collect();
        let accounts = self.ledger.known_accounts(&self.context, book, touched).await?;
        let accounts = named(&mut tx, book, accounts).await?;
        tx.commit().await?;
        let accounts: Accounts =
            accounts.into_iter().map(|named| (named.account.id, named)).collect();
        self.place = Place::Transfers(last);
        let text = |item: &Item| match (item, self.format) {
            (Item::Transfer(transfer, _), _) => self.transfer(transfer, &accounts),
            (Item::Expiry(change), ExportFormat::JsonLines) => Ok(tables::json_expiry(change)),
            // Nothing moved.
            (Item::Expiry(_), _) => Ok(String::new()),
        };
        items.iter().map(text).collect::<Result<String, _>>().map(Some)
    }

    fn transfer(
        &self,
        transfer: &TransferView,
        accounts: &Accounts,
    ) -> Result<String, LedgerError> {
        let known = |account| accounts.get(&account).ok_or(LedgerError::AccountUnknown { account });
        let sides = [known(transfer.debit)?, known(transfer.credit)?];
        match self.format {
            ExportFormat::Csv => Ok(tables::csv_transfer(transfer, sides)),
            ExportFormat::JsonLines => Ok(tables::json_transfer(transfer)),
            ExportFormat::Beancount => plain::beancount_transfer(transfer, sides),
            ExportFormat::Hledger => Ok(plain::hledger_transfer(transfer, sides)),
        }
    }
}
