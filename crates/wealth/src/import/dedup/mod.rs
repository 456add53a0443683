//! Which lines of a file are booked already. Pure: lines in, verdicts out.
//!
//! Four questions, in this order, each about lines that the ones before left open:
//! 1. *Is the very same line there?* Day, amount, the bank's reference and the normalised texts are
//!    equal. Lines that are equal among themselves are counted: of three in the file and two that
//!    are booked, one is new.
//! 2. *Is the bank's reference there?* With day and amount it is the same line; with others a
//!    person decides, if both files are of the same family. A reference that stands twice in one
//!    file is none.
//! 3. *Is there another line of that day and amount?* It may be the same one, told otherwise. Where
//!    one text is the other as a format writes it (cut, in capitals, without umlauts) it is, and is
//!    counted (`alike`). Else that is not guessed: the line is known only where the number of lines
//!    proves it, on a day that one of the files has completely (`group`).
//! 4. *Is there one of that amount on another day?* Formats choose between the day of booking and
//!    the day of value. It is the same line where both files have both days completely, and each
//!    lacks what the other has; where less is proved, a person decides (`days`).
//!
//! A line that was found to be known is another *telling* of the one that is booked, as is one that
//! a person left out for being the same: whoever brings either again is answered by the first
//! question.
//!
//! What must stay true: a line is only `Known` through a line that is booked, or that a person left
//! out, and each of those makes one line of a statement known; the verdicts do not depend on the
//! order of files.

mod alike;
mod days;
mod group;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, Date};

use super::model::{ImportId, Why};
pub(crate) use days::VALUE_DAYS_MAX;
use group::Group;
pub(crate) use words::Words;

/// A keyed hash.
pub(crate) type Key = [u8; 16];

/// Which line of which import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineRef {
    pub import: ImportId,
    pub number: u32,
}

/// What tells a line from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Traits {
    pub day: Date,
    /// The day from which it bears interest.
    pub value: Option<Date>,
    pub amount: Amount,
    /// The bank's reference.
    pub id: Option<Key>,
    /// The normalised texts.
    pub text: Key,
    /// The format that the reference and the texts are written in.
    pub family: Family,
}

/// What the very same lines have in common: the bank's reference, day, amount and texts.
type Place = (Option<Key>, Date, Amount, Key);

/// Formats that name and tell the same line in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Ofx,
    Camt,
    Mt,
    Bai,
    Qif,
    Csv,
}

/// A line of the file.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub number: u32,
    pub statement: u32,
    pub traits: Traits,
    pub words: Words,
}

/// A line of an earlier import into the same account.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    /// Itself.
    pub told: LineRef,
    /// The line that is booked, or was left out by a person, of which it is a telling.
    pub line: LineRef,
    pub traits: Traits,
    pub words: Words,
    /// It was left undecided there: nobody knows whether it is one of the others.
    pub left_out: bool,
}

/// A line that was found, and the telling of it that was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub line: LineRef,
    pub told: LineRef,
}

/// The days that a statement has completely: those between two days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    pub from: Date,
    pub to: Date,
}

/// What is known of an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub incoming: Vec<Incoming>,
    /// What the file has completely, by statement.
    pub file_covers: BTreeMap<u32, Cover>,
    /// For each statement the run that it belongs to: each goes on where the one before ends.
    pub runs: BTreeMap<u32, u32>,
    pub earlier: Vec<Earlier>,
    /// What earlier imports have completely.
    pub earlier_covers: Vec<Cover>,
}

/// What is to be done with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    New,
    Known(Why, Found),
    Review(Why, Found),
}

impl Traits {
    const fn place(&self) -> Place {
        (self.id, self.day, self.amount, self.text)
    }

    /// Whether they stand on the same day for the same reason: a file that tells one day may tell
    /// either.
    fn counts_with(&self, other: &Self) -> bool {
        match (self.value, other.value) {
            (Some(one), Some(other)) => one == other,
            (None, _) | (_, None) => !self.is_moved() && !other.is_moved(),
        }
    }

