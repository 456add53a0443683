//! The rows of users, tenants, memberships and sessions. They are common: a user belongs to no
//! tenant, and a sign-in does not know its tenant yet.

use kernel::{CommodityCode, TenantId, Timestamp, UserId, Uuid};
use storage::{Row, StorageError, Tx, params, sql};

use crate::model::{Email, Membership, Role, SessionId, Tenant, User};
use crate::token::Claims;

sql! {
    USER_INSERT = "INSERT INTO identity_user (id, email, name, password, created_at)
                   VALUES ($1, $2, $3, $4, $5)";
    USER_BY_ID = "SELECT id, email, name FROM identity_user WHERE id = $1";
    USER_BY_EMAIL = "SELECT id, email, name, password FROM identity_user WHERE email = $1";

    TENANT_INSERT = "INSERT INTO identity_tenant (id, name, currency, country, created_at)
                     VALUES ($1, $2, $3, $4, $5)";
    TENANTS_AFTER = "SELECT id FROM identity_tenant WHERE id > $1 ORDER BY id LIMIT $2";
    TENANTS = "SELECT id, name, currency, country, created_at FROM identity_tenant
               ORDER BY created_at, id LIMIT $1";

    MEMBERSHIP_INSERT = "INSERT INTO identity_membership (tenant_id, user_id, role, added_at)
                         VALUES ($1, $2, $3, $4)";
    MEMBERSHIPS = "SELECT t.id, t.name, t.currency, t.country, t.created_at, m.role
                   FROM identity_membership m JOIN identity_tenant t ON t.id = m.tenant_id
                   WHERE m.user_id = $1 ORDER BY m.added_at, t.id LIMIT $2";
    MEMBERSHIP = "SELECT t.id, t.name, t.currency, t.country, t.created_at, m.role
                  FROM identity_membership m JOIN identity_tenant t ON t.id = m.tenant_id
                  WHERE m.user_id = $1 AND m.tenant_id = $2";
    MEMBERS = "SELECT u.id, u.email, u.name, m.role, m.added_at
               FROM identity_membership m JOIN identity_user u ON u.id = m.user_id
               WHERE m.tenant_id = $1 ORDER BY m.added_at, u.id LIMIT $2";
    ROLES = "SELECT user_id, role FROM identity_membership
             WHERE tenant_id = $1 ORDER BY added_at, user_id LIMIT $2";

    SESSION_INSERT = "INSERT INTO identity_session (id, user_id, tenant_id, opened_at, expires_at)
                      VALUES ($1, $2, $3, $4, $5)";
    SESSION_EXTEND = "UPDATE identity_session SET expires_at = $2 WHERE id = $1";
    SESSION_CLOSE = "UPDATE identity_session SET closed_at = $2
                     WHERE id = $1 AND closed_at IS NULL";
    SESSIONS_FORGET = "DELETE FROM identity_session WHERE user_id = $1 AND expires_at <= $2";

    REFRESH_INSERT = "INSERT INTO identity_refresh (hash, session_id, issued_at)
                      VALUES ($1, $2, $3)";
    REFRESH_FIND = "SELECT s.id, s.user_id, s.tenant_id, s.opened_at, s.expires_at, s.closed_at,
                           r.rotated_at
                    FROM identity_refresh r JOIN identity_session s ON s.id = r.session_id
                    WHERE r.hash = $1";
    STANDING = "SELECT m.role FROM identity_session s
                JOIN identity_membership m
                    ON m.user_id = s.user_id AND m.tenant_id = s.tenant_id
                WHERE s.id = $1 AND s.user_id = $2 AND s.tenant_id = $3
                    AND s.closed_at IS NULL AND s.expires_at > $4";
    SESSION_LOCK = "SELECT id FROM identity_session WHERE id = $1 {lock}";
    REFRESH_ROTATE = "UPDATE identity_refresh SET rotated_at = $2
                      WHERE hash = $1 AND rotated_at IS NULL";
    REFRESH_UNUSED = "SELECT hash FROM identity_refresh WHERE hash = $1 AND rotated_at IS NULL";
    REFRESH_FORGET = "DELETE FROM identity_refresh WHERE session_id = $1 AND issued_at < $2";
    REFRESH_FORGET_OF_USER =
        "DELETE FROM identity_refresh WHERE session_id IN
             (SELECT id FROM identity_session WHERE user_id = $1 AND expires_at <= $2)";
}

/// The memberships of one user, and the tenants of one installation, that are listed at a time.
const LISTED_MAX: u16 = 200;

