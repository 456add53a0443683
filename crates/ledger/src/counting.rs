//! What accounts count, which never changes: asked of the engine once, and remembered. A question
//! to an engine waits for the commit under way and ends it, so that small calls that ask one each
//! would have a commit each.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use kernel::{BookId, Commodity, Context};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::model::{Account, AccountId, AccountKind};

/// The accounts that are remembered, of all books; some ten megabytes.
const ACCOUNTS_MAX: usize = 131_072;

/// What an account counts, and on which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    /// What its amounts are of, and with how many decimals.
    pub commodity: Commodity,
    /// Which side increases it.
    pub kind: AccountKind,
}

/// What is remembered.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<(BookId, AccountId), Counting>>);

impl From<&Account> for Counting {
    fn from(account: &Account) -> Self {
        let commodity = Commodity { code: account.commodity, scale: account.scale };
        Self { commodity, kind: account.kind }
    }
}

impl Ledger {
    /// What those of some accounts count that the book knows; others are left out.
    ///
    /// # Errors
    /// [`LedgerError::BookUnknown`] where the book is not the tenant's.
    pub async fn counting(
        &self,
        context: &Context,
        book: BookId,
        accounts: BTreeSet<AccountId>,
    ) -> Result<HashMap<AccountId, Counting>, LedgerError> {
        self.check_book(context, book).await?;
        let remembered = &self.inner.counting;
        let mut found = HashMap::with_capacity(accounts.len());
        let new = remembered.find(book, accounts, &mut found);
        if !new.is_empty() {
            let known = self.known_accounts(context, book, new).await?;
            let known = known.iter().map(|account| (account.id, Counting::from(account)));
            let known: Vec<(AccountId, Counting)> = known.collect();
            remembered.add(book, &known);
            found.extend(known);
        }
        Ok(found)
    }
}

impl Remembered {
    /// Finds what is remembered of some accounts; the others.
    fn find(
        &self,
        book: BookId,
        accounts: BTreeSet<AccountId>,
        found: &mut HashMap<AccountId, Counting>,
    ) -> BTreeSet<AccountId> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |account: &AccountId| match remembered.get(&(book, *account)) {
            Some(counting) => {
                found.insert(*account, *counting);
                false
            }
            None => true,
        };
        accounts.into_iter().filter(is_new).collect()
    }

    fn add(&self, book: BookId, known: &[(AccountId, Counting)]) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() + known.len() > ACCOUNTS_MAX {
            remembered.clear();
        }
        let room = ACCOUNTS_MAX - remembered.len();
        let some = known.iter().take(room);
        remembered.extend(some.map(|(account, counting)| ((book, *account), *counting)));
    }
}
