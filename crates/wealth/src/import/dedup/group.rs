//! The third question: lines of one day and amount that are told otherwise. Pure.

use std::collections::BTreeSet;

use kernel::Date;

use super::{Earlier, Incoming, Judge, LineRef, Verdict};
use crate::import::model::Why;

/// Lines of one day and amount that are still open on either side.
#[derive(Default)]
pub(super) struct Group<'a> {
    pub incoming: Vec<&'a Incoming>,
    /// The tellings of what is booked.
    pub booked: Vec<&'a Earlier>,
    pub has_left_out: bool,
}

impl<'a> Group<'a> {
    /// Equal texts of which one side has no reference: counted as lines without references are.
    pub(super) fn settle_equal_texts(
        &self,
        judge: &mut Judge<'a>,
        is_other: &impl Fn(&Incoming, &Earlier) -> bool,
    ) {
        let mut incoming = self.incoming.clone();
        incoming.sort_by_key(|line| (line.traits.is_moved(), line.number));
        for line in incoming {
            let equal = |there: &&&Earlier| {
                there.traits.text == line.traits.text
                    && (there.traits.id.is_none() || line.traits.id.is_none())
                    && judge.is_free(there)
                    && !is_other(line, there)
            };
            if let Some(found) = self.booked.iter().find(equal) {
                judge.settle(line, Verdict::Known(Why::Same, found.found()));
            }
        }
    }

    /// Lines that are told otherwise: counted where a complete day proves it, else for review.
    pub(super) fn settle_rest(
        &mut self,
        judge: &mut Judge<'a>,
        day: Date,
        is_other: &impl Fn(&Incoming, &Earlier) -> bool,
    ) {
        self.booked.retain(|there| judge.is_free(there));
        self.incoming.retain(|line| judge.is_open(line));
        let candidate = |line: &Incoming| {
            self.booked.iter().find(|there| !is_other(line, there)).map(|there| there.found())
        };
        let unsure: Vec<&Incoming> =
            self.incoming.iter().copied().filter(|line| candidate(line).is_some()).collect();
        let lines: BTreeSet<LineRef> = self.booked.iter().map(|there| there.line).collect();
        let counts = (unsure.len(), lines.len());
        let proven = !self.has_left_out
            && counts.0 <= counts.1
            && (judge.is_complete_earlier(day)
                || (counts.0 == counts.1 && judge.is_complete_here(&unsure, day)));
        let mut taken: BTreeSet<LineRef> = BTreeSet::new();
        for line in unsure {
            let free = |there: &&&Earlier| !taken.contains(&there.line) && !is_other(line, there);
            let one = self.booked.iter().find(free);
            let found = one.map(|there| there.found()).or_else(|| candidate(line));
            let Some(found) = found else { continue };
            taken.insert(found.line);
            // Lines that are counted by different days prove nothing.
            let counts = one.is_some_and(|there| line.traits.counts_with(&there.traits));
            let verdict = if proven && counts {
                Verdict::Known(Why::Counted, found)
            } else {
                Verdict::Review(Why::MayBeSame, found)
            };
            judge.settle(line, verdict);
        }
    }
}
