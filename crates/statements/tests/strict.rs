//! What is refused: every case changes one thing in a sound file, and names the fault that it must
//! give: line, field, and whether the file, the statement, a balance or an entry is meant.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use statements::{BalanceCheck, ReadOptions, Reading, Scope, limits};

#[path = "support/refused.rs"]
mod refused;

const OFX: &str = "OFXHEADER:100\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>
<CURDEF>EUR
<BANKACCTFROM><BANKID>1<ACCTID>42<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260331<TRNAMT>-4.50<FITID>1</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260331<TRNAMT>7.00<FITID>2</STMTTRN>
</BANKTRANLIST>
<LEDGERBAL><BALAMT>10.00<DTASOF>20260331</LEDGERBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
";

const CAMT: &str = concat!(
    r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">"#,
    "\n<BkToCstmrStmt><Stmt>",
    "\n<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>",
    "\n<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>",
    r#"<Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-01</Dt></Dt></Bal>"#,
    "\n<Ntry>",
    r#"<Amt Ccy="EUR">4.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"#,
    "<BookgDt><Dt>2026-03-31</Dt></BookgDt></Ntry>",
    "\n<Ntry>",
    r#"<Amt Ccy="EUR">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"#,
    "<BookgDt><Dt>2026-03-31</Dt></BookgDt></Ntry>",
    "\n</Stmt></BkToCstmrStmt></Document>\n",
);

const CSV: &str = "Date,What,Amount,Balance
31/03/2026,a,-4.50,5.50
31/03/2026,b,7.00,12.50
31/03/2026,c,1.00,13.50
31/03/2026,d,-3.50,10.00
";

fn read(text: &str) -> Reading {
    let currency = kernel::CommodityCode::parse("EUR").ok();
    let currency = currency.filter(|_| text.starts_with("Date"));
    statements::read(text.as_bytes(), &ReadOptions { currency, ..ReadOptions::default() })
}

#[track_caller]
fn check(sound: &str, change: (&str, &str), expected: &[&str]) {
    refused::check(read, sound, change, expected);
}

#[test]
fn the_files_are_sound_as_they_are() {
    for text in [OFX, CAMT, CSV] {
        let reading = read(text);
        assert_eq!(reading.faults, []);
        assert!(reading.statements[0].entries.len() >= 2);
        assert!(reading.is_sound() && reading.is_statement_sound(0));
    }
}

#[test]
fn money_in_ofx() {
    check(OFX, ("-4.50", ""), &["8 TRNAMT entry 0"]);
    check(OFX, ("<TRNAMT>-4.50", ""), &["8 TRNAMT entry 0"]);
    check(OFX, ("-4.50", "$4.50"), &["8 TRNAMT entry 0"]);
    check(OFX, ("-4.50", "-4.505"), &["8 TRNAMT entry 0"]);
    check(OFX, ("-4.50", "-4,500"), &["8 TRNAMT entry 0"]);
    check(OFX, ("-4.50", "\n4.50"), &["8 TRNAMT entry 0"]);
    check(OFX, ("-4.50", "-4.50<TRNAMT>4.50"), &["8 TRNAMT entry 0"]);
    check(OFX, ("-4.50", "-4.50<TRNAMT>-4.50"), &[]);
    check(OFX, ("<FITID>1", "<CURRENCY><CURRATE>1.1<CURSYM>USD</CURRENCY>"), &["8 CURSYM entry 0"]);
    check(OFX, ("<FITID>1", "<CURRENCY><CURRATE>1<CURSYM>EUR</CURRENCY>"), &[]);
    check(OFX, ("<CURDEF>EUR", ""), &["4 CURDEF statement"]);
    check(OFX, ("<CURDEF>EUR", "<CURDEF>EURO"), &["4 CURDEF statement"]);
    check(OFX, ("<CURDEF>EUR", "<CURDEF>EUR<CURDEF>USD"), &["5 CURDEF statement"]);
    check(OFX, ("<CURDEF>EUR", "<CURDEF/>EUR"), &["4 CURDEF statement", "5 STMTRS file"]);
    check(OFX, ("<BALAMT>10.00", "<BALAMT>"), &["11 BALAMT balance"]);
    check(OFX, ("<BALAMT>10.00", "<BALAMT>ten"), &["11 BALAMT balance"]);
    check(OFX, ("<ACCTID>42", "<ACCTID>"), &["6 ACCTID statement"]);
}

