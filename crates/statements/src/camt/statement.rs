//! One statement, report or notification: account, balances, and what its entries must agree with.
//!
//! What must stay true: a statement has one currency. Where the account states it, an entry in
//! another one is refused; where it does not, all that is booked must agree, or the whole statement
//! is refused. Balances are taken as they are.

use std::collections::BTreeMap;

use kernel::{CommodityCode, Date, Decimal};

use super::{Context, codes, entry};
use crate::fault::Place;
use crate::model::{AccountRef, Balance, BalanceKind, Entry, Statement};
use crate::tree::Node;
use crate::value::{self, DecimalSigns};

/// A statement as its elements come in.
pub(super) struct Draft {
    statement: Statement,
    /// The currency that the account states.
    account_currency: Option<CommodityCode>,
    /// The currency of the first entry, refused or not.
    entry_currency: Option<CommodityCode>,
    /// The currencies of the entries that were handed on, each with the line of the first one.
    currencies: BTreeMap<CommodityCode, u32>,
    has_account: bool,
}

impl Draft {
    /// A statement that has just begun.
    pub fn new(line: u32) -> Self {
        Self {
            statement: Statement::begun(line),
            account_currency: None,
            entry_currency: None,
            currencies: BTreeMap::new(),
            has_account: false,
        }
    }

    /// Takes over a child element.
    pub fn take(&mut self, part: &Node, context: &mut Context) {
        let place = Place::statement(part.line, context.statement);
        match part.name.as_ref() {
            "Id" => {
                let id = value::identifier(&part.text);
                self.statement.id = context.findings.check(place, "Id", id).flatten();
            }
            "FrToDt" => {
                let day = |name: &str| part.text_at(&[name]).map(value::iso_date);
                let from = day("FrDtTm").or_else(|| day("FrDt"));
                let to = day("ToDtTm").or_else(|| day("ToDt"));
                let findings = &mut *context.findings;
                self.statement.from = from.and_then(|day| findings.check(place, "FrDtTm", day));
                self.statement.to = to.and_then(|day| findings.check(place, "ToDtTm", day));
            }
            "Acct" => self.take_account(part, context),
            "Bal" => {
                let balance = balance(part, context);
                self.statement.balances.extend(balance);
            }
            "Ntry" => {
                let code = part.child("Amt").and_then(|amount| amount.attribute("Ccy"));
                let code = code.and_then(value::currency_code);
                self.entry_currency = self.entry_currency.or(code);
                let ordinal = self.statement.tally.entries + self.statement.refused;
                match entry::entry(part, ordinal, context) {
                    Some(entry) => self.take_entry(entry, context),
                    None => self.statement.refused += 1,
                }
            }
            "StmtPgntn" | "RptPgntn" | "NtfctnPgntn" => {
                let page = part.text_at(&["PgNb"]).unwrap_or("?");
                let is_last = matches!(part.text_at(&["LastPgInd"]), Some("true" | "1"));
                if page != "1" || !is_last {
                    let last = if is_last { "the last" } else { "not the last" };
                    let note = format!("this is page {page} of a statement, {last}");
                    context.findings.note(place, note);
                }
            }
            "CpyDplctInd" => {
                let note = format!("the bank marks this as a copy or duplicate ({})", part.text);
                context.findings.note(place, note);
            }
            // Interest rates, summaries, free text: no money.
            _ => {}
        }
    }

    /// Hands an entry on, unless it is in another currency than the account.
    fn take_entry(&mut self, entry: Entry, context: &mut Context) {
        let currency = entry.currency;
        if let Some(own) = self.account_currency.filter(|own| *own != currency) {
            let place = Place::entry(entry.line, context.statement, entry.ordinal);
            let expected = format!("{own}, the currency of the account");
            context.findings.fault(place, "Ntry/Amt@Ccy", currency.as_str(), &expected);
            self.statement.refused += 1;
            return;
        }
        self.currencies.entry(currency).or_insert(entry.line);
        self.statement.tally.take(&entry);
        context.entries.hand(context.statement, entry);
    }

