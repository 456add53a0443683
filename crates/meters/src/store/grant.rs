//! The rows of plans and grants.

use kernel::{Timestamp, Uuid};
use storage::{StorageError, Tx, params, sql};

use crate::model::Allowance;

sql! {
    PLAN = "SELECT plan FROM meters_plan WHERE tenant = app_tenant()";
    SET_PLAN = "INSERT INTO meters_plan (tenant, plan, changed_at) VALUES (app_tenant(), $1, $2)
                ON CONFLICT (tenant) DO UPDATE
                    SET plan = excluded.plan, changed_at = excluded.changed_at";
    GRANTS = "SELECT holder, allowance, until FROM meters_grant
              WHERE tenant = app_tenant() AND feature = $1 AND (holder = $2 OR holder = $3)";
    GRANT = "INSERT INTO meters_grant (tenant, feature, holder, allowance, until, granted_at)
             VALUES (app_tenant(), $1, $2, $3, $4, $5)
             ON CONFLICT (tenant, feature, holder) DO UPDATE
                 SET allowance = excluded.allowance, until = excluded.until,
                     granted_at = excluded.granted_at";
}

/// What somebody was granted.
pub(crate) struct GrantRow {
    pub holder: Uuid,
    pub allowance: Allowance,
    pub until: Option<Timestamp>,
}

pub(crate) async fn plan(tx: &mut Tx) -> Result<Option<String>, StorageError> {
    tx.row(&PLAN, params![]).await?.map(|row| row.get(0)).transpose()
}

pub(crate) async fn set_plan(tx: &mut Tx, plan: &str, now: Timestamp) -> Result<(), StorageError> {
    tx.execute_one(&SET_PLAN, params![plan, now]).await
}

/// What the tenant and one person of it were granted of a feature.
pub(crate) async fn of(
    tx: &mut Tx,
    feature: &str,
    (tenant, user): (Uuid, Uuid),
) -> Result<Vec<GrantRow>, StorageError> {
    let rows = tx.rows(&GRANTS, params![feature, tenant, user]).await?;
    let grant = |row: &storage::Row| {
        let allowance: Option<u64> = row.get(1)?;
        let allowance = allowance.map_or(Allowance::Unlimited, Allowance::UpTo);
        Ok(GrantRow { holder: row.get(0)?, allowance, until: row.get(2)? })
    };
    rows.iter().map(grant).collect()
}

pub(crate) async fn grant(
    tx: &mut Tx,
    feature: &str,
    grant: &GrantRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    let allowance = match grant.allowance {
        Allowance::Unlimited => None,
        Allowance::UpTo(limit) => Some(limit),
    };
    tx.execute_one(&GRANT, params![feature, grant.holder, allowance, grant.until, now]).await
}
