//! One simulation: a server, nodes that fight for its streams, clients that try again, and what
//! goes wrong meanwhile. At its end everything is healed, and everything must add up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::{Position, TenantId, Uuid};
use ledger::book::Book;
use ledger::model::Outcome;
use storage::StorageError;
use storage::journal::{Committed, Engine, Progress};

use crate::node::Node;
use crate::orders::{Orders, Stream};
use crate::server::Server;
use crate::sim::{Faults, Sim};
use crate::witness::{Witness, seen};

/// How long a client waits for an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// How often it tries a command.
const TRIES_MAX: u64 = 6;
/// How long a healed world may take to answer: the successor of a frozen node is there within 5 s.
const HEALED_WAIT: Duration = Duration::from_secs(5);
/// How long any simulation may take, in its own time.
const RUN_WAIT: Duration = Duration::from_secs(4 * 3_600);

/// How large a simulation is, and what of the engine is turned off to see it fail.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The commands that its clients send, retries not counted.
    pub commands: u64,
    /// Whether the server flushes before it acknowledges.
    pub flushes: bool,
}

/// What a run was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    /// A hash of everything that happened.
    pub hash: u64,
    /// The commands that were sent, retries counted.
    pub attempts: usize,
    pub commits: usize,
}

/// What clients and faults share.
pub struct World {
    sim: Sim,
    server: Arc<Server>,
    nodes: Vec<Arc<Node>>,
    streams: Vec<Stream>,
    witness: Mutex<Witness>,
    orders: Mutex<Vec<Orders>>,
    /// Commands that are still to be sent.
    left: Mutex<u64>,
}

/// Runs a simulation to its end, in time of its own. Fails where a check fails.
pub fn run(sim_of: impl FnOnce() -> Sim, options: Options) -> Ran {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let sim = sim_of();
        let world = World::new(&sim, options);
        let finished = tokio::time::timeout(RUN_WAIT, Arc::clone(&world).live()).await;
        assert!(finished.is_ok(), "the simulation is stuck");
        let (attempts, commits) = world.witness().counts();
        Ran { hash: sim.hash(), attempts, commits }
    })
}

impl World {
    fn new(sim: &Sim, options: Options) -> Arc<Self> {
        let server = Server::new(sim.clone(), options.flushes);
        let nodes =
            (0..1 + sim.index(2)).map(|index| Node::new(index, Arc::clone(&server))).collect();
        let tenants = 1 + sim.below(3);
        let stream = |number: u64| Stream {
            tenant: TenantId::from_uuid(Uuid::from_u128(u128::from(1 + number % tenants))),
            stream: Uuid::from_u128(0xb00c << 64 | u128::from(number)),
            number: i64::try_from(number / tenants).unwrap(),
        };
        let streams: Vec<Stream> = (0..tenants + sim.below(4)).map(stream).collect();
        let orders = Mutex::new(streams.iter().map(|_| Orders::default()).collect());
        let witness = Mutex::new(Witness::new(streams.clone()));
        let left = Mutex::new(options.commands);
        Arc::new(Self { sim: sim.clone(), server, nodes, streams, witness, orders, left })
    }

