//! From text to elements: the SGML of OFX 1.x, where leaves are seldom closed, and the XML of 2.x.
//!
//! What must stay true: reading is linear in the length of the text. A leaf ends where the next tag
//! begins; an empty leaf that is never closed takes nothing with it; an aggregate that is not
//! closed, a tag that closes nothing and text outside of leaves are faults. Document types are
//! refused, and no entity beyond the characters that XML and HTML name is resolved.

use std::borrow::Cow;

use crate::fault::{Findings, Place};
use crate::limits::{ELEMENTS_MAX, NESTING_MAX};
use crate::lines::Lines;
use crate::tree::Node;

/// The longest tag, in bytes.
const TAG_BYTES_MAX: usize = 512;
/// The longest entity, in bytes.
const ENTITY_BYTES_MAX: usize = 12;

/// Aggregates that carry or lead to money, and therefore must be closed.
#[rustfmt::skip]
const AGGREGATES: &[&str] = &[
    "OFX", "BANKMSGSRSV1", "STMTTRNRS", "STMTRS", "BANKACCTFROM", "BANKTRANLIST", "STMTTRN",
    "BANKTRANLISTP", "STMTTRNP", "LEDGERBAL", "AVAILBAL", "CURRENCY", "ORIGCURRENCY", "STATUS",
    "CREDITCARDMSGSRSV1", "CCSTMTTRNRS", "CCSTMTRS", "CCACCTFROM", "INVSTMTMSGSRSV1",
    "INVSTMTTRNRS", "INVSTMTRS", "INVACCTFROM", "INVTRANLIST", "INVBANKTRAN", "INVBUY", "INVSELL",
    "INVTRAN", "INCOME", "INVEXPENSE", "RETOFCAP", "MARGININTEREST", "REINVEST", "SPLIT",
    "INVPOSLIST", "INVPOS", "INVBAL", "SECID",
];

/// What stands at a `<`.
enum Markup<'a> {
    Open {
        name: Cow<'a, str>,
        closed: bool,
    },
    Close {
        name: Cow<'a, str>,
    },
    /// Characters as they are, without entities.
    Characters(&'a str),
    /// A comment or a processing instruction.
    Nothing,
    /// Something that ends the reading, and what was expected instead.
    Refused(&'static str),
}

/// The elements that are open, and those at the top that are complete.
struct Builder<'a, 'f> {
    roots: Vec<Node<'a>>,
    open: Vec<Node<'a>>,
    elements: usize,
    findings: &'f mut Findings,
}

/// Reads a text into its elements at the top.
pub(super) fn parse<'a>(text: &'a str, findings: &mut Findings) -> Vec<Node<'a>> {
    let mut builder = Builder { roots: Vec::new(), open: Vec::new(), elements: 0, findings };
    let mut lines = Lines::new(text);
    let mut position = 0;
    while let Some(rest) = text.get(position..).filter(|rest| !rest.is_empty()) {
        let line = lines.line_at(position);
        let next = match rest.find('<') {
            Some(0) => match markup(rest) {
                Some((markup, length)) => builder.take(markup, line).then_some(length),
                None => {
                    builder.text(Cow::Borrowed("<"), line);
                    Some(1)
                }
            },
            found => {
                let length = found.unwrap_or(rest.len());
                let characters = rest.get(..length).unwrap_or_default();
                builder.text(resolved(characters), line);
                Some(length)
            }
        };
        match next {
            Some(length) => position += length,
            None => break,
        }
    }
    let last_line = lines.line_at(text.len());
    builder.finish(last_line)
}

