//! Tells a reading in lines of text, so that a test can hold it against a table written by hand.

use statements::{
    AccountRef, Balance, BalanceCheck, Counterparty, Entry, EntryStatus, Reading, Statement,
};

/// A reading: one line for the file, each statement, each entry, each detail and each fault.
pub fn told(reading: &Reading) -> String {
    let format = reading.format.map_or("none".to_owned(), |format| format!("{format:?}"));
    let encoding = reading.encoding.as_ref().map_or("none", |encoding| &encoding.name);
    let version = reading.version.as_deref().unwrap_or("-");
    let mut lines = vec![format!("{format} {version} {encoding}")];
    for statement in &reading.statements {
        lines.push(told_statement(statement));
        for entry in &statement.entries {
            lines.push(told_entry(entry));
            for detail in &entry.details {
                let amount = detail.amount.map_or("-".to_owned(), |amount| amount.to_string());
                let parts = [
                    told_party(&detail.counterparty),
                    text(&detail.purpose),
                    text(&detail.reference),
                    text(&detail.end_to_end),
                    text(&detail.return_reason),
                ];
                lines.push(format!("    . {amount} | {}", parts.join(" | ")));
            }
        }
    }
    for fault in &reading.faults {
        lines.push(format!(
            "! line {} {}: {:?}, not {}",
            fault.line, fault.field, fault.found, fault.expected
        ));
    }
    lines.join("\n")
}

fn told_statement(statement: &Statement) -> String {
    let AccountRef { iban, number, bank, name, kind, .. } = &statement.account;
    let names = [text(iban), text(number), text(bank), text(name)].join(" / ");
    let balance = |balance: Option<&Balance>| match balance {
        Some(balance) => format!("{} on {}", balance.amount, balance.date),
        None => "-".to_owned(),
    };
    let check = match statement.balance_check() {
        BalanceCheck::Agrees => "agrees".to_owned(),
        BalanceCheck::Differs { difference } => format!("differs by {difference}"),
        BalanceCheck::Unknown => "unknown".to_owned(),
    };
    let currency = statement.currency.map_or("-".to_owned(), |currency| currency.to_string());
    format!(
        "= {names} {kind:?} {currency}: {} -> {}, {check}",
        balance(statement.opening()),
        balance(statement.closing())
    )
}

fn told_entry(entry: &Entry) -> String {
    let value = entry.value.map_or("-".to_owned(), |date| date.to_string());
    let mark = match (entry.status, entry.reversal) {
        (EntryStatus::Booked, false) => "",
        (EntryStatus::Booked, true) => " reversal",
        (EntryStatus::Pending, _) => " pending",
        (EntryStatus::Information, _) => " information",
    };
    let mut parts = vec![
        told_party(&entry.counterparty),
        text(&entry.purpose),
        text(&entry.reference),
        text(&entry.bank_reference),
        text(&entry.end_to_end),
    ];
    if let Some(original) = &entry.original {
        let amount = original.amount.map_or("?".to_owned(), |amount| amount.to_string());
        let rate = original.rate.map_or("-".to_owned(), |rate| rate.to_string());
        parts.push(format!("was {amount} {} at {rate}", original.currency));
    }
    for charge in &entry.charges {
        parts.push(format!("charge {} {}", charge.amount, charge.currency));
    }
    format!(
        "  {} {} {value} {} {} {:?}{mark} | {}",
        entry.line,
        entry.booked,
        entry.amount,
        entry.currency,
        entry.kind,
        parts.join(" | ")
    )
}

fn told_party(party: &Counterparty) -> String {
    let parts = [&party.name, &party.account, &party.bank];
    let stated: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
    if stated.is_empty() { "-".to_owned() } else { stated.join(", ") }
}

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or("-".to_owned())
}
