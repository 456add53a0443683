//! The limits on everything that a caller can make large.

/// The most assets of a family, those that it no longer has included.
pub const ASSETS_MAX: usize = 1_000;
/// The longest name of an asset or owner, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// The most digits before the decimal point of a balance, value, price or quantity.
pub const WHOLE_DIGITS_MAX: u32 = 15;
/// The most points of a history (ten years of days have 3,653).
pub const POINTS_MAX: usize = 10_000;
/// How often a command is planned anew where another call opened the same account meanwhile.
pub(crate) const ATTEMPTS_MAX: u32 = 4;
