//! What is taken over from a reading, case by case.

use kernel::{Commodity, CommodityCode};
use statements::{AccountRef, ReadOptions};

use super::dedup::Family;
use super::draft::{Draft, account_names, bank_id, label, normalised};

fn draft(text: &str) -> Draft {
    let currency = CommodityCode::parse("AUD").ok();
    let options = ReadOptions { currency, ..ReadOptions::default() };
    Draft::of(statements::read(text.as_bytes(), &options))
}

const HEAD: &str = "Account Number,Date,Description,Amount,Balance\n";
const TWO: &str = "1,2026-01-02,COFFEE,-5.00,95.00\n1,2026-01-09,TEA,-2.00,93.00\n\
                   2,2026-01-03,RENT,-9.00,1.00\n2,2026-01-04,PIE,-1.00,0.00\n";

#[test]
fn what_may_be_missing_is_not_taken_for_complete() {
    let covers = |text: &str| {
        let draft = draft(text);
        let covers = draft.statements.iter().map(|statement| statement.cover.is_some());
        (draft.faults.len(), covers.collect::<Vec<_>>())
    };
    assert_eq!(covers(&format!("{HEAD}{TWO}")), (0, vec![true, true]));
    // An amount that is none concerns its own account.
    assert_eq!(covers(&format!("{HEAD}{TWO}2,2026-01-05,X,1-2,0.00\n")), (1, vec![true, false]));
    // A line that is broken may be of either.
    assert_eq!(covers(&format!("{HEAD}{TWO}2,2026-01-05\n")), (1, vec![false, false]));
}

#[test]
fn accounts_are_named_by_number_and_currency() {
    let aud = CommodityCode::parse("AUD").unwrap();
    let named = |iban: &str, number: &str, bank: &str| {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let account = AccountRef {
            iban: some(iban),
            number: some(number),
            bank: some(bank),
            ..AccountRef::default()
        };
        let label = label(&account, Family::Ofx, Commodity::well_known("AUD").ok());
        (account_names(&account, aud).join(" "), label)
    };
    let cases = [
        ("", "", "", "", "OFX ACCOUNT (AUD)"),
        ("", "12 34-5a", "bank", "number:BANK//1234-5A:AUD", "OFX ACCOUNT …345a"),
        ("DE02 1203", "77", "", "iban:DE021203:AUD number://77:AUD", "OFX ACCOUNT …1203"),
    ];
    for (iban, number, bank, names, label) in cases {
        assert_eq!(named(iban, number, bank), (names.to_owned(), label.to_owned()));
    }
}

#[test]
fn texts_are_compared_without_what_banks_change() {
    let line = |text: &str, reference: &str| {
        let draft = draft(&format!("Date,Description,Amount\n2026-01-02,\"{text}\",-5.00\n"));
        let mut line = draft.statements.into_iter().next().unwrap().lines.remove(0);
        line.bank_reference = Some(reference.to_owned());
        line
    };
    assert_eq!(normalised(&line("Café  de-la PAIX*1", "")), "café de la paix 1 ");
    let cases = [
        ("A1", Some("A1")),
        (" A1 ", Some("A1")),
        ("", None),
        ("000", None),
        ("0-0", None),
        ("nonref", None),
        ("NOTPROVIDED", None),
    ];
    for (reference, id) in cases {
        assert_eq!(bank_id(&line("x", reference)).as_deref(), id, "{reference}");
    }
}
