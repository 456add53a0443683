//! BAI2: cash management balance reporting, version 2, as banks of North America send it.
//!
//! What must stay true: records stand in their order, each trailer's total and counts are held
//! against what was read, and a file that ends before its trailer is refused, because details may
//! be missing.

mod account;
mod codes;
mod detail;
mod records;

use kernel::{CommodityCode, Date};

use crate::detect::Whole;
use crate::fault::{Findings, Place};
use crate::limits::{ENTRIES_MAX, STATEMENTS_MAX};
use crate::model::EntryStatus;
use crate::reading::{Format, ReadOptions, Reading};
use crate::value::{self, Refusal};
use account::Account;
use records::{Piece, Record, Records};

/// What the readers of an account work with.
struct Context<'c> {
    findings: &'c mut Findings,
    options: &'c ReadOptions,
    /// The index of the statement that is being read.
    statement: usize,
}

/// A group of accounts (02): the same bank, the same day.
#[derive(Default)]
struct Group {
    bank: Option<String>,
    date: Option<Date>,
    currency: Option<CommodityCode>,
    has_currency: bool,
    is_void: bool,
    /// Its status is not known: whether its details are booked nobody can say.
    is_unclear: bool,
    sum: Sum,
}

/// What a trailer states of the records above it.
#[derive(Default)]
struct Sum {
    /// The sum of all amounts, in smallest units, signs as written.
    amount: i128,
    /// How many groups or accounts.
    parts: u64,
    /// How many lines.
    lines: u64,
}

/// Where the reading stands.
struct State<'c> {
    reading: &'c mut Reading,
    findings: &'c mut Findings,
    options: &'c ReadOptions,
    file: Option<Sum>,
    group: Option<Group>,
    account: Option<Account>,
    entries: usize,
    ended: bool,
}

/// Whether a file is BAI2: a file header of at least eight fields, and a group behind it.
pub(crate) fn recognises(head: &str) -> bool {
    let mut records = Records::new(head);
    let is = |piece: Option<Piece>, wanted: &[&str]| match piece {
        Some(Piece::Record(record)) => wanted.contains(&record.code).then(|| record.field_count()),
        Some(Piece::Other { .. }) | None => None,
    };
    let header = is(records.next(), &["01"]);
    header.is_some_and(|fields| fields >= 7) && is(records.next(), &["02", "03"]).is_some()
}

/// Reads a BAI2 file.
pub(crate) fn read(source: &Whole, options: &ReadOptions, findings: &mut Findings) -> Reading {
    let mut reading = Reading::new(Some(Format::Bai2));
    let mut state = State {
        reading: &mut reading,
        findings,
        options,
        file: None,
        group: None,
        account: None,
        entries: 0,
        ended: false,
    };
    let mut last = 1;
    for piece in Records::new(source.text) {
        let goes_on = match piece {
            Piece::Other { line, text } => {
                last = line;
                let expected = "a record: 01, 02, 03, 16, 49, 88, 98 or 99, and a comma";
                state.findings.fault(Place::file(line), "record code", text, expected);
                true
            }
            Piece::Record(record) => {
                last = record.line;
                state.take(&record)
            }
        };
        if !goes_on {
            break;
        }
    }
    state.close_account(None, last);
    state.close_group(None, last);
    if !state.ended {
        state.findings.fault(Place::file(last), "99", "", "the trailer of the file");
    }
    reading
}

