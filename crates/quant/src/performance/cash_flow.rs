//! Returns with deposits and withdrawals: XIRR, IRR, Modified Dietz, time-weighted.
//!
//! A [`Flow`] is positive when it is received (a distribution, the final value) and negative when
//! it is paid in, as in Excel's XIRR.
//!
//! # How many rates there are
//! The present value is an exponential polynomial in ln(1 + rate); by Descartes' rule it has at
//! most as many roots as the amounts, by date, change their sign. One change: exactly one root.
//! More: the half-lines of rates above and below zero are searched by interval bounds, which
//! exclude a stretch or show that the value is monotone there, so that no root is missed.
//!
//! ```
//! use quant::performance::cash_flow::{Flow, xirr, xirr_all};
//!
//! let flow = |date: &str, amount| Flow { date: date.parse().expect("a date"), amount };
//! let example = [
//!     flow("2008-01-01", -10_000.0),
//!     flow("2008-03-01", 2_750.0),
//!     flow("2008-10-30", 4_250.0),
//!     flow("2009-02-15", 3_250.0),
//!     flow("2009-04-01", 2_750.0),
//! ];
//! assert!((xirr(&example)? - 0.373362533518831).abs() < 1e-14);
//!
//! let twice = [flow("2020-01-01", -1_000.0), flow("2020-12-31", 2_300.0), flow("2021-12-31",
//! -1_320.0)]; assert!(xirr(&twice).is_err()); assert_eq!(xirr_all(&twice)?.len(), 2);
//! # Ok::<(), quant::Error>(())
//! ```

mod roots;

use kernel::Date;

use crate::error::{all_finite, at_least, same_length};
use crate::moments::check_values;
use crate::{Error, Result};
use roots::{Term, rates_of};

/// The most flows of one call.
pub const FLOWS_MAX: usize = 100_000;

/// An amount on a date: positive when received, negative when paid in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// When.
    pub date: Date,
    /// How much.
    pub amount: f64,
}

/// The yearly rate x with Σ amount / (1 + x)^(days / 365) = 0, where there is exactly one. The
/// order of the flows does not matter.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two flows, [`Error::NotFinite`], [`Error::Undefined`] if
/// there is no rate above −1 or more than one (see [`xirr_all`]).
///
/// ```
/// use quant::performance::cash_flow::{Flow, xirr};
///
/// let flow = |date: &str, amount| Flow { date: date.parse().expect("a date"), amount };
/// let flows = [flow("2023-01-01", -100.0), flow("2024-01-01", 110.0)];
/// assert!((xirr(&flows)? - 0.10).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn xirr(flows: &[Flow]) -> Result<f64> {
    only("XIRR", &xirr_all(flows)?)
}

/// All rates that [`xirr`] may mean, the nearest to zero first; empty if there is none.
///
/// # Errors
/// [`Error::TooShort`], [`Error::NotFinite`]; [`Error::NotConverged`] if two rates lie so close
/// together that rounding hides how many there are.
///
/// ```
/// use quant::performance::cash_flow::{Flow, xirr_all};
///
/// let flow = |date: &str, amount| Flow { date: date.parse().expect("a date"), amount };
/// let flows = [flow("2021-01-01", -100.0), flow("2022-01-01", 230.0), flow("2023-01-01", -132.0)];
/// let rates = xirr_all(&flows)?;
/// assert!((rates[0] - 0.10).abs() < 1e-12 && (rates[1] - 0.20).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn xirr_all(flows: &[Flow]) -> Result<Vec<f64>> {
    check_flows(flows)?;
    let Some(first) = flows.iter().map(|flow| flow.date).min() else {
        return Ok(Vec::new());
    };
    let years = |date| f64::from(days_between(first, date)) / 365.0;
    let terms = flows.iter().map(|flow| Term { years: years(flow.date), amount: flow.amount });
    rates_of(terms.collect())
}

