//! Every sample with something changed in it: bytes flipped, cut, repeated, swapped, grown,
//! encodings exchanged. Nothing panics, and money is never read differently in silence: where an
//! amount, currency or balance differs from the unchanged file, there is a fault, or a digit or
//! sign has changed.
//!
//! Each format has 2,000 variants, and `FLORIN_SOAK_ROUNDS` times as many in a soak. A variant that
//! fails is named by sample and number, and is the same on every run.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use statements::{BalanceCheck, EntryStatus, Format, ReadOptions, Reading, Scope, limits};

/// How many variants each sample has in one round, and how many the samples of a format together.
const VARIANTS_MIN: usize = 60;
const FORMAT_VARIANTS: usize = 2_000;

/// A sample with the money in it.
struct Sample {
    name: String,
    bytes: Vec<u8>,
    is_sound: bool,
    money: Vec<Money>,
    /// How much of it an importer could take.
    bookable: usize,
}

/// What must not change in silence: an entry's amount, currency and status, or a balance.
type Money = (String, String, Option<EntryStatusName>);
type EntryStatusName = &'static str;

/// A changed file, and what was replaced where.
struct Variant {
    bytes: Vec<u8>,
    edit: Edit,
}

enum Edit {
    /// These bytes were replaced by others, at one place.
    Replaced { old: Vec<u8>, new: Vec<u8>, around: [u8; 2] },
    /// A part was left out or stands there twice; the bytes at its borders.
    Moved { borders: [u8; 4] },
    /// The same characters in other bytes.
    Encoded,
}

/// Numbers that look random and are the same on every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

fn read(bytes: &[u8]) -> Reading {
    let currency = kernel::CommodityCode::parse("AUD").ok();
    statements::read(bytes, &ReadOptions { currency, ..ReadOptions::default() })
}

/// The money of a reading in the order of the file: all of it, or what an importer could take.
fn money(reading: &Reading, all: bool) -> Vec<Money> {
    let mut money = Vec::new();
    for (index, statement) in reading.statements.iter().enumerate() {
        if !all && !reading.is_statement_bookable_in_part(index) {
            continue;
        }
        for entry in &statement.entries {
            let status = match entry.status {
                EntryStatus::Booked => "booked",
                EntryStatus::Pending => "pending",
                EntryStatus::Information => "information",
            };
            money.push((entry.amount.to_string(), entry.currency.to_string(), Some(status)));
        }
        // A table's balances come of its lines: what is said about lines holds for them.
        let stated = statement
            .balances
            .iter()
            .filter(|_| !matches!(reading.format, Some(Format::Csv | Format::Xlsx | Format::Pdf)));
        for balance in stated {
            money.push((balance.amount.to_string(), balance.currency.to_string(), None));
        }
    }
    money
}

/// The samples of a format: our own, and those of other projects.
fn samples(format: &str) -> Vec<Sample> {
    let mut samples = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for folder in [root.join(format), root.join(format).join("vendor")] {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        for path in entries.map(|entry| entry.unwrap().path()) {
            let extension = path.extension().and_then(|extension| extension.to_str());
            if matches!(
                extension,
                Some(
                    "ofx" | "qfx" | "xml" | "csv" | "sta" | "bai" | "txt" | "qif" | "xlsx" | "pdf"
                )
            ) {
                let bytes = std::fs::read(&path).unwrap();
                if bytes.is_empty() {
                    continue;
                }
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                let reading = read(&bytes);
                let bookable = money(&reading, false).len();
                let (is_sound, money) = (reading.is_sound(), money(&reading, true));
                samples.push(Sample { name, bytes, is_sound, money, bookable });
            }
        }
    }
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    samples
}

fn vary(bytes: &[u8], numbers: &mut Numbers) -> Variant {
    let at = numbers.below(bytes.len());
    let end = (at + 1 + numbers.below(200)).min(bytes.len());
    match numbers.below(10) {
        0 | 1 => {
            let bit = 1_u8 << numbers.below(8);
            replace(bytes, at..at + 1, &[bytes[at] ^ bit])
        }
        2 => {
            let byte = numbers.byte();
            replace(bytes, at..at + 1, &[byte])
        }
        3 => replace(bytes, at..at + 1, &[]),
        4 => {
            let byte = b"<>/&;,\"'-\n\r\t |"[numbers.below(14)];
            replace(bytes, at..at, &[byte])
        }
        5 => {
            let grown = [b"Ax \"<&\xfc\xd0"[numbers.below(8)]; 5_000];
            replace(bytes, at..at, &grown)
        }
        6 => moved(bytes, [&bytes[..at], &bytes[end..]].concat(), at..end),
        7 => moved(bytes, bytes[..at].to_vec(), at..bytes.len()),
        8 => moved(bytes, [&bytes[..end], &bytes[at..]].concat(), at..end),
        _ => encode(bytes, numbers),
    }
}

