//! The limits on everything that a file or a caller can make large.
//!
//! What must stay true: memory and time are bounded by these numbers, whatever the bytes are; and
//! three rates of [`RATE_DIGITS_MAX`] digits multiply without an overflow.

/// The age up to which a rate is used where the caller does not say otherwise: it bridges weekends
/// and the longest holidays of the ECB's calendar.
pub const RATE_AGE_DAYS_MAX: u32 = 7;
/// The most rates a conversion goes through.
pub const LEGS_MAX: usize = 3;
/// The most ways from one currency to another that are looked at; the preferred ones come first.
pub const PATHS_MAX: usize = 64;
/// The most pairs of currencies of one level (common, or one tenant's).
pub const PAIRS_MAX: usize = 1_000;
/// The most currencies or commodities that one table is loaded for.
pub const TABLE_CODES_MAX: usize = 64;
/// The most days that one table is loaded for.
pub const TABLE_DAYS_MAX: u32 = 20_000;

/// The largest file of rates, in bytes.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most bytes that a zip may unpack to.
pub const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The most rates in one file.
pub const FILE_RATES_MAX: usize = 1_000_000;
/// The most sources that one file names.
pub const FILE_SOURCES_MAX: usize = 16;
/// The most columns of a CSV file.
pub const COLUMNS_MAX: usize = 256;
/// How deep elements may stand in one another.
pub const NESTING_MAX: usize = 16;
/// The most faults that are listed; the rest is counted.
pub const FAULTS_MAX: usize = 100;
/// The most characters that a fault quotes from the file.
pub const FOUND_CHARS_MAX: usize = 60;

/// The most digits of a rate that count.
pub const RATE_DIGITS_MAX: u32 = 12;
/// The most decimals of a rate.
pub const RATE_DECIMALS_MAX: u8 = 12;
/// The most digits of a price that count.
pub const PRICE_DIGITS_MAX: u32 = 24;
/// The most decimals of a price.
pub const PRICE_DECIMALS_MAX: u8 = 18;
/// The first and last year that a rate or price may be of.
pub const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// The most rows that one transaction of an import adds: others wait no longer than that takes.
pub(crate) const TRANSACTION_ROWS_MAX: usize = 10_000;
/// The rows between two points where other tasks may run.
pub(crate) const STATEMENT_ROWS_MAX: usize = 64;
/// How often an import begins anew where another added the same rates meanwhile.
pub(crate) const IMPORT_ATTEMPTS_MAX: usize = 5;