/// The rate a period x with Σ amountᵢ / (1 + x)ⁱ = 0, where there is exactly one.
///
/// # Errors
/// As [`xirr`].
///
/// ```
/// // 60 / 1.1 + 55 / 1.21 = 100.
/// assert!((quant::performance::cash_flow::irr(&[-100.0, 60.0, 55.0])? - 0.1).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn irr(amounts: &[f64]) -> Result<f64> {
    at_least("amounts", amounts.len(), 2)?;
    all_finite("amounts", amounts)?;
    check_count("amounts", amounts.len())?;
    let terms = amounts.iter().enumerate();
    let terms = terms.map(|(index, amount)| Term { years: index as f64, amount: *amount });
    only("IRR", &rates_of(terms.collect())?)
}

/// The net present value Σ amount / (1 + rate)^(days / 365), discounted to the first row's date as
/// Excel's XNPV.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two flows, [`Error::NotFinite`], [`Error::OutOfBounds`]
/// unless rate > −1.
///
/// ```
/// use quant::performance::cash_flow::{Flow, xnpv};
///
/// let flow = |date: &str, amount| Flow { date: date.parse().expect("a date"), amount };
/// let flows = [flow("2023-01-01", -100.0), flow("2024-01-01", 110.0)];
/// assert!(xnpv(0.10, &flows)?.abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn xnpv(rate: f64, flows: &[Flow]) -> Result<f64> {
    check_flows(flows)?;
    if !(rate > -1.0 && rate.is_finite()) {
        return Err(Error::out_of_bounds("rate", rate, "a number above -1"));
    }
    let first = flows.first().map(|flow| flow.date).unwrap_or_default();
    let years = |flow: &Flow| f64::from(days_between(first, flow.date)) / 365.0;
    let value: f64 =
        flows.iter().map(|flow| flow.amount * (-years(flow) * rate.ln_1p()).exp()).sum();
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::Undefined { figure: "XNPV", why: "it is too large for a number" })
}

/// A portfolio between two dates. Its flows are seen from the portfolio: positive when money comes
/// in, negative when it leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holding<'a> {
    /// The first day, before its flows.
    pub start: Date,
    /// The last day, after its flows.
    pub end: Date,
    /// What it was worth at the start.
    pub start_value: f64,
    /// What it was worth at the end.
    pub end_value: f64,
    /// Deposits (above 0) and withdrawals (below 0), from `start` to `end`.
    pub flows: &'a [Flow],
}

/// The return over the whole span by Modified Dietz,
/// (end − start − ΣF) / (start + Σ w F) with w = days left / days of the span (GIPS).
///
/// # Errors
/// [`Error::NotFinite`], [`Error::NotAscending`] if the end is not after the start or a flow lies
/// outside, [`Error::Undefined`] if the average capital is not above 0.
///
/// ```
/// use quant::performance::cash_flow::{Flow, Holding, modified_dietz};
/// let day = |text: &str| text.parse().expect("a date");
/// let flows = [Flow { date: day("2026-01-16"), amount: 100.0 }];
/// let holding = Holding {
///     start: day("2026-01-01"), end: day("2026-01-31"),
///     start_value: 1_000.0, end_value: 1_121.0, flows: &flows,
/// };
/// assert!((modified_dietz(&holding)? - 0.02).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn modified_dietz(holding: &Holding<'_>) -> Result<f64> {
    let days = check_holding(holding)?;
    let (mut paid, mut capital) = (0.0, holding.start_value);
    for flow in holding.flows {
        let left = f64::from(days_between(flow.date, holding.end));
        paid += flow.amount;
        capital += flow.amount * left / days;
    }
    if capital > 0.0 {
        return finite(
            "Modified Dietz",
            (holding.end_value - holding.start_value - paid) / capital,
        );
    }
    Err(Error::Undefined { figure: "Modified Dietz", why: "the average capital is not above 0" })
}

