//! From text to elements: strict XML, without document types and entities of a file's own.
//!
//! What must stay true: nothing is expanded, nothing outside the text is looked up, elements are at
//! most [`NESTING_MAX`] deep, and whatever is not well-formed ends the reading with a fault.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::fault::{Findings, Place};
use crate::limits::{ATTRIBUTES_MAX, ELEMENTS_MAX, NESTING_MAX};
use crate::lines::Lines;
use crate::tree::Node;

/// A piece of a document.
pub(crate) enum Piece<'a> {
    /// An element begins.
    Open(Node<'a>),
    /// Characters, and their line.
    Text(Cow<'a, str>, u32),
    /// An element ends, on this line.
    Close(u32),
}

/// A document as it is read.
pub(crate) struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    lines: Lines<'a>,
    depth: usize,
    /// An empty element stands for its beginning and its end: the end is due.
    close_due: Option<u32>,
    ended: bool,
}

impl<'a> Xml<'a> {
    /// At the beginning of a text.
    pub fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().allow_dangling_amp = true;
        Self { text, reader, lines: Lines::new(text), depth: 0, close_due: None, ended: false }
    }

    /// The next piece; `None` at the end, with a fault where it is not a proper one.
    pub fn next(&mut self, findings: &mut Findings) -> Option<Piece<'a>> {
        if let Some(line) = self.close_due.take() {
            self.depth = self.depth.saturating_sub(1);
            return Some(Piece::Close(line));
        }
        while !self.ended {
            let start = self.position();
            let line = self.lines.line_at(start);
            let piece = match self.reader.read_event() {
                Ok(event) => self.piece(event, (start, line), findings),
                Err(error) => Err((error.to_string(), "well-formed XML".to_owned())),
            };
            match piece {
                Ok(Some(piece)) => return Some(piece),
                Ok(None) => {}
                Err((found, expected)) => {
                    self.ended = true;
                    findings.fault(Place::file(line), "xml", &found, &expected);
                }
            }
        }
        None
    }

    /// The element that has just begun, read to its end; `None`, with a fault, where it has none.
    pub fn subtree(&mut self, root: Node<'a>, findings: &mut Findings) -> Option<Node<'a>> {
        let mut open = vec![root];
        let mut elements = 1_usize;
        loop {
            match self.next(findings)? {
                Piece::Open(node) => {
                    elements += 1;
                    if elements > ELEMENTS_MAX {
                        let expected = format!("at most {ELEMENTS_MAX} elements");
                        findings.fault(Place::file(node.line), &node.name, "", &expected);
                        self.ended = true;
                        return None;
                    }
                    open.push(node);
                }
                Piece::Text(text, _) => {
                    if let Some(last) = open.last_mut() {
                        last.push_text(text);
                    }
                }
                Piece::Close(line) => {
                    let complete = open.pop()?;
                    if !complete.children.is_empty() && !complete.text.trim().is_empty() {
                        let place = Place::file(line);
                        let text = complete.text.trim();
                        findings.fault(place, &complete.name, text, "elements, not text");
                    }
                    match open.last_mut() {
                        Some(parent) => parent.children.push(complete),
                        None => return Some(complete),
                    }
                }
            }
        }
    }

    fn piece(
        &mut self,
        event: Event<'a>,
        (start, line): (usize, u32),
        findings: &mut Findings,
    ) -> Result<Option<Piece<'a>>, (String, String)> {
        match event {
            Event::Start(tag) => self.open(&tag, (start, line), findings).map(Some),
            Event::Empty(tag) => {
                let piece = self.open(&tag, (start, line), findings)?;
                self.close_due = Some(line);
                Ok(Some(piece))
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(Some(Piece::Close(line)))
            }
            Event::Text(text) => Ok(Some(Piece::Text(text.into_inner(), line))),
            Event::CData(text) => Ok(Some(Piece::Text(text.into_inner(), line))),
            Event::GeneralRef(reference) => {
                let name = reference.into_inner();
                match crate::ofx::character(&name).filter(|_| name != "nbsp") {
                    Some(character) => {
                        Ok(Some(Piece::Text(Cow::Owned(character.to_string()), line)))
                    }
                    None => Err((format!("&{name};"), "a character that XML names".to_owned())),
                }
            }
            Event::DocType(_) => Err(("<!DOCTYPE".to_owned(), "no document type".to_owned())),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => Ok(None),
            Event::Eof => {
                self.ended = true;
                if self.depth > 0 {
                    let found = "the end of the file";
                    findings.fault(Place::file(line), "xml", found, "the end of every element");
                }
                Ok(None)
            }
        }
    }

    fn open(
        &mut self,
        tag: &BytesStart,
        (start, line): (usize, u32),
        findings: &mut Findings,
    ) -> Result<Piece<'a>, (String, String)> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            let expected = format!("elements at most {NESTING_MAX} deep");
            return Err((tag.name().as_ref().to_owned(), expected));
        }
        let name_start = start + 1;
        let qualified = self.text.get(name_start..name_start + tag.name().as_ref().len());
        let name = qualified.and_then(|name| name.rsplit(':').next()).unwrap_or_default();
        let mut node = Node::new(Cow::Borrowed(name), line);
        for attribute in tag.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                return Err((tag.attributes_raw().to_owned(), "proper attributes".to_owned()));
            };
            if node.attributes.len() >= ATTRIBUTES_MAX {
                let expected = format!("at most {ATTRIBUTES_MAX} attributes");
                findings.fault(Place::file(line), name, "", &expected);
                break;
            }
            let key = attribute.key.as_ref().to_owned();
            let value = attribute.value.into_owned();
            node.attributes.push((Cow::Owned(key), Cow::Owned(value)));
        }
        Ok(Piece::Open(node))
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root with its texts, and how many faults there were.
    fn read(text: &str) -> (String, usize) {
        let (shown, faults) = read_with_faults(text);
        (shown, faults.len())
    }

    fn read_with_faults(text: &str) -> (String, Vec<String>) {
        let mut findings = Findings::default();
        let mut xml = Xml::new(text);
        let mut shown = String::new();
        while let Some(piece) = xml.next(&mut findings) {
            match piece {
                Piece::Open(node) => shown.push_str(&format!("<{}@{}>", node.name, node.line)),
                Piece::Text(text, _) => shown.push_str(text.trim()),
                Piece::Close(_) => shown.push_str("</>"),
            }
        }
        (shown, findings.faults.into_iter().map(|fault| fault.expected).collect())
    }

    #[test]
    fn names_lose_their_prefix_and_lines_are_known() {
        let text = "<?xml version='1.0'?>\n<d:A xmlns:d='x'>\r\n<d:B/>t&amp;u&#233;\n</d:A>";
        assert_eq!(read(text), ("<A@2><B@3></>t&ué</>".to_owned(), 0));
    }

    #[test]
    fn what_could_expand_or_is_not_well_formed_ends_the_reading() {
        let bombs = [
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<!DOCTYPE a SYSTEM 'http://example.com/a.dtd'><a/>",
            "<a>&x;</a>",
            "<a><b></a></b>",
            "<a><b>",
            "<a",
            "<a b=c></a>",
        ];
        for text in bombs {
            assert_eq!(read(text).1, 1, "{text}");
        }
        let (_, expected) = read_with_faults(&"<a>".repeat(NESTING_MAX + 1));
        assert_eq!(expected, ["elements at most 64 deep"]);
        let many: String = (0..=ATTRIBUTES_MAX).map(|n| format!(" a{n}='1'")).collect();
        assert_eq!(read(&format!("<a{many}/>")).1, 1);
    }
}
