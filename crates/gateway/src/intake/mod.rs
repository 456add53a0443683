//! Lines that come in as a stream, and go to the ledger as whatever lines are there.
//!
//! One task reads: it takes the lines that have come as one command, hands that to the engine and
//! goes on without waiting for it. Another task tells, in the same order, what became of each
//! command. Between the two stand a few commands at most, so that a reader of answers who is slow
//! slows the sender of lines, by way of the connection.
//!
//! What must stay true: commands are decided in the order of their lines; every line that was
//! decided is told of, or the answer has no last line; memory is bounded whatever is sent.

mod build;
mod known;
mod lines;
mod read;
mod tell;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use kernel::{BookId, Context, ErrorKind, Problematic as _, Timestamp};
use ledger::model::Reason;
use ledger::{Decided, LedgerError, Pending, Rejection};
use tokio::sync::{mpsc, watch};

use crate::app::App;
use crate::beside::beside_if;
use crate::load::Place;
use crate::serve::Cut;
use crate::wire::intake::{IntakeAnswers, IntakeEnd};
use build::{Builder, Built, Made, Plan, Planned};
use known::Known;
use lines::Lines;
use read::ReadBatch;
use tell::{Came, Teller};

/// Commands that wait for what becomes of them; the one that is told of comes on top.
const COMMANDS_MAX: usize = 4;
/// Answers that wait for the connection.
const ANSWERS_MAX: usize = 1;
/// Bytes of lines that are read in less than half a millisecond.
const READ_INLINE_BYTES_MAX: usize = 32 << 10;
/// Lines that are told of in less than half a millisecond.
const TOLD_INLINE_MAX: usize = 256;
/// How often tables that are behind are waited for, about two seconds each time.
const STALE_WAITS_MAX: u32 = 60;

/// Who sends lines, and to which book.
pub(crate) struct Intake {
    pub app: App,
    pub context: Context,
    pub book: BookId,
    pub answers: IntakeAnswers,
    /// Whether they may open accounts.
    pub keeps_books: bool,
    /// When their token's time is over.
    pub until: Option<Timestamp>,
    /// Their place among the streams of their tenant.
    pub place: Place,
    /// Ends their connection.
    pub cut: Option<Cut>,
}

/// The answer ends before its last line.
#[derive(Debug, thiserror::Error)]
#[error("the answer ends before its last line")]
pub(crate) struct BrokenAnswer;

/// What the reading task tells the telling one.
enum Sent {
    /// A command and its lines.
    Batch { pending: Option<Pending>, lines: Vec<Planned>, last: u64 },
    /// The end; with the last line that came, where all did.
    End(IntakeEnd, Option<u64>),
}

/// The telling task has ended: there is nobody to go on for.
struct Gone;

/// Takes lines from a body; the lines that answer them.
pub(crate) fn run(
    intake: Intake,
    body: Body,
) -> impl Stream<Item = Result<Bytes, BrokenAnswer>> + Send {
    let Intake { app, context, book, answers, keeps_books, until, place, cut } = intake;
    let (queue, sent) = mpsc::channel(COMMANDS_MAX);
    let (to_reader, answered) = mpsc::channel(ANSWERS_MAX);
    let telling = Telling {
        app: app.clone(),
        context: context.clone(),
        book,
        teller: Some(Teller::new(answers)),
        to_reader,
        cut,
    };
    tokio::spawn(async move {
        let _place = place;
        telling.run(sent).await;
    });
    let known = Some(Known::default());
    let reading = Reading { app, context, book, keeps_books, until, queue, known };
    tokio::spawn(reading.run(Lines::new(body.into_data_stream())));
    unfold(answered, |mut answered| async move {
        let answer = answered.recv().await?;
        Some((answer, answered))
    })
}

/// The task that reads lines.
struct Reading {
    app: App,
    context: Context,
    book: BookId,
    keeps_books: bool,
    until: Option<Timestamp>,
    queue: mpsc::Sender<Sent>,
    /// What is known of the book; elsewhere while a batch is read.
    known: Option<Known>,
}

