//! What is written is read again: every sound sample in every format that is read and written.
//! Money is the same to the digit, and a part of an entry that is not is among the losses.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kernel::{CommodityCode, Timestamp};
use statements::{
    Balance, Charge, Entry, EntryStatus, ReadOptions, Reading, Statement, WriteFormat, amount_text,
    read, write,
};

/// A part of an entry as a text, and the losses that explain why it is another one now.
type Part = (&'static str, fn(&Entry) -> String, &'static [&'static str]);

const IDENTIFIERS: &str = "identifiers that are too long";
const CUT: &str = "texts that were cut";

#[rustfmt::skip]
const PARTS: &[Part] = &[
    ("value", |entry| format!("{:?}", entry.value), &["value dates"]),
    ("counterparty", |entry| text(&entry.counterparty.name), &["names of counterparties", CUT]),
    ("counterparty's account", |entry| text(&entry.counterparty.account),
        &["accounts of counterparties without a bank", IDENTIFIERS]),
    ("counterparty's bank", |entry| bank(&entry.counterparty.bank),
        &["banks of counterparties", "accounts of counterparties without a bank", IDENTIFIERS,
          "branches of banks' BICs"]),
    ("purpose", |entry| text(&entry.purpose), &["purposes", CUT, "words that were parted"]),
    ("reference", |entry| text(&entry.reference), &["references", IDENTIFIERS]),
    ("end-to-end", |entry| text(&entry.end_to_end),
        &["end-to-end identifications", IDENTIFIERS]),
    ("reversal", |entry| entry.reversal.to_string(), &["marks of reversals"]),
    ("kind", |entry| format!("{:?}", entry.kind), &["kinds of entries", "transactions of batches"]),
    ("original", original,
        &["original amounts", "original amounts, but their rates", "rates with too many digits",
          "original currencies without a rate", "original currencies without amount and rate"]),
    ("charges", |entry| charges(&entry.charges), &["charges"]),
    ("balance after", balance_after, &["running balances"]),
    ("corrects", |entry| text(&entry.corrects), &["references of corrected entries", IDENTIFIERS]),
    ("details", details, &["transactions of batches"]),
];

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

/// A BIC of eleven that ends in XXX is the one of eight.
fn bank(bank: &Option<String>) -> String {
    let bank = text(bank);
    bank.strip_suffix("XXX").filter(|short| short.len() == 8).unwrap_or(&bank).to_owned()
}

fn balance_after(entry: &Entry) -> String {
    let balance = entry.balance_after.map(|balance| amount_text(balance, entry.currency));
    balance.unwrap_or_default()
}

fn original(entry: &Entry) -> String {
    let Some(original) = &entry.original else { return String::new() };
    let amount = original.amount.map(|amount| amount_text(amount, original.currency));
    format!("{amount:?} {} {:?}", original.currency, original.rate)
}

fn charges(charges: &[Charge]) -> String {
    let told = charges.iter().map(|one| {
        let amount = amount_text(one.amount, one.currency);
        format!("{amount} {} {:?} {:?}", one.currency, one.included, one.name)
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The transactions of a batch; a lone one that only repeats its entry is none.
fn details(entry: &Entry) -> String {
    let several = entry.details.len() > 1;
    let told = entry.details.iter().map(|one| {
        let amount = one.amount.zip(one.currency).filter(|_| several);
        let amount = amount.map(|(amount, currency)| amount_text(amount, currency));
        let said = (text(&one.purpose), text(&one.reference), text(&one.bank_reference));
        let said = several.then_some((&one.counterparty.name, said));
        format!("{amount:?} {said:?} {:?} {}", one.return_reason, charges(&one.charges))
    });
    let told: Vec<String> = told.collect();
    let empty = "None None None ";
    if told == [empty] { String::new() } else { told.join("\n") }
}

/// The samples, those of other projects among them.
fn samples() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for format in ["camt", "csv", "mt", "ofx", "qif", "bai", "xlsx", "pdf"] {
        for folder in [folder.join(format), folder.join(format).join("vendor")] {
            let Ok(files) = std::fs::read_dir(folder) else { continue };
            let paths = files.map(|file| file.unwrap().path()).filter(|path| {
                let name = path.to_string_lossy();
                path.is_file() && !name.ends_with(".json") && !name.ends_with(".py")
            });
            found.extend(paths);
        }
    }
    found.sort();
    found
}

fn options() -> ReadOptions {
    ReadOptions { currency: CommodityCode::parse("EUR").ok(), ..ReadOptions::default() }
}

/// Entries by account and currency, in the order in which they stand.
fn entries(statements: &[Statement]) -> Vec<(String, &Entry)> {
    let mut entries: Vec<(String, &Entry)> = Vec::new();
    for statement in statements {
        let account = &statement.account;
        let number = account.iban.as_ref().or(account.number.as_ref());
        // What has no number is called by its name, or as the format calls what has none.
        let number = number.or(account.name.as_ref());
        let is_made = |number: &str| number.starts_with("UNKNOWN") || number == "NOTPROVIDED";
        let number = number.filter(|number| !is_made(number));
        let key = format!("{} {:?}", text(&number.cloned()), statement.currency);
        entries.extend(statement.entries.iter().map(|entry| (key.clone(), entry)));
    }
    entries
}

fn money(entries: &[(String, &Entry)]) -> Vec<String> {
    let line = |(account, entry): &(String, &Entry)| {
        let amount = amount_text(entry.amount, entry.currency);
        format!("{account} {} {amount} {:?}", entry.booked, entry.status)
    };
    entries.iter().map(line).collect()
}

/// Writes a reading, reads it again, and compares.
fn check(name: &str, before: &Reading, format: WriteFormat) -> usize {
    let written = write(&before.statements, format, Timestamp::EPOCH);
    let lost: BTreeSet<&str> = written.losses.iter().map(|loss| loss.what).collect();
    let after = read(written.text.as_bytes(), &ReadOptions::default());
    let place = format!("{name} as {format:?}");
    assert_eq!(after.faults, [], "{place}:\n{}", written.text);
    assert_eq!(after.questions, [], "{place}:\n{}", written.text);
    let is_kept = |entry: &Entry| match format {
        WriteFormat::Ofx => entry.status != EntryStatus::Information,
        _ => true,
    };
    let mut expected = entries(&before.statements);
    expected.retain(|(_, entry)| is_kept(entry));
    let mut found = entries(&after.statements);
    // Cards stand behind banks in OFX, and a table has one statement for each account.
    expected.sort_by_key(|(account, entry)| (account.clone(), entry.status as u8));
    found.sort_by_key(|(account, entry)| (account.clone(), entry.status as u8));
    assert_eq!(money(&found), money(&expected), "{place}:\n{}", written.text);
    for ((_, before), (_, after)) in expected.iter().zip(&found) {
        for (part, of, losses) in PARTS {
            let (before, after) = (of(before), of(after));
            let explained = losses.iter().any(|loss| lost.contains(loss))
                // A table may hold balances that the statement proves.
                || (*part == "balance after" && before.is_empty());
            assert!(before == after || explained, "{place}: {part}: {before} became {after}");
        }
    }
    check_balances(&place, format, (before, &after));
    found.len()
}

/// Opening and closing balances are what they were, where the format has a place for them.
fn check_balances(place: &str, format: WriteFormat, (before, after): (&Reading, &Reading)) {
    let told = |balance: Option<&Balance>| {
        balance.map(|one| format!("{} on {}", amount_text(one.amount, one.currency), one.date))
    };
    let ends = |reading: &Reading, format: WriteFormat| {
        let ends = reading.statements.iter().map(|statement| {
            let opening = told(statement.opening());
            (opening.filter(|_| format == WriteFormat::Camt053), told(statement.closing()))
        });
        let mut ends: Vec<_> = ends.collect();
        ends.sort();
        ends
    };
    let same = match format {
        WriteFormat::Camt053 => ends(before, format) == ends(after, format),
        // A ledger balance is also that of a report during the day.
        WriteFormat::Ofx => {
            let mut closings = ends(before, format).into_iter();
            let after = ends(after, format);
            closings.all(|closing| closing.1.is_none() || after.contains(&closing))
        }
        _ => true,
    };
    assert!(same, "{place}: {:?} became {:?}", ends(before, format), ends(after, format));
}

fn check_samples(format: WriteFormat, entries_min: usize) {
    let mut count = 0;
    for path in samples() {
        let reading = read(&std::fs::read(&path).unwrap(), &options());
        let holds_any = reading.statements.iter().any(|one| !one.entries.is_empty());
        if reading.is_sound() && holds_any {
            count += check(&path.display().to_string(), &reading, format);
        }
    }
    assert!(count > entries_min, "{count}");
}

#[test]
fn a_table_is_read_as_it_was_written() {
    check_samples(WriteFormat::Csv, 300);
}

#[test]
fn ofx_is_read_as_it_was_written() {
    check_samples(WriteFormat::Ofx, 300);
}

#[test]
fn camt_is_read_as_it_was_written() {
    check_samples(WriteFormat::Camt053, 300);
}
