//! How often somebody may try: a table of fixed size, so that no flood of names fills the memory.
//!
//! Each slot is a leaky bucket (the generic cell rate algorithm: one time a slot, the one at which
//! it would be empty). Who shares a slot by chance shares its limit; a secret that is made anew at
//! each start keeps anybody from choosing whom to share with.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use kernel::{Env, Timestamp};
use storage::crypto::{hmac_sha256, short};

/// Half a megabyte.
const SLOTS: u128 = 65_536;
/// Refused sign-ins in a row for one e-mail address; after them one every half minute.
pub const SIGN_INS_IN_A_ROW_MAX: i64 = 10;

/// How often, and how many at once.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    name: &'static str,
    in_a_row_max: i64,
    interval_us: i64,
}

/// Refused sign-ins for one e-mail address.
pub(crate) const SIGN_IN_BY_EMAIL: Rate =
    Rate { name: "sign-in", in_a_row_max: SIGN_INS_IN_A_ROW_MAX, interval_us: 30_000_000 };
/// Refused sign-ins from one place, behind which there may be a whole office.
pub(crate) const SIGN_IN_BY_SOURCE: Rate =
    Rate { name: "source", in_a_row_max: 50, interval_us: 2_000_000 };
/// Registrations from one place.
pub(crate) const REGISTER_BY_SOURCE: Rate =
    Rate { name: "register", in_a_row_max: 20, interval_us: 60_000_000 };

pub(crate) struct Limiter {
    secret: [u8; 32],
    empty_at_us: Box<[AtomicI64]>,
}

impl Limiter {
    pub(crate) fn new(env: &Env) -> Self {
        let slots = (0..SLOTS).map(|_| AtomicI64::new(i64::MIN));
        Self { secret: env.random_bytes(), empty_at_us: slots.collect() }
    }

    /// Takes one try; where there is none, the seconds until there is.
    pub(crate) fn take(&self, rate: Rate, who: &[u8], now: Timestamp) -> Result<(), u64> {
        let slot = self.slot(rate, who);
        let now = now.micros();
        let mut seen = slot.load(Ordering::Relaxed);
        loop {
            let empty_at = seen.max(now).saturating_add(rate.interval_us);
            let too_early = empty_at - now - rate.in_a_row_max * rate.interval_us;
            if too_early > 0 {
                return Err(u64::try_from(too_early).unwrap_or(0).div_ceil(1_000_000));
            }
            let swap = (Ordering::Relaxed, Ordering::Relaxed);
            match slot.compare_exchange_weak(seen, empty_at, swap.0, swap.1) {
                Ok(_) => return Ok(()),
                Err(other) => seen = other,
            }
        }
    }

    /// Gives a try back that turned out well.
    pub(crate) fn give_back(&self, rate: Rate, who: &[u8]) {
        self.slot(rate, who).fetch_sub(rate.interval_us, Ordering::Relaxed);
    }

    fn slot(&self, rate: Rate, who: &[u8]) -> &AtomicI64 {
        let hash = short(hmac_sha256(&self.secret, &[rate.name.as_bytes(), &[0], who]));
        let index = usize::try_from(hash % SLOTS).unwrap_or(0);
        &self.empty_at_us[index]
    }
}

/// What counts as one place: an address, of IPv6 the network that one customer has.
pub(crate) fn place(source: IpAddr) -> Vec<u8> {
    match source.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{ManualClock, SeededEntropy};

    const RATE: Rate = Rate { name: "test", in_a_row_max: 3, interval_us: 10_000_000 };

    fn limiter() -> Limiter {
        let clock = ManualClock::at(Timestamp::EPOCH);
        Limiter::new(&Env::new(clock, SeededEntropy::new(7)))
    }

    #[test]
    fn a_row_then_one_an_interval() {
        let limiter = limiter();
        let at = |seconds| Timestamp::EPOCH.plus_seconds(seconds);
        // The second, and what taking a try at it gives.
        let cases = [
            (0, Ok(())),
            (0, Ok(())),
            (1, Ok(())),
            (1, Err(9)),
            (9, Err(1)),
            (10, Ok(())),
            (10, Err(10)),
            (100, Ok(())),
            (100, Ok(())),
            (100, Ok(())),
            (100, Err(10)),
        ];
        for (index, (second, expected)) in cases.into_iter().enumerate() {
            assert_eq!(limiter.take(RATE, b"bat", at(second)), expected, "case {index}");
        }
        assert_eq!(limiter.take(RATE, b"saraa", at(100)), Ok(()));
        limiter.give_back(RATE, b"bat");
        assert_eq!(limiter.take(RATE, b"bat", at(100)), Ok(()));
    }

    #[test]
    fn a_customer_of_ipv6_is_one_place() {
        let place = |text: &str| place(text.parse().unwrap());
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("::ffff:192.0.2.1"), place("192.0.2.1"));
        assert_ne!(place("192.0.2.1"), place("192.0.2.2"));
    }
}
