//! One entry of CAMT.053: `Ntry`, with its transactions.
//!
//! What must stay true: what an entry says of its counterparty stands in its only transaction,
//! where readers look for it; an entry with several transactions keeps them, unless it has a
//! counterparty or a reference of its own, which CAMT has no other place for.

use kernel::Decimal;

use super::camt::{
    IDENTIFIER_CHARS_MAX, NAME_CHARS_MAX, push_bank, push_money, push_number, push_side,
};
use super::losses::{Losses, Part};
use super::xml::Xml;
use crate::model::{Charge, Counterparty, Detail, Entry, EntryKind, EntryStatus, OriginalAmount};

/// What an entry has no place for.
const LACKS: &[Part] = &[Part::BalanceAfter, Part::Corrects];

const LINE_CHARS_MAX: usize = 140;
const INFORMATION_CHARS_MAX: usize = 500;
const CHARGE_CODE_CHARS: usize = 4;
/// The decimals and digits of a rate.
const RATE_SCALE_MAX: u8 = 10;
const RATE_DIGITS_MAX: u32 = 11;

/// A transaction as it is written: a detail, or the entry where it has none.
struct Transaction<'e> {
    amount: Option<(Decimal, kernel::CommodityCode)>,
    party: &'e Counterparty,
    purpose: Option<&'e str>,
    reference: Option<&'e str>,
    bank_reference: Option<&'e str>,
    end_to_end: Option<&'e str>,
    return_reason: Option<&'e str>,
    original: Option<&'e OriginalAmount>,
    charges: &'e [Charge],
    /// Whether the account was paid: then the other side is the debtor.
    is_from_debtor: bool,
}

/// Writes what stands inside `Ntry`.
pub(super) fn push_entry(xml: &mut Xml, entry: &Entry, losses: &mut Losses) {
    losses.of_entry(entry, LACKS);
    push_money(xml, ("Amt", entry.amount), entry.currency);
    push_side(xml, entry.amount);
    if entry.reversal {
        xml.leaf("RvslInd", "true");
    }
    let status = match entry.status {
        EntryStatus::Booked => "BOOK",
        EntryStatus::Pending => "PDNG",
        EntryStatus::Information => "INFO",
    };
    xml.element("Sts", |xml| xml.leaf("Cd", status));
    xml.element("BookgDt", |xml| xml.leaf("Dt", &entry.booked.to_string()));
    if let Some(value) = entry.value {
        xml.element("ValDt", |xml| xml.leaf("Dt", &value.to_string()));
    }
    if let Some(reference) = &entry.bank_reference {
        xml.optional("AcctSvcrRef", losses.whole(reference, IDENTIFIER_CHARS_MAX));
    }
    push_type(xml, entry, losses);
    let is_trade = matches!(entry.kind, EntryKind::Purchase | EntryKind::Sale);
    losses.count("kinds of entries", is_trade);
    let transactions = transactions(entry, losses);
    let in_detail = |original| transactions.iter().any(|one| one.original == Some(original));
    if let Some(original) = entry.original.as_ref().filter(|original| !in_detail(*original)) {
        push_original(xml, original, entry.amount_of_account(), losses);
    }
    push_charges(xml, &entry.charges, losses);
    if !transactions.is_empty() {
        xml.element("NtryDtls", |xml| {
            for transaction in &transactions {
                xml.element("TxDtls", |xml| {
                    push_transaction(xml, transaction, entry.amount_of_account(), losses);
                });
            }
        });
    }
    let in_detail = match transactions.as_slice() {
        [lone] => lone.purpose == entry.purpose.as_deref(),
        _ => false,
    };
    if let Some(purpose) = entry.purpose.as_deref().filter(|_| !in_detail) {
        xml.leaf("AddtlNtryInf", losses.cut(purpose, INFORMATION_CHARS_MAX));
    }
}

impl Entry {
    fn amount_of_account(&self) -> (Decimal, kernel::CommodityCode) {
        (self.amount, self.currency)
    }
}

/// The transactions of an entry.
fn transactions<'e>(entry: &'e Entry, losses: &mut Losses) -> Vec<Transaction<'e>> {
    let party = &entry.counterparty;
    let says_who = *party != Counterparty::default();
    let own = says_who || entry.reference.is_some() || entry.end_to_end.is_some();
    let is_from_debtor = entry.amount.is_negative() == entry.reversal;
    match entry.details.as_slice() {
        [] => {}
        [lone] => return vec![of_lone(entry, lone, is_from_debtor)],
        several if !own => {
            let of_detail = |detail| of_detail(entry, detail);
            return several.iter().map(of_detail).collect();
        }
        [..] => losses.count("transactions of batches", true),
    }
    if !own && !is_long(entry) {
        return Vec::new();
    }
    vec![Transaction {
        amount: None,
        party,
        purpose: entry.purpose.as_deref(),
        reference: entry.reference.as_deref(),
        bank_reference: None,
        end_to_end: entry.end_to_end.as_deref(),
        return_reason: None,
        original: entry.original.as_ref(),
        charges: &[],
        is_from_debtor,
    }]
}

