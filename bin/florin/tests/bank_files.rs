//! `florin statement` as its user has it: a folder with files of banks, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A folder of files.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
        name.to_owned()
    }

    fn run(&self, words: &[&str]) -> Output {
        // A home that cannot be written: nothing is needed of it.
        let mut command = Command::new(env!("CARGO_BIN_EXE_florin"));
        command.env_clear().env("HOME", "/proc/none").current_dir(self.0.path());
        command.arg("statement").args(words).output().unwrap()
    }

    /// What is printed, where the exit code is this one.
    #[track_caller]
    fn prints(&self, code: i32, words: &[&str]) -> String {
        let output = self.run(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn json(&self, code: i32, words: &[&str]) -> Json {
        serde_json::from_str(&self.prints(code, &[&["read", "--json"], words].concat())).unwrap()
    }
}

fn sample(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/statements/testdata");
    let path: PathBuf = folder.join(name);
    path.to_str().unwrap().to_owned()
}

/// The fields of an object that are named.
fn only(value: &Json, names: &[&str]) -> Json {
    names.iter().map(|name| ((*name).to_owned(), value[*name].clone())).collect()
}

const ENTRY: &[&str] = &[
    "booked",
    "value",
    "amount",
    "currency",
    "counterparty",
    "purpose",
    "reference",
    "bank_reference",
    "end_to_end",
];

#[test]
fn json_has_what_the_file_says() {
    let desk = Desk::new();
    let giro = sample("camt/giro_053_v2.xml");
    let read = desk.json(0, &[&giro]);
    let file = &read["files"][0];
    let head = json!({"file": giro, "format": "camt053", "encoding": "utf-8", "faults": []});
    assert_eq!(only(file, &["file", "format", "encoding", "faults"]), head);
    let statement = &file["statements"][0];
    let names = ["account", "currency", "opening", "closing"];
    let expected = json!({
        "account": "DE02120300000000202051",
        "currency": "EUR",
        "opening": {"date": "2026-01-01", "amount": "1500.00"},
        "closing": {"date": "2026-01-31", "amount": "3448.50"},
    });
    assert_eq!(only(statement, &names), expected);
    let entries = statement["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 6);
    let first = json!({
        "booked": "2026-01-05", "value": "2026-01-05", "amount": "-89.90", "currency": "EUR",
        "counterparty": "Stromwerk AG", "purpose": "Strom Januar Kunde 4711", "reference": null,
        "bank_reference": "BR-1", "end_to_end": "E2E-77",
    });
    assert_eq!(only(&entries[0], ENTRY), first);
    // The file says 2450: an amount has the decimals of its currency.
    assert_eq!(entries[1]["amount"], "2450.00");
    let more = json!({
        "counterparty_account": "DE89370400440532013000", "counterparty_bank": "COBADEFFXXX",
        "kind": "direct_debit", "line": 19, "status": "booked",
    });
    let names = ["counterparty_account", "counterparty_bank", "kind", "line", "status"];
    assert_eq!(only(&entries[0], &names), more);
    assert_eq!(entries[5]["status"], "pending");
    assert_eq!(statement["balance_check"], json!({"check": "agrees"}));
}

#[test]
fn a_faulty_file_and_a_missing_one_do_not_hide_the_others() {
    let desk = Desk::new();
    let faulty = ":20:A\n:25:1/2\n:28C:1\n:60F:C260101EUR1,00\n\
                  :61:2601010101C5.00NTRFX\n:62F:C260131EUR1,00\n-\n";
    let faulty = desk.file("faulty.sta", faulty);
    let sound = sample("ofx/us_card_220.ofx");
    let read = desk.json(1, &["nowhere.ofx", &faulty, &sound]);
    let files = read["files"].as_array().unwrap();
    assert_eq!(files.len(), 3);
    assert_eq!(files[0]["faults"][0]["field"], "file");
    assert!(files[0]["faults"][0]["found"].as_str().unwrap().contains("No such file"));
    assert_eq!((&files[0]["format"], &files[0]["statements"]), (&Json::Null, &json!([])));
    let fault = &files[1]["faults"][0];
    assert_eq!((&fault["line"], &fault["field"]), (&json!(5), &json!(":61: amount")));
    assert!(fault["found"].as_str().unwrap().contains("5.00"), "{fault}");
    assert!(!fault["expected"].as_str().unwrap().is_empty());
    // OFX states no opening balance.
    let card = &files[2]["statements"][0];
    assert_eq!(card["opening"], Json::Null);
    assert_eq!(card["closing"], json!({"date": "2026-01-31", "amount": "-45.19"}));
    assert_eq!(files[2]["faults"], json!([]));

    let told = desk.prints(1, &["read", "nowhere.ofx", &faulty, &sound]);
    for part in ["nowhere.ofx: not read", "line 5: :61:", "2026-01-07", "-35.20", "BOOKSHOP"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[test]
fn an_ambiguous_table_asks_and_takes_the_answer() {
    let desk = Desk::new();
    let ambiguous = sample("csv/ambiguous_dates.csv");
    let read = desk.json(1, &[&ambiguous]);
    let file = &read["files"][0];
    assert_eq!(file["questions"][0]["question"], "date_order");
    assert_eq!(file["faults"][0]["field"], "date_order");
    let told = desk.prints(1, &["read", &ambiguous]);
    let words = "Say --date-order day-month-year or month-day-year";
    assert!(told.contains(words) && told.contains("03/04/2026"), "{told}");
    for (order, days) in [
        ("day-month-year", ["2026-04-03", "2026-04-05", "2026-12-11"]),
        ("month_day_year", ["2026-03-04", "2026-05-04", "2026-11-12"]),
    ] {
        let read = desk.json(0, &[&ambiguous, "--date-order", order]);
        let entries = &read["files"][0]["statements"][0]["entries"];
        let found = [0, 1, 2].map(|index| entries[index]["booked"].as_str().unwrap().to_owned());
        assert_eq!(found, days);
        assert_eq!(entries[0]["balance_after"], "79.90");
    }
    // What was found, edited and passed back, is the other way to answer.
    let mut mapping = file["mapping"].clone();
    mapping["date_order"] = json!("day_month_year");
    let mapping = desk.file("mapping.json", mapping.to_string());
    let read = desk.json(0, &[&ambiguous, "--mapping", &mapping]);
    assert_eq!(read["files"][0]["statements"][0]["entries"][2]["booked"], "2026-12-11");
}

#[test]
fn every_question_can_be_answered() {
    let desk = Desk::new();
    let thousands =
        desk.file("thousands.csv", "Date,Text,Amount (EUR)\n31/03/2026,Rent,\"1,500\"\n");
    assert_eq!(desk.json(1, &[&thousands])["files"][0]["questions"][0]["question"], "decimal_sign");
    // A euro has no thousandth, but five tenths of it may be written with zeros behind them.
    for (sign, amount) in [("point", "1500.00"), ("comma", "1.50")] {
        let read = desk.json(0, &[&thousands, "--decimal", sign]);
        assert_eq!(read["files"][0]["statements"][0]["entries"][0]["amount"], amount);
    }
    let bare = desk.file("bare.csv", "31/03/2026,Rent,-5.00\n30/03/2026,Salary,7.00\n");
    let read = desk.json(1, &[&bare]);
    assert_eq!(read["files"][0]["questions"][0]["question"], "currency");
    let read = desk.json(0, &[&bare, "--currency", "AUD"]);
    assert_eq!(read["files"][0]["statements"][0]["currency"], "AUD");
    let flagged = "Datum;Tekst;Beløb;Art;Valuta\n31.03.2026;A;5,00;Hin;DKK\n\
                   30.03.2026;B;7,00;Her;DKK\n";
    let flagged = desk.file("flagged.csv", flagged);
    let columns = ["--column", "4=flag", "--debit-word", "Hin", "--credit-word", "Her"];
    let read = desk.json(0, &[&[flagged.as_str()], &columns[..]].concat());
    let entries = &read["files"][0]["statements"][0]["entries"];
    assert_eq!([&entries[0]["amount"], &entries[1]["amount"]], ["-5.00", "7.00"]);
}

#[test]
fn wrong_usage_is_told_from_a_faulty_file() {
    let desk = Desk::new();
    let sound = sample("ofx/us_card_220.ofx");
    let bad = desk.file("bad.json", "{}");
    for words in [
        &["read"][..],
        &["read", &sound, "--decimal", "dot"],
        &["read", &sound, "--column", "0=amount"],
        &["read", &sound, "--column", "1=money"],
        &["read", &sound, "--currency", "XXQ"],
        &["read", &sound, "--not-after", "2026-02-30"],
        &["read", &sound, "--mapping", &bad],
        &["read", &sound, "--mapping", "nowhere.json"],
    ] {
        desk.prints(2, words);
    }
}

#[test]
fn a_table_of_several_accounts_is_told_account_by_account() {
    let desk = Desk::new();
    let mixed = "Account,Date,Text,Amount (AUD)\nA,2026-03-30,one,1\nB,2026-03-30,two,2\n\
                 A,2026-03-31,three,3\nC,2026-03-31,four,4\nB,2026-03-31,five,5\n";
    let mixed = desk.file("mixed.csv", mixed);
    let read = desk.json(0, &[&mixed]);
    let statements = read["files"][0]["statements"].as_array().unwrap();
    let told = statements.iter().map(|statement| {
        let entries = statement["entries"].as_array().unwrap();
        let texts = entries.iter().map(|entry| entry["purpose"].as_str().unwrap());
        (statement["account"].as_str().unwrap(), texts.collect())
    });
    let told: Vec<(&str, Vec<&str>)> = told.collect();
    let expected = [("A", vec!["one", "three"]), ("B", vec!["two", "five"]), ("C", vec!["four"])];
    assert_eq!(told, expected);
    let table = desk.prints(0, &["convert", &mixed, "--to", "csv"]);
    let texts = ["one", "three", "two", "five", "four"].map(|text| table.find(text).unwrap());
    assert!(texts.is_sorted(), "{table}");
}

#[test]
fn what_can_be_read_only_once_is_read_as_a_file_is() {
    let desk = Desk::new();
    let giro = sample("camt/giro_053_v2.xml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_florin"));
    command.env_clear().env("HOME", "/proc/none").stdin(std::process::Stdio::piped());
    command.args(["statement", "convert", "/dev/stdin", "--to", "csv"]);
    let mut running = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let bytes = std::fs::read(&giro).unwrap();
    std::io::Write::write_all(&mut running.stdin.take().unwrap(), &bytes).unwrap();
    let piped = running.wait_with_output().unwrap();
    let direct = desk.prints(0, &["convert", &giro, "--to", "csv"]);
    assert_eq!(String::from_utf8(piped.stdout).unwrap(), direct);
}
