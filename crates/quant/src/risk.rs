//! Risk: how much can be lost, how that moves, and what it comes from.
//!
//! | question | module |
//! | --- | --- |
//! | how much is lost on a bad day? | [`value_at_risk`], [`monte_carlo`] |
//! | was that forecast right? | [`backtest`] (Kupiec, Christoffersen, Basel's traffic light) |
//! | which position makes the risk? | [`contribution`] |
//! | how volatile are the next days? | [`volatility`] (EWMA), [`garch`] (GARCH, GJR, EGARCH) |
//! | what drives the returns? | [`regression`] on factors, with Newey-West errors |
//! | how do assets move together? | [`covariance`], [`repair`], [`cluster`] |
//! | what if? | [`stress`] |
//! | how much to stake? | [`kelly`] |
//! | how sure is a figure? | [`bootstrap`] |
//!
//! # Conventions
//! - Returns are simple, a fraction per period. Values at risk and shortfalls are losses: positive
//!   numbers, of one period, at a level such as 0.95 that names the probability of not losing more.
//! - Variances divide by n − 1 unless a function says otherwise; nothing is annualised.
//! - Random numbers come from the caller's seed: one seed, one answer.

pub mod backtest;
pub mod bootstrap;
pub mod cluster;
pub mod contribution;
pub mod covariance;
pub mod garch;
pub mod kelly;
pub mod monte_carlo;
pub mod regression;
pub mod repair;
pub mod stress;
pub mod value_at_risk;
pub mod volatility;
