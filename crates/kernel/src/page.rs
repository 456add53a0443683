//! Pages of long lists: a limit and a cursor that says where the last page ended.

use std::fmt;
use std::str::FromStr;

/// The most items on one page.
pub const PAGE_ITEMS_MAX: u16 = 200;
/// The items on a page where the caller does not say.
pub const PAGE_ITEMS_DEFAULT: u16 = 50;
/// The longest cursor we read.
const CURSOR_BYTES_MAX: usize = 512;

/// Where a page ended: the sort key of its last item, opaque to the caller. It also holds a tag of
/// the filter it was made for, so that it cannot be used with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// A number that stands for list and filter.
    pub filter: u32,
    /// The parts of the last item's sort key.
    pub key: Vec<String>,
}

/// Why a cursor was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not one of ours.
    #[error("the cursor is not one that this list gave")]
    Malformed,
    /// Given for another list or filter.
    #[error("the cursor belongs to another list or filter")]
    OtherFilter,
    /// More than [`PAGE_ITEMS_MAX`] items, or none.
    #[error("a page has 1 to {PAGE_ITEMS_MAX} items, not {found}")]
    Limit {
        /// The items asked for.
        found: u32,
    },
}

/// What the caller asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many items.
    pub limit: u16,
    /// After this one.
    pub after: Option<Cursor>,
    /// The list and filter that the page's own cursor is for.
    pub filter: u32,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Where the next one begins, if there is one.
    pub next: Option<Cursor>,
}

impl PageRequest {
    /// Checks a limit and a cursor for the list and filter that `filter` stands for.
    pub fn new(limit: Option<u32>, cursor: Option<&str>, filter: u32) -> Result<Self, CursorError> {
        let found = limit.unwrap_or(u32::from(PAGE_ITEMS_DEFAULT));
        let limit = u16::try_from(found).ok().filter(|count| (1..=PAGE_ITEMS_MAX).contains(count));
        let limit = limit.ok_or(CursorError::Limit { found })?;
        let after: Option<Cursor> = cursor.map(str::parse).transpose()?;
        if after.as_ref().is_some_and(|after| after.filter != filter) {
            return Err(CursorError::OtherFilter);
        }
        Ok(Self { limit, after, filter })
    }

    /// The first page.
    #[must_use]
    pub const fn first(limit: u16) -> Self {
        Self { limit, after: None, filter: 0 }
    }
}

impl<T> Page<T> {
    /// Makes a page of items that were fetched with one more than the limit: where that one is
    /// there, it is dropped, and the cursor is the last item's.
    pub fn cut(mut items: Vec<T>, limit: u16, cursor: impl Fn(&T) -> Cursor) -> Self {
        let more = items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "c{:x}", self.filter)?;
        for part in &self.key {
            out.write_str("-")?;
            part.bytes().try_for_each(|byte| write!(out, "{byte:02x}"))?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > CURSOR_BYTES_MAX || !text.is_ascii() {
            return Err(CursorError::Malformed);
        }
        let mut parts = text.strip_prefix('c').ok_or(CursorError::Malformed)?.split('-');
        let filter = parts.next().and_then(|part| u32::from_str_radix(part, 16).ok());
        let filter = filter.ok_or(CursorError::Malformed)?;
        let key: Option<Vec<String>> = parts.map(unhex).collect();
        Ok(Self { filter, key: key.ok_or(CursorError::Malformed)? })
    }
}

fn unhex(text: &str) -> Option<String> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.map(|pair| byte(pair).filter(|_| pair.len() == 2)).collect();
    String::from_utf8(bytes?).ok()
}
