//! Bounds on the weights of portfolios by shares of risk, and how each method keeps to them.

use super::constraints::Constraints;
use super::mean_variance::as_number;
use crate::error::{Error, Result, all_finite, same_length};

/// How far sums of bounds may be on the wrong side of 1 by rounding.
const ROUNDING: f64 = 1e-12;

/// The least and the greatest weight of each asset, long only and adding up to 1.
///
/// ```
/// use quant::portfolio::WeightBounds;
///
/// assert!(WeightBounds::between(4, 0.1, 0.4).check().is_ok());
/// assert!(WeightBounds::between(4, 0.0, 0.2).check().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WeightBounds {
    /// The least weights, none below 0.
    pub lower: Vec<f64>,
    /// The greatest weights.
    pub upper: Vec<f64>,
}

impl WeightBounds {
    /// The same bounds for every asset.
    #[must_use]
    pub fn between(assets: usize, lower: f64, upper: f64) -> Self {
        Self { lower: vec![lower; assets], upper: vec![upper; assets] }
    }

    /// Checks every number, and that some weights obey.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`], [`Error::NotFinite`], [`Error::OutOfBounds`] of `lower` or
    /// `upper`; [`Error::Infeasible`] where bounds cross or leave no weights that add up to 1.
    pub fn check(&self) -> Result<()> {
        same_length("upper", self.upper.len(), self.lower.len())?;
        all_finite("lower", &self.lower)?;
        all_finite("upper", &self.upper)?;
        if let Some(&found) = self.lower.iter().find(|&&lower| lower < 0.0) {
            return Err(Error::out_of_bounds("lower", found, "no weight below 0"));
        }
        let pairs = self.lower.iter().zip(&self.upper).enumerate();
        for (asset, (lower, upper)) in pairs {
            if lower > upper {
                let why = format!("the bounds of asset {asset} cross: {lower} above {upper}");
                return Err(Error::Infeasible { why });
            }
        }
        let (least, most) = self.sums();
        if least > 1.0 + ROUNDING || most < 1.0 - ROUNDING {
            let why = format!("the bounds let weights add up to {least} to {most}, not to 1");
            return Err(Error::Infeasible { why });
        }
        Ok(())
    }

    /// The bounds of `constraints`, which may hold no other rule.
    pub(super) fn of(constraints: &Constraints) -> Result<Self> {
        constraints.check()?;
        let groups = as_number(constraints.groups.len());
        let others = [
            ("groups", groups > 0.0, groups),
            ("current", constraints.trading.is_some(), 1.0),
            ("benchmark", constraints.tracking.is_some(), 1.0),
            ("assets_max", constraints.cardinality.is_some(), 1.0),
            ("budget", constraints.budget.to_bits() != 1.0_f64.to_bits(), constraints.budget),
        ];
        if let Some((argument, _, found)) = others.into_iter().find(|(_, is_there, _)| *is_there) {
            let expected = "nothing: shares of risk obey bounds alone, and add up to 1";
            return Err(Error::out_of_bounds(argument, found, expected));
        }
        // What is above 1 bounds nothing that is long only.
        let upper = constraints.upper.iter().map(|upper| upper.min(1.0)).collect();
        let bounds = Self { lower: constraints.lower.clone(), upper };
        bounds.check()?;
        Ok(bounds)
    }

    pub(super) fn check_for(&self, assets: usize) -> Result<()> {
        same_length("lower", self.lower.len(), assets)?;
        self.check()
    }

    /// The sums of the least and of the greatest weights.
    pub(super) fn sums(&self) -> (f64, f64) {
        (self.lower.iter().sum(), self.upper.iter().sum())
    }

    pub(super) fn hold(&self, weights: &[f64]) -> bool {
        let bounds = self.lower.iter().zip(&self.upper);
        weights
            .iter()
            .zip(bounds)
            .all(|(weight, (lower, upper))| lower <= weight && weight <= upper)
    }

    /// The share of `weight` that goes to the first of two sets, as near `share` as the bounds of
    /// both allow (skfolio's rule, after Pfitzinger and Katzke 2019).
    pub(super) fn share_within(
        &self,
        share: f64,
        weight: f64,
        (left, right): (&[usize], &[usize]),
    ) -> f64 {
        if weight <= 0.0 {
            return share;
        }
        let part = |bounds: &[f64], members: &[usize]| {
            members.iter().map(|&asset| bounds[asset]).sum::<f64>() / weight
        };
        let own = share.max(part(&self.lower, left)).min(part(&self.upper, left));
        let other = (1.0 - own).max(part(&self.lower, right)).min(part(&self.upper, right));
        (1.0 - other).clamp(0.0, 1.0)
    }

    /// The weights within the bounds that differ least from `weights`, Σ (w / weight − 1)²
    /// (skfolio's `minimize_relative_weight_deviation`): each is clamp(weight + λ weight²), and λ
    /// is where they add up to 1.
    pub(super) fn nearest(&self, weights: &[f64]) -> Vec<f64> {
        if self.hold(weights) {
            return weights.to_vec();
        }
        let at = |lambda: f64| -> Vec<f64> {
            let bounds = self.lower.iter().zip(&self.upper);
            let moved = weights.iter().map(|weight| weight + lambda * weight * weight);
            moved.zip(bounds).map(|(moved, (lower, upper))| moved.clamp(*lower, *upper)).collect()
        };
        // Between two kinks the sum is a line, so that the answer is found within one of them.
        let mut kinks: Vec<f64> = Vec::with_capacity(2 * weights.len());
        for (asset, weight) in weights.iter().enumerate() {
            for bound in [self.lower[asset], self.upper[asset]] {
                kinks.extend((*weight > 0.0).then(|| (bound - weight) / (weight * weight)));
            }
        }
        kinks.retain(|kink| kink.is_finite());
        kinks.sort_by(f64::total_cmp);
        let sum = |lambda: f64| at(lambda).iter().sum::<f64>();
        let after = kinks.partition_point(|kink| sum(*kink) < 1.0).min(kinks.len().max(1) - 1);
        let (Some(&high), Some(&low)) = (kinks.get(after), kinks.get(after.saturating_sub(1)))
        else {
            return at(0.0);
        };
        let (below, above) = (sum(low), sum(high));
        let share =
            if above > below { ((1.0 - below) / (above - below)).clamp(0.0, 1.0) } else { 0.0 };
        let ends = at(low).into_iter().zip(at(high));
        ends.map(|(low, high)| low + share * (high - low)).collect()
    }
}
