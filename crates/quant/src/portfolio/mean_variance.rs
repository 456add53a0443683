//! Portfolios by mean and variance: one quadratic programme each, or a root over a few of them.
//!
//! Markowitz, Portfolio Selection (1952). Volatility is √(wᵀ Σ w), the expected return μᵀ w less
//! what trading costs; both in the units (per day, per year) of the [`Moments`]. A singular Σ (of
//! fewer observations than assets) gets 1e-8 of its mean variance on the diagonal, and only where
//! the equations need it: of many portfolios with the least variance that one is near the
//! middle, and its variance is the least within 1e-8 (1e-6 where that does not settle it).

use super::cardinality;
use super::constraints::Constraints;
use super::search::{Attempt, Fault, Search, mean_variance_of, with_ridge};
use crate::algebra::{Cholesky, Ldlt, Matrix};
use crate::error::{Error, Result, all_finite, same_length};

/// The most points of a frontier.
pub const FRONTIER_POINTS_MAX: usize = 10_000;

/// Expected returns and their covariance, over one and the same horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// μ.
    pub expected_returns: Vec<f64>,
    /// Σ.
    pub covariance: Matrix,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Portfolio {
    /// One weight for each asset.
    pub weights: Vec<f64>,
    /// What was made least or greatest: variance, utility, ratio or CVaR, as the function says.
    pub objective: f64,
    /// How much better the objective could still be: 0 but where a limit on the number of assets
    /// ended the search ([`super::Cardinality::nodes_max`]).
    pub gap: f64,
}

pub use super::cardinality::NODES_MAX;

/// The portfolio of least variance wᵀ Σ w; `objective` is that variance.
///
/// # Errors
/// [`Error::Infeasible`] names the rules that contradict, [`Error::Undefined`] says that Σ is not
/// symmetric and positive semidefinite, [`Error::NotConverged`] beyond the limit of steps; else
/// the argument at fault: `covariance` or one of [`Constraints::check`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, minimum_variance};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let answer = minimum_variance(&covariance, &Constraints::long_only(2))?;
/// assert!((answer.weights[1] - 0.8).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn minimum_variance(covariance: &Matrix, constraints: &Constraints) -> Result<Portfolio> {
    check_covariance(covariance, constraints)?;
    least_variance(covariance, None, constraints)
}

/// The least variance, where asked at a least return, of what is already checked.
fn least_variance(
    covariance: &Matrix,
    least: Option<(&[f64], f64)>,
    constraints: &Constraints,
) -> Result<Portfolio> {
    cardinality::solve(constraints, |rules| {
        with_ridge(covariance, |attempt| {
            let mut search = Search::new(covariance, rules, attempt, least)?;
            search.at(&vec![0.0; rules.assets()], 0.0)?;
            search.portfolio(variance)
        })
    })
}

/// The portfolio of greatest utility μᵀ w − costs − ½ `risk_aversion` wᵀ Σ w, which is `objective`.
///
/// # Errors
/// As [`minimum_variance`]; `risk_aversion` must be above 0.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, Moments, maximum_utility};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let moments = Moments { expected_returns: vec![0.08, 0.04], covariance };
/// let answer = maximum_utility(&moments, 2.0, &Constraints::long_only(2))?;
/// // 0.08 − 0.08 w = 0.04 − 0.02 (1 − w) where the slopes are equal.
/// assert!((answer.weights[0] - 0.6).abs() < 1e-9);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn maximum_utility(
    moments: &Moments,
    risk_aversion: f64,
    constraints: &Constraints,
) -> Result<Portfolio> {
    moments.check(constraints)?;
    if !(risk_aversion > 0.0 && risk_aversion.is_finite()) {
        let expected = "a number above 0";
        return Err(Error::out_of_bounds("risk_aversion", risk_aversion, expected));
    }
    greatest_utility(moments, risk_aversion, constraints)
}