fn replace(bytes: &[u8], range: Range<usize>, new: &[u8]) -> Variant {
    let byte = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
    let around = [byte(range.start.checked_sub(1)), byte(Some(range.end))];
    let old = bytes[range.clone()].to_vec();
    let changed = [&bytes[..range.start], new, &bytes[range.end..]].concat();
    Variant { bytes: changed, edit: Edit::Replaced { old, new: new.to_vec(), around } }
}

fn moved(bytes: &[u8], changed: Vec<u8>, range: Range<usize>) -> Variant {
    let byte = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
    let borders = [
        byte(range.start.checked_sub(1)),
        byte(Some(range.start)),
        byte(range.end.checked_sub(1)),
        byte(Some(range.end)),
    ];
    Variant { bytes: changed, edit: Edit::Moved { borders } }
}

/// The text of the file in other bytes, whatever it declares.
fn encode(bytes: &[u8], numbers: &mut Numbers) -> Variant {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let units = text.encode_utf16();
    let changed: Vec<u8> = match numbers.below(4) {
        0 => [0xfeff_u16].into_iter().chain(units).flat_map(u16::to_le_bytes).collect(),
        1 => [0xfeff_u16].into_iter().chain(units).flat_map(u16::to_be_bytes).collect(),
        2 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        _ => text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect(),
    };
    Variant { bytes: changed, edit: Edit::Encoded }
}

/// Whether an edit touched the number of an amount: a digit or sign, or a point or comma among
/// digits. In MT the signs are letters.
fn touches_number(edit: &Edit, is_mt: bool) -> bool {
    let is_letter = |byte: &u8| is_mt && b"CDER".contains(byte);
    let is_number =
        |byte: &u8| byte.is_ascii_digit() || b"+-().,'".contains(byte) || is_letter(byte);
    match edit {
        Edit::Encoded => false,
        Edit::Moved { borders } => borders.iter().any(is_number),
        Edit::Replaced { old, new, around } => {
            let plain =
                |byte: &u8| byte.is_ascii_digit() || b"+-".contains(byte) || is_letter(byte);
            let among_digits = around.iter().any(u8::is_ascii_digit);
            old.iter().chain(new).any(|byte| plain(byte) || (among_digits && is_number(byte)))
        }
    }
}

/// Whether the sample has this amount in another currency, and the edit explains it: EUR and MUR
/// are one letter apart, and a header drowned in other characters states no currency any more.
fn changes_code(edit: &Edit, (amount, _, status): &Money, sample: &[Money]) -> bool {
    let explains = match edit {
        Edit::Replaced { old, new, .. } => {
            old.iter().chain(new).any(u8::is_ascii_uppercase) || new.len() > 1_000
        }
        Edit::Moved { .. } | Edit::Encoded => false,
    };
    explains && sample.iter().any(|(known, _, state)| known == amount && state == status)
}

/// Whether the sample has this amount with any sign, in any currency.
fn same_digits((amount, ..): &Money, sample: &[Money]) -> bool {
    let digits = |amount: &str| amount.trim_start_matches('-').to_owned();
    sample.iter().any(|(known, ..)| digits(known) == digits(amount))
}

/// Whether the digits of an amount stand in the sample's text.
fn stands_in((amount, ..): &Money, sample: &[u8]) -> bool {
    let text = String::from_utf8_lossy(sample).replace(',', "");
    text.contains(amount.trim_start_matches('-'))
}