/// A session, as one of its refresh tokens finds it.
pub(crate) struct FoundSession {
    pub id: SessionId,
    pub user: UserId,
    pub tenant: TenantId,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// When the token that found it was used, if it was.
    pub rotated_at: Option<Timestamp>,
}

pub(crate) async fn insert_user(
    tx: &mut Tx,
    user: &User,
    password: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    let row = params![user.id.uuid(), user.email.as_str(), user.name.as_str(), password, now];
    tx.execute_one(&USER_INSERT, row).await
}

pub(crate) async fn user(tx: &mut Tx, id: UserId) -> Result<Option<User>, StorageError> {
    let row = tx.row(&USER_BY_ID, params![id.uuid()]).await?;
    row.map(|row| user_of(&row)).transpose()
}

/// A user and the hash of their password.
pub(crate) async fn user_by_email(
    tx: &mut Tx,
    email: &Email,
) -> Result<Option<(User, String)>, StorageError> {
    let row = tx.row(&USER_BY_EMAIL, params![email.as_str()]).await?;
    row.map(|row| Ok((user_of(&row)?, row.get(3)?))).transpose()
}

pub(crate) async fn insert_tenant(tx: &mut Tx, tenant: &Tenant) -> Result<(), StorageError> {
    let (id, currency) = (tenant.id.uuid(), tenant.currency.as_str());
    let row =
        params![id, tenant.name.as_str(), currency, tenant.country.clone(), tenant.created_at];
    tx.execute_one(&TENANT_INSERT, row).await
}

pub(crate) async fn tenants(tx: &mut Tx) -> Result<Vec<Tenant>, StorageError> {
    tx.rows(&TENANTS, params![LISTED_MAX]).await?.iter().map(tenant_of).collect()
}

/// The ids of the tenants after one, in order.
pub(crate) async fn tenants_after(
    tx: &mut Tx,
    after: Uuid,
    count_max: u16,
) -> Result<Vec<TenantId>, StorageError> {
    let rows = tx.rows(&TENANTS_AFTER, params![after, count_max]).await?;
    rows.iter().map(|row| row.get(0).map(TenantId::from_uuid)).collect()
}

pub(crate) async fn insert_membership(
    tx: &mut Tx,
    tenant: TenantId,
    user: UserId,
    role: Role,
    now: Timestamp,
) -> Result<(), StorageError> {
    let row = params![tenant.uuid(), user.uuid(), role.as_str(), now];
    tx.execute_one(&MEMBERSHIP_INSERT, row).await
}

/// A user's memberships, the oldest first.
pub(crate) async fn memberships(
    tx: &mut Tx,
    user: UserId,
) -> Result<Vec<Membership>, StorageError> {
    let rows = tx.rows(&MEMBERSHIPS, params![user.uuid(), LISTED_MAX]).await?;
    rows.iter().map(membership_of).collect()
}

pub(crate) async fn membership(
    tx: &mut Tx,
    user: UserId,
    tenant: TenantId,
) -> Result<Option<Membership>, StorageError> {
    let row = tx.row(&MEMBERSHIP, params![user.uuid(), tenant.uuid()]).await?;
    row.as_ref().map(membership_of).transpose()
}

/// What somebody is at this moment, by a session of theirs that is open; nothing where it is not,
/// or where they are no member any more.
pub(crate) async fn standing(
    tx: &mut Tx,
    claims: &Claims,
    now: Timestamp,
) -> Result<Option<Role>, StorageError> {
    let Claims { sid, sub, tid, .. } = claims;
    let asked = params![sid.uuid(), sub.uuid(), tid.uuid(), now];
    tx.row(&STANDING, asked).await?.map(|row| role_of(&row, 0)).transpose()
}

/// A tenant's members with their roles and since when, the oldest first.
pub(crate) async fn members(
    tx: &mut Tx,
    tenant: TenantId,
    count_max: usize,
) -> Result<Vec<(User, Role, Timestamp)>, StorageError> {
    let rows = tx.rows(&MEMBERS, params![tenant.uuid(), count_max]).await?;
    rows.iter().map(|row| Ok((user_of(row)?, role_of(row, 3)?, row.get(4)?))).collect()
}

/// A tenant's members by id with their roles, the oldest first.
pub(crate) async fn roles(
    tx: &mut Tx,
    tenant: TenantId,
    count_max: usize,
) -> Result<Vec<(UserId, Role)>, StorageError> {
    let rows = tx.rows(&ROLES, params![tenant.uuid(), count_max]).await?;
    rows.iter().map(|row| Ok((UserId::from_uuid(row.get(0)?), role_of(row, 1)?))).collect()
}

