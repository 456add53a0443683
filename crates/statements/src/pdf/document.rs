//! Where the objects of a PDF are: found where they stand, the last one of a number counts.
//!
//! What must stay true: the file is gone through once, forward; tables of positions are not needed,
//! so that none can point elsewhere than what stands in the file; objects read and bytes unpacked
//! are counted for the whole file.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use memchr::memmem;

use super::filter;
use super::object::{Dictionary, Lexer, Object, is_blank};
use crate::limits::{
    NESTING_MAX, PDF_CODES_MAX, PDF_OBJECTS_MAX, PDF_PAGES_MAX, PDF_PARSED_MAX, UNPACKED_BYTES_MAX,
};
use crate::value::Refusal;

/// A PDF whose objects can be asked for.
pub(super) struct Document<'b> {
    bytes: &'b [u8],
    /// Streams of objects, unpacked.
    unpacked: Vec<Vec<u8>>,
    found: BTreeMap<u32, Found>,
    root: Option<Object>,
    encrypted: bool,
    /// What was wrong with a stream of objects.
    unsound: Option<Refusal>,
    parsed_left: Cell<usize>,
    unpacked_left: Cell<usize>,
    codes_left: Cell<usize>,
}

/// Where an object stands.
#[derive(Clone)]
struct Found {
    /// In which unpacked stream; `None`: in the file itself.
    within: Option<usize>,
    at: usize,
    /// The bytes of its stream, where it has one.
    stream: Option<Range<usize>>,
}

/// A page: what it shows, and what its names stand for.
pub(super) struct Page {
    pub contents: Object,
    pub resources: Rc<Dictionary>,
}

impl<'b> Document<'b> {
    /// Finds the objects of a file.
    pub fn open(bytes: &'b [u8]) -> Result<Self, Refusal> {
        let mut document = Self {
            bytes,
            unpacked: Vec::new(),
            found: BTreeMap::new(),
            root: None,
            encrypted: false,
            unsound: None,
            parsed_left: Cell::new(PDF_PARSED_MAX),
            codes_left: Cell::new(PDF_CODES_MAX),
            unpacked_left: Cell::new(usize::try_from(UNPACKED_BYTES_MAX).unwrap_or(0)),
        };
        document.find_objects()?;
        document.read_trailers();
        if document.encrypted {
            return Err(Refusal::new("Encrypt", "a PDF that is not encrypted"));
        }
        match document.unsound.take() {
            Some(refusal) => Err(refusal),
            None => Ok(document),
        }
    }

    fn find_objects(&mut self) -> Result<(), Refusal> {
        let mut from = 0;
        while let Some(start) = self.bytes.get(from..).and_then(|rest| memmem::find(rest, b"obj")) {
            let word = from + start;
            from = word + 3;
            let Some(number) = self.bytes.get(..word).and_then(number_before) else {
                continue;
            };
            if self.found.len() >= PDF_OBJECTS_MAX {
                let expected = format!("at most {PDF_OBJECTS_MAX} objects");
                return Err(Refusal::new("more", expected));
            }
            let mut lexer = self.lexer(self.bytes, from)?;
            let object = lexer.next();
            let (mut end, left) = (lexer.at, lexer.left);
            self.parsed_left.set(left);
            let mut found = Found { within: None, at: from, stream: None };
            if let Some(Object::Dictionary(about)) = object
                && let Some(stream) = self.stream_at(end, &about)
            {
                end = stream.end;
                found.stream = Some(stream.clone());
                if about.is("Type", "XRef") {
                    self.take_trailer(&about);
                } else if about.is("Type", "ObjStm") {
                    self.find_within(stream, &about);
                }
            }
            self.found.insert(number, found);
            from = end.max(from);
        }
        Ok(())
    }

    /// The bytes of a stream that follows a dictionary: as many as it says, if it ends there, else
    /// up to the next word that ends one.
    fn stream_at(&self, at: usize, about: &Dictionary) -> Option<Range<usize>> {
        let mut lexer = Lexer::new(self.bytes, at, 1);
        lexer.skip_blanks();
        let rest = self.bytes.get(lexer.at..)?.strip_prefix(b"stream")?;
        let line_end = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        let start = lexer.at + b"stream".len() + line_end;
        let data = self.bytes.get(start..)?;
        let said = about.get("Length").and_then(Object::count).filter(|length| {
            let behind = data.get(*length..).unwrap_or_default();
            let blanks = behind.iter().take_while(|byte| is_blank(**byte)).count();
            behind.get(blanks..).is_some_and(|behind| behind.starts_with(b"endstream"))
        });
        let length = said.or_else(|| memmem::find(data, b"endstream")).unwrap_or(data.len());
        Some(start..start + length)
    }

