//! OFX 2.2, as ofxtools and the programs that import OFX take it.
//!
//! What must stay true: `TRNAMT` has the sign of the entry; each entry of an account has a `FITID`
//! of its own, which is the same whenever the entry is written; a `LEDGERBAL` is one that the bank
//! states.

use std::collections::BTreeMap;

use kernel::{Date, Timestamp};

use super::losses::{Losses, Part, shortened};
use super::xml::Xml;
use super::{Named, amount_text, last_balance, named, period};
use crate::model::{
    AccountKind, AccountRef, Balance, BalanceKind, Entry, EntryKind, EntryStatus, Statement,
};

const HEAD: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n",
    "<?OFX OFXHEADER=\"200\" VERSION=\"220\" SECURITY=\"NONE\" OLDFILEUID=\"NONE\" ",
    "NEWFILEUID=\"NONE\"?>\n",
);

/// What a transaction has no place for.
const LACKS: &[Part] = &[
    Part::Information,
    Part::Reversal,
    Part::EndToEnd,
    Part::TypeCode,
    Part::Charges,
    Part::BalanceAfter,
    Part::Details,
];

/// How long the fields of OFX may be, in characters.
const BANK_CHARS_MAX: usize = 9;
const BRANCH_CHARS_MAX: usize = 22;
const ID_CHARS_MAX: usize = 255;
const NAME_CHARS_MAX: usize = 32;
const LONG_NAME_CHARS_MAX: usize = 100;
const REFERENCE_CHARS_MAX: usize = 32;
const CHEQUE_CHARS_MAX: usize = 12;
const MEMO_CHARS_MAX: usize = 255;
/// OFX wants a bank and a number where the file names none.
const UNKNOWN: &str = "UNKNOWN";

/// The statements as a document: those of banks first, then those of cards.
pub(super) fn text(statements: &[Statement], now: Timestamp, losses: &mut Losses) -> String {
    let kept = named(statements, losses);
    let is_card = |kind: AccountKind| kind == AccountKind::Card;
    let (cards, banks): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(|named| is_card(named.statement.account.kind));
    let mut xml = Xml::new(HEAD);
    xml.element("OFX", |xml| {
        xml.element("SIGNONMSGSRSV1", |xml| {
            xml.element("SONRS", |xml| {
                status(xml);
                xml.leaf("DTSERVER", &noon(now.date()));
                xml.leaf("LANGUAGE", "ENG");
            });
        });
        for (set, response, statement, of_kind) in [
            ("BANKMSGSRSV1", "STMTTRNRS", "STMTRS", banks),
            ("CREDITCARDMSGSRSV1", "CCSTMTTRNRS", "CCSTMTRS", cards),
        ] {
            if of_kind.is_empty() {
                continue;
            }
            xml.element(set, |xml| {
                for (number, one) in (1..).zip(of_kind) {
                    xml.element(response, |xml| {
                        xml.leaf("TRNUID", &format!("{number}"));
                        status(xml);
                        xml.element(statement, |xml| push_statement(xml, &one, losses));
                    });
                }
            });
        }
    });
    xml.complete()
}

fn status(xml: &mut Xml) {
    xml.element("STATUS", |xml| {
        xml.leaf("CODE", "0");
        xml.leaf("SEVERITY", "INFO");
    });
}

fn push_statement(xml: &mut Xml, named: &Named, losses: &mut Losses) {
    let statement = named.statement;
    count_losses(statement, losses);
    xml.leaf("CURDEF", named.currency.as_str());
    let number = named.account.as_deref().unwrap_or(UNKNOWN);
    losses.count("accounts without a number, which OFX requires", named.account.is_none());
    push_account(xml, (&statement.account, number), losses);
    let mut ids = Ids::default();
    let of_status = |status| statement.entries.iter().filter(move |entry| entry.status == status);
    if let Some((from, to)) = period(statement) {
        xml.element("BANKTRANLIST", |xml| {
            xml.leaf("DTSTART", &noon(from));
            xml.leaf("DTEND", &noon(to));
            for entry in of_status(EntryStatus::Booked) {
                xml.element("STMTTRN", |xml| push_entry(xml, entry, &mut ids, losses));
            }
        });
        let mut pending = of_status(EntryStatus::Pending).peekable();
        if pending.peek().is_some() {
            xml.element("BANKTRANLISTP", |xml| {
                xml.leaf("DTASOF", &noon(to));
                for entry in pending {
                    xml.element("STMTTRNP", |xml| push_entry(xml, entry, &mut ids, losses));
                }
            });
        }
    }
    for entry in &statement.entries {
        losses.of_entry(entry, LACKS);
        let is_plain = matches!(type_word(entry), "DEBIT" | "CREDIT");
        losses.count("kinds of entries", is_plain && entry.kind != EntryKind::Other);
    }
    if let Some(balance) = last_balance(statement) {
        xml.element("LEDGERBAL", |xml| push_balance(xml, balance));
    }
    if let Some(balance) = available(statement) {
        xml.element("AVAILBAL", |xml| push_balance(xml, balance));
    }
}

