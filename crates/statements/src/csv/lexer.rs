//! From text to records: delimiters, quotes, lines.
//!
//! What must stay true: reading is linear; a quote that is not closed where a field ends is never
//! passed over, because it could swallow the lines behind it. A field that merely contains quotes
//! is read by its own line, and only where that line has no open quote.

use std::borrow::Cow;

use crate::limits::{COLUMNS_MAX, FIELD_BYTES_MAX};

/// One record.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub line: u32,
    pub fields: Vec<Cow<'a, str>>,
    /// What is wrong with it: what was expected instead.
    pub fault: Option<&'static str>,
}

/// The records of a text. Blank lines are none.
pub(super) struct Records<'a> {
    text: &'a str,
    delimiter: char,
    /// LF; only in a text without any LF it is CR.
    line_end: char,
    position: usize,
    /// The line where the next record begins, from 1.
    line: u32,
    /// How many fields the last record had: most have as many.
    width: usize,
}

/// How a field was read.
enum Field<'a> {
    /// The field and the bytes that it took.
    Complete(Cow<'a, str>, usize),
    /// Quotes that do not fit, or a field that is too long.
    Improper(&'static str),
}

impl<'a> Records<'a> {
    /// The records of a text whose fields this character divides.
    pub fn new(text: &'a str, delimiter: char) -> Self {
        let line_end = if text.contains('\n') { '\n' } else { '\r' };
        Self { text, delimiter, line_end, position: 0, line: 1, width: 0 }
    }

    fn record(&mut self) -> Record<'a> {
        let line = self.line;
        let start = self.position;
        self.line = self.line.saturating_add(1);
        let mut fields = Vec::with_capacity(self.width);
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            match field(rest, self.delimiter, self.line_end) {
                Field::Complete(field, length) => {
                    // Only in quotes a record goes on to another line.
                    if begins_with(rest, '"') {
                        let ends = field.matches(self.line_end).count();
                        let ends = u32::try_from(ends).unwrap_or(u32::MAX);
                        self.line = self.line.saturating_add(ends);
                    }
                    fields.push(field);
                    self.position += length;
                }
                Field::Improper(expected) => return self.by_line(start, line, expected),
            }
            let rest = self.text.get(self.position..).unwrap_or_default();
            if !begins_with(rest, self.delimiter) {
                self.position += line_end_length(rest);
                self.width = fields.len();
                return Record { line, fields, fault: None };
            }
            if fields.len() >= COLUMNS_MAX {
                return self.by_line(start, line, "fewer columns");
            }
            self.position += self.delimiter.len_utf8();
        }
    }

    /// The record as its first line alone: a quote inside a field is a character, a field that
    /// begins with a quote ends with one.
    fn by_line(&mut self, start: usize, line: u32, expected: &'static str) -> Record<'a> {
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find(self.line_end).unwrap_or(rest.len());
        let content = rest.get(..length).unwrap_or_default();
        let content = content.strip_suffix('\r').unwrap_or(content);
        self.position = start + length;
        self.position += line_end_length(self.text.get(self.position..).unwrap_or_default());
        self.line = line.saturating_add(1);
        let mut fields: Vec<Cow<'a, str>> = Vec::new();
        let mut fault = None;
        for part in content.split(self.delimiter).take(COLUMNS_MAX + 1) {
            let unquoted = part.strip_prefix('"').and_then(|part| part.strip_suffix('"'));
            let open_quote = unquoted.is_none() && (part.starts_with('"') || part.ends_with('"'));
            if open_quote || part.len() > FIELD_BYTES_MAX {
                fault = Some(expected);
            }
            fields.push(Cow::Borrowed(unquoted.unwrap_or(part)));
        }
        if fields.len() > COLUMNS_MAX {
            fault = Some("fewer columns");
        }
        Record { line, fields, fault }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        loop {
            let rest = self.text.get(self.position..).filter(|rest| !rest.is_empty())?;
            // Some exports end with the zero bytes of a fixed length.
            if begins_with(rest, '\0') && rest.bytes().all(|byte| byte == 0) {
                return None;
            }
            let record = self.record();
            let blank = |field: &Cow<str>| is_blank(field);
            if record.fault.is_some() || !record.fields.iter().all(blank) {
                return Some(record);
            }
        }
    }
}

