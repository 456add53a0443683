//! The type codes of BAI2: which are balances, which bring money, which take it, and what they are
//! in the vocabulary of this crate.
//!
//! What must stay true: the sign of an entry is that of its code's range, and a code without one is
//! refused; which kind it is never decides about money.

use crate::model::{BalanceKind, EntryKind};

/// What a three-digit code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// A balance or another state of the account.
    Status,
    Credit,
    Debit,
    /// Text without money.
    Information,
}

/// The side of a code, by the ranges of the specification: loans have their own, and the last
/// hundred is the banks' own, in ranges again.
pub(super) fn side(code: &str) -> Option<Side> {
    let digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    let number: u16 = code.parse().ok().filter(|_| digits)?;
    match number {
        1..=99 | 700..=719 | 900..=929 => Some(Side::Status),
        100..=399 | 720..=759 | 930..=959 => Some(Side::Credit),
        400..=699 | 760..=799 | 960..=999 => Some(Side::Debit),
        890 => Some(Side::Information),
        _ => None,
    }
}

/// The kind of a balance.
pub(super) fn balance_kind(code: &str) -> BalanceKind {
    match code {
        "010" => BalanceKind::Opening,
        "015" => BalanceKind::Closing,
        "030" => BalanceKind::Interim,
        "040" => BalanceKind::OpeningAvailable,
        "045" => BalanceKind::ClosingAvailable,
        "060" => BalanceKind::InterimAvailable,
        _ => BalanceKind::Information,
    }
}

/// What an entry is.
pub(super) fn entry_kind(code: &str) -> EntryKind {
    match code {
        "142" | "165" | "168" | "169" | "191" | "195" | "206" | "208" | "275" | "447" | "451"
        | "466" | "469" | "495" | "506" | "508" | "575" => EntryKind::Transfer,
        "455" => EntryKind::DirectDebit,
        "115" | "174" | "175" | "472" | "475" => EntryKind::Cheque,
        "252" | "255" | "257" | "261" | "266" | "552" | "555" | "557" | "561" | "566" => {
            EntryKind::Return
        }
        "354" | "347" | "654" => EntryKind::Interest,
        "661" | "698" => EntryKind::Fee,
        _ => EntryKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_sides() {
        let sides = [
            ("010", Some(Side::Status)),
            ("100", Some(Side::Credit)),
            ("399", Some(Side::Credit)),
            ("400", Some(Side::Debit)),
            ("699", Some(Side::Debit)),
            ("721", Some(Side::Credit)),
            ("760", Some(Side::Debit)),
            ("890", Some(Side::Information)),
            ("899", None),
            ("915", Some(Side::Status)),
            ("935", Some(Side::Credit)),
            ("965", Some(Side::Debit)),
            ("000", None),
            ("47", None),
            ("+47", None),
        ];
        for (code, expected) in sides {
            assert_eq!(side(code), expected, "{code}");
        }
    }
}
