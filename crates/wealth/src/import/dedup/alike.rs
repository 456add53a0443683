//! Lines that are told in the same words, as far as their formats go. Pure.
//!
//! What must stay true: a line that is like one alone is settled before one that is like many, so
//! that none takes what only another can have.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Amount;

use super::days::{Likeness, is_dated};
use super::{Earlier, Incoming, Judge, LineRef, Verdict, Words};
use crate::import::model::Why;

/// How near the days are; the nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// The days of booking and, where both are told, of value.
    SameDays,
    SameDay,
    /// The day of value connects them.
    Dated,
}

/// What a line is like, the nearest first.
struct Likely<'a> {
    line: &'a Incoming,
    /// How many lines.
    lines: usize,
    told: Vec<(Nearness, &'a Earlier)>,
}

impl<'a> Judge<'a> {
    /// The third question, as far as words answer it: first those that are the same but for their
    /// spelling, then those of which one is the other, cut.
    pub(super) fn alike(&mut self, is_other: &impl Fn(&Incoming, &Earlier) -> bool) {
        for alike in [Words::is_same, Words::is_like] {
            let mut there: BTreeMap<Amount, Vec<&Earlier>> = BTreeMap::new();
            for line in self.booked() {
                there.entry(line.traits.amount).or_default().push(line);
            }
            let mut found: Vec<Likely> = Vec::new();
            for line in self.open() {
                let Some(there) = there.get(&line.traits.amount) else { continue };
                let told = there.iter().filter_map(|there| {
                    let nearness = nearness(line, there)?;
                    let is_told = alike(&line.words, &there.words) && !is_other(line, there);
                    is_told.then_some((nearness, *there))
                });
                let mut told: Vec<(Nearness, &Earlier)> = told.collect();
                told.sort_by_key(|(nearness, there)| (*nearness, there.told));
                let lines: BTreeSet<LineRef> = told.iter().map(|(_, there)| there.line).collect();
                found.push(Likely { line, lines: lines.len(), told });
            }
            found.sort_by_key(|likely| (likely.lines, likely.line.number));
            for Likely { line, told, .. } in found {
                let mut free = told.into_iter().filter(|(_, there)| self.is_free(there));
                if let Some((nearness, there)) = free.next() {
                    self.settle(line, self.verdict(line, nearness, there));
                }
            }
        }
    }

    fn verdict(&self, line: &Incoming, nearness: Nearness, there: &Earlier) -> Verdict {
        match nearness {
            Nearness::SameDays | Nearness::SameDay => Verdict::Known(Why::SameWords, there.found()),
            Nearness::Dated if self.likeness(line, there) == Some(Likeness::Proven) => {
                Verdict::Known(Why::OtherDay, there.found())
            }
            Nearness::Dated => Verdict::Review(Why::MayBeOtherDay, there.found()),
        }
    }
}

fn nearness(line: &Incoming, there: &Earlier) -> Option<Nearness> {
    let (one, other) = (&line.traits, &there.traits);
    let values = one.value.zip(other.value);
    match one.day == other.day {
        true if values.is_none_or(|(one, other)| one == other) => Some(Nearness::SameDays),
        true => Some(Nearness::SameDay),
        false => is_dated(one, other).then_some(Nearness::Dated),
    }
}
