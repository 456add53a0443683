//! Field `:86:` with codes in slashes: `/TRTP/…/IBAN/…/NAME/…/REMI/…/EREF/…` as Dutch, Belgian and
//! Nordic banks write it.
//!
//! What must stay true: only known codes divide a text, because payers write slashes too.

use super::narrative::{Narrative, reference, some};
use crate::value;

/// The codes that divide a narrative.
const CODES: &[&str] = &[
    "ABWA", "ABWE", "ADDR", "BENM", "BIC", "BUSP", "CHGS", "CHGS1", "CHGS2", "CNTP", "CPRP",
    "CREF", "CRED", "CSID", "CUAC", "DACT", "EREF", "EXCH", "IBAN", "ID", "INIT", "IREF", "ISDT",
    "KREF", "MARF", "MREF", "NAME", "NRTX", "OAMT", "OCMT", "ORDP", "PREF", "PURP", "REMI", "RREF",
    "RTRN", "RTRSN", "RTYP", "SVCL", "TRCD", "TRTP", "TXTY", "ULTB", "ULTC", "ULTD", "VACC",
];

/// Reads a narrative with codes; `None` where it has none at its beginning.
pub(super) fn read(text: &str) -> Option<Narrative> {
    let mut narrative = Narrative::default();
    let sections = sections(text)?;
    let mut ultimate = false;
    for (code, content) in &sections {
        let content = content.trim_matches('/');
        match *code {
            "TRTP" | "TXTY" | "RTYP" => narrative.posting_text = some(content),
            "TRCD" => narrative.business_code = some(content),
            "IBAN" | "CUAC" | "DACT" => narrative.account = some(content),
            "BIC" => narrative.bank = some(content),
            // Behind the codes of ultimate parties a name is theirs.
            "ULTB" | "ULTC" | "ULTD" => ultimate = true,
            "NAME" if !ultimate => narrative.name = some(content),
            "NAME" => narrative.name = narrative.name.take().or(some(content)),
            "BENM" | "ORDP" => {
                ultimate = false;
                narrative.name = some(content).or(narrative.name.take());
            }
            "REMI" => take_remittance(content, &mut narrative),
            "EREF" => narrative.end_to_end = reference(content),
            "KREF" | "CREF" => {
                narrative.reference = narrative.reference.take().or(reference(content))
            }
            "CNTP" => {
                let mut parts = content.split('/');
                narrative.account = parts.next().and_then(some);
                narrative.bank = parts.next().and_then(some);
                narrative.name = parts.next().and_then(some);
            }
            // Mandates, identifications, addresses and days of issue have no place in an entry.
            _ => {}
        }
    }
    narrative.account = narrative.account.map(|account| value::without_blanks(&account));
    Some(narrative)
}

/// The codes of a text with what stands behind each.
fn sections(text: &str) -> Option<Vec<(&'static str, &str)>> {
    let mut sections: Vec<(&'static str, &str)> = Vec::new();
    let mut open: Option<(&'static str, usize)> = None;
    for (slash, _) in text.match_indices('/') {
        let rest = text.get(slash + 1..).unwrap_or_default();
        let Some((word, _)) = rest.split_once('/') else {
            continue;
        };
        let Some(code) = CODES.iter().find(|code| **code == word) else {
            if slash == 0 {
                return None;
            }
            continue;
        };
        if let Some((code, start)) = open {
            sections.push((code, text.get(start..slash).unwrap_or_default()));
        }
        open = Some((code, slash + code.len() + 2));
    }
    let (code, start) = open?;
    sections.push((code, text.get(start..).unwrap_or_default()));
    text.starts_with('/').then_some(sections)
}

/// `USTD//text`, `STRD/CUR/reference`, or a text.
fn take_remittance(content: &str, narrative: &mut Narrative) {
    if let Some(text) = content.strip_prefix("USTD//") {
        narrative.purpose = some(text);
        return;
    }
    match content.strip_prefix("STRD/").and_then(|rest| rest.split_once('/')) {
        Some((_, agreed)) => narrative.reference = reference(agreed),
        None => narrative.purpose = some(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(narrative: &str, expected: &str) {
        assert_eq!(read(narrative).unwrap().told(), expected);
    }

    #[test]
    fn dutch_banks_write_three_ways() {
        check(
            "/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/J. JANSEN\
             /REMI/FACTUUR 12/2026/EREF/NOTPROVIDED",
            "- | SEPA OVERBOEKING | J. JANSEN | NL91ABNA0417164300 | ABNANL2A | FACTUUR 12/2026 \
             | - | -",
        );
        check(
            "/EREF/01-01-2013 12:00 0030000987654321/BENM//NAME/CONTRA HOLDER/REMI/\
             /ISDT/2013-07-11",
            "- | - | CONTRA HOLDER | - | - | - | 01-01-2013 12:00 0030000987654321 | -",
        );
        check(
            "/EREF/E1//CNTP/NL20INGB0001234567/INGBNL2A/Kees BV/AMSTERDAM//REMI/USTD//Huur mei/",
            "- | - | Kees BV | NL20INGB0001234567 | INGBNL2A | Huur mei | E1 | -",
        );
        check(
            "/CNTP/NL20INGB0001234567/INGBNL2A/Kees BV///REMI/STRD/CUR/9876543210/",
            "- | - | Kees BV | NL20INGB0001234567 | INGBNL2A | - | - | 9876543210",
        );
    }

    #[test]
    fn other_slashes_are_text() {
        for text in ["", "a/REMI/b", "/FOO/REMI/b", "/REMI", "12/05/2026"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
