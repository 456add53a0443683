//! Workbooks that are refused: bombs, archives that lie, sheets that are none.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use std::io::{Cursor, Write};

use statements::{Format, ReadOptions, Reading, limits};
use zip::write::{SimpleFileOptions, ZipWriter};

const WORKBOOK: &str =
    r#"<workbook xmlns:r="x"><sheets><sheet name="A" r:id="r1"/></sheets></workbook>"#;
const RELATIONS: &str =
    r#"<Relationships><Relationship Id="r1" Target="/xl/worksheets/sheet1.xml"/></Relationships>"#;
const SHEET: &str = r#"<worksheet><sheetData>
<row r="1"><c t="str"><v>Date</v></c><c t="inlineStr"><is><t>Amount</t></is></c></row>
<row r="2"><c t="str"><v>2026-03-31</v></c><c><v>-4.50</v></c></row>
<row r="4"><c r="A4" t="str"><v>2026-04-01</v></c><c r="B4"><v>7</v></c></row>
</sheetData></worksheet>"#;

fn workbook(sheet: &[u8], more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let fixed = [
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    for (name, content) in fixed.iter().chain(more) {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn read(bytes: &[u8]) -> Reading {
    let currency = kernel::CommodityCode::parse("EUR").ok();
    statements::read(bytes, &ReadOptions { currency, ..ReadOptions::default() })
}

#[track_caller]
fn check(sheet: &str, expected: &[&str]) {
    let reading = read(&workbook(sheet.as_bytes(), &[]));
    let faults = reading.faults.iter();
    let told: Vec<String> = faults.map(|fault| format!("{} {}", fault.line, fault.field)).collect();
    assert_eq!(told, expected, "{:?}", reading.faults);
    assert_eq!(reading.format, Some(Format::Xlsx));
}

#[test]
fn a_plain_workbook_is_read_and_its_lines_are_rows() {
    let reading = read(&workbook(SHEET.as_bytes(), &[]));
    assert_eq!(reading.faults, []);
    let entries = reading.statements[0].entries.iter();
    let told: Vec<String> =
        entries.map(|entry| format!("{} {} {}", entry.line, entry.booked, entry.amount)).collect();
    assert_eq!(told, ["2 2026-03-31 -4.5", "4 2026-04-01 7"]);
    check(SHEET, &[]);
}

#[test]
fn cells_and_rows_are_refused_by_row_and_column() {
    check(&SHEET.replace("-4.50", "four"), &["2 Amount"]);
    check(&SHEET.replace("2026-03-31", "2026-02-31"), &["2 Date"]);
    // A number with three decimals is no thousands.
    check(&SHEET.replace("-4.50", "1.234"), &["2 Amount"]);
    check(&SHEET.replace(r#"row r="4""#, r#"row r="2""#), &["3 row"]);
    check(&SHEET.replace(r#"row r="4""#, r#"row r="9999999""#), &["3 row"]);
    check(&SHEET.replace(r#"r="B4""#, r#"r="A4""#), &["4 row"]);
    check(&SHEET.replace(r#"r="B4""#, r#"r="ZZZ4""#), &["4 row"]);
    check(&SHEET.replace("</sheetData>", ""), &["5 xml"]);
    check("<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet/>", &["1 xml"]);
    check("<worksheet/>", &["1 sheet"]);
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
    let size = usize::try_from(limits::UNPACKED_BYTES_MAX).unwrap() + 1;
    let bomb = workbook(&vec![b' '; size], &[]);
    assert!(bomb.len() < 1_000_000, "{} bytes", bomb.len());
    let reading = read(&bomb);
    assert_eq!((reading.faults.len(), reading.faults[0].field.as_str()), (1, "sheet"));
    // One that says that it is small is counted while it is unpacked.
    let mut lying = bomb.clone();
    let (said, small) = (u32::try_from(size).unwrap().to_le_bytes(), 1_000_u32.to_le_bytes());
    for start in 0..lying.len() - 4 {
        if lying[start..start + 4] == said {
            lying[start..start + 4].copy_from_slice(&small);
        }
    }
    assert!(lying != bomb && !read(&lying).is_sound());
}

#[test]
fn texts_that_many_cells_share_stay_within_a_file() {
    let long = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(60_000));
    let cells = r#"<c t="s"><v>0</v></c>"#.repeat(200);
    let rows = format!("<row>{cells}</row>").repeat(100);
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let shared = [("xl/sharedStrings.xml", long.as_bytes())];
    let reading = read(&workbook(sheet.as_bytes(), &shared));
    assert_eq!(reading.faults[0].field, "row");
}

#[test]
fn archives_that_are_no_workbooks_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..u32::from(limits::PARTS_MAX) + 1 {
        writer.start_file(format!("{number}"), SimpleFileOptions::default()).unwrap();
    }
    writer.start_file("xl/workbook.xml", SimpleFileOptions::default()).unwrap();
    let many = writer.finish().unwrap().into_inner();
    let plain = workbook(SHEET.as_bytes(), &[]);
    for bytes in [many.as_slice(), plain.get(..plain.len() / 2).unwrap()] {
        let reading = read(bytes);
        assert_eq!((reading.format, reading.faults.len()), (None, 1));
        assert_eq!(reading.faults[0].field, "format");
    }
}
