//! What characters the codes of a font show, and how wide they are (ISO 32000-1, 9.6 to 9.10).
//!
//! What must stay true: a code whose character is not known shows the replacement character, which
//! is in no amount and no date.

use std::collections::BTreeMap;

use super::document::Document;
use super::glyphs;
use super::object::{Dictionary, Lexer, Object};
use crate::limits::PDF_OBJECTS_MAX;
use crate::value::Refusal;

/// A font, as far as text and its places need it.
pub(super) struct Font {
    /// Whether a code has two bytes.
    pub is_wide: bool,
    /// What the font says about its codes itself, before its encoding.
    characters: BTreeMap<u32, String>,
    /// What its encoding says, for codes of one byte.
    encoded: Vec<char>,
    widths: BTreeMap<u32, i64>,
    width: Width,
}

/// How wide codes are for which a font states no width.
#[derive(Clone, Copy)]
enum Width {
    All(i64),
    Helvetica,
    Times,
}

/// A thousandth, in millionths: widths are thousandths of the size of a font.
const THOUSANDTH: i64 = 1_000;
/// How many codes a range may map.
const RANGE_MAX: u32 = 0xffff;

impl Font {
    /// Reads a font.
    pub fn read(document: &Document, font: &Dictionary) -> Result<Self, Refusal> {
        let is_wide = font.is("Subtype", "Type0");
        let mut read = Self {
            is_wide,
            characters: BTreeMap::new(),
            encoded: Vec::new(),
            widths: BTreeMap::new(),
            width: Width::All(THOUSANDTH * 1_000),
        };
        if is_wide {
            if !matches!(document.get(font, "Encoding"), Some(Object::Name(name))
                if name == "Identity-H")
            {
                return Err(Refusal::new("Encoding", "wide fonts in the encoding Identity-H"));
            }
            if let Some(Object::Array(fonts)) = document.get(font, "DescendantFonts")
                && let Some(Object::Dictionary(below)) =
                    fonts.first().and_then(|font| document.resolve(font))
            {
                read.take_wide_widths(document, &below);
            }
        } else {
            read.encoded = encoding(document, font);
            read.take_widths(document, font);
        }
        if let Some(map) = font.get("ToUnicode")
            && let Some((_, map)) = document.stream(map)?
        {
            read.take_characters(document, &map);
        }
        Ok(read)
    }

    /// What a code shows.
    pub fn text(&self, code: u32) -> String {
        if let Some(text) = self.characters.get(&code) {
            return text.clone();
        }
        let encoded = usize::try_from(code).ok().and_then(|code| self.encoded.get(code));
        encoded.copied().unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
    }

    /// How far a code moves on, in millionths of the size of the font.
    pub fn advance(&self, code: u32) -> i64 {
        if let Some(width) = self.widths.get(&code) {
            return *width;
        }
        let index = usize::try_from(code).ok().and_then(|code| code.checked_sub(32));
        let of = |widths: &[i16]| {
            let width = index.and_then(|index| widths.get(index)).copied();
            i64::from(width.unwrap_or(556)) * THOUSANDTH
        };
        match self.width {
            Width::All(width) => width,
            Width::Helvetica => of(&glyphs::HELVETICA),
            Width::Times => of(&glyphs::TIMES),
        }
    }

    fn take_widths(&mut self, document: &Document, font: &Dictionary) {
        let name = match document.get(font, "BaseFont") {
            Some(Object::Name(name)) => name,
            _ => String::new(),
        };
        self.width = match name.as_str() {
            name if name.contains("Courier") => Width::All(THOUSANDTH * 600),
            name if name.contains("Times") => Width::Times,
            _ => Width::Helvetica,
        };
        // Glyphs that are drawn have a unit of their own.
        let unit = match document.get(font, "FontMatrix") {
            Some(Object::Array(matrix)) => matrix.first().and_then(Object::number),
            _ => None,
        };
        let first = document.get(font, "FirstChar").as_ref().and_then(Object::count);
        if let (Some(first), Some(Object::Array(widths))) = (first, document.get(font, "Widths")) {
            let codes = (0..256_u32).skip(first);
            for (code, width) in codes.zip(&widths) {
                let width = document.resolve(width).as_ref().and_then(Object::number);
                let scaled = |width| super::fixed::product(width, unit.unwrap_or(THOUSANDTH));
                self.widths.extend(width.map(|width| (code, scaled(width))));
            }
        }
    }

