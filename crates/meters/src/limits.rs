//! How much of anything.

/// The longest key of a record, in bytes.
pub const KEY_BYTES_MAX: usize = 200;
/// The largest amount of one record.
pub const AMOUNT_MAX: u64 = 1 << 40;
/// Records that are counted in one transaction.
pub const COUNTED_MAX: u16 = 1_000;
/// How long a record may wait to be counted, in seconds.
pub const COUNT_SECONDS: i64 = 60;
/// Sums that are listed at once.
pub const SUMS_LISTED_MAX: u16 = 1_000;
