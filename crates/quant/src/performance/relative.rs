//! Against a benchmark: beta, alpha, tracking error, capture.
//!
//! ```
//! use quant::performance::{Basis, Frequency, relative::Relative};
//!
//! let benchmark = [0.01, -0.02, 0.03, 0.00];
//! let twice: Vec<f64> = benchmark.iter().map(|value| 2.0 * value).collect();
//! let relative = Relative::of(&twice, &benchmark, &Basis::new(Frequency::MONTHLY))?;
//! assert!((relative.beta.unwrap_or(0.0) - 2.0).abs() < 1e-14);
//! assert!(relative.alpha.unwrap_or(1.0).abs() < 1e-15);
//! # Ok::<(), quant::Error>(())
//! ```

use super::Basis;
use super::returns::{annual_of, check, wealth_of};
use crate::Result;
use crate::error::{at_least, same_length};
use crate::moments::{Moments, cross_sum};

/// How a series stands to its benchmark. A figure that has no value is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relative {
    /// Cov(r, b) / Var(b), of excess returns.
    pub beta: Option<f64>,
    /// Jensen's alpha a year: m (mean(r − f) − β mean(b − f)) (quantstats; empyrical compounds it).
    pub alpha: Option<f64>,
    /// Pearson's correlation.
    pub correlation: Option<f64>,
    /// Its square.
    pub r_squared: Option<f64>,
    /// The standard deviation of r − b a year.
    pub tracking_error: f64,
    /// mean(r − b) / its standard deviation, annualised with √m (empyrical's excess_sharpe and
    /// quantstats' figure are of one period).
    pub information_ratio: Option<f64>,
    /// (Annual growth − risk-free rate) / β (quantstats: growth of the whole series).
    pub treynor: Option<f64>,
    /// Modigliani's M²: risk-free + Sharpe ratio × volatility of the benchmark, a year.
    pub m_squared: Option<f64>,
    /// Annual growth over the benchmark's.
    pub capture: Option<f64>,
    /// The same over periods in which the benchmark rose; each annualised with their number.
    pub up_capture: Option<f64>,
    /// The same over periods in which the benchmark fell.
    pub down_capture: Option<f64>,
    /// Up over down capture.
    pub up_down_capture: Option<f64>,
    /// The share of periods in which it was above the benchmark.
    pub batting_average: f64,
}

impl Relative {
    /// Compares `returns` with those of `benchmark` over the same periods.
    ///
    /// # Errors
    /// [`Error::TooShort`](crate::Error::TooShort) with fewer than two returns,
    /// [`Error::LengthsDiffer`](crate::Error::LengthsDiffer),
    /// [`Error::NotFinite`](crate::Error::NotFinite),
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) if a return is below −1.
    pub fn of(returns: &[f64], benchmark: &[f64], basis: &Basis) -> Result<Self> {
        same_length("benchmark", benchmark.len(), returns.len())?;
        at_least("returns", returns.len(), 2)?;
        check(returns)?;
        check(benchmark)?;
        Self::of_checked(returns, benchmark, basis)
    }

    fn of_checked(returns: &[f64], benchmark: &[f64], basis: &Basis) -> Result<Self> {
        let (own, other) = (Moments::of_finite(returns), Moments::of_finite(benchmark));
        let active: Vec<f64> = returns.iter().zip(benchmark).map(|(r, b)| r - b).collect();
        let active_moments = Moments::of_finite(&active);
        let tracking = active_moments.standard_deviation()?;
        let (m, free) = (basis.periods(), basis.risk_free_per_period());
        let cross = cross_sum(returns, benchmark);
        let beta = ratio(cross, other.square_sum);
        let correlation = ratio(cross, own.square_sum.sqrt() * other.square_sum.sqrt());
        let correlation = correlation.map(|value| value.clamp(-1.0, 1.0));
        let sharpe = ratio(own.mean - free, own.standard_deviation()?);
        let annual = annual_of(wealth_of(returns), returns.len(), basis.frequency());
        let side =
            |up: bool| capture_of(returns, benchmark, basis, move |b| (b > 0.0) == up && b != 0.0);
        let (up, down) = (side(true), side(false));
        let ahead = active.iter().filter(|value| **value > 0.0).count();
        Ok(Self {
            beta,
            alpha: beta
                .map(|beta| m * (own.mean - free - beta * (other.mean - free)))
                .filter(|alpha| alpha.is_finite()),
            correlation,
            r_squared: correlation.map(|value| value * value),
            tracking_error: tracking * m.sqrt(),
            information_ratio: ratio(active_moments.mean, tracking).map(|value| value * m.sqrt()),
            treynor: beta.and_then(|beta| signed_ratio(annual - basis.risk_free(), beta)),
            m_squared: sharpe
                .zip(other.standard_deviation().ok())
                .map(|(sharpe, deviation)| basis.risk_free() + m * sharpe * deviation)
                .filter(|figure| figure.is_finite()),
            capture: capture_of(returns, benchmark, basis, |_| true),
            up_capture: up,
            down_capture: down,
            up_down_capture: up.zip(down).and_then(|(up, down)| signed_ratio(up, down)),
            batting_average: ahead as f64 / returns.len() as f64,
        })
    }
}

/// The annual growth over the benchmark's, over the periods that the benchmark's return chooses.
fn capture_of(
    returns: &[f64],
    benchmark: &[f64],
    basis: &Basis,
    chosen: impl Fn(f64) -> bool,
) -> Option<f64> {
    let (mut own, mut other, mut count) = (1.0, 1.0, 0_usize);
    for (value, against) in returns.iter().zip(benchmark).filter(|(_, b)| chosen(**b)) {
        own *= 1.0 + value;
        other *= 1.0 + against;
        count += 1;
    }
    if count == 0 {
        return None;
    }
    let annual = |wealth| annual_of(wealth, count, basis.frequency());
    signed_ratio(annual(own), annual(other))
}

fn ratio(top: f64, bottom: f64) -> Option<f64> {
    (bottom > 0.0).then(|| top / bottom).filter(|value| value.is_finite())
}

fn signed_ratio(top: f64, bottom: f64) -> Option<f64> {
    (bottom != 0.0).then(|| top / bottom).filter(|value| value.is_finite())
}
