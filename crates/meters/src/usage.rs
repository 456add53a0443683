//! What was used: written down in the transaction of the use, once, and counted by a job.

use std::collections::BTreeMap;

use jobs::{Done, Failure, Handler, JobArgs, NewJob, Priority, Run};
use kernel::{Context, PartyId, Problematic as _, Timestamp};
use serde::{Deserialize, Serialize};
use storage::{Tx, crypto};

use crate::error::MetersError;
use crate::limits::{AMOUNT_MAX, COUNT_SECONDS, COUNTED_MAX, KEY_BYTES_MAX};
use crate::model::{Span, Sum, Usage, UsageKind};
use crate::span::start_of;
use crate::store;

/// Writes down that something was used, in the caller's transaction; whether it was not written
/// down for the same reason before.
///
/// # Errors
/// A fault of the field `key` or `amount`.
pub async fn record(
    tx: &mut Tx,
    context: &Context,
    usage: &Usage<'_>,
) -> Result<bool, MetersError> {
    if usage.key.is_empty() || usage.key.len() > KEY_BYTES_MAX {
        let detail = format!("a key has 1 to {KEY_BYTES_MAX} bytes");
        return Err(MetersError::field("key", "length", detail));
    }
    if usage.amount > AMOUNT_MAX {
        let detail = format!("at most {AMOUNT_MAX} at once");
        return Err(MetersError::field("amount", "range", detail));
    }
    let now = context.now();
    if !store::usage::insert(tx, (id(usage), usage), now).await? {
        return Ok(false);
    }
    let job = NewJob::of(&CountUsage {})?.with_priority(Priority::Low).unique("count")?;
    jobs::enqueue(tx, context, job.at(now.plus_seconds(COUNT_SECONDS))).await?;
    Ok(true)
}

/// Counts some records that are not counted, and marks them, in one transaction: what a crash takes
/// away it takes whole. How many there were.
///
/// # Errors
/// Where the database fails.
pub async fn count(tx: &mut Tx) -> Result<usize, MetersError> {
    let rows = store::usage::uncounted(tx).await?;
    let mut sums: BTreeMap<(UsageKind, Span, Timestamp, PartyId), u64> = BTreeMap::new();
    for row in &rows {
        for span in [Span::Hour, Span::Month] {
            let key = (row.kind, span, start_of(span, row.used_at), row.party);
            let sum = sums.entry(key).or_default();
            *sum = sum.saturating_add(row.amount);
        }
    }
    let sum =
        |((kind, span, starts_at, party), amount)| Sum { kind, party, span, starts_at, amount };
    let ids = rows.iter().map(|row| row.id).collect();
    store::usage::count(tx, (ids, sums.into_iter().map(sum).collect())).await?;
    Ok(rows.len())
}

/// The sums of spans that begin between two times, the latest first, as far as they are counted.
///
/// # Errors
/// Where the database fails.
pub async fn sums(
    tx: &mut Tx,
    span: Span,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Sum>, MetersError> {
    Ok(store::usage::sums(tx, span, (from, to)).await?)
}

/// Forgets records of before a time whose amounts stand in the sums; how many. What is said again
/// of a use that is forgotten counts again.
///
/// # Errors
/// Where the database fails.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, MetersError> {
    Ok(store::usage::forget(tx, before).await?)
}

/// Counts what a tenant used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CountUsage {}

impl JobArgs for CountUsage {
    const KIND: &'static str = "meters.count";
}

/// Does such jobs.
pub struct Count;

impl Handler for Count {
    type Args = CountUsage;

    async fn run(&self, run: &Run, _: CountUsage) -> Result<Done, Failure> {
        loop {
            let mut tx = run.begin().await?;
            let counted = count(&mut tx).await.map_err(|error| {
                let problem = error.problem();
                Failure::again(problem.code, &problem.detail)
            })?;
            if counted < usize::from(COUNTED_MAX) {
                return Ok(Done::In(tx));
            }
            tx.commit().await?;
        }
    }
}

/// What tells this use from every other. It is no secret.
fn id(usage: &Usage<'_>) -> [u8; 16] {
    let (kind, party) = (usage.kind.as_str(), usage.party.uuid());
    let parts: [&[u8]; 5] =
        [b"florin.meters.", kind.as_bytes(), &[0], party.as_bytes(), usage.key.as_bytes()];
    crypto::short(crypto::sha256(&parts)).to_be_bytes()
}
