//! Compares a reading of a CAMT file with the expected reading that stands next to it: what the
//! genkgo/camt library says about the file, as JSON.
//!
//! What must stay true: every amount, date, balance and reference of the JSON is compared with the
//! field of the reading; nothing here reads the file itself.

use serde_json::Value;
use statements::{Balance, BalanceKind, Detail, Entry, EntryStatus, Reading, Scope, Statement};

/// Every disagreement between a reading and its twin.
pub fn disagreements(reading: &Reading, twin: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut records = Vec::new();
    collect_records(twin, &mut records);
    expect(&mut found, "statements", &reading.statements.len(), &records.len());
    for (statement, record) in reading.statements.iter().zip(&records) {
        compare_statement(statement, record, &mut found);
    }
    let entries: Vec<&Value> = twin["getEntries"].as_array().into_iter().flatten().collect();
    let read: usize = reading.statements.iter().map(|one| one.entries.len() + one.refused).sum();
    expect(&mut found, "entries", &read, &entries.len());
    for (ordinal, expected) in entries.iter().enumerate() {
        // The samples have one record each, so the ordinal is that of the whole file.
        let entry = reading.statements.iter().flat_map(|one| &one.entries);
        match entry.into_iter().find(|entry| entry.ordinal == ordinal) {
            Some(entry) => compare_entry(entry, expected, &mut found),
            None => compare_refused(reading, ordinal, expected, &mut found),
        }
    }
    found
}

/// The records of a dump: statements, reports or notifications, each written out once.
fn collect_records<'v>(value: &'v Value, records: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            let class = fields.get("__CLASS__").and_then(Value::as_str).unwrap_or_default();
            let class = class.rsplit('\\').next().unwrap_or_default();
            if matches!(class, "Statement" | "Report" | "Notification") {
                records.push(value);
            }
            fields.values().for_each(|field| collect_records(field, records));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_records(item, records)),
        _ => {}
    }
}

fn compare_statement(statement: &Statement, record: &Value, found: &mut Vec<String>) {
    expect(found, "id", &statement.id.as_deref(), &record["getId"].as_str());
    let account = statement.account.iban.as_deref().or(statement.account.number.as_deref());
    expect(found, "account", &account, &record["getAccount"]["getIdentification"].as_str());
    let day = |date: Option<kernel::Date>| date.map(|date| date.to_string());
    expect(found, "from", &day(statement.from), &date(&record["getFromDate"]));
    expect(found, "to", &day(statement.to), &date(&record["getToDate"]));
    let balances: Vec<&Value> = record["getBalances"].as_array().into_iter().flatten().collect();
    expect(found, "balances", &statement.balances.len(), &balances.len());
    for (balance, expected) in statement.balances.iter().zip(balances) {
        compare_balance(balance, expected, found);
    }
}

fn compare_balance(balance: &Balance, expected: &Value, found: &mut Vec<String>) {
    let kind = match balance.kind {
        BalanceKind::Opening | BalanceKind::PreviousClosing => "opening",
        BalanceKind::Closing => "closing",
        BalanceKind::Interim => "interim",
        BalanceKind::Expected => "expected_credit",
        BalanceKind::Available => "available",
        BalanceKind::OpeningAvailable => "opening_available",
        BalanceKind::ClosingAvailable => "closing_available",
        BalanceKind::InterimAvailable => "interim_available",
        BalanceKind::ForwardAvailable => "forward_available",
        BalanceKind::Information => "information",
    };
    expect(found, "balance kind", &Some(kind), &expected["getType"].as_str());
    let read = (balance.amount, balance.currency.as_str().to_owned());
    expect(found, "balance", &Some(read), &money(&expected["getAmount"]));
    let read = Some(balance.date.to_string());
    expect(found, "balance date", &read, &date(&expected["getDate"]));
}

