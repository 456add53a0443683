//! Where bytes come from, and where entries go.
//!
//! What must stay true: a file can be read from its beginning as often as it is asked for; the
//! first failure of either side ends the reading and is told.

use std::io::{self, Read};

use crate::model::Entry;

/// Bytes that can be read from their beginning more than once: a file, an object of a store. They
/// must be the same each time.
pub trait Source {
    /// Begins to read at the first byte.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

impl Source for &[u8] {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(*self))
    }
}

/// Whom entries are handed to.
pub(crate) struct Entries<'c> {
    hand: &'c mut dyn FnMut(usize, Entry) -> io::Result<()>,
    failure: Option<io::Error>,
}

impl<'c> Entries<'c> {
    /// Hands entries to `hand`, with the index of their statement, until it fails.
    pub fn new(hand: &'c mut dyn FnMut(usize, Entry) -> io::Result<()>) -> Self {
        Self { hand, failure: None }
    }

    /// Hands an entry on.
    pub fn hand(&mut self, statement: usize, entry: Entry) {
        if self.failure.is_none() {
            self.failure = (self.hand)(statement, entry).err();
        }
    }

    /// Whether nobody takes any more: reading on would be in vain.
    pub const fn is_closed(&self) -> bool {
        self.failure.is_some()
    }

    /// Why nobody takes any more.
    pub fn failure(self) -> io::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }
}