    fn take_account(&mut self, node: &Node, context: &mut Context) {
        let place = Place::statement(node.line, context.statement);
        self.has_account = true;
        let mut identifier = |field: &str, text: Option<&str>| {
            let text = value::identifier(text.unwrap_or_default());
            context.findings.check(place, field, text).flatten()
        };
        let iban = identifier("IBAN", node.text_at(&["Id", "IBAN"]));
        let number = identifier("Id", other_number(node));
        let bank = identifier("Svcr", node.at(&["Svcr", "FinInstnId"]).and_then(bank_code));
        let branch = identifier("BrnchId", node.text_at(&["Svcr", "BrnchId", "Id"]));
        let iban = iban.map(|iban| value::without_blanks(&iban));
        if iban.is_none() && number.is_none() {
            context.findings.fault(place, "Acct", "", "an IBAN or another number");
        }
        if let Some(iban) = iban.as_deref().filter(|iban| !value::is_iban(iban)) {
            let note = format!("the check digits of the account's IBAN {iban} do not fit");
            context.findings.note(place, note);
        }
        let name = node.text_at(&["Nm"]).or_else(|| node.text_at(&["Ownr", "Nm"]));
        let kind = node.text_at(&["Tp", "Cd"]).or_else(|| node.text_at(&["Tp", "Prtry"]));
        self.statement.account = AccountRef {
            iban,
            number,
            bank,
            branch,
            name: name.and_then(|name| value::free_text(name).0),
            kind: codes::account_kind(kind.unwrap_or_default()),
        };
        self.account_currency = node
            .text_at(&["Ccy"])
            .and_then(|text| context.findings.check(place, "Ccy", value::currency(text)));
    }

    /// The statement, once all its elements were taken over.
    pub fn complete(mut self, context: &mut Context) -> Statement {
        let place = Place::statement(self.statement.line, context.statement);
        if !self.has_account {
            context.findings.fault(place, "Acct", "", "the account of the statement");
        }
        self.statement.currency = self.account_currency.or_else(|| self.usual_currency());
        if self.statement.currency.is_none() {
            self.statement.currency = context.options.currency;
        }
        let Some(currency) = self.statement.currency else {
            if self.statement.refused > 0 {
                context.findings.fault(place, "Ccy", "", "the currency of the account");
            }
            return self.statement;
        };
        self.check_balances(currency, context);
        self.check_entries(currency, context);
        self.statement
    }

    /// The currency of what is booked, where the account states none.
    fn usual_currency(&self) -> Option<CommodityCode> {
        let statement = &self.statement;
        let interim = || {
            let mut balances = statement.balances.iter();
            balances.find(|balance| balance.kind == BalanceKind::Interim)
        };
        let booked = statement.opening().or_else(|| statement.closing()).or_else(interim);
        let any = || statement.balances.first().map(|balance| balance.currency);
        booked.map(|balance| balance.currency).or(self.entry_currency).or_else(any)
    }

    fn check_balances(&self, currency: CommodityCode, context: &mut Context) {
        let mut stated: Vec<&Balance> = Vec::new();
        for balance in &self.statement.balances {
            let place = Place::statement(balance.line, context.statement);
            let is_booked = matches!(
                balance.kind,
                BalanceKind::Opening
                    | BalanceKind::Closing
                    | BalanceKind::Interim
                    | BalanceKind::PreviousClosing
            );
            if balance.currency != currency {
                if is_booked || self.account_currency.is_none() {
                    let expected = format!("{currency}, the currency of the account");
                    let found = balance.currency.as_str();
                    context.findings.fault(place, "Bal/Amt@Ccy", found, &expected);
                } else {
                    let other = balance.currency;
                    let note = format!("the balance {} is in {other}", balance.code);
                    context.findings.note(place, note);
                }
            }
            if !matches!(balance.kind, BalanceKind::Opening | BalanceKind::Closing) {
                continue;
            }
            let contradicts = |other: &&&Balance| {
                (other.kind, other.date) == (balance.kind, balance.date)
                    && other.amount != balance.amount
            };
            if let Some(other) = stated.iter().find(contradicts) {
                let expected = format!("{} as on line {}", other.amount, other.line);
                let found = balance.amount.to_string();
                let place = Place::balance(balance.line, context.statement);
                context.findings.fault(place, &balance.code, &found, &expected);
            } else if stated.len() < BALANCES_COMPARED_MAX {
                stated.push(balance);
            }
        }
    }

    /// What was handed on before its account's currency was known must be in it.
    fn check_entries(&self, currency: CommodityCode, context: &mut Context) {
        let expected = format!("{currency}, the currency of the account");
        for (other, line) in self.currencies.iter().filter(|(other, _)| **other != currency) {
            let place = Place::statement(*line, context.statement);
            context.findings.fault(place, "Ntry/Amt@Ccy", other.as_str(), &expected);
        }
    }
}

/// How many opening and closing balances are compared with one another.
const BALANCES_COMPARED_MAX: usize = 100;

