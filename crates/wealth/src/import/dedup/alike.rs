//! Lines that are told in the same words, as far as their formats go. Pure.
//!
//! What must stay true: a line that is like one alone is settled before one that is like many, so
//! that none takes what only another can have.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, Date};

use super::days::{Likeness, is_dated};
use super::{Earlier, Incoming, Judge, LineRef, Place, Verdict, Words};
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

impl<'a> Judge<'a> {
    /// The third question, as far as words answer it: first those that are the same but for their
    /// spelling, then those of which one is the other, cut.
    pub(super) fn alike(&mut self, is_other: &impl Fn(&Incoming, &Earlier) -> bool) {
        for alike in [Words::is_same, Words::is_like] {
            let mut there: BTreeMap<Amount, Vec<&Earlier>> = BTreeMap::new();
            for line in self.booked() {
                there.entry(line.traits.amount).or_default().push(line);
            }
            let told = |line: &Incoming, there: &Earlier| {
                let nearness = nearness(line, there)?;
                let is_told = alike(&line.words, &there.words) && !is_other(line, there);
                is_told.then_some(nearness)
            };
            // Lines that are the same in all that is compared are looked for once.
            let mut counts: BTreeMap<Signature, usize> = BTreeMap::new();
            let mut likely: Vec<(usize, &Incoming, &[&Earlier])> = Vec::new();
            for line in self.open() {
                let Some(there) = there.get(&line.traits.amount) else { continue };
                let count = *counts.entry(signature(line)).or_insert_with(|| {
                    let found = there.iter().filter(|there| told(line, there).is_some());
                    found.map(|there| there.line).collect::<BTreeSet<LineRef>>().len()
                });
                likely.push((count, line, there));
            }
            likely.sort_by_key(|(count, line, _)| (*count, line.number));
            let mut passed: BTreeMap<(Signature, Nearness), usize> = BTreeMap::new();
            for (_, line, there) in likely.into_iter().filter(|(count, ..)| *count > 0) {
                for wanted in [Nearness::SameDays, Nearness::SameDay, Nearness::Dated] {
                    // What was passed over is taken, or is not it.
                    let from = passed.entry((signature(line), wanted)).or_default();
                    let mut rest = (*from..there.len()).filter(|at| {
                        self.is_free(there[*at]) && told(line, there[*at]) == Some(wanted)
                    });
                    let found = rest.next();
                    *from = found.unwrap_or(there.len());
                    if let Some(found) = found {
                        self.settle(line, self.verdict(line, wanted, there[found]));
                        break;
                    }
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

/// All of a line that is compared.
type Signature = (Place, Option<Date>);

const fn signature(line: &Incoming) -> Signature {
    (line.traits.place(), line.traits.value)
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
