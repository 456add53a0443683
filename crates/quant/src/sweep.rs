//! One rule over thousands of parameters and many symbols, in one pass over the bars.
//!
//! A rule buys when one line comes to lie above another, and sells when a line comes to lie above
//! another (the same two the other way round, say). Lines are outputs of indicators, the closing
//! price, or fixed levels. Every line is computed once, by its stream, for all the rules that read
//! it, a block of bars at a time, so that a block stays in the cache while all rules go over it;
//! memory does not grow with the number of bars.
//!
//! # Conventions
//! - All of the equity is in the symbol, or none of it; there is no leverage and no short sale. It
//!   begins at 1, in cash, which earns nothing.
//! - A signal is seen and traded at the same bar's close. The fee is a share of the value traded:
//!   buying takes `1 / (1 + fee)` of the equity, selling `1 - fee`, as in vectorbt.
//! - A rule needs a crossing: a line that lies above from the beginning has not crossed. Bars on
//!   which lines are equal are passed over (see the indicator `CROSS`).
//! - Where buying and selling fall on one bar, what is held is sold, and what is not is bought.
//! - A bar's return is `equity / equity before - 1`, and that of the first bar 0. The Sharpe ratio
//!   is their mean over their standard deviation (divided by `bars - 1`), times the root of the
//!   bars in a year, without a riskless rate. The drawdown is the deepest fall from a peak of the
//!   closes, as a share of it. A trade is a purchase, closed or still open.
//! - A rule's figures depend on nothing but its symbol and itself: they are the same on each run
//!   and for any number of threads.
//!
//! # Example
//! ```
//! use quant::indicators::{Input, Inputs};
//! use quant::sweep::{Options, Plan, sweep};
//!
//! let close: Vec<f64> = (0..500).map(|day| 100.0 + (f64::from(day) / 9.0).sin() * 10.0).collect();
//! let symbols = [Inputs::new().with(Input::Close, &close)?];
//! let plan = Plan::crossings("SMA", &[3, 5, 10, 20])?;
//! let figures = sweep(&plan, &symbols, &Options::default())?;
//! assert_eq!(figures[0].len(), 6); // 3 over 5, 3 over 10, 3 over 20, 5 over 10 ...
//! assert!(figures[0][0].equity > 1.0 && figures[0][0].trades > 5);
//! # Ok::<(), quant::Error>(())
//! ```

mod account;
mod engine;
mod plan;

pub use account::Figures;
pub use engine::{Options, curve, sweep};
pub use plan::{Cross, Line, Plan, RULES_MAX, Rule, STUDIES_MAX};
