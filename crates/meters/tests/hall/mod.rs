//! A hall with a meter: the set-up that the tests share.

#![allow(dead_code, reason = "each test uses a part of it")]

use jobs::{Worker, WorkerLimits};
use kernel::{Context, PartyId, Uuid};
use meters::{Allowance, Count, Feature, Meters, MetersError, Plan, Span, Usage, UsageKind, spend};
use storage::{Level, Mode, Tx};
use testing::TestDatabase;

pub static IMPORTS: Feature =
    Feature { name: "imports", counts: Some(UsageKind::Imports), usual: Allowance::Unlimited };
pub static ASSISTANT: Feature =
    Feature { name: "assistant", counts: None, usual: Allowance::UpTo(0) };

pub static HOME: Plan = Plan { name: "home", allows: &[] };
pub static STARTER: Plan = Plan {
    name: "starter",
    allows: &[("imports", Allowance::UpTo(3)), ("assistant", Allowance::Unlimited)],
};

static FEATURES: [&Feature; 2] = [&IMPORTS, &ASSISTANT];
static PLANS: [&Plan; 2] = [&HOME, &STARTER];

pub const METERS: Meters = Meters::new(&FEATURES, &PLANS);

/// A tenant, and whose use is counted.
pub struct Hall<'a> {
    pub db: &'a TestDatabase,
    pub context: Context,
    pub party: PartyId,
}

impl<'a> Hall<'a> {
    pub fn of(db: &'a TestDatabase) -> Self {
        let context = db.context(db.new_tenant());
        Self { db, context, party: PartyId::from_uuid(Uuid::from_u128(7)) }
    }

    pub async fn tx(&self) -> Tx {
        let level = Level::of(self.context.tenant);
        self.db.database.begin(level, Mode::Write).await.unwrap()
    }

    pub async fn record(&self, key: &str, amount: u64) -> bool {
        let usage = Usage { kind: UsageKind::Requests, party: self.party, key, amount };
        let mut tx = self.tx().await;
        let is_new = meters::record(&mut tx, &self.context, &usage).await.unwrap();
        tx.commit().await.unwrap();
        is_new
    }

    pub async fn spend(&self, key: &str) -> Result<(), MetersError> {
        let mut tx = self.tx().await;
        let what = (&IMPORTS, self.party);
        spend(&mut tx, &self.context, &METERS, what, (key, 1)).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// `span start amount` of each sum, hours before months.
    pub async fn sums(&self) -> Vec<String> {
        let mut tx = self.tx().await;
        let mut found = Vec::new();
        let time = |text: &str| text.parse().unwrap();
        let all = (time("2026-01-01T00:00:00Z"), time("2027-01-01T00:00:00Z"));
        for span in [Span::Hour, Span::Month] {
            for sum in meters::sums(&mut tx, span, all).await.unwrap() {
                found.push(format!("{span} {} {}", sum.starts_at, sum.amount));
            }
        }
        found
    }

    /// Time passes, and a worker counts.
    pub async fn pass(&self, seconds: i64) {
        self.db.clock.advance_seconds(seconds);
        let worker = Worker::new(self.db.database.clone(), "test", WorkerLimits::default());
        let mut worker = worker.with(Count);
        while worker.step().await.unwrap() > 0 {}
    }

    pub async fn plan(&self, plan: &str) {
        let mut tx = self.tx().await;
        meters::set_plan(&mut tx, &self.context, &METERS, plan).await.unwrap();
        tx.commit().await.unwrap();
    }
}
