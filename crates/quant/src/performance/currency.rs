//! Attribution across currencies by Karnosky and Singer (1994): markets are judged by what they
//! earn above their own cash, currencies by cash plus exchange rate.
//!
//! A market in currency i earns r (local), its cash c, its exchange rate e against the base
//! currency. With weights w of assets and forwards h (which add up to 0):
//! R = Σ wᵢ (rᵢ − cᵢ) + Σ (wᵢ + hᵢ)(cᵢ + eᵢ). Allocation, selection and interaction are those of
//! [`brinson_fachler`] on the premiums r − c; the currency
//! effect is (HP − HB)(c + e − CB) with H = w + h and CB = Σ HB (c + e). All add up to RP − RB.
//!
//! The sums are exact for continuously compounded returns. With simple returns take for e what the
//! market earned in the base currency less r, so that the product of both is in it.
//!
//! ```
//! use quant::performance::currency::{Market, karnosky_singer};
//!
//! let market = |weights: (f64, f64), local: f64, cash: f64, exchange: f64| Market {
//!     portfolio_weight: weights.0, benchmark_weight: weights.1,
//!     portfolio_forward: 0.0, benchmark_forward: 0.0,
//!     portfolio_local: local, benchmark_local: local, cash, exchange,
//! };
//! // The same markets, more of one: all comes from allocation and currency.
//! let attribution = karnosky_singer(&[
//!     market((0.7, 0.5), 0.08, 0.03, -0.02),
//!     market((0.3, 0.5), 0.05, 0.01, 0.00),
//! ])?;
//! let active = attribution.portfolio_return - attribution.benchmark_return;
//! assert!((attribution.markets.allocation - 0.2 * (0.05 - 0.04)).abs() < 1e-15);
//! assert!((attribution.markets.sum() + attribution.currency - active).abs() < 1e-15);
//! # Ok::<(), quant::Error>(())
//! ```

use super::attribution::{Effects, Segment, brinson_fachler, check_weights};
use crate::Result;
use crate::error::{all_finite, at_least};
use crate::moments::sum_of;

/// A market and its currency in one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Market {
    /// Its part of the portfolio's assets; all parts add up to 1.
    pub portfolio_weight: f64,
    /// Its part of the benchmark's assets; all parts add up to 1.
    pub benchmark_weight: f64,
    /// The portfolio's forwards in its currency; all add up to 0.
    pub portfolio_forward: f64,
    /// The benchmark's forwards in its currency; all add up to 0.
    pub benchmark_forward: f64,
    /// What the portfolio earned in it, in its currency.
    pub portfolio_local: f64,
    /// What the benchmark earned in it, in its currency.
    pub benchmark_local: f64,
    /// What cash earned in its currency.
    pub cash: f64,
    /// What its currency gained against the base currency.
    pub exchange: f64,
}

/// The effects of one period.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrencyAttribution {
    /// Allocation, selection and interaction of each market's premium.
    pub per_market: Vec<Effects>,
    /// The currency effect of each market's currency.
    pub per_currency: Vec<f64>,
    /// All markets' effects.
    pub markets: Effects,
    /// All currencies' effects.
    pub currency: f64,
    /// The portfolio's return in the base currency.
    pub portfolio_return: f64,
    /// The benchmark's return in the base currency.
    pub benchmark_return: f64,
}

/// The effects of one period.
///
/// # Errors
/// As [`brinson_fachler`]; [`Error::OutOfBounds`](crate::Error::OutOfBounds) unless forwards add up
/// to 0.
///
/// ```
/// use quant::performance::currency::{Market, karnosky_singer};
///
/// let market = Market {
///     portfolio_weight: 1.0, benchmark_weight: 1.0, portfolio_forward: 0.0,
///     benchmark_forward: 0.0, portfolio_local: 0.07, benchmark_local: 0.05, cash: 0.02,
///     exchange: 0.03,
/// };
/// let made = karnosky_singer(&[market])?;
/// assert!((made.markets.selection - 0.02).abs() < 1e-15 && made.currency.abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn karnosky_singer(markets: &[Market]) -> Result<CurrencyAttribution> {
    at_least("markets", markets.len(), 1)?;
    let each = |value: fn(&Market) -> f64| -> Vec<f64> { markets.iter().map(value).collect() };
    check_weights("portfolio_forward", &each(|market| market.portfolio_forward), 0.0)?;
    check_weights("benchmark_forward", &each(|market| market.benchmark_forward), 0.0)?;
    all_finite("cash", &each(|market| market.cash))?;
    all_finite("exchange", &each(|market| market.exchange))?;
    let premium = |market: &Market| Segment {
        portfolio_weight: market.portfolio_weight,
        benchmark_weight: market.benchmark_weight,
        portfolio_return: market.portfolio_local - market.cash,
        benchmark_return: market.benchmark_local - market.cash,
    };
    let premiums = brinson_fachler(&markets.iter().map(premium).collect::<Vec<_>>())?;
    let earned = |market: &Market| market.cash + market.exchange;
    let own = |market: &Market| market.portfolio_weight + market.portfolio_forward;
    let other = |market: &Market| market.benchmark_weight + market.benchmark_forward;
    let own_currency = sum_of(markets.iter().map(|market| own(market) * earned(market)));
    let other_currency = sum_of(markets.iter().map(|market| other(market) * earned(market)));
    let effect =
        |market: &Market| (own(market) - other(market)) * (earned(market) - other_currency);
    let per_currency: Vec<f64> = markets.iter().map(effect).collect();
    let currency = sum_of(per_currency.iter().copied());
    all_finite("exchange", &[currency, own_currency])?;
    Ok(CurrencyAttribution {
        per_market: premiums.segments,
        per_currency,
        markets: premiums.total,
        currency,
        portfolio_return: premiums.portfolio_return + own_currency,
        benchmark_return: premiums.benchmark_return + other_currency,
    })
}
