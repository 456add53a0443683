//! Dates as banks print them, and the order of day, month and year in a file.
//!
//! What must stay true: the order is found by elimination over all dates of a file, never by guess;
//! a date that does not exist is no date.

use kernel::Date;
use serde::{Deserialize, Serialize};

use super::mapping::Example;
use crate::value;

/// The order of the parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `31/03/2026`
    DayMonthYear,
    /// `03/31/2026`
    MonthDayYear,
    /// `2026-03-31`
    YearMonthDay,
}

/// All orders, in the order of the arrays below.
pub(super) const ORDERS: [DateOrder; 3] =
    [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];

/// What the dates of a file say about their order.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// For each order the first date that rules it out, with its line.
    pub excluded: [Option<Example>; 3],
    /// For each pair of orders (first and second, first and third, second and third) the first date
    /// that they read differently.
    differs: [Option<Example>; 3],
    /// Whether there was any date.
    pub any: bool,
}

/// The longest date with its time, in bytes.
const DATE_BYTES_MAX: usize = 48;
/// Two digits from here on are a year of the last century.
const CENTURY_TURN: i16 = 80;

/// The beginnings of the names of months: English, German, French, Spanish, Dutch.
#[rustfmt::skip]
const MONTHS: &[(&str, i8)] = &[
    ("jan", 1), ("ene", 1), ("jän", 1), ("feb", 2), ("fév", 2), ("fev", 2), ("mar", 3),
    ("mär", 3), ("maa", 3), ("mrt", 3), ("mrz", 3), ("apr", 4), ("avr", 4), ("abr", 4),
    ("may", 5), ("mai", 5), ("mei", 5), ("jun", 6), ("juin", 6), ("jul", 7), ("juil", 7),
    ("aug", 8), ("aoû", 8), ("aou", 8), ("ago", 8), ("sep", 9), ("oct", 10), ("okt", 10),
    ("nov", 11), ("dec", 12), ("dez", 12), ("déc", 12), ("dic", 12),
];

impl Survey {
    /// Takes a cell into account, of a column that has no date after `not_after`. Cells that are no
    /// date in any order say nothing.
    pub fn take(&mut self, text: &str, line: u32, not_after: Option<Date>) {
        let possible = |date: &Date| not_after.is_none_or(|last| *date <= last);
        let [day_first, month_first, year_first] = readings(text);
        // A year of two digits is sought behind day and month only: 05.06.26 is not of 2005.
        let year_first = year_first.filter(|_| has_long_year(text));
        let dates = [day_first, month_first, year_first].map(|date| date.filter(possible));
        if dates.iter().all(Option::is_none) {
            return;
        }
        self.any = true;
        let quote = || Some(Example::new(line, text));
        for (excluded, date) in self.excluded.iter_mut().zip(&dates) {
            if date.is_none() && excluded.is_none() {
                *excluded = quote();
            }
        }
        let [first, second, third] = dates;
        let pairs = [(first, second), (first, third), (second, third)];
        for (differs, (one, other)) in self.differs.iter_mut().zip(pairs) {
            if one != other && differs.is_none() {
                *differs = quote();
            }
        }
    }

    /// The orders that no date rules out.
    pub fn remaining(&self) -> Vec<DateOrder> {
        let orders = ORDERS.iter().zip(&self.excluded);
        let remaining = orders.filter(|(_, excluded)| excluded.is_none());
        remaining.map(|(order, _)| *order).collect()
    }

    /// The first date that the remaining orders read differently.
    pub fn undecided(&self) -> Option<&Example> {
        let [first, second, third] = self.excluded.each_ref().map(Option::is_none);
        let both_remain = [first && second, first && third, second && third];
        let pairs = self.differs.iter().zip(both_remain);
        pairs.filter(|(_, both)| *both).find_map(|(differs, _)| differs.as_ref())
    }
}

/// The date of a cell in an order.
pub(super) fn date(text: &str, order: DateOrder) -> Option<Date> {
    let [day_first, month_first, year_first] = readings(text);
    match order {
        DateOrder::DayMonthYear => day_first,
        DateOrder::MonthDayYear => month_first,
        DateOrder::YearMonthDay => year_first,
    }
}

/// Whether a cell is a date in any order.
pub(super) fn is_date(text: &str) -> bool {
    readings(text).iter().any(Option::is_some)
}