/// Whether the purpose has no room in the entry itself.
fn is_long(entry: &Entry) -> bool {
    let purpose = entry.purpose.as_deref();
    purpose.is_some_and(|purpose| purpose.chars().nth(INFORMATION_CHARS_MAX).is_some())
}

fn of_lone<'e>(entry: &'e Entry, lone: &'e Detail, is_from_debtor: bool) -> Transaction<'e> {
    Transaction {
        party: &entry.counterparty,
        reference: entry.reference.as_deref().or(lone.reference.as_deref()),
        end_to_end: entry.end_to_end.as_deref().or(lone.end_to_end.as_deref()),
        is_from_debtor,
        ..of_detail(entry, lone)
    }
}

fn of_detail<'e>(entry: &Entry, detail: &'e Detail) -> Transaction<'e> {
    let amount = detail.amount.zip(detail.currency);
    let is_credit = amount.map_or(!entry.amount.is_negative(), |(one, _)| !one.is_negative());
    Transaction {
        amount,
        party: &detail.counterparty,
        purpose: detail.purpose.as_deref(),
        reference: detail.reference.as_deref(),
        bank_reference: detail.bank_reference.as_deref(),
        end_to_end: detail.end_to_end.as_deref(),
        return_reason: detail.return_reason.as_deref(),
        original: detail.original.as_ref(),
        charges: &detail.charges,
        is_from_debtor: is_credit != entry.reversal,
    }
}

/// The code of ISO 20022 for an entry, and beside it the bank's own.
fn push_type(xml: &mut Xml, entry: &Entry, losses: &mut Losses) {
    let code = entry.type_code.as_deref();
    let is_standard = |code: &&str| {
        let is_part = |part: &str| {
            part.len() == 4
                && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        code.split('-').count() == 3 && code.split('-').all(is_part)
    };
    let own = code.filter(|code| !is_standard(code));
    let own = own.and_then(|own| losses.whole(own, IDENTIFIER_CHARS_MAX));
    let standard = code.filter(is_standard).or_else(|| standard_code(entry));
    if standard.is_none() && own.is_none() {
        xml.empty("BkTxCd");
        return;
    }
    xml.element("BkTxCd", |xml| {
        if let Some([domain, family, sub_family]) = standard.and_then(three_parts) {
            xml.element("Domn", |xml| {
                xml.leaf("Cd", domain);
                xml.element("Fmly", |xml| {
                    xml.leaf("Cd", family);
                    xml.leaf("SubFmlyCd", sub_family);
                });
            });
        }
        if let Some(own) = own {
            xml.element("Prtry", |xml| xml.leaf("Cd", own));
        }
    });
}

fn three_parts(code: &str) -> Option<[&str; 3]> {
    let mut parts = code.split('-');
    Some([parts.next()?, parts.next()?, parts.next()?])
}

/// The code for a kind of entry where the bank gave none of ISO 20022.
fn standard_code(entry: &Entry) -> Option<&'static str> {
    let by_side = |debit, credit| Some(if entry.amount.is_negative() { debit } else { credit });
    match entry.kind {
        EntryKind::Transfer => by_side("PMNT-ICDT-OTHR", "PMNT-RCDT-OTHR"),
        EntryKind::StandingOrder => by_side("PMNT-ICDT-STDO", "PMNT-RCDT-STDO"),
        EntryKind::DirectDebit => by_side("PMNT-RDDT-OTHR", "PMNT-IDDT-OTHR"),
        EntryKind::Card => by_side("PMNT-CCRD-OTHR", "PMNT-MCRD-OTHR"),
        EntryKind::Cash => by_side("PMNT-CNTR-CWDL", "PMNT-CNTR-CDPT"),
        EntryKind::Cheque => by_side("PMNT-ICHQ-OTHR", "PMNT-RCHQ-OTHR"),
        EntryKind::Fee => by_side("ACMT-MDOP-CHRG", "ACMT-MCOP-CHRG"),
        EntryKind::Interest => by_side("ACMT-MDOP-INTR", "ACMT-MCOP-INTR"),
        EntryKind::Tax => by_side("ACMT-MDOP-TAXE", "ACMT-MCOP-TAXE"),
        EntryKind::Dividend => Some("SECU-CUST-DVCA"),
        EntryKind::Return => by_side("PMNT-RCDT-RRTN", "PMNT-ICDT-RRTN"),
        EntryKind::Purchase | EntryKind::Sale => Some("SECU-SETT-TRAD"),
        EntryKind::Other => None,
    }
}

