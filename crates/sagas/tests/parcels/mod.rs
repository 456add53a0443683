//! Parcels that go from one tenant to another: a saga of three steps that does what a test tells
//! it, and notes each step where its tenant's other rows are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jobs::{Claims, Failure, Lease, Leases, Worker, WorkerLimits};
use kernel::{PageRequest, TenantId};
use sagas::{Act, Input, Line, Next, Saga, SagaId, Sagas, Story, TakeSteps, Taken, TellSagas};
use serde::{Deserialize, Serialize};
use storage::log::{EventBody, ObjectRef};
use storage::{Level, Mode};
use testing::{Cell, TestDatabase};

/// How long a state may last.
pub const SECONDS: i64 = 7 * 86_400;

/// Who sends to whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sent {
    pub from: TenantId,
    pub to: TenantId,
}

/// Where a parcel is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Packing,
    OnTheWay,
    Returning { why: String },
    Delivered,
    Back { why: String },
}

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Pack,
    Deliver,
    TakeBack,
}

/// What comes of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    Did,
    Refused { why: String },
}

/// What a test wants of a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    Does,
    Refuses,
    Fails,
}

/// A deed was done.
#[derive(Serialize)]
struct Did {
    deed: Deed,
}

impl EventBody for Did {
    const TYPE: &'static str = "parcels.parcel.handled";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }
}

/// What each deed does; those that are not named do what they should.
#[derive(Clone, Default)]
pub struct Parcels(pub Arc<Mutex<BTreeMap<Deed, Script>>>);

impl Parcels {
    pub fn set(&self, deed: Deed, script: Script) {
        self.0.lock().unwrap().insert(deed, script);
    }

    fn script(&self, deed: Deed) -> Script {
        self.0.lock().unwrap().get(&deed).copied().unwrap_or(Script::Does)
    }
}

impl Saga for Parcels {
    const KIND: &'static str = "parcels.send";
    type Plan = Sent;
    type State = Place;
    type Step = Deed;
    type Brought = Came;

    fn begin(sent: &Sent) -> Next<Place, Deed> {
        step(Place::Packing, Deed::Pack, sent.from)
    }

    fn decide(sent: &Sent, place: &Place, input: Input<Came>) -> Next<Place, Deed> {
        let back =
            |why: &str| step(Place::Returning { why: why.to_owned() }, Deed::TakeBack, sent.from);
        match (place, input) {
            (Place::Packing, Input::Brought(Came::Did)) => {
                step(Place::OnTheWay, Deed::Deliver, sent.to)
            }
            (Place::Packing, Input::Brought(Came::Refused { why })) => {
                Next::Undone(Place::Back { why })
            }
            (Place::Packing, Input::Undo | Input::Late) => back("unwanted"),
            (Place::OnTheWay, Input::Brought(Came::Did)) => Next::Done(Place::Delivered),
            (Place::OnTheWay, Input::Brought(Came::Refused { why })) => back(&why),
            (Place::Returning { why }, Input::Brought(Came::Did)) => {
                Next::Undone(Place::Back { why: why.clone() })
            }
            _ => Next::Stay,
        }
    }

    async fn take(&self, act: &Act<'_>, deed: Deed) -> Result<Taken<Came>, Failure> {
        match self.script(deed) {
            Script::Fails => Err(Failure::again("rain", "it rains")),
            Script::Refuses => Ok(Taken::Brought(Came::Refused { why: "nobody_home".to_owned() })),
            Script::Does => {
                let mut tx = act.begin().await?;
                tx.emit(act.context(), &Did { deed }).await?;
                Ok(Taken::In(tx, Came::Did))
            }
        }
    }
}

fn step(state: Place, step: Deed, tenant: TenantId) -> Next<Place, Deed> {
    Next::Step { state, step, tenant, seconds: SECONDS }
}

