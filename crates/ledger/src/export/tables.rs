//! A book as a table and as JSON lines: everything that is in it.

use kernel::Commodity;
use serde_json::json;

use crate::changes::{Change, Changed};
use crate::model::TransferId;
use crate::query::TransferView;
use crate::search::NamedAccount;

const COLUMNS: [&str; 18] = [
    "number",
    "id",
    "type",
    "effective",
    "booked_at",
    "debit",
    "debit_name",
    "credit",
    "credit_name",
    "amount",
    "commodity",
    "code",
    "reference",
    "purpose",
    "counterparty",
    "hold",
    "reverses",
    "metadata",
];

/// The row of names.
pub(super) fn csv_head() -> String {
    format!("{}\r\n", COLUMNS.join(","))
}

/// A row (RFC 4180).
pub(super) fn csv_transfer(transfer: &TransferView, [debit, credit]: [&NamedAccount; 2]) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let id = |id: Option<TransferId>| id.map(|id| id.to_string()).unwrap_or_default();
    let cells: [String; COLUMNS.len()] = [
        transfer.number.to_string(),
        transfer.id.to_string(),
        transfer.kind.name().to_owned(),
        transfer.effective.to_string(),
        transfer.booked_at.to_string(),
        transfer.debit.to_string(),
        text(&debit.name),
        transfer.credit.to_string(),
        text(&credit.name),
        amount(transfer),
        transfer.commodity.code.to_string(),
        transfer.code.to_string(),
        text(&transfer.reference),
        text(&transfer.purpose),
        text(&transfer.counterparty),
        id(transfer.hold),
        id(transfer.reverses),
        transfer.metadata.as_ref().map(ToString::to_string).unwrap_or_default(),
    ];
    format!("{}\r\n", cells.map(|cell| quoted(&cell)).join(","))
}

/// A cell, quoted where it must be.
fn quoted(cell: &str) -> String {
    match cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

/// A line for each commodity.
pub(super) fn json_head(commodities: &[Commodity]) -> String {
    let line = |one: &Commodity| {
        format!("{}\n", json!({ "commodity": { "code": one.code.as_str(), "scale": one.scale } }))
    };
    commodities.iter().map(line).collect()
}

/// An account's line.
pub(super) fn json_account(named: &NamedAccount) -> String {
    let NamedAccount { account, name, metadata, .. } = named;
    let bound = |bound: Option<kernel::Amount>| bound.map(|bound| decimal(bound, account.scale));
    let line = json!({ "account": {
        "id": account.id, "name": name, "type": account.kind.name(),
        "commodity": account.commodity.as_str(), "code": account.code,
        "floor": bound(account.limits.floor), "ceiling": bound(account.limits.ceiling),
        "closed": account.closed, "metadata": metadata,
    } });
    format!("{line}\n")
}

/// A transfer's line.
pub(super) fn json_transfer(transfer: &TransferView) -> String {
    let line = json!({ "transfer": {
        "id": transfer.id, "number": transfer.number, "type": transfer.kind.name(),
        "debit": transfer.debit, "credit": transfer.credit, "amount": amount(transfer),
        "commodity": transfer.commodity.code.as_str(), "code": transfer.code,
        "effective": transfer.effective.to_string(),
        "booked_at": transfer.booked_at.to_string(),
        "expires_at": transfer.expires_at.map(|time| time.to_string()),
        "hold": transfer.hold, "reverses": transfer.reverses, "reference": transfer.reference,
        "purpose": transfer.purpose, "counterparty": transfer.counterparty,
        "metadata": transfer.metadata,
    } });
    format!("{line}\n")
}

/// The line of a hold that expired.
pub(super) fn json_expiry(change: &Change) -> String {
    match &change.what {
        Changed::Expired { hold, at, .. } => {
            format!("{}\n", json!({ "expiry": { "hold": hold, "expired_at": at.to_string() } }))
        }
        Changed::Transfer(transfer) => json_transfer(transfer),
    }
}

pub(super) fn amount(transfer: &TransferView) -> String {
    decimal(transfer.amount, transfer.commodity.scale)
}

/// An amount with all its decimals.
fn decimal(amount: kernel::Amount, scale: u8) -> String {
    // Scales of commodities are within those of decimals.
    amount.to_decimal(scale).map_or_else(|_| amount.to_string(), |decimal| decimal.to_string())
}
