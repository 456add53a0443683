//! Text of beancount 3: what `bean-check` takes.
//!
//! What must stay true: every balance directive holds; texts stand in strings in which nothing ends
//! them.

use std::fmt::Write as _;

use kernel::{Date, time};

use super::amount_text;
use super::journal::{self, Account, OPENING, UNKNOWN_EXPENSE, UNKNOWN_INCOME};
use super::losses::Losses;
use crate::model::{Entry, Statement};

/// The statements as a journal.
pub(super) fn text(statements: &[Statement], losses: &mut Losses) -> String {
    let accounts = journal::accounts(statements, losses);
    let mut text = String::new();
    if let Some(first) = accounts.iter().filter_map(Account::first_day).min() {
        for name in [UNKNOWN_EXPENSE, UNKNOWN_INCOME, OPENING] {
            let _ = writeln!(text, "{first} open {name}");
        }
    }
    for account in &accounts {
        push_account(&mut text, account);
    }
    text
}

fn push_account(text: &mut String, account: &Account) {
    let Some(first) = account.first_day() else { return };
    let Account { name, currency, .. } = account;
    let _ = writeln!(text, "\n{first} open {name} {currency}");
    if let Some(opening) = &account.opening {
        let amount = amount_text(opening.amount, *currency);
        let how = if opening.inferred { ", computed from the closing balance" } else { "" };
        let _ = writeln!(text, "\n{} * \"Opening balance{how}\"", opening.date);
        let _ = writeln!(text, "  {name}  {amount} {currency}\n  {OPENING}");
    }
    for entry in &account.entries {
        push_entry(text, account, entry);
    }
    for closing in &account.closings {
        let amount = amount_text(closing.amount, *currency);
        match next_day(closing.date).filter(|_| closing.proved) {
            // A balance of beancount is that of the morning.
            Some(morning) => {
                let _ = writeln!(text, "\n{morning} balance {name}  {amount} {currency}");
            }
            None => {
                let day = closing.date;
                let _ = writeln!(
                    text,
                    "\n; The bank says {amount} {currency} on {day}: entries make another."
                );
            }
        }
    }
}

fn push_entry(text: &mut String, account: &Account, entry: &Entry) {
    let payee = entry.counterparty.name.as_deref();
    let purpose = quoted(entry.purpose.as_deref().unwrap_or_default());
    let _ = match payee {
        Some(payee) => writeln!(text, "\n{} * {} {purpose}", entry.booked, quoted(payee)),
        None => writeln!(text, "\n{} * {purpose}", entry.booked),
    };
    if let Some(value) = entry.value {
        let _ = writeln!(text, "  value-date: {value}");
    }
    for (name, said) in journal::remarks(entry) {
        let _ = writeln!(text, "  {name}: {}", quoted(said));
    }
    let amount = amount_text(entry.amount, entry.currency);
    let other = journal::other_half(entry);
    let _ = writeln!(text, "  {}  {amount} {}\n  {other}", account.name, entry.currency);
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn next_day(date: Date) -> Option<Date> {
    time::date_from_days(time::days_since_epoch(date).checked_add(1)?).ok()
}
