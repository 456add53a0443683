//! Members of a tenant.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{Role, User};

/// Somebody to make a member; they have registered before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddMemberRequest {
    /// The e-mail address they registered with.
    pub email: String,
    /// What they are to be.
    pub role: Role,
}

/// Somebody who belongs to the tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    pub user: User,
    /// What they are.
    pub role: Role,
    /// Since when.
    #[schema(format = DateTime)]
    pub added_at: String,
}

impl From<identity::Member> for Member {
    fn from(member: identity::Member) -> Self {
        Self {
            user: member.user.into(),
            role: member.role.into(),
            added_at: member.added_at.to_string(),
        }
    }
}
