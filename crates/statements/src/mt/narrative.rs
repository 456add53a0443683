//! What field `:86:` says about an entry: in numbered subfields, behind codes in slashes, behind
//! words, or as free text.
//!
//! What must stay true: nothing here is money. Texts are taken as they are, and what has no place
//! in the model (mandates, creditors' identifications, primanota) is left out.

use super::{slashes, subfields};
use crate::value;

/// What was understood of a narrative, each part as written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Narrative {
    /// The bank's three digits for the kind of business.
    pub business_code: Option<String>,
    /// The bank's words for it.
    pub posting_text: Option<String>,
    pub name: Option<String>,
    pub account: Option<String>,
    pub bank: Option<String>,
    pub purpose: Option<String>,
    pub end_to_end: Option<String>,
    pub reference: Option<String>,
}

/// How many characters a line of the field has: a line that is full goes on in the next one without
/// a blank.
const LINE_CHARS_MAX: usize = 65;
/// How many the first one has where a bank counts the tag before it.
const FIRST_LINE_CHARS_MAX: usize = 61;

impl Narrative {
    /// The narrative of a field `:86:`, by its lines.
    pub fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let lines: Vec<&str> = lines.collect();
        let solid: String = lines.concat();
        if let Some(found) = subfields::read(solid.trim_start()) {
            return found;
        }
        if let Some(found) = slashes::read(solid.trim()) {
            return found;
        }
        let free = joined(&lines);
        by_words(&free).unwrap_or_else(|| Self { purpose: some(&free), ..Self::default() })
    }

    /// Takes over what another narrative of the same entry adds.
    pub fn add(&mut self, other: Self) {
        let fill = |own: &mut Option<String>, other| *own = own.take().or(other);
        self.purpose = match (self.purpose.take(), other.purpose) {
            (Some(own), Some(more)) => Some(format!("{own} {more}")),
            (own, more) => own.or(more),
        };
        fill(&mut self.business_code, other.business_code);
        fill(&mut self.posting_text, other.posting_text);
        fill(&mut self.name, other.name);
        fill(&mut self.account, other.account);
        fill(&mut self.bank, other.bank);
        fill(&mut self.end_to_end, other.end_to_end);
        fill(&mut self.reference, other.reference);
    }
}

/// Lines as one text: a full line goes on without a blank, a shorter one with it.
fn joined(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut full = true;
    for (index, line) in lines.iter().enumerate() {
        if !full {
            text.push(' ');
        }
        text.push_str(line);
        let length = line.chars().count();
        full = length >= LINE_CHARS_MAX || (index == 0 && length == FIRST_LINE_CHARS_MAX);
    }
    text
}

/// A text that says something.
pub(super) fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A reference that is one, and not the word for none.
pub(super) fn reference(text: &str) -> Option<String> {
    let is_none = matches!(text.trim(), "NONREF" | "NOTPROVIDED" | "NOT PROVIDED" | "NIEZNANY");
    some(text).filter(|_| !is_none)
}

/// Text in which words announce the parts: Dutch `REK: …/NAAM: …`, Polish `OD: …; TYT.: …`.
fn by_words(text: &str) -> Option<Narrative> {
    type Part = fn(&mut Narrative) -> &mut Option<String>;
    const WORDS: &[(&str, &str, Part)] = &[
        ("REK: ", "/", |narrative| &mut narrative.account),
        ("/NAAM: ", "\n", |narrative| &mut narrative.name),
        ("Z RACH.: ", ";", |narrative| &mut narrative.account),
        ("NA RACH.: ", ";", |narrative| &mut narrative.account),
        ("; OD: ", ";", |narrative| &mut narrative.name),
        ("; DLA: ", ";", |narrative| &mut narrative.name),
        ("; TYT.: ", ";", |narrative| &mut narrative.purpose),
    ];
    let mut narrative = Narrative::default();
    let mut first = text.len();
    for (word, end, part) in WORDS {
        let Some(start) = text.find(word) else {
            continue;
        };
        let rest = text.get(start + word.len()..).unwrap_or_default();
        *part(&mut narrative) = some(rest.split(end).next().unwrap_or_default());
        first = first.min(start);
    }
    narrative.account.as_ref()?;
    let before = text.get(..first).unwrap_or_default();
    narrative.purpose = narrative.purpose.or_else(|| some(before));
    narrative.account = narrative.account.map(|account| value::without_blanks(&account));
    Some(narrative)
}

#[cfg(test)]
impl Narrative {
    /// Its parts in one line.
    pub fn told(&self) -> String {
        let parts = [
            &self.business_code,
            &self.posting_text,
            &self.name,
            &self.account,
            &self.bank,
            &self.purpose,
            &self.end_to_end,
            &self.reference,
        ];
        parts.map(|part| part.as_deref().unwrap_or("-")).join(" | ")
    }
}
