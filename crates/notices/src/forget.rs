//! Forgetting: what was read long ago says nothing to anybody any more.

use kernel::Timestamp;
use storage::Tx;

use crate::error::NoticesError;
use crate::store;

const DAY_MICROS: i64 = 86_400_000_000;

/// Forgets some notices that were written and read before a time, and those that are listed
/// nowhere, with their deliveries, and what was counted of trials on days before it; how many rows
/// of both. What is on its way stays, and what nobody has read.
///
/// # Errors
/// Where the database fails.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, NoticesError> {
    let old = store::forget::old(tx, before).await?;
    store::forget::remove(tx, &old).await?;
    let day = before.micros().div_euclid(DAY_MICROS);
    let quotas = store::forget::remove_quotas(tx, day).await?;
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX) + quotas)
}
