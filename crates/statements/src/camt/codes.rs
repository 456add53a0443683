//! The codes of ISO 20022 and what they are in the vocabulary of this crate.
//!
//! What must stay true: a code that is not known is kept as written, and never decides about money.

use crate::model::{AccountKind, BalanceKind, EntryKind};
use crate::tree::Node;

/// The kind of a balance. Codes with `INTM` behind them are those of a page between.
pub(super) fn balance_kind(code: &str, is_intermediate: bool) -> BalanceKind {
    match (code, is_intermediate) {
        ("OPBD" | "CLBD", true) | ("ITBD", _) => BalanceKind::Interim,
        ("OPBD", false) => BalanceKind::Opening,
        ("CLBD", false) => BalanceKind::Closing,
        ("PRCD", _) => BalanceKind::PreviousClosing,
        ("XPCD" | "XPBD" | "XPND", _) => BalanceKind::Expected,
        ("OPAV", false) => BalanceKind::OpeningAvailable,
        ("CLAV", false) => BalanceKind::ClosingAvailable,
        ("OPAV" | "CLAV", true) | ("ITAV", _) => BalanceKind::InterimAvailable,
        ("FWAV", _) => BalanceKind::ForwardAvailable,
        _ => BalanceKind::Information,
    }
}

/// The kind of an account (external code set of cash account types).
pub(super) fn account_kind(code: &str) -> AccountKind {
    match code {
        "CACC" | "CASH" | "TRAN" | "CHAR" | "ODFT" | "SLRY" | "NREX" => AccountKind::Checking,
        "SVGS" | "MOMA" | "LLSV" | "ONDP" => AccountKind::Savings,
        "CARD" => AccountKind::Card,
        "LOAN" | "MGLD" => AccountKind::Loan,
        "TRAS" | "SECU" => AccountKind::Investment,
        "TERM" | "TRFD" => AccountKind::TermDeposit,
        "" => AccountKind::Unstated,
        _ => AccountKind::Other,
    }
}

/// The bank transaction code of an entry or detail, as written: `PMNT-RCDT-ESCT`, else the bank's
/// own.
pub(super) fn type_code(node: &Node) -> Option<String> {
    let code = node.child("BkTxCd")?;
    let family = ["Domn", "Fmly"];
    let parts = [
        code.text_at(&["Domn", "Cd"]),
        code.at(&family).and_then(|family| family.text_at(&["Cd"])),
        code.at(&family).and_then(|family| family.text_at(&["SubFmlyCd"])),
    ];
    let standard: Vec<&str> = parts.into_iter().flatten().collect();
    let own = code.text_at(&["Prtry", "Cd"]);
    match standard.is_empty() {
        false => Some(standard.join("-")),
        true => own.map(str::to_owned),
    }
}

/// What a bank transaction code is.
pub(super) fn entry_kind(type_code: &str) -> EntryKind {
    let mut parts = type_code.split('-');
    let (domain, family) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let sub_family = parts.next().unwrap_or("");
    match sub_family {
        "CHRG" | "COMM" | "FEES" | "COME" | "COMI" | "COMT" => return EntryKind::Fee,
        "INTR" => return EntryKind::Interest,
        "TAXE" | "WITH" => return EntryKind::Tax,
        "STDO" => return EntryKind::StandingOrder,
        "CWDL" | "CDPT" | "XBCW" => return EntryKind::Cash,
        "RRTN" | "RPCR" | "UPDD" | "UPCT" | "ARET" => return EntryKind::Return,
        "DVCA" | "DVOP" => return EntryKind::Dividend,
        _ => {}
    }
    match (domain, family) {
        ("PMNT", "RCDT" | "ICDT" | "RRCT" | "IRCT" | "RCOF" | "ICOF") => EntryKind::Transfer,
        ("PMNT", "RDDT" | "IDDT") => EntryKind::DirectDebit,
        ("PMNT", "CCRD" | "MCRD") => EntryKind::Card,
        ("PMNT", "CNTR") => EntryKind::Cash,
        ("PMNT", "RCHQ" | "ICHQ" | "DRFT") => EntryKind::Cheque,
        _ => EntryKind::Other,
    }
}
