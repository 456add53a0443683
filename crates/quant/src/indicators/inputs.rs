//! The series given to an indicator, checked once for all that read them.

use super::own::real;
use super::{Indicator, Input};
use crate::{Error, Result};

/// TA-Lib's bound of a number: the square of it, and sums of many squares, still are numbers.
const MAGNITUDE_MAX: f64 = 3e37;

/// Bars given to TA-Lib at once, at most: its own limit of indices.
pub(super) const BARS_MAX: usize = ta_lib::Core::INDEX_MAX;

/// Series of one length, each a number from its first one to its end.
///
/// They are looked through here, once, and not again by every study that reads them.
#[derive(Clone, Debug, Default)]
pub struct Inputs<'a> {
    columns: [Option<Column<'a>>; Input::ALL.len()],
    bars: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Column<'a> {
    values: &'a [f64],
    /// The first bar with a number.
    begin: usize,
}

impl<'a> Inputs<'a> {
    /// No series yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a series, or replaces it.
    ///
    /// # Errors
    /// Its length is not that of those before, it has more than 100 million values, a NaN after its
    /// first number, an infinity, or a number beyond 3e37.
    pub fn with(mut self, input: Input, values: &'a [f64]) -> Result<Self> {
        let argument = input.name();
        let expected = self.bars.unwrap_or(values.len());
        crate::error::same_length(argument, values.len(), expected)?;
        if values.len() > BARS_MAX {
            let found = real(values.len());
            return Err(Error::out_of_bounds(argument, found, "at most 100000000 values"));
        }
        let begin = values.iter().position(|value| !value.is_nan()).unwrap_or(values.len());
        check(argument, values, begin)?;
        self.bars = Some(values.len());
        self.columns[input as usize] = Some(Column { values, begin });
        Ok(self)
    }

    /// The series of `input`, or closing prices where any series would do.
    fn column(&self, input: Input) -> Result<Column<'a>> {
        let close = (input == Input::Real).then_some(Input::Close);
        let either = [Some(input), close].into_iter().flatten();
        let found = either.filter_map(|input| self.columns[input as usize]).next();
        found.ok_or(Error::Missing { argument: input.name() })
    }

    /// Closing prices, and the first bar with one.
    pub(crate) fn prices(&self) -> Result<(&'a [f64], usize)> {
        self.column(Input::Close).map(|column| (column.values, column.begin))
    }

    /// The columns that `indicator` reads, and the first bar on which all have a number.
    pub(crate) fn of(&self, indicator: &Indicator) -> Result<(Vec<&'a [f64]>, usize)> {
        let columns: Vec<_> =
            indicator.inputs.iter().map(|&input| self.column(input)).collect::<Result<_>>()?;
        let begin = columns.iter().map(|column| column.begin).max().unwrap_or_default();
        Ok((columns.into_iter().map(|column| column.values).collect(), begin))
    }
}

/// Checks that `values` are numbers within bounds from `begin` on.
fn check(argument: &'static str, values: &[f64], begin: usize) -> Result<()> {
    // A count has no early exit, so that the compiler makes it wide; faults are rare.
    let faults = values[begin..].iter().filter(|value| !is_sound(**value)).count();
    if faults == 0 {
        return Ok(());
    }
    for (index, value) in values.iter().enumerate().skip(begin) {
        check_one(argument, index, *value)?;
    }
    Ok(())
}

/// Whether a value is a number within bounds.
pub(super) fn is_sound(value: f64) -> bool {
    value.abs() <= MAGNITUDE_MAX
}

/// Checks one number of `argument`, the one at `index`.
pub(super) fn check_one(argument: &'static str, index: usize, value: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Error::NotFinite { argument, index });
    }
    if value.abs() > MAGNITUDE_MAX {
        return Err(Error::out_of_bounds(argument, value, "a number between -3e37 and 3e37"));
    }
    Ok(())
}
