//! Single values as text: amounts, currencies, dates, free texts, identifiers.
//!
//! What must stay true: a value is either plainly what it must be or refused. No amount is rounded,
//! no date is moved, no sign is assumed.

use std::borrow::Cow;

use kernel::{CommodityCode, Date, Decimal, iso4217};

use crate::fault::{is_format_character, printable};
use crate::limits::{AMOUNT_DIGITS_MAX, IDENTIFIER_CHARS_MAX, TEXT_CHARS_MAX, YEARS};

/// Why a text is not the value that it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub found: String,
    pub expected: Cow<'static, str>,
}

/// Which decimal signs a format allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalSigns {
    /// A point (CAMT).
    Point,
    /// A point or a comma, and no thousands sign (OFX).
    PointOrComma,
    /// A comma that must be there, also before nothing, and no sign (MT940).
    Comma,
}

/// The digits of a number, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digits<'t> {
    pub negative: bool,
    pub whole: Cow<'t, str>,
    pub fraction: Cow<'t, str>,
}

impl Refusal {
    /// A refusal that quotes what was found.
    pub fn new(found: &str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { found: printable(found), expected: expected.into() }
    }
}

impl<'t> Digits<'t> {
    /// Reads `[+-]digits[.digits]`, where digits may be missing on one side of the sign.
    pub fn read(text: &'t str, signs: DecimalSigns) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let is_sign = |character: char| match signs {
            DecimalSigns::Point => character == '.',
            DecimalSigns::PointOrComma => character == '.' || character == ',',
            DecimalSigns::Comma => character == ',',
        };
        let has_comma = unsigned.bytes().any(|byte| byte == b',');
        if signs == DecimalSigns::Comma && (!has_comma || unsigned.len() < text.len()) {
            return None;
        }
        let (whole, fraction) = unsigned.split_once(is_sign).unwrap_or((unsigned, ""));
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits_only(whole) || !digits_only(fraction) || (whole.len() + fraction.len()) == 0 {
            return None;
        }
        Some(Self { negative, whole: Cow::Borrowed(whole), fraction: Cow::Borrowed(fraction) })
    }

    /// The number with the decimals that are not superfluous zeros beyond `scale`; `None` where it
    /// has too many digits or, with a scale, digits that the scale cannot hold.
    pub fn decimal(&self, scale: Option<u8>) -> Option<Decimal> {
        let scale_max = scale.map_or(usize::MAX, usize::from);
        let significant = self.fraction.trim_end_matches('0');
        if significant.len() > scale_max {
            return None;
        }
        let kept_length = self.fraction.len().min(scale_max).max(significant.len());
        let kept = self.fraction.get(..kept_length)?;
        let whole = self.whole.trim_start_matches('0');
        if whole.len() + kept.len() > AMOUNT_DIGITS_MAX {
            return None;
        }
        // At most eighteen digits: they fit.
        let mut coefficient: i64 = 0;
        for digit in whole.bytes().chain(kept.bytes()) {
            let digit = i64::from(digit.wrapping_sub(b'0'));
            coefficient = coefficient.checked_mul(10)?.checked_add(digit)?;
        }
        let signed = i128::from(if self.negative { -coefficient } else { coefficient });
        Decimal::new(signed, u8::try_from(kept.len()).ok()?).ok()
    }
}

/// The decimals of a currency.
pub(crate) fn scale_of(currency: CommodityCode) -> Option<u8> {
    iso4217::find(currency.as_str()).map(|found| found.scale)
}

/// An amount of money in a currency.
pub(crate) fn amount(
    text: &str,
    signs: DecimalSigns,
    currency: CommodityCode,
) -> Result<Decimal, Refusal> {
    let Some(digits) = Digits::read(text, signs) else {
        let example = match signs {
            DecimalSigns::Point | DecimalSigns::PointOrComma => "an amount such as -1234.50",
            DecimalSigns::Comma => "an amount such as 1234,50",
        };
        return Err(Refusal::new(text, example));
    };
    let scale = scale_of(currency);
    // Three digits behind a comma are thousands to some writers and decimals to others.
    let thousands_like = digits.fraction.len() == 3 && text.contains(',');
    if thousands_like && scale != Some(3) {
        return Err(Refusal::new(text, "an amount without a thousands sign"));
    }
    digits.decimal(scale).ok_or_else(|| too_fine(text, currency))
}