fn push_transaction(
    xml: &mut Xml,
    one: &Transaction,
    of_account: (Decimal, kernel::CommodityCode),
    losses: &mut Losses,
) {
    let mut kept = |text: Option<&'_ str>| {
        text.filter(|text| losses.whole(text, IDENTIFIER_CHARS_MAX).is_some()).map(str::to_owned)
    };
    let (bank_reference, end_to_end) = (kept(one.bank_reference), kept(one.end_to_end));
    let reference = kept(one.reference);
    if bank_reference.is_some() || end_to_end.is_some() {
        xml.element("Refs", |xml| {
            xml.optional("AcctSvcrRef", bank_reference.as_deref());
            xml.optional("EndToEndId", end_to_end.as_deref());
        });
    }
    if let Some((amount, currency)) = one.amount {
        push_money(xml, ("Amt", amount), currency);
        push_side(xml, amount);
    }
    if let Some(original) = one.original {
        push_original(xml, original, of_account, losses);
    }
    push_charges(xml, one.charges, losses);
    push_party(xml, one, losses);
    if one.purpose.is_some() || reference.is_some() {
        xml.element("RmtInf", |xml| {
            let purpose = one.purpose.unwrap_or_default();
            let lines = lines(purpose);
            losses.count("words that were parted", lines.join(" ") != purpose);
            lines.iter().for_each(|line| xml.leaf("Ustrd", line));
            if let Some(reference) = &reference {
                xml.element("Strd", |xml| {
                    xml.element("CdtrRefInf", |xml| xml.leaf("Ref", reference));
                });
            }
        });
    }
    if let Some(reason) = one.return_reason {
        let is_code = reason.len() <= 4 && reason.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let reason = losses.cut(reason, IDENTIFIER_CHARS_MAX);
        xml.element("RtrInf", |xml| {
            xml.element("Rsn", |xml| xml.leaf(if is_code { "Cd" } else { "Prtry" }, reason));
        });
    }
}

fn push_party(xml: &mut Xml, one: &Transaction, losses: &mut Losses) {
    let (party, account, agent) = match one.is_from_debtor {
        true => ("Dbtr", "DbtrAcct", "DbtrAgt"),
        false => ("Cdtr", "CdtrAcct", "CdtrAgt"),
    };
    let Counterparty { name, account: number, bank } = one.party;
    if name.is_some() || number.is_some() {
        xml.element("RltdPties", |xml| {
            if let Some(name) = name {
                let name = losses.cut(name, NAME_CHARS_MAX);
                xml.element(party, |xml| xml.element("Pty", |xml| xml.leaf("Nm", name)));
            }
            if let Some(number) = number {
                xml.element(account, |xml| push_number(xml, number, losses));
            }
        });
    }
    let bank = bank.as_deref().and_then(|bank| losses.whole(bank, IDENTIFIER_CHARS_MAX));
    if bank.is_some() {
        xml.element("RltdAgts", |xml| xml.element(agent, |xml| push_bank(xml, bank)));
    }
}

/// The amount before it was exchanged. CAMT states one with each rate: where only the rate is
/// known that is the account's amount.
fn push_original(
    xml: &mut Xml,
    original: &OriginalAmount,
    (amount, currency): (Decimal, kernel::CommodityCode),
    losses: &mut Losses,
) {
    let rate = original.rate.filter(|rate| {
        rate.scale() <= RATE_SCALE_MAX
            && rate.coefficient().unsigned_abs() < 10_u128.pow(RATE_DIGITS_MAX)
    });
    losses.count("rates with too many digits", rate != original.rate);
    let exchange = |xml: &mut Xml| {
        if let Some(rate) = rate {
            xml.element("CcyXchg", |xml| {
                xml.leaf("SrcCcy", original.currency.as_str());
                xml.leaf("XchgRate", &rate.to_string());
            });
        }
    };
    match original.amount {
        Some(amount) => xml.element("AmtDtls", |xml| {
            xml.element("InstdAmt", |xml| {
                push_money(xml, ("Amt", amount), original.currency);
                exchange(xml);
            });
        }),
        None if rate.is_some() => xml.element("AmtDtls", |xml| {
            xml.element("TxAmt", |xml| {
                push_money(xml, ("Amt", amount), currency);
                exchange(xml);
            });
        }),
        None => losses.count("original currencies without amount and rate", true),
    }
}

fn push_charges(xml: &mut Xml, charges: &[Charge], losses: &mut Losses) {
    if charges.is_empty() {
        return;
    }
    xml.element("Chrgs", |xml| {
        for charge in charges {
            xml.element("Rcrd", |xml| {
                push_money(xml, ("Amt", charge.amount), charge.currency);
                push_side(xml, charge.amount);
                if let Some(included) = charge.included {
                    xml.leaf("ChrgInclInd", if included { "true" } else { "false" });
                }
                if let Some(name) = &charge.name {
                    xml.element("Tp", |xml| match name.len() <= CHARGE_CODE_CHARS {
                        true => xml.leaf("Cd", name),
                        false => xml.element("Prtry", |xml| {
                            xml.leaf("Id", losses.cut(name, IDENTIFIER_CHARS_MAX));
                        }),
                    });
                }
            });
        }
    });
}

/// A text in lines of the length that CAMT has, which readers join with blanks again.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(LINE_CHARS_MAX) {
        let head = rest.get(..end).unwrap_or(rest);
        // A blank that stands right behind the longest line is a place to break at, too.
        let breaks_here = rest.get(end..).is_some_and(|behind| behind.starts_with(' '));
        let end = if breaks_here { end } else { head.rfind(' ').unwrap_or(end) };
        let (line, behind) = rest.split_at(end);
        lines.push(line);
        rest = behind.trim_start();
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}
