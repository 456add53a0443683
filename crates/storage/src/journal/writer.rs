//! The one writer of an engine: decides in order, commits for many, then answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Env, TenantId, Uuid};
use tokio::sync::mpsc;

use super::RowChange;
use super::engine::{Address, EngineLimits, Message, Reply, Sent};
use super::machine::{Archive, Committed, Executed, Machine};
use super::projector::Progress;
use super::record::{Record, RecordHeader};
use super::shard::{Batch, Shard};
use super::snapshot::{self, Wanted};
use super::store::{Carried, Commit, JournalStore};
use crate::error::StorageError;

/// How often quiet streams are looked at for what is due.
const TICK: Duration = Duration::from_secs(1);
/// The streams that are read into memory at a tick though nobody has asked for them.
const WAKE_MAX: usize = 64;

pub(super) struct Writer<M: Machine, S: JournalStore, A: Archive> {
    storage: Arc<Storage<S, A>>,
    env: Env,
    progress: Progress,
    limits: EngineLimits,
    receiver: mpsc::Receiver<Message<M>>,
    /// Takes the streams of which a snapshot is wanted.
    snapshots: mpsc::Sender<Wanted>,
    shards: BTreeMap<Uuid, Shard<M>>,
    /// The streams that are not in memory, as far as this is known; nothing before it was asked.
    asleep: Option<Vec<Address>>,
}

/// Where the writer keeps records, and finds the ids that machines forget.
pub(super) struct Storage<S, A> {
    pub store: S,
    pub archive: A,
}

impl<S: JournalStore, A: Archive> Storage<S, A> {
    /// Tells a machine what came of the command with a key, if there was one.
    async fn recall<M: Machine>(
        &self,
        Address { tenant, stream }: Address,
        key: u128,
        machine: &mut M,
    ) -> Result<(), StorageError> {
        let Some(seq) = self.archive.record_of(tenant, stream, key).await? else { return Ok(()) };
        let records = self.store.read(stream, seq.saturating_sub(1), 1).await?;
        let found = records.first().filter(|record| record.seq == seq && record.tenant == tenant);
        let missing = || StorageError::Damaged { text: format!("record {seq} is missing") };
        machine.recall(key, found.ok_or_else(missing)?)
    }
}

/// The answers that wait for the commit: for each call, what came of its commands.
struct Waiting<O> {
    reply: Option<Reply<O>>,
    address: Address,
    outcomes: Vec<Result<Decided<O>, StorageError>>,
}

struct Decided<O> {
    outcome: O,
    replayed: bool,
}

/// One round of the writer.
struct Round<M: Machine, S: JournalStore> {
    commit: Option<S::Commit>,
    waiting: Vec<Waiting<M::Outcome>>,
    unguarded: BTreeMap<TenantId, Vec<RowChange>>,
    commands: usize,
    carried: usize,
    bytes: usize,
}

impl<M: Machine, S: JournalStore, A: Archive> Writer<M, S, A> {
    pub(super) fn new(
        storage: Arc<Storage<S, A>>,
        env: Env,
        progress: Progress,
        limits: EngineLimits,
        (receiver, snapshots): (mpsc::Receiver<Message<M>>, mpsc::Sender<Wanted>),
    ) -> Self {
        let shards = BTreeMap::new();
        Self { storage, env, progress, limits, receiver, snapshots, shards, asleep: None }
    }

