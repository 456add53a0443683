//! What deciding costs: the machine of a book in memory, with its entries written and their hash
//! made, and nothing stored.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::{Amount, CommodityCode, Env, Timestamp, Uuid, time};
use ledger::book::Book;
use ledger::model::{Atomicity, Command};
use ledger::{AccountId, AccountKind, Limits, Movement, NewAccount, NewTransfer, Step, TransferId};
use storage::journal::Machine as _;

const STEPS: usize = 8_190;
const BATCHES: usize = 400;

fn main() {
    println!("{:>12} {:>12} {:>10} {:>10}", "accounts", "transfers/s", "ns each", "bytes each");
    for accounts in [10_000, 1_000_000] {
        run(accounts);
    }
}

fn run(accounts: u64) {
    let env = Env::system();
    let mut book = Book::new();
    let now = env.now();
    let aud = CommodityCode::parse("AUD").unwrap();
    let mut steps = vec![Step::DefineCommodity { code: aud, scale: 2 }];
    for number in 1..=accounts {
        steps.push(Step::OpenAccount(NewAccount {
            id: account(number),
            commodity: aud,
            kind: AccountKind::Asset,
            limits: Limits::default(),
            code: 0,
        }));
        if steps.len() == 10_000 || number == accounts {
            send(&mut book, now, std::mem::take(&mut steps), &mut Vec::new());
        }
    }
    let (mut spent, mut bytes) = (Duration::ZERO, 0);
    let mut random = 1_u64;
    for _ in 0..BATCHES {
        let today = time::date_from_days(20_000).unwrap();
        let mut pick = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            account(1 + (random >> 33) % accounts)
        };
        let steps = (0..STEPS).map(|_| {
            let (debit, mut credit) = (pick(), pick());
            while credit == debit {
                credit = pick();
            }
            Step::Transfer(NewTransfer {
                id: TransferId::from_uuid(env.new_uuid()),
                movement: Movement::Post { debit, credit, amount: Amount::from_minor(12_50) },
                code: 1,
                reference: None,
                effective: today,
                reverses: None,
            })
        });
        let steps = steps.collect();
        let mut entries = Vec::new();
        let started = Instant::now();
        send(&mut book, now, steps, &mut entries);
        std::hint::black_box(storage::crypto::sha256(&[&entries]));
        spent += started.elapsed();
        bytes += entries.len();
    }
    let made = STEPS * BATCHES;
    let each = spent.as_nanos() / made as u128;
    println!("{accounts:>12} {:>12} {each:>10} {:>10}", 1_000_000_000 / each, bytes / made);
}

fn send(book: &mut Book, now: Timestamp, steps: Vec<Step>, out: &mut Vec<u8>) {
    let (key, origin, atomicity) = (None, None, Atomicity::Each);
    book.execute(now, &Command::Steps { key, origin, atomicity, steps: Arc::new(steps) }, out);
    book.settle();
}

fn account(number: u64) -> AccountId {
    AccountId::from_uuid(Uuid::from_u64_pair(number, 7))
}
