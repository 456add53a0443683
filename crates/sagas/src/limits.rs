//! What a saga may have.

/// The longest plan, state or step, in bytes: ids and choices.
pub const JSON_BYTES_MAX: usize = 8 * 1024;
/// How often a step is tried before its saga is stuck.
pub const STEP_ATTEMPTS_MAX: u32 = 10;
/// How often what a step brought is told to its saga: until it is heard.
pub const TELL_ATTEMPTS_MAX: u32 = 100;
/// The most lines of a story that are shown.
pub const LINES_MAX: usize = 500;