impl State<'_> {
    /// Takes a record over; `false` where no more may be read.
    fn take(&mut self, record: &Record) -> bool {
        let place = Place::file(record.line);
        if self.ended {
            self.findings.fault(place, record.code, "", "nothing behind the file's trailer");
            return false;
        }
        match record.code {
            "01" => self.open_file(record),
            "02" => {
                self.close_account(None, record.line);
                self.close_group(None, record.line);
                self.open_group(record);
            }
            "03" => {
                self.close_account(None, record.line);
                return self.open_account(record);
            }
            "16" => return self.take_detail(record),
            "49" => self.close_account(Some(record), record.line),
            "98" => {
                self.close_account(None, record.line);
                self.close_group(Some(record), record.line);
            }
            _ => {
                self.close_account(None, record.line);
                self.close_group(None, record.line);
                self.close_file(record);
            }
        }
        true
    }

    fn open_file(&mut self, record: &Record) {
        let place = Place::file(record.line);
        if self.file.is_some() {
            self.findings.fault(place, "01", "", "one header of a file");
            return;
        }
        let mut fields = record.fields();
        for _ in 0..7 {
            fields.next();
        }
        let version = fields.text();
        self.reading.version = Some(version.to_owned()).filter(|version| !version.is_empty());
        if version != "2" {
            self.findings.fault(place, "01 version", version, "version 2");
        }
        let lines = record.line_count();
        self.file = Some(Sum { lines, ..Sum::default() });
    }

    fn open_group(&mut self, record: &Record) {
        let place = Place::file(record.line);
        let mut fields = record.fields();
        let (_receiver, originator) = (fields.text(), fields.text());
        let (status, date_text, _time) = (fields.text(), fields.text(), fields.text());
        let (currency, _modifier) = (fields.text(), fields.text());
        let bank = self.findings.check(place, "02 originator", value::identifier(originator));
        let is_void = matches!(status, "2" | "4");
        match status {
            "1" => {}
            "2" => self.findings.note(place, "this group deletes an earlier one: it is not booked"),
            "3" => self.findings.note(place, "this group corrects an earlier one"),
            "4" => self.findings.note(place, "this group is a test: it is not booked"),
            other => self.findings.fault(place, "02 status", other, "1, 2, 3 or 4"),
        }
        let lines = record.line_count();
        self.group = Some(Group {
            bank: bank.flatten(),
            date: self.findings.check(place, "02 as-of date", date(date_text)),
            currency: match currency {
                "" => None,
                code => self.findings.check(place, "02 currency", value::currency(code)),
            },
            has_currency: !currency.is_empty(),
            is_void,
            is_unclear: !matches!(status, "1" | "2" | "3" | "4"),
            sum: Sum { lines, ..Sum::default() },
        });
    }

    fn open_account(&mut self, record: &Record) -> bool {
        let place = Place::file(record.line);
        if self.reading.statements.len() >= STATEMENTS_MAX {
            let expected = format!("at most {STATEMENTS_MAX} statements");
            self.findings.fault(place, "03", "", &expected);
            self.ended = true;
            return false;
        }
        let Some(group) = &self.group else {
            self.findings.fault(place, "03", "", "a group (02) before the account");
            return true;
        };
        let mut context = Context {
            findings: &mut *self.findings,
            options: self.options,
            statement: self.reading.statements.len(),
        };
        self.account = Some(Account::read(record, group, &mut context));
        true
    }

    fn take_detail(&mut self, record: &Record) -> bool {
        let place = Place::file(record.line);
        self.entries += 1;
        if self.entries > ENTRIES_MAX {
            let expected = format!("at most {ENTRIES_MAX} entries");
            self.findings.fault(place, "16", "", &expected);
            self.ended = true;
            return false;
        }
        let Some(account) = &mut self.account else {
            self.findings.fault(place, "16", "", "an account (03) before the detail");
            return true;
        };
        let mut context = Context {
            findings: &mut *self.findings,
            options: self.options,
            statement: self.reading.statements.len(),
        };
        detail::take(record, account, &mut context);
        true
    }

    /// Ends an account, by its trailer or, with a fault, without one.
    fn close_account(&mut self, trailer: Option<&Record>, line: u32) {
        let Some(mut account) = self.account.take() else {
            if trailer.is_some() {
                self.findings.fault(Place::file(line), "49", "", "an account (03) to end");
            }
            return;
        };
        // Where its total differs an amount may be damaged, without a trailer the last one be cut.
        let place = Place::statement(line, self.reading.statements.len());
        match trailer {
            Some(record) => {
                account.sum.add_lines(record.line_count());
                check(record, &account.sum, place, self.findings);
            }
            None => self.findings.fault(place, "49", "", "the trailer of the account"),
        }
        if account.is_void {
            for entry in &mut account.statement.entries {
                entry.status = EntryStatus::Information;
            }
            account.statement.balances.clear();
        }
        if let Some(group) = &mut self.group {
            group.sum.include(&account.sum);
        }
        self.reading.statements.push(account.statement);
    }

    fn close_group(&mut self, trailer: Option<&Record>, line: u32) {
        let place = Place::file(line);
        let Some(mut group) = self.group.take() else {
            if trailer.is_some() {
                self.findings.fault(place, "98", "", "a group (02) to end");
            }
            return;
        };
        match trailer {
            Some(record) => {
                group.sum.add_lines(record.line_count());
                check(record, &group.sum, place, self.findings);
            }
            None => self.findings.fault(place, "98", "", "the trailer of the group"),
        }
        if let Some(file) = &mut self.file {
            file.include(&group.sum);
        }
    }

    fn close_file(&mut self, record: &Record) {
        self.ended = true;
        if let Some(file) = &mut self.file {
            file.add_lines(record.line_count());
            check(record, file, Place::file(record.line), self.findings);
        }
    }
}

impl Sum {
    fn add_amount(&mut self, amount: i128) {
        self.amount = self.amount.saturating_add(amount);
    }

    fn add_lines(&mut self, lines: u64) {
        self.lines = self.lines.saturating_add(lines);
    }

    /// Counts a group or account into the sum of what it stands in.
    fn include(&mut self, part: &Self) {
        self.add_amount(part.amount);
        self.add_lines(part.lines);
        self.parts += 1;
    }
}

/// Holds a trailer against what was read: total, parts (an account has none), lines.
fn check(record: &Record, sum: &Sum, place: Place, findings: &mut Findings) {
    let mut fields = record.fields();
    let code = record.code;
    let field = format!("{code} control total");
    let total = findings.check(place, &field, account::minor_units(fields.text()));
    if let Some(total) = total.filter(|total| *total != sum.amount) {
        let difference = total.saturating_sub(sum.amount);
        let expected = format!("{}, the sum of the records above ({difference} less)", sum.amount);
        findings.fault(place, &field, &total.to_string(), &expected);
    }
    let counts = match code {
        "49" => vec![("number of records", sum.lines)],
        "98" => vec![("number of accounts", sum.parts), ("number of records", sum.lines)],
        _ => vec![("number of groups", sum.parts), ("number of records", sum.lines)],
    };
    for (name, count) in counts {
        let found = fields.text();
        if found.parse() != Ok(count) {
            let expected = format!("{count}, as there are above");
            findings.fault(place, &format!("{code} {name}"), found, &expected);
        }
    }
}

/// The date of `YYMMDD`.
fn date(text: &str) -> Result<Date, Refusal> {
    crate::mt::short_date(text)
}
