//! The samples of other projects, held against what other programs read from them.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use std::path::{Path, PathBuf};

use kernel::Decimal;
use serde_json::Value;
use statements::{BalanceCheck, ReadOptions, Reading, Scope};

#[path = "support/mt_twin.rs"]
mod mt_twin;
#[path = "support/twin.rs"]
mod twin;

fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)
}

fn read(path: &Path) -> Reading {
    statements::read(&std::fs::read(path).unwrap(), &ReadOptions::default())
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(testdata(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

/// The faults of a reading: line, field, and whose they are.
fn faults(reading: &Reading) -> Vec<(u32, &str, char)> {
    let scope = |scope| match scope {
        Scope::File => 'f',
        Scope::Statement { .. } => 's',
        Scope::Balance { .. } => 'b',
        Scope::Entry { .. } => 'e',
    };
    let faults = reading.faults.iter();
    faults.map(|fault| (fault.line, fault.field.as_str(), scope(fault.scope))).collect()
}

/// A sample's name and its faults: line, field, and whose they are.
type Expected<'e> = (&'e str, &'e [(u32, &'e str, char)]);

#[test]
fn camt_agrees_with_its_twins() {
    let mut compared = 0;
    for file in files("camt/vendor", "json") {
        let reading = read(&file.with_extension("xml"));
        let found = twin::disagreements(&reading, &json(&file));
        assert_eq!(found, Vec::<String>::new(), "{}", file.display());
        compared += 1;
    }
    assert_eq!(compared, 15);
}

/// Which of the CAMT samples are sound, and what is wrong with the others. Most of them mix
/// currencies in one account, or have entries without any date.
#[test]
fn faulty_camt_is_refused_by_line_and_field() {
    let expected: &[Expected] = &[
        ("camt052.v1", &[]),
        ("camt052.v2.other-account", &[]),
        ("camt052.v2.with-account-name", &[(17, "BookgDt", 'e')]),
        ("camt052.v2", &[]),
        ("camt052.v6.Amt-zero", &[(70, "Ntry/Amt@Ccy", 's')]),
        ("camt052.v8", &[]),
        ("camt053.v2.all-balance-types", &[]),
        ("camt053.v2.minimal.ultimate", &[(54, "Bal/Amt@Ccy", 's')]),
        ("camt053.v2.with-account-name", &[(17, "Bal/Amt@Ccy", 's')]),
        ("camt053.v2.wrong", &[(1, "Stmt", 'f')]),
        (
            "camt053.v4",
            &[(74, "Bal/Amt@Ccy", 's'), (86, "Bal/Amt@Ccy", 's'), (98, "Bal/Amt@Ccy", 's')],
        ),
        (
            "camt053.v8",
            &[(74, "Bal/Amt@Ccy", 's'), (86, "Bal/Amt@Ccy", 's'), (98, "Bal/Amt@Ccy", 's')],
        ),
        ("camt054.v2", &[]),
        ("camt054.v8-with-UETR", &[(16, "BookgDt", 'e')]),
        ("camt054.v8-with-financial-institution", &[(16, "BookgDt", 'e')]),
        ("camt53.only-Dt-with-DtTm", &[]),
    ];
    let found: Vec<PathBuf> = files("camt/vendor", "xml");
    assert_eq!(found.len(), expected.len());
    for (name, expected) in expected {
        let reading = read(&testdata(&format!("camt/vendor/{name}.xml")));
        assert_eq!(faults(&reading), *expected, "{name}");
    }
    let all_types = read(&testdata("camt/vendor/camt053.v2.all-balance-types.xml"));
    // 1.01 and 8.85 are not 4.04.
    let difference = Decimal::parse("-5.82").unwrap();
    assert_eq!(all_types.statements[0].balance_check(), BalanceCheck::Differs { difference });
}

#[test]
fn mt940_agrees_with_its_twins() {
    let mut compared = 0;
    for file in files("mt/vendor", "json") {
        let reading = read(&file.with_extension("sta"));
        let found = mt_twin::disagreements(&reading, &json(&file));
        assert_eq!(found, Vec::<String>::new(), "{}", file.display());
        assert!(reading.is_sound(), "{}", file.display());
        compared += 1;
    }
    assert_eq!(compared, 15);
}