impl Reading {
    async fn run(mut self, mut lines: Lines) {
        let queue = self.queue.clone();
        let left = self.until.map(|until| {
            let left_us = until.micros() - self.context.now().micros();
            Duration::from_micros(u64::try_from(left_us).unwrap_or(0))
        });
        let ended = ended(left, self.app.ending.subscribe());
        let end = tokio::select! {
            end = self.read_all(&mut lines) => end,
            end = ended => Ok(Sent::End(end, None)),
        };
        if let Ok(end) = end {
            // Where nobody tells any more, nobody asks either.
            let _ = queue.send(end).await;
        }
    }

    async fn read_all(&mut self, lines: &mut Lines) -> Result<Sent, Gone> {
        let queue = self.queue.clone();
        loop {
            // Who has gone is told nothing; what came whole is decided.
            let batch = lines.next_batch(queue.reserve()).await.map_err(|_| Gone)?;
            let Some((place, batch)) = batch else {
                return Ok(Sent::End(IntakeEnd::Finished, Some(lines.number())));
            };
            let mut place = Some(place.map_err(|_| Gone)?);
            let is_long = batch.bytes() > READ_INLINE_BYTES_MAX;
            let read = beside_if(is_long, move || read::read(&batch)).await;
            let mut rest = match read {
                Ok(read) => Some(read),
                Err(error) => return Ok(Sent::End(unavailable(&error.detail()), None)),
            };
            while let Some(read) = rest {
                let built = match self.build(read, is_long).await {
                    Ok((built, left)) => {
                        rest = left;
                        built
                    }
                    Err(end) => return Ok(Sent::End(end, None)),
                };
                for built in built {
                    let place = match place.take() {
                        Some(place) => place,
                        None => queue.reserve().await.map_err(|_| Gone)?,
                    };
                    match self.submit(built).await {
                        Ok(sent) => place.send(sent),
                        Err(end) => return Ok(Sent::End(end, None)),
                    }
                }
            }
            if let Some(known) = &mut self.known {
                known.forget_batch();
            }
        }
    }

    /// Hands a command to the engine.
    async fn submit(&self, built: Built) -> Result<Sent, IntakeEnd> {
        let Built { request, lines, last } = built;
        let pending = match request.steps.is_empty() {
            true => None,
            false => {
                let ledger = &self.app.services.ledger;
                let pending = ledger.submit(&self.context, self.book, request).await;
                Some(pending.map_err(|error| unavailable(&error))?)
            }
        };
        Ok(Sent::Batch { pending, lines, last })
    }

    /// The commands of a batch, and what is left of it until they are decided.
    async fn build(
        &mut self,
        batch: ReadBatch,
        is_long: bool,
    ) -> Result<(Vec<Built>, Option<ReadBatch>), IntakeEnd> {
        let (mut batch, mut known) = (batch, self.known.take().unwrap_or_default());
        let asked = (&self.context, self.book);
        let mut patience = Patience::default();
        while let Err(error) = known.learn(&self.app, asked, &mut batch.named).await {
            if !patience.lasts(&error) {
                return Err(unavailable(&error));
            }
        }
        let (context, book, keeps_books) = (self.context.clone(), self.book, self.keeps_books);
        let build = move || {
            let builder = Builder { context: &context, book, known: &mut known, keeps_books };
            let built = builder.build(batch);
            (built, known)
        };
        let (built, known) =
            beside_if(is_long, build).await.map_err(|error| unavailable(&error.detail()))?;
        self.known = Some(known);
        Ok(built)
    }
}

/// The task that tells.
struct Telling {
    app: App,
    context: Context,
    book: BookId,
    /// Elsewhere while a batch is told of.
    teller: Option<Teller>,
    to_reader: mpsc::Sender<Result<Bytes, BrokenAnswer>>,
    cut: Option<Cut>,
}

impl Telling {
    async fn run(mut self, mut sent: mpsc::Receiver<Sent>) {
        while let Some(sent) = sent.recv().await {
            let (answer, is_last) = match sent {
                Sent::Batch { pending, lines, last } => {
                    match self.batch(pending, lines, last).await {
                        Ok(answer) => (answer, false),
                        Err(end) => (self.end(end, None), true),
                    }
                }
                Sent::End(end, last) => (self.end(end, last), true),
            };
            if !self.give(answer).await || is_last {
                return;
            }
        }
    }

    fn end(&mut self, end: IntakeEnd, last: Option<u64>) -> Vec<u8> {
        self.teller.as_mut().map(|teller| teller.end(end, last)).unwrap_or_default()
    }

