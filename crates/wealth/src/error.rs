//! What can go wrong with assets and net worth.

use approvals::ApprovalsError;
use cases::CasesError;
use kernel::{AmountError, CommodityCode, CursorError, Date, ErrorKind, FieldFault, Problematic};
use ledger::LedgerError;
use ledger::model::Reason;
use markets::MarketsError;
use meters::MetersError;
use notices::NoticesError;
use objects::ObjectsError;
use storage::StorageError;
use vault::VaultError;

use crate::import::ImportError;
use crate::limits::ASSETS_MAX;
use crate::model::AssetId;

/// An error of this module. No text of it holds a name.
#[derive(Debug, thiserror::Error)]
pub enum WealthError {
    /// Fields break their rules.
    #[error("{} of the request breaks a rule", fields(.0.len()))]
    Fields(Vec<FieldFault>),
    /// The tenant has no book yet.
    #[error("there is no household book; open one first")]
    NoBook,
    /// There is no such asset, or not for this tenant.
    #[error("there is no asset {asset}")]
    AssetUnknown {
        /// The asset asked for.
        asset: AssetId,
    },
    /// Somebody else changed the asset in between.
    #[error("asset {asset} was changed meanwhile; read it again")]
    Changed {
        /// Which.
        asset: AssetId,
    },
    /// The asset is no longer there to be changed.
    #[error("asset {asset} was disposed of on {on}")]
    Disposed {
        /// Which.
        asset: AssetId,
        /// Since when.
        on: Date,
    },
    /// A disposal before the last booking.
    #[error("asset {asset} has bookings until {last}; it cannot be disposed of before")]
    BookingsLater {
        /// Which.
        asset: AssetId,
        /// The date of the last one.
        last: Date,
    },
    /// The family has as many assets as may be.
    #[error("a family has at most {ASSETS_MAX} assets")]
    TooManyAssets,
    /// No price was known of what an asset is counted in.
    #[error("no price of {commodity} is known on or before {date}; asset {asset} has no value")]
    PriceMissing {
        /// Which asset.
        asset: AssetId,
        /// What it is counted in.
        commodity: CommodityCode,
        /// The day.
        date: Date,
    },
    /// The last known price is older than the caller allows.
    #[error(
        "the last known price of {commodity} on {date} is of {price_date}, {age_days} days old; \
         {age_days_max} are allowed; asset {asset} has no value"
    )]
    PriceTooOld {
        /// Which asset.
        asset: AssetId,
        /// What it is counted in.
        commodity: CommodityCode,
        /// The day.
        date: Date,
        /// The day that the price is of.
        price_date: Date,
        /// Its age.
        age_days: u32,
        /// The age that the caller allows.
        age_days_max: u32,
    },
    /// An asset's value could not be converted.
    #[error("asset {asset} has no value: {error}")]
    Unconverted {
        /// Which asset.
        asset: AssetId,
        /// Why.
        #[source]
        error: MarketsError,
    },
    /// Statements.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Rates and prices.
    #[error(transparent)]
    Markets(#[from] MarketsError),
    /// Sealing and opening of texts.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Keeping of files.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// Telling people.
    #[error(transparent)]
    Notices(#[from] NoticesError),
    /// What needs another person's word.
    #[error(transparent)]
    Approvals(#[from] ApprovalsError),
    /// What a person must decide.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// What is limited.
    #[error(transparent)]
    Meters(#[from] MetersError),
    /// An amount could not be computed.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// A page cursor.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl WealthError {
    /// One field that breaks a rule.
    #[must_use]
    pub fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Fields(vec![FieldFault::new(field, rule, detail)])
    }

    /// Whether the engine decided for this reason.
    #[must_use]
    pub fn is_rejected_for(&self, reasons: &[Reason]) -> bool {
        match self {
            Self::Ledger(LedgerError::Rejected { rejection }) => {
                reasons.contains(&rejection.reason)
            }
            _ => false,
        }
    }
}

impl Problematic for WealthError {
    fn code(&self) -> &'static str {
        match self {
            Self::Fields(_) => "invalid_fields",
            Self::NoBook => "no_book",
            Self::AssetUnknown { .. } => "asset_unknown",
            Self::Changed { .. } => "changed_meanwhile",
            Self::Disposed { .. } => "asset_disposed",
            Self::BookingsLater { .. } => "bookings_later",
            Self::TooManyAssets => "too_many_assets",
            Self::PriceMissing { .. } => "price_missing",
            Self::PriceTooOld { .. } => "price_too_old",
            Self::Unconverted { error, .. } | Self::Markets(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Objects(error) => error.code(),
            Self::Notices(error) => error.code(),
            Self::Approvals(error) => error.code(),
            Self::Cases(error) => error.code(),
            Self::Meters(error) => error.code(),
            Self::Import(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Amount(_) => "amount_invalid",
            Self::Cursor(_) => "cursor_invalid",
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Fields(_) | Self::Amount(_) | Self::Cursor(_) => ErrorKind::Invalid,
            Self::NoBook | Self::AssetUnknown { .. } => ErrorKind::NotFound,
            Self::Changed { .. } => ErrorKind::Conflict,
            Self::Disposed { .. }
            | Self::BookingsLater { .. }
            | Self::TooManyAssets
            | Self::PriceMissing { .. }
            | Self::PriceTooOld { .. } => ErrorKind::Refused,
            Self::Unconverted { error, .. } | Self::Markets(error) => error.kind(),
            Self::Vault(error) => error.kind(),
            Self::Objects(error) => error.kind(),
            Self::Notices(error) => error.kind(),
            Self::Approvals(error) => error.kind(),
            Self::Cases(error) => error.kind(),
            Self::Meters(error) => error.kind(),
            Self::Import(error) => error.kind(),
            Self::Ledger(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(fields) => fields.clone(),
            Self::Markets(error) => error.fields(),
            Self::Vault(error) => error.fields(),
            Self::Objects(error) => error.fields(),
            Self::Notices(error) => error.fields(),
            Self::Approvals(error) => error.fields(),
            Self::Cases(error) => error.fields(),
            Self::Import(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}

fn fields(count: usize) -> String {
    if count == 1 { "one field".to_owned() } else { format!("{count} fields") }
}
