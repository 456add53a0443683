//! Arbitrary input into every reader: pieces of its format in any order, with anything between
//! them. Nothing panics, what is handed on through any window is what is read whole, and no entry
//! has a fault of its own. `PROPTEST_CASES` sets how many cases (256 by default).

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use proptest::prelude::*;
use statements::limits::Limits;
use statements::{ReadOptions, Reading, Scope, read, read_to};

const OFX: &[&str] = &[
    "<OFX>",
    "</OFX>",
    "<BANKMSGSRSV1><STMTTRNRS><STMTRS>",
    "</STMTRS></STMTTRNRS></BANKMSGSRSV1>",
    "<INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS>",
    "<CURDEF>EUR",
    "<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>SAVINGS</BANKACCTFROM>",
    "<BANKTRANLIST>",
    "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260331<TRNAMT>-1.50<FITID>A</STMTTRN>",
    "<TRNAMT>",
    "1,50",
    "<LEDGERBAL><BALAMT>3<DTASOF>20260331</LEDGERBAL>",
    "<STATUS><CODE>0<SEVERITY>INFO</STATUS>",
    "&amp;",
    "<![CDATA[",
];
const CAMT: &[&str] = &[
    "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>",
    "<BkToCstmrStmt>",
    "<Stmt>",
    "</Stmt>",
    "<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>",
    "<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>1</Amt>",
    "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-31</Dt></Dt></Bal>",
    "<Ntry><Amt Ccy='EUR'>1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>",
    "<BookgDt><Dt>2026-03-31</Dt></BookgDt></Ntry>",
    "<NtryDtls><TxDtls><Amt Ccy='USD'>1</Amt></TxDtls></NtryDtls>",
    "<!-- ",
    " -->",
    "<?pi ",
    "?>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "&#65;",
];
const MT: &[&str] = &[
    "{1:F01X}{2:O9400}{4:\n",
    ":20:A\n",
    ":25:12030000/0000202051\n",
    ":28C:1/1\n",
    ":60F:C260101EUR1,00\n",
    ":61:2603310331DR1,50NTRFNONREF//B\n",
    ":61:26",
    "C5,NMSC",
    ":86:166?20EREF+A?21SVWZ+B?32Name\n",
    ":86:/IBAN/DE02120300000000202051/NAME/C\n",
    ":62F:C260331EUR1,00\n",
    ":64:C260331EUR1,00\n",
    ":90D:1EUR1,50\n",
    ":34F:EUR0,\n",
    "-}\n",
    "-\n",
];
const BAI: &[&str] = &[
    "01,A,B,260331,1200,1,80,,2/\n",
    "02,A,B,1,260331,,USD,2/\n",
    "03,12345,USD,010,500,,,015,700,,/\n",
    "16,165,150,V,260331,,A,B,text\n",
    "16,475,150,S,1,2,3,,B/\n",
    "88,more\n",
    "49,1350,4/\n",
    "98,1350,1,6/\n",
    "99,1350,1,8/\n",
    "16,",
    ",/",
];
const QIF: &[&str] = &[
    "!Type:Bank\n",
    "!Type:Invst\n",
    "!Account\n",
    "NChecking\n",
    "D31/03/2026\n",
    "D3/ 4'26\n",
    "T-1,234.50\n",
    "T5\n",
    "PPayee\n",
    "MMemo\n",
    "SCategory\n$5\n",
    "NBuyX\n",
    "^\n",
];
const CSV: &[&str] = &[
    "Date,Text,Amount,Balance\n",
    "Buchungstag;Verwendungszweck;Betrag;Saldo;Konto\n",
    "31/03/2026",
    "2026-03-31,Coffee,-1.50,8.50\n",
    "31.03.2026;Kaffee;-1,50;8,50;A\n",
    "2026-03-31,\"a \"\"b\"\"\",5,13.50\n",
    "1,500",
    ",",
    ";",
    "\"",
    "\r\n",
    "\n",
    "\0",
    "sep=;\n",
    "Total,,,\n",
];

