//! What a format has no place for: counted, so that nothing is dropped in silence.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Entry, EntryKind, EntryStatus, Statement};

/// Something that was read and could not be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// What it is, as a person says it: `charges`.
    pub what: &'static str,
    /// How many entries, statements or texts it concerns.
    pub count: usize,
}

/// Losses as they are counted.
#[derive(Debug, Default)]
pub(super) struct Losses(BTreeMap<&'static str, usize>);

/// A part of an entry that some format has no place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Pending,
    Information,
    Reversal,
    EndToEnd,
    TypeCode,
    Kind,
    Original,
    Charges,
    BalanceAfter,
    Corrects,
    Details,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending entries",
            Self::Information => "entries for information",
            Self::Reversal => "marks of reversals",
            Self::EndToEnd => "end-to-end identifications",
            Self::TypeCode => "type codes",
            Self::Kind => "kinds of entries",
            Self::Original => "original amounts",
            Self::Charges => "charges",
            Self::BalanceAfter => "running balances",
            Self::Corrects => "references of corrected entries",
            Self::Details => "transactions of batches",
        }
    }

    fn is_there(self, entry: &Entry) -> bool {
        match self {
            Self::Pending => entry.status == EntryStatus::Pending,
            Self::Information => entry.status == EntryStatus::Information,
            Self::Reversal => entry.reversal,
            Self::EndToEnd => entry.end_to_end.is_some(),
            Self::TypeCode => entry.type_code.is_some(),
            Self::Kind => entry.kind != EntryKind::Other,
            Self::Original => entry.original.is_some(),
            Self::Charges => !entry.charges.is_empty(),
            Self::BalanceAfter => entry.balance_after.is_some(),
            Self::Corrects => entry.corrects.is_some(),
            Self::Details => details_say_more(entry),
        }
    }
}

/// Whether the details of an entry say something that the entry itself does not.
fn details_say_more(entry: &Entry) -> bool {
    match entry.details.as_slice() {
        [] => false,
        [lone] => {
            lone.return_reason.is_some()
                || !lone.charges.is_empty()
                || lone.bank_reference.as_ref().is_some_and(|own| {
                    entry.bank_reference.as_ref().is_some_and(|entry| entry != own)
                })
        }
        [..] => true,
    }
}

impl Losses {
    /// Counts something that is lost, if it is.
    pub fn count(&mut self, what: &'static str, is_lost: bool) {
        if is_lost {
            *self.0.entry(what).or_default() += 1;
        }
    }

    /// Counts every part of an entry that the format lacks.
    pub fn of_entry(&mut self, entry: &Entry, lacking: &[Part]) {
        for part in lacking {
            self.count(part.name(), part.is_there(entry));
        }
    }

    /// An identifier that is not too long.
    pub fn whole<'t>(&mut self, text: &'t str, chars_max: usize) -> Option<&'t str> {
        let is_whole = shortened(text, chars_max) == text;
        self.count("identifiers that are too long", !is_whole);
        is_whole.then_some(text)
    }

    /// A text, cut where it is too long.
    pub fn cut<'t>(&mut self, text: &'t str, chars_max: usize) -> &'t str {
        let shortened = shortened(text, chars_max);
        self.count("texts that were cut", shortened != text);
        shortened
    }

    /// Counts what no format but a bank's own holds of a statement.
    pub fn of_statement(&mut self, statement: &Statement) {
        self.count("holdings of securities", !statement.holdings.is_empty());
        self.count("statements whose refused entries are missing", statement.refused > 0);
    }

    /// What was counted, by what it is.
    pub fn told(self) -> Vec<Loss> {
        self.0.into_iter().map(|(what, count)| Loss { what, count }).collect()
    }
}

/// The beginning of a text.
pub(super) fn shortened(text: &str, chars_max: usize) -> &str {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => text.get(..end).unwrap_or_default().trim_end(),
        None => text,
    }
}
