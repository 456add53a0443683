//! One detail (16): a line of money.
//!
//! What must stay true: the amount has no sign of its own; that of its type code is the entry's.

use super::Context;
use super::account::{Account, decimal, funds, minor_units};
use super::codes::{self, Side};
use super::records::{Fields, Record};
use crate::fault::Place;
use crate::model::{Counterparty, Entry, EntryStatus};
use crate::value;

/// What a detail says besides its money.
struct Texts {
    bank_reference: Option<String>,
    reference: Option<String>,
    end_to_end: Option<String>,
    counterparty: Counterparty,
    purpose: Option<String>,
}

/// The parts that some banks write in lines of their own: a word of four letters, a colon, a text.
#[derive(Default)]
struct Labels {
    end_to_end: Option<String>,
    remittance: Option<String>,
    creditor: Option<String>,
    debtor: Option<String>,
    creditor_account: Option<String>,
    debtor_account: Option<String>,
    purpose: Vec<String>,
}

/// Takes a detail over, as an entry or as a refused one.
pub(super) fn take(record: &Record, account: &mut Account, context: &mut Context) {
    account.sum.add_lines(record.line_count());
    let mut fields = record.fields();
    let (code, amount) = (fields.text(), fields.text());
    let side = codes::side(code);
    if side == Some(Side::Information) {
        let place = Place::statement(record.line, context.statement);
        let text = fields.remaining().join(" ");
        let text = value::free_text(text.trim_matches(',')).0.unwrap_or_default();
        context.findings.note(place, format!("type code 890 carries no money: {text}"));
        return;
    }
    let ordinal = account.statement.entries.len() + account.statement.refused;
    let place = Place::entry(record.line, context.statement, ordinal);
    match entry(record, (side, amount), (account, place), context) {
        Some(entry) => account.statement.entries.push(Entry { ordinal, ..entry }),
        None => account.statement.refused += 1,
    }
}

fn entry(
    record: &Record,
    (side, amount): (Option<Side>, &str),
    (account, place): (&mut Account, Place),
    context: &mut Context,
) -> Option<Entry> {
    let faults_before = context.findings.fault_count();
    let mut fields = record.fields();
    let (code, _) = (fields.text(), fields.text());
    let is_credit = match side {
        Some(Side::Credit) => Some(true),
        Some(Side::Debit) => Some(false),
        Some(Side::Status | Side::Information) | None => {
            let expected = "the type code of a credit or a debit";
            context.findings.fault(place, "16 type code", code, expected);
            None
        }
    };
    let minor = context.findings.check(place, "16 amount", minor_units(amount));
    account.sum.add_amount(minor.unwrap_or_default());
    if amount.starts_with('-') {
        let expected = "an amount without sign: the type code gives it";
        context.findings.fault(place, "16 amount", amount, expected);
    }
    let currency = account.statement.currency;
    let amount = currency.zip(minor).and_then(|(currency, minor)| {
        context.findings.check(place, "16 amount", decimal(minor, currency))
    });
    let funds = funds(&mut fields);
    if let Some(refusal) = funds.fault {
        context.findings.fault(place, "16 funds type", &refusal.found, &refusal.expected);
    }
    let value_date = match funds.value {
        Some(date) => context.findings.check(place, "16 value date", date),
        None => None,
    };
    let texts = Texts::read(fields, is_credit, place, context);
    if context.findings.fault_count() > faults_before {
        return None;
    }
    let amount = amount?;
    let status = if account.is_void { EntryStatus::Information } else { EntryStatus::Booked };
    Some(Entry {
        line: record.line,
        ordinal: 0,
        booked: account.date?,
        value: value_date,
        amount: if is_credit? { amount } else { amount.negate() },
        currency: currency?,
        status,
        reversal: false,
        counterparty: texts.counterparty,
        purpose: texts.purpose,
        reference: texts.reference,
        bank_reference: texts.bank_reference,
        end_to_end: texts.end_to_end,
        kind: codes::entry_kind(code),
        type_code: value::free_text(code).0,
        original: None,
        charges: Vec::new(),
        balance_after: None,
        corrects: None,
        details: Vec::new(),
    })
}

impl Texts {
    /// The references and the text behind the funds. The other side is the one that the money comes
    /// from or goes to.
    fn read(
        mut fields: Fields,
        is_credit: Option<bool>,
        place: Place,
        context: &mut Context,
    ) -> Self {
        let mut identifier = |field: &str, text: &str| {
            context.findings.check(place, field, value::identifier(text)).flatten()
        };
        let bank_reference = identifier("16 bank reference", fields.text());
        let reference = identifier("16 customer reference", fields.text());
        let labels = Labels::of(&fields.remaining());
        let (name, number) = match is_credit {
            Some(true) => (labels.debtor, labels.debtor_account),
            Some(false) | None => (labels.creditor, labels.creditor_account),
        };
        let account = identifier("16 DACT or CACT", &number.unwrap_or_default());
        let end_to_end = identifier("16 EREF", &labels.end_to_end.unwrap_or_default());
        let purpose = labels.remittance.unwrap_or_else(|| labels.purpose.join(" "));
        let (purpose, cut) = value::free_text(&purpose);
        if cut {
            context.findings.note(place, "the text was cut: it is too long");
        }
        let name = name.and_then(|name| value::free_text(&name).0);
        let counterparty = Counterparty { name, account, bank: None };
        Self { bank_reference, reference, end_to_end, counterparty, purpose }
    }
}

impl Labels {
    /// The labelled lines of a text, and the others.
    fn of(lines: &[&str]) -> Self {
        let mut labels = Self::default();
        for line in lines {
            let labelled = line.split_once(':').filter(|(word, _)| is_label(word));
            let Some((word, text)) = labelled else {
                labels.purpose.push((*line).to_owned());
                continue;
            };
            let text = Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
            match word {
                "EREF" => labels.end_to_end = text,
                "REMI" => labels.remittance = text,
                "CRNM" => labels.creditor = text,
                "DBNM" => labels.debtor = text,
                "CACT" => labels.creditor_account = text,
                "DACT" => labels.debtor_account = text,
                // Banks' numbers and references of clearing have no place in an entry.
                _ => {}
            }
        }
        labels
    }
}

fn is_label(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}
