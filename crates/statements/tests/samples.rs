//! What must be read from our own samples, as `testdata/told` tells it: tables that were written by
//! hand from the files.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use statements::{ReadOptions, Reading};

#[path = "support/told.rs"]
mod told;

#[track_caller]
fn read(sample: &str, currency: &str) -> Reading {
    let path = format!("{}/testdata/{sample}", env!("CARGO_MANIFEST_DIR"));
    let options = ReadOptions {
        currency: kernel::CommodityCode::parse(currency).ok(),
        ..ReadOptions::default()
    };
    statements::read(&std::fs::read(path).unwrap(), &options)
}

/// Holds a sample against its table. `currency` is what the caller knows and the file may not say.
#[track_caller]
fn check(sample: &str, currency: &str) {
    let told = told::told(&read(sample, currency));
    let table = format!("testdata/told/{}.txt", sample.replace('/', "-"));
    let path = format!("{}/{table}", env!("CARGO_MANIFEST_DIR"));
    let expected = std::fs::read_to_string(path).unwrap();
    assert!(
        told == expected.trim_end(),
        "{sample} is read as\n{told}\n\nand {table} says\n{expected}"
    );
}

/// The sum of the booked entries of a statement, added to a balance.
#[track_caller]
fn closes(sample: &str, opening: &[&str]) {
    let reading = read(sample, "");
    assert_eq!(reading.statements.len(), opening.len());
    for (statement, opening) in reading.statements.iter().zip(opening) {
        let booked = |entry: &&statements::Entry| entry.status == statements::EntryStatus::Booked;
        let entries = statement.entries.iter().filter(booked);
        let sum = entries.fold(kernel::Decimal::parse(opening).unwrap(), |sum, entry| {
            sum.checked_add(entry.amount).unwrap()
        });
        assert_eq!(Some(sum), statement.closing().map(|closing| closing.amount), "{sample}");
    }
}

#[test]
fn ofx_ends_at_the_balance_that_it_states() {
    closes("ofx/au_everyday_102.ofx", &["1000.00"]);
    closes("ofx/mn_current_211.ofx", &["500000.00"]);
    closes("ofx/us_card_220.ofx", &["-120.00"]);
    closes("ofx/two_accounts_one_line_103.ofx", &["150.00", "1000.00"]);
}

#[test]
fn an_australian_account_in_sgml() {
    check("ofx/au_everyday_102.ofx", "");
}

#[test]
fn a_mongolian_account_in_xml() {
    check("ofx/mn_current_211.ofx", "");
}

#[test]
fn a_card_with_a_foreign_amount_and_a_pending_entry() {
    check("ofx/us_card_220.ofx", "");
}

#[test]
fn two_accounts_on_one_line_in_cyrillic() {
    check("ofx/two_accounts_one_line_103.ofx", "");
}

#[test]
fn a_german_account_with_batch_reversal_and_pending_entry() {
    check("camt/giro_053_v2.xml", "");
    let reading = read("camt/giro_053_v2.xml", "");
    let batch = &reading.statements[0].entries[2];
    assert_eq!(batch.details_check(), statements::BalanceCheck::Agrees);
}

#[test]
fn a_swiss_bank_with_two_currencies_and_a_prefix() {
    check("camt/two_currencies_053_v8.xml", "");
}

#[test]
fn a_mongolian_statement_of_version_13_in_utf_16() {
    check("camt/mn_savings_053_v13_utf16.xml", "");
}

#[test]
fn a_report_without_namespace_in_latin_1() {
    check("camt/report_052_latin1.xml", "");
}

#[test]
fn australian_csv_with_debit_and_credit_newest_first() {
    check("csv/au_debit_credit.csv", "AUD");
}

#[test]
fn german_csv_with_lines_above_the_table() {
    check("csv/de_giro_latin1.csv", "");
}

#[test]
fn american_csv_with_brackets() {
    check("csv/us_checking.csv", "USD");
}

#[test]
fn mongolian_csv_with_thousands_signs_and_a_total() {
    check("csv/mn_statement.csv", "");
}

#[test]
fn csv_with_iso_dates_and_tabs() {
    check("csv/iso_running.tsv.csv", "");
}

#[test]
fn ambiguous_dates_are_asked_about() {
    check("csv/ambiguous_dates.csv", "");
}

#[test]
fn csv_without_a_header_by_its_running_balance() {
    check("csv/au_headerless.csv", "AUD");
}

