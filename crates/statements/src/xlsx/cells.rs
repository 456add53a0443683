//! Values of cells as text: numbers, days by their serial number, formats that make a number a day.
//!
//! What must stay true: a number keeps the digits that the file has, up to the fifteen that a sheet
//! holds exactly, and is written so that no other decimal sign could be meant.

use kernel::time::date_from_days;

/// How many digits of a number a sheet holds.
const DIGITS_MAX: usize = 15;
/// The longest number, in bytes, and the largest power of ten that it may name.
const NUMBER_BYTES_MAX: usize = 64;
const POWER_MAX: i32 = 40;
/// The serial number of 1970-01-01 where day 1 is 1900-01-01, and where day 0 is 1904-01-01.
const EPOCH_1900: i32 = 25_569;
const EPOCH_1904: i32 = 24_107;

/// A number of a sheet in plain digits: `-1.5E3` is `-1500`. `None` where it is no number.
pub(super) fn plain_number(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > NUMBER_BYTES_MAX {
        return None;
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, power) = match unsigned.split_once(['E', 'e']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = digits_only(whole) && digits_only(fraction) && power.abs() <= POWER_MAX;
    if !is_plain || whole.len() + fraction.len() == 0 {
        return None;
    }
    let point = i32::try_from(whole.len()).ok()? + power;
    let (digits, point) = held(&format!("{whole}{fraction}"), point);
    Some(written(negative, &digits, point))
}

/// The digits that a sheet holds of a number: a sixteenth is what is left of binary arithmetic, and
/// rounds the one before. `point` is how many digits stand before the decimal sign.
fn held(digits: &str, point: i32) -> (String, i32) {
    let leading = digits.bytes().take_while(|byte| *byte == b'0').count();
    let significant: Vec<u8> = digits.bytes().skip(leading).map(|byte| byte - b'0').collect();
    let mut point = point - i32::try_from(leading).unwrap_or(0);
    let mut kept: Vec<u8> = significant.iter().take(DIGITS_MAX).copied().collect();
    if significant.get(DIGITS_MAX).is_some_and(|next| *next >= 5) {
        let mut carry = true;
        for digit in kept.iter_mut().rev() {
            if !carry {
                break;
            }
            carry = *digit == 9;
            *digit = if carry { 0 } else { *digit + 1 };
        }
        if carry {
            kept.insert(0, 1);
            point += 1;
        }
    }
    while kept.last() == Some(&0) {
        kept.pop();
    }
    (kept.iter().map(|digit| char::from(b'0' + digit)).collect(), point)
}

/// A number with a point before its decimals. Three decimals get a fourth, so that they are no
/// thousands.
fn written(negative: bool, digits: &str, point: i32) -> String {
    if digits.is_empty() {
        return "0".to_owned();
    }
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let (whole, fraction) = if point <= 0 {
        ("0".to_owned(), zeros(-point) + digits)
    } else if point >= length {
        (digits.to_owned() + &zeros(point - length), String::new())
    } else {
        let split = usize::try_from(point).unwrap_or(0);
        let (whole, fraction) = digits.split_at_checked(split).unwrap_or((digits, ""));
        (whole.to_owned(), fraction.to_owned())
    };
    let sign = if negative { "-" } else { "" };
    match fraction.len() {
        0 => format!("{sign}{whole}"),
        3 => format!("{sign}{whole}.{fraction}0"),
        _ => format!("{sign}{whole}.{fraction}"),
    }
}

/// The day of a serial number, as `2026-03-31`; the time behind it is left out.
pub(super) fn day(text: &str, from_1904: bool) -> Option<String> {
    let number = plain_number(text)?;
    let serial: i32 = number.split('.').next()?.parse().ok()?;
    if serial < 0 || number.starts_with('-') {
        return None;
    }
    let days = match (from_1904, serial) {
        (true, _) => serial - EPOCH_1904,
        // Day 60 is a 29 February that 1900 did not have; days before it count from a day later.
        (false, 60) => return None,
        (false, 1..60) => serial - EPOCH_1900 + 1,
        (false, _) => serial - EPOCH_1900,
    };
    date_from_days(days).ok().map(|date| date.to_string())
}

/// Whether a format of numbers shows a day: one of those that every sheet knows by number, or one
/// with a year or a day in it.
pub(super) fn shows_day(id: u32, code: Option<&str>) -> bool {
    let Some(code) = code else {
        return matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58);
    };
    let mut in_quotes = false;
    let mut in_brackets = false;
    let mut escaped = false;
    // The first section is that of positive numbers.
    for character in code.chars() {
        match character {
            _ if escaped => escaped = false,
            '"' => in_quotes = !in_quotes,
            _ if in_quotes => {}
            '\\' | '_' | '*' => escaped = true,
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            _ if in_brackets => {}
            ';' => return false,
            'y' | 'Y' | 'd' | 'D' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let numbers = [
            ("-4.5", "-4.5"),
            ("1234", "1234"),
            ("1234.5600000000001", "1234.56"),
            ("0.30000000000000004", "0.3"),
            ("99.999999999999999", "100"),
            ("1.5E3", "1500"),
            ("2.5e-2", "0.0250"),
            ("1.234", "1.2340"),
            ("0", "0"),
            ("-0.0", "0"),
            ("1E-7", "0.0000001"),
        ];
        for (text, expected) in numbers {
            assert_eq!(plain_number(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", ".", "1,5", "x", "1e99", "--1", "1.2.3", "NaN"] {
            assert_eq!(plain_number(text), None, "{text}");
        }
    }

    /// The serial numbers of ECMA-376, part 1, 18.17.4.1.
    #[test]
    fn days_count_from_1900_or_1904() {
        let days = [
            ("1", false, Some("1900-01-01")),
            ("59", false, Some("1900-02-28")),
            ("60", false, None),
            ("61", false, Some("1900-03-01")),
            ("46112.75", false, Some("2026-03-31")),
            ("0", true, Some("1904-01-01")),
            ("44650", true, Some("2026-03-31")),
            ("-1", false, None),
        ];
        for (text, from_1904, expected) in days {
            assert_eq!(day(text, from_1904).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn formats_show_days() {
        let formats = [
            (14, None, true),
            (22, None, true),
            (2, None, false),
            (20, None, false),
            (164, Some("dd/mm/yyyy"), true),
            (165, Some("[$-409]d\\-mmm\\-yy;@"), true),
            (166, Some("#,##0.00\\ \"days\""), false),
            (167, Some("_-* #,##0.00_-;[Red]-#,##0.00"), false),
            (168, Some("hh:mm:ss"), false),
            (169, Some("General"), false),
        ];
        for (id, code, expected) in formats {
            assert_eq!(shows_day(id, code), expected, "{id} {code:?}");
        }
    }
}
