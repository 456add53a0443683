//! What commits tell the tasks of the same process: that there are events to number, that a stream
//! grew, and how far.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use kernel::{TenantId, Uuid};
use tokio::sync::{Notify, watch};

use super::tip::{StreamKind, Tip};

/// The streams whose growth is kept for the signer of heads. It finds those beyond by itself when
/// it next looks through all.
const GROWN_STREAMS_MAX: usize = 50_000;

/// One a database.
pub(crate) struct Bell {
    emitted: Notify,
    grew: watch::Sender<u64>,
    /// The tenants of which somebody follows the streams, or did until they last grew.
    watched: Mutex<BTreeMap<TenantId, watch::Sender<u64>>>,
    grown: Mutex<BTreeMap<(StreamKind, Uuid), Tip>>,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self {
            emitted: Notify::new(),
            grew: watch::Sender::new(0),
            watched: Mutex::new(BTreeMap::new()),
            grown: Mutex::new(BTreeMap::new()),
        }
    }

    /// A transaction with events was committed.
    pub(crate) fn ring_emitted(&self) {
        self.emitted.notify_one();
    }

    /// Waits until a transaction with events is committed in this process.
    pub(crate) async fn emitted(&self) {
        self.emitted.notified().await;
    }

    /// Streams grew to these ends, durably.
    pub(crate) fn ring_grew(&self, tips: impl IntoIterator<Item = Tip> + Clone) {
        self.note(tips.clone());
        self.ring(tips.into_iter().map(|tip| tip.tenant));
    }

    /// Tables that follow a stream of a tenant grew.
    pub(crate) fn ring_projected(&self, tenant: TenantId) {
        self.ring([tenant]);
    }

    fn ring(&self, tenants: impl IntoIterator<Item = TenantId>) {
        {
            let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            for tenant in tenants {
                let Some(sender) = watched.get(&tenant) else { continue };
                // Nobody follows any more: whoever does next makes another one.
                if sender.receiver_count() == 0 {
                    watched.remove(&tenant);
                } else {
                    sender.send_modify(|count| *count = count.wrapping_add(1));
                }
            }
        }
        self.grew.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes each time a stream grows in this process.
    pub(crate) fn growth(&self) -> watch::Receiver<u64> {
        self.grew.subscribe()
    }

    /// Changes each time a stream of one tenant grows in this process: who follows few tenants is
    /// not woken by all the others.
    pub(crate) fn growth_of(&self, tenant: TenantId) -> watch::Receiver<u64> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.entry(tenant).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// Notes ends of streams for the signer of heads.
    pub(crate) fn note(&self, tips: impl IntoIterator<Item = Tip>) {
        let mut grown = self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        for tip in tips {
            let key = (tip.kind, tip.stream);
            let room = grown.len() < GROWN_STREAMS_MAX || grown.contains_key(&key);
            let newer = grown.get(&key).is_none_or(|known| known.seq < tip.seq);
            if room && newer {
                grown.insert(key, tip);
            }
        }
    }

    /// Takes at most `limit` of the noted ends.
    pub(crate) fn take(&self, limit: usize) -> Vec<Tip> {
        let mut grown = self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| grown.pop_first()).take(limit).map(|(_, tip)| tip).collect()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use kernel::{Actor, Context, Env, TenantId};
    use serde::Serialize;

    use crate::log::{EventBody, ObjectRef};
    use crate::{Database, Level, Limits, Mode, migrate};

    #[derive(Serialize)]
    struct Noted;

    impl EventBody for Noted {
        const TYPE: &'static str = "sample.noted";
        const VERSION: u16 = 1;

        fn objects(&self) -> Vec<ObjectRef> {
            Vec::new()
        }
    }

    #[tokio::test]
    async fn it_rings_when_events_are_committed_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("florin.db").display());
        let database = Database::open(&url, Env::system(), Limits::default()).unwrap();
        migrate::migrate(&database, &[]).await.unwrap();
        let context = Context::new(Env::system(), TenantId::COMMON, Actor::Owner);
        let has_rung = || database.bell().emitted().now_or_never().is_some();

        database.begin(Level::Common, Mode::Write).await.unwrap().commit().await.unwrap();
        assert!(!has_rung(), "there was no event");
        let mut tx = database.begin(Level::Common, Mode::Write).await.unwrap();
        tx.emit(&context, &Noted).await.unwrap();
        assert!(!has_rung(), "it was not committed");
        tx.commit().await.unwrap();
        assert!(has_rung());
    }

    #[tokio::test]
    async fn who_follows_a_tenant_is_woken_by_that_tenant_alone() {
        let bell = super::Bell::new();
        let [followed, other] =
            [1, 2].map(|bits| TenantId::from_uuid(kernel::Uuid::from_u128(bits)));
        let (mut growth, mut all) = (bell.growth_of(followed), bell.growth());
        bell.ring_projected(other);
        assert!(growth.changed().now_or_never().is_none());
        assert!(all.changed().now_or_never().is_some());
        bell.ring_projected(followed);
        assert!(growth.changed().now_or_never().is_some());
        drop(growth);
        bell.ring_projected(followed);
        assert!(bell.watched.lock().unwrap().is_empty(), "nobody follows any more");
    }
}
