//! From the log to the broker: every tenant's events, in order, from where they were.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use kernel::{Position, TenantId, Uuid};
use storage::log::{EventSource, Feed, Lane, StreamEvent};
use storage::{Database, Level, Mode, StorageError};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::BusError;
use crate::nats::{Address, Connection, MESSAGES_MAX, Message, StreamConfig};
use crate::{NATS, cloudevent, store, topic};

/// The stream of events, and what its subjects begin with.
pub(crate) const EVENTS: &str = "FLORIN_EVENTS";
const SUBJECTS: &str = "florin.events";
const DAY_NS: u64 = 24 * 60 * 60 * 1_000_000_000;
/// How long the broker knows an id: what is sent again within it is kept once.
const DUPLICATE_WINDOW_NS: u64 = 10 * 60 * 1_000_000_000;
/// Events read at a time, of each stream.
const BATCH_EVENTS_MAX: u32 = 64;
/// How long events may gather before they are looked for.
const GATHERING: Duration = Duration::from_millis(50);
/// How often the tenants are looked through for what other processes added.
const SWEEP: Duration = Duration::from_secs(5);
/// The pause after a failure, doubled each time.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A stream that is read beside a tenant's log, and by what.
pub type Stream = (Uuid, Arc<dyn EventSource>);

/// Whose events there are. The binary knows; this module stands below those who do.
pub trait Sources: Send + Sync {
    /// The tenants after one, in order; none at the end.
    fn tenants(
        &self,
        after: Option<TenantId>,
    ) -> BoxFuture<'_, Result<Vec<TenantId>, StorageError>>;

    /// The streams of a tenant beside its log.
    fn streams(&self, tenant: TenantId) -> BoxFuture<'_, Result<Vec<Stream>, StorageError>>;
}

/// What becomes of it, for gauges.
#[derive(Default)]
pub(crate) struct Status {
    pub(crate) is_connected: AtomicBool,
    pub(crate) sent: AtomicU64,
}

/// Hands events on.
#[derive(Clone)]
pub struct Exporter {
    database: Database,
    sources: Arc<dyn Sources>,
    address: Address,
    status: Arc<Status>,
}

/// One that runs. Dropped, it stops after the batch it is at.
pub struct Task {
    stop: watch::Sender<bool>,
    handle: JoinHandle<()>,
}

/// What is known of a tenant between two looks.
struct Followed {
    feed: Feed,
    /// What its row says.
    stored: Option<Position>,
}

impl Task {
    pub(crate) fn start<F>(run: impl FnOnce(watch::Receiver<bool>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        Self { stop, handle: tokio::spawn(run(stopped)) }
    }

    /// Lets it finish what it is at.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It ends by itself; a panic in it was reported where it happened.
        let _ = self.handle.await;
    }
}

/// Waits until a task is told to stop, or nobody could tell it any more.
pub(crate) async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// How long to wait after so many failures.
pub(crate) fn pause(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    PAUSE_MIN.saturating_mul(doubled).min(PAUSE_MAX)
}

impl Exporter {
    /// One that hands the events of these tenants to a broker.
    #[must_use]
    pub fn new(database: Database, sources: Arc<dyn Sources>, address: Address) -> Self {
        Self { database, sources, address, status: Arc::default() }
    }

