//! The questions, case by case. A line is written `day amount id text family`, `-` for no id; a day
//! is one of January 2026, with the day of value behind a slash where there is one.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, Date, Uuid};

use super::{
    Account, Cover, Earlier, Family, Incoming, Key, LineRef, Traits, Verdict, Words, judge,
};
use crate::import::model::ImportId;

fn key(text: &str) -> Key {
    let mut key = [0; 16];
    key.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    key
}

fn day(number: &str) -> Date {
    Date::new(2026, 1, number.parse().unwrap()).unwrap()
}

fn traits(line: &str) -> Traits {
    let [on, amount, id, text, family] = line.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{line}");
    };
    let (on, value) = on.split_once('/').map_or((on, None), |(on, value)| (on, Some(day(value))));
    Traits {
        day: day(on),
        value,
        amount: Amount::parse(amount, 0).unwrap(),
        id: (id != "-").then(|| key(id)),
        text: key(text),
        family: Family::from_code(family).unwrap(),
    }
}

/// Texts of a few letters say nothing, as the words of lines.
fn words(line: &str) -> Words {
    Words::of(line.split(' ').nth(3))
}

fn import(number: u128) -> ImportId {
    ImportId::from_uuid(Uuid::from_u128(number))
}

/// Lines of one statement against lines that are booked (`!` before one that was left out); covers
/// are `from-to`, or nothing.
fn judged((file, file_cover): (&[&str], &str), (booked, booked_cover): (&[&str], &str)) -> String {
    let cover =
        |text: &str| text.split_once('-').map(|(from, to)| Cover { from: day(from), to: day(to) });
    let incoming = (1..).zip(file).map(|(number, line)| Incoming {
        number,
        statement: 0,
        traits: traits(line),
        words: words(line),
    });
    // Each was brought by a file of its own.
    let earlier = (1..).zip(booked).map(|(number, line)| {
        let told = LineRef { import: import(10 + u128::from(number)), number };
        let (traits, words) = (traits(line.trim_start_matches('!')), words(line));
        Earlier { told, line: told, traits, words, left_out: line.starts_with('!') }
    });
    shown(&Account {
        incoming: incoming.collect(),
        file_covers: cover(file_cover).into_iter().map(|cover| (0, cover)).collect(),
        runs: BTreeMap::new(),
        earlier: earlier.collect(),
        earlier_covers: cover(booked_cover).into_iter().collect(),
    })
}