fn compare_entry(entry: &Entry, expected: &Value, found: &mut Vec<String>) {
    let read = (entry.amount, entry.currency.as_str().to_owned());
    expect(found, "amount", &Some(read), &money(&expected["getAmount"]));
    let booked = date(&expected["getBookingDate"]);
    if booked.is_some() {
        expect(found, "booked", &Some(entry.booked.to_string()), &booked);
    }
    let value = entry.value.map(|date| date.to_string());
    expect(found, "value date", &value, &date(&expected["getValueDate"]));
    let status = match entry.status {
        EntryStatus::Booked => "BOOK",
        EntryStatus::Pending => "PDNG",
        EntryStatus::Information => "INFO",
    };
    expect(found, "status", &Some(status), &expected["getStatus"].as_str());
    let reversal = expected["getReversalIndicator"].as_bool();
    expect(found, "reversal", &Some(entry.reversal), &reversal);
    let reference = expected["getAccountServicerReference"].as_str();
    expect(found, "bank reference", &entry.bank_reference.as_deref(), &reference);
    let code = &expected["getBankTransactionCode"];
    let family = &code["getDomain"]["getFamily"];
    let parts = [&code["getDomain"]["getCode"], &family["getCode"], &family["getSubFamilyCode"]];
    let standard: Vec<&str> = parts.iter().filter_map(|part| part.as_str()).collect();
    let own = code["getProprietary"]["getCode"].as_str().map(str::to_owned);
    let code = if standard.is_empty() { own } else { Some(standard.join("-")) };
    expect(found, "type code", &entry.type_code, &code);
    let mut details: Vec<&Value> =
        expected["getTransactionDetails"].as_array().into_iter().flatten().collect();
    // The first one is written out where the entry names it.
    if let Some(first) = details.first_mut() {
        *first = &expected["getTransactionDetail"];
    }
    expect(found, "details", &entry.details.len(), &details.len());
    for (detail, expected) in entry.details.iter().zip(details) {
        compare_detail(detail, expected, found);
    }
}

fn compare_detail(detail: &Detail, expected: &Value, found: &mut Vec<String>) {
    let read = detail.amount.zip(detail.currency.map(|code| code.as_str().to_owned()));
    expect(found, "detail amount", &read, &money(&expected["getAmount"]));
    let end_to_end = expected["getReference"]["getEndToEndId"].as_str();
    if let Some(end_to_end) = end_to_end {
        expect(found, "end to end", &detail.end_to_end.as_deref(), &Some(end_to_end));
    }
    let parties = || expected["getRelatedParties"].as_array().into_iter().flatten();
    if let Some(name) = detail.counterparty.name.as_deref() {
        let names = parties().map(|party| &party["getRelatedPartyType"]["getName"]);
        let known = names.filter_map(Value::as_str).any(|expected| expected == name);
        expect(found, "counterparty among the parties", &known, &true);
    }
    if let Some(account) = detail.counterparty.account.as_deref() {
        let accounts = parties().map(|party| &party["getAccount"]["getIdentification"]);
        let known = accounts.filter_map(Value::as_str).any(|expected| expected == account);
        expect(found, "counterparty's account among the accounts", &known, &true);
    }
    // genkgo's message is the first free line, else the creditor's reference.
    if let Some(message) = expected["getRemittanceInformation"]["getMessage"].as_str() {
        let purpose = detail.purpose.as_deref().unwrap_or_default();
        let known = purpose.contains(message) || detail.reference.as_deref() == Some(message);
        expect(found, &format!("message {message}"), &known, &true);
    }
}

/// An entry may be refused only where the twin, too, has no date for it.
fn compare_refused(reading: &Reading, ordinal: usize, expected: &Value, found: &mut Vec<String>) {
    let dates = [date(&expected["getBookingDate"]), date(&expected["getValueDate"])];
    let undated = dates.iter().all(Option::is_none);
    let said = reading.faults.iter().any(|fault| {
        matches!(fault.scope, Scope::Entry { entry, .. } if entry == ordinal)
            && fault.field == "BookgDt"
    });
    expect(found, "refused only without a date", &(undated, said), &(true, true));
}

/// Minor units with their currency.
fn money(value: &Value) -> Option<(kernel::Decimal, String)> {
    let currency = value["getCurrency"]["getCode"].as_str()?;
    let minor: i128 = value["getAmount"].as_str()?.parse().ok()?;
    let scale = kernel::iso4217::find(currency)?.scale;
    Some((kernel::Decimal::new(minor, scale).ok()?, currency.to_owned()))
}

fn date(value: &Value) -> Option<String> {
    value["0"].as_str().and_then(|time| time.get(..10)).map(str::to_owned)
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
