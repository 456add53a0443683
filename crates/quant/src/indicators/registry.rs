//! The one list of indicators.

use std::sync::LazyLock;

use super::{Indicator, crossing, pivots, renko, talib, volume_profile, vwap};
use crate::{Error, Result};

static REGISTRY: LazyLock<Vec<Indicator>> = LazyLock::new(|| {
    let mut all: Vec<Indicator> = talib::describe().collect();
    all.extend(crossing::describe(&all));
    all.extend(pivots::describe());
    all.extend([crossing::of_two(), renko::describe()]);
    all.extend([volume_profile::describe(), vwap::describe()]);
    all.sort_by_key(|indicator| indicator.name);
    all
});

/// Every indicator, by name.
///
/// ```
/// assert!(quant::indicators::all().iter().any(|indicator| indicator.name == "RSI"));
/// ```
#[must_use]
pub fn all() -> &'static [Indicator] {
    &REGISTRY
}

/// The indicator of a name, in capitals or not.
///
/// # Errors
/// There is none.
///
/// ```
/// let rsi = quant::indicators::find("rsi")?;
/// assert_eq!(rsi.parameters[0].name, "time_period");
/// # Ok::<(), quant::Error>(())
/// ```
pub fn find(name: &str) -> Result<&'static Indicator> {
    let wanted = name.to_ascii_uppercase();
    let found = all().binary_search_by(|indicator| indicator.name.cmp(wanted.as_str()));
    let unknown = || Error::Unknown { argument: "indicator", found: name.to_owned() };
    found.ok().and_then(|at| all().get(at)).ok_or_else(unknown)
}