    /// Finds the objects within a stream of objects.
    fn find_within(&mut self, stream: Range<usize>, about: &Dictionary) {
        let packed = self.bytes.get(stream).unwrap_or_default();
        let bytes = match self.unpack(packed, about) {
            Ok(bytes) => bytes,
            Err(refusal) => {
                self.unsound.get_or_insert(refusal);
                return;
            }
        };
        let count = about.get("N").and_then(Object::count).unwrap_or(0);
        let first = about.get("First").and_then(Object::count).unwrap_or(0);
        let within = Some(self.unpacked.len());
        let mut lexer = Lexer::new(&bytes, 0, self.parsed_left.get());
        for _ in 0..count.min(PDF_OBJECTS_MAX) {
            let mut next = || lexer.next().as_ref().and_then(Object::count);
            let (Some(number), Some(offset)) = (next(), next()) else {
                break;
            };
            let found = Found { within, at: first.saturating_add(offset), stream: None };
            if let Ok(number) = u32::try_from(number)
                && self.found.len() < PDF_OBJECTS_MAX
            {
                self.found.insert(number, found);
            }
        }
        self.parsed_left.set(lexer.left);
        self.unpacked.push(bytes);
    }

    fn read_trailers(&mut self) {
        let places = memmem::rfind_iter(self.bytes, b"trailer").take(NESTING_MAX);
        let mut places: Vec<usize> = places.collect();
        places.reverse();
        for at in places {
            let mut lexer = Lexer::new(self.bytes, at + b"trailer".len(), self.parsed_left.get());
            if let Some(Object::Dictionary(about)) = lexer.next() {
                self.take_trailer(&about);
            }
            self.parsed_left.set(lexer.left);
        }
    }

    fn take_trailer(&mut self, about: &Dictionary) {
        self.encrypted = self.encrypted || about.get("Encrypt").is_some();
        if let Some(root) = about.get("Root") {
            self.root = Some(root.clone());
        }
    }

