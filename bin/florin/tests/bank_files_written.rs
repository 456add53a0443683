//! What `florin statement convert` writes, other programs take: ofxtools, the schema of ISO 20022,
//! beancount and hledger hold what was read; and what ofxtools writes, we read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kernel::{Decimal, Timestamp};
use statements::{ReadOptions, Reading, Statement, WriteFormat, amount_text, read, write};
use tempfile::TempDir;
use testing::accounting::{Balances, beancount, hledger};
use testing::bank_files;

/// Samples of every format, with everything that makes writing hard.
const SAMPLES: &[&str] = &[
    "camt/giro_053_v2.xml",
    "camt/report_052_latin1.xml",
    "camt/two_currencies_053_v8.xml",
    "camt/mn_savings_053_v13_utf16.xml",
    "camt/vendor/camt053.v2.all-balance-types.xml",
    "camt/vendor/camt052.v2.xml",
    "camt/vendor/camt054.v2.xml",
    "mt/de_giro.sta",
    "mt/nl_blocks.sta",
    "mt/pl_subfields.sta",
    "mt/vendor/betterplace-sepa_mt9401.sta",
    "mt/vendor/danskebank-MT940_DK_Example.sta",
    "mt/vendor/danskebank-MT940_SE_Example.sta",
    "mt/vendor/mt942-jejik-rabobank.sta",
    "mt/vendor/special-overly_long_details.sta",
    "ofx/au_everyday_102.ofx",
    "ofx/us_card_220.ofx",
    "ofx/two_accounts_one_line_103.ofx",
    "ofx/vendor/multi_transaction_statement.ofx",
    "bai/us_previous_day.bai",
    "bai/vendor/sample1.txt",
    "ofx/vendor/fidelity.ofx",
    "qif/us_quicken.qif",
    "csv/de_giro_latin1.csv",
    "csv/card_positive_out.csv",
    "csv/multi_currency.csv",
    "xlsx/in_statement.xlsx",
    "pdf/de_soll_haben.pdf",
    HOSTILE,
];

/// No sample, but [`hostile`] texts.
const HOSTILE: &str = "hostile texts";

/// Texts that end strings, begin comments, codes, formulas and elements, or are too long.
fn hostile() -> String {
    let long = "Verwendungszweck ".repeat(60);
    let word = "x".repeat(600);
    let texts = [
        "=cmd|' /C calc'!A0",
        "say \"hi\" \\ there",
        "; a comment",
        "(code) * not a mark ! | note",
        "]]> </MEMO><STMTTRN> &amp; <b>",
        "-12.00 @ EUR {1} #tag ^link",
        "date:99 [2026-99-99] x:y, z",
        "\u{43f}\u{43b}\u{430}\u{442}\u{451}\u{436} \u{1f4b6}",
        long.trim(),
        &word,
    ];
    let mut csv = "Date,Counterparty,Description,Reference,Amount (EUR),Balance\n".to_owned();
    for (cents, text) in (101..).zip(texts) {
        let text = text.replace('"', "\"\"");
        let balance = (101..=cents).sum::<i32>();
        let reference = text.get(..20).unwrap_or("R");
        csv += &format!("2026-01-31,\"{text}\",\"{text}\",\"{reference}\",");
        csv +=
            &format!("{}.{:02},{}.{:02}\n", cents / 100, cents % 100, balance / 100, balance % 100);
    }
    csv
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/statements/testdata").join(name)
}

fn reading(name: &str) -> Reading {
    let currency = kernel::CommodityCode::parse("EUR").ok();
    let options = ReadOptions { currency, ..ReadOptions::default() };
    let bytes = match name {
        HOSTILE => hostile().into_bytes(),
        name => std::fs::read(sample(name)).unwrap(),
    };
    let reading = read(&bytes, &options);
    assert_eq!(reading.faults, [], "{name}");
    reading
}

