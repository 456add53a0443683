//! What the entries of a statement come to, kept as they pass: the check of the balances needs no
//! entry twice.

use kernel::{CommodityCode, Date, Decimal};
use serde::Serialize;

use crate::model::{Balance, BalanceCheck, Entry, EntryStatus};

/// What the entries that were read completely come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many there are.
    pub entries: usize,
    /// The first and the last day of booking.
    #[serde(skip)]
    pub days: Option<(Date, Date)>,
    /// Whether any of them states the balance after it.
    pub has_running_balance: bool,
    #[serde(skip)]
    booked: Booked,
}

/// The sum of what is booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Booked {
    /// Nothing is.
    #[default]
    Nothing,
    Sum(CommodityCode, Decimal),
    /// It is in several currencies, or too large for a number.
    Unclear,
}

impl Tally {
    /// Takes an entry into account.
    pub fn take(&mut self, entry: &Entry) {
        let day = entry.booked;
        self.entries += 1;
        self.days =
            Some(self.days.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
        self.has_running_balance |= entry.balance_after.is_some();
        if entry.status != EntryStatus::Booked {
            return;
        }
        self.booked = match self.booked {
            Booked::Nothing => Booked::Sum(entry.currency, entry.amount),
            Booked::Sum(currency, sum) if currency == entry.currency => {
                let sum = sum.checked_add(entry.amount);
                sum.map_or(Booked::Unclear, |sum| Booked::Sum(currency, sum))
            }
            Booked::Sum(..) | Booked::Unclear => Booked::Unclear,
        };
    }

    /// Whether the booked entries lead from one balance to the other.
    pub(crate) fn check(&self, opening: &Balance, closing: &Balance) -> BalanceCheck {
        let sum = match self.booked {
            Booked::Nothing => Decimal::ZERO,
            Booked::Sum(currency, sum) if currency == opening.currency => sum,
            Booked::Sum(..) | Booked::Unclear => return BalanceCheck::Unknown,
        };
        let made = opening.amount.checked_add(sum);
        match made.and_then(|made| closing.amount.checked_sub(made)) {
            Ok(difference) if difference.is_zero() => BalanceCheck::Agrees,
            Ok(difference) => BalanceCheck::Differs { difference },
            Err(_) => BalanceCheck::Unknown,
        }
    }
}