/// Which of the other MT samples are sound, and what is wrong with the rest: a lost field, a line
/// without its comma or its reference, a day that no calendar has, fields of no message.
#[test]
fn faulty_mt940_is_refused_by_line_and_field() {
    let expected: &[Expected] = &[
        ("betterplace-sepa_snippet_broken", &[(6, ":25:", 's')]),
        ("jejik-knab_broken", &[(17, ":61: amount", 'e')]),
        ("mt942-cmxl-mt942_1", &[(1, "format", 'f')]),
        ("mt942-jejik-generic", &[]),
        ("mt942-jejik-rabobank", &[]),
        ("mt942-jejik-triodos", &[]),
        ("mt942-sberbank-171011_01234945", &[]),
        ("mt942-special-long_statement_number", &[]),
        ("mt942-special-mt942", &[]),
        (
            "mt942-special-raphaelm",
            &[
                (22, ":61: reference", 'e'),
                (23, ":61: reference", 'e'),
                (24, ":61: reference", 'e'),
                (25, ":61: reference", 'e'),
                (26, ":61: reference", 'e'),
                (27, ":62M:", 'b'),
                (33, ":61: reference", 'e'),
                (34, ":61: reference", 'e'),
                (35, ":62F:", 'b'),
                (44, ":61: reference", 'e'),
                (47, ":62F:", 'b'),
            ],
        ),
        ("special-february_30", &[(6, ":61: value date", 'e')]),
        ("special-incomplete_tag_61", &[(5, ":61: reference", 'e')]),
        ("special-invalid_statement", &[(1, "format", 'f')]),
        ("special-overly_long_details", &[]),
        ("special-unexpected_tag", &[(2, ":25:", 's'), (8, ":12:", 's')]),
        ("special-unknown_tag", &[(9, ":12:", 's')]),
    ];
    assert_eq!(files("mt/vendor", "sta").len(), expected.len() + 15);
    for (name, expected) in expected {
        let reading = read(&testdata(&format!("mt/vendor/{name}.sta")));
        assert_eq!(faults(&reading), *expected, "{name}");
    }
}

/// Two of the BAI2 samples were shortened by those who published them: their trailers say so.
#[test]
fn faulty_bai2_is_refused_by_line_and_field() {
    let totals = |last: [u32; 4]| {
        let [second, account, group, file] = last;
        vec![
            (second, "49 control total", 's'),
            (second, "49 number of records", 's'),
            (account, "49 control total", 's'),
            (account, "49 number of records", 's'),
            (group, "98 control total", 'f'),
            (group, "98 number of accounts", 'f'),
            (group, "98 number of records", 'f'),
            (file, "99 control total", 'f'),
            (file, "99 number of records", 'f'),
        ]
    };
    let mut other_separator = totals([22, 118, 123, 124]);
    let lines = (63..68).map(|line| (line, "record code", 'f'));
    other_separator.splice(2..2, lines);
    let expected = [
        ("sample1", vec![]),
        ("sample2", vec![]),
        ("sample4-continuations-newline-delimited", totals([22, 110, 115, 116])),
        ("sample5-issue113", other_separator),
    ];
    for (name, expected) in expected {
        let reading = read(&testdata(&format!("bai/vendor/{name}.txt")));
        assert_eq!(faults(&reading), expected, "{name}");
    }
}

/// The amounts of moov's first samples, by hand: credits and debits by their codes.
#[test]
fn bai2_has_the_signs_of_its_codes() {
    let reading = read(&testdata("bai/vendor/sample1.txt"));
    let entries = reading.statements.iter().flat_map(|statement| &statement.entries);
    let amounts: Vec<String> = entries.map(|entry| entry.amount.to_string()).collect();
    let expected = [
        "-25.00", "-900.00", "-5.00", "2035.00", "25.00", "25.00", "-200.00", "-900.00", "-20.00",
        "-25.00", "-10.00", "115.00", "1000.00", "-1000.00", "-90.00", "-20.00", "-5.00",
    ];
    assert_eq!(amounts, expected);
    let reading = read(&testdata("bai/vendor/sample2.txt"));
    let opening = |index: usize| reading.statements[index].opening().unwrap().amount.to_string();
    assert_eq!([opening(0), opening(1), opening(2)], ["43500.00", "-5000.00", "100000.00"]);
    let lockbox = &reading.statements[1].entries[0];
    assert_eq!(lockbox.purpose.as_deref(), Some("LOCK BOX NO.68751"));
    let letter = &reading.statements[2].entries[0];
    assert_eq!(letter.value.unwrap().to_string(), "2004-06-22");
    assert_eq!(
        (letter.bank_reference.as_deref(), letter.reference.as_deref()),
        (Some("SP4738"), Some("YRC065321"))
    );
}

#[test]
fn faulty_ofx_is_refused_by_line_and_field() {
    let expected: &[Expected] = &[
        ("account_listing_aggregation", &[]),
        ("bank_medium", &[]),
        ("bank_small", &[]),
        ("checking", &[]),
        ("credit_card_statement", &[]),
        ("decimal_error", &[(34, "DTPOSTED", 'e'), (34, "TRNAMT", 'e')]),
        ("empty_balance", &[(37, "BALAMT", 'b'), (41, "BALAMT", 'b')]),
        ("error_message", &[(22, "STATUS", 'f')]),
        ("fidelity", &[]),
        ("investment_401k", &[]),
        ("investment_medium", &[(43, "CURSYM", 'e'), (57, "CURSYM", 'e'), (71, "CURSYM", 'e')]),
        ("multi_transaction_statement", &[]),
        ("ofx-v102-empty-tags", &[(23, "CURDEF", 's'), (23, "DTASOF", 'b')]),
        ("sgml_header_statement", &[]),
        ("signon_fail", &[(11, "STATUS", 'f')]),
        ("signon_success_no_message", &[]),
        ("simple_bank_statement", &[]),
        ("suncorp", &[]),
        ("tiaacref", &[]),
        ("vanguard", &[]),
    ];
    assert_eq!(files("ofx/vendor", "ofx").len(), expected.len());
    for (name, expected) in expected {
        let reading = read(&testdata(&format!("ofx/vendor/{name}.ofx")));
        assert_eq!(faults(&reading), *expected, "{name}");
    }
}

