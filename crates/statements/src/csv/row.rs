//! One record of a table as an entry.
//!
//! What must stay true: a record is an entry, a fault, or a line that carries no entry and is named
//! in a note; none is passed over in silence.

use std::borrow::Cow;

use kernel::{CommodityCode, Date, Decimal};

use super::dates::{self, DateOrder};
use super::lexer::Record;
use super::mapping::{AmountSign, CsvMapping, DebitSign, Role};
use super::numbers::{self, DecimalSign};
use super::survey::USUAL_SIGN;
use super::vocabulary::{self, StatusWord};
use crate::fault::{Findings, Place};
use crate::model::{Counterparty, Entry, EntryKind, EntryStatus};
use crate::value::{self, Refusal};

/// A mapping with nothing left open.
pub(super) struct Rules {
    date_order: DateOrder,
    decimal_sign: DecimalSign,
    thousands_sign: Option<char>,
    amount_sign: AmountSign,
    debit_sign: DebitSign,
    booked: usize,
    /// The currency of the mapping, with its decimals: those of nearly every amount.
    usual: Option<(CommodityCode, Option<u8>)>,
}

/// Where the columns of each role are: every cell of every record asks.
pub(super) struct Columns<'m> {
    mapping: &'m CsvMapping,
    first: [Option<usize>; ROLES_MAX],
    has_one_purpose: bool,
}

/// No role has a greater number.
const ROLES_MAX: usize = Role::Status as usize + 1;

/// The columns of a record by their roles.
pub(super) struct Cells<'r> {
    record: &'r Record<'r>,
    mapping: &'r CsvMapping,
    columns: &'r Columns<'r>,
}

/// What a record is.
pub(super) enum Kind {
    Entry,
    /// No entry, and why.
    Other(&'static str),
    /// Neither, and what was expected instead.
    Faulty(&'static str),
}

impl Rules {
    /// The rules of a mapping, where it has them all.
    pub fn of(mapping: &CsvMapping) -> Option<Self> {
        if mapping.money_columns().is_empty() {
            return None;
        }
        Some(Self {
            date_order: mapping.date_order?,
            decimal_sign: mapping.decimal_sign?,
            thousands_sign: mapping.thousands_sign,
            amount_sign: mapping.amount_sign.unwrap_or(USUAL_SIGN),
            debit_sign: mapping.debit_sign.unwrap_or(DebitSign::WithoutSign),
            booked: mapping.column(Role::Booked)?,
            usual: mapping.currency.map(|currency| (currency, value::scale_of(currency))),
        })
    }

    /// Positive amounts go out: the running balance proves it.
    pub const fn invert(&mut self) {
        self.amount_sign = AmountSign::PositiveOut;
    }
}

impl<'m> Columns<'m> {
    /// The columns of a mapping.
    pub fn of(mapping: &'m CsvMapping) -> Self {
        let mut first = [None; ROLES_MAX];
        for (index, column) in mapping.columns.iter().enumerate() {
            if let Some(place) = first.get_mut(column.role as usize) {
                *place = place.or(Some(index));
            }
        }
        let has_one_purpose = mapping.columns_with(Role::Purpose).count() == 1;
        Self { mapping, first, has_one_purpose }
    }

    fn first(&self, role: Role) -> Option<usize> {
        self.first.get(role as usize).copied().flatten()
    }
}

impl<'r> Cells<'r> {
    /// The cells of a record.
    pub fn new(record: &'r Record<'r>, columns: &'r Columns<'r>) -> Self {
        Self { record, mapping: columns.mapping, columns }
    }

    /// The text of a column: without blanks around it, and without the `="…"` that keeps
    /// spreadsheets from reading it as a number.
    fn cell(&self, index: usize) -> &'r str {
        let text = self.record.cell(index);
        let kept = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"'));
        kept.unwrap_or(text)
    }

    /// The text of a column of numbers: a lone dash, too, says that there is none.
    fn number(&self, role: Role) -> &'r str {
        match self.text(role) {
            "-" | "--" | "\u{2013}" | "\u{2014}" => "",
            text => text,
        }
    }

