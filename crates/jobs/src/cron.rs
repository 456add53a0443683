//! Times that come again: a crontab's five fields, read in a time zone.
//!
//! What must stay true, where a zone changes its clocks by less than three hours:
//! - a job at a particular time is run once a day: where its time does not exist, right after the
//!   change; where its time comes twice, the first time;
//! - a job with `*` in its minute or its hour follows the clock on the wall: what does not exist is
//!   not run, what comes twice is run twice.
//!
//! Source: cron(8) and crontab(5) of Vixie's cron as Debian ships it. Times that are missing
//! because of a larger change (a zone that moved over the date line) are not made up for, as there.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use kernel::Timestamp;

use crate::error::JobsError;
use crate::fields::Fields;

/// The changes of clocks that are made up for are shorter than this.
const CHANGE_SECONDS_MAX: i64 = 3 * 3_600;
/// Within eight years every date comes that comes at all: 29 February, over a turn of a century.
const DAYS_MAX: u32 = 8 * 366 + 1;

/// A cron expression in a time zone.
///
/// ```
/// use jobs::Cron;
/// // Frankfurt's clocks jumped from 02:00 to 03:00 on that night.
/// let cron = Cron::parse("30 2 * * *", "Europe/Berlin")?;
/// let next = cron.next_after("2026-03-28T12:00:00Z".parse().unwrap());
/// assert_eq!(next.unwrap().to_string(), "2026-03-29T01:00:00Z");
/// # Ok::<(), jobs::JobsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    fields: Fields,
    zone: TimeZone,
    zone_name: String,
}

impl Cron {
    /// Reads five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, and the IANA
    /// name of a zone.
    ///
    /// # Errors
    /// Where either cannot be read, or no day will ever fit.
    pub fn parse(text: &str, zone_name: &str) -> Result<Self, JobsError> {
        let unfit = |detail: String| JobsError::field("cron", "cron", detail);
        let fields = Fields::parse(text).map_err(unfit)?;
        let unknown = |_| {
            let name: String = zone_name.chars().take(64).collect();
            JobsError::field("zone", "zone", format!("{name:?} is no zone such as Europe/Berlin"))
        };
        let zone = TimeZone::get(zone_name).map_err(unknown)?;
        let (text, zone_name) = (text.trim().to_owned(), zone_name.to_owned());
        let cron = Self { text, fields, zone, zone_name };
        // From a leap year on, so that its last day of February is not too far away.
        let any = Timestamp::from_micros(SINCE_2024_MICROS);
        match cron.next_after(any) {
            Some(_) => Ok(cron),
            None => Err(unfit("there is no such day".to_owned())),
        }
    }

    /// The expression as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The zone's name as it was given.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone_name
    }

    /// The first time that fits and is later than `after`; none within eight years.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let start = jiff::Timestamp::from_microsecond(after.micros()).ok()?;
        // A day early: where clocks are put back over midnight, a day's last hour comes again
        // after the next has begun.
        let mut date = start.to_zoned(self.zone.clone()).date().yesterday().ok()?;
        let mut found: Option<i64> = None;
        for _ in 0..DAYS_MAX {
            let on_the_day = if self.fields.fit_date(date) {
                self.instants(date).filter(|instant| *instant > after.micros()).min()
            } else {
                None
            };
            if let Some(earlier) = found {
                let first = on_the_day.map_or(earlier, |instant| instant.min(earlier));
                return Some(Timestamp::from_micros(first));
            }
            found = on_the_day;
            date = date.tomorrow().ok()?;
        }
        found.map(Timestamp::from_micros)
    }

    /// The instants of a date, in microseconds since 1970.
    fn instants(&self, date: jiff::civil::Date) -> impl Iterator<Item = i64> {
        let times = self.fields.times().map(move |(hour, minute)| date.at(hour, minute, 0, 0));
        times.flat_map(|local| self.instants_of(local)).flatten()
    }

    fn instants_of(&self, local: DateTime) -> [Option<i64>; 2] {
        let at = |offset: jiff::tz::Offset| {
            offset.to_timestamp(local).ok().map(jiff::Timestamp::as_microsecond)
        };
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => [at(offset), None],
            AmbiguousOffset::Fold { before, after } => {
                let again = if self.fields.is_particular() { None } else { at(after) };
                [at(before), again]
            }
            AmbiguousOffset::Gap { before, after } => {
                let change = i64::from(after.seconds() - before.seconds());
                if !self.fields.is_particular() || change >= CHANGE_SECONDS_MAX {
                    return [None, None];
                }
                // Read with the later offset it lies before the change, which comes next.
                let earlier = after.to_timestamp(local).ok();
                let change = earlier.and_then(|earlier| self.zone.following(earlier).next());
                [change.map(|change| change.timestamp().as_microsecond()), None]
            }
        }
    }
}

/// 2024-01-01T00:00:00Z.
const SINCE_2024_MICROS: i64 = 1_704_067_200_000_000;

impl fmt::Display for Cron {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.text, self.zone_name)
    }
}
