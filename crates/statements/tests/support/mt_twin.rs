//! Holds a reading of MT940 against what mt940-rs reads from the same file.

use serde_json::Value;
use statements::{Balance, Entry, Reading, Statement};

/// Where a reading and its twin disagree, as sentences.
pub fn disagreements(reading: &Reading, twin: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let messages = whole(twin.as_array().map(Vec::as_slice).unwrap_or_default());
    expect(&mut found, "messages", &reading.statements.len(), &messages.len());
    for (statement, message) in reading.statements.iter().zip(&messages) {
        compare_message(statement, message, &mut found);
    }
    found
}

/// The statements of messages: a page that begins where the one before it ended is a part of it.
fn whole(messages: &[Value]) -> Vec<Value> {
    let mut statements: Vec<Value> = Vec::new();
    for message in messages {
        let (opening, closing) = ("opening_balance", "closing_balance");
        let Some(last) = statements.last_mut().filter(|last| {
            last[closing]["is_intermediate"] == true
                && message[opening]["is_intermediate"] == true
                && last[closing]["amount"] == message[opening]["amount"]
                && last["account_id"] == message["account_id"]
        }) else {
            statements.push(message.clone());
            continue;
        };
        last[closing] = message[closing].clone();
        last["closing_available_balance"] = message["closing_available_balance"].clone();
        let lines = message["statement_lines"].as_array().cloned().unwrap_or_default();
        last["statement_lines"]
            .as_array_mut()
            .into_iter()
            .for_each(|all| all.extend(lines.clone()));
    }
    statements
}

fn compare_message(statement: &Statement, message: &Value, found: &mut Vec<String>) {
    let account = &statement.account;
    let number = account.iban.as_ref().or(account.number.as_ref()).map(String::as_str);
    let number = match &account.bank {
        Some(bank) => format!("{bank}/{}", number.unwrap_or_default()),
        None => number.unwrap_or_default().to_owned(),
    };
    expect(found, "account", &Some(number.as_str()), &message["account_id"].as_str());
    balance(found, "opening", statement.opening(), &message["opening_balance"]);
    balance(found, "closing", statement.closing(), &message["closing_balance"]);
    let available = statement.balances.iter().find(|balance| balance.code == "64");
    balance(found, "available", available, &message["closing_available_balance"]);
    let lines = message["statement_lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    expect(found, "lines", &statement.entries.len(), &lines.len());
    for (entry, line) in statement.entries.iter().zip(lines) {
        compare_line(entry, line, found);
    }
}

fn balance(found: &mut Vec<String>, name: &str, read: Option<&Balance>, expected: &Value) {
    let read = read
        .map(|read| (read.amount.to_string(), read.currency.to_string(), read.date.to_string()));
    let minus = if expected["debit_credit_indicator"] == "Debit" { "-" } else { "" };
    let told = expected["amount"].as_str().map(|amount| {
        let text = |field: &str| expected[field].as_str().unwrap_or_default().to_owned();
        (format!("{minus}{amount}"), text("iso_currency_code"), text("date"))
    });
    expect(found, name, &read, &told);
}

fn compare_line(entry: &Entry, line: &Value, found: &mut Vec<String>) {
    let text = |field: &str| line[field].as_str();
    let mark = text("ext_debit_credit_indicator").unwrap_or_default();
    // mt940-rs calls RC a reversed debit; SWIFT, and the balances of the file, say a debit.
    let minus = if mark == "Credit" { "" } else { "-" };
    let amount = format!("{minus}{}", text("amount").unwrap_or_default());
    expect(found, "amount", &entry.amount.to_string(), &amount);
    expect(found, "reversal", &entry.reversal, &mark.starts_with("Reverse"));
    let value = entry.value.map(|date| date.to_string());
    expect(found, "value date", &value.as_deref(), &text("value_date"));
    let booked = entry.booked.to_string();
    let expected = text("entry_date").or(text("value_date"));
    expect(found, "booked", &Some(booked.as_str()), &expected);
    let bank = text("bank_ref").filter(|bank| *bank != "NONREF");
    expect(found, "bank's reference", &entry.bank_reference.as_deref(), &bank);
    let information = &line["information_to_account_owner"];
    let purpose = solid(entry.purpose.as_deref().unwrap_or_default());
    if let Some(free) = information.as_str() {
        // Behind codes or words only a part of the text is the purpose.
        let supplement = solid(text("supplementary_details").unwrap_or_default());
        let by_words = free.contains(';') || free.contains(": ");
        let known = by_words || solid(free).contains(&purpose) || purpose == supplement;
        expect(found, "purpose in the information", &known, &true);
        return;
    }
    let part = |field: &str| information[field].as_str().map(solid).unwrap_or_default();
    let whole = part("purpose") + &part("additional_purpose");
    let known = whole.replace("MTLG", "").contains(&purpose) || purpose == part("posting_text");
    expect(found, "purpose", &known, &true);
    let name = solid(entry.counterparty.name.as_deref().unwrap_or_default());
    expect(found, "name", &name, &part("applicant_name"));
    let account = solid(entry.counterparty.account.as_deref().unwrap_or_default());
    expect(found, "account", &account, &part("applicant_iban"));
    let bank = solid(entry.counterparty.bank.as_deref().unwrap_or_default());
    expect(found, "bank", &bank, &part("applicant_bin"));
    let code = part("transaction_code");
    if !code.is_empty() {
        let type_code = entry.type_code.as_deref().unwrap_or_default();
        expect(found, "code", &type_code.ends_with(&format!("+{code}")), &true);
    }
}

/// The letters and digits of a text: where lines break is not compared, and mt940-rs writes plain
/// letters and points for what SWIFT's character set does not have.
fn solid(text: &str) -> String {
    const PLAIN: [(char, char); 7] =
        [('ä', 'a'), ('ö', 'o'), ('ü', 'u'), ('Ö', 'O'), ('Ü', 'U'), ('é', 'e'), ('ë', 'e')];
    let plain = |character: char| {
        let found = PLAIN.iter().find(|(accented, _)| *accented == character);
        found.map_or(character, |(_, plain)| *plain)
    };
    text.chars().map(plain).filter(char::is_ascii_alphanumeric).collect()
}

fn expect<T: PartialEq + std::fmt::Debug>(
    found: &mut Vec<String>,
    field: &str,
    read: &T,
    expected: &T,
) {
    if read != expected {
        found.push(format!("{field}: read {read:?}, expected {expected:?}"));
    }
}
