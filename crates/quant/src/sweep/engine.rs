//! The pass over the bars: block by block, each line once, then each rule.

use std::thread;

use super::account::{Account, Block, Figures};
use super::plan::lines;
use super::{Cross, Line, Plan, Rule};
use crate::indicators::{Inputs, Stream, real};
use crate::{Error, Result};

/// Bars of a block: a few dozen lines of it fit into a core's second cache.
const BLOCK: usize = 512;
/// Threads of a sweep, at most.
const THREADS_MAX: usize = 256;

/// How rules trade, and on how many threads they are tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The share of a traded value that trading it costs: 0.001 is a tenth of a percent.
    pub fee: f64,
    /// Bars in a year, to annualise the Sharpe ratio: 252 for days of an exchange.
    pub bars_per_year: f64,
    /// Threads, at least 1. The answer does not depend on it.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { fee: 0.0, bars_per_year: 252.0, threads: 1 }
    }
}

/// Tries every rule of a plan on every symbol: for each symbol, the figures of each rule.
///
/// # Errors
/// A symbol lacks closing prices or another input of the plan's studies, a close is not above 0, or
/// an option is out of its bounds.
pub fn sweep(plan: &Plan, symbols: &[Inputs<'_>], options: &Options) -> Result<Vec<Vec<Figures>>> {
    options.check()?;
    // Few symbols are cut by rules, so that every thread has work; many are dealt out whole.
    let parts = options.threads.div_ceil(symbols.len().max(1)).min(plan.rules().len().max(1));
    let size = plan.rules().len().div_ceil(parts).max(1);
    let jobs: Vec<(&Inputs<'_>, &[Rule])> = symbols
        .iter()
        .flat_map(|symbol| plan.rules().chunks(size).map(move |rules| (symbol, rules)))
        .collect();
    let hands = options.threads.min(jobs.len()).max(1);
    let hand = |first: usize| {
        let mine = jobs.iter().skip(first).step_by(hands);
        mine.map(|(symbol, rules)| run(plan, symbol, rules, options)).collect::<Vec<_>>()
    };
    let dealt: Vec<Vec<Result<Vec<Figures>>>> = if hands == 1 {
        vec![hand(0)]
    } else {
        thread::scope(|scope| {
            let hand = &hand;
            let running: Vec<_> =
                (0..hands).map(|first| scope.spawn(move || hand(first))).collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended
                .map(|made| made.unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
                .collect()
        })
    };
    gather(dealt, jobs.len(), symbols.len())
}

/// The equity of one rule at each close of a symbol, from 1 on, to be drawn.
///
/// # Errors
/// Those of [`sweep`], and there is no such rule.
pub fn curve(plan: &Plan, rule: usize, symbol: &Inputs<'_>, options: &Options) -> Result<Vec<f64>> {
    options.check()?;
    let unknown = || Error::Unknown { argument: "rule", found: rule.to_string() };
    let rules = plan.rules().get(rule..=rule).ok_or_else(unknown)?;
    let mut pass = Pass::new(plan, symbol, rules)?;
    let mut account = Account::new();
    let mut equity = Vec::with_capacity(pass.close.len());
    equity.resize(pass.begin, 1.0);
    while pass.next_block()? {
        account.run(pass.block(&pass.wired[0]), options, |value| equity.push(value));
    }
    Ok(equity)
}

impl Options {
    fn check(&self) -> Result<()> {
        if !(0.0..1.0).contains(&self.fee) {
            return Err(Error::out_of_bounds("fee", self.fee, "at least 0 and below 1"));
        }
        if !(self.bars_per_year > 0.0 && self.bars_per_year.is_finite()) {
            let expected = "a number above 0";
            return Err(Error::out_of_bounds("bars_per_year", self.bars_per_year, expected));
        }
        if !(1..=THREADS_MAX).contains(&self.threads) {
            let expected = format!("a whole number from 1 to {THREADS_MAX}");
            return Err(Error::out_of_bounds("threads", real(self.threads), expected));
        }
        Ok(())
    }
}

/// Puts what was dealt out back into the order of jobs, and those of a symbol together.
fn gather(
    dealt: Vec<Vec<Result<Vec<Figures>>>>,
    jobs: usize,
    symbols: usize,
) -> Result<Vec<Vec<Figures>>> {
    let mut hands: Vec<_> = dealt.into_iter().map(Vec::into_iter).collect();
    let count = hands.len().max(1);
    let mut gathered: Vec<Vec<Figures>> = vec![Vec::new(); symbols];
    for job in 0..jobs {
        let symbol = job / (jobs / symbols.max(1)).max(1);
        if let (Some(made), Some(place)) = (hands[job % count].next(), gathered.get_mut(symbol)) {
            place.extend(made?);
        }
    }
    Ok(gathered)
}

fn run(
    plan: &Plan,
    symbol: &Inputs<'_>,
    rules: &[Rule],
    options: &Options,
) -> Result<Vec<Figures>> {
    let mut pass = Pass::new(plan, symbol, rules)?;
    let mut accounts = vec![Account::new(); rules.len()];
    while pass.next_block()? {
        for (account, wired) in accounts.iter_mut().zip(&pass.wired) {
            account.run(pass.block(wired), options, |_| ());
        }
    }
    let bars = pass.close.len() - pass.begin;
    Ok(accounts.iter().map(|account| account.figures(bars, options)).collect())
}

/// A rule with its lines as places in the block.
#[derive(Clone, Copy, Debug)]
struct Wired {
    enter: [usize; 2],
    exit: Option<[usize; 2]>,
}

/// One symbol's bars under way, and the block of them at hand.
struct Pass<'a> {
    close: &'a [f64],
    /// The first bar with a price. A line that begins later crosses nothing before.
    begin: usize,
    /// The block's bars.
    from: usize,
    to: usize,
    growth: Vec<f64>,
    /// The lines of the block; those of levels never change.
    columns: Vec<Vec<f64>>,
    close_at: Option<usize>,
    feeds: Vec<Feed<'a>>,
    wired: Vec<Wired>,
}

/// A study's stream, what it reads, and where its outputs go.
struct Feed<'a> {
    stream: Stream,
    inputs: Vec<&'a [f64]>,
    /// Outputs and their columns.
    places: Vec<(usize, usize)>,
    bar: Vec<f64>,
}

impl<'a> Pass<'a> {
    fn new(plan: &Plan, symbol: &Inputs<'a>, rules: &[Rule]) -> Result<Self> {
        let (close, begin) = symbol.prices()?;
        if let Some(price) = close[begin..].iter().find(|price| **price <= 0.0) {
            return Err(Error::out_of_bounds("close", *price, "a price above 0"));
        }
        let mut lines = Lines::default();
        let wired = rules.iter().map(|rule| lines.wire(rule)).collect();
        let mut feeds: Vec<Feed<'a>> = Vec::new();
        let mut feed_of = vec![None; plan.studies().len()];
        let (mut columns, mut close_at) = (Vec::with_capacity(lines.all.len()), None);
        for (place, line) in lines.all.iter().enumerate() {
            let level = if let Line::Level(level) = line { *level } else { f64::NAN };
            columns.push(vec![level; BLOCK]);
            match *line {
                Line::Close => close_at = Some(place),
                Line::Level(_) => {}
                Line::Study { study, output } => {
                    let study_of = &plan.studies()[study];
                    let feed = *feed_of[study].get_or_insert(feeds.len());
                    if feed == feeds.len() {
                        let (inputs, _) = symbol.of(study_of.indicator())?;
                        let (stream, bar) = (study_of.stream(), vec![0.0; inputs.len()]);
                        feeds.push(Feed { stream, inputs, places: Vec::new(), bar });
                    }
                    feeds[feed].places.push((output, place));
                }
            }
        }
        let growth = Vec::with_capacity(BLOCK);
        let (from, to) = (begin, begin);
        Ok(Self { close, begin, from, to, growth, columns, close_at, feeds, wired })
    }

    /// Computes the next block; false at the end.
    fn next_block(&mut self) -> Result<bool> {
        (self.from, self.to) = (self.to, self.close.len().min(self.to + BLOCK));
        if self.from >= self.to {
            return Ok(false);
        }
        let (from, to) = (self.from, self.to);
        self.growth.clear();
        let before = if from == self.begin { self.close[from] } else { self.close[from - 1] };
        let befores = std::iter::once(&before).chain(&self.close[from..to]);
        self.growth.extend(self.close[from..to].iter().zip(befores).map(|(now, then)| now / then));
        if let Some(place) = self.close_at {
            self.columns[place][..to - from].copy_from_slice(&self.close[from..to]);
        }
        for feed in &mut self.feeds {
            feed.fill(from..to, &mut self.columns)?;
        }
        Ok(true)
    }

    fn block(&self, wired: &Wired) -> Block<'_> {
        let bars = self.to - self.from;
        let of = |places: [usize; 2]| places.map(|place| &self.columns[place][..bars]);
        Block { enter: of(wired.enter), exit: wired.exit.map(of), growth: &self.growth }
    }
}

