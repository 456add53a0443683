//! QIF: registers of Quicken and of banks that write its files.
//!
//! What must stay true: QIF states neither currency nor the order of its dates nor its decimal
//! sign: what the whole file does not decide is asked, as for a table, and nothing is read before
//! the answer; a register is a statement, lists of categories, securities and prices are none.

mod investment;
mod records;
mod register;

use std::borrow::Cow;

use crate::csv::{PrintedSurvey, Printing};
use crate::detect::Whole;
use crate::fault::{Findings, Place};
use crate::limits::{ENTRIES_MAX, STATEMENTS_MAX};
use crate::model::{AccountKind, AccountRef, Balance, BalanceKind, Statement};
use crate::reading::{Format, ReadOptions, Reading};
use crate::value;
use records::{Piece, Record, Records};

/// What the readers of a record work with.
struct Context<'c> {
    findings: &'c mut Findings,
    printing: &'c Printing,
    /// The index of the statement that is being read.
    statement: usize,
}

/// What a header announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Register(AccountKind),
    Investment,
    /// Records that name accounts.
    Accounts,
    /// A list without money of an account, or a setting.
    List,
    Unknown,
}

/// Where the reading stands.
struct State<'a, 'c> {
    reading: &'c mut Reading,
    findings: &'c mut Findings,
    printing: &'c Printing,
    section: Section,
    account: Option<Record<'a>>,
    open: Option<Statement>,
    still: usize,
    entries: usize,
}

/// The letters of a bank's file that begins without a header.
const BANK_LETTERS: &str = "DTUCNPMLA";

/// Whether a file is QIF: it begins with a header, or with the record of a bank that left it out.
pub(crate) fn recognises(head: &str) -> bool {
    match Records::new(head.trim_start_matches('\u{feff}')).next() {
        Some(Piece::Header { text, .. }) => section(text) != Section::Unknown,
        Some(Piece::Record(record)) => {
            let known = record.items.iter().all(|item| BANK_LETTERS.contains(item.letter));
            let (date, amount) = (record.item('D'), record.item('T'));
            known && record.fault.is_none() && date.is_some() && amount.is_some()
        }
        None => false,
    }
}

/// What a header announces.
fn section(header: &str) -> Section {
    let header = header.trim().to_ascii_lowercase();
    let Some(kind) = header.strip_prefix("type:") else {
        let is_setting = header.starts_with("option:") || header.starts_with("clear:");
        return match header.as_str() {
            "account" => Section::Accounts,
            _ if is_setting => Section::List,
            _ => Section::Unknown,
        };
    };
    match kind.trim() {
        "bank" => Section::Register(AccountKind::Checking),
        "cash" | "oth a" | "oth s" => Section::Register(AccountKind::Other),
        "ccard" => Section::Register(AccountKind::Card),
        "oth l" => Section::Register(AccountKind::Loan),
        "invst" | "port" | "401(k)/403(b)" => Section::Investment,
        "cat" | "class" | "memorized" | "security" | "prices" | "budget" | "payee" | "tag"
        | "invitem" | "template" | "bill" | "invoice" | "tax" => Section::List,
        _ => Section::Unknown,
    }
}

/// Reads a QIF file.
pub(crate) fn read(source: &Whole, options: &ReadOptions, findings: &mut Findings) -> Reading {
    let text = source.text;
    let mut reading = Reading::new(Some(Format::Qif));
    let decided = survey(text, options).decide(["D", "T"], options, findings);
    reading.questions = decided.questions;
    if let Some(printing) = &decided.printing {
        let mut state = State {
            reading: &mut reading,
            findings,
            printing,
            section: Section::Register(AccountKind::Unstated),
            account: None,
            open: None,
            still: 0,
            entries: 0,
        };
        for piece in Records::new(text) {
            if !state.take(piece) {
                break;
            }
        }
        state.close();
    }
    reading.csv_mapping = Some(decided.mapping);
    reading
}

/// Looks at all dates and amounts of all registers.
fn survey(text: &str, options: &ReadOptions) -> PrintedSurvey {
    let mut survey = PrintedSurvey::default();
    let mut current = Section::Register(AccountKind::Unstated);
    for piece in Records::new(text) {
        let record = match piece {
            Piece::Header { text, .. } => {
                current = section(text);
                continue;
            }
            Piece::Record(record) => record,
        };
        if !matches!(current, Section::Register(_) | Section::Investment) {
            continue;
        }
        for item in &record.items {
            match item.letter {
                'D' => survey.take_date(&plain_date(item.text), item.line, options),
                'T' | 'U' | '$' => survey.take_amount(item.text, item.line, options),
                _ => {}
            }
        }
    }
    survey
}

/// A date without what Quicken adds: blanks before single digits, and an apostrophe before a year
/// of this century.
fn plain_date(text: &str) -> Cow<'_, str> {
    let numeric = |character: char| character.is_ascii_digit() || "/.-' ".contains(character);
    if !text.contains(['\'', ' ']) || !text.chars().all(numeric) {
        return Cow::Borrowed(text);
    }
    let solid: String = text.split(' ').collect();
    let Some((day, year)) = solid.split_once('\'') else {
        return Cow::Owned(solid);
    };
    let separator = day.chars().find(|character| "/.-".contains(*character)).unwrap_or('/');
    Cow::Owned(match year.len() {
        1 => format!("{day}{separator}200{year}"),
        2 => format!("{day}{separator}20{year}"),
        _ => format!("{day}{separator}{year}"),
    })
}