    fn witness(&self) -> MutexGuard<'_, Witness> {
        let mut witness = self.witness.lock().unwrap_or_else(PoisonError::into_inner);
        self.sim.check();
        witness.watch(&self.server.state());
        witness
    }

    async fn live(self: Arc<Self>) {
        for node in &self.nodes {
            node.start_again().await;
        }
        for book in 0..self.streams.len() {
            let first = self.orders()[book].first(book);
            let order = self.witness().order(first);
            while !self.try_order(order, self.node()).await {}
        }
        let clients: Vec<_> =
            (0..2 + self.sim.below(6)).map(|_| tokio::spawn(Arc::clone(&self).client())).collect();
        let trouble = tokio::spawn(Arc::clone(&self).trouble());
        for client in clients {
            joined(client.await);
        }
        trouble.abort();
        if let Err(error) = trouble.await
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
        self.heal().await;
    }

    fn orders(&self) -> MutexGuard<'_, Vec<Orders>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client sends commands one after the other, and looks at books in between.
    async fn client(self: Arc<Self>) {
        loop {
            {
                let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
                if *left == 0 {
                    return;
                }
                *left -= 1;
            }
            let book = self.sim.index(self.streams.len());
            let order = self.orders()[book].next(&self.sim, book, &self.streams[book]);
            let order = self.witness().order(order);
            let tries = 1 + self.sim.below(TRIES_MAX);
            for _ in 0..tries {
                if self.try_order(order, self.node()).await {
                    break;
                }
                self.sim.pause(1_000).await;
            }
            if self.sim.one_in(3) {
                let book = self.sim.index(self.streams.len());
                self.look(book).await;
            }
            if self.sim.one_in(10) {
                self.trespass().await;
            }
            self.sim.pause(self.sim.below(60)).await;
        }
    }

    fn node(&self) -> &Arc<Node> {
        // One of them has most of the callers, as a leader has.
        let index = if self.sim.one_in(8) { self.nodes.len() - 1 } else { 0 };
        &self.nodes[index]
    }

    /// Sends a command once, to a node; whether its outcome is known now.
    async fn try_order(&self, order: usize, node: &Node) -> bool {
        let (attempt, command, rows, stream) = {
            let mut witness = self.witness();
            let attempt = witness.attempt(order);
            let order = witness.order_of(order);
            let rows = order.rows.iter().map(|row| row.change()).collect();
            (attempt, order.command(attempt), rows, self.streams[order.book])
        };
        let Some((engine, progress)) = node.engine() else { return false };
        let Stream { tenant, stream, .. } = stream;
        node.thawed().await;
        let call = async {
            let outcome = engine.execute(tenant, stream, command, rows).await;
            node.thawed().await;
            outcome
        };
        let Ok(outcome) = tokio::time::timeout(ANSWER_WAIT, call).await else {
            self.sim.note(|| format!("client: {attempt} is not answered in time"));
            return false;
        };
        self.sim.note(|| format!("client: {attempt} at node {}: {outcome:?}", node.index));
        match outcome {
            Ok(committed) => {
                self.witness().told(attempt, &committed);
                self.follow(&progress, stream, &committed).await;
                true
            }
            Err(StorageError::UnknownOutcome { .. }) => false,
            Err(error) => {
                self.witness().deny(attempt, &error.to_string());
                false
            }
        }
    }

    /// Whoever asks the tables for what it did must find it there, or be told to wait.
    async fn follow(&self, progress: &Progress, stream: Uuid, committed: &Committed<Outcome>) {
        if !committed.replayed && !self.sim.one_in(6) {
            return;
        }
        let mut position = Position::default();
        position.advance(stream, committed.seq);
        let followed = progress.wait_for(&position).await.is_ok();
        let state = self.server.state();
        let there = state.tables.get(&stream).map_or(0, |table| table.records.len() as u64);
        // What the tables held when their server lost power is made again a little later.
        let before = state.projected_before.get(&stream).copied().unwrap_or(0);
        let reached = there.max(before) >= committed.seq;
        assert!(!followed || reached, "the tables of {stream} are behind {}", committed.seq);
    }

    /// Looks at a book: it must be shown as it is.
    async fn look(&self, book: usize) {
        let node = Arc::clone(self.node());
        let Some((engine, _)) = node.engine() else { return };
        let Stream { tenant, stream, .. } = self.streams[book];
        node.thawed().await;
        let after = self.witness().told_of(book);
        let look = async {
            let found = engine.read(tenant, stream, seen).await;
            node.thawed().await;
            found
        };
        if let Ok(Ok(found)) = tokio::time::timeout(ANSWER_WAIT, look).await {
            self.sim.note(|| format!("client: sees book {book} at node {}", node.index));
            self.witness().shown(book, after, &found);
        }
    }

    /// Asks for a book of another tenant, which must show nothing and change nothing.
    async fn trespass(&self) {
        let book = self.sim.index(self.streams.len());
        let Some((engine, _)) = self.node().engine() else { return };
        let other = TenantId::from_uuid(Uuid::from_u128(99));
        let stream = self.streams[book].stream;
        let attempt = {
            let mut witness = self.witness();
            let order = self.orders()[book].next(&self.sim, book, &self.streams[book]);
            let order = witness.order(order);
            let attempt = witness.attempt(order);
            (attempt, witness.order_of(order).command(attempt))
        };
        let call = engine.execute(other, stream, attempt.1, Vec::new());
        if let Ok(outcome) = tokio::time::timeout(ANSWER_WAIT, call).await {
            assert!(outcome.is_err(), "another tenant's book was changed");
            self.witness().deny(attempt.0, "it was another tenant's");
        }
        if let Ok(found) = tokio::time::timeout(ANSWER_WAIT, engine.read(other, stream, seen)).await
        {
            assert!(found.is_err(), "another tenant's book was shown");
        }
    }

    /// What goes wrong.
    async fn trouble(self: Arc<Self>) {
        loop {
            self.sim.pause(4_000).await;
            let node = &self.nodes[self.sim.index(self.nodes.len())];
            match self.sim.below(7) {
                0 => self.server.lose_power(),
                1 => {
                    self.server.lose_power();
                    for node in &self.nodes {
                        node.crash().await;
                    }
                    for node in &self.nodes {
                        node.start_again().await;
                    }
                }
                2 => {
                    node.crash().await;
                    self.sim.pause(3_000).await;
                    node.start_again().await;
                }
                3 => {
                    node.freeze(true);
                    self.sim.pause(8_000).await;
                    node.freeze(false);
                }
                4 => {
                    let seconds = i64::try_from(self.sim.below(20)).unwrap() - 10;
                    node.set_clock(seconds);
                }
                5 => self.sim.set_faults(Faults::default()),
                _ => self.sim.set_faults(self.faults()),
            }
            drop(self.witness());
        }
    }

    fn faults(&self) -> Faults {
        let often = |sim: &Sim| if sim.one_in(2) { 0 } else { 5 + sim.below(100) };
        Faults {
            read: often(&self.sim),
            connection: often(&self.sim) * 2,
            answer: often(&self.sim),
            write: often(&self.sim),
            flush: often(&self.sim),
            slow_flush: often(&self.sim),
        }
    }

    /// Nothing goes wrong any more: whatever is asked is answered soon, and everything adds up.
    async fn heal(&self) {
        self.sim.note(|| "world: is healed".to_owned());
        self.sim.set_faults(Faults::default());
        self.server.lose_power();
        let restarts = self.sim.one_in(2);
        for node in &self.nodes {
            node.freeze(false);
            node.set_clock(0);
            if restarts {
                node.crash().await;
            }
        }
        while self.server.check_up().is_err() {
            self.sim.wait(100).await;
        }
        for node in self.nodes.iter().filter(|node| node.engine().is_none()) {
            node.start().await.unwrap();
        }
        // Holds expire though nobody asks for anything. A clock that was ahead has left its time in
        // the journals.
        self.sim.wait(20_000).await;
        self.witness().check_expired(self.sim.now());
        self.check_projected();
        // What one node adds makes the next one's memory old, which it must notice.
        for node in &self.nodes {
            for book in 0..self.streams.len() {
                let order = self.orders()[book].next(&self.sim, book, &self.streams[book]);
                let order = self.witness().order(order);
                let answered = async { while !self.try_order(order, node).await {} };
                let answered = tokio::time::timeout(HEALED_WAIT, answered).await;
                assert!(answered.is_ok(), "book {book} does not answer in a healed world");
            }
        }
        for node in &self.nodes {
            for book in 0..self.streams.len() {
                self.look_surely(book, &node.engine().unwrap().0).await;
            }
        }
        self.sim.wait(20_000).await;
        self.check_projected();
        for node in &self.nodes {
            let (_, progress) = node.engine().unwrap();
            assert_eq!(progress.lag_bytes(), 0, "all is projected, and node {} knows", node.index);
        }
    }

    fn check_projected(&self) {
        let witness = self.witness();
        let state = self.server.state();
        for (book, stream) in self.streams.iter().enumerate() {
            let projected = state.tables.get(&stream.stream).cloned().unwrap_or_default();
            witness.check_projected(book, &projected.records);
        }
    }

    async fn look_surely(&self, book: usize, engine: &Engine<Book>) {
        let Stream { tenant, stream, .. } = self.streams[book];
        let after = self.witness().told_of(book);
        let found = engine.read(tenant, stream, seen).await;
        self.witness().shown(book, after, &found.unwrap());
    }
}

fn joined(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}
