//! Printed statements (PDF): what does not add up is refused with page and row; so is what cannot
//! be read, and what would take too much.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use statements::{Format, ReadOptions, Reading, Scope, limits};

/// Rows of a page: from where each text stands, and the text.
const HEADER: &[(u32, &str)] = &[(50, "Date"), (120, "Details"), (300, "Amount"), (400, "Balance")];

fn row<'t>(day: &'t str, text: &'t str, amount: &'t str, balance: &'t str) -> Vec<(u32, &'t str)> {
    let cells = [(50, day), (120, text), (300, amount), (400, balance)];
    cells.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// What shows rows, the first one at the top.
fn content(rows: &[Vec<(u32, &str)>]) -> String {
    let mut content = "BT /F1 9 Tf\n".to_owned();
    for (index, row) in rows.iter().enumerate() {
        for (left, text) in row {
            content += &format!("1 0 0 1 {left} {} Tm ({text}) Tj\n", 800 - 14 * index);
        }
    }
    content + "ET\n"
}

/// A document of these contents, with more objects and a trailer of its own.
fn document(contents: &[&[u8]], about: &str, more: &str, trailer: &str) -> Vec<u8> {
    let kids: String = (0..contents.len()).map(|page| format!("{} 0 R ", 10 + 2 * page)).collect();
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";
    let mut bytes = format!(
        "%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n\
         2 0 obj << /Type /Pages /Kids [ {kids}] /Resources << /Font << /F1 3 0 R >> {more} >> >>\n\
         endobj\n3 0 obj {font} endobj\n"
    )
    .into_bytes();
    for (page, content) in contents.iter().enumerate() {
        let (page, shown) = (10 + 2 * page, 11 + 2 * page);
        let length = content.len();
        write!(
            bytes,
            "{page} 0 obj << /Type /Page /Contents {shown} 0 R >> endobj\n\
             {shown} 0 obj << /Length {length} {about} >>\nstream\n"
        )
        .unwrap();
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(b"\nendstream endobj\n");
    }
    writeln!(bytes, "trailer << /Root 1 0 R {trailer} >>\n%%EOF").unwrap();
    bytes
}

fn pages(pages: &[&[Vec<(u32, &str)>]]) -> Vec<u8> {
    let contents: Vec<String> = pages.iter().map(|rows| content(rows)).collect();
    let contents: Vec<&[u8]> = contents.iter().map(|content| content.as_bytes()).collect();
    document(&contents, "", "", "")
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> Reading {
    let currency = kernel::CommodityCode::parse("EUR").ok();
    let reading = statements::read(bytes, &ReadOptions { currency, ..ReadOptions::default() });
    assert_eq!(reading.format, Some(Format::Pdf));
    reading
}

/// The amounts of the only statement.
#[track_caller]
fn amounts(reading: &Reading) -> Vec<String> {
    assert_eq!(reading.faults, []);
    reading.statements[0].entries.iter().map(|entry| entry.amount.to_string()).collect()
}

/// Field, found and expected of the first fault, and whether nothing may be booked.
#[track_caller]
fn check_refused(bytes: &[u8], field: &str, found: &str, expected: &str) {
    let reading = read(bytes);
    let fault = reading.faults.first().unwrap();
    let told = (fault.field.as_str(), fault.found.as_str(), fault.expected.as_str());
    assert_eq!(told, (field, found, expected));
    assert!(!reading.is_statement_bookable_in_part(0) || reading.statements.is_empty());
}

#[test]
fn a_row_that_does_not_add_up_is_named_by_page_and_row() {
    let first = [
        HEADER.to_vec(),
        row("30/03/2026", "Opening balance", "", "100.00"),
        row("30/03/2026", "Tea", "-4.50", "95.50"),
    ];
    let second = [
        HEADER.to_vec(),
        row("31/03/2026", "Rent", "-90.00", "5.50"),
        row("31/03/2026", "Salary", "1,000.00", "1,005.50"),
    ];
    assert_eq!(amounts(&read(&pages(&[&first, &second]))), ["-4.50", "-90.00", "1000.00"]);
    let mut wrong = second.clone();
    wrong[2] = row("31/03/2026", "Salary", "1,000.00", "1,005.60");
    check_refused(
        &pages(&[&first, &wrong]),
        "balance",
        "1005.60",
        "a balance that follows from the one before and the amounts between (page 2, row 3)",
    );
    // A page that is missing breaks the chain.
    let carried = [HEADER.to_vec(), row("", "Brought forward", "", "95.40")];
    let reading = read(&pages(&[&first, &carried]));
    assert_eq!(reading.faults.len(), 1);
    assert!(reading.faults[0].expected.ends_with("(page 2, row 2)"));
    let faulty = [HEADER.to_vec(), row("31/02/2026", "Rent", "-9O.00", "5.50")];
    let reading = read(&pages(&[&first, &faulty]));
    let faults = reading.faults.iter().filter(|fault| matches!(fault.scope, Scope::Entry { .. }));
    let faults: Vec<_> = faults.collect();
    let told: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(told, ["Date", "Amount"]);
    assert!(faults.iter().all(|fault| fault.expected.ends_with("(page 2, row 2)")));
    assert!(!reading.is_statement_bookable_in_part(0), "rows beside it are not proved");
}

#[test]
fn rows_that_nothing_proves_are_refused() {
    let header = vec![(50, "Date"), (120, "Details"), (300, "Amount")];
    let rows = [header.clone(), row("31/03/2026", "Tea", "-4.50", "")];
    let expected = "a running balance, or balances at the beginning and the end (page 1, row 2)";
    check_refused(&pages(&[&rows]), "balance", "", expected);
    let opening = vec![(50, "Opening balance: 100.00")];
    let closing = vec![(50, "Closing balance: 95.50")];
    let [header, entry] = rows;
    let half = [opening.clone(), header.clone(), entry.clone()];
    let expected = "balances before and behind this row (page 1, row 3)";
    check_refused(&pages(&[&half]), "balance", "", expected);
    let whole = [opening, closing, header, entry];
    assert_eq!(amounts(&read(&pages(&[&whole]))), ["-4.50"]);
}

#[test]
fn ambiguous_days_are_asked_about() {
    let rows = [
        HEADER.to_vec(),
        row("01/02/2026", "Tea", "-1.00", "99.00"),
        row("03/02/2026", "Tea", "-1.00", "98.00"),
    ];
    let reading = read(&pages(&[&rows]));
    assert_eq!((reading.questions.len(), reading.faults[0].field.as_str()), (1, "date_order"));
}

#[test]
fn what_is_no_text_is_refused() {
    let rows = [HEADER.to_vec(), row("31/03/2026", "Tea", "-4.50", "95.50")];
    let shown = content(&rows);
    let refused = |content: &str, field, found, expected| {
        check_refused(&document(&[content.as_bytes()], "", "", ""), field, found, expected);
    };
    let encrypted = document(&[shown.as_bytes()], "", "", "/Encrypt 9 0 R");
    check_refused(&encrypted, "pdf", "Encrypt", "a PDF that is not encrypted");
    // A picture, also with the invisible text that a scanner lays over it.
    let picture = "BI /W 1 /H 1 /BPC 8 ID x EI\n";
    let invisible = format!("{picture}3 Tr\n{shown}");
    for scanned in [picture, &invisible] {
        refused(scanned, "pdf", "a picture", "pages with text: pictures are not read");
    }
    refused("", "text", "", "a PDF with text: pictures of a statement are not read");
    let turned = shown.replace("1 0 0 1 ", "0 1 -1 0 ");
    refused(&turned, "pdf", "turned text", "text that runs from left to right");
    refused("BT (a) Tj ET", "pdf", "Tj", "a font before text");
    refused("garbage", "pdf", "garbage", "an operator of the format");
    let expected = "a line that names the columns of a table: date, amount, balance";
    refused("BT /F1 9 Tf (Dear customer) Tj ET", "table", "", expected);
    check_refused(b"%PDF-1.7", "pdf", "Root", "a PDF that says where its pages are");
    let other = document(&[shown.as_bytes()], "/Filter /LZWDecode", "", "");
    check_refused(&other, "pdf", "LZWDecode", "text that is packed by FlateDecode, or not");
    let broken = document(&[b"no deflate"], "/Filter /FlateDecode", "", "");
    check_refused(&broken, "pdf", "FlateDecode", "a stream that can be unpacked");
}

#[test]
fn objects_may_stand_in_streams_of_objects() {
    let rows = [HEADER.to_vec(), row("31/03/2026", "Tea", "-4.50", "95.50")];
    let plain = pages(&[&rows]);
    let text = String::from_utf8(plain).unwrap();
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";
    let within = packed(format!("3 0 {font}").as_bytes());
    let about =
        format!("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length {}", within.len());
    let mut moved = text.replace(&format!("3 0 obj {font} endobj\n"), "").into_bytes();
    writeln!(moved, "50 0 obj << {about} >> stream").unwrap();
    moved.extend_from_slice(&within);
    moved.extend_from_slice(b"\nendstream endobj\n");
    assert_eq!(amounts(&read(&moved)), ["-4.50"]);
}

#[test]
fn bombs_are_refused_within_their_limits() {
    let size = usize::try_from(limits::UNPACKED_BYTES_MAX).unwrap() + 1;
    let bomb = packed(&vec![b' '; size]);
    let expected = format!("at most {} bytes when unpacked", limits::UNPACKED_BYTES_MAX);
    let content = document(&[&bomb], "/Filter /FlateDecode", "", "");
    check_refused(&content, "pdf", "more", &expected);
    let objects = document(&[&bomb], "/Filter /FlateDecode /Type /ObjStm /N 9 /First 9", "", "");
    check_refused(&objects, "pdf", "more", &expected);
    let twice = packed(&packed(&vec![b' '; size]));
    let twice = document(&[&twice], "/Filter [ /FlateDecode /FlateDecode ]", "", "");
    check_refused(&twice, "pdf", "more", &expected);
    // A form that shows itself, and one page that stands there again and again.
    let shown = b"/X Do";
    let form = document(&[shown], "/Subtype /Form", "/XObject << /X 11 0 R >>", "");
    check_refused(&form, "pdf", "Do", "fewer forms in one another");
    let mut again = String::from_utf8(document(&[b" "], "", "", "")).unwrap();
    again = again.replace("/Kids [ 10 0 R ]", "/Kids [ 10 0 R 10 0 R ]");
    check_refused(again.as_bytes(), "pdf", "Pages", "pages that each stand there once");
    let many = "(a) Tj ".repeat(limits::PDF_GLYPHS_MAX + 1);
    let many = document(&[format!("BT /F1 9 Tf {many} ET").as_bytes()], "", "", "");
    let expected = format!("at most {} characters on a page", limits::PDF_GLYPHS_MAX);
    check_refused(&many, "pdf", "more", &expected);
    let deep = "[".repeat(limits::FILE_BYTES_MAX / 64);
    let deep = document(&[format!("BT {deep}").as_bytes()], "", "", "");
    assert!(!read(&deep).is_sound());
}