/// Writes every sample, and answers its files with what was read.
fn written(folder: &TempDir, format: WriteFormat) -> Vec<(PathBuf, Reading)> {
    let write = |(number, name): (usize, &&str)| {
        let reading = reading(name);
        let written = write(&reading.statements, format, Timestamp::EPOCH);
        let path = folder.path().join(format!("{number}.txt"));
        std::fs::write(&path, written.text).unwrap();
        (path, reading)
    };
    SAMPLES.iter().enumerate().map(write).collect()
}

fn booked(statement: &Statement) -> impl Iterator<Item = &statements::Entry> {
    let entries = statement.entries.iter();
    entries.filter(|entry| entry.status == statements::EntryStatus::Booked)
}

#[test]
fn ofxtools_reads_what_we_write() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = written(&folder, WriteFormat::Ofx);
    // OFX requires a balance, and none is made up for files that state none.
    files.retain(|(_, reading)| reading.statements.iter().all(|one| one.closing().is_some()));
    assert!(files.len() > 10, "{}", files.len());
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    let told = bank_files::read_ofx(&paths);
    let mut found: Vec<String> = Vec::new();
    for line in told.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        found.push(match fields[..] {
            ["statement", _, _, currency, balance] => format!("{currency} {balance}"),
            ["entry", day, amount, ..] => format!("{day} {amount}"),
            _ => panic!("not understood: {line}"),
        });
    }
    let mut expected: Vec<String> = Vec::new();
    for statement in files.iter().flat_map(|(_, reading)| &reading.statements) {
        let closing = statement.closing().unwrap();
        let amount = amount_text(closing.amount, closing.currency);
        expected.push(format!("{} {amount}", closing.currency));
        expected.extend(booked(statement).map(|entry| {
            format!("{} {}", entry.booked, amount_text(entry.amount, entry.currency))
        }));
    }
    // Cards stand behind banks.
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_schema_of_iso_20022_holds_what_we_write() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = written(&folder, WriteFormat::Camt053);
    files.retain(|(_, reading)| reading.statements.iter().all(|one| !one.balances.is_empty()));
    assert!(files.len() > 10, "{}", files.len());
    bank_files::check_camt(&files.into_iter().map(|(path, _)| path).collect::<Vec<_>>());
}

/// What an account holds at the end: what its first opening balance and all its entries make, or
/// the closing balance where no opening balance is stated.
fn held(reading: &Reading) -> BTreeMap<String, Decimal> {
    let mut held: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut open = std::collections::BTreeSet::new();
    for statement in reading.statements.iter() {
        let Some(currency) = statement.currency else { continue };
        let account = &statement.account;
        let key = (account.iban.clone(), account.number.clone(), account.name.clone(), currency);
        let is_first = open.insert(key);
        let sum = booked(statement)
            .fold(Decimal::ZERO, |sum, entry| sum.checked_add(entry.amount).unwrap());
        let start = match (statement.opening(), statement.closing()) {
            _ if !is_first => Decimal::ZERO,
            (Some(opening), _) => opening.amount,
            (None, Some(closing)) => closing.amount.checked_sub(sum).unwrap(),
            (None, None) => Decimal::ZERO,
        };
        let total = held.entry(currency.to_string()).or_insert(Decimal::ZERO);
        *total = total.checked_add(start).unwrap().checked_add(sum).unwrap();
    }
    held.retain(|_, sum| !sum.is_zero());
    held
}

