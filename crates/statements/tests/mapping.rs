//! The mapping of CSV: shown, answered, kept, passed back.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use statements::{
    AmountSign, BalanceCheck, CsvMapping, DateOrder, DebitSign, DecimalSign, Question, ReadOptions,
    Reading, Role,
};

fn read(csv: &str, mapping: Option<CsvMapping>) -> Reading {
    let currency = kernel::CommodityCode::parse("AUD").ok();
    let options = ReadOptions { currency, csv_mapping: mapping, ..ReadOptions::default() };
    statements::read(csv.as_bytes(), &options)
}

/// The entries as `booked amount`, one a line.
fn entries(reading: &Reading) -> String {
    let entries = reading.statements.iter().flat_map(|statement| &statement.entries);
    let lines: Vec<String> =
        entries.map(|entry| format!("{} {}", entry.booked, entry.amount)).collect();
    lines.join("\n")
}

#[track_caller]
fn check(csv: &str, expected: &str) {
    let reading = read(csv, None);
    assert_eq!(reading.faults, [], "{csv}");
    assert_eq!(entries(&reading), expected, "{csv}");
}

/// The fields of the faults, which say what is asked.
#[track_caller]
fn asks(csv: &str, field: &str) -> Reading {
    let reading = read(csv, None);
    let fields: Vec<&str> = reading.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, [field], "{:?}", reading.faults);
    assert_eq!(reading.questions.len(), 1);
    assert!(reading.statements.is_empty(), "nothing is read before the answer");
    reading
}

const AMBIGUOUS: &str = "Date,Details,Amount\n03/04/2026,a,-1.00\n05/06/2026,b,2.00\n";

#[test]
fn an_answer_in_the_mapping_is_law() {
    let reading = asks(AMBIGUOUS, "date_order");
    let Some(Question::DateOrder { choices, example, against: None }) = reading.questions.first()
    else {
        unreachable!("the question is about the order of dates");
    };
    assert_eq!(choices, &[DateOrder::DayMonthYear, DateOrder::MonthDayYear]);
    assert_eq!((example.text.as_str(), example.line), ("03/04/2026", 2));
    let mut mapping = reading.csv_mapping.unwrap();
    mapping.date_order = Some(DateOrder::DayMonthYear);
    let answered = read(AMBIGUOUS, Some(mapping.clone()));
    assert_eq!(entries(&answered), "2026-04-03 -1.00\n2026-06-05 2.00");
    mapping.date_order = Some(DateOrder::MonthDayYear);
    assert_eq!(entries(&read(AMBIGUOUS, Some(mapping))), "2026-03-04 -1.00\n2026-05-06 2.00");
}

#[test]
fn a_mapping_is_kept_as_json_and_reads_the_next_file() {
    let csv = "Date;Details;Amount\n31/03/2026;a;1.234,50\n";
    let mapping = read(csv, None).csv_mapping.unwrap();
    let json = serde_json::to_string(&mapping).unwrap();
    let expected = concat!(
        r#"{"delimiter":";","header_line":1,"columns":[{"name":"Date","role":"booked"},"#,
        r#"{"name":"Details","role":"purpose"},{"name":"Amount","role":"amount"}],"#,
        r#""date_order":"day_month_year","decimal_sign":"comma","thousands_sign":".","#,
        r#""amount_sign":"positive_in","debit_sign":null,"debit_words":[],"credit_words":[],"#,
        r#""currency":"AUD"}"#
    );
    assert_eq!(json, expected);
    let kept: CsvMapping = serde_json::from_str(&json).unwrap();
    assert_eq!(kept, mapping);
    // Alone the next file would be ambiguous twice, and its header stands elsewhere.
    let next = "My account\n\nDate;Details;Amount\n03/04/2026;a;1.500\n";
    let reading = read(next, Some(kept.clone()));
    assert_eq!(entries(&reading), "2026-04-03 1500");
    assert_eq!(reading.csv_mapping.unwrap().header_line, Some(3));
    let other = read("Date;Amount;Details\n03/04/2026;1;a\n", Some(kept));
    assert_eq!(other.faults.len(), 1, "other columns are no file of this mapping");
    assert!(other.statements.is_empty());
}

