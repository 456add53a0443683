//! From bytes to text: which encoding a file has, and how that is known.
//!
//! What must stay true: the encoding that was taken is said, and so is every doubt about it.
//! Digits, points, commas and hyphens mean the same in all encodings that are guessed between, so a
//! wrong guess can spoil a name but never an amount.

mod code_page;
mod evidence;

use std::io;

use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252};
use serde::Serialize;

use code_page::CodePage;
use evidence::Evidence;

use crate::fault::{Findings, Place};
use crate::ofx;
use crate::source::Source;
use crate::value::Refusal;

/// How many bytes at the beginning are searched for a declaration.
const HEAD_BYTES_MAX: usize = 4_096;
/// U+FEFF.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';
/// How many bytes are looked at together.
const PIECE_BYTES: usize = 256 * 1024;

/// The encoding that a file was read in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TextEncoding {
    /// Its label, in small letters: `utf-8`, `utf-16le`, `iso-8859-1`, `windows-1252`, …
    pub name: String,
    /// How it is known.
    pub source: EncodingSource,
}

/// How an encoding is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EncodingSource {
    /// The caller said so.
    Given,
    /// A byte order mark.
    ByteOrderMark,
    /// The file's header or XML declaration.
    Declared,
    /// The bytes allow it, and not what would have come first.
    Detected,
}

/// What bytes are decoded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decoder {
    Standard(&'static Encoding),
    CodePage(CodePage),
}

/// Bytes on their way to text, piece by piece.
pub(crate) enum Decoding {
    Standard { decoder: Box<encoding_rs::Decoder>, had_errors: bool },
    CodePage(Vec<char>),
}

/// A label that a file declares, and what it stands for.
struct Declared {
    label: String,
    decoder: Decoder,
}

/// What is known of a file once all its bytes were looked at.
pub(crate) struct Bytes {
    /// The first of them.
    pub head: Vec<u8>,
    pub length: u64,
    is_ascii: bool,
    is_utf_8: bool,
}

impl Decoder {
    /// UTF-8.
    pub const UTF_8: Self = Self::Standard(UTF_8);

    fn of_label(label: &str) -> Option<Self> {
        let page = CodePage::of_label(label).map(Self::CodePage);
        page.or_else(|| Encoding::for_label(label.as_bytes()).map(Self::Standard))
    }

    fn is_ascii_compatible(self) -> bool {
        match self {
            Self::Standard(encoding) => encoding.is_ascii_compatible(),
            Self::CodePage(_) => true,
        }
    }

    /// Whether these bytes may be none of the encoding's.
    fn may_refuse(self, bytes: &Bytes) -> bool {
        match self {
            Self::Standard(encoding) => {
                encoding != WINDOWS_1252 && !(encoding == UTF_8 && bytes.is_utf_8)
            }
            Self::CodePage(_) => false,
        }
    }
}

impl Decoding {
    /// Before the first byte.
    pub fn new(decoder: Decoder) -> Self {
        match decoder {
            Decoder::Standard(encoding) => {
                let decoder = Box::new(encoding.new_decoder_with_bom_removal());
                Self::Standard { decoder, had_errors: false }
            }
            Decoder::CodePage(page) => Self::CodePage(page.upper_half()),
        }
    }

    /// Adds the text of the next bytes; no bytes are the end.
    pub fn decode(&mut self, bytes: &[u8], text: &mut String) {
        let before = text.len();
        self.decode_all(bytes, text);
        // A mark of the byte order within a text says nothing, and a reader of XML passes over one
        // where it begins to read, without counting its bytes.
        if text.get(before..).is_some_and(|new| new.contains(BYTE_ORDER_MARK)) {
            let marked = text.split_off(before);
            text.extend(marked.chars().filter(|letter| *letter != BYTE_ORDER_MARK));
        }
    }

    fn decode_all(&mut self, mut bytes: &[u8], text: &mut String) {
        match self {
            Self::Standard { decoder, had_errors } => {
                let last = bytes.is_empty();
                loop {
                    text.reserve(bytes.len() + bytes.len() / 8 + 16);
                    let (result, read, errors) = decoder.decode_to_string(bytes, text, last);
                    *had_errors |= errors;
                    bytes = bytes.get(read..).unwrap_or_default();
                    if result == CoderResult::InputEmpty {
                        break;
                    }
                }
            }
            Self::CodePage(upper) => {
                let character = |byte: &u8| match byte.checked_sub(128) {
                    None => char::from(*byte),
                    Some(index) => upper.get(usize::from(index)).copied().unwrap_or('\u{fffd}'),
                };
                text.extend(bytes.iter().map(character));
            }
        }
    }
}