    /// Whether the day of value is another one than the day of booking.
    fn is_moved(&self) -> bool {
        self.value.is_some_and(|value| value != self.day)
    }
}

impl Account {
    /// The lines whose words matter: those of the file that are not there as they are, and what is
    /// there of the same amounts.
    pub(crate) fn unlike(&self, import: ImportId) -> Vec<LineRef> {
        let mut there: BTreeMap<Place, usize> = BTreeMap::new();
        for line in &self.earlier {
            *there.entry(line.traits.place()).or_default() += 1;
        }
        let mut lines = Vec::new();
        let mut amounts = BTreeSet::new();
        for line in &self.incoming {
            match there.get_mut(&line.traits.place()) {
                Some(count) if *count > 0 => *count -= 1,
                _ => {
                    amounts.insert(line.traits.amount);
                    lines.push(LineRef { import, number: line.number });
                }
            }
        }
        let earlier = self.earlier.iter();
        let earlier: Vec<LineRef> = earlier
            .filter(|line| amounts.contains(&line.traits.amount))
            .map(|line| line.told)
            .collect();
        // Without anything to compare them with, the file's own words do not matter either.
        if earlier.is_empty() { earlier } else { [lines, earlier].concat() }
    }

    /// Gives lines their words.
    pub(crate) fn say(&mut self, import: ImportId, words: &mut BTreeMap<LineRef, Words>) {
        for line in &mut self.incoming {
            let line_ref = LineRef { import, number: line.number };
            line.words = words.remove(&line_ref).unwrap_or_default();
        }
        for line in &mut self.earlier {
            line.words = words.remove(&line.told).unwrap_or_default();
        }
    }
}

impl Earlier {
    const fn found(&self) -> Found {
        Found { line: self.line, told: self.told }
    }
}

impl Cover {
    fn has(self, day: Date) -> bool {
        self.from < day && day < self.to
    }
}

/// Decides over the lines of one account; a verdict for each incoming line, by its number.
pub(crate) fn judge(account: &Account, import: ImportId) -> BTreeMap<u32, Verdict> {
    let mut tellings: BTreeMap<LineRef, Vec<&Earlier>> = BTreeMap::new();
    for line in account.earlier.iter().filter(|line| !line.left_out) {
        tellings.entry(line.line).or_default().push(line);
    }
    let verdicts = BTreeMap::new();
    let mut judge = Judge { account, tellings: &tellings, verdicts, used: BTreeSet::new() };
    judge.same();
    judge.repeated(import);
    let references = References::of(account, &judge.verdicts);
    judge.same_reference(&references);
    let is_stable = judge.stable_families();
    judge.same_day_and_amount(&references, &is_stable);
    judge.other_day();
    for line in judge.open() {
        judge.verdicts.insert(line.number, Verdict::New);
    }
    judge.verdicts
}

/// References that stand once in their file: others name nothing.
struct References {
    incoming: BTreeSet<Key>,
    earlier: BTreeSet<(ImportId, Key)>,
}

struct Judge<'a> {
    account: &'a Account,
    /// The tellings of each line that is there.
    tellings: &'a BTreeMap<LineRef, Vec<&'a Earlier>>,
    verdicts: BTreeMap<u32, Verdict>,
    /// Earlier lines that have made a line of the file known, or stand beside one for review.
    used: BTreeSet<LineRef>,
}

impl References {
    /// Lines that are repeated in the file do not count twice.
    fn of(account: &Account, verdicts: &BTreeMap<u32, Verdict>) -> Self {
        let is_repeated = |line: &&Incoming| {
            let verdict = verdicts.get(&line.number);
            matches!(verdict, Some(Verdict::Known(Why::Repeated, _)))
        };
        let incoming = account.incoming.iter().filter(|line| !is_repeated(line));
        let earlier = account.earlier.iter();
        Self {
            incoming: once(incoming.filter_map(|line| line.traits.id)),
            earlier: once(earlier.filter_map(|line| Some((line.told.import, line.traits.id?)))),
        }
    }

