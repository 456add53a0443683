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

/// Rises and falls go side by side, in pairs that are loaded and stored whole: a stream whose bars
/// come one after the other would otherwise wait for parts of them to meet in memory.
#[derive(Clone, Debug)]
struct RelativeStrength {
    period: usize,
    /// The share of an average that stays, and the share of a change that comes in.
    stays: [f64; 2],
    enters: [f64; 2],
    averages: [f64; 2],
    previous: f64,
    bars: usize,
}

impl RelativeStrength {
    fn new(period: usize) -> Self {
        let enters = 1.0 / real(period);
        let stays = (real(period) - 1.0) * enters;
        let (stays, enters) = ([stays; 2], [enters; 2]);
        Self { period, stays, enters, averages: [0.0; 2], previous: 0.0, bars: 0 }
    }

    /// Takes one of the first prices, of which the averages are made.
    fn begin(&mut self, price: f64) {
        if self.bars > 0 {
            let changes = split(price - self.previous);
            self.averages = pairwise(self.averages, changes, |average, change| average + change);
        }
        if self.bars == self.period {
            self.averages = pairwise(self.averages, self.enters, |sum, share| sum * share);
        }
        self.bars += 1;
        self.previous = price;
    }

    fn step(&mut self, price: f64) {
        let changes = split(price - self.previous);
        let stay = pairwise(self.averages, self.stays, |average, share| average * share);
        let enter = pairwise(changes, self.enters, |change, share| change * share);
        self.averages = pairwise(stay, enter, |stay, enter| stay + enter);
        self.previous = price;
    }

    fn value(&self) -> f64 {
        let [gain, loss] = self.averages;
        let total = gain + loss;
        if total > 0.0 { 100.0 * (gain / total) } else { 50.0 }
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
fn split(change: f64) -> [f64; 2] {
    let rise = if change > 0.0 { change } else { 0.0 };
    [rise, rise - change]
}

fn pairwise(one: [f64; 2], other: [f64; 2], of: impl Fn(f64, f64) -> f64) -> [f64; 2] {
    [of(one[0], other[0]), of(one[1], other[1])]
}
