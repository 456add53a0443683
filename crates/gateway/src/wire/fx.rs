//! Rates of exchange.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which rate.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RateQuery {
    /// The currency that is converted.
    #[param(example = "MNT")]
    pub from: String,
    /// The currency it is converted to.
    #[param(example = "AUD")]
    pub to: String,
    /// The day; today where it is left out.
    #[param(format = Date)]
    pub date: Option<String>,
    /// How old the rate may be, in days.
    pub rate_age_days_max: Option<u32>,
}

/// What a file of rates brought.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportedRates {
    /// How many were added.
    pub added: u64,
    /// How many of those replace another rate of their source and day.
    pub corrected: u64,
    /// How many were known already.
    pub known: u64,
    /// The first day it has a rate of.
    #[schema(format = Date)]
    pub first: String,
    /// The last day it has a rate of.
    #[schema(format = Date)]
    pub last: String,
    pub currencies: Vec<String>,
}

impl From<markets::ImportedRates> for ImportedRates {
    fn from(came: markets::ImportedRates) -> Self {
        Self {
            added: came.added,
            corrected: came.corrected,
            known: came.known,
            first: came.first.to_string(),
            last: came.last.to_string(),
            currencies: came.currencies.iter().map(ToString::to_string).collect(),
        }
    }
}
