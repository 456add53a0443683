//! The simulated database server: a log on a simulated disk, what it adds up to in memory, the
//! locks of transactions, and projected tables whose commits are not flushed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::{TenantId, Uuid};
use storage::StorageError;
use storage::journal::{ByteReader, Record};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::disk::Disk;
use crate::frame::Frame;
use crate::rows::{RowKey, RowWrite};
use crate::sim::Sim;
use crate::snapshots::Snapshots;

/// How long a broken or restarting server stays away at most.
const RESTART_MS_MAX: u64 = 2_000;
/// How long a transaction waits for what another one holds, as the real store has it.
pub const LOCK_MS_MAX: u64 = 5;
/// How long a transaction may stand still, as the real store has it.
const IDLE_MS_MAX: u64 = 2_000;
/// How long a slow flush takes at most.
const SLOW_FLUSH_MS_MAX: u64 = 4_000;

/// A server that several nodes use.
pub struct Server {
    pub sim: Sim,
    /// Whether commits are flushed before they are acknowledged. A simulation that turns this off
    /// must fail.
    flushes: bool,
    state: Mutex<State>,
    /// One commit is written at a time.
    turn: tokio::sync::Mutex<()>,
}

/// What the server knows; everything but the disk and the tables is gone with the power.
#[derive(Default)]
pub struct State {
    disk: Disk,
    pub up: bool,
    /// Counts losses of power: what began under another one has ended.
    pub generation: u64,
    pub frames: Vec<Frame>,
    pub rows: BTreeMap<RowKey, i64>,
    pub journal: BTreeMap<Uuid, Vec<Record>>,
    /// Rows and places in streams that a transaction holds until it ends.
    pub row_locks: BTreeMap<RowKey, u64>,
    pub claims: BTreeMap<(Uuid, u64), u64>,
    transactions: u64,
    /// The open transactions, and until when each may stand still.
    open: BTreeMap<u64, Instant>,
    end: usize,
    last_hash: [u8; 32],
    pub tables: Tables,
    pub snapshots: Snapshots,
    /// How far each stream was projected before any loss of power.
    pub projected_before: BTreeMap<Uuid, u64>,
    /// The states of the tables since they were last flushed.
    unflushed: Vec<Tables>,
}

/// The projected tables: for each stream, the records that are in them.
pub type Tables = BTreeMap<Uuid, Projected>;

/// What is projected of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projected {
    pub records: Vec<[u8; 32]>,
}

/// A transaction that is handed over to be committed.
pub struct Handed {
    pub transaction: u64,
    pub generation: u64,
    pub frame: Frame,
}

