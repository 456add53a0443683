//! An indicator fed one bar at a time.

use std::ops::Deref;

use super::inputs::{BARS_MAX, check_one, is_sound};
use super::live::Live;
use super::model::Method;
use super::own::{COLUMNS_MAX, real};
use super::{OutputKind, Study, crossing, talib_live};
use crate::{Error, Result};

/// An indicator fed one bar at a time. A clone goes on by itself.
///
/// While it warms up it keeps the bars it was given, at most as many as [`Study::warm_up`]; after
/// that only what the indicator itself looks back on.
#[derive(Debug)]
pub struct Stream {
    study: Study,
    state: State,
    /// Inputs and outputs of the study, at hand for every bar.
    inputs: usize,
    outputs: usize,
    /// Whether it is warm, and answers as the method below it does.
    is_settled: bool,
    /// Bars taken, those before the first number excepted.
    taken: usize,
    /// Bars before the first number.
    skipped: usize,
    row: [f64; COLUMNS_MAX],
}

/// The answer to a bar: one value an output.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    values: [f64; COLUMNS_MAX],
    outputs: usize,
}

impl Deref for Row {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.values[..self.outputs]
    }
}

#[derive(Debug)]
enum State {
    /// The columns of the bars so far: TA-Lib opens a stream on its whole warm-up at once.
    Warming(Vec<Vec<f64>>),
    Live(Box<dyn Live>),
    /// After a bar that stopped it halfway.
    Stopped,
}

impl Clone for Stream {
    fn clone(&self) -> Self {
        let state = match &self.state {
            State::Warming(columns) => State::Warming(columns.clone()),
            State::Live(live) => State::Live(live.fork()),
            State::Stopped => State::Stopped,
        };
        Self { study: self.study.clone(), state, ..*self }
    }
}

impl Stream {
    pub(super) fn new(study: Study) -> Self {
        let state = match study.method() {
            Method::TaLib(_) | Method::Crossing(_) => {
                State::Warming(vec![Vec::new(); study.indicator().inputs.len()])
            }
            Method::Own(own) => State::Live((own.open)(study.parameters())),
        };
        let (inputs, outputs) = (study.indicator().inputs.len(), study.indicator().outputs.len());
        let (is_settled, row) = (false, [f64::NAN; COLUMNS_MAX]);
        Self { study, state, inputs, outputs, is_settled, taken: 0, skipped: 0, row }
    }

    /// The indicator and its parameters.
    #[must_use]
    pub fn study(&self) -> &Study {
        &self.study
    }

    /// Takes a closed bar: one value an input, in the indicator's order. Answers one value an
    /// output, or nothing while it warms up.
    ///
    /// # Errors
    /// The bar has another number of values, or one that is not a number within bounds (a NaN
    /// before the first whole bar is skipped); or it is bar 100,000,001. The stream is then as it
    /// was. Prices so far apart that TA-Lib's own arithmetic overflows (rates of change of 1e308)
    /// end the stream: that bar and all later ones are refused.
    #[inline]
    pub fn push(&mut self, bar: &[f64]) -> Result<Option<&[f64]>> {
        // The way of nearly all bars; it is short, so that it costs no more than the arithmetic.
        let is_whole = bar.len() == self.inputs && bar.iter().all(|value| is_sound(*value));
        if is_whole
            && self.is_settled
            && let State::Live(live) = &mut self.state
        {
            if live.update(bar, &mut self.row[..self.outputs]).is_none() {
                return Err(self.stop());
            }
            self.taken += 1;
            return Ok(Some(&self.row[..self.outputs]));
        }
        self.push_unsettled(bar, is_whole)
    }

    /// Takes a bar of the warm-up, or one that is not as it should be.
    #[cold]
    #[inline(never)]
    fn push_unsettled(&mut self, bar: &[f64], is_whole: bool) -> Result<Option<&[f64]>> {
        if !is_whole {
            self.check(bar)?;
            self.skipped += 1;
            return Ok(None);
        }
        match &mut self.state {
            State::Live(live) => {
                if live.update(bar, &mut self.row[..self.outputs]).is_none() {
                    return Err(self.stop());
                }
            }
            State::Warming(_) => self.warm(bar)?,
            State::Stopped => return Err(self.stop()),
        }
        self.taken += 1;
        let warm_up = self.study.warm_up();
        self.is_settled = self.taken >= warm_up && !self.counts_from_first();
        if self.taken <= warm_up {
            return Ok(None);
        }
        self.count_from_first();
        Ok(Some(&self.row[..self.outputs]))
    }

