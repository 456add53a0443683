//! What became of lines, as lines.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kernel::Position;
use ledger::model::Reason;
use ledger::{Account, AccountId, LedgerError, Receipt, Rejection};

use super::build::{Made, Plan, Planned};
use super::read::Fault;
use crate::wire::book::text;
use crate::wire::intake::{IntakeAnswer, IntakeAnswers, IntakeEnd, IntakeStatus, IntakeTally};

/// The lines of one answer that are told why they were not done; the rest are counted.
const FAULTS_MAX: u64 = 1_000;

/// Tells what became of lines.
pub(super) struct Teller {
    answers: IntakeAnswers,
    tally: IntakeTally,
    position: Position,
    told: u64,
}

/// What the ledger says of a command's lines.
pub(super) struct Came {
    pub receipt: Receipt,
    /// The accounts that were there already.
    pub accounts: BTreeMap<AccountId, Account>,
}

impl Teller {
    pub(super) fn new(answers: IntakeAnswers) -> Self {
        let (tally, position) = Default::default();
        Self { answers, tally, position, told: 0 }
    }

    /// The answer to a command's lines. Without steps nothing came of them.
    pub(super) fn batch(&mut self, lines: Vec<Planned>, last: u64, came: Option<Came>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut next = came.as_ref().map_or(0, |came| came.receipt.first_number);
        for Planned { number, plan } in lines {
            let (answer, is_open) = match (plan, &came) {
                (Plan::Fault(fault), _) => (faulty(fault), false),
                (Plan::Step { step, made }, Some(came)) => {
                    (came.answer(step, &made, &mut next), matches!(made, Made::Open(..)))
                }
                // Steps are always sent.
                (Plan::Step { .. }, None) => continue,
            };
            // Who leaves open how much moves asks for every answer to hear of it.
            let differs = answer.moved.is_some() && !is_open;
            self.line(IntakeAnswer { line: Some(number), ..answer }, differs, &mut out);
        }
        self.tally.lines = last;
        if let Some(came) = came {
            self.position.merge(&came.receipt.position);
            self.tally.position = self.position.to_string();
        }
        if self.answers == IntakeAnswers::Faults {
            put(&IntakeAnswer { tally: Some(self.tally.clone()), ..Default::default() }, &mut out);
        }
        out
    }

    /// The last line of the answer.
    pub(super) fn end(&mut self, end: IntakeEnd, last: Option<u64>) -> Vec<u8> {
        let mut out = Vec::new();
        self.tally.lines = last.unwrap_or(self.tally.lines);
        let tally = Some(self.tally.clone());
        put(&IntakeAnswer { tally, end: Some(end), ..Default::default() }, &mut out);
        out
    }

    /// Counts a line, and tells of it where that was asked for, or it `differs` from what it says.
    fn line(&mut self, answer: IntakeAnswer, differs: bool, out: &mut Vec<u8>) {
        let tally = &mut self.tally;
        let is_done = match answer.status.unwrap_or(IntakeStatus::Faulty) {
            IntakeStatus::Done => {
                tally.done += 1;
                true
            }
            IntakeStatus::Existing => {
                tally.existing += 1;
                true
            }
            IntakeStatus::Rejected => {
                tally.rejected += 1;
                false
            }
            IntakeStatus::Faulty => {
                tally.faulty += 1;
                false
            }
        };
        if self.answers == IntakeAnswers::Each {
            put(&answer, out);
        } else if !is_done || differs {
            if self.told < FAULTS_MAX {
                self.told += 1;
                put(&answer, out);
            } else {
                tally.untold += 1;
            }
        }
    }
}