/// The refusal of an amount with too many digits for its currency.
pub(crate) fn too_fine(text: &str, currency: CommodityCode) -> Refusal {
    let decimals = scale_of(currency).unwrap_or(0);
    let expected = format!(
        "an amount with at most {decimals} decimals ({currency}) and {AMOUNT_DIGITS_MAX} digits"
    );
    Refusal::new(text, expected)
}

/// A number that is not money: a rate, a price, a quantity.
pub(crate) fn number(text: &str, signs: DecimalSigns) -> Result<Decimal, Refusal> {
    let digits = Digits::read(text, signs).and_then(|digits| digits.decimal(None));
    digits.ok_or_else(|| Refusal::new(text, "a number such as 1.2345"))
}

/// A currency of ISO 4217.
pub(crate) fn currency(text: &str) -> Result<CommodityCode, Refusal> {
    let refusal = || Refusal::new(text, "a currency code of ISO 4217 such as EUR");
    currency_code(text).ok_or_else(refusal)
}

/// A currency of ISO 4217, where the text is one.
pub(crate) fn currency_code(text: &str) -> Option<CommodityCode> {
    if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    CommodityCode::parse(iso4217::find(text)?.code).ok()
}

/// A date from its numbers, within [`YEARS`].
pub(crate) fn date_of(year: i16, month: i8, day: i8) -> Option<Date> {
    if !YEARS.contains(&year) {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// A date from three runs of digits.
pub(crate) fn date_of_digits(year: &str, month: &str, day: &str) -> Option<Date> {
    let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits_only(year) || !digits_only(month) || !digits_only(day) {
        return None;
    }
    date_of(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// The date of an ISO 8601 date or time, in the time zone that it is written in.
pub(crate) fn iso_date(text: &str) -> Result<Date, Refusal> {
    let refusal = || Refusal::new(text, "a date such as 2026-03-31");
    let (date, rest) = text.split_at_checked(10).ok_or_else(refusal)?;
    let in_time = |character: char| character.is_ascii_digit() || ":.,+-Z".contains(character);
    let plain_rest = match rest.chars().next() {
        None => true,
        Some('T' | 'Z' | '+' | '-') => rest.chars().skip(1).all(in_time),
        Some(_) => false,
    };
    let mut parts = date.split('-');
    let read = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(year), Some(month), Some(day), None) if year.len() == 4 && month.len() == 2 => {
            date_of_digits(year, month, day)
        }
        _ => None,
    };
    read.filter(|_| plain_rest).ok_or_else(refusal)
}

/// A free text: blanks and control characters joined to single blanks; `None` where nothing is
/// left. The flag says whether it was cut at [`TEXT_CHARS_MAX`].
pub(crate) fn free_text(text: &str) -> (Option<String>, bool) {
    let text = text.trim_matches(' ');
    let mut before = b' ';
    let mut is_plain = |byte: u8| {
        let doubled = byte == b' ' && before == b' ';
        before = byte;
        !doubled && (byte == b' ' || byte.is_ascii_graphic())
    };
    if text.len() <= TEXT_CHARS_MAX && text.bytes().all(&mut is_plain) {
        // Most texts are clean as they are.
        return (Some(text.to_owned()).filter(|text| !text.is_empty()), false);
    }
    let mut clean = String::with_capacity(text.len().min(TEXT_CHARS_MAX));
    let mut characters = 0;
    let mut blank_due = false;
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() {
            blank_due = !clean.is_empty();
            continue;
        }
        if is_format_character(character) {
            continue;
        }
        if characters + usize::from(blank_due) >= TEXT_CHARS_MAX {
            return (Some(clean), true);
        }
        if blank_due {
            clean.push(' ');
            characters += 1;
            blank_due = false;
        }
        clean.push(character);
        characters += 1;
    }
    (Some(clean).filter(|clean| !clean.is_empty()), false)
}

/// An identifier: a free text that is never cut.
pub(crate) fn identifier(text: &str) -> Result<Option<String>, Refusal> {
    let (clean, cut) = free_text(text);
    let is_long = |text: &String| {
        text.len() > IDENTIFIER_CHARS_MAX && text.chars().nth(IDENTIFIER_CHARS_MAX).is_some()
    };
    if cut || clean.as_ref().is_some_and(is_long) {
        let expected = format!("at most {IDENTIFIER_CHARS_MAX} characters");
        return Err(Refusal::new(text, expected));
    }
    Ok(clean)
}

/// Whether a text has the form of an IBAN and fitting check digits (ISO 7064, modulo 97).
pub(crate) fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let form = (15..=34).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit);
    if !form {
        return false;
    }
    let rotated = bytes.iter().skip(4).chain(bytes.iter().take(4));
    let remainder = rotated.fold(0_u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    remainder == 1
}

