//! A tenant's events as they come: read once, kept for a while, and shared by all who follow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::{BookId, Position, TenantId};
use ledger::{LedgerError, LedgerSource};
use storage::log::{Feed, Lane};
use storage::{Database, Level, Mode};
use tokio::sync::watch;

use super::item::Item;
use crate::app::App;

/// Events read at a time.
pub(super) const BATCH_EVENTS_MAX: u32 = 64;
/// Events that are kept for those who are a little behind.
const KEPT_EVENTS_MAX: usize = 1_024;
/// What they take together.
const KEPT_BYTES_MAX: usize = 4 << 20;
/// How long the reader waits before it looks whether anybody follows still.
const LOOK: Duration = Duration::from_secs(5);

/// The event that says that a tenant has one more stream.
const BOOK_OPENED: &str = "ledger.book.opened";
/// What events begin with that may change what somebody may do.
const OF_IDENTITY: &str = "identity.";

/// What is kept of one tenant's events.
pub(super) struct Channel {
    kept: Mutex<Kept>,
    grew: watch::Sender<u64>,
    /// Changes when somebody's rights may have.
    rights: watch::Sender<u64>,
}

struct Kept {
    items: VecDeque<Arc<Item>>,
    /// The place of the first of them, among all that were ever kept.
    first: u64,
    bytes: usize,
    /// Before the first of them.
    base: Arc<Position>,
    /// After the last of them.
    end: Arc<Position>,
    /// The tenant's books, whose journals are read beside the log.
    books: Vec<BookId>,
    is_broken: bool,
}

/// What a follower finds at its place.
pub(super) enum Found {
    /// These come next, and then this place.
    Items(Vec<Arc<Item>>, u64),
    /// What comes next is kept no more.
    Gone,
    /// Nothing more will come: the log could not be read.
    Broken,
}

impl Channel {
    /// Begins to read a tenant's events from where they end now.
    pub(super) async fn open(app: &App, tenant: TenantId) -> Result<Arc<Self>, LedgerError> {
        let database = &app.services.database;
        let mut tx = database.begin(Level::Tenant(tenant), Mode::Read).await?;
        let books = app.services.ledger.books(&mut tx).await?;
        tx.commit().await?;
        let books: Vec<BookId> = books.into_iter().map(|book| book.id).collect();
        let mut feed = feed_of(database, tenant, &books, Position::default());
        feed.skip_to_end().await?;
        let end = Arc::new(feed.position().clone());
        let kept = Kept {
            items: VecDeque::new(),
            first: 0,
            bytes: 0,
            base: Arc::clone(&end),
            end,
            books,
            is_broken: false,
        };
        let (grew, rights) = (watch::Sender::new(0), watch::Sender::new(0));
        let channel = Arc::new(Self { kept: Mutex::new(kept), grew, rights });
        tokio::spawn(read(Arc::downgrade(&channel), feed, app.clone(), tenant));
        Ok(channel)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn growth(&self) -> watch::Receiver<u64> {
        self.grew.subscribe()
    }

    pub(super) fn rights(&self) -> watch::Receiver<u64> {
        self.rights.subscribe()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.kept().is_broken
    }

    /// The place after everything, and the position there.
    pub(super) fn end(&self) -> (u64, Arc<Position>) {
        let kept = self.kept();
        (kept.first + kept.items.len() as u64, Arc::clone(&kept.end))
    }

    /// The first place that is kept, and whether who has read as far as `position` misses nothing
    /// before it.
    pub(super) fn first(&self, position: &Position) -> (u64, bool) {
        let kept = self.kept();
        let covers = kept.base.iter().all(|(stream, seq)| position.of(stream) >= seq);
        (kept.first, covers)
    }

    /// What is kept from a place on, without what `read` has seen.
    pub(super) fn from(&self, place: u64, read: Option<&Position>) -> Found {
        let kept = self.kept();
        if place < kept.first {
            return Found::Gone;
        }
        let skipped = usize::try_from(place - kept.first).unwrap_or(usize::MAX);
        let coming: Vec<_> =
            kept.items.iter().skip(skipped).take(BATCH_EVENTS_MAX as usize).cloned().collect();
        if coming.is_empty() && kept.is_broken {
            return Found::Broken;
        }
        drop(kept);
        let next = place + coming.len() as u64;
        let is_new = |item: &Arc<Item>| read.is_none_or(|read| read.of(item.stream) < item.seq);
        Found::Items(coming.into_iter().filter(is_new).collect(), next)
    }

    /// A reader of the log itself, for who is behind what is kept.
    pub(super) fn feed(&self, database: &Database, tenant: TenantId, from: Position) -> Feed {
        let books = self.kept().books.clone();
        feed_of(database, tenant, &books, from)
    }

    fn keep(&self, items: Vec<Arc<Item>>, opened: &[BookId]) {
        let changes_rights = items.iter().any(|item| item.kind.starts_with(OF_IDENTITY));
        let mut kept = self.kept();
        kept.books.extend(opened);
        for item in items {
            kept.bytes += item.weight();
            kept.end = Arc::clone(&item.position);
            kept.items.push_back(item);
        }
        while kept.items.len() > KEPT_EVENTS_MAX || kept.bytes > KEPT_BYTES_MAX {
            let Some(gone) = kept.items.pop_front() else { break };
            kept.bytes -= gone.weight();
            kept.first += 1;
            kept.base = Arc::clone(&gone.position);
        }
        drop(kept);
        self.grew.send_modify(|count| *count = count.wrapping_add(1));
        if changes_rights {
            self.rights.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    fn break_off(&self) {
        self.kept().is_broken = true;
        self.grew.send_modify(|count| *count = count.wrapping_add(1));
    }
}

fn feed_of(database: &Database, tenant: TenantId, books: &[BookId], from: Position) -> Feed {
    let mut feed = Feed::new(database.clone(), tenant, from);
    feed.add_log(Lane::Main);
    for book in books {
        feed.add(book.uuid(), Arc::new(LedgerSource));
    }
    feed
}

/// Reads until nobody follows any more, or the log cannot be read.
async fn read(channel: std::sync::Weak<Channel>, mut feed: Feed, app: App, tenant: TenantId) {
    let mut position = feed.position().clone();
    let mut ending = app.ending.subscribe();
    loop {
        let batch = tokio::select! {
            batch = feed.next_batch(BATCH_EVENTS_MAX, LOOK) => batch,
            _ = ending.wait_for(|ending| *ending) => break,
        };
        let Some(channel) = channel.upgrade() else { break };
        match batch {
            Ok(batch) if batch.is_empty() => {}
            Ok(batch) => {
                let opened: Vec<BookId> = batch
                    .iter()
                    .filter(|event| event.envelope.kind == BOOK_OPENED)
                    .flat_map(|event| &event.envelope.objects)
                    .filter_map(|object| object.id.parse().ok())
                    .collect();
                for book in &opened {
                    feed.add(book.uuid(), Arc::new(LedgerSource));
                }
                channel.keep(Item::of(batch, &mut position), &opened);
            }
            Err(error) => {
                tracing::error!(%error, "the log could not be read for those who follow it");
                channel.break_off();
                break;
            }
        }
    }
    app.lives.forget(tenant);
}
