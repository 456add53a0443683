//! Effects of many periods made to add up to the compounded active return.
//!
//! Effects of one period add up to R − B of that period, but returns compound over periods. Both
//! methods scale each period's effects so that all together make Π(1 + R) − Π(1 + B):
//! - Carino (1999): kₜ / K with k = (ln(1 + R) − ln(1 + B)) / (R − B), the limit 1 / (1 + R);
//! - Menchero (2000): M + αₜ with M = (R − B)/T / ((1 + R)^(1/T) − (1 + B)^(1/T)), and the αₜ, in
//!   proportion to each period's active return, the smallest that leave no residual.
//!
//! ```
//! use quant::performance::linking::{Method, Period, link};
//!
//! let periods = [
//!     Period { portfolio_return: 0.10, benchmark_return: 0.05, effects: &[0.03, 0.02] },
//!     Period { portfolio_return: -0.02, benchmark_return: 0.01, effects: &[-0.04, 0.01] },
//! ];
//! let active = 1.10 * 0.98 - 1.05 * 1.01;
//! for method in [Method::Carino, Method::Menchero] {
//!     let linked = link(&periods, method)?;
//!     assert!((linked.iter().sum::<f64>() - active).abs() < 1e-15);
//! }
//! # Ok::<(), quant::Error>(())
//! ```

use std::slice;

use super::attribution::{Attribution, Effects, total_of};
use super::currency::CurrencyAttribution;
use crate::error::{all_finite, at_least, same_length};
use crate::moments::{Sum, sum_of};
use crate::{Error, Result};

/// How effects are linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By logarithms.
    Carino,
    /// By an optimal correction.
    Menchero,
}

/// One period's effects, which must add up to its active return.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period<'a> {
    /// The portfolio's return, above −1.
    pub portfolio_return: f64,
    /// The benchmark's return, above −1.
    pub benchmark_return: f64,
    /// As many effects each period.
    pub effects: &'a [f64],
}

/// By how much effects may miss their period's active return.
const EFFECTS_WITHIN: f64 = 1e-9;

/// Each effect over all periods. They add up to the compounded active return.
///
/// # Errors
/// [`Error::TooShort`] without periods, [`Error::LengthsDiffer`] if a period has more or fewer
/// effects than the first, [`Error::NotFinite`], [`Error::OutOfBounds`] if a return is not above −1
/// or effects do not add up to the active return of their period (within 1e-9).
///
/// ```
/// use quant::performance::linking::{Method, Period, link};
///
/// // Of one period the effects are what they were.
/// let period = Period { portfolio_return: 0.05, benchmark_return: 0.03, effects: &[0.02] };
/// assert!((link(&[period], Method::Carino)?[0] - 0.02).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn link(periods: &[Period<'_>], method: Method) -> Result<Vec<f64>> {
    at_least("periods", periods.len(), 1)?;
    let width = periods.first().map_or(0, |period| period.effects.len());
    for period in periods {
        same_length("effects", period.effects.len(), width)?;
        check(period)?;
    }
    let factors = match method {
        Method::Carino => carino(periods),
        Method::Menchero => menchero(periods),
    };
    all_finite("portfolio_return", &factors)?;
    let mut linked = vec![Sum::default(); width];
    for (period, factor) in periods.iter().zip(&factors) {
        for (sum, effect) in linked.iter_mut().zip(period.effects) {
            sum.add(factor * effect);
        }
    }
    let linked: Vec<f64> = linked.into_iter().map(Sum::value).collect();
    all_finite("effects", &linked)?;
    Ok(linked)
}

/// Links the attributions of many periods with the same segments.
///
/// # Errors
/// As [`link`].
///
/// ```
/// use quant::performance::attribution::{Segment, brinson_fachler};
/// use quant::performance::linking::{Method, link_attributions};
///
/// let year = |portfolio_return, benchmark_return| {
///     let (portfolio_weight, benchmark_weight) = (1.0, 1.0);
///     brinson_fachler(&[Segment {
///         portfolio_weight, benchmark_weight, portfolio_return, benchmark_return,
///     }])
/// };
/// let linked = link_attributions(&[year(0.05, 0.03)?, year(0.01, 0.02)?], Method::Menchero)?;
/// let active = 1.05 * 1.01 - 1.03 * 1.02;
/// assert!((linked.total.sum() - active).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn link_attributions(periods: &[Attribution], method: Method) -> Result<Attribution> {
    let effects: Vec<Vec<f64>> = periods.iter().map(|period| flat(&period.segments)).collect();
    let returns = periods.iter().map(|period| (period.portfolio_return, period.benchmark_return));
    let returns: Vec<(f64, f64)> = returns.collect();
    let segments = effects_of(&link_flat(&returns, &effects, method)?);
    Ok(Attribution {
        total: total_of(&segments),
        segments,
        portfolio_return: growth(returns.iter().map(|pair| pair.0)),
        benchmark_return: growth(returns.iter().map(|pair| pair.1)),
    })
}

