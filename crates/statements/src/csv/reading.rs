//! A whole table as statements: one for each account and currency that its columns name.
//!
//! What must stay true: lines are kept in the order of the file, and every record of the table is
//! accounted for: as an entry, a fault or a note.

use std::collections::BTreeMap;

use kernel::CommodityCode;

use super::Table;
use super::group::Group;
use super::layout::Layout;
use super::lexer::Record;
use super::mapping::{AmountSign, CsvMapping, Role};
use super::row::{Cells, Columns, Kind, Rules};
use super::rows::Rows;
use crate::detect::Taken;
use crate::fault::{Findings, Place};
use crate::limits::{FOUND_CHARS_MAX, STATEMENTS_MAX};
use crate::model::Statement;
use crate::source::Entries;
use crate::value;

/// The statements of a table, by account and currency.
#[derive(Default)]
struct Groups {
    found: Vec<Group>,
    by_name: BTreeMap<(String, CommodityCode), usize>,
    /// The statement of the last record: the next one mostly belongs to it, too.
    last: Option<((String, CommodityCode), usize)>,
}

/// What was read of a table.
pub(super) struct Read {
    pub statements: Vec<Statement>,
    /// What the running balance says about the signs of the amount column.
    pub proved_sign: Option<AmountSign>,
}

/// Reads the records of a table into statements.
pub(super) fn read(
    table: Table,
    (mapping, mut rules): (&CsvMapping, Rules),
    (findings, entries): Taken,
) -> Read {
    let sign_is_open = mapping.amount_sign.is_none()
        && mapping.column(Role::Amount).is_some()
        && mapping.column(Role::Flag).is_none();
    let inverted = sign_is_open && is_inverted(table, (mapping, &rules));
    if inverted {
        rules.invert();
    }
    let groups = read_rows(table, (mapping, &rules), (&mut *findings, entries), |_| false);
    if groups.found.is_empty() {
        findings.note(Place::file(1), "the table holds no entry");
    }
    if sign_is_open && !inverted {
        let amount = mapping.column(Role::Amount).and_then(|index| mapping.columns.get(index));
        let name = amount.map_or("", |column| column.name.as_str());
        groups.found.iter().for_each(|group| group.require_proof(name, findings));
    }
    let statements = groups.found.into_iter().map(|group| group.complete(findings)).collect();
    let proved = if inverted { AmountSign::PositiveOut } else { AmountSign::PositiveIn };
    Read { statements, proved_sign: mapping.column(Role::Amount).map(|_| proved) }
}

/// Whether the running balances prove that all amounts have the opposite sign. Entries are handed
/// on as they are read, so that this must be known before: the table is read once more for it, but
/// in one of a single account only as far as the first line that allows the usual sign.
fn is_inverted(table: Table, (mapping, rules): (&CsvMapping, &Rules)) -> bool {
    if mapping.column(Role::Balance).is_none() {
        return false;
    }
    let is_single = !names_statements(mapping);
    let is_settled =
        |groups: &Groups| is_single && groups.found.first().is_some_and(Group::allows_usual_sign);
    let mut nobody = |_, _| Ok(());
    let taken = (&mut Findings::default(), &mut Entries::new(&mut nobody));
    read_rows(table, (mapping, rules), taken, is_settled).all_inverted()
}

/// Whether the lines of a table say to which statement they belong.
fn names_statements(mapping: &CsvMapping) -> bool {
    [Role::Account, Role::Currency].iter().any(|role| mapping.column(*role).is_some())
}

