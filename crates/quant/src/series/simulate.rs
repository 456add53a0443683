//! What may become of a plan: many futures of several asset classes, drawn together.
//!
//! Every path has a generator of its own, seeded by the caller's seed and the path's number: the
//! answer is the same on each run, and would be on any number of threads.

use super::ets::as_number;
use crate::algebra::{Ldlt, Matrix};
use crate::error::{Error, Result, all_finite, at_least, same_length};

/// The most draws of one call: paths × periods × assets.
pub const DRAWS_MAX: usize = 200_000_000;

/// How returns of a period are distributed; both have the given mean and covariance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnLaw {
    /// Normal: a loss of more than everything is possible, if unlikely.
    Normal,
    /// Log-normal: 1 + return is never below zero; means must be above −1.
    LogNormal,
}

/// What is planned.
#[derive(Clone, Debug, PartialEq)]
pub struct WealthPlan {
    /// The share of each asset class, restored at each period's end.
    pub weights: Vec<f64>,
    /// Mean returns of a period.
    pub expected_returns: Vec<f64>,
    /// Their covariance; singular is allowed.
    pub covariance: Matrix,
    /// How they are distributed.
    pub law: ReturnLaw,
    /// What there is at the start.
    pub initial: f64,
    /// What is added at each period's end; below zero for what is taken. Wealth that runs out
    /// stays at zero.
    pub contribution: f64,
    /// How many periods.
    pub periods: usize,
}

/// Many futures.
#[derive(Clone, Debug, PartialEq)]
pub struct WealthPaths {
    /// A row a path, a column a period: wealth at its end.
    pub wealth: Matrix,
}

impl WealthPaths {
    /// The wealth that a share `level` of paths is below, for each period: linear between order
    /// statistics, as NumPy's default.
    ///
    /// # Errors
    /// A `level` outside 0 to 1.
    pub fn quantile(&self, level: f64) -> Result<Vec<f64>> {
        if !(0.0..=1.0).contains(&level) {
            return Err(Error::out_of_bounds("level", level, "0 to 1"));
        }
        let place = level * as_number(self.wealth.rows() - 1);
        let column = |period| {
            let mut values = self.wealth.column(period);
            values.sort_by(f64::total_cmp);
            let below = (0..values.len()).take_while(|&rank| as_number(rank) <= place).last();
            let below = below.unwrap_or(0);
            let above = (below + 1).min(values.len() - 1);
            let part = place - as_number(below);
            values[below] + part * (values[above] - values[below])
        };
        Ok((0..self.wealth.columns()).map(column).collect())
    }

    /// The share of paths that end with at least `goal`.
    #[must_use]
    pub fn probability_of(&self, goal: f64) -> f64 {
        let Some(last) = self.wealth.columns().checked_sub(1) else {
            return 0.0;
        };
        let ends = self.wealth.column(last);
        let reached = ends.iter().filter(|&&wealth| wealth >= goal).count();
        as_number(reached) / as_number(ends.len())
    }
}

/// Draws `paths` futures of a plan.
///
/// # Errors
/// The argument at fault: `weights`, `expected_returns`, `covariance`, `initial`, `contribution`,
/// `periods` or `paths`; [`Error::Undefined`] where the covariance is not positive semidefinite.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::series::{ReturnLaw, WealthPlan, simulate_wealth};
///
/// let plan = WealthPlan {
///     weights: vec![0.6, 0.4],
///     expected_returns: vec![0.06, 0.02],
///     covariance: Matrix::from_rows(&[[0.03, 0.002], [0.002, 0.004]])?,
///     law: ReturnLaw::LogNormal,
///     initial: 100.0,
///     contribution: 10.0,
///     periods: 20,
/// };
/// let futures = simulate_wealth(&plan, 1_000, 7)?;
/// assert_eq!(futures, simulate_wealth(&plan, 1_000, 7)?);
/// assert!(futures.probability_of(300.0) > 0.8);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn simulate_wealth(plan: &WealthPlan, paths: usize, seed: u64) -> Result<WealthPaths> {
    let (drift, root) = plan.law_of_periods(paths)?;
    let mut wealth = Matrix::zeros(paths, plan.periods);
    let mut normals = vec![0.0; root.columns()];
    for (path, number) in (0..paths).zip(0_u64..) {
        let mut draws = Draws::new(seed, number);
        let mut value = plan.initial;
        for period in 0..plan.periods {
            normals.iter_mut().for_each(|normal| *normal = draws.normal());
            let mut growth = 1.0;
            for (asset, weight) in plan.weights.iter().enumerate() {
                let moved = drift[asset] + crate::algebra::dot(root.row(asset), &normals);
                growth += weight
                    * match plan.law {
                        ReturnLaw::Normal => moved,
                        ReturnLaw::LogNormal => moved.exp_m1(),
                    };
            }
            value = (value * growth + plan.contribution).max(0.0);
            wealth[(path, period)] = value;
        }
    }
    all_finite("expected_returns", wealth.values())?;
    Ok(WealthPaths { wealth })
}

