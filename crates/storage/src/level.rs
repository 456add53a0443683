//! The level a transaction is bound to.

use std::fmt;

use kernel::TenantId;

/// Whose rows a transaction sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Reference data that all share, and users, who belong to no tenant.
    Common,
    /// One tenant's.
    Tenant(TenantId),
    /// All tenants': for the sequencer, the writer of the journal, and migrations.
    System,
}

/// Whether a transaction may change rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It reads one snapshot.
    Read,
    /// It changes rows; on SQLite one at a time.
    Write,
    /// It changes the tables that are made from the journal, which on SQLite stand in a file of
    /// their own. What it commits is not flushed: after a loss of power it is made again.
    Project,
}

impl Level {
    /// The level of a tenant's rows; [`TenantId::COMMON`] stands for everybody's.
    #[must_use]
    pub fn of(tenant: TenantId) -> Self {
        if tenant == TenantId::COMMON { Self::Common } else { Self::Tenant(tenant) }
    }

    /// What `app_tenant()` answers.
    #[must_use]
    pub const fn tenant(self) -> TenantId {
        match self {
            Self::Tenant(tenant) => tenant,
            Self::Common | Self::System => TenantId::COMMON,
        }
    }

    /// The PostgreSQL role that row-level security knows it by.
    pub(crate) const fn role(self) -> &'static str {
        match self {
            Self::Common | Self::Tenant(_) => "florin_app",
            Self::System => "florin_system",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Common => out.write_str("common"),
            Self::Tenant(tenant) => tenant.fmt(out),
            Self::System => out.write_str("system"),
        }
    }
}
