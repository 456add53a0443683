//! From text to elements: strict XML, without document types and entities of a file's own.
//!
//! What must stay true: nothing is expanded, nothing outside the text is looked up, elements are at
//! most [`NESTING_MAX`] deep, and whatever is not well-formed ends the reading with a fault.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::encoding::BYTE_ORDER_MARK;
use crate::fault::{Findings, Place};
use crate::limits::{ATTRIBUTES_MAX, ELEMENTS_MAX, NESTING_MAX};
use crate::lines::Lines;
use crate::tree::Node;
use crate::window::Text;

/// A piece of a document.
pub(crate) enum Piece<'a> {
    /// An element begins.
    Open(Node<'a>),
    /// Characters, and their line.
    Text(Cow<'a, str>, u32),
    /// An element ends, on this line.
    Close(u32),
}

/// A part of a document as it is read.
pub(crate) struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    lines: Lines<'a>,
    /// The names of the open elements that begin before this part, prefixes included.
    outer: Vec<String>,
    /// Those of the open elements that begin in it.
    inner: Vec<&'a str>,
    /// An empty element stands for its beginning and its end: the end is due.
    close_due: Option<u32>,
    ended: bool,
    /// Whether something is behind this part.
    is_cut: bool,
    /// Whether the part ends before the piece does that was asked for.
    wants_more: bool,
    elements_max: usize,
}

/// Where a document goes on behind a part of it.
#[derive(Default)]
struct Border {
    /// How much of the part was read.
    length: usize,
    line: u32,
    outer: Vec<String>,
    close_due: Option<u32>,
}

/// Reads a document piece by piece. `take` may go on to read from the document itself, and says
/// whether it wants the next piece; where a part of the text ends within what it reads, it is asked
/// again with the same piece, so it changes nothing before [`Xml::subtree`] has answered.
pub(crate) fn each_piece(
    text: &Text,
    findings: &mut Findings,
    mut take: impl for<'a> FnMut(Piece<'a>, &mut Xml<'a>, &mut Findings) -> bool,
) {
    let mut window = text.window();
    let mut border = Border { line: 1, ..Border::default() };
    while window.more() {
        let mut xml = Xml::of_part(window.rest(), window.is_end(), text.line_end(), border);
        xml.elements_max = text.limits.part_elements_max;
        let (reached, goes_on) = xml.each_piece(findings, &mut take);
        border = reached;
        window.pass(border.length);
        if !goes_on {
            return;
        }
        if window.rest().len() > text.limits.part_bytes_max {
            let expected = format!("parts of at most {} bytes", text.limits.part_bytes_max);
            findings.fault(Place::file(border.line), "xml", "", &expected);
            return;
        }
    }
}

impl<'a> Xml<'a> {
    /// At the beginning of a text that is there as a whole.
    pub fn new(text: &'a str) -> Self {
        let text = text.trim_start_matches(BYTE_ORDER_MARK);
        let end = if text.contains('\n') { b'\n' } else { b'\r' };
        Self::of_part(text, true, end, Border { line: 1, ..Border::default() })
    }

    fn of_part(text: &'a str, is_end: bool, line_end: u8, border: Border) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        // Names are compared here: an element may begin in another part.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Self {
            text,
            reader,
            lines: Lines::of_part(text, line_end, border.line),
            outer: border.outer,
            inner: Vec::new(),
            close_due: border.close_due,
            ended: false,
            is_cut: !is_end,
            wants_more: false,
            elements_max: ELEMENTS_MAX,
        }
    }

    /// Hands on the pieces of a part; answers where the next part begins, and whether there is one.
    fn each_piece(
        mut self,
        findings: &mut Findings,
        take: &mut impl FnMut(Piece<'a>, &mut Self, &mut Findings) -> bool,
    ) -> (Border, bool) {
        loop {
            let (start, close_due, mark) = (self.position(), self.close_due, findings.mark());
            let (line, opened) = (self.lines.line_at(start), self.inner.len());
            let goes_on = match self.next(findings) {
                Some(piece) => take(piece, &mut self, findings),
                None => false,
            };
            if self.wants_more {
                findings.go_back(mark);
                // What was opened behind the border will be opened again.
                self.inner.truncate(opened);
                let border = Border { length: start, line, outer: self.open_names(), close_due };
                return (border, true);
            }
            if !goes_on {
                return (Border::default(), false);
            }
        }
    }

    /// The names of the elements that are open.
    fn open_names(&mut self) -> Vec<String> {
        let mut names = std::mem::take(&mut self.outer);
        names.extend(self.inner.iter().map(|name| (*name).to_owned()));
        names
    }

    /// The next piece; `None` at the end, with a fault where it is not a proper one, and where the
    /// part ends within it.
    pub fn next(&mut self, findings: &mut Findings) -> Option<Piece<'a>> {
        if let Some(line) = self.close_due.take() {
            self.close_name();
            return Some(Piece::Close(line));
        }
        while !self.ended && !self.wants_more {
            let start = self.position();
            let line = self.lines.line_at(start);
            let event = self.reader.read_event();
            if self.is_cut && (event.is_err() || self.position() >= self.text.len()) {
                self.wants_more = true;
                break;
            }
            let piece = match event {
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
                    if elements > self.elements_max {
                        let expected = format!("at most {} elements", self.elements_max);
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
            Event::End(tag) => match self.close_name() {
                Some(open) if open == tag.name().as_ref() => Ok(Some(Piece::Close(line))),
                open => {
                    let expected = open.map(|open| format!("</{open}>"));
                    let expected = expected.unwrap_or_else(|| "the end of the file".to_owned());
                    Err((format!("</{}>", tag.name().as_ref()), expected))
                }
            },
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
                if self.depth() > 0 {
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
        if self.depth() >= NESTING_MAX {
            let expected = format!("elements at most {NESTING_MAX} deep");
            return Err((tag.name().as_ref().to_owned(), expected));
        }
        let name_start = start + 1;
        let qualified = self.text.get(name_start..name_start + tag.name().as_ref().len());
        let qualified = qualified.unwrap_or_default();
        self.inner.push(qualified);
        let name = qualified.rsplit(':').next().unwrap_or_default();
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

    /// The name of the last open element, which is open no more.
    fn close_name(&mut self) -> Option<Cow<'a, str>> {
        let inner = self.inner.pop().map(Cow::Borrowed);
        inner.or_else(|| self.outer.pop().map(Cow::Owned))
    }

    fn depth(&self) -> usize {
        self.outer.len() + self.inner.len()
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
