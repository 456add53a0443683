//! One statement: the account, its balances, and the lines between them; a message, or several
//! that are its pages.
//!
//! What must stay true: a statement has one account, one currency and each balance once; a page
//! goes on where the one before it ended, at the same balance, or is a statement of its own; a
//! field that is not known, or stands where it cannot stand, is a fault, because it may be a line
//! of money that was damaged.

use kernel::{CommodityCode, Date, Decimal};

use super::Context;
use super::entry::{self, Raw};
use super::fields::Field;
use super::line;
use crate::fault::Place;
use crate::model::{AccountKind, AccountRef, Balance, BalanceKind, Entry, Statement};
use crate::reading::Format;
use crate::value::{self, DecimalSigns};

/// A message as its fields come in.
pub(super) struct Draft<'a> {
    pub line: u32,
    reference: Option<&'a str>,
    number: Option<&'a str>,
    account: Option<Field<'a>>,
    balances: Vec<(Field<'a>, BalanceKind)>,
    /// The currency of a floor limit: an interim report may state no balance.
    floor: Option<Field<'a>>,
    totals: Vec<Field<'a>>,
    lines: Vec<Raw<'a>>,
    /// Fields `:86:` that stand before the first line or behind the balances.
    information: Vec<Field<'a>>,
    /// Fields without money: references, numbers, times.
    plain: Vec<Field<'a>>,
    stray: Vec<Field<'a>>,
    interim: bool,
    after_lines: bool,
}

impl<'a> Draft<'a> {
    /// A message that begins here.
    pub fn new(line: u32) -> Self {
        Self {
            line,
            reference: None,
            number: None,
            account: None,
            balances: Vec::new(),
            floor: None,
            totals: Vec::new(),
            lines: Vec::new(),
            information: Vec::new(),
            plain: Vec::new(),
            stray: Vec::new(),
            interim: false,
            after_lines: false,
        }
    }

    /// Whether anything but its beginning was read.
    pub fn is_empty(&self) -> bool {
        self.account.is_none() && self.balances.is_empty() && self.lines.is_empty()
    }

    /// The format of the message: what has floor limits, times and sums is an interim report.
    pub fn format(&self) -> Format {
        if self.interim { Format::Mt942 } else { Format::Mt940 }
    }

    /// Takes a field over.
    pub fn take(&mut self, field: Field<'a>) {
        match field.tag {
            "20" => {
                self.reference = Some(field.first_line());
                self.plain.push(field);
            }
            "21" => self.plain.push(field),
            "25" | "25P" if self.account.is_none() && self.lines.is_empty() => {
                self.account = Some(field);
            }
            "28" | "28C" if self.number.is_none() => {
                self.number = Some(field.first_line());
                self.plain.push(field);
            }
            "34F" => {
                self.interim = true;
                self.floor = self.floor.or(Some(field));
            }
            "13" | "13D" => {
                self.interim = true;
                self.plain.push(field);
            }
            "90C" | "90D" => {
                self.interim = true;
                self.after_lines = true;
                self.totals.push(field);
            }
            "60F" | "60M" if self.lines.is_empty() && !self.after_lines => {
                self.balances.push((field, balance_kind(field.tag)));
            }
            "62F" | "62M" | "64" | "65" => {
                self.after_lines = true;
                self.balances.push((field, balance_kind(field.tag)));
            }
            "61" if !self.after_lines => self.lines.push(Raw::new(field)),
            "86" | "NS" => match self.lines.last_mut() {
                Some(line) if !self.after_lines => line.narratives.push(field),
                _ => self.information.push(field),
            },
            _ => self.stray.push(field),
        }
    }

