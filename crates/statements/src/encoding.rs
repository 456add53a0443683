//! From bytes to text: which encoding a file has, and how that is known.
//!
//! What must stay true: the encoding that was taken is said, and so is every doubt about it.
//! Digits, points, commas and hyphens mean the same in all encodings that are guessed between, so a
//! wrong guess can spoil a name but never an amount.

mod code_page;
mod evidence;

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252};
use serde::Serialize;

use code_page::CodePage;

use crate::fault::{Findings, Place};
use crate::ofx;
use crate::value::Refusal;

/// How many bytes at the beginning are searched for a declaration.
const HEAD_BYTES_MAX: usize = 4_096;

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

/// What decodes bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decoder {
    Standard(&'static Encoding),
    CodePage(CodePage),
}

/// A label that a file declares, and what it stands for.
struct Declared {
    label: String,
    decoder: Decoder,
}

impl Decoder {
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
}

/// Decodes a file.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    given: Option<&str>,
    findings: &mut Findings,
) -> Result<(Cow<'a, str>, TextEncoding), Refusal> {
    if let Some(label) = given {
        let decoder = Decoder::of_label(label)
            .ok_or_else(|| Refusal::new(label, "the label of an encoding such as windows-1252"))?;
        let name = label.trim().to_ascii_lowercase();
        return Ok(decode_as(bytes, decoder, (name, EncodingSource::Given), findings));
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        let name = encoding.name().to_ascii_lowercase();
        let known = (name, EncodingSource::ByteOrderMark);
        return Ok(decode_as(bytes, Decoder::Standard(encoding), known, findings));
    }
    if let Some(encoding) = utf_16_without_mark(bytes) {
        let known = (encoding.name().to_ascii_lowercase(), EncodingSource::Detected);
        return Ok(decode_as(bytes, Decoder::Standard(encoding), known, findings));
    }
    let declared = declared(bytes);
    let valid = std::str::from_utf8(bytes).ok();
    let contradicted = declared.as_ref().is_some_and(|declared| {
        // Text of several bytes a character that is valid UTF-8 is never an accident.
        (declared.decoder == Decoder::Standard(UTF_8)) != valid.is_some() && !bytes.is_ascii()
    });
    match (declared, valid) {
        (Some(declared), _) if !contradicted => {
            let known = (declared.label, EncodingSource::Declared);
            Ok(decode_as(bytes, declared.decoder, known, findings))
        }
        (declared, _) => {
            let (decoder, name) = match valid {
                Some(_) => (Decoder::Standard(UTF_8), "utf-8"),
                None => one_byte_encoding(bytes),
            };
            if let Some(declared) = declared {
                let label = declared.label;
                let text = format!("the file says that it is {label}, but its bytes are {name}");
                findings.note(Place::file(1), text);
            }
            let known = (name.to_owned(), EncodingSource::Detected);
            Ok(decode_as(bytes, decoder, known, findings))
        }
    }
}

fn decode_as<'a>(
    bytes: &'a [u8],
    decoder: Decoder,
    (name, source): (String, EncodingSource),
    findings: &mut Findings,
) -> (Cow<'a, str>, TextEncoding) {
    let (text, had_errors) = match decoder {
        Decoder::Standard(encoding) => encoding.decode_with_bom_removal(bytes),
        Decoder::CodePage(page) => (Cow::Owned(page.decode(bytes)), false),
    };
    if had_errors {
        let text = format!("some bytes are not {name}; they are shown as \u{fffd}");
        findings.note(Place::file(1), text);
    }
    (text, TextEncoding { name, source })
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
fn one_byte_encoding(bytes: &[u8]) -> (Decoder, &'static str) {
    let has_c1 = bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
    if evidence::is_cyrillic(bytes) {
        return (Decoder::Standard(WINDOWS_1251), "windows-1251");
    }
    match evidence::code_page(bytes) {
        Some(page) => (Decoder::CodePage(page), page.name()),
        None if has_c1 => (Decoder::Standard(WINDOWS_1252), "windows-1252"),
        None => (Decoder::Standard(WINDOWS_1252), "iso-8859-1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, String, EncodingSource, usize) {
        let mut findings = Findings::default();
        let (text, encoding) = decode(bytes, None, &mut findings).unwrap();
        let notes = findings.notes.len();
        (text.into_owned(), encoding.name, encoding.source, notes)
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
