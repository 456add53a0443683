//! Readings, written for other programs: a file a format, all from the same model.
//!
//! What must stay true: an amount is written with every digit it was read with, and never computed
//! where the file does not prove it; what a format has no place for is counted as a [`Loss`]; an
//! identifier is written whole or not at all, because two cut ones could become one; the same
//! reading gives the same text.

mod beancount;
mod camt;
mod camt_entry;
mod csv;
mod hledger;
mod journal;
mod losses;
mod ofx;
mod xml;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use kernel::{CommodityCode, Date, Decimal, Timestamp};

use crate::limits::ENTRIES_MAX;
use crate::model::{Balance, BalanceKind, Entry, Statement};
use crate::value;
pub use losses::Loss;
use losses::Losses;

/// The formats that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteFormat {
    /// A table with a header, which spreadsheets and this crate read.
    Csv,
    /// OFX 2.2, in XML.
    Ofx,
    /// CAMT.053, version 8.
    Camt053,
    /// Text of beancount 3.
    Beancount,
    /// A journal of hledger.
    Hledger,
}

/// What was written, and what was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file, in UTF-8.
    pub text: String,
    /// What the format has no place for.
    pub losses: Vec<Loss>,
}

/// Writes statements in a format. `now` is the time that formats want to say when they were made.
///
/// Only what stands in `entries` is written: whoever writes a reading with faults says so.
///
/// ```
/// use statements::{ReadOptions, WriteFormat, read, write};
///
/// let csv = "Date,Description,Amount (AUD)\n2026-03-31,Coffee,-4.50\n";
/// let reading = read(csv.as_bytes(), &ReadOptions::default());
/// let written = write(&reading.statements, WriteFormat::Hledger, kernel::Timestamp::EPOCH);
/// assert!(written.text.contains("2026-03-31 * Coffee\n"));
/// assert!(written.losses.is_empty());
/// ```
#[must_use]
pub fn write(statements: &[Statement], format: WriteFormat, now: Timestamp) -> Written {
    let mut kept = |statement: usize, take: &mut TakeEntry| {
        let entries = statements.get(statement).map(|statement| statement.entries.iter());
        entries.into_iter().flatten().try_for_each(take)
    };
    let mut bytes = Vec::new();
    let losses = write_to(&mut bytes, (statements, &mut kept), format, now);
    let losses = losses.expect("invariant: memory takes what is written");
    let text = String::from_utf8(bytes).expect("invariant: what is written is UTF-8");
    Written { text, losses }
}

/// Takes an entry.
pub type TakeEntry<'t> = dyn FnMut(&Entry) -> io::Result<()> + 't;
/// Gives the entries of a statement, by its index, in their order.
pub type GiveEntries<'g> = dyn FnMut(usize, &mut TakeEntry) -> io::Result<()> + 'g;

/// Writes statements whose entries are elsewhere ([`read_to`](crate::read_to)): each is asked for
/// when it is written. CSV and CAMT.053 are written so; the other formats order entries, so that
/// they are gathered first, [`ENTRIES_MAX`] of them at most. Answers what the format has no place
/// for.
///
/// # Errors
/// Those of `out` and `entries`; [`io::ErrorKind::InvalidInput`] where there are more entries than
/// a format can gather.
pub fn write_to(
    out: &mut dyn io::Write,
    (statements, entries): (&[Statement], &mut GiveEntries),
    format: WriteFormat,
    now: Timestamp,
) -> io::Result<Vec<Loss>> {
    let mut losses = Losses::default();
    let text = match format {
        WriteFormat::Csv => {
            csv::write(out, (statements, entries), &mut losses)?;
            return Ok(losses.told());
        }
        WriteFormat::Camt053 => {
            camt::write(out, (statements, entries), now, &mut losses)?;
            return Ok(losses.told());
        }
        WriteFormat::Ofx => ofx::text(&gathered(statements, entries)?, now, &mut losses),
        WriteFormat::Beancount => beancount::text(&gathered(statements, entries)?, &mut losses),
        WriteFormat::Hledger => hledger::text(&gathered(statements, entries)?, &mut losses),
    };
    out.write_all(text.as_bytes())?;
    Ok(losses.told())
}