    /// Whether the broker took what was handed to it last.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.status.is_connected.load(Ordering::Relaxed)
    }

    /// The events that were handed on since it began.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.status.sent.load(Ordering::Relaxed)
    }

    /// Hands on until it is stopped; a broker that is away is tried again.
    #[must_use]
    pub fn start(&self) -> Task {
        let exporter = self.clone();
        Task::start(|stopped| exporter.run(stopped))
    }

    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut failures: u32 = 0;
        loop {
            let before = self.sent();
            let ended = tokio::select! {
                ended = self.serve() => ended,
                () = told_to_stop(&mut stopped) => return,
            };
            let error = match ended {
                Err(error) => error,
                Ok(never) => match never {},
            };
            self.status.is_connected.store(false, Ordering::Relaxed);
            if self.sent() > before {
                failures = 0;
            }
            failures = failures.saturating_add(1);
            if failures == 1 {
                tracing::error!(%error, broker = ?self.address, "events cannot be handed on");
            } else {
                tracing::debug!(%error, failures, "events still cannot be handed on");
            }
            tokio::select! {
                () = tokio::time::sleep(pause(failures)) => {}
                () = told_to_stop(&mut stopped) => return,
            }
        }
    }

    /// Hands on over one connection, until something fails.
    async fn serve(&self) -> Result<std::convert::Infallible, BusError> {
        let mut connection = self.connect().await?;
        let mut followed = BTreeMap::new();
        let mut growth = self.database.growth();
        loop {
            self.look_through(&mut followed).await?;
            let until = Instant::now() + SWEEP;
            while Instant::now() < until {
                growth.mark_unchanged();
                for (tenant, one) in &mut followed {
                    // The first look is at what was there before anything grew.
                    while one.feed.has_grown() || one.stored.is_none() {
                        if !self.hand_on(&mut connection, *tenant, one).await? {
                            break;
                        }
                    }
                }
                // A timeout is no failure: what other processes add is looked for then.
                let _ = tokio::time::timeout_at(until, growth.changed()).await;
                tokio::time::sleep(GATHERING).await;
            }
            // What other processes added rings nowhere here.
            for (tenant, one) in &mut followed {
                while self.hand_on(&mut connection, *tenant, one).await? {}
            }
        }
    }

    async fn connect(&self) -> Result<Connection, BusError> {
        let mut connection = Connection::open(&self.address, self.database.env()).await?;
        let config = StreamConfig {
            name: EVENTS,
            subjects: vec![format!("{SUBJECTS}.>")],
            max_age: 30 * DAY_NS,
            duplicate_window: DUPLICATE_WINDOW_NS,
        };
        connection.ensure_stream(&config).await?;
        if !self.status.is_connected.swap(true, Ordering::Relaxed) {
            tracing::info!(broker = ?self.address, "events are handed on");
        }
        Ok(connection)
    }

    /// Follows the tenants that are not followed yet.
    async fn look_through(
        &self,
        followed: &mut BTreeMap<TenantId, Followed>,
    ) -> Result<(), BusError> {
        // What happens in no tenant's name is told like a tenant's.
        let mut page = vec![TenantId::COMMON];
        let mut last = None;
        while !page.is_empty() {
            for tenant in page {
                if let Entry::Vacant(place) = followed.entry(tenant) {
                    place.insert(self.follow(tenant).await?);
                }
            }
            page = self.sources.tenants(last).await?;
            last = page.last().copied();
        }
        Ok(())
    }

    async fn follow(&self, tenant: TenantId) -> Result<Followed, BusError> {
        let mut tx = self.database.begin(Level::of(tenant), Mode::Read).await?;
        let stored = store::position(&mut tx, NATS).await?;
        tx.commit().await?;
        let position = stored.clone().unwrap_or_default();
        let mut feed = Feed::new(self.database.clone(), tenant, position);
        feed.add_log(Lane::Main);
        feed.add_log(Lane::Denied);
        for (stream, source) in self.sources.streams(tenant).await? {
            feed.add(stream, source);
        }
        Ok(Followed { feed, stored })
    }

    /// Hands on the next events of a tenant; whether there may be more.
    async fn hand_on(
        &self,
        connection: &mut Connection,
        tenant: TenantId,
        followed: &mut Followed,
    ) -> Result<bool, BusError> {
        let events = followed.feed.next_batch(BATCH_EVENTS_MAX, Duration::ZERO).await?;
        let position = followed.feed.position().clone();
        if events.is_empty() && followed.stored.is_some() {
            return Ok(false);
        }
        for some in events.chunks(MESSAGES_MAX) {
            let messages: Result<Vec<_>, _> = some.iter().map(message).collect();
            connection.publish(&messages?).await?;
            self.status.sent.fetch_add(some.len() as u64, Ordering::Relaxed);
        }
        let mut tx = self.database.begin(Level::of(tenant), Mode::Write).await?;
        let places = (followed.stored.as_ref(), &position);
        let moved = store::advance(&mut tx, NATS, places).await?;
        tx.commit().await?;
        let opened = events.iter().any(|event| event.envelope.kind == "ledger.book.opened");
        if !moved || opened {
            // Another node was faster, or there is one more stream: begin where the row is.
            *followed = self.follow(tenant).await?;
        } else {
            followed.stored = Some(position);
        }
        Ok(!events.is_empty())
    }
}

/// An event as it is published. The broker keeps one with an id that it knows once.
fn message(event: &StreamEvent) -> Result<Message, StorageError> {
    let envelope = &event.envelope;
    Ok(Message {
        subject: format!("{SUBJECTS}.{}.{}", envelope.tenant, topic::topic(envelope)),
        headers: vec![
            ("Nats-Msg-Id", envelope.id.to_string()),
            ("Content-Type", cloudevent::MEDIA_TYPE.to_owned()),
        ],
        payload: cloudevent::of(event)?,
    })
}
