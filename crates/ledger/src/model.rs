//! The words of the ledger: accounts, transfers, commands and what comes of them.

use std::sync::Arc;

use kernel::{
    Actor, Amount, CommandKey, CommodityCode, Context, Date, Timestamp, UserId, Uuid, typed_id,
};

pub use crate::reason::Reason;

typed_id! {
    /// An account of a book.
    AccountId, "acct"
}
typed_id! {
    /// A transfer between two accounts of a book.
    TransferId, "xfer"
}

typed_id! {
    /// A group of the chart of accounts of a book.
    GroupId, "agrp"
}

/// What an account is to its owner. Assets and expenses grow by debits, the others by credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// What is owned.
    Asset,
    /// What is owed.
    Liability,
    /// What is left for the owners.
    Equity,
    /// What comes in.
    Income,
    /// What goes out.
    Expense,
}

/// How far an account's balance may go, on its natural side (debits for assets and expenses,
/// credits for the others), holds counted as if they were posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Never below this; `Some(Amount::ZERO)` is "never below zero".
    pub floor: Option<Amount>,
    /// Never above this.
    pub ceiling: Option<Amount>,
}

/// An account to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// What it counts; the book must know the commodity.
    pub commodity: CommodityCode,
    /// What it is.
    pub kind: AccountKind,
    /// How far its balance may go.
    pub limits: Limits,
    /// A number that means something to the module that opens it.
    pub code: u16,
}

/// A transfer to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// Its id: the same id is never used twice in a book.
    pub id: TransferId,
    /// What moves.
    pub movement: Movement,
    /// A number that means something to the module that makes it.
    pub code: u16,
    /// A keyed hash of its reference, by which it can be looked up.
    pub reference: Option<u128>,
    /// The date from which it counts.
    pub effective: Date,
    /// The transfer that it takes back in full: only a posting does, and each transfer is reversed
    /// once at most. A reversal may itself be reversed.
    pub reverses: Option<TransferId>,
}

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Moves an amount from the credited account to the debited one, at once.
    Post {
        /// The account that is debited.
        debit: AccountId,
        /// The account that is credited.
        credit: AccountId,
        /// How much; above zero.
        amount: Amount,
    },
    /// Moves as much as there is, up to a maximum: as much as the balanced account has on the side
    /// that it gives from, down to its limit there or to zero where it has none, and as the limits
    /// of the other account and of groups let through, holds counted. Nothing to move is a
    /// rejection.
    PostUpTo {
        /// The account that is debited.
        debit: AccountId,
        /// The account that is credited.
        credit: AccountId,
        /// How much at most, above zero; all there is where nothing is said.
        maximum: Option<Amount>,
        /// Which of the two accounts is balanced.
        balancing: Balancing,
    },
    /// Moves an account's whole balance to another and closes it. Nothing may be held on it; a
    /// balance of zero is closed too, and moves nothing.
    CloseInto {
        /// The account that is closed.
        account: AccountId,
        /// The account that takes its balance.
        into: AccountId,
    },
    /// Reserves an amount until it is posted, voided or expires.
    Hold {
        /// The account that will be debited.
        debit: AccountId,
        /// The account that will be credited.
        credit: AccountId,
        /// How much; above zero.
        amount: Amount,
        /// When it is released of itself.
        expires: Option<Timestamp>,
    },
    /// Posts a hold, in full or in part, in one capture or in several.
    PostHold {
        /// Which hold.
        hold: TransferId,
        /// How much; all that is left of it where nothing is said.
        amount: Option<Amount>,
        /// What becomes of the part that is not posted.
        rest: Rest,
    },
    /// Releases a hold.
    VoidHold {
        /// Which hold.
        hold: TransferId,
    },
}

/// Which account of a balancing transfer bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balancing {
    /// The debited one: debits do not exceed its credits. A customer's deposit pays out what is in
    /// it; an overdrawn asset is brought up to zero.
    Debit,
    /// The credited one: credits do not exceed its debits. A bank account gives what is in it; a
    /// debt is paid off as far as it goes.
    Credit,
}

