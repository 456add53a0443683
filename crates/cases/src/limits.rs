//! How much of anything.

/// The longest comment, in characters.
pub const COMMENT_CHARS_MAX: usize = 4_000;
/// Entries of one case's history: comments, files and changes together.
pub const ENTRIES_MAX: u64 = 500;
/// How far away a case may be due, in seconds: a year.
pub const DUE_SECONDS_MAX: i64 = 366 * 86_400;