/// An IBAN or other identifier without its blanks.
pub(crate) fn without_blanks(text: &str) -> String {
    let solid = |character: &char| !character.is_whitespace() && !character.is_control();
    text.chars().filter(solid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(text: &str) -> Option<String> {
        let euro = CommodityCode::parse("EUR").unwrap();
        let read = amount(text, DecimalSigns::PointOrComma, euro);
        read.ok().map(|amount| amount.to_string())
    }

    #[test]
    fn amounts_are_plain_numbers_or_refused() {
        let read = [
            ("12.50", "12.50"),
            ("-12,5", "-12.5"),
            ("+00000000000007.9500", "7.95"),
            (".5", "0.5"),
            ("7.", "7"),
            ("-0.00", "0.00"),
            ("200000", "200000"),
            ("0000000000000000000001.00", "1.00"),
            ("123456789012345678", "123456789012345678"),
        ];
        for (text, expected) in read {
            assert_eq!(eur(text).as_deref(), Some(expected), "{text}");
        }
        let refused = [
            "",
            "-",
            ".",
            "$12",
            "1,234.50",
            "1.234,50",
            "1,234",
            "1.005",
            "1e3",
            "12 50",
            "--1",
            "1.2.3",
            "12-",
            "NaN",
            "٣",
            "1234567890123456789",
        ];
        for text in refused {
            assert_eq!(eur(text), None, "{text}");
        }
    }

    #[test]
    fn iso_dates_exist_in_the_calendar() {
        let read = |text| iso_date(text).ok().map(|date| date.to_string());
        for text in ["2024-02-29", "2024-02-29Z", "2024-02-29T23:59:59.000+14:00"] {
            assert_eq!(read(text).as_deref(), Some("2024-02-29"), "{text}");
        }
        let refused = [
            "2023-02-29",
            "2024-2-29",
            "24-02-29",
            "2024-02-30",
            "2024-13-01",
            "1024-02-29",
            "2024-02-29 x",
            "2024/02/29",
            "2024-02-2",
            "",
            "2024-02-29Tnoon",
            "+024-02-29",
        ];
        for text in refused {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn ibans_have_check_digits() {
        assert!(is_iban("GB33BUKB20201555555555"));
        assert!(is_iban("DE89370400440532013000"));
        assert!(!is_iban("DE89370400440532013001"));
        assert!(!is_iban("DE8937"));
    }

    #[test]
    fn texts_lose_control_characters_and_identifiers_are_never_cut() {
        let clean = free_text(" a\u{0}\r\n\tb\u{202e}c ");
        assert_eq!(clean, (Some("a bc".to_owned()), false));
        assert_eq!(free_text(" \n"), (None, false));
        let long = "x".repeat(TEXT_CHARS_MAX + 1);
        assert_eq!(free_text(&long).0.map(|text| text.len()), Some(TEXT_CHARS_MAX));
        assert!(free_text(&long).1);
        assert!(identifier(&"9".repeat(IDENTIFIER_CHARS_MAX)).is_ok());
        assert!(identifier(&"9".repeat(IDENTIFIER_CHARS_MAX + 1)).is_err());
    }
}