fn count_losses(statement: &Statement, losses: &mut Losses) {
    let account = &statement.account;
    let written = [last_balance(statement), available(statement)];
    let mut balances = statement.balances.iter();
    let is_lost = balances.any(|balance| !written.contains(&Some(balance)));
    losses.count("balances but the last ledger and available one", is_lost);
    let missing = "statements without the last balance, which OFX requires";
    losses.count(missing, last_balance(statement).is_none());
    losses.count("names of accounts", account.name.is_some());
    let own_number = account.number.is_some() && account.number != account.iban;
    losses.count("second numbers of accounts", account.iban.is_some() && own_number);
    let is_other = matches!(account.kind, AccountKind::Investment | AccountKind::Other);
    losses.count("kinds of accounts that OFX has no word for", is_other);
    losses.count("numbers of statements", statement.id.is_some());
}

fn available(statement: &Statement) -> Option<&Balance> {
    let mut stated = statement.balances.iter().filter(|balance| {
        Some(balance.currency) == statement.currency
            && matches!(balance.kind, BalanceKind::Available | BalanceKind::ClosingAvailable)
    });
    stated.next()
}

fn push_account(xml: &mut Xml, (account, number): (&AccountRef, &str), losses: &mut Losses) {
    let kind = match account.kind {
        AccountKind::Card => {
            losses.count("banks of cards", account.bank.is_some() || account.branch.is_some());
            xml.element("CCACCTFROM", |xml| xml.leaf("ACCTID", number));
            return;
        }
        AccountKind::Savings => "SAVINGS",
        AccountKind::Loan => "CREDITLINE",
        AccountKind::TermDeposit => "CD",
        AccountKind::Checking
        | AccountKind::Investment
        | AccountKind::Other
        | AccountKind::Unstated => "CHECKING",
    };
    let bank = account.bank.as_deref().and_then(|bank| short_bank(bank, losses));
    let branch = account.branch.as_deref();
    let branch = branch.and_then(|branch| losses.whole(branch, BRANCH_CHARS_MAX));
    xml.element("BANKACCTFROM", |xml| {
        xml.leaf("BANKID", bank.unwrap_or(UNKNOWN));
        xml.optional("BRANCHID", branch);
        xml.leaf("ACCTID", number);
        xml.leaf("ACCTTYPE", kind);
    });
}

