//! The text of a file, as much of it at a time as a reader needs.
//!
//! What must stay true: memory is bounded by what a reader asks for, whatever the file is; what is
//! read does not depend on the size of the window or on the pieces in which bytes come.

use std::cell::RefCell;
use std::io::{self, Read};

use crate::encoding::{Decoder, Decoding};
use crate::limits::{FILE_BYTES_MAX, HEAD_BYTES_MAX, Limits};
use crate::source::Source;

/// The most bytes that are asked for at once.
const CHUNK_BYTES_MAX: usize = 256 * 1024;

/// The text of a file. It can be gone through more than once.
pub(crate) struct Text<'s> {
    source: &'s dyn Source,
    decoder: Decoder,
    pub limits: &'s Limits,
    head: String,
    /// Whether the head is all there is.
    head_is_all: bool,
    line_end: u8,
    /// Why the source could not be read to its end.
    failure: RefCell<Option<io::Error>>,
}

/// A part of a text that moves over it.
pub(crate) struct Window<'t> {
    /// `None` where all has been read.
    input: Option<Input<'t>>,
    /// Whether more stands behind it that is not shown.
    withheld: bool,
    buffer: String,
    /// Where the part begins that has not been passed.
    start: usize,
    window_bytes: usize,
    failure: Option<&'t RefCell<Option<io::Error>>>,
}

/// Bytes on their way to text.
struct Input<'t> {
    reader: Box<dyn Read + 't>,
    decoding: Decoding,
    chunk: Vec<u8>,
}

impl<'s> Text<'s> {
    /// The text of a source.
    pub fn new(source: &'s dyn Source, decoder: Decoder, limits: &'s Limits) -> Self {
        let mut text = Self {
            source,
            decoder,
            limits,
            head: String::new(),
            head_is_all: false,
            line_end: b'\n',
            failure: RefCell::default(),
        };
        let mut window = text.window();
        while window.rest().len() <= HEAD_BYTES_MAX && window.more() {}
        let end = window.rest().floor_char_boundary(HEAD_BYTES_MAX);
        let is_all = window.is_end() && end == window.rest().len();
        let head = window.rest().get(..end).unwrap_or_default().to_owned();
        drop(window);
        text.line_end = if head.contains('\n') || text.has_line_feed() { b'\n' } else { b'\r' };
        (text.head, text.head_is_all) = (head, is_all);
        text
    }

    /// The beginning of the text.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The byte that ends lines: LF; only in a text without any LF it is CR.
    pub const fn line_end(&self) -> u8 {
        self.line_end
    }

    /// A window at the beginning of the text.
    pub fn window(&self) -> Window<'_> {
        let input = match self.source.open() {
            Ok(reader) => {
                let chunk = vec![0; self.limits.window_bytes.clamp(1, CHUNK_BYTES_MAX)];
                Some(Input { reader, decoding: Decoding::new(self.decoder), chunk })
            }
            Err(error) => {
                self.failure.replace(Some(error));
                None
            }
        };
        Window {
            input,
            withheld: false,
            buffer: String::new(),
            start: 0,
            window_bytes: self.limits.window_bytes.max(1),
            failure: Some(&self.failure),
        }
    }

    /// A window over the head alone; whether more stands behind it is known, and what is not.
    pub fn head_window(&self) -> Window<'static> {
        let (buffer, withheld) = (self.head.clone(), !self.head_is_all);
        Window { input: None, withheld, buffer, start: 0, window_bytes: 1, failure: None }
    }

    /// The whole text; `None` where it is larger than what is read into memory.
    pub fn whole(&self) -> Option<String> {
        let mut window = self.window();
        while window.more() {
            if window.rest().len() > FILE_BYTES_MAX {
                return None;
            }
        }
        Some(window.buffer)
    }

    /// Why the source could not be read to its end, where it could not.
    pub fn failure(self) -> io::Result<()> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }

    /// Whether any line ends with LF.
    fn has_line_feed(&self) -> bool {
        let mut window = self.window();
        while window.more() {
            if window.rest().contains('\n') {
                return true;
            }
            window.pass(window.rest().len());
        }
        false
    }
}

impl Window<'_> {
    /// What has not been passed, as far as it is held.
    pub fn rest(&self) -> &str {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// What was passed last: this many bytes.
    pub fn passed(&self, length: usize) -> &str {
        let start = self.start.saturating_sub(length);
        self.buffer.get(start..self.start).unwrap_or_default()
    }

    /// Whether nothing stands behind what is held.
    pub const fn is_end(&self) -> bool {
        self.input.is_none() && !self.withheld
    }

    /// Moves on.
    pub fn pass(&mut self, length: usize) {
        self.start = (self.start + length).min(self.buffer.len());
    }

    /// Holds more, at least as much again; `false` where there is no more. What was passed is gone.
    pub fn more(&mut self) -> bool {
        let Some(input) = &mut self.input else {
            return false;
        };
        self.buffer.drain(..self.start);
        self.start = 0;
        let wanted = self.buffer.len() + self.window_bytes.max(self.buffer.len());
        while self.buffer.len() < wanted {
            match input.read(&mut self.buffer) {
                Ok(true) => {}
                Ok(false) => {
                    self.input = None;
                    break;
                }
                Err(error) => {
                    if let Some(failure) = self.failure {
                        failure.replace(Some(error));
                    }
                    self.input = None;
                    break;
                }
            }
        }
        true
    }
}

impl Input<'_> {
    /// Reads a piece; `false` at the end.
    fn read(&mut self, text: &mut String) -> io::Result<bool> {
        let length = loop {
            match self.reader.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        let bytes = self.chunk.get(..length).unwrap_or_default();
        self.decoding.decode(bytes, text);
        Ok(length > 0)
    }
}