/// [`maximum_utility`] of what is already checked.
fn greatest_utility(
    moments: &Moments,
    risk_aversion: f64,
    constraints: &Constraints,
) -> Result<Portfolio> {
    let utility = |covariance: &Matrix, weights: &[f64], rules: &Constraints| -> Result<f64> {
        let gain = net_return(moments, weights, rules);
        Ok(gain - 0.5 * risk_aversion * covariance.quadratic_form(weights)?)
    };
    let best = cardinality::solve(constraints, |rules| {
        with_ridge(&moments.covariance, |attempt| {
            let mut search = Search::new(&moments.covariance, rules, attempt, None)?;
            search.at(&moments.expected_returns, 1.0 / risk_aversion)?;
            search.portfolio(|covariance, weights| Ok(-utility(covariance, weights, rules)?))
        })
    })?;
    Ok(Portfolio { objective: -best.objective, ..best })
}

/// The portfolio of least variance among those that expect at least `return_min` after costs;
/// `objective` is the variance.
///
/// # Errors
/// As [`minimum_variance`]; a return out of reach is [`Error::Infeasible`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, Moments, minimum_variance_at_return};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let moments = Moments { expected_returns: vec![0.08, 0.04], covariance };
/// let answer = minimum_variance_at_return(&moments, 0.06, &Constraints::long_only(2))?;
/// assert!((answer.weights[0] - 0.5).abs() < 1e-9);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn minimum_variance_at_return(
    moments: &Moments,
    return_min: f64,
    constraints: &Constraints,
) -> Result<Portfolio> {
    moments.check(constraints)?;
    all_finite("return_min", &[return_min])?;
    let least = Some((moments.expected_returns.as_slice(), return_min));
    least_variance(&moments.covariance, least, constraints)
}

/// The portfolio of greatest expected return after costs among those of at most
/// `volatility_max`; `objective` is the return.
///
/// # Errors
/// As [`minimum_variance`]; [`Error::Infeasible`] where even the calmest is more volatile.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, Moments, maximum_return_at_volatility};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let moments = Moments { expected_returns: vec![0.08, 0.04], covariance };
/// let answer = maximum_return_at_volatility(&moments, 0.2, &Constraints::long_only(2))?;
/// assert!((answer.objective - 0.08).abs() < 1e-9);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn maximum_return_at_volatility(
    moments: &Moments,
    volatility_max: f64,
    constraints: &Constraints,
) -> Result<Portfolio> {
    moments.check(constraints)?;
    all_finite("volatility_max", &[volatility_max])?;
    let best = cardinality::solve(constraints, |rules| {
        with_ridge(&moments.covariance, |attempt| {
            let mut search = Search::new(&moments.covariance, rules, attempt, None)?;
            let room = |search: &mut Search<'_>, tolerance: f64| {
                search.at(&moments.expected_returns, tolerance)?;
                let variance = search.portfolio(variance)?.objective;
                Ok(volatility_max - variance.max(0.0).sqrt())
            };
            let least = volatility_max - room(&mut search, 0.0)?;
            if least > volatility_max {
                let why = format!("the least volatility is {least}, above {volatility_max}");
                return Err(Error::Infeasible { why }.into());
            }
            search.last_not_negative(tolerance_range(moments, 0.0), room)?;
            search.portfolio(|_, weights| Ok(-net_return(moments, weights, rules)))
        })
    })?;
    Ok(Portfolio { objective: -best.objective, ..best })
}

