//! Renko bricks: the price in steps of one size, without time.
//!
//! The grid starts at the first close and has one line a `brick_size`. A brick is laid in the
//! direction of the last one as soon as a close lies a whole brick beyond its end; against it when
//! a close lies a whole brick beyond its beginning, which is two bricks from its end. One close may
//! lay many. Only closes count, not highs and lows. Source: Steve Nison, Beyond Candlesticks, 1994.
//!
//! A close that misses a line by a billionth of a brick lies on it. A line's price is
//! `first close + line * brick_size`, computed from the line's number, so that the grid does not
//! drift however many bricks there are.

use super::live::Live;
use super::model::Method;
use super::own::{Own, one_by_one};
use super::{Drawing, Group, Indicator, Input, Output, OutputKind, Parameter};
use crate::{Error, Result};

/// Bricks that [`renko`] answers at most: a size of a cent against prices of millions is a mistake.
const BRICKS_MAX: f64 = 10_000_000.0;

/// A brick: it is rising where `close` is above `open`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brick {
    /// The bar whose close laid it.
    pub bar: usize,
    /// The price where it begins.
    pub open: f64,
    /// The price where it ends.
    pub close: f64,
}

static RENKO: Own = Own {
    warm_up: |_| 0,
    open: |parameters| Box::new(Renko::new(parameters.first().copied().unwrap_or(1.0))),
    batch: one_by_one,
};

pub(super) fn describe() -> Indicator {
    let bounds = (1e-15, 3e37);
    Indicator {
        name: "RENKO",
        group: Group::PriceTransform,
        title: "Renko: bricks laid by a bar's close".to_owned(),
        inputs: vec![Input::Close],
        parameters: vec![Parameter::real("brick_size", "The size of a brick", bounds, 1.0)],
        outputs: vec![
            Output::new("bricks", OutputKind::Integer, Drawing::Histogram),
            Output::new("level", OutputKind::Real, Drawing::Line),
            Output::new("direction", OutputKind::Integer, Drawing::Mark),
        ],
        overlay: true,
        path_dependent: true,
        may_be_undefined: false,
        method: Method::Own(&RENKO),
    }
}

/// The bricks that closing prices lay.
///
/// # Errors
/// A close is not a finite number, the size is not a number above 0, or there would be more than
/// ten million bricks.
///
/// ```
/// let bricks = quant::indicators::renko(&[100.0, 102.5, 101.2, 99.0], 1.0)?;
/// let ends: Vec<f64> = bricks.iter().map(|brick| brick.close).collect();
/// assert_eq!(ends, [101.0, 102.0, 100.0, 99.0]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn renko(closes: &[f64], brick_size: f64) -> Result<Vec<Brick>> {
    crate::error::all_finite("closes", closes)?;
    if !(brick_size > 0.0 && brick_size.is_finite()) {
        return Err(Error::out_of_bounds("brick_size", brick_size, "a number above 0"));
    }
    let mut state = Renko::new(brick_size);
    let mut bricks = Vec::new();
    let mut laid = 0.0;
    for (bar, &close) in closes.iter().enumerate() {
        let Laid { first, count } = state.lay(close);
        laid += count.abs();
        if laid > BRICKS_MAX {
            let expected = format!("a size that makes at most {BRICKS_MAX} bricks");
            return Err(Error::out_of_bounds("brick_size", brick_size, expected));
        }
        let mut line = first;
        for _ in 0..super::own::whole(count.abs()) {
            let next = line + count.signum();
            bricks.push(Brick { bar, open: state.price(line), close: state.price(next) });
            line = next;
        }
    }
    Ok(bricks)
}

#[derive(Clone, Debug)]
struct Renko {
    size: f64,
    /// The first close, and the number of the line where the last brick ends. Whole numbers, kept
    /// as such in floating point: there are no fractions up to 2^53.
    first: Option<f64>,
    line: f64,
    direction: f64,
}

/// Bricks laid by one close: the line where the first begins, and how many, below 0 where they
/// fall.
struct Laid {
    first: f64,
    count: f64,
}

impl Renko {
    fn new(size: f64) -> Self {
        Self { size, first: None, line: 0.0, direction: 0.0 }
    }

    fn price(&self, line: f64) -> f64 {
        self.first.unwrap_or_default() + line * self.size
    }

    fn lay(&mut self, close: f64) -> Laid {
        let first = *self.first.get_or_insert(close);
        let lines = snapped((close - first) / self.size);
        // The last brick lies between `line` and the line behind it; both are edges to go beyond.
        let (behind, ahead) = (-self.direction.max(0.0), (-self.direction).max(0.0));
        let (top, bottom) = (self.line + ahead, self.line + behind);
        let begins = if lines >= top + 1.0 {
            top
        } else if lines <= bottom - 1.0 {
            bottom
        } else {
            return Laid { first: self.line, count: 0.0 };
        };
        let ends = if lines > begins { lines.floor() } else { lines.ceil() };
        self.line = ends;
        self.direction = (ends - begins).signum();
        Laid { first: begins, count: ends - begins }
    }
}

/// A count of lines that misses a whole number by rounding alone is meant as it: 0.3 is 3 tenths.
fn snapped(lines: f64) -> f64 {
    let nearest = lines.round();
    let is_rounding = (lines - nearest).abs() <= 1e-9 * nearest.abs().max(1.0);
    if is_rounding { nearest } else { lines }
}

impl Live for Renko {
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        let (&[close], [bricks, level, direction]) = (row, outputs) else { return None };
        *bricks = self.lay(close).count;
        *level = self.price(self.line);
        *direction = self.direction;
        Some(())
    }

    fn fork(&self) -> Box<dyn Live> {
        Box::new(self.clone())
    }
}
