//! What is kept for how long: the rules of all modules, and the job that holds them every night.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jobs::{Done, Failure, Handler, JobArgs, Run};
use kernel::{Actor, Context, Problem, Problematic as _, Timestamp};
use meters::{ForgetUsage, Forgets, RetentionRule, retain};
use serde::{Deserialize, Serialize};
use storage::{Database, Level, Mode, Tx};

/// Holds the rules of all tenants: a job of the system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Retention {}

impl JobArgs for Retention {
    const KIND: &'static str = "meters.retain";
}

/// Does [`Retention`].
pub struct Retain {
    database: Database,
    rules: Vec<Arc<dyn Forgets>>,
}

impl Retain {
    /// By all rules that there are.
    pub fn new(database: Database) -> Self {
        Self { database, rules: vec![Arc::new(ForgetUsage), Arc::new(ReadNotices)] }
    }
}

impl Handler for Retain {
    type Args = Retention;

    async fn run(&self, run: &Run, _: Retention) -> Result<Done, Failure> {
        let mut tx = run.read().await?;
        let tenants = identity::tenants(&mut tx).await.map_err(|error| failed(&error))?;
        tx.commit().await?;
        let mut done = 0;
        // A transaction each: whoever has much does not keep others waiting.
        for tenant in &tenants {
            let context =
                Context::new(run.context().env.clone(), tenant.id, Actor::system("retention"));
            let mut left = u64::MAX;
            while left > 0 {
                let mut tx = self.database.begin(Level::Tenant(tenant.id), Mode::Write).await?;
                left = retain(&mut tx, &context, &self.rules).await.map_err(|one| failed(&one))?;
                tx.commit().await?;
            }
            done += 1;
            run.progress(done, Some(tenants.len() as u64)).await?;
        }
        Ok(Done::Nothing)
    }
}

/// Notices that everybody they are for has had the time to read, and counts of trials of days that
/// are over.
struct ReadNotices;

static NOTICES: RetentionRule = RetentionRule { kind: "notices.read", days: 180 };

impl Forgets for ReadNotices {
    fn rule(&self) -> &'static RetentionRule {
        &NOTICES
    }

    fn forget<'a>(
        &'a self,
        tx: &'a mut Tx,
        before: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Problem>> {
        Box::pin(async move { notices::forget(tx, before).await.map_err(|error| error.problem()) })
    }
}

fn failed(error: &dyn kernel::Problematic) -> Failure {
    let problem = error.problem();
    Failure::again(problem.code, &problem.detail)
}
