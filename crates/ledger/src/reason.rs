//! Why a step is rejected: numbers for journals, codes for programs, sentences for people.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:literal, $text:literal;)+) => {
        /// What is wrong with a step.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Reason {
            $($(#[$doc])* $name = $number,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The reason with this number in the journal.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// The stable code of the API.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// One sentence without its subject.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

// The numbers stand in journals for ever: new ones are added at the end.
reasons! {
    /// The key was used with another body.
    KeyReused = 1, "idempotency_key_reused", "the key was used with another request";
    /// There is no such commodity in the book.
    CommodityUnknown = 2, "commodity_unknown", "the book does not know the commodity";
    /// The commodity is known with another scale.
    CommodityDiffers = 3, "commodity_differs", "the commodity is known with other decimals";
    /// There is an account with this id.
    AccountExists = 4, "account_exists", "there is an account with this id already";
    /// There is no such account in the book.
    AccountUnknown = 5, "account_unknown", "there is no such account in the book";
    /// The account is closed.
    AccountClosed = 6, "account_closed", "the account is closed";
    /// Debit and credit are the same account.
    SameAccount = 7, "same_account", "debit and credit are the same account";
    /// Debit and credit count different things.
    CommoditiesMixed = 8, "commodities_mixed", "the two accounts count different commodities";
    /// The amount is not above zero.
    AmountNotPositive = 9, "amount_not_positive", "the amount must be above zero";
    /// There is another transfer with this id.
    TransferExists = 10, "transfer_exists", "there is a transfer with this id already";
    /// The balance would fall below the account's floor.
    BelowFloor = 11, "below_floor", "the balance would fall below what the account allows";
    /// The balance would rise above the account's ceiling.
    AboveCeiling = 12, "above_ceiling", "the balance would rise above what the account allows";
    /// The balance would need more than 127 bits.
    Overflow = 13, "overflow", "the balance would be too large";
    /// There is no open hold with this id: it was never made, or was posted, voided or has expired.
    HoldNotOpen = 14, "hold_not_open", "there is no such hold, or it is settled or has expired";
    /// More than is held.
    HoldExceeded = 16, "hold_exceeded", "more would be posted than is held";
    /// The hold would expire before it begins.
    ExpiryPast = 17, "expiry_past", "the hold would have expired already";
    /// Something is held on the account.
    AccountHeld = 18, "account_held", "something is held on the account";
    /// A row that the command depends on has changed.
    GuardFailed = 19, "changed_meanwhile", "what the command depends on has changed meanwhile";
    /// A row that the command adds is there already.
    RowExists = 20, "already_exists", "what the command would add is there already";
    /// No steps, or more than may be.
    StepCount = 21, "step_count", "a command has at least one step and not more than the limit";
    /// The account is frozen.
    AccountFrozen = 22, "account_frozen", "the account is frozen";
    /// The effective date is in a closed period.
    PeriodLocked = 23, "period_locked", "the effective date is in a closed period";
    /// There is no transfer with the id of the one to be reversed.
    TransferUnknown = 24, "transfer_unknown", "there is no such transfer in the book";
    /// The transfer was reversed before.
    AlreadyReversed = 25, "already_reversed", "the transfer was reversed before";
    /// Only a posting reverses a transfer.
    ReversalNotPosting = 26, "reversal_not_posting", "only a posting can reverse a transfer";
    /// A transfer of as much as there is found nothing.
    NothingAvailable = 27, "nothing_available", "there is nothing that could be moved";
    /// There is no such group in the book.
    GroupUnknown = 28, "group_unknown", "there is no such group in the book";
    /// There is a group with this id.
    GroupExists = 29, "group_exists", "there is a group with this id already";
    /// The group would stand below itself.
    GroupCycle = 30, "group_cycle", "a group cannot stand below itself";
    /// The id says a time that has not come.
    IdAhead = 31, "id_ahead", "the id says a time that is more than a minute ahead";
    /// More groups would stand above one another than may.
    GroupTooDeep = 32, "group_too_deep", "too many groups would stand above one another";
    /// The balance of a group's accounts would fall below its floor.
    GroupBelowFloor = 33, "group_below_floor", "the balance would fall below the group's limit";
    /// The balance of a group's accounts would rise above its ceiling.
    GroupAboveCeiling = 34, "group_above_ceiling", "the balance would rise above the group's limit";
}
