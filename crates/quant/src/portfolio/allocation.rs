//! Whole shares instead of weights.
//!
//! Prices are numbers here; what is booked afterwards is the ledger's, in integer units.

use super::mean_variance::as_number;
use crate::error::{Error, Result, all_finite, at_least, same_length};

/// Nodes of the exact search; then the best so far is the answer, with its gap.
const NODES_MAX: usize = 500_000;

/// Shares that the greedy method buys one by one.
const PURCHASES_MAX: usize = 1_000_000;

/// How far a portfolio may be from its rules: weights so little below 0 are none.
const TRACE: f64 = 1e-8;

/// The most shares of one asset.
const SHARES_MAX: f64 = 9.0e15;

/// Whole shares for a sum of money.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// Shares of each asset.
    pub shares: Vec<u64>,
    /// What is not spent.
    pub cash: f64,
    /// Σ |target − held value| + cash.
    pub error: f64,
    /// How much less the error could still be; 0 for what is proved to be the least, and for a
    /// greedy allocation not known: infinity.
    pub gap: f64,
}

/// Buys whole shares for `value`: first those that the weights ask for in full, then always of
/// the asset that is furthest below its weight among what is bought, as long as money is left, at
/// most a million times.
///
/// Weights are long only and add up to at most 1. PyPortfolioOpt's greedy method.
///
/// # Errors
/// `weights` below 0 or adding up to more than 1, `prices` or `value` not above 0.
///
/// ```
/// let bought = quant::portfolio::allocate_greedily(&[0.5, 0.5], &[30.0, 70.0], 200.0)?;
/// assert_eq!((bought.shares, bought.cash), (vec![3, 1], 40.0));
/// # Ok::<(), quant::Error>(())
/// ```
pub fn allocate_greedily(weights: &[f64], prices: &[f64], value: f64) -> Result<Allocation> {
    let weights = &checked(weights, prices, value)?;
    let mut shares: Vec<f64> = weights
        .iter()
        .zip(prices)
        .map(|(weight, price)| (weight * value / price).floor())
        .collect();
    let mut cash =
        value - shares.iter().zip(prices).map(|(count, price)| count * price).sum::<f64>();
    for _ in 0..PURCHASES_MAX {
        let spent: f64 = shares.iter().zip(prices).map(|(count, price)| count * price).sum();
        let mut best: Option<(usize, f64)> = None;
        for asset in 0..shares.len() {
            let held = if spent > 0.0 { shares[asset] * prices[asset] / spent } else { 0.0 };
            let missing = weights[asset] - held;
            let is_first = best.is_none_or(|(_, most)| missing > most);
            if weights[asset] > 0.0 && prices[asset] <= cash && missing > 0.0 && is_first {
                best = Some((asset, missing));
            }
        }
        let Some((asset, _)) = best else {
            break;
        };
        shares[asset] += 1.0;
        cash -= prices[asset];
    }
    Ok(allocation(&shares, (weights, prices), value, f64::INFINITY))
}

/// Buys the whole shares that make Σ |weight × value − held value| + cash the least: what
/// PyPortfolioOpt's integer programme makes least, by branch and bound.
///
/// Below its target a share moves both sums by its price; the one that goes over the target moves
/// them by what was missing alone, and more are of no use. So the search has, for each asset, one
/// share that may be too much, and shares to give up for it.
///
/// # Errors
/// As [`allocate_greedily`].
///
/// ```
/// let bought = quant::portfolio::allocate_exactly(&[0.5, 0.5], &[30.0, 70.0], 200.0)?;
/// assert_eq!(bought.shares, [4, 1]);
/// assert_eq!(bought.cash, 10.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn allocate_exactly(weights: &[f64], prices: &[f64], value: f64) -> Result<Allocation> {
    let weights = &checked(weights, prices, value)?;
    let mut choices: Vec<Choice> = (0..weights.len())
        .filter(|&asset| weights[asset] > 0.0)
        .map(|asset| {
            let target = weights[asset] * value;
            let whole = (target / prices[asset]).floor();
            let missing = (target - whole * prices[asset]).max(0.0);
            Choice { asset, price: prices[asset], whole, missing }
        })
        .collect();
    // The dearest first: what is left at the end is filled by the cheap ones.
    choices.sort_by(|a, b| b.price.total_cmp(&a.price).then(a.asset.cmp(&b.asset)));
    let mut search = Exact::new(choices, value);
    search.seed(&allocate_greedily(weights, prices, value)?);
    search.descend(0, value, 0.0);
    let mut shares = vec![0.0; weights.len()];
    for (choice, &count) in search.choices.iter().zip(&search.best_counts) {
        shares[choice.asset] = count;
    }
    let gap = if search.nodes >= NODES_MAX { 2.0 * (search.bound - search.best) } else { 0.0 };
    Ok(allocation(&shares, (weights, prices), value, gap.max(0.0)))
}

/// One asset of the exact search.
#[derive(Clone, Debug)]
struct Choice {
    asset: usize,
    price: f64,
    /// Shares that fit below the target.
    whole: f64,
    /// What is then missing to the target.
    missing: f64,
}

