//! XML as it is written here: elements on lines of their own, texts escaped.

use std::io;

/// A document as it grows.
#[derive(Default)]
pub(super) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    /// A document that begins with these lines.
    pub fn new(head: &str) -> Self {
        Self { text: head.to_owned(), depth: 0 }
    }

    /// An element with what is written inside it.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(name);
        content(self);
        self.close(name);
    }

    /// The beginning of an element.
    pub fn open(&mut self, name: &str) {
        self.begin();
        self.text.push_str(&format!("<{name}>\n"));
        self.depth += 1;
    }

    /// The end of an element that was opened by this name.
    pub fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.begin();
        // What stands behind a blank are attributes.
        let bare = name.split(' ').next().unwrap_or(name);
        self.text.push_str(&format!("</{bare}>\n"));
    }

    /// Writes out what is there so far.
    pub fn drain(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    /// An element without anything in it.
    pub fn empty(&mut self, name: &str) {
        self.begin();
        self.text.push_str(&format!("<{name}/>\n"));
    }

    /// An element with a text.
    pub fn leaf(&mut self, name: &str, text: &str) {
        self.begin();
        self.text.push_str(&format!("<{name}>"));
        text.chars().for_each(|character| self.push(character));
        let bare = name.split(' ').next().unwrap_or(name);
        self.text.push_str(&format!("</{bare}>\n"));
    }

    /// An element with a text, where there is one.
    pub fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// The document.
    pub fn complete(self) -> String {
        self.text
    }

    fn begin(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn push(&mut self, character: char) {
        match character {
            '&' => self.text.push_str("&amp;"),
            '<' => self.text.push_str("&lt;"),
            '>' => self.text.push_str("&gt;"),
            // XML has no place for them, and texts that were read hold none but these.
            '\u{fffe}' | '\u{ffff}' => self.text.push('\u{fffd}'),
            plain => self.text.push(plain),
        }
    }
}
