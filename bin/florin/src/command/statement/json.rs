//! What was read, as JSON: the fields that every reader of it needs first, the rest behind them.
//!
//! What must stay true: an amount is a text with its sign and at least its currency's decimals; a
//! day is written as ISO 8601 does; what a file does not state is null.

use kernel::{CommodityCode, Decimal};
use serde::Serialize;
use serde::ser::{Error as _, SerializeSeq as _, Serializer};
use statements::{
    Balance, BalanceCheck, Charge, CsvMapping, Detail, EncodingSource, Entry, EntryKind,
    EntryStatus, Fault, Format, Holding, Note, OriginalAmount, Question, Scope, Statement,
    amount_text,
};

use super::Outcome;
use super::file::BankFile;

/// A file and what was read from it.
#[derive(Serialize)]
pub struct File<'a> {
    file: String,
    format: Option<Format>,
    encoding: Option<&'a str>,
    statements: Vec<OneStatement<'a>>,
    faults: Vec<Fault>,
    faults_left_out: usize,
    version: Option<&'a str>,
    encoding_source: Option<EncodingSource>,
    questions: &'a [Question],
    mapping: Option<&'a CsvMapping>,
    notes: &'a [Note],
    notes_left_out: usize,
}

#[derive(Serialize)]
struct OneStatement<'a> {
    account: Option<&'a str>,
    currency: Option<CommodityCode>,
    opening: Option<DatedAmount>,
    closing: Option<DatedAmount>,
    entries: Entries<'a>,
    line: u32,
    id: Option<&'a str>,
    from: Option<String>,
    to: Option<String>,
    iban: Option<&'a str>,
    number: Option<&'a str>,
    bank: Option<&'a str>,
    branch: Option<&'a str>,
    name: Option<&'a str>,
    kind: statements::AccountKind,
    balances: Vec<OneBalance<'a>>,
    balance_check: BalanceCheck,
    refused: usize,
    holdings: &'a [Holding],
}

#[derive(Serialize)]
struct DatedAmount {
    date: String,
    amount: String,
}

#[derive(Serialize)]
struct OneBalance<'a> {
    kind: statements::BalanceKind,
    code: &'a str,
    date: String,
    amount: String,
    currency: CommodityCode,
    line: u32,
}

#[derive(Serialize)]
struct OneEntry<'a> {
    booked: String,
    value: Option<String>,
    amount: String,
    currency: CommodityCode,
    #[serde(flatten)]
    told: Told<'a>,
    line: u32,
    status: EntryStatus,
    reversal: bool,
    type_code: Option<&'a str>,
    kind: EntryKind,
    original: Option<Original>,
    charges: Vec<OneCharge<'a>>,
    balance_after: Option<String>,
    corrects: Option<&'a str>,
    details: Vec<OneDetail<'a>>,
}

/// What entries and their details say of a payment.
#[derive(Serialize)]
struct Told<'a> {
    counterparty: Option<&'a str>,
    purpose: Option<&'a str>,
    reference: Option<&'a str>,
    bank_reference: Option<&'a str>,
    end_to_end: Option<&'a str>,
    counterparty_account: Option<&'a str>,
    counterparty_bank: Option<&'a str>,
}

#[derive(Serialize)]
struct OneDetail<'a> {
    amount: Option<String>,
    currency: Option<CommodityCode>,
    #[serde(flatten)]
    told: Told<'a>,
    line: u32,
    return_reason: Option<&'a str>,
    original: Option<Original>,
    charges: Vec<OneCharge<'a>>,
}

#[derive(Serialize)]
struct Original {
    amount: Option<String>,
    currency: CommodityCode,
    rate: Option<Decimal>,
}

#[derive(Serialize)]
struct OneCharge<'a> {
    amount: String,
    currency: CommodityCode,
    included: Option<bool>,
    name: Option<&'a str>,
}

/// The entries of a statement, each read when it is written.
struct Entries<'a> {
    file: &'a BankFile,
    statement: usize,
}

impl<'a> File<'a> {
    /// A file's name and what became of it. One that could not be opened has a fault that says so.
    pub fn of(file: String, outcome: &'a Outcome) -> Self {
        let reading = outcome.as_ref().ok().map(|file| &file.reading);
        let faults = match outcome {
            Ok(file) => file.reading.faults.clone(),
            Err(found) => vec![unopened(found)],
        };
        let encoding = reading.and_then(|reading| reading.encoding.as_ref());
        let statements = outcome.iter().flat_map(|file| {
            let statements = file.reading.statements.iter().enumerate();
            statements.map(move |(index, one)| statement(one, Entries { file, statement: index }))
        });
        Self {
            file,
            format: reading.and_then(|reading| reading.format),
            encoding: encoding.map(|encoding| encoding.name.as_str()),
            statements: statements.collect(),
            faults,
            faults_left_out: reading.map_or(0, |reading| reading.faults_left_out),
            version: reading.and_then(|reading| reading.version.as_deref()),
            encoding_source: encoding.map(|encoding| encoding.source),
            questions: reading.map(|reading| reading.questions.as_slice()).unwrap_or_default(),
            mapping: reading.and_then(|reading| reading.csv_mapping.as_ref()),
            notes: reading.map(|reading| reading.notes.as_slice()).unwrap_or_default(),
            notes_left_out: reading.map_or(0, |reading| reading.notes_left_out),
        }
    }
}

