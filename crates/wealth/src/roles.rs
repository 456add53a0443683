//! The accounts on the other side of an asset's transfers: where an opening balance comes from,
//! where money comes in and goes out, what corrects, what is left by a disposal. Each book has one
//! of each role and commodity, opened when it is first needed.
//!
//! What must stay true: the account of a role and commodity has the same id whoever opens it first,
//! and its row is added in the commit that opens it.

use std::collections::BTreeMap;
use std::fmt;

use kernel::{BookId, Commodity, CommodityCode, Uuid};
use ledger::{AccountId, AccountKind, AccountText, Limits, Movement, NewAccount, Request, Step};
use storage::crypto::{sha256, short};
use storage::{StorageError, Tx};

use crate::store;

/// What an account of the household is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Where the balance with which an asset begins comes from.
    Opening,
    /// What came in, as long as nobody said what for.
    IncomeUncategorised,
    /// What went out, as long as nobody said what for.
    ExpenseUncategorised,
    /// What corrects a balance that was stated otherwise.
    Adjustment,
    /// Where what is disposed of goes.
    Disposal,
}

/// The role accounts of a book, with those that the request under way opens.
pub(crate) struct RoleAccounts {
    book: BookId,
    known: BTreeMap<(Role, CommodityCode), AccountId>,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Opening,
        Self::IncomeUncategorised,
        Self::ExpenseUncategorised,
        Self::Adjustment,
        Self::Disposal,
    ];

    /// The code, as tables and the wire have it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::IncomeUncategorised => "income_uncategorised",
            Self::ExpenseUncategorised => "expense_uncategorised",
            Self::Adjustment => "adjustment",
            Self::Disposal => "disposal",
        }
    }

    /// The role with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    const fn account_kind(self) -> AccountKind {
        match self {
            Self::IncomeUncategorised => AccountKind::Income,
            Self::ExpenseUncategorised => AccountKind::Expense,
            Self::Opening | Self::Adjustment | Self::Disposal => AccountKind::Equity,
        }
    }

    /// The number that the ledger keeps of such an account.
    const fn account_code(self) -> u16 {
        match self {
            Self::Opening => 111,
            Self::IncomeUncategorised => 112,
            Self::ExpenseUncategorised => 113,
            Self::Adjustment => 114,
            Self::Disposal => 115,
        }
    }

    const fn account_name(self) -> &'static str {
        match self {
            Self::Opening => "Opening balances",
            Self::IncomeUncategorised => "Income, uncategorised",
            Self::ExpenseUncategorised => "Expenses, uncategorised",
            Self::Adjustment => "Adjustments",
            Self::Disposal => "Disposals",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.code())
    }
}

impl RoleAccounts {
    /// Those that a book has.
    pub(crate) async fn load(tx: &mut Tx, book: BookId) -> Result<Self, StorageError> {
        let known = store::role_accounts(tx, book).await?;
        Ok(Self { book, known })
    }

    /// The account of a role and commodity. Where the book has none yet, the steps and the row that
    /// make it are added to the request.
    pub(crate) fn ensure(
        &mut self,
        role: Role,
        commodity: Commodity,
        request: &mut Request,
    ) -> AccountId {
        if let Some(account) = self.known.get(&(role, commodity.code)) {
            return *account;
        }
        let account = account_id(self.book, role, commodity.code);
        let Commodity { code, scale } = commodity;
        request.steps.push(Step::DefineCommodity { code, scale });
        request.steps.push(Step::OpenAccount(NewAccount {
            id: account,
            commodity: code,
            kind: role.account_kind(),
            limits: Limits::default(),
            code: role.account_code(),
        }));
        request.account_texts.push(AccountText {
            account,
            name: format!("{} ({code})", role.account_name()),
            metadata: serde_json::json!({}),
        });
        request.rows.push(store::role_account_row(self.book, role, code, account));
        self.known.insert((role, code), account);
        account
    }

    /// What an account is for, if it is one of these.
    pub(crate) fn role_of(&self, account: AccountId) -> Option<Role> {
        let found = self.known.iter().find(|(_, known)| **known == account);
        found.map(|((role, _), _)| *role)
    }
}

/// The id of a role's account: the same for whoever opens it.
fn account_id(book: BookId, role: Role, commodity: CommodityCode) -> AccountId {
    let book = book.uuid();
    let parts: [&[u8]; 5] = [
        b"florin.wealth.role.",
        book.as_bytes(),
        role.code().as_bytes(),
        b".",
        commodity.as_str().as_bytes(),
    ];
    AccountId::from_uuid(Uuid::from_u128(short(sha256(&parts))))
}

/// The movement that changes an account of this kind by a natural amount against another account;
/// nothing where it changes nothing.
pub(crate) fn movement(
    (account, kind): (AccountId, AccountKind),
    counter: AccountId,
    natural: kernel::Amount,
) -> Option<Movement> {
    if natural.is_zero() {
        return None;
    }
    let is_debit = kind.is_debit_normal() != natural.is_negative();
    let (debit, credit) = if is_debit { (account, counter) } else { (counter, account) };
    Some(Movement::Post { debit, credit, amount: natural.abs() })
}
