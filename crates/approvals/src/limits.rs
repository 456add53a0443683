//! How much of anything.

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// The largest canonical form of a command, in bytes.
pub const COMMAND_BYTES_MAX: usize = 16 << 10;
/// For how long a word may be delegated, in seconds: ninety days.
pub const DELEGATION_SECONDS_MAX: i64 = 90 * 86_400;
/// Delegations of a tenant that stand at a time.
pub const DELEGATIONS_MAX: u16 = 100;
/// Words for one request that are listed.
pub(crate) const DECISIONS_LISTED_MAX: u16 = 200;
