//! Elements of markup, as OFX and CAMT both have them, and lines.
//!
//! What must stay true: a tree is at most [`NESTING_MAX`](crate::limits::NESTING_MAX) deep (whoever
//! builds one sees to it), so walking or dropping it never exhausts the stack.

use std::borrow::Cow;

/// One element.
#[derive(Debug, Default)]
pub(crate) struct Node<'a> {
    pub name: Cow<'a, str>,
    pub line: u32,
    pub text: Cow<'a, str>,
    pub attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub children: Vec<Node<'a>>,
    /// Its structure is damaged (SGML): it was cut off, or holds what does not belong there.
    pub damaged: bool,
}

/// An element that may stand only once stands twice, with different contents.
#[derive(Debug)]
pub(crate) struct Twice {
    pub line: u32,
    pub second: String,
}

impl<'a> Node<'a> {
    /// An element that has just begun.
    pub fn new(name: Cow<'a, str>, line: u32) -> Self {
        let node = Self::default();
        Self { name, line, ..node }
    }

    /// Whether it or any element in it is damaged.
    pub fn is_damaged(&self) -> bool {
        self.damaged || self.children.iter().any(Self::is_damaged)
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of this name.
    pub fn children_named(&self, name: &str) -> impl Iterator<Item = &Self> {
        let children = self.children.iter();
        children.filter(move |child| child.name == name)
    }

    /// The first descendant along a path of names.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.child(name))
    }

    /// The text of the first descendant along a path, where it has any.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        let text = self.at(path)?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The only child of this name. Children that repeat the same text count once.
    pub fn only(&self, name: &str) -> Result<Option<&Self>, Twice> {
        let mut found = self.children_named(name);
        let first = found.next();
        let differs = |next: &&Self| first.is_some_and(|first| first.text != next.text);
        match found.find(differs) {
            Some(second) => Err(Twice { line: second.line, second: second.text.trim().to_owned() }),
            None => Ok(first),
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(found, _)| found == name)?;
        Some(found.1.trim())
    }

    /// Adds text behind the text that is there.
    pub fn push_text(&mut self, text: Cow<'a, str>) {
        if self.text.is_empty() {
            self.text = text;
        } else {
            self.text.to_mut().push_str(&text);
        }
    }
}
