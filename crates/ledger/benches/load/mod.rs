//! What the benchmarks send, and how they measure.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kernel::{Amount, Commodity, Env, Uuid, time};
use ledger::{AccountId, AccountKind, Limits, Movement, NewAccount, NewTransfer, Step, TransferId};
use storage::Dialect;
use testing::{Cell, Raw};

/// The transfers of a full batch.
pub const STEPS: usize = 8_190;

/// The databases to measure: both, or the one that FLORIN_BENCH_DATABASE names.
pub fn databases() -> Vec<Dialect> {
    match std::env::var("FLORIN_BENCH_DATABASE").as_deref() {
        Ok("sqlite") => vec![Dialect::Sqlite],
        Ok("postgres") => vec![Dialect::Postgres],
        _ => vec![Dialect::Sqlite, Dialect::Postgres],
    }
}

/// The account with a number, from 1.
pub fn account(number: u64) -> AccountId {
    AccountId::from_uuid(Uuid::from_u64_pair(number, 7))
}

/// What defines the only commodity.
pub fn define() -> Step {
    let aud = Commodity::well_known("AUD").unwrap();
    Step::DefineCommodity { code: aud.code, scale: aud.scale }
}

/// What opens accounts from a number on, up to another.
pub fn open(from: u64, until: u64) -> Vec<Step> {
    let commodity = Commodity::well_known("AUD").unwrap().code;
    let (kind, limits) = (AccountKind::Asset, Limits::default());
    let open = |number| NewAccount { id: account(number), commodity, kind, limits, code: 0 };
    (from..until).map(|number| Step::OpenAccount(open(number))).collect()
}

/// Transfers between accounts that are drawn evenly.
pub struct Transfers {
    env: Env,
    accounts: u64,
    next: AtomicU64,
}

impl Transfers {
    pub fn between(accounts: u64) -> Self {
        Self { env: Env::system(), accounts, next: AtomicU64::new(1) }
    }

    /// The next one; a hot one is on the first account.
    pub fn next(&self, hot: bool) -> Step {
        let number = self.next.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let drawn = |bits: u64| 1 + (number >> bits) % self.accounts;
        let debit = if hot { 1 } else { drawn(20) };
        let credit = drawn(40);
        let credit = if credit == debit { 1 + credit % self.accounts } else { credit };
        let (debit, credit) = (account(debit), account(credit));
        Step::Transfer(NewTransfer {
            id: TransferId::from_uuid(self.id(number)),
            movement: Movement::Post { debit, credit, amount: Amount::from_minor(12_50) },
            code: 1,
            reference: None,
            effective: time::date_from_days(20_000).unwrap_or_default(),
            reverses: None,
        })
    }
}

impl Transfers {
    /// An id as callers make them, without the price of good random numbers.
    fn id(&self, number: u64) -> Uuid {
        let millis = u128::from(self.env.now().micros().unsigned_abs() / 1_000);
        let random = u128::from(number.rotate_left(29).wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Uuid::from_u128(millis << 80 | 7 << 76 | 2 << 62 | random >> 2)
    }
}

/// Milliseconds.
pub fn millis(duration: Duration) -> String {
    decimal(duration.as_micros())
}

/// Thousandths as a decimal.
pub fn decimal(thousandths: u128) -> String {
    format!("{}.{:02}", thousandths / 1_000, thousandths % 1_000 / 10)
}

/// What this process uses, and the database's where that is another.
pub struct Meter {
    /// The process of which PostgreSQL's others are children.
    server: Option<u64>,
}

/// What was used up to a moment.
#[derive(Clone, Copy)]
pub struct Used {
    /// Processor time.
    pub cpu: Duration,
    /// What went to disks, in bytes.
    pub written: u64,
}

impl Meter {
    /// A meter beside a database.
    pub async fn of(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            return Self { server: None };
        }
        let rows = Raw::open(url).await.rows("SELECT pg_backend_pid()::bigint").await;
        let Cell::Number(backend) = rows[0][0] else { panic!("a number") };
        Self { server: Some(stat(&backend.to_string()).unwrap()[1]) }
    }

    /// What was used until now.
    pub fn used(&self) -> Used {
        let mut used = Used { cpu: Duration::ZERO, written: 0 };
        used.add("self", "write_bytes: ");
        let Some(server) = self.server else { return used };
        for entry in std::fs::read_dir("/proc").unwrap() {
            let name = entry.unwrap().file_name();
            let process = name.to_str().unwrap_or_default();
            let parent = stat(process).map(|fields| fields[1]);
            if parent == Some(server) || process == server.to_string() {
                // It fills its log's files beforehand, in folios of 256 KiB, each of which would
                // count as written in full with every commit; this is what it gave to files.
                used.add(process, "wchar: ");
            }
        }
        used
    }
}

impl Used {
    fn add(&mut self, process: &str, written: &str) {
        let Some(fields) = stat(process) else { return };
        // Its own, and of its children that ended.
        self.cpu += Duration::from_millis(fields[11..15].iter().sum::<u64>() * 10);
        let text = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(written));
        self.written += line.map_or(0, |line| line.parse().unwrap());
    }
}

impl std::ops::Sub for Used {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { cpu: self.cpu - before.cpu, written: self.written - before.written }
    }
}

/// The numbers of a process's `stat`, behind its name: the state counts as none.
fn stat(process: &str) -> Option<Vec<u64>> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = text.rsplit(')').next()?.split_whitespace();
    Some(fields.map(|field| field.parse().unwrap_or(0)).collect())
}

/// What is in memory now, in bytes.
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}
