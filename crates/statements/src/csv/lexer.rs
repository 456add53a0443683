//! From text to records: delimiters, quotes, lines.
//!
//! What must stay true: reading is linear; a quote that is not closed where a field ends is never
//! passed over, because it could swallow the lines behind it. A field that merely contains quotes
//! is read by its own line, and only where that line has no open quote. What a record is does not
//! depend on how much of the text is held.

use crate::limits::{COLUMNS_MAX, FIELD_BYTES_MAX, RECORD_BYTES_MAX};
use crate::window::Window;

/// One record, borrowed from the window.
#[derive(Clone, Copy)]
pub(super) struct Record<'r> {
    pub line: u32,
    /// What is wrong with it: what was expected instead.
    pub fault: Option<&'static str>,
    text: &'r str,
    unquoted: &'r str,
    fields: &'r [Field],
}

/// The records of a text. Blank lines are none.
pub(super) struct Records<'t> {
    window: Window<'t>,
    lexer: Lexer,
    /// The line where the next record begins, from 1.
    line: u32,
    /// The record that was read last: its line, its length, its fault.
    last: (u32, usize, Option<&'static str>),
}

/// Where a field stands.
#[derive(Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    /// Whether that is a place among the fields that had doubled quotes.
    is_unquoted: bool,
}

/// Takes records apart.
struct Lexer {
    delimiter: [u8; 4],
    delimiter_length: usize,
    /// LF; only in a text without any LF it is CR.
    line_end: u8,
    fields: Vec<Field>,
    /// Fields with doubled quotes, with single ones.
    unquoted: String,
}

/// What stands at the beginning of a text.
enum Found {
    /// A record, its length, its lines, and what is wrong with it.
    Record(usize, u32, Option<&'static str>),
    /// The beginning of a line that is too long to be held.
    Long,
    /// It cannot be said before more is held.
    Cut,
}

/// Why a field is none by itself.
enum Improper {
    /// Quotes that do not fit, or a field that is too long.
    Expected(&'static str),
    Cut,
}

/// How many bytes behind a quote say whether it ends the field.
const BEHIND_QUOTE: usize = 6;
/// How much of a line that is too long is kept, to be quoted.
const QUOTED_BYTES: usize = 256;

impl<'t> Records<'t> {
    /// The records of a text whose fields this character divides.
    pub fn new(window: Window<'t>, delimiter: char, line_end: u8) -> Self {
        let mut bytes = [0; 4];
        let delimiter_length = delimiter.encode_utf8(&mut bytes).len();
        let lexer = Lexer {
            delimiter: bytes,
            delimiter_length,
            line_end,
            fields: Vec::new(),
            unquoted: String::new(),
        };
        Self { window, lexer, line: 1, last: (1, 0, None) }
    }

    /// Reads the next record; `false` where there is none.
    pub fn advance(&mut self) -> bool {
        loop {
            if self.window.rest().is_empty() {
                if self.window.more() {
                    continue;
                }
                return false;
            }
            if self.window.rest().starts_with('\0') && self.only_zeros_are_left() {
                return false;
            }
            match self.lexer.record(self.window.rest(), self.window.is_end()) {
                Found::Cut => {
                    if !self.window.more() {
                        // The head of a text ends in the middle of a record.
                        return false;
                    }
                }
                Found::Record(length, lines, fault) => {
                    self.window.pass(length);
                    self.last = (self.line, length, fault);
                    self.line = self.line.saturating_add(lines);
                    if fault.is_some() || !self.record().is_blank() {
                        return true;
                    }
                }
                Found::Long => {
                    let kept = self.window.rest().floor_char_boundary(QUOTED_BYTES);
                    let kept = self.window.rest().get(..kept).unwrap_or_default().to_owned();
                    self.pass_line();
                    self.lexer.unquoted = kept;
                    let end = self.lexer.unquoted.len();
                    self.lexer.fields.clear();
                    self.lexer.fields.push(Field { start: 0, end, is_unquoted: true });
                    self.last = (self.line, 0, Some("a shorter line"));
                    self.line = self.line.saturating_add(1);
                    return true;
                }
            }
        }
    }

