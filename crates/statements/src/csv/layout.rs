//! Where the table of a CSV file is: its delimiter, its header line, its first record.
//!
//! What must stay true: lines above the table are kept (they may name the account and the
//! currency), and none of them is read as an entry.

use std::collections::BTreeMap;

use super::lexer::{Records, trimmed};
use super::mapping::{CsvMapping, Role};
use super::{dates, numbers, vocabulary};
use crate::limits::{HEADER_RECORDS_MAX, SNIFF_RECORDS_MAX};
use crate::window::Text;

/// The characters that divide fields.
const DELIMITERS: [char; 4] = [';', ',', '\t', '|'];

/// The table of a file.
#[derive(Debug)]
pub(super) struct Layout {
    pub delimiter: char,
    /// The line and the cells of the header, where there is one.
    pub header: Option<(u32, Vec<String>)>,
    /// What the names of the columns say they hold.
    pub roles: Vec<Role>,
    /// How many records stand before the first one of the table.
    pub skipped: usize,
    /// What is wrong with the header's quotes.
    pub header_fault: Option<&'static str>,
    /// Whether every record ends with a delimiter that the header does not have.
    pub trailing: bool,
    /// The cells above the header.
    pub preamble: Vec<Vec<String>>,
}

/// A record at the beginning of a file.
struct Row {
    line: u32,
    fields: Vec<String>,
    fault: Option<&'static str>,
}

/// Finds the table of a file; `None` where there is none.
pub(super) fn find(text: &Text) -> Option<Layout> {
    let announced = text.head().strip_prefix("sep=").and_then(|rest| rest.chars().next());
    let candidates = match announced {
        Some(delimiter) => vec![delimiter],
        None => DELIMITERS.to_vec(),
    };
    let found = candidates.into_iter().filter_map(|delimiter| {
        let records = first_rows(text, delimiter);
        let layout = by_names(delimiter, &records).or_else(|| by_content(delimiter, &records))?;
        Some((score(&layout, &records), layout))
    });
    found.max_by_key(|(score, _)| *score).map(|(_, layout)| layout)
}

/// Finds the table that a mapping describes; `None` where the file has other columns.
pub(super) fn of_mapping(text: &Text, mapping: &CsvMapping) -> Option<Layout> {
    let records = first_rows(text, mapping.delimiter);
    let roles = mapping.columns.iter().map(|column| column.role).collect();
    let names = mapping.columns.iter().map(|column| column.name.trim());
    let index = match mapping.header_line {
        Some(_) => records.iter().take(HEADER_RECORDS_MAX).position(|record| {
            let cells = record.fields.iter().map(|field| trimmed(field));
            cells.eq(names.clone())
        })?,
        None => {
            let table = by_content(mapping.delimiter, &records)?;
            let fits = table.roles.len() == mapping.columns.len();
            return fits.then_some(Layout { header: None, roles, ..table });
        }
    };
    Some(layout(mapping.delimiter, &records, Some(index), (roles, index + 1)))
}

/// The records at the beginning of a file.
fn first_rows(text: &Text, delimiter: char) -> Vec<Row> {
    let mut records = Records::new(text.head_window(), delimiter, text.line_end());
    let mut rows = Vec::new();
    while rows.len() < SNIFF_RECORDS_MAX && records.advance() {
        let record = records.record();
        let fields = record.fields().map(str::to_owned).collect();
        rows.push(Row { line: record.line, fields, fault: record.fault });
    }
    rows
}

/// The table below a header whose names are known.
fn by_names(delimiter: char, records: &[Row]) -> Option<Layout> {
    let mut best: Option<(usize, usize, Vec<Role>)> = None;
    for (index, record) in records.iter().take(HEADER_RECORDS_MAX).enumerate() {
        let roles = roles_of(&record.fields);
        let known = roles.iter().filter(|role| **role != Role::Ignored).count();
        let has_money =
            roles.iter().any(|role| matches!(role, Role::Amount | Role::Debit | Role::Credit));
        let better = best.as_ref().is_none_or(|(most, _, _)| known > *most);
        if roles.contains(&Role::Booked) && has_money && better {
            best = Some((known, index, roles));
        }
    }
    let (_, index, roles) = best?;
    Some(layout(delimiter, records, Some(index), (roles, index + 1)))
}