impl Server {
    pub fn new(sim: Sim, flushes: bool) -> Arc<Self> {
        let state = Mutex::new(State { up: true, ..State::default() });
        Arc::new(Self { sim, flushes, state, turn: tokio::sync::Mutex::default() })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits what was handed over. Where power is lost meanwhile, nobody is answered.
    pub async fn commit(
        self: Arc<Self>,
        handed: Handed,
        answer: oneshot::Sender<Result<(), StorageError>>,
    ) {
        let _turn = self.turn.lock().await;
        self.sim.pause(2).await;
        let outcome = self.write(&handed).await;
        let mut state = self.state();
        if state.generation == handed.generation {
            state.release(handed.transaction);
            // The caller may have gone.
            let _ = answer.send(outcome);
        }
    }

    async fn write(self: &Arc<Self>, handed: &Handed) -> Result<(), StorageError> {
        let unknown = |text: &str| StorageError::UnknownOutcome { text: text.to_owned() };
        let hash = {
            let mut state = self.state();
            if state.generation != handed.generation {
                return Err(unknown("power was lost"));
            }
            let (bytes, hash) = handed.frame.encode(&state.last_hash);
            let end = state.end;
            if state.disk.write(&self.sim, end, &bytes).is_err() {
                // What was written is written over by the next commit, unless power is lost first.
                self.sim.note(|| "server: a write failed".to_owned());
                return Err(unknown("a write failed"));
            }
            hash
        };
        if self.flushes {
            let slow = self.sim.hits(|faults| faults.slow_flush);
            self.sim.pause(if slow { SLOW_FLUSH_MS_MAX } else { 3 }).await;
            let mut state = self.state();
            if state.generation != handed.generation {
                return Err(unknown("power was lost"));
            }
            if state.disk.flush(&self.sim).is_err() {
                drop(state);
                self.sim.note(|| "server: a flush failed".to_owned());
                self.lose_power();
                return Err(unknown("a flush failed"));
            }
        }
        let mut state = self.state();
        let size = handed.frame.encode(&state.last_hash).0.len();
        state.apply(handed.frame.clone(), hash, size);
        let frames = state.frames.len();
        self.sim.note(|| format!("server: commit {frames}, {} rows", handed.frame.rows.len()));
        Ok(())
    }

    /// Everything in memory is gone; after a while the server reads its disk.
    pub fn lose_power(self: &Arc<Self>) {
        let mut state = self.state();
        if !state.up {
            return;
        }
        self.sim.note(|| "server: power is lost".to_owned());
        state.disk.lose_power(&self.sim);
        // The tables are kept as they were at some time since they were flushed.
        let mut projected_before = std::mem::take(&mut state.projected_before);
        for (stream, table) in &state.tables {
            let before = projected_before.entry(*stream).or_default();
            *before = (*before).max(table.records.len() as u64);
        }
        if !state.unflushed.is_empty() {
            let kept = self.sim.index(state.unflushed.len());
            state.tables = state.unflushed[kept].clone();
            state.unflushed.clear();
        }
        let (disk, tables) = (std::mem::take(&mut state.disk), std::mem::take(&mut state.tables));
        let mut snapshots = std::mem::take(&mut state.snapshots);
        snapshots.lose_power(&self.sim);
        let (generation, transactions) = (state.generation + 1, state.transactions);
        let fresh = State { generation, transactions, projected_before, ..State::default() };
        *state = State { disk, tables, snapshots, ..fresh };
        drop(state);
        tokio::spawn(Arc::clone(self).restart());
    }

    async fn restart(self: Arc<Self>) {
        loop {
            self.sim.pause(RESTART_MS_MAX).await;
            let mut state = self.state();
            if state.recover(&self.sim).is_ok() {
                let frames = state.frames.len();
                self.sim.note(|| format!("server: is back with {frames} commits"));
                return;
            }
            self.sim.note(|| "server: the log could not be read".to_owned());
        }
    }

    /// Whether there is a server to speak to.
    pub fn check_up(&self) -> Result<u64, StorageError> {
        let state = self.state();
        let down = || StorageError::Unavailable { text: "the server is down".to_owned() };
        if state.up { Ok(state.generation) } else { Err(down()) }
    }

    /// Begins a transaction: its number, and the generation that it lives in.
    pub fn begin(&self) -> Result<(u64, u64), StorageError> {
        let generation = self.check_up()?;
        let mut state = self.state();
        state.transactions += 1;
        let transaction = state.transactions;
        state.open.insert(transaction, idle_until());
        Ok((transaction, generation))
    }

    /// Hears from a transaction, if it is still open.
    pub fn hear(&self, transaction: u64) -> Result<(), StorageError> {
        let ended = || StorageError::Unavailable { text: "the transaction was ended".to_owned() };
        let mut state = self.state();
        *state.open.get_mut(&transaction).ok_or_else(ended)? = idle_until();
        Ok(())
    }

    /// Claims the places that records want in their streams, as a unique index does: one that
    /// another transaction wants too is waited for, not for long.
    pub async fn claim(&self, transaction: u64, records: &[Record]) -> Result<(), StorageError> {
        let wanted: BTreeSet<_> =
            records.iter().map(|record| (record.stream, record.seq)).collect();
        for _ in 0..=LOCK_MS_MAX {
            self.check_up()?;
            {
                let mut state = self.state();
                state.end_idle();
                if wanted.iter().any(|place| state.holds(*place)) {
                    let (place, constraint) = ("journal".to_owned(), "journal_pkey".to_owned());
                    return Err(StorageError::Duplicate { place, constraint });
                }
                let free = |place| state.claims.get(place).is_none_or(|by| *by == transaction);
                if wanted.iter().all(free) {
                    state.claims.extend(wanted.iter().map(|place| (*place, transaction)));
                    return Ok(());
                }
            }
            self.sim.wait(1).await;
        }
        Err(StorageError::Locked { place: "journal".to_owned() })
    }

    /// Projects records where the tables stand at `from`.
    pub fn project(&self, stream: Uuid, records: &[Record], from: u64) -> Result<(), StorageError> {
        self.check_up()?;
        let mut state = self.state();
        if state.unflushed.is_empty() || self.sim.one_in(8) {
            // A checkpoint of the file: everything until here survives.
            state.unflushed = vec![state.tables.clone()];
        }
        let projected = state.tables.entry(stream).or_default();
        if projected.records.len() as u64 != from {
            let place = "checkpoint".to_owned();
            return Err(StorageError::Guard { place, touched: 0, expected: 1 });
        }
        projected.records.extend(records.iter().map(|record| record.hash));
        let to = projected.records.len();
        let tables = state.tables.clone();
        state.unflushed.push(tables);
        self.sim.note(|| format!("tables: {stream} is at {to}"));
        Ok(())
    }
}

impl State {
    /// Whether a place in a stream is taken.
    fn holds(&self, (stream, seq): (Uuid, u64)) -> bool {
        self.journal.get(&stream).is_some_and(|records| records.len() as u64 >= seq)
    }