/// What a variant must not do, as a sentence; `None` where all is well.
fn misread(sample: &Sample, variant: &Variant, reading: &Reading) -> Option<String> {
    for statement in &reading.statements {
        for entry in &statement.entries {
            let own = reading.faults.iter().any(|fault| {
                matches!(fault.scope, Scope::Entry { statement: at, entry: ordinal }
                    if reading.statements.get(at).is_some_and(|of| std::ptr::eq(of, statement))
                        && ordinal == entry.ordinal)
            });
            if own {
                return Some(format!("the entry on line {} has a fault", entry.line));
            }
        }
    }
    let quoted = reading.faults.iter().map(|fault| &fault.found);
    let mut unprintable = quoted.filter(|found| {
        found.chars().count() > limits::FOUND_CHARS_MAX + 1 || found.chars().any(char::is_control)
    });
    if let Some(found) = unprintable.next() {
        return Some(format!("a fault quotes {found:?}"));
    }
    let is_mt = sample.name.starts_with("mt/");
    if touches_number(&variant.edit, is_mt) {
        return None;
    }
    let read = money(reading, false);
    let is_table = ["csv/", "xlsx/", "pdf/"].iter().any(|table| sample.name.starts_with(table));
    let mut left: BTreeMap<&Money, usize> = BTreeMap::new();
    for money in &sample.money {
        *left.entry(money).or_default() += 1;
    }
    for money in &read {
        match (left.get_mut(money), &variant.edit) {
            // A part that stands there twice brings its amounts twice.
            (Some(_), Edit::Moved { .. }) => {}
            (Some(count), _) if *count > 0 => *count -= 1,
            (None, edit) if changes_code(edit, money, &sample.money) => {}
            // What made an entry of the sample faulty may have been cut out.
            (None, Edit::Moved { .. }) if !sample.is_sound => {}
            // In QIF texts say whose amounts these are, and whether they move cash.
            (_, _) if sample.name.starts_with("qif/") && stands_in(money, &sample.bytes) => {}
            // In MT a letter too many can be the reference that was missing.
            (None, Edit::Replaced { .. }) if !sample.is_sound && is_mt => {}
            // So may the lines that prove a sign or state a currency.
            (None, Edit::Moved { .. }) if is_table && same_digits(money, &sample.money) => {}
            _ => return Some(format!("{money:?} is not in the sample")),
        }
    }
    let lost = read.len() < sample.bookable && !matches!(variant.edit, Edit::Moved { .. });
    let differs = |statement: &statements::Statement| {
        matches!(statement.balance_check(), BalanceCheck::Differs { .. })
    };
    // A line that turned into text is told by the balances, which no longer follow.
    let sums_differ = reading.notes.iter().any(|note| note.text.starts_with(":90"));
    let is_said = !reading.is_sound() || sums_differ || reading.statements.iter().any(differs);
    (lost && !is_said).then(|| "money is missing, and nothing is said".to_owned())
}

/// Changes every sample of a format, so often that all its samples together have enough variants.
#[track_caller]
fn check(format: &str) {
    let rounds = std::env::var("FLORIN_SOAK_ROUNDS").ok();
    let rounds: usize = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let samples = samples(format);
    let each = (FORMAT_VARIANTS / samples.len() + 1).max(VARIANTS_MIN) * rounds;
    let mut failures = Vec::new();
    let (mut variants, mut sound) = (0_u64, 0_u64);
    for sample in &samples {
        for number in 0..u64::try_from(each).unwrap() {
            let seed = sample
                .name
                .bytes()
                .fold(number, |seed, byte| seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
            let variant = vary(&sample.bytes, &mut Numbers(seed));
            let reading = read(&variant.bytes);
            variants += 1;
            sound += u64::from(reading.is_sound());
            if let Some(misread) = misread(sample, &variant, &reading) {
                let path = std::env::temp_dir()
                    .join(format!("misread-{}-{number}", sample.name.replace('/', "-")));
                let kept =
                    std::fs::write(&path, &variant.bytes).map(|()| path.display().to_string());
                failures.push(format!("{} {number}: {misread}, see {kept:?}", sample.name));
            }
        }
    }
    assert_eq!(failures, Vec::<String>::new());
    assert!(variants >= 2_000, "{variants} variants");
    assert!(sound * 20 > variants, "only {sound} of {variants} are sound: the property is empty");
}

#[test]
fn ofx() {
    check("ofx");
}

#[test]
fn camt() {
    check("camt");
}

#[test]
fn mt() {
    check("mt");
}

#[test]
fn bai() {
    check("bai");
}

#[test]
fn qif() {
    check("qif");
}

#[test]
fn xlsx() {
    check("xlsx");
}

#[test]
fn pdf() {
    check("pdf");
}

#[test]
fn csv() {
    check("csv");
}