/// Links the currency attributions of many periods with the same markets.
///
/// # Errors
/// As [`link`].
///
/// ```
/// use quant::performance::currency::{Market, karnosky_singer};
/// use quant::performance::linking::{Method, link_currency_attributions};
///
/// let year = |portfolio_local, benchmark_local| {
///     karnosky_singer(&[Market {
///         portfolio_weight: 1.0, benchmark_weight: 1.0, portfolio_forward: 0.0,
///         benchmark_forward: 0.0, portfolio_local, benchmark_local, cash: 0.02, exchange: 0.0,
///     }])
/// };
/// let years = [year(0.05, 0.03)?, year(0.01, 0.02)?];
/// let linked = link_currency_attributions(&years, Method::Carino)?;
/// let active = linked.portfolio_return - linked.benchmark_return;
/// assert!((linked.markets.sum() + linked.currency - active).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn link_currency_attributions(
    periods: &[CurrencyAttribution],
    method: Method,
) -> Result<CurrencyAttribution> {
    let all = |period: &CurrencyAttribution| -> Vec<f64> {
        flat(&period.per_market).into_iter().chain(period.per_currency.iter().copied()).collect()
    };
    let effects: Vec<Vec<f64>> = periods.iter().map(all).collect();
    let returns = periods.iter().map(|period| (period.portfolio_return, period.benchmark_return));
    let returns: Vec<(f64, f64)> = returns.collect();
    let linked = link_flat(&returns, &effects, method)?;
    let markets = periods.first().map_or(0, |period| period.per_market.len());
    let (of_markets, of_currencies) = linked.split_at((3 * markets).min(linked.len()));
    let per_market = effects_of(of_markets);
    Ok(CurrencyAttribution {
        markets: total_of(&per_market),
        per_market,
        currency: sum_of(of_currencies.iter().copied()),
        per_currency: of_currencies.to_vec(),
        portfolio_return: growth(returns.iter().map(|pair| pair.0)),
        benchmark_return: growth(returns.iter().map(|pair| pair.1)),
    })
}

fn link_flat(returns: &[(f64, f64)], effects: &[Vec<f64>], method: Method) -> Result<Vec<f64>> {
    let periods: Vec<Period<'_>> = returns
        .iter()
        .zip(effects)
        .map(|((own, other), effects)| Period {
            portfolio_return: *own,
            benchmark_return: *other,
            effects,
        })
        .collect();
    link(&periods, method)
}

fn flat(effects: &[Effects]) -> Vec<f64> {
    effects.iter().flat_map(|e| [e.allocation, e.selection, e.interaction]).collect()
}

fn effects_of(flat: &[f64]) -> Vec<Effects> {
    let parts = flat.chunks_exact(3);
    parts
        .map(|part| Effects { allocation: part[0], selection: part[1], interaction: part[2] })
        .collect()
}

fn growth(returns: impl Iterator<Item = f64>) -> f64 {
    returns.fold(1.0, |wealth, value| wealth * (1.0 + value)) - 1.0
}

fn check(period: &Period<'_>) -> Result<()> {
    all_finite("effects", period.effects)?;
    let pairs = [
        ("portfolio_return", period.portfolio_return),
        ("benchmark_return", period.benchmark_return),
    ];
    for (argument, value) in pairs {
        if !(value > -1.0 && value.is_finite()) {
            return Err(Error::out_of_bounds(argument, value, "a number above -1"));
        }
    }
    let sum = period.effects.iter().sum::<f64>();
    let active = period.portfolio_return - period.benchmark_return;
    if (sum - active).abs() <= EFFECTS_WITHIN * active.abs().max(1.0) {
        return Ok(());
    }
    Err(Error::out_of_bounds("effects", sum, format!("effects that add up to {active}")))
}

fn carino(periods: &[Period<'_>]) -> Vec<f64> {
    let slope = |growth: Growth| {
        if growth.active == 0.0 { 1.0 / growth.other } else { growth.log_ratio() / growth.active }
    };
    let whole = slope(Growth::of(periods));
    periods.iter().map(|period| slope(Growth::of(slice::from_ref(period))) / whole).collect()
}

fn menchero(periods: &[Period<'_>]) -> Vec<f64> {
    let growth = Growth::of(periods);
    let count = periods.len() as f64;
    // (1 + R)^(1/T) − (1 + B)^(1/T).
    let roots = growth.other.powf(1.0 / count) * (growth.log_ratio() / count).exp_m1();
    let natural = if roots == 0.0 {
        growth.other.powf((count - 1.0) / count)
    } else {
        growth.active / (count * roots)
    };
    let active = |period: &Period<'_>| period.portfolio_return - period.benchmark_return;
    let (mut sum, mut squares) = (Sum::default(), Sum::default());
    for period in periods {
        sum.add(active(period));
        squares.add(active(period) * active(period));
    }
    let residual = growth.active - natural * sum.value();
    let correction = if squares.value() > 0.0 { residual / squares.value() } else { 0.0 };
    periods.iter().map(|period| natural + correction * active(period)).collect()
}

/// What two returns make over some periods.
struct Growth {
    /// Π(1 + B).
    other: f64,
    /// Π(1 + R) − Π(1 + B), without cancellation where they are close: effects much larger than
    /// their sum would carry its rounding many times over.
    active: f64,
}

impl Growth {
    fn of(periods: &[Period<'_>]) -> Self {
        let start = Self { other: 1.0, active: 0.0 };
        periods.iter().fold(start, |before, period| Self {
            other: before.other * (1.0 + period.benchmark_return),
            active: before.active * (1.0 + period.portfolio_return)
                + before.other * (period.portfolio_return - period.benchmark_return),
        })
    }

    /// ln Π(1 + R) − ln Π(1 + B).
    fn log_ratio(&self) -> f64 {
        (self.active / self.other).ln_1p()
    }
}
