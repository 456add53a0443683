//! The changes of a book.

use ledger::query::TransferKind;
use ledger::{Change as Found, Changed};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::wire::book::text;

/// Where to begin and to end.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangesQuery {
    /// The `place` of the last change that was read, or the number of a transfer; from the
    /// beginning where it is left out. The header `Last-Event-ID` counts before it.
    #[param(example = "12")]
    pub after: Option<String>,
    /// `false` ends the stream behind what is there already; it goes on where this is left out.
    pub follow: Option<bool>,
}

/// What changed a book: a transfer, or a hold that expired.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerChange {
    /// Where it stands, to go on behind it: a transfer's number, with a count behind it for holds
    /// that expired after it.
    #[schema(example = "12.1")]
    pub place: String,
    #[serde(rename = "type")]
    pub kind: LedgerChangeType,
    /// The transfer; none is behind a hold that expired.
    pub id: Option<String>,
    pub debit: String,
    /// The posted balance of the debited account after it, on its natural side.
    #[schema(format = "decimal")]
    pub debit_balance: String,
    pub credit: String,
    /// The posted balance of the credited account after it, on its natural side.
    #[schema(format = "decimal")]
    pub credit_balance: String,
    /// What moved; of a hold what is held, of one that was voided or expired what was released.
    #[schema(format = "decimal")]
    pub amount: String,
    pub commodity: String,
    pub code: u16,
    /// The date from which it counts.
    #[schema(format = Date)]
    pub effective: String,
    #[schema(format = DateTime)]
    pub booked_at: String,
    /// The hold that it posts or releases.
    pub hold: Option<String>,
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// The transfer that it takes back.
    pub reverses: Option<String>,
    pub reference: Option<String>,
    pub purpose: Option<String>,
    pub counterparty: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<serde_json::Value>,
}

/// What changed a book.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LedgerChangeType {
    /// An amount moved.
    Transfer,
    /// An amount was reserved.
    Hold,
    /// A hold was posted, in full or for the last time.
    PostHold,
    /// A part of a hold was posted and the rest stays held.
    PostHoldPart,
    /// A hold was released.
    VoidHold,
    /// A hold was released because its time had come.
    ExpireHold,
    /// As much moved as the debited account had.
    BalancingDebit,
    /// As much moved as the credited account had.
    BalancingCredit,
    /// The debited account's balance moved, and it was closed.
    ClosingDebit,
    /// The credited account's balance moved, and it was closed.
    ClosingCredit,
}

impl From<TransferKind> for LedgerChangeType {
    fn from(kind: TransferKind) -> Self {
        match kind {
            TransferKind::Post => Self::Transfer,
            TransferKind::Hold => Self::Hold,
            TransferKind::PostHold => Self::PostHold,
            TransferKind::PostHoldPart => Self::PostHoldPart,
            TransferKind::VoidHold => Self::VoidHold,
            TransferKind::BalancingDebit => Self::BalancingDebit,
            TransferKind::BalancingCredit => Self::BalancingCredit,
            TransferKind::ClosingDebit => Self::ClosingDebit,
            TransferKind::ClosingCredit => Self::ClosingCredit,
        }
    }
}

impl LedgerChange {
    pub(crate) fn of(found: Found) -> Self {
        let Found { place, what, debit, credit } = found;
        let (place, scale) = (place.to_string(), what.commodity().scale);
        let (debit_balance, credit_balance) =
            (text(debit.balance, scale), text(credit.balance, scale));
        let (debit, credit) = (debit.account.to_string(), credit.account.to_string());
        let empty = Self {
            place,
            kind: LedgerChangeType::ExpireHold,
            id: None,
            debit,
            debit_balance,
            credit,
            credit_balance,
            amount: String::new(),
            commodity: what.commodity().code.to_string(),
            code: 0,
            effective: String::new(),
            booked_at: String::new(),
            hold: None,
            expires_at: None,
            reverses: None,
            reference: None,
            purpose: None,
            counterparty: None,
            metadata: None,
        };
        match what {
            Changed::Transfer(view) => Self {
                kind: view.kind.into(),
                id: Some(view.id.to_string()),
                amount: text(view.amount, scale),
                code: view.code,
                effective: view.effective.to_string(),
                booked_at: view.booked_at.to_string(),
                hold: view.hold.map(|hold| hold.to_string()),
                expires_at: view.expires_at.map(|time| time.to_string()),
                reverses: view.reverses.map(|original| original.to_string()),
                reference: view.reference,
                purpose: view.purpose,
                counterparty: view.counterparty,
                metadata: view.metadata,
                ..empty
            },
            Changed::Expired { hold, amount, at, .. } => Self {
                amount: text(amount, scale),
                effective: at.date().to_string(),
                booked_at: at.to_string(),
                hold: Some(hold.to_string()),
                ..empty
            },
        }
    }
}
