//! One transaction: `STMTTRN`, in bank, card and investment statements.
//!
//! What must stay true: the amount is in the account's currency and carries its own sign; a type
//! that says otherwise changes nothing, and an amount in another currency is refused, because OFX
//! leaves its conversion (and rounding) to the reader.

use kernel::{CommodityCode, Decimal};

use super::Context;
use super::statement::{date, optional_date, single};
use crate::fault::Place;
use crate::model::{Counterparty, Entry, EntryKind, EntryStatus, OriginalAmount};
use crate::tree::Node;
use crate::value::{self, DecimalSigns};

/// Reads a transaction of an account in this currency; `None`, with a fault, where any part that
/// matters is not plain.
pub(super) fn entry(
    node: &Node,
    (currency, ordinal): (Option<CommodityCode>, usize),
    status: EntryStatus,
    context: &mut Context,
) -> Option<Entry> {
    let place = Place::entry(node.line, context.statement, ordinal);
    let faults_before = context.findings.fault_count();
    if node.is_damaged() {
        context.findings.fault(place, &node.name, "", "an element that is complete");
    }
    let booked_field = match status {
        EntryStatus::Booked | EntryStatus::Information => "DTPOSTED",
        EntryStatus::Pending => "DTTRAN",
    };
    let booked = single(node, booked_field, place, context)
        .and_then(|text| context.findings.check(place, booked_field, date(text)));
    let currency = entry_currency(node, currency, place, context);
    let amount = currency.and_then(|currency| money(node, "TRNAMT", (currency, place), context));
    let value_date = optional_date(node, "DTAVAIL", place, context);
    let original = original(node, place, context);
    let mut identifier = |field: &str| {
        let text = node.text_at(&[field]).unwrap_or_default();
        context.findings.check(place, field, value::identifier(text)).flatten()
    };
    let bank_reference = identifier("FITID");
    let corrects = identifier("CORRECTFITID");
    // Cheque number 0 is how some banks say that there is none.
    let cheque = identifier("CHECKNUM").filter(|number| number.bytes().any(|byte| byte != b'0'));
    let reference = identifier("REFNUM").or(cheque);
    let counterparty = counterparty(node, place, context);
    let purpose = text(node, &["MEMO"], place, context);
    let type_code = text(node, &["TRNTYPE"], place, context);
    if let Some(corrected) = &corrects {
        let action = node.text_at(&["CORRECTACTION"]).unwrap_or_default();
        let note = format!("says that it corrects {corrected} ({action}); both entries are kept");
        context.findings.note(place, note);
    }
    if context.findings.fault_count() > faults_before {
        return None;
    }
    let kind = type_code.as_deref().map_or(EntryKind::Other, kind);
    let (amount, currency, booked) = (amount?, currency?, booked?);
    note_sign(kind, amount, place, context);
    Some(Entry {
        line: node.line,
        ordinal,
        booked,
        value: value_date,
        amount,
        currency,
        status,
        reversal: false,
        counterparty,
        purpose,
        reference,
        bank_reference,
        end_to_end: None,
        type_code,
        kind,
        original,
        charges: Vec::new(),
        balance_after: None,
        corrects,
        details: Vec::new(),
    })
}

/// An amount of money that must be there.
pub(super) fn money(
    node: &Node,
    name: &str,
    (currency, place): (CommodityCode, Place),
    context: &mut Context,
) -> Option<Decimal> {
    let text = single(node, name, place, context)?;
    let amount = value::amount(text, DecimalSigns::PointOrComma, currency);
    context.findings.check(place, name, amount)
}

/// A free text, cut with a note where it is too long.
pub(super) fn text(
    node: &Node,
    path: &[&str],
    place: Place,
    context: &mut Context,
) -> Option<String> {
    let (text, cut) = value::free_text(node.text_at(path)?);
    if cut {
        let field = path.last().copied().unwrap_or_default();
        context.findings.note(place, format!("{field} was cut: it is too long"));
    }
    text
}

/// The currency of the amount: the account's, unless a `CURRENCY` names another one, which is a
/// fault.
pub(super) fn entry_currency(
    node: &Node,
    account: Option<CommodityCode>,
    place: Place,
    context: &mut Context,
) -> Option<CommodityCode> {
    let Some(stated) = node.child("CURRENCY") else {
        return account;
    };
    let text = single(stated, "CURSYM", place, context)?;
    let stated = context.findings.check(place, "CURSYM", value::currency(text))?;
    match account {
        Some(account) if account != stated => {
            let expected = format!("an amount in {account}, the currency of the account");
            context.findings.fault(place, "CURSYM", stated.as_str(), &expected);
            None
        }
        Some(_) | None => Some(stated),
    }
}

/// What the bank has already converted from: `ORIGCURRENCY` states currency and rate only.
fn original(node: &Node, place: Place, context: &mut Context) -> Option<OriginalAmount> {
    let stated = node.child("ORIGCURRENCY")?;
    let text = single(stated, "CURSYM", place, context)?;
    let currency = context.findings.check(place, "CURSYM", value::currency(text))?;
    let text = single(stated, "CURRATE", place, context)?;
    let rate = match text {
        "" => None,
        text => {
            let rate = value::number(text, DecimalSigns::PointOrComma);
            Some(context.findings.check(place, "CURRATE", rate)?)
        }
    };
    let amount = None;
    Some(OriginalAmount { amount, currency, rate })
}

fn counterparty(node: &Node, place: Place, context: &mut Context) -> Counterparty {
    let name = text(node, &["EXTDNAME"], place, context)
        .or_else(|| text(node, &["NAME"], place, context))
        .or_else(|| text(node, &["PAYEE", "NAME"], place, context));
    let account = node.child("BANKACCTTO").or_else(|| node.child("CCACCTTO"));
    let mut identifier = |field: &str| {
        let text = account.and_then(|account| account.text_at(&[field])).unwrap_or_default();
        context.findings.check(place, field, value::identifier(text)).flatten()
    };
    Counterparty { name, account: identifier("ACCTID"), bank: identifier("BANKID") }
}

/// `TRNTYPE` in the vocabulary of this crate.
fn kind(type_code: &str) -> EntryKind {
    match type_code.to_ascii_uppercase().as_str() {
        "XFER" | "DIRECTDEP" | "PAYMENT" => EntryKind::Transfer,
        "REPEATPMT" => EntryKind::StandingOrder,
        "DIRECTDEBIT" => EntryKind::DirectDebit,
        "POS" => EntryKind::Card,
        "ATM" | "CASH" | "DEP" => EntryKind::Cash,
        "CHECK" => EntryKind::Cheque,
        "FEE" | "SRVCHG" => EntryKind::Fee,
        "INT" => EntryKind::Interest,
        "DIV" => EntryKind::Dividend,
        _ => EntryKind::Other,
    }
}

/// The sign of the amount counts. A type that says otherwise is worth a look.
fn note_sign(kind: EntryKind, amount: Decimal, place: Place, context: &mut Context) {
    let pays = matches!(
        kind,
        EntryKind::Fee | EntryKind::DirectDebit | EntryKind::Card | EntryKind::StandingOrder
    );
    if pays && !amount.is_negative() && !amount.is_zero() {
        let note = "the amount is positive although its type says that the account paid";
        context.findings.note(place, note);
    }
}
