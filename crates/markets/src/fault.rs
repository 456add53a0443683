//! Faults of a file: everything that the person who brings it must know to repair it.
//!
//! What must stay true: a fault names line, field, what was found and what was expected; what it
//! quotes is short and printable.

use std::fmt;

use crate::limits::{FAULTS_MAX, FOUND_CHARS_MAX};

/// Something in a file that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line in the file, from 1; 0 where it concerns the file as a whole.
    pub line: u64,
    /// The column or attribute.
    pub field: String,
    /// What stands there: shortened, without control characters; empty where nothing does.
    pub found: String,
    /// What was expected instead.
    pub expected: String,
}

/// The faults of one file, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    list: Vec<Fault>,
    left_out: usize,
}

impl Fault {
    /// `field` holds `found` where `expected` was expected.
    pub(crate) fn new(line: u64, field: &str, found: &str, expected: impl Into<String>) -> Self {
        let (field, found) = (printable(field), printable(found));
        Self { line, field, found, expected: expected.into() }
    }

    /// A fault of the file as a whole.
    pub(crate) fn of_file(found: &str, expected: impl Into<String>) -> Self {
        Self::new(0, "file", found, expected)
    }
}

impl Faults {
    /// The faults, at most [`FAULTS_MAX`].
    #[must_use]
    pub fn list(&self) -> &[Fault] {
        &self.list
    }

    /// How many there are beyond those listed.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn push(&mut self, fault: Fault) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(fault);
        } else {
            self.left_out += 1;
        }
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self { list: vec![fault], left_out: 0 }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(out, "line {}, ", self.line)?;
        }
        write!(out, "{}: found {:?}, expected {}", self.field, self.found, self.expected)
    }
}

impl fmt::Display for Faults {
    /// The first fault, and how many more there are.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.list.first() else { return out.write_str("no faults") };
        first.fmt(out)?;
        match self.list.len() - 1 + self.left_out {
            0 => Ok(()),
            more => write!(out, " (and {more} more)"),
        }
    }
}

fn printable(text: &str) -> String {
    let is_hidden = |character: char| {
        character.is_control()
            || matches!(
                character,
                '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{2069}' | '\u{feff}'
            )
    };
    let visible = |character| if is_hidden(character) { ' ' } else { character };
    let mut shown: String = text.chars().take(FOUND_CHARS_MAX).map(visible).collect();
    if text.chars().nth(FOUND_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown.trim().to_owned()
}
