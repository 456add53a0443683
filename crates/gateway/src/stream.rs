//! The log as server-sent events.
//!
//! Nothing is kept for a reader: the next batch is read from the log when the connection has room
//! for it, so a reader who is slow only falls behind. One who does not read at all, while something
//! waits to be sent, is cut off: told why, if they come back in time, and disconnected if not.
//!
//! Source: the HTML standard, server-sent events; `id:` is the position after the event, which the
//! browser sends back as `Last-Event-ID`.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use kernel::{BookId, Context, Position, Timestamp};
use ledger::LedgerSource;
use storage::StorageError;
use storage::log::{Feed, Lane, StreamEvent};
use tokio::sync::watch;

use crate::app::App;
use crate::load::Place;
use crate::serve::Cut;
use crate::services::Limits;

/// Events read at a time.
const BATCH_EVENTS_MAX: u32 = 64;

/// Who reads, from where, and what ends it.
pub(crate) struct Reader {
    pub context: Context,
    /// The books whose journals are read beside the log.
    pub books: Vec<BookId>,
    /// After this.
    pub position: Position,
    /// When their token's time is over.
    pub until: Timestamp,
    /// Their place among the streams of their tenant.
    pub place: Place,
    /// Ends their connection.
    pub cut: Option<Cut>,
}

/// Why a stream ended.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// The process ends: come back.
    ShuttingDown,
    /// The token's time is over: come back with a new one.
    TokenExpired,
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
            Self::SlowReader => "slow_reader",
            Self::Unavailable => "unavailable",
            Self::UpToDate => "up_to_date",
        }
    }
}

struct Live {
    app: App,
    feed: Feed,
    position: Position,
    context: Context,
    until: Timestamp,
    ending: watch::Receiver<bool>,
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
    let Reader { context, books, position, until, place, cut } = reader;
    let database = app.services.database.clone();
    let mut feed = Feed::new(database, context.tenant, position.clone());
    feed.add_log(Lane::Main);
    for book in books {
        feed.add(book.uuid(), Arc::new(LedgerSource));
    }
    let pace = Arc::new(watch::Sender::new(Pace::Reading));
    tokio::spawn(watch_pace(Arc::downgrade(&pace), pace.subscribe(), app.services.limits, cut));
    let ending = app.ending.subscribe();
    let live =
        Live { app, feed, position, context, until, ending, pace, _place: place, ended: false };
    unfold(live, |mut live| async move {
        let chunk = live.next().await?;
        Some((Ok(Bytes::from(chunk)), live))
    })
}

impl Live {
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        let stalled = self.pace.send_replace(Pace::Reading) == Pace::Stalled;
        let chunk = if stalled { Err(End::SlowReader) } else { self.wait().await };
        let chunk = chunk.unwrap_or_else(|end| {
            self.ended = true;
            format!("event: end\ndata: {{\"reason\":\"{}\"}}\n\n", end.as_str())
        });
        self.pace.send_replace(Pace::Handed);
        Some(chunk)
    }

    /// What is new, or a heartbeat.
    async fn wait(&mut self) -> Result<String, End> {
        let heartbeat = Duration::from_millis(self.app.services.limits.heartbeat_ms);
        let left_us = self.until.micros() - self.context.now().micros();
        let left = Duration::from_micros(u64::try_from(left_us).unwrap_or(0));
        if left.is_zero() {
            return Err(End::TokenExpired);
        }
        let batch = tokio::select! {
            batch = self.feed.next_batch(BATCH_EVENTS_MAX, heartbeat.min(left)) => batch,
            _ = self.ending.wait_for(|ending| *ending) => return Err(End::ShuttingDown),
        };
        let batch = batch.map_err(|error: StorageError| {
            tracing::error!(%error, "a live stream could not read the log");
            End::Unavailable
        })?;
        if batch.is_empty() {
            return Ok(": nothing new\n\n".to_owned());
        }
        Ok(self.write(&batch))
    }

    fn write(&mut self, batch: &[StreamEvent]) -> String {
        let mut chunk = String::new();
        for (index, event) in batch.iter().enumerate() {
            let place = |event: &StreamEvent| (event.stream, event.seq);
            let next = batch.get(index + 1);
            // Events of one record share its number: only the last of them moves the position, so
            // that a reader who was cut off between them gets all of them again.
            if next.is_none_or(|next| place(next) != place(event)) {
                self.position.advance(event.stream, event.seq);
            }
            let (kind, position) = (&event.envelope.kind, &self.position);
            // Canonical bytes are JSON on one line.
            let data = String::from_utf8_lossy(&event.bytes);
            let _ = write!(chunk, "id: {position}\nevent: {kind}\ndata: {data}\n\n");
        }
        chunk
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
