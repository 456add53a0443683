//! What this module tells the log. Ids only: whose address it was stands in the rows.

use kernel::{TenantId, UserId};
use serde::Serialize;
use storage::log::{EventBody, Lane, ObjectRef};

use crate::model::{Role, SessionId};

/// Somebody registered, and founded a tenant by it.
#[derive(Clone, Debug, Serialize)]
pub struct UserRegistered {
    /// Who.
    pub user: UserId,
    /// What they founded.
    pub tenant: TenantId,
}

/// Somebody became a member.
#[derive(Clone, Debug, Serialize)]
pub struct MemberAdded {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
}

/// Somebody signed in.
#[derive(Clone, Debug, Serialize)]
pub struct SessionOpened {
    /// The session.
    pub session: SessionId,
    /// Who.
    pub user: UserId,
}

/// A session ended.
#[derive(Clone, Debug, Serialize)]
pub struct SessionClosed {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// Why.
    pub reason: CloseReason,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// They signed out.
    SignedOut,
    /// They belong to the tenant no longer.
    MembershipEnded,
}

/// Somebody tried to sign in, and was refused.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRefused {
    /// Whose address they gave; nothing where it is nobody's.
    pub user: Option<UserId>,
}

/// A refresh token was used twice, which ended its session.
#[derive(Clone, Debug, Serialize)]
pub struct RefreshReused {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
}

fn user(id: UserId) -> ObjectRef {
    ObjectRef::new("user", id)
}

fn session(id: SessionId) -> ObjectRef {
    ObjectRef::new("session", id)
}

impl EventBody for UserRegistered {
    const TYPE: &'static str = "identity.user.registered";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![user(self.user), ObjectRef::new("tenant", self.tenant)]
    }
}

impl EventBody for MemberAdded {
    const TYPE: &'static str = "identity.member.added";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![user(self.user)]
    }
}

impl EventBody for SessionOpened {
    const TYPE: &'static str = "identity.session.opened";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![session(self.session), user(self.user)]
    }
}

impl EventBody for SessionClosed {
    const TYPE: &'static str = "identity.session.closed";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![session(self.session), user(self.user)]
    }
}

impl EventBody for SessionRefused {
    const TYPE: &'static str = "identity.session.refused";
    const VERSION: u16 = 1;
    const LANE: Lane = Lane::Denied;

    fn objects(&self) -> Vec<ObjectRef> {
        self.user.map(user).into_iter().collect()
    }
}

impl EventBody for RefreshReused {
    const TYPE: &'static str = "identity.refresh.reused";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![session(self.session), user(self.user)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Uuid;
    use testing::golden_event;

    #[test]
    fn events_say_what_they_always_said() {
        let user = UserId::from_uuid(Uuid::from_u128(1));
        let tenant = TenantId::from_uuid(Uuid::from_u128(2));
        let session = SessionId::from_uuid(Uuid::from_u128(3));
        let registered = UserRegistered { user, tenant };
        golden_event(&registered, "testdata/events/identity.user.registered.1.json");
        let added = MemberAdded { user, role: Role::Adviser };
        golden_event(&added, "testdata/events/identity.member.added.1.json");
        let opened = SessionOpened { session, user };
        golden_event(&opened, "testdata/events/identity.session.opened.1.json");
        let closed = SessionClosed { session, user, reason: CloseReason::SignedOut };
        golden_event(&closed, "testdata/events/identity.session.closed.1.json");
        let refused = SessionRefused { user: Some(user) };
        golden_event(&refused, "testdata/events/identity.session.refused.1.json");
        let reused = RefreshReused { session, user };
        golden_event(&reused, "testdata/events/identity.refresh.reused.1.json");
    }
}
