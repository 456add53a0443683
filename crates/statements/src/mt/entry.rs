//! One line of money with what is said about it: `:61:` and the fields `:86:` below it.
//!
//! What must stay true: the amount is the one of the line, its sign that of the mark; a line that
//! hides another one is a fault.

use kernel::{CommodityCode, Date, Decimal};

use super::fields::Field;
use super::line::{self, Line};
use super::narrative::{self, Narrative, some};
use super::{Context, codes};
use crate::fault::Place;
use crate::model::{Counterparty, Entry, EntryStatus};
use crate::value::{self, DecimalSigns};

/// A line with the fields that explain it.
pub(super) struct Raw<'a> {
    field: Field<'a>,
    pub narratives: Vec<Field<'a>>,
}

/// How many characters of a line are searched for the beginning of another one.
const DAMAGED_TAG_CHARS_MAX: usize = 6;

impl<'a> Raw<'a> {
    /// A line without explanations.
    pub fn new(field: Field<'a>) -> Self {
        Self { field, narratives: Vec::new() }
    }

    /// Whether the line has a date of its entry.
    pub fn has_entry_date(&self) -> bool {
        line::parse(self.field.first_line()).entry.is_some()
    }

    /// The day of the line.
    pub fn day(&self) -> Option<Date> {
        let line = line::parse(self.field.first_line());
        line.entry.and_then(Result::ok).or(line.value.ok())
    }
}

/// Reads an entry; `None`, with a fault, where any part that matters is not plain.
pub(super) fn entry(
    raw: &Raw,
    (currency, ordinal): (CommodityCode, usize),
    context: &mut Context,
) -> Option<Entry> {
    let place = Place::entry(raw.field.line, context.statement, ordinal);
    let faults_before = context.findings.fault_count();
    let line = line::parse(raw.field.first_line());
    let amount = amount(&line, currency, place, context);
    let value_date = context.findings.check(place, ":61: value date", line.value.clone());
    let entry_date = match line.entry.clone() {
        Some(date) => Some(context.findings.check(place, ":61: entry date", date)),
        None => None,
    };
    if line.mark.is_none() {
        let found = raw.field.first_line();
        context.findings.fault(place, ":61: mark", found, "C, D, RC, RD, EC or ED");
    }
    check_type(&line, place, context);
    refuse_hidden_lines(raw, place, context);
    let told = told(raw);
    let mut identifier = |field: &str, text: Option<&str>| {
        let text = value::identifier(text.unwrap_or_default());
        context.findings.check(place, field, text).flatten()
    };
    let own = narrative::reference(line.reference).filter(|own| !points_to_narrative(own));
    let reference = identifier(":61: reference", told.reference.as_deref().or(own.as_deref()));
    let bank = line.bank_reference.and_then(narrative::reference);
    let bank_reference = identifier(":61: bank reference", bank.as_deref());
    let end_to_end = identifier(":86: EREF", told.end_to_end.as_deref());
    let account = identifier(":86: account", told.account.as_deref());
    let bank = identifier(":86: bank", told.bank.as_deref());
    if context.findings.fault_count() > faults_before {
        return None;
    }
    let (mark, value_date) = (line.mark?, value_date?);
    // Some banks write CR and DR in every currency.
    let fits = |funds: &char| *funds == 'R' || currency.as_str().ends_with(*funds);
    if let Some(funds) = line.funds.filter(|funds| !fits(funds)) {
        let note = format!("the funds code is {funds}, and the account is in {currency}");
        context.findings.note(place, note);
    }
    let name = told.name.or_else(|| some(line.behind));
    let purpose = told.purpose.or(told.posting_text);
    let status = if mark.is_expected() { EntryStatus::Pending } else { EntryStatus::Booked };
    Some(Entry {
        line: raw.field.line,
        ordinal,
        booked: entry_date.unwrap_or(Some(value_date))?,
        value: Some(value_date),
        amount: amount?,
        currency,
        status,
        reversal: mark.is_reversal(),
        counterparty: Counterparty { name: free(name, place, context), account, bank },
        purpose: free(purpose, place, context),
        reference,
        bank_reference,
        end_to_end,
        kind: codes::entry_kind(line.type_code, told.business_code.as_deref()),
        type_code: codes::type_code(line.type_code, told.business_code.as_deref()),
        original: None,
        charges: Vec::new(),
        balance_after: None,
        corrects: None,
        details: Vec::new(),
    })
}