/// `n`, `k` or `r` for each line, with the number of the other line.
fn shown(account: &Account) -> String {
    let shown = judge(account, import(2)).into_values().map(|verdict| match verdict {
        Verdict::New => "n".to_owned(),
        Verdict::Known(_, of) => format!("k{}", of.line.number),
        Verdict::Review(_, of) => format!("r{}", of.line.number),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn equal_lines_are_counted() {
    let two = ["5 -4 - tea csv", "5 -4 - tea csv"];
    let cases: [(&[&str], &[&str], &str); 6] = [
        (&two, &[], "n n"),
        (&two, &two[..1], "k1 n"),
        (&two, &two, "k1 k2"),
        (&two[..1], &two, "k1"),
        // Another day, amount or text is another line.
        (&two[..1], &["6 -4 - tea csv", "5 -5 - tea csv"], "n"),
        (&["5 -4 a tea ofx", "5 -4 a tea ofx"], &["5 -4 a tea ofx"], "k1 n"),
    ];
    for (file, booked, expected) in cases {
        assert_eq!(judged((file, ""), (booked, "")), expected, "{file:?} {booked:?}");
    }
}

#[test]
fn a_reference_decides_within_its_family() {
    let cases: [(&[&str], &[&str], &str); 12] = [
        // The bank changed its text.
        (&["5 -4 a tea ofx"], &["5 -4 a t ofx"], "k1"),
        // The same reference in another format.
        (&["5 -4 a tea ofx"], &["5 -4 a t camt"], "k1"),
        // Another amount, another day: for a person; not between families, where it means nothing.
        (&["5 -4 a tea ofx"], &["5 -5 a tea ofx"], "r1"),
        (&["5 -4 a tea ofx"], &["6 -4 a tea ofx"], "r1"),
        (&["5 -4 a tea ofx"], &["6 -4 a tea camt"], "n"),
        // Another reference is another line, if the bank's references are known to last.
        (&["5 -4 b tea ofx"], &["5 -4 a tea ofx"], "r1"),
        (&["4 -1 x x ofx", "5 -4 b tea ofx"], &["4 -1 x x ofx", "5 -4 a tea ofx"], "k1 n"),
        (&["5 -4 b coffee ofx"], &["5 -4 a tea ofx"], "n"),
        // A correction that a person had booked beside the first one.
        (&["5 -6 a tea ofx"], &["5 -4 a tea ofx", "5 -5 a tea ofx"], "r1"),
        (&["5 -5 a t ofx"], &["5 -4 a tea ofx", "5 -5 a tea ofx"], "k2"),
        (&["5 -5 a tea ofx"], &["5 -4 a tea ofx", "!5 -5 a tea ofx"], "r1"),
        // A word that stands at every line is no reference.
        (&["5 -4 a tea ofx", "6 -5 a rent ofx"], &["7 -6 a fee ofx"], "n n"),
    ];
    for (file, booked, expected) in cases {
        assert_eq!(judged((file, ""), (booked, "")), expected, "{file:?} {booked:?}");
    }
}

#[test]
fn other_texts_are_counted_on_complete_days_only() {
    let (here, there): (&[&str], &[&str]) = (&["5 -4 a tea camt"], &["5 -4 - card csv"]);
    type Case = (&'static [&'static str], &'static str);
    let cases: [(Case, Case, &str); 11] = [
        ((here, ""), (there, ""), "r1"),
        ((here, "4-6"), (there, ""), "k1"),
        ((here, ""), (there, "4-6"), "k1"),
        // The first and the last day of a file may be cut off.
        ((here, "5-6"), (there, "4-5"), "r1"),
        // A text that is equal counts although only one side has a reference.
        ((&["5 -4 a card camt"], ""), (there, ""), "k1"),
        // Two here and one there: which one it is, nobody can say.
        ((&["5 -4 a tea camt", "5 -4 b pie camt"], "4-6"), (there, ""), "r1 r1"),
        ((&["5 -4 a tea camt", "5 -4 b pie camt"], "4-6"), (there, "4-6"), "r1 r1"),
        // One here and two there: a file that was complete then has it.
        ((here, ""), (&["5 -4 - card csv", "5 -4 - cash csv"], "4-6"), "k1"),
        ((here, "4-6"), (&["5 -4 - card csv", "5 -4 - cash csv"], ""), "r1"),
        // What was left out there may be this one.
        ((here, "4-6"), (&["5 -4 - card csv", "!5 -4 - cash csv"], "4-6"), "r1"),
        ((here, "4-6"), (&["!5 -4 - cash csv"], "4-6"), "n"),
    ];
    for (file, booked, expected) in cases {
        assert_eq!(judged(file, booked), expected, "{file:?} {booked:?}");
    }
}

#[test]
fn a_text_that_another_format_cut_is_counted_on_any_day() {
    let cases: [(&[&str], &[&str], &str); 5] = [
        (&["5 -4 - BAECKEREI csv"], &["5 -4 x Bäckerei-Müller camt"], "k1"),
        (&["5 -4 x Bäckerei-Müller camt"], &["5 -4 - BAECKEREI csv"], "k1"),
        // One was there at noon; by the evening there are two.
        (&["5 -4 x Bäckerei camt", "5 -4 y Bäckerei camt"], &["5 -4 - BACKEREI csv"], "k1 n"),
        // The one that is like it alone is taken first.
        (
            &["5 -4 - Kartenzahlung csv", "5 -4 - KartenzahlungAldi csv"],
            &["5 -4 x KartenzahlungAldiNord camt", "5 -4 y KartenzahlungLidl camt"],
            "k2 k1",
        ),
        (&["5 -4 - Kartenzahlung csv"], &["6 -4 x KartenzahlungAldiNord camt"], "n"),
    ];
    for (file, booked, expected) in cases {
        assert_eq!(judged((file, ""), (booked, "")), expected, "{file:?} {booked:?}");
    }
}

#[test]
fn the_day_of_value_may_be_the_day_of_another_format() {
    let (by_value, by_booking): (&[&str], &[&str]) =
        (&["5 -4 - BAECKEREI csv"], &["7/5 -4 - Bäckerei camt"]);
    type Case = (&'static [&'static str], &'static str);
    let cases: [(Case, Case, &str); 8] = [
        ((by_value, "1-9"), (by_booking, "1-9"), "k1"),
        ((by_booking, "1-9"), (by_value, "1-9"), "k1"),
        // One of them may have both.
        ((by_value, "1-6"), (by_booking, "1-9"), "r1"),
        ((by_value, ""), (by_booking, ""), "r1"),
        // Nothing says that it is the same but the amount.
        ((&["5 -4 - cash csv"], ""), (by_booking, ""), "n"),
        // Every day the same: each is there once.
        (
            (&["5/5 -4 - Bäckerei camt", "6/6 -4 - Bäckerei camt"], "1-9"),
            (&["5 -4 - BAECKEREI csv", "6 -4 - BAECKEREI csv"], "1-9"),
            "k1 k2",
        ),
        ((&["6/6 -4 - Bäckerei camt"], "5-9"), (&["5 -4 - BAECKEREI csv"], "1-5"), "n"),
        // A format tells the same day each time.
        ((&["7/5 -4 - Bäckerei camt"], "1-9"), (&["5/5 -4 - Bäckerei camt"], "1-9"), "n"),
    ];
    for (file, booked, expected) in cases {
        assert_eq!(judged(file, booked), expected, "{file:?} {booked:?}");
    }
}

#[test]
fn what_is_known_is_known_by_each_telling() {
    let line = |number| LineRef { import: import(10), number };
    let telling = |told: u32, of: u32, text: &str| {
        let (told, line) = (line(told), line(of));
        Earlier { told, line, traits: traits(text), words: words(text), left_out: false }
    };
    let (csv, camt) = ("5 -4 - card csv", "5 -4 a tea camt");
    let incoming = |texts: &[&str]| {
        let lines = (1..).zip(texts);
        let line = |(number, text): (u32, &&str)| Incoming {
            number,
            statement: 0,
            traits: traits(text),
            words: words(text),
        };
        lines.map(line).collect()
    };
    let known = |texts: &[&str], earlier: Vec<Earlier>| {
        shown(&Account { incoming: incoming(texts), earlier, ..Account::default() })
    };
    let told_twice = || vec![telling(1, 1, csv), telling(2, 1, camt)];
    assert_eq!(known(&[camt], told_twice()), "k1");
    assert_eq!(known(&[csv], told_twice()), "k1");
    // It is one line all the same.
    assert_eq!(known(&[camt, csv], told_twice()), "k1 n");
}

#[test]
fn statements_of_one_file_may_repeat_each_other() {
    let statements = |lines: [&str; 2], runs: [u32; 2]| {
        let incoming = (0..).zip(lines).map(|(statement, line)| Incoming {
            number: statement + 1,
            statement,
            traits: traits(line),
            words: words(line),
        });
        shown(&Account {
            incoming: incoming.collect(),
            runs: (0..).zip(runs).collect(),
            ..Account::default()
        })
    };
    let (named, plain) = ("5 -4 a tea camt", "5 -4 - tea camt");
    assert_eq!(statements([named, named], [0, 0]), "n k1");
    assert_eq!(statements([plain, plain], [0, 1]), "n r1");
    assert_eq!(statements([plain, plain], [0, 0]), "n n");
    assert_eq!(statements([plain, "6 -4 - tea camt"], [0, 1]), "n n");
}

#[test]
fn each_booked_line_makes_one_line_known() {
    // Every combination of up to three lines here and there, out of four that have much in common.
    let kinds = ["5 -4 a tea ofx", "5 -4 - tea csv", "5 -4 b pie camt", "5 -4 - pie csv"];
    let sets = |count: u32| {
        (0..4_usize.pow(count)).map(move |code| {
            (0..count).map(|at| kinds[code / 4_usize.pow(at) % 4]).collect::<Vec<_>>()
        })
    };
    for file in (1..=3).flat_map(sets) {
        for booked in (0..=3).flat_map(sets) {
            for covers in ["", "4-6"] {
                let verdicts = judged((&file, covers), (&booked, covers));
                let known: Vec<&str> =
                    verdicts.split(' ').filter(|verdict| verdict.starts_with('k')).collect();
                let distinct: BTreeSet<&str> = known.iter().copied().collect();
                assert_eq!(known.len(), distinct.len(), "{file:?} {booked:?}: {verdicts}");
            }
        }
    }
}

#[test]
fn thousands_of_equal_payments_of_a_day_are_told_otherwise_without_being_kept_for_each() {
    let many = |text: &str| -> Vec<String> { vec![text.to_owned(); 2_000] };
    let (file, booked) = (many("5 -4 - BAECKEREI csv"), many("5/5 -4 - Bäckerei-Müller camt"));
    let [file, booked] =
        [&file, &booked].map(|lines| lines.iter().map(String::as_str).collect::<Vec<&str>>());
    let verdicts = judged((&file, ""), (&booked, ""));
    let known: BTreeSet<&str> = verdicts.split(' ').collect();
    assert_eq!(known.len(), 2_000);
    assert!(known.iter().all(|verdict| verdict.starts_with('k')));
}