/// Reads the records of a table until they end, or enough is known.
fn read_rows(
    (text, layout): Table,
    (mapping, rules): (&CsvMapping, &Rules),
    (findings, entries): Taken,
    is_enough: impl Fn(&Groups) -> bool,
) -> Groups {
    let mut groups = Groups::default();
    let columns = Columns::of(mapping);
    let mut rows = Rows::of((text, layout));
    let mut count = 0;
    while !entries.is_closed() && !is_enough(&groups) && rows.advance() {
        let record = rows.row();
        if count >= text.limits.entries_max {
            let expected = format!("at most {} records", text.limits.entries_max);
            findings.fault(Place::file(record.line), "records", "", &expected);
            break;
        }
        count += 1;
        let cells = Cells::new(&record, &columns);
        let place = Place::file(record.line);
        match cells.kind(rules) {
            Kind::Other(why) => findings.note(place, format!("this line is no entry: {why}")),
            Kind::Faulty(expected) => {
                let place = match groups.only((mapping, record.line), layout) {
                    Some(group) => group.refuse(record.line),
                    None => groups.interrupt(place),
                };
                findings.fault(place, "record", &quoted(&record, layout), expected);
            }
            Kind::Entry => {
                let currency = match cells.currency() {
                    Ok(currency) => currency,
                    Err(refusal) => {
                        let (found, expected) = (&refusal.found, &refusal.expected);
                        findings.fault(place, &cells.currency_name(), found, expected);
                        groups.interrupt(place);
                        continue;
                    }
                };
                let account = value::free_text(cells.text(Role::Account)).0.unwrap_or_default();
                match groups.group((account, currency), (record.line, layout)) {
                    Some(group) => group.take(&cells, record.line, rules, (findings, entries)),
                    None => {
                        let expected = format!("at most {STATEMENTS_MAX} accounts");
                        findings.fault(place, "account", "", &expected);
                        break;
                    }
                }
            }
        }
    }
    groups
}

/// The beginning of a record, as a fault quotes it.
fn quoted(record: &Record, layout: &Layout) -> String {
    let mut text = String::new();
    for (index, field) in record.fields().enumerate() {
        if index > 0 {
            text.push(layout.delimiter);
        }
        text.push_str(field);
        // No more is shown of a character of four bytes.
        if text.len() > 4 * FOUND_CHARS_MAX {
            break;
        }
    }
    text
}

impl Groups {
    /// The only statement of a table whose lines name neither account nor currency: what cannot be
    /// read as a line belongs to it.
    fn only(&mut self, (mapping, line): (&CsvMapping, u32), layout: &Layout) -> Option<&mut Group> {
        let currency = mapping.currency.filter(|_| !names_statements(mapping))?;
        self.group((String::new(), currency), (line, layout))
    }

    /// A record was refused that may belong to any statement.
    fn interrupt(&mut self, place: Place) -> Place {
        self.found.iter_mut().for_each(Group::interrupt);
        place
    }

    /// The statement of an account and currency; `None` where there are too many.
    fn group(
        &mut self,
        (account, currency): (String, CommodityCode),
        (line, layout): (u32, &Layout),
    ) -> Option<&mut Group> {
        let name = (account, currency);
        if let Some((last, index)) = &self.last
            && *last == name
        {
            return self.found.get_mut(*index);
        }
        let index = match self.by_name.get(&name) {
            Some(index) => *index,
            None if self.found.len() >= STATEMENTS_MAX => return None,
            None => {
                let index = self.found.len();
                let stated =
                    if name.0.is_empty() { announced_iban(layout) } else { name.0.clone() };
                self.found.push(Group::new(index, (stated, currency), line));
                self.by_name.insert(name.clone(), index);
                index
            }
        };
        self.last = Some((name, index));
        self.found.get_mut(index)
    }

    /// Whether the running balances prove that all amounts have the opposite sign.
    fn all_inverted(&self) -> bool {
        let mut verdicts = self.found.iter().filter_map(Group::is_inverted).peekable();
        verdicts.peek().is_some() && verdicts.all(|inverted| inverted)
    }
}

/// An IBAN above the table, where there is exactly one.
fn announced_iban(layout: &Layout) -> String {
    let mut ibans: Vec<String> = Vec::new();
    for cell in layout.preamble.iter().flatten() {
        let solid = value::without_blanks(cell);
        let words = cell.split([' ', ':']).map(str::to_owned);
        // `IBAN DE02 1203 …`: groups of letters behind a word.
        let behind = cell.split_once([' ', ':']).map(|(_, rest)| value::without_blanks(rest));
        let texts = words.chain([solid]).chain(behind);
        ibans.extend(texts.filter(|word| value::is_iban(word)));
    }
    ibans.sort();
    ibans.dedup();
    match ibans.as_slice() {
        [only] => only.clone(),
        _ => String::new(),
    }
}