/// What stands at the beginning of a text that begins with `<`, and its length; `None` where it is
/// no markup, but a character.
fn markup(rest: &str) -> Option<(Markup<'_>, usize)> {
    if rest.starts_with("<!--") {
        let end = rest.find("-->").map(|end| (Markup::Nothing, end + 3));
        return Some(end.unwrap_or((Markup::Refused("the end of a comment"), 0)));
    }
    if let Some(content) = rest.strip_prefix("<![CDATA[") {
        let end = content.find("]]>").and_then(|end| Some((content.get(..end)?, end + 12)));
        let characters = end.map(|(text, length)| (Markup::Characters(text), length));
        return Some(characters.unwrap_or((Markup::Refused("the end of a CDATA section"), 0)));
    }
    if rest.starts_with("<!") {
        return Some((Markup::Refused("no document type or declaration"), 0));
    }
    if rest.starts_with("<?") {
        let end = rest.find('>').map(|end| (Markup::Nothing, end + 1));
        return Some(end.unwrap_or((Markup::Refused("the end of an instruction"), 0)));
    }
    let (inner, closing) = match rest.strip_prefix("</") {
        Some(inner) => (inner, true),
        None => (rest.get(1..)?, false),
    };
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    let name_length = inner.bytes().position(|byte| !in_name(byte))?;
    let name = inner.get(..name_length)?;
    if !name.bytes().next()?.is_ascii_alphabetic() {
        return None;
    }
    let after = inner.as_bytes().get(name_length..)?;
    let after = after.get(..TAG_BYTES_MAX).unwrap_or(after);
    let end = after.iter().position(|byte| *byte == b'>' || *byte == b'<')?;
    let tail = after.get(..end)?;
    let proper = after.get(end) == Some(&b'>')
        && tail.first().is_none_or(|byte| byte.is_ascii_whitespace() || *byte == b'/');
    if !proper {
        return None;
    }
    let length = rest.len() - inner.len() + name_length + end + 1;
    let name = match name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => Cow::Owned(name.to_ascii_uppercase()),
        false => Cow::Borrowed(name),
    };
    let closed = tail.last() == Some(&b'/');
    let markup = if closing { Markup::Close { name } } else { Markup::Open { name, closed } };
    Some((markup, length))
}

impl<'a> Builder<'a, '_> {
    /// Takes a piece of markup; `false` where the reading ends.
    fn take(&mut self, markup: Markup<'a>, line: u32) -> bool {
        match markup {
            Markup::Nothing => true,
            Markup::Characters(characters) => {
                self.text(Cow::Borrowed(characters), line);
                true
            }
            Markup::Close { name } => {
                self.close(&name, line);
                true
            }
            Markup::Open { name, closed } => {
                let within = self.start(name.clone(), line);
                if within && closed {
                    self.close(&name, line);
                }
                within
            }
            Markup::Refused(expected) => {
                self.findings.fault(Place::file(line), "markup", "<", expected);
                false
            }
        }
    }

    /// Opens an element; `false` where there are too many.
    fn start(&mut self, name: Cow<'a, str>, line: u32) -> bool {
        self.end_leaf();
        self.elements += 1;
        let deep = self.open.len() >= NESTING_MAX;
        if deep || self.elements > ELEMENTS_MAX {
            let expected = if deep {
                format!("elements at most {NESTING_MAX} deep")
            } else {
                format!("at most {ELEMENTS_MAX} elements")
            };
            self.findings.fault(Place::file(line), &name, "", &expected);
            return false;
        }
        self.open.push(Node::new(name, line));
        true
    }

    /// Characters belong to the leaf that is open.
    fn text(&mut self, characters: Cow<'a, str>, line: u32) {
        let blank = characters.trim().is_empty();
        match self.open.last_mut() {
            Some(leaf) if leaf.children.is_empty() => {
                if !blank || !leaf.text.is_empty() {
                    leaf.push_text(characters);
                }
            }
            Some(aggregate) if !blank => {
                aggregate.damaged = true;
                let place = Place::file(line);
                self.findings.fault(place, &aggregate.name, &characters, "elements, not text");
            }
            // Before the root there is the header.
            Some(_) | None => {}
        }
    }

    /// Closes the element of this name.
    fn close(&mut self, name: &str, line: u32) {
        if self.open.last().is_some_and(|last| last.name != name) {
            self.end_leaf();
        }
        let Some(depth) = self.open.iter().rposition(|open| open.name == name) else {
            let place = Place::file(line);
            self.findings.fault(place, name, &format!("</{name}>"), "the end of an open element");
            if let Some(last) = self.open.last_mut() {
                last.damaged = true;
            }
            return;
        };
        while self.open.len() > depth + 1 {
            self.end_unclosed(line, Some(name));
        }
        if let Some(complete) = self.open.pop() {
            self.attach(complete);
        }
    }

    /// Ends the last element where it is a leaf: one with text.
    fn end_leaf(&mut self) {
        let is_leaf = |node: &mut Node| node.children.is_empty() && !node.text.trim().is_empty();
        if let Some(leaf) = self.open.pop_if(is_leaf) {
            self.attach(leaf);
        }
    }

    /// Ends the last element although nothing closed it: it was an empty leaf, and what looked like
    /// its content stands behind it. Only where the file ends an aggregate keeps what it has.
    fn end_unclosed(&mut self, line: u32, closing: Option<&str>) {
        let Some(mut unclosed) = self.open.pop() else {
            return;
        };
        let is_aggregate = AGGREGATES.contains(&unclosed.name.as_ref());
        unclosed.damaged |= is_aggregate;
        if is_aggregate {
            let found =
                closing.map_or("the end of the file".to_owned(), |name| format!("</{name}>"));
            let expected = format!("</{}>, opened on line {}", unclosed.name, unclosed.line);
            self.findings.fault(Place::file(line), &unclosed.name, &found, &expected);
        }
        let following = match (is_aggregate, closing) {
            (true, None) => Vec::new(),
            (true, Some(_)) | (false, _) => std::mem::take(&mut unclosed.children),
        };
        self.attach(unclosed);
        match self.open.last_mut() {
            Some(parent) => parent.children.extend(following),
            None => self.roots.extend(following),
        }
    }

    fn attach(&mut self, node: Node<'a>) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.roots.push(node),
        }
    }

    /// The end of the text: everything must be closed.
    fn finish(mut self, line: u32) -> Vec<Node<'a>> {
        self.end_leaf();
        while !self.open.is_empty() {
            self.end_unclosed(line, None);
        }
        self.roots
    }
}

