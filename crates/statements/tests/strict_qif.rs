//! What is refused in QIF, and what is asked.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use statements::{DateOrder, DecimalSign, Format, Question, ReadOptions, Reading};

#[path = "support/refused.rs"]
mod refused;

const QIF: &str = "!Type:Bank
D31/03/2026
T-4.50
PCafe
SFood
$-4.00
STip
$-0.50
^
D31/03/2026
T7.00
^
!Type:Invst
D31/03/2026
NSell
YACME
T5.00
^
";

fn options() -> ReadOptions {
    let currency = kernel::CommodityCode::parse("EUR").ok();
    ReadOptions { currency, ..ReadOptions::default() }
}

fn read(text: &str) -> Reading {
    statements::read(text.as_bytes(), &options())
}

#[track_caller]
fn check(change: (&str, &str), expected: &[&str]) {
    refused::check(read, QIF, change, expected);
}

#[test]
fn the_file_is_sound_as_it_is() {
    let reading = read(QIF);
    assert_eq!((reading.faults.as_slice(), reading.format), (&[][..], Some(Format::Qif)));
    assert_eq!(reading.notes, []);
    assert_eq!(reading.statements.len(), 2);
}

#[test]
fn money() {
    check(("T-4.50", "T"), &["3 T entry 0"]);
    check(("T-4.50\n", ""), &["2 T entry 0"]);
    check(("T-4.50", "Tfour"), &["3 T entry 0"]);
    check(("T-4.50", "T-4.505"), &["3 decimal_sign file"]);
    check(("T-4.50", "T-4.50\nT4.50"), &["4 T entry 0"]);
    check(("T-4.50", "T-4.50\nU-4.50"), &[]);
    check(("T-4.50", "T-4.50\nU-4.51"), &["4 U entry 0"]);
    check(("$-4.00", "$x"), &["6 $ entry 0"]);
    check(("T5.00", "T-5.00"), &["17 T entry 0"]);
    check(("NSell", "NSale"), &["15 N entry 0"]);
    check(("NSell\n", ""), &["14 N entry 0"]);
    let differs = read(&QIF.replacen("$-4.00", "$-3.00", 1));
    assert_eq!((differs.is_sound(), differs.notes.len()), (true, 1));
}

#[test]
fn dates_and_structure() {
    check(("D31/03/2026\nT-4", "D31/02/2026\nT-4"), &["2 D entry 0"]);
    check(("D31/03/2026\nT-4", "T-4"), &["2 D entry 0"]);
    check(("^\nD31/03/2026\nT7.00", "D30/03/2026\nT7.00"), &["9 D entry 0", "10 T entry 0"]);
    check(("^\n!Type:Invst", "!Type:Invst"), &["10 ^ entry 1"]);
    check(("!Type:Invst", "!Type:Invest"), &["13 header file"]);
    check(("!Type:Invst", "?Type:Invst"), &["13 record entry 2"]);
    check(
        ("!Type:Bank", "!Account\nNA\nTBank\n^\n?Type:Bank"),
        &["5 !Account file", "14 !Account file"],
    );
    check(("PCafe", "?Cafe"), &["4 record entry 0"]);
    let cut = read(QIF.get(..QIF.len() - 4).unwrap());
    assert_eq!((cut.faults[0].field.as_str(), cut.statements[1].refused), ("^", 1));
}

#[test]
fn what_the_file_leaves_open_is_asked_and_answered() {
    let ambiguous = "!Type:Bank\nD03/04/26\nT1,500\n^\nD05/06/26\nT-2,250\n^\n";
    let reading = statements::read(ambiguous.as_bytes(), &ReadOptions::default());
    let fields: Vec<&str> = reading.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["currency", "date_order", "decimal_sign"]);
    assert!(reading.statements.is_empty(), "nothing is read before the answer");
    assert!(matches!(reading.questions[1], Question::DateOrder { .. }));
    let mut mapping = reading.csv_mapping.unwrap();
    mapping.date_order = Some(DateOrder::DayMonthYear);
    mapping.decimal_sign = Some(DecimalSign::Point);
    mapping.thousands_sign = Some(',');
    mapping.currency = kernel::CommodityCode::parse("AUD").ok();
    let answered = ReadOptions { csv_mapping: Some(mapping), ..ReadOptions::default() };
    let reading = statements::read(ambiguous.as_bytes(), &answered);
    let told: Vec<String> = reading.statements[0]
        .entries
        .iter()
        .map(|entry| format!("{} {} {}", entry.booked, entry.amount, entry.currency))
        .collect();
    assert_eq!(told, ["2026-04-03 1500 AUD", "2026-06-05 -2250 AUD"]);
}

/// Half a megabyte of each kind of thing that could make reading quadratic.
#[test]
fn long_records_take_linear_time() {
    let size = 500_000;
    for text in ["x", "S\n", "$1\n", "^\n", "!Type:Bank\n", "!Account\n", "D1/1/26\n^\n"] {
        let start = std::time::Instant::now();
        let _ = read(&QIF.replacen("PCafe\n", &text.repeat(size / text.len()), 1));
        assert!(start.elapsed().as_secs() < 60, "{text}");
    }
}