impl Bytes {
    /// Looks at all bytes of a file, and no further than its limit.
    pub fn look(source: &dyn Source, bytes_max: u64) -> io::Result<Self> {
        let mut found = Self { head: Vec::new(), length: 0, is_ascii: true, is_utf_8: true };
        // What the last piece ended with of a character that goes on in the next one.
        let mut open: Vec<u8> = Vec::new();
        each_piece(source, |piece| {
            found.length += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let wanted = HEAD_BYTES_MAX.saturating_sub(found.head.len()).min(piece.len());
            found.head.extend_from_slice(piece.get(..wanted).unwrap_or_default());
            found.is_ascii &= piece.is_ascii();
            if !found.is_ascii && found.is_utf_8 {
                found.is_utf_8 = goes_on_as_utf_8(&mut open, piece);
            }
            found.length <= bytes_max
        })?;
        found.is_utf_8 &= open.is_empty();
        Ok(found)
    }
}

/// Whether bytes may stand behind others in UTF-8; `open` is the beginning of a last character.
fn goes_on_as_utf_8(open: &mut Vec<u8>, mut piece: &[u8]) -> bool {
    while let Some((first, rest)) = piece.split_first().filter(|_| !open.is_empty()) {
        open.push(*first);
        piece = rest;
        match std::str::from_utf8(open) {
            Ok(_) => open.clear(),
            Err(error) if error.error_len().is_some() => return false,
            Err(_) => {}
        }
    }
    match std::str::from_utf8(piece) {
        Ok(_) => true,
        Err(error) => {
            open.extend_from_slice(piece.get(error.valid_up_to()..).unwrap_or_default());
            error.error_len().is_none()
        }
    }
}

