//! Looking for viruses: before a content is kept, or by a job once all of an upload is here.
//!
//! What must stay true: where there is a scanner, nothing can be read or referred to that it did
//! not see; where it does not answer, nothing is let through.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use jobs::{Done, Failure, Handler, JobArgs, NewJob, Run};
use kernel::Context;
use serde::{Deserialize, Serialize};
use storage::Tx;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::error::ObjectsError;
use crate::event::ObjectRefused;
use crate::model::{ObjectId, ObjectState};
use crate::objects::Objects;
use crate::settle::settle;
use crate::store;

/// The longest answer of a scanner, and the longest name of what it found, in bytes.
const ANSWER_BYTES_MAX: usize = 1_024;
/// How long it may take for a step, where nobody says.
const STEP_MS_MAX: u64 = 20_000;
/// What is sent to it at a time, in bytes.
const PIECE_BYTES_MAX: usize = 64 << 10;

/// What a scanner says of a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It knows nothing against it.
    Clean,
    /// What it found, or why it does not look.
    Found(String),
}

/// Looks into contents.
pub trait Scanner: Send + Sync + 'static {
    /// Looks into a content, which comes in pieces.
    ///
    /// # Errors
    /// [`ObjectsError::Scanner`] where it cannot say.
    fn scan<'a>(
        &'a self,
        content: BoxStream<'a, Result<Bytes, ObjectsError>>,
    ) -> BoxFuture<'a, Result<Verdict, ObjectsError>>;
}

/// ClamAV's daemon, over TCP, by its command INSTREAM.
#[derive(Clone, Debug)]
pub struct Clamd {
    /// Host and port.
    pub address: String,
    /// How long it may take to connect, to take a piece, and to answer.
    pub step_ms_max: u64,
}

impl Scanner for Clamd {
    fn scan<'a>(
        &'a self,
        content: BoxStream<'a, Result<Bytes, ObjectsError>>,
    ) -> BoxFuture<'a, Result<Verdict, ObjectsError>> {
        Box::pin(self.instream(content))
    }
}

impl Clamd {
    /// The one at a host and port.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self { address: address.to_owned(), step_ms_max: STEP_MS_MAX }
    }

    async fn instream(
        &self,
        mut content: BoxStream<'_, Result<Bytes, ObjectsError>>,
    ) -> Result<Verdict, ObjectsError> {
        let mut socket = self.step(TcpStream::connect(self.address.as_str())).await?;
        // `z`: command and answer end with a zero byte.
        self.step(socket.write_all(b"zINSTREAM\0")).await?;
        while let Some(bytes) = content.next().await {
            for piece in bytes?.chunks(PIECE_BYTES_MAX) {
                let length = u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes();
                let sent = async {
                    socket.write_all(&length).await?;
                    socket.write_all(piece).await
                };
                if self.step(sent).await.is_err() {
                    // It may have closed the connection because the content is too long for it, and
                    // said so.
                    return self.answer(&mut socket).await;
                }
            }
        }
        self.step(socket.write_all(&0_u32.to_be_bytes())).await?;
        self.answer(&mut socket).await
    }

    async fn answer(&self, socket: &mut TcpStream) -> Result<Verdict, ObjectsError> {
        let mut answer = Vec::new();
        while !answer.contains(&0) && answer.len() < ANSWER_BYTES_MAX {
            let mut piece = [0; 256];
            match self.step(socket.read(&mut piece)).await? {
                0 => break,
                count => answer.extend_from_slice(&piece[..count]),
            }
        }
        let text = String::from_utf8_lossy(&answer);
        verdict(text.trim_end_matches('\0').trim())
    }

    async fn step<T>(
        &self,
        step: impl Future<Output = std::io::Result<T>>,
    ) -> Result<T, ObjectsError> {
        let limit = Duration::from_millis(self.step_ms_max);
        let late = |_| ObjectsError::Scanner {
            text: format!("it did not answer within {} ms", self.step_ms_max),
        };
        let done = tokio::time::timeout(limit, step).await.map_err(late)?;
        done.map_err(|error| ObjectsError::Scanner { text: error.to_string() })
    }
}

/// What clamd answers to more than its `StreamMaxLength`.
const TOO_LONG: &str = "INSTREAM size limit exceeded";

/// What an answer says: `stream: OK`, `stream: NAME FOUND`, or what went wrong.
fn verdict(answer: &str) -> Result<Verdict, ObjectsError> {
    if answer == "stream: OK" {
        return Ok(Verdict::Clean);
    }
    // It will not be shorter when it is tried again.
    if answer.starts_with(TOO_LONG) {
        return Ok(Verdict::Found("it is longer than the scanner takes".to_owned()));
    }
    let found = answer.strip_prefix("stream: ").and_then(|rest| rest.strip_suffix(" FOUND"));
    match found {
        Some(found) => Ok(Verdict::Found(found.to_owned())),
        None => Err(ObjectsError::Scanner { text: format!("it answers {answer:?}") }),
    }
}

/// Has the scanner look into an object of which every byte has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Which.
    pub object: ObjectId,
}

impl JobArgs for Check {
    const KIND: &'static str = "objects.check";
}

/// Does [`Check`].
pub struct CheckObjects {
    objects: Objects,
}

impl CheckObjects {
    /// A handler over these objects.
    #[must_use]
    pub const fn new(objects: Objects) -> Self {
        Self { objects }
    }
}

impl Handler for CheckObjects {
    type Args = Check;

    async fn run(&self, run: &Run, Check { object }: Check) -> Result<Done, Failure> {
        let context = run.context();
        let verdict = match self.objects.check(context, object).await {
            Ok(verdict) => verdict,
            // It was given up, or is checked: there is nothing left to do.
            Err(ObjectsError::Unknown { .. } | ObjectsError::WrongState { .. }) => {
                return Ok(Done::Nothing);
            }
            Err(error) => return Err(Failure::of(&error)),
        };
        let mut tx = run.begin().await?;
        let noted = note(&mut tx, context, (object, verdict)).await;
        noted.map_err(|error| Failure::of(&error))?;
        Ok(Done::In(tx))
    }
}

impl Objects {
    /// What the scanner says of an object that waits for it. One without a scanner lets nothing
    /// through that another wanted to be checked.
    async fn check(&self, context: &Context, id: ObjectId) -> Result<Verdict, ObjectsError> {
        let missing = || ObjectsError::Scanner { text: "none is configured".to_owned() };
        let scanner = self.scanner.as_ref().ok_or_else(missing)?;
        let content = self.open_in(context, id, ObjectState::Checking).await?;
        scanner.scan(content.into_stream()).await
    }
}

async fn note(
    tx: &mut Tx,
    context: &Context,
    (id, verdict): (ObjectId, Verdict),
) -> Result<(), ObjectsError> {
    let Some(row) = store::hold(tx, id).await? else { return Ok(()) };
    if row.state != ObjectState::Checking {
        return Ok(());
    }
    match verdict {
        Verdict::Clean => settle(tx, context, (&row, None)).await.map(drop),
        Verdict::Found(found) => {
            store::refuse(tx, id, &found, context.now()).await?;
            tx.emit(context, &ObjectRefused { object: id, found }).await?;
            Ok(())
        }
    }
}

/// Enqueues the job that has an object checked.
pub(crate) async fn enqueue_check(
    tx: &mut Tx,
    context: &Context,
    object: ObjectId,
) -> Result<(), ObjectsError> {
    let job = NewJob::of(&Check { object })?.unique(&object.to_string())?;
    jobs::enqueue(tx, context, job).await?;
    Ok(())
}