#[test]
fn a_role_can_be_changed() {
    let csv = "Date,Details,Amount,Net\n31/03/2026,a,1.00,0.90\n";
    let mut mapping = read(csv, None).csv_mapping.unwrap();
    mapping.columns[2].role = Role::Ignored;
    mapping.columns[3].role = Role::Amount;
    assert_eq!(entries(&read(csv, Some(mapping.clone()))), "2026-03-31 0.90");
    mapping.columns[2].role = Role::Debit;
    let contradictory = read(csv, Some(mapping));
    assert_eq!(contradictory.faults.len(), 1);
    assert!(contradictory.statements.is_empty());
}

#[test]
fn decimal_and_thousands_signs_are_found_or_asked_about() {
    check(
        "Date,Amount\n2026-01-31,\"1,500\"\n2026-01-31,12.50\n",
        "2026-01-31 1500\n2026-01-31 12.50",
    );
    check("Date;Amount\n2026-01-31;1.500\n2026-01-31;-12,5\n", "2026-01-31 1500\n2026-01-31 -12.5");
    check("Date;Amount\n2026-01-31;1 500,00\n", "2026-01-31 1500.00");
    check("Date;Amount\n2026-01-31;1'500.00\n", "2026-01-31 1500.00");
    check("Date;Amount\n2026-01-31;12,34,567.00\n", "2026-01-31 1234567.00");
    let reading = asks("Date,Amount\n2026-01-31,\"1,500\"\n2026-01-30,\"2,250\"\n", "decimal_sign");
    let mut mapping = reading.csv_mapping.unwrap();
    mapping.decimal_sign = Some(DecimalSign::Point);
    mapping.thousands_sign = Some(',');
    let csv = "Date,Amount\n2026-01-31,\"1,500\"\n2026-01-30,\"2,250\"\n";
    assert_eq!(entries(&read(csv, Some(mapping))), "2026-01-31 1500\n2026-01-30 2250");
}

#[test]
fn dates_in_two_orders_and_two_decimal_signs_are_refused() {
    let csv = "Date,Amount\n13/01/2026,1\n01/13/2026,1\n";
    let reading = asks(csv, "date_order");
    assert_eq!(reading.faults[0].line, 3);
    assert!(reading.faults[0].expected.ends_with("line 2 has 13/01/2026"));
    let mut mapping = reading.csv_mapping.unwrap();
    mapping.date_order = Some(DateOrder::DayMonthYear);
    let answered = read(csv, Some(mapping));
    assert_eq!(entries(&answered), "2026-01-13 1");
    assert_eq!((answered.faults.len(), answered.faults[0].line), (1, 3));
    asks("Date;Amount\n13/01/2026;1,50\n14/01/2026;1.50\n", "decimal_sign");
}

#[test]
fn debits_with_and_without_sign() {
    check("Date,Debit,Credit\n31/01/2026,5,\n31/01/2026,,7\n", "2026-01-31 -5\n2026-01-31 7");
    let signed = "Date,Debit,Credit\n31/01/2026,-5,\n31/01/2026,0.00,7\n";
    check(signed, "2026-01-31 -5\n2026-01-31 7");
    assert_eq!(read(signed, None).csv_mapping.unwrap().debit_sign, Some(DebitSign::Negative));
    let mixed = read("Date,Debit,Credit\n31/01/2026,-5,\n31/01/2026,7,\n", None);
    assert_eq!(mixed.faults.len(), 1);
    assert_eq!(entries(&mixed), "2026-01-31 -7");
    let both = read("Date,Debit,Credit\n31/01/2026,5,7\n", None);
    assert_eq!((both.faults.len(), both.statements[0].refused), (1, 1));
}

#[test]
fn half_a_pair_is_asked_about() {
    asks("Date,Xebit,Credit,Balance\n31/01/2026,5,,95\n31/01/2026,,7,102\n", "columns");
}