    async fn batch(
        &mut self,
        pending: Option<Pending>,
        lines: Vec<Planned>,
        last: u64,
    ) -> Result<Vec<u8>, IntakeEnd> {
        let came = match pending {
            Some(pending) => {
                let decided = pending.decided().await.map_err(|error| unavailable(&error))?;
                Some(self.came_in_time(&decided, &lines).await?)
            }
            None => None,
        };
        // It is put back at the end, and nobody asks in between.
        let Some(mut teller) = self.teller.take() else { return Err(unavailable(&"a panic")) };
        let is_long = lines.len() > TOLD_INLINE_MAX;
        let tell = move || (teller.batch(lines, last, came), teller);
        let (answer, teller) =
            beside_if(is_long, tell).await.map_err(|error| unavailable(&error.detail()))?;
        self.teller = Some(teller);
        Ok(answer)
    }

    async fn came_in_time(&self, decided: &Decided, lines: &[Planned]) -> Result<Came, IntakeEnd> {
        let mut patience = Patience::default();
        loop {
            match self.came(decided, lines).await {
                Ok(came) => return Ok(came),
                Err(error) if patience.lasts(&error) => {}
                Err(error) => return Err(unavailable(&error)),
            }
        }
    }

    /// What the ledger says of a command, and of the accounts that it was to open and knew.
    async fn came(&self, decided: &Decided, lines: &[Planned]) -> Result<Came, LedgerError> {
        let receipt = match (decided.receipt().await, lines) {
            (Ok(receipt), _) => receipt,
            (
                Err(LedgerError::Rejected { rejection }),
                [Planned { plan: Plan::Step { step, .. }, .. }],
            ) => tell::refused(Rejection { step: *step, ..rejection }),
            (Err(error), _) => return Err(error),
        };
        let account = |line: &Planned| match &line.plan {
            Plan::Step { step, made: Made::Account(account) } => {
                let place = receipt.rejections.binary_search_by_key(step, |one| one.step).ok()?;
                let exists = receipt.rejections[place].reason == Reason::AccountExists;
                exists.then_some(account.id)
            }
            Plan::Step { .. } | Plan::Fault(_) => None,
        };
        let asked: BTreeSet<_> = lines.iter().filter_map(account).collect();
        if asked.is_empty() {
            return Ok(Came { receipt, accounts: BTreeMap::new() });
        }
        let ledger = &self.app.services.ledger;
        let found = ledger.known_accounts(&self.context, self.book, asked).await?;
        let accounts = found.into_iter().map(|account| (account.id, account)).collect();
        Ok(Came { receipt, accounts })
    }

    /// Hands an answer to the connection. False where its reader has gone, or leaves it too long.
    async fn give(&self, answer: Vec<u8>) -> bool {
        if answer.is_empty() {
            return true;
        }
        let stall = Duration::from_millis(self.app.services.limits.reader_stall_ms_max);
        let given = self.to_reader.send(Ok(Bytes::from(answer)));
        match tokio::time::timeout(stall, given).await {
            Ok(given) => given.is_ok(),
            Err(_) => {
                tracing::info!("the reader of a stream's answers does not read");
                self.cut.iter().for_each(Cut::cut);
                false
            }
        }
    }
}

/// How long tables that are behind are waited for: what was decided is decided, and only the
/// answer waits.
#[derive(Default)]
struct Patience {
    waits: u32,
}

impl Patience {
    /// Whether to ask again after a failure.
    fn lasts(&mut self, error: &LedgerError) -> bool {
        self.waits += 1;
        error.kind() == ErrorKind::Stale && self.waits <= STALE_WAITS_MAX
    }
}

/// What ends the reading from outside.
async fn ended(left: Option<Duration>, mut ending: watch::Receiver<bool>) -> IntakeEnd {
    let expired = async move {
        match left {
            Some(left) => tokio::time::sleep(left).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = expired => IntakeEnd::TokenExpired,
        _ = ending.wait_for(|ending| *ending) => IntakeEnd::ShuttingDown,
    }
}

/// Why a stream ends that cannot go on; the log is told what it was.
fn unavailable(error: &impl ToString) -> IntakeEnd {
    let error = error.to_string();
    tracing::error!(error, "a stream of lines broke off");
    IntakeEnd::Unavailable
}
