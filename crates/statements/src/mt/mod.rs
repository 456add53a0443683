//! MT940 and MT942 of SWIFT, bare or in blocks, with what banks of several countries make of the
//! field `:86:`.
//!
//! What must stay true: a message is a statement, or a page of one; each of its fields is read,
//! belongs to a line, or is a fault; text between messages is named in a note.

mod codes;
mod entry;
mod fields;
mod line;
mod narrative;
mod slashes;
mod statement;
mod subfields;

use crate::detect::Whole;
use crate::fault::{Findings, Place};
use crate::limits::{ENTRIES_MAX, STATEMENTS_MAX};
use crate::reading::{Format, ReadOptions, Reading};
use fields::{Field, Fields, Piece};
pub(crate) use line::date as short_date;
use statement::Draft;

/// What the readers of a statement work with.
struct Context<'c> {
    findings: &'c mut Findings,
    /// The index of the statement that is being read.
    statement: usize,
}

/// The messages that are read so far.
struct Messages<'a, 'c> {
    reading: &'c mut Reading,
    findings: &'c mut Findings,
    draft: Option<Draft<'a>>,
    /// The message before, whose next page may still come.
    open: Option<Draft<'a>>,
    entries: usize,
}

/// Whether a file is a message of this kind: it has a reference or an account, and a balance, a
/// statement's number or a line.
pub(crate) fn recognises(head: &str) -> bool {
    let mut begins = false;
    for piece in Fields::new(head) {
        let Piece::Field(field) = piece else {
            continue;
        };
        match field.tag {
            "20" | "25" | "25P" | "940" => begins = true,
            "28" | "28C" | "60F" | "60M" | "61" | "34F" | "62F" | "62M" if begins => return true,
            _ => {}
        }
    }
    false
}

/// Reads an MT940 or MT942 file.
pub(crate) fn read(source: &Whole, _: &ReadOptions, findings: &mut Findings) -> Reading {
    let mut reading = Reading::new(None);
    let mut messages =
        Messages { reading: &mut reading, findings, draft: None, open: None, entries: 0 };
    let mut text_noted = false;
    for piece in Fields::new(source.text) {
        match piece {
            Piece::Border { text, .. } => {
                messages.close();
                messages.take_block(text);
            }
            Piece::Text { line, .. } => {
                if !text_noted {
                    let note = "text outside of messages is not read";
                    messages.findings.note(Place::file(line), note);
                }
                text_noted = true;
            }
            Piece::Field(field) => {
                if !messages.take(field) {
                    break;
                }
            }
        }
    }
    messages.close();
    messages.complete();
    reading.format = reading.format.or(Some(Format::Mt940));
    reading
}

impl<'a> Messages<'a, '_> {
    /// The type of the message, where a block says it.
    fn take_block(&mut self, text: &str) {
        let says = |kind: &str| {
            let mut parts = text.split("{2:").skip(1);
            parts.any(|part| part.get(1..4) == Some(kind))
        };
        if self.reading.format.is_none() && says("942") {
            self.reading.format = Some(Format::Mt942);
        }
    }

    /// Takes a field over; `false` where no more may be read.
    fn take(&mut self, field: Field<'a>) -> bool {
        let begins = matches!(field.tag, "20" | "940");
        if begins && self.draft.as_ref().is_some_and(|draft| !draft.is_empty()) {
            self.close();
        }
        let statements = self.reading.statements.len() + usize::from(self.open.is_some());
        if self.draft.is_none() && statements >= STATEMENTS_MAX {
            let expected = format!("at most {STATEMENTS_MAX} statements");
            self.findings.fault(Place::file(field.line), ":20:", "", &expected);
            return false;
        }
        if field.tag == "61" {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                let expected = format!("at most {ENTRIES_MAX} entries");
                self.findings.fault(Place::file(field.line), ":61:", "", &expected);
                return false;
            }
        }
        let draft = self.draft.get_or_insert_with(|| Draft::new(field.line));
        if field.tag != "940" {
            draft.take(field);
        }
        true
    }

    /// Ends a message: it is the next page of the one before, or begins a statement.
    fn close(&mut self) {
        let Some(draft) = self.draft.take() else {
            return;
        };
        // The first message says what the file is.
        self.reading.format = self.reading.format.or(Some(draft.format()));
        match &mut self.open {
            Some(open) if open.continues_in(&draft) => open.append(draft),
            _ => {
                self.complete();
                self.open = Some(draft);
            }
        }
    }

    /// Ends a statement.
    fn complete(&mut self) {
        let Some(draft) = self.open.take() else {
            return;
        };
        let mut context =
            Context { findings: &mut *self.findings, statement: self.reading.statements.len() };
        self.reading.statements.push(draft.complete(&mut context));
    }
}