fn push_entry(xml: &mut Xml, entry: &Entry, ids: &mut Ids, losses: &mut Losses) {
    let is_booked = entry.status == EntryStatus::Booked;
    xml.leaf("TRNTYPE", type_word(entry));
    xml.leaf(if is_booked { "DTPOSTED" } else { "DTTRAN" }, &noon(entry.booked));
    if is_booked {
        xml.optional("DTAVAIL", entry.value.map(noon).as_deref());
    } else {
        losses.count("value dates", entry.value.is_some());
    }
    xml.leaf("TRNAMT", &amount_text(entry.amount, entry.currency));
    if is_booked {
        xml.leaf("FITID", &ids.of(entry, losses));
        if let Some(corrects) = &entry.corrects {
            xml.optional("CORRECTFITID", losses.whole(corrects, ID_CHARS_MAX));
        }
    } else {
        losses.count("references of the bank", entry.bank_reference.is_some());
    }
    push_reference(xml, entry, losses);
    let party = &entry.counterparty;
    if let Some(name) = &party.name {
        xml.leaf("NAME", shortened(name, NAME_CHARS_MAX));
        if name.chars().nth(NAME_CHARS_MAX).is_some() {
            xml.leaf("EXTDNAME", losses.cut(name, LONG_NAME_CHARS_MAX));
        }
    }
    if let (Some(account), bank) = (&party.account, party.bank.as_deref()) {
        match bank.and_then(|bank| short_bank(bank, losses)) {
            Some(bank) => xml.element("BANKACCTTO", |xml| {
                xml.leaf("BANKID", bank);
                xml.leaf("ACCTID", account);
                xml.leaf("ACCTTYPE", "CHECKING");
            }),
            None => losses.count("accounts of counterparties without a bank", true),
        }
    } else {
        losses.count("banks of counterparties", party.bank.is_some());
    }
    if let Some(purpose) = &entry.purpose {
        xml.leaf("MEMO", losses.cut(purpose, MEMO_CHARS_MAX));
    }
    if let Some(original) = &entry.original {
        losses.count("original amounts, but their rates", original.amount.is_some());
        losses.count("original currencies without a rate", original.rate.is_none());
        if let Some(rate) = original.rate {
            xml.element("ORIGCURRENCY", |xml| {
                xml.leaf("CURRATE", &rate.to_string());
                xml.leaf("CURSYM", original.currency.as_str());
            });
        }
    }
}

fn push_reference(xml: &mut Xml, entry: &Entry, losses: &mut Losses) {
    let Some(reference) = entry.reference.as_deref() else { return };
    let is_cheque = entry.kind == EntryKind::Cheque
        && reference.chars().count() <= CHEQUE_CHARS_MAX
        && reference.bytes().any(|byte| byte != b'0');
    if is_cheque {
        xml.leaf("CHECKNUM", reference);
    } else {
        xml.optional("REFNUM", losses.whole(reference, REFERENCE_CHARS_MAX));
    }
}

fn push_balance(xml: &mut Xml, balance: &Balance) {
    xml.leaf("BALAMT", &amount_text(balance.amount, balance.currency));
    xml.leaf("DTASOF", &noon(balance.date));
}

/// What OFX calls a kind of entry.
fn type_word(entry: &Entry) -> &'static str {
    match entry.kind {
        EntryKind::Transfer => "XFER",
        EntryKind::StandingOrder => "REPEATPMT",
        EntryKind::DirectDebit => "DIRECTDEBIT",
        EntryKind::Card => "POS",
        EntryKind::Cash => "CASH",
        EntryKind::Cheque => "CHECK",
        EntryKind::Fee => "FEE",
        EntryKind::Interest => "INT",
        EntryKind::Dividend => "DIV",
        EntryKind::Tax
        | EntryKind::Return
        | EntryKind::Purchase
        | EntryKind::Sale
        | EntryKind::Other => match entry.amount.is_negative() {
            true => "DEBIT",
            false => "CREDIT",
        },
    }
}

/// A day as OFX has it. At noon it is the same day for most of those who read it in a zone of
/// their own.
fn noon(date: Date) -> String {
    format!("{:04}{:02}{:02}120000", date.year(), date.month(), date.day())
}

/// The bank of at most nine characters: a BIC of eleven is known by its first eight, too.
fn short_bank<'t>(bank: &'t str, losses: &mut Losses) -> Option<&'t str> {
    let is_bic = bank.len() == 11 && bank.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_bic {
        losses.count("branches of banks' BICs", !bank.ends_with("XXX"));
        return bank.get(..8);
    }
    losses.whole(bank, BANK_CHARS_MAX)
}

/// The identifications of an account's entries.
#[derive(Default)]
struct Ids(BTreeMap<String, usize>);

impl Ids {
    /// The bank's reference; where there is none, or it is not the only one, what tells the entry
    /// from others of its day.
    fn of(&mut self, entry: &Entry, losses: &mut Losses) -> String {
        let own = entry.bank_reference.as_deref();
        let own = own.and_then(|own| losses.whole(own, ID_CHARS_MAX - 8));
        let id = own.map_or_else(
            || format!("{}:{}", entry.booked, amount_text(entry.amount, entry.currency)),
            str::to_owned,
        );
        let count = self.0.entry(id.clone()).or_default();
        *count += 1;
        let is_made = own.is_none();
        losses.count("references of the bank that are not unique", !is_made && *count > 1);
        if *count > 1 { format!("{id}:{count}") } else { id }
    }
}
