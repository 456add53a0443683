//! How often returns come, and what they are measured against.

use crate::{Error, Result};

/// How many periods, of which each return covers one, make a year.
///
/// ```
/// use quant::performance::Frequency;
/// assert_eq!(Frequency::MONTHLY.periods_per_year(), 12.0);
/// assert!(Frequency::new(0.0).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Frequency(f64);

impl Frequency {
    /// Trading days: 252 a year.
    pub const DAILY: Self = Self(252.0);
    /// Calendar days, for what trades always: 365 a year.
    pub const CALENDAR_DAILY: Self = Self(365.0);
    /// Weeks: 52 a year.
    pub const WEEKLY: Self = Self(52.0);
    /// Months: 12 a year.
    pub const MONTHLY: Self = Self(12.0);
    /// Quarters: 4 a year.
    pub const QUARTERLY: Self = Self(4.0);
    /// Years.
    pub const YEARLY: Self = Self(1.0);

    /// Any other number of periods a year.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] unless the number is from 0.01 (a century) to 1e9.
    pub fn new(periods_per_year: f64) -> Result<Self> {
        if (0.01..=1e9).contains(&periods_per_year) {
            return Ok(Self(periods_per_year));
        }
        let expected = "a number from 0.01 to 1e9";
        Err(Error::out_of_bounds("periods_per_year", periods_per_year, expected))
    }

    /// The number of periods a year.
    #[must_use]
    pub const fn periods_per_year(self) -> f64 {
        self.0
    }
}

/// What figures are annualised with and measured against.
///
/// ```
/// use quant::performance::{Basis, Frequency};
/// let basis = Basis::new(Frequency::MONTHLY).with_risk_free(0.04)?;
/// assert!((basis.risk_free_per_period() - 0.0032737397821989145).abs() < 1e-16);
/// # Ok::<(), quant::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basis {
    frequency: Frequency,
    risk_free: f64,
    required_return: f64,
}

impl Basis {
    /// A basis without a risk-free rate and without a required return.
    #[must_use]
    pub const fn new(frequency: Frequency) -> Self {
        Self { frequency, risk_free: 0.0, required_return: 0.0 }
    }

    /// With a risk-free rate a year: what Sharpe ratios, alphas and Treynor ratios subtract.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] unless it is a number above −1, at most 10.
    pub fn with_risk_free(self, risk_free: f64) -> Result<Self> {
        check_rate("risk_free", risk_free)?;
        Ok(Self { risk_free, ..self })
    }

    /// With a required return a year (minimum acceptable return): the threshold of Sortino and
    /// Omega ratios.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] unless it is a number above −1, at most 10.
    pub fn with_required_return(self, required_return: f64) -> Result<Self> {
        check_rate("required_return", required_return)?;
        Ok(Self { required_return, ..self })
    }

    /// How often returns come.
    #[must_use]
    pub const fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// The periods a year.
    #[must_use]
    pub const fn periods(&self) -> f64 {
        self.frequency.0
    }

    /// The risk-free rate a year.
    #[must_use]
    pub const fn risk_free(&self) -> f64 {
        self.risk_free
    }

    /// The risk-free rate a period, by compounding.
    #[must_use]
    pub fn risk_free_per_period(&self) -> f64 {
        per_period(self.risk_free, self.frequency)
    }

    /// The required return a period, by compounding.
    #[must_use]
    pub fn required_per_period(&self) -> f64 {
        per_period(self.required_return, self.frequency)
    }
}

fn per_period(rate: f64, frequency: Frequency) -> f64 {
    (rate.ln_1p() / frequency.0).exp_m1()
}

fn check_rate(argument: &'static str, rate: f64) -> Result<()> {
    if rate > -1.0 && rate <= 10.0 {
        return Ok(());
    }
    Err(Error::out_of_bounds(argument, rate, "a number above -1, at most 10"))
}