/// Characters with their entities resolved. What is no entity stays as it is.
fn resolved(characters: &str) -> Cow<'_, str> {
    if !characters.contains('&') {
        return Cow::Borrowed(characters);
    }
    let mut text = String::with_capacity(characters.len());
    let mut rest = characters;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let head = after.as_bytes().get(..ENTITY_BYTES_MAX).unwrap_or(after.as_bytes());
        let end = head.iter().position(|byte| *byte == b';');
        let entity = end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        match entity.and_then(|(name, after)| Some((character(name)?, after))) {
            Some((character, after)) => {
                text.push(character);
                rest = after;
            }
            None => {
                text.push('&');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The character that an entity names.
pub(crate) fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        let children: Vec<String> = node.children.iter().map(shown).collect();
        match node.children.is_empty() {
            true => format!("{}={}", node.name, node.text.trim()),
            false => format!("{}({})", node.name, children.join(" ")),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str, faults: usize) {
        let mut findings = Findings::default();
        let roots = parse(text, &mut findings);
        let found: Vec<String> = roots.iter().map(shown).collect();
        assert_eq!(found.join(" "), expected, "{:?}", findings.faults);
        assert_eq!(findings.faults.len(), faults, "{:?}", findings.faults);
    }

    #[test]
    fn leaves_may_be_open_or_closed() {
        check("<OFX><A>1<B>2</B><C>3\n</OFX>", "OFX(A=1 B=2 C=3)", 0);
        check("<ofx><A><B>x</B></A></ofx>", "OFX(A(B=x))", 0);
        let many = format!("OFX({})", ["A=1"; 100].join(" "));
        check(&format!("<OFX>{}</OFX>", "<A>1".repeat(100)), &many, 0);
        check("head<OFX><NAME><![CDATA[a<b&amp;]]></NAME></OFX>\n", "OFX(NAME=a<b&amp;)", 0);
        check("<OFX><A>M&amp;S &#8364; AT&T &bogus; 1<2</OFX>", "OFX(A=M&S € AT&T &bogus; 1<2)", 0);
    }

    #[test]
    fn an_empty_leaf_takes_nothing_with_it() {
        check("<OFX><MEMO><STMTTRN><A>1</STMTTRN></OFX>", "OFX(MEMO= STMTTRN(A=1))", 0);
        check("<OFX><X.Y><STMTTRN><A>1</STMTTRN></OFX>", "OFX(X.Y= STMTTRN(A=1))", 0);
        check("<OFX><A/><B>1</OFX>", "OFX(A= B=1)", 0);
        check("<OFX><A></A><B>1</OFX>", "OFX(A= B=1)", 0);
    }

    #[test]
    fn broken_structure_is_a_fault() {
        check("<OFX><STMTTRN><A>1</OFX>", "OFX(STMTTRN= A=1)", 1);
        check("<OFX><A>1</B></OFX>", "OFX(A=1)", 1);
        check("<OFX><STMTTRN><A>1</STMTTRN>x</OFX>", "OFX(STMTTRN(A=1))", 1);
        check("<OFX><A>1", "OFX(A=1)", 1);
        check("<!DOCTYPE x [<!ENTITY a 'b'>]><OFX></OFX>", "", 1);
        check("<OFX><A><![CDATA[x</A></OFX>", "OFX(A=)", 2);
        let deep = "<A>".repeat(100);
        let mut findings = Findings::default();
        parse(&deep, &mut findings);
        assert!(!findings.faults.is_empty());
    }
}