fn balance(node: &Node, context: &mut Context) -> Option<Balance> {
    let place = Place::balance(node.line, context.statement);
    let code = node
        .text_at(&["Tp", "CdOrPrtry", "Cd"])
        .or_else(|| node.text_at(&["Tp", "CdOrPrtry", "Prtry"]))
        .or_else(|| node.text_at(&["Tp", "Cd"]))
        .unwrap_or_default();
    let sub_type = node.text_at(&["Tp", "SubTp", "Cd"]);
    let money = signed_money(node, place, context);
    let date = date(node, "Dt", place, context);
    if date == Some(None) {
        context.findings.fault(place, "Bal/Dt", "", "the date of the balance");
    }
    let ((amount, currency), date) = (money?, date??);
    Some(Balance {
        line: node.line,
        kind: codes::balance_kind(code, sub_type == Some("INTM")),
        code: value::free_text(code).0.unwrap_or_default(),
        amount,
        currency,
        date,
    })
}

/// The amount of an element, with its currency: never below zero, because the sign stands apart.
pub(super) fn money(
    node: &Node,
    place: Place,
    context: &mut Context,
) -> Option<(Decimal, CommodityCode)> {
    let amount = match node.only("Amt") {
        Ok(Some(amount)) => amount,
        Ok(None) => {
            context.findings.fault(place, "Amt", "", "an amount");
            return None;
        }
        Err(twice) => {
            let place = place.at(twice.line);
            context.findings.fault(place, "Amt", &twice.second, "an amount that is stated once");
            return None;
        }
    };
    amount_of(amount, place.at(amount.line), context)
}

/// The amount that is the text of an element.
pub(super) fn amount_of(
    amount: &Node,
    place: Place,
    context: &mut Context,
) -> Option<(Decimal, CommodityCode)> {
    let code = amount.attribute("Ccy").unwrap_or_default();
    let currency = context.findings.check(place, "Amt@Ccy", value::currency(code))?;
    let text = amount.text.trim();
    let read = value::amount(text, DecimalSigns::Point, currency);
    let read = context.findings.check(place, &amount.name, read)?;
    if read.is_negative() {
        let expected = "an amount without sign: CdtDbtInd gives it";
        context.findings.fault(place, &amount.name, text, expected);
        return None;
    }
    Some((read, currency))
}

/// Whether an element is a credit; `None`, with a fault, where it does not plainly say.
pub(super) fn is_credit(node: &Node, place: Place, context: &mut Context) -> Option<bool> {
    let found = match node.only("CdtDbtInd") {
        Ok(indicator) => indicator.map_or("", |indicator| indicator.text.trim()).to_owned(),
        Err(twice) => format!("also {}", twice.second),
    };
    match found.as_str() {
        "CRDT" => Some(true),
        "DBIT" => Some(false),
        _ => {
            context.findings.fault(place, "CdtDbtInd", &found, "CRDT or DBIT");
            None
        }
    }
}

/// The amount of an element, negative where it is a debit.
pub(super) fn signed_money(
    node: &Node,
    place: Place,
    context: &mut Context,
) -> Option<(Decimal, CommodityCode)> {
    let money = money(node, place, context);
    let is_credit = is_credit(node, place, context)?;
    let (amount, currency) = money?;
    Some((if is_credit { amount } else { amount.negate() }, currency))
}

/// The date in a child element, itself or as its `Dt` or `DtTm`; `Some(None)` where it is not
/// there, `None`, with a fault, where it is no date.
pub(super) fn date(
    node: &Node,
    name: &str,
    place: Place,
    context: &mut Context,
) -> Option<Option<Date>> {
    let Some(child) = node.child(name) else {
        return Some(None);
    };
    let text = child
        .text_at(&["Dt"])
        .or_else(|| child.text_at(&["DtTm"]))
        .unwrap_or_else(|| child.text.trim());
    let place = place.at(child.line);
    context.findings.check(place, name, value::iso_date(text)).map(Some)
}

/// The number of an account that is not an IBAN, in all versions.
pub(super) fn other_number<'n>(account: &'n Node) -> Option<&'n str> {
    let id = account.child("Id")?;
    id.text_at(&["Othr", "Id"])
        .or_else(|| id.text_at(&["PrtryAcct", "Id"]))
        .or_else(|| id.text_at(&["BBAN"]))
        .or_else(|| id.text_at(&["UPIC"]))
}

/// The code of a bank, in all versions.
pub(super) fn bank_code<'n>(institution: &'n Node) -> Option<&'n str> {
    institution
        .text_at(&["BICFI"])
        .or_else(|| institution.text_at(&["BIC"]))
        .or_else(|| institution.text_at(&["CmbndId", "BIC"]))
        .or_else(|| institution.text_at(&["ClrSysMmbId", "MmbId"]))
        .or_else(|| institution.text_at(&["Othr", "Id"]))
}
