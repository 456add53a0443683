//! The log as server-sent events.
//!
//! Nothing is kept for a reader: what comes next is taken when the connection has room for it, so a
//! reader who is slow only falls behind. One who does not read at all, while something waits to be
//! sent, is cut off: told why, if they come back in time, and disconnected if not.
//!
//! Source: the HTML standard, server-sent events; `id:` is the position after the event, which the
//! browser sends back as `Last-Event-ID`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream::unfold;
use identity::{Action, Claims};
use kernel::{Actor, Context, Timestamp};
use tokio::sync::watch;

use crate::app::App;
use crate::live::{End, Follower};
use crate::load::Place;
use crate::serve::Cut;
use crate::services::Limits;

/// Who reads, what, and what ends it.
pub(crate) struct Reader {
    pub context: Context,
    pub claims: Claims,
    pub follower: Follower,
    /// Their place among the streams of their tenant.
    pub place: Place,
    /// Ends their connection.
    pub cut: Option<Cut>,
}

struct Live {
    app: App,
    follower: Follower,
    context: Context,
    claims: Claims,
    ending: watch::Receiver<bool>,
    rights: watch::Receiver<u64>,
    pace: Arc<watch::Sender<Pace>>,
    _place: Place,
    ended: bool,
}

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Ours: the reader took everything, and waits for more.
    Reading,
    /// The reader's: something was handed to the connection.
    Handed,
    /// The reader's, for too long.
    Stalled,
}

/// The chunks of the answer.
pub(crate) fn events(
    app: App,
    reader: Reader,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    let Reader { context, claims, follower, place, cut } = reader;
    let pace = Arc::new(watch::Sender::new(Pace::Reading));
    tokio::spawn(watch_pace(Arc::downgrade(&pace), pace.subscribe(), app.services.limits, cut));
    let (ending, rights) = (app.ending.subscribe(), follower.rights());
    let (ended, _place) = (false, place);
    let live = Live { app, follower, context, claims, ending, rights, pace, _place, ended };
    unfold(live, |mut live| async move {
        let chunk = live.next().await?;
        Some((Ok(chunk), live))
    })
}

impl Live {
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let stalled = self.pace.send_replace(Pace::Reading) == Pace::Stalled;
        let chunk = if stalled { Err(End::SlowReader) } else { self.wait().await };
        let chunk = chunk.unwrap_or_else(|end| {
            self.ended = true;
            format!("event: end\ndata: {{\"reason\":\"{}\"}}\n\n", end.as_str()).into()
        });
        self.pace.send_replace(Pace::Handed);
        Some(chunk)
    }

    /// What is new, or a heartbeat.
    async fn wait(&mut self) -> Result<Bytes, End> {
        let heartbeat = Duration::from_millis(self.app.services.limits.heartbeat_ms);
        loop {
            let until = Timestamp::EPOCH.plus_seconds(self.claims.exp);
            let left_us = until.micros() - self.context.now().micros();
            let left = Duration::from_micros(u64::try_from(left_us).unwrap_or(0));
            if left.is_zero() {
                return Err(End::TokenExpired);
            }
            let coming = tokio::select! {
                items = self.follower.next(heartbeat.min(left)) => Some(items?),
                () = App::asked_to_end(&mut self.ending) => return Err(End::ShuttingDown),
                // The sender lives as long as the follower.
                Ok(()) = self.rights.changed() => None,
            };
            let Some(items) = coming else {
                self.check_rights().await?;
                continue;
            };
            return Ok(match items.as_slice() {
                [] => Bytes::from_static(b": nothing new\n\n"),
                [only] => only.sse().clone(),
                items => {
                    let mut chunk = BytesMut::new();
                    items.iter().for_each(|item| chunk.extend_from_slice(item.sse()));
                    chunk.freeze()
                }
            });
        }
    }

    /// Whoever works on the data directory has no session that could end.
    async fn check_rights(&self) -> Result<(), End> {
        if self.context.actor == Actor::Owner {
            return Ok(());
        }
        let standing = self.app.services.identity.standing(&self.context, &self.claims).await;
        let allowed = standing.and_then(|role| identity::authorise(role, Action::ReadEvents));
        allowed.map_err(|error| match kernel::Problematic::kind(&error) {
            kernel::ErrorKind::Unauthenticated | kernel::ErrorKind::Forbidden => End::Revoked,
            _ => End::Unavailable,
        })
    }
}

/// Waits for a reader who leaves what was handed to them, and cuts them off.
async fn watch_pace(
    pace: std::sync::Weak<watch::Sender<Pace>>,
    mut seen: watch::Receiver<Pace>,
    limits: Limits,
    cut: Option<Cut>,
) {
    let stall = Duration::from_millis(limits.reader_stall_ms_max);
    let farewell = Duration::from_millis(limits.farewell_ms_max);
    loop {
        // An error: the stream is gone, and with it the sender.
        if seen.wait_for(|pace| *pace == Pace::Handed).await.is_err() {
            return;
        }
        let moved = tokio::time::timeout(stall, seen.wait_for(|pace| *pace != Pace::Handed));
        match moved.await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return,
            Err(_) => break,
        }
    }
    let Some(stalled) = pace.upgrade() else { return };
    let still = |pace: &mut Pace| {
        let is_handed = *pace == Pace::Handed;
        if is_handed {
            *pace = Pace::Stalled;
        }
        is_handed
    };
    stalled.send_if_modified(still);
    drop(stalled);
    let gone = async { while seen.changed().await.is_ok() {} };
    if tokio::time::timeout(farewell, gone).await.is_err()
        && let Some(cut) = cut
    {
        tracing::info!("the reader of a live stream does not read; the connection is cut");
        cut.cut();
    }
}