/// The field at the beginning of a text.
fn field(rest: &str, delimiter: char, line_end: char) -> Field<'_> {
    let Some(quoted) = rest.get(1..).filter(|_| begins_with(rest, '"')) else {
        let length = match (u8::try_from(delimiter), u8::try_from(line_end)) {
            // A byte below 128 is never part of another character.
            (Ok(delimiter), Ok(line_end)) if delimiter.is_ascii() => {
                rest.bytes().position(|byte| byte == delimiter || byte == line_end)
            }
            _ => rest.find([delimiter, line_end]),
        };
        let length = length.unwrap_or(rest.len());
        let content = rest.get(..length).unwrap_or_default();
        let content = content.strip_suffix('\r').unwrap_or(content);
        if length > FIELD_BYTES_MAX {
            return Field::Improper("a shorter field");
        }
        return Field::Complete(Cow::Borrowed(content), length);
    };
    let bytes = quoted.as_bytes();
    let mut doubled = false;
    let mut position = 0;
    loop {
        let searched = bytes.get(position..).unwrap_or_default();
        let Some(found) = searched.iter().position(|byte| *byte == b'"') else {
            return Field::Improper("a quote that ends the field");
        };
        position += found;
        if position > FIELD_BYTES_MAX {
            return Field::Improper("a shorter field");
        }
        if bytes.get(position + 1) != Some(&b'"') {
            break;
        }
        doubled = true;
        position += 2;
    }
    let content = quoted.get(..position).unwrap_or_default();
    let after = quoted.get(position + 1..).unwrap_or_default();
    let ends = after.starts_with([delimiter, line_end]) || after.starts_with("\r\n");
    if !after.is_empty() && !ends {
        return Field::Improper("a delimiter after the quote that ends the field");
    }
    let content = match doubled {
        true => Cow::Owned(content.replace("\"\"", "\"")),
        false => Cow::Borrowed(content),
    };
    Field::Complete(content, position + 2)
}

/// Whether nothing but blanks stands in a field.
fn is_blank(field: &str) -> bool {
    // Most fields begin with a letter or a digit.
    !field.as_bytes().first().is_some_and(u8::is_ascii_graphic) && field.trim().is_empty()
}

/// Whether a text begins with a character, which is nearly always a byte.
fn begins_with(text: &str, character: char) -> bool {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => text.as_bytes().first() == Some(&byte),
        Ok(_) | Err(_) => text.starts_with(character),
    }
}

fn line_end_length(rest: &str) -> usize {
    match rest.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = Records::new(text, ',')
            .map(|record| {
                let mark = if record.fault.is_some() { "!" } else { "" };
                format!("{}{mark}:{}", record.line, record.fields.join("|"))
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn records_have_lines_and_quotes() {
        check("a,b\r\nc,\"d,\"\"e\"\"\"\n\nf,", &["1:a|b", "2:c|d,\"e\"", "4:f|"]);
        check("a,\"b\nc\"\nd,e", &["1:a|b\nc", "3:d|e"]);
        check("\n , \na\rb", &["3:a\rb"]);
        check("a,b\rc,\"d\"\r\re", &["1:a|b", "2:c|d", "4:e"]);
        check("a\0\0", &["1:a\0\0"]);
        check("a\n\0\0", &["1:a"]);
    }

    #[test]
    fn an_open_quote_swallows_nothing() {
        check("a,\"b,1\nc,\"d\",2\n", &["1!:a|\"b|1", "2:c|d|2"]);
        check("a,b\",1\n", &["1:a|b\"|1"]);
        check("a,\"b,1\nc,d,2\n", &["1!:a|\"b|1", "2:c|d|2"]);
        check("a,\"he said \"hi\" there\",1\n", &["1:a|he said \"hi\" there|1"]);
    }

    #[test]
    fn too_many_columns_are_a_fault() {
        let wide = ",".repeat(COLUMNS_MAX + 5) + "\nx\n";
        let records: Vec<Record> = Records::new(&wide, ',').collect();
        assert_eq!(records.len(), 2);
        assert!(records.iter().map(|record| record.fault.is_some()).eq([true, false]));
    }
}