pub(crate) async fn insert_session(
    tx: &mut Tx,
    session: &FoundSession,
    refresh_hash: [u8; 32],
) -> Result<(), StorageError> {
    let FoundSession { id, user, tenant, opened_at, expires_at, .. } = session;
    let row = params![id.uuid(), user.uuid(), tenant.uuid(), *opened_at, *expires_at];
    tx.execute_one(&SESSION_INSERT, row).await?;
    tx.execute_one(&REFRESH_INSERT, params![refresh_hash, id.uuid(), *opened_at]).await
}

pub(crate) async fn find_session(
    tx: &mut Tx,
    refresh_hash: [u8; 32],
) -> Result<Option<FoundSession>, StorageError> {
    let row = tx.row(&REFRESH_FIND, params![refresh_hash]).await?;
    row.map(|row| {
        Ok(FoundSession {
            id: SessionId::from_uuid(row.get(0)?),
            user: UserId::from_uuid(row.get(1)?),
            tenant: TenantId::from_uuid(row.get(2)?),
            opened_at: row.get(3)?,
            expires_at: row.get(4)?,
            closed_at: row.get(5)?,
            rotated_at: row.get(6)?,
        })
    })
    .transpose()
}

/// Keeps others from changing a session until this transaction ends.
pub(crate) async fn lock_session(tx: &mut Tx, id: SessionId) -> Result<(), StorageError> {
    tx.rows(&SESSION_LOCK, params![id.uuid()]).await.map(drop)
}

/// Puts the next token in the place of one that is used, and forgets those that are too old to
/// be recognised.
pub(crate) async fn rotate(
    tx: &mut Tx,
    session: &FoundSession,
    used: [u8; 32],
    next: [u8; 32],
    times: Rotation,
) -> Result<(), StorageError> {
    let id = session.id.uuid();
    tx.execute_one(&REFRESH_ROTATE, params![used, times.now]).await?;
    tx.execute_one(&REFRESH_INSERT, params![next, id, times.now]).await?;
    tx.execute_one(&SESSION_EXTEND, params![id, times.expires_at]).await?;
    tx.execute(&REFRESH_FORGET, params![id, times.forget_before]).await.map(drop)
}

/// The times of a rotation.
pub(crate) struct Rotation {
    pub now: Timestamp,
    pub expires_at: Timestamp,
    pub forget_before: Timestamp,
}

pub(crate) async fn is_unused(tx: &mut Tx, refresh_hash: [u8; 32]) -> Result<bool, StorageError> {
    Ok(tx.row(&REFRESH_UNUSED, params![refresh_hash]).await?.is_some())
}

/// Closes a session; whether it was open.
pub(crate) async fn close_session(
    tx: &mut Tx,
    id: SessionId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(tx.execute(&SESSION_CLOSE, params![id.uuid(), now]).await? == 1)
}

/// Forgets the sessions of a user that are over.
pub(crate) async fn forget_sessions(
    tx: &mut Tx,
    user: UserId,
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute(&REFRESH_FORGET_OF_USER, params![user.uuid(), now]).await?;
    tx.execute(&SESSIONS_FORGET, params![user.uuid(), now]).await.map(drop)
}

fn user_of(row: &Row) -> Result<User, StorageError> {
    let id = UserId::from_uuid(row.get(0)?);
    Ok(User { id, email: Email::from_row(row.get(1)?), name: row.get(2)? })
}

fn tenant_of(row: &Row) -> Result<Tenant, StorageError> {
    let currency: String = row.get(2)?;
    let damaged = |_| StorageError::Damaged { text: "the currency of a tenant".to_owned() };
    Ok(Tenant {
        id: TenantId::from_uuid(row.get(0)?),
        name: row.get(1)?,
        currency: CommodityCode::parse(&currency).map_err(damaged)?,
        country: row.get(3)?,
        created_at: row.get(4)?,
    })
}

fn membership_of(row: &Row) -> Result<Membership, StorageError> {
    Ok(Membership { tenant: tenant_of(row)?, role: role_of(row, 5)? })
}

fn role_of(row: &Row, column: usize) -> Result<Role, StorageError> {
    let role: String = row.get(column)?;
    role.parse().map_err(|_| StorageError::Damaged { text: format!("the role {role:?}") })
}
