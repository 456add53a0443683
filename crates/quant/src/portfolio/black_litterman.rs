//! Expected returns between what a market implies and what an investor believes.

use super::mean_variance::Moments;
use super::risk_budget::check_risky;
use crate::algebra::{Cholesky, Matrix};
use crate::error::{Error, Result, all_finite, same_length};

/// How uncertain the views are: the diagonal of Ω, one value a view.
#[derive(Clone, Debug, PartialEq)]
pub enum ViewUncertainty {
    /// As uncertain as the prior is about the same portfolio: diag(τ P Σ Pᵀ) (He and Litterman).
    AsPrior,
    /// Variances of the views; 0 for one that is certain.
    Variances(Vec<f64>),
    /// Confidences above 0 and up to 1: τ P Σ Pᵀ (1 − c) / c (Idzorek, in Walters' closed form).
    Confidences(Vec<f64>),
}

/// Views: portfolio `portfolios` row k is expected to return `returns[k]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Views {
    /// P: a row a view, a column an asset. 1 for an absolute view, 1 and −1 for a relative one.
    pub portfolios: Matrix,
    /// Q: the return of each.
    pub returns: Vec<f64>,
    /// Ω.
    pub uncertainty: ViewUncertainty,
}

/// What a market of these weights expects, by inverse optimisation: π = δ Σ w.
///
/// # Errors
/// `covariance` as for [`super::risk_parity`], `market_weights` of another length or not finite,
/// `risk_aversion` not above 0.
///
/// ```
/// use quant::algebra::Matrix;
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let expected = quant::portfolio::equilibrium_returns(&covariance, &[0.5, 0.5], 2.0)?;
/// assert!((expected[0] - 0.04).abs() < 1e-15 && (expected[1] - 0.01).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn equilibrium_returns(
    covariance: &Matrix,
    market_weights: &[f64],
    risk_aversion: f64,
) -> Result<Vec<f64>> {
    check_risky(covariance)?;
    same_length("market_weights", market_weights.len(), covariance.rows())?;
    all_finite("market_weights", market_weights)?;
    positive("risk_aversion", risk_aversion)?;
    let slopes = covariance.multiply_vector(market_weights)?;
    Ok(slopes.into_iter().map(|slope| risk_aversion * slope).collect())
}

/// The posterior of Black and Litterman: expected returns, and the covariance of returns about
/// them.
///
/// μ = π + τΣPᵀ (PτΣPᵀ + Ω)⁻¹ (Q − Pπ), covariance Σ + τΣ − τΣPᵀ (PτΣPᵀ + Ω)⁻¹ PτΣ, for a
/// `prior` of equilibrium returns π and Σ. `tau` is the prior's own uncertainty, often 0.025 to
/// 0.05. Black and Litterman, Global Portfolio Optimization (1992); He and Litterman (1999).
///
/// # Errors
/// The argument at fault: `covariance`, `expected_returns`, `portfolios`, `returns`,
/// `uncertainty`, `tau`; [`Error::Undefined`] where views that are certain repeat or contradict
/// each other.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Moments, ViewUncertainty, Views, black_litterman, equilibrium_returns};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.01], [0.01, 0.02]])?;
/// let expected_returns = equilibrium_returns(&covariance, &[0.5, 0.5], 2.5)?;
/// let prior = Moments { expected_returns, covariance };
/// let views = Views {
///     portfolios: Matrix::from_rows(&[[1.0, -1.0]])?,
///     returns: vec![0.05],
///     uncertainty: ViewUncertainty::AsPrior,
/// };
/// let posterior = black_litterman(&prior, &views, 0.05)?;
/// assert!(posterior.expected_returns[0] > prior.expected_returns[0]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn black_litterman(prior: &Moments, views: &Views, tau: f64) -> Result<Moments> {
    let covariance = &prior.covariance;
    check_risky(covariance)?;
    same_length("expected_returns", prior.expected_returns.len(), covariance.rows())?;
    all_finite("expected_returns", &prior.expected_returns)?;
    same_length("portfolios", views.portfolios.columns(), covariance.rows())?;
    all_finite("portfolios", views.portfolios.values())?;
    same_length("returns", views.returns.len(), views.portfolios.rows())?;
    all_finite("returns", &views.returns)?;
    positive("tau", tau)?;
    // S = P τ Σ: a row a view.
    let mut spread = views.portfolios.multiply(covariance)?;
    for view in 0..spread.rows() {
        spread.row_mut(view).iter_mut().for_each(|value| *value *= tau);
    }
    let mut middle = spread.multiply(&views.portfolios.transpose())?;
    let own = views.uncertainty.variances(&middle.diagonal())?;
    for (view, variance) in own.iter().enumerate() {
        middle[(view, view)] += variance;
    }
    let factor = Cholesky::new(&middle).map_err(|_| Error::Undefined {
        figure: "posterior of the views",
        why: "views without uncertainty repeat or contradict each other",
    })?;
    let implied = views.portfolios.multiply_vector(&prior.expected_returns)?;
    let surprise: Vec<f64> = views.returns.iter().zip(&implied).map(|(q, p)| q - p).collect();
    let pull = factor.solve(&surprise)?;
    let moved = spread.transpose().multiply_vector(&pull)?;
    let mean = prior.expected_returns.iter().zip(&moved).map(|(prior, step)| prior + step);
    let expected_returns = mean.collect();
    Ok(Moments { expected_returns, covariance: posterior(covariance, &spread, &factor, tau)? })
}

/// Σ + τΣ − Sᵀ (PτΣPᵀ + Ω)⁻¹ S, symmetric to the last bit.
fn posterior(covariance: &Matrix, spread: &Matrix, factor: &Cholesky, tau: f64) -> Result<Matrix> {
    let size = covariance.rows();
    let mut rows = Vec::with_capacity(size);
    for asset in 0..size {
        rows.push(factor.solve_lower(&spread.column(asset))?);
    }
    let mut answer = Matrix::zeros(size, size);
    for row in 0..size {
        for column in 0..=row {
            let learned = crate::algebra::dot(&rows[row], &rows[column]);
            let value = (1.0 + tau) * covariance[(row, column)] - learned;
            answer[(row, column)] = value;
            answer[(column, row)] = value;
        }
    }
    Ok(answer)
}

impl ViewUncertainty {
    /// The diagonal of Ω, where `own` is that of τ P Σ Pᵀ.
    fn variances(&self, own: &[f64]) -> Result<Vec<f64>> {
        match self {
            Self::AsPrior => Ok(own.to_vec()),
            Self::Variances(variances) => {
                same_length("uncertainty", variances.len(), own.len())?;
                all_finite("uncertainty", variances)?;
                match variances.iter().find(|&&variance| variance < 0.0) {
                    Some(&found) => {
                        Err(Error::out_of_bounds("uncertainty", found, "a variance not below 0"))
                    }
                    None => Ok(variances.clone()),
                }
            }
            Self::Confidences(confidences) => {
                same_length("uncertainty", confidences.len(), own.len())?;
                all_finite("uncertainty", confidences)?;
                if let Some(&found) = confidences.iter().find(|&&c| c <= 0.0 || c > 1.0) {
                    let expected = "a confidence above 0 and up to 1";
                    return Err(Error::out_of_bounds("uncertainty", found, expected));
                }
                let pairs = confidences.iter().zip(own);
                Ok(pairs.map(|(confidence, own)| own * (1.0 - confidence) / confidence).collect())
            }
        }
    }
}

fn positive(argument: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::out_of_bounds(argument, value, "a number above 0"))
}
