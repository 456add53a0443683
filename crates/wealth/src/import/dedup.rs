//! Which lines of a file are booked already. Pure: lines in, verdicts out.
//!
//! Three questions, in this order, each about lines that the ones before left open:
//! 1. *Is the very same line there?* Day, amount, the bank's reference and the normalised texts are
//!    equal. Lines that are equal among themselves are counted: of three in the file and two that
//!    are booked, one is new.
//! 2. *Is the bank's reference there?* With day and amount it is the same line; with others a
//!    person decides, if both files are of the same family. A reference that stands twice in one
//!    file is none.
//! 3. *Is there another line of that day and amount?* It may be the same one, told otherwise. That
//!    is not guessed: the line is known only where the number of lines proves it, on a day that one
//!    of the files has completely.
//!
//! What must stay true: a line is only `Known` through a line that is booked, and each booked line
//! makes one line of a statement known; the verdicts do not depend on the order of files.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, Date};

use super::model::ImportId;

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
}

/// A line of an earlier import into the same account.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    pub line: LineRef,
    pub traits: Traits,
    /// It was left out there: nobody knows whether it is one of the others.
    pub left_out: bool,
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
    Known(Why, LineRef),
    Review(Why, LineRef),
}

/// How a verdict came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The very same line.
    Same,
    /// The bank's reference, with the same day and amount.
    SameReference,
    /// As many lines of this amount as that day has are booked.
    Counted,
    /// The same line in another statement of the file.
    Repeated,
    /// Another statement of the file has an equal line without a reference.
    MayBeRepeated,
    /// The bank's reference was booked with another day or amount.
    OtherAmount,
    /// A line of that day and amount is booked, with other texts or another reference.
    MayBeSame,
}

impl Traits {
    const fn place(&self) -> Place {
        (self.id, self.day, self.amount, self.text)
    }
}

impl Cover {
    fn has(self, day: Date) -> bool {
        self.from < day && day < self.to
    }
}

/// Decides over the lines of one account; a verdict for each incoming line, by its number.
pub(crate) fn judge(account: &Account, import: ImportId) -> BTreeMap<u32, Verdict> {
    let mut judge = Judge { account, verdicts: BTreeMap::new(), used: BTreeSet::new() };
    judge.same();
    judge.repeated(import);
    let references = References::of(account, &judge.verdicts);
    judge.same_reference(&references);
    let is_stable = judge.stable_families();
    judge.same_day_and_amount(&references, &is_stable);
    judge.verdicts
}

/// References that stand once in their file: others name nothing.
struct References {
    incoming: BTreeSet<Key>,
    earlier: BTreeSet<(ImportId, Key)>,
}

