//! Amounts as banks print them for people: thousands signs, currency signs, signs on either side.
//!
//! What must stay true: whether a sign is the decimal sign is found by elimination over the whole
//! file; a number that two readings give different values for is kept as the question.

use std::borrow::Cow;

use kernel::{CommodityCode, Decimal};
use serde::{Deserialize, Serialize};

use super::mapping::Example;
use crate::limits::AMOUNT_DIGITS_MAX;
use crate::value::{self, Digits};

/// The sign before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalSign {
    /// `1234.50`
    Point,
    /// `1234,50`
    Comma,
}

/// A number without what stands around its digits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Printed<'t> {
    pub negative: bool,
    /// Whether any sign was printed.
    pub signed: bool,
    /// Digits, points, commas, blanks and apostrophes.
    pub core: Cow<'t, str>,
    /// The currency, where its code or a sign that only it has is printed.
    pub currency: Option<CommodityCode>,
}

/// What the numbers of a file say about its decimal sign.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The first number that rules the point out, with its line.
    pub not_point: Option<Example>,
    /// The first number that rules the comma out.
    pub not_comma: Option<Example>,
    /// The first number that either reading gives another value to.
    pub ambiguous: Option<Example>,
    /// The first thousands sign that is seen if the point is the decimal sign.
    pub thousands_point: Option<char>,
    /// The first thousands sign that is seen if the comma is.
    pub thousands_comma: Option<char>,
}

/// Signs of currencies, the longer ones first, and the code of those that only one currency has.
const CURRENCY_SIGNS: &[(&str, Option<&str>)] = &[
    ("AU$", Some("AUD")),
    ("NZ$", Some("NZD")),
    ("US$", Some("USD")),
    ("HK$", Some("HKD")),
    ("A$", Some("AUD")),
    ("R$", Some("BRL")),
    ("C$", None),
    ("S$", None),
    ("Rs.", None),
    ("Rs", None),
    ("kr.", None),
    ("kr", None),
    ("Fr.", None),
    ("zł", Some("PLN")),
    ("€", Some("EUR")),
    ("₮", Some("MNT")),
    ("₹", Some("INR")),
    ("₽", Some("RUB")),
    ("₩", Some("KRW")),
    ("₺", Some("TRY")),
    ("£", None),
    ("¥", None),
    ("$", None),
];

/// A number that is nothing but digits, with a point or comma before its decimals, maybe a minus:
/// what most of them are. Its digits fit.
#[derive(Clone, Copy)]
struct Short {
    negative: bool,
    coefficient: i64,
    /// The sign before the decimals, and how many they are.
    fraction: Option<(DecimalSign, u8)>,
}

/// The longest number, in bytes.
const NUMBER_BYTES_MAX: usize = 80;

/// The most letters around a number: a currency's code or sign, and `DR` or `CR`.
const LETTERS_MAX: usize = 5;