    /// Whether another message is the next page of this one: of the same account and statement, it
    /// opens as a page between with the balance at which this one ends as such.
    pub fn continues_in(&self, next: &Self) -> bool {
        let end = self.balances.iter().rfind(|(field, _)| field.tag == "62M");
        let start = next.balances.iter().find(|(field, _)| field.tag == "60M");
        let (Some((end, _)), Some((start, _))) = (end, start) else {
            return false;
        };
        let account = |draft: &Self| draft.account.map(|field| field.first_line());
        // Behind the slash is the page.
        let number = |draft: &Self| {
            let number = draft.number.and_then(|number| number.split('/').next());
            number.map(|number| number.trim_start_matches('0'))
        };
        // Mark and amount: the day may be that of the page.
        let money = |field: &Field<'a>| {
            let text = field.first_line();
            Some((text.get(..1)?, text.get(7..)?))
        };
        account(self) == account(next)
            && number(self) == number(next)
            && money(end).is_some()
            && money(end) == money(start)
    }

    /// Takes over the next page.
    pub fn append(&mut self, next: Self) {
        let inner = |kind: &mut BalanceKind, end: BalanceKind| {
            if *kind == end {
                *kind = BalanceKind::Interim;
            }
        };
        self.balances.iter_mut().for_each(|(_, kind)| inner(kind, BalanceKind::Closing));
        self.balances.extend(next.balances.into_iter().map(|(field, mut kind)| {
            inner(&mut kind, BalanceKind::Opening);
            (field, kind)
        }));
        self.floor = self.floor.or(next.floor);
        self.totals.extend(next.totals);
        self.lines.extend(next.lines);
        self.information.extend(next.information);
        // Its account is the same, but another line may hide behind it.
        self.plain.extend(next.account);
        self.plain.extend(next.plain);
        self.stray.extend(next.stray);
        self.interim |= next.interim;
    }

    /// The statement, once all its fields were taken over.
    pub fn complete(self, context: &mut Context) -> Statement {
        let place = Place::statement(self.line, context.statement);
        for stray in &self.stray {
            let expected = "a field of MT940 or MT942 in its place";
            let tag = format!(":{}:", stray.tag);
            context.findings.fault(place.at(stray.line), &tag, stray.first_line(), expected);
        }
        self.refuse_hidden_lines(context);
        let (account, own_currency) = self.account(context);
        let currency = self.currency(own_currency, context);
        let balances = self.balances(currency, context);
        self.require_balances(context);
        let mut statement = Statement {
            id: self.number.or(self.reference).and_then(|id| value::free_text(id).0),
            account,
            currency,
            balances,
            ..Statement::begun(self.line)
        };
        self.take_name(&mut statement);
        let Some(currency) = currency else {
            if !self.lines.is_empty() {
                context.findings.fault(place, ":60F:", "", "a balance with the account's currency");
            }
            statement.refused = self.lines.len();
            return statement;
        };
        let mut undated = 0;
        for (ordinal, raw) in self.lines.iter().enumerate() {
            match entry::entry(raw, (currency, ordinal), context) {
                Some(entry) => {
                    undated += usize::from(!raw.has_entry_date());
                    statement.entries.push(entry);
                }
                None => statement.refused += 1,
            }
        }
        if undated > 0 {
            let note =
                format!("lines without an entry date: {undated}; their value dates are taken");
            context.findings.note(place, note);
        }
        self.check_totals(&statement, currency, context);
        statement
    }

    /// What stands before the first line, or behind the last one, must not hold another line.
    fn refuse_hidden_lines(&self, context: &mut Context) {
        let short = self.account.iter().chain(&self.floor).chain(&self.totals).chain(&self.plain);
        for field in short.clone().filter(|field| field.tag != "25P") {
            if let Some(more) = field.lines().nth(1) {
                let place = Place::statement(field.line, context.statement);
                let tag = format!(":{}:", field.tag);
                context.findings.fault(place, &tag, more, "a field on one line");
            }
        }
        for field in short.chain(&self.information) {
            if let Some(text) = field.lines().find(|text| entry::hides_line(text)) {
                let place = Place::statement(field.line, context.statement);
                let expected = "text, and no line of money";
                context.findings.fault(place, ":61:", text, expected);
            }
        }
    }

    /// The account, and the currency that some banks write behind its number.
    fn account(&self, context: &mut Context) -> (AccountRef, Option<CommodityCode>) {
        let place = Place::statement(self.line, context.statement);
        let Some(field) = self.account else {
            context.findings.fault(place, ":25:", "", "the account of the statement");
            return (AccountRef::default(), None);
        };
        let place = place.at(field.line);
        let text = context.findings.check(place, ":25:", value::identifier(field.first_line()));
        let Some(text) = text.flatten() else {
            context.findings.fault(place, ":25:", "", "the number of the account");
            return (AccountRef::default(), None);
        };
        let (number, currency) = without_currency(&text);
        let (bank, number) = match number.rsplit_once('/') {
            Some((bank, number)) if !number.is_empty() => (bank.trim_matches('/'), number),
            Some((number, _)) => ("", number),
            None => ("", number),
        };
        let solid = value::without_blanks(number);
        let iban = value::is_iban(&solid);
        let bank = Some(bank.trim().to_owned()).filter(|bank| !bank.is_empty());
        let account = AccountRef {
            number: (!iban).then(|| number.trim().to_owned()),
            iban: iban.then_some(solid),
            bank,
            branch: None,
            name: None,
            kind: AccountKind::Unstated,
        };
        (account, currency)
    }

    /// The owner's name, where a field `:NS:` between messages gives it.
    fn take_name(&self, statement: &mut Statement) {
        let named = self.information.iter().filter(|field| field.tag == "NS");
        let mut lines = named.flat_map(Field::lines);
        let name = lines.find_map(|line| line.strip_prefix("22"));
        // Some German banks repeat a bank's number here, which is no name.
        let name = name.filter(|name| name.contains(char::is_alphabetic));
        statement.account.name = name.and_then(|name| value::free_text(name).0);
    }

    fn currency(&self, own: Option<CommodityCode>, context: &mut Context) -> Option<CommodityCode> {
        let place = Place::statement(self.line, context.statement);
        let code = |field: &Field<'a>, start: usize| field.first_line().get(start..start + 3);
        let mut stated: Vec<(&Field, &str)> = Vec::new();
        let balances = self.balances.iter().map(|(field, _)| field);
        stated.extend(balances.filter_map(|field| Some((field, code(field, 7)?))));
        stated.extend(self.floor.iter().filter_map(|field| Some((field, code(field, 0)?))));
        let mut currency = own;
        for (field, code) in stated {
            let Some(found) = value::currency_code(code) else {
                if field.tag == "34F" {
                    let expected = "a currency code of ISO 4217 such as EUR";
                    context.findings.fault(place.at(field.line), ":34F:", code, expected);
                }
                // A balance says so itself.
                continue;
            };
            if currency.is_some_and(|known| known != found) {
                let expected =
                    format!("{}, the currency of the account", currency.unwrap_or(found));
                let tag = format!(":{}:", field.tag);
                context.findings.fault(place.at(field.line), &tag, code, &expected);
            }
            currency = currency.or(Some(found));
        }
        // Every message states its currency: where none is left, the field with it was lost.
        currency
    }

    fn balances(&self, currency: Option<CommodityCode>, context: &mut Context) -> Vec<Balance> {
        let mut balances: Vec<Balance> = Vec::new();
        for (field, kind) in &self.balances {
            let kind = *kind;
            let place = Place::balance(field.line, context.statement);
            let tag = format!(":{}:", field.tag);
            let found = self.balance(field, kind, context);
            let Some(balance) = found.filter(|balance| Some(balance.currency) == currency) else {
                continue;
            };
            let once = matches!(kind, BalanceKind::Opening | BalanceKind::Closing);
            if once && balances.iter().any(|known| known.kind == kind) {
                let place = Place::statement(place.line, context.statement);
                let expected = "a balance that is stated once";
                context.findings.fault(place, &tag, field.first_line(), expected);
                continue;
            }
            balances.push(balance);
        }
        balances
    }

    fn balance(&self, field: &Field, kind: BalanceKind, context: &mut Context) -> Option<Balance> {
        let place = Place::balance(field.line, context.statement);
        let tag = format!(":{}:", field.tag);
        let text = field.first_line();
        if let Some(more) = field.lines().nth(1) {
            // What goes on here belongs to another field, whose tag is damaged.
            let place = Place::statement(place.line, context.statement);
            context.findings.fault(place, &tag, more, "a field on one line");
        }
        let negative = match text.get(..1) {
            Some("C") => Some(false),
            Some("D") => Some(true),
            other => {
                context.findings.fault(place, &tag, other.unwrap_or_default(), "C or D");
                None
            }
        };
        let date_text = text.get(1..7).unwrap_or_default();
        let date = match date_text {
            // The first statement of an account has no day before it.
            "000000" if kind == BalanceKind::Opening => self.first_day(),
            _ => context.findings.check(place, &tag, line::date(date_text)),
        };
        let code = text.get(7..10).unwrap_or_default();
        let currency = context.findings.check(place, &tag, value::currency(code))?;
        let amount = value::amount(text.get(10..)?, DecimalSigns::Comma, currency);
        let amount = context.findings.check(place, &tag, amount)?;
        Some(Balance {
            line: field.line,
            kind,
            code: field.tag.to_owned(),
            amount: if negative? { amount.negate() } else { amount },
            currency,
            date: date?,
        })
    }

    /// The day of the first line, else of the closing balance.
    fn first_day(&self) -> Option<Date> {
        let of_line = self.lines.first().and_then(Raw::day);
        let closing = self.balances.iter().find(|(field, _)| field.tag.starts_with("62"));
        let of_closing =
            || closing.and_then(|(field, _)| line::date(field.first_line().get(1..7)?).ok());
        of_line.or_else(of_closing)
    }

    /// A statement has an opening and a closing balance; an interim report need not.
    fn require_balances(&self, context: &mut Context) {
        if self.interim {
            return;
        }
        for (kind, tag, expected) in [
            (BalanceKind::Opening, ":60F:", "the opening balance"),
            (BalanceKind::Closing, ":62F:", "the closing balance"),
        ] {
            if !self.balances.iter().any(|(_, stated)| *stated == kind) {
                let place = Place::balance(self.line, context.statement);
                context.findings.fault(place, tag, "", expected);
            }
        }
    }

    /// An interim report may count and sum its entries; those below the floor limit may be in it.
    fn check_totals(&self, statement: &Statement, currency: CommodityCode, context: &mut Context) {
        for field in &self.totals {
            let text = field.first_line();
            let place = Place::balance(field.line, context.statement);
            let tag = format!(":{}:", field.tag);
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let stated = text.get(digits + 3..).unwrap_or_default();
            let amount = value::amount(stated, DecimalSigns::Comma, currency);
            let Some(amount) = context.findings.check(place, &tag, amount) else {
                continue;
            };
            let wanted = |entry: &&Entry| entry.amount.is_negative() == (field.tag == "90D");
            let entries: Vec<&Entry> = statement.entries.iter().filter(wanted).collect();
            let sum = entries
                .iter()
                .try_fold(Decimal::ZERO, |sum, entry| sum.checked_add(entry.amount.abs()).ok());
            let difference = sum.and_then(|sum| amount.checked_sub(sum).ok());
            let count_agrees = text.get(..digits) == Some(entries.len().to_string().as_str());
            if let Some(difference) = difference.filter(|rest| !rest.is_zero() || !count_agrees) {
                let count = entries.len();
                let note = format!(
                    "{tag} counts other entries than the {count} read; the sums differ by \
                     {difference}"
                );
                context.findings.note(place, note);
            }
        }
    }
}

fn balance_kind(tag: &str) -> BalanceKind {
    match tag {
        "60F" | "60M" => BalanceKind::Opening,
        "64" => BalanceKind::ClosingAvailable,
        "65" => BalanceKind::ForwardAvailable,
        _ => BalanceKind::Closing,
    }
}

/// The number of an account without the currency that stands behind it.
fn without_currency(text: &str) -> (&str, Option<CommodityCode>) {
    let split = text.len().checked_sub(3).and_then(|split| text.split_at_checked(split));
    let found = split.and_then(|(number, code)| Some((number, value::currency_code(code)?)));
    match found {
        Some((number, currency))
            if number
                .ends_with(|last: char| last.is_ascii_digit() || last == ' ' || last == '/') =>
        {
            (number.trim_end_matches([' ', '/']), Some(currency))
        }
        _ => (text, None),
    }
}
