//! What was read, as a person reads it: a table for each statement, and every fault and note.

use std::fmt::Write as _;
use std::io;

use serde_json::Value as Json;
use statements::{
    Balance, BalanceCheck, Entry, EntryStatus, Fault, Reading, Statement, amount_text,
};

use super::file::BankFile;
use super::{Outcome, answers, json};
use crate::command::table::{amount, table, word};

/// How many characters of a text a row shows.
const CELL_CHARS_MAX: usize = 44;
/// How many entries stand in one table: the next ones have a table of their own.
const TABLE_ROWS_MAX: usize = 10_000;

/// Tells of a file and what became of it.
pub fn tell(out: &mut dyn io::Write, name: &str, outcome: &Outcome) -> io::Result<()> {
    let file = match outcome {
        Ok(file) => file,
        Err(found) => {
            let mut text = format!("{name}: not read\n");
            push_fault(&mut text, &json::unopened(found));
            return out.write_all(text.as_bytes());
        }
    };
    let reading = &file.reading;
    writeln!(out, "{name}: {}", described(reading))?;
    for index in 0..reading.statements.len() {
        tell_statement(out, file, index)?;
    }
    let mut text = faults(reading);
    for note in &reading.notes {
        let _ = writeln!(text, "  line {}: note: {}", note.line, one_line(&note.text));
    }
    if reading.notes_left_out > 0 {
        let _ = writeln!(text, "  {} more notes", reading.notes_left_out);
    }
    out.write_all(text.as_bytes())
}

/// What a reading leaves open, and what is wrong with it.
pub fn faults(reading: &Reading) -> String {
    let mut text = String::new();
    for question in &reading.questions {
        let asked = answers::asked(question, reading.csv_mapping.as_ref());
        let _ = writeln!(text, "  question: {asked}");
    }
    reading.faults.iter().for_each(|fault| push_fault(&mut text, fault));
    if reading.faults_left_out > 0 {
        let _ = writeln!(text, "  {} more faults", reading.faults_left_out);
    }
    text
}

/// Format, version and encoding.
fn described(reading: &Reading) -> String {
    let mut words = vec![variant(&reading.format).unwrap_or_else(|| "no known format".to_owned())];
    words.extend(reading.version.as_deref().map(one_line));
    let mut text = words.join(" ");
    if let Some(encoding) = &reading.encoding {
        let source = variant(&encoding.source).unwrap_or_default().replace('_', " ");
        let _ = write!(text, ", {} ({source})", encoding.name);
    }
    let count: usize = reading.statements.iter().map(|one| one.tally.entries).sum();
    let _ = write!(text, ", {count} entries");
    text
}

fn tell_statement(out: &mut dyn io::Write, file: &BankFile, index: usize) -> io::Result<()> {
    let Some(statement) = file.reading.statements.get(index) else {
        return Ok(());
    };
    let account = &statement.account;
    let parts = [&account.iban, &account.number, &account.bank, &account.name];
    let mut names: Vec<String> = parts.into_iter().flatten().map(|part| one_line(part)).collect();
    if names.is_empty() {
        names.push("an account without a name".to_owned());
    }
    names.extend(statement.currency.map(|currency| currency.to_string()));
    writeln!(out, "\n  {}", names.join("  "))?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    file.give(index, &mut |entry| {
        rows.push(row(entry));
        if rows.len() < TABLE_ROWS_MAX {
            return Ok(());
        }
        tell_rows(out, statement, &std::mem::take(&mut rows))
    })?;
    if !rows.is_empty() {
        tell_rows(out, statement, &rows)?;
    }
    out.write_all(ending(statement).as_bytes())
}

/// Some entries as a table.
fn tell_rows(
    out: &mut dyn io::Write,
    statement: &Statement,
    rows: &[Vec<String>],
) -> io::Result<()> {
    let head = ["BOOKED", "VALUE", "COUNTERPARTY", "PURPOSE", "AMOUNT", "BALANCE"];
    let width = if statement.tally.has_running_balance { head.len() } else { head.len() - 1 };
    let shown = table(head.get(..width).unwrap_or(&head), rows, 4);
    shown.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

/// What stands below the entries of a statement.
fn ending(statement: &Statement) -> String {
    let mut text = String::new();
    let dated = |balance: Option<&Balance>| match balance {
        Some(balance) => format!("{} on {}", money(balance), balance.date),
        None => "not stated".to_owned(),
    };
    let check = match statement.balance_check() {
        BalanceCheck::Agrees => "; they agree with the entries".to_owned(),
        BalanceCheck::Differs { difference } => {
            format!("; with the entries they differ by {difference}")
        }
        BalanceCheck::Unknown => String::new(),
    };
    let (opening, closing) = (dated(statement.opening()), dated(statement.closing()));
    let _ = writeln!(text, "  opening {opening}, closing {closing}{check}");
    if statement.refused > 0 {
        let _ = writeln!(text, "  entries that were refused: {}", statement.refused);
    }
    for holding in &statement.holdings {
        let name = holding.name.as_deref().unwrap_or(&holding.security);
        let _ = writeln!(text, "  holds {} of {}", holding.units, one_line(name));
    }
    text
}

fn row(entry: &Entry) -> Vec<String> {
    let party = &entry.counterparty;
    let texts = [
        party.name.as_ref().or(party.account.as_ref()),
        entry.purpose.as_ref().or(entry.reference.as_ref()),
    ];
    let [counterparty, purpose] = texts.map(|text| text.map_or_else(String::new, |one| cell(one)));
    let mark = match (entry.status, entry.reversal) {
        (EntryStatus::Booked, false) => "",
        (EntryStatus::Booked, true) => "reversal: ",
        (EntryStatus::Pending, _) => "pending: ",
        (EntryStatus::Information, _) => "information: ",
    };
    vec![
        entry.booked.to_string(),
        entry.value.map_or_else(String::new, |date| date.to_string()),
        counterparty,
        format!("{mark}{purpose}"),
        grouped(&amount_text(entry.amount, entry.currency)),
        entry
            .balance_after
            .map_or_else(String::new, |balance| grouped(&amount_text(balance, entry.currency))),
    ]
}

fn push_fault(text: &mut String, fault: &Fault) {
    let _ = writeln!(
        text,
        "  line {}: {}: found {:?}, expected {}",
        fault.line,
        one_line(&fault.field),
        fault.found,
        one_line(&fault.expected)
    );
}

fn money(balance: &Balance) -> String {
    let text = amount_text(balance.amount, balance.currency);
    amount(&Json::from(text), &Json::from(balance.currency.to_string()))
}

/// An amount in groups of three digits, without its currency: the statement has one.
fn grouped(text: &str) -> String {
    amount(&Json::from(text), &Json::Null)
}

/// The word of an enum.
fn variant(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

fn one_line(text: &str) -> String {
    word(&Json::from(text))
}

/// A text as a cell has room for it.
fn cell(text: &str) -> String {
    let text = one_line(text);
    match text.char_indices().nth(CELL_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
