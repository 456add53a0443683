//! From text to records: the physical lines, and the logical records that continuations make.
//!
//! What must stay true: every line that is not blank is a record, continues one, or is handed on as
//! what it is; none is dropped.

use crate::lines::{Line, Walk};

/// A logical record: a line with the continuations (88) behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub line: u32,
    /// `01`, `02`, `03`, `16`, `49`, `98` or `99`.
    pub code: &'a str,
    /// The first line without its code and end.
    content: &'a str,
    /// The continuations, without code and end.
    continuations: Vec<&'a str>,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Record(Record<'a>),
    /// A line that is no record.
    Other {
        line: u32,
        text: &'a str,
    },
}

/// The records of a file, in its order.
pub(super) struct Records<'a> {
    walk: Walk<'a>,
}

/// The fields of a record, one after the other.
pub(super) struct Fields<'r, 'a> {
    record: &'r Record<'a>,
    /// What is left of the line, and which of the continuations comes next.
    rest: Option<&'a str>,
    next: usize,
}

/// The codes of records, the continuation left out.
const CODES: [&str; 7] = ["01", "02", "03", "16", "49", "98", "99"];

impl<'a> Records<'a> {
    /// The records of a text.
    pub fn new(text: &'a str) -> Self {
        Self { walk: Walk::new(text) }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let Line { start, text, next } = self.walk.solid()?;
        let line = self.walk.number_at(start);
        self.walk.go_to(next);
        let Some((code, content)) = split(text).filter(|(code, _)| CODES.contains(code)) else {
            return Some(Piece::Other { line, text });
        };
        let mut continuations = Vec::new();
        while let Some(Line { text, next, .. }) = self.walk.solid() {
            let Some((_, content)) = split(text).filter(|(code, _)| *code == "88") else {
                break;
            };
            continuations.push(content);
            self.walk.go_to(next);
        }
        Some(Piece::Record(Record { line, code, content, continuations }))
    }
}

/// The code of a line and what stands behind it, without the slash that ends it.
fn split(line: &str) -> Option<(&str, &str)> {
    let (code, content) = line.split_once(',')?;
    Some((code, content.strip_suffix('/').unwrap_or(content)))
}

impl<'a> Record<'a> {
    /// How many lines it has.
    pub fn line_count(&self) -> u64 {
        u64::try_from(self.continuations.len()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// How many fields its first line has.
    pub fn field_count(&self) -> usize {
        self.content.split(',').count()
    }

    /// Its fields.
    pub fn fields(&self) -> Fields<'_, 'a> {
        Fields { record: self, rest: Some(self.content), next: 0 }
    }
}

impl<'a> Fields<'_, 'a> {
    /// The next field; `None` behind the last one.
    pub fn next(&mut self) -> Option<&'a str> {
        let rest = match self.rest {
            Some(rest) => rest,
            None => {
                let rest = *self.record.continuations.get(self.next)?;
                self.next += 1;
                rest
            }
        };
        let (field, rest) = match rest.split_once(',') {
            Some((field, rest)) => (field, Some(rest)),
            None => (rest, None),
        };
        self.rest = rest;
        Some(field.trim())
    }

    /// The next field, empty behind the last one.
    pub fn text(&mut self) -> &'a str {
        self.next().unwrap_or_default()
    }

    /// Everything that is left, commas included, line by line.
    pub fn remaining(self) -> Vec<&'a str> {
        let continuations = self.record.continuations.get(self.next..).unwrap_or_default();
        self.rest.into_iter().chain(continuations.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_belong_to_the_record_above() {
        let text = "01,a,b/\n\n16,475,1/ \r\n88,x,y/\n88,text, with comma\n49:1\n";
        let found: Vec<Piece> = Records::new(text).collect();
        let [Piece::Record(first), Piece::Record(second), Piece::Other { line: 6, text: "49:1" }] =
            found.as_slice()
        else {
            unreachable!("{found:?}");
        };
        assert_eq!((first.code, first.line, first.line_count()), ("01", 1, 1));
        assert_eq!((second.code, second.line, second.line_count()), ("16", 3, 3));
        let mut fields = second.fields();
        let structured = [fields.text(), fields.text(), fields.text(), fields.text()];
        assert_eq!(structured, ["475", "1", "x", "y"]);
        assert_eq!(fields.remaining(), ["text, with comma"]);
        let mut fields = first.fields();
        assert_eq!([fields.next(), fields.next(), fields.next()], [Some("a"), Some("b"), None]);
    }
}
