//! What one seed decides, the time in which it happens, and a hash of all that happened.

use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::Timestamp;
use tokio::time::Instant;

/// When every simulation begins: noon of a day in 2026.
const START_MICROS: i64 = 1_775_000_000_000_000;
/// The lines that are shown where a check fails.
const LINES_SHOWN: usize = 60;

/// How likely each fault is: one in so many, never where it is 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Reading fails.
    pub read: u64,
    /// The connection breaks before anything was committed.
    pub connection: u64,
    /// The answer to a commit gets lost; the commit goes on.
    pub answer: u64,
    /// Writing fails after some of it was written.
    pub write: u64,
    /// Flushing fails, and what was not flushed is in any state.
    pub flush: u64,
    /// Flushing takes seconds.
    pub slow_flush: u64,
}

/// Shared by everything in one simulation.
#[derive(Clone)]
pub struct Sim {
    inner: Arc<Inner>,
}

struct Inner {
    origin: Instant,
    state: Mutex<State>,
}

struct State {
    random: u64,
    hash: DefaultHasher,
    lines: VecDeque<String>,
    faults: Faults,
    prints: bool,
    failure: Option<String>,
}

impl Sim {
    /// The simulation of a seed; its time begins now.
    pub fn new(seed: u64) -> Self {
        let prints = std::env::var_os("FLORIN_SIMULATION_TRACE").is_some();
        let (hash, lines, faults) = (DefaultHasher::new(), VecDeque::new(), Faults::default());
        let state = State { random: seed, hash, lines, faults, prints, failure: None };
        Self { inner: Arc::new(Inner { origin: Instant::now(), state: Mutex::new(state) }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number of the seed.
    ///
    /// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators".
    pub fn next(&self) -> u64 {
        let mut state = self.state();
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state.random;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `end`.
    pub fn below(&self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// An index of something with so many elements.
    pub fn index(&self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap()
    }

    /// A small number below `end`.
    pub fn small(&self, end: u8) -> u8 {
        u8::try_from(self.below(u64::from(end))).unwrap()
    }

    /// Once in so many times; never where that is 0.
    pub fn one_in(&self, many: u64) -> bool {
        many > 0 && self.below(many) == 0
    }

    /// Whether a fault happens now.
    pub fn hits(&self, fault: impl FnOnce(&Faults) -> u64) -> bool {
        let many = fault(&self.state().faults);
        self.one_in(many)
    }

    /// Sets how likely faults are from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.note(|| format!("{faults:?}"));
        self.state().faults = faults;
    }

    /// Lets up to so many milliseconds pass; often none.
    pub async fn pause(&self, millis_max: u64) {
        match self.below(millis_max + 1) {
            0 => tokio::task::yield_now().await,
            millis => self.wait(millis).await,
        }
    }

    /// Lets so many milliseconds pass, of simulated time.
    pub async fn wait(&self, millis: u64) {
        let never = std::future::pending::<()>();
        let _ = tokio::time::timeout(Duration::from_millis(millis), never).await;
    }

    /// The time by a clock that is right.
    pub fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.inner.origin.elapsed().as_micros()).unwrap();
        Timestamp::from_micros(START_MICROS + passed)
    }

    /// Notes that something happened: it goes into the hash.
    pub fn note(&self, line: impl FnOnce() -> String) {
        let line = format!("{:>10} {}", self.now().micros() - START_MICROS, line());
        let mut state = self.state();
        line.hash(&mut state.hash);
        if state.prints {
            println!("{line}");
        }
        if state.lines.len() == LINES_SHOWN {
            state.lines.pop_front();
        }
        state.lines.push_back(line);
    }

    /// Says that something is not as it must be, where a panic would be swallowed by a task.
    pub fn fail(&self, what: String) {
        self.state().failure.get_or_insert(what);
    }

    /// Fails if something has said so.
    pub fn check(&self) {
        let failure = self.state().failure.take();
        assert!(failure.is_none(), "{}", failure.unwrap_or_default());
    }

    /// A hash of everything that happened.
    pub fn hash(&self) -> u64 {
        self.state().hash.finish()
    }

    /// What happened last.
    pub fn last_lines(&self) -> String {
        self.state().lines.iter().map(|line| format!("  {line}\n")).collect()
    }
}