impl DecimalSign {
    /// The character.
    pub(super) fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

impl Survey {
    /// Takes a cell into account. Cells that are no number in any reading say nothing.
    pub fn take(&mut self, text: &str, line: u32, scale: Option<u8>) {
        // Once one number has ruled the other sign out, those like it say nothing more.
        match short(text).map(|short| short.fraction) {
            Some(None) => return,
            Some(Some((DecimalSign::Point, 1 | 2))) if self.not_comma.is_some() => return,
            Some(Some((DecimalSign::Comma, 1 | 2))) if self.not_point.is_some() => return,
            Some(Some(_)) | None => {}
        }
        let Some(printed) = printed(text) else {
            return;
        };
        let read = |sign| {
            let (digits, thousands) = digits(&printed, sign)?;
            Some((digits.decimal(scale)?, thousands))
        };
        match (read(DecimalSign::Point), read(DecimalSign::Comma)) {
            (None, None) => {}
            (Some((_, thousands)), None) => {
                self.not_comma.get_or_insert_with(|| Example::new(line, text));
                self.thousands_point = self.thousands_point.or(thousands);
            }
            (None, Some((_, thousands))) => {
                self.not_point.get_or_insert_with(|| Example::new(line, text));
                self.thousands_comma = self.thousands_comma.or(thousands);
            }
            (Some((point, with_point)), Some((comma, with_comma))) => {
                if point != comma {
                    self.ambiguous.get_or_insert_with(|| Example::new(line, text));
                }
                self.thousands_point = self.thousands_point.or(with_point);
                self.thousands_comma = self.thousands_comma.or(with_comma);
            }
        }
    }
}

/// The currency that a sign stands for, where it stands for one only.
pub(super) fn currency_of_sign(text: &str) -> Option<CommodityCode> {
    let (_, code) = CURRENCY_SIGNS.iter().find(|(sign, _)| *sign == text)?;
    value::currency_code((*code)?)
}

/// A cell as a number with its surroundings taken off; `None` where it is no number in any reading.
pub(super) fn printed(text: &str) -> Option<Printed<'_>> {
    if let Some(plain) = plain_number(text) {
        return Some(plain);
    }
    let text = text.trim_matches(|character: char| character.is_whitespace());
    if text.len() > NUMBER_BYTES_MAX || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // No currency is a single letter before the digits: most references are.
    if let [first, second, ..] = text.as_bytes()
        && first.is_ascii_alphabetic()
        && second.is_ascii_digit()
    {
        return None;
    }
    if text.bytes().filter(u8::is_ascii_alphabetic).count() > LETTERS_MAX {
        return None;
    }
    let mut currency = None;
    let mut rest = text;
    let mut signs: Vec<bool> = Vec::new();
    if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        signs.push(true);
        rest = inner.trim();
    }
    if let Some((before, negative)) = booking_side(rest) {
        signs.push(negative);
        rest = before;
    }
    let mut currency_taken = false;
    loop {
        let before = rest;
        if let Some((shorter, negative)) = sign(rest) {
            signs.push(negative);
            rest = shorter;
        }
        // Most numbers begin and end with a digit: nothing stands around them.
        if rest.starts_with(is_digit) && rest.ends_with(is_digit) {
            break;
        }
        if !currency_taken && let Some((shorter, code)) = currency_sign(rest) {
            currency = code;
            currency_taken = true;
            rest = shorter;
        }
        if rest.len() == before.len() {
            break;
        }
    }
    if signs.len() > 1 {
        return None;
    }
    let core: Option<String> = rest.chars().map(plain).collect();
    Some(Printed {
        negative: signs.contains(&true),
        signed: !signs.is_empty(),
        core: Cow::Owned(core?),
        currency,
    })
}

/// The value of a number that is nothing but digits and this decimal sign, with no more decimals
/// than `scale`; `None` where it must be looked at more closely.
pub(super) fn short_decimal(text: &str, sign: DecimalSign, scale: Option<u8>) -> Option<Decimal> {
    let short = short(text)?;
    let decimals = match short.fraction {
        Some((found, decimals)) if found == sign => decimals,
        Some(_) => return None,
        None => 0,
    };
    let coefficient = if short.negative { -short.coefficient } else { short.coefficient };
    let fits = scale.is_none_or(|scale| decimals <= scale);
    Decimal::new(i128::from(coefficient), decimals).ok().filter(|_| fits)
}

/// The most characters of such a number: eighteen digits and a sign before the decimals.
const SHORT_BYTES_MAX: usize = AMOUNT_DIGITS_MAX + 1;

