//! How much one tenant has under way, so that no tenant takes everybody's turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kernel::TenantId;

/// Counts what is under way for each tenant. Tenants with nothing under way take no room.
#[derive(Clone)]
pub(crate) struct TenantLoad {
    each_max: u32,
    counts: Arc<Mutex<BTreeMap<TenantId, u32>>>,
}

/// A place that one thing under way takes until it is dropped.
pub(crate) struct Place {
    load: TenantLoad,
    tenant: TenantId,
}

impl TenantLoad {
    pub(crate) fn new(each_max: u32) -> Self {
        Self { each_max, counts: Arc::default() }
    }

    /// A place, where the tenant has one left.
    pub(crate) fn take(&self, tenant: TenantId) -> Option<Place> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(tenant).or_default();
        if *count >= self.each_max {
            return None;
        }
        *count += 1;
        Some(Place { load: self.clone(), tenant })
    }

    /// All that is under way.
    pub(crate) fn total(&self) -> u64 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.values().map(|count| u64::from(*count)).sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.load.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let left = counts.get(&self.tenant).map_or(0, |count| count - 1);
        if left == 0 {
            counts.remove(&self.tenant);
        } else {
            counts.insert(self.tenant, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Uuid;

    #[test]
    fn each_tenant_has_its_own_places() {
        let tenant = |bits| TenantId::from_uuid(Uuid::from_u128(bits));
        let load = TenantLoad::new(2);
        let first = load.take(tenant(1)).unwrap();
        let _second = load.take(tenant(1)).unwrap();
        assert!(load.take(tenant(1)).is_none());
        assert!(load.take(tenant(2)).is_some());
        assert_eq!(load.total(), 2);
        drop(first);
        assert!(load.take(tenant(1)).is_some());
        assert_eq!(load.counts.lock().unwrap().len(), 1);
    }
}
