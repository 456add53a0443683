//! A whole table as statements: one for each account and currency that its columns name.
//!
//! What must stay true: lines are kept in the order of the file, and every record of the table is
//! accounted for: as an entry, a fault or a note.

use std::collections::BTreeMap;

use kernel::CommodityCode;

use super::group::Group;
use super::layout::Layout;
use super::mapping::{AmountSign, CsvMapping, Role};
use super::row::{Cells, Columns, Kind, Rules};
use super::survey;
use crate::fault::{Findings, Place};
use crate::limits::{ENTRIES_MAX, STATEMENTS_MAX};
use crate::reading::Reading;
use crate::value;

/// The statements of a table, by account and currency.
#[derive(Default)]
struct Groups {
    found: Vec<Group>,
    by_name: BTreeMap<(String, CommodityCode), usize>,
    /// The statement of the last record: the next one mostly belongs to it, too.
    last: Option<((String, CommodityCode), usize)>,
}

/// Reads the records of a table into statements. Answers what the running balance proves about the
/// signs of the amount column.
pub(super) fn read(
    text: &str,
    layout: &Layout,
    (mapping, rules): (&CsvMapping, &Rules),
    (reading, findings): (&mut Reading, &mut Findings),
) -> Option<AmountSign> {
    let mut groups = Groups::default();
    let columns = Columns::of(mapping);
    for (count, record) in survey::rows(text, layout).enumerate() {
        if count >= ENTRIES_MAX {
            let expected = format!("at most {ENTRIES_MAX} records");
            findings.fault(Place::file(record.line), "records", "", &expected);
            break;
        }
        let cells = Cells::new(&record, &columns);
        let place = Place::file(record.line);
        match cells.kind(rules) {
            Kind::Other(why) => findings.note(place, format!("this line is no entry: {why}")),
            Kind::Faulty(expected) => {
                let found = record.fields.join(&layout.delimiter.to_string());
                let group = groups.only((mapping, record.line), layout);
                let place = match group {
                    Some(group) => group.refuse(record.line),
                    None => groups.interrupt(place),
                };
                findings.fault(place, "record", &found, expected);
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
                    Some(group) => group.take(&cells, record.line, rules, findings),
                    None => {
                        let expected = format!("at most {STATEMENTS_MAX} accounts");
                        findings.fault(place, "account", "", &expected);
                        break;
                    }
                }
            }
        }
    }
    if groups.found.is_empty() {
        findings.note(Place::file(1), "the table holds no entry");
    }
    let sign_is_open = mapping.amount_sign.is_none()
        && mapping.column(Role::Amount).is_some()
        && mapping.column(Role::Flag).is_none();
    let inverted = sign_is_open && groups.all_inverted();
    if sign_is_open && !inverted {
        let amount = mapping.column(Role::Amount).and_then(|index| mapping.columns.get(index));
        let name = amount.map_or("", |column| column.name.as_str());
        groups.found.iter().for_each(|group| group.require_proof(name, findings));
    }
    for group in groups.found {
        reading.statements.push(group.complete(inverted, findings));
    }
    let proved = if inverted { AmountSign::PositiveOut } else { AmountSign::PositiveIn };
    mapping.column(Role::Amount).map(|_| proved)
}

impl Groups {
    /// The only statement of a table whose lines name neither account nor currency: what cannot be
    /// read as a line belongs to it.
    fn only(&mut self, (mapping, line): (&CsvMapping, u32), layout: &Layout) -> Option<&mut Group> {
        let named =
            [Role::Account, Role::Currency].iter().any(|role| mapping.column(*role).is_some());
        let currency = mapping.currency.filter(|_| !named)?;
        self.group((String::new(), currency), (line, layout))
    }

    /// A record was refused that may belong to any statement.
    fn interrupt(&mut self, place: Place) -> Place {
        self.found.iter_mut().for_each(|group| group.interrupt(place.line));
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
        ibans.extend(words.chain([solid]).filter(|word| value::is_iban(word)));
    }
    ibans.sort();
    ibans.dedup();
    match ibans.as_slice() {
        [only] => only.clone(),
        _ => String::new(),
    }
}