    /// Ends a transaction.
    pub fn release(&mut self, transaction: u64) {
        self.open.remove(&transaction);
        self.row_locks.retain(|_, by| *by != transaction);
        self.claims.retain(|_, by| *by != transaction);
    }

    /// Ends the transactions that stood still for too long: whoever froze with one open keeps
    /// nobody from the rows and the places that it holds.
    pub fn end_idle(&mut self) {
        let now = Instant::now();
        let idle = self.open.iter().filter(|(_, until)| **until <= now);
        let idle: Vec<u64> = idle.map(|(transaction, _)| *transaction).collect();
        idle.into_iter().for_each(|transaction| self.release(transaction));
    }

    /// Takes a transaction over, to be committed: it stands still no more.
    pub fn hand_over(&mut self, transaction: u64) {
        self.open.remove(&transaction);
    }

    fn apply(&mut self, frame: Frame, hash: [u8; 32], size: usize) {
        for RowWrite { key, state } in &frame.rows {
            self.rows.insert(*key, *state);
        }
        for record in &frame.records {
            self.journal.entry(record.stream).or_default().push(record.clone());
        }
        self.end += size;
        self.last_hash = hash;
        self.frames.push(frame);
    }

    /// Reads the log up to its first byte that belongs to no whole commit.
    fn recover(&mut self, sim: &Sim) -> Result<(), crate::disk::DiskError> {
        let log = self.disk.read(sim)?.to_vec();
        let mut reader = ByteReader::new(&log);
        loop {
            let before = reader.len();
            match Frame::decode(&mut reader, &self.last_hash) {
                Ok(Some((frame, hash))) => self.apply(frame, hash, before - reader.len()),
                Ok(None) | Err(_) => break,
            }
        }
        self.up = true;
        Ok(())
    }

    /// The streams that the journal holds, each with its tenant and last record.
    pub fn heads(&self) -> Vec<(Uuid, TenantId, u64)> {
        let head = |(stream, records): (&Uuid, &Vec<Record>)| {
            let last = records.last()?;
            Some((*stream, last.tenant, last.seq))
        };
        self.journal.iter().filter_map(head).collect()
    }
}

fn idle_until() -> Instant {
    Instant::now() + Duration::from_millis(IDLE_MS_MAX)
}
