//! CAMT.053, version 8, as the schema of ISO 20022 has it.
//!
//! What must stay true: `CdtDbtInd` and an amount without a sign say what the entry's sign says; a
//! text longer than its field is split where blanks are, else cut and counted; an identifier longer
//! than its field is left out and counted.

use std::io;

use kernel::{CommodityCode, Decimal, Timestamp};

use super::camt_entry::push_entry;
use super::losses::Losses;
use super::xml::Xml;
use super::{GiveEntries, Named, amount_text, named};
use crate::model::{AccountKind, Balance, BalanceKind, Statement};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const DOCUMENT: &str = "Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"";

/// How long the fields of CAMT may be, in characters.
pub(super) const IDENTIFIER_CHARS_MAX: usize = 35;
pub(super) const NAME_CHARS_MAX: usize = 140;
pub(super) const ACCOUNT_CHARS_MAX: usize = 34;
const OWN_NAME_CHARS_MAX: usize = 70;

/// Writes the statements as a document.
pub(super) fn write(
    out: &mut dyn io::Write,
    (statements, entries): (&[Statement], &mut GiveEntries),
    now: Timestamp,
    losses: &mut Losses,
) -> io::Result<()> {
    // Whole seconds: the fractions of a clock tell nobody anything.
    let made = Timestamp::EPOCH.plus_seconds(now.micros() / 1_000_000).to_string();
    let kept = named(statements, losses);
    let mut xml = Xml::new(HEAD);
    xml.open(DOCUMENT);
    xml.open("BkToCstmrStmt");
    xml.element("GrpHdr", |xml| {
        xml.leaf("MsgId", &format!("FLORIN-{}", now.micros() / 1_000_000));
        xml.leaf("CreDtTm", &made);
    });
    for (number, named) in (1_usize..).zip(kept) {
        xml.open("Stmt");
        let id = named.statement.id.as_deref();
        let id = id.and_then(|id| losses.whole(id, IDENTIFIER_CHARS_MAX));
        xml.leaf("Id", id.map_or_else(|| number.to_string(), str::to_owned).as_str());
        xml.leaf("CreDtTm", &made);
        push_head(&mut xml, &named, losses);
        entries(named.index, &mut |entry| {
            xml.element("Ntry", |xml| push_entry(xml, entry, losses));
            xml.drain(out)
        })?;
        xml.close("Stmt");
    }
    xml.close("BkToCstmrStmt");
    xml.close(DOCUMENT);
    xml.drain(out)
}

/// What stands before the entries of a statement.
fn push_head(xml: &mut Xml, named: &Named, losses: &mut Losses) {
    let statement = named.statement;
    match (statement.from, statement.to) {
        (Some(from), Some(to)) => xml.element("FrToDt", |xml| {
            xml.leaf("FrDtTm", &format!("{from}T00:00:00"));
            xml.leaf("ToDtTm", &format!("{to}T23:59:59"));
        }),
        (from, to) => {
            losses.count("periods of which one end is stated", from.is_some() || to.is_some());
        }
    }
    xml.element("Acct", |xml| push_account(xml, named, losses));
    let missing = "statements without a balance, which CAMT.053 requires";
    losses.count(missing, statement.balances.is_empty());
    for balance in &statement.balances {
        xml.element("Bal", |xml| push_balance(xml, balance, losses));
    }
}

