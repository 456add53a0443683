//! Wilder's relative strength index, faster than TA-Lib's and with its values to within rounding.
//!
//! `RSI = 100 * gain / (gain + loss)`, where `gain` and `loss` are the rises and falls of the
//! price, averaged over the first `n` changes and then smoothed: `average += (change - average) /
//! n`. Where the price never moved it is 50, as in TA-Lib since 0.8. Source: J. Welles Wilder, New
//! Concepts in Technical Trading Systems, 1978.
//!
//! TA-Lib's step is a product, a sum and a product, one after the other; here both products are of
//! constants, `average * ((n - 1) / n) + change * (1 / n)`, so that a bar waits for two operations
//! instead of three.

use super::live::Live;
use super::own::{Own, real, whole};

pub(super) static RSI: Own = Own {
    warm_up: |parameters| period(parameters),
    open: |parameters| Box::new(RelativeStrength::new(period(parameters))),
    batch: |_, parameters, inputs, outputs| {
        if let ([prices], [column]) = (inputs, outputs) {
            fill(period(parameters), prices, column);
        }
    },
};

fn period(parameters: &[f64]) -> usize {
    parameters.first().copied().map_or(0, whole)
}

#[derive(Clone, Debug)]
struct RelativeStrength {
    period: usize,
    /// The share of an average that stays, and the share of a change that comes in.
    stays: f64,
    enters: f64,
    gain: f64,
    loss: f64,
    previous: f64,
    bars: usize,
}

impl RelativeStrength {
    fn new(period: usize) -> Self {
        let enters = 1.0 / real(period);
        let stays = (real(period) - 1.0) * enters;
        Self { period, stays, enters, gain: 0.0, loss: 0.0, previous: 0.0, bars: 0 }
    }

    /// Takes one of the first prices, of which the averages are made.
    fn begin(&mut self, price: f64) {
        if self.bars > 0 {
            let (rise, fall) = split(price - self.previous);
            self.gain += rise;
            self.loss += fall;
        }
        if self.bars == self.period {
            self.gain *= self.enters;
            self.loss *= self.enters;
        }
        self.bars += 1;
        self.previous = price;
    }

    fn step(&mut self, price: f64) {
        let (rise, fall) = split(price - self.previous);
        self.gain = self.gain * self.stays + rise * self.enters;
        self.loss = self.loss * self.stays + fall * self.enters;
        self.previous = price;
    }

    fn value(&self) -> f64 {
        let total = self.gain + self.loss;
        if total > 0.0 { 100.0 * (self.gain / total) } else { 50.0 }
    }
}

impl Live for RelativeStrength {
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        let (&[price], [output]) = (row, outputs) else { return None };
        if self.bars > self.period {
            self.step(price);
        } else {
            self.begin(price);
        }
        *output = self.value();
        Some(())
    }

    fn fork(&self) -> Box<dyn Live> {
        Box::new(self.clone())
    }
}

fn fill(period: usize, prices: &[f64], column: &mut [f64]) {
    let mut state = RelativeStrength::new(period);
    let first = period.saturating_add(1).min(prices.len());
    let (begin, rest) = prices.split_at(first);
    begin.iter().for_each(|price| state.begin(*price));
    if let Some(place) = column.get_mut(period) {
        *place = state.value();
    }
    for (price, place) in rest.iter().zip(&mut column[first..]) {
        state.step(*price);
        *place = state.value();
    }
}

/// A change as rise and fall, one of which is 0, without a branch.
fn split(change: f64) -> (f64, f64) {
    let rise = if change > 0.0 { change } else { 0.0 };
    (rise, rise - change)
}
