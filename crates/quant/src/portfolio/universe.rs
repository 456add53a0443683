//! The assets that a portfolio may hold, as their past shows them.

use super::constraints::ASSETS_MAX;
use super::mean_variance::{Moments, as_number};
use crate::algebra::Matrix;
use crate::error::{Error, Result, all_finite, at_least, same_length};
use crate::performance::{Frequency, returns};
use crate::risk::covariance::{self, Estimator};

/// Returns of assets over the same periods, and what is expected of a year.
///
/// The expected return of a year is the mean of a period times their number, and so is the
/// covariance: arithmetic, as in PyPortfolioOpt (`compounding=False`) and skfolio. The mean of the
/// past says little of the future; [`Universe::with_expected_returns`] takes one's own.
///
/// ```
/// use quant::performance::Frequency;
/// use quant::portfolio::Universe;
/// use quant::risk::covariance::Estimator;
///
/// let prices = [[100.0, 101.0, 99.0, 102.0], [50.0, 50.5, 50.0, 51.0]];
/// let universe = Universe::of_prices(&prices, Frequency::MONTHLY, Estimator::LedoitWolf)?;
/// assert_eq!((universe.assets(), universe.returns().rows()), (2, 3));
/// # Ok::<(), quant::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Universe {
    returns: Matrix,
    moments: Moments,
}

impl Universe {
    /// Of simple returns: a row a period, a column an asset.
    ///
    /// # Errors
    /// [`Error::TooShort`] with no asset or fewer than two periods (three prices),
    /// [`Error::OutOfBounds`] with more than 5,000 assets, [`Error::NotFinite`].
    pub fn of_returns(returns: Matrix, frequency: Frequency, estimator: Estimator) -> Result<Self> {
        at_least("symbols", returns.columns(), 1)?;
        at_least("prices", returns.rows() + 1, 3)?;
        if returns.columns() > ASSETS_MAX {
            let found = as_number(returns.columns());
            return Err(Error::out_of_bounds("symbols", found, "at most 5000 assets"));
        }
        let scale = frequency.periods_per_year();
        let mut covariance = covariance::estimate(&returns, estimator)?;
        for asset in 0..covariance.rows() {
            covariance.row_mut(asset).iter_mut().for_each(|value| *value *= scale);
        }
        let periods = as_number(returns.rows());
        let mean = |asset: usize| returns.column(asset).iter().sum::<f64>() / periods;
        let expected_returns = (0..returns.columns()).map(|asset| scale * mean(asset)).collect();
        Ok(Self { returns, moments: Moments { expected_returns, covariance } })
    }

    /// Of prices: a slice an asset, all over the same dates, the oldest first, each above 0.
    ///
    /// # Errors
    /// As [`Universe::of_returns`]; [`Error::LengthsDiffer`], [`Error::OutOfBounds`] for a price
    /// that is not above 0.
    pub fn of_prices<P: AsRef<[f64]>>(
        prices: &[P],
        frequency: Frequency,
        estimator: Estimator,
    ) -> Result<Self> {
        at_least("symbols", prices.len(), 1)?;
        let periods = prices.first().map_or(0, |first| first.as_ref().len());
        let mut columns = Vec::with_capacity(prices.len());
        for asset in prices {
            same_length("prices", asset.as_ref().len(), periods)?;
            columns.push(returns::simple(asset.as_ref())?);
        }
        Self::of_returns(Matrix::from_rows(&columns)?.transpose(), frequency, estimator)
    }

    /// The same assets, of which something else is expected: a return a year for each.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`], [`Error::NotFinite`].
    pub fn with_expected_returns(mut self, expected_returns: &[f64]) -> Result<Self> {
        same_length("expected_returns", expected_returns.len(), self.assets())?;
        all_finite("expected_returns", expected_returns)?;
        self.moments.expected_returns = expected_returns.to_vec();
        Ok(self)
    }

    /// How many assets there are.
    #[must_use]
    pub fn assets(&self) -> usize {
        self.returns.columns()
    }

    /// The returns: a row a period, a column an asset.
    #[must_use]
    pub const fn returns(&self) -> &Matrix {
        &self.returns
    }

    /// Expected returns and covariance of a year.
    #[must_use]
    pub const fn moments(&self) -> &Moments {
        &self.moments
    }
}