/// What a cell is in each of [`ORDERS`]. A date whose month has a name is the same in all.
fn readings(text: &str) -> [Option<Date>; 3] {
    const NONE: [Option<Date>; 3] = [None; 3];
    let text = text.trim();
    if let Some(readings) = ten_characters(text.as_bytes()) {
        return readings;
    }
    if text.len() > DATE_BYTES_MAX || !text.contains(|character: char| character.is_ascii_digit()) {
        return NONE;
    }
    let mut parts = Vec::with_capacity(3);
    let mut rest = without_weekday(text);
    let mut separators = Vec::with_capacity(2);
    loop {
        let is_digit = rest.starts_with(|character: char| character.is_ascii_digit());
        let same = |character: char| match is_digit {
            true => character.is_ascii_digit(),
            false => character.is_alphabetic(),
        };
        let length = rest.find(|character| !same(character)).unwrap_or(rest.len());
        let Some((part, after)) =
            rest.split_at_checked(length).filter(|(part, _)| !part.is_empty())
        else {
            return NONE;
        };
        parts.push(part);
        rest = after;
        if parts.len() == 3 || rest.is_empty() || matches!(part.len(), 8 | 14) && is_digit {
            break;
        }
        let in_separator = |character: char| "/-., ".contains(character);
        let length = rest.find(|character| !in_separator(character)).unwrap_or(rest.len());
        let (separator, after) = rest.split_at_checked(length).unwrap_or_default();
        separators.push(separator.trim());
        rest = after;
    }
    if !is_time(rest) {
        return NONE;
    }
    match parts.as_slice() {
        [solid] => solid_readings(solid),
        [one, two, three] => {
            let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            if numeric(one) && numeric(two) && numeric(three) {
                let uniform = separators.windows(2).all(|pair| pair.first() == pair.last());
                return if uniform { numeric_readings(one, two, three) } else { NONE };
            }
            [named_reading(one, two, three); 3]
        }
        _ => NONE,
    }
}

/// What most dates are: `2026-03-31` or `31/03/2026`, read without taking the text apart.
fn ten_characters(text: &[u8]) -> Option<[Option<Date>; 3]> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0'))
        })
    };
    let date = |year: i16, month: i16, day: i16| {
        value::date_of(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
    };
    let is_separator = |byte: &u8| b"/-.".contains(byte);
    match text {
        [y1, y2, y3, y4, first, m1, m2, second, d1, d2]
            if first == second && is_separator(first) =>
        {
            let year = number(&[*y1, *y2, *y3, *y4])?;
            let (month, day) = (number(&[*m1, *m2])?, number(&[*d1, *d2])?);
            Some([None, None, date(year, month, day)])
        }
        [a1, a2, first, b1, b2, second, y1, y2, y3, y4]
            if first == second && is_separator(first) =>
        {
            let year = number(&[*y1, *y2, *y3, *y4])?;
            let (one, two) = (number(&[*a1, *a2])?, number(&[*b1, *b2])?);
            Some([date(year, two, one), date(year, one, two), None])
        }
        _ => None,
    }
}

/// Whether any run of digits is long enough for a year with its century.
fn has_long_year(text: &str) -> bool {
    text.split(|character: char| !character.is_ascii_digit()).any(|digits| digits.len() >= 4)
}

/// What may stand behind a date: nothing, or a time of day.
fn is_time(rest: &str) -> bool {
    let clock = rest.trim_start_matches(['T', ' ', ',']);
    let in_time = |character: char| {
        character.is_ascii_digit() || ":.+-Z ".contains(character) || "AaPpMm".contains(character)
    };
    rest.is_empty()
        || (clock.len() < rest.len() && clock.contains(':') && clock.chars().all(in_time))
}

/// The text without the name of a weekday and a comma or blank before the date.
fn without_weekday(text: &str) -> &str {
    let Some((word, rest)) = text.split_once([',', ' ']) else {
        return text;
    };
    let is_word = word.chars().all(|character| character.is_alphabetic() || character == '.');
    let names_month = month(word).is_some() && !word.is_empty();
    if is_word && !word.is_empty() && !names_month { rest.trim_start() } else { text }
}

/// `20260331`, in any order that gives a year that can be, with or without a time behind it.
fn solid_readings(digits: &str) -> [Option<Date>; 3] {
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    if !matches!(digits.len(), 8 | 14) {
        return [None; 3];
    }
    [
        value::date_of_digits(part(4..8), part(2..4), part(0..2)),
        value::date_of_digits(part(4..8), part(0..2), part(2..4)),
        value::date_of_digits(part(0..4), part(4..6), part(6..8)),
    ]
}

