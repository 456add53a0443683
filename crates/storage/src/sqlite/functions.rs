//! The functions that PostgreSQL has by migration, for SQLite under the same names.

use std::sync::{Arc, Mutex, PoisonError};

use kernel::{Amount, TenantId};
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, Error};

use crate::value::{amount_from_bytes, amount_to_bytes};

/// The tenant that `app_tenant()` answers on one connection.
#[derive(Clone)]
pub(super) struct BoundTenant(Arc<Mutex<TenantId>>);

impl BoundTenant {
    pub(super) fn set(&self, tenant: TenantId) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tenant;
    }

    fn get(&self) -> TenantId {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds `app_tenant()`, `app_try_lock(key)` and the aggregate `amt_sum(amount)`.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<BoundTenant> {
    let tenant = BoundTenant(Arc::new(Mutex::new(TenantId::COMMON)));
    let bound = tenant.clone();
    // Deterministic within one run of a statement, which is what SQLite caches it for.
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("app_tenant", 0, flags, move |_| {
        Ok(bound.get().uuid().as_bytes().to_vec())
    })?;
    // A transaction that writes is the only one: it has every lock.
    connection.create_scalar_function("app_try_lock", 1, flags, |_| Ok(true))?;
    connection.create_aggregate_function("amt_sum", 1, flags, AmountSum)?;
    Ok(tenant)
}

/// Adds amounts exactly; NULL for no rows, as SQL's own sum.
struct AmountSum;

impl Aggregate<Option<Amount>, Option<Vec<u8>>> for AmountSum {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<Amount>> {
        Ok(None)
    }

    fn step(&self, row: &mut Context<'_>, sum: &mut Option<Amount>) -> rusqlite::Result<()> {
        let Some(bytes) = row.get::<Option<Vec<u8>>>(0)? else { return Ok(()) };
        let wrong = |text: &str| Error::UserFunctionError(text.into());
        let amount = amount_from_bytes(&bytes).ok_or_else(|| wrong("amt_sum: not an amount"))?;
        let added = sum.unwrap_or(Amount::ZERO).checked_add(amount);
        *sum = Some(added.map_err(|_| wrong("amt_sum: the sum is too large"))?);
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        sum: Option<Option<Amount>>,
    ) -> rusqlite::Result<Option<Vec<u8>>> {
        Ok(sum.flatten().map(|sum| amount_to_bytes(sum).to_vec()))
    }
}
