//! CSV as spreadsheets take it, and as this crate reads it without a question: ISO dates, points
//! before decimals, a column for each part of an entry.
//!
//! What must stay true: no text is taken for a formula by a spreadsheet; no amount can be read in
//! two ways; a running balance that the bank does not state is written only where the bank's own
//! balances prove it.

use std::io;

use kernel::{CommodityCode, Decimal};

use super::losses::{Losses, Part};
use super::{GiveEntries, Named, amount_text, named};
use crate::model::{BalanceCheck, BalanceKind, Entry, EntryStatus, Statement};

const HEADER: &[&str] = &[
    "Account",
    "Currency",
    "Booked",
    "Value date",
    "Amount",
    "Balance",
    "Counterparty",
    "Counterparty account",
    "Counterparty bank",
    "Purpose",
    "Reference",
    "Bank reference",
    "End-to-end ID",
    "Type code",
    "Status",
];

/// What a row has no place for.
const LACKS: &[Part] =
    &[Part::Reversal, Part::Kind, Part::Original, Part::Charges, Part::Corrects, Part::Details];

/// The decimals with which a point could be taken for a thousands sign.
const THOUSANDS_SCALE: u8 = 3;

/// Writes the statements as one table.
pub(super) fn write(
    out: &mut dyn io::Write,
    (statements, entries): (&[Statement], &mut GiveEntries),
    losses: &mut Losses,
) -> io::Result<()> {
    let mut row = String::new();
    push_row(&mut row, HEADER.iter().copied());
    out.write_all(row.as_bytes())?;
    for named in named(statements, losses) {
        let mut balance = Running::of(named.statement);
        count_losses(named.statement, balance.is_written(), losses);
        entries(named.index, &mut |entry| {
            losses.of_entry(entry, LACKS);
            let cells = cells(&named, entry, balance.after(entry));
            row.clear();
            push_row(&mut row, cells.iter().map(String::as_str));
            out.write_all(row.as_bytes())
        })?;
    }
    Ok(())
}

fn count_losses(statement: &Statement, has_running: bool, losses: &mut Losses) {
    let account = &statement.account;
    let own_number = account.number.is_some() && account.number != account.iban;
    losses.count("second numbers of accounts", account.iban.is_some() && own_number);
    let more = account.bank.is_some() || account.branch.is_some() || account.name.is_some();
    losses.count("banks, branches and names of accounts", more);
    let is_running = |kind| matches!(kind, BalanceKind::Opening | BalanceKind::Closing);
    let mut balances = statement.balances.iter();
    let unheld = balances.any(|balance| !(has_running && is_running(balance.kind)));
    losses.count("balances of statements", unheld);
    losses.count("statements without entries", statement.tally.entries == 0);
    let named = statement.id.is_some() || statement.from.is_some() || statement.to.is_some();
    losses.count("numbers and periods of statements", named);
}

/// The balance after each entry, as it is written.
enum Running {
    /// The file states it.
    Stated,
    /// Opening and entries make the closing balance: what has been there so far.
    Proved(Decimal),
    /// Nothing says it.
    Unknown,
}

impl Running {
    fn of(statement: &Statement) -> Self {
        if statement.tally.has_running_balance {
            return Self::Stated;
        }
        let agrees = statement.balance_check() == BalanceCheck::Agrees;
        let opening = statement.opening().filter(|_| agrees);
        opening.map_or(Self::Unknown, |opening| Self::Proved(opening.amount))
    }

    const fn is_written(&self) -> bool {
        matches!(self, Self::Stated | Self::Proved(_))
    }

    fn after(&mut self, entry: &Entry) -> Option<Decimal> {
        match self {
            Self::Stated | Self::Unknown => entry.balance_after,
            Self::Proved(_) if entry.status != EntryStatus::Booked => None,
            Self::Proved(balance) => {
                let after = balance.checked_add(entry.amount).ok();
                *self = after.map_or(Self::Unknown, Self::Proved);
                after
            }
        }
    }
}

fn cells(named: &Named, entry: &Entry, balance: Option<Decimal>) -> [String; 15] {
    let currency = named.currency;
    let party = &entry.counterparty;
    let texts = [
        named.account.as_ref(),
        party.name.as_ref(),
        party.account.as_ref(),
        party.bank.as_ref(),
        entry.purpose.as_ref(),
        entry.reference.as_ref(),
        entry.bank_reference.as_ref(),
        entry.end_to_end.as_ref(),
        entry.type_code.as_ref(),
    ];
    let [account, name, number, bank, purpose, reference, bank_reference, end_to_end, code] =
        texts.map(|text| text.map_or_else(String::new, |text| harmless(text)));
    let status = match entry.status {
        EntryStatus::Booked => "booked",
        EntryStatus::Pending => "pending",
        EntryStatus::Information => "declined",
    };
    [
        account,
        currency.to_string(),
        entry.booked.to_string(),
        entry.value.map_or_else(String::new, |date| date.to_string()),
        number_text(entry.amount, currency),
        balance.map_or_else(String::new, |balance| number_text(balance, currency)),
        name,
        number,
        bank,
        purpose,
        reference,
        bank_reference,
        end_to_end,
        code,
        status.to_owned(),
    ]
}

/// An amount of which nobody can take the point for a thousands sign: three decimals get a zero.
fn number_text(amount: Decimal, currency: CommodityCode) -> String {
    let text = amount_text(amount, currency);
    match text.split_once('.') {
        Some((_, decimals)) if decimals.len() == usize::from(THOUSANDS_SCALE) => format!("{text}0"),
        Some(_) | None => text,
    }
}

/// A text that no spreadsheet takes for a formula: those that begin as one get a blank in front,
/// which readers of CSV drop.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!(" {text}") } else { text.to_owned() }
}

/// A row as RFC 4180 has it.
fn push_row<'c>(text: &mut String, cells: impl Iterator<Item = &'c str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r', ';', '\t']) || cell.starts_with(' ') {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}
