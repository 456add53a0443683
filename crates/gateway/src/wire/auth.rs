//! Registration, sessions, and who somebody is.

use identity::{NewUser, Secret};
use kernel::FieldFault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::ApiError;

/// What a member may be to a tenant.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Owner,
    Adult,
    Child,
    Adviser,
    Viewer,
}

/// Somebody who registers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterRequest {
    /// Their e-mail address.
    #[schema(example = "saraa@example.mn")]
    pub email: String,
    /// 10 to 128 characters, and not the e-mail address.
    #[schema(format = Password, min_length = 10, max_length = 128)]
    pub password: String,
    /// What they are called.
    pub name: String,
    /// What their family or firm is called.
    pub family_name: String,
    /// The currency it counts in, of ISO 4217.
    #[schema(example = "AUD")]
    pub currency: String,
    /// Where it lives: two letters of ISO 3166.
    #[schema(example = "AU", nullable = false)]
    pub country: Option<String>,
}

/// Somebody who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    #[schema(format = Password)]
    pub password: String,
    /// Which of their tenants; the first they joined where it is left out.
    #[schema(nullable = false)]
    pub tenant: Option<String>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshRequest {
    /// From the latest session.
    #[schema(format = Password)]
    pub refresh_token: String,
}

/// A signed-in person's tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    pub user: User,
    /// Where they signed in.
    pub tenant: Tenant,
    /// What they are there.
    pub role: Role,
    /// Goes into `Authorization: Bearer …`.
    pub access_token: String,
    pub token_type: TokenType,
    /// How long the access token is good, in seconds.
    pub expires_in: i64,
    /// Gets the next access token, once.
    pub refresh_token: String,
}

/// How the access token is sent.
#[derive(Serialize, ToSchema)]
pub(crate) enum TokenType {
    Bearer,
}

/// A person who signs in.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    /// Their id: `user_…`.
    pub id: String,
    pub email: String,
    /// What they are called.
    pub name: String,
}

/// A family, firm or partner.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tenant {
    /// Its id: `tenant_…`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The currency it counts in.
    pub currency: String,
}

/// Who the caller is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    pub user: User,
    /// Everything they belong to.
    pub memberships: Vec<Membership>,
    /// Where they signed in.
    pub tenant: Tenant,
    /// What they are there.
    pub role: Role,
}

/// Something that somebody belongs to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Membership {
    pub tenant: Tenant,
    pub role: Role,
}

impl From<RegisterRequest> for NewUser {
    fn from(request: RegisterRequest) -> Self {
        Self {
            email: request.email,
            password: Secret::new(request.password),
            name: request.name,
            family_name: request.family_name,
            currency: request.currency,
            country: request.country,
        }
    }
}

impl LoginRequest {
    /// The sign-in that it asks for.
    pub(crate) fn read(
        self,
        source: Option<std::net::IpAddr>,
    ) -> Result<identity::SignIn, ApiError> {
        let tenant = self.tenant.as_deref().map(str::parse).transpose();
        let tenant =
            tenant.map_err(|error| ApiError::field(FieldFault::new("tenant", "id", error)))?;
        let password = Secret::new(self.password);
        Ok(identity::SignIn { email: self.email, password, tenant, source })
    }
}

impl From<identity::Role> for Role {
    fn from(role: identity::Role) -> Self {
        match role {
            identity::Role::Owner => Self::Owner,
            identity::Role::Adult => Self::Adult,
            identity::Role::Child => Self::Child,
            identity::Role::Adviser => Self::Adviser,
            identity::Role::Viewer => Self::Viewer,
        }
    }
}

impl From<Role> for identity::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Adult => Self::Adult,
            Role::Child => Self::Child,
            Role::Adviser => Self::Adviser,
            Role::Viewer => Self::Viewer,
        }
    }
}

impl From<identity::User> for User {
    fn from(user: identity::User) -> Self {
        let email = user.email.as_str().to_owned();
        Self { id: user.id.to_string(), email, name: user.name }
    }
}

impl From<identity::Tenant> for Tenant {
    fn from(tenant: identity::Tenant) -> Self {
        let currency = tenant.currency.as_str().to_owned();
        Self { id: tenant.id.to_string(), name: tenant.name, currency }
    }
}

impl From<identity::Session> for Session {
    fn from(session: identity::Session) -> Self {
        Self {
            user: session.user.into(),
            tenant: session.tenant.into(),
            role: session.role.into(),
            access_token: session.access_token.expose().to_owned(),
            token_type: TokenType::Bearer,
            expires_in: session.expires_in_s,
            refresh_token: session.refresh_token.expose().to_owned(),
        }
    }
}

impl From<identity::Me> for Me {
    fn from(me: identity::Me) -> Self {
        let membership = |membership: identity::Membership| Membership {
            tenant: membership.tenant.into(),
            role: membership.role.into(),
        };
        Self {
            user: me.user.into(),
            memberships: me.memberships.into_iter().map(membership).collect(),
            tenant: me.tenant.into(),
            role: me.role.into(),
        }
    }
}
