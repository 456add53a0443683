//! How often prices come: as the user says, or as their dates are apart.

use anyhow::{Context as _, bail};
use kernel::Date;
use kernel::time::{date_from_days, days_since_epoch, parse_date};
use quant::performance::Frequency;

use crate::cli::quant::Often;

/// What a word means.
pub fn of(often: Often) -> Frequency {
    match often {
        Often::Daily => Frequency::DAILY,
        Often::CalendarDaily => Frequency::CALENDAR_DAILY,
        Often::Weekly => Frequency::WEEKLY,
        Often::Monthly => Frequency::MONTHLY,
        Often::Quarterly => Frequency::QUARTERLY,
        Often::Yearly => Frequency::YEARLY,
    }
}

/// The frequency that dates tell by the days between most of them. Trading days and calendar days
/// are both a day apart; of a week of calendar days none is left out.
///
/// # Errors
/// They are of no frequency that has a name.
pub fn found(dates: &[&str]) -> anyhow::Result<Frequency> {
    let day = |text: &&str| parse_date(text.get(..10)?).ok().map(days_since_epoch);
    let days: Vec<i32> = dates.iter().filter_map(day).collect();
    let mut gaps: Vec<i32> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let Some(middle) = gaps.get(gaps.len() / 2) else { bail!("one price has no return") };
    let ninth = gaps.get(gaps.len() * 9 / 10).context("one price has no return")?;
    Ok(match (middle, ninth) {
        (1, 1) => Frequency::CALENDAR_DAILY,
        (1..=3, _) => Frequency::DAILY,
        (5..=9, _) => Frequency::WEEKLY,
        (26..=33, _) => Frequency::MONTHLY,
        (85..=95, _) => Frequency::QUARTERLY,
        (360..=370, _) => Frequency::YEARLY,
        _ => bail!("most dates are {middle} days apart; say what that is with --frequency"),
    })
}

/// Values of one season of a frequency: 12 months, 4 quarters, 7 calendar days, else none.
pub fn season(frequency: Frequency) -> usize {
    match frequency {
        Frequency::MONTHLY => 12,
        Frequency::QUARTERLY => 4,
        Frequency::CALENDAR_DAILY => 7,
        _ => 1,
    }
}

/// The dates that follow `last`; none where it has a time of day, or the calendar ends. The last of
/// a month is followed by the last of the next, and trading days are those of the week.
pub fn following(last: &str, frequency: Frequency, count: usize) -> Option<Vec<String>> {
    let last = parse_date(last).ok()?;
    let month_ends = last == last.last_of_month();
    let months = match frequency {
        Frequency::MONTHLY => Some(1),
        Frequency::QUARTERLY => Some(3),
        Frequency::YEARLY => Some(12),
        _ => None,
    };
    let mut dates = Vec::with_capacity(count);
    let mut date = last;
    for step in 1..=i32::try_from(count).ok()? {
        date = match months {
            Some(months) => after_months(last, step.checked_mul(months)?, month_ends)?,
            None if frequency == Frequency::WEEKLY => after_days(date, 7)?,
            None if frequency == Frequency::CALENDAR_DAILY => after_days(date, 1)?,
            None => after_days(date, days_to_weekday(date))?,
        };
        dates.push(date.to_string());
    }
    Some(dates)
}

fn after_days(date: Date, days: i32) -> Option<Date> {
    date_from_days(days_since_epoch(date).checked_add(days)?).ok()
}

/// Days until the next from Monday to Friday. The epoch was a Thursday.
fn days_to_weekday(date: Date) -> i32 {
    match (days_since_epoch(date) + 3).rem_euclid(7) {
        4 => 3,
        5 => 2,
        _ => 1,
    }
}

fn after_months(date: Date, months: i32, month_ends: bool) -> Option<Date> {
    let all = i32::from(date.year()) * 12 + i32::from(date.month()) - 1 + months;
    let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
    let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
    let length = first.days_in_month();
    let day = if month_ends { length } else { date.day().min(length) };
    Date::new(first.year(), first.month(), day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_on_as_their_frequency_says() {
        let (monthly, daily) = (Frequency::MONTHLY, Frequency::DAILY);
        for (last, frequency, expected) in [
            ("2024-01-31", monthly, ["2024-02-29", "2024-03-31", "2024-04-30"]),
            ("2023-12-15", monthly, ["2024-01-15", "2024-02-15", "2024-03-15"]),
            ("2024-11-30", Frequency::QUARTERLY, ["2025-02-28", "2025-05-31", "2025-08-31"]),
            ("2024-02-29", Frequency::YEARLY, ["2025-02-28", "2026-02-28", "2027-02-28"]),
            ("2024-01-05", daily, ["2024-01-08", "2024-01-09", "2024-01-10"]),
            ("2024-01-06", daily, ["2024-01-08", "2024-01-09", "2024-01-10"]),
            ("2024-02-28", Frequency::WEEKLY, ["2024-03-06", "2024-03-13", "2024-03-20"]),
            ("2024-02-28", Frequency::CALENDAR_DAILY, ["2024-02-29", "2024-03-01", "2024-03-02"]),
        ] {
            assert_eq!(following(last, frequency, 3).unwrap(), expected, "{last}");
        }
        assert_eq!(following("2024-01-05T12:00", daily, 3), None);
        assert_eq!(following("9999-12-31", monthly, 1), None);
    }

    #[test]
    fn dates_tell_how_often_they_come() {
        let dates = |from: i32, step: usize, count: usize, weekends: bool| -> Vec<String> {
            let days = (from..).step_by(step).filter(|day| weekends || (day + 3).rem_euclid(7) < 5);
            let date = |day| kernel::time::date_from_days(day).unwrap().to_string();
            days.take(count).map(date).collect()
        };
        let told = |dates: Vec<String>| {
            let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
            found(&dates).map(Frequency::periods_per_year).ok()
        };
        let cases = [
            (dates(0, 1, 300, false), Some(252.0)),
            (dates(0, 1, 300, true), Some(365.0)),
            (dates(0, 7, 30, true), Some(52.0)),
            (dates(0, 30, 30, true), Some(12.0)),
            (dates(0, 91, 9, true), Some(4.0)),
            (dates(0, 365, 9, true), Some(1.0)),
            (dates(0, 15, 9, true), None),
            (dates(0, 1, 1, true), None),
        ];
        for (dates, expected) in cases {
            assert_eq!(told(dates.clone()), expected, "{:?}", dates.get(..3));
        }
    }
}
