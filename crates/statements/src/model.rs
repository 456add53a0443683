//! What a statement says, in the words that all formats share.
//!
//! What must stay true: an [`Entry`] that stands in [`Statement::entries`] was read completely, and
//! its amount is the one in the file, never a converted, rounded or repaired one.

use kernel::{CommodityCode, Date, Decimal};
use serde::{Serialize, Serializer};

use crate::tally::Tally;

/// One account's statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The line where it begins, from 1.
    pub line: u32,
    /// The bank's name for this statement.
    pub id: Option<String>,
    /// Whose movements these are.
    pub account: AccountRef,
    /// The currency of the account. `None` only where a fault says that it is missing, or where
    /// the statement has neither balance nor entry.
    pub currency: Option<CommodityCode>,
    /// The first day that the statement covers, where it says so.
    #[serde(serialize_with = "optional_text")]
    pub from: Option<Date>,
    /// The last day that the statement covers, where it says so.
    #[serde(serialize_with = "optional_text")]
    pub to: Option<Date>,
    /// The balances, in the order of the file.
    pub balances: Vec<Balance>,
    /// The entries that were read completely, in the order of the file. Where they were handed on
    /// ([`read_to`](crate::read_to)) none is kept here.
    pub entries: Vec<Entry>,
    /// What these entries come to, whether or not they are kept.
    pub tally: Tally,
    /// How many entries were refused, each with a fault of its own or of the statement.
    pub refused: usize,
    /// What the account holds besides money. Never money, and no part of any balance.
    pub holdings: Vec<Holding>,
}

/// How an account is named. Each part is `None` where the file does not state it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountRef {
    /// Its IBAN, without blanks.
    pub iban: Option<String>,
    /// Its number at the bank.
    pub number: Option<String>,
    /// The bank: a BIC, a routing number, a broker's name.
    pub bank: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// Its name, or its owner's.
    pub name: Option<String>,
    /// What kind of account it is.
    pub kind: AccountKind,
}

/// What kind of account a statement is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// For daily payments.
    Checking,
    /// Savings and money-market accounts.
    Savings,
    /// A credit or charge card.
    Card,
    /// A loan or a line of credit.
    Loan,
    /// The cash of an investment account.
    Investment,
    /// A deposit for a fixed term.
    TermDeposit,
    /// A kind that has no word here.
    Other,
    /// The file does not say.
    #[default]
    Unstated,
}

/// A balance that the bank states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The line, from 1.
    pub line: u32,
    /// What it is.
    pub kind: BalanceKind,
    /// What the file calls it.
    pub code: String,
    /// The amount; negative where the account is overdrawn or the card owes.
    pub amount: Decimal,
    /// Its currency.
    pub currency: CommodityCode,
    /// The day it holds for.
    #[serde(serialize_with = "text")]
    pub date: Date,
}

/// The kinds of balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceKind {
    /// Booked, before the first entry.
    Opening,
    /// Booked, after the last entry.
    Closing,
    /// Booked, somewhere between.
    Interim,
    /// The closing balance of the statement before.
    PreviousClosing,
    /// Booked once pending entries are.
    Expected,
    /// Available, without a point in time.
    Available,
    /// Available, before the first entry.
    OpeningAvailable,
    /// Available, after the last entry.
    ClosingAvailable,
    /// Available, somewhere between.
    InterimAvailable,
    /// Available at a future date.
    ForwardAvailable,
    /// For information, or of a kind that has no word here.
    Information,
}

/// One line of money on a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The line in the file, from 1.
    pub line: u32,
    /// Which entry of the statement it is as written, from 0, refused ones counted.
    pub ordinal: usize,
    /// The day it was booked (pending: the day that the bank gives instead).
    #[serde(serialize_with = "text")]
    pub booked: Date,
    /// The day from which it bears interest, or the money is available.
    #[serde(serialize_with = "optional_text")]
    pub value: Option<Date>,
    /// The amount: positive into the account, negative out of it.
    pub amount: Decimal,
    /// Its currency, which is the account's.
    pub currency: CommodityCode,
    /// Whether it has been booked.
    pub status: EntryStatus,
    /// Whether it takes back an earlier entry. The sign is already the one of this entry.
    pub reversal: bool,
    /// The other side.
    pub counterparty: Counterparty,
    /// What it was for, in the words of payer or bank.
    pub purpose: Option<String>,
    /// The reference that payer and payee agreed on (creditor reference, cheque number).
    pub reference: Option<String>,
    /// The bank's own reference.
    pub bank_reference: Option<String>,
    /// The payer's identification of the payment from end to end.
    pub end_to_end: Option<String>,
    /// The bank's code for what it was, as written.
    pub type_code: Option<String>,
    /// The same in the vocabulary of this crate.
    pub kind: EntryKind,
    /// The amount before it was exchanged.
    pub original: Option<OriginalAmount>,
    /// Charges that the bank names. Where they are not part of the amount the bank books them as
    /// entries of their own.
    pub charges: Vec<Charge>,
    /// The account's balance after this entry, where the file runs one.
    pub balance_after: Option<Decimal>,
    /// The bank's reference of an earlier entry that this one says it corrects.
    pub corrects: Option<String>,
    /// The transactions of a batch. The entry's own amount is the money.
    pub details: Vec<Detail>,
}

/// Whether money has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// It has.
    Booked,
    /// It will, or will not.
    Pending,
    /// It has not and will not: declined, or told for information only.
    Information,
}

