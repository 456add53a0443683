//! One who follows a tenant's events: behind, by reading the log; near its end, by what is kept.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Position, TenantId};
use ledger::LedgerError;
use storage::log::Feed;
use storage::{Database, StorageError};
use tokio::sync::watch;

use super::End;
use super::channel::{BATCH_EVENTS_MAX, Channel, Found};
use super::item::Item;
use crate::app::App;

/// Where to begin.
pub(crate) enum From {
    /// With what comes from now on.
    Now,
    /// After this.
    Position(Position),
}

/// Who follows.
pub(crate) struct Follower {
    database: Database,
    tenant: TenantId,
    channel: Arc<Channel>,
    growth: watch::Receiver<u64>,
    position: Arc<Position>,
    place: Place,
}

enum Place {
    /// Reads the log itself.
    Behind(Box<Feed>),
    /// Takes what is kept from this place on, without what was read before it came there.
    Near { next: u64, read: Option<Arc<Position>> },
}

impl Follower {
    /// Follows a tenant.
    pub(crate) async fn new(app: &App, tenant: TenantId, from: From) -> Result<Self, LedgerError> {
        let channel = app.lives.channel(app, tenant).await?;
        let database = app.services.database.clone();
        let growth = channel.growth();
        let (place, position) = match from {
            From::Now => {
                let (next, position) = channel.end();
                (Place::Near { next, read: None }, position)
            }
            From::Position(position) => {
                let feed = channel.feed(&database, tenant, position.clone());
                (Place::Behind(Box::new(feed)), Arc::new(position))
            }
        };
        Ok(Self { database, tenant, channel, growth, position, place })
    }

    /// After the last event that it took.
    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    /// Changes when somebody's rights in the tenant may have.
    pub(crate) fn rights(&self) -> watch::Receiver<u64> {
        self.channel.rights()
    }

    /// What comes next; nothing where nothing came for `wait`. Whoever stops waiting for it loses
    /// nothing.
    pub(crate) async fn next(&mut self, wait: Duration) -> Result<Vec<Arc<Item>>, End> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            // Marked before the look: what comes during it wakes the wait.
            self.growth.mark_unchanged();
            let items = match self.take().await {
                Ok(items) => items,
                Err(Broken::Channel) => return Err(End::Unavailable),
                Err(Broken::Storage(error)) => {
                    tracing::error!(%error, "a follower could not read the log");
                    return Err(End::Unavailable);
                }
            };
            if let Some(last) = items.last() {
                self.position = Arc::clone(&last.position);
                return Ok(items);
            }
            if matches!(self.place, Place::Behind(_)) {
                continue;
            }
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return Ok(Vec::new());
            }
            // The sender lives as long as the channel that this holds; a timeout is no failure.
            let _ = tokio::time::timeout(left, self.growth.changed()).await;
        }
    }

    /// What is there at its place, and moves it. Where it answers with nothing and is still behind,
    /// it is to be asked again.
    async fn take(&mut self) -> Result<Vec<Arc<Item>>, Broken> {
        match &mut self.place {
            Place::Near { next, read } => match self.channel.from(*next, read.as_deref()) {
                Found::Items(items, after) => {
                    *next = after;
                    Ok(items)
                }
                Found::Gone => {
                    let from = Position::clone(&self.position);
                    let feed = self.channel.feed(&self.database, self.tenant, from);
                    self.place = Place::Behind(Box::new(feed));
                    Ok(Vec::new())
                }
                Found::Broken => Err(Broken::Channel),
            },
            Place::Behind(feed) => {
                let mut position = feed.position().clone();
                let (first, covers) = self.channel.first(&position);
                if covers {
                    self.place = Place::Near { next: first, read: Some(Arc::new(position)) };
                    return Ok(Vec::new());
                }
                let batch = feed.next_batch(BATCH_EVENTS_MAX, Duration::ZERO).await;
                let items = Item::of(batch.map_err(Broken::Storage)?, &mut position);
                if items.is_empty() {
                    // It has read all there is, so nothing is missing before what is kept.
                    let read = Some(Arc::new(position));
                    self.place = Place::Near { next: first, read };
                }
                Ok(items)
            }
        }
    }
}

enum Broken {
    Channel,
    Storage(StorageError),
}