#[test]
fn flags_are_found_also_without_a_name() {
    check(
        "Date,What,Amount,D/C\n31/01/2026,a,5,D\n31/01/2026,b,7,C\n",
        "2026-01-31 -5\n2026-01-31 7",
    );
    check(
        "Date,What,Amount,Kind\n31/01/2026,a,5,DR\n31/01/2026,b,7,CR\n",
        "2026-01-31 -5\n2026-01-31 7",
    );
    check(
        "Date,Type,Amount\n31/01/2026,Debit,-5\n31/01/2026,Debit,7\n",
        "2026-01-31 -5\n2026-01-31 7",
    );
    let contradiction = read("Date,Amount,D/C\n31/01/2026,-5,C\n30/01/2026,5,C\n", None);
    assert_eq!(contradiction.faults.len(), 1);
    let reading = asks("Date,Amount,D/C\n31/01/2026,5,Q\n31/01/2026,7,C\n", "debit_words");
    let mut mapping = reading.csv_mapping.unwrap();
    mapping.debit_words = vec!["q".to_owned()];
    let answered = read("Date,Amount,D/C\n31/01/2026,5,Q\n31/01/2026,7,C\n", Some(mapping));
    assert_eq!(entries(&answered), "2026-01-31 -5\n2026-01-31 7");
}

#[test]
fn a_lone_dash_is_no_flag_where_its_column_is_named_for_something_else() {
    let csv = "Date,Details,Amount,Status\n2026-01-31,-,5,booked\n2026-01-31,-,7,booked\n";
    check(csv, "2026-01-31 5\n2026-01-31 7");
}

#[test]
fn a_running_balance_that_breaks_is_said_and_not_repaired() {
    let csv = "Date,Amount,Balance\n2026-01-01,1,101\n2026-01-02,2,103\n2026-01-03,3,107\n\
               2026-01-04,4,111\n";
    let reading = read(csv, None);
    assert!(reading.is_sound());
    let difference = kernel::Decimal::parse("1").unwrap();
    assert_eq!(reading.statements[0].balance_check(), BalanceCheck::Differs { difference });
    assert_eq!(reading.notes.iter().map(|note| note.line).collect::<Vec<_>>(), [4]);
}

#[test]
fn a_sign_is_inverted_by_proof_or_by_the_caller_only() {
    let proved = "Date,Amount,Balance\n2026-01-01,5,95\n2026-01-02,-7,102\n2026-01-03,1,101\n";
    check(proved, "2026-01-01 -5\n2026-01-02 7\n2026-01-03 -1");
    let mut mapping = read(proved, None).csv_mapping.unwrap();
    assert_eq!(mapping.amount_sign, Some(AmountSign::PositiveOut));
    mapping.amount_sign = Some(AmountSign::PositiveIn);
    assert_eq!(
        entries(&read(proved, Some(mapping.clone()))),
        "2026-01-01 5\n2026-01-02 -7\n2026-01-03 1"
    );
    let unnamed = proved.replace("Balance", "Left over");
    check(&unnamed, "2026-01-01 -5\n2026-01-02 7\n2026-01-03 -1");
    let unproved = "Date,Amount\n2026-01-01,5\n2026-01-02,-7\n";
    check(unproved, "2026-01-01 5\n2026-01-02 -7");
    let mut mapping = read(unproved, None).csv_mapping.unwrap();
    mapping.amount_sign = Some(AmountSign::PositiveOut);
    assert_eq!(entries(&read(unproved, Some(mapping))), "2026-01-01 -5\n2026-01-02 7");
}

#[test]
fn a_proof_that_faults_took_away_refuses_the_statement() {
    let csv = "Date,Amount,Balance\n2026-01-01,5,95\n2026-01-02,x,102\n";
    let reading = read(csv, None);
    assert_eq!(reading.faults.len(), 2);
    assert!(!reading.is_statement_bookable_in_part(0), "5 may come in or go out");
    let longer = format!("{csv}2026-01-03,1,103\n2026-01-04,1,104\n");
    let reading = read(&longer, None);
    assert_eq!(reading.faults.len(), 1);
    assert!(reading.is_statement_bookable_in_part(0), "two lines prove it");
}

#[test]
fn thousands_signs_are_those_of_the_mapping() {
    let csv = "Date;Amount\n2026-01-01;1,500.00\n2026-01-02;2.50\n";
    let mut mapping = read(csv, None).csv_mapping.unwrap();
    assert_eq!(mapping.thousands_sign, Some(','));
    mapping.thousands_sign = None;
    let reading = read(csv, Some(mapping));
    assert_eq!((reading.faults.len(), entries(&reading).as_str()), (1, "2026-01-02 2.50"));
    let mixed = "Date;Amount\n2026-01-01;1,500.00\n2026-01-02;2'500.00\n";
    assert_eq!(read(mixed, None).faults.len(), 1);
}

