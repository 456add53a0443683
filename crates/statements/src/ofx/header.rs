//! What stands before `<OFX>`: the key-value header of OFX 1.x, the instructions of OFX 2.x.
//!
//! What must stay true: headers are read as banks write them (one key a line, all on one line, or
//! with nothing between them, after blank lines, or not at all), and nothing of them is money.

/// The keys of the header of OFX 1.x.
const KEYS: &[&str] = &[
    "OFXHEADER",
    "DATA",
    "VERSION",
    "SECURITY",
    "ENCODING",
    "CHARSET",
    "COMPRESSION",
    "OLDFILEUID",
    "NEWFILEUID",
];

/// What the header says about the file.
pub(super) struct Header {
    pub xml: bool,
    pub version: Option<String>,
}

/// Reads the header of a file.
pub(super) fn read(head: &str) -> Header {
    let prolog = prolog(head);
    let instruction = prolog.find("<?OFX").and_then(|start| prolog.get(start..));
    let xml = instruction.is_some() || prolog.trim_start().starts_with("<?xml");
    let version = match instruction {
        Some(instruction) => attribute(instruction, "VERSION"),
        None => value(prolog, "VERSION"),
    };
    Header { xml, version }
}

/// The label of the encoding that a header of OFX 1.x declares.
pub(crate) fn declared_encoding(head: &str) -> Option<String> {
    let prolog = prolog(head);
    let charset = value(prolog, "CHARSET").unwrap_or_default();
    let encoding = value(prolog, "ENCODING").unwrap_or_default();
    let label = |text: &str| match text.to_ascii_lowercase().as_str() {
        "" | "none" => None,
        "usascii" | "us-ascii" => Some("us-ascii".to_owned()),
        "utf-8" | "utf8" | "unicode" => Some("utf-8".to_owned()),
        code if code.len() == 4 && code.starts_with("125") => Some(format!("windows-{code}")),
        code if code.starts_with("8859-") => Some(format!("iso-{code}")),
        other => Some(other.to_owned()),
    };
    let by_charset = label(&charset).filter(|label| label != "us-ascii");
    by_charset.or_else(|| label(&encoding).filter(|label| label != "us-ascii"))
}

/// The part of a file before the root element.
fn prolog(head: &str) -> &str {
    let root = head.to_ascii_uppercase().find("<OFX>");
    root.and_then(|root| head.get(..root)).unwrap_or(head)
}

/// The value of a key: it ends at a blank, or where the next key begins.
fn value(prolog: &str, key: &str) -> Option<String> {
    let start = prolog.find(&format!("{key}:"))? + key.len() + 1;
    let rest = prolog.get(start..)?.trim_start_matches([' ', '\t']);
    let word_end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let word = rest.get(..word_end)?;
    let next_key = KEYS.iter().filter_map(|key| word.find(&format!("{key}:"))).min();
    let value = word.get(..next_key.unwrap_or(word.len()))?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// The value of an attribute of a processing instruction.
fn attribute(instruction: &str, name: &str) -> Option<String> {
    // OFXHEADER="200" VERSION="220": the blank keeps VERSION from matching inside another name.
    let start = instruction.find(&format!(" {name}="))? + name.len() + 2;
    let rest = instruction.get(start..)?;
    let quote = rest.chars().next().filter(|quote| "\"'".contains(*quote))?;
    let (value, _) = rest.get(1..)?.split_once(quote)?;
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, xml: bool, version: Option<&str>, encoding: Option<&str>) {
        let header = read(head);
        assert_eq!((header.xml, header.version.as_deref()), (xml, version));
        assert_eq!(declared_encoding(head).as_deref(), encoding);
    }

    #[test]
    fn headers_come_in_many_shapes() {
        let lines =
            "\n\nOFXHEADER:100\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\n<OFX>";
        check(lines, false, Some("102"), Some("windows-1252"));
        let one_line = "OFXHEADER:100 VERSION:151 ENCODING:UTF-8 CHARSET:NONE <OFX>";
        check(one_line, false, Some("151"), Some("utf-8"));
        let solid = "OFXHEADER:100DATA:OFXSGMLVERSION:103ENCODING:USASCIICHARSET:NONE<OFX>";
        check(solid, false, Some("103"), None);
        let latin = "OFXHEADER: 100\nENCODING: USASCII\nCHARSET: 8859-1\n<ofx>";
        check(latin, false, None, Some("iso-8859-1"));
        let xml = r#"<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="211"?><OFX>"#;
        check(xml, true, Some("211"), None);
        check("<OFX>VERSION:9", false, None, None);
    }
}
