//! How long a job that failed waits before it is tried again.

use kernel::Env;

/// The wait after the first failure; each further one doubles it.
pub const FIRST_SECONDS: i64 = 10;
/// The longest wait.
pub const SECONDS_MAX: i64 = 3_600;

/// The wait in microseconds after so many attempts: between half of the doubled wait and all of it,
/// by chance, so that what failed together is not tried again together.
///
/// Source: "Exponential Backoff And Jitter" (Amazon's Architecture Blog), where this is equal
/// jitter.
pub(crate) fn wait_micros(attempt: u32, env: &Env) -> i64 {
    let doubled = 2_i64.saturating_pow(attempt.saturating_sub(1));
    let half = FIRST_SECONDS.saturating_mul(doubled).min(SECONDS_MAX) * 1_000_000 / 2;
    let random = i64::from(u32::from_be_bytes(env.random_bytes()));
    // 32 random bits over at most 1,800 s: 63 bits, in steps below a microsecond.
    half + ((half * random) >> 32)
}