    /// The text of the first column with a role; empty where there is none.
    pub fn text(&self, role: Role) -> &'r str {
        self.columns.first(role).map(|index| self.cell(index)).unwrap_or_default()
    }

    /// What the file calls the column with a role.
    fn name(&self, role: Role) -> Cow<'r, str> {
        let index = self.columns.first(role);
        let column = index.and_then(|index| self.mapping.columns.get(index));
        match column.map(|column| column.name.as_str()) {
            None | Some("") => Cow::Owned(format!("column {}", index.map_or(0, |index| index + 1))),
            Some(name) => Cow::Borrowed(name),
        }
    }

    /// What the record is, by its shape.
    pub fn kind(&self, rules: &Rules) -> Kind {
        let record = self.record;
        let width = self.mapping.columns.len();
        if let Some(expected) = self.record.fault {
            return Kind::Faulty(expected);
        }
        let mut filled = record.cells().filter(|cell| !cell.is_empty());
        if record.len() != width {
            // A line of words below the table. A broken entry has more than one cell.
            return match (filled.next(), filled.next()) {
                (Some(words), None) if words.starts_with(char::is_alphabetic) && width > 2 => {
                    Kind::Other("it has one cell of text")
                }
                _ => Kind::Faulty("as many fields as there are columns"),
            };
        }
        let names = self.mapping.columns.iter().map(|column| column.name.trim());
        if self.mapping.header_line.is_some() && record.cells().eq(names) {
            return Kind::Other("it repeats the header");
        }
        let money = [Role::Amount, Role::Debit, Role::Credit];
        let has_money = money.iter().any(|role| !self.number(*role).is_empty());
        let booked = self.cell(rules.booked);
        let begins_like_date = booked.starts_with(|first: char| first.is_ascii_digit());
        let dated = begins_like_date || !(booked.is_empty() || vocabulary::is_total_word(booked));
        if has_money && dated {
            return Kind::Entry;
        }
        let total = filled.any(vocabulary::is_total_word);
        match (has_money, dated) {
            (true, _) if total => Kind::Other("it sums up others"),
            (false, _) if total => Kind::Other("it states a balance"),
            (true, _) => Kind::Faulty("a date of booking"),
            (false, true) => Kind::Faulty("an amount"),
            (false, false) => Kind::Other("it has neither date nor amount"),
        }
    }

    /// The currency of the record.
    pub fn currency(&self) -> Result<CommodityCode, Refusal> {
        let text = self.text(Role::Currency);
        match (text, self.mapping.currency) {
            ("", Some(currency)) => Ok(currency),
            _ => value::currency(text),
        }
    }

    /// The field that the currency comes from.
    pub fn currency_name(&self) -> Cow<'r, str> {
        self.name(Role::Currency)
    }

    /// Reads the record as an entry; `None`, with faults, where any part that matters is not plain.
    pub fn entry(
        &self,
        (ordinal, currency): (usize, CommodityCode),
        rules: &Rules,
        place: Place,
        findings: &mut Findings,
    ) -> Option<Entry> {
        let faults_before = findings.fault_count();
        let booked = self.date(Role::Booked, rules);
        let booked = self.check(booked, Role::Booked, (place, findings));
        let value_date = match self.text(Role::Value) {
            "" => None,
            _ => {
                let date = self.date(Role::Value, rules);
                self.check(date, Role::Value, (place, findings))
            }
        };
        let amount = self.amount((rules, currency), place, findings);
        let balance_after = match self.number(Role::Balance) {
            "" => None,
            text => {
                let balance = money(text, rules, currency);
                self.check(balance, Role::Balance, (place, findings))
            }
        };
        let status = self.status(place, findings);
        let mut identifier = |role: Role| {
            let text = Some(self.text(role)).filter(|text| !text.is_empty())?;
            self.check(value::identifier(text), role, (place, findings)).flatten()
        };
        let reference = identifier(Role::Reference);
        let bank_reference = identifier(Role::BankReference);
        let end_to_end = identifier(Role::EndToEnd);
        let account = identifier(Role::CounterpartyAccount);
        let bank = identifier(Role::CounterpartyBank);
        let counterparty =
            Counterparty { name: value::free_text(self.text(Role::Counterparty)).0, account, bank };
        let purpose = self.purpose(place, findings);
        if findings.fault_count() > faults_before {
            return None;
        }
        Some(Entry {
            line: self.record.line,
            ordinal,
            booked: booked?,
            value: value_date,
            amount: amount?,
            currency,
            status: status?,
            reversal: false,
            counterparty,
            purpose,
            reference,
            bank_reference,
            end_to_end,
            type_code: value::free_text(self.text(Role::TypeCode)).0,
            kind: EntryKind::Other,
            original: None,
            charges: Vec::new(),
            balance_after,
            corrects: None,
            details: Vec::new(),
        })
    }

    fn date(&self, role: Role, rules: &Rules) -> Result<Date, Refusal> {
        date(self.text(role), rules)
    }

    fn amount(
        &self,
        (rules, currency): (&Rules, CommodityCode),
        place: Place,
        findings: &mut Findings,
    ) -> Option<Decimal> {
        let mut read = |role: Role| match self.number(role) {
            "" => Some(None),
            text => {
                let amount = money(text, rules, currency);
                self.check(amount, role, (place, findings)).map(Some)
            }
        };
        if self.columns.first(Role::Amount).is_some() {
            let amount = read(Role::Amount)??;
            return self.flagged(amount, rules, place, findings);
        }
        let (debit, credit) = (read(Role::Debit)?, read(Role::Credit)?);
        let nothing = |amount: &Decimal| amount.is_zero();
        let (role, amount) = match (debit, credit) {
            (Some(debit), None) => (Role::Debit, debit),
            (None, Some(credit)) => (Role::Credit, credit),
            (Some(debit), Some(credit)) if nothing(&credit) => (Role::Debit, debit),
            (Some(debit), Some(credit)) if nothing(&debit) => (Role::Credit, credit),
            (Some(_), Some(_)) => {
                let found = format!("{} and {}", self.text(Role::Debit), self.text(Role::Credit));
                findings.fault(place, &self.name(Role::Debit), &found, "a debit or a credit");
                return None;
            }
            // The kind of the record says that one of them is filled.
            (None, None) => return None,
        };
        let is_debit = role == Role::Debit;
        let wrong_sign = match (is_debit, rules.debit_sign) {
            (true, DebitSign::Negative) => !amount.is_negative() && !amount.is_zero(),
            (true, DebitSign::WithoutSign) | (false, _) => amount.is_negative(),
        };
        if wrong_sign {
            let expected = "an amount with the sign that the others in this column have";
            findings.fault(place, &self.name(role), self.text(role), expected);
            return None;
        }
        let outgoing = is_debit && rules.debit_sign == DebitSign::WithoutSign;
        Some(if outgoing { amount.negate() } else { amount })
    }

    /// An amount with the sign that the flag beside it gives, or its own.
    fn flagged(
        &self,
        amount: Decimal,
        rules: &Rules,
        place: Place,
        findings: &mut Findings,
    ) -> Option<Decimal> {
        if self.columns.first(Role::Flag).is_none() {
            let inverted = rules.amount_sign == AmountSign::PositiveOut;
            return Some(if inverted { amount.negate() } else { amount });
        }
        let flag = vocabulary::flag_word(self.text(Role::Flag));
        let is_in = |words: &[String]| words.iter().any(|word| vocabulary::flag_word(word) == flag);
        let is_debit = match (is_in(&self.mapping.debit_words), is_in(&self.mapping.credit_words)) {
            (true, false) => true,
            (false, true) => false,
            (true, true) | (false, false) => {
                let expected = "a word that says debit or credit";
                findings.fault(place, &self.name(Role::Flag), &flag, expected);
                return None;
            }
        };
        if amount.is_negative() && !is_debit {
            let expected = "an amount whose sign does not contradict its flag";
            findings.fault(place, &self.name(Role::Amount), self.text(Role::Amount), expected);
            return None;
        }
        Some(if is_debit { amount.abs().negate() } else { amount })
    }

    fn status(&self, place: Place, findings: &mut Findings) -> Option<EntryStatus> {
        let word = self.text(Role::Status);
        match vocabulary::status(word) {
            Some(StatusWord::Booked) => Some(EntryStatus::Booked),
            Some(StatusWord::Pending) => Some(EntryStatus::Pending),
            Some(StatusWord::Void) => Some(EntryStatus::Information),
            None => {
                let expected = "a word that says booked, pending or declined";
                findings.fault(place, &self.name(Role::Status), word, expected);
                None
            }
        }
    }

    fn purpose(&self, place: Place, findings: &mut Findings) -> Option<String> {
        let (text, cut) = if self.columns.has_one_purpose {
            value::free_text(self.text(Role::Purpose))
        } else {
            let columns = self.mapping.columns_with(Role::Purpose);
            let texts: Vec<&str> =
                columns.map(|index| self.cell(index)).filter(|text| !text.is_empty()).collect();
            value::free_text(&texts.join(" "))
        };
        if cut {
            findings.note(place, "the purpose was cut: it is too long");
        }
        text
    }

    /// The value of a column, or a fault that names it.
    fn check<T>(
        &self,
        value: Result<T, Refusal>,
        role: Role,
        (place, findings): (Place, &mut Findings),
    ) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(refusal) => findings.check(place, &self.name(role), Err(refusal)),
        }
    }
}

