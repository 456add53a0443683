//! What can go wrong with meters.

use jobs::JobsError;
use kernel::{ErrorKind, FieldFault, Problem, Problematic, Timestamp};
use storage::StorageError;

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum MetersError {
    /// So much was used that no more may be.
    #[error(
        "{feature}: {used} of {limit} were used this month, so no {more} more; it begins anew on \
         {resets_at}"
    )]
    LimitReached {
        /// The feature.
        feature: String,
        /// How much may be used in a month.
        limit: u64,
        /// How much was.
        used: u64,
        /// How much more was wanted.
        more: u64,
        /// When the next month begins, of UTC.
        resets_at: Timestamp,
    },
    /// There is no such feature.
    #[error("there is no feature {feature:?}")]
    FeatureUnknown {
        /// The one asked for.
        feature: String,
    },
    /// There is no such plan.
    #[error("there is no plan {plan:?}")]
    PlanUnknown {
        /// The one asked for.
        plan: String,
    },
    /// A module could not take its data away.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// Jobs.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl MetersError {
    /// One field breaks a rule.
    pub(crate) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Field(FieldFault::new(field, rule, detail))
    }
}

impl Problematic for MetersError {
    fn code(&self) -> &'static str {
        match self {
            Self::LimitReached { .. } => "limit_reached",
            Self::FeatureUnknown { .. } => "feature_unknown",
            Self::PlanUnknown { .. } => "plan_unknown",
            Self::Refused(problem) => problem.code,
            Self::Field(_) => "invalid_fields",
            Self::Jobs(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::LimitReached { .. } => ErrorKind::TooMany,
            Self::FeatureUnknown { .. } | Self::PlanUnknown { .. } => ErrorKind::NotFound,
            Self::Refused(problem) => problem.kind,
            Self::Field(_) => ErrorKind::Invalid,
            Self::Jobs(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            _ => Vec::new(),
        }
    }
}