impl Feed<'_> {
    fn fill(&mut self, bars: std::ops::Range<usize>, columns: &mut [Vec<f64>]) -> Result<()> {
        for (at, bar) in bars.enumerate() {
            for (place, column) in self.bar.iter_mut().zip(&self.inputs) {
                *place = column[bar];
            }
            if let Some(row) = self.stream.push(&self.bar)? {
                for &(output, place) in &self.places {
                    columns[place][at] = row[output];
                }
            }
        }
        Ok(())
    }
}

/// The different lines of some rules.
#[derive(Default)]
struct Lines {
    all: Vec<Line>,
    places: std::collections::BTreeMap<(usize, usize, u64), usize>,
}

impl Lines {
    fn wire(&mut self, rule: &Rule) -> Wired {
        let [above, below, exit_above, exit_below] = lines(rule).map(|line| self.place(line));
        let is_mirrored = rule.exit == Cross::reversed(rule.enter);
        Wired { enter: [above, below], exit: (!is_mirrored).then_some([exit_above, exit_below]) }
    }

    fn place(&mut self, line: Line) -> usize {
        let key = match line {
            Line::Close => (0, 0, 0),
            Line::Level(level) => (1, 0, level.to_bits()),
            Line::Study { study, output } => (study + 2, output, 0),
        };
        *self.places.entry(key).or_insert_with(|| {
            self.all.push(line);
            self.all.len() - 1
        })
    }
}
