//! Field `:86:` in numbered subfields: three digits, a sign, and behind each of those signs two
//! digits and a text. German banks write `166?00GUTSCHRIFT?20EREF+…?30BIC?31IBAN?32NAME`; Dutch and
//! Polish ones do the same with `>`, `<`, `~` or `^`.
//!
//! What must stay true: the sign is the one behind the digits, and subfields are joined in the
//! order of the file.

use super::narrative::{Narrative, reference, some};

/// How many characters a subfield of a purpose has: one that is full goes on without a blank.
const PURPOSE_CHARS_MAX: usize = 27;

/// The words before the parts of a SEPA purpose.
const KEYWORDS: &[&str] = &[
    "EREF", "KREF", "MREF", "CRED", "DEBT", "COAM", "OAMT", "SVWZ", "ABWA", "ABWE", "RREF", "PURP",
    "MTLG", "BIC", "IBAN",
];

/// Reads a narrative in subfields; `None` where it is none.
pub(super) fn read(text: &str) -> Option<Narrative> {
    let (code, rest) = text.split_at_checked(3)?;
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let sign = rest.chars().next()?;
    let is_sign = sign.is_ascii_punctuation() && !".,-/:+'()".contains(sign);
    if !is_sign || number(rest.strip_prefix(sign)?).is_none() {
        return None;
    }
    let mut narrative = Narrative { business_code: Some(code.to_owned()), ..Narrative::default() };
    let (mut purpose, mut name) = (Vec::new(), Vec::new());
    for subfield in parts(rest, sign) {
        let Some(number) = number(subfield) else {
            continue;
        };
        let content = subfield.get(2..).unwrap_or_default();
        match number {
            0 => narrative.posting_text = some(content),
            20..=29 | 60..=63 => purpose.push(content),
            30 => narrative.bank = some(content),
            31 | 38 => narrative.account = some(content).or(narrative.account.take()),
            32 | 33 => name.push(content),
            // 10 primanota, 11 and others the bank's own, 34 its text key.
            _ => {}
        }
    }
    narrative.name = some(&joined(&name));
    take_purpose(&joined(&purpose), &mut narrative);
    Some(narrative)
}

/// The subfields: the sign divides them only where two digits follow, a payer may write it too.
fn parts(text: &str, sign: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = None;
    for (index, _) in text.match_indices(sign) {
        let after = index + sign.len_utf8();
        if text.get(after..).and_then(number).is_none() {
            continue;
        }
        parts.extend(start.and_then(|start| text.get(start..index)));
        start = Some(after);
    }
    parts.extend(start.and_then(|start| text.get(start..)));
    parts
}

fn number(text: &str) -> Option<u8> {
    let digits = text.get(..2)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Texts of subfields as one: a full one goes on without a blank.
fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    let mut full = true;
    for part in parts {
        let begins_keyword = keyword(part).is_some();
        if (!full || begins_keyword) && !text.ends_with(' ') && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(part);
        full = part.chars().count() >= PURPOSE_CHARS_MAX;
    }
    text
}

/// The keyword that a text begins with.
fn keyword(text: &str) -> Option<&'static str> {
    let begins = |word: &&&str| match text.strip_prefix(**word) {
        // The bank's own message has no blank behind its colon.
        Some(rest) if **word == "MTLG" => rest.starts_with(':'),
        Some(rest) => rest.starts_with('+') || rest.starts_with(": "),
        None => false,
    };
    KEYWORDS.iter().find(begins).copied()
}

/// Divides a purpose at its keywords.
fn take_purpose(text: &str, narrative: &mut Narrative) {
    let mut sections: Vec<(&str, usize, usize)> = Vec::new();
    let mut from = 0;
    while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
        if let Some(word) = keyword(rest) {
            sections.push((word, from, from + word.len() + 1));
        }
        from += rest.find(' ').map_or(rest.len(), |blank| blank + 1);
    }
    let first = sections.first().map_or(text.len(), |(_, start, _)| *start);
    let mut purpose = vec![text.get(..first).unwrap_or_default()];
    for (index, (word, _, start)) in sections.iter().enumerate() {
        let end = sections.get(index + 1).map_or(text.len(), |(_, end, _)| *end);
        let content = text.get(*start..end).unwrap_or_default();
        let ultimate = || some(content).filter(|_| narrative.name.is_none());
        match *word {
            "EREF" => narrative.end_to_end = narrative.end_to_end.take().or(reference(content)),
            "KREF" => narrative.reference = narrative.reference.take().or(reference(content)),
            "SVWZ" | "MTLG" => purpose.push(content),
            "ABWA" | "ABWE" => narrative.name = ultimate().or(narrative.name.take()),
            "IBAN" => narrative.account = narrative.account.take().or(some(content)),
            "BIC" => narrative.bank = narrative.bank.take().or(some(content)),
            // Mandates, creditors' identifications and inner amounts have no place in an entry.
            _ => {}
        }
    }
    purpose.retain(|part| !part.trim().is_empty());
    narrative.purpose = some(&purpose.join(" "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(narrative: &str, expected: &str) {
        assert_eq!(read(narrative).unwrap().told(), expected);
    }

    #[test]
    fn a_german_purpose_has_keywords() {
        check(
            "116?00SEPA-UEBERW?100399?20EREF+TFNR 21005 EndToEndId ?2100001?22KREF+TFNR 21005 \
             Instruction?23 Id 00001?24SVWZ+Verwend CTSc-01 eBB TF?25Nr 21005?30DRESDEFF508\
             ?31DE76508800500194780101?32Empfaenger Florian Frech UK?33 01",
            "116 | SEPA-UEBERW | Empfaenger Florian Frech UK 01 | DE76508800500194780101 | \
             DRESDEFF508 | Verwend CTSc-01 eBB TFNr 21005 | TFNR 21005 EndToEndId 00001 | \
             TFNR 21005 Instruction Id 00001",
        );
        check(
            "105?20EREF: 12 MREF: 7 CRED: D?21SVWZ+Strom? 5 Euro",
            "105 | - | - | - | - | Strom? 5 Euro | 12 | -",
        );
    }

    #[test]
    fn other_signs_divide_as_well() {
        check(
            "000>100987654321>20ALGEMENE >21TEN VAN>310390123456",
            "000 | - | - | 0390123456 | - | ALGEMENE TEN VAN | - | -",
        );
        check(
            "025~00Przelew~20Czynsz~3010500099~3823456~32Anna~33Nowak",
            "025 | Przelew | Anna Nowak | 23456 | 10500099 | Czynsz | - | -",
        );
    }

    #[test]
    fn free_text_is_no_subfield() {
        for text in ["", "12", "911 TRANSAKCJA", "123?", "123?a0", "12a?00X", "428-428 X"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
