//! From text to records: a letter and a text a line, a caret behind each record, headers between.
//!
//! What must stay true: every line that is not blank belongs to a record or is a header, and a
//! record without its caret says so.

use crate::lines::{Line, Walk};

/// A part of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// `!Type:Bank` and its like, without the mark.
    Header {
        line: u32,
        text: &'a str,
    },
    Record(Record<'a>),
}

/// A record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub line: u32,
    pub items: Vec<Item<'a>>,
    /// What is wrong with it as a whole.
    pub fault: Option<&'static str>,
}

/// A line of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub line: u32,
    pub letter: char,
    pub text: &'a str,
}

/// The records of a file, in its order.
pub(super) struct Records<'a> {
    walk: Walk<'a>,
}

/// The most lines of a record: five address lines, and three for each part of a split.
const ITEMS_MAX: usize = 10_000;

impl<'a> Records<'a> {
    /// The records of a text.
    pub fn new(text: &'a str) -> Self {
        Self { walk: Walk::new(text) }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let mut record = Record::default();
        while let Some(Line { start, text, next }) = self.walk.solid() {
            let line = self.walk.number_at(start);
            if let Some(text) = text.strip_prefix('!') {
                if !record.items.is_empty() {
                    record.fault = Some("a caret behind the record");
                    return Some(Piece::Record(record));
                }
                self.walk.go_to(next);
                return Some(Piece::Header { line, text });
            }
            self.walk.go_to(next);
            if text.starts_with('^') {
                // What stands behind a caret begins what comes next.
                let caret = self.walk.between(start, next).find('^');
                self.walk.go_to(caret.map_or(next, |caret| start + caret + 1));
                if record.items.is_empty() {
                    continue;
                }
                return Some(Piece::Record(record));
            }
            if record.items.is_empty() {
                record.line = line;
            }
            let mut characters = text.chars();
            let letter = characters.next().unwrap_or(' ');
            if record.items.len() < ITEMS_MAX {
                record.items.push(Item { line, letter, text: characters.as_str().trim() });
            } else {
                record.fault = Some("fewer lines");
            }
        }
        if record.items.is_empty() {
            return None;
        }
        record.fault = Some("a caret behind the record");
        Some(Piece::Record(record))
    }
}

impl<'a> Record<'a> {
    /// The first line with a letter.
    pub fn item(&self, letter: char) -> Option<&Item<'a>> {
        self.items.iter().find(|item| item.letter == letter)
    }

    /// The text of the first line with a letter, where it has any.
    pub fn text(&self, letter: char) -> Option<&'a str> {
        self.item(letter).map(|item| item.text).filter(|text| !text.is_empty())
    }

    /// Another line with the same letter and a different text.
    pub fn twice(&self, letter: char) -> Option<&Item<'a>> {
        let first = self.item(letter)?;
        let mut items = self.items.iter().filter(|item| item.letter == letter);
        items.find(|item| item.text != first.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_end_with_a_caret() {
        let text = "\n!Type:Bank \r\nD1/2/26\nT-5\n^\n^\nD1/3/26\n!Account\nNA\n";
        let told: Vec<String> = Records::new(text)
            .map(|piece| match piece {
                Piece::Header { line, text } => format!("{line} !{text}"),
                Piece::Record(record) => {
                    let items = record.items.iter();
                    let items = items.map(|item| format!("{}={}", item.letter, item.text));
                    let items: Vec<String> = items.collect();
                    format!("{} {} {:?}", record.line, items.join(" "), record.fault)
                }
            })
            .collect();
        let open = "Some(\"a caret behind the record\")";
        let expected = [
            "2 !Type:Bank".to_owned(),
            "3 D=1/2/26 T=-5 None".to_owned(),
            format!("7 D=1/3/26 {open}"),
            "8 !Account".to_owned(),
            format!("9 N=A {open}"),
        ];
        assert_eq!(told, expected);
    }
}