    /// What [`Self::push`] would answer to a bar that is still forming, without taking it.
    ///
    /// # Errors
    /// Those of [`Self::push`].
    pub fn peek(&self, bar: &[f64]) -> Result<Option<Row>> {
        let outputs = self.outputs;
        let mut ahead = Row { values: [f64::NAN; COLUMNS_MAX], outputs };
        match &self.state {
            State::Live(live) if self.is_settled => {
                if bar.len() != self.inputs || !bar.iter().all(|value| is_sound(*value)) {
                    self.check(bar)?;
                    return Ok(None);
                }
                let row = &mut ahead.values[..outputs];
                live.peek(bar, row).ok_or_else(|| self.refusal())?;
            }
            _ => {
                let mut fork = self.clone();
                let Some(row) = fork.push(bar)? else { return Ok(None) };
                ahead.values[..outputs].copy_from_slice(row);
            }
        }
        Ok(Some(ahead))
    }

    /// Says what is wrong with a bar; nothing is with one that has a NaN before the first whole
    /// bar.
    #[cold]
    fn check(&self, bar: &[f64]) -> Result<()> {
        let inputs = &self.study.indicator().inputs;
        crate::error::same_length("bar", bar.len(), inputs.len())?;
        let is_gap = |value: f64| self.taken == 0 && value.is_nan();
        for (input, &value) in inputs.iter().zip(bar).filter(|(_, value)| !is_gap(**value)) {
            check_one(input.name(), self.taken + self.skipped, value)?;
        }
        Ok(())
    }

    /// Keeps a bar of the warm-up, and opens TA-Lib's stream on the last of it.
    fn warm(&mut self, bar: &[f64]) -> Result<()> {
        let State::Warming(columns) = &mut self.state else { return Ok(()) };
        for (column, value) in columns.iter_mut().zip(bar) {
            column.push(*value);
        }
        if self.taken < self.study.warm_up() {
            return Ok(());
        }
        let (parameters, row) = (self.study.parameters(), &mut self.row[..self.outputs]);
        let opened = match self.study.method() {
            Method::TaLib(id) => talib_live::open(id, parameters, columns, row),
            Method::Crossing(crossing) => crossing::open(crossing, parameters, columns, row),
            Method::Own(own) => Ok((own.open)(parameters)),
        };
        // What cannot be opened has taken the bar already: it is no stream to go on with.
        let (state, result) = match opened {
            Ok(live) => (State::Live(live), Ok(())),
            Err(fault) => (State::Stopped, Err(fault)),
        };
        self.state = state;
        result
    }

    /// Whether answers hold numbers of bars that must count those skipped as well.
    fn counts_from_first(&self) -> bool {
        let mut outputs = self.study.indicator().outputs.iter();
        self.skipped > 0 && outputs.any(|output| output.kind == OutputKind::Bar)
    }

    fn count_from_first(&mut self) {
        for (output, value) in self.study.indicator().outputs.iter().zip(&mut self.row) {
            if output.kind == OutputKind::Bar {
                *value += real(self.skipped);
            }
        }
    }

    /// Refuses a bar that TA-Lib refused. At its limit of bars nothing has changed; else it may
    /// have stopped halfway (CRSI, where a rate of change overflows), and what follows would be
    /// wrong.
    #[cold]
    fn stop(&mut self) -> Error {
        if self.taken < BARS_MAX {
            self.state = State::Stopped;
            self.is_settled = false;
        }
        self.refusal()
    }

    fn refusal(&self) -> Error {
        if self.taken >= BARS_MAX {
            return Error::out_of_bounds("bar", real(self.taken + 1), "at most 100000000 bars");
        }
        let figure = self.study.indicator().name;
        Error::Undefined { figure, why: "a value on the way to it is too large" }
    }
}
