//! The transactions of an entry: `TxDtls`, who paid whom for what.
//!
//! What must stay true: an amount in a detail is read as strictly as any other; names and texts are
//! taken as they are, and the other side is the one that is not the account.

use kernel::CommodityCode;

use super::Context;
use super::entry::{charges, original};
use super::statement::{amount_of, bank_code, is_credit, other_number};
use crate::fault::Place;
use crate::model::{Counterparty, Detail};
use crate::tree::Node;
use crate::value;

/// On which side of the entry the account stands.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub is_credit: bool,
    pub reversal: bool,
}

/// Reads the transactions of an entry (version 1 has them directly in it).
pub(super) fn details(
    node: &Node,
    account: (Side, Option<CommodityCode>),
    place: Place,
    context: &mut Context,
) -> Vec<Detail> {
    let grouped = node.children_named("NtryDtls");
    let grouped = grouped.flat_map(|group| group.children_named("TxDtls"));
    let direct = node.children_named("TxDtls");
    let mut details = Vec::new();
    for transaction in grouped.chain(direct) {
        details.push(detail(transaction, account, place, context));
    }
    details
}

fn detail(
    node: &Node,
    (mut side, currency): (Side, Option<CommodityCode>),
    place: Place,
    context: &mut Context,
) -> Detail {
    let place = place.at(node.line);
    if node.child("CdtDbtInd").is_some() {
        side.is_credit = is_credit(node, place, context).unwrap_or(side.is_credit);
    }
    let stated = node.child("Amt").or_else(|| node.at(&["AmtDtls", "TxAmt", "Amt"]));
    let money = stated.and_then(|amount| amount_of(amount, place.at(amount.line), context));
    let signed = money.map(|(amount, _)| if side.is_credit { amount } else { amount.negate() });
    let mut identifier = |field: &str, text: Option<&str>| {
        let text = value::identifier(text.unwrap_or_default());
        context.findings.check(place, field, text).flatten()
    };
    let end_to_end = identifier("EndToEndId", node.text_at(&["Refs", "EndToEndId"]));
    let bank_reference = identifier("AcctSvcrRef", node.text_at(&["Refs", "AcctSvcrRef"]));
    let creditor_reference = node.child("RmtInf").and_then(creditor_reference);
    let cheque = node.text_at(&["Refs", "ChqNb"]);
    let reference = identifier("Ref", creditor_reference.or(cheque));
    let reason = node.child("RtrInf").and_then(|returned| {
        let reasons: [&[&str]; 5] = [
            &["Rsn", "Cd"],
            &["Rsn", "Prtry"],
            &["RtrRsn", "Cd"],
            &["RtrRsn", "Prtry"],
            &["AddtlInf"],
        ];
        reasons.iter().find_map(|path| returned.text_at(path))
    });
    Detail {
        line: node.line,
        amount: signed,
        currency: money.map(|(_, currency)| currency),
        counterparty: counterparty(node, side, place, context),
        purpose: purpose(node, place, context),
        reference,
        bank_reference,
        end_to_end: end_to_end.filter(|id| id != "NOTPROVIDED"),
        return_reason: reason.and_then(|reason| value::free_text(reason).0),
        original: original(node, currency, place, context),
        charges: charges(node, place, context),
    }
}

/// The reference that the creditor gave, in all versions.
fn creditor_reference<'n>(remittance: &'n Node) -> Option<&'n str> {
    let mut structured = remittance.children_named("Strd");
    structured.find_map(|block| {
        block.text_at(&["CdtrRefInf", "Ref"]).or_else(|| block.text_at(&["CdtrRefInf", "CdtrRef"]))
    })
}

/// The other side: for a credit the debtor, for a debit the creditor. A reversal turns the money
/// around, but keeps the parties of the payment that it takes back.
fn counterparty(node: &Node, side: Side, place: Place, context: &mut Context) -> Counterparty {
    let (party, account, agent, ultimate) = if side.is_credit != side.reversal {
        ("Dbtr", "DbtrAcct", "DbtrAgt", "UltmtDbtr")
    } else {
        ("Cdtr", "CdtrAcct", "CdtrAgt", "UltmtCdtr")
    };
    let parties = node.child("RltdPties");
    let name = |role: &str| {
        let party = parties.and_then(|parties| parties.child(role))?;
        party
            .text_at(&["Nm"])
            .or_else(|| party.text_at(&["Pty", "Nm"]))
            .or_else(|| party.text_at(&["Agt", "FinInstnId", "Nm"]))
    };
    let name = name(party).or_else(|| name(ultimate));
    let account_node = parties.and_then(|parties| parties.child(account));
    let number = account_node
        .and_then(|account| account.text_at(&["Id", "IBAN"]).or_else(|| other_number(account)));
    let agent_node = node.at(&["RltdAgts", agent, "FinInstnId"]);
    let mut identifier = |field: &str, text: Option<&str>| {
        let text = value::identifier(text.unwrap_or_default());
        context.findings.check(place, field, text).flatten()
    };
    Counterparty {
        name: name.and_then(|name| value::free_text(name).0),
        account: identifier(account, number),
        bank: identifier(agent, agent_node.and_then(bank_code)),
    }
}

/// What it was for: the free lines, else what was added to the reference, else to the transaction.
fn purpose(node: &Node, place: Place, context: &mut Context) -> Option<String> {
    let mut lines: Vec<&str> = Vec::new();
    if let Some(remittance) = node.child("RmtInf") {
        lines.extend(remittance.children_named("Ustrd").map(|line| line.text.trim()));
        if lines.is_empty() {
            let structured = remittance.children_named("Strd");
            let added = structured.flat_map(|block| block.children_named("AddtlRmtInf"));
            lines.extend(added.map(|line| line.text.trim()));
        }
    }
    if lines.is_empty() {
        lines.extend(node.text_at(&["AddtlTxInf"]));
    }
    let (text, cut) = value::free_text(&lines.join(" "));
    if cut {
        context.findings.note(place, "the purpose was cut: it is too long");
    }
    text
}
