//! The fourth question: a line of the same amount on another day. Pure.
//!
//! What must stay true: a line is only known through one of another day where both files have both
//! days completely, so that each lacks what the other has; a payment that comes every day is never
//! taken for the one of the day before.

use std::collections::BTreeMap;

use kernel::time::days_since_epoch;
use kernel::{Amount, Date};

use super::{Earlier, Family, Incoming, Judge, Traits, Verdict};
use crate::import::model::Why;

/// How far the day of value may be from the day of booking.
pub(crate) const VALUE_DAYS_MAX: i32 = 10;
/// How far days may be apart that no day of value connects: a weekend with a holiday.
const NEAR_DAYS_MAX: i32 = 4;

/// How sure it is that two lines of different days are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    MayBe,
    Proven,
}

impl<'a> Judge<'a> {
    /// The fourth question.
    pub(super) fn other_day(&mut self) {
        let mut there: BTreeMap<Amount, Vec<&Earlier>> = BTreeMap::new();
        for line in self.booked() {
            there.entry(line.traits.amount).or_default().push(line);
        }
        for line in self.open() {
            let Some(there) = there.get(&line.traits.amount) else { continue };
            let free = there.iter().filter(|there| self.is_free(there));
            let likely = free.filter_map(|there| {
                let likeness = self.likeness(line, there)?;
                let apart = apart(line.traits.day, there.traits.day);
                Some((std::cmp::Reverse(likeness), apart, *there))
            });
            let best =
                likely.min_by_key(|(likeness, apart, there)| (*likeness, *apart, there.told));
            let Some((likeness, _, found)) = best else { continue };
            let verdict = match likeness.0 {
                Likeness::Proven => Verdict::Known(Why::OtherDay, found.found()),
                Likeness::MayBe => Verdict::Review(Why::MayBeOtherDay, found.found()),
            };
            self.settle(line, verdict);
        }
    }

    /// Nothing where they are two lines.
    pub(super) fn likeness(&self, line: &Incoming, there: &Earlier) -> Option<Likeness> {
        let (one, other) = (&line.traits, &there.traits);
        let is_dated = is_dated(one, other);
        let is_near = (1..=NEAR_DAYS_MAX).contains(&apart(one.day, other.day));
        if !(is_dated || (is_near && may_differ(one, other))) {
            return None;
        }
        let is_alike = line.words.is_like(&there.words);
        if !(is_dated || is_alike) {
            return None;
        }
        // Each file has the day of the other line, and not the line.
        let lacks_here = self.is_complete_here(&[line], other.day);
        let lacks_there = self.is_complete_earlier(one.day);
        match (lacks_here, lacks_there) {
            (true, true) => Some(Likeness::Proven),
            (true, false) | (false, true) => Some(Likeness::MayBe),
            (false, false) => (is_dated && is_alike).then_some(Likeness::MayBe),
        }
    }
}

/// Whether the only day that one tells is the day of value of the other.
pub(super) fn is_dated(one: &Traits, other: &Traits) -> bool {
    let is_value = match (one.value, other.value) {
        (Some(value), None) => value == other.day,
        (None, Some(value)) => value == one.day,
        (Some(_), Some(_)) | (None, None) => false,
    };
    is_value && may_differ(one, other) && (1..=VALUE_DAYS_MAX).contains(&apart(one.day, other.day))
}

/// Whether they may tell one line by different days: a format tells the same day each time, but a
/// table may have other columns.
fn may_differ(one: &Traits, other: &Traits) -> bool {
    one.family != other.family || one.family == Family::Csv
}

/// How many days are between two days.
fn apart(one: Date, other: Date) -> i32 {
    (days_since_epoch(one) - days_since_epoch(other)).abs()
}
