//! Arbitrary statements into every writer: nothing panics, and what is written of money is what is
//! read of it. `PROPTEST_CASES` sets how many cases (256 by default).

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use kernel::{CommodityCode, Date, Decimal, Timestamp};
use proptest::prelude::*;
use statements::{
    AccountKind, AccountRef, Counterparty, Entry, EntryKind, EntryStatus, ReadOptions, Statement,
    Tally, WriteFormat, read, write,
};

/// A text as readers leave it: without control characters, and with single blanks inside it. A
/// column of words such as `D` or `out` is taken for flags, so words have a number behind them.
fn text() -> impl Strategy<Value = Option<String>> {
    let clean = |text: String| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.contains(char::is_alphabetic) { format!("{text} 7") } else { text }
    };
    let any = prop_oneof!["[ -~]{0,60}", "[\\PC]{0,30}", "[=+@<&>\"',;-]{1,8}", "[0-9.,-]{1,12}"];
    prop::option::of(any.prop_map(clean)).prop_map(|text| text.filter(|text| !text.is_empty()))
}

fn day() -> impl Strategy<Value = Date> {
    (1900..=2199_i16, 1..=12_i8, 1..=28_i8)
        .prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn status() -> impl Strategy<Value = EntryStatus> {
    let all = [EntryStatus::Booked, EntryStatus::Pending, EntryStatus::Information];
    prop::sample::select(all.to_vec())
}

fn entry() -> impl Strategy<Value = Entry> {
    let cents = -99_999_999_999_999_999_i64..=99_999_999_999_999_999;
    let texts = prop::collection::vec(text(), 8);
    (day(), prop::option::of(day()), cents, status(), texts, any::<bool>()).prop_map(
        |(booked, value, cents, status, mut texts, reversal)| {
            let mut text = || texts.pop().flatten();
            Entry {
                line: 1,
                ordinal: 0,
                booked,
                value,
                amount: Decimal::new(cents.into(), 2).unwrap(),
                currency: CommodityCode::parse("EUR").unwrap(),
                status,
                reversal,
                counterparty: Counterparty { name: text(), account: text(), bank: text() },
                purpose: text(),
                reference: text(),
                bank_reference: text(),
                end_to_end: text(),
                type_code: text(),
                kind: EntryKind::Other,
                original: None,
                charges: Vec::new(),
                balance_after: None,
                corrects: None,
                details: Vec::new(),
            }
        },
    )
}

fn statement() -> impl Strategy<Value = Statement> {
    let texts = prop::collection::vec(text(), 3);
    (prop::collection::vec(entry(), 0..12), texts, text()).prop_map(|(entries, mut names, id)| {
        let mut tally = Tally::default();
        entries.iter().for_each(|entry| tally.take(entry));
        let mut name = || names.pop().flatten();
        let (number, bank, own) = (name(), name(), name());
        Statement {
            line: 1,
            id,
            account: AccountRef {
                iban: None,
                number,
                bank,
                branch: None,
                name: own,
                kind: AccountKind::Checking,
            },
            currency: CommodityCode::parse("EUR").ok(),
            from: None,
            to: None,
            balances: Vec::new(),
            entries,
            tally,
            refused: 0,
            holdings: Vec::new(),
        }
    })
}

/// What money is: days and amounts, in their order.
type Money = Vec<(Date, Decimal)>;

fn money(entries: &[Entry], is_told: fn(&Entry) -> bool) -> Money {
    let told = entries.iter().filter(|entry| is_told(entry));
    told.map(|entry| (entry.booked, entry.amount)).collect()
}

/// What is written is read again, without a fault in any entry, and has the same money.
fn check(
    statement: &Statement,
    format: WriteFormat,
    is_told: fn(&Entry) -> bool,
) -> Result<(), TestCaseError> {
    let written = write(std::slice::from_ref(statement), format, Timestamp::EPOCH);
    let reading = read(written.text.as_bytes(), &ReadOptions::default());
    let found = reading.statements.first().map(|one| money(&one.entries, is_told));
    let expected = money(&statement.entries, is_told);
    prop_assert_eq!(found.unwrap_or_default(), expected, "{:?}\n{}", reading.faults, written.text);
    Ok(())
}

fn every(_: &Entry) -> bool {
    true
}

fn is_booked(entry: &Entry) -> bool {
    entry.status == EntryStatus::Booked
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn csv(statement in statement()) {
        check(&statement, WriteFormat::Csv, every)?;
    }

    #[test]
    fn camt(statement in statement()) {
        check(&statement, WriteFormat::Camt053, every)?;
    }

    #[test]
    fn ofx(statement in statement()) {
        check(&statement, WriteFormat::Ofx, is_booked)?;
    }

    /// Journals are not read here: other programs take them, which other tests show.
    #[test]
    fn journals(statement in statement()) {
        for format in [WriteFormat::Beancount, WriteFormat::Hledger] {
            let written = write(std::slice::from_ref(&statement), format, Timestamp::EPOCH);
            let booked = statement.entries.iter().filter(|entry| is_booked(entry)).count();
            let transactions = written.text.matches("\n    Assets").count()
                + written.text.matches("\n  Assets").count();
            prop_assert!(transactions >= booked, "{}", written.text);
        }
    }
}
