//! Bank and card statements: `STMTRS` and `CCSTMTRS`.
//!
//! What must stay true: the ledger balance is the closing balance; OFX states no opening balance,
//! and none is made up here.

use kernel::{CommodityCode, Date};

use super::Context;
use super::transaction;
use crate::fault::Place;
use crate::limits::ENTRIES_MAX;
use crate::model::{AccountKind, AccountRef, Balance, BalanceKind, EntryStatus, Statement};
use crate::tree::Node;
use crate::value::{self, DecimalSigns, Refusal};

/// Reads a bank statement.
pub(super) fn bank(node: &Node, context: &mut Context) -> Statement {
    let mut statement = begin(node, "BANKACCTFROM", context);
    let kind = node.text_at(&["BANKACCTFROM", "ACCTTYPE"]).unwrap_or_default();
    statement.account.kind = match kind.to_ascii_uppercase().as_str() {
        "CHECKING" => AccountKind::Checking,
        "SAVINGS" | "MONEYMRKT" => AccountKind::Savings,
        "CREDITLINE" => AccountKind::Loan,
        "CD" => AccountKind::TermDeposit,
        "" => AccountKind::Unstated,
        _ => AccountKind::Other,
    };
    complete(node, statement, context)
}

/// Reads a card statement.
pub(super) fn card(node: &Node, context: &mut Context) -> Statement {
    let mut statement = begin(node, "CCACCTFROM", context);
    statement.account.kind = AccountKind::Card;
    complete(node, statement, context)
}

/// What all statements begin with: account and currency.
pub(super) fn begin(node: &Node, account_name: &str, context: &mut Context) -> Statement {
    Statement {
        account: account(node, account_name, context),
        currency: currency(node, context),
        ..Statement::begun(node.line)
    }
}

fn account(node: &Node, name: &str, context: &mut Context) -> AccountRef {
    let place = Place::statement(node.line, context.statement);
    let Some(account) = node.child(name) else {
        context.findings.fault(place, name, "", "the account of the statement");
        return AccountRef::default();
    };
    let place = place.at(account.line);
    if account.is_damaged() {
        context.findings.fault(place, name, "", "an element that is complete");
    }
    let mut identifier = |field: &str| {
        let text = account.text_at(&[field]).unwrap_or_default();
        context.findings.check(place, field, value::identifier(text)).flatten()
    };
    let number = identifier("ACCTID");
    let bank = identifier("BANKID").or_else(|| identifier("BROKERID"));
    let branch = identifier("BRANCHID");
    if number.is_none() {
        context.findings.fault(place, "ACCTID", "", "the number of the account");
    }
    let solid = number.as_deref().map(value::without_blanks);
    AccountRef {
        iban: solid.filter(|number| value::is_iban(number)),
        number,
        bank,
        branch,
        name: None,
        kind: AccountKind::Unstated,
    }
}

/// The currency of the account. Only where the file leaves it open the caller's stands in.
fn currency(node: &Node, context: &mut Context) -> Option<CommodityCode> {
    let place = Place::statement(node.line, context.statement);
    let text = single(node, "CURDEF", place, context)?;
    let left_open = text.is_empty() && node.child("CURDEF").is_some() && !node.damaged;
    if let (true, Some(given)) = (left_open, context.options.currency) {
        let note = format!("CURDEF is empty; {given} was given by the caller");
        context.findings.note(place, note);
        return Some(given);
    }
    context.findings.check(place, "CURDEF", value::currency(text))
}

/// The text of the only leaf of this name, empty where there is none; `None`, with a fault, where
/// it stands twice with different texts.
pub(super) fn single<'n>(
    node: &'n Node,
    name: &str,
    place: Place,
    context: &mut Context,
) -> Option<&'n str> {
    match node.only(name) {
        // A line break before a value is none of its writers' habits, but what a lost sign leaves.
        Ok(leaf) => {
            Some(leaf.map_or("", |leaf| leaf.text.trim_start_matches([' ', '\t']).trim_end()))
        }
        Err(twice) => {
            let place = place.at(twice.line);
            context.findings.fault(place, name, &twice.second, "a value that is stated once");
            None
        }
    }
}