#[test]
fn the_currency_comes_from_the_file_before_the_caller() {
    let currency = |csv: &str| {
        let reading = read(csv, None);
        assert_eq!(reading.faults, [], "{csv}");
        reading.statements[0].currency.map(|currency| currency.to_string()).unwrap()
    };
    assert_eq!(currency("Date,Amount (EUR)\n2026-01-01,5\n"), "EUR");
    assert_eq!(currency("Date,Amount,Curr\n2026-01-01,5,NZD\n"), "NZD");
    assert_eq!(currency("Date,Amount\n2026-01-01,₮5\n"), "MNT");
    assert_eq!(currency("Date,Amount\n2026-01-01,5 CHF\n"), "CHF");
    assert_eq!(currency("Currency: USD\n\nDate,Amount\n2026-01-01,$5\n"), "USD");
    assert_eq!(currency("Date,Amount\n2026-01-01,$5\n"), "AUD");
    let nothing = statements::read(b"Date,Amount\n2026-01-01,$5\n", &ReadOptions::default());
    assert_eq!(nothing.questions, [Question::Currency]);
    let other = read("Date,Amount,Currency\n2026-01-01,5 CHF,EUR\n", None);
    assert_eq!(other.faults.len(), 1);
}

#[test]
fn two_columns_of_numbers_without_names_are_asked_about() {
    asks("31/01/2026,5.00,9.00\n30/01/2026,7.00,3.00\n", "columns");
    asks("31/01/2026,30/01/2026,9.00\n30/01/2026,30/01/2026,3.00\n", "columns");
    check("31/01/2026,9.00,x\n30/01/2026,3.00,y\n", "2026-01-31 9.00\n2026-01-30 3.00");
}

#[test]
fn real_headers_are_understood() {
    // Only the names of the columns are those of banks.
    let tables = [
        "Auftragskonto;Buchungstag;Valutadatum;Verwendungszweck;Betrag;Waehrung;Info\n\
         1;31.01.26;31.01.26;a;-1,00;AUD;Umsatz gebucht\n1;05.02.26;;b;2,00;AUD;Umsatz gebucht\n",
        "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance\n\
         31/01/26,a,0,31/01/26,1.00,,9.00\n05/02/26,b,0,05/02/26,,2.00,11.00\n",
        "Buchungsdatum;Status;Zahlungsempfänger*in;Verwendungszweck;IBAN;Betrag (AUD)\n\
         31.01.26;Gebucht;x;a;DE1;-1,00\n05.02.26;Gebucht;y;b;DE2;2,00\n",
        "Date,Details,Debit,Credit,Balance\n31/01/26,a,1.00,-,9.00\n05/02/26,b,-,2.00,11.00\n",
        "Date,Description,Amount,Running Bal.\n01/31/2026,Beginning balance as of,,10.00\n\
         01/31/2026,a,-1.00,9.00\n02/05/2026,b,2.00,11.00\n",
    ];
    for table in tables {
        check(table, "2026-01-31 -1.00\n2026-02-05 2.00");
    }
    let euro = "Datum;Betrag (€)\n31.01.2026;5\n";
    assert_eq!(read(euro, None).csv_mapping.unwrap().currency.unwrap().as_str(), "EUR");
}

#[test]
fn the_last_day_rules_out_orders() {
    let last = kernel::Date::new(2026, 5, 31).unwrap();
    let currency = kernel::CommodityCode::parse("AUD").ok();
    let options = ReadOptions { currency, not_after: Some(last), ..ReadOptions::default() };
    let reading = statements::read(AMBIGUOUS.as_bytes(), &options);
    assert_eq!(entries(&reading), "2026-03-04 -1.00\n2026-05-06 2.00");
}

#[test]
fn excel_announces_its_delimiter_and_keeps_zeros_by_a_formula() {
    let csv = "sep=|\nDate|Reference|Amount\n31/01/2026|=\"0042\"|5,00\n";
    let reading = read(csv, None);
    assert_eq!(reading.faults, []);
    assert_eq!(reading.statements[0].entries[0].reference.as_deref(), Some("0042"));
}
