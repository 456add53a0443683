//! One statement in the words of each version of CAMT: what ISO 20022 changed between versions 1
//! and 13 changes nothing of what is read.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use statements::ReadOptions;

#[path = "support/told.rs"]
mod told;

/// A message: its number, its root and the element of a statement.
const MESSAGES: [(&str, &str, &str, &str); 3] = [
    ("052", "BkToCstmrAcctRpt", "Rpt", "Camt052"),
    ("053", "BkToCstmrStmt", "Stmt", "Camt053"),
    ("054", "BkToCstmrDbtCdtNtfctn", "Ntfctn", "Camt054"),
];

/// What is read, whatever the version: the currency's sign, parties, references, charges, returns.
const EXPECTED: &str = "\
= - / 12345678 / COBADEFFXXX / - Unstated EUR: 100.00 on 2026-03-01 -> 84.50 on 2026-03-31, agrees
  1 2026-03-30 2026-03-31 -10.50 EUR DirectDebit | Stromwerk, DE89370400440532013000, BYLADEM1001 \
| Strom | RF18539007547034 | B-1 | E-1 | charge -0.50 EUR
    . -10.50 | Stromwerk, DE89370400440532013000, BYLADEM1001 | Strom | RF18539007547034 | E-1 | -
  1 2026-03-31 - -5.00 EUR Return reversal | Anna | - | - | B-2 | -
    . -5.00 | Anna | - | - | - | AC04";

/// The message in the words of a version.
fn document((number, root, statement, _): (&str, &str, &str, &str), version: u32) -> String {
    let is_first = version == 1;
    let root = if is_first { format!("{root}V01") } else { root.to_owned() };
    let bic = if version < 3 { "BIC" } else { "BICFI" };
    let other = if is_first {
        "<PrtryAcct><Id>12345678</Id></PrtryAcct>"
    } else {
        "<Othr><Id>12345678</Id></Othr>"
    };
    let balance = |code: &str, amount: &str, day: &str| {
        let kind = format!("<Cd>{code}</Cd>");
        let kind = if is_first { kind } else { format!("<CdOrPrtry>{kind}</CdOrPrtry>") };
        format!(
            "<Bal><Tp>{kind}</Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>{day}</Dt></Dt></Bal>"
        )
    };
    let entries = [first_entry(version, bic), second_entry(version)].concat();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.{number}.001.{version:02}\">\
         <{root}><{statement}><Acct><Id>{other}</Id><Ccy>EUR</Ccy><Svcr><FinInstnId>\
         <{bic}>COBADEFFXXX</{bic}></FinInstnId></Svcr></Acct>{}{}{entries}</{statement}></{root}>\
         </Document>",
        balance("OPBD", "100.00", "2026-03-01"),
        balance("CLBD", "84.50", "2026-03-31"),
    )
}

/// A status is a code of its own from version 7 on.
fn status(version: u32) -> &'static str {
    if version < 7 { "<Sts>BOOK</Sts>" } else { "<Sts><Cd>BOOK</Cd></Sts>" }
}

/// A party is a choice of a person and a bank from version 7 on.
fn party(role: &str, name: &str, version: u32) -> String {
    let name = format!("<Nm>{name}</Nm>");
    let name = if version < 7 { name } else { format!("<Pty>{name}</Pty>") };
    format!("<{role}>{name}</{role}>")
}

/// The amount of a transaction, which has a sign of its own from version 3 on.
fn amount(value: &str, version: u32) -> String {
    let amount = format!("<Amt Ccy=\"EUR\">{value}</Amt>");
    match version {
        1 | 2 => format!("<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>"),
        _ => format!("{amount}<CdtDbtInd>DBIT</CdtDbtInd>"),
    }
}

fn details(transaction: &str, version: u32) -> String {
    let transaction = format!("<TxDtls>{transaction}</TxDtls>");
    if version == 1 { transaction } else { format!("<NtryDtls>{transaction}</NtryDtls>") }
}

fn first_entry(version: u32, bic: &str) -> String {
    let charge = "<Amt Ccy=\"EUR\">0.50</Amt><CdtDbtInd>DBIT</CdtDbtInd>";
    let charge = match version {
        1 | 2 => format!("<Chrgs>{charge}</Chrgs>"),
        _ => format!(
            "<Chrgs><TtlChrgsAndTaxAmt Ccy=\"EUR\">0.50</TtlChrgsAndTaxAmt>\
             <Rcrd>{charge}<ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>"
        ),
    };
    let reference = if version == 1 { "CdtrRef" } else { "Ref" };
    let identifier = match version {
        1..7 => "",
        _ => "<UETR>eb6305c9-1f7f-49de-aed0-16487c27b42d</UETR>",
    };
    let transaction = format!(
        "<Refs><EndToEndId>E-1</EndToEndId>{identifier}</Refs>{}<RltdPties>{}<CdtrAcct><Id>\
         <IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct></RltdPties><RltdAgts><CdtrAgt>\
         <FinInstnId><{bic}>BYLADEM1001</{bic}></FinInstnId></CdtrAgt></RltdAgts><RmtInf>\
         <Ustrd>Strom</Ustrd><Strd><CdtrRefInf><{reference}>RF18539007547034</{reference}>\
         </CdtrRefInf></Strd></RmtInf>",
        amount("10.50", version),
        party("Cdtr", "Stromwerk", version),
    );
    format!(
        "<Ntry><Amt Ccy=\"EUR\">10.50</Amt><CdtDbtInd>DBIT</CdtDbtInd>{}<BookgDt>\
         <Dt>2026-03-30</Dt></BookgDt><ValDt><Dt>2026-03-31</Dt></ValDt><AcctSvcrRef>B-1\
         </AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd><SubFmlyCd>ESDD</SubFmlyCd>\
         </Fmly></Domn></BkTxCd>{charge}{}</Ntry>",
        status(version),
        details(&transaction, version),
    )
}

fn second_entry(version: u32) -> String {
    let transaction = format!(
        "{}<RltdPties>{}</RltdPties><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>",
        amount("5.00", version),
        party("Dbtr", "Anna", version),
    );
    format!(
        "<Ntry><Amt Ccy=\"EUR\">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>{}\
         <BookgDt><DtTm>2026-03-31T23:59:00+02:00</DtTm></BookgDt><AcctSvcrRef>B-2</AcctSvcrRef>\
         <BkTxCd><Prtry><Cd>NRTI+109</Cd></Prtry></BkTxCd>{}</Ntry>",
        status(version),
        details(&transaction, version),
    )
}

#[test]
fn all_versions_of_all_messages_say_the_same() {
    for message in MESSAGES {
        for version in 1..=13 {
            let text = document(message, version);
            let reading = statements::read(text.as_bytes(), &ReadOptions::default());
            let (number, _, _, format) = message;
            let expected = format!("{format} camt.{number}.001.{version:02} utf-8\n{EXPECTED}");
            assert_eq!(told::told(&reading), expected, "{text}");
        }
    }
}

#[test]
fn a_version_without_a_namespace_is_read_by_its_elements() {
    for version in [1, 2, 8, 13] {
        let text = document(MESSAGES[1], version);
        let start = text.find(" xmlns").unwrap();
        let end = text.find('>').unwrap();
        let plain = [&text[..start], &text[end..]].concat();
        let reading = statements::read(plain.as_bytes(), &ReadOptions::default());
        assert_eq!(told::told(&reading), format!("Camt053 - utf-8\n{EXPECTED}"), "{plain}");
    }
}
