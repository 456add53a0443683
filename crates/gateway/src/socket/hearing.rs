//! What one socket hears of.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use identity::{Action, Claims, Role, authorise};
use kernel::Position;
use tokio::sync::watch;
use tokio::time::Instant;

use super::topic::Topic;
use crate::live::{End, Follower, Item};

/// After a client was told of changes, those of this time become one message.
const CONFLATED: Duration = Duration::from_millis(200);
/// Waiting without an end is done in parts of this.
const LONG: Duration = Duration::from_secs(3_600);

/// The subscriptions of a socket.
#[derive(Default)]
pub(super) struct Hearing {
    /// Who reads every event, where that is asked for.
    events: Option<Follower>,
    /// Who sees what changes.
    news: Option<Follower>,
    changes: BTreeMap<Topic, Change>,
    /// The next message about changes goes out no sooner.
    quiet_until: Option<Instant>,
}

/// What was not told yet.
#[derive(Default)]
pub(super) struct Change {
    pub count: u64,
    pub position: Arc<Position>,
}

/// What came.
pub(super) enum Heard {
    /// To be told as they are.
    Events(Vec<Arc<Item>>),
    /// To be looked through for changes.
    News(Vec<Arc<Item>>),
}

impl Hearing {
    pub(super) fn has(&self, topic: Topic) -> bool {
        match topic {
            Topic::Events => self.events.is_some(),
            Topic::Changed(_) => self.changes.contains_key(&topic),
        }
    }

    /// Whether what changes is followed already.
    pub(super) fn has_news(&self) -> bool {
        self.news.is_some()
    }

    /// Adds a topic; the position after which it is heard.
    pub(super) fn add(&mut self, topic: Topic, follower: Option<Follower>) -> String {
        match topic {
            Topic::Events => self.events = follower,
            Topic::Changed(_) => {
                self.news = self.news.take().or(follower);
                self.changes.insert(topic, Change::default());
            }
        }
        self.position(topic)
    }

    /// Takes a topic away; the position up to which it was heard.
    pub(super) fn remove(&mut self, topic: Topic) -> String {
        let position = self.position(topic);
        match topic {
            Topic::Events => self.events = None,
            Topic::Changed(_) => {
                self.changes.remove(&topic);
                if self.changes.is_empty() {
                    self.news = None;
                }
            }
        }
        position
    }

    fn position(&self, topic: Topic) -> String {
        let follower = match topic {
            Topic::Events => &self.events,
            Topic::Changed(_) => &self.news,
        };
        follower.as_ref().map_or_else(String::new, |follower| follower.position().to_string())
    }

    /// How far every event was told, where that was asked for.
    pub(super) fn told_to(&self) -> Option<String> {
        self.events.as_ref().map(|follower| follower.position().to_string())
    }

    /// Changes when somebody's rights may have.
    pub(super) fn rights(&self) -> Option<watch::Receiver<u64>> {
        self.events.as_ref().or(self.news.as_ref()).map(Follower::rights)
    }

    /// The topics that a role does not allow.
    pub(super) fn beyond(&self, role: Role) -> Vec<Topic> {
        let events = self.events.is_some().then_some(Topic::Events);
        let topics = events.into_iter().chain(self.changes.keys().copied());
        topics.filter(|topic| authorise(role, topic.action()).is_err()).collect()
    }

    /// What comes next. Whoever stops waiting for it loses nothing.
    pub(super) async fn next(&mut self) -> Result<Heard, End> {
        tokio::select! {
            items = next_of(&mut self.events) => items.map(Heard::Events),
            items = next_of(&mut self.news) => items.map(Heard::News),
        }
    }

    /// Notes what changed, as far as it concerns the caller.
    pub(super) fn note(&mut self, items: &[Arc<Item>], claims: &Claims) {
        for item in items {
            let Some(topic) = Topic::of_kind(&item.kind) else { continue };
            let Some(change) = self.changes.get_mut(&topic) else { continue };
            if !topic.is_personal() || concerns(item, claims) {
                change.count += 1;
                change.position = Arc::clone(&item.position);
            }
        }
    }

    /// When the changes that are noted may be told.
    pub(super) fn due(&self) -> Option<Instant> {
        let is_waiting = self.changes.values().any(|change| change.count > 0);
        is_waiting.then(|| self.quiet_until.unwrap_or_else(Instant::now))
    }

    /// The changes to be told now.
    pub(super) fn take(&mut self) -> Vec<(Topic, Change)> {
        let now = Instant::now();
        if self.quiet_until.is_some_and(|until| until > now) {
            return Vec::new();
        }
        let changes = self.changes.iter_mut().filter(|(_, change)| change.count > 0);
        let changes: Vec<_> =
            changes.map(|(topic, change)| (*topic, std::mem::take(change))).collect();
        if !changes.is_empty() {
            self.quiet_until = Some(now + CONFLATED);
        }
        changes
    }
}

/// Whether something that is told to people was told to the caller: what is for nobody by name is
/// for those who keep the notices of the tenant.
fn concerns(item: &Item, claims: &Claims) -> bool {
    let own = notices::user_party(claims.sub).to_string();
    let household = vault::own_party(claims.tid).to_string();
    let keeps = authorise(claims.role, Action::KeepNotices).is_ok();
    let mut parties = item.objects.iter().filter(|object| object.kind == "party").peekable();
    match parties.peek() {
        None => keeps,
        Some(_) => parties.any(|party| party.id == own || (keeps && party.id == household)),
    }
}

async fn next_of(follower: &mut Option<Follower>) -> Result<Vec<Arc<Item>>, End> {
    match follower {
        Some(follower) => follower.next(LONG).await,
        None => pending().await,
    }
}
