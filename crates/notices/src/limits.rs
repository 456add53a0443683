//! How much of anything.

/// Addresses of one recipient.
pub const ADDRESSES_MAX: usize = 20;
/// The longest address, in bytes.
pub const ADDRESS_BYTES_MAX: usize = 2_048;
/// Questions and tests that one recipient may have sent on a day of UTC.
pub const TRIALS_OF_RECIPIENT_MAX: u16 = 30;
/// Those that may go to one address on a day of UTC, whoever of the tenant has them sent.
pub const TRIALS_OF_ADDRESS_MAX: u16 = 5;
/// For how long a link or a code confirms an address, in seconds.
pub const CONFIRM_SECONDS_MAX: i64 = 48 * 3_600;
/// Codes that may be entered for one question.
pub const CODE_TRIES_MAX: u16 = 5;
/// Choices of one recipient.
pub const CHOICES_MAX: usize = 200;
/// The longest key of a notice, in bytes.
pub const KEY_BYTES_MAX: usize = 200;
/// The longest text among a notice's parameters, in characters; what is longer is cut.
pub const TEXT_CHARS_MAX: usize = 300;
/// Unread notices that are counted; whoever has more sees this number.
pub const UNREAD_MAX: u16 = 1_000;
/// Notices that are marked read at once.
pub const READ_MAX: u16 = 1_000;
/// Notices that are forgotten at once.
pub const FORGOTTEN_MAX: u16 = 1_000;
/// Notices that one digest tells; what is beyond them follows at once in another.
pub const DIGEST_MAX: u16 = 100;
/// Deliveries of one notice that are listed.
pub(crate) const DELIVERIES_LISTED_MAX: u16 = 200;
/// How often a delivery is tried: with the waits of jobs that is about a day.
pub const ATTEMPTS_MAX: u32 = 30;
/// How long one attempt may take on the other side, in seconds.
pub const SEND_SECONDS_MAX: u64 = 30;
/// The longest answer of another server that is read, in bytes.
pub const ANSWER_BYTES_MAX: u64 = 64 << 10;
