//! The opening balance of an account, and how it moves when statements come out of order. Pure.
//!
//! What a bank states about a day says nothing about how the balance came to be that. So an account
//! begins with a *jump* to its opening balance; lines of days before it that come later explain
//! part of it, and the jump becomes smaller by as much: the lines are booked, and an equal and
//! opposite correction on the day of the jump. Where a jump is explained completely it is gone.
//!
//! What must stay true: a line of a day before a jump changes no balance from the jump on, so that
//! later balances stay what the bank stated; statements that follow each other give the same
//! balance of each day, in whichever order they come.

use std::collections::BTreeMap;

use kernel::{Amount, AmountError, Date};
use serde::{Deserialize, Serialize};

use super::model::{ImportId, OpeningOrigin};
use crate::model::TransferCode;

/// How the opening balance of an account stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    /// From when the account counts.
    #[serde(with = "as_text")]
    pub on: Date,
    /// How its balance of that day is known.
    pub origin: OpeningOrigin,
    /// Which import made it so.
    pub import: Option<ImportId>,
    /// By when. Empty where the opening balance is not known.
    pub jumps: Vec<Jump>,
}

/// A change of the balance that no line explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Jump {
    /// The day that it is booked on.
    #[serde(with = "as_text")]
    pub on: Date,
    /// The day whose opening balance is known: lines of days before it are part of the jump.
    #[serde(with = "as_text")]
    pub before: Date,
    /// How much.
    #[serde(with = "as_text")]
    pub amount: Amount,
}

/// What a statement says about it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub statement: u32,
    /// The day of its opening balance, or of its first line.
    pub start: Date,
    /// The balance before that day's lines.
    pub balance: Option<(Amount, OpeningOrigin)>,
    /// The lines that will be booked.
    pub lines: Vec<(Date, Amount)>,
    /// The sum of the lines that imports booked on days before the start.
    pub booked_before: Amount,
}

/// A transfer between an account and the opening balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpeningMove {
    pub statement: u32,
    pub code: TransferCode,
    pub effective: Date,
    /// Positive into the account.
    pub amount: Amount,
}

/// What follows from a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub moves: Vec<OpeningMove>,
    pub opening: Opening,
}

/// What a statement changes; nothing where it changes nothing.
pub(crate) fn plan(
    before: Option<&Opening>,
    facts: &Facts,
    import: ImportId,
) -> Result<Option<Planned>, AmountError> {
    match before {
        None => Ok(begin(facts, import)),
        Some(opening) if opening.jumps.is_empty() => learn(opening, facts, import),
        Some(opening) => explain(opening, facts, import),
    }
}

/// The first statement of an account.
fn begin(facts: &Facts, import: ImportId) -> Option<Planned> {
    if facts.lines.is_empty() && facts.balance.is_none() {
        return None;
    }
    let (amount, origin) = facts.balance.unwrap_or((Amount::ZERO, OpeningOrigin::Unknown));
    let jump = Jump { on: facts.start, before: facts.start, amount };
    let jumps = if origin == OpeningOrigin::Unknown { Vec::new() } else { vec![jump] };
    let opening = Opening { on: facts.start, origin, import: Some(import), jumps };
    let moves = vec![facts.moved(TransferCode::Opening, facts.start, amount)];
    Some(Planned { moves: moved(moves), opening })
}

/// A statement of an account whose opening balance was not known so far.
fn learn(
    before: &Opening,
    facts: &Facts,
    import: ImportId,
) -> Result<Option<Planned>, AmountError> {
    let on = before.on.min(facts.start);
    let Some((balance, origin)) = facts.balance else {
        if on == before.on || facts.lines.is_empty() {
            return Ok(None);
        }
        let opening = Opening { on, import: Some(import), ..before.clone() };
        return Ok(Some(Planned { moves: Vec::new(), opening }));
    };
    let amount = balance.checked_sub(facts.booked_before)?;
    let origin = if on == facts.start { origin } else { OpeningOrigin::Inferred };
    let jumps = vec![Jump { on, before: facts.start, amount }];
    let opening = Opening { on, origin, import: Some(import), jumps };
    let moves = vec![facts.moved(TransferCode::OpeningCorrection, on, amount)];
    Ok(Some(Planned { moves: moved(moves), opening }))
}

