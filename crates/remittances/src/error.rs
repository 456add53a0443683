//! What can go wrong with remittances.

use kernel::{CommodityCode, ErrorKind, FieldFault, Problematic};
use ledger::LedgerError;
use sagas::SagasError;
use storage::StorageError;
use vault::VaultError;

use crate::model::{PayeeId, RemittanceId};

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum RemittancesError {
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// Nobody has such a payee, or the tenant has not.
    #[error("there is no {id}")]
    PayeeUnknown {
        /// The one asked for.
        id: PayeeId,
    },
    /// Nothing can be sent to it any more.
    #[error("{id} takes nothing any more")]
    PayeeClosed {
        /// The payee.
        id: PayeeId,
    },
    /// The payee takes something else.
    #[error("{id} takes {takes}, and the account holds {holds}")]
    OtherCommodity {
        /// The payee.
        id: PayeeId,
        /// What it takes.
        takes: CommodityCode,
        /// What the account holds.
        holds: CommodityCode,
    },
    /// There is no such remittance, or not for this tenant.
    #[error("there is no {id}")]
    RemittanceUnknown {
        /// The one asked for.
        id: RemittanceId,
    },
    /// The tenant has as many payees as it may.
    #[error("a tenant has at most {} open payees", crate::payee::PAYEES_MAX)]
    TooManyPayees,
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The saga that moves it.
    #[error(transparent)]
    Sagas(#[from] SagasError),
    /// Sealing and opening of texts.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RemittancesError {
    pub(crate) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Field(FieldFault::new(field, rule, detail))
    }
}

impl Problematic for RemittancesError {
    fn code(&self) -> &'static str {
        match self {
            Self::Field(_) => "invalid_fields",
            Self::PayeeUnknown { .. } => "payee_unknown",
            Self::PayeeClosed { .. } => "payee_closed",
            Self::OtherCommodity { .. } => "commodities_mixed",
            Self::RemittanceUnknown { .. } => "remittance_unknown",
            Self::TooManyPayees => "too_many_payees",
            Self::Ledger(error) => error.code(),
            Self::Sagas(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Field(_) => ErrorKind::Invalid,
            Self::PayeeUnknown { .. } | Self::RemittanceUnknown { .. } => ErrorKind::NotFound,
            Self::PayeeClosed { .. } | Self::OtherCommodity { .. } | Self::TooManyPayees => {
                ErrorKind::Refused
            }
            Self::Ledger(error) => error.kind(),
            Self::Sagas(error) => error.kind(),
            Self::Vault(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            Self::Ledger(error) => error.fields(),
            Self::Sagas(error) => error.fields(),
            Self::Vault(error) => error.fields(),
            Self::PayeeUnknown { .. }
            | Self::PayeeClosed { .. }
            | Self::OtherCommodity { .. }
            | Self::RemittanceUnknown { .. }
            | Self::TooManyPayees
            | Self::Storage(_) => Vec::new(),
        }
    }
}
