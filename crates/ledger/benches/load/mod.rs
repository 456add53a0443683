//! What the benchmarks send, and how they measure.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kernel::{Amount, Commodity, Env, Uuid, time};
use ledger::{AccountId, AccountKind, Limits, Movement, NewAccount, NewTransfer, Step, TransferId};

/// The transfers of a full batch.
pub const STEPS: usize = 8_190;

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
            id: TransferId::from_uuid(self.env.new_uuid()),
            movement: Movement::Post { debit, credit, amount: Amount::from_minor(12_50) },
            code: 1,
            reference: None,
            effective: time::date_from_days(20_000).unwrap_or_default(),
            reverses: None,
        })
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

/// The processor time of this process.
pub fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// What is in memory now, in bytes.
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// What this process has had written to disks, in bytes.
pub fn written() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
    line.parse().unwrap()
}
