//! The members of a tenant.

use kernel::{Context, TenantId, Timestamp, UserId, Uuid};
use storage::{Level, Mode, StorageError, Tx};

use crate::error::IdentityError;
use crate::event::MemberAdded;
use crate::model::{Email, Role, Tenant, User};
use crate::{Identity, store};

/// The most members that a tenant has.
pub const MEMBERS_MAX: usize = 100;

/// Tenants that are read at a time.
const TENANTS_AT_ONCE: u16 = 1_000;

/// Somebody who belongs to a tenant.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// As what.
    pub role: Role,
    /// Since when.
    pub added_at: Timestamp,
}

/// Who belongs to a tenant and as what, the oldest first: for modules that need to know no names.
pub async fn roles(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(UserId, Role)>, IdentityError> {
    Ok(store::roles(tx, tenant, MEMBERS_MAX).await?)
}

/// Every tenant of this installation, for the owner of its data.
pub async fn tenants(tx: &mut Tx) -> Result<Vec<Tenant>, IdentityError> {
    Ok(store::tenants(tx).await?)
}

impl Identity {
    /// The members of the context's tenant, the oldest first.
    pub async fn members(
        &self,
        context: &Context,
        tx: &mut Tx,
    ) -> Result<Vec<Member>, IdentityError> {
        let rows = store::members(tx, context.tenant, MEMBERS_MAX).await?;
        let member = |(user, role, added_at)| Member { user, role, added_at };
        Ok(rows.into_iter().map(member).collect())
    }

    /// Makes somebody who has registered a member of the context's tenant.
    pub async fn add_member(
        &self,
        context: &Context,
        tx: &mut Tx,
        email: &str,
        role: Role,
    ) -> Result<Member, IdentityError> {
        let email: Email = email.parse()?;
        let (user, _) =
            store::user_by_email(tx, &email).await?.ok_or(IdentityError::UserUnknown)?;
        let members = store::members(tx, context.tenant, MEMBERS_MAX).await?;
        if members.len() >= MEMBERS_MAX {
            return Err(IdentityError::TooManyMembers);
        }
        let now = context.now();
        let inserted = store::insert_membership(tx, context.tenant, user.id, role, now).await;
        inserted.map_err(|error| match error {
            StorageError::Duplicate { .. } => IdentityError::AlreadyMember,
            error => error.into(),
        })?;
        tx.emit(context, &MemberAdded { user: user.id, role }).await?;
        Ok(Member { user, role, added_at: now })
    }

    /// The ids of tenants after one, in order, as many as are read at a time; none at the end.
    pub async fn tenants_after(
        &self,
        after: Option<TenantId>,
    ) -> Result<Vec<TenantId>, StorageError> {
        let after = after.map_or(Uuid::nil(), TenantId::uuid);
        let mut tx = self.database.begin(Level::Common, Mode::Read).await?;
        let tenants = store::tenants_after(&mut tx, after, TENANTS_AT_ONCE).await?;
        tx.commit().await?;
        Ok(tenants)
    }

    /// Every tenant of this installation, for the owner of its data.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, IdentityError> {
        let mut tx = self.database.begin(Level::Common, Mode::Read).await?;
        let tenants = tenants(&mut tx).await?;
        tx.commit().await?;
        Ok(tenants)
    }
}
