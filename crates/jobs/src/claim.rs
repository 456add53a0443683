//! Who is served next.
//!
//! Tenants take turns in the order of their ids, a job each: a tenant with ten thousand jobs delays
//! another's one job by one job. What a turn costs does not grow with the number of jobs that wait.
//! So that long jobs of one tenant do not fill a worker either, a tenant has a part of its slots
//! only. Priorities count among a tenant's own jobs.

use std::collections::{BTreeMap, BTreeSet};

use kernel::TenantId;
use storage::{Level, Mode, Tx};

use crate::error::JobsError;
use crate::lease::{Lease, Leases};
use crate::model::LastError;
use crate::store::{self, upkeep::Offered};

/// How long a job waits for a worker that knows its kind, before it is offered again.
const UNKNOWN_KIND_SECONDS: i64 = 60;

/// The turns of one worker.
pub struct Claims {
    leases: Leases,
    kinds: BTreeSet<String>,
    per_tenant_max: usize,
    /// Who was served last.
    last: Option<TenantId>,
}

impl Claims {
    /// Takes jobs of these kinds, so many of a tenant at a time.
    #[must_use]
    pub fn new(leases: Leases, kinds: BTreeSet<String>, per_tenant_max: usize) -> Self {
        Self { leases, kinds, per_tenant_max: per_tenant_max.max(1), last: None }
    }

    /// Takes up to `count_max` jobs, given how many of each tenant run here already.
    pub async fn claim(
        &mut self,
        count_max: usize,
        running: &BTreeMap<TenantId, usize>,
    ) -> Result<Vec<Lease>, JobsError> {
        let mut running = running.clone();
        let mut claimed = Vec::new();
        let mut tx = self.leases.database().begin(Level::System, Mode::Write).await?;
        let mut last = self.last;
        // A round through all tenants that gave nothing is the last.
        let (mut is_whole_round, mut gave) = (last.is_none(), false);
        while claimed.len() < count_max {
            let Some(offered) = store::upkeep::next(&mut tx, last).await? else {
                if is_whole_round && !gave {
                    break;
                }
                (last, is_whole_round, gave) = (None, true, false);
                continue;
            };
            last = Some(offered.tenant);
            let here = running.entry(offered.tenant).or_default();
            if *here >= self.per_tenant_max {
                continue;
            }
            if let Some(lease) = self.take_known(&mut tx, &offered).await? {
                *here += 1;
                gave = true;
                claimed.push(lease);
            }
        }
        tx.commit().await?;
        self.last = last;
        Ok(claimed)
    }

    /// Takes a job whose kind is known here; puts off another, which a newer program may know.
    async fn take_known(&self, tx: &mut Tx, offered: &Offered) -> Result<Option<Lease>, JobsError> {
        if self.kinds.contains(&offered.kind) {
            return self.leases.take(tx, offered).await;
        }
        tx.bind(Level::of(offered.tenant))?;
        let detail = format!("no worker here knows jobs of kind {}", offered.kind);
        let run_at = self.leases.env().now().plus_seconds(UNKNOWN_KIND_SECONDS);
        let error = LastError::new("kind_unknown", &detail);
        store::job::put_off(tx, offered.job, &error, run_at).await?;
        tx.bind(Level::System)?;
        Ok(None)
    }
}