/// Pieces of a format in any order, with anything between them, in one of three encodings.
fn file(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(pieces).prop_map(str::to_owned),
        1 => ".{0,12}",
        1 => "[0-9,.+-]{1,9}",
    ];
    let text = prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat());
    (text, 0..3_u8).prop_map(|(text, encoding)| match encoding {
        0 => text.into_bytes(),
        1 => text.chars().map(|one| u8::try_from(one).unwrap_or(b'?')).collect(),
        _ => [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
    })
}

fn options() -> ReadOptions {
    ReadOptions { currency: kernel::CommodityCode::parse("EUR").ok(), ..ReadOptions::default() }
}

/// A file read whole, which is what is handed on through a window.
fn check(bytes: &[u8], window_bytes: usize) -> Result<(), TestCaseError> {
    let whole = read(bytes, &options());
    let limits = Limits { window_bytes, ..Limits::HANDED_ON };
    let mut handed = Vec::new();
    let mut hand = |statement, entry| {
        handed.push((statement, entry));
        Ok(())
    };
    let mut reading = read_to(&bytes, &options(), &limits, &mut hand).unwrap();
    for (statement, entry) in handed {
        reading.statements[statement].entries.push(entry);
    }
    prop_assert_eq!(&reading, &whole);
    check_entries(&whole)
}

/// What stands among the entries was read without a fault.
fn check_entries(reading: &Reading) -> Result<(), TestCaseError> {
    for fault in &reading.faults {
        let Scope::Entry { statement, entry } = fault.scope else {
            continue;
        };
        let entries = reading.statements.get(statement).map(|one| one.entries.as_slice());
        let ordinals = entries.unwrap_or_default().iter().map(|one| one.ordinal);
        prop_assert!(!ordinals.clone().any(|ordinal| ordinal == entry), "{fault:?}");
    }
    Ok(())
}

/// Pieces of a format behind a head that its reader knows, and by themselves.
fn check_both(head: &[u8], bytes: &[u8], window_bytes: usize) -> Result<(), TestCaseError> {
    check(&[head, bytes].concat(), window_bytes)?;
    check(bytes, window_bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn ofx(bytes in file(OFX), window in 1..600_usize) {
        check_both(b"OFXHEADER:100\n\n<OFX>", &bytes, window)?;
    }

    #[test]
    fn camt(bytes in file(CAMT), window in 1..600_usize) {
        check_both(b"<Document><BkToCstmrStmt><Stmt>", &bytes, window)?;
    }

    #[test]
    fn mt(bytes in file(MT), window in 1..600_usize) {
        check_both(b":20:A\n:25:1\n:28C:1\n:60F:C260101EUR1,00\n", &bytes, window)?;
    }

    #[test]
    fn bai(bytes in file(BAI), window in 1..600_usize) {
        check_both(b"01,A,B,260331,1200,1,80,,2/\n02,A,B,1,260331,,USD,2/\n", &bytes, window)?;
    }

    #[test]
    fn qif(bytes in file(QIF), window in 1..600_usize) {
        check_both(b"!Type:Bank\n", &bytes, window)?;
    }

    #[test]
    fn csv(bytes in file(CSV), window in 1..600_usize) {
        check_both(b"Date,Text,Amount,Balance\n", &bytes, window)?;
    }

    /// The bytes of a workbook with a part of them replaced.
    #[test]
    fn xlsx(at in any::<prop::sample::Index>(), put in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut book = include_bytes!("../testdata/xlsx/au_transactions.xlsx").to_vec();
        let start = at.index(book.len());
        let end = book.len().min(start + put.len());
        book.splice(start..end, put);
        check(&book, 100)?;
    }

    /// The bytes of a document with a part of them replaced.
    #[test]
    fn pdf(at in any::<prop::sample::Index>(), put in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut document = include_bytes!("../testdata/pdf/uk_signed.pdf").to_vec();
        let start = at.index(document.len());
        let end = document.len().min(start + put.len());
        document.splice(start..end, put);
        check(&document, 100)?;
    }

    #[test]
    fn anything(bytes in prop::collection::vec(any::<u8>(), 0..2_000), window in 1..600_usize) {
        check(&bytes, window)?;
    }
}
