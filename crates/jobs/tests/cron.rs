//! Times that come again, against what crontab(5) and cron(8) of Vixie's cron say, with the changes
//! of clocks of the IANA time zone database.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use jobs::Cron;
use kernel::{Problematic, Timestamp};
use proptest::prelude::*;

/// The times after one, as they are on the clock in UTC.
fn check(cron: &str, zone: &str, after: &str, expected: &[&str]) {
    let parsed = Cron::parse(cron, zone).unwrap();
    let mut time: Timestamp = after.parse().unwrap();
    for next in expected {
        time = parsed.next_after(time).unwrap();
        assert_eq!(time.to_string(), *next, "{cron} in {zone} after {after}");
    }
}

#[test]
fn fields_fit_as_crontab_says() {
    let check = |cron, after, expected| check(cron, "UTC", after, expected);
    check(
        "*/20 * * * *",
        "2026-01-01T00:19:59Z",
        &["2026-01-01T00:20:00Z", "2026-01-01T00:40:00Z"],
    );
    check("5,10-12 7 * * *", "2026-01-01T07:05:00Z", &["2026-01-01T07:10:00Z"]);
    check(
        "0 9-17/4 * * *",
        "2026-01-01T09:00:00Z",
        &["2026-01-01T13:00:00Z", "2026-01-01T17:00:00Z"],
    );
    check("0 0 29 2 *", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z"]);
    // Over 2100, which is no leap year: the longest wait there is.
    check("0 0 29 2 *", "2096-02-29T00:00:00Z", &["2104-02-29T00:00:00Z"]);
    check("0 12 * jan,JUL mon-fri", "2026-01-30T12:00:00Z", &["2026-07-01T12:00:00Z"]);
    // Sunday is 0 and 7; 1 March 2026 is one.
    check("0 0 * * 7", "2026-02-27T00:00:00Z", &["2026-03-01T00:00:00Z"]);
    check("0 0 * * 5-7", "2026-02-27T00:00:00Z", &["2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"]);
    // Both days said: either fits. "30 4 1,15 * 5" is crontab(5)'s own example.
    check(
        "30 4 1,15 * 5",
        "2026-05-01T00:00:00Z",
        &["2026-05-01T04:30:00Z", "2026-05-08T04:30:00Z", "2026-05-15T04:30:00Z"],
    );
    // One of them begins with a star: both must fit.
    check("0 0 */2 * 1", "2026-06-01T00:00:00Z", &["2026-06-15T00:00:00Z", "2026-06-29T00:00:00Z"]);
    check("@weekly", "2026-02-27T00:00:00Z", &["2026-03-01T00:00:00Z"]);
    check("@hourly", "2026-02-27T00:00:00Z", &["2026-02-27T01:00:00Z"]);
}

/// "If time has moved forward, those jobs that would have run in the interval that has been skipped
/// will be run immediately." (cron(8))
#[test]
fn what_a_change_of_clocks_skips_is_run_right_after_it() {
    // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    let berlin = |cron, expected| check(cron, "Europe/Berlin", "2026-03-28T12:00:00Z", expected);
    berlin("30 2 * * *", &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    berlin("0 2 * * *", &["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]);
    berlin("0 3 * * *", &["2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"]);
    // Several that were skipped are one, and one of a list is a particular time too.
    berlin("15,45 2 * * *", &["2026-03-29T01:00:00Z", "2026-03-30T00:15:00Z"]);
    berlin(
        "30 2,14 * * *",
        &["2026-03-28T13:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T12:30:00Z"],
    );
    // New York, 8 March 2026, and Lord Howe, which moves by half an hour, on 4 October.
    check("30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", &["2026-03-08T07:00:00Z"]);
    check("10 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", &["2026-10-03T15:30:00Z"]);
}

/// "If time has moved backward, those jobs that fall into the repeated time will not be re-run."
#[test]
fn what_a_change_of_clocks_repeats_is_run_once() {
    // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    let berlin = |cron, expected| check(cron, "Europe/Berlin", "2026-10-24T12:00:00Z", expected);
    berlin("30 2 * * *", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    berlin(
        "15,45 2 * * *",
        &["2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z", "2026-10-26T01:15:00Z"],
    );
    // Asked in the hour that comes again, when it was run an hour ago.
    let again = "2026-10-25T01:10:00Z";
    check("30 2 * * *", "Europe/Berlin", again, &["2026-10-26T01:30:00Z"]);
}

/// "Only jobs that run at a particular time (not specified as @hourly, nor with '*' in the hour or
/// minute specifier) are affected. Jobs which are specified with wildcards are run based on the new
/// time immediately."
#[test]
fn jobs_with_wildcards_follow_the_clock_on_the_wall() {
    let berlin = |cron, after, expected| check(cron, "Europe/Berlin", after, expected);
    berlin("30 * * * *", "2026-03-29T00:00:00Z", &["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"]);
    berlin(
        "30 * * * *",
        "2026-10-25T00:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"],
    );
    // Every half hour of the second hour: not at all on the one day, twice on the other.
    berlin("*/30 2 * * *", "2026-03-28T12:00:00Z", &["2026-03-30T00:00:00Z"]);
    berlin(
        "*/30 2 * * *",
        "2026-10-24T12:00:00Z",
        &[
            "2026-10-25T00:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-26T01:00:00Z",
        ],
    );
}

/// Changes of three hours and more are corrections of the clock, and nothing is made up for: Samoa
/// left 30 December 2011 out.
#[test]
fn a_day_that_a_zone_left_out_is_left_out() {
    let expected = ["2011-12-29T20:00:00Z", "2011-12-30T20:00:00Z"];
    check("0 10 * * *", "Pacific/Apia", "2011-12-28T21:00:00Z", &expected);
}

/// Havana's clocks went back from 01:00 to 00:00 on 1 November 2026, at 05:00 UTC.
#[test]
fn changes_at_midnight_keep_the_order() {
    let havana = ["2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"];
    check("0 * * * *", "America/Havana", "2026-11-01T03:30:00Z", &havana);
    check("0 0 * * *", "America/Havana", "2026-11-01T03:30:00Z", &["2026-11-01T04:00:00Z"]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let cases = [
        ("* * * *", "five fields"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of week"),
        ("*/0 * * * *", "step"),
        ("5/10 * * * *", "step"),
        ("5-1 * * * *", "ends before"),
        ("1,,2 * * * *", "minute"),
        ("+1 * * * *", "minute"),
        ("* * * * monday", "day of week"),
        ("@reboot", "five fields"),
        ("0 0 31 2,4,6 *", "no such day"),
        ("", "five fields"),
    ];
    for (text, word) in cases {
        let error = Cron::parse(text, "UTC").unwrap_err();
        assert!(error.to_string().contains(word), "{text:?}: {error}");
        assert_eq!(error.fields()[0].field, "cron");
    }
    let error = Cron::parse("* * * * *", "Europe/Nowhere").unwrap_err();
    assert_eq!(error.fields()[0].field, "zone");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[-*/,0-9a-z@ ]{0,40}") {
        let _ = Cron::parse(&text, "Europe/Berlin");
    }

    /// A particular time of day is run once on each date, whatever the clocks do.
    #[test]
    fn a_particular_time_comes_once_a_day(
        hour in 0..24_u8,
        minute in 0..60_u8,
        zone in prop::sample::select(&["Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
            "America/Havana", "Africa/Casablanca", "Asia/Ulaanbaatar", "UTC"][..]),
        day in 0..3_650_i64,
    ) {
        let cron = Cron::parse(&format!("{minute} {hour} * * *"), zone).unwrap();
        let start = Timestamp::from_micros(1_704_067_200_000_000).plus_seconds(day * 86_400);
        let end = start.plus_seconds(400 * 86_400);
        let mut times = Vec::new();
        let mut time = start;
        while let Some(next) = cron.next_after(time).filter(|next| *next <= end) {
            prop_assert!(next > time);
            times.push(next);
            time = next;
        }
        // 400 days and nights of 24 hours each, but for a change of clocks at an end.
        prop_assert!((399..=401).contains(&times.len()), "{} times", times.len());
        let gaps = times.windows(2).map(|pair| pair[1].micros() - pair[0].micros());
        for gap in gaps {
            prop_assert!((22 * 3_600..=26 * 3_600).contains(&(gap / 1_000_000)), "{gap}");
        }
    }
}
