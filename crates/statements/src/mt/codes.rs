//! The codes of transactions and what they are in the vocabulary of this crate: SWIFT's three
//! letters, and the three digits that German banks add (DFÜ-Abkommen, annex 3).
//!
//! What must stay true: a code that is not known is kept as written, and never decides about money.

use crate::model::EntryKind;
use crate::value;

/// The code as it is kept: SWIFT's, and behind it the bank's digits.
pub(super) fn type_code(swift: &str, business_code: Option<&str>) -> Option<String> {
    let whole = match business_code {
        Some(digits) => format!("{swift}+{digits}"),
        None => swift.to_owned(),
    };
    value::free_text(&whole).0
}

/// What an entry is. The bank's digits say more than SWIFT's letters.
pub(super) fn entry_kind(type_code: &str, business_code: Option<&str>) -> EntryKind {
    business_code
        .and_then(by_digits)
        .unwrap_or_else(|| by_letters(type_code.get(1..).unwrap_or_default()))
}

fn by_digits(code: &str) -> Option<EntryKind> {
    let kind = match code {
        "001" | "002" | "101" | "102" => EntryKind::Cheque,
        "004" | "005" | "104" | "105" | "171" | "174" => EntryKind::DirectDebit,
        "008" | "052" | "117" | "152" => EntryKind::StandingOrder,
        "059" | "108" | "109" | "159" | "181" | "184" => EntryKind::Return,
        "020" | "051" | "053" | "116" | "118" | "153" | "154" | "155" | "156" | "166" | "168"
        | "177" | "191" => EntryKind::Transfer,
        "106" => EntryKind::Card,
        "082" | "083" => EntryKind::Cash,
        "808" => EntryKind::Fee,
        "814" => EntryKind::Interest,
        _ => return None,
    };
    Some(kind)
}

fn by_letters(code: &str) -> EntryKind {
    match code {
        "TRF" | "CLR" | "FEX" => EntryKind::Transfer,
        "STO" => EntryKind::StandingOrder,
        "DDT" => EntryKind::DirectDebit,
        "CHK" | "TCK" => EntryKind::Cheque,
        "CHG" | "COM" | "BRF" => EntryKind::Fee,
        "INT" => EntryKind::Interest,
        "DIV" => EntryKind::Dividend,
        "RTI" => EntryKind::Return,
        "TAX" => EntryKind::Tax,
        "ATM" | "CSH" => EntryKind::Cash,
        "POS" => EntryKind::Card,
        _ => EntryKind::Other,
    }
}
