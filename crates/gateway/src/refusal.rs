//! Which field of a request a refusal of the ledger is about: callers never see the steps that are
//! made of what they ask.

use ledger::model::Reason;
use ledger::{LedgerError, Rejection};

use crate::problem::ApiError;

/// A refusal of a request about one account, group or transfer; `name` is its field that must not
/// be there already, or whose groups must be.
pub(crate) fn of_one(error: LedgerError, name: &str) -> ApiError {
    let field = match &error {
        LedgerError::PathUnknown { .. } => Some(name),
        LedgerError::Rejected { rejection: Rejection { reason, .. } } => match reason {
            Reason::RowExists
            | Reason::GroupUnknown
            | Reason::GroupCycle
            | Reason::GroupTooDeep => Some(name),
            Reason::PeriodLocked => Some("effective"),
            Reason::TransferExists | Reason::IdAhead => Some("id"),
            Reason::CommodityUnknown | Reason::CommodityDiffers => Some("commodity"),
            _ => None,
        },
        _ => return error.into(),
    };
    let error = ApiError::from(error);
    match field {
        Some(field) => error.about(field),
        None => error.about_no_field(),
    }
}

/// A refusal of transfers: their steps are in the order of the request.
pub(crate) fn of_transfers(error: LedgerError) -> ApiError {
    ApiError::from(error).below("steps", "transfers")
}
