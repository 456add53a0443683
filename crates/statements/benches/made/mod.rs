//! Files of any size, made for what is measured: one account, an entry a record.

use std::io::{self, Write};

/// Writes a file of about so many bytes.
pub type Make = fn(&mut dyn Write, u64) -> io::Result<()>;

/// What is made, by the name of its format.
pub const FORMATS: [(&str, Make); 4] =
    [("csv", csv), ("camt053", camt053), ("mt940", mt940), ("ofx", ofx)];

/// Writes line after line, until there are so many bytes.
fn fill(out: &mut dyn Write, bytes: u64, mut line: impl FnMut(u64) -> String) -> io::Result<()> {
    let mut written = 0;
    for number in 0.. {
        if written > bytes {
            break;
        }
        let line = line(number);
        out.write_all(line.as_bytes())?;
        written += u64::try_from(line.len()).unwrap_or(u64::MAX);
    }
    Ok(())
}

/// The day of a line: the days of January to March, over and over.
fn day(line: u64) -> (u64, u64) {
    (1 + line / 1_000 % 3, 1 + line % 28)
}

/// A table with a running balance.
pub fn csv(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    writeln!(out, "Date,Value date,Counterparty,Details,Reference,Amount,Balance")?;
    let mut balance = 0_i64;
    fill(out, bytes, |line| {
        let (month, day) = day(line);
        let cents = i64::try_from(line % 100_000).unwrap_or(0) - 50_000;
        balance += cents;
        format!(
            "2026-{month:02}-{day:02},2026-{month:02}-{day:02},Stromwerk Koeln AG,\
             \"Strom, Kunde 4711 vom {day:02}\",R{line:08},{},{}\n",
            decimal(cents),
            decimal(balance)
        )
    })
}

/// A statement of CAMT.053, version 8.
pub fn camt053(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    writeln!(
        out,
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt>\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    )?;
    fill(out, bytes, |line| {
        let (month, day) = day(line);
        format!(
            "<Ntry>\n  <Amt Ccy=\"EUR\">{}</Amt>\n  <CdtDbtInd>DBIT</CdtDbtInd>\n  <Sts>\
             <Cd>BOOK</Cd></Sts>\n  <BookgDt><Dt>2026-{month:02}-{day:02}</Dt></BookgDt>\n  <ValDt>\
             <Dt>2026-{month:02}-{day:02}</Dt></ValDt>\n  <AcctSvcrRef>R{line:08}</AcctSvcrRef>\n  \
             <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd><SubFmlyCd>ESDD</SubFmlyCd></Fmly>\
             </Domn></BkTxCd>\n  <NtryDtls><TxDtls><Refs><EndToEndId>E{line}</EndToEndId></Refs>\
             <RltdPties><Cdtr><Pty><Nm>Stromwerk Koeln AG</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>\
             DE89370400440532013000</IBAN></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>Strom, Kunde \
             4711 vom {day:02}</Ustrd></RmtInf></TxDtls></NtryDtls>\n</Ntry>\n",
            decimal(i64::try_from(line % 100_000).unwrap_or(0))
        )
    })?;
    writeln!(out, "</Stmt></BkToCstmrStmt></Document>")
}

/// A statement of MT940 with the subfields of German banks.
pub fn mt940(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    writeln!(out, ":20:STARTUMS\n:25:12030000/0000202051\n:28C:1/1\n:60F:C260101EUR0,00")?;
    fill(out, bytes, |line| {
        let (month, day) = day(line);
        format!(
            ":61:26{month:02}{day:02}{month:02}{day:02}DR{},NDDTNONREF//R{line:08}\n\
             :86:105?00SEPA-BASISLASTSCHRIFT?100931?20EREF+E{line}?21SVWZ+Strom, Kunde 4711\
             ?30COBADEFFXXX?31DE89370400440532013000?32Stromwerk Koeln AG\n",
            line % 100_000
        )
    })?;
    writeln!(out, ":62F:C260331EUR0,00\n-")
}

/// A statement of OFX 2.2.
pub fn ofx(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    let status = "<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>";
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?OFX OFXHEADER=\"200\" VERSION=\"220\" \
         SECURITY=\"NONE\" OLDFILEUID=\"NONE\" NEWFILEUID=\"NONE\"?>\n<OFX><SIGNONMSGSRSV1><SONRS>\
         {status}<DTSERVER>20260401120000</DTSERVER><LANGUAGE>ENG</LANGUAGE></SONRS>\
         </SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1</TRNUID>{status}<STMTRS>\
         <CURDEF>EUR</CURDEF><BANKACCTFROM><BANKID>12030000</BANKID><ACCTID>0000202051</ACCTID>\
         <ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM><BANKTRANLIST>\
         <DTSTART>20260101</DTSTART><DTEND>20260331</DTEND>"
    )?;
    fill(out, bytes, |line| {
        let (month, day) = day(line);
        let amount = decimal(i64::try_from(line % 100_000).unwrap_or(0) - 50_000);
        format!(
            "<STMTTRN>\n<TRNTYPE>XFER</TRNTYPE>\n\
             <DTPOSTED>2026{month:02}{day:02}120000</DTPOSTED>\n<TRNAMT>{amount}</TRNAMT>\n\
             <FITID>R{line:08}</FITID>\n<NAME>Stromwerk Koeln AG</NAME>\n\
             <MEMO>Strom, Kunde 4711 vom {day:02}</MEMO>\n</STMTTRN>\n"
        )
    })?;
    writeln!(
        out,
        "</BANKTRANLIST><LEDGERBAL><BALAMT>0.00</BALAMT><DTASOF>20260331</DTASOF></LEDGERBAL>\
         </STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
}

/// Cents as a decimal number.
fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}
