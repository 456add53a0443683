//! Founding a tenant: what other modules make with it stands in the same transaction, so that no
//! tenant is ever without it.

use futures_util::future::BoxFuture;
use kernel::{Context, TenantId};
use storage::{Level, Mode, StorageError, Tx};

use crate::Identity;
use crate::error::IdentityError;
use crate::model::{Tenant, read_name};
use crate::register::read_currency;
use crate::store;

/// What else is made with a tenant. The binary wires it: a household gets its book here.
pub trait Founding: Send + Sync {
    /// Makes it, in the transaction that makes the tenant.
    fn found<'a>(
        &'a self,
        tx: &'a mut Tx,
        context: &'a Context,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<(), StorageError>>;
}

impl Identity {
    /// Founds a tenant without members: that of the person who owns the data directory.
    ///
    /// # Errors
    /// Where the name or the currency breaks a rule.
    pub async fn found_tenant(
        &self,
        context: &Context,
        name: &str,
        currency: &str,
    ) -> Result<Tenant, IdentityError> {
        let fields = |fault| IdentityError::Fields(vec![fault]);
        let tenant = Tenant {
            id: TenantId::from_uuid(context.env.new_uuid()),
            name: read_name("family_name", name).map_err(fields)?,
            currency: read_currency(currency).map_err(fields)?,
            country: None,
            created_at: context.now(),
        };
        let context = &Context { tenant: tenant.id, ..context.clone() };
        let mut tx = self.database.begin(Level::Tenant(tenant.id), Mode::Write).await?;
        self.insert_tenant(&mut tx, context, &tenant).await?;
        tx.commit().await?;
        Ok(tenant)
    }

    /// The tenant's row, and what else is made with it.
    pub(crate) async fn insert_tenant(
        &self,
        tx: &mut Tx,
        context: &Context,
        tenant: &Tenant,
    ) -> Result<(), StorageError> {
        store::insert_tenant(tx, tenant).await?;
        match &self.founding {
            Some(founding) => founding.found(tx, context, tenant).await,
            None => Ok(()),
        }
    }
}
