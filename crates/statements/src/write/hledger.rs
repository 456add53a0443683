//! A journal of hledger: what `hledger check --strict` takes.
//!
//! What must stay true: every account and commodity is declared, every assertion holds; no text
//! begins a comment, a code or a payee of its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use kernel::CommodityCode;

use super::amount_text;
use super::journal::{self, Account, OPENING, UNKNOWN_EXPENSE, UNKNOWN_INCOME};
use super::losses::Losses;
use crate::model::{Entry, Statement};
use crate::value;

/// The statements as a journal.
pub(super) fn text(statements: &[Statement], losses: &mut Losses) -> String {
    let accounts = journal::accounts(statements, losses);
    let mut text = String::new();
    let currencies: BTreeSet<CommodityCode> =
        accounts.iter().map(|account| account.currency).collect();
    for currency in currencies {
        let decimals = "0".repeat(value::scale_of(currency).unwrap_or(0).into());
        let _ = writeln!(text, "commodity 1000.{decimals} {currency}");
    }
    let names = accounts.iter().map(|account| account.name.as_str());
    let names: BTreeSet<&str> = names.chain([UNKNOWN_EXPENSE, UNKNOWN_INCOME, OPENING]).collect();
    for name in names {
        let _ = writeln!(text, "account {name}");
    }
    for account in &accounts {
        push_account(&mut text, account);
    }
    text
}

fn push_account(text: &mut String, account: &Account) {
    let Account { name, currency, .. } = account;
    if let Some(opening) = &account.opening {
        let amount = amount_text(opening.amount, *currency);
        let how = if opening.inferred { ", computed from the closing balance" } else { "" };
        let _ = writeln!(text, "\n{} * Opening balance{how}", opening.date);
        let _ = writeln!(text, "    {name}  {amount} {currency}\n    {OPENING}");
    }
    for entry in &account.entries {
        push_entry(text, account, entry);
    }
    for closing in &account.closings {
        let (day, amount) = (closing.date, amount_text(closing.amount, *currency));
        let _ = match closing.proved {
            true => writeln!(
                text,
                "\n{day} * Closing balance\n    {name}  0 {currency} = {amount} {currency}"
            ),
            false => {
                writeln!(
                    text,
                    "\n; The bank says {amount} {currency} on {day}: entries make another."
                )
            }
        };
    }
}

fn push_entry(text: &mut String, account: &Account, entry: &Entry) {
    let _ = writeln!(text, "\n{} * {}", entry.booked, description(entry));
    if let Some(value) = entry.value {
        let _ = writeln!(text, "    ; value-date:{value}");
    }
    for (name, said) in journal::remarks(entry) {
        let _ = writeln!(text, "    ; {name}:{said}");
    }
    let amount = amount_text(entry.amount, entry.currency);
    let other = journal::other_half(entry);
    let _ = writeln!(text, "    {}  {amount} {}\n    {other}", account.name, entry.currency);
}

/// `payee | what it was for`, or the only one of them.
fn description(entry: &Entry) -> String {
    // These end a description, or part it.
    let plain = |text: &String| text.replace(';', ",").replace('|', "/");
    let parts = [entry.counterparty.name.as_ref(), entry.purpose.as_ref()];
    let parts: Vec<String> = parts.into_iter().flatten().map(plain).collect();
    let text = parts.join(" | ");
    // What begins with a bracket would be a code: an empty one goes before it.
    if text.starts_with(['(', '*', '!']) { format!("() {text}") } else { text }
}
