//! What clients ask for: commands of random acts, in the words of the plain model.

use std::sync::Arc;

use kernel::{Actor, CommandKey, TenantId, Uuid};
use ledger::model::{Atomicity, Command, Origin, Step};

use crate::model::{Act, Shape};
use crate::rows::RowAct;
use crate::sim::Sim;
use crate::words::{at, step};

/// The ids of transfers that a book has: the model counts them in bytes.
const TRANSFERS_MAX: u8 = 250;
/// How long a hold may last.
const HOLD_MS_MAX: u64 = 8_000;

/// A book of a tenant.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    pub tenant: TenantId,
    pub stream: Uuid,
    /// Its number among the tenant's books: rows of different tenants have the same ids.
    pub number: i64,
}

/// A command, which may be sent several times.
#[derive(Clone, Debug)]
pub struct Order {
    pub book: usize,
    pub key: Option<(u128, u128)>,
    pub each: bool,
    pub acts: Vec<Act>,
    pub rows: Vec<RowAct>,
}

impl Order {
    /// As the engine takes it; `attempt` is which sending of it this is.
    pub fn command(&self, attempt: u64) -> Command {
        let key = self.key.map(|(id, body)| CommandKey { id, body, first_seen: at(1) });
        let correlation = Uuid::from_u128(u128::from(attempt));
        let origin = Some(Origin { actor: Actor::Owner, on_behalf_of: None, correlation });
        let atomicity = if self.each { Atomicity::Each } else { Atomicity::Together };
        Command::Steps { key, origin, atomicity, steps: Arc::new(self.steps()) }
    }

    pub fn steps(&self) -> Vec<Step> {
        self.acts.iter().map(step).collect()
    }
}

/// Makes the orders of one book.
#[derive(Default)]
pub struct Orders {
    transfers: u8,
    keys: u128,
    rows: i64,
    notes: i64,
}

impl Orders {
    /// What every book begins with.
    pub fn first(&mut self, book: usize) -> Order {
        let mut acts: Vec<Act> =
            (0..2).map(|commodity| Act::Define { commodity, scale: 0 }).collect();
        for account in 0..4 {
            let (debit_normal, floor) = (account < 2, Some(0).filter(|_| account == 1));
            let shape = Shape { commodity: 0, debit_normal, floor, ceiling: None };
            acts.push(Act::Open { account, shape });
        }
        for (group, parent) in [(0, None), (1, Some(0)), (2, Some(0))] {
            acts.push(Act::OpenGroup { group, parent });
        }
        for (account, group) in [(0, 1), (1, 2)] {
            acts.push(Act::MoveAccount { account, group: Some(group) });
        }
        self.keys += 1;
        Order { book, key: Some((self.keys, 1)), each: false, acts, rows: Vec::new() }
    }

    /// Another one.
    pub fn next(&mut self, sim: &Sim, book: usize, stream: &Stream) -> Order {
        let count = 1 + sim.below(4) / 2 * sim.below(3);
        let acts = (0..count).map(|_| self.act(sim)).collect();
        let key = match sim.below(10) {
            0..5 => None,
            // A key that was used is sent with another body.
            9 if self.keys > 1 => Some((1 + u128::from(sim.next()) % self.keys, 2)),
            _ => {
                self.keys += 1;
                Some((self.keys, 1))
            }
        };
        let rows = if sim.one_in(4) { self.rows(sim, stream) } else { Vec::new() };
        // Carried rows change with the whole command or not at all.
        Order { book, key, each: rows.is_empty() && sim.one_in(3), acts, rows }
    }