    pub(super) async fn run(mut self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let message = tokio::select! {
                // In this order, so that time passes under load too, and a simulation replays.
                biased;
                _ = ticks.tick() => {
                    self.tick().await;
                    continue;
                }
                message = self.receiver.recv() => message,
            };
            match message {
                None | Some(Message::Stop) => return,
                Some(message) => {
                    self.progress.wait_until_below(self.limits.projection_lag_bytes_max).await;
                    if !self.round(message).await {
                        return;
                    }
                }
            }
        }
    }

    /// Decides what is queued, up to the limits, and commits it. False where it was told to stop.
    async fn round(&mut self, first: Message<M>) -> bool {
        let mut round = Round::new();
        let mut next = Some(first);
        let mut go_on = true;
        while let Some(message) = next {
            match message {
                Message::Commands { address, commands, reply } => {
                    self.decide(&mut round, address, commands, Some(reply)).await;
                }
                Message::Read { address, read } => {
                    // What is decided and not yet committed must not be seen.
                    self.finish(&mut round).await;
                    match self.fresh(address).await {
                        Ok(shard) => read(Ok(&shard.machine)),
                        Err(error) => read(Err(error)),
                    }
                }
                Message::Stop => {
                    go_on = false;
                    break;
                }
            }
            if round.is_full(&self.limits, self.storage.store.carried_max()) {
                break;
            }
            next = self.receiver.try_recv().ok();
        }
        self.finish(&mut round).await;
        go_on
    }

    /// Lets time pass in the streams where it changes something.
    async fn tick(&mut self) {
        if let Err(error) = self.wake().await {
            tracing::warn!(%error, "a stream that nobody asked for could not be read");
        }
        let now = self.env.now();
        let due = |shard: &Shard<M>| shard.machine.due().is_some_and(|due| due <= now);
        let streams: Vec<Address> = self
            .shards
            .iter()
            .filter(|(_, shard)| due(shard))
            .map(|(stream, shard)| Address { stream: *stream, tenant: shard.tenant })
            .collect();
        for address in streams {
            // It is in memory, and what is due in it goes into its batch.
            let _ = self.open(address).await;
        }
        self.finish(&mut Round::new()).await;
    }

    /// Reads some of the streams that nobody has asked for since the start, or since they were
    /// given up: time passes in them too.
    async fn wake(&mut self) -> Result<(), StorageError> {
        if self.asleep.is_none() {
            let streams = self.storage.store.streams().await?.into_iter();
            let address = |(stream, tenant)| Address { stream, tenant };
            self.asleep = Some(streams.map(address).collect());
        }
        for _ in 0..WAKE_MAX {
            let Some(address) = self.asleep.as_mut().and_then(Vec::pop) else { return Ok(()) };
            match self.shard(address).await {
                // What is damaged stays so; whoever asks for it is told.
                Ok(_) | Err(StorageError::Damaged { .. }) => {}
                Err(error) => {
                    self.sleep(address);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Notes that a stream is not in memory.
    fn sleep(&mut self, address: Address) {
        if let Some(asleep) = &mut self.asleep {
            asleep.push(address);
        }
    }

    async fn decide(
        &mut self,
        round: &mut Round<M, S>,
        address: Address,
        commands: Vec<Sent<M>>,
        reply: Option<Reply<M::Outcome>>,
    ) {
        let mut outcomes = Vec::with_capacity(commands.len());
        for sent in commands {
            round.commands += 1;
            outcomes.push(self.decide_one(round, address, sent).await);
        }
        round.waiting.push(Waiting { reply, address, outcomes });
    }

    async fn decide_one(
        &mut self,
        round: &mut Round<M, S>,
        address: Address,
        sent: Sent<M>,
    ) -> Result<Decided<M::Outcome>, StorageError> {
        self.open(address).await?;
        let Some(shard) = self.shards.get_mut(&address.stream) else { return Err(closed()) };
        if let Some(key) = shard.machine.unsure_key(&sent.command) {
            self.storage.recall(address, key, &mut shard.machine).await?;
        }
        let unsure = shard.machine.unsure(&sent.command);
        if !unsure.is_empty() {
            let Address { tenant, stream } = address;
            shard.machine.learn(self.storage.archive.used(tenant, stream, unsure).await?);
        }
        let time = shard.batch.time;
        let (mark, start) = (shard.machine.mark(), shard.batch.entries.len());
        let outcome = match shard.machine.execute(time, &sent.command, &mut shard.batch.entries) {
            Executed::Known(outcome) => return Ok(Decided { outcome, replayed: true }),
            Executed::New(outcome) => outcome,
        };
        // A row of a step that was rejected is not changed, guarded or not.
        let goes = |change: &RowChange| change.step.is_none_or(|step| M::did(&outcome, step));
        let (guarded, unguarded): (Vec<_>, Vec<_>) =
            sent.rows.into_iter().filter(goes).partition(|change| change.rows.is_some());
        let mut outcome = outcome;
        if M::accepted(&outcome) && !guarded.is_empty() {
            let carried = Self::carry(&self.storage.store, round, address.tenant, &guarded).await;
            if !matches!(carried, Ok(Carried::Done)) {
                shard.machine.undo_to(mark);
                shard.batch.entries.truncate(start);
            }
            if let Carried::Refused(refusal) = carried? {
                let entries = &mut shard.batch.entries;
                outcome = shard.machine.refuse(time, &sent.command, refusal, entries);
            }
        }
        if M::accepted(&outcome) && !unguarded.is_empty() {
            round.unguarded.entry(address.tenant).or_default().extend(unguarded);
        }
        shard.batch.count += 1;
        round.bytes += shard.batch.entries.len() - start;
        Ok(Decided { outcome, replayed: false })
    }

    async fn carry(
        store: &S,
        round: &mut Round<M, S>,
        tenant: TenantId,
        changes: &[RowChange],
    ) -> Result<Carried, StorageError> {
        round.carried += 1;
        let mut commit = match round.commit.take() {
            Some(commit) => commit,
            None => store.begin().await?,
        };
        let outcome = commit.carry(tenant, changes).await;
        round.commit = Some(commit);
        outcome
    }

    /// Commits the round and answers; afterwards it is empty.
    async fn finish(&mut self, round: &mut Round<M, S>) {
        let records = self.seal();
        let outcome = if records.is_empty() { Ok(()) } else { self.commit(round, &records).await };
        match &outcome {
            Ok(()) => {
                for record in &records {
                    if let Some(shard) = self.shards.get_mut(&record.stream) {
                        shard.settle(record);
                        self.progress.committed(record);
                        if shard.wants_snapshot(self.limits.snapshot_tail_bytes_min) {
                            shard.ask_for_snapshot(record.stream, &self.snapshots);
                        }
                    }
                }
            }
            Err(error) => {
                tracing::error!(%error, records = records.len(), "the journal was not written");
                for record in &records {
                    self.abandon(record.stream, error);
                }
            }
        }
        for waiting in round.waiting.drain(..) {
            let seq = self.shards.get(&waiting.address.stream).map_or(0, |shard| shard.seq);
            let answer = waiting.outcomes.into_iter().map(|decided| {
                let Decided { outcome: came, replayed } = decided?;
                outcome.as_ref().map_err(again)?;
                Ok(Committed { outcome: came, seq, replayed })
            });
            if let Some(reply) = waiting.reply {
                // The caller may have gone; what was decided stays decided.
                let _ = reply.send(answer.collect());
            }
        }
        for shard in self.shards.values_mut() {
            shard.batch = Batch::default();
        }
        *round = Round::new();
        if let Err(error) = self.make_room().await {
            tracing::warn!(%error, "what may be forgotten is not known");
        }
    }

    /// Lets machines forget what the archive holds.
    async fn make_room(&mut self) -> Result<(), StorageError> {
        for (stream, shard) in &mut self.shards {
            if shard.machine.is_crowded() {
                let archived = self.storage.archive.archived(shard.tenant, *stream).await?;
                shard.machine.forget(archived);
            }
        }
        Ok(())
    }

    async fn commit(
        &mut self,
        round: &mut Round<M, S>,
        records: &[Record],
    ) -> Result<(), StorageError> {
        let mut commit = match round.commit.take() {
            Some(commit) => commit,
            None => self.storage.store.begin().await?,
        };
        for (tenant, changes) in std::mem::take(&mut round.unguarded) {
            commit.add_rows(tenant, changes).await?;
        }
        commit.append(records).await?;
        match commit.commit().await {
            Err(StorageError::UnknownOutcome { text }) => {
                Self::resolve(&self.storage.store, records, text).await
            }
            outcome => outcome,
        }
    }

    /// Learns from the journal whether a commit whose answer was lost took place. One that is not
    /// there may still be on its way: nobody may be told that it was not done.
    async fn resolve(store: &S, records: &[Record], text: String) -> Result<(), StorageError> {
        let Some(record) = records.first() else { return Ok(()) };
        match store.hash_of(record.stream, record.seq).await {
            Ok(Some(hash)) if hash == record.hash => Ok(()),
            _ => Err(StorageError::UnknownOutcome { text }),
        }
    }

    /// Takes a stream's round back. Where the end of its journal is not known for certain, the
    /// machine is given up too, and read again from the journal when it is needed.
    fn abandon(&mut self, stream: Uuid, error: &StorageError) {
        let unsure =
            matches!(error, StorageError::UnknownOutcome { .. } | StorageError::Duplicate { .. });
        if unsure && let Some(shard) = self.shards.remove(&stream) {
            self.sleep(Address { stream, tenant: shard.tenant });
        } else if let Some(shard) = self.shards.get_mut(&stream) {
            shard.machine.undo_to(shard.batch.mark);
        }
    }

    fn seal(&self) -> Vec<Record> {
        let busy = self.shards.iter().filter(|(_, shard)| shard.batch.count > 0);
        busy.map(|(stream, shard)| {
            let header = RecordHeader {
                codec: M::CODEC,
                stream: *stream,
                seq: shard.seq + 1,
                previous: shard.hash,
                time: shard.batch.time,
                first_number: shard.batch.first_number,
                count: shard.batch.count,
                tenant: shard.tenant,
            };
            Record::seal(&header, &shard.batch.entries)
        })
        .collect()
    }

    /// The shard of a stream, recovered from its journal where it is not in memory.
    async fn shard(&mut self, address: Address) -> Result<&mut Shard<M>, StorageError> {
        let Address { stream, tenant } = address;
        if !self.shards.contains_key(&stream) {
            let mut shard: Shard<M> = snapshot::load(&self.storage.store, address).await?;
            let archived = self.storage.archive.archived(tenant, stream).await?;
            shard.catch_up(&self.storage.store, stream, archived).await?;
            self.progress.found(stream, tenant, shard.seq);
            self.shards.insert(stream, shard);
        }
        match self.shards.get_mut(&stream) {
            Some(shard) if shard.tenant == tenant => Ok(shard),
            _ => Err(StorageError::Damaged { text: "the stream is another tenant's".to_owned() }),
        }
    }

    /// Opens a stream's batch, to which commands may then be added.
    async fn open(&mut self, address: Address) -> Result<(), StorageError> {
        let now = self.env.now();
        self.shard(address).await?.open_batch(now);
        Ok(())
    }

    /// The shard of a stream as its journal has it: another process may have gone on with it.
    async fn fresh(&mut self, address: Address) -> Result<&Shard<M>, StorageError> {
        self.shard(address).await?;
        let Address { stream, tenant } = address;
        let Some(mut shard) = self.shards.remove(&stream) else { return Err(closed()) };
        // Where this fails, what is in memory is given up, and read again when it is needed.
        if let Err(error) = shard.catch_up(&self.storage.store, stream, 0).await {
            self.sleep(address);
            return Err(error);
        }
        self.progress.found(stream, tenant, shard.seq);
        Ok(self.shards.entry(stream).or_insert(shard))
    }
}

impl<M: Machine, S: JournalStore> Round<M, S> {
    const fn new() -> Self {
        Self {
            commit: None,
            waiting: Vec::new(),
            unguarded: BTreeMap::new(),
            commands: 0,
            carried: 0,
            bytes: 0,
        }
    }

    const fn is_full(&self, limits: &EngineLimits, carried_max: usize) -> bool {
        self.commands >= limits.batch_max
            || self.bytes >= limits.batch_bytes_max
            || self.carried >= carried_max
    }
}

fn closed() -> StorageError {
    StorageError::Unavailable { text: "the stream was closed".to_owned() }
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
