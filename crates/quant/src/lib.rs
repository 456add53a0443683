//! Everything a terminal, a wealth page, a risk engine or a back-test computes about prices. Pure:
//! numbers in, numbers out; no file, no clock, no randomness but the caller's seed.
//!
//! What this crate owns: [`indicators`] over bars, the [`sweep`] of rules over many parameters,
//! [`performance`] and [`risk`] figures of returns, [`portfolio`] construction, and [`series`]
//! (forecasts, decomposition, tests of time series); below them [`moments`] and [`distribution`].
//!
//! What must stay true:
//! - this is the one crate where binary floating point is used, and no balance is computed here;
//! - input is checked at the public face: a slice that is too short, a value that is not finite or
//!   a parameter out of its bounds is an [`Error`] that names the argument; clean input never gives
//!   a NaN that the documentation does not name, and nothing panics or loops without end;
//! - the answer is the same on each run and on any number of threads;
//! - every function says its formula, units, conventions and source, and is compared with values
//!   that another program gave (`testdata/`).
#![allow(clippy::float_arithmetic, reason = "statistics are what this crate is for")]

pub mod algebra;
pub mod distribution;
pub mod error;
pub mod indicators;
pub mod moments;
pub mod performance;
pub mod portfolio;
mod random;
pub mod risk;
pub mod series;
pub mod sweep;

pub use error::{Error, Result};