#[track_caller]
fn assert_held(name: &str, reading: &Reading, balances: &Balances) {
    let mut found: BTreeMap<String, Decimal> = BTreeMap::new();
    for (account, (amount, currency)) in balances {
        if account.starts_with("Assets:") || account.starts_with("Liabilities:") {
            let sum = found.entry(currency.clone()).or_insert(Decimal::ZERO);
            *sum = sum.checked_add(Decimal::parse(amount).unwrap()).unwrap();
        }
    }
    found.retain(|_, sum| !sum.is_zero());
    let amounts = |of: BTreeMap<String, Decimal>| {
        let text = |(code, sum): (String, Decimal)| {
            let currency = kernel::CommodityCode::parse(&code).unwrap();
            format!("{} {code}", amount_text(sum, currency))
        };
        of.into_iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(amounts(found), amounts(held(reading)), "{name}");
}

#[test]
fn beancount_holds_what_the_bank_says() {
    let folder = tempfile::tempdir().unwrap();
    for ((path, reading), name) in written(&folder, WriteFormat::Beancount).iter().zip(SAMPLES) {
        assert_held(name, reading, &beancount(path));
    }
}

#[test]
fn hledger_holds_what_the_bank_says() {
    let folder = tempfile::tempdir().unwrap();
    for ((path, reading), name) in written(&folder, WriteFormat::Hledger).iter().zip(SAMPLES) {
        assert_held(name, reading, &hledger(path));
    }
}

#[test]
fn what_ofxtools_writes_is_read() {
    for version in ["102", "160", "203", "220"] {
        let reading = read(bank_files::write_ofx(version).as_bytes(), &ReadOptions::default());
        assert_eq!((reading.faults.len(), reading.version.as_deref()), (0, Some(version)));
        let [bank, card] = &reading.statements[..] else { panic!("{:?}", reading.statements) };
        let told = |statement: &Statement| {
            let entries = statement.entries.iter().map(|entry| {
                let name = entry.counterparty.name.as_deref().unwrap_or("-");
                let memo = entry.purpose.as_deref().unwrap_or("-");
                format!("{} {} {name} {memo}", entry.booked, entry.amount)
            });
            (statement.closing().unwrap().amount.to_string(), entries.collect::<Vec<_>>())
        };
        let expected = [
            "2026-01-05 2450.00 Arbeitgeber GmbH Lohn & Gehalt <Januar>",
            "2026-01-07 -89.90 Stromwerk AG Kunde 4711",
            "2026-01-09 -12 - -",
        ];
        let lines = |range: &[&str]| range.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(told(bank), ("3848.10".to_owned(), lines(&expected)), "{version}");
        assert_eq!(told(card), ("-89.90".to_owned(), lines(&expected[1..2])), "{version}");
    }
}

fn convert(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_florin"));
    command.env_clear().env("HOME", "/proc/none").args(["statement", "convert"]);
    command.args(words).output().unwrap()
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv");
    let out = out.to_str().unwrap();
    let giro = sample("camt/giro_053_v2.xml");
    let told = convert(&[giro.to_str().unwrap(), "--to", "csv", "--out", out]);
    assert_eq!((told.status.code(), told.stdout.as_slice()), (Some(0), &b""[..]));
    let losses = String::from_utf8(told.stderr).unwrap();
    assert!(losses.contains("transactions of batches (2)"), "{losses}");
    let text = std::fs::read_to_string(out).unwrap();
    assert!(text.contains(",2026-01-15,2026-01-15,2450.00,3860.10,Arbeitgeber GmbH,"), "{text}");

    let faulty = folder.path().join("faulty.csv");
    let lines = "Date,Text,Amount (EUR)\n2026-01-31,Rent,-5.00\n2026-01-30,Pay,seven\n";
    std::fs::write(&faulty, lines).unwrap();
    let words = [faulty.to_str().unwrap(), "--to", "hledger"];
    let told = convert(&words);
    assert_eq!((told.status.code(), told.stdout.len()), (Some(1), 0));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("line 3: Amount (EUR): found \"seven\""), "{told}");
    let told = convert(&[&words[..], &["--partial"]].concat());
    assert_eq!(told.status.code(), Some(1), "a part is not the whole");
    let journal = String::from_utf8(told.stdout).unwrap();
    assert!(journal.contains("-5.00 EUR") && !journal.contains("2026-01-30"), "{journal}");
    assert_eq!(convert(&[&words[..1], &["--to", "pdf"]].concat()).status.code(), Some(2));
    assert_eq!(convert(&["/nowhere.ofx", "--to", "csv"]).status.code(), Some(1));
}