fn short(text: &str) -> Option<Short> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > SHORT_BYTES_MAX || !digits.first()?.is_ascii_digit() {
        return None;
    }
    let mut coefficient = 0_i64;
    let mut fraction: Option<(DecimalSign, u8)> = None;
    for byte in digits {
        let sign = match byte {
            b'0'..=b'9' => {
                coefficient = coefficient.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                if let Some((_, decimals)) = &mut fraction {
                    *decimals += 1;
                }
                continue;
            }
            b'.' => DecimalSign::Point,
            b',' => DecimalSign::Comma,
            _ => return None,
        };
        if fraction.replace((sign, 0)).is_some() {
            return None;
        }
    }
    let counted = digits.len() - usize::from(fraction.is_some());
    let is_short = counted <= AMOUNT_DIGITS_MAX && fraction.is_none_or(|(_, length)| length > 0);
    is_short.then_some(Short { negative, coefficient, fraction })
}

/// What most numbers are: digits, points, commas and apostrophes between digits, maybe a minus.
fn plain_number(text: &str) -> Option<Printed<'_>> {
    let unsigned = match text.as_bytes() {
        [b'-', ..] => text.get(1..)?,
        _ => text,
    };
    let bytes = unsigned.as_bytes();
    let (first, last) = (bytes.first()?, bytes.last()?);
    let in_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'\'');
    let is_plain = text.len() <= NUMBER_BYTES_MAX
        && first.is_ascii_digit()
        && last.is_ascii_digit()
        && bytes.iter().all(in_number);
    let signed = unsigned.len() < text.len();
    let core = Cow::Borrowed(unsigned);
    is_plain.then_some(Printed { negative: signed, signed, core, currency: None })
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// The digits of a number if this is its decimal sign, and its thousands sign.
pub(super) fn digits<'p>(
    printed: &'p Printed,
    sign: DecimalSign,
) -> Option<(Digits<'p>, Option<char>)> {
    let core = printed.core.as_ref();
    let (whole, fraction) = match core.rsplit_once(sign.character()) {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (core, ""),
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousands = whole.chars().find(|character| !character.is_ascii_digit());
    if thousands == Some(sign.character()) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if let Some(thousands) = thousands
        && !is_grouped(whole, thousands)
    {
        return None;
    }
    let digits = Digits {
        negative: printed.negative,
        whole: match thousands {
            Some(_) => whole.chars().filter(char::is_ascii_digit).collect(),
            None => Cow::Borrowed(whole),
        },
        fraction: Cow::Borrowed(fraction),
    };
    Some((digits, thousands))
}

/// Whether digits stand in groups of three, or as in India in groups of two before the last three.
fn is_grouped(whole: &str, thousands: char) -> bool {
    if whole.rsplit(thousands).next().is_none_or(|last| last.len() != 3) {
        return false;
    }
    let groups: Vec<&str> = whole.split(thousands).collect();
    let digits_only = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let Some(first) = groups.first() else {
        return false;
    };
    let between = groups.get(1..groups.len() - 1).unwrap_or_default();
    let proper = groups.iter().all(digits_only) && !first.starts_with('0');
    let by_three = (1..=3).contains(&first.len()) && between.iter().all(|group| group.len() == 3);
    let by_two = (1..=2).contains(&first.len()) && between.iter().all(|group| group.len() == 2);
    proper && (by_three || by_two)
}

/// A character of a number, blanks and apostrophes in one form; `None` where it is none.
fn plain(character: char) -> Option<char> {
    match character {
        '0'..='9' | '.' | ',' => Some(character),
        ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' => Some(' '),
        '\'' | '\u{2019}' => Some('\''),
        _ => None,
    }
}

/// A sign at either end: the rest, and whether it is a minus.
fn sign(text: &str) -> Option<(&str, bool)> {
    let minus = ['-', '\u{2212}', '\u{2013}'];
    let (rest, negative) = if let Some(rest) = text.strip_prefix(minus) {
        (rest, true)
    } else if let Some(rest) = text.strip_suffix(minus) {
        (rest, true)
    } else {
        let plus = text.strip_prefix('+').or_else(|| text.strip_suffix('+'))?;
        (plus, false)
    };
    Some((rest.trim(), negative))
}

/// `CR` or `DR` behind a number: the rest, and whether it is a debit.
fn booking_side(text: &str) -> Option<(&str, bool)> {
    let trimmed = text.strip_suffix('.').unwrap_or(text);
    let (rest, side) = trimmed.split_at_checked(trimmed.len().checked_sub(2)?)?;
    let negative = match side {
        "CR" | "Cr" | "cr" => false,
        "DR" | "Dr" | "dr" => true,
        _ => return None,
    };
    Some((rest.trim_end(), negative))
}

/// A currency at either end: the rest, and its code where that is plain.
fn currency_sign(text: &str) -> Option<(&str, Option<CommodityCode>)> {
    let code_of = |code: &str| value::currency_code(code);
    let ends = (text.as_bytes().first(), text.as_bytes().last());
    for (sign, code) in CURRENCY_SIGNS {
        let sign_ends = (sign.as_bytes().first(), sign.as_bytes().last());
        if ends.0 != sign_ends.0 && ends.1 != sign_ends.1 {
            continue;
        }
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            return Some((rest.trim(), code.and_then(code_of)));
        }
    }
    let ends = [
        text.split_at_checked(3),
        text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)),
    ];
    let [front, back] = ends;
    if let Some((code, rest)) = front
        && let Some(code) = code_of(code)
    {
        return Some((rest.trim(), Some(code)));
    }
    let (rest, code) = back?;
    Some((rest.trim(), Some(code_of(code)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, sign: DecimalSign) -> Option<String> {
        let printed = printed(text)?;
        let (digits, _) = digits(&printed, sign)?;
        digits.decimal(Some(2)).map(|amount| amount.to_string())
    }

    #[test]
    fn numbers_are_printed_in_many_ways() {
        let point = [
            ("1,234.50", "1234.50"),
            ("-$1,234.50", "-1234.50"),
            ("$-12", "-12"),
            ("(12.00)", "-12.00"),
            ("12.50-", "-12.50"),
            ("\u{2212}12.50", "-12.50"),
            ("₮ 1,250,000.00", "1250000.00"),
            ("1 250 000.00", "1250000.00"),
            ("1\u{a0}250.00 MNT", "1250.00"),
            ("AUD 12", "12"),
            ("12,34,567.00 Cr", "1234567.00"),
            ("500.00DR", "-500.00"),
            ("1'234.50", "1234.50"),
            (".50", "0.50"),
        ];
        for (text, expected) in point {
            assert_eq!(read(text, DecimalSign::Point).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(read("1.234,5 €", DecimalSign::Comma).as_deref(), Some("1234.5"));
        let none = [
            "", "abc", "12.", "1,23.00", "1,2345", "0,123.00", "--5", "-5-", "(-5)", "1.2.3",
            "12.345", "5 x", "1 23", "$$5", "12.50-CR", "1,,000",
        ];
        for text in none {
            assert_eq!(read(text, DecimalSign::Point), None, "{text}");
        }
    }

    #[track_caller]
    fn survey(cells: &[&str], point: bool, comma: bool, ambiguous: bool) {
        let mut survey = Survey::default();
        for (line, cell) in (1..).zip(cells) {
            survey.take(cell, line, Some(2));
        }
        let found = (survey.not_point.is_none(), survey.not_comma.is_none());
        assert_eq!(found, (point, comma), "{cells:?}");
        assert_eq!(survey.ambiguous.is_some(), ambiguous, "{cells:?}");
    }

    #[test]
    fn the_decimal_sign_is_found_by_elimination() {
        survey(&["1,500", "12.50"], true, false, true);
        survey(&["1.500", "12,50"], false, true, true);
        survey(&["1,500", "2,250"], true, true, true);
        survey(&["1,234"], true, false, false);
        survey(&["12", "1 200"], true, true, false);
        survey(&["12.50", "12,50"], false, false, false);
        survey(&["1,234,567"], true, false, false);
    }
}
