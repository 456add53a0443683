//! The words of wealth: assets, what kind they are, how they are held, and the numbers by which
//! this module knows its accounts and transfers in the ledger.
//!
//! What must stay true: an asset says nothing of its value; how much there is of it is a balance of
//! the ledger, and what one of it is worth is a price.

use std::fmt;
use std::str::FromStr;

use kernel::{BookId, Commodity, CommodityCode, CommodityError, Date, Timestamp, typed_id};
use ledger::{AccountId, AccountKind};

typed_id! {
    /// Something that a family owns or owes.
    AssetId, "asset"
}

/// The number that the ledger keeps of an asset's account.
pub const ASSET_ACCOUNT: u16 = 101;

/// Why a text is not a code of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no {what}")]
pub struct CodeError {
    /// What it should be.
    pub what: &'static str,
    /// The text, shortened.
    pub found: String,
}

/// Declares an enum whose one form in tables, events and on the wire is a code.
macro_rules! codes {
    (
        $(#[$doc:meta])* $type:ident, $what:literal;
        $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code, as tables, events and the wire have it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.code())
            }
        }

        impl FromStr for $type {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($code => Ok(Self::$variant),)+
                    _ => Err(CodeError { what: $what, found: text.chars().take(40).collect() }),
                }
            }
        }

        kernel::serde_as_text!($type);
    };
}

pub(crate) use codes;

codes! {
    /// What kind of thing an asset is.
    AssetType, "type of asset";
    /// Money in an account or in the hand.
    Cash = "cash",
    /// Land and buildings.
    Property = "property",
    /// Cars, boats.
    Vehicle = "vehicle",
    /// Shares, funds, term deposits.
    Investment = "investment",
    /// Crypto-assets.
    Crypto = "crypto",
    /// What is saved for old age.
    Superannuation = "superannuation",
    /// What is owed; it counts negative.
    Debt = "debt",
}

codes! {
    /// How the ledger counts an asset.
    Holding, "way of holding";
    /// As an amount of a currency.
    Balance = "balance",
    /// As one unit of a commodity of its own, whose prices are its valuations.
    Unit = "unit",
    /// As an amount of a commodity that others hold too, such as BTC, with prices.
    Quantity = "quantity",
}

codes! {
    /// How we came to know an asset.
    Origin, "origin";
    /// Somebody entered it.
    Manual = "manual",
    /// A statement named it.
    Import = "import",
}

codes! {
    /// What a transfer on an asset's account was.
    TransferCode, "kind of transfer";
    /// What was there when it was opened.
    Opening = "opening",
    /// A correction of that.
    OpeningCorrection = "opening_correction",
    /// A line of a statement.
    ImportedLine = "imported_line",
    /// Somebody stated another balance than was booked.
    Adjustment = "adjustment",
    /// The asset was given away or sold, the debt paid.
    Disposal = "disposal",
    /// What took back an earlier one.
    Reversal = "reversal",
    /// More or less of a quantity.
    Quantity = "quantity",
    /// Made by something else than this module.
    Other = "other",
}

/// A country: two capital letters of ISO 3166-1, such as `MN`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// Something that a family owns or owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// The book that its account is in.
    pub book: BookId,
    /// The account whose balance says how much there is of it.
    pub account: AccountId,
    /// What kind of thing it is.
    pub kind: AssetType,
    /// How the ledger counts it.
    pub holding: Holding,
    /// Where it is.
    pub country: Country,
    /// Whose it is within the family; nothing where it is everybody's.
    pub owner: Option<String>,
    /// What the family calls it.
    pub name: String,
    /// What its account counts.
    pub commodity: Commodity,
    /// The currency in which its value is stated.
    pub currency: Commodity,
    /// From which date it counts.
    pub opened_on: Date,
    /// Since when it counts no longer.
    pub disposal: Option<DisposalDate>,
    /// How we came to know it.
    pub origin: Origin,
    /// Goes up with every change of it; two editors do not overwrite each other by it.
    pub version: u64,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Since when an asset counts no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisposalDate {
    /// The first day on which it does not count.
    pub on: Date,
    /// When that became known here.
    pub recorded: Timestamp,
}

impl AssetType {
    /// What an asset's account is in the ledger.
    #[must_use]
    pub const fn account_kind(self) -> AccountKind {
        match self {
            Self::Debt => AccountKind::Liability,
            Self::Cash
            | Self::Property
            | Self::Vehicle
            | Self::Investment
            | Self::Crypto
            | Self::Superannuation => AccountKind::Asset,
        }
    }
}

impl TransferCode {
    /// Its number in the ledger; they stand there for ever.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Other => 0,
            Self::Opening => 1,
            Self::OpeningCorrection => 2,
            Self::ImportedLine => 3,
            Self::Adjustment => 4,
            Self::Disposal => 5,
            Self::Reversal => 6,
            Self::Quantity => 7,
        }
    }

    /// What a number in the ledger stands for.
    #[must_use]
    pub fn from_number(number: u16) -> Self {
        let found = Self::ALL.iter().copied().find(|code| code.number() == number);
        found.unwrap_or(Self::Other)
    }
}

impl Country {
    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Country {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letters: Option<[u8; 2]> = text.as_bytes().try_into().ok();
        let letters = letters.filter(|letters| letters.iter().all(u8::is_ascii_uppercase));
        let found = || text.chars().take(40).collect();
        letters.map(Self).ok_or_else(|| CodeError { what: "country", found: found() })
    }
}

kernel::serde_as_text!(Country);

impl Asset {
    /// The commodity of which a thing that is held as a unit is the only one: `ASSET-` and the
    /// letters of its id.
    pub fn own_commodity(id: AssetId) -> Result<Commodity, CommodityError> {
        let letters = kernel::id::encode(id.uuid()).to_ascii_uppercase();
        Commodity::new(&format!("{OWN_COMMODITY}{letters}"), 0)
    }

    /// Whether a commodity is one that an asset has of its own.
    #[must_use]
    pub fn is_own_commodity(code: CommodityCode) -> bool {
        code.as_str().starts_with(OWN_COMMODITY)
    }

    /// Whether it counts on a date, as far as was known at a time.
    #[must_use]
    pub fn counts_on(&self, date: Date, known_at: Option<Timestamp>) -> bool {
        let is_known = |recorded: Timestamp| known_at.is_none_or(|known| recorded <= known);
        let disposed = self.disposal.is_some_and(|gone| gone.on <= date && is_known(gone.recorded));
        self.opened_on <= date && is_known(self.created_at) && !disposed
    }
}

const OWN_COMMODITY: &str = "ASSET-";
