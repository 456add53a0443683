//! Quiet hours: from a time of day to another, by the clock on somebody's wall.
//!
//! What must stay true where a zone changes its clocks: hours begin and end at the first moment at
//! which the wall shows their time; a time that the wall never shows is reached at the change.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use kernel::Timestamp;

/// A zone of the IANA's database, such as `Asia/Ulaanbaatar`.
#[derive(Clone, Debug)]
pub(crate) struct Zone(TimeZone);

/// Minutes of a day.
pub(crate) const DAY_MINUTES: u16 = 24 * 60;

impl Zone {
    /// A zone by its name; nothing where there is none of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
            return None;
        }
        TimeZone::get(name).ok().map(Self)
    }

    /// The day on which a moment lies.
    fn date(&self, at: Timestamp) -> Option<Date> {
        let at = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
        Some(self.0.to_datetime(at).date())
    }

    /// The first moment of a day at which the wall shows a time, or would have.
    fn moment(&self, date: Date, minute: u16) -> Option<Timestamp> {
        let minute = minute % DAY_MINUTES;
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        let local = date.to_datetime(Time::new(hour, minute, 0, 0).ok()?);
        let moment = self.0.to_ambiguous_timestamp(local);
        let moment = match moment.offset() {
            jiff::tz::AmbiguousOffset::Unambiguous { .. }
            | jiff::tz::AmbiguousOffset::Fold { .. } => moment.earlier().ok()?,
            // The clocks jump over it: read with the later offset it lies before the jump.
            jiff::tz::AmbiguousOffset::Gap { after, .. } => {
                let before = after.to_timestamp(local).ok()?;
                self.0.following(before).next()?.timestamp()
            }
        };
        Some(Timestamp::from_micros(moment.as_microsecond()))
    }

    /// When the quiet hours end in which a moment lies; nothing where it lies in none. From a
    /// minute of the day to another, which may be on the next day.
    pub(crate) fn quiet_until(&self, at: Timestamp, (from, to): (u16, u16)) -> Option<Timestamp> {
        let today = self.date(at)?;
        let days = [today.yesterday().ok(), Some(today)];
        days.into_iter().flatten().find_map(|day| {
            let last = if to <= from { day.tomorrow().ok()? } else { day };
            let (begin, end) = (self.moment(day, from)?, self.moment(last, to)?);
            (begin <= at && at < end).then_some(end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each end is what Python's zoneinfo gives for the wall's time at its first appearance.
    #[test]
    fn quiet_hours_follow_the_clock_on_the_wall() {
        let night = (22 * 60, 7 * 60);
        let short = (60, 2 * 60 + 30);
        let cases = [
            // Berlin in winter is an hour ahead, in summer two.
            ("Europe/Berlin", night, "2026-01-10T21:00:00Z", Some("2026-01-11T06:00:00Z")),
            ("Europe/Berlin", night, "2026-01-10T20:59:59Z", None),
            ("Europe/Berlin", night, "2026-01-11T06:00:00Z", None),
            // The night in which clocks go forward, and the one in which they go back.
            ("Europe/Berlin", night, "2026-03-28T23:00:00Z", Some("2026-03-29T05:00:00Z")),
            ("Europe/Berlin", night, "2026-10-24T21:00:00Z", Some("2026-10-25T06:00:00Z")),
            // 02:30 does not exist on 29 March: the hours end as the clocks jump, at 01:00 UTC.
            ("Europe/Berlin", short, "2026-03-29T00:30:00Z", Some("2026-03-29T01:00:00Z")),
            ("Europe/Berlin", short, "2026-03-29T01:00:00Z", None),
            // 02:30 comes twice on 25 October: they end the first time, and do not begin again.
            ("Europe/Berlin", short, "2026-10-25T00:00:00Z", Some("2026-10-25T00:30:00Z")),
            ("Europe/Berlin", short, "2026-10-25T01:10:00Z", None),
            ("Asia/Ulaanbaatar", night, "2026-07-01T14:00:00Z", Some("2026-07-01T23:00:00Z")),
            ("UTC", (600, 600), "2026-07-01T14:00:00Z", Some("2026-07-02T10:00:00Z")),
        ];
        for (zone, hours, at, end) in cases {
            let until = Zone::named(zone).unwrap().quiet_until(at.parse().unwrap(), hours);
            assert_eq!(until.map(|at| at.to_string()).as_deref(), end, "{zone} {at}");
        }
        assert!(Zone::named("Europe/../etc").is_none() && Zone::named("Mars/Base").is_none());
    }
}
