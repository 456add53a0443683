//! One account (03): its number, currency and balances, and the details (16) behind it.
//!
//! What must stay true: amounts have the implied decimals of the account's currency, those of
//! details no sign: their type code gives it. Every amount counts into the control total.

use kernel::{CommodityCode, Date, Decimal};

use super::codes::{self, Side};
use super::records::{Fields, Record};
use super::{Context, Group, Sum};
use crate::fault::Place;
use crate::model::{AccountKind, AccountRef, Balance, Statement};
use crate::value::{self, Refusal};

/// An account as its records come in.
pub(super) struct Account {
    pub statement: Statement,
    pub date: Option<Date>,
    pub sum: Sum,
    /// Whether the group only deletes or tests: nothing of it is booked.
    pub is_void: bool,
}

/// How the funds of an amount become available.
pub(super) struct Funds {
    /// The day, where one is stated.
    pub value: Option<Result<Date, Refusal>>,
    /// What is not as the specification has it.
    pub fault: Option<Refusal>,
}

/// The most parts that a distribution of funds may have.
const DISTRIBUTIONS_MAX: usize = 100;

impl Account {
    /// Reads the record of an account.
    pub fn read(record: &Record, group: &Group, context: &mut Context) -> Self {
        let place = Place::statement(record.line, context.statement);
        if group.is_unclear {
            let expected = "an account of a group whose status is known";
            context.findings.fault(place, "02 status", "", expected);
        }
        let mut fields = record.fields();
        let number = value::identifier(fields.text());
        let number = context.findings.check(place, "03 account number", number).flatten();
        if number.is_none() {
            context.findings.fault(place, "03 account number", "", "the number of the account");
        }
        let currency = currency(fields.text(), group, place, context);
        let account = AccountRef {
            iban: number.clone().filter(|number| value::is_iban(number)),
            number,
            bank: group.bank.clone(),
            branch: None,
            name: None,
            kind: AccountKind::Unstated,
        };
        let begun = Statement::begun(record.line);
        let statement = Statement { account, currency, to: group.date, ..begun };
        let mut sum = Sum::default();
        sum.add_lines(record.line_count());
        let (date, is_void) = (group.date, group.is_void);
        let mut account = Self { statement, date, sum, is_void };
        account.take_summaries(fields, record.line, context);
        account
    }

    /// The statuses and summaries: a type, an amount, a count, and how its funds are distributed.
    fn take_summaries(&mut self, mut fields: Fields, line: u32, context: &mut Context) {
        let place = Place::balance(line, context.statement);
        while let Some(code) = fields.next() {
            let amount = fields.text();
            let _count = fields.text();
            let funds = funds(&mut fields);
            if let Some(refusal) = funds.fault {
                context.findings.fault(place, "03 funds type", &refusal.found, &refusal.expected);
                return;
            }
            if code.is_empty() && amount.is_empty() {
                continue;
            }
            let Some(side) = codes::side(code) else {
                let expected = "a type code of three digits";
                context.findings.fault(place, "03 type code", code, expected);
                return;
            };
            if amount.is_empty() {
                continue;
            }
            let field = format!("03 {code}");
            let Some(minor) = context.findings.check(place, &field, minor_units(amount)) else {
                continue;
            };
            self.sum.add_amount(minor);
            if side == Side::Status {
                self.take_balance((code, line), minor, context);
            }
        }
    }

    fn take_balance(&mut self, (code, line): (&str, u32), minor: i128, context: &mut Context) {
        let (Some(currency), Some(date)) = (self.statement.currency, self.date) else {
            return;
        };
        let place = Place::balance(line, context.statement);
        let found = decimal(minor, currency);
        let Some(amount) = context.findings.check(place, &format!("03 {code}"), found) else {
            return;
        };
        let kind = codes::balance_kind(code);
        self.statement.balances.push(Balance {
            line,
            kind,
            code: code.to_owned(),
            amount,
            currency,
            date,
        });
    }
}

/// The account's currency, else the group's, else the one that the specification names.
fn currency(
    text: &str,
    group: &Group,
    place: Place,
    context: &mut Context,
) -> Option<CommodityCode> {
    if !text.is_empty() {
        return context.findings.check(place, "03 currency", value::currency(text));
    }
    if group.has_currency {
        return group.currency;
    }
    let taken = context.options.currency.or_else(|| value::currency_code("USD"));
    if let Some(taken) = taken {
        let note = format!("the file names no currency: {taken} is taken");
        context.findings.note(place, note);
    }
    taken
}

/// An amount in the smallest unit of its currency, with a sign or without.
pub(super) fn minor_units(text: &str) -> Result<i128, Refusal> {
    let refusal = || Refusal::new(text, "an amount in the smallest unit such as 123450");
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let significant = digits.trim_start_matches('0').len();
    if !plain || significant > crate::limits::AMOUNT_DIGITS_MAX {
        return Err(refusal());
    }
    text.trim_start_matches('+').parse().map_err(|_| refusal())
}

/// An amount in its currency.
pub(super) fn decimal(minor: i128, currency: CommodityCode) -> Result<Decimal, Refusal> {
    let scale = value::scale_of(currency).unwrap_or(0);
    let expected = "an amount of a currency";
    Decimal::new(minor, scale).map_err(|_| Refusal::new(&minor.to_string(), expected))
}

/// Reads the type of funds and the fields that belong to it.
pub(super) fn funds(fields: &mut Fields) -> Funds {
    let mut read = Funds { value: None, fault: None };
    match fields.text() {
        "" | "Z" | "0" | "1" | "2" => {}
        "V" => {
            let (date, _time) = (fields.text(), fields.text());
            read.value = Some(super::date(date));
        }
        "S" => {
            for _ in 0..3 {
                fields.next();
            }
        }
        "D" => {
            let count = fields.text();
            match count.parse::<usize>() {
                Ok(count) if count <= DISTRIBUTIONS_MAX => {
                    for _ in 0..count * 2 {
                        fields.next();
                    }
                }
                Ok(_) | Err(_) => {
                    let expected = format!("at most {DISTRIBUTIONS_MAX} distributions");
                    read.fault = Some(Refusal::new(count, expected));
                }
            }
        }
        other => read.fault = Some(Refusal::new(other, "a type of funds: 0, 1, 2, S, V, D or Z")),
    }
    read
}