    /// The record that was read last.
    pub fn record(&self) -> Record<'_> {
        let (line, length, fault) = self.last;
        let (fields, unquoted) = (self.lexer.fields.as_slice(), self.lexer.unquoted.as_str());
        Record { line, fault, text: self.window.passed(length), unquoted, fields }
    }

    /// Passes over the rest of a line, however long it is.
    fn pass_line(&mut self) {
        loop {
            let rest = self.window.rest();
            let end = memchr::memchr(self.lexer.line_end, rest.as_bytes());
            let (length, found) = end.map_or((rest.len(), false), |end| (end + 1, true));
            self.window.pass(length);
            if found || !self.window.more() {
                return;
            }
        }
    }

    /// Some exports end with the zero bytes of a fixed length. Where something else stands behind
    /// zeros they belong to a record, as far as records go.
    fn only_zeros_are_left(&mut self) -> bool {
        loop {
            let rest = self.window.rest();
            let zeros = rest.bytes().take_while(|byte| *byte == 0).count();
            if zeros < rest.len() {
                return false;
            }
            if zeros > RECORD_BYTES_MAX {
                self.window.pass(zeros - RECORD_BYTES_MAX);
            }
            if !self.window.more() {
                return self.window.is_end();
            }
        }
    }
}

impl<'r> Record<'r> {
    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// A field as it stands; empty where there is none.
    pub fn field(&self, index: usize) -> &'r str {
        self.fields.get(index).map(|field| self.text_of(*field)).unwrap_or_default()
    }

    /// A field without blanks around it.
    pub fn cell(&self, index: usize) -> &'r str {
        trimmed(self.field(index))
    }

    /// All fields.
    pub fn fields(&self) -> impl Iterator<Item = &'r str> {
        let record = *self;
        self.fields.iter().map(move |field| record.text_of(*field))
    }

    /// All fields without blanks around them.
    pub fn cells(&self) -> impl Iterator<Item = &'r str> {
        self.fields().map(trimmed)
    }

    /// The record without its last field.
    pub fn without_last(self) -> Self {
        let fields = self.fields.split_last().map(|(_, fields)| fields).unwrap_or_default();
        Self { fields, ..self }
    }

    fn is_blank(&self) -> bool {
        self.cells().all(str::is_empty)
    }

    fn text_of(&self, field: Field) -> &'r str {
        let text = if field.is_unquoted { self.unquoted } else { self.text };
        text.get(field.start..field.end).unwrap_or_default()
    }
}

impl Lexer {
    /// Takes apart what a text begins with.
    fn record(&mut self, text: &str, is_end: bool) -> Found {
        let bytes = text.as_bytes();
        self.fields.clear();
        self.unquoted.clear();
        let (mut position, mut lines) = (0, 1_u32);
        loop {
            let field = match bytes.get(position) {
                Some(b'"') => self.quoted(text, position, is_end),
                Some(_) | None => self.plain(bytes, position, is_end),
            };
            let end = match field {
                Ok((field, end)) => {
                    if bytes.get(position) == Some(&b'"') {
                        lines = lines.saturating_add(self.lines_in(bytes, position, end));
                    }
                    self.fields.push(field);
                    end
                }
                Err(Improper::Cut) => return Found::Cut,
                Err(Improper::Expected(expected)) => return self.by_line(text, is_end, expected),
            };
            if !self.is_delimiter(bytes, end) {
                return Found::Record(end + line_end_length(bytes, end), lines, None);
            }
            if self.fields.len() >= COLUMNS_MAX {
                return self.by_line(text, is_end, "fewer columns");
            }
            position = end + self.delimiter_length;
            if position > RECORD_BYTES_MAX {
                return self.by_line(text, is_end, "a shorter record");
            }
        }
    }

