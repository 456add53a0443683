//! What accompanies every call: who, for which tenant, as part of what, and where time and ids come
//! from. It is the first parameter of everything that changes something.

use uuid::Uuid;

use crate::actor::{Actor, Agent};
use crate::env::Env;
use crate::id::{EventId, TenantId, UserId};
use crate::time::Timestamp;

/// The caller's idempotency key, as far as anything below the edge must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandKey {
    /// A hash over tenant, actor, route and key.
    pub id: u128,
    /// A hash over the body, so that another body under the same key is found.
    pub body: u128,
    /// When the key was first seen.
    pub first_seen: Timestamp,
}

/// Who calls, for whom, and as part of what.
#[derive(Clone)]
pub struct Context {
    /// Time and randomness.
    pub env: Env,
    /// Whose data it is about; [`TenantId::COMMON`] outside any tenant.
    pub tenant: TenantId,
    /// Who does it.
    pub actor: Actor,
    /// The person on whose behalf it is done, where that is someone else.
    pub on_behalf_of: Option<UserId>,
    /// The program that acts for the actor.
    pub agent: Option<Agent>,
    /// What ties together everything that one request or job caused.
    pub correlation: Uuid,
    /// The event that caused this.
    pub causation: Option<EventId>,
    /// What the caller was doing (`statement.import`), for people who read the log.
    pub activity: Option<String>,
    /// The caller's idempotency key.
    pub key: Option<CommandKey>,
}

impl Context {
    /// A context for one actor and tenant, with a correlation of its own.
    #[must_use]
    pub fn new(env: Env, tenant: TenantId, actor: Actor) -> Self {
        let correlation = env.new_uuid();
        Self {
            env,
            tenant,
            actor,
            on_behalf_of: None,
            agent: None,
            correlation,
            causation: None,
            activity: None,
            key: None,
        }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.env.now()
    }
}
