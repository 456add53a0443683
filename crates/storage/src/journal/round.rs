//! One round of the writer: the calls that share a commit, and the commit.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{TenantId, Uuid};

use super::RowChange;
use super::engine::{Address, EngineLimits, Reply, Sent};
use super::machine::{Committed, Machine};
use super::store::{Carried, Commit, JournalStore};
use crate::error::StorageError;

/// A call whose commands are decided, and which is answered once that is durable.
pub(super) struct Call<M: Machine> {
    pub address: Address,
    pub commands: Vec<Sent<M>>,
    pub reply: Reply<M::Outcome>,
    /// What came of each command.
    pub outcomes: Vec<Result<Decided<M::Outcome>, StorageError>>,
}

/// What came of a command, if the round is committed.
pub(super) struct Decided<O> {
    pub outcome: O,
    pub replayed: bool,
}

/// Calls that share a commit.
pub(super) struct Round<M: Machine, S: JournalStore> {
    commit: Option<S::Commit>,
    pub calls: Vec<Call<M>>,
    /// The streams whose batches are open.
    pub streams: BTreeSet<Uuid>,
    /// Whether the rows of each command are changed when it is decided. Otherwise each is taken to
    /// go, and all are changed together in the end.
    pub alone: bool,
    /// The commands whose rows are to be changed: call and command.
    pub together: Vec<(usize, usize)>,
    pub commands: usize,
    pub carried: usize,
    pub bytes: usize,
}

impl<M: Machine, S: JournalStore> Round<M, S> {
    pub(super) const fn new(alone: bool) -> Self {
        Self {
            commit: None,
            calls: Vec::new(),
            streams: BTreeSet::new(),
            alone,
            together: Vec::new(),
            commands: 0,
            carried: 0,
            bytes: 0,
        }
    }

    pub(super) const fn is_full(&self, limits: &EngineLimits, carried_max: usize) -> bool {
        self.commands >= limits.batch_max
            || self.bytes >= limits.batch_bytes_max
            || self.carried >= carried_max
    }

    /// The commit under way, or a new one.
    pub(super) async fn commit(&mut self, store: &S) -> Result<S::Commit, StorageError> {
        match self.commit.take() {
            Some(commit) => Ok(commit),
            None => store.begin().await,
        }
    }

    /// Changes a command's rows.
    pub(super) async fn carry(
        &mut self,
        store: &S,
        tenant: TenantId,
        changes: &[RowChange],
    ) -> Result<Carried, StorageError> {
        let mut commit = self.commit(store).await?;
        let outcome = commit.carry(tenant, changes).await;
        self.commit = Some(commit);
        outcome
    }

    /// Changes the rows of all commands that were taken to go; false where not all of them do, and
    /// none is changed.
    pub(super) async fn carry_together(&mut self, store: &S) -> Result<bool, StorageError> {
        let mut changes = Vec::with_capacity(self.together.len());
        for (call, command) in self.together.drain(..) {
            let Call { address, commands, outcomes, .. } = &self.calls[call];
            if let Ok(decided) = &outcomes[command] {
                changes.push((address.tenant, commands[command].guarded(&decided.outcome)));
            }
        }
        if changes.is_empty() {
            return Ok(true);
        }
        self.commit = self.commit(store).await?.carry_together(&changes).await?;
        Ok(self.commit.is_some())
    }

    /// The rows that are added beside what was decided, and decide nothing.
    pub(super) fn unguarded(&mut self) -> BTreeMap<TenantId, Vec<RowChange>> {
        let mut rows: BTreeMap<TenantId, Vec<RowChange>> = BTreeMap::new();
        for call in &mut self.calls {
            for (sent, outcome) in call.commands.iter_mut().zip(&call.outcomes) {
                let Ok(Decided { outcome, replayed: false }) = outcome else { continue };
                if sent.rows.is_empty() || !M::accepted(outcome) {
                    continue;
                }
                let added = std::mem::take(&mut sent.rows).into_iter();
                let added = added.filter(|row| row.rows.is_none() && row.goes::<M>(outcome));
                rows.entry(call.address.tenant).or_default().extend(added);
            }
        }
        rows
    }
}

impl<M: Machine> Call<M> {
    /// Tells the caller what came of the commands, where their stream's journal now ends at `seq`.
    pub(super) fn answer(self, seq: u64, committed: &Result<(), StorageError>) {
        let answer = self.outcomes.into_iter().map(|decided| {
            let Decided { outcome, replayed } = decided?;
            committed.as_ref().map_err(again)?;
            Ok(Committed { outcome, seq, replayed })
        });
        // The caller may have gone; what was decided stays decided.
        let _ = self.reply.send(answer.collect());
    }
}

impl<M: Machine> Sent<M> {
    /// The rows that must be as the command says, where this came of it.
    pub(super) fn guarded(&self, outcome: &M::Outcome) -> Vec<RowChange> {
        if self.rows.is_empty() || !M::accepted(outcome) {
            return Vec::new();
        }
        let guarded = |row: &&RowChange| row.rows.is_some() && row.goes::<M>(outcome);
        self.rows.iter().filter(guarded).cloned().collect()
    }
}

impl RowChange {
    /// Whether it is to be done: a row of a step that was rejected is not, guarded or not.
    fn goes<M: Machine>(&self, outcome: &M::Outcome) -> bool {
        self.step.is_none_or(|step| M::did(outcome, step))
    }
}

/// The same error for another caller of the batch.
fn again(error: &StorageError) -> StorageError {
    match error {
        StorageError::UnknownOutcome { text } => {
            StorageError::UnknownOutcome { text: text.clone() }
        }
        other => StorageError::Unavailable { text: format!("the batch failed: {other}") },
    }
}
