//! Files that are handed on entry by entry: the same as files that are read whole, whatever the
//! size of the window and the pieces in which bytes come, and within limits.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kernel::CommodityCode;
use statements::limits::Limits;
use statements::{Entry, ReadOptions, Reading, Source, read, read_to};

/// Bytes that come in pieces of this length at most.
struct Pieces<'b>(&'b [u8], usize);

impl Source for Pieces<'_> {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        struct Reader<'b>(&'b [u8], usize);
        impl Read for Reader<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = self.1.min(buffer.len());
                self.0.read(&mut buffer[..length])
            }
        }
        Ok(Box::new(Reader(self.0, self.1)))
    }
}

fn options() -> ReadOptions {
    ReadOptions { currency: CommodityCode::parse("AUD").ok(), ..ReadOptions::default() }
}

/// What is handed on, put together again.
fn collected(source: &dyn Source, limits: &Limits) -> io::Result<Reading> {
    let mut handed: Vec<(usize, Entry)> = Vec::new();
    let mut hand = |statement, entry| {
        handed.push((statement, entry));
        Ok(())
    };
    let mut reading = read_to(source, &options(), limits, &mut hand)?;
    for (statement, entry) in handed {
        reading.statements[statement].entries.push(entry);
    }
    Ok(reading)
}

fn samples(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(samples(&path)),
            false => files.push(path),
        }
    }
    files
}

#[test]
fn what_is_handed_on_is_what_is_read_whole() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let (mut files, mut entries) = (0, 0);
    for path in samples(&testdata) {
        let bytes = std::fs::read(&path).unwrap();
        let whole = read(&bytes, &options());
        for size in [1, 2, 3, 7, 64, 1_000, 30_000] {
            for (window_bytes, piece) in [(size, 1_000_000), (100_000, size)] {
                let limits = Limits { window_bytes, ..Limits::HANDED_ON };
                let handed = collected(&Pieces(&bytes, piece), &limits).unwrap();
                assert_eq!(handed, whole, "{path:?}, window {window_bytes}, pieces {piece}");
            }
        }
        files += 1;
        entries += whole.statements.iter().map(|one| one.entries.len()).sum::<usize>();
    }
    assert!(files > 90 && entries > 500, "only {entries} entries in {files} files");
}

#[test]
fn entries_of_several_accounts_come_in_the_order_of_the_table() {
    let csv = "Account,Date,Amount\nA,2026-03-30,1\nB,2026-03-30,2\nA,2026-03-31,3\n";
    let mut order = Vec::new();
    let mut hand = |statement, entry: Entry| {
        order.push(format!("{statement}:{}", entry.amount));
        Ok(())
    };
    let reading = read_to(&csv.as_bytes(), &options(), &Limits::HANDED_ON, &mut hand).unwrap();
    assert_eq!(order, ["0:1", "1:2", "0:3"]);
    let counts: Vec<usize> = reading.statements.iter().map(|one| one.tally.entries).collect();
    assert_eq!(counts, [2, 1]);
    assert!(reading.statements.iter().all(|one| one.entries.is_empty()));
}

#[test]
fn a_card_whose_signs_only_the_balance_tells_is_handed_on_with_the_right_ones() {
    let csv = "Date,Amount,Balance\n2026-03-30,10,90\n2026-03-31,-5,95\n";
    let mut amounts = Vec::new();
    let mut hand = |_, entry: Entry| {
        amounts.push(entry.amount.to_string());
        Ok(())
    };
    let reading = read_to(&csv.as_bytes(), &options(), &Limits::HANDED_ON, &mut hand).unwrap();
    assert!(reading.is_sound());
    assert_eq!(amounts, ["-10", "5"]);
}

/// The first fault of a reading: its field and what was expected.
#[track_caller]
fn check_refused(source: &dyn Source, limits: &Limits, field: &str, expected: &str) {
    let reading = collected(source, limits).unwrap();
    let fault = reading.faults.first().unwrap();
    assert_eq!((fault.field.as_str(), fault.expected.as_str()), (field, expected));
}

