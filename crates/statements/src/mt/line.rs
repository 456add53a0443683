//! The statement line `:61:`: dates, mark, amount, type and references.
//!
//! What must stay true: every part that makes money is plain or refused; the entry date has the
//! year that brings it nearest to the value date.

use kernel::Date;
use kernel::time::days_since_epoch;

use crate::value::{self, Refusal};

/// What a statement line says, its money still as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub value: Result<Date, Refusal>,
    /// The entry date; `None` where the line has none.
    pub entry: Option<Result<Date, Refusal>>,
    pub mark: Option<Mark>,
    /// The third letter of the currency, where it stands there.
    pub funds: Option<char>,
    pub amount: &'a str,
    /// The letter and three characters of the transaction's type.
    pub type_code: &'a str,
    pub reference: &'a str,
    /// The bank's reference; `None` where no `//` announces one.
    pub bank_reference: Option<&'a str>,
    /// What some banks write behind the sixteen characters of a reference.
    pub behind: &'a str,
}

/// The debit or credit mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Credit,
    Debit,
    ReversalOfCredit,
    ReversalOfDebit,
    ExpectedCredit,
    ExpectedDebit,
}

/// The most characters of a reference.
const REFERENCE_CHARS_MAX: usize = 16;
/// Two digits from here on are a year of the last century, as SWIFT has it.
const CENTURY_TURN: i16 = 80;

impl Mark {
    /// Whether money comes in.
    pub fn is_credit(self) -> bool {
        matches!(self, Self::Credit | Self::ReversalOfDebit | Self::ExpectedCredit)
    }

    /// Whether the line takes back an earlier one.
    pub fn is_reversal(self) -> bool {
        matches!(self, Self::ReversalOfCredit | Self::ReversalOfDebit)
    }

    /// Whether the money is expected only.
    pub fn is_expected(self) -> bool {
        matches!(self, Self::ExpectedCredit | Self::ExpectedDebit)
    }
}

/// Takes a statement line apart.
pub(super) fn parse(text: &str) -> Line<'_> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (dates, rest) = text.split_at_checked(digits).unwrap_or((text, ""));
    let (value_date, entry) = match dates.split_at_checked(6) {
        Some((value_date, "")) => (date(value_date), None),
        Some((value_date, entry)) if entry.len() == 4 => {
            let value_date = date(value_date);
            let entry = value_date.as_ref().ok().map(|near| entry_date(entry, *near));
            (value_date, entry)
        }
        _ => (Err(Refusal::new(text, "six digits of a date, and four or none behind them")), None),
    };
    let (mark, rest) = mark(rest);
    let mut characters = rest.chars();
    let funds = characters.next().filter(char::is_ascii_uppercase);
    let rest = if funds.is_some() { characters.as_str() } else { rest };
    let in_amount = |character: char| character.is_ascii_digit() || ",.".contains(character);
    let length = rest.find(|character| !in_amount(character)).unwrap_or(rest.len());
    let (amount, rest) = rest.split_at_checked(length).unwrap_or((rest, ""));
    let type_length = rest.char_indices().nth(4).map_or(rest.len(), |(index, _)| index);
    let (type_code, rest) = rest.split_at_checked(type_length).unwrap_or((rest, ""));
    let (reference, bank_reference) = match rest.split_once("//") {
        Some((reference, bank)) => (reference, Some(bank)),
        None => (rest, None),
    };
    let (reference, behind) = match bank_reference {
        Some(_) => (reference, ""),
        None => cut(reference),
    };
    let (bank_reference, behind) = match bank_reference.map(cut) {
        Some((bank, more)) => (Some(bank), more),
        None => (None, behind),
    };
    Line {
        value: value_date,
        entry,
        mark,
        funds,
        amount,
        type_code: type_code.trim_end(),
        reference: reference.trim(),
        bank_reference: bank_reference.map(str::trim),
        behind: behind.trim(),
    }
}

