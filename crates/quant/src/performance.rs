//! Performance: what money earned, against what risk, and who earned it.
//!
//! | question | module |
//! | --- | --- |
//! | what did it earn? | [`returns`] of prices, [`cash_flow`] with deposits and withdrawals |
//! | how far did it fall, how long? | [`drawdown`] |
//! | was it worth the risk? | [`ratio`] (Sharpe, Sortino, …), [`outcome`] (win rate, …) |
//! | and against a benchmark? | [`relative`] (alpha, beta, capture, information ratio) |
//! | how did that change? | [`rolling`] |
//! | all of it at once | [`tear_sheet`] |
//! | who earned it? | [`attribution`], [`currency`] (both of one period), [`linking`] of many |
//!
//! # Conventions
//! - A return is simple, a fraction per period: 0.01 is one per cent. Drawdowns and losses are
//!   negative numbers where they are returns.
//! - Means and standard deviations are annualised with the number of periods a year of the
//!   [`Basis`], growth is compounded: (1 + r)^(periods a year / n) − 1.
//! - The risk-free rate and the required return of a [`Basis`] are a year's, and are taken to a
//!   period by compounding: (1 + r)^(1 / periods a year) − 1 (quantstats; empyrical wants them per
//!   period).
//! - Standard deviations divide by n − 1; downside deviations by n.
//! - Returns are at most 1e60 in size ([`crate::moments::VALUE_MAX`]), so that no figure overflows.
//! - A figure that has no value (no loss to divide by) is [`crate::Error::Undefined`], in a tear
//!   sheet `None`; never a NaN or an infinity.

pub mod attribution;
pub mod basis;
pub mod cash_flow;
pub mod currency;
pub mod drawdown;
pub mod linking;
pub mod outcome;
pub mod ratio;
pub mod relative;
pub mod returns;
pub mod rolling;
pub mod tear_sheet;

pub use basis::{Basis, Frequency};