#[test]
fn limits_are_faults() {
    let csv = "Date,Amount\n2026-03-30,1\n2026-03-31,2\n";
    let limits = Limits { file_bytes_max: 20, ..Limits::HANDED_ON };
    check_refused(&csv.as_bytes(), &limits, "file", "a file of at most 20 bytes");
    let limits = Limits { entries_max: 1, ..Limits::HANDED_ON };
    check_refused(&csv.as_bytes(), &limits, "records", "at most 1 records");
    let entry = "<Ntry><Amt Ccy='EUR'>1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>";
    let camt = |entries: &str| {
        let account = "<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>";
        format!(
            "<Document><BkToCstmrStmt><Stmt>{account}{entries}</Stmt></BkToCstmrStmt></Document>"
        )
    };
    let file = camt(&entry.repeat(2));
    let limits = Limits { entries_max: 1, ..Limits::HANDED_ON };
    let reading = collected(&file.as_bytes(), &limits).unwrap();
    assert!(reading.faults.iter().any(|fault| fault.expected == "at most 1 entries"));
    let limits = Limits { part_elements_max: 3, ..Limits::HANDED_ON };
    check_refused(&file.as_bytes(), &limits, "Sts", "at most 3 elements");
}

#[test]
fn what_never_ends_is_refused_without_being_held() {
    let limits = Limits { part_bytes_max: 4_096, window_bytes: 512, ..Limits::HANDED_ON };
    let expected = "parts of at most 4096 bytes";
    let head = "<Document><BkToCstmrStmt><Stmt>";
    let endless = ["<Ntry><AddtlNtryInf>", "<!--", "<Ntry Ccy='", "<![CDATA["];
    for begun in endless {
        let file = format!("{head}{begun}{}", "x".repeat(100_000));
        check_refused(&file.as_bytes(), &limits, "xml", expected);
    }
    // One line of megabytes, with and without a quote that swallows it.
    let table = "Date,Text,Amount\n2026-03-30,a,1\n";
    let long = "x".repeat(2 << 20);
    for begun in ["2026-03-30,", "2026-03-30,\""] {
        let file = format!("{table}{begun}{long},1\n2026-03-31,b,2\n");
        let reading = collected(&file.as_bytes(), &limits).unwrap();
        let fault = reading.faults.first().unwrap();
        assert_eq!((fault.line, fault.expected.as_str()), (3, "a shorter line"));
        let amounts: Vec<String> =
            reading.statements[0].entries.iter().map(|entry| entry.amount.to_string()).collect();
        assert_eq!(amounts, ["1", "2"]);
    }
}

#[test]
fn failures_of_either_side_end_the_reading() {
    struct Broken;
    impl Source for Broken {
        fn open(&self) -> io::Result<Box<dyn Read + '_>> {
            struct Failing;
            impl Read for Failing {
                fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                    Err(io::Error::other("the disk is gone"))
                }
            }
            Ok(Box::new(b"Date,Amount\n2026-03-30,1\n".chain(Failing)))
        }
    }
    let failure = collected(&Broken, &Limits::HANDED_ON).unwrap_err();
    assert_eq!(failure.to_string(), "the disk is gone");
    let csv = "Date,Amount\n2026-03-30,1\n2026-03-31,2\n";
    let mut taken = 0;
    let mut full = |_, _| {
        taken += 1;
        Err(io::Error::other("no space"))
    };
    let read = read_to(&csv.as_bytes(), &options(), &Limits::HANDED_ON, &mut full);
    assert_eq!((read.unwrap_err().to_string(), taken), ("no space".to_owned(), 1));
}

/// Joined files have marks of the byte order within: a reader of XML passes over one without
/// counting its bytes, and what is cut there was cut within a character.
#[test]
fn marks_of_the_byte_order_within_a_file_are_passed_over() {
    let name = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    let mark = '\u{feff}';
    let document = format!("<Document xmlns='{name}'>");
    let text = format!("{mark}{mark}0<!-- {document}{mark}{document}");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes(), &wide] {
        let whole = read(bytes, &options());
        for window in 1..40 {
            let limits = Limits { window_bytes: window, ..Limits::HANDED_ON };
            assert_eq!(collected(&bytes, &limits).unwrap(), whole);
        }
    }
}
