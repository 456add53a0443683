//! The rows of what was used, and its sums.

use kernel::{PartyId, Timestamp, Uuid};
use storage::{Row, StorageError, Tx, params, sql};

use super::damaged;
use crate::limits::{COUNTED_MAX, SUMS_LISTED_MAX};
use crate::model::{Span, Sum, Usage, UsageKind};

sql! {
    INSERT = "INSERT INTO meters_usage (tenant, id, kind, party, amount, used_at, is_counted)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, FALSE)
              ON CONFLICT (tenant, id) DO NOTHING";
    UNCOUNTED = "SELECT id, kind, party, amount, used_at FROM meters_usage
                 WHERE tenant = app_tenant() AND NOT is_counted LIMIT $1 {lock}";
    COUNT = "UPDATE meters_usage SET is_counted = TRUE
             WHERE tenant = app_tenant() AND id = $1 AND NOT is_counted";
    ADD = "INSERT INTO meters_sum (tenant, kind, span, starts_at, party, amount)
           VALUES (app_tenant(), $1, $2, $3, $4, $5)
           ON CONFLICT (tenant, kind, span, starts_at, party)
               DO UPDATE SET amount = meters_sum.amount + excluded.amount";
    // One statement sees both as of one moment: what is counted meanwhile stands in one of them.
    USED = "SELECT (SELECT CAST(COALESCE(sum(amount), 0) AS bigint) FROM meters_sum
                    WHERE tenant = app_tenant() AND kind = $1 AND span = 'month'
                        AND starts_at = $2)
                 + (SELECT CAST(COALESCE(sum(amount), 0) AS bigint) FROM meters_usage
                    WHERE tenant = app_tenant() AND kind = $1 AND NOT is_counted
                        AND used_at >= $2 AND used_at < $3)";
    SUMS = "SELECT kind, party, span, starts_at, amount FROM meters_sum
            WHERE tenant = app_tenant() AND span = $1 AND starts_at >= $2 AND starts_at < $3
            ORDER BY starts_at DESC, kind, party LIMIT $4";
    FORGET = "DELETE FROM meters_usage
              WHERE tenant = app_tenant() AND is_counted AND used_at < $1";
    GATE = "INSERT INTO meters_gate (tenant, feature, passed) VALUES (app_tenant(), $1, 1)
            ON CONFLICT (tenant, feature) DO UPDATE SET passed = meters_gate.passed + 1";
}

/// A record as it is counted.
pub(crate) struct UsageRow {
    pub id: [u8; 16],
    pub kind: UsageKind,
    pub party: PartyId,
    pub amount: u64,
    pub used_at: Timestamp,
}

/// Adds a record; whether there was none of its id.
pub(crate) async fn insert(
    tx: &mut Tx,
    (id, usage): ([u8; 16], &Usage<'_>),
    now: Timestamp,
) -> Result<bool, StorageError> {
    let (kind, party) = (usage.kind.as_str(), usage.party.uuid());
    Ok(tx.execute(&INSERT, params![id, kind, party, usage.amount, now]).await? == 1)
}

/// Some records that are not counted, held until the transaction ends.
pub(crate) async fn uncounted(tx: &mut Tx) -> Result<Vec<UsageRow>, StorageError> {
    tx.rows(&UNCOUNTED, params![COUNTED_MAX]).await?.iter().map(usage_of).collect()
}

/// Marks records as counted, and adds to sums.
pub(crate) async fn count(
    tx: &mut Tx,
    (ids, sums): (Vec<[u8; 16]>, Vec<Sum>),
) -> Result<(), StorageError> {
    let ids = ids.into_iter().map(|id| params![id]).collect();
    tx.execute_many(&COUNT, ids).await?;
    let row = |sum: Sum| {
        let (kind, span) = (sum.kind.as_str(), sum.span.as_str());
        params![kind, span, sum.starts_at, sum.party.uuid(), sum.amount]
    };
    tx.execute_many(&ADD, sums.into_iter().map(row).collect()).await?;
    Ok(())
}

/// How much was used between two times that are beginnings of months, counted or not.
pub(crate) async fn used(
    tx: &mut Tx,
    kind: UsageKind,
    (from, to): (Timestamp, Timestamp),
) -> Result<u64, StorageError> {
    let row = tx.row(&USED, params![kind.as_str(), from, to]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

pub(crate) async fn sums(
    tx: &mut Tx,
    span: Span,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Sum>, StorageError> {
    let values = params![span.as_str(), from, to, SUMS_LISTED_MAX];
    tx.rows(&SUMS, values).await?.iter().map(sum_of).collect()
}

/// Forgets records of before a time that are counted.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StorageError> {
    tx.execute(&FORGET, params![before]).await
}

/// Lets one transaction of the tenant at a time go on.
pub(crate) async fn gate(tx: &mut Tx, feature: &str) -> Result<(), StorageError> {
    tx.execute_one(&GATE, params![feature]).await
}

fn usage_of(row: &Row) -> Result<UsageRow, StorageError> {
    let (id, kind): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
    let id = id.try_into().map_err(|_| damaged("the id of a record is not of 16 bytes"))?;
    let party: Uuid = row.get(2)?;
    Ok(UsageRow {
        id,
        kind: kind.parse().map_err(damaged)?,
        party: PartyId::from_uuid(party),
        amount: row.get(3)?,
        used_at: row.get(4)?,
    })
}

fn sum_of(row: &Row) -> Result<Sum, StorageError> {
    let (kind, span): (String, String) = (row.get(0)?, row.get(2)?);
    Ok(Sum {
        kind: kind.parse().map_err(damaged)?,
        party: PartyId::from_uuid(row.get(1)?),
        span: span.parse().map_err(damaged)?,
        starts_at: row.get(3)?,
        amount: row.get(4)?,
    })
}
