//! The demo's clock: it begins at the demo's own date and goes on as time does.

use std::time::Instant;

use kernel::{Clock, Timestamp};

/// 2026-10-31T09:00:00Z, in microseconds since 1970: the day after the last rates.
const START_MICROS: i64 = 1_793_437_200_000_000;

/// A clock that was started at the demo's date.
pub struct DemoClock {
    started: Instant,
}

impl DemoClock {
    /// Starts it.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(START_MICROS.saturating_add(elapsed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_at_the_demo_s_date_and_goes_on() {
        let start = Timestamp::from_micros(START_MICROS);
        assert_eq!(start.to_string(), "2026-10-31T09:00:00Z");
        let clock = DemoClock::start();
        let first = clock.now();
        assert!(first >= start && first < start.plus_seconds(60), "{first}");
        assert!(clock.now() >= first);
    }
}
