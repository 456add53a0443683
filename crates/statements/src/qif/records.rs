//! From text to records: a letter and a text a line, a caret behind each record, headers between.
//!
//! What must stay true: every line that is not blank belongs to a record or is a header, and a
//! record without its caret says so.

use crate::tree::Lines;

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
    text: &'a str,
    line_end: char,
    position: usize,
    lines: Lines<'a>,
}

/// The most lines of a record: five address lines, and three for each part of a split.
const ITEMS_MAX: usize = 10_000;

impl<'a> Records<'a> {
    /// The records of a text.
    pub fn new(text: &'a str) -> Self {
        let line_end = if text.contains('\n') { '\n' } else { '\r' };
        Self { text, line_end, position: 0, lines: Lines::new(text) }
    }

    /// The next line that is not blank, and where the one behind it begins.
    fn peek(&self) -> Option<(usize, &'a str, usize)> {
        let mut position = self.position;
        loop {
            let rest = self.text.get(position..).filter(|rest| !rest.is_empty())?;
            let length = rest.find(self.line_end).unwrap_or(rest.len());
            let line = rest.get(..length).unwrap_or_default();
            let line = line.trim_matches(|one: char| one.is_whitespace() || one == '\0');
            let end = position + (length + 1).min(rest.len());
            if !line.is_empty() {
                return Some((position, line, end));
            }
            position = end;
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let mut record = Record::default();
        while let Some((position, text, end)) = self.peek() {
            let line = self.lines.line_at(position);
            if let Some(text) = text.strip_prefix('!') {
                if !record.items.is_empty() {
                    record.fault = Some("a caret behind the record");
                    return Some(Piece::Record(record));
                }
                self.position = end;
                return Some(Piece::Header { line, text });
            }
            self.position = end;
            if text.starts_with('^') {
                // What stands behind a caret begins what comes next.
                let behind = self.text.get(position..end).and_then(|whole| whole.find('^'));
                self.position = behind.map_or(end, |caret| position + caret + 1);
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
