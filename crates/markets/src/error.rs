//! What can go wrong with rates and prices.

use kernel::{AmountError, CommodityCode, Date, ErrorKind, FieldFault, Problematic};
use storage::StorageError;

use crate::conversion::ConversionRate;
use crate::fault::{Fault, Faults};
use crate::limits::{FILE_BYTES_MAX, PAIRS_MAX, TABLE_CODES_MAX, TABLE_DAYS_MAX};

/// An error of the markets module.
#[derive(Debug, thiserror::Error)]
pub enum MarketsError {
    /// A file of rates that is refused as a whole.
    #[error("{name} is no sound file of rates: {faults}")]
    FaultyFile {
        /// The file's name as given.
        name: String,
        /// What is wrong with it.
        faults: Faults,
    },
    /// A file larger than is read.
    #[error("{name} has {bytes} bytes; a file of rates has at most {FILE_BYTES_MAX}")]
    FileTooLarge {
        /// The file's name as given.
        name: String,
        /// Its size.
        bytes: usize,
    },
    /// Not of the form of a source.
    #[error("{found:?} is not the code of a source, such as ecb")]
    MalformedSource {
        /// The text, shortened.
        found: String,
    },
    /// No address that rates may be fetched from.
    #[error("{found:?} is no address such as https://www.ecb.europa.eu/…")]
    MalformedFeed {
        /// The text, shortened.
        found: String,
    },
    /// Not one of the kinds.
    #[error("{found:?} is no kind of {what}")]
    UnknownKind {
        /// Of what.
        what: &'static str,
        /// The text, shortened.
        found: String,
    },
    /// No rate was known on or before that day.
    #[error("no rate from {from} to {to} is known on or before {date}")]
    RateMissing {
        /// The currency to convert.
        from: CommodityCode,
        /// The currency to convert to.
        to: CommodityCode,
        /// The day.
        date: Date,
    },
    /// The last known rate is older than the caller allows.
    #[error("{}", too_old(.rate, *.age_days_max))]
    RateTooOld {
        /// The rate that is refused, with its legs.
        rate: Box<ConversionRate>,
        /// The age that the caller allows.
        age_days_max: u32,
    },
    /// A price that breaks a rule.
    #[error("the {field} of the price is {found}; it must be {expected}")]
    InvalidPrice {
        /// Which field.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it must be.
        expected: String,
    },
    /// More pairs of currencies than one level may have.
    #[error("there may be rates for at most {PAIRS_MAX} pairs of currencies")]
    TooManyPairs,
    /// A table over more than is loaded at once.
    #[error(
        "rates or prices are loaded for at most {TABLE_CODES_MAX} codes and {TABLE_DAYS_MAX} days"
    )]
    TableTooLarge,
    /// A question that a table was not loaded for.
    #[error("the table was not loaded for {code} on {date}")]
    OutsideTable {
        /// The currency or commodity.
        code: CommodityCode,
        /// The day.
        date: Date,
    },
    /// Money of another currency than the rate or price is for.
    #[error("{found} is given where the rate is for {expected}")]
    OtherCommodity {
        /// What is given.
        found: CommodityCode,
        /// What the rate is for.
        expected: CommodityCode,
    },
    /// A tenant's own rates or prices without a tenant.
    #[error("own rates and prices belong to a tenant, and none is given")]
    NoTenant,
    /// An amount that does not fit.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Problematic for MarketsError {
    fn code(&self) -> &'static str {
        match self {
            Self::FaultyFile { .. } => "rates_file_faulty",
            Self::FileTooLarge { .. } => "rates_file_too_large",
            Self::MalformedSource { .. } => "source_malformed",
            Self::MalformedFeed { .. } => "feed_malformed",
            Self::UnknownKind { .. } => "kind_unknown",
            Self::RateMissing { .. } => "rate_missing",
            Self::RateTooOld { .. } => "rate_too_old",
            Self::InvalidPrice { .. } => "price_invalid",
            Self::TooManyPairs => "pairs_too_many",
            Self::TableTooLarge => "range_too_large",
            Self::Amount(_) => "amount_out_of_range",
            Self::OutsideTable { .. } | Self::OtherCommodity { .. } | Self::NoTenant => "internal",
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::FaultyFile { .. }
            | Self::MalformedSource { .. }
            | Self::MalformedFeed { .. }
            | Self::UnknownKind { .. }
            | Self::InvalidPrice { .. } => ErrorKind::Invalid,
            Self::FileTooLarge { .. } | Self::TableTooLarge => ErrorKind::TooLarge,
            Self::RateMissing { .. }
            | Self::RateTooOld { .. }
            | Self::TooManyPairs
            | Self::Amount(_) => ErrorKind::Refused,
            Self::OutsideTable { .. } | Self::OtherCommodity { .. } | Self::NoTenant => {
                ErrorKind::Internal
            }
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::FaultyFile { faults, .. } => {
                let fault = |fault: &Fault| {
                    let field = format!("line {}: {}", fault.line, fault.field);
                    FieldFault::new(field, "malformed", fault)
                };
                faults.list().iter().map(fault).collect()
            }
            Self::InvalidPrice { field, .. } => {
                vec![FieldFault::new(*field, "out_of_range", self)]
            }
            Self::MalformedSource { .. } => vec![FieldFault::new("source", "malformed", self)],
            Self::MalformedFeed { .. } => vec![FieldFault::new("url", "malformed", self)],
            Self::UnknownKind { .. } => vec![FieldFault::new("kind", "unknown", self)],
            _ => Vec::new(),
        }
    }
}

/// Names the oldest rate on the way, which is the one to renew.
fn too_old(refused: &ConversionRate, age_days_max: u32) -> String {
    let ConversionRate { from, to, date, .. } = refused;
    let oldest = refused.oldest().map(|leg| leg.rate.to_string()).unwrap_or_default();
    let age_days = refused.age_days();
    format!(
        "the last known rate from {from} to {to} on {date} rests on {oldest}, which is {age_days} \
         days old; {age_days_max} are allowed"
    )
}