/// The date of `YYYYMMDD`, with or without a time and its zone, as written.
pub(super) fn date(text: &str) -> Result<Date, Refusal> {
    let refusal = || Refusal::new(text, "a date such as 20260331");
    let (date, rest) = text.split_at_checked(8).ok_or_else(refusal)?;
    let (clock, zone) = rest.split_once('[').map_or((rest, None), |(clock, zone)| {
        (clock, Some(zone.strip_suffix(']').unwrap_or(zone)))
    });
    let in_clock = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b':';
    let in_zone = |byte: u8| byte.is_ascii_alphanumeric() || b"+-:./ ".contains(&byte);
    let proper =
        clock.trim_end().bytes().all(in_clock) && zone.is_none_or(|zone| zone.bytes().all(in_zone));
    let parts = (date.get(..4), date.get(4..6), date.get(6..8));
    let read = match parts {
        (Some(year), Some(month), Some(day)) if proper => value::date_of_digits(year, month, day),
        _ => None,
    };
    read.ok_or_else(refusal)
}

/// A date of a statement that need not be there.
pub(super) fn optional_date(
    node: &Node,
    name: &str,
    place: Place,
    context: &mut Context,
) -> Option<Date> {
    let text = single(node, name, place, context).filter(|text| !text.is_empty())?;
    context.findings.check(place, name, date(text))
}

/// The rest of a bank or card statement: period, entries, balances.
fn complete(node: &Node, mut statement: Statement, context: &mut Context) -> Statement {
    for part in &node.children {
        let place = Place::statement(part.line, context.statement);
        match part.name.as_ref() {
            "BANKTRANLIST" => {
                statement.from = optional_date(part, "DTSTART", place, context);
                statement.to = optional_date(part, "DTEND", place, context);
                entries(part, ("STMTTRN", EntryStatus::Booked), &mut statement, context);
            }
            "BANKTRANLISTP" => {
                entries(part, ("STMTTRNP", EntryStatus::Pending), &mut statement, context);
            }
            "LEDGERBAL" => balance(part, BalanceKind::Closing, &mut statement, context),
            "AVAILBAL" => balance(part, BalanceKind::Available, &mut statement, context),
            "BALLIST" => {
                let text = "BALLIST is not read: its balances are for information";
                context.findings.note(place, text);
            }
            // Read already, or no money: rates, campaigns, limits.
            _ => {}
        }
    }
    if node.child("LEDGERBAL").is_none() {
        let place = Place::statement(node.line, context.statement);
        context.findings.note(place, "the statement has no LEDGERBAL: nothing to check against");
    }
    statement
}

fn entries(
    list: &Node,
    (name, status): (&str, EntryStatus),
    statement: &mut Statement,
    context: &mut Context,
) {
    for node in list.children_named(name) {
        let ordinal = statement.entries.len() + statement.refused;
        if context.entries + ordinal >= ENTRIES_MAX {
            let place = Place::statement(node.line, context.statement);
            let expected = format!("at most {ENTRIES_MAX} entries");
            context.findings.fault(place, name, "", &expected);
            return;
        }
        match transaction::entry(node, (statement.currency, ordinal), status, context) {
            Some(entry) => statement.entries.push(entry),
            None => statement.refused += 1,
        }
    }
}

fn balance(node: &Node, kind: BalanceKind, statement: &mut Statement, context: &mut Context) {
    let place = Place::balance(node.line, context.statement);
    if node.is_damaged() {
        context.findings.fault(place, &node.name, "", "an element that is complete");
        return;
    }
    let amount = single(node, "BALAMT", place, context).and_then(|text| {
        let currency = statement.currency?;
        let read = value::amount(text, DecimalSigns::PointOrComma, currency);
        Some((context.findings.check(place, "BALAMT", read)?, currency))
    });
    let date = single(node, "DTASOF", place, context)
        .and_then(|text| context.findings.check(place, "DTASOF", date(text)));
    if let (Some((amount, currency)), Some(date)) = (amount, date) {
        statement.balances.push(Balance {
            line: node.line,
            kind,
            code: node.name.to_string(),
            amount,
            currency,
            date,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_read_as_written() {
        let read = |text| date(text).ok().map(|date| date.to_string());
        let same_day = [
            "20090401",
            "20090401122017",
            "20090401122017.000",
            "20090401122017.000[-5:EST]",
            "20090401235959[+5.30:IST]",
            "20090401080000[-:EST]",
            "20090401080000[0:GMT",
        ];
        for text in same_day {
            assert_eq!(read(text).as_deref(), Some("2009-04-01"), "{text}");
        }
        for text in
            ["", "2009041", "20090431", "201120000000", "2009-04-01", "20090401x", "0", "00000000"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
