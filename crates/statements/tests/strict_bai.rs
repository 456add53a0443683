//! What is refused in BAI2.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use statements::{BalanceCheck, Format, ReadOptions, Reading};

#[path = "support/refused.rs"]
mod refused;

const BAI2: &str = "01,042000013,COA,260401,0506,1,80,,2/
02,COA,042000013,1,260331,2359,USD,2/
03,273101322728,,010,1000,,,015,1250,,/
16,195,700,V,260401,,FED-1,INV-12,WIRE/
16,475,450,,,1043,CHECK/
88,PAID
49,3400,5/
98,3400,1,7/
99,3400,1,9/
";

fn read(text: &str) -> Reading {
    statements::read(text.as_bytes(), &ReadOptions::default())
}

#[track_caller]
fn check(change: (&str, &str), expected: &[&str]) {
    refused::check(read, BAI2, change, expected);
}

#[test]
fn the_file_is_sound_as_it_is() {
    let reading = read(BAI2);
    assert_eq!((reading.faults.as_slice(), reading.format), (&[][..], Some(Format::Bai2)));
    assert_eq!(reading.statements[0].balance_check(), BalanceCheck::Agrees);
}

#[test]
fn money() {
    let totals =
        ["7 49 control total statement", "8 98 control total file", "9 99 control total file"];
    let with = |first: &'static str| [&[first][..], &totals].concat();
    check(("195,700,", "195,7.00,"), &with("4 16 amount entry 0"));
    check(("195,700,", "195,,"), &with("4 16 amount entry 0"));
    check(("195,700,", "195,-700,"), &with("4 16 amount entry 0"));
    check(("195,700,", "195,701,"), &totals);
    check(("475,450", "899,450"), &["5 16 type code entry 1"]);
    check(("475,450", "015,450"), &["5 16 type code entry 1"]);
    check(("475,450", "47,450"), &["5 16 type code entry 1"]);
    check(("010,1000", "010,x"), &with("3 03 010 balance"));
    check(("010,1000", "abc,1000"), &with("3 03 type code balance"));
    check(("V,260401,", "V,260431,"), &["4 16 value date entry 0"]);
    check(("V,260401,", "Q,260401,"), &["4 16 funds type entry 0"]);
    check(("2359,USD", "2359,US"), &["2 02 currency file"]);
    check(("728,,010", "728,DOLLAR,010"), &["3 03 currency statement"]);
    check(("1,260331", "1,260332"), &["2 02 as-of date file"]);
    check(("273101322728", ""), &["3 03 account number statement"]);
}

#[test]
fn totals_and_counts() {
    check(("49,3400,5", "49,3400,4"), &["7 49 number of records statement"]);
    check(("98,3400,1,7", "98,3400,2,7"), &["8 98 number of accounts file"]);
    check(("99,3400,1,9", "99,3500,1,9"), &["9 99 control total file"]);
    check(("99,3400,1,9/\n", ""), &["8 99 file"]);
    check(("98,3400,1,7/\n", ""), &["8 98 file", "8 99 number of records file"]);
    let lost = ["7 49 statement", "7 98 number of records file", "8 99 number of records file"];
    check(("49,3400,5/\n", ""), &lost);
    check(("99,3400,1,9/\n", "99,3400,1,9/\n16,475,1/\n"), &["10 16 file"]);
}

#[test]
fn structure() {
    check(
        ("88,PAID", "88:PAID"),
        &[
            "6 record code file",
            "7 49 number of records statement",
            "8 98 number of records file",
            "9 99 number of records file",
        ],
    );
    check((",,2/\n02", ",,3/\n02"), &["1 01 version file"]);
    check(("042000013,1,", "042000013,9,"), &["2 02 status file", "3 02 status statement"]);
    check(("99,3400,1,9/", "01,a,b,260401,0506,1,80,,2/"), &["9 01 file", "9 99 file"]);
}

/// Half a megabyte of each kind of thing that could make reading quadratic.
#[test]
fn long_records_take_linear_time() {
    let size = 500_000;
    let middle = |text: &str| BAI2.replacen("88,PAID", &text.repeat(size / text.len()), 1);
    for text in ["x", ",", "88,x\n", "88,\n", "16\n", "16,475,1\n", "16,475,1,D,99/\n", "49,1,1\n"]
    {
        let start = std::time::Instant::now();
        let _ = read(&middle(text));
        assert!(start.elapsed().as_secs() < 60, "{text}");
    }
}