/// The search, in terms of gain: the error is Σ targets + value − 2 × gain.
struct Exact {
    choices: Vec<Choice>,
    /// From each choice on: what the whole shares cost.
    whole_cost: Vec<f64>,
    /// From each choice on: the last shares by gain per price, the best first.
    last: Vec<Vec<(f64, f64)>>,
    counts: Vec<f64>,
    best_counts: Vec<f64>,
    best: f64,
    /// What could be gained at most.
    bound: f64,
    tolerance: f64,
    nodes: usize,
}

impl Exact {
    fn new(choices: Vec<Choice>, value: f64) -> Self {
        let mut whole_cost = vec![0.0; choices.len() + 1];
        let mut last = vec![Vec::new(); choices.len() + 1];
        for index in (0..choices.len()).rev() {
            let choice = &choices[index];
            whole_cost[index] = whole_cost[index + 1] + choice.whole * choice.price;
            let mut own: Vec<(f64, f64)> = last[index + 1].clone();
            own.push((choice.price, choice.missing));
            own.sort_by(|a, b| (b.1 * a.0).total_cmp(&(a.1 * b.0)));
            last[index] = own;
        }
        let counts = vec![0.0; choices.len()];
        let mut search = Self {
            best_counts: counts.clone(),
            choices,
            whole_cost,
            last,
            counts,
            best: f64::NEG_INFINITY,
            bound: 0.0,
            tolerance: 1e-12 * value,
            nodes: 0,
        };
        search.bound = search.reachable(0, value);
        search
    }

    /// Starts from an allocation that is already known.
    fn seed(&mut self, known: &Allocation) {
        let mut gain = 0.0;
        for (index, choice) in self.choices.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "checked: at most 9e15 shares")]
            let count = known.shares[choice.asset] as f64;
            self.best_counts[index] = count;
            gain += choice.gain(count);
        }
        self.best = gain;
    }

    /// What the choices from `index` on can gain with `cash`, if shares could be divided.
    fn reachable(&self, index: usize, cash: f64) -> f64 {
        let mut left = cash;
        let whole = self.whole_cost[index].min(left);
        left -= whole;
        let mut gain = whole;
        for &(price, missing) in &self.last[index] {
            if left <= 0.0 {
                break;
            }
            let part = (left / price).min(1.0);
            gain += part * missing;
            left -= part * price;
        }
        gain
    }

    fn descend(&mut self, index: usize, cash: f64, gain: f64) {
        self.nodes += 1;
        let Some(choice) = self.choices.get(index).cloned() else {
            if gain > self.best + self.tolerance {
                self.best = gain;
                self.best_counts.clone_from(&self.counts);
            }
            return;
        };
        let mut count = (choice.whole + 1.0).min((cash / choice.price).floor());
        while count >= 0.0 && self.nodes < NODES_MAX {
            let (left, gained) = (cash - count * choice.price, gain + choice.gain(count));
            if gained + self.reachable(index + 1, left) <= self.best + self.tolerance {
                // Fewer shares of this one reach less still, once below the target.
                if count <= choice.whole {
                    break;
                }
            } else {
                self.counts[index] = count;
                self.descend(index + 1, left, gained);
            }
            count -= 1.0;
        }
    }
}

impl Choice {
    fn gain(&self, count: f64) -> f64 {
        if count > self.whole { self.whole * self.price + self.missing } else { count * self.price }
    }
}

fn allocation(
    shares: &[f64],
    (weights, prices): (&[f64], &[f64]),
    value: f64,
    gap: f64,
) -> Allocation {
    let mut cash = value;
    let mut error = 0.0;
    for (asset, count) in shares.iter().enumerate() {
        let held = count * prices[asset];
        cash -= held;
        error += (weights[asset] * value - held).abs();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, not below 0 and at most 9e15: checked"
    )]
    let shares = shares.iter().map(|&count| count as u64).collect();
    Allocation { shares, cash, error: error + cash, gap }
}

/// The weights, those that rounding left a trace below 0 at 0.
fn checked(weights: &[f64], prices: &[f64], value: f64) -> Result<Vec<f64>> {
    at_least("weights", weights.len(), 1)?;
    all_finite("weights", weights)?;
    same_length("prices", prices.len(), weights.len())?;
    all_finite("prices", prices)?;
    if let Some(&found) = weights.iter().find(|&&weight| weight < -TRACE) {
        return Err(Error::out_of_bounds("weights", found, "no weight below 0"));
    }
    let sum: f64 = weights.iter().sum();
    if sum > 1.0 + TRACE {
        return Err(Error::out_of_bounds("weights", sum, "weights of at most 1 together"));
    }
    if let Some(&found) = prices.iter().find(|&&price| price <= 0.0) {
        return Err(Error::out_of_bounds("prices", found, "a price above 0"));
    }
    if !(value > 0.0 && value.is_finite()) {
        return Err(Error::out_of_bounds("value", value, "a number above 0"));
    }
    let lowest = prices.iter().copied().fold(f64::INFINITY, f64::min);
    if value / lowest > SHARES_MAX || weights.len() > 5_000 {
        let found = (value / lowest).max(as_number(weights.len()));
        return Err(Error::out_of_bounds("value", found, "at most 9e15 shares of 5000 assets"));
    }
    Ok(weights.iter().map(|weight| weight.max(0.0)).collect())
}
