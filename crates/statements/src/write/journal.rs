//! What the journals of plain-text accounting share: an account with its opening balance, its
//! booked entries by day, and the balances that they prove.
//!
//! What must stay true: a balance is asserted only where opening and entries make it; one that they
//! do not make is told as a remark and counted. Where only a closing balance is stated, what must
//! have been there before is computed from it, and says so.

use std::collections::BTreeMap;

use kernel::{CommodityCode, Date, Decimal};

use super::losses::{Losses, Part};
use super::{Named, named};
use crate::model::{AccountKind, Entry, EntryStatus, Statement};

/// What a transaction of a journal has no place for.
const LACKS: &[Part] = &[
    Part::Pending,
    Part::Information,
    Part::Kind,
    Part::Original,
    Part::Charges,
    Part::BalanceAfter,
    Part::Corrects,
    Part::Details,
];

/// Where the other half of an entry goes, until somebody says what it was.
pub(super) const UNKNOWN_EXPENSE: &str = "Expenses:Unknown";
/// The same for money that came in.
pub(super) const UNKNOWN_INCOME: &str = "Income:Unknown";
/// Where opening balances come from.
pub(super) const OPENING: &str = "Equity:Opening-Balances";

/// An account in one currency.
pub(super) struct Account<'s> {
    pub name: String,
    pub currency: CommodityCode,
    /// The booked entries, by day.
    pub entries: Vec<&'s Entry>,
    pub opening: Option<Opening>,
    pub closings: Vec<Closing>,
}

/// What was there before the first entry.
pub(super) struct Opening {
    pub date: Date,
    pub amount: Decimal,
    /// Whether it was computed from the closing balance.
    pub inferred: bool,
}

/// What was there at the end of a day.
pub(super) struct Closing {
    pub date: Date,
    pub amount: Decimal,
    /// Whether opening and entries make it.
    pub proved: bool,
}

/// The statements of one account and currency.
struct Group<'s> {
    name: String,
    kind: AccountKind,
    currency: CommodityCode,
    statements: Vec<&'s Statement>,
}