/// The portfolio of greatest Sharpe ratio (μᵀ w − costs − `risk_free`) / √(wᵀ Σ w), which is
/// `objective`. With costs and limits of trading it is the greatest that can be reached from the
/// current weights.
///
/// # Errors
/// As [`minimum_variance`]; [`Error::Undefined`] where no portfolio expects more than
/// `risk_free`, or one does without any risk.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, Moments, maximum_sharpe};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let moments = Moments { expected_returns: vec![0.08, 0.04], covariance };
/// let answer = maximum_sharpe(&moments, 0.0, &Constraints::long_only(2))?;
/// // In proportion to return over variance: 2 to 4.
/// assert!((answer.weights[0] - 1.0 / 3.0).abs() < 1e-9);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn maximum_sharpe(
    moments: &Moments,
    risk_free: f64,
    constraints: &Constraints,
) -> Result<Portfolio> {
    moments.check(constraints)?;
    all_finite("risk_free", &[risk_free])?;
    let best = cardinality::solve(constraints, |rules| {
        with_ridge(&moments.covariance, |attempt| ratio(moments, risk_free, rules, attempt))
    })?;
    Ok(Portfolio { objective: -best.objective, ..best })
}

/// The portfolio of greatest diversification ratio σᵀ w / √(wᵀ Σ w), σ the assets' volatilities.
/// `objective` is the ratio. Choueifaty and Coignard, Toward Maximum Diversification (2008).
///
/// # Errors
/// As [`maximum_sharpe`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, maximum_diversification};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let answer = maximum_diversification(&covariance, &Constraints::long_only(2))?;
/// // Uncorrelated assets get weights by 1 / σ.
/// assert!((answer.weights[0] - 1.0 / 3.0).abs() < 1e-9);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn maximum_diversification(
    covariance: &Matrix,
    constraints: &Constraints,
) -> Result<Portfolio> {
    check_covariance(covariance, constraints)?;
    let volatility = covariance.diagonal().iter().map(|variance| variance.sqrt()).collect();
    let moments = Moments { expected_returns: volatility, covariance: covariance.clone() };
    let mut rules = constraints.clone();
    if let Some(trading) = &mut rules.trading {
        trading.buy_cost.fill(0.0);
        trading.sell_cost.fill(0.0);
    }
    maximum_sharpe(&moments, 0.0, &rules)
}

/// `points` portfolios of least variance, equally spaced by expected return, from the one of least
/// variance to the one of greatest return. `objective` is the variance of each.
///
/// # Errors
/// As [`minimum_variance`]; `points` must be 2 to 10,000.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, Moments, efficient_frontier};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let moments = Moments { expected_returns: vec![0.08, 0.04], covariance };
/// let answer = efficient_frontier(&moments, 3, &Constraints::long_only(2))?;
/// assert!((answer[0].weights[0] - 0.2).abs() < 1e-9 && answer[2].weights[0] > 0.999);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn efficient_frontier(
    moments: &Moments,
    points: usize,
    constraints: &Constraints,
) -> Result<Vec<Portfolio>> {
    moments.check(constraints)?;
    if !(2..=FRONTIER_POINTS_MAX).contains(&points) {
        return Err(Error::out_of_bounds("points", as_number(points), "2 to 10000"));
    }
    let calmest = least_variance(&moments.covariance, None, constraints)?;
    let highest = highest_return(moments, constraints)?;
    let low = net_return(moments, &calmest.weights, constraints);
    let step = (highest - low).max(0.0) / as_number(points - 1);
    let mut frontier = vec![calmest];
    for point in 1..points {
        let wanted = low + step * as_number(point);
        // The end itself is met within rounding only: step back by no more than that.
        let slack = if point + 1 == points { 1e-10 * (1.0 + wanted.abs()) } else { 0.0 };
        let least = Some((moments.expected_returns.as_slice(), wanted - slack));
        frontier.push(least_variance(&moments.covariance, least, constraints)?);
    }
    Ok(frontier)
}

/// The expected return of `weights`, less what it costs to get there.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, Moments, net_return};
///
/// let covariance = Matrix::identity(2);
/// let moments = Moments { expected_returns: vec![0.08, 0.04], covariance };
/// let rules = Constraints::long_only(2).with_cost(&[1.0, 0.0], 0.01);
/// // A half is sold, a half is bought: 0.06 less 1 %.
/// assert!((net_return(&moments, &[0.5, 0.5], &rules) - 0.05).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
#[must_use]
pub fn net_return(moments: &Moments, weights: &[f64], constraints: &Constraints) -> f64 {
    crate::algebra::dot(&moments.expected_returns, weights) - constraints.trading_cost(weights)
}

