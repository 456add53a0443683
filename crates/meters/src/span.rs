//! Hours and months of UTC.

use kernel::{Timestamp, time};

use crate::model::Span;

const HOUR_MICROS: i64 = 3_600_000_000;

/// When the hour or the month began in which a time is.
pub(crate) fn start_of(span: Span, at: Timestamp) -> Timestamp {
    match span {
        Span::Hour => Timestamp::from_micros(at.micros() - at.micros().rem_euclid(HOUR_MICROS)),
        Span::Month => month(at.date()),
    }
}

/// When the month after that of a time begins.
pub(crate) fn next_month(at: Timestamp) -> Timestamp {
    let first = at.date().first_of_month();
    // The last month that can be written has none behind it.
    let days = time::days_since_epoch(first) + i32::from(first.days_in_month());
    time::date_from_days(days).map_or(Timestamp::from_micros(i64::MAX), month)
}

fn month(date: kernel::Date) -> Timestamp {
    // The first of a month is a date, and its first moment a time, wherever one of its days is.
    Timestamp::start_of(date.first_of_month()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_months_begin_where_the_calendar_says() {
        for (at, hour, month, next) in [
            (
                "2026-03-31T10:30:00Z",
                "2026-03-31T10:00:00Z",
                "2026-03-01T00:00:00Z",
                "2026-04-01T00:00:00Z",
            ),
            (
                "2024-02-29T23:59:59.999999Z",
                "2024-02-29T23:00:00Z",
                "2024-02-01T00:00:00Z",
                "2024-03-01T00:00:00Z",
            ),
            (
                "2025-12-31T00:00:00Z",
                "2025-12-31T00:00:00Z",
                "2025-12-01T00:00:00Z",
                "2026-01-01T00:00:00Z",
            ),
        ] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(start_of(Span::Hour, at).to_string(), hour);
            assert_eq!(start_of(Span::Month, at).to_string(), month);
            assert_eq!(next_month(at).to_string(), next);
        }
    }
}
