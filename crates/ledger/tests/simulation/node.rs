//! A process with an engine and a projector over the simulated server. It can crash, freeze, and
//! have a clock that is wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::{Clock, Env, SeededEntropy, Timestamp};
use ledger::book::Book;
use storage::StorageError;
use storage::journal::{Engine, EngineLimits, Progress, Projector};
use tokio::task::JoinHandle;

use crate::server::Server;
use crate::sim::Sim;
use crate::store::{Connection, Frozen, SimTables};

/// A node.
pub struct Node {
    pub index: usize,
    sim: Sim,
    server: Arc<Server>,
    frozen: Arc<Frozen>,
    clock: Arc<SkewedClock>,
    running: Mutex<Option<Running>>,
}

struct Running {
    engine: Engine<Book>,
    progress: Progress,
    tasks: Vec<JoinHandle<()>>,
}

/// A clock that may be wrong, and may be set.
struct SkewedClock {
    sim: Sim,
    skew_micros: AtomicI64,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let skew = self.skew_micros.load(Ordering::Relaxed);
        Timestamp::from_micros(self.sim.now().micros() + skew)
    }
}

impl Node {
    pub fn new(index: usize, server: Arc<Server>) -> Arc<Self> {
        let sim = server.sim.clone();
        let clock = SkewedClock { sim: sim.clone(), skew_micros: AtomicI64::new(0) };
        let (frozen, clock) = (Arc::default(), Arc::new(clock));
        Arc::new(Self { index, sim, server, frozen, clock, running: Mutex::new(None) })
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> Connection {
        Connection::new(Arc::clone(&self.server), Arc::clone(&self.frozen))
    }

    /// The engine, where the node runs.
    pub fn engine(&self) -> Option<(Engine<Book>, Progress)> {
        let running = self.running();
        running.as_ref().map(|running| (running.engine.clone(), running.progress.clone()))
    }

    /// A frozen node sends and hears nothing.
    pub async fn thawed(&self) {
        self.connection().thawed().await;
    }

    /// Starts the node as the ledger starts: first the tables are brought up to the journal.
    pub async fn start(&self) -> Result<(), StorageError> {
        let progress = Progress::default();
        let projector = Projector::over(SimTables::new(self.connection()), progress.clone());
        projector.catch_up().await?;
        let env = Env::new(Arc::clone(&self.clock) as _, SeededEntropy::new(self.sim.next()));
        let limits = EngineLimits {
            queue_max: 1 + self.sim.index(64),
            batch_max: 1 + self.sim.index(20),
            batch_bytes_max: 200 + self.sim.index(8_000),
            projection_lag_bytes_max: 1_000 + self.sim.below(20_000),
            snapshot_tail_bytes_min: 200 + self.sim.below(5_000),
        };
        let (engine, writer) = Engine::start(self.connection(), env, progress.clone(), limits);
        let tasks = vec![writer, projector.start()];
        *self.running() = Some(Running { engine, progress, tasks });
        self.sim.note(|| format!("node {}: runs with {limits:?}", self.index));
        Ok(())
    }

    /// Starts the node, again and again until it runs.
    pub async fn start_again(&self) {
        while let Err(error) = self.start().await {
            self.sim.note(|| format!("node {}: does not start: {error}", self.index));
            self.sim.wait(500).await;
        }
    }

    /// The process ends in the middle of whatever it does.
    pub async fn crash(&self) {
        self.sim.note(|| format!("node {}: crashes", self.index));
        let Some(running) = self.running().take() else { return };
        self.frozen.set(false);
        for task in &running.tasks {
            assert!(!task.is_finished(), "a task of node {} has ended by itself", self.index);
            task.abort();
        }
        for task in running.tasks {
            // It was aborted.
            let _ = task.await;
        }
    }

    pub fn freeze(&self, frozen: bool) {
        let what = if frozen { "is frozen" } else { "is woken" };
        self.sim.note(|| format!("node {}: {what}", self.index));
        self.frozen.set(frozen);
    }

    /// Sets the clock wrong by so many seconds.
    pub fn set_clock(&self, seconds: i64) {
        self.sim.note(|| format!("node {}: its clock is wrong by {seconds} s", self.index));
        self.clock.skew_micros.store(seconds * 1_000_000, Ordering::Relaxed);
    }
}
