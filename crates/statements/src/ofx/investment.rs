//! Investment statements: `INVSTMTRS`, as far as they move the account's cash.
//!
//! What must stay true: only what moves cash of the account is an entry; securities are holdings,
//! never money; everything else that is there is named in a note.

use std::collections::BTreeMap;

use kernel::{CommodityCode, Decimal};

use super::Context;
use super::statement::{begin, date, optional_date, single};
use super::transaction::{self, entry_currency, money, text};
use crate::fault::Place;
use crate::limits::ENTRIES_MAX;
use crate::model::{
    AccountKind, Balance, BalanceKind, Counterparty, Entry, EntryKind, EntryStatus, Holding,
    Statement,
};
use crate::tree::Node;
use crate::value::{self, DecimalSigns};

/// Where an investment transaction keeps its money: the aggregate that holds `INVTRAN`, the field
/// with the amount, and what it is.
struct Movement {
    within: Option<&'static str>,
    amount: &'static str,
    kind: EntryKind,
}

/// Reads an investment statement.
pub(super) fn investment(node: &Node, context: &mut Context) -> Statement {
    let mut statement = begin(node, "INVACCTFROM", context);
    statement.account.kind = AccountKind::Investment;
    for part in &node.children {
        let place = Place::statement(part.line, context.statement);
        match part.name.as_ref() {
            "INVTRANLIST" => {
                statement.from = optional_date(part, "DTSTART", place, context);
                statement.to = optional_date(part, "DTEND", place, context);
                transactions(part, &mut statement, context);
            }
            "INVPOSLIST" => positions(part, &mut statement, context),
            "INVBAL" => cash_balance((node, part), &mut statement, context),
            "DTASOF" | "CURDEF" | "INVACCTFROM" => {}
            name => context.findings.note(place, format!("{name} is not read: it is no cash")),
        }
    }
    statement
}

fn transactions(list: &Node, statement: &mut Statement, context: &mut Context) {
    for node in &list.children {
        let ordinal = statement.entries.len() + statement.refused;
        if context.entries + ordinal >= ENTRIES_MAX {
            let place = Place::statement(node.line, context.statement);
            let expected = format!("at most {ENTRIES_MAX} entries");
            context.findings.fault(place, &node.name, "", &expected);
            return;
        }
        let account = (statement.currency, ordinal);
        let read = match node.name.as_ref() {
            "DTSTART" | "DTEND" => continue,
            "INVBANKTRAN" => match node.child("STMTTRN") {
                Some(inner) => transaction::entry(inner, account, EntryStatus::Booked, context),
                None => {
                    let place = Place::entry(node.line, context.statement, ordinal);
                    context.findings.fault(place, "STMTTRN", "", "a transaction");
                    None
                }
            },
            name => match movement(name) {
                Some(movement) if moves_cash(node, &movement) => {
                    trade(node, &movement, account, context)
                }
                Some(_) | None => {
                    let place = Place::statement(node.line, context.statement);
                    let note = format!("{name} is no entry: it moves no cash of the account");
                    context.findings.note(place, note);
                    continue;
                }
            },
        };
        match read {
            Some(entry) => statement.entries.push(entry),
            None => statement.refused += 1,
        }
    }
}

/// How a kind of investment transaction moves cash; `None` where it never does. `REINVEST` pays
/// out and in at once, `TRANSFER` and its like move securities only.
fn movement(name: &str) -> Option<Movement> {
    let of = |within, amount, kind| Some(Movement { within, amount, kind });
    match name {
        "BUYDEBT" | "BUYMF" | "BUYOPT" | "BUYOTHER" | "BUYSTOCK" => {
            of(Some("INVBUY"), "TOTAL", EntryKind::Purchase)
        }
        "SELLDEBT" | "SELLMF" | "SELLOPT" | "SELLOTHER" | "SELLSTOCK" => {
            of(Some("INVSELL"), "TOTAL", EntryKind::Sale)
        }
        "INCOME" => of(None, "TOTAL", EntryKind::Dividend),
        "RETOFCAP" => of(None, "TOTAL", EntryKind::Other),
        "INVEXPENSE" => of(None, "TOTAL", EntryKind::Fee),
        "MARGININTEREST" => of(None, "TOTAL", EntryKind::Interest),
        "SPLIT" => of(None, "FRACCASH", EntryKind::Other),
        _ => None,
    }
}

/// Whether the money came from or went to a sub-account that is cash, and there is any.
fn moves_cash(node: &Node, movement: &Movement) -> bool {
    let holder = movement.within.map_or(Some(node), |within| node.child(within));
    let Some(holder) = holder else {
        // Something is missing that reading it will name.
        return true;
    };
    let optional = movement.amount == "FRACCASH";
    let stated = holder.text_at(&[movement.amount]).is_some();
    holder.text_at(&["SUBACCTFUND"]) != Some("OTHER") && (stated || !optional)
}