    /// Widths as `[code [width width …] first last width …]`.
    fn take_wide_widths(&mut self, document: &Document, font: &Dictionary) {
        if let Some(width) = document.get(font, "DW").as_ref().and_then(Object::number) {
            self.width = Width::All(width / 1_000);
        }
        let Some(Object::Array(items)) = document.get(font, "W") else {
            return;
        };
        let mut items = items.iter();
        while let Some(first) = items.next().and_then(code) {
            match items.next().and_then(|item| document.resolve(item)) {
                Some(Object::Array(widths)) => {
                    if !document.allows_codes(widths.len()) {
                        return;
                    }
                    let numbers = widths.iter().filter_map(Object::number);
                    let codes = first..first.saturating_add(RANGE_MAX);
                    self.widths.extend(codes.zip(numbers.map(|width| width / 1_000)));
                }
                Some(last) => {
                    let width = items.next().and_then(Object::number);
                    let last = code(&last).unwrap_or(first).min(first.saturating_add(RANGE_MAX));
                    if !document.allows_codes((first..=last).count()) {
                        return;
                    }
                    if let Some(width) = width {
                        self.widths.extend((first..=last).map(|code| (code, width / 1_000)));
                    }
                }
                None => return,
            }
        }
    }

    /// Reads which codes show which characters, as a map for readers says it.
    fn take_characters(&mut self, document: &Document, map: &[u8]) {
        let mut lexer = Lexer::new(map, 0, PDF_OBJECTS_MAX);
        let mut texts: Vec<Object> = Vec::new();
        while let Some(object) = lexer.next() {
            match object {
                Object::Word(word) if word == b"endbfchar" => {
                    for pair in texts.chunks(2) {
                        if let [Object::Text(code), Object::Text(text)] = pair
                            && document.allows_codes(1)
                        {
                            self.characters.insert(number(code), utf_16(text, 0));
                        }
                    }
                    texts.clear();
                }
                Object::Word(word) if word == b"endbfrange" => {
                    for range in texts.chunks(3) {
                        self.take_range(document, range);
                    }
                    texts.clear();
                }
                Object::Word(word) if word.starts_with(b"begin") => texts.clear(),
                object @ (Object::Text(_) | Object::Array(_)) => texts.push(object),
                _ => {}
            }
        }
    }

    fn take_range(&mut self, document: &Document, range: &[Object]) {
        let [Object::Text(first), Object::Text(last), to] = range else {
            return;
        };
        let (first, last) = (number(first), number(last));
        let last = last.min(first.saturating_add(RANGE_MAX));
        if !document.allows_codes((first..=last).count()) {
            return;
        }
        match to {
            Object::Text(text) => {
                for code in first..=last {
                    self.characters.insert(code, utf_16(text, code - first));
                }
            }
            Object::Array(texts) => {
                for (code, text) in (first..=last).zip(texts) {
                    if let Object::Text(text) = text {
                        self.characters.insert(code, utf_16(text, 0));
                    }
                }
            }
            _ => {}
        }
    }
}

/// A whole number as a code.
fn code(object: &Object) -> Option<u32> {
    u32::try_from(object.count()?).ok()
}

/// The code that bytes are.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0_u32, |code, byte| code.wrapping_mul(256).wrapping_add(u32::from(*byte)))
}

/// Text in UTF-16, its last unit moved on.
fn utf_16(bytes: &[u8], by: u32) -> String {
    const TEXT_BYTES_MAX: usize = 64;
    let bytes = bytes.get(..bytes.len().min(TEXT_BYTES_MAX)).unwrap_or_default();
    let mut units: Vec<u16> =
        bytes.chunks(2).map(|pair| u16::try_from(number(pair)).unwrap_or(0)).collect();
    if let Some(last) = units.last_mut() {
        *last = last.wrapping_add(u16::try_from(by).unwrap_or(0));
    }
    String::from_utf16_lossy(&units)
}

/// What each byte shows: the encoding of the font, with its differences.
fn encoding(document: &Document, font: &Dictionary) -> Vec<char> {
    let (base, differences) = match document.get(font, "Encoding") {
        Some(Object::Name(name)) => (name, None),
        Some(Object::Dictionary(encoding)) => {
            let base = match document.get(&encoding, "BaseEncoding") {
                Some(Object::Name(name)) => name,
                _ => String::new(),
            };
            (base, document.get(&encoding, "Differences"))
        }
        _ => (String::new(), None),
    };
    let mut shown: Vec<char> = match base.as_str() {
        "WinAnsiEncoding" => table(encoding_rs::WINDOWS_1252),
        "MacRomanEncoding" => table(encoding_rs::MACINTOSH),
        _ => (0..=255_u8).map(glyphs::standard).collect(),
    };
    if let Some(Object::Array(items)) = differences {
        let mut at = 0;
        for item in items {
            match item {
                Object::Name(name) => {
                    if let Some(shown) = shown.get_mut(at) {
                        *shown = glyphs::character(&name);
                    }
                    at += 1;
                }
                other => at = other.count().unwrap_or(at),
            }
        }
    }
    shown
}

fn table(encoding: &'static encoding_rs::Encoding) -> Vec<char> {
    let one = |byte: u8| {
        let (text, _) = encoding.decode_without_bom_handling(std::slice::from_ref(&byte));
        text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    (0..=255_u8).map(one).collect()
}