/// What becomes of the part of a hold that is not posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// It is released: the hold is settled.
    #[default]
    Release,
    /// It stays held, for another capture; a hold of which nothing is left is settled.
    Keep,
}

/// One step of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Makes a commodity known to the book. Doing so again with the same scale changes nothing.
    DefineCommodity {
        /// Its code.
        code: CommodityCode,
        /// The decimals of its amounts.
        scale: u8,
    },
    /// Opens an account.
    OpenAccount(NewAccount),
    /// Changes how far an account's balance may go, from now on.
    SetLimits {
        /// Which account.
        account: AccountId,
        /// The new limits.
        limits: Limits,
    },
    /// Closes an account: nothing is booked on it any more.
    CloseAccount {
        /// Which account; nothing may be held on it.
        account: AccountId,
    },
    /// Freezes an account or thaws it. A frozen account takes part in no posting and no new hold;
    /// its open holds may be voided and expire.
    Freeze {
        /// Which account; it must not be closed.
        account: AccountId,
        /// Whether it is frozen from now on.
        frozen: bool,
    },
    /// Closes the book's periods up to a date, or opens them again: no transfer may count from
    /// then or earlier. What is there already stays, and holds expire as they would.
    LockPeriod {
        /// The last date that is closed; none where nothing is said.
        until: Option<Date>,
    },
    /// Opens a group of the chart of accounts. It has no balance of its own: it has that of the
    /// accounts below it, for each commodity.
    OpenGroup {
        /// Its id.
        group: GroupId,
        /// The group above it; none where nothing is said.
        parent: Option<GroupId>,
    },
    /// Puts an account, with its balance and what is held on it, below a group or out of all.
    MoveAccount {
        /// Which account.
        account: AccountId,
        /// The group that it stands in from now on.
        group: Option<GroupId>,
    },
    /// Puts a group, with all that is below it, below another or out of all.
    MoveGroup {
        /// Which group.
        group: GroupId,
        /// The group above it from now on; it must not be below the one that moves.
        parent: Option<GroupId>,
    },
    /// Changes how far the balance of a group's accounts may go together in a commodity, from now
    /// on. Groups have no natural side: the limits are of debits less credits. A cap on what a
    /// participant may owe, a net debit cap, is a ceiling.
    LimitGroup {
        /// Which group.
        group: GroupId,
        /// In which commodity.
        commodity: CommodityCode,
        /// The new limits.
        limits: Limits,
    },
    /// Makes a transfer.
    Transfer(NewTransfer),
}

/// What a book's engine is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What a caller wants done.
    Steps {
        /// The caller's idempotency key: the same key gives the same answer.
        key: Option<CommandKey>,
        /// Who sent it, as part of what.
        origin: Option<Origin>,
        /// What becomes of the others where one is rejected.
        atomicity: Atomicity,
        /// In this order; shared with the caller, who may need to know what was asked.
        steps: Arc<Vec<Step>>,
    },
    /// Time passes: what has expired is released.
    Tick,
}

/// What becomes of a command's other steps where one is rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Atomicity {
    /// None of them is done.
    #[default]
    Together,
    /// Each stands on its own.
    Each,
}

/// Who sent a command, and as part of what. The engine decides nothing by it; it is there for
/// whoever asks later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// For whom, where that is somebody else.
    pub on_behalf_of: Option<UserId>,
    /// The request or job it was part of.
    pub correlation: Uuid,
}

impl Origin {
    /// The origin of what is done in a context.
    #[must_use]
    pub fn of(context: &Context) -> Self {
        let Context { actor, on_behalf_of, correlation, .. } = context;
        Self { actor: actor.clone(), on_behalf_of: *on_behalf_of, correlation: *correlation }
    }
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its steps were done. Its transfers have numbers from `first_number` on.
    Done {
        /// The number of its first transfer, or of the next one if it has none.
        first_number: u64,
        /// Steps that were not, where each stands on its own.
        rejections: Vec<Rejection>,
        /// Amounts that the caller had left open, in the order of steps.
        found: Vec<Found>,
    },
    /// Nothing was done.
    Rejected(Rejection),
    /// Holds that were released because their time had come.
    Expired(Vec<TransferId>),
}