/// Transactions that other programs list and that are no entries here, and why.
const NOT_ENTRIES: &[(&str, &str)] = &[
    ("vendor/investment_401k.ofx", "1"), // the money came from the sub-account OTHER
    ("vendor/vanguard.ofx", "01234567890.0123.07152011.0"), // the money went to OTHER
    ("vendor/investment_medium.ofx", "20091215.U489357.e.USD.1510480481"), // USD, not CAD
    ("vendor/investment_medium.ofx", "20091215.U489357.e.USD.1510982018"),
    ("vendor/investment_medium.ofx", "20091215.U489357.e.USD.1511863617"),
];

#[test]
fn ofx_agrees_with_other_programs() {
    let expected = json(&testdata("ofx/expected.json"));
    let expected = expected.as_object().unwrap();
    assert!(expected.len() >= 20);
    for (file, row) in expected {
        let reading = read(&testdata("ofx").join(file));
        let statements = row["statements"].as_array().unwrap();
        assert_eq!(reading.statements.len(), statements.len(), "{file}");
        for (statement, expected) in reading.statements.iter().zip(statements) {
            let currency = statement.currency.map(|currency| currency.to_string());
            assert_eq!(currency.as_deref(), expected["currency"].as_str(), "{file}");
            let number = statement.account.number.as_deref();
            assert_eq!(number, expected["account"].as_str(), "{file}");
            if let Some(closing) = expected["closing"].as_array() {
                let read = statement.closing().unwrap();
                assert_eq!(Some(read.amount), number_of(&closing[1]), "{file}");
                assert_eq!(Some(read.date.to_string().as_str()), closing[0].as_str(), "{file}");
            }
            let rows = expected["entries"].as_array().unwrap().iter().filter(|row| {
                let reference = row["bank_reference"].as_str().unwrap_or_default();
                !NOT_ENTRIES.contains(&(file.as_str(), reference))
            });
            let rows: Vec<&Value> = rows.collect();
            let booked = statement.entries.iter();
            let booked: Vec<_> =
                booked.filter(|entry| entry.status == statements::EntryStatus::Booked).collect();
            assert_eq!(booked.len(), rows.len(), "{file}");
            for (entry, row) in booked.iter().zip(rows) {
                assert_eq!(Some(entry.booked.to_string().as_str()), row["booked"].as_str());
                assert_eq!(Some(entry.amount), number_of(&row["amount"]), "{file}");
                assert_eq!(entry.bank_reference.as_deref(), row["bank_reference"].as_str());
                assert_eq!(entry.purpose, clean(&row["memo"]), "{file}");
                if let Some(name) = clean(&row["name"]) {
                    assert_eq!(entry.counterparty.name, Some(name), "{file}");
                }
            }
        }
    }
}

#[test]
fn securities_are_holdings_and_never_money() {
    let reading = read(&testdata("ofx/vendor/fidelity.ofx"));
    let statement = &reading.statements[0];
    assert_eq!(statement.entries.len(), 17);
    assert_eq!(statement.closing().unwrap().amount, Decimal::parse("18073.98").unwrap());
    let held: Vec<(&str, String)> = statement
        .holdings
        .iter()
        .map(|holding| (holding.security.as_str(), holding.units.to_string()))
        .collect();
    let units = |text: &str| text.to_owned();
    let expected = [
        ("G7945E105", units("128.00000")),
        ("19421R200", units("70.57300")),
        ("431571108", units("115.00000")),
        ("458140100", units("100.91100")),
        ("756577102", units("50.00000")),
        ("98417P105", units("390.90900")),
    ];
    assert_eq!(held, expected);
    let names: Vec<_> = read(&testdata("ofx/vendor/investment_401k.ofx")).statements[0]
        .holdings
        .iter()
        .map(|holding| holding.name.clone().unwrap_or_default())
        .collect();
    assert_eq!(names, ["Foo Index Fund", "BAR Index Fund", "Baz Fund"]);
}

fn number_of(value: &Value) -> Option<Decimal> {
    Decimal::parse(value.as_str()?).ok()
}

/// A text with its blanks joined, as readings have it.
fn clean(value: &Value) -> Option<String> {
    let words: Vec<&str> = value.as_str()?.split_whitespace().collect();
    Some(words.join(" ")).filter(|text| !text.is_empty())
}
