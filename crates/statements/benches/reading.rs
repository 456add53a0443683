//! How many megabytes a second one core reads, format by format: `-- csv` reads that one only.
//! Seconds are the processor's where the system counts them, so that others may use it, too.

use std::fmt::Write;
use std::time::{Duration, Instant};

use statements::ReadOptions;

/// How large the files are, in bytes.
const FILE_BYTES: usize = 16 * 1024 * 1024;
/// How long each is read over and over.
const SPAN: Duration = Duration::from_secs(4);

fn main() {
    println!("{:8} {:>9} {:>10} {:>12}", "format", "MB", "MB/s", "entries/s");
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    if is_wanted("csv") {
        measure("csv", &csv());
    }
    if is_wanted("camt053") {
        measure("camt053", &camt());
    }
    if is_wanted("mt940") {
        measure("mt940", &mt940());
    }
}

fn measure(name: &str, text: &str) {
    let options = ReadOptions {
        currency: kernel::CommodityCode::parse("EUR").ok(),
        ..ReadOptions::default()
    };
    let (start, worked_before) = (Instant::now(), worked());
    let (mut bytes, mut entries) = (0, 0);
    while start.elapsed() < SPAN {
        let reading = statements::read(text.as_bytes(), &options);
        assert!(reading.is_sound(), "{name}: {:?}", reading.faults.first());
        entries += reading.statements.iter().map(|one| one.entries.len()).sum::<usize>();
        bytes += text.len();
    }
    // A byte a microsecond is a megabyte a second.
    let worked = worked_before.zip(worked()).map(|(before, after)| after.saturating_sub(before));
    let span = worked.unwrap_or_else(|| start.elapsed());
    let micros = usize::try_from(span.as_micros()).unwrap_or(usize::MAX).max(1);
    let (file, speed) = (text.len() / 100_000, bytes * 10 / micros);
    println!(
        "{name:8} {:>7}.{} {:>8}.{} {:>12}",
        file / 10,
        file % 10,
        speed / 10,
        speed % 10,
        entries * 1_000 / (micros / 1_000).max(1)
    );
}

/// How long a processor has worked for this program; `None` where the system does not say.
fn worked() -> Option<Duration> {
    let counted = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(Duration::from_nanos(counted.split(' ').next()?.parse().ok()?))
}

/// The day of a line: the days of January to March, over and over.
fn day(line: usize) -> (usize, usize) {
    (1 + line / 1_000 % 3, 1 + line % 28)
}

fn csv() -> String {
    let mut text = "Date,Value date,Counterparty,Details,Reference,Amount,Balance\n".to_owned();
    let mut balance = 0_i64;
    for line in 0_usize.. {
        if text.len() > FILE_BYTES {
            break;
        }
        let (month, day) = day(line);
        let cents = i64::try_from(line % 100_000).unwrap_or(0) - 50_000;
        balance += cents;
        let _ = writeln!(
            text,
            "2026-{month:02}-{day:02},2026-{month:02}-{day:02},Stromwerk Koeln AG,\
             \"Strom, Kunde 4711 vom {day:02}\",R{line:08},{},{}",
            decimal(cents),
            decimal(balance)
        );
    }
    text
}

fn camt() -> String {
    let mut text = concat!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>"#,
        "<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
    )
    .to_owned();
    for line in 0_usize.. {
        if text.len() > FILE_BYTES {
            break;
        }
        let (month, day) = day(line);
        let _ = write!(
            text,
            "<Ntry>\n  <Amt Ccy=\"EUR\">{}</Amt>\n  <CdtDbtInd>DBIT</CdtDbtInd>\n  <Sts>\
             <Cd>BOOK</Cd></Sts>\n  <BookgDt><Dt>2026-{month:02}-{day:02}</Dt></BookgDt>\n  <ValDt>\
             <Dt>2026-{month:02}-{day:02}</Dt></ValDt>\n  <AcctSvcrRef>R{line:08}</AcctSvcrRef>\n  \
             <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd><SubFmlyCd>ESDD</SubFmlyCd></Fmly>\
             </Domn></BkTxCd>\n  <NtryDtls><TxDtls><Refs><EndToEndId>E{line}</EndToEndId></Refs>\
             <RltdPties><Cdtr><Pty><Nm>Stromwerk Koeln AG</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>\
             DE89370400440532013000</IBAN></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>Strom, Kunde \
             4711 vom {day:02}</Ustrd></RmtInf></TxDtls></NtryDtls>\n</Ntry>\n",
            decimal(i64::try_from(line % 100_000).unwrap_or(0))
        );
    }
    text + "</Stmt></BkToCstmrStmt></Document>\n"
}

fn mt940() -> String {
    let mut text =
        ":20:STARTUMS\n:25:12030000/0000202051\n:28C:1/1\n:60F:C260101EUR0,00\n".to_owned();
    for line in 0_usize.. {
        if text.len() > FILE_BYTES {
            break;
        }
        let (month, day) = day(line);
        let cents = i64::try_from(line % 100_000).unwrap_or(0);
        let _ = writeln!(
            text,
            ":61:26{month:02}{day:02}{month:02}{day:02}DR{},NDDTNONREF//R{line:08}\n\
             :86:105?00SEPA-BASISLASTSCHRIFT?100931?20EREF+E{line}?21SVWZ+Strom, Kunde 4711\
             ?30COBADEFFXXX?31DE89370400440532013000?32Stromwerk Koeln AG",
            cents
        );
    }
    text + ":62F:C260331EUR0,00\n-\n"
}

/// Cents as a decimal number.
fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}