/// Whether a reference only says which one stands in field `:86:`.
fn points_to_narrative(reference: &str) -> bool {
    reference.ends_with('+') || matches!(reference, "EREF" | "PREF" | "MARF" | "KREF")
}

fn amount(
    line: &Line,
    currency: CommodityCode,
    place: Place,
    context: &mut Context,
) -> Option<Decimal> {
    let amount = value::amount(line.amount, DecimalSigns::Comma, currency);
    let amount = context.findings.check(place, ":61: amount", amount)?;
    Some(if line.mark?.is_credit() { amount } else { amount.negate() })
}

/// A line that ends before its reference may have been cut, and its amount with it.
fn check_type(line: &Line, place: Place, context: &mut Context) {
    let code = line.type_code;
    let begins_with_letter = code.starts_with(|first: char| first.is_ascii_uppercase());
    let plain = code.chars().all(|one| one.is_ascii_alphanumeric() || one == ' ');
    if !begins_with_letter || !plain {
        let expected = "a letter and three characters for the type of transaction";
        context.findings.fault(place, ":61: type", code, expected);
    } else if line.reference.is_empty() && line.bank_reference.is_none() {
        context.findings.fault(place, ":61: reference", "", "a reference, or NONREF");
    }
}

/// A line of text that begins as a line of money does is one whose tag was damaged.
fn refuse_hidden_lines(raw: &Raw, place: Place, context: &mut Context) {
    let own = raw.field.first_line();
    let behind = raw.field.lines().skip(1);
    let mut others = raw.narratives.iter().flat_map(Field::lines).chain(behind);
    let hidden = Some(own).filter(|own| own.contains(":61:"));
    if let Some(text) = hidden.or_else(|| others.find(|text| hides_line(text))) {
        let expected = "text, and no other line of money";
        context.findings.fault(place, ":61:", text, expected);
    }
}

/// Whether a text is, or ends with, a line of money.
pub(super) fn hides_line(text: &str) -> bool {
    if text.contains(":61:") {
        return true;
    }
    if !text.bytes().take(2 * DAMAGED_TAG_CHARS_MAX).any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let starts = text.char_indices().take(DAMAGED_TAG_CHARS_MAX).map(|(start, _)| start);
    let mut rests = starts.filter_map(|start| text.get(start..));
    rests.any(|rest| {
        let line = line::parse(rest);
        line.value.is_ok()
            && line.mark.is_some()
            && line.amount.contains(',')
            && line.amount.starts_with(|first: char| first.is_ascii_digit())
            && line.type_code.starts_with(|first: char| first.is_ascii_uppercase())
    })
}

/// What the fields below the line say together.
fn told(raw: &Raw) -> Narrative {
    let mut told = Narrative::default();
    for field in &raw.narratives {
        let more = match field.tag {
            "NS" => national(field),
            _ => Narrative::read(field.lines()),
        };
        told.add(more);
    }
    let mut supplement = some(&raw.field.lines().skip(1).collect::<Vec<_>>().join(" "));
    if told.account.is_none() {
        // Rabobank writes the other side's account below the line.
        let is_account = |text: &mut String| value::is_iban(&value::without_blanks(text));
        told.account = supplement.take_if(is_account);
    }
    told.posting_text = told.posting_text.or(supplement);
    told
}

/// The field `:NS:`: lines with two digits before them.
fn national(field: &Field) -> Narrative {
    let mut narrative = Narrative::default();
    let (mut purpose, mut name) = (Vec::new(), Vec::new());
    for line in field.lines() {
        let Some((number, text)) = line.split_at_checked(2) else {
            continue;
        };
        match number.parse::<u8>() {
            Ok(1..=14) => purpose.push(text.trim()),
            Ok(15 | 16) => name.push(text.trim()),
            Ok(17) => narrative.posting_text = some(text),
            Ok(33) => narrative.bank = some(text),
            Ok(34) => narrative.account = some(text),
            Ok(_) | Err(_) => {}
        }
    }
    narrative.purpose = some(&purpose.join(" "));
    narrative.name = some(&name.join(" "));
    narrative
}

fn free(text: Option<String>, place: Place, context: &mut Context) -> Option<String> {
    let (text, cut) = value::free_text(&text?);
    if cut {
        context.findings.note(place, "a text was cut: it is too long");
    }
    text
}
