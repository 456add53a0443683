//! Files of rates: what each format says, and that everything unsound is refused with its place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::io::{Cursor, Write};

use kernel::time::parse_date;
use kernel::{CommodityCode, Decimal};
use markets::{MarketsError, RateFile, RateFormat, RateKind, SourceCode, StatedRates, limits};
use zip::write::SimpleFileOptions;

const EXCERPT: &[u8] = include_bytes!("../testdata/ecb/eurofxref-excerpt.csv");
const EXCERPT_ZIP: &[u8] = include_bytes!("../testdata/ecb/eurofxref-excerpt.zip");
const DAILY_CSV: &[u8] = include_bytes!("../testdata/ecb/eurofxref-daily.csv");
const DAILY_XML: &[u8] = include_bytes!("../testdata/ecb/eurofxref-daily.xml");
const FIVE_DAYS_XML: &[u8] = include_bytes!("../testdata/ecb/eurofxref-hist-5d.xml");
const MNT: &[u8] = include_bytes!("../testdata/plain/mnt.csv");

fn read(bytes: &[u8]) -> Result<StatedRates, MarketsError> {
    RateFile::new("rates", bytes.to_vec()).read()
}

/// The rate that a file states, with its source.
fn stated(rates: &StatedRates, base: &str, quote: &str, date: &str) -> Option<(String, String)> {
    let code = |text| CommodityCode::parse(text).unwrap();
    let (base, quote) = (code(base), code(quote));
    let mut series = rates.series.iter().filter(|(key, _)| (key.base, key.quote) == (base, quote));
    let (key, days) = series.next()?;
    let rate = days.get(&parse_date(date).unwrap())?.rate;
    Some((rate.to_string(), key.source.to_string()))
}

fn count(rates: &StatedRates) -> usize {
    rates.series.values().map(std::collections::BTreeMap::len).sum()
}