impl Came {
    /// What became of a step; `next` is the number of the next transfer that was made.
    fn answer(&self, step: u32, made: &Made, next: &mut u64) -> IntakeAnswer {
        let Receipt { rejections, existing, .. } = &self.receipt;
        let answer = IntakeAnswer { id: Some(made.name()), ..Default::default() };
        if let Ok(place) = rejections.binary_search_by_key(&step, |one| one.step) {
            let rejection = rejections[place];
            return match self.is_known(&rejection, made) {
                true => IntakeAnswer { status: Some(IntakeStatus::Existing), ..answer },
                false => IntakeAnswer {
                    status: Some(IntakeStatus::Rejected),
                    code: Some(Cow::Borrowed(rejection.reason.code())),
                    detail: Some(sentence(rejection)),
                    ..answer
                },
            };
        }
        let (status, number) = match existing.binary_search_by_key(&step, |one| one.step) {
            Ok(place) => (IntakeStatus::Existing, Some(existing[place].number)),
            Err(_) => match made {
                Made::Commodity { is_known: true, .. } => (IntakeStatus::Existing, None),
                Made::Commodity { .. } | Made::Account(_) => (IntakeStatus::Done, None),
                Made::Transfer(_) | Made::Open(..) | Made::Closing(..) | Made::Expiry(_) => {
                    *next += 1;
                    (IntakeStatus::Done, Some(*next - 1))
                }
            },
        };
        IntakeAnswer { status: Some(status), number, moved: self.moved(step, made), ..answer }
    }

    /// Whether what was to be made is there already and says the same.
    fn is_known(&self, rejection: &Rejection, made: &Made) -> bool {
        let Made::Account(asked) = made else { return false };
        let found = self.accounts.get(&asked.id);
        rejection.reason == Reason::AccountExists
            && found.is_some_and(|found| {
                (found.commodity, found.kind, found.code)
                    == (asked.commodity, asked.kind, asked.code)
            })
    }

    /// What a step moved, where the line leaves that open or says another amount.
    fn moved(&self, step: u32, made: &Made) -> Option<String> {
        let found = &self.receipt.found;
        let place = found.binary_search_by_key(&step, |one| one.step).ok()?;
        let moved = found[place].amount;
        match made {
            Made::Open(_, open) => Some(open.text(moved)),
            Made::Closing(_, said, scale) => {
                (moved.abs() != *said).then(|| text(moved.abs(), *scale))
            }
            Made::Commodity { .. } | Made::Account(_) | Made::Transfer(_) | Made::Expiry(_) => None,
        }
    }
}

impl Made {
    /// As the answer calls it.
    fn name(&self) -> Cow<'static, str> {
        Cow::Owned(match self {
            Self::Commodity { code, .. } => code.to_string(),
            Self::Account(account) => account.id.to_string(),
            Self::Transfer(id) | Self::Open(id, _) | Self::Closing(id, ..) | Self::Expiry(id) => {
                id.to_string()
            }
        })
    }
}

/// Nothing came of a command whose steps go together: its only line hears why.
pub(super) fn refused(rejection: Rejection) -> Receipt {
    Receipt {
        position: Position::default(),
        first_number: 0,
        replayed: false,
        rejections: vec![rejection],
        found: Vec::new(),
        existing: Vec::new(),
        first_seen: None,
    }
}

fn faulty(fault: Fault) -> IntakeAnswer {
    let Fault { status, code, field, detail } = fault;
    let (code, detail) = (Some(Cow::Owned(code)), Some(detail));
    IntakeAnswer { status: Some(status), code, field, detail, ..Default::default() }
}

/// Why a step was rejected, without its place in a command that the caller does not know.
fn sentence(rejection: Rejection) -> String {
    let text = LedgerError::Rejected { rejection }.to_string();
    text.split_once(": ").map_or_else(|| text.clone(), |(_, text)| text.to_owned())
}

/// Adds a line.
fn put(answer: &IntakeAnswer, out: &mut Vec<u8>) {
    // Strings and numbers are always JSON, and a vector takes them.
    let _ = serde_json::to_writer(&mut *out, answer);
    out.push(b'\n');
}
