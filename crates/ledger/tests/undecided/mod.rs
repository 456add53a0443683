//! A machine that recovers and cannot decide.

use kernel::{Timestamp, Uuid};
use ledger::book::Book;
use ledger::model::{Command, Outcome};
use storage::StorageError;
use storage::journal::{ByteReader, Executed, Machine, Refusal};

/// A book that has forgotten how to decide.
pub struct Undecided(pub Book);

impl Machine for Undecided {
    type Command = Command;
    type Outcome = Outcome;
    const CODEC: u16 = Book::CODEC;

    fn empty(stream: Uuid) -> Self {
        Self(Book::empty(stream))
    }

    fn execute(&mut self, _: Timestamp, _: &Command, _: &mut Vec<u8>) -> Executed<Outcome> {
        panic!("recovery must not decide")
    }

    fn refuse(&mut self, _: Timestamp, _: &Command, _: Refusal, _: &mut Vec<u8>) -> Outcome {
        panic!("recovery must not decide")
    }

    fn replay(&mut self, time: Timestamp, entry: &mut ByteReader<'_>) -> Result<(), StorageError> {
        self.0.replay(time, entry)
    }

    fn accepted(outcome: &Outcome) -> bool {
        Book::accepted(outcome)
    }

    fn did(outcome: &Outcome, step: u32) -> bool {
        Book::did(outcome, step)
    }

    fn mark(&self) -> usize {
        self.0.mark()
    }

    fn undo_to(&mut self, mark: usize) {
        self.0.undo_to(mark);
    }

    fn settle(&mut self) {
        self.0.settle();
    }

    fn next_number(&self) -> u64 {
        self.0.next_number()
    }

    fn due(&self) -> Option<Timestamp> {
        None
    }

    fn tick() -> Command {
        Command::Tick
    }
}