/// The fault of a file that could not be opened.
pub fn unopened(found: &str) -> Fault {
    Fault {
        line: 1,
        scope: Scope::File,
        field: "file".to_owned(),
        found: found.to_owned(),
        expected: "a file that can be read".to_owned(),
    }
}

fn statement<'a>(statement: &'a Statement, entries: Entries<'a>) -> OneStatement<'a> {
    let account = &statement.account;
    let dated = |balance: &Balance| DatedAmount {
        date: balance.date.to_string(),
        amount: amount_text(balance.amount, balance.currency),
    };
    OneStatement {
        account: account.iban.as_deref().or(account.number.as_deref()),
        currency: statement.currency,
        opening: statement.opening().map(dated),
        closing: statement.closing().map(dated),
        entries,
        line: statement.line,
        id: statement.id.as_deref(),
        from: statement.from.map(|date| date.to_string()),
        to: statement.to.map(|date| date.to_string()),
        iban: account.iban.as_deref(),
        number: account.number.as_deref(),
        bank: account.bank.as_deref(),
        branch: account.branch.as_deref(),
        name: account.name.as_deref(),
        kind: account.kind,
        balances: statement.balances.iter().map(balance).collect(),
        balance_check: statement.balance_check(),
        refused: statement.refused,
        holdings: &statement.holdings,
    }
}

fn balance(balance: &Balance) -> OneBalance<'_> {
    OneBalance {
        kind: balance.kind,
        code: &balance.code,
        date: balance.date.to_string(),
        amount: amount_text(balance.amount, balance.currency),
        currency: balance.currency,
        line: balance.line,
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut refused = None;
        let given = self.file.give(self.statement, &mut |one| {
            list.serialize_element(&entry(one)).map_err(|error| {
                refused = Some(error);
                std::io::Error::other("not written")
            })
        });
        match (refused, given) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => list.end(),
        }
    }
}

fn entry(entry: &Entry) -> OneEntry<'_> {
    let party = &entry.counterparty;
    OneEntry {
        booked: entry.booked.to_string(),
        value: entry.value.map(|date| date.to_string()),
        amount: amount_text(entry.amount, entry.currency),
        currency: entry.currency,
        told: Told {
            counterparty: party.name.as_deref(),
            purpose: entry.purpose.as_deref(),
            reference: entry.reference.as_deref(),
            bank_reference: entry.bank_reference.as_deref(),
            end_to_end: entry.end_to_end.as_deref(),
            counterparty_account: party.account.as_deref(),
            counterparty_bank: party.bank.as_deref(),
        },
        line: entry.line,
        status: entry.status,
        reversal: entry.reversal,
        type_code: entry.type_code.as_deref(),
        kind: entry.kind,
        original: entry.original.as_ref().map(original),
        charges: entry.charges.iter().map(charge).collect(),
        balance_after: entry.balance_after.map(|amount| amount_text(amount, entry.currency)),
        corrects: entry.corrects.as_deref(),
        details: entry.details.iter().map(detail).collect(),
    }
}

fn detail(detail: &Detail) -> OneDetail<'_> {
    let party = &detail.counterparty;
    let text = |amount: Decimal| match detail.currency {
        Some(currency) => amount_text(amount, currency),
        None => amount.to_string(),
    };
    OneDetail {
        amount: detail.amount.map(text),
        currency: detail.currency,
        told: Told {
            counterparty: party.name.as_deref(),
            purpose: detail.purpose.as_deref(),
            reference: detail.reference.as_deref(),
            bank_reference: detail.bank_reference.as_deref(),
            end_to_end: detail.end_to_end.as_deref(),
            counterparty_account: party.account.as_deref(),
            counterparty_bank: party.bank.as_deref(),
        },
        line: detail.line,
        return_reason: detail.return_reason.as_deref(),
        original: detail.original.as_ref().map(original),
        charges: detail.charges.iter().map(charge).collect(),
    }
}

fn original(original: &OriginalAmount) -> Original {
    let amount = original.amount.map(|amount| amount_text(amount, original.currency));
    Original { amount, currency: original.currency, rate: original.rate }
}

fn charge(charge: &Charge) -> OneCharge<'_> {
    OneCharge {
        amount: amount_text(charge.amount, charge.currency),
        currency: charge.currency,
        included: charge.included,
        name: charge.name.as_deref(),
    }
}