/// The small vocabulary of what entries are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A payment from account to account.
    Transfer,
    /// A payment that repeats by the payer's order.
    StandingOrder,
    /// A payment that the payee drew.
    DirectDebit,
    /// A payment by card.
    Card,
    /// Notes and coins in or out.
    Cash,
    /// A cheque.
    Cheque,
    /// What the bank charges.
    Fee,
    /// Interest paid or earned.
    Interest,
    /// A distribution of a security.
    Dividend,
    /// A tax.
    Tax,
    /// A payment that came back.
    Return,
    /// A security bought.
    Purchase,
    /// A security sold.
    Sale,
    /// Anything else.
    #[default]
    Other,
}

/// The other side of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counterparty {
    /// Its name.
    pub name: Option<String>,
    /// Its account: an IBAN or a number.
    pub account: Option<String>,
    /// Its bank: a BIC or a number.
    pub bank: Option<String>,
}

/// An amount in another currency than the account's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OriginalAmount {
    /// The amount without sign, where it is stated.
    pub amount: Option<Decimal>,
    /// Its currency.
    pub currency: CommodityCode,
    /// The rate of exchange as the bank states it.
    pub rate: Option<Decimal>,
}

/// A charge that the bank names with an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Charge {
    /// The amount, negative where the account pays it.
    pub amount: Decimal,
    /// Its currency.
    pub currency: CommodityCode,
    /// Whether the entry's amount contains it, where the bank says so.
    pub included: Option<bool>,
    /// What the bank calls it.
    pub name: Option<String>,
}

/// One transaction of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// The line in the file, from 1.
    pub line: u32,
    /// Its amount with the sign of an entry, where it is stated.
    pub amount: Option<Decimal>,
    /// The currency of the amount.
    pub currency: Option<CommodityCode>,
    /// The other side.
    pub counterparty: Counterparty,
    /// What it was for.
    pub purpose: Option<String>,
    /// The reference that payer and payee agreed on.
    pub reference: Option<String>,
    /// The bank's reference.
    pub bank_reference: Option<String>,
    /// The payer's identification from end to end.
    pub end_to_end: Option<String>,
    /// Why it came back, where it did.
    pub return_reason: Option<String>,
    /// The amount before it was exchanged.
    pub original: Option<OriginalAmount>,
    /// Charges that the bank names with it.
    pub charges: Vec<Charge>,
}

/// Something an account holds besides money, as the file values it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// The line in the file, from 1.
    pub line: u32,
    /// The security's number.
    pub security: String,
    /// Whose number that is (CUSIP, ISIN).
    pub scheme: Option<String>,
    /// Its name, where the file lists it.
    pub name: Option<String>,
    /// How many.
    pub units: Decimal,
    /// The price of one.
    pub unit_price: Option<Decimal>,
    /// What they are worth together.
    pub market_value: Option<Decimal>,
    /// The day of the price.
    #[serde(serialize_with = "optional_text")]
    pub priced: Option<Date>,
}

/// Whether opening balance and entries make the closing balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum BalanceCheck {
    /// They do, exactly.
    Agrees,
    /// They do not.
    Differs {
        /// Closing balance less opening balance less booked entries.
        difference: Decimal,
    },
    /// It cannot be said: a balance is missing, or an entry was refused.
    Unknown,
}

impl Statement {
    /// A statement that begins on a line, and of which nothing else is known.
    pub(crate) fn begun(line: u32) -> Self {
        Self {
            line,
            id: None,
            account: AccountRef::default(),
            currency: None,
            from: None,
            to: None,
            balances: Vec::new(),
            entries: Vec::new(),
            tally: Tally::default(),
            refused: 0,
            holdings: Vec::new(),
        }
    }

    /// The balance before the first entry: the earliest opening balance, else the earliest closing
    /// balance of the statement before.
    #[must_use]
    pub fn opening(&self) -> Option<&Balance> {
        let earliest = |kind| {
            let stated = self.balances_of(kind);
            stated.reduce(|best, next| if next.date < best.date { next } else { best })
        };
        earliest(BalanceKind::Opening).or_else(|| earliest(BalanceKind::PreviousClosing))
    }

    /// The balance after the last entry: the latest closing balance.
    #[must_use]
    pub fn closing(&self) -> Option<&Balance> {
        let stated = self.balances_of(BalanceKind::Closing);
        stated.reduce(|best, next| if next.date >= best.date { next } else { best })
    }

    /// Whether the opening balance and the booked entries make the closing balance.
    #[must_use]
    pub fn balance_check(&self) -> BalanceCheck {
        let (Some(opening), Some(closing)) = (self.opening(), self.closing()) else {
            return BalanceCheck::Unknown;
        };
        if self.refused > 0 || opening.currency != closing.currency {
            return BalanceCheck::Unknown;
        }
        self.tally.check(opening, closing)
    }

    fn balances_of(&self, kind: BalanceKind) -> impl Iterator<Item = &Balance> {
        let balances = self.balances.iter();
        balances.filter(move |balance| balance.kind == kind)
    }
}

impl Entry {
    /// Whether the amounts of the details make the amount of the entry. `Unknown` where there are
    /// none, or one of them is not stated or in another currency.
    #[must_use]
    pub fn details_check(&self) -> BalanceCheck {
        let mut sum = Decimal::ZERO;
        for detail in &self.details {
            let Some(amount) = detail.amount else {
                return BalanceCheck::Unknown;
            };
            match sum.checked_add(amount) {
                Ok(next) if detail.currency == Some(self.currency) => sum = next,
                _ => return BalanceCheck::Unknown,
            }
        }
        match self.amount.checked_sub(sum) {
            _ if self.details.is_empty() => BalanceCheck::Unknown,
            Ok(difference) if difference.is_zero() => BalanceCheck::Agrees,
            Ok(difference) => BalanceCheck::Differs { difference },
            Err(_) => BalanceCheck::Unknown,
        }
    }
}

/// Dates are serialised as their text.
fn text<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

/// As [`text`], with null.
fn optional_text<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(date),
        None => serializer.serialize_none(),
    }
}
