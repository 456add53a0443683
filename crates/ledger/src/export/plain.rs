//! A book as plain-text accounting: what moved. Holds move nothing until they are posted, so they
//! are left out; a closed account stays open, as an earlier date may have been booked on it.
//!
//! Sources: beancount's language syntax (v3) and lexer: accounts of letters, digits and dashes
//! under five roots, commodities of 2 to 24 characters, years from 1700 to 2099; hledger's manual
//! of its journal format: commodities in quotes, two spaces before an amount.

use std::fmt::Write as _;

use kernel::{Commodity, CommodityCode, Date};
use storage::crypto::sha256;

use super::tables::amount;
use crate::error::LedgerError;
use crate::model::AccountKind;
use crate::query::{BookInfo, TransferView};
use crate::search::NamedAccount;

/// The characters of a commodity that beancount takes.
const BEANCOUNT_CODE_CHARS_MAX: usize = 24;
/// The years that it takes.
const BEANCOUNT_YEARS: std::ops::RangeInclusive<i16> = 1700..=2099;
/// The characters of a name that become part of an account's.
const NAME_CHARS_MAX: usize = 40;

pub(super) fn beancount_head(book: &BookInfo, commodities: &[Commodity]) -> String {
    let mut text = format!(
        "option \"title\" {}\noption \"operating_currency\" \"{}\"\n",
        quoted(&book.name),
        beancount_code(book.currency.code)
    );
    for Commodity { code, scale } in commodities {
        let name = beancount_code(*code);
        let code = quoted(code.as_str());
        let _ = write!(text, "\n1700-01-01 commodity {name}\n  code: {code}\n  scale: {scale}\n");
    }
    text
}

pub(super) fn hledger_head(book: &BookInfo, commodities: &[Commodity]) -> String {
    let mut text = format!("; {}\n\n", line(&book.name));
    for Commodity { code, scale } in commodities {
        // The decimal mark is needed even where nothing follows it.
        let zeros = "0".repeat(usize::from(*scale));
        let _ = writeln!(text, "commodity 1000.{zeros} \"{code}\"");
    }
    text
}

pub(super) fn beancount_account(named: &NamedAccount) -> String {
    let account = &named.account;
    let name = quoted(named.name.as_deref().unwrap_or_default());
    format!(
        "\n1700-01-01 open {} {}\n  id: \"{}\"\n  name: {name}\n  code: {}\n",
        place(named),
        beancount_code(account.commodity),
        account.id,
        account.code
    )
}

pub(super) fn hledger_account(named: &NamedAccount) -> String {
    let letter = match named.account.kind {
        AccountKind::Asset => 'A',
        AccountKind::Liability => 'L',
        AccountKind::Equity => 'E',
        AccountKind::Income => 'R',
        AccountKind::Expense => 'X',
    };
    let name = line(named.name.as_deref().unwrap_or_default());
    let id = named.account.id;
    format!("\naccount {}  ; type: {letter}\n    ; id: {id}\n    ; {name}\n", place(named))
}

pub(super) fn beancount_transfer(
    transfer: &TransferView,
    [debit, credit]: [&NamedAccount; 2],
) -> Result<String, LedgerError> {
    if !transfer.kind.posts() || transfer.amount.is_zero() {
        return Ok(String::new());
    }
    if !BEANCOUNT_YEARS.contains(&transfer.effective.year()) {
        let text = format!("beancount cannot write the date {}", transfer.effective);
        return Err(LedgerError::NotWritable { transfer: transfer.id, text });
    }
    let (amount, code) = (amount(transfer), beancount_code(transfer.commodity.code));
    let payee = quoted(transfer.counterparty.as_deref().unwrap_or_default());
    let purpose = quoted(transfer.purpose.as_deref().unwrap_or_default());
    let mut text = format!("\n{} * {payee} {purpose}\n", day(transfer.effective));
    let _ = writeln!(text, "  id: \"{}\"\n  number: {}", transfer.id, transfer.number);
    if let Some(reference) = &transfer.reference {
        let _ = writeln!(text, "  reference: {}", quoted(reference));
    }
    let (debit, credit) = (place(debit), place(credit));
    let _ = writeln!(text, "  {debit}  {amount} {code}\n  {credit}  -{amount} {code}");
    Ok(text)
}

pub(super) fn hledger_transfer(
    transfer: &TransferView,
    [debit, credit]: [&NamedAccount; 2],
) -> String {
    if !transfer.kind.posts() || transfer.amount.is_zero() {
        return String::new();
    }
    let (amount, code) = (amount(transfer), transfer.commodity.code);
    let told = [&transfer.counterparty, &transfer.purpose].into_iter().flatten();
    // A semicolon would begin a comment, a parenthesis at the front a code.
    let told: Vec<String> = told.map(|text| line(text).replace([';', '(', '|'], " ")).collect();
    let mut text = format!("\n{} * {}\n", day(transfer.effective), told.join(" | "));
    let _ = writeln!(text, "    ; id: {}\n    ; number: {}", transfer.id, transfer.number);
    if let Some(reference) = &transfer.reference {
        let _ = writeln!(text, "    ; reference: {}", line(reference));
    }
    let (debit, credit) = (place(debit), place(credit));
    let _ = writeln!(text, "    {debit}  {amount} \"{code}\"\n    {credit}  -{amount} \"{code}\"");
    text
}

fn day(date: Date) -> String {
    date.to_string()
}

/// An account's name: its root, and its number in the book with what of its name both programs
/// take, so that no two are the same.
fn place(named: &NamedAccount) -> String {
    let root = match named.account.kind {
        AccountKind::Asset => "Assets",
        AccountKind::Liability => "Liabilities",
        AccountKind::Equity => "Equity",
        AccountKind::Income => "Income",
        AccountKind::Expense => "Expenses",
    };
    let name = named.name.as_deref().unwrap_or_default();
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(NAME_CHARS_MAX).collect();
    let dash = if name.is_empty() { "" } else { "-" };
    format!("{root}:A{}{dash}{name}", named.account.number)
}

/// A commodity as beancount takes it: as it is where it may, otherwise what of it may with a hash
/// of the whole, so that no two are the same.
fn beancount_code(code: CommodityCode) -> String {
    let text = code.as_str();
    let inner = |letter: char| {
        letter.is_ascii_uppercase() || letter.is_ascii_digit() || matches!(letter, '.' | '_' | '-')
    };
    let ends = text.ends_with(|letter: char| letter.is_ascii_alphanumeric());
    let begins = text.starts_with(|letter: char| letter.is_ascii_uppercase());
    if begins
        && ends
        && (2..=BEANCOUNT_CODE_CHARS_MAX).contains(&text.len())
        && text.chars().all(inner)
    {
        return text.to_owned();
    }
    let hash = sha256(&[text.as_bytes()]);
    let kept: String =
        text.chars().filter(|letter| letter.is_ascii_alphanumeric()).take(12).collect();
    let hash: String = hash[..4].iter().map(|byte| format!("{byte:02X}")).collect();
    format!("X{kept}-{hash}")
}

/// A text on one line, in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text on one line.
fn line(text: &str) -> String {
    let flat = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    flat.collect::<String>().trim().to_owned()
}