fn push_account(xml: &mut Xml, named: &Named, losses: &mut Losses) {
    let account = &named.statement.account;
    let number = account.number.as_deref();
    let own_number = number.is_some() && account.number != account.iban;
    losses.count("second numbers of accounts", account.iban.is_some() && own_number);
    let is_nameless = named.account.is_none();
    losses.count("accounts without a number, which CAMT.053 requires", is_nameless);
    push_number(xml, named.account.as_deref().unwrap_or("NOTPROVIDED"), losses);
    let kind = match account.kind {
        AccountKind::Checking => Some("CACC"),
        AccountKind::Savings => Some("SVGS"),
        AccountKind::Card => Some("CARD"),
        AccountKind::Loan => Some("LOAN"),
        AccountKind::Investment => Some("TRAS"),
        AccountKind::TermDeposit => Some("TRFD"),
        AccountKind::Other => Some("OTHR"),
        AccountKind::Unstated => None,
    };
    if let Some(kind) = kind {
        xml.element("Tp", |xml| xml.leaf("Cd", kind));
    }
    xml.leaf("Ccy", named.currency.as_str());
    if let Some(name) = &account.name {
        xml.leaf("Nm", losses.cut(name, OWN_NAME_CHARS_MAX));
    }
    let bank = account.bank.as_deref();
    let bank = bank.and_then(|bank| losses.whole(bank, IDENTIFIER_CHARS_MAX));
    let branch = account.branch.as_deref();
    let branch = branch.and_then(|branch| losses.whole(branch, IDENTIFIER_CHARS_MAX));
    if bank.is_some() || branch.is_some() {
        xml.element("Svcr", |xml| {
            push_bank(xml, bank);
            if let Some(branch) = branch {
                xml.element("BrnchId", |xml| xml.leaf("Id", branch));
            }
        });
    }
}

/// The number of an account: an IBAN where it has the form of one.
pub(super) fn push_number(xml: &mut Xml, number: &str, losses: &mut Losses) {
    let bytes = number.as_bytes();
    let is_iban = (5..=34).contains(&bytes.len())
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric);
    xml.element("Id", |xml| {
        if is_iban {
            xml.leaf("IBAN", number);
        } else {
            let number = losses.whole(number, ACCOUNT_CHARS_MAX).unwrap_or("NOTPROVIDED");
            xml.element("Othr", |xml| xml.leaf("Id", number));
        }
    });
}

/// A bank: a BIC where it has the form of one.
pub(super) fn push_bank(xml: &mut Xml, bank: Option<&str>) {
    let is_bic = |bank: &str| {
        let bytes = bank.as_bytes();
        matches!(bytes.len(), 8 | 11)
            && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && bytes.iter().skip(4).take(2).all(u8::is_ascii_uppercase)
    };
    match bank {
        None => xml.empty("FinInstnId"),
        Some(bank) => xml.element("FinInstnId", |xml| match is_bic(bank) {
            true => xml.leaf("BICFI", bank),
            false => xml.element("Othr", |xml| xml.leaf("Id", bank)),
        }),
    }
}

fn push_balance(xml: &mut Xml, balance: &Balance, losses: &mut Losses) {
    let (code, is_between) = match balance.kind {
        BalanceKind::Opening => ("OPBD", false),
        BalanceKind::Closing => ("CLBD", false),
        BalanceKind::Interim => ("ITBD", false),
        BalanceKind::PreviousClosing => ("PRCD", false),
        BalanceKind::Expected => ("XPCD", false),
        BalanceKind::OpeningAvailable => ("OPAV", false),
        BalanceKind::Available | BalanceKind::ClosingAvailable => ("CLAV", false),
        BalanceKind::InterimAvailable => ("ITAV", true),
        BalanceKind::ForwardAvailable => ("FWAV", false),
        BalanceKind::Information => ("INFO", false),
    };
    losses.count("available balances, as closing ones", balance.kind == BalanceKind::Available);
    xml.element("Tp", |xml| {
        xml.element("CdOrPrtry", |xml| xml.leaf("Cd", code));
        if is_between {
            xml.element("SubTp", |xml| xml.leaf("Cd", "INTM"));
        }
    });
    push_money(xml, ("Amt", balance.amount), balance.currency);
    push_side(xml, balance.amount);
    xml.element("Dt", |xml| xml.leaf("Dt", &balance.date.to_string()));
}

/// An amount without its sign.
pub(super) fn push_money(xml: &mut Xml, (name, amount): (&str, Decimal), currency: CommodityCode) {
    let element = format!("{name} Ccy=\"{currency}\"");
    xml.leaf(&element, &amount_text(amount.abs(), currency));
}

/// The sign of an amount.
pub(super) fn push_side(xml: &mut Xml, amount: Decimal) {
    xml.leaf("CdtDbtInd", if amount.is_negative() { "DBIT" } else { "CRDT" });
}