    /// The field without quotes around it that begins here, and where it ends.
    fn plain(&self, bytes: &[u8], start: usize, is_end: bool) -> Result<(Field, usize), Improper> {
        let rest = bytes.get(start..).unwrap_or_default();
        let [first, ..] = self.delimiter;
        let mut length = 0;
        loop {
            let searched = rest.get(length..).unwrap_or_default();
            let Some(found) = memchr::memchr2(first, self.line_end, searched) else {
                if rest.len() > FIELD_BYTES_MAX {
                    return Err(Improper::Expected("a shorter field"));
                }
                if !is_end {
                    return Err(Improper::Cut);
                }
                length = rest.len();
                break;
            };
            length += found;
            if rest.get(length) == Some(&self.line_end) || self.is_delimiter(rest, length) {
                break;
            }
            length += 1;
        }
        if length > FIELD_BYTES_MAX {
            return Err(Improper::Expected("a shorter field"));
        }
        let end = start + length;
        let is_return = length > 0 && bytes.get(end - 1) == Some(&b'\r');
        let kept = if is_return { end - 1 } else { end };
        Ok((Field { start, end: kept, is_unquoted: false }, end))
    }

    /// The field in quotes that begins here, and where it ends.
    fn quoted(
        &mut self,
        text: &str,
        start: usize,
        is_end: bool,
    ) -> Result<(Field, usize), Improper> {
        let bytes = text.as_bytes();
        let content = start + 1;
        let mut doubled = false;
        let mut position = content;
        let end = loop {
            let last = bytes.len().min(content + FIELD_BYTES_MAX + 1);
            let searched = bytes.get(position..last).unwrap_or_default();
            let Some(found) = memchr::memchr(b'"', searched) else {
                let is_cut = !is_end && bytes.len() <= content + FIELD_BYTES_MAX;
                let expected = Improper::Expected("a quote that ends the field");
                return Err(if is_cut { Improper::Cut } else { expected });
            };
            position += found;
            if !is_end && bytes.len() < position + BEHIND_QUOTE {
                return Err(Improper::Cut);
            }
            if bytes.get(position + 1) != Some(&b'"') {
                break position;
            }
            doubled = true;
            position += 2;
        };
        let after = end + 1;
        let behind = bytes.get(after..).unwrap_or_default();
        let ends = behind.first() == Some(&self.line_end) || behind.starts_with(b"\r\n");
        if !behind.is_empty() && !ends && !self.is_delimiter(bytes, after) {
            let expected = "a delimiter after the quote that ends the field";
            return Err(Improper::Expected(expected));
        }
        if !doubled {
            return Ok((Field { start: content, end, is_unquoted: false }, after));
        }
        let unquoted = self.unquoted.len();
        for (index, part) in text.get(content..end).unwrap_or_default().split("\"\"").enumerate() {
            if index > 0 {
                self.unquoted.push('"');
            }
            self.unquoted.push_str(part);
        }
        let field = Field { start: unquoted, end: self.unquoted.len(), is_unquoted: true };
        Ok((field, after))
    }

    /// The record as its first line alone: a quote inside a field is a character, a field that
    /// begins with a quote ends with one.
    fn by_line(&mut self, text: &str, is_end: bool, expected: &'static str) -> Found {
        let bytes = text.as_bytes();
        let length = match memchr::memchr(self.line_end, bytes) {
            Some(length) => length,
            None if bytes.len() > RECORD_BYTES_MAX => return Found::Long,
            None if !is_end => return Found::Cut,
            None => bytes.len(),
        };
        if length > RECORD_BYTES_MAX {
            return Found::Long;
        }
        let is_return = length > 0 && bytes.get(length - 1) == Some(&b'\r');
        let content = if is_return { length - 1 } else { length };
        self.fields.clear();
        self.unquoted.clear();
        let mut fault = None;
        let mut start = 0;
        while self.fields.len() <= COLUMNS_MAX {
            let rest = bytes.get(start..content).unwrap_or_default();
            let found = (0..rest.len()).find(|at| self.is_delimiter(rest, *at));
            let end = found.map_or(content, |found| start + found);
            let part = bytes.get(start..end).unwrap_or_default();
            let has = [part.first() == Some(&b'"'), part.last() == Some(&b'"')];
            let is_quoted = part.len() > 1 && has == [true; 2];
            if (has.contains(&true) && !is_quoted) || part.len() > FIELD_BYTES_MAX {
                fault = Some(expected);
            }
            let inner = usize::from(is_quoted);
            let field = Field { start: start + inner, end: end - inner, is_unquoted: false };
            self.fields.push(field);
            if found.is_none() {
                break;
            }
            start = end + self.delimiter_length;
        }
        if self.fields.len() > COLUMNS_MAX {
            fault = Some("fewer columns");
        }
        Found::Record(length + line_end_length(bytes, length), 1, fault)
    }

