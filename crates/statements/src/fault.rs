//! Faults and notes: everything about a file that the person who brings it must or may know.
//!
//! What must stay true: a fault names line, field, what was found and what was expected, and says
//! whether it concerns an entry, a statement or the whole file; what it quotes is short and
//! printable; every fault of a file is reported, not only the first.

use serde::Serialize;

use crate::limits::{FAULTS_MAX, FOUND_CHARS_MAX, NOTES_MAX};
use crate::value::Refusal;

/// What a fault or note concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Scope {
    /// The whole file. Statements that were read are still what they are.
    File,
    /// One statement: none of its entries may be booked.
    Statement {
        /// Its index in [`Reading::statements`](crate::Reading::statements).
        statement: usize,
    },
    /// One balance of a statement, which was therefore left out: its entries are what they are, but
    /// cannot be checked against it.
    Balance {
        /// The index of the statement.
        statement: usize,
    },
    /// One entry, which was therefore left out of its statement's entries.
    Entry {
        /// The index of the statement.
        statement: usize,
        /// The ordinal of the entry in the statement as written, from 0, faulty ones counted.
        entry: usize,
    },
}

/// Something that is not as its format, or as money, must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line in the file, from 1.
    pub line: u32,
    /// What it concerns.
    #[serde(flatten)]
    pub scope: Scope,
    /// The field as the format (CSV: the header line) calls it.
    pub field: String,
    /// What stands there: shortened, control characters replaced; empty where nothing does.
    pub found: String,
    /// What was expected instead.
    pub expected: String,
}

/// Something that was handled, and that a person may want to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The line in the file, from 1.
    pub line: u32,
    /// What it concerns.
    #[serde(flatten)]
    pub scope: Scope,
    /// What was seen and what was done.
    pub text: String,
}

/// Where in the file, and in which part of the reading, something was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub line: u32,
    pub scope: Scope,
}

/// Faults and notes as they are collected.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub faults: Vec<Fault>,
    pub faults_left_out: usize,
    pub notes: Vec<Note>,
    pub notes_left_out: usize,
}

/// How many faults and notes there were at some point.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    faults: usize,
    faults_left_out: usize,
    notes: usize,
    notes_left_out: usize,
}

impl Place {
    /// A place that concerns the whole file.
    pub fn file(line: u32) -> Self {
        let scope = Scope::File;
        Self { line, scope }
    }

    /// A place that concerns a statement.
    pub fn statement(line: u32, statement: usize) -> Self {
        let scope = Scope::Statement { statement };
        Self { line, scope }
    }

    /// A place that concerns a balance of a statement.
    pub fn balance(line: u32, statement: usize) -> Self {
        let scope = Scope::Balance { statement };
        Self { line, scope }
    }

    /// A place that concerns an entry.
    pub fn entry(line: u32, statement: usize, entry: usize) -> Self {
        let scope = Scope::Entry { statement, entry };
        Self { line, scope }
    }

    /// The same scope at another line.
    pub fn at(self, line: u32) -> Self {
        Self { line, ..self }
    }
}

impl Findings {
    /// Adds a fault.
    pub fn fault(&mut self, place: Place, field: &str, found: &str, expected: &str) {
        if self.faults.len() >= FAULTS_MAX {
            self.faults_left_out += 1;
            return;
        }
        self.faults.push(Fault {
            line: place.line,
            scope: place.scope,
            field: printable(field),
            found: printable(found),
            expected: expected.to_owned(),
        });
    }

    /// How many faults there are: a reader that compares before and after knows whether what it
    /// read is sound.
    pub fn fault_count(&self) -> usize {
        self.faults.len() + self.faults_left_out
    }

    /// Adds a note.
    pub fn note(&mut self, place: Place, text: impl Into<String>) {
        if self.notes.len() >= NOTES_MAX {
            self.notes_left_out += 1;
            return;
        }
        self.notes.push(Note { line: place.line, scope: place.scope, text: text.into() });
    }

    /// Counts notes that are not listed.
    pub fn leave_out_notes(&mut self, count: usize) {
        self.notes_left_out += count;
    }

    /// What was found so far, to go back to.
    pub fn mark(&self) -> Mark {
        Mark {
            faults: self.faults.len(),
            faults_left_out: self.faults_left_out,
            notes: self.notes.len(),
            notes_left_out: self.notes_left_out,
        }
    }

    /// Forgets what was found since: it will be found again.
    pub fn go_back(&mut self, mark: Mark) {
        self.faults.truncate(mark.faults);
        self.faults_left_out = mark.faults_left_out;
        self.notes.truncate(mark.notes);
        self.notes_left_out = mark.notes_left_out;
    }

    /// The first fault that was found since.
    pub fn first_fault_since(&self, mark: Mark) -> Option<&Fault> {
        self.faults.get(mark.faults)
    }

    /// Rewords what was found since: of faults what was expected, of notes their text.
    pub fn reword_since(&mut self, mark: Mark, reword: impl Fn(u32, Scope, &mut String)) {
        for fault in self.faults.iter_mut().skip(mark.faults) {
            reword(fault.line, fault.scope, &mut fault.expected);
        }
        for note in self.notes.iter_mut().skip(mark.notes) {
            reword(note.line, note.scope, &mut note.text);
        }
    }

    /// The value, or a fault that says why there is none.
    pub fn check<T>(&mut self, place: Place, field: &str, value: Result<T, Refusal>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.fault(place, field, &refusal.found, &refusal.expected);
                None
            }
        }
    }
}

/// Text as a fault may show it: at most [`FOUND_CHARS_MAX`] characters, none of them a control
/// character.
pub(crate) fn printable(text: &str) -> String {
    let visible = |character: char| {
        if character.is_control() || is_format_character(character) { ' ' } else { character }
    };
    let mut shown: String = text.chars().take(FOUND_CHARS_MAX).map(visible).collect();
    if text.chars().nth(FOUND_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown.trim().to_owned()
}

/// Characters that change how the text around them is shown (directions, joiners, marks).
pub(crate) fn is_format_character(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
