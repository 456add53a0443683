//! One entry: `Ntry`, the line of money.
//!
//! What must stay true: the entry's own amount is the money, and its sign is that of `CdtDbtInd`
//! also where it is a reversal; transactions inside it explain the amount and never change it.

use kernel::{CommodityCode, Decimal};

use super::details::{self, Side};
use super::statement::{amount_of, date, is_credit, money};
use super::{Context, codes};
use crate::fault::Place;
use crate::model::{
    BalanceCheck, Charge, Counterparty, Detail, Entry, EntryKind, EntryStatus, OriginalAmount,
};
use crate::tree::Node;
use crate::value::{self, DecimalSigns};

/// Reads an entry; `None`, with a fault, where any part that matters is not plain.
pub(super) fn entry(node: &Node, ordinal: usize, context: &mut Context) -> Option<Entry> {
    let place = Place::entry(node.line, context.statement, ordinal);
    let faults_before = context.findings.fault_count();
    let money = money(node, place, context);
    let is_credit = is_credit(node, place, context);
    let status = status(node, place, context);
    let reversal = matches!(node.text_at(&["RvslInd"]), Some("true" | "1"));
    let booking = date(node, "BookgDt", place, context);
    let value_date = date(node, "ValDt", place, context);
    if let (Some(None), Some(value_date)) = (booking, value_date) {
        match value_date {
            Some(_) => context.findings.note(place, "BookgDt is missing: the value date is taken"),
            None => context.findings.fault(place, "BookgDt", "", "a date of booking"),
        }
    }
    let bank_reference = value::identifier(node.text_at(&["AcctSvcrRef"]).unwrap_or_default());
    let bank_reference = context.findings.check(place, "AcctSvcrRef", bank_reference).flatten();
    let charges = charges(node, place, context);
    let side = Side { is_credit: is_credit.unwrap_or_default(), reversal };
    let currency = money.map(|(_, currency)| currency);
    let mut original = original(node, currency, place, context);
    let details = details::details(node, (side, currency), place, context);
    if context.findings.fault_count() > faults_before {
        return None;
    }
    let ((amount, currency), status) = (money?, status?);
    let lone = match details.as_slice() {
        [lone] => Some(lone),
        _ => None,
    };
    original = original.or_else(|| lone.and_then(|detail| detail.original.clone()));
    let type_code = codes::type_code(node);
    let returned = details.iter().any(|detail| detail.return_reason.is_some());
    let kind = if returned {
        EntryKind::Return
    } else {
        type_code.as_deref().map_or(EntryKind::Other, codes::entry_kind)
    };
    let of_lone = |part: fn(&Detail) -> &Option<String>| lone.and_then(|lone| part(lone).clone());
    let entry = Entry {
        line: node.line,
        ordinal,
        booked: booking?.or(value_date?)?,
        value: value_date?,
        amount: if is_credit? { amount } else { amount.negate() },
        currency,
        status,
        reversal,
        counterparty: lone.map_or_else(Counterparty::default, |lone| lone.counterparty.clone()),
        purpose: of_lone(|lone| &lone.purpose).or_else(|| additional(node, place, context)),
        reference: of_lone(|lone| &lone.reference),
        bank_reference: bank_reference.or_else(|| of_lone(|lone| &lone.bank_reference)),
        end_to_end: of_lone(|lone| &lone.end_to_end),
        type_code,
        kind,
        original,
        charges,
        balance_after: None,
        corrects: None,
        details,
    };
    if let BalanceCheck::Differs { difference } = entry.details_check() {
        let note = format!("its transactions differ from its amount by {difference}");
        context.findings.note(place, note);
    }
    Some(entry)
}

fn status(node: &Node, place: Place, context: &mut Context) -> Option<EntryStatus> {
    let code = node.text_at(&["Sts", "Cd"]).or_else(|| node.text_at(&["Sts"]));
    match code.unwrap_or_default() {
        "BOOK" => Some(EntryStatus::Booked),
        "PDNG" | "FUTR" => Some(EntryStatus::Pending),
        "INFO" => Some(EntryStatus::Information),
        other => {
            context.findings.fault(place, "Sts", other, "BOOK, PDNG, FUTR or INFO");
            None
        }
    }
}

fn additional(node: &Node, place: Place, context: &mut Context) -> Option<String> {
    let (text, cut) = value::free_text(node.text_at(&["AddtlNtryInf"])?);
    if cut {
        context.findings.note(place, "AddtlNtryInf was cut: it is too long");
    }
    text
}

/// The charges of an entry or a detail, in the forms of all versions.
pub(super) fn charges(node: &Node, place: Place, context: &mut Context) -> Vec<Charge> {
    let mut charges = Vec::new();
    for group in node.children_named("Chrgs") {
        let mut records: Vec<&Node> = group.children_named("Rcrd").collect();
        if records.is_empty() {
            records.push(group);
        }
        for record in records {
            let total = || record.child("TtlChrgsAndTaxAmt");
            let Some(amount) = record.child("Amt").or_else(total) else {
                continue;
            };
            let Some((amount, currency)) = amount_of(amount, place.at(amount.line), context) else {
                continue;
            };
            if amount.is_zero() {
                continue;
            }
            let included =
                record.text_at(&["ChrgInclInd"]).map(|text| text == "true" || text == "1");
            let name = record
                .text_at(&["Tp", "Cd"])
                .or_else(|| record.text_at(&["Tp", "Prtry", "Id"]))
                .or_else(|| record.text_at(&["Tp", "Prtry"]));
            let paid = record.text_at(&["CdtDbtInd"]) != Some("CRDT");
            charges.push(Charge {
                amount: if paid { amount.negate() } else { amount },
                currency,
                included,
                name: name.and_then(|name| value::free_text(name).0),
            });
        }
    }
    charges
}

/// The amount before it was exchanged: the first of the stated ones that is in another currency.
pub(super) fn original(
    node: &Node,
    currency: Option<CommodityCode>,
    place: Place,
    context: &mut Context,
) -> Option<OriginalAmount> {
    let stated = node.child("AmtDtls")?;
    let mut found = None;
    for part in ["InstdAmt", "TxAmt", "CntrValAmt"].map(|name| stated.child(name)) {
        let Some(amount) = part.and_then(|part| part.child("Amt")) else {
            continue;
        };
        let read = amount_of(amount, place.at(amount.line), context);
        found = found.or_else(|| read.filter(|(_, stated)| Some(*stated) != currency));
    }
    let exchange = stated.children.iter().find_map(|part| part.child("CcyXchg"));
    let rate = exchange.and_then(|exchange| rate(exchange, place, context));
    let source = exchange.and_then(|exchange| exchange.text_at(&["SrcCcy"]));
    let source = source.and_then(value::currency_code);
    let source = source.filter(|source| Some(*source) != currency);
    match (found, source) {
        (Some((amount, currency)), _) => {
            let amount = Some(amount);
            Some(OriginalAmount { amount, currency, rate })
        }
        (None, Some(currency)) => {
            let amount = None;
            Some(OriginalAmount { amount, currency, rate })
        }
        (None, None) => None,
    }
}

fn rate(exchange: &Node, place: Place, context: &mut Context) -> Option<Decimal> {
    let text = exchange.text_at(&["XchgRate"])?;
    let rate = value::number(text, DecimalSigns::Point);
    context.findings.check(place.at(exchange.line), "XchgRate", rate)
}
