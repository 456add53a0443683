//! The book as the journal's machine.

use kernel::{Timestamp, Uuid};
use storage::StorageError;
use storage::journal::{ByteReader, Executed, Machine, Refusal};

use super::codec;
use super::decide::digest;
use super::state::Book;
use crate::model::{Command, Outcome, Reason, Rejection, Step};

impl Machine for Book {
    type Command = Command;
    type Outcome = Outcome;

    const CODEC: u16 = 1;

    fn empty(_: Uuid) -> Self {
        Self::new()
    }

    fn execute(&mut self, time: Timestamp, command: &Command) -> Executed<Outcome> {
        if let Some(known) = self.known(command) {
            return Executed::Known(known);
        }
        let outcome = self.decide(time, command);
        if let Outcome::Expired(_) = outcome {
            self.apply_outcome(command, &outcome);
        }
        self.note_key(command, &outcome);
        Executed::New(outcome)
    }

    fn apply(&mut self, _: Timestamp, command: &Command, outcome: &Outcome) {
        self.apply_outcome(command, outcome);
        self.note_key(command, outcome);
    }

    fn accepted(outcome: &Outcome) -> bool {
        !matches!(outcome, Outcome::Rejected(_))
    }

    fn refused(refusal: Refusal) -> Outcome {
        let reason = if refusal.duplicate { Reason::RowExists } else { Reason::GuardFailed };
        let about = Some(Uuid::from_u128(u128::from(refusal.change)));
        Outcome::Rejected(Rejection { step: 0, reason, about })
    }

    fn mark(&self) -> usize {
        self.undo.len()
    }

    fn undo_to(&mut self, mark: usize) {
        self.take_back(mark);
    }

    fn settle(&mut self) {
        self.undo.clear();
    }

    fn next_number(&self) -> u64 {
        self.next_number
    }

    fn encode(&self, command: &Command, outcome: &Outcome, out: &mut Vec<u8>) {
        codec::encode(self, command, outcome, out);
    }

    fn decode(&self, entry: &mut ByteReader<'_>) -> Result<(Command, Outcome), StorageError> {
        let entry = codec::decode(self, self.next_number, entry)?;
        Ok((entry.command, entry.outcome))
    }

    fn due(&self) -> Option<Timestamp> {
        self.next_expiry()
    }

    fn tick() -> Command {
        Command::Tick
    }
}

impl Book {
    /// What came of a command that was decided before: under the same key, or, without one, because
    /// each of its transfers is there already and says the same.
    fn known(&self, command: &Command) -> Option<Outcome> {
        let Command::Steps { key, steps, .. } = command else { return None };
        if let Some(key) = key {
            let known = self.keys.get(&key.id)?;
            if known.body == key.body {
                return Some(known.outcome.clone());
            }
            let (step, reason) = (0, Reason::KeyReused);
            return Some(Outcome::Rejected(Rejection { step, reason, about: None }));
        }
        let mut first_number = None;
        for step in steps {
            let Step::Transfer(transfer) = step else { return None };
            let known = self.transfers.get(&transfer.id.uuid().as_u128())?;
            if known.digest != digest(transfer) {
                return None;
            }
            first_number.get_or_insert(known.number);
        }
        first_number.map(|first_number| Outcome::Done { first_number })
    }
}
