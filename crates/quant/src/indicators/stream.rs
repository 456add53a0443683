//! An indicator fed one bar at a time.

use std::ops::Deref;

use super::live::Live;
use super::model::Method;
use super::own::{COLUMNS_MAX, real};
use super::{OutputKind, Study, crossing, inputs, talib_live};
use crate::{Error, Result};

/// An indicator fed one bar at a time. A clone goes on by itself.
///
/// While it warms up it keeps the bars it was given, at most as many as [`Study::warm_up`]; after
/// that only what the indicator itself looks back on.
#[derive(Debug)]
pub struct Stream {
    study: Study,
    state: State,
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
}

impl Clone for Stream {
    fn clone(&self) -> Self {
        let state = match &self.state {
            State::Warming(columns) => State::Warming(columns.clone()),
            State::Live(live) => State::Live(live.fork()),
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
        Self { study, state, taken: 0, skipped: 0, row: [f64::NAN; COLUMNS_MAX] }
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
    /// was.
    pub fn push(&mut self, bar: &[f64]) -> Result<Option<&[f64]>> {
        if !self.is_whole(bar)? {
            self.skipped += 1;
            return Ok(None);
        }
        let outputs = self.study.indicator().outputs.len();
        match &mut self.state {
            State::Live(live) => {
                let answered = live.update(bar, &mut self.row[..outputs]);
                answered.ok_or_else(|| self.too_long())?;
            }
            State::Warming(_) => self.warm(bar)?,
        }
        self.taken += 1;
        if self.taken <= self.study.warm_up() {
            return Ok(None);
        }
        if self.skipped > 0 {
            self.count_from_first();
        }
        Ok(Some(&self.row[..outputs]))
    }

    /// What [`Self::push`] would answer to a bar that is still forming, without taking it.
    ///
    /// # Errors
    /// Those of [`Self::push`].
    pub fn peek(&self, bar: &[f64]) -> Result<Option<Row>> {
        let outputs = self.study.indicator().outputs.len();
        let mut ahead = Row { values: [f64::NAN; COLUMNS_MAX], outputs };
        match &self.state {
            State::Live(live) if self.skipped == 0 && self.taken >= self.study.warm_up() => {
                if !self.is_whole(bar)? {
                    return Ok(None);
                }
                let answered = live.peek(bar, &mut ahead.values[..outputs]);
                answered.ok_or_else(|| self.too_long())?;
            }
            _ => {
                let mut fork = self.clone();
                let Some(row) = fork.push(bar)? else { return Ok(None) };
                ahead.values[..outputs].copy_from_slice(row);
            }
        }
        Ok(Some(ahead))
    }

    /// Whether the bar has numbers only. False is a bar before the first whole one.
    fn is_whole(&self, bar: &[f64]) -> Result<bool> {
        let inputs = &self.study.indicator().inputs;
        crate::error::same_length("bar", bar.len(), inputs.len())?;
        let is_first = self.taken == 0;
        for (input, &value) in inputs.iter().zip(bar) {
            if is_first && value.is_nan() {
                return Ok(false);
            }
            inputs::check_one(input.name(), self.taken + self.skipped, value)?;
        }
        Ok(true)
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
        let outputs = self.study.indicator().outputs.len();
        let (parameters, row) = (self.study.parameters(), &mut self.row[..outputs]);
        self.state = State::Live(match self.study.method() {
            Method::TaLib(id) => talib_live::open(id, parameters, columns, row)?,
            Method::Crossing(crossing) => crossing::open(crossing, parameters, columns, row)?,
            Method::Own(own) => (own.open)(parameters),
        });
        Ok(())
    }

    fn count_from_first(&mut self) {
        for (output, value) in self.study.indicator().outputs.iter().zip(&mut self.row) {
            if output.kind == OutputKind::Bar {
                *value += real(self.skipped);
            }
        }
    }

    fn too_long(&self) -> Error {
        Error::out_of_bounds("bar", real(self.taken + 1), "at most 100000000 bars")
    }
}