impl Moments {
    fn check(&self, constraints: &Constraints) -> Result<()> {
        check_covariance(&self.covariance, constraints)?;
        same_length("expected_returns", self.expected_returns.len(), constraints.assets())?;
        all_finite("expected_returns", &self.expected_returns)
    }
}

/// Tolerances of risk to search: one of the problem's size, and one that is beyond every use.
fn tolerance_range(moments: &Moments, risk_free: f64) -> (f64, f64) {
    let spread = moments
        .expected_returns
        .iter()
        .fold(f64::MIN_POSITIVE.sqrt(), |most, value| most.max((value - risk_free).abs()));
    let size = mean_variance_of(&moments.covariance).max(f64::MIN_POSITIVE.sqrt()) / spread;
    (size / 16.0, size * 1e6)
}

/// The greatest expected return after costs: what a hardly risk-averse investor chooses.
fn highest_return(moments: &Moments, constraints: &Constraints) -> Result<f64> {
    let spread = moments.expected_returns.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let variance = mean_variance_of(&moments.covariance).max(f64::MIN_POSITIVE);
    let aversion = 1e-6 * spread.max(f64::MIN_POSITIVE) / variance;
    let best = greatest_utility(moments, aversion, constraints)?;
    Ok(net_return(moments, &best.weights, constraints))
}

/// Greatest ratio: where variance = λ × excess along the portfolios of utility λ × return.
fn ratio(
    moments: &Moments,
    risk_free: f64,
    rules: &Constraints,
    attempt: Attempt,
) -> Result<Portfolio, Fault> {
    let covariance = &moments.covariance;
    let mut search = Search::new(covariance, rules, attempt, None)?;
    let excess = |weights: &[f64]| net_return(moments, weights, rules) - risk_free;
    let slope = |search: &mut Search<'_>, tolerance: f64| {
        search.at(&moments.expected_returns, tolerance)?;
        let weights = search.set.weights();
        Ok(covariance.quadratic_form(&weights)? - tolerance * excess(&weights))
    };
    if !search.last_not_negative(tolerance_range(moments, risk_free), slope)? {
        let why = "no portfolio expects more than the risk-free rate";
        return Err(Error::Undefined { figure: "Sharpe ratio", why }.into());
    }
    let best = search.portfolio(|covariance, weights| {
        Ok(-excess(weights) / covariance.quadratic_form(weights)?.max(0.0).sqrt())
    })?;
    if best.objective.is_finite() {
        return Ok(best);
    }
    let why = "a portfolio without risk expects more than the risk-free rate";
    Err(Error::Undefined { figure: "Sharpe ratio", why }.into())
}

/// Checks rules and covariance, which is factored once to know that no portfolio has a variance
/// below 0.
fn check_covariance(covariance: &Matrix, constraints: &Constraints) -> Result<()> {
    constraints.check()?;
    same_length("covariance", covariance.rows(), constraints.assets())?;
    all_finite("covariance", covariance.values())?;
    covariance.check_symmetric("covariance")?;
    if Cholesky::new(covariance).is_ok() {
        return Ok(());
    }
    Ldlt::new(covariance).map(|_| ()).map_err(|_| Error::Undefined {
        figure: "portfolio",
        why: "the covariance is not positive semidefinite",
    })
}

fn variance(covariance: &Matrix, weights: &[f64]) -> Result<f64> {
    covariance.quadratic_form(weights)
}

#[expect(clippy::cast_precision_loss, reason = "a count of assets or points is small")]
pub(super) fn as_number(count: usize) -> f64 {
    count as f64
}
