//! What is refused in MT940 and MT942.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use statements::{BalanceCheck, EntryStatus, Format, ReadOptions, Reading, limits};

#[path = "support/refused.rs"]
mod refused;

const MT940: &str = ":20:STARTUMSE
:25:12030000/0000202051
:28C:00001/001
:60F:C260301EUR10,00
:61:2603310331D4,50NMSCNONREF
:86:coffee
and cake
:61:2603310331CR7,00NTRFNONREF//B-1
:86:166?00GUTSCHRIFT?20Danke?32Anna
:62F:C260331EUR12,50
-
";

const MT942: &str = ":20:REPORT
:25:12030000/0000202051
:28C:00001/001
:34F:EURD1,00
:13D:2603311200+0100
:61:2603310331D4,50NMSCNONREF
:90D:1EUR4,50
-
";

fn read(text: &str) -> Reading {
    statements::read(text.as_bytes(), &ReadOptions::default())
}

#[track_caller]
fn check(change: (&str, &str), expected: &[&str]) {
    refused::check(read, MT940, change, expected);
}

#[test]
fn the_messages_are_sound_as_they_are() {
    for (text, format) in [(MT940, Format::Mt940), (MT942, Format::Mt942)] {
        let reading = read(text);
        assert_eq!((reading.faults.as_slice(), reading.format), (&[][..], Some(format)));
        assert!(reading.notes.is_empty());
    }
    assert_eq!(read(MT940).statements[0].balance_check(), BalanceCheck::Agrees);
}

#[test]
fn money() {
    check(("D4,50", "D4.50"), &["5 :61: amount entry 0"]);
    check(("D4,50", "D450"), &["5 :61: amount entry 0"]);
    check(("D4,50", "D"), &["5 :61: amount entry 0"]);
    check(("D4,50", "D4,505"), &["5 :61: amount entry 0"]);
    check(("D4,50", "D-4,50"), &["5 :61: amount entry 0", "5 :61: type entry 0"]);
    check(("D4,50", "X4,50"), &["5 :61: mark entry 0"]);
    check(("D4,50NMSCNONREF", "D4,50"), &["5 :61: type entry 0"]);
    check(("D4,50NMSCNONREF", "D4,50NMSC"), &["5 :61: reference entry 0"]);
    check(("D4,50", "D4,"), &[]);
    check(("C260301EUR10,00", "C260301EUR10.00"), &["4 :60F: balance"]);
    check(("C260301EUR10,00", "C260301EUR-10,00"), &["4 :60F: balance"]);
    check(("C260301EUR10,00", "X260301EUR10,00"), &["4 :60F: balance"]);
    check(("C260301EUR10,00", "C260301EUX10,00"), &["4 :60F: balance"]);
    check(("C260331EUR", "C260331USD"), &["10 :62F: statement"]);
}

#[test]
fn dates() {
    check((":2603310331D", ":2602300301D"), &["5 :61: value date entry 0"]);
    check((":2603310331D", ":2603310332D"), &["5 :61: entry date entry 0"]);
    check((":2603310331D", ":26033103D"), &["5 :61: value date entry 0"]);
    check((":60F:C260301", ":60F:C261301"), &["4 :60F: balance"]);
    check((":60F:C260301", ":60F:C000000"), &[]);
}

#[test]
fn structure() {
    check((":60F:C260301EUR10,00\n", ""), &["1 :60F: balance"]);
    check((":62F:C260331EUR12,50\n", ""), &["1 :62F: balance"]);
    check((":25:12030000/0000202051\n", ""), &["1 :25: statement"]);
    check((":25:12030000/0000202051", ":25:"), &["2 :25: statement"]);
    check((":61:2603310331C", ":71:2603310331C"), &["8 :71: statement"]);
    check((":61:2603310331C", "61:2603310331C"), &["5 :61: entry 0"]);
    check(("\n:61:2603310331C", ":61:2603310331C"), &["5 :61: entry 0"]);
    check((":62F:", ":60F:"), &["1 :62F: balance", "10 :60F: statement"]);
    check(("-\n", ":62F:C260331EUR12,50\n"), &["11 :62F: statement"]);
    check((":62F:C260331EUR12,50", ":62F:C260331EUR12,50\nmore"), &["10 :62F: statement"]);
    check((":25:", ":20:X\n:25:"), &[]);
}

/// What stands behind the end of a message makes another statement, without account and opening.
#[test]
fn a_line_outside_of_a_message_has_no_account() {
    let reading = read(&MT940.replace(":86:coffee", "-\n:86:coffee"));
    assert!(!reading.is_sound());
    assert_eq!(reading.statements.len(), 2);
    assert!(!reading.is_statement_bookable_in_part(1));
}

