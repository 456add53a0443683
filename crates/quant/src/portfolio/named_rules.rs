//! Rules in the words of whoever asks: by the names of assets, each only where it is wanted.

use super::constraints::{Cardinality, Constraints, Group, Tracking, Trading};
use super::mean_variance::{NODES_MAX, as_number};
use crate::error::{Error, Result, all_finite, same_length};

/// Rules over named assets; what is left out is no rule. Shares are of the whole portfolio.
///
/// ```
/// use quant::portfolio::{NamedBounds, NamedRules};
///
/// let names = ["AAPL", "MSFT", "GLD"].map(str::to_owned);
/// let gold = NamedBounds { name: "GLD".to_owned(), lower: 0.1, upper: 0.3 };
/// let rules = NamedRules { weight_max: 0.6, bounds: vec![gold], ..NamedRules::default() };
/// let constraints = rules.constraints(&names)?;
/// assert_eq!(constraints.upper, [0.6, 0.6, 0.3]);
/// # Ok::<(), quant::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NamedRules {
    /// The least weight of each asset: 0 for long only.
    pub weight_min: f64,
    /// The greatest weight of each asset.
    pub weight_max: f64,
    /// Other bounds for some of them.
    pub bounds: Vec<NamedBounds>,
    /// Bounds of sums over several.
    pub groups: Vec<NamedGroup>,
    /// The weights held now; what is not named is not held.
    pub current: Vec<(String, f64)>,
    /// The most of Σ|w − current|.
    pub turnover_max: Option<f64>,
    /// What buying and selling cost, as a share of the traded value.
    pub cost: Option<f64>,
    /// A benchmark's weights; what is not named it does not hold.
    pub benchmark: Vec<(String, f64)>,
    /// The greatest tracking error, a year's.
    pub tracking_error_max: Option<f64>,
    /// The most assets that are held.
    pub assets_max: Option<usize>,
    /// The least weight of an asset that is held.
    pub held_min: Option<f64>,
    /// The most nodes that the search for them looks at.
    pub nodes_max: usize,
}

/// Bounds of one asset.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedBounds {
    /// The asset.
    pub name: String,
    /// The least weight.
    pub lower: f64,
    /// The greatest weight.
    pub upper: f64,
}

/// Bounds of a sum of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedGroup {
    /// How errors call it.
    pub name: String,
    /// Its assets.
    pub members: Vec<String>,
    /// The least sum, or −∞.
    pub lower: f64,
    /// The greatest sum, or +∞.
    pub upper: f64,
}

impl Default for NamedRules {
    /// Long only.
    fn default() -> Self {
        Self {
            weight_min: 0.0,
            weight_max: 1.0,
            bounds: Vec::new(),
            groups: Vec::new(),
            current: Vec::new(),
            turnover_max: None,
            cost: None,
            benchmark: Vec::new(),
            tracking_error_max: None,
            assets_max: None,
            held_min: None,
            nodes_max: NODES_MAX,
        }
    }
}

impl NamedRules {
    /// The rules for assets of these names, in their order.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a name that no asset has, [`Error::OutOfBounds`] for one that two
    /// have, [`Error::Missing`] where a rule lacks its partner: turnover and cost the weights held
    /// now, a tracking error the benchmark, and the reverse; [`Error::Infeasible`] where bounds
    /// cross; else as [`Constraints::check`].
    pub fn constraints(&self, names: &[String]) -> Result<Constraints> {
        check_names(names)?;
        all_finite("weight_min", &[self.weight_min])?;
        all_finite("weight_max", &[self.weight_max])?;
        self.check_limits()?;
        let mut rules = Constraints::between(names.len(), self.weight_min, self.weight_max);
        for bounds in &self.bounds {
            all_finite("bounds", &[bounds.lower, bounds.upper])?;
            let asset = place(names, "bounds", &bounds.name)?;
            (rules.lower[asset], rules.upper[asset]) = (bounds.lower, bounds.upper);
        }
        let bounds = names.iter().zip(rules.lower.iter().zip(&rules.upper));
        for (name, (lower, upper)) in bounds {
            if lower > upper {
                let why = format!("the bounds of {name} cross: {lower} above {upper}");
                return Err(Error::Infeasible { why });
            }
        }
        for group in &self.groups {
            let place = |name: &String| Ok((place(names, "groups", name)?, 1.0));
            let coefficients = group.members.iter().map(place).collect::<Result<_>>()?;
            let NamedGroup { name, lower, upper, .. } = group.clone();
            rules = rules.with_rule(Group { name, coefficients, lower, upper });
        }
        rules.trading = self.trading(names)?;
        rules.tracking = self.tracking(names)?;
        if self.assets_max.is_some() || self.held_min.is_some() {
            rules.cardinality = Some(Cardinality {
                assets_max: self.assets_max.unwrap_or(names.len()),
                weight_min: self.held_min.unwrap_or(0.0),
                nodes_max: self.nodes_max,
            });
        }
        rules.check()?;
        Ok(rules)
    }