/// The statements with their entries.
fn gathered<'s>(
    statements: &'s [Statement],
    entries: &mut GiveEntries,
) -> io::Result<Cow<'s, [Statement]>> {
    if statements.iter().all(|statement| statement.entries.len() == statement.tally.entries) {
        return Ok(Cow::Borrowed(statements));
    }
    let count: usize = statements.iter().map(|statement| statement.tally.entries).sum();
    if count > ENTRIES_MAX {
        let text =
            format!("{count} entries are too many for this format; csv and camt053 take them");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let mut gathered = statements.to_vec();
    for (index, statement) in gathered.iter_mut().enumerate() {
        statement.entries.clear();
        let mut keep = |entry: &Entry| {
            statement.entries.push(entry.clone());
            Ok(())
        };
        entries(index, &mut keep)?;
    }
    Ok(Cow::Owned(gathered))
}

/// An amount as a text with at least the decimals of its currency: `-4.5` euros are `-4.50`.
///
/// ```
/// # use kernel::{CommodityCode, Decimal};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let amount = Decimal::parse("-4.5")?;
/// assert_eq!(statements::amount_text(amount, CommodityCode::parse("EUR")?), "-4.50");
/// assert_eq!(statements::amount_text(amount, CommodityCode::parse("JPY")?), "-4.5");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn amount_text(amount: Decimal, currency: CommodityCode) -> String {
    let mut text = amount.to_string();
    let scale = value::scale_of(currency).unwrap_or(0);
    let missing = scale.saturating_sub(amount.scale());
    if missing > 0 && amount.scale() == 0 {
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', missing.into()));
    text
}

/// A statement as it is written.
struct Named<'s> {
    /// Its index among all.
    index: usize,
    statement: &'s Statement,
    currency: CommodityCode,
    /// What tells its account from others: its IBAN, its number, else its name; `None` where it
    /// has none of them.
    account: Option<String>,
}

/// The statements that have a currency; others have neither balance nor entry. Where several have
/// no name they get one, so that they do not become one account.
fn named<'s>(statements: &'s [Statement], losses: &mut Losses) -> Vec<Named<'s>> {
    let number = |statement: &'s Statement| {
        statement.account.iban.as_ref().or(statement.account.number.as_ref())
    };
    let mut bearers: BTreeMap<&str, usize> = BTreeMap::new();
    for statement in statements.iter().filter(|statement| number(statement).is_none()) {
        *bearers.entry(statement.account.name.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let name = |statement: &'s Statement| {
        let name = number(statement).map(String::as_str).or(statement.account.name.as_deref());
        let is_own = |name: &&str| number(statement).is_some() || bearers.get(name) == Some(&1);
        name.filter(is_own)
    };
    let mut nameless: BTreeMap<Option<CommodityCode>, usize> = BTreeMap::new();
    for statement in statements.iter().filter(|statement| name(statement).is_none()) {
        *nameless.entry(statement.currency).or_default() += 1;
    }
    let mut kept = Vec::new();
    let mut made = 0;
    for (index, statement) in statements.iter().enumerate() {
        losses.of_statement(statement);
        let account = name(statement).map(str::to_owned).or_else(|| {
            made += 1;
            let alike = nameless.get(&statement.currency).is_some_and(|count| *count > 1);
            alike.then(|| format!("UNKNOWN-{made}"))
        });
        losses.count("statements without a currency", statement.currency.is_none());
        if let Some(currency) = statement.currency {
            kept.push(Named { index, statement, currency, account });
        }
    }
    kept
}

/// What the bank says the account holds at the end: the closing balance, else the latest one
/// between.
fn last_balance(statement: &Statement) -> Option<&Balance> {
    let interim = statement.balances.iter().filter(|balance| balance.kind == BalanceKind::Interim);
    let latest = interim.reduce(|best, next| if next.date >= best.date { next } else { best });
    statement.closing().or(latest)
}

/// The first and last day of a statement: what it says, else of what stands in it.
fn period(statement: &Statement) -> Option<(Date, Date)> {
    let days = statement.tally.days.map(|(first, last)| [first, last]);
    let dates = days.into_iter().flatten();
    let dates = dates.chain(statement.balances.iter().map(|balance| balance.date));
    let (first, last) = (dates.clone().min(), dates.max());
    let (first, last) = (statement.from.or(first)?, statement.to.or(last)?);
    Some((first.min(last), last))
}
