//! One record of an investment register: what moves its cash is an entry.
//!
//! What must stay true: the action gives the sign, its amount has none; an action whose cash comes
//! from or goes to another account moves nothing here, and an unknown one is refused.

use super::Context;
use super::records::Record;
use super::register::{self, Common};
use crate::fault::Place;
use crate::model::{Counterparty, Entry, EntryKind, EntryStatus};
use crate::value;

/// What an action does to the cash of the account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cash {
    In(EntryKind),
    Out(EntryKind),
    /// The amount carries its sign.
    Signed,
    Still,
}

/// What became of a record.
pub(super) enum Read {
    Entry(Box<Entry>),
    /// No cash of this account moves.
    Still,
    Refused,
}

/// Reads a record.
pub(super) fn entry(record: &Record, ordinal: usize, context: &mut Context) -> Read {
    let place = Place::entry(record.line, context.statement, ordinal);
    let faults_before = context.findings.fault_count();
    let common = register::common(record, place, context);
    let action = record.text('N').unwrap_or_default();
    let Some(cash) = cash(action) else {
        let line = record.item('N').map_or(record.line, |item| item.line);
        let expected = "an action of an investment account such as Buy, Sell or Div";
        context.findings.fault(place.at(line), "N", action, expected);
        return Read::Refused;
    };
    if cash == Cash::Still {
        return match context.findings.fault_count() > faults_before {
            true => Read::Refused,
            false => Read::Still,
        };
    }
    let read = moved(record, (cash, ordinal), (common, place), context);
    match read.filter(|_| context.findings.fault_count() == faults_before) {
        Some(entry) => Read::Entry(Box::new(entry)),
        None => Read::Refused,
    }
}

fn moved(
    record: &Record,
    (cash, ordinal): (Cash, usize),
    (common, place): (Common, Place),
    context: &mut Context,
) -> Option<Entry> {
    let item = record.item('T').or_else(|| record.item('U')).or_else(|| record.item('$'));
    let (line, text) = item.map_or((record.line, ""), |item| (item.line, item.text));
    let place = place.at(line);
    let amount = context.findings.check(place, "T", context.printing.amount(text))?;
    if cash != Cash::Signed && amount.is_negative() {
        let expected = "an amount without sign: the action gives it";
        context.findings.fault(place, "T", text, expected);
    }
    let (amount, kind) = match cash {
        Cash::In(kind) => (amount, kind),
        Cash::Out(kind) => (amount.negate(), kind),
        Cash::Signed | Cash::Still => (amount, EntryKind::Other),
    };
    let security = record.text('Y');
    let words: Vec<&str> = security.into_iter().chain(common.purpose.as_deref()).collect();
    Some(Entry {
        line: record.line,
        ordinal,
        booked: common.booked?,
        value: None,
        amount,
        currency: context.printing.currency,
        status: EntryStatus::Booked,
        reversal: false,
        counterparty: Counterparty {
            name: record.text('P').and_then(|name| value::free_text(name).0),
            account: None,
            bank: None,
        },
        purpose: value::free_text(&words.join(" ")).0,
        reference: None,
        bank_reference: None,
        end_to_end: None,
        type_code: record.text('N').and_then(|action| value::free_text(action).0),
        kind,
        original: None,
        charges: Vec::new(),
        balance_after: None,
        corrects: None,
        details: Vec::new(),
    })
}

/// What an action does. Those with an X at their end settle with another account.
fn cash(action: &str) -> Option<Cash> {
    use EntryKind::{Dividend, Fee, Interest, Other, Purchase, Sale, Transfer};
    let cash = match action.to_ascii_lowercase().as_str() {
        "buy" | "cvrshrt" => Cash::Out(Purchase),
        "sell" | "shtsell" => Cash::In(Sale),
        "div" | "cgshort" | "cgmid" | "cglong" => Cash::In(Dividend),
        "intinc" => Cash::In(Interest),
        "margint" => Cash::Out(Interest),
        "miscinc" | "rtrncap" => Cash::In(Other),
        "miscexp" => Cash::Out(Fee),
        "xin" | "contribx" => Cash::In(Transfer),
        "xout" | "withdrwx" => Cash::Out(Transfer),
        "cash" => Cash::Signed,
        "buyx" | "sellx" | "cvrshrtx" | "shtsellx" | "divx" | "cgshortx" | "cgmidx" | "cglongx"
        | "intincx" | "margintx" | "miscincx" | "miscexpx" | "rtrncapx" | "reinvdiv"
        | "reinvint" | "reinvlg" | "reinvmd" | "reinvsh" | "shrsin" | "shrsout" | "stksplit"
        | "reminder" | "grant" | "vest" | "exercise" | "expire" => Cash::Still,
        _ => return None,
    };
    Some(cash)
}
