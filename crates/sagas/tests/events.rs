//! The events' golden files: what was released once is never written otherwise.

use kernel::Uuid;
use sagas::SagaId;
use sagas::event::{SagaEnded, SagaStarted, SagaStuck};
use testing::golden_event;

#[test]
fn events_say_what_they_always_said() {
    let saga = SagaId::from_uuid(Uuid::from_u128(1));
    let kind = "remittances.remit".to_owned();
    let started = SagaStarted { saga, kind: kind.clone() };
    golden_event(&started, "testdata/events/sagas.saga.started.1.json");
    let (state, code) = ("arriving".to_owned(), "late".to_owned());
    let stuck = SagaStuck { saga, kind: kind.clone(), state, code };
    golden_event(&stuck, "testdata/events/sagas.saga.stuck.1.json");
    let ended = SagaEnded { saga, kind, status: "done".to_owned() };
    golden_event(&ended, "testdata/events/sagas.saga.ended.1.json");
}
