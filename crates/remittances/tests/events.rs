//! The events' golden files: what was released once is never written otherwise.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use kernel::{BookId, CommodityCode, Uuid};
use ledger::AccountId;
use remittances::event::{
    PayeeClosed, PayeeOpened, RemittanceArrived, RemittanceAsked, RemittanceReturned,
    RemittanceSettled,
};
use remittances::{PayeeId, RemittanceId};
use testing::golden_event;

#[test]
fn events_say_what_they_always_said() {
    let id = Uuid::from_u128;
    let (payee, book) = (PayeeId::from_uuid(id(1)), BookId::from_uuid(id(2)));
    let (account, remittance) = (AccountId::from_uuid(id(3)), RemittanceId::from_uuid(id(4)));
    let commodity = CommodityCode::parse("EUR").unwrap();
    let amount = "250.00".to_owned();
    let opened = PayeeOpened { payee, book, account };
    golden_event(&opened, "testdata/events/remittances.payee.opened.1.json");
    golden_event(&PayeeClosed { payee }, "testdata/events/remittances.payee.closed.1.json");
    let asked =
        RemittanceAsked { remittance, book, account, payee, commodity, amount: amount.clone() };
    golden_event(&asked, "testdata/events/remittances.remittance.asked.1.json");
    let arrived = RemittanceArrived { remittance, book, account, commodity, amount };
    golden_event(&arrived, "testdata/events/remittances.remittance.arrived.1.json");
    let settled = RemittanceSettled { remittance };
    golden_event(&settled, "testdata/events/remittances.remittance.settled.1.json");
    let returned = RemittanceReturned { remittance, code: "below_floor".to_owned() };
    golden_event(&returned, "testdata/events/remittances.remittance.returned.1.json");
}
