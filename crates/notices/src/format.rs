//! How each language writes numbers and dates.
//!
//! Source: the Unicode CLDR as ICU of Node.js writes en-GB, de-DE and mn-MN; the tests hold what it
//! wrote.

use crate::kind::Param;
use crate::model::Language;

/// Between a number and its unit: it does not break at the end of a line.
const NO_BREAK: char = '\u{a0}';

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const MONGOLIAN: [&str; 12] = [
    "нэгдүгээр",
    "хоёрдугаар",
    "гуравдугаар",
    "дөрөвдүгээр",
    "тавдугаар",
    "зургаадугаар",
    "долоодугаар",
    "наймдугаар",
    "есдүгээр",
    "аравдугаар",
    "арван нэгдүгээр",
    "арван хоёрдугаар",
];

/// A parameter as its language writes it.
#[must_use]
pub(crate) fn param(param: &Param, language: Language) -> String {
    match param {
        Param::Text { text } => text.clone(),
        Param::Count { count } => number(&count.to_string(), language),
        Param::Money { amount, currency } => money(amount, currency, language),
        Param::Percent { basis_points } => percent(*basis_points, language),
        Param::Date { date: text } => date(text, language),
    }
}

/// Between groups of three digits, and before the decimals.
const fn signs(language: Language) -> (char, char) {
    match language {
        Language::En | Language::Mn => (',', '.'),
        Language::De => ('.', ','),
    }
}

/// A decimal number as `-1234.5` is written.
fn number(plain: &str, language: Language) -> String {
    let (group, decimal) = signs(language);
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(group);
        }
        text.push(digit);
    }
    if !decimals.is_empty() {
        text.push(decimal);
        text.push_str(decimals);
    }
    text
}

fn money(amount: &str, currency: &str, language: Language) -> String {
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |rest| ("-", rest));
    let digits = number(digits, language);
    match language {
        Language::En | Language::Mn => format!("{sign}{currency}{NO_BREAK}{digits}"),
        Language::De => format!("{sign}{digits}{NO_BREAK}{currency}"),
    }
}

/// With one decimal, rounded half away from zero: it says how large something is, and no more.
fn percent(basis_points: i64, language: Language) -> String {
    let tenths = (basis_points.unsigned_abs() + 5) / 10;
    let sign = if basis_points < 0 && tenths > 0 { "-" } else { "" };
    let digits = number(&format!("{sign}{}.{}", tenths / 10, tenths % 10), language);
    match language {
        Language::En | Language::Mn => format!("{digits}%"),
        Language::De => format!("{digits}{NO_BREAK}%"),
    }
}

/// A day in full; a text that is none as it is.
fn date(text: &str, language: Language) -> String {
    let Ok(date) = kernel::time::parse_date(text) else { return text.to_owned() };
    let (year, day) = (date.year(), date.day());
    let month = usize::from(date.month().unsigned_abs().saturating_sub(1)) % 12;
    match language {
        Language::En => format!("{day} {} {year}", ENGLISH[month]),
        Language::De => format!("{day}. {} {year}", GERMAN[month]),
        Language::Mn => format!("{year} оны {} сарын {day}", MONGOLIAN[month]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line is what `Intl` of Node.js 22 (ICU 77) wrote.
    #[test]
    fn numbers_and_dates_are_written_as_the_cldr_has_them() {
        let cases: [(Param, [&str; 3]); 6] = [
            (Param::count(1_234_567), ["1,234,567", "1.234.567", "1,234,567"]),
            (Param::count(100), ["100", "100", "100"]),
            (
                Param::money("-1234.50", "AUD"),
                ["-AUD\u{a0}1,234.50", "-1.234,50\u{a0}AUD", "-AUD\u{a0}1,234.50"],
            ),
            (Param::percent(520), ["5.2%", "5,2\u{a0}%", "5.2%"]),
            (
                Param::Date { date: "2026-03-31".to_owned() },
                ["31 March 2026", "31. März 2026", "2026 оны гуравдугаар сарын 31"],
            ),
            (
                Param::Date { date: "2026-12-05".to_owned() },
                ["5 December 2026", "5. Dezember 2026", "2026 оны арван хоёрдугаар сарын 5"],
            ),
        ];
        for (given, texts) in cases {
            for (language, text) in Language::ALL.iter().zip(texts) {
                assert_eq!(param(&given, *language), text, "{given:?} {language}");
            }
        }
    }
}