#[test]
fn dutch_csv_with_a_flag() {
    check("csv/nl_flags.csv", "");
}

#[test]
fn csv_with_several_currencies_and_states() {
    check("csv/multi_currency.csv", "");
}

#[test]
fn card_csv_whose_balance_proves_that_positive_goes_out() {
    check("csv/card_positive_out.csv", "AUD");
}

#[test]
fn a_german_message_with_numbered_subfields_over_new_year() {
    check("mt/de_giro.sta", "");
}

#[test]
fn a_dutch_message_in_blocks_with_codes_in_slashes() {
    check("mt/nl_blocks.sta", "");
}

#[test]
fn a_polish_message_with_its_own_sign_and_with_words() {
    check("mt/pl_subfields.sta", "");
}

#[test]
fn a_swiss_interim_report_with_expected_lines() {
    check("mt/ch_interim.sta", "");
}

#[test]
fn a_danish_account_from_its_first_day_on_two_pages() {
    check("mt/dk_supplement.sta", "");
}

#[test]
fn an_american_day_with_all_types_of_funds() {
    check("bai/us_previous_day.bai", "");
}

#[test]
fn a_canadian_day_in_two_currencies_and_a_test_that_is_not_booked() {
    check("bai/ca_same_day.bai", "");
}

#[test]
fn a_register_that_an_australian_bank_writes() {
    check("qif/au_bank.qif", "AUD");
}

#[test]
fn three_accounts_of_quicken_with_splits_and_securities() {
    check("qif/us_quicken.qif", "USD");
}

#[test]
fn a_german_register_without_a_header() {
    check("qif/de_ohne_kopf.qif", "EUR");
}

#[test]
fn an_ambiguous_register_is_asked_about() {
    check("qif/ambiguous.qif", "GBP");
}

#[test]
fn an_american_account_in_quickens_own_ofx() {
    check("ofx/us_quicken.qfx", "");
}

#[test]
fn an_australian_workbook_with_typed_days_and_lines_above_the_table() {
    check("xlsx/au_transactions.xlsx", "");
}

#[test]
fn an_indian_workbook_that_counts_days_from_1904() {
    check("xlsx/in_statement.xlsx", "INR");
}

#[test]
fn a_danish_workbook_whose_cells_are_texts() {
    check("xlsx/dk_text_cells.xlsx", "");
}

#[test]
fn british_csv_of_a_commercial_account_with_balances_between() {
    check("csv/uk_commercial.csv", "GBP");
}

#[test]
fn indian_csv_with_withdrawals_and_deposits_in_padded_cells() {
    check("csv/in_withdrawal_deposit.csv", "INR");
}

#[test]
fn indian_csv_with_dr_and_cr_below_lines_of_text() {
    check("csv/in_dr_cr.csv", "INR");
}

#[test]
fn dutch_csv_with_signs_and_a_running_balance() {
    check("csv/nl_running.csv", "");
}

#[test]
fn polish_csv_with_its_currency_below_a_word() {
    check("csv/pl_history.csv", "");
}

#[test]
fn danish_csv_with_a_state_and_signs() {
    check("csv/dk_konto.csv", "DKK");
}

#[test]
fn swiss_csv_with_the_currency_in_the_names_of_columns() {
    check("csv/ch_konto.csv", "");
}

#[test]
fn american_csv_with_a_delimiter_too_many() {
    check("csv/us_details.csv", "USD");
}

#[test]
fn american_csv_with_a_summary_above() {
    check("csv/us_summary_above.csv", "USD");
}

#[test]
fn german_csv_in_the_columns_of_camt() {
    check("csv/de_camt_v2.csv", "");
}

#[test]
fn australian_csv_with_categories() {
    check("csv/au_bank_export.csv", "AUD");
}

#[test]
fn mongolian_csv_with_numbered_lines() {
    check("csv/mn_export.csv", "");
}

#[test]
fn a_british_pdf_with_signs_and_texts_over_two_lines() {
    check("pdf/uk_signed.pdf", "");
}

#[test]
fn a_german_pdf_with_two_columns_in_a_font_of_its_own() {
    check("pdf/de_soll_haben.pdf", "");
}

#[test]
fn an_australian_pdf_of_two_pages_with_balances_carried_forward() {
    check("pdf/au_two_pages.pdf", "");
}
