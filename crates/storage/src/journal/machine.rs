//! What an engine must be able to do for its journal to be kept.

use std::future::Future;

use kernel::{TenantId, Timestamp, Uuid};

use super::record::{ByteReader, Record};
use crate::error::StorageError;

/// A deterministic state machine. It has no clock, no randomness, no input or output: time and ids
/// come with the command, so that the same commands give the same bytes on every machine.
pub trait Machine: Send + 'static {
    /// What callers send.
    type Command: Send + Sync + 'static;
    /// What they get.
    type Outcome: Clone + Send + 'static;

    /// The version of the entries that [`Machine::execute`] writes.
    const CODEC: u16;
    /// The version of [`Machine::parts`]; 0 where a machine is always read from its whole journal.
    const STATE: u16 = 0;

    /// The machine of a stream before its first command.
    fn empty(stream: Uuid) -> Self;

    /// Decides a command, applies what it decided, and writes both to `out`. A rejected command
    /// changes nothing but the memory of its key; what is [`Executed::Known`] changes and writes
    /// nothing.
    fn execute(
        &mut self,
        time: Timestamp,
        command: &Self::Command,
        out: &mut Vec<u8>,
    ) -> Executed<Self::Outcome>;

    /// Rejects a command, which was decided and then undone, because of its carried rows, and
    /// writes that to `out`.
    fn refuse(
        &mut self,
        time: Timestamp,
        command: &Self::Command,
        refusal: Refusal,
        out: &mut Vec<u8>,
    ) -> Self::Outcome;

    /// Reads what was written and applies it, without deciding again. Recovery is only this.
    fn replay(&mut self, time: Timestamp, entry: &mut ByteReader<'_>) -> Result<(), StorageError>;

    /// Its whole state, as parts of about a megabyte; the same state gives the same bytes.
    fn parts(&self) -> impl Iterator<Item = Vec<u8>> + Send {
        std::iter::empty()
    }

    /// Takes the next part of a state into a machine that was empty before the first.
    fn restore(&mut self, _part: &[u8]) -> Result<(), StorageError> {
        Ok(())
    }

    /// Whether the command did what it said.
    fn accepted(outcome: &Self::Outcome) -> bool;

    /// Whether it did one of its steps, where each stands on its own.
    fn did(outcome: &Self::Outcome, step: u32) -> bool;

    /// Ids in a command of which the machine has forgotten whether they were used, so that only an
    /// [`Archive`] knows; asked before the command is executed.
    fn unsure(&self, _command: &Self::Command) -> Vec<u128> {
        Vec::new()
    }

    /// Takes the archive's answer: those of the ids that were used.
    fn learn(&mut self, _used: Vec<u128>) {}

    /// The key of a command where the machine has perhaps forgotten what came of it, so that only
    /// an [`Archive`] knows; asked before the command is executed.
    fn unsure_key(&self, _command: &Self::Command) -> Option<u128> {
        None
    }

    /// Takes the record in which the command with a key stands.
    ///
    /// # Errors
    /// Where it does not stand there.
    fn recall(&mut self, _key: u128, _record: &Record) -> Result<(), StorageError> {
        Ok(())
    }

    /// Whether it should be told what it may forget.
    fn is_crowded(&self) -> bool {
        false
    }

    /// Forgets the ids of what has a number up to this one, and the keys of commands before it: the
    /// archive holds them.
    fn forget(&mut self, _archived: u64) {}

    /// A point to which [`Machine::undo_to`] can return.
    fn mark(&self) -> usize;

    /// Takes back everything after a mark.
    fn undo_to(&mut self, mark: usize);

    /// Forgets how to take anything back: it is committed.
    fn settle(&mut self);

    /// The number that the next numbered thing (a transfer) gets.
    fn next_number(&self) -> u64;

    /// When time alone will change something, if it will.
    fn due(&self) -> Option<Timestamp>;

    /// The command by which time passes.
    fn tick() -> Self::Command;
}

/// Holds the ids and keys that machines forget.
pub trait Archive: Send + Sync + 'static {
    /// Which of these ids were used in a stream.
    fn used(
        &self,
        tenant: TenantId,
        stream: Uuid,
        ids: Vec<u128>,
    ) -> impl Future<Output = Result<Vec<u128>, StorageError>> + Send;

    /// The number of the record in which the command with a key stands, if there is one.
    fn record_of(
        &self,
        tenant: TenantId,
        stream: Uuid,
        key: u128,
    ) -> impl Future<Output = Result<Option<u64>, StorageError>> + Send;

    /// The last number up to which it holds a stream's.
    fn archived(
        &self,
        tenant: TenantId,
        stream: Uuid,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// For machines that forget nothing.
pub struct NoArchive;

impl Archive for NoArchive {
    async fn used(&self, _: TenantId, _: Uuid, _: Vec<u128>) -> Result<Vec<u128>, StorageError> {
        Ok(Vec::new())
    }

    async fn record_of(&self, _: TenantId, _: Uuid, _: u128) -> Result<Option<u64>, StorageError> {
        Ok(None)
    }

    async fn archived(&self, _: TenantId, _: Uuid) -> Result<u64, StorageError> {
        Ok(0)
    }
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Executed<O> {
    /// It was decided now.
    New(O),
    /// It was decided before, under the same key; this is what came of it then.
    Known(O),
}

/// Why carried rows refused a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which of the command's row changes.
    pub change: u16,
    /// Whether a row with its key was there already, rather than a guard that did not hold.
    pub duplicate: bool,
}

/// An outcome that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed<O> {
    /// What came of the command.
    pub outcome: O,
    /// The record of the stream that holds it, or a later one.
    pub seq: u64,
    /// Whether it was decided by an earlier call with the same key.
    pub replayed: bool,
}