#[test]
fn the_callers_currency_stands_in_only_for_an_empty_one() {
    let currency = kernel::CommodityCode::parse("EUR").ok();
    let options = ReadOptions { currency, ..ReadOptions::default() };
    let faults = |new: &str| {
        let text = OFX.replacen("<CURDEF>EUR", new, 1);
        statements::read(text.as_bytes(), &options).faults.len()
    };
    assert_eq!(faults("<CURDEF>"), 0);
    assert_eq!(faults(""), 1, "an element that is missing may have been lost");
    assert_eq!(faults("<CURDEF/>USD"), 2);
}

#[test]
fn dates_in_ofx() {
    check(OFX, ("20260331", "20260230"), &["8 DTPOSTED entry 0"]);
    check(OFX, ("20260331", "202603"), &["8 DTPOSTED entry 0"]);
    check(OFX, ("20260331", "03/31/2026"), &["8 DTPOSTED entry 0"]);
    check(OFX, ("<DTPOSTED>20260331", "<DTPOSTED>"), &["8 DTPOSTED entry 0"]);
    check(OFX, ("<FITID>1", "<FITID>1<DTAVAIL>2026"), &["8 DTAVAIL entry 0"]);
    check(OFX, ("<DTASOF>20260331", "<DTASOF>20269931"), &["11 DTASOF balance"]);
}

#[test]
fn structure_of_ofx() {
    let unclosed =
        ["8 STMTTRN entry 0", "8 DTPOSTED entry 0", "8 TRNAMT entry 0", "10 STMTTRN file"];
    check(OFX, ("</STMTTRN>", ""), &unclosed);
    check(OFX, ("<STMTTRN>", "<STMTTRX>"), &["8 STMTTRN file"]);
    check(OFX, ("</OFX>", ""), &["13 OFX file"]);
    check(OFX, ("</STMTTRN>", "</STMTTRN>money"), &["8 BANKTRANLIST file"]);
    check(OFX, ("<OFX>", "<!DOCTYPE OFX><OFX>"), &["1 OFX file", "4 markup file"]);
    let cut = OFX.split("0<FITID>2").next().unwrap();
    let reading = read(cut);
    assert!(
        reading.faults.iter().any(|fault| fault.scope == Scope::Entry { statement: 0, entry: 1 })
    );
    assert_eq!(reading.statements[0].entries.len(), 1, "the cut amount 7.0 is no entry");
}