    fn check_limits(&self) -> Result<()> {
        let limits = [
            ("turnover_max", self.turnover_max),
            ("cost", self.cost),
            ("tracking_error_max", self.tracking_error_max),
            ("held_min", self.held_min),
        ];
        for (argument, limit) in limits {
            let Some(found) = limit else { continue };
            if !(found >= 0.0 && found.is_finite()) {
                return Err(Error::out_of_bounds(argument, found, "a number not below 0"));
            }
        }
        Ok(())
    }

    fn trading(&self, names: &[String]) -> Result<Option<Trading>> {
        if self.current.is_empty() {
            let is_ruled = self.turnover_max.is_some() || self.cost.is_some();
            return if is_ruled { Err(Error::Missing { argument: "current" }) } else { Ok(None) };
        }
        let cost = vec![self.cost.unwrap_or(0.0); names.len()];
        Ok(Some(Trading {
            current: weights(names, "current", &self.current)?,
            buy_cost: cost.clone(),
            sell_cost: cost,
            turnover_max: self.turnover_max.unwrap_or(f64::INFINITY),
        }))
    }

    fn tracking(&self, names: &[String]) -> Result<Option<Tracking>> {
        match (self.benchmark.is_empty(), self.tracking_error_max) {
            (true, None) => Ok(None),
            (true, Some(_)) => Err(Error::Missing { argument: "benchmark" }),
            (false, None) => Err(Error::Missing { argument: "tracking_error_max" }),
            (false, Some(error_max)) => {
                let benchmark = weights(names, "benchmark", &self.benchmark)?;
                Ok(Some(Tracking { benchmark, error_max }))
            }
        }
    }
}

fn check_names(names: &[String]) -> Result<()> {
    let mut known = std::collections::BTreeSet::new();
    match names.iter().position(|name| !known.insert(name)) {
        Some(twice) => {
            let expected = format!("each name once: {} is there twice", names[twice]);
            Err(Error::out_of_bounds("symbols", as_number(twice), expected))
        }
        None => Ok(()),
    }
}

fn place(names: &[String], argument: &'static str, name: &str) -> Result<usize> {
    let unknown = || Error::Unknown { argument, found: name.to_owned() };
    names.iter().position(|known| known == name).ok_or_else(unknown)
}

/// The named values in the order of `names`, what is not named 0.
fn weights(names: &[String], argument: &'static str, named: &[(String, f64)]) -> Result<Vec<f64>> {
    let mut weights = vec![0.0; names.len()];
    set_named(names, argument, named, &mut weights)?;
    Ok(weights)
}

/// Puts what is said by name into `values`, which are in the order of `names`; the others stay.
///
/// # Errors
/// [`Error::Unknown`] of `argument` for a name that is not among `names`, and
/// [`Error::LengthsDiffer`].
///
/// ```
/// let names = ["AAPL", "MSFT"].map(str::to_owned);
/// let mut expected = [0.05, 0.05];
/// let own = [("MSFT".to_owned(), 0.07)];
/// quant::portfolio::set_named(&names, "expected_returns", &own, &mut expected)?;
/// assert_eq!(expected, [0.05, 0.07]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn set_named(
    names: &[String],
    argument: &'static str,
    named: &[(String, f64)],
    values: &mut [f64],
) -> Result<()> {
    same_length(argument, values.len(), names.len())?;
    for (name, value) in named {
        values[place(names, argument, name)?] = *value;
    }
    Ok(())
}