fn numeric_readings(one: &str, two: &str, three: &str) -> [Option<Date>; 3] {
    let date = |year: &str, month: &str, day: &str| {
        let year = year_of(year)?;
        let short = |part: &str| (1..=2).contains(&part.len());
        if !short(month) || !short(day) {
            return None;
        }
        value::date_of(year, month.parse().ok()?, day.parse().ok()?)
    };
    [date(three, two, one), date(three, one, two), date(one, two, three)]
}

/// A year of four digits, or of two.
fn year_of(digits: &str) -> Option<i16> {
    let year: i16 = digits.parse().ok()?;
    match digits.len() {
        4 => Some(year),
        2 if year < CENTURY_TURN => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

/// `31 Mar 2026`, `Mar 31, 2026` or `2026 Mar 31`.
fn named_reading(one: &str, two: &str, three: &str) -> Option<Date> {
    let (month, day, year) = match (month(one), month(two)) {
        (Some(month), None) => (month, two, three),
        (None, Some(month)) if one.len() == 4 => (month, three, one),
        (None, Some(month)) => (month, one, three),
        _ => return None,
    };
    let day = Some(day).filter(|day| day.len() <= 2)?.parse().ok()?;
    value::date_of(year_of(year)?, month, day)
}

fn month(name: &str) -> Option<i8> {
    let name = name.to_lowercase();
    let found = MONTHS.iter().find(|(beginning, _)| name.starts_with(beginning))?;
    Some(found.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: [&str; 3]) {
        let shown = readings(text).map(|date| date.map_or("-".to_owned(), |date| date.to_string()));
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn dates_are_printed_in_many_ways() {
        check("31/03/2026", ["2026-03-31", "-", "-"]);
        check("3/31/26", ["-", "2026-03-31", "-"]);
        check("04.03.2026", ["2026-03-04", "2026-04-03", "-"]);
        check("04.03.05", ["2005-03-04", "2005-04-03", "2004-03-05"]);
        check("2026-03-31", ["-", "-", "2026-03-31"]);
        check("2026.03.31 12:30:05", ["-", "-", "2026-03-31"]);
        check("2026-03-31T12:30:05.000Z", ["-", "-", "2026-03-31"]);
        check("20260331", ["-", "-", "2026-03-31"]);
        check("31 Mar 2026", ["2026-03-31"; 3]);
        check("March 31, 2026 1:05 PM", ["2026-03-31"; 3]);
        check("31-Dez-98", ["1998-12-31"; 3]);
        check("Tue, 31 Mar 2026", ["2026-03-31"; 3]);
    }

    #[test]
    fn what_is_no_date_is_none() {
        let none = [
            "",
            "30/02/2026",
            "31/03",
            "1/2/3",
            "2026-3",
            "31/03-2026",
            "31/03/2026x",
            "12.50",
            "1,234.50",
            "32 Mar 2026",
            "31 Foo 2026",
            "2026-03-31 foo",
            "31/03/2026 1",
            "123",
            "99999999",
            "01/13/0026",
        ];
        for text in none {
            check(text, ["-"; 3]);
        }
    }

    #[track_caller]
    fn survey(cells: &[&str], remaining: &[DateOrder], decided: bool) {
        let mut survey = Survey::default();
        for (line, cell) in (1..).zip(cells) {
            survey.take(cell, line, None);
        }
        assert_eq!(survey.remaining(), remaining, "{cells:?}");
        assert_eq!(survey.undecided().is_none(), decided, "{cells:?}");
    }

    #[test]
    fn the_order_is_found_by_elimination() {
        use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
        survey(&["01/02/2026", "13/02/2026"], &[DayMonthYear], true);
        survey(&["01/02/2026", "02/13/2026"], &[MonthDayYear], true);
        survey(&["01/02/2026", "03/04/2026"], &[DayMonthYear, MonthDayYear], false);
        survey(&["01/01/2026", "02/02/2026"], &[DayMonthYear, MonthDayYear], true);
        survey(&["13/02/2026", "02/13/2026"], &[], true);
        survey(&["2026-02-01"], &[YearMonthDay], true);
        survey(&["garbage", "13/02/2026"], &[DayMonthYear], true);
        survey(&["1 Feb 2026"], &[DayMonthYear, MonthDayYear, YearMonthDay], true);
        survey(&["05.06.26", "31.01.26"], &[DayMonthYear], true);
    }

    #[test]
    fn no_booking_lies_after_the_last_day() {
        let mut survey = Survey::default();
        let last = value::date_of(2026, 5, 31);
        survey.take("03/04/2026", 1, last);
        survey.take("05/06/2026", 2, last);
        assert_eq!(survey.remaining(), [DateOrder::MonthDayYear]);
    }
}