/// A statement of an account whose opening balance is known: lines before a jump explain it.
fn explain(
    before: &Opening,
    facts: &Facts,
    import: ImportId,
) -> Result<Option<Planned>, AmountError> {
    let mut explained: BTreeMap<usize, Amount> = BTreeMap::new();
    for (day, amount) in &facts.lines {
        if let Some(at) = before.jumps.iter().position(|jump| *day < jump.before) {
            let sum = explained.entry(at).or_default();
            *sum = sum.checked_add(*amount)?;
        }
    }
    if explained.is_empty() {
        return Ok(None);
    }
    let mut opening = Opening { import: Some(import), ..before.clone() };
    let mut jumps = Vec::with_capacity(before.jumps.len() + 1);
    for (at, jump) in before.jumps.iter().enumerate() {
        match explained.get(&at) {
            None => jumps.push(*jump),
            Some(lines) if at == 0 => {
                let (first, gap) = split(*jump, *lines, facts)?;
                let is_stated = first.on == facts.start && first.before == facts.start;
                opening.origin = match facts.balance {
                    Some((_, origin)) if is_stated => origin,
                    _ if first == *jump => opening.origin,
                    _ => OpeningOrigin::Inferred,
                };
                opening.on = first.on;
                jumps.push(first);
                jumps.extend(gap);
            }
            Some(lines) => {
                jumps.push(Jump { amount: jump.amount.checked_sub(*lines)?, ..*jump });
            }
        }
    }
    let mut is_first = true;
    jumps.retain(|jump| std::mem::take(&mut is_first) || !jump.amount.is_zero());
    let moves = differences(&before.jumps, &jumps, facts)?;
    opening.jumps = jumps;
    Ok(Some(Planned { moves, opening }))
}

/// The first jump once these lines explain part of it: what the account begins with then, and,
/// where the statement says itself what it begins with, what remains unexplained on the day up to
/// which it was known before.
fn split(jump: Jump, lines: Amount, facts: &Facts) -> Result<(Jump, Option<Jump>), AmountError> {
    let on = jump.on.min(facts.start);
    let Some((balance, _)) = facts.balance else {
        return Ok((Jump { on, amount: jump.amount.checked_sub(lines)?, ..jump }, None));
    };
    let amount = balance.checked_sub(facts.booked_before)?;
    let rest = jump.amount.checked_sub(amount)?.checked_sub(lines)?;
    // What somebody stated of the end of a day is booked on that day.
    let gap_on = if jump.on < facts.start { jump.before } else { jump.on };
    let gap = Jump { on: gap_on, before: jump.before, amount: rest };
    Ok((Jump { on, before: facts.start, amount }, Some(gap)))
}

/// What is to be booked so that these jumps become those.
fn differences(old: &[Jump], new: &[Jump], facts: &Facts) -> Result<Vec<OpeningMove>, AmountError> {
    let mut days: BTreeMap<Date, Amount> = BTreeMap::new();
    let added = new.iter().map(|jump| (jump.on, jump.amount));
    let taken = old.iter().map(|jump| (jump.on, jump.amount.negate()));
    for (day, amount) in added.chain(taken) {
        let sum = days.entry(day).or_default();
        *sum = sum.checked_add(amount)?;
    }
    let code = TransferCode::OpeningCorrection;
    let moves = days.into_iter().map(|(day, amount)| facts.moved(code, day, amount));
    Ok(moved(moves.collect()))
}

/// The moves that move something.
fn moved(mut moves: Vec<OpeningMove>) -> Vec<OpeningMove> {
    moves.retain(|step| !step.amount.is_zero());
    moves
}

impl Facts {
    const fn moved(&self, code: TransferCode, effective: Date, amount: Amount) -> OpeningMove {
        OpeningMove { statement: self.statement, code, effective, amount }
    }
}

impl Opening {
    /// An account that somebody keeps by hand: what changed it on each day, the balance of the end
    /// of that day being stated.
    pub(crate) fn manual(on: Date, changes: &[(Date, Amount)]) -> Self {
        let after = |day: Date| day.tomorrow().unwrap_or(day);
        let jump = |(day, amount): &(Date, Amount)| Jump {
            on: *day,
            before: after(*day),
            amount: *amount,
        };
        let mut jumps: Vec<Jump> = changes.iter().map(jump).collect();
        if jumps.first().is_none_or(|jump| jump.on > on) {
            jumps.insert(0, Jump { on, before: after(on), amount: Amount::ZERO });
        }
        Self { on, origin: OpeningOrigin::Manual, import: None, jumps }
    }
}

/// Dates and amounts as their text.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &T,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
