//! Who people are and what they may do: users, tenants, memberships with roles, sign-in with a
//! password, access tokens, and refresh tokens that change with every use.
//!
//! What must stay true:
//! - e-mail addresses, names and password hashes stand in this module's rows and nowhere else: no
//!   event, no log line and no error text holds one;
//! - a password is kept as an Argon2id hash, a refresh token as a SHA-256 hash, and neither is
//!   ever printed ([`Secret`] refuses);
//! - an unknown e-mail address is refused like a wrong password: same answer, same work;
//! - a refresh token is good once; whoever uses one again ends the session for everybody who holds
//!   a token of it;
//! - what a role may do stands in one table ([`access`]).
//!
//! It emits `identity.user.registered`, `identity.member.added`, `identity.session.opened`,
//! `identity.session.closed`, `identity.session.refused` (in the lane of denied attempts) and
//! `identity.refresh.reused`; it listens to nothing.

pub mod access;
mod error;
pub mod event;
mod founding;
mod key;
mod limiter;
mod member;
mod model;
mod password;
mod register;
mod session;
mod store;
mod token;
mod verified;

pub use access::{Action, authorise};
pub use error::IdentityError;
pub use founding::Founding;
pub use key::SigningKeys;
pub use limiter::SIGN_INS_IN_A_ROW_MAX;
pub use member::{MEMBERS_MAX, Member, roles, tenants};
pub use model::{Email, Membership, NewUser, Role, Secret, SessionId, SignIn, Tenant, User};
pub use session::{Me, Session};
pub use token::{ACCESS_SECONDS, Claims};

use std::sync::Arc;

use storage::Database;

use crate::limiter::Limiter;
use crate::password::Passwords;
use crate::verified::Verified;

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("identity", 1 "users and sessions" = "0001_users_and_sessions.sql");

/// Users, memberships and sessions, over one database.
pub struct Identity {
    database: Database,
    keys: SigningKeys,
    passwords: Passwords,
    limiter: Limiter,
    verified: Verified,
    founding: Option<Arc<dyn Founding>>,
}

impl Identity {
    /// Over a database that has [`MODULE`]'s tables.
    #[must_use]
    pub fn new(database: Database, keys: SigningKeys) -> Self {
        let limiter = Limiter::new(database.env());
        let passwords = Passwords::default();
        let verified = Verified::default();
        Self { database, keys, passwords, limiter, verified, founding: None }
    }

    /// With what else is made in the transaction that makes a tenant.
    #[must_use]
    pub fn with_founding(self, founding: Arc<dyn Founding>) -> Self {
        Self { founding: Some(founding), ..self }
    }
}