impl WealthPlan {
    /// Drift and root of the covariance of what is drawn: returns, or their logarithms.
    fn law_of_periods(&self, paths: usize) -> Result<(Vec<f64>, Matrix)> {
        let assets = self.weights.len();
        at_least("weights", assets, 1)?;
        all_finite("weights", &self.weights)?;
        let sum: f64 = self.weights.iter().sum();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(Error::out_of_bounds("weights", sum, "weights that add up to 1"));
        }
        same_length("expected_returns", self.expected_returns.len(), assets)?;
        all_finite("expected_returns", &self.expected_returns)?;
        same_length("covariance", self.covariance.rows(), assets)?;
        self.covariance.check_symmetric("covariance")?;
        all_finite("covariance", self.covariance.values())?;
        all_finite("contribution", &[self.contribution])?;
        if !(self.initial >= 0.0 && self.initial.is_finite()) {
            return Err(Error::out_of_bounds("initial", self.initial, "a number not below 0"));
        }
        at_least("periods", self.periods, 1)?;
        at_least("paths", paths, 1)?;
        let draws = paths.checked_mul(self.periods).and_then(|count| count.checked_mul(assets));
        if draws.is_none_or(|count| count > DRAWS_MAX) {
            let expected = "at most 200,000,000 draws";
            return Err(Error::out_of_bounds("paths", as_number(paths), expected));
        }
        if self.law == ReturnLaw::Normal {
            let root = Ldlt::new(&self.covariance)?.root();
            return Ok((self.expected_returns.clone(), root));
        }
        self.logarithms()
    }

    /// The normal law whose exponential has the given means and covariance.
    fn logarithms(&self) -> Result<(Vec<f64>, Matrix)> {
        let assets = self.weights.len();
        if let Some(&found) = self.expected_returns.iter().find(|&&mean| mean <= -1.0) {
            return Err(Error::out_of_bounds("expected_returns", found, "means above -1"));
        }
        let growth: Vec<f64> = self.expected_returns.iter().map(|mean| 1.0 + mean).collect();
        let mut covariance = Matrix::zeros(assets, assets);
        for row in 0..assets {
            for column in 0..assets {
                let part = self.covariance[(row, column)] / (growth[row] * growth[column]);
                if part <= -1.0 {
                    let why = "no log-normal returns have so negative a covariance";
                    return Err(Error::Undefined { figure: "log-normal law", why });
                }
                covariance[(row, column)] = part.ln_1p();
            }
        }
        let drift = (0..assets).map(|a| growth[a].ln() - covariance[(a, a)] / 2.0).collect();
        Ok((drift, Ldlt::new(&covariance)?.root()))
    }
}

/// xoshiro256++ (Blackman and Vigna 2019), started by SplitMix64, with normals by Marsaglia's
/// polar method.
struct Draws {
    state: [u64; 4],
    spare: Option<f64>,
}

impl Draws {
    fn new(seed: u64, stream: u64) -> Self {
        let mut mixed = seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        let state = std::array::from_fn(|_| {
            mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = mixed;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^ (word >> 31)
        });
        Self { state, spare: None }
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let answer = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        answer
    }

    /// From −1 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    fn signed(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 4_503_599_627_370_496.0 - 1.0
    }

    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (self.signed(), self.signed());
            let square = x * x + y * y;
            // Four in five pairs are inside of the circle; the sequence has no run outside.
            if square > 0.0 && square < 1.0 {
                let scale = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(y * scale);
                return x * scale;
            }
        }
    }
}