#[test]
fn money_in_camt() {
    let entry = &["5 Amt entry 0"];
    check(CAMT, ("4.50", ""), entry);
    check(CAMT, ("4.50", "4,50"), entry);
    check(CAMT, ("4.50", "4.505"), entry);
    check(CAMT, ("4.50", "-4.50"), entry);
    check(CAMT, (r#"<Amt Ccy="EUR">4.50</Amt>"#, ""), entry);
    check(CAMT, (r#"Ccy="EUR">4.50"#, ">4.50"), &["5 Amt@Ccy entry 0"]);
    check(CAMT, (r#"EUR">4.50"#, r#"XXX">4.50"#), &["5 Amt@Ccy entry 0"]);
    check(CAMT, (r#"EUR">4.50"#, r#"USD">4.50"#), &["5 Ntry/Amt@Ccy entry 0"]);
    check(CAMT, (r#"EUR">1.00"#, r#"USD">1.00"#), &["4 Bal/Amt@Ccy statement"]);
    check(CAMT, ("<CdtDbtInd>DBIT</CdtDbtInd>", ""), &["5 CdtDbtInd entry 0"]);
    check(CAMT, ("DBIT", "DEBIT"), &["5 CdtDbtInd entry 0"]);
    check(CAMT, ("BOOK", "BOKK"), &["5 Sts entry 0"]);
    check(CAMT, ("1.00", "one"), &["4 Amt balance"]);
    check(CAMT, ("<Ccy>EUR</Ccy>", "<Ccy>Euro</Ccy>"), &["3 Ccy statement"]);
    check(CAMT, ("<Acct>", "<Acc>"), &["2 Acct statement", "3 xml file"]);
}

#[test]
fn details_in_camt() {
    let end = "</BookgDt></Ntry>";
    let with = |inner: &str| format!("</BookgDt>{inner}</Ntry>");
    let detail = |inner: &str| with(&format!("<NtryDtls><TxDtls>{inner}</TxDtls></NtryDtls>"));
    let amount = |text: &str| detail(&format!(r#"<Amt Ccy="EUR">{text}</Amt>"#));
    check(CAMT, (end, &amount("4.50")), &[]);
    check(CAMT, (end, &amount("x")), &["5 Amt entry 0"]);
    check(CAMT, (end, &with("<ValDt><Dt>2026</Dt></ValDt>")), &["5 ValDt entry 0"]);
    let long = "9".repeat(limits::IDENTIFIER_CHARS_MAX + 1);
    let reference = with(&format!("<AcctSvcrRef>{long}</AcctSvcrRef>"));
    check(CAMT, (end, &reference), &["5 AcctSvcrRef entry 0"]);
    let rate = "<AmtDtls><TxAmt><CcyXchg><XchgRate>x</XchgRate></CcyXchg></TxAmt></AmtDtls>";
    check(CAMT, (end, &with(rate)), &["5 XchgRate entry 0"]);
    // What the transactions make is held against the entry, and the entry is the money.
    let reading = read(&CAMT.replacen(end, &amount("4.00"), 1));
    let entry = &reading.statements[0].entries[0];
    let difference = kernel::Decimal::parse("-0.50").unwrap();
    assert_eq!(entry.details_check(), BalanceCheck::Differs { difference });
    assert_eq!((entry.amount.to_string().as_str(), reading.notes.len()), ("-4.50", 1));
}

#[test]
fn a_statement_with_refused_entries_has_no_check() {
    let closing = r#"<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">3.50</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-31</Dt></Dt></Bal></Stmt>"#;
    let sound = CAMT.replace("</Stmt>", closing);
    assert_eq!(read(&sound).statements[0].balance_check(), BalanceCheck::Agrees);
    let faulty = read(&sound.replacen("4.50", "four", 1));
    assert_eq!(faulty.statements[0].balance_check(), BalanceCheck::Unknown);
}

#[test]
fn dates_in_camt() {
    check(CAMT, ("2026-03-31", "2026-02-30"), &["5 BookgDt entry 0"]);
    check(CAMT, ("2026-03-31", "31.03.2026"), &["5 BookgDt entry 0"]);
    check(CAMT, ("<BookgDt><Dt>2026-03-31</Dt></BookgDt>", ""), &["5 BookgDt entry 0"]);
    check(CAMT, ("2026-03-01", "2026-03-32"), &["4 Dt balance"]);
}

#[test]
fn structure_of_camt() {
    check(
        CAMT,
        ("<Document", "<!DOCTYPE a [<!ENTITY b 'c'>]><Document"),
        &["1 xml file", "1 Stmt file"],
    );
    check(CAMT, ("</BkToCstmrStmt></Document>", ""), &["8 xml file"]);
    check(CAMT, ("<IBAN>DE02120300000000202051</IBAN>", ""), &["3 Acct statement"]);
    check(CAMT, ("4.50", "&four;"), &["5 xml file"]);
    let balance = CAMT.lines().nth(3).unwrap();
    let other = balance.replace("1.00", "2.00");
    check(CAMT, (balance, &format!("{balance}\n{other}")), &["5 OPBD balance"]);
    check(CAMT, (balance, &format!("{balance}\n{balance}")), &[]);
}

#[test]
fn money_in_csv() {
    check(CSV, ("What", "\"What"), &["1 header file"]);
    check(CSV, ("-4.50", "four"), &["2 Amount entry 0"]);
    check(CSV, ("-4.50", "-4.505"), &["2 decimal_sign file"]);
    check(CSV, ("-4.50", ""), &["2 record entry 0"]);
    check(CSV, ("5.50", "x"), &["2 Balance entry 0"]);
    check(CSV, ("31/03/2026,a", "31/02/2026,a"), &["2 Date entry 0"]);
    check(CSV, ("31/03/2026,a", ",a"), &["2 record entry 0"]);
    check(CSV, ("a,-4.50", "a;-4.50"), &["2 record entry 0"]);
    check(CSV, ("b,7.00", "b,7.00,1"), &["3 record entry 1"]);
    check(CSV, ("b,7.00", "\"b,7.00"), &["3 record entry 1"]);
    check(CSV, ("b,7.00", "\"b\"c,7.00"), &["3 record entry 1"]);
}

#[test]
fn all_faults_at_once() {
    let text =
        OFX.replace("20260331<TRNAMT>", "20269931<TRNAMT>x").replace("<BALAMT>10.00", "<BALAMT>");
    let reading = read(&text);
    let lines: Vec<u32> = reading.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [8, 8, 9, 9, 11]);
    assert_eq!((reading.statements[0].entries.len(), reading.statements[0].refused), (0, 2));
    assert!(!reading.is_sound() && !reading.is_statement_sound(0));
    assert!(reading.is_statement_bookable_in_part(0));
    let no_currency = read(&OFX.replace("<CURDEF>EUR", ""));
    assert!(!no_currency.is_statement_bookable_in_part(0));
}

#[test]
fn quotes_are_short_and_printable() {
    let long = format!("-4.50{}\u{7}\u{202e}", "9".repeat(500));
    let reading = read(&OFX.replacen("-4.50", &long, 1));
    let found = &reading.faults[0].found;
    assert!(found.chars().count() <= limits::FOUND_CHARS_MAX + 1);
    assert!(!found.chars().any(char::is_control));
}

#[test]
fn faults_are_counted_beyond_the_limit() {
    let row = "31/03/2026,a,x,1\n";
    let reading = read(&format!("{CSV}{}", row.repeat(limits::FAULTS_MAX + 5)));
    assert_eq!(reading.faults.len(), limits::FAULTS_MAX);
    assert_eq!(reading.faults_left_out, 5);
    assert!(!reading.is_statement_bookable_in_part(0), "what is not listed may concern it");
}

#[test]
fn what_is_no_statement_is_refused() {
    let refused: [&[u8]; 8] = [
        b"",
        b"   \n",
        b"hello",
        b"PK\x03\x04...",
        b"\x1f\x8b....",
        b"\0\0\0\0",
        b"<html><body>Please log in</body></html>",
        b":86:STARTUMSE\n:64:C260101EUR1,00\n",
    ];
    for bytes in refused {
        let reading = statements::read(bytes, &ReadOptions::default());
        assert_eq!(reading.format, None, "{bytes:?}");
        assert_eq!(reading.faults.len(), 1, "{bytes:?}");
    }
    let large = vec![b' '; limits::FILE_BYTES_MAX + 1];
    assert_eq!(statements::read(&large, &ReadOptions::default()).faults[0].field, "file");
    let encoding = Some("klingon".to_owned());
    let options = ReadOptions { encoding, ..ReadOptions::default() };
    assert_eq!(statements::read(b"a", &options).faults[0].field, "encoding");
}

/// Half a megabyte of each kind of thing that could make reading quadratic, most of it on one line.
/// Linear reading takes part of a second each without optimisation, quadratic reading many minutes.
#[test]
fn long_lines_take_linear_time() {
    let size = 500_000;
    let ofx = |middle: &str| format!("<OFX>{}</OFX>", middle.repeat(size / middle.len()));
    let camt = |middle: &str| {
        let middle = middle.repeat(size / middle.len());
        format!("<Document><BkToCstmrStmt><Stmt>{middle}</Stmt></BkToCstmrStmt></Document>")
    };
    let csv = |middle: &str| format!("Date,Amount\n{}", middle.repeat(size / middle.len()));
    let texts = [
        ofx("<A>"),
        ofx("<A>1"),
        ofx("<MEMO>"),
        ofx("<"),
        ofx("&"),
        ofx("<A"),
        ofx("<A>1</B>"),
        ofx("<X><Y></X>"),
        ofx("<BANKMSGSRSV1><STMTTRNRS><STMTRS></STMTRS></STMTTRNRS></BANKMSGSRSV1>"),
        camt("<Ntry><Amt Ccy='EUR'>1</Amt></Ntry>"),
        camt("<Bal></Bal>"),
        camt("&amp;"),
        camt(" a='b'"),
        camt("<"),
        csv("\""),
        csv("\"a"),
        csv("\"\"\"\n"),
        csv(","),
        csv("\"a\"b"),
        csv("2026-01-31,1"),
        csv("1\n"),
        "a".repeat(size),
        "\"".repeat(size),
        "1,".repeat(size / 2),
    ];
    for text in texts {
        let start = std::time::Instant::now();
        let _ = read(&text);
        assert!(start.elapsed().as_secs() < 60, "{}…", text.get(..40).unwrap());
    }
    let mut deep = camt("<A>");
    deep.truncate(100_000);
    assert!(read(&deep).faults.iter().any(|fault| fault.expected.contains("deep")));
}
