//! The objects of a PDF as they are written (ISO 32000-1, 7.2 and 7.3).
//!
//! What must stay true: what is read moves forward only, and each object costs one of a number that
//! the caller gives, so that neither nesting nor length can take more than that.

use super::fixed;
use crate::limits::{NESTING_MAX, PDF_STRING_BYTES_MAX};

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// A number, in millionths.
    Number(i64),
    Name(String),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    /// An object that stands elsewhere, by its number.
    Reference(u32),
    /// Any other word: operators, `true`, `null`, `endobj`.
    Word(Vec<u8>),
}

/// Names and what they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dictionary(pub Vec<(String, Object)>);

/// Reads objects from bytes.
pub(super) struct Lexer<'b> {
    bytes: &'b [u8],
    /// Where the next object begins, or the blanks before it.
    pub at: usize,
    /// How many objects may still be read.
    pub left: usize,
}

impl Dictionary {
    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<&Object> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, object)| object)
    }

    /// Whether a name stands for this name.
    pub fn is(&self, name: &str, value: &str) -> bool {
        matches!(self.get(name), Some(Object::Name(found)) if found == value)
    }
}

impl Object {
    /// The number, in millionths.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, where it is whole and not negative.
    pub fn count(&self) -> Option<usize> {
        let number = self.number().filter(|number| number % fixed::ONE == 0)?;
        usize::try_from(number / fixed::ONE).ok()
    }
}

impl<'b> Lexer<'b> {
    /// Before the object at a place.
    pub fn new(bytes: &'b [u8], at: usize, left: usize) -> Self {
        Self { bytes, at, left }
    }

    /// The next object; `None` at the end, or where no more may be read.
    pub fn next(&mut self) -> Option<Object> {
        self.object(0)
    }

    fn object(&mut self, depth: usize) -> Option<Object> {
        self.skip_blanks();
        self.left = self.left.checked_sub(1)?;
        let first = *self.bytes.get(self.at)?;
        match (first, self.bytes.get(self.at + 1)) {
            (b'/', _) => Some(Object::Name(self.name())),
            (b'(', _) => self.text().map(Object::Text),
            (b'<', Some(b'<')) => {
                self.at += 2;
                let items = self.items(b">>", depth)?;
                Some(Object::Dictionary(dictionary(items)))
            }
            (b'<', _) => self.hexadecimal().map(Object::Text),
            (b'[', _) => {
                self.at += 1;
                self.items(b"]", depth).map(Object::Array)
            }
            (b'{' | b'}' | b')' | b']' | b'>', _) => {
                self.at += 1;
                Some(Object::Word(vec![first]))
            }
            _ => {
                let rest = self.bytes.get(self.at..)?;
                let length = rest.iter().position(|byte| !is_regular(*byte)).unwrap_or(rest.len());
                let word = rest.get(..length)?;
                self.at += length;
                Some(match fixed::parse(word) {
                    Some(number) => Object::Number(number),
                    None => Object::Word(word.to_vec()),
                })
            }
        }
    }

    /// What stands before an end. An object that is not ended does not swallow the next ones.
    fn items(&mut self, end: &[u8], depth: usize) -> Option<Vec<Object>> {
        if depth >= NESTING_MAX {
            return None;
        }
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.bytes.get(self.at..)?.starts_with(end) {
                self.at += end.len();
                return Some(items);
            }
            match self.object(depth + 1)? {
                Object::Word(word) if word == b"R" => {
                    let number = items.len().checked_sub(2).and_then(|at| items.get(at));
                    let number = u32::try_from(number.and_then(Object::count)?).ok()?;
                    items.truncate(items.len() - 2);
                    items.push(Object::Reference(number));
                }
                Object::Word(word) if matches!(word.as_slice(), b"endobj" | b"obj" | b"stream") => {
                    return None;
                }
                object => items.push(object),
            }
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at).copied().filter(|byte| is_regular(*byte)) {
            self.at += 1;
            let code = self.bytes.get(self.at..self.at + 2).filter(|_| byte == b'#');
            match code.and_then(hexadecimal_pair) {
                Some(coded) => {
                    name.push(char::from(coded));
                    self.at += 2;
                }
                None => name.push(char::from(byte)),
            }
        }
        name
    }

    fn text(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        let mut open = 1_usize;
        self.at += 1;
        while text.len() < PDF_STRING_BYTES_MAX {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Some(text);
                    }
                }
                b'\\' => {
                    text.extend(self.escaped()?);
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        None
    }

    /// What a backslash stands before; an end of line says nothing.
    fn escaped(&mut self) -> Option<Option<u8>> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\r' => {
                self.at += usize::from(self.bytes.get(self.at) == Some(&b'\n'));
                None
            }
            b'\n' => None,
            b'0'..=b'7' => {
                let mut code = byte - b'0';
                for _ in 0..2 {
                    let next = self.bytes.get(self.at).copied();
                    let Some(digit) = next.filter(|digit| (b'0'..=b'7').contains(digit)) else {
                        break;
                    };
                    code = code.wrapping_mul(8).wrapping_add(digit - b'0');
                    self.at += 1;
                }
                Some(code)
            }
            other => Some(other),
        })
    }

    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let rest = self.bytes.get(self.at..)?;
        let window = rest.get(..rest.len().min(2 * PDF_STRING_BYTES_MAX))?;
        let length = memchr::memchr(b'>', window);
        self.at += length.map_or(window.len(), |length| length + 1);
        let digits = window.get(..length?)?.iter().filter(|byte| !is_blank(**byte));
        let mut digits: Vec<u8> = digits.copied().collect();
        if digits.len() % 2 == 1 {
            digits.push(b'0');
        }
        digits.chunks(2).map(hexadecimal_pair).collect()
    }

    /// Moves behind blanks and comments.
    pub fn skip_blanks(&mut self) {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            if byte == b'%' {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else if is_blank(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }
}

/// Pairs of names and objects.
fn dictionary(items: Vec<Object>) -> Dictionary {
    let mut pairs = Vec::new();
    let mut items = items.into_iter();
    while let (Some(name), Some(object)) = (items.next(), items.next()) {
        if let Object::Name(name) = name {
            pairs.push((name, object));
        }
    }
    Dictionary(pairs)
}

fn hexadecimal_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (high, low) = (digit(pair.first()?)?, digit(pair.get(1)?)?);
    u8::try_from(high * 16 + low).ok()
}

/// A blank, as the format has it.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

const fn is_regular(byte: u8) -> bool {
    !is_blank(byte)
        && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}
