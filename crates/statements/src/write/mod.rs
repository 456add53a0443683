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

use std::collections::BTreeMap;

use kernel::{CommodityCode, Date, Decimal, Timestamp};

use crate::model::{Balance, BalanceKind, Statement};
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
    let mut losses = Losses::default();
    statements.iter().for_each(|statement| losses.of_statement(statement));
    let text = match format {
        WriteFormat::Csv => csv::text(statements, &mut losses),
        WriteFormat::Ofx => ofx::text(statements, now, &mut losses),
        WriteFormat::Camt053 => camt::text(statements, now, &mut losses),
        WriteFormat::Beancount => beancount::text(statements, &mut losses),
        WriteFormat::Hledger => hledger::text(statements, &mut losses),
    };
    Written { text, losses: losses.told() }
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
    for statement in statements {
        let account = name(statement).map(str::to_owned).or_else(|| {
            made += 1;
            let alike = nameless.get(&statement.currency).is_some_and(|count| *count > 1);
            alike.then(|| format!("UNKNOWN-{made}"))
        });
        losses.count("statements without a currency", statement.currency.is_none());
        if let Some(currency) = statement.currency {
            kept.push(Named { statement, currency, account });
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
    let dates = statement.entries.iter().map(|entry| entry.booked);
    let dates = dates.chain(statement.balances.iter().map(|balance| balance.date));
    let (first, last) = (dates.clone().min(), dates.max());
    let (first, last) = (statement.from.or(first)?, statement.to.or(last)?);
    Some((first.min(last), last))
}