/// A date in the order of the rules.
pub(super) fn date(text: &str, rules: &Rules) -> Result<Date, Refusal> {
    let expected = match rules.date_order {
        DateOrder::DayMonthYear => "a date such as 31/03/2026",
        DateOrder::MonthDayYear => "a date such as 03/31/2026",
        DateOrder::YearMonthDay => "a date such as 2026-03-31",
    };
    dates::date(text, rules.date_order).ok_or_else(|| Refusal::new(text, expected))
}

/// A number of money as the rules print it.
pub(super) fn money(
    text: &str,
    rules: &Rules,
    currency: CommodityCode,
) -> Result<Decimal, Refusal> {
    let scale = match rules.usual {
        Some((usual, scale)) if usual == currency => scale,
        Some(_) | None => value::scale_of(currency),
    };
    if let Some(amount) = numbers::short_decimal(text, rules.decimal_sign, scale) {
        return Ok(amount);
    }
    let example = match rules.decimal_sign {
        DecimalSign::Point => "an amount such as 1234.50",
        DecimalSign::Comma => "an amount such as 1234,50",
    };
    let refusal = || Refusal::new(text, example);
    let printed = numbers::printed(text).ok_or_else(refusal)?;
    let read = numbers::digits(&printed, rules.decimal_sign);
    let (digits, thousands) = read.ok_or_else(refusal)?;
    if thousands.is_some() && thousands != rules.thousands_sign {
        let expected = match rules.thousands_sign {
            Some(sign) => format!("an amount with the thousands sign {sign:?}, or none"),
            None => "an amount without a thousands sign".to_owned(),
        };
        return Err(Refusal::new(text, expected));
    }
    if printed.currency.is_some_and(|printed| printed != currency) {
        return Err(Refusal::new(text, format!("an amount in {currency}")));
    }
    digits.decimal(scale).ok_or_else(|| value::too_fine(text, currency))
}
