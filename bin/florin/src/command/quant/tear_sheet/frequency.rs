//! How often prices come: as the user says, or as their dates are apart.

use anyhow::{Context as _, bail};
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
    let day = |text: &&str| {
        kernel::time::parse_date(text.get(..10)?).ok().map(kernel::time::days_since_epoch)
    };
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

#[cfg(test)]
mod tests {
    use super::*;

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