#[track_caller]
fn faults(bytes: &[u8]) -> Vec<String> {
    match read(bytes) {
        Err(MarketsError::FaultyFile { faults, .. }) => {
            faults.list().iter().map(ToString::to_string).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(faults(text.as_bytes()), expected, "of {text:?}");
}

#[test]
fn the_history_of_the_ecb_is_read() {
    let rates = read(EXCERPT).unwrap();
    assert_eq!(rates.format, RateFormat::EcbCsv);
    // 65 days of 29 currencies: grep -o ',[0-9.]*' on the rows counts 1885.
    assert_eq!((rates.series.len(), count(&rates)), (29, 1885));
    let ecb = |rate: &str| Some((rate.to_owned(), "ecb".to_owned()));
    assert_eq!(stated(&rates, "EUR", "USD", "2026-10-30"), ecb("1.1172"));
    assert_eq!(stated(&rates, "EUR", "AUD", "2026-10-30"), ecb("1.5904"));
    assert_eq!(stated(&rates, "EUR", "JPY", "2026-10-30"), ecb("175.68"));
    assert_eq!(stated(&rates, "EUR", "ISK", "2026-10-30"), ecb("136"));
    assert_eq!(stated(&rates, "EUR", "USD", "2026-08-03"), ecb("1.1535"));
    assert_eq!(stated(&rates, "EUR", "USD", "2026-10-31"), None);
    assert_eq!(stated(&rates, "EUR", "BGN", "2026-10-30"), None, "N/A is no rate");
}

#[test]
fn the_formats_of_the_ecb_say_the_same() {
    let excerpt = read(EXCERPT).unwrap();
    let without_lines = |rates: &StatedRates, first: &str| {
        let first = parse_date(first).unwrap();
        let cells = rates.series.iter().flat_map(|(key, days)| {
            let days = days.range(first..);
            days.map(|(date, rate)| (key.clone(), *date, rate.rate, rate.kind)).collect::<Vec<_>>()
        });
        cells.collect::<Vec<_>>()
    };
    for (bytes, format, first) in [
        (EXCERPT_ZIP, RateFormat::EcbCsv, "2026-08-03"),
        (DAILY_CSV, RateFormat::EcbCsv, "2026-10-30"),
        (DAILY_XML, RateFormat::EcbXml, "2026-10-30"),
        (FIVE_DAYS_XML, RateFormat::EcbXml, "2026-10-26"),
    ] {
        let rates = read(bytes).unwrap();
        assert_eq!(rates.format, format);
        assert_eq!(without_lines(&rates, first), without_lines(&excerpt, first));
    }
}

#[test]
fn plain_csv_is_read_whatever_the_order_of_its_columns() {
    let rates = read(MNT).unwrap();
    assert_eq!((rates.format, count(&rates)), (RateFormat::PlainCsv, 5));
    let found = stated(&rates, "USD", "MNT", "2026-10-30");
    assert_eq!(found, Some(("3573.08".to_owned(), "example".to_owned())));
    let kinds = rates.series.values().flat_map(|days| days.values()).map(|rate| rate.kind);
    assert!(kinds.into_iter().all(|kind| kind == RateKind::MadeUp));

    let shuffled = "\u{feff}Rate , quote,BASE,date\r\n\r\n3573.08,MNT,USD,2026-10-30\r\n";
    let file = RateFile {
        source: SourceCode::parse("Mongolbank").unwrap(),
        kind: RateKind::Market,
        ..RateFile::new("mnt.csv", shuffled.into())
    };
    let rates = file.read().unwrap();
    let found = stated(&rates, "USD", "MNT", "2026-10-30");
    assert_eq!(found, Some(("3573.08".to_owned(), "mongolbank".to_owned())));
    assert_eq!(
        rates.series.values().next().unwrap().values().next().unwrap().kind,
        RateKind::Market
    );
}

#[test]
fn zeros_at_the_end_do_not_count_as_digits() {
    let text = "date,base,quote,rate\n2026-10-30,USD,MNT,3573.080000000000000\n";
    let rates = read(text.as_bytes()).unwrap();
    let rate = rates.series.values().next().unwrap().values().next().unwrap().rate;
    assert_eq!(rate, Decimal::parse("3573.08").unwrap());
}

#[test]
fn headers_name_each_column_once() {
    check("", &["file: found \"no rate\", expected at least one rate"]);
    check(
        "\n \n",
        &[
            "line 2, header: found \"\", expected the columns date, base, quote, rate, source and \
             kind (or Date and codes of currencies, as the ECB has them)",
            "line 2, header: found \"\", expected a column date",
            "line 2, header: found \"\", expected a column base",
            "line 2, header: found \"\", expected a column quote",
            "line 2, header: found \"\", expected a column rate",
        ],
    );
    check("date,base,quote,rate\n", &["file: found \"no rate\", expected at least one rate"]);
    check(
        "date,base,quote,rate,date\n2026-10-30,USD,MNT,1,2026-10-30\n",
        &["line 1, header: found \"date\", expected each column only once"],
    );
    check(
        "date,base,rate\n2026-10-30,USD,1\n",
        &["line 1, header: found \"\", expected a column quote"],
    );
}

#[test]
fn faults_of_plain_csv_name_line_field_found_and_expected() {
    check(
        "date,base,quote,rate\r\n\r\n2026-10-30,USD,MNT,1\r\n\r\n2026-10-30,USD,MNT,0\r\n",
        &["line 5, rate: found \"0\", expected a decimal number above zero, such as 1.1172"],
    );
    let row = |row: &str| format!("date,base,quote,rate,source,kind\n{row}\n");
    let cases = [
        (
            "2026-02-30,USD,MNT,1,,",
            "date: found \"2026-02-30\", expected a date such as 2026-10-30",
        ),
        (
            "30.10.2026,USD,MNT,1,,",
            "date: found \"30.10.2026\", expected a date such as 2026-10-30",
        ),
        ("1812-10-30,USD,MNT,1,,", "date: found \"1812-10-30\", expected a year from 1900 to 2199"),
        ("2026-10-30,usd,MNT,1,,", "base: found \"usd\", expected the code of a currency, as MNT"),
        ("2026-10-30,USD,MTN,1,,", "quote: found \"MTN\", expected the code of a currency, as MNT"),
        ("2026-10-30,USD,USD,1,,", "quote: found \"USD\", expected another currency than base"),
        (
            "2026-10-30,USD,MNT,1,Oma Anna,",
            "source: found \"Oma Anna\", expected the code of a source, such as mongolbank",
        ),
        (
            "2026-10-30,USD,MNT,1,,true",
            "kind: found \"true\", expected reference, market or made_up",
        ),
        ("2026-10-30,USD,MNT,1,", "row: found \"5 columns\", expected 6 columns, as in the header"),
        (
            "2026-10-30,USD,MNT,1,,,",
            "row: found \"7 columns\", expected 6 columns, as in the header",
        ),
    ];
    for (text, expected) in cases {
        check(&row(text), &[&format!("line 2, {expected}")]);
    }
    for rate in
        ["0", "0.00", "-1.5", "+1.5", "", "1e5", "1,5", "1.", ".5", "NaN", "١", "N/A", "1 000"]
    {
        let text = row(&format!("2026-10-30,USD,MNT,\"{rate}\",,"));
        let expected = format!(
            "line 2, rate: found {rate:?}, expected a decimal number above zero, such as 1.1172"
        );
        check(&text, &[&expected]);
    }
    for rate in ["1234567890123", "1.0000000000001", "3573.0800000000003"] {
        let expected =
            format!("line 2, rate: found {rate:?}, expected at most 12 digits and 12 decimals");
        check(&row(&format!("2026-10-30,USD,MNT,{rate},,")), &[&expected]);
    }
}

#[test]
fn a_file_says_one_thing_of_a_day() {
    let twice = |second: &str| {
        format!(
            "date,base,quote,rate,kind\n2026-10-30,USD,MNT,3573.08,\n2026-10-30,USD,MNT,{second}\n"
        )
    };
    assert_eq!(count(&read(twice("3573.080,reference").as_bytes()).unwrap()), 1);
    let expected = "expected the rate 3573.08 that line 2 states";
    check(&twice("3573.09,"), &[&format!("line 3, rate: found \"3573.09\", {expected}")]);
    check(&twice("3573.08,market"), &[&format!("line 3, rate: found \"3573.08\", {expected}")]);
}

#[test]
fn faults_of_the_ecbs_csv() {
    check(
        "Date,USD,USD,\n2026-10-30,1.1,1.1,\n",
        &["line 1, header: found \"USD\", expected each currency in one column only"],
    );
    check(
        "Date,USD,,JPY\n2026-10-30,1.1,,2\n",
        &["line 1, header: found \"\", expected the three letters of a currency other than EUR"],
    );
    check(
        "Date,EUR,\n2026-10-30,1,\n",
        &["line 1, header: found \"EUR\", expected the three letters of a currency other than EUR"],
    );
    check(
        "Date,USD,JPY,\n2026-10-30,1.1,2,\n2026-10-29,1.1,\n",
        &["line 3, row: found \"3 columns\", expected 4 columns, as in the header"],
    );
    check(
        "Date,USD,\n2026-10-30,1.1,9\n",
        &["line 2, row: found \"9\", expected nothing behind the last comma"],
    );
    let number = "expected a decimal number above zero, such as 1.1172";
    check(
        "Date,USD,JPY,\n2026-10-30,-1.1,,\n",
        &[
            &format!("line 2, USD: found \"-1.1\", {number}"),
            &format!("line 2, JPY: found \"\", {number}"),
        ],
    );
    check(
        "Date,USD,\n2026-10-30,1.1,\n2026-10-30,1.2,\n",
        &["line 3, rate: found \"1.2\", expected the rate 1.1 that line 2 states"],
    );
    for date in [
        "30 Octobre 2026",
        "31 September 2026",
        "+3 October 2026",
        "30 October 26",
        "30 October 2026 ",
    ] {
        let text = format!("Date, USD, \n{date}, 1.1172, \n");
        if date.ends_with(' ') {
            assert_eq!(count(&read(text.as_bytes()).unwrap()), 1);
        } else {
            assert_eq!(faults(text.as_bytes()).len(), 1, "{date}");
        }
    }
    check("Date,USD,\n2026-10-30,N/A,\n", &["file: found \"no rate\", expected at least one rate"]);
}

#[test]
fn faults_of_the_ecbs_xml() {
    let number = "expected a decimal number above zero, such as 1.1172";
    let day = |cubes: &str| {
        format!(
            "<e:Envelope xmlns:e='x'>\n<Cube><Cube time='2026-10-30'>\n{cubes}</Cube></Cube>\
             </e:Envelope>"
        )
    };
    assert_eq!(count(&read(day("<Cube currency='USD' rate='1.1'/>").as_bytes()).unwrap()), 1);
    check(
        &day("<Cube currency='USD' rate='0'/>"),
        &[&format!("line 3, rate: found \"0\", {number}")],
    );
    check(&day("\n<Cube currency='USD'/>"), &[&format!("line 4, rate: found \"\", {number}")]);
    check(
        &day("<Cube rate='1.1'/>"),
        &["line 3, currency: found \"\", expected the three letters of a currency other than EUR"],
    );
    check(
        &day("<Cube currency='USD' rate='1&#46;1'/>"),
        &[&format!("line 3, rate: found \"1&#46;1\", {number}")],
    );
    check(
        &day("<Cube time='2026-10-29'/>"),
        &["line 3, time: found \"2026-10-29\", expected a day that is in no other and has no \
             rate itself"],
    );
    check(
        "<Envelope><Cube currency='USD' rate='1.1'/></Envelope>",
        &["line 1, currency: found \"USD\", expected a rate within a Cube with a time"],
    );
    check(
        "<Envelope><Cube time='2026-02-30'><Cube currency='USD' rate='1.1'/></Cube></Envelope>",
        &["line 1, time: found \"2026-02-30\", expected a date such as 2026-10-30"],
    );
    check("<Envelope></Envelope>", &["file: found \"no rate\", expected at least one rate"]);
    for unsound in [
        "<Envelope>",
        "<Envelope><Cube></Envelope>",
        "<Envelope/><Envelope/>",
        "<Rates><Cube time='2026-10-30'><Cube currency='USD' rate='1.1'/></Cube></Rates>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><Envelope/>",
        "<Envelope>&a;</Envelope>",
        "<Envelope><![CDATA[x]]></Envelope>",
        "<Envelope><Cube time='2026-10-30' time='2026-10-29'/></Envelope>",
        "<",
        "<html><body>Too many requests</body></html>",
    ] {
        assert_eq!(faults(unsound.as_bytes()).len(), 1, "{unsound}");
    }
    let deep = format!("<Envelope>{}", "<Cube>".repeat(100_000));
    assert_eq!(
        faults(deep.as_bytes()),
        ["line 1, document: found \"\", expected elements at most 16 deep",]
    );
}

#[test]
fn only_utf_8_is_read() {
    let utf_16: Vec<u8> = "date,base".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [b"\xff\xfe".as_slice(), &utf_16].concat();
    assert_eq!(faults(&with_mark), ["line 1, encoding: found \"byte 1\", expected text in UTF-8"]);
    assert!(!faults(&utf_16).is_empty());
    let latin = b"date,base,quote,rate,source\n2026-10-30,USD,MNT,1,B\xe4nk\n";
    assert_eq!(faults(latin), ["line 2, encoding: found \"byte 51\", expected text in UTF-8"]);
}

#[test]
fn what_is_large_is_bounded() {
    let large = vec![b'x'; limits::FILE_BYTES_MAX + 1];
    assert!(matches!(read(&large), Err(MarketsError::FileTooLarge { .. })));

    let field = format!("date,base,quote,rate\n2026-10-30,USD,MNT,{}\n", "9".repeat(1_000_000));
    let [fault] = faults(field.as_bytes()).try_into().unwrap();
    assert!(fault.len() < 200, "{fault}");

    let columns = format!("Date{}\n", ",USD".repeat(100_000));
    assert_eq!(
        faults(columns.as_bytes()),
        ["line 1, header: found \"100001 columns\", expected at most 256 columns",]
    );

    let faulty = format!("date,base,quote,rate\n{}", "2026-10-30,USD,MNT,x\n".repeat(10_000));
    match read(faulty.as_bytes()) {
        Err(MarketsError::FaultyFile { faults, .. }) => {
            assert_eq!((faults.list().len(), faults.left_out()), (limits::FAULTS_MAX, 9_900));
            assert!(faults.to_string().ends_with("(and 9999 more)"), "{faults}");
        }
        other => panic!("{other:?}"),
    }

    let sources: String = (0..17).map(|n| format!("2026-10-30,USD,MNT,1,s{n}\n")).collect();
    assert_eq!(
        faults(format!("date,base,quote,rate,source\n{sources}").as_bytes()),
        ["line 18, source: found \"s16\", expected at most 16 sources in one file",]
    );
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_zip_holds_one_csv_file() {
    assert_eq!(count(&read(&zip_of(&[("a.CSV", EXCERPT)])).unwrap()), 1885);
    let two = zip_of(&[("a.csv", EXCERPT), ("b.csv", MNT)]);
    assert_eq!(
        faults(&two),
        ["file: found \"a zip with 2 entries\", expected a zip with exactly one entry, a CSV file",]
    );
    assert_eq!(
        faults(&zip_of(&[("a.txt", EXCERPT)])),
        ["file: found \"a.txt\", expected a file whose name ends in .csv",]
    );
    assert_eq!(faults(&zip_of(&[("../a.csv/", b"")])).len(), 1);
    assert!(!faults(&zip_of(&[("a.csv", EXCERPT_ZIP)])).is_empty(), "a zip in a zip is no CSV");
    assert!(!faults(&zip_of(&[])).is_empty());
    for unsound in [b"PK\x03\x04".as_slice(), b"PK\x03\x04 and no more", &EXCERPT_ZIP[..3_000]] {
        assert_eq!(faults(unsound).len(), 1);
    }
}

#[test]
fn a_zip_bomb_is_not_unpacked() {
    let zeros = vec![b'0'; usize::try_from(limits::UNPACKED_BYTES_MAX).unwrap() + 1];
    let bomb = zip_of(&[("a.csv", &zeros)]);
    assert!(bomb.len() < 1024 * 1024);
    let expected = format!(
        "file: found \"a zip with more in it\", expected at most {} bytes when unpacked",
        limits::UNPACKED_BYTES_MAX
    );
    assert_eq!(faults(&bomb), [expected]);

    // The same archive with sizes that it does not keep: in the local header at 22, in the central
    // one at 24 bytes from its signature.
    let mut liar = bomb;
    let size = u32::try_from(zeros.len()).unwrap().to_le_bytes();
    let at: Vec<usize> =
        liar.windows(4).enumerate().filter(|(_, four)| *four == size).map(|(at, _)| at).collect();
    assert!(!at.is_empty());
    for at in at {
        liar[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    assert_eq!(faults(&liar).len(), 1);
}

/// Files with some bytes changed, cut out or doubled are read or refused, and never panic; what is
/// read of them keeps the rules.
#[test]
fn mutated_files_are_read_or_refused() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let (mut sound, mut refused) = (0, 0);
    for round in 0..2_000 {
        let files = [EXCERPT_ZIP, DAILY_CSV, DAILY_XML, MNT];
        let mut bytes = files[round % files.len()].to_vec();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes.truncate(at + 1),
                1 => bytes[at] = u8::try_from(random(256)).unwrap(),
                2 => bytes[at] = b"0.,-'<>\n"[random(8)],
                _ => {
                    let end = (at + random(40) + 1).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
        match read(&bytes) {
            Ok(rates) => {
                sound += 1;
                for rate in rates.series.values().flat_map(|days| days.values()) {
                    assert!(rate.rate > Decimal::ZERO && rate.rate.scale() <= 12);
                }
            }
            Err(MarketsError::FaultyFile { faults, .. }) => {
                refused += 1;
                assert!(!faults.is_empty());
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(sound > 50 && refused > 500, "{sound} sound, {refused} refused");
}