/// The table that begins with the first record that has a date and a number.
fn by_content(delimiter: char, records: &[Row]) -> Option<Layout> {
    let has_date = |record: &Row| record.fields.iter().any(|field| dates::is_date(field));
    let has_number = |record: &Row| {
        let mut fields = record.fields.iter();
        fields.any(|field| !dates::is_date(field) && numbers::printed(field).is_some())
    };
    let is_row = |record: &&Row| record.fields.len() > 1 && has_date(record) && has_number(record);
    let first = records.iter().take(HEADER_RECORDS_MAX).position(|record| is_row(&record))?;
    // A first row that is broken must not give the table its width.
    let mut widths = BTreeMap::new();
    for row in records.iter().filter(is_row) {
        *widths.entry(row.fields.len()).or_insert(0_usize) += 1;
    }
    let (width, _) = widths.into_iter().max_by_key(|(width, count)| (*count, *width))?;
    let header = first.checked_sub(1).filter(|index| {
        let above = records.get(*index);
        above.is_some_and(|above| {
            above.fields.len() == width && !has_date(above) && !has_number(above)
        })
    });
    let roles = match header.and_then(|index| records.get(index)) {
        Some(header) => roles_of(&header.fields),
        None => vec![Role::Ignored; width],
    };
    Some(layout(delimiter, records, header, (roles, first)))
}

fn layout(
    delimiter: char,
    records: &[Row],
    header: Option<usize>,
    (roles, skipped): (Vec<Role>, usize),
) -> Layout {
    let cells = |record: &Row| record.fields.iter().map(|cell| trimmed(cell).to_owned()).collect();
    let above = records.get(..header.unwrap_or(skipped)).unwrap_or_default();
    let header = header.and_then(|index| records.get(index));
    let rows = records.get(skipped..).unwrap_or_default();
    let ends_blank = |row: &Row| {
        let last = row.fields.get(roles.len()).is_some_and(|cell| trimmed(cell).is_empty());
        last && row.fields.len() == roles.len() + 1
    };
    Layout {
        delimiter,
        header_fault: header.and_then(|header| header.fault),
        trailing: header.is_some() && !rows.is_empty() && rows.iter().all(ends_blank),
        header: header.map(|header| (header.line, cells(header))),
        roles,
        skipped,
        preamble: above.iter().map(cells).collect(),
    }
}

/// How well a table explains a file: names that are known, then records of its width, then columns.
fn score(layout: &Layout, records: &[Row]) -> (usize, usize, usize) {
    let known = layout.roles.iter().filter(|role| **role != Role::Ignored).count();
    let width = layout.roles.len();
    let rows = records.get(layout.skipped..).unwrap_or_default();
    let fitting = rows.iter().filter(|row| row.fields.len() == width).count();
    let permille = (fitting * 1_000).checked_div(rows.len()).unwrap_or(0);
    (known, permille, width)
}

/// What the cells of a header say that the columns hold. Where two columns have one role, the
/// surer name wins, and the first of two equal ones.
pub(super) fn roles_of(names: &[String]) -> Vec<Role> {
    let found: Vec<Option<(Role, usize)>> =
        names.iter().map(|name| vocabulary::role(name)).collect();
    let best = |role: Role| {
        let of_role = found.iter().flatten().filter(|(found, _)| *found == role);
        of_role.map(|(_, rank)| *rank).min()
    };
    let mut taken: Vec<Role> = Vec::new();
    let mut roles: Vec<Role> = Vec::with_capacity(found.len());
    for column in &found {
        let role = match column {
            Some((Role::Purpose, _)) => Role::Purpose,
            Some((role, rank)) if best(*role) == Some(*rank) && !taken.contains(role) => *role,
            Some(_) | None => Role::Ignored,
        };
        taken.push(role);
        roles.push(role);
    }
    let has = |role: Role| taken.contains(&role);
    let pair = has(Role::Debit) && has(Role::Credit);
    let is_superfluous = |role: Role| {
        (role == Role::Amount && pair)
            || (matches!(role, Role::Debit | Role::Credit) && has(Role::Amount) && !pair)
            || (role == Role::Flag && (pair || !has(Role::Amount)))
    };
    for role in roles.iter_mut().filter(|role| is_superfluous(**role)) {
        *role = Role::Ignored;
    }
    roles
}