    fn lexer<'t>(&self, bytes: &'t [u8], at: usize) -> Result<Lexer<'t>, Refusal> {
        match self.parsed_left.get() {
            0 => Err(Refusal::new("more", format!("at most {PDF_PARSED_MAX} objects and parts"))),
            left => Ok(Lexer::new(bytes, at, left)),
        }
    }

    fn unpack(&self, packed: &[u8], about: &Dictionary) -> Result<Vec<u8>, Refusal> {
        let mut left = self.unpacked_left.get();
        let unpacked = filter::unpack(packed, about, &mut left);
        self.unpacked_left.set(left);
        unpacked
    }

    /// The object itself, where it is a reference to one.
    pub fn resolve(&self, object: &Object) -> Option<Object> {
        // What is copied costs as much as what is read.
        let left = self.parsed_left.get().checked_sub(weight(object));
        self.parsed_left.set(left.unwrap_or(0));
        left.filter(|left| *left > 0)?;
        let mut object = object.clone();
        for _ in 0..NESTING_MAX {
            let Object::Reference(number) = object else {
                return Some(object);
            };
            let found = self.found.get(&number)?;
            let bytes = match found.within {
                Some(index) => self.unpacked.get(index)?.as_slice(),
                None => self.bytes,
            };
            let mut lexer = self.lexer(bytes, found.at).ok()?;
            let next = lexer.next();
            self.parsed_left.set(lexer.left);
            object = next?;
        }
        None
    }

    /// What a name of a dictionary stands for.
    pub fn get(&self, dictionary: &Dictionary, name: &str) -> Option<Object> {
        self.resolve(dictionary.get(name)?)
    }

    /// The dictionary that a name of another one stands for; empty where there is none.
    pub fn dictionary(&self, dictionary: &Dictionary, name: &str) -> Dictionary {
        match self.get(dictionary, name) {
            Some(Object::Dictionary(found)) => found,
            _ => Dictionary::default(),
        }
    }

    /// The dictionary and the bytes of a stream; `None` where the object has none.
    pub fn stream(&self, object: &Object) -> Result<Option<(Dictionary, Vec<u8>)>, Refusal> {
        let Object::Reference(number) = object else {
            return Ok(None);
        };
        let stream = self.found.get(number).and_then(|found| found.stream.clone());
        let packed = stream.and_then(|stream| self.bytes.get(stream));
        match (packed, self.resolve(object)) {
            (Some(packed), Some(Object::Dictionary(mut about))) => {
                for (_, object) in &mut about.0 {
                    *object = self.resolve(object).unwrap_or_else(|| object.clone());
                }
                let bytes = self.unpack(packed, &about)?;
                Ok(Some((about, bytes)))
            }
            _ => Ok(None),
        }
    }

    /// Whether fonts may map so many more codes.
    pub fn allows_codes(&self, count: usize) -> bool {
        let left = self.codes_left.get().checked_sub(count);
        self.codes_left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Whether more was asked for than a file may take.
    pub fn is_exhausted(&self) -> bool {
        self.parsed_left.get() == 0 || self.codes_left.get() == 0
    }

    /// The pages, in order.
    pub fn pages(&self) -> Result<Vec<Page>, Refusal> {
        let root = self.root.as_ref().and_then(|root| self.resolve(root));
        let Some(Object::Dictionary(root)) = root else {
            return Err(Refusal::new("Root", "a PDF that says where its pages are"));
        };
        let mut pages = Vec::new();
        let mut seen = BTreeSet::new();
        let start = root.get("Pages").cloned().map(|node| (node, Rc::default(), 0));
        let mut open: Vec<(Object, Rc<Dictionary>, usize)> = start.into_iter().collect();
        while let Some((node, inherited, depth)) = open.pop() {
            let is_new = !matches!(&node, Object::Reference(number) if !seen.insert(*number));
            let Some(Object::Dictionary(node)) = self.resolve(&node).filter(|_| is_new) else {
                return Err(Refusal::new("Pages", "pages that each stand there once"));
            };
            let kids = self.get(&node, "Kids");
            let count = match &kids {
                Some(Object::Array(kids)) => kids.len(),
                _ => 1,
            };
            if pages.len() + open.len() + count > PDF_PAGES_MAX || depth > NESTING_MAX {
                return Err(Refusal::new("more", format!("at most {PDF_PAGES_MAX} pages")));
            }
            let resources = match node.get("Resources") {
                Some(_) => Rc::new(self.dictionary(&node, "Resources")),
                None => inherited,
            };
            match (kids, node.get("Contents")) {
                (Some(Object::Array(kids)), _) => {
                    let below = kids.into_iter().rev();
                    open.extend(below.map(|kid| (kid, resources.clone(), depth + 1)));
                }
                (_, Some(contents)) => pages.push(Page { contents: contents.clone(), resources }),
                (_, None) => return Err(Refusal::new("Contents", "pages that show something")),
            }
        }
        Ok(pages)
    }
}

/// Of how many parts an object is.
fn weight(object: &Object) -> usize {
    match object {
        Object::Array(items) => items.iter().map(weight).sum::<usize>() + 1,
        Object::Dictionary(pairs) => pairs.0.iter().map(|(_, one)| weight(one)).sum::<usize>() + 1,
        _ => 1,
    }
}

/// The number of an object before the word that begins it: `12 0 obj`.
fn number_before(bytes: &[u8]) -> Option<u32> {
    let digits = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let blanks = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| is_blank(**byte)).count();
    let without = |bytes: &'_ [u8], count: usize| bytes.len().checked_sub(count);
    let bytes = bytes.get(bytes.len().saturating_sub(32)..)?;
    let bytes = bytes.get(..without(bytes, blanks(bytes))?)?;
    let generation = digits(bytes);
    let bytes = bytes.get(..without(bytes, generation)?)?;
    let between = blanks(bytes);
    let bytes = bytes.get(..without(bytes, between)?)?;
    let number = bytes.get(without(bytes, digits(bytes))?..)?;
    let number = std::str::from_utf8(number).ok()?.parse().ok();
    number.filter(|_| generation > 0 && between > 0)
}