/// Gives all bytes of a source, piece by piece, until `take` has enough.
fn each_piece(source: &dyn Source, mut take: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut reader = source.open()?;
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                if !take(buffer.get(..length).unwrap_or_default()) {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Finds the encoding of a file.
pub(crate) fn detect(
    (source, bytes): (&dyn Source, &Bytes),
    given: Option<&str>,
    findings: &mut Findings,
) -> io::Result<Option<(Decoder, TextEncoding)>> {
    let known = match given {
        Some(label) => {
            let decoder = Decoder::of_label(label).ok_or_else(|| {
                Refusal::new(label, "the label of an encoding such as windows-1252")
            });
            let decoder = findings.check(Place::file(1), "encoding", decoder);
            decoder.map(|decoder| (decoder, label.trim().to_lowercase(), EncodingSource::Given))
        }
        None => Some(found(source, bytes, findings)?),
    };
    let Some((decoder, name, how)) = known else {
        return Ok(None);
    };
    if decoder.may_refuse(bytes) && has_errors(source, decoder)? {
        let text = format!("some bytes are not {name}; they are shown as \u{fffd}");
        findings.note(Place::file(1), text);
    }
    Ok(Some((decoder, TextEncoding { name, source: how })))
}

/// The encoding that a mark, a declaration or the bytes say.
fn found(
    source: &dyn Source,
    bytes: &Bytes,
    findings: &mut Findings,
) -> io::Result<(Decoder, String, EncodingSource)> {
    let standard = |encoding: &'static Encoding, how| {
        (Decoder::Standard(encoding), encoding.name().to_ascii_lowercase(), how)
    };
    if let Some((encoding, _)) = Encoding::for_bom(&bytes.head) {
        return Ok(standard(encoding, EncodingSource::ByteOrderMark));
    }
    if let Some(encoding) = utf_16_without_mark(&bytes.head) {
        return Ok(standard(encoding, EncodingSource::Detected));
    }
    let declared = declared(&bytes.head);
    let contradicted = declared.as_ref().is_some_and(|declared| {
        // Text of several bytes a character that is valid UTF-8 is never an accident.
        (declared.decoder == Decoder::UTF_8) != bytes.is_utf_8 && !bytes.is_ascii
    });
    match declared {
        Some(declared) if !contradicted => {
            Ok((declared.decoder, declared.label, EncodingSource::Declared))
        }
        declared => {
            let (decoder, name) = match bytes.is_utf_8 {
                true => (Decoder::UTF_8, "utf-8"),
                false => one_byte_encoding(source)?,
            };
            if let Some(declared) = declared {
                let label = declared.label;
                let text = format!("the file says that it is {label}, but its bytes are {name}");
                findings.note(Place::file(1), text);
            }
            Ok((decoder, name.to_owned(), EncodingSource::Detected))
        }
    }
}

/// Whether any bytes are none of the encoding's.
fn has_errors(source: &dyn Source, decoder: Decoder) -> io::Result<bool> {
    let mut decoding = Decoding::new(decoder);
    let mut text = String::new();
    let mut decode = |piece: &[u8]| {
        text.clear();
        decoding.decode(piece, &mut text);
        !matches!(decoding, Decoding::Standard { had_errors: true, .. })
    };
    each_piece(source, &mut decode)?;
    Ok(!decode(&[]))
}

/// UTF-16 without its mark: every second one of the first bytes is zero.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some(UTF_16LE),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// What the file's own header says. A label that cannot be true of bytes in which the header was
/// read as ASCII is passed over.
fn declared(bytes: &[u8]) -> Option<Declared> {
    let head: String = bytes.iter().take(HEAD_BYTES_MAX).map(|byte| char::from(*byte)).collect();
    let label = xml_declaration(&head).or_else(|| ofx::declared_encoding(&head))?;
    let decoder = Decoder::of_label(&label)?;
    decoder.is_ascii_compatible().then_some(Declared { label, decoder })
}

/// The encoding of an XML declaration.
fn xml_declaration(head: &str) -> Option<String> {
    let declaration = head.trim_start().strip_prefix("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| "\"'".contains(*quote))?;
    let (label, _) = rest.get(1..)?.split_once(quote)?;
    Some(label.trim().to_ascii_lowercase())
}

/// Which encoding of one byte a character text that is not UTF-8 is most likely in.
fn one_byte_encoding(source: &dyn Source) -> io::Result<(Decoder, &'static str)> {
    let mut evidence = Evidence::default();
    each_piece(source, |piece| {
        evidence.take(piece);
        true
    })?;
    evidence.end();
    if evidence.is_cyrillic() {
        return Ok((Decoder::Standard(WINDOWS_1251), "windows-1251"));
    }
    Ok(match evidence.code_page() {
        Some(page) => (Decoder::CodePage(page), page.name()),
        None if evidence.has_c1 => (Decoder::Standard(WINDOWS_1252), "windows-1252"),
        None => (Decoder::Standard(WINDOWS_1252), "iso-8859-1"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, String, EncodingSource, usize) {
        let mut findings = Findings::default();
        let looked = Bytes::look(&bytes, u64::MAX).unwrap();
        let found = detect((&bytes, &looked), None, &mut findings).unwrap();
        let (decoder, encoding) = found.unwrap();
        let limits = crate::limits::Limits::COLLECTED;
        let text = crate::window::Text::new(&bytes, decoder, &limits).whole().unwrap();
        (text, encoding.name, encoding.source, findings.notes.len())
    }

    #[track_caller]
    fn check(bytes: &[u8], text: &str, name: &str, source: EncodingSource) {
        let expected = (text.to_owned(), name.to_owned(), source, 0);
        assert_eq!(decoded(bytes), expected);
    }

    #[test]
    fn marks_come_first() {
        use EncodingSource::ByteOrderMark;
        check(b"\xef\xbb\xbfD\xc3\xbc", "Dü", "utf-8", ByteOrderMark);
        check(b"\xff\xfeD\0\xfc\0", "Dü", "utf-16le", ByteOrderMark);
        check(b"\xfe\xff\0D\0\xfc", "Dü", "utf-16be", ByteOrderMark);
    }

    #[test]
    fn declarations_are_believed() {
        use EncodingSource::Declared;
        let xml = b"<?xml version='1.0' encoding='ISO-8859-1'?>D\xfc";
        let text = "<?xml version='1.0' encoding='ISO-8859-1'?>Dü";
        check(xml, text, "iso-8859-1", Declared);
        let ofx = b"OFXHEADER:100\nENCODING:USASCII\nCHARSET:1251\n\n<OFX>\xc4\xe0";
        let text = "OFXHEADER:100\nENCODING:USASCII\nCHARSET:1251\n\n<OFX>Да";
        check(ofx, text, "windows-1251", Declared);
    }

    #[test]
    fn without_a_declaration_the_bytes_decide() {
        use EncodingSource::Detected;
        check("Dürr".as_bytes(), "Dürr", "utf-8", Detected);
        check(b"D\xfcrr", "Dürr", "iso-8859-1", Detected);
        check(b"D\xfcrr \x80", "Dürr €", "windows-1252", Detected);
        check(b"\xcf\xeb\xe0\xf2\xe5\xe6", "Платеж", "windows-1251", Detected);
        check(b"D\0a\0", "Da", "utf-16le", Detected);
    }

    #[test]
    fn a_false_declaration_is_noted() {
        let false_utf8 = b"<?xml version='1.0' encoding='UTF-8'?>D\xfcrr";
        let (text, name, _, notes) = decoded(false_utf8);
        assert!(text.ends_with("Dürr"));
        assert_eq!((name.as_str(), notes), ("iso-8859-1", 1));
        let false_latin = "<?xml version='1.0' encoding='ISO-8859-1'?>Dürr".as_bytes();
        let (text, name, _, notes) = decoded(false_latin);
        assert!(text.ends_with("Dürr"));
        assert_eq!((name.as_str(), notes), ("utf-8", 1));
    }
}
