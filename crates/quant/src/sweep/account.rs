//! What a rule has made: equity, its peak and deepest fall, and the sums of its returns.

use super::engine::Options;
use crate::indicators::{Crossed, real};

/// What a rule has made of a symbol.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The equity at the end; it began at 1.
    pub equity: f64,
    /// The deepest fall from a peak, as a share of it: 0.25 is a quarter lost.
    pub max_drawdown: f64,
    /// The annualised Sharpe ratio; nothing where returns do not vary.
    pub sharpe: Option<f64>,
    /// Purchases.
    pub trades: u32,
    /// Bars that began with the symbol held.
    pub bars_held: u32,
}

/// The signals of a rule over a block of bars.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    /// The lines to buy at, and those to sell at, each as `above` and `below`.
    pub enter: [&'a [f64]; 2],
    /// The same where it sells by the same lines the other way round.
    pub exit: Option<[&'a [f64]; 2]>,
    /// Each close over the close before.
    pub growth: &'a [f64],
}

/// A rule's account, carried on from block to block.
#[derive(Clone, Debug)]
pub(super) struct Account {
    enter: Crossed,
    exit: Crossed,
    is_held: bool,
    equity: f64,
    peak: f64,
    /// The smallest share of a peak that was left.
    left: f64,
    returns: f64,
    squares: f64,
    trades: u32,
    bars_held: u32,
}

impl Account {
    pub fn new() -> Self {
        Self {
            enter: Crossed::default(),
            exit: Crossed::default(),
            is_held: false,
            equity: 1.0,
            peak: 1.0,
            left: 1.0,
            returns: 0.0,
            squares: 0.0,
            trades: 0,
            bars_held: 0,
        }
    }

    /// Goes over a block of bars; tells `each` the equity at each close.
    pub fn run(&mut self, block: Block<'_>, options: &Options, mut each: impl FnMut(f64)) {
        // In a local the account stays in registers; the two kinds of rule have loops of their own,
        // so that the usual one, which sells where it would not buy, looks at two lines only.
        let mut account = self.clone();
        let [above, below] = block.enter;
        let bars = block.growth.iter().zip(above.iter().zip(below));
        match block.exit {
            None => {
                for (growth, (above, below)) in bars {
                    let crossed = account.enter.of(*above, *below);
                    account.step(*growth, crossed > 0.0, crossed < 0.0, options);
                    each(account.equity);
                }
            }
            Some([exit_above, exit_below]) => {
                let exits = exit_above.iter().zip(exit_below);
                for ((growth, (above, below)), (exit_above, exit_below)) in bars.zip(exits) {
                    let enters = account.enter.of(*above, *below) > 0.0;
                    let exits = account.exit.of(*exit_above, *exit_below) > 0.0;
                    account.step(*growth, enters, exits, options);
                    each(account.equity);
                }
            }
        }
        *self = account;
    }

    /// Takes a bar: what is held grows with the price, and then is traded at the close.
    #[inline]
    fn step(&mut self, growth: f64, enters: bool, exits: bool, options: &Options) {
        let factor = if self.is_held {
            self.bars_held = self.bars_held.saturating_add(1);
            self.is_held = !exits;
            if exits { growth * (1.0 - options.fee) } else { growth }
        } else if enters {
            self.is_held = true;
            self.trades = self.trades.saturating_add(1);
            1.0 / (1.0 + options.fee)
        } else {
            return;
        };
        self.equity *= factor;
        let change = factor - 1.0;
        self.returns += change;
        self.squares += change * change;
        if self.equity > self.peak {
            self.peak = self.equity;
        } else if self.equity < self.left * self.peak {
            self.left = self.equity / self.peak;
        }
    }

    /// The figures after `bars` bars.
    pub fn figures(&self, bars: usize, options: &Options) -> Figures {
        let (equity, max_drawdown) = (self.equity, 1.0 - self.left);
        let (trades, bars_held) = (self.trades, self.bars_held);
        Figures { equity, max_drawdown, sharpe: self.sharpe(bars, options), trades, bars_held }
    }

    fn sharpe(&self, bars: usize, options: &Options) -> Option<f64> {
        if bars < 2 {
            return None;
        }
        let mean = self.returns / real(bars);
        let variance = (self.squares - mean * self.returns) / real(bars - 1);
        // Returns that are all the same leave rounding only.
        let varies = variance > 1e-14 * (mean * mean);
        varies.then(|| mean / variance.sqrt() * options.bars_per_year.sqrt())
    }
}
