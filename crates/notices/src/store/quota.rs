//! How many messages that a person had sent there were on a day.

use storage::{StorageError, Tx, params, sql};

sql! {
    USE = "INSERT INTO notices_quota (tenant, subject, day, used)
           VALUES (app_tenant(), $1, $2, 1)
           ON CONFLICT (tenant, subject, day)
               DO UPDATE SET used = notices_quota.used + 1 WHERE notices_quota.used < $3";
    FORGET = "DELETE FROM notices_quota
              WHERE tenant = app_tenant() AND subject = $1 AND day < $2";
}

/// Counts one more of a subject; whether it was not too many. What was counted on other days goes.
pub(crate) async fn used(
    tx: &mut Tx,
    subject: [u8; 16],
    day: i64,
    used_max: u16,
) -> Result<bool, StorageError> {
    tx.execute(&FORGET, params![subject, day]).await?;
    Ok(tx.execute(&USE, params![subject, day, used_max]).await? == 1)
}