    fn act(&mut self, sim: &Sim) -> Act {
        let account = || sim.small(6);
        let bound = || match sim.below(4) {
            0 => Some(0),
            1 => Some(i128::from(sim.below(100)) - 50),
            _ => None,
        };
        let amount = 1 + i128::from(sim.below(40));
        match sim.below(21) {
            0 => Act::Define { commodity: sim.small(3), scale: sim.small(2) },
            1 => {
                let (debit_normal, floor, ceiling) = (sim.one_in(2), bound(), bound());
                let commodity = u8::from(sim.one_in(4));
                let shape = Shape { commodity, debit_normal, floor, ceiling };
                Act::Open { account: account(), shape }
            }
            2 => Act::Limit { account: account(), floor: bound(), ceiling: bound() },
            3 if sim.one_in(20) => Act::Close { account: account() },
            3..6 => {
                let expires = sim.now().micros() + 1_000 * micros(sim.below(HOLD_MS_MAX));
                let expires = Some(expires).filter(|_| !sim.one_in(4));
                let (debit, credit) = (sim.small(4), sim.small(4));
                Act::Hold { id: self.id(sim), debit, credit, amount, expires, reverses: false }
            }
            6 | 7 => {
                let amount = Some(amount).filter(|_| sim.one_in(2));
                let keep = sim.one_in(3);
                Act::PostHold { id: self.id(sim), hold: self.known(sim), amount, keep }
            }
            8 => Act::VoidHold { id: self.id(sim), hold: self.known(sim) },
            9 => {
                let (debit, credit) = (account(), account());
                let reverses = Some(self.known(sim)).filter(|_| sim.one_in(4));
                Act::Post { id: self.id(sim), debit, credit, amount, reverses }
            }
            10 if sim.one_in(3) => Act::Freeze { account: account(), frozen: sim.one_in(2) },
            10 if sim.one_in(6) => Act::Lock { until: Some(sim.small(40)) },
            10 if sim.one_in(20) => {
                Act::CloseInto { id: self.id(sim), account: account(), into: account() }
            }
            11 => {
                let (debit, credit) = (sim.small(4), sim.small(4));
                let maximum = Some(amount).filter(|_| sim.one_in(2));
                let (id, balance_debit) = (self.id(sim), sim.one_in(2));
                Act::PostUpTo { id, debit, credit, maximum, balance_debit }
            }
            12 => chart_act(sim, (bound(), bound())),
            _ => {
                let (debit, credit) = (sim.small(4), sim.small(4));
                Act::Post { id: self.id(sim), debit, credit, amount, reverses: None }
            }
        }
    }

    fn id(&mut self, sim: &Sim) -> u8 {
        if self.transfers == TRANSFERS_MAX || sim.one_in(20) {
            return self.known(sim);
        }
        self.transfers += 1;
        self.transfers
    }

    fn known(&self, sim: &Sim) -> u8 {
        // Mostly one of the last, which may still be open.
        self.transfers.saturating_sub(sim.small(if sim.one_in(8) { 250 } else { 8 }))
    }

    fn rows(&mut self, sim: &Sim, stream: &Stream) -> Vec<RowAct> {
        let first = stream.number * 1_000;
        let some = |last: i64| first + i64::try_from(sim.below(last.unsigned_abs() + 2)).unwrap();
        let mut acts = Vec::new();
        for _ in 0..=sim.below(2) {
            acts.push(match sim.below(3) {
                0 => {
                    self.rows += 1;
                    RowAct::Add { id: some(self.rows), state: 0 }
                }
                1 => RowAct::Move { id: some(self.rows), from: 0, to: 1 },
                _ => {
                    self.notes += 1;
                    RowAct::Note { id: first + 500_000 + self.notes }
                }
            });
        }
        acts
    }
}

fn chart_act(sim: &Sim, (floor, ceiling): (Option<i128>, Option<i128>)) -> Act {
    let (group, above) = (sim.small(5), Some(sim.small(5)).filter(|_| !sim.one_in(4)));
    match sim.below(5) {
        0 => Act::OpenGroup { group, parent: above },
        1 | 2 => Act::MoveAccount { account: sim.small(6), group: above },
        3 => Act::MoveGroup { group, parent: above },
        _ => Act::LimitGroup { group, commodity: sim.small(2), floor, ceiling },
    }
}

fn micros(number: u64) -> i64 {
    i64::try_from(number).unwrap()
}
