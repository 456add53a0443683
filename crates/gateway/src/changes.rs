//! The changes of a book as they come, as server-sent events or as lines.
//!
//! A task of its own reads and hands over; nothing is read while what was handed over waits. A
//! reader who leaves it too long is told so, if they come back in time, and loses their place.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use kernel::{Context, Timestamp};
use ledger::{Change, Changes};
use tokio::sync::mpsc;

use crate::app::App;
use crate::live::End;
use crate::load::Place;
use crate::serve::Cut;
use crate::wire::changes::LedgerChange;

/// Who reads, what, and what ends it.
pub(crate) struct Reader {
    pub app: App,
    pub context: Context,
    pub changes: Changes,
    /// Whether they wait for what is not there yet.
    pub follows: bool,
    pub form: Form,
    /// When their token's time is over.
    pub until: Option<Timestamp>,
    /// Their place among the streams of their tenant.
    pub _place: Place,
    /// Ends their connection.
    pub cut: Option<Cut>,
}

/// How changes are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Events,
    Lines,
}

/// The stream ends in the middle.
#[derive(Debug, thiserror::Error)]
#[error("the reader of changes does not read")]
pub(crate) struct Slow;

/// The pieces of the answer.
pub(crate) fn run(reader: Reader) -> impl Stream<Item = Result<Bytes, Slow>> + Send {
    let (to_reader, pieces) = mpsc::channel(1);
    tokio::spawn(reader.run(to_reader));
    unfold(pieces, |mut pieces: mpsc::Receiver<Bytes>| async move {
        Some((Ok(pieces.recv().await?), pieces))
    })
}

impl Reader {
    async fn run(mut self, to_reader: mpsc::Sender<Bytes>) {
        let limits = self.app.services.limits;
        let stall = Duration::from_millis(limits.reader_stall_ms_max);
        loop {
            let (piece, is_last) = tokio::select! {
                piece = self.next() => match piece {
                    Ok(changes) => (self.form.write(changes), false),
                    Err(end) => (self.form.end(end), true),
                },
                // Nobody waits for what is new.
                () = to_reader.closed() => return,
            };
            match tokio::time::timeout(stall, to_reader.send(piece)).await {
                Ok(Ok(())) if !is_last => {}
                Ok(_) => return,
                Err(_) => break,
            }
        }
        let farewell = Duration::from_millis(limits.farewell_ms_max);
        let end = to_reader.send(self.form.end(End::SlowReader));
        if tokio::time::timeout(farewell, end).await.is_err() {
            tracing::info!("the reader of a book's changes does not read");
            self.cut.iter().for_each(Cut::cut);
        }
    }

    /// What is new; nothing where there was none for a while.
    async fn next(&mut self) -> Result<Vec<Change>, End> {
        let mut wait = Duration::from_millis(self.app.services.limits.heartbeat_ms);
        if let Some(until) = self.until {
            let left_us = until.micros() - self.context.now().micros();
            let left = Duration::from_micros(u64::try_from(left_us).unwrap_or(0));
            if left.is_zero() {
                return Err(End::TokenExpired);
            }
            wait = wait.min(left);
        }
        let mut ending = self.app.ending.subscribe();
        let changes = tokio::select! {
            changes = self.changes.next(wait) => changes,
            _ = ending.wait_for(|ending| *ending) => return Err(End::ShuttingDown),
        };
        match changes {
            Ok(changes) if changes.is_empty() && !self.follows => Err(End::UpToDate),
            Ok(changes) => Ok(changes),
            Err(error) => {
                tracing::error!(%error, "a stream of changes could not be read");
                Err(End::Unavailable)
            }
        }
    }
}

impl Form {
    fn write(self, changes: Vec<Change>) -> Bytes {
        let mut text = String::new();
        if changes.is_empty() {
            text.push_str(match self {
                Self::Events => ": nothing new\n\n",
                Self::Lines => "\n",
            });
        }
        for change in changes {
            let kind = match &change.what {
                ledger::Changed::Transfer(_) => "transfer",
                ledger::Changed::Expired { .. } => "expiry",
            };
            let change = LedgerChange::of(change);
            // Strings and numbers are always JSON.
            let data = serde_json::to_string(&change).unwrap_or_default();
            // A string takes whatever is written.
            let _ = match self {
                Self::Events => {
                    write!(text, "id: {}\nevent: {kind}\ndata: {data}\n\n", change.place)
                }
                Self::Lines => writeln!(text, "{data}"),
            };
        }
        text.into()
    }

    fn end(self, end: End) -> Bytes {
        let end = end.as_str();
        match self {
            Self::Events => format!("event: end\ndata: {{\"reason\":\"{end}\"}}\n\n"),
            Self::Lines => format!("{{\"end\":\"{end}\"}}\n"),
        }
        .into()
    }
}
