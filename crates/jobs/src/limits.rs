//! How much of anything.

/// The longest arguments of a job, in bytes of JSON: what is larger stands in rows of its module.
pub const ARGS_BYTES_MAX: usize = 16 << 10;
/// The longest key of a unique job, in bytes.
pub const KEY_BYTES_MAX: usize = 200;
/// How often a job is tried where it does not say.
pub const ATTEMPTS_DEFAULT: u32 = 10;
/// How often any job may be tried.
pub const ATTEMPTS_MAX: u32 = 100;
/// The longest text of a failure that is kept, in characters.
pub const ERROR_CHARS_MAX: usize = 500;
/// The longest name of a schedule, in bytes.
pub const NAME_BYTES_MAX: usize = 100;
/// Schedules of one tenant.
pub const SCHEDULES_MAX: u16 = 200;
/// Rows that one piece of upkeep touches: no transaction of it is long.
pub(crate) const UPKEEP_ROWS_MAX: u16 = 500;
/// How often an insertion is tried that meets a key whose job ends at the same moment.
pub(crate) const ENQUEUE_TRIES_MAX: u32 = 5;

/// How long completed and cancelled jobs are kept: seven days.
pub const FINISHED_SECONDS_MAX: i64 = 7 * 24 * 3_600;
/// How long dead ones are kept: ninety days.
pub const DEAD_SECONDS_MAX: i64 = 90 * 24 * 3_600;
