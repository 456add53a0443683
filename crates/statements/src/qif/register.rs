//! One record of a bank, cash, card, asset or liability register as an entry.
//!
//! What must stay true: the amount is `T` with its own sign; the parts of a split explain it and
//! never change it.

use kernel::{Date, Decimal};

use super::Context;
use super::records::Record;
use crate::fault::Place;
use crate::model::{BalanceCheck, Counterparty, Detail, Entry, EntryKind, EntryStatus};
use crate::value;

/// What is the same in the records of all registers.
pub(super) struct Common {
    pub booked: Option<Date>,
    pub purpose: Option<String>,
    pub category: Option<String>,
}

/// The letters that a record of a register may have.
const LETTERS: &str = "DTUCNPMALSE$%FKXYIQO";

/// Reads a record; `None`, with a fault, where any part that matters is not plain.
pub(super) fn entry(record: &Record, ordinal: usize, context: &mut Context) -> Option<Entry> {
    let place = Place::entry(record.line, context.statement, ordinal);
    let faults_before = context.findings.fault_count();
    let common = common(record, place, context);
    let amount = amount(record, place, context);
    let number = record.text('N').unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let reference = value::identifier(if is_number { number } else { "" });
    let reference = context.findings.check(place, "N", reference).flatten();
    let name = record.text('P').and_then(|name| value::free_text(name).0);
    let details = splits(record, place, context);
    if context.findings.fault_count() > faults_before {
        return None;
    }
    let entry = Entry {
        line: record.line,
        ordinal,
        booked: common.booked?,
        value: None,
        amount: amount?,
        currency: context.printing.currency,
        status: EntryStatus::Booked,
        reversal: false,
        counterparty: Counterparty { name, account: None, bank: None },
        purpose: common.purpose,
        reference,
        bank_reference: None,
        end_to_end: None,
        kind: kind(number, common.category.as_deref()),
        type_code: common.category.or_else(|| value::free_text(number).0.filter(|_| !is_number)),
        original: None,
        charges: Vec::new(),
        balance_after: None,
        corrects: None,
        details,
    };
    if let BalanceCheck::Differs { difference } = entry.details_check() {
        let note = format!("the parts of its split differ from its amount by {difference}");
        context.findings.note(place, note);
    }
    Some(entry)
}

/// Date, memo and category; a record that is not whole, or has what no register has, is refused.
pub(super) fn common(record: &Record, place: Place, context: &mut Context) -> Common {
    if let Some(expected) = record.fault {
        context.findings.fault(place, "^", "", expected);
    }
    for item in &record.items {
        if !LETTERS.contains(item.letter) {
            let found = format!("{}{}", item.letter, item.text);
            let expected = "a line that begins with a letter of a register";
            context.findings.fault(place.at(item.line), "record", &found, expected);
        }
    }
    for letter in ['D', 'T', 'N'] {
        if let Some(second) = record.twice(letter) {
            let expected = "a line that stands once";
            let field = letter.to_string();
            context.findings.fault(place.at(second.line), &field, second.text, expected);
        }
    }
    let date_line = record.item('D').map_or(place.line, |item| item.line);
    let date = super::plain_date(record.text('D').unwrap_or_default());
    let booked = context.findings.check(place.at(date_line), "D", context.printing.date(&date));
    let (purpose, cut) = value::free_text(record.text('M').unwrap_or_default());
    if cut {
        context.findings.note(place, "the memo was cut: it is too long");
    }
    let category = record.text('L').and_then(|category| value::free_text(category).0);
    Common { booked, purpose, category }
}

/// The amount, which `U` repeats.
fn amount(record: &Record, place: Place, context: &mut Context) -> Option<Decimal> {
    let item = record.item('T').or_else(|| record.item('U'));
    let (line, text) = item.map_or((place.line, ""), |item| (item.line, item.text));
    let amount = context.findings.check(place.at(line), "T", context.printing.amount(text));
    if let (Some(amount), Some(repeated)) = (amount, record.item('U')) {
        let place = place.at(repeated.line);
        let again = context.findings.check(place, "U", context.printing.amount(repeated.text));
        if again.is_some_and(|again| again != amount) {
            let expected = format!("{amount}, the amount of T");
            context.findings.fault(place, "U", repeated.text, &expected);
        }
    }
    amount
}

/// The parts of a split: category, memo, amount or percentage, in this order.
fn splits(record: &Record, place: Place, context: &mut Context) -> Vec<Detail> {
    let mut details: Vec<Detail> = Vec::new();
    for item in &record.items {
        match item.letter {
            'S' => details.push(part(item.line, item.text)),
            'E' | '$' => {
                if details.is_empty() {
                    let field = item.letter.to_string();
                    let expected = "a category (S) before the part of a split";
                    context.findings.fault(place.at(item.line), &field, item.text, expected);
                }
                let Some(detail) = details.last_mut() else {
                    continue;
                };
                if item.letter == 'E' {
                    detail.purpose = value::free_text(item.text).0.or(detail.purpose.take());
                    continue;
                }
                let place = place.at(item.line);
                let amount = context.printing.amount(item.text);
                detail.amount = context.findings.check(place, "$", amount);
                detail.currency = Some(context.printing.currency);
            }
            _ => {}
        }
    }
    details
}

fn part(line: u32, category: &str) -> Detail {
    Detail {
        line,
        amount: None,
        currency: None,
        counterparty: Counterparty::default(),
        purpose: value::free_text(category).0,
        reference: None,
        bank_reference: None,
        end_to_end: None,
        return_reason: None,
        original: None,
        charges: Vec::new(),
    }
}

/// What an entry is: by the word that stands for a cheque's number, and by a transfer's brackets.
fn kind(number: &str, category: Option<&str>) -> EntryKind {
    if category.is_some_and(|category| category.starts_with('[')) {
        return EntryKind::Transfer;
    }
    match number.to_ascii_uppercase().as_str() {
        "ATM" | "DEP" => EntryKind::Cash,
        "EFT" | "TXFR" | "XFER" => EntryKind::Transfer,
        "POS" => EntryKind::Card,
        digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            EntryKind::Cheque
        }
        _ => EntryKind::Other,
    }
}