/// The first sixteen characters, and the others.
fn cut(text: &str) -> (&str, &str) {
    let end = text.char_indices().nth(REFERENCE_CHARS_MAX).map_or(text.len(), |(index, _)| index);
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn mark(text: &str) -> (Option<Mark>, &str) {
    const MARKS: [(&str, Mark); 6] = [
        ("RC", Mark::ReversalOfCredit),
        ("RD", Mark::ReversalOfDebit),
        ("EC", Mark::ExpectedCredit),
        ("ED", Mark::ExpectedDebit),
        ("C", Mark::Credit),
        ("D", Mark::Debit),
    ];
    let found = MARKS.iter().find_map(|(word, mark)| Some((*mark, text.strip_prefix(word)?)));
    found.map_or((None, text), |(mark, rest)| (Some(mark), rest))
}

/// The date of `YYMMDD`.
pub(crate) fn date(text: &str) -> Result<Date, Refusal> {
    let read = |range: std::ops::Range<usize>| {
        let part = text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse::<i8>().ok())
    };
    let year = |short: i8| {
        let short = i16::from(short);
        if short < CENTURY_TURN { 2000 + short } else { 1900 + short }
    };
    let parts = (read(0..2), read(2..4), read(4..6));
    let found = match parts {
        (Some(short), Some(month), Some(day)) if text.len() == 6 => {
            value::date_of(year(short), month, day)
        }
        _ => None,
    };
    found.ok_or_else(|| Refusal::new(text, "a date of the calendar, YYMMDD"))
}

/// The date of `MMDD` that is nearest to another one: over New Year it is in the year before or
/// behind.
fn entry_date(text: &str, near: Date) -> Result<Date, Refusal> {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse().ok());
    let (month, day) = (part(0..2).unwrap_or(0), part(2..4).unwrap_or(0));
    let years = [near.year(), near.year() - 1, near.year() + 1];
    let candidates = years.into_iter().filter_map(|year| value::date_of(year, month, day));
    let nearest =
        candidates.min_by_key(|date| (days_since_epoch(*date) - days_since_epoch(near)).abs());
    nearest.ok_or_else(|| Refusal::new(text, "a date of the calendar, MMDD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let line = parse(text);
        let date = |date: &Result<Date, Refusal>| match date {
            Ok(date) => date.to_string(),
            Err(refusal) => format!("!{}", refusal.found),
        };
        let entry = line.entry.as_ref().map_or("-".to_owned(), date);
        let funds = line.funds.map_or("-".to_owned(), String::from);
        let told = format!(
            "{} {entry} {:?} {funds} {} {} {} {} {}",
            date(&line.value),
            line.mark,
            line.amount,
            line.type_code,
            line.reference,
            line.bank_reference.unwrap_or("-"),
            line.behind,
        );
        assert_eq!(told.trim_end(), expected);
    }

    #[test]
    fn lines_of_several_banks() {
        check(
            "1811271127DR119,35NDDTNONREF",
            "2018-11-27 2018-11-27 Some(Debit) R 119,35 NDDT NONREF -",
        );
        check(
            "0709040904RCR204,88NRTIMSGIDCTSc03MintT//R724710290656678",
            "2007-09-04 2007-09-04 Some(ReversalOfCredit) R 204,88 NRTI MSGIDCTSc03MintT \
             R724710290656678",
        );
        check(
            "110527D000000001213,28N0440121470966      W.P. Jansen",
            "2011-05-27 - Some(Debit) - 000000001213,28 N044 0121470966 - W.P. Jansen",
        );
        check("1405070507C500NTRFX", "2014-05-07 2014-05-07 Some(Credit) - 500 NTRF X -");
        check("1602300301DR6,00N024NONREF", "!160230 - Some(Debit) R 6,00 N024 NONREF -");
    }

    #[test]
    fn the_entry_date_is_the_nearest_one() {
        check("2512311231C1,NTRFX", "2025-12-31 2025-12-31 Some(Credit) - 1, NTRF X -");
        check("2601021231C1,NTRFX", "2026-01-02 2025-12-31 Some(Credit) - 1, NTRF X -");
        check("2512310102C1,NTRFX", "2025-12-31 2026-01-02 Some(Credit) - 1, NTRF X -");
        check("2402280229C1,NTRFX", "2024-02-28 2024-02-29 Some(Credit) - 1, NTRF X -");
    }
}
