//! What happens in a tenant, live: one reader of its log and journals, whoever many follow.
//!
//! What must stay true:
//! - an event is read and written down once for all who are near the end of the log; who is further
//!   behind reads the log itself, at its own pace, until it has come near;
//! - nothing is kept for a single follower: who does not take what comes falls behind, and then
//!   reads the log again;
//! - every follower gets every event after its position, in the order of each stream, at least
//!   once.

mod channel;
mod follower;
mod item;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use kernel::TenantId;
use ledger::LedgerError;

use crate::app::App;
use channel::Channel;
pub(crate) use follower::{Follower, From};
pub(crate) use item::Item;

/// The tenants that somebody follows.
#[derive(Default)]
pub(crate) struct Lives {
    channels: Mutex<BTreeMap<TenantId, Weak<Channel>>>,
}

/// Why something live ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The process ends: come back.
    ShuttingDown,
    /// The token's time is over: come back with a new one.
    TokenExpired,
    /// The session was ended, or the role does not allow it any more.
    Revoked,
    /// The reader left what was sent to them.
    SlowReader,
    /// What is read could not be.
    Unavailable,
    /// The reader wanted no more than what is there.
    UpToDate,
}

impl End {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ShuttingDown => "shutting_down",
            Self::TokenExpired => "token_expired",
            Self::Revoked => "revoked",
            Self::SlowReader => "slow_reader",
            Self::Unavailable => "unavailable",
            Self::UpToDate => "up_to_date",
        }
    }
}

impl Lives {
    /// What is kept of a tenant's events; begins to keep it where nobody followed.
    async fn channel(&self, app: &App, tenant: TenantId) -> Result<Arc<Channel>, LedgerError> {
        if let Some(open) = self.open(tenant) {
            return Ok(open);
        }
        let opened = Channel::open(app, tenant).await?;
        // Somebody else may have been faster; then the one just opened ends by itself.
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let known = channels.get(&tenant).and_then(Weak::upgrade);
        if let Some(known) = known.filter(|known| !known.is_broken()) {
            return Ok(known);
        }
        channels.insert(tenant, Arc::downgrade(&opened));
        Ok(opened)
    }

    fn open(&self, tenant: TenantId) -> Option<Arc<Channel>> {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let known = channels.get(&tenant).and_then(Weak::upgrade);
        known.filter(|known| !known.is_broken())
    }

    /// Forgets a tenant that nobody follows.
    fn forget(&self, tenant: TenantId) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if channels.get(&tenant).is_some_and(|known| known.strong_count() == 0) {
            channels.remove(&tenant);
        }
    }
}