    fn incoming_id(&self, line: &Incoming) -> Option<Key> {
        line.traits.id.filter(|id| self.incoming.contains(id))
    }

    fn earlier_id(&self, line: &Earlier) -> Option<Key> {
        line.traits.id.filter(|id| self.earlier.contains(&(line.told.import, *id)))
    }
}

/// What occurs exactly once.
fn once<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeSet<K> {
    let mut counts: BTreeMap<K, u32> = BTreeMap::new();
    keys.for_each(|key| *counts.entry(key).or_default() += 1);
    counts.into_iter().filter(|(_, count)| *count == 1).map(|(key, _)| key).collect()
}

impl<'a> Judge<'a> {
    fn open(&self) -> Vec<&'a Incoming> {
        self.account.incoming.iter().filter(|line| self.is_open(line)).collect()
    }

    fn is_open(&self, line: &Incoming) -> bool {
        !self.verdicts.contains_key(&line.number)
    }

    fn booked(&self) -> impl Iterator<Item = &'a Earlier> {
        let earlier = self.account.earlier.iter();
        earlier.filter(|line| !line.left_out && self.is_free(line))
    }

    /// Whether the line of this telling has made none known yet.
    fn is_free(&self, telling: &Earlier) -> bool {
        !self.used.contains(&telling.line)
    }

    /// Lines that stand in an earlier statement of the same file, and are not booked from there.
    fn repeated(&mut self, import: ImportId) {
        let mut seen: BTreeMap<Place, Vec<(u32, u32)>> = BTreeMap::new();
        for line in &self.account.incoming {
            let id = line.traits.id;
            let places = seen.entry(line.traits.place()).or_default();
            let run = |statement: u32| self.account.runs.get(&statement);
            let is_other = |(statement, _): &&(u32, u32)| {
                *statement != line.statement
                    && (id.is_some() || run(*statement) != run(line.statement))
            };
            let repeated = places.iter().find(is_other).copied();
            if self.verdicts.contains_key(&line.number) {
                places.push((line.statement, line.number));
                continue;
            }
            match repeated {
                Some((_, number)) => {
                    let there = LineRef { import, number };
                    let first = Found { line: there, told: there };
                    let verdict = match id {
                        Some(_) => Verdict::Known(Why::Repeated, first),
                        None => Verdict::Review(Why::MayBeRepeated, first),
                    };
                    self.verdicts.insert(line.number, verdict);
                    if id.is_some() {
                        // Each repeats one of the first statement.
                        places.retain(|(_, place)| *place != number);
                    }
                }
                None => places.push((line.statement, line.number)),
            }
        }
    }

    /// The first question.
    fn same(&mut self) {
        let mut there: BTreeMap<Place, Vec<&Earlier>> = BTreeMap::new();
        for line in self.booked() {
            there.entry(line.traits.place()).or_default().push(line);
        }
        // Where a day may stand for either, the line that it can only stand for one way is first.
        let mut open = self.open();
        open.sort_by_key(|line| (line.traits.is_moved(), line.number));
        for line in open {
            let Some(there) = there.get(&line.traits.place()) else { continue };
            let free = there.iter().filter(|there| self.is_free(there));
            let told = free.min_by_key(|there| there.traits.value != line.traits.value);
            if let Some(found) = told {
                self.settle(line, Verdict::Known(Why::Same, found.found()));
            }
        }
    }

    /// The second question.
    fn same_reference(&mut self, references: &References) {
        let mut there: BTreeMap<Key, Vec<&Earlier>> = BTreeMap::new();
        for line in self.booked() {
            if let Some(id) = references.earlier_id(line) {
                there.entry(id).or_default().push(line);
            }
        }
        for line in self.open() {
            let named = references.incoming_id(line).and_then(|id| there.get(&id));
            let Some(named) = named else { continue };
            let one = &line.traits;
            let place = |other: &Traits| (other.day, other.amount);
            let free = || named.iter().filter(|found| self.is_free(found));
            let same = free().find(|found| place(&found.traits) == place(one));
            let other = free().find(|found| found.traits.family == one.family);
            match (same, other) {
                (Some(found), _) => {
                    self.settle(line, Verdict::Known(Why::SameReference, found.found()));
                }
                (None, Some(found)) => {
                    self.settle(line, Verdict::Review(Why::OtherAmount, found.found()));
                }
                (None, None) => {}
            }
        }
    }

    /// The families whose references this bank keeps from file to file: one was found again.
    fn stable_families(&self) -> BTreeSet<Family> {
        let found_again = |line: &&Incoming| {
            let known = self.verdicts.get(&line.number);
            line.traits.id.is_some()
                && matches!(known, Some(Verdict::Known(Why::Same | Why::SameReference, _)))
        };
        self.account.incoming.iter().filter(found_again).map(|line| line.traits.family).collect()
    }

    /// The third question.
    fn same_day_and_amount(&mut self, references: &References, is_stable: &BTreeSet<Family>) {
        let mut groups: BTreeMap<(Date, Amount), Group<'a>> = BTreeMap::new();
        for line in self.open() {
            let key = (line.traits.day, line.traits.amount);
            groups.entry(key).or_default().incoming.push(line);
        }
        for line in self.booked() {
            if let Some(group) = groups.get_mut(&(line.traits.day, line.traits.amount)) {
                group.booked.push(line);
            }
        }
        for line in self.account.earlier.iter().filter(|line| line.left_out) {
            if let Some(group) = groups.get_mut(&(line.traits.day, line.traits.amount)) {
                group.has_left_out = true;
            }
        }
        let differs = |line: &Incoming, there: &Earlier| {
            let ids = (references.incoming_id(line), references.earlier_id(there));
            let (one, other) = (&line.traits, &there.traits);
            one.family == other.family
                && matches!(ids, (Some(one), Some(other)) if one != other)
                && (one.text != other.text || is_stable.contains(&one.family))
        };
        let tellings = self.tellings;
        // A line is another one where any telling of it says so.
        let is_other = |line: &Incoming, there: &Earlier| {
            let mut tellings = tellings.get(&there.line).into_iter().flatten();
            tellings.any(|telling| differs(line, telling))
        };
        for group in groups.values_mut() {
            group.settle_equal_texts(self, &is_other);
        }
        // Words say more than a number of lines.
        self.alike(&is_other);
        for ((day, _), mut group) in groups {
            group.settle_rest(self, day, &is_other);
        }
    }

    fn settle(&mut self, line: &Incoming, verdict: Verdict) {
        match verdict {
            Verdict::Known(_, there)
            | Verdict::Review(Why::OtherAmount | Why::MayBeOtherDay, there) => {
                self.used.insert(there.line);
            }
            Verdict::Review(..) | Verdict::New => {}
        }
        self.verdicts.insert(line.number, verdict);
    }

    fn is_complete_earlier(&self, day: Date) -> bool {
        self.account.earlier_covers.iter().any(|cover| cover.has(day))
    }

    fn is_complete_here(&self, lines: &[&Incoming], day: Date) -> bool {
        // One statement that has the day completely has all of its lines.
        let covers = |line: &&Incoming| {
            let cover = self.account.file_covers.get(&line.statement);
            cover.is_some_and(|cover| cover.has(day))
        };
        lines.iter().all(covers)
    }
}

impl Family {
    /// The code in the tables.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Ofx => "ofx",
            Self::Camt => "camt",
            Self::Mt => "mt",
            Self::Bai => "bai",
            Self::Qif => "qif",
            Self::Csv => "csv",
        }
    }

    /// The family with this code.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Self::Ofx, Self::Camt, Self::Mt, Self::Bai, Self::Qif, Self::Csv]
            .into_iter()
            .find(|family| family.code() == code)
    }
}
