//! The one writer of an engine: decides in order, commits for many, then answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kernel::{Env, Uuid};
use tokio::sync::mpsc;

use super::engine::{Address, EngineLimits, Look, Message, Sent};
use super::machine::{Archive, Executed, Machine};
use super::projector::Progress;
use super::record::{Record, RecordHeader};
use super::round::{Call, Decided, Round};
use super::shard::{Batch, Shard};
use super::snapshot::{self, Wanted};
use super::store::{Carried, Commit, JournalStore};
use crate::error::StorageError;

/// How often quiet streams are looked at for what is due.
const TICK: Duration = Duration::from_secs(1);
/// The streams that are read into memory at a tick though nobody has asked for them.
const WAKE_MAX: usize = 64;
/// How often others get to run before a commit that fewer wait for than for the last one: some
/// tens of microseconds in all.
const PATIENCE: usize = 64;

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
    /// The calls that the last commit answered.
    answered: usize,
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

impl<M: Machine, S: JournalStore, A: Archive> Writer<M, S, A> {
    pub(super) fn new(
        storage: Arc<Storage<S, A>>,
        env: Env,
        progress: Progress,
        limits: EngineLimits,
        (receiver, snapshots): (mpsc::Receiver<Message<M>>, mpsc::Sender<Wanted>),
    ) -> Self {
        let (shards, asleep, answered) = (BTreeMap::new(), None, 0);
        Self { storage, env, progress, limits, receiver, snapshots, shards, asleep, answered }
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

    /// Decides what is queued, up to the limits, and commits it; then answers those who only look.
    /// False where it was told to stop.
    async fn round(&mut self, first: Message<M>) -> bool {
        let mut round = Round::new(!self.storage.store.carries_together());
        let mut looks = Vec::new();
        let mut next = Some(first);
        let (mut go_on, mut patience) = (true, PATIENCE);
        while let Some(message) = next {
            match message {
                Message::Commands { address, commands, reply } => {
                    let call = Call { address, commands, reply, outcomes: Vec::new() };
                    self.decide(&mut round, call).await;
                }
                // What is decided and not yet committed must not be seen.
                Message::Read { address, read } => looks.push((address, read)),
                Message::Stop => {
                    go_on = false;
                    break;
                }
            }
            let carried_max = self.storage.store.carried_max();
            if round.is_full(&self.limits, carried_max) || looks.len() >= self.limits.batch_max {
                break;
            }
            next = self.next_in_round(round.calls.len(), &mut patience).await;
        }
        self.answered = round.calls.len();
        self.finish(round).await;
        self.show(looks).await;
        go_on
    }

    /// What else is queued. Whoever the last commit answered may be about to send again, so where
    /// there are fewer than that, others get to run first for a moment: one commit for all costs
    /// little more than one for the first of them.
    async fn next_in_round(&mut self, calls: usize, patience: &mut usize) -> Option<Message<M>> {
        loop {
            match self.receiver.try_recv() {
                Ok(message) => return Some(message),
                Err(_) if calls == 0 || calls >= self.answered || *patience == 0 => return None,
                Err(_) => *patience -= 1,
            }
            if self.storage.store.blocks() {
                std::thread::yield_now();
            } else {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Lets callers look at machines as their journals have them.
    async fn show(&mut self, looks: Vec<(Address, Look<M>)>) {
        let mut fresh = BTreeSet::new();
        for (address, look) in looks {
            let shard = if fresh.contains(&address.stream) {
                self.shard(address).await.map(|shard| &*shard)
            } else {
                self.fresh(address).await
            };
            match shard {
                Ok(shard) => {
                    fresh.insert(address.stream);
                    look(Ok(&shard.machine));
                }
                Err(error) => look(Err(error)),
            }
        }
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
        let mut round = Round::new(true);
        for address in streams {
            // It is in memory, and what is due in it goes into its batch.
            let _ = self.open(&mut round, address).await;
        }
        self.finish(round).await;
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

    /// Decides a call's commands in their order.
    async fn decide(&mut self, round: &mut Round<M, S>, mut call: Call<M>) {
        call.outcomes.clear();
        for (index, sent) in call.commands.iter().enumerate() {
            let place = (round.calls.len(), index);
            call.outcomes.push(self.decide_one(round, (call.address, place), sent).await);
        }
        round.commands += call.commands.len();
        round.calls.push(call);
    }

    async fn decide_one(
        &mut self,
        round: &mut Round<M, S>,
        (address, place): (Address, (usize, usize)),
        sent: &Sent<M>,
    ) -> Result<Decided<M::Outcome>, StorageError> {
        self.open(round, address).await?;
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
        let mut outcome = match shard.machine.execute(time, &sent.command, &mut shard.batch.entries)
        {
            Executed::Known(outcome) => return Ok(Decided { outcome, replayed: true }),
            Executed::New(outcome) => outcome,
        };
        let guarded = sent.guarded(&outcome);
        if !guarded.is_empty() {
            round.carried += 1;
            if !round.alone {
                round.together.push(place);
            } else {
                let carried = round.carry(&self.storage.store, address.tenant, &guarded).await;
                if !matches!(carried, Ok(Carried::Done)) {
                    shard.machine.undo_to(mark);
                    shard.batch.entries.truncate(start);
                }
                if let Carried::Refused(refusal) = carried? {
                    let entries = &mut shard.batch.entries;
                    outcome = shard.machine.refuse(time, &sent.command, refusal, entries);
                }
            }
        }
        shard.batch.count += 1;
        round.bytes += shard.batch.entries.len() - start;
        Ok(Decided { outcome, replayed: false })
    }

    /// Takes back what a round decided, and decides it again with each command's rows on their own.
    async fn decide_again(&mut self, round: &mut Round<M, S>) {
        for stream in &round.streams {
            if let Some(shard) = self.shards.get_mut(stream) {
                shard.machine.undo_to(shard.batch.mark);
                shard.batch = Batch::default();
            }
        }
        (round.alone, round.bytes) = (true, 0);
        round.together.clear();
        for call in std::mem::take(&mut round.calls) {
            self.decide(round, call).await;
        }
    }

    /// Commits a round and answers.
    async fn finish(&mut self, mut round: Round<M, S>) {
        let mut carried = round.carry_together(&self.storage.store).await;
        if matches!(carried, Ok(false)) {
            self.decide_again(&mut round).await;
            carried = Ok(true);
        }
        let records = self.seal(&round);
        let outcome = match carried {
            Ok(_) if records.is_empty() => Ok(()),
            Ok(_) => self.commit(&mut round, &records).await,
            Err(error) => Err(error),
        };
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
        for stream in &round.streams {
            if let Some(shard) = self.shards.get_mut(stream) {
                shard.batch = Batch::default();
            }
        }
        for call in round.calls.drain(..) {
            let seq = self.shards.get(&call.address.stream).map_or(0, |shard| shard.seq);
            call.answer(seq, &outcome);
        }
        if let Err(error) = self.make_room(&round.streams).await {
            tracing::warn!(%error, "what may be forgotten is not known");
        }
    }

    /// Lets machines forget what the archive holds.
    async fn make_room(&mut self, streams: &BTreeSet<Uuid>) -> Result<(), StorageError> {
        for stream in streams {
            let Some(shard) = self.shards.get_mut(stream) else { continue };
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
        let mut commit = round.commit(&self.storage.store).await?;
        for (tenant, changes) in round.unguarded() {
            commit.add_rows(tenant, changes).await?;
        }
        match commit.commit(records).await {
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

    fn seal(&self, round: &Round<M, S>) -> Vec<Record> {
        let shards = round.streams.iter().filter_map(|stream| self.shards.get_key_value(stream));
        let busy = shards.filter(|(_, shard)| shard.batch.count > 0);
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
    async fn open(
        &mut self,
        round: &mut Round<M, S>,
        address: Address,
    ) -> Result<(), StorageError> {
        let now = self.env.now();
        let shard = self.shard(address).await?;
        if shard.batch.count == 0 {
            shard.open_batch(now);
            round.streams.insert(address.stream);
        }
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

fn closed() -> StorageError {
    StorageError::Unavailable { text: "the stream was closed".to_owned() }
}
