//! Points in time in UTC, to the microsecond (what both databases keep), and calendar dates.

use std::fmt;
use std::str::FromStr;

/// A calendar date, without a time zone.
pub use jiff::civil::Date;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use kernel::Timestamp;
/// let time: Timestamp = "2026-03-31T10:30:00.25Z".parse()?;
/// assert_eq!(time.to_string(), "2026-03-31T10:30:00.25Z");
/// assert_eq!("2026-03-31T11:30:00.25+01:00".parse::<Timestamp>()?, time);
/// # Ok::<(), kernel::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a time or date was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("{found:?} is not a time such as 2026-03-31T10:30:00Z")]
    MalformedTime {
        /// The text, shortened.
        found: String,
    },
    /// Not an ISO date.
    #[error("{found:?} is not a date such as 2026-03-31")]
    MalformedDate {
        /// The text, shortened.
        found: String,
    },
    /// Outside the years that can be written.
    #[error("the time is out of range")]
    OutOfRange,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The time so many microseconds after 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The time this many seconds later, at the end of time at the latest.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// The first moment of a date in UTC.
    pub fn start_of(date: Date) -> Result<Self, TimeError> {
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| TimeError::OutOfRange)?;
        Ok(Self(zoned.timestamp().as_microsecond()))
    }

    /// The date in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        self.jiff().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// jiff's form of it; out of jiff's range (beyond the year 9999) it stays at the end.
    fn jiff(self) -> jiff::Timestamp {
        let end = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(end)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.jiff().fmt(out)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || TimeError::MalformedTime { found: text.chars().take(40).collect() };
        let time: jiff::Timestamp = text.parse().map_err(|_| malformed())?;
        Ok(Self(time.as_microsecond()))
    }
}

crate::serde_as_text!(Timestamp);

/// Reads `YYYY-MM-DD`, and nothing else.
pub fn parse_date(text: &str) -> Result<Date, TimeError> {
    let malformed = || TimeError::MalformedDate { found: text.chars().take(40).collect() };
    let plain = text.len() == 10 && text.is_ascii();
    if !plain {
        return Err(malformed());
    }
    text.parse().map_err(|_| malformed())
}

/// Days since 1970-01-01.
#[must_use]
pub fn days_since_epoch(date: Date) -> i32 {
    let days = date.duration_since(EPOCH_DATE).as_hours() / 24;
    // Dates end in the year 9999: less than four million days.
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// The date so many days after 1970-01-01.
pub fn date_from_days(days: i32) -> Result<Date, TimeError> {
    let span = jiff::SignedDuration::from_hours(i64::from(days) * 24);
    EPOCH_DATE.checked_add(span).map_err(|_| TimeError::OutOfRange)
}

/// The microseconds of a day; the calendar has no leap seconds.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;

const EPOCH_DATE: Date = jiff::civil::date(1970, 1, 1);