#[test]
fn balances_that_do_not_follow_are_said() {
    let reading = read(&MT940.replace("EUR12,50", "EUR12,60"));
    let difference = kernel::Decimal::parse("0.10").unwrap();
    assert!(reading.is_sound());
    assert_eq!(reading.statements[0].balance_check(), BalanceCheck::Differs { difference });
    let sums = read(&MT942.replace("1EUR4,50", "2EUR5,50"));
    assert_eq!((sums.is_sound(), sums.notes.len()), (true, 1));
    let unclear = read(&MT942.replace("1EUR4,50", "1EUR4.50"));
    assert_eq!(unclear.faults[0].field, ":90D:");
}

#[test]
fn expected_lines_are_pending_and_reversals_turn_the_sign() {
    let text = MT942.replace("D4,50", "ED4,50").replace("-\n", ":61:260331RC1,NRTIX\n-\n");
    let text = text.replace(":90D:1EUR4,50\n", "");
    let reading = read(&text);
    let [expected, reversal] = reading.statements[0].entries.as_slice() else {
        unreachable!("two entries: {:?}", reading.faults);
    };
    assert_eq!(expected.status, EntryStatus::Pending);
    assert_eq!((reversal.reversal, reversal.amount.to_string().as_str()), (true, "-1"));
}

#[test]
fn all_faults_at_once() {
    let text =
        MT940.replace("0331D4,50", "0332D4").replace("CR7,00", "QR7").replace("EUR10,00", "");
    let reading = read(&text);
    let lines: Vec<u32> = reading.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [4, 5, 5, 8, 8]);
    assert_eq!(reading.statements[0].refused, 2);
}

/// Half a megabyte of each kind of thing that could make reading quadratic.
#[test]
fn long_fields_take_linear_time() {
    let size = 500_000;
    let middle = |text: &str| MT940.replacen("and cake", &text.repeat(size / text.len()), 1);
    let texts = [
        middle("x"),
        middle("x\n"),
        middle("/"),
        middle("/REMI/"),
        middle("\n-\n"),
        middle("\n:86:"),
        middle("\n:61:"),
        middle("\n:20:"),
        middle("61:260331C1,"),
        MT940.replacen("coffee", &format!("166?20{}", "?20SVWZ+".repeat(size / 8)), 1),
        MT940.replacen("coffee", &format!("166?20{}", "?".repeat(size)), 1),
        MT940.replacen("coffee", &"Z RACH.: ; OD: ".repeat(size / 15), 1),
    ];
    for text in texts {
        let start = std::time::Instant::now();
        let _ = read(&text);
        assert!(start.elapsed().as_secs() < 60, "{}…", text.get(..200).unwrap());
    }
    let many = read(&MT942.repeat(limits::STATEMENTS_MAX + 2));
    assert_eq!((many.statements.len(), many.faults.len()), (limits::STATEMENTS_MAX, 1));
}

#[test]
fn pages_are_one_statement_where_each_goes_on_where_the_last_ended() {
    let pages = |number: &str, opening: &str| {
        format!(
            ":20:A\n:25:1/2\n:28C:7/1\n:60F:C260101EUR10,00\n:61:2601050105C5,00NTRFONE\n\
             :62M:C260105EUR15,00\n-\n:20:B\n:25:1/2\n:28C:{number}\n:60M:{opening}\n\
             :61:2601060106D3,00NTRFTWO\n:62M:C260106EUR12,00\n-\n:20:C\n:25:1/2\n:28C:7/3\n\
             :60M:C260106EUR12,00\n:61:2601070107D2,00NTRFX\n:61:x\n:62F:C260131EUR10,00\n-\n"
        )
    };
    let joined = read(&pages("7/2", "C260105EUR15,00"));
    let [statement] = &joined.statements[..] else { panic!("{:?}", joined.statements) };
    let balances: Vec<String> = statement
        .balances
        .iter()
        .map(|balance| format!("{:?} {} {}", balance.kind, balance.code, balance.amount))
        .collect();
    let expected = [
        "Opening 60F 10.00",
        "Interim 62M 15.00",
        "Interim 60M 15.00",
        "Interim 62M 12.00",
        "Interim 60M 12.00",
        "Closing 62F 10.00",
    ];
    assert_eq!(balances, expected);
    let amounts = statement.entries.iter().map(|entry| entry.amount.to_string());
    assert_eq!(amounts.collect::<Vec<_>>(), ["5.00", "-3.00", "-2.00"]);
    // Faults name the entry as it stands in the whole statement.
    let scope = statements::Scope::Entry { statement: 0, entry: 3 };
    assert!(joined.faults.iter().all(|fault| (fault.line, fault.scope) == (20, scope)));
    assert!(!joined.faults.is_empty());

    // Another balance, another statement: a page is missing between them.
    let count = |number: &str, opening: &str| read(&pages(number, opening)).statements.len();
    assert_eq!(count("7/2", "C260105EUR16,00"), 2);
    assert_eq!(count("7/2", "D260105EUR15,00"), 2);
    assert_eq!(count("8/2", "C260105EUR15,00"), 3);
    assert_eq!(count("007/2", "C260106EUR15,00"), 1);
}