    fn is_delimiter(&self, bytes: &[u8], at: usize) -> bool {
        let [first, ..] = self.delimiter;
        let length = self.delimiter_length;
        bytes.get(at) == Some(&first)
            && (length == 1 || bytes.get(at..at + length) == self.delimiter.get(..length))
    }

    fn lines_in(&self, bytes: &[u8], start: usize, end: usize) -> u32 {
        let field = bytes.get(start..end).unwrap_or_default();
        let ends = field.iter().filter(|byte| **byte == self.line_end).count();
        u32::try_from(ends).unwrap_or(u32::MAX)
    }
}

/// A text without blanks around it.
pub(super) fn trimmed(text: &str) -> &str {
    // Most begin and end with a letter or a digit.
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        [only] if only.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

fn line_end_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..).unwrap_or_default() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Decoder;
    use crate::limits::Limits;
    use crate::window::Text;

    /// The records of a text, through a window of this size.
    fn told(text: &str, window_bytes: usize) -> Vec<String> {
        let limits = Limits { window_bytes, ..Limits::HANDED_ON };
        let source = text.as_bytes();
        let text = Text::new(&source, Decoder::UTF_8, &limits);
        let mut records = Records::new(text.window(), ',', text.line_end());
        let mut told = Vec::new();
        while records.advance() {
            let record = records.record();
            let mark = if record.fault.is_some() { "!" } else { "" };
            let fields: Vec<&str> = record.fields().collect();
            told.push(format!("{}{mark}:{}", record.line, fields.join("|")));
        }
        told
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        for window_bytes in (1..=9).chain([1 << 20]) {
            assert_eq!(told(text, window_bytes), expected, "{window_bytes}");
        }
    }

    #[test]
    fn records_have_lines_and_quotes() {
        check("a,b\r\nc,\"d,\"\"e\"\"\"\n\nf,", &["1:a|b", "2:c|d,\"e\"", "4:f|"]);
        check("a,\"b\nc\"\nd,e", &["1:a|b\nc", "3:d|e"]);
        check("\n , \na\rb", &["3:a\rb"]);
        check("a,b\rc,\"d\"\r\re", &["1:a|b", "2:c|d", "4:e"]);
        check("a\0\0", &["1:a\0\0"]);
        check("a\n\0\0", &["1:a"]);
        check("a\n\0\0b", &["1:a", "2:\0\0b"]);
    }

    #[test]
    fn an_open_quote_swallows_nothing() {
        check("a,\"b,1\nc,\"d\",2\n", &["1!:a|\"b|1", "2:c|d|2"]);
        check("a,b\",1\n", &["1:a|b\"|1"]);
        check("a,\"b,1\nc,d,2\n", &["1!:a|\"b|1", "2:c|d|2"]);
        check("a,\"he said \"hi\" there\",1\n", &["1:a|he said \"hi\" there|1"]);
    }

    #[test]
    fn what_is_too_long_is_a_fault_of_its_line_alone() {
        let wide = ",".repeat(COLUMNS_MAX + 5) + "\nx\n";
        let records = told(&wide, 64);
        assert!(records[0].starts_with("1!:") && records[1] == "2:x", "{}", records.len());
        let long = "x".repeat(RECORD_BYTES_MAX + 1) + "\ny\n";
        for window_bytes in [10_000, 10_000_000] {
            let records = told(&long, window_bytes);
            assert_eq!((records[0].len(), records[1].as_str()), (QUOTED_BYTES + 3, "2:y"));
        }
        let quoted = format!("\"{}\n{}", "x".repeat(FIELD_BYTES_MAX), "y");
        assert!(told(&quoted, 1 << 18)[0].starts_with("1!:\"x"));
    }
}