/// The money-weighted return a year: [`xirr`] of the start value and the deposits paid in, the
/// withdrawals and the end value received.
///
/// # Errors
/// As [`modified_dietz`] and [`xirr`].
///
/// ```
/// use quant::performance::cash_flow::{Holding, money_weighted};
///
/// let date = |text: &str| text.parse().expect("a date");
/// let (start, end) = (date("2023-01-01"), date("2024-01-01"));
/// let holding = Holding { start, end, start_value: 100.0, end_value: 108.0, flows: &[] };
/// assert!((money_weighted(&holding)? - 0.08).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn money_weighted(holding: &Holding<'_>) -> Result<f64> {
    check_holding(holding)?;
    let inside = holding.flows.iter().map(|flow| Flow { date: flow.date, amount: -flow.amount });
    let mut flows = vec![Flow { date: holding.start, amount: -holding.start_value }];
    flows.extend(inside);
    flows.push(Flow { date: holding.end, amount: holding.end_value });
    xirr(&flows)
}

/// The time-weighted return Π valueᵢ / (valueᵢ₋₁ + flowᵢ₋₁) − 1: `values` before the flow of the
/// same index, `flows` from the portfolio's side (deposits above 0). The last flow comes after the
/// end and does not count.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two values, [`Error::LengthsDiffer`], [`Error::NotFinite`],
/// [`Error::Undefined`] if a sub-period starts with nothing or less.
///
/// ```
/// use quant::performance::cash_flow::time_weighted;
/// // 100 grow to 110, 50 are paid in, 160 grow to 176: ten per cent twice.
/// assert!((time_weighted(&[100.0, 110.0, 176.0], &[0.0, 50.0, 0.0])? - 0.21).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn time_weighted(values: &[f64], flows: &[f64]) -> Result<f64> {
    at_least("values", values.len(), 2)?;
    same_length("flows", flows.len(), values.len())?;
    check_values("values", values)?;
    all_finite("flows", flows)?;
    let mut wealth = 1.0;
    for (pair, flow) in values.windows(2).zip(flows) {
        let start = pair[0] + flow;
        if start <= 0.0 {
            let why = "a sub-period starts with nothing or less";
            return Err(Error::Undefined { figure: "time-weighted return", why });
        }
        wealth *= pair[1] / start;
    }
    finite("time-weighted return", wealth - 1.0)
}

fn only(figure: &'static str, rates: &[f64]) -> Result<f64> {
    match rates {
        [rate] => Ok(*rate),
        [] => Err(Error::Undefined { figure, why: "no rate makes the present value zero" }),
        _ => Err(Error::Undefined { figure, why: "several rates make the present value zero" }),
    }
}

fn finite(figure: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::Undefined { figure, why: "it is too large for a number" })
}

fn check_flows(flows: &[Flow]) -> Result<()> {
    at_least("flows", flows.len(), 2)?;
    check_count("flows", flows.len())?;
    match flows.iter().position(|flow| !flow.amount.is_finite()) {
        Some(index) => Err(Error::NotFinite { argument: "flows", index }),
        None => Ok(()),
    }
}

fn check_count(argument: &'static str, count: usize) -> Result<()> {
    if count <= FLOWS_MAX {
        return Ok(());
    }
    Err(Error::out_of_bounds(argument, count as f64, format!("at most {FLOWS_MAX} values")))
}

/// The days of the span.
fn check_holding(holding: &Holding<'_>) -> Result<f64> {
    all_finite("start_value", &[holding.start_value])?;
    all_finite("end_value", &[holding.end_value])?;
    check_count("flows", holding.flows.len())?;
    if holding.end <= holding.start {
        return Err(Error::NotAscending { argument: "end", index: 0 });
    }
    for (index, flow) in holding.flows.iter().enumerate() {
        if !flow.amount.is_finite() {
            return Err(Error::NotFinite { argument: "flows", index });
        }
        if flow.date < holding.start || flow.date > holding.end {
            return Err(Error::NotAscending { argument: "flows", index });
        }
    }
    Ok(f64::from(days_between(holding.start, holding.end)))
}

fn days_between(start: Date, end: Date) -> i32 {
    (end - start).get_days()
}
