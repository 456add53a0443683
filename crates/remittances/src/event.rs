//! The events that this module emits. Each side's log has what concerns it: ids, codes, amounts.

use kernel::{BookId, CommodityCode};
use ledger::AccountId;
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use crate::model::{PayeeId, RemittanceId};

/// An account can be sent to by others.
#[derive(Clone, Debug, Serialize)]
pub struct PayeeOpened {
    /// What others name it by.
    pub payee: PayeeId,
    /// The account's book.
    pub book: BookId,
    /// The account.
    pub account: AccountId,
}

/// Nothing can be sent to it any more.
#[derive(Clone, Debug, Serialize)]
pub struct PayeeClosed {
    /// The payee.
    pub payee: PayeeId,
}

/// Somebody wants to send something.
#[derive(Clone, Debug, Serialize)]
pub struct RemittanceAsked {
    /// Which.
    pub remittance: RemittanceId,
    /// The book that gives.
    pub book: BookId,
    /// The account that gives.
    pub account: AccountId,
    /// To whom.
    pub payee: PayeeId,
    /// Of what.
    pub commodity: CommodityCode,
    /// How much, as a decimal number.
    pub amount: String,
}

/// What was sent is there: in the log of whoever took it.
#[derive(Clone, Debug, Serialize)]
pub struct RemittanceArrived {
    /// Which.
    pub remittance: RemittanceId,
    /// The book that took.
    pub book: BookId,
    /// The account that took.
    pub account: AccountId,
    /// Of what.
    pub commodity: CommodityCode,
    /// How much, as a decimal number.
    pub amount: String,
}

/// What was sent is there: in the log of whoever gave it.
#[derive(Clone, Debug, Serialize)]
pub struct RemittanceSettled {
    /// Which.
    pub remittance: RemittanceId,
}

/// It did not come about, or came back.
#[derive(Clone, Debug, Serialize)]
pub struct RemittanceReturned {
    /// Which.
    pub remittance: RemittanceId,
    /// Why.
    pub code: String,
}

macro_rules! about {
    ($event:ty, $type:literal, $kind:literal, $field:ident) => {
        impl EventBody for $event {
            const TYPE: &'static str = $type;
            const VERSION: u16 = 1;

            fn objects(&self) -> Vec<ObjectRef> {
                vec![ObjectRef::new($kind, self.$field)]
            }
        }
    };
}

about!(PayeeOpened, "remittances.payee.opened", "payee", payee);
about!(PayeeClosed, "remittances.payee.closed", "payee", payee);
about!(RemittanceAsked, "remittances.remittance.asked", "remittance", remittance);
about!(RemittanceArrived, "remittances.remittance.arrived", "remittance", remittance);
about!(RemittanceSettled, "remittances.remittance.settled", "remittance", remittance);
about!(RemittanceReturned, "remittances.remittance.returned", "remittance", remittance);
