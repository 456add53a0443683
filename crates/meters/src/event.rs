//! What meters tell the log: names and numbers.

use kernel::{TenantId, Timestamp, UserId};
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

/// A tenant has another plan.
#[derive(Clone, Debug, Serialize)]
pub struct PlanChanged {
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantId,
    /// Which.
    pub plan: String,
}

/// A tenant, or one person of it, may use something else than the plan says.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureGranted {
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantId,
    /// The person, where it is one's alone.
    pub user: Option<UserId>,
    /// What.
    pub feature: String,
    /// How much in a month; nothing for as much as there is.
    pub limit: Option<u64>,
    /// Until when.
    pub until: Option<Timestamp>,
}

impl EventBody for PlanChanged {
    const TYPE: &'static str = "meters.plan.changed";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("tenant", self.tenant)]
    }
}

impl EventBody for FeatureGranted {
    const TYPE: &'static str = "meters.feature.granted";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        let user = self.user.map(|user| ObjectRef::new("user", user));
        [ObjectRef::new("tenant", self.tenant)].into_iter().chain(user).collect()
    }
}