impl<'a> State<'a, '_> {
    /// Takes a part of the file over; `false` where no more may be read.
    fn take(&mut self, piece: Piece<'a>) -> bool {
        let record = match piece {
            Piece::Header { line, text } => return self.begin(line, text),
            Piece::Record(record) => record,
        };
        match self.section {
            Section::Accounts => {
                if let Some(expected) = record.fault {
                    self.findings.fault(Place::file(record.line), "^", "", expected);
                }
                if !is_account(&record) {
                    // The header of a register was lost: these are its records.
                    let expected = "the name and type of an account, or a !Type before a record";
                    self.findings.fault(Place::file(record.line), "!Account", "", expected);
                }
                self.account = Some(record);
                true
            }
            Section::List | Section::Unknown => true,
            Section::Register(_) | Section::Investment => self.take_record(&record),
        }
    }

    fn begin(&mut self, line: u32, header: &str) -> bool {
        self.close();
        self.section = section(header);
        match self.section {
            Section::Unknown => {
                let expected = "!Account, !Option or a !Type of Quicken";
                self.findings.fault(Place::file(line), "header", header, expected);
                true
            }
            Section::Register(kind) => self.open(line, kind),
            Section::Investment => self.open(line, AccountKind::Investment),
            Section::Accounts | Section::List => true,
        }
    }

    fn open(&mut self, line: u32, kind: AccountKind) -> bool {
        if self.reading.statements.len() >= STATEMENTS_MAX {
            let expected = format!("at most {STATEMENTS_MAX} statements");
            self.findings.fault(Place::file(line), "!Type", "", &expected);
            return false;
        }
        let named = self.account.take();
        let name = named.as_ref().and_then(|account| account.text('N'));
        let mut statement = Statement {
            account: AccountRef {
                name: name.and_then(|name| value::free_text(name).0),
                kind,
                ..AccountRef::default()
            },
            currency: Some(self.printing.currency),
            ..Statement::begun(line)
        };
        if let Some(account) = &named {
            statement.balances.extend(self.stated_balance(account));
        }
        self.open = Some(statement);
        true
    }

    /// The balance of the last statement on paper, which the record of an account may have.
    fn stated_balance(&mut self, account: &Record) -> Option<Balance> {
        let (amount, date) = (account.item('$')?, account.item('/')?);
        let place = Place::balance(amount.line, self.reading.statements.len());
        let day = self.printing.date(&plain_date(date.text));
        let day = self.findings.check(place.at(date.line), "/", day);
        let read = self.findings.check(place, "$", self.printing.amount(amount.text));
        Some(Balance {
            line: amount.line,
            kind: BalanceKind::Information,
            code: "$".to_owned(),
            amount: read?,
            currency: self.printing.currency,
            date: day?,
        })
    }

    fn take_record(&mut self, record: &Record) -> bool {
        self.entries += 1;
        if self.entries > ENTRIES_MAX {
            let expected = format!("at most {ENTRIES_MAX} entries");
            self.findings.fault(Place::file(record.line), "^", "", &expected);
            return false;
        }
        if self.open.is_none() {
            let note = "the file has no header: a bank's register is taken";
            self.findings.note(Place::file(record.line), note);
            self.open(record.line, AccountKind::Unstated);
        }
        let Some(statement) = &mut self.open else {
            return false;
        };
        let ordinal = statement.entries.len() + statement.refused;
        let mut context = Context {
            findings: &mut *self.findings,
            printing: self.printing,
            statement: self.reading.statements.len(),
        };
        if self.section == Section::Investment {
            match investment::entry(record, ordinal, &mut context) {
                investment::Read::Entry(entry) => statement.entries.push(*entry),
                investment::Read::Still => self.still += 1,
                investment::Read::Refused => statement.refused += 1,
            }
            return true;
        }
        match register::entry(record, ordinal, &mut context) {
            // Quicken writes the balance that an account began with as its first record.
            Some(entry) if is_opening(record) => statement.balances.push(Balance {
                line: entry.line,
                kind: BalanceKind::Opening,
                code: "Opening Balance".to_owned(),
                amount: entry.amount,
                currency: entry.currency,
                date: entry.booked,
            }),
            Some(entry) => statement.entries.push(entry),
            None => statement.refused += 1,
        }
        true
    }

    fn close(&mut self) {
        let Some(statement) = self.open.take() else {
            return;
        };
        if self.still > 0 {
            let place = Place::statement(statement.line, self.reading.statements.len());
            let note = format!("actions that move no cash of this account: {}", self.still);
            self.findings.note(place, note);
        }
        self.still = 0;
        self.reading.statements.push(statement);
    }
}

/// Whether a record names an account: a name once, a type at most once, and nothing of a register.
fn is_account(record: &Record) -> bool {
    let known = record.items.iter().all(|item| "NTDXLBR/$".contains(item.letter));
    known
        && record.text('N').is_some()
        && record.twice('N').is_none()
        && record.twice('T').is_none()
}

/// Whether a record is the balance with which Quicken opens an account: a transfer to itself.
fn is_opening(record: &Record) -> bool {
    let payee = record.text('P').unwrap_or_default();
    let category = record.text('L').unwrap_or_default();
    payee.eq_ignore_ascii_case("opening balance") && category.starts_with('[')
}

#[cfg(test)]
mod tests {
    use super::plain_date;

    #[test]
    fn quickens_dates_become_plain_ones() {
        let dates = [
            ("6/ 1/94", "6/1/94"),
            (" 1/ 5'04", "1/5/2004"),
            ("12/31'26", "12/31/2026"),
            ("1/1' 0", "1/1/2000"),
            ("31.12'2026", "31.12.2026"),
            ("31 Mar 2026", "31 Mar 2026"),
            ("2026-03-31", "2026-03-31"),
        ];
        for (written, plain) in dates {
            assert_eq!(plain_date(written), plain);
        }
    }
}
