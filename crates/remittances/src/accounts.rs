//! The accounts on the other side of what is sent and received, one of each role and commodity in a
//! book, opened when it is first needed.
//!
//! What must stay true: what stands in transit is what has left an account and is not known to
//! have arrived.

use kernel::{BookId, Commodity, Context, Uuid};
use ledger::{
    AccountId, AccountKind, AccountText, Ledger, LedgerError, Limits, NewAccount, Request, Step,
};
use storage::crypto::{sha256, short};

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What has left and is not there yet: still the giver's.
    InTransit,
    /// What went to others.
    Sent,
    /// What came from others.
    Received,
}

impl Role {
    const fn code(self) -> &'static str {
        match self {
            Self::InTransit => "in_transit",
            Self::Sent => "sent",
            Self::Received => "received",
        }
    }

    const fn kind(self) -> AccountKind {
        match self {
            Self::InTransit => AccountKind::Asset,
            Self::Sent | Self::Received => AccountKind::Equity,
        }
    }

    /// The number that the ledger keeps of such an account; it stands there for ever.
    const fn number(self) -> u16 {
        match self {
            Self::InTransit => 131,
            Self::Sent => 132,
            Self::Received => 133,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::InTransit => "In transit to others",
            Self::Sent => "Sent to others",
            Self::Received => "Received from others",
        }
    }

    /// The account of this role and commodity: the same for whoever opens it.
    #[must_use]
    pub fn account(self, book: BookId, commodity: Commodity) -> AccountId {
        let book = book.uuid();
        let (code, commodity) = (self.code().as_bytes(), commodity.code);
        let parts: [&[u8]; 5] =
            [b"florin.remittances.", book.as_bytes(), code, b".", commodity.as_str().as_bytes()];
        AccountId::from_uuid(Uuid::from_u128(short(sha256(&parts))))
    }
}

/// The account of a role. Where the book has none yet, the steps that open it are added to the
/// request.
pub(crate) async fn ensure(
    ledger: &Ledger,
    context: &Context,
    (book, role, commodity): (BookId, Role, Commodity),
    request: &mut Request,
) -> Result<AccountId, LedgerError> {
    let account = role.account(book, commodity);
    if !ledger.known_accounts(context, book, [account].into()).await?.is_empty() {
        return Ok(account);
    }
    let Commodity { code, scale } = commodity;
    request.steps.push(Step::DefineCommodity { code, scale });
    request.steps.push(Step::OpenAccount(NewAccount {
        id: account,
        commodity: code,
        kind: role.kind(),
        limits: Limits::default(),
        code: role.number(),
    }));
    let (name, metadata) = (format!("{} ({code})", role.name()), Default::default());
    request.account_texts.push(AccountText { account, name, metadata });
    Ok(account)
}