/// The accounts of the statements, in the order of the file.
pub(super) fn accounts<'s>(statements: &'s [Statement], losses: &mut Losses) -> Vec<Account<'s>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_key = BTreeMap::new();
    for (number, one) in named(statements, losses).into_iter().enumerate() {
        let Named { statement, currency, account, .. } = one;
        count_losses(statement, losses);
        // An account without a name is nobody else's.
        let key = (account.clone().unwrap_or_else(|| format!(" {number}")), currency);
        let index = *by_key.entry(key).or_insert_with(|| {
            let name = account.unwrap_or_else(|| "Account".to_owned());
            let kind = statement.account.kind;
            groups.push(Group { name, kind, currency, statements: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(index) {
            group.statements.push(statement);
        }
    }
    let mut names = BTreeMap::new();
    let accounts = groups.into_iter().map(|group| {
        let name = name(&group, &mut names);
        account(name, &group, losses)
    });
    accounts.collect()
}

fn count_losses(statement: &Statement, losses: &mut Losses) {
    let account = &statement.account;
    let more = account.bank.is_some() || account.branch.is_some() || account.name.is_some();
    losses.count("banks, branches and names of accounts", more);
    let own_number = account.number.is_some() && account.number != account.iban;
    losses.count("second numbers of accounts", account.iban.is_some() && own_number);
    let named = statement.id.is_some() || statement.from.is_some() || statement.to.is_some();
    losses.count("numbers and periods of statements", named);
    let held = [statement.opening(), statement.closing()];
    let is_lost = statement.balances.iter().any(|balance| !held.contains(&Some(balance)));
    losses.count("balances between, expected and available ones", is_lost);
    for entry in &statement.entries {
        losses.of_entry(entry, LACKS);
    }
}

/// The name of an account: what kind it is, and its number in letters that journals allow.
fn name(group: &Group, names: &mut BTreeMap<String, usize>) -> String {
    let kind = match group.kind {
        AccountKind::Card => "Liabilities:Card",
        AccountKind::Loan => "Liabilities:Loan",
        AccountKind::Savings | AccountKind::TermDeposit => "Assets:Savings",
        AccountKind::Investment => "Assets:Investment",
        AccountKind::Checking | AccountKind::Other | AccountKind::Unstated => "Assets:Bank",
    };
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let mut part: String = group.name.chars().map(plain).collect();
    let begins_well = part.starts_with(|first: char| first.is_ascii_digit());
    if let (Some(first), false) = (part.get_mut(..1), begins_well) {
        first.make_ascii_uppercase();
    }
    if part.starts_with('-') {
        part.insert(0, 'X');
    }
    let name = format!("{kind}:{part}");
    let count = names.entry(name.clone()).or_default();
    *count += 1;
    if *count > 1 { format!("{name}-{count}") } else { name }
}

fn account<'s>(name: String, group: &Group<'s>, losses: &mut Losses) -> Account<'s> {
    let currency = group.currency;
    let all = group.statements.iter().flat_map(|statement| &statement.entries);
    let is_booked = |entry: &&Entry| entry.status == EntryStatus::Booked;
    let mut entries: Vec<&Entry> = all.filter(is_booked).collect();
    entries.sort_by_key(|entry| entry.booked);
    let sums = Sums::of(&entries);
    let stated = group.statements.iter().filter_map(|statement| {
        let booked = statement.entries.iter().filter(is_booked).map(|entry| entry.booked);
        let closing = statement.closing().filter(|closing| closing.currency == currency)?;
        // Some banks date a balance before the last entry in it.
        Some((booked.max().map_or(closing.date, |last| last.max(closing.date)), closing.amount))
    });
    let stated: Vec<(Date, Decimal)> = stated.collect();
    let openings = group.statements.iter().filter_map(|statement| statement.opening());
    let openings = openings.filter(|opening| opening.currency == currency);
    let earliest = openings.reduce(|best, next| if next.date < best.date { next } else { best });
    let first = entries.first().map(|entry| entry.booked);
    let opening = match (earliest, stated.first()) {
        (Some(opening), _) => Some(Opening {
            date: first.map_or(opening.date, |first| first.min(opening.date)),
            amount: opening.amount,
            inferred: false,
        }),
        (None, Some((date, closing))) => {
            let before = sums.until(*date).and_then(|sum| closing.checked_sub(sum).ok());
            let date = first.map_or(*date, |first| first.min(*date));
            before.map(|amount| Opening { date, amount, inferred: true })
        }
        (None, None) => None,
    };
    let start = opening.as_ref().map(|opening| opening.amount);
    let closings: Vec<Closing> = stated
        .into_iter()
        .map(|(date, amount)| {
            let sum = sums.until(date);
            let made = start.zip(sum).and_then(|(start, sum)| start.checked_add(sum).ok());
            Closing { date, amount, proved: made == Some(amount) }
        })
        .collect();
    for closing in &closings {
        losses.count("closing balances that do not follow, as assertions", !closing.proved);
    }
    Account { name, currency, entries, opening, closings }
}

impl Account<'_> {
    /// The first day of anything on the account.
    pub fn first_day(&self) -> Option<Date> {
        let opening = self.opening.as_ref().map(|opening| opening.date);
        let entry = self.entries.first().map(|entry| entry.booked);
        let closing = self.closings.iter().map(|closing| closing.date).min();
        [opening, entry, closing].into_iter().flatten().min()
    }
}

/// The sums of entries up to each day.
struct Sums(Vec<(Date, Option<Decimal>)>);

impl Sums {
    /// Of entries that are ordered by day.
    fn of(entries: &[&Entry]) -> Self {
        let mut sum = Some(Decimal::ZERO);
        let sums = entries.iter().map(|entry| {
            sum = sum.and_then(|sum| sum.checked_add(entry.amount).ok());
            (entry.booked, sum)
        });
        Self(sums.collect())
    }

    /// Up to the end of a day; `None` where they are too large for a number.
    fn until(&self, date: Date) -> Option<Decimal> {
        let count = self.0.partition_point(|(day, _)| *day <= date);
        match count.checked_sub(1).and_then(|last| self.0.get(last)) {
            Some((_, sum)) => *sum,
            None => Some(Decimal::ZERO),
        }
    }
}

/// What is said about an entry, beside its payee and what it was for.
pub(super) fn remarks(entry: &Entry) -> Vec<(&'static str, &str)> {
    let said = [
        ("counterparty-account", &entry.counterparty.account),
        ("counterparty-bank", &entry.counterparty.bank),
        ("reference", &entry.reference),
        ("bank-reference", &entry.bank_reference),
        ("end-to-end", &entry.end_to_end),
        ("type-code", &entry.type_code),
    ];
    let said = said.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
    said.chain(entry.reversal.then_some(("reversal", "true"))).collect()
}

/// The other half of an entry.
pub(super) fn other_half(entry: &Entry) -> &'static str {
    if entry.amount.is_negative() { UNKNOWN_EXPENSE } else { UNKNOWN_INCOME }
}