fn trade(
    node: &Node,
    movement: &Movement,
    (account, ordinal): (Option<CommodityCode>, usize),
    context: &mut Context,
) -> Option<Entry> {
    let place = Place::entry(node.line, context.statement, ordinal);
    let holder = movement.within.map_or(Some(node), |within| node.child(within));
    let parts = holder.and_then(|holder| Some((holder, holder.child("INVTRAN")?)));
    let Some((holder, general)) = parts.filter(|_| !node.is_damaged()) else {
        context.findings.fault(place, &node.name, "", "a complete transaction with INVTRAN");
        return None;
    };
    let faults_before = context.findings.fault_count();
    let optional = movement.amount == "FRACCASH";
    let fund = holder.text_at(&["SUBACCTFUND"]).unwrap_or(if optional { "CASH" } else { "" });
    if !matches!(fund, "CASH" | "MARGIN" | "SHORT") {
        let expected = "CASH, MARGIN, SHORT or OTHER";
        context.findings.fault(place, "SUBACCTFUND", fund, expected);
    }
    let booked = single(general, "DTTRADE", place, context)
        .and_then(|text| context.findings.check(place, "DTTRADE", date(text)));
    let settled = optional_date(general, "DTSETTLE", place, context);
    let currency = entry_currency(holder, account, place, context);
    let amount =
        currency.and_then(|currency| money(holder, movement.amount, (currency, place), context));
    let fit_id = value::identifier(general.text_at(&["FITID"]).unwrap_or_default());
    let bank_reference = context.findings.check(place, "FITID", fit_id).flatten();
    let security = text(holder, &["SECID", "UNIQUEID"], place, context);
    let memo = text(general, &["MEMO"], place, context);
    if context.findings.fault_count() > faults_before {
        return None;
    }
    let is_interest = node.text_at(&["INCOMETYPE"]) == Some("INTEREST");
    Some(Entry {
        line: node.line,
        ordinal,
        booked: booked?,
        value: settled,
        amount: amount?,
        currency: currency?,
        status: EntryStatus::Booked,
        reversal: general.child("REVERSALFITID").is_some(),
        counterparty: Counterparty::default(),
        purpose: memo,
        reference: security,
        bank_reference,
        end_to_end: None,
        type_code: Some(node.name.to_string()),
        kind: if is_interest { EntryKind::Interest } else { movement.kind },
        original: None,
        charges: Vec::new(),
        balance_after: None,
        corrects: None,
        details: Vec::new(),
    })
}

/// The cash balance. It has no date of its own, but the statement's.
fn cash_balance(
    (statement_node, node): (&Node, &Node),
    statement: &mut Statement,
    context: &mut Context,
) {
    let place = Place::balance(node.line, context.statement);
    if node.is_damaged() {
        context.findings.fault(place, "INVBAL", "", "an element that is complete");
        return;
    }
    let Some(currency) = statement.currency else {
        return;
    };
    let amount = money(node, "AVAILCASH", (currency, place), context);
    let date = single(statement_node, "DTASOF", place, context)
        .and_then(|text| context.findings.check(place, "DTASOF", date(text)));
    for other in ["MARGINBALANCE", "SHORTBALANCE"] {
        let stated = node.text_at(&[other]).unwrap_or_default();
        if stated.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
            context.findings.note(place, format!("{other} {stated} is not read"));
        }
    }
    if let (Some(amount), Some(date)) = (amount, date) {
        statement.balances.push(Balance {
            line: node.line,
            kind: BalanceKind::Closing,
            code: "AVAILCASH".to_owned(),
            amount,
            currency,
            date,
        });
    }
}

fn positions(list: &Node, statement: &mut Statement, context: &mut Context) {
    for node in &list.children {
        let place = Place::statement(node.line, context.statement);
        match node.child("INVPOS").and_then(holding) {
            Some(holding) => statement.holdings.push(holding),
            None => {
                let note = format!("{} is left out: it is not plainly a position", node.name);
                context.findings.note(place, note);
            }
        }
    }
}

/// A position; `None` where any of its numbers is not one.
fn holding(node: &Node) -> Option<Holding> {
    let number = |name: &str| -> Option<Option<Decimal>> {
        match node.text_at(&[name]) {
            None => Some(None),
            Some(text) => value::number(text, DecimalSigns::PointOrComma).ok().map(Some),
        }
    };
    let identifier = |path: &[&str]| value::identifier(node.text_at(path)?).ok().flatten();
    Some(Holding {
        line: node.line,
        security: identifier(&["SECID", "UNIQUEID"])?,
        scheme: identifier(&["SECID", "UNIQUEIDTYPE"]),
        name: None,
        units: number("UNITS")??,
        unit_price: number("UNITPRICE")?,
        market_value: number("MKTVAL")?,
        priced: node.text_at(&["DTPRICEASOF"]).and_then(|text| date(text).ok()),
    })
}

/// Gives holdings the names that the file's list of securities has for them.
pub(super) fn name_holdings(document: &Node, statements: &mut [Statement]) {
    let mut names = BTreeMap::new();
    let lists = document.children_named("SECLISTMSGSRSV1");
    for list in lists.flat_map(|set| set.children_named("SECLIST")) {
        for security in list.children.iter().filter_map(|info| info.child("SECINFO")) {
            let name = security.text_at(&["SECNAME"]).and_then(|name| value::free_text(name).0);
            if let (Some(id), Some(name)) = (security.text_at(&["SECID", "UNIQUEID"]), name) {
                names.entry(id).or_insert(name);
            }
        }
    }
    let holdings = statements.iter_mut().flat_map(|statement| &mut statement.holdings);
    for holding in holdings {
        if holding.name.is_none() {
            holding.name = names.get(holding.security.as_str()).cloned();
        }
    }
}