/// What a step moved whose amount the caller had left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The step, from 0.
    pub step: u32,
    /// How much it moved, in minor units. Of a closing it is the balance that was moved, debits
    /// positive.
    pub amount: Amount,
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The step at fault, from 0.
    pub step: u32,
    /// What is wrong with it.
    pub reason: Reason,
    /// The account, transfer or row change it is about, where there is one.
    pub about: Option<Uuid>,
}

/// What an account holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Posted debits minus posted credits, on the account's natural side.
    pub posted: Amount,
    /// Held to increase the balance.
    pub held_in: Amount,
    /// Held to decrease the balance.
    pub held_out: Amount,
}

/// An account as the engine knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its number in the book, from 0 in the order of opening.
    pub number: u32,
    /// What it counts.
    pub commodity: CommodityCode,
    /// The decimals of its amounts.
    pub scale: u8,
    /// What it is.
    pub kind: AccountKind,
    /// How far its balance may go.
    pub limits: Limits,
    /// The opening module's number.
    pub code: u16,
    /// Whether it is closed.
    pub closed: bool,
    /// Whether it is frozen.
    pub frozen: bool,
    /// The group that it stands in.
    pub group: Option<GroupId>,
    /// What it holds.
    pub balance: Balance,
}

/// A group of the chart of accounts as the engine knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// The group above it.
    pub parent: Option<GroupId>,
    /// What the accounts below it hold, for each commodity that was ever below it or limited, in
    /// the order of definition.
    pub balances: Vec<GroupBalance>,
}

/// What the accounts below a group hold together in one commodity; debits are positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupBalance {
    /// Of what.
    pub commodity: CommodityCode,
    /// The decimals of its amounts.
    pub scale: u8,
    /// Posted debits minus posted credits.
    pub posted: Amount,
    /// Held to be debited, by holds whose other account is not below the group.
    pub held_debit: Amount,
    /// Held to be credited, by holds whose other account is not below the group.
    pub held_credit: Amount,
    /// How far the balance may go.
    pub limits: Limits,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Asset, Self::Liability, Self::Equity, Self::Income, Self::Expense];

    /// Whether debits increase it.
    #[must_use]
    pub const fn is_debit_normal(self) -> bool {
        matches!(self, Self::Asset | Self::Expense)
    }

    /// Its number in journal and tables.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Asset => 0,
            Self::Liability => 1,
            Self::Equity => 2,
            Self::Income => 3,
            Self::Expense => 4,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }

    /// The amount of a debit-positive balance on the natural side.
    #[must_use]
    pub const fn natural(self, debit_positive: Amount) -> Amount {
        if self.is_debit_normal() { debit_positive } else { debit_positive.negate() }
    }
}

impl Balance {
    /// What can be taken out: posted, less what is held to go out.
    pub fn available(&self) -> Result<Amount, kernel::AmountError> {
        self.posted.checked_sub(self.held_out)
    }
}

impl Outcome {
    /// Whether one of the command's steps was done.
    #[must_use]
    pub fn did(&self, step: u32) -> bool {
        match self {
            Self::Done { rejections, .. } => {
                rejections.binary_search_by_key(&step, |rejection| rejection.step).is_err()
            }
            Self::Rejected(_) | Self::Expired(_) => false,
        }
    }

    /// What a step moved, where the caller had left that open.
    #[must_use]
    pub fn found(&self, step: u32) -> Option<Amount> {
        let Self::Done { found, .. } = self else { return None };
        let place = found.binary_search_by_key(&step, |found| found.step).ok()?;
        Some(found[place].amount)
    }

    /// The rejection, if it is one.
    #[must_use]
    pub const fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            Self::Done { .. } | Self::Expired(_) => None,
        }
    }
}
