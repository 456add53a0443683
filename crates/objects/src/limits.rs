//! How much of anything.

/// The content of a chunk, in bytes; the last one of an object may have less, and no other.
pub const CHUNK_BYTES: usize = 1 << 20;
/// The largest object, in bytes.
pub const OBJECT_BYTES_MAX: u64 = 1 << 30;
/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 255;
/// The longest name of the matter that a hold is for, in bytes.
pub const MATTER_BYTES_MAX: usize = 64;
/// The most holds of an object.
pub const HOLDS_MAX: usize = 20;
/// The most uploads of a tenant that are not complete.
pub const UPLOADS_MAX: u64 = 100;
/// How long an upload may rest before it is given up, in seconds: a week.
pub const UPLOAD_REST_SECONDS_MAX: i64 = 7 * 86_400;
/// How long an object stays that nobody refers to, in seconds, and how long after it was removed
/// its bytes do: a day.
pub const GRACE_SECONDS: i64 = 86_400;
/// Objects that one transaction of a collection looks at.
pub(crate) const COLLECT_MAX: u16 = 100;
/// How often a step is done anew where another did the same at the same moment.
pub(crate) const ATTEMPTS_MAX: u32 = 5;
