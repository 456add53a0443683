//! The callers' side of an engine: a bounded queue to its writer.

use std::sync::Arc;

use kernel::{TenantId, Uuid};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::RowChange;
use super::machine::{Archive, Committed, Machine, NoArchive};
use super::projector::Progress;
use super::snapshot;
use super::store::JournalStore;
use super::writer::{Storage, Writer};
use crate::error::StorageError;

const STOPPED: &str = "the engine has stopped";

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct EngineLimits {
    /// Commands that wait for the writer; more wait outside.
    pub queue_max: usize,
    /// Commands in one commit.
    pub batch_max: usize,
    /// Bytes of entries in one commit, after which no further command is taken into it.
    pub batch_bytes_max: usize,
    /// Bytes of records that may be committed and not yet projected before callers are slowed.
    pub projection_lag_bytes_max: u64,
    /// Bytes of a stream's records after which a snapshot of it is made.
    pub snapshot_tail_bytes_min: u64,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            queue_max: 16_384,
            batch_max: 8_190,
            batch_bytes_max: 512 * 1024,
            projection_lag_bytes_max: 64 * 1024 * 1024,
            snapshot_tail_bytes_min: 64 * 1024 * 1024,
        }
    }
}

/// A handle to an engine; clones share it.
pub struct Engine<M: Machine> {
    sender: mpsc::Sender<Message<M>>,
}

impl<M: Machine> Clone for Engine<M> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

/// Whose machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub stream: Uuid,
    pub tenant: TenantId,
}

/// What looks at a machine, or learns why there is none to look at.
pub(super) type Look<M> = Box<dyn FnOnce(Result<&M, StorageError>) + Send>;

pub(super) enum Message<M: Machine> {
    Commands { address: Address, commands: Vec<Sent<M>>, reply: Reply<M::Outcome> },
    Read { address: Address, read: Look<M> },
    Stop,
}

/// A command with the rows it carries.
pub(super) struct Sent<M: Machine> {
    pub command: M::Command,
    pub rows: Vec<RowChange>,
}

/// What came of each of a call's commands, in their order.
pub type Outcomes<O> = Vec<Result<Committed<O>, StorageError>>;

pub(super) type Reply<O> = oneshot::Sender<Outcomes<O>>;

/// A command that stands in the writer's queue, behind those that were submitted before it.
pub struct Submitted<O> {
    answer: oneshot::Receiver<Outcomes<O>>,
}

impl<O> Submitted<O> {
    /// What came of it, once that is durable.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub async fn outcome(self) -> Result<Committed<O>, StorageError> {
        self.outcomes().await?.into_iter().next().unwrap_or_else(|| Err(stopped()))
    }

    async fn outcomes(self) -> Result<Outcomes<O>, StorageError> {
        // A writer that ends in the middle of a commit does not say what came of it.
        let unknown = |_| StorageError::UnknownOutcome { text: STOPPED.to_owned() };
        self.answer.await.map_err(unknown)
    }
}

impl<M: Machine> Engine<M> {
    /// Starts the writer. The task ends when it is stopped or every handle is gone.
    pub fn start<S: JournalStore>(
        store: S,
        env: kernel::Env,
        progress: Progress,
        limits: EngineLimits,
    ) -> (Self, JoinHandle<()>) {
        Self::start_with(store, NoArchive, env, progress, limits)
    }

    /// Starts the writer with an archive of the ids that machines forget.
    pub fn start_with<S: JournalStore, A: Archive>(
        store: S,
        archive: A,
        env: kernel::Env,
        progress: Progress,
        limits: EngineLimits,
    ) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(limits.queue_max);
        let (snapshots, wanted) = mpsc::channel(1);
        let blocks = store.blocks();
        let storage = Arc::new(Storage { store, archive });
        let maker = snapshot::make_on_demand::<M, S, A>(Arc::clone(&storage), wanted);
        let maker = spawn(blocks, maker);
        let writer = Writer::new(storage, env, progress, limits, (receiver, snapshots));
        let task = spawn(blocks, async move {
            writer.run().await;
            // One that panicked has already said so.
            let _ = maker.await;
        });
        (Self { sender }, task)
    }

    /// Decides a command; returns when its outcome and its rows are durable.
    ///
    /// # Errors
    /// Where it could not be decided or committed. A command that was decided against is no error
    /// here: its outcome says so. After [`StorageError::UnknownOutcome`] it may be done, now or
    /// later; after any other error it is not, and will not be.
    pub async fn execute(
        &self,
        tenant: TenantId,
        stream: Uuid,
        command: M::Command,
        rows: Vec<RowChange>,
    ) -> Result<Committed<M::Outcome>, StorageError> {
        self.submit(tenant, stream, command, rows).await?.outcome().await
    }

    /// Hands a command to the writer and returns when it stands in the queue: of two that one
    /// caller submits, the first is decided first. What came of it is asked of what this returns;
    /// the command is decided whether anybody asks or not.
    ///
    /// # Errors
    /// Where the writer has stopped; then it is not decided.
    pub async fn submit(
        &self,
        tenant: TenantId,
        stream: Uuid,
        command: M::Command,
        rows: Vec<RowChange>,
    ) -> Result<Submitted<M::Outcome>, StorageError> {
        self.send(tenant, stream, vec![Sent { command, rows }]).await
    }

    /// Decides many commands, each on its own, in order; their outcomes in the same order.
    pub async fn execute_many(
        &self,
        tenant: TenantId,
        stream: Uuid,
        commands: Vec<M::Command>,
    ) -> Result<Outcomes<M::Outcome>, StorageError> {
        let sent = commands.into_iter().map(|command| Sent { command, rows: Vec::new() });
        self.send(tenant, stream, sent.collect()).await?.outcomes().await
    }

    async fn send(
        &self,
        tenant: TenantId,
        stream: Uuid,
        commands: Vec<Sent<M>>,
    ) -> Result<Submitted<M::Outcome>, StorageError> {
        let (reply, answer) = oneshot::channel();
        let message = Message::Commands { address: Address { stream, tenant }, commands, reply };
        self.sender.send(message).await.map_err(|_| stopped())?;
        Ok(Submitted { answer })
    }

    /// Looks at a machine as it stands after the last commit.
    pub async fn read<T: Send + 'static>(
        &self,
        tenant: TenantId,
        stream: Uuid,
        look: impl FnOnce(&M) -> T + Send + 'static,
    ) -> Result<T, StorageError> {
        let (reply, answer) = oneshot::channel();
        let read = Box::new(move |machine: Result<&M, StorageError>| {
            // The caller may have gone; then nobody wants the answer.
            let _ = reply.send(machine.map(look));
        });
        let message = Message::Read { address: Address { stream, tenant }, read };
        self.sender.send(message).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Lets the writer finish what is queued, and end.
    pub async fn stop(&self) {
        let _ = self.sender.send(Message::Stop).await;
    }
}

/// Starts a task, on a thread of its own where it blocks.
fn spawn(blocks: bool, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    if blocks { tokio::task::spawn_blocking(|| super::block_on(task)) } else { tokio::spawn(task) }
}

fn stopped() -> StorageError {
    StorageError::Unavailable { text: STOPPED.to_owned() }
}