/// Two tenants and a worker that moves parcels between them.
pub struct Post {
    pub db: TestDatabase,
    pub sent: Sent,
    pub parcels: Parcels,
    worker: Worker,
}

impl Post {
    pub fn open(db: TestDatabase) -> Self {
        let sent = Sent { from: db.new_tenant(), to: db.new_tenant() };
        let parcels = Parcels::default();
        let sagas = Sagas::new().with(parcels.clone());
        let limits = WorkerLimits { slots: 1, slots_per_tenant: 1, ..WorkerLimits::default() };
        let worker = Worker::new(db.database.clone(), "test", limits);
        let worker = worker.with(TakeSteps(sagas.clone())).with(TellSagas(sagas));
        Self { db, sent, parcels, worker }
    }

    /// Sends a parcel.
    pub async fn send(&self) -> SagaId {
        let id = SagaId::from_uuid(self.db.env.new_uuid());
        let context = self.db.context(self.sent.from);
        let mut tx = self.db.database.begin(Level::of(self.sent.from), Mode::Write).await.unwrap();
        sagas::start::<Parcels>(&mut tx, &context, id, &self.sent).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Does one job, if there is one.
    pub async fn step(&mut self) -> bool {
        self.worker.step().await.unwrap() > 0
    }

    /// Does what there is to do now.
    pub async fn settle(&mut self) {
        while self.step().await {}
    }

    /// Lets time pass until every retry is over, and does what it brings.
    pub async fn wait_out(&mut self) {
        for _ in 0..sagas::limits::STEP_ATTEMPTS_MAX {
            self.settle().await;
            self.db.clock.advance_seconds(3_600);
        }
        self.settle().await;
    }

    /// Takes the next job and dies before it is done; whether there was one.
    pub async fn take_and_die(&self) -> Option<Lease> {
        let leases = Leases::new(self.db.database.clone(), "dead", 60);
        let kinds = ["sagas.step".to_owned(), "sagas.tell".to_owned()].into();
        let mut claims = Claims::new(leases, kinds, 1);
        let lease = claims.claim(1, &BTreeMap::new()).await.unwrap().pop();
        self.db.clock.advance_seconds(61);
        lease
    }

    pub async fn story(&self, id: SagaId) -> (Story, Vec<Line>) {
        let mut tx = self.db.database.begin(Level::of(self.sent.from), Mode::Read).await.unwrap();
        let story = sagas::saga(&mut tx, id).await.unwrap();
        let lines = sagas::lines(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        (story, lines)
    }

    /// The story as one would tell it: what was told, where it was then.
    pub async fn told(&self, id: SagaId) -> Vec<String> {
        let (_, lines) = self.story(id).await;
        let line = |line: Line| match line.detail {
            None => format!("{}: {}", line.input, line.state),
            Some(detail) => format!("{} {detail}: {}", line.input, line.state),
        };
        lines.into_iter().map(line).collect()
    }

    /// Which deeds were done, in whose rows.
    pub async fn deeds(&self) -> Vec<(TenantId, String)> {
        let mut deeds = Vec::new();
        for row in self.db.raw().await.rows("SELECT body FROM log_inbox ORDER BY id").await {
            let Cell::Bytes(body) = &row[0] else { panic!("{row:?}") };
            let event = storage::log::Envelope::from_bytes(body).unwrap();
            if let Some(deed) = event.body["deed"].as_str() {
                deeds.push((event.tenant, deed.to_owned()));
            }
        }
        deeds
    }

    /// How many jobs of both tenants are not finished.
    pub async fn open_jobs(&self) -> usize {
        let mut count = 0;
        for tenant in [self.sent.from, self.sent.to] {
            let mut tx = self.db.database.begin(Level::of(tenant), Mode::Read).await.unwrap();
            let page = jobs::jobs(&mut tx, None, &PageRequest::first(200)).await.unwrap();
            count += page.items.iter().filter(|job| !job.state.is_finished()).count();
        }
        count
    }
}