struct Judge<'a> {
    account: &'a Account,
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
            earlier: once(earlier.filter_map(|line| Some((line.line.import, line.traits.id?)))),
        }
    }

    fn incoming_id(&self, line: &Incoming) -> Option<Key> {
        line.traits.id.filter(|id| self.incoming.contains(id))
    }

    fn earlier_id(&self, line: &Earlier) -> Option<Key> {
        line.traits.id.filter(|id| self.earlier.contains(&(line.line.import, *id)))
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
        let incoming = self.account.incoming.iter();
        incoming.filter(|line| !self.verdicts.contains_key(&line.number)).collect()
    }

    fn booked(&self) -> impl Iterator<Item = &'a Earlier> {
        let earlier = self.account.earlier.iter();
        earlier.filter(|line| !line.left_out && !self.used.contains(&line.line))
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
                    let first = LineRef { import, number };
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
        let mut there: BTreeMap<Place, Vec<LineRef>> = BTreeMap::new();
        for line in self.booked() {
            there.entry(line.traits.place()).or_default().push(line.line);
        }
        there.values_mut().for_each(|lines| lines.reverse());
        for line in self.open() {
            let found = there.get_mut(&line.traits.place()).and_then(Vec::pop);
            if let Some(found) = found {
                self.settle(line, Verdict::Known(Why::Same, found));
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
            let same = named.iter().find(|found| place(&found.traits) == place(one));
            let other = named.iter().find(|found| found.traits.family == one.family);
            match (same, other) {
                (Some(found), _) => {
                    self.settle(line, Verdict::Known(Why::SameReference, found.line));
                }
                (None, Some(found)) => {
                    self.settle(line, Verdict::Review(Why::OtherAmount, found.line));
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
        for ((day, _), mut group) in groups {
            let is_other = |line: &Incoming, there: &Earlier| {
                let ids = (references.incoming_id(line), references.earlier_id(there));
                let (one, other) = (&line.traits, &there.traits);
                one.family == other.family
                    && matches!(ids, (Some(one), Some(other)) if one != other)
                    && (one.text != other.text || is_stable.contains(&one.family))
            };
            group.settle_equal_texts(self, &is_other);
            group.settle_rest(self, day, &is_other);
        }
        for line in self.open() {
            self.verdicts.insert(line.number, Verdict::New);
        }
    }

    fn settle(&mut self, line: &Incoming, verdict: Verdict) {
        match verdict {
            Verdict::Known(_, there) | Verdict::Review(Why::OtherAmount, there) => {
                self.used.insert(there);
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

/// Lines of one day and amount that are still open on either side.
#[derive(Default)]
struct Group<'a> {
    incoming: Vec<&'a Incoming>,
    booked: Vec<&'a Earlier>,
    has_left_out: bool,
}

impl<'a> Group<'a> {
    /// Equal texts of which one side has no reference: counted as lines without references are.
    fn settle_equal_texts(
        &mut self,
        judge: &mut Judge<'a>,
        is_other: &impl Fn(&Incoming, &Earlier) -> bool,
    ) {
        let booked = &mut self.booked;
        self.incoming.retain(|line| {
            let equal = |there: &&Earlier| {
                there.traits.text == line.traits.text
                    && (there.traits.id.is_none() || line.traits.id.is_none())
                    && !is_other(line, there)
            };
            let Some(at) = booked.iter().position(equal) else { return true };
            let found = booked.remove(at);
            judge.settle(line, Verdict::Known(Why::Same, found.line));
            false
        });
    }

    /// Lines that are told otherwise: counted where a complete day proves it, else for review.
    fn settle_rest(
        &mut self,
        judge: &mut Judge<'a>,
        day: Date,
        is_other: &impl Fn(&Incoming, &Earlier) -> bool,
    ) {
        let candidate = |line: &Incoming| {
            self.booked.iter().find(|there| !is_other(line, there)).map(|there| there.line)
        };
        let unsure: Vec<&Incoming> =
            self.incoming.iter().copied().filter(|line| candidate(line).is_some()).collect();
        let counts = (unsure.len(), self.booked.len());
        let proven = !self.has_left_out
            && counts.0 <= counts.1
            && (judge.is_complete_earlier(day)
                || (counts.0 == counts.1 && judge.is_complete_here(&unsure, day)));
        let mut free: Vec<&Earlier> = self.booked.clone();
        for line in unsure {
            let at = free.iter().position(|there| !is_other(line, there));
            let found = match at {
                Some(at) => Some(free.remove(at).line),
                None => candidate(line),
            };
            let Some(found) = found else { continue };
            let verdict = if proven && at.is_some() {
                Verdict::Known(Why::Counted, found)
            } else {
                Verdict::Review(Why::MayBeSame, found)
            };
            judge.settle(line, verdict);
        }
    }
}

impl Why {
    /// For a person.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Same => "the same line is booked already",
            Self::SameReference => {
                "a line with the bank's reference, this day and amount is booked already"
            }
            Self::Counted => {
                "all lines of this day and amount are booked already, with other texts"
            }
            Self::Repeated => "the same line stands in another statement of this file",
            Self::MayBeRepeated => {
                "an equal line without a reference stands in another statement of this file"
            }
            Self::OtherAmount => {
                "the bank's reference is booked already, on another day or with another amount"
            }
            Self::MayBeSame => {
                "a line of this day and amount is booked already, with other texts or another \
                 reference: it may be the same"
            }
        }
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
