//! The least mean of the worst scenarios, over a polyhedron: from kink to kink.
//!
//! CVaR is t + κ Σ max(0, lossₛ − t), linear between the scenarios' kinks. An active set holds the
//! scenarios whose loss is just t beside the rows that hold; the step is the projected slope, and
//! goes over as many kinks as it still descends. No scenario becomes a variable: systems are as
//! large as the number of assets held, whatever the number of scenarios.
//!
//! Sources: Rockafellar and Uryasev, Optimization of Conditional Value-at-Risk (2000); Fourer, A
//! simplex algorithm for piecewise-linear programming (1985).

use super::active_set::Place;
use super::factor::Factor;
use super::polyhedron::Polyhedron;
use super::scenarios::{Block, Kinks, Release, Scenarios};
use crate::algebra::{add_scaled, dot};
use crate::error::{Error, Result};

/// A multiplier beyond its bounds by less than this part of its range is within them.
const MULTIPLIER_MIN: f64 = 1e-9;

/// A projected slope below this part of the slope is none.
const SLOPE_MIN: f64 = 1e-9;

/// Where a scenario's loss is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Below,
    Kink,
    Above,
}

/// What holds the point.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    Scenario(usize),
    Row(usize, f64),
}

/// One point, on the way to the least.
#[derive(Debug)]
pub(super) struct TailSearch<'a> {
    scenarios: &'a Scenarios<'a>,
    polyhedron: &'a Polyhedron,
    values: Vec<f64>,
    places: Vec<Place>,
    threshold: f64,
    free: Vec<usize>,
    holds: Vec<Hold>,
    factor: Factor,
    sides: Vec<Side>,
    /// Loss less threshold.
    excess: Vec<f64>,
    /// Slopes by asset, of the scenarios above.
    slope: Vec<f64>,
    above: usize,
}

impl<'a> TailSearch<'a> {
    /// Starts at a point that obeys bounds and rows.
    pub fn new(
        scenarios: &'a Scenarios<'a>,
        polyhedron: &'a Polyhedron,
        values: Vec<f64>,
    ) -> Result<Self> {
        let places = values.iter().zip(&polyhedron.variables).map(|(&value, variable)| {
            if value <= variable.lower {
                Place::Lower
            } else if value >= variable.upper {
                Place::Upper
            } else {
                Place::Free
            }
        });
        let places: Vec<Place> = places.collect();
        let mut search = Self {
            scenarios,
            polyhedron,
            free: (0..values.len()).filter(|&index| places[index] == Place::Free).collect(),
            values,
            places,
            threshold: 0.0,
            holds: Vec::new(),
            factor: Factor::default(),
            sides: Vec::new(),
            excess: Vec::new(),
            slope: Vec::new(),
            above: 0,
        };
        search.place_scenarios();
        for (index, row) in polyhedron.rows.iter().enumerate() {
            if row.lower == row.upper && !search.free.is_empty() {
                // A row that the others imply cannot be added, and need not be.
                let _implied = search.hold(Hold::Row(index, row.lower));
            }
        }
        Ok(search)
    }

    /// Goes to the least; the values there.
    pub fn minimise(mut self) -> Result<Vec<f64>> {
        let size = self.values.len() + self.polyhedron.rows.len();
        let steps_max = 1_000 + 50 * size + self.sides.len();
        let mut still = 0;
        for _ in 0..steps_max {
            let slopes = self.slopes();
            let (direction, multipliers) = self.direction(&slopes);
            if direction.is_empty() {
                if !self.release(&slopes, &multipliers, still > size)? {
                    self.settle();
                    return Ok(self.values);
                }
                continue;
            }
            let length = self.advance(&direction, &slopes)?;
            still = if length > 0.0 { 0 } else { still + 1 };
        }
        Err(Error::NotConverged { method: "search for the least CVaR", steps_max })
    }

    /// t at the quantile, and every scenario on its side of it.
    fn place_scenarios(&mut self) {
        let weights = self.polyhedron.weights(&self.values);
        let mut losses = vec![0.0; self.scenarios.returns.rows()];
        for (asset, &weight) in weights.iter().enumerate() {
            if weight != 0.0 {
                add_scaled(&mut losses, -weight, self.scenarios.by_asset.row(asset));
            }
        }
        let mut order: Vec<usize> = (0..losses.len()).collect();
        order.sort_by(|&a, &b| losses[b].total_cmp(&losses[a]).then(a.cmp(&b)));
        let mut above = 0;
        while above + 1 < order.len() && self.shared(above + 1) < 1.0 {
            above += 1;
        }
        self.threshold = losses[order[above]];
        self.excess = losses.iter().map(|loss| loss - self.threshold).collect();
        self.sides = vec![Side::Below; losses.len()];
        self.slope = vec![0.0; weights.len()];
        for &scenario in &order[..above] {
            self.count(scenario, Side::Above);
        }
        let _first = self.hold(Hold::Scenario(order[above]));
    }

    /// The weight of so many scenarios.
    #[expect(clippy::cast_precision_loss, reason = "a count of scenarios is far below 2^52")]
    fn shared(&self, scenarios: usize) -> f64 {
        scenarios as f64 * self.scenarios.weight
    }

    /// Puts a scenario on a side, and its slope in or out of the sum.
    fn count(&mut self, scenario: usize, side: Side) {
        let was = std::mem::replace(&mut self.sides[scenario], side);
        let factor = match (was == Side::Above, side == Side::Above) {
            (false, true) => -self.scenarios.weight,
            (true, false) => self.scenarios.weight,
            (true, true) | (false, false) => return,
        };
        add_scaled(&mut self.slope, factor, self.scenarios.returns.row(scenario));
        if side == Side::Above {
            self.above += 1;
        } else {
            self.above -= 1;
        }
    }

    /// The derivative by each variable, and by t in its unit at the end.
    fn slopes(&self) -> Vec<f64> {
        let by_variable = |variable: &super::polyhedron::Variable| {
            variable.asset.map_or(0.0, |asset| variable.sign * self.slope[asset])
        };
        let mut slopes: Vec<f64> = self.polyhedron.variables.iter().map(by_variable).collect();
        slopes.push(self.scenarios.unit * (1.0 - self.shared(self.above)));
        slopes
    }

    /// What a hold's function changes by when a variable does; the last column is t.
    fn coefficient(&self, hold: Hold, variable: usize) -> f64 {
        match hold {
            Hold::Row(row, _) => {
                self.polyhedron.rows[row].coefficients.get(variable).copied().unwrap_or(0.0)
            }
            Hold::Scenario(scenario) => match self.polyhedron.variables.get(variable) {
                Some(variable) => variable.asset.map_or(0.0, |asset| {
                    -variable.sign * self.scenarios.returns[(scenario, asset)]
                }),
                None => -self.scenarios.unit,
            },
        }
    }

    /// A hold's coefficients of the free variables and of t.
    fn gradient(&self, hold: Hold) -> Vec<f64> {
        let last = self.values.len();
        let columns = self.free.iter().copied().chain([last]);
        columns.map(|variable| self.coefficient(hold, variable)).collect()
    }

    fn gradients(&self) -> Vec<Vec<f64>> {
        self.holds.iter().map(|&hold| self.gradient(hold)).collect()
    }

    /// Adds a hold; false where the others imply it.
    fn hold(&mut self, hold: Hold) -> bool {
        let own = self.gradient(hold);
        let column = self.gradients().iter().map(|other| dot(other, &own)).collect();
        if self.factor.append(column, dot(&own, &own)).is_err() {
            return false;
        }
        self.holds.push(hold);
        if let Hold::Scenario(scenario) = hold {
            self.count(scenario, Side::Kink);
        }
        true
    }

    /// Factors anew after the free variables changed; what became dependent is let go.
    fn refactor(&mut self) {
        let holds = std::mem::take(&mut self.holds);
        self.factor.clear();
        for hold in holds {
            if !self.hold(hold)
                && let Hold::Scenario(scenario) = hold
            {
                self.count(scenario, Side::Below);
            }
        }
    }

    /// The projected descent (empty where there is none), and the multipliers of the holds.
    fn direction(&self, slopes: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let last = self.values.len();
        let own: Vec<f64> =
            self.free.iter().copied().chain([last]).map(|index| slopes[index]).collect();
        let gradients = self.gradients();
        let mut rest = own.clone();
        let mut multipliers = vec![0.0; gradients.len()];
        // The second round takes out what rounding left of the first.
        for _ in 0..2 {
            let mut part: Vec<f64> = gradients.iter().map(|row| dot(row, &rest)).collect();
            self.factor.solve_lower(&mut part);
            self.factor.solve_upper(&mut part);
            for ((row, value), sum) in gradients.iter().zip(part).zip(&mut multipliers) {
                add_scaled(&mut rest, -value, row);
                *sum -= value;
            }
        }
        let size = |values: &[f64]| values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let is_corner = gradients.len() >= own.len();
        if is_corner || size(&rest) <= SLOPE_MIN * size(slopes) {
            return (Vec::new(), multipliers);
        }
        rest.iter_mut().for_each(|value| *value = -*value);
        (rest, multipliers)
    }

    /// Goes along a direction while it descends; how far.
    fn advance(&mut self, direction: &[f64], slopes: &[f64]) -> Result<f64> {
        let last = self.values.len();
        let columns = self.free.iter().copied().chain([last]);
        let mut slope: f64 = columns.zip(direction).map(|(index, step)| slopes[index] * step).sum();
        let speeds = self.speeds(direction);
        let (limit, block) = self.longest_step(direction);
        let mut kinks = self.kinks_before(&speeds, limit);
        let mut reached = (limit, None);
        while let Some((length, scenario)) = kinks.next() {
            slope += self.scenarios.weight * speeds[scenario].abs();
            if slope >= 0.0 {
                reached = (length, Some(scenario));
                break;
            }
            let crossed = if speeds[scenario] > 0.0 { Side::Above } else { Side::Below };
            self.count(scenario, crossed);
        }
        let (length, kink) = reached;
        if length.is_infinite() {
            let why = "the bounds allow positions without end, and losses without end with them";
            return Err(Error::Undefined { figure: "CVaR", why });
        }
        for (&variable, step) in self.free.iter().zip(direction) {
            let bounds = &self.polyhedron.variables[variable];
            let value = self.values[variable] + step * length;
            self.values[variable] = value.max(bounds.lower).min(bounds.upper);
        }
        self.threshold += direction.last().map_or(0.0, |step| step * self.scenarios.unit * length);
        add_scaled(&mut self.excess, length, &speeds);
        if let Some(scenario) = kink {
            self.excess[scenario] = 0.0;
            self.hold(Hold::Scenario(scenario));
        } else {
            self.stop_at(block);
        }
        Ok(length)
    }

    /// How fast each scenario's loss leaves t.
    fn speeds(&self, direction: &[f64]) -> Vec<f64> {
        let threshold = direction.last().map_or(0.0, |step| -step * self.scenarios.unit);
        let mut speeds = vec![threshold; self.sides.len()];
        for (&variable, &step) in self.free.iter().zip(direction) {
            let variable = &self.polyhedron.variables[variable];
            if let Some(asset) = variable.asset {
                let row = self.scenarios.by_asset.row(asset);
                add_scaled(&mut speeds, -variable.sign * step, row);
            }
        }
        speeds
    }

    /// The scenarios whose loss comes to t within the step, the next first.
    fn kinks_before(&self, speeds: &[f64], limit: f64) -> Kinks {
        let scenarios = speeds.iter().zip(&self.excess).enumerate();
        let before = scenarios.filter_map(|(scenario, (&speed, &excess))| {
            let room = match self.sides[scenario] {
                Side::Below if speed > 0.0 => -excess,
                Side::Above if speed < 0.0 => excess,
                Side::Below | Side::Above | Side::Kink => return None,
            };
            let length = room.max(0.0) / speed.abs();
            (length < limit).then_some((length, scenario))
        });
        Kinks::new(before)
    }

    /// How far bounds and rows allow to go, and which of them ends it.
    fn longest_step(&self, direction: &[f64]) -> (f64, Option<Block>) {
        let mut limit = f64::INFINITY;
        let mut block = None;
        let largest = direction.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        for (&variable, &speed) in self.free.iter().zip(direction) {
            if speed.abs() <= 1e-12 * largest {
                continue;
            }
            let bounds = &self.polyhedron.variables[variable];
            let (room, place) = if speed < 0.0 {
                (self.values[variable] - bounds.lower, Place::Lower)
            } else {
                (bounds.upper - self.values[variable], Place::Upper)
            };
            let length = room.max(0.0) / speed.abs();
            if length < limit {
                (limit, block) = (length, Some(Block::Variable(variable, place)));
            }
        }
        for (index, row) in self.polyhedron.rows.iter().enumerate() {
            if self.holds.iter().any(|hold| matches!(hold, Hold::Row(held, _) if *held == index)) {
                continue;
            }
            let terms = self.free.iter().zip(direction);
            let speed: f64 = terms.map(|(&free, step)| row.coefficients[free] * step).sum();
            let size: f64 = self.free.iter().map(|&free| row.coefficients[free].abs()).sum();
            if speed.abs() <= 1e-11 * largest * size {
                continue;
            }
            let sum = dot(&row.coefficients, &self.values);
            let end = if speed > 0.0 { row.upper } else { row.lower };
            let length = ((end - sum) / speed).max(0.0);
            if length < limit {
                (limit, block) = (length, Some(Block::Row(index, end)));
            }
        }
        (limit, block)
    }

    fn stop_at(&mut self, block: Option<Block>) {
        match block {
            Some(Block::Variable(variable, place)) => {
                let bounds = &self.polyhedron.variables[variable];
                let lower = place == Place::Lower;
                self.values[variable] = if lower { bounds.lower } else { bounds.upper };
                self.places[variable] = place;
                self.free.retain(|&free| free != variable);
                self.refactor();
            }
            Some(Block::Row(row, sum)) => {
                self.hold(Hold::Row(row, sum));
            }
            None => {}
        }
    }

    /// Lets go what holds the point back most; false where nothing does.
    fn release(&mut self, slopes: &[f64], multipliers: &[f64], cautious: bool) -> Result<bool> {
        let weight = self.scenarios.weight;
        let scale = slopes.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let mut worst: Option<(Release, f64)> = None;
        let mut offer = |release: Release, gain: f64, least: f64| {
            let better = worst.is_none_or(|(_, most)| gain > most && !cautious);
            if gain > least && better {
                worst = Some((release, gain));
            }
        };
        for (index, (&hold, &multiplier)) in self.holds.iter().zip(multipliers).enumerate() {
            match hold {
                Hold::Scenario(_) => {
                    let beyond = (-multiplier).max(multiplier - weight);
                    let least = MULTIPLIER_MIN * weight * self.scenarios.unit;
                    offer(Release::Hold(index), beyond * self.scenarios.unit, least);
                }
                Hold::Row(row, sum) => {
                    let row = &self.polyhedron.rows[row];
                    let gain = if sum == row.upper { -multiplier } else { multiplier };
                    if row.lower < row.upper {
                        offer(Release::Hold(index), gain, MULTIPLIER_MIN * scale);
                    }
                }
            }
        }
        let priced = self.priced(slopes, multipliers);
        for (variable, bounds) in self.polyhedron.variables.iter().enumerate() {
            let gain = match self.places[variable] {
                Place::Free => continue,
                Place::Lower => -priced[variable],
                Place::Upper => priced[variable],
            };
            if bounds.lower < bounds.upper && self.may_enter(variable) {
                offer(Release::Variable(variable), gain, MULTIPLIER_MIN * scale);
            }
        }
        match worst {
            None => return Ok(false),
            Some((Release::Variable(variable), _)) => {
                self.places[variable] = Place::Free;
                self.free.push(variable);
                self.refactor();
            }
            Some((Release::Hold(index), _)) => {
                let hold = self.holds.remove(index);
                self.factor.remove(index);
                if let Hold::Scenario(scenario) = hold {
                    let above = multipliers[index] > 0.0;
                    self.count(scenario, if above { Side::Above } else { Side::Below });
                }
            }
        }
        Ok(true)
    }

    /// The slopes with what the holds press against.
    fn priced(&self, slopes: &[f64], multipliers: &[f64]) -> Vec<f64> {
        let mut priced = slopes.to_vec();
        for (&hold, &multiplier) in self.holds.iter().zip(multipliers) {
            match hold {
                Hold::Row(row, _) => {
                    add_scaled(&mut priced, multiplier, &self.polyhedron.rows[row].coefficients);
                }
                Hold::Scenario(_) => {
                    for (variable, value) in priced.iter_mut().enumerate() {
                        *value += multiplier * self.coefficient(hold, variable);
                    }
                }
            }
        }
        priced
    }

    /// A purchase and a sale of one asset are never both free.
    fn may_enter(&self, variable: usize) -> bool {
        let variables = &self.polyhedron.variables;
        let asset = variables[variable].asset;
        let is_twin = |other: usize| {
            asset.is_some()
                && variables.get(other).is_some_and(|twin| twin.asset == asset)
                && self.places[other] == Place::Free
        };
        !(is_twin(variable + 1) || variable > 0 && is_twin(variable - 1))
    }

    /// Takes back what rounding let the holds drift, at the end.
    fn settle(&mut self) {
        let gradients = self.gradients();
        for _ in 0..2 {
            let weights = self.polyhedron.weights(&self.values);
            let drift = |hold: &Hold| match *hold {
                Hold::Row(row, sum) => {
                    dot(&self.polyhedron.rows[row].coefficients, &self.values) - sum
                }
                Hold::Scenario(scenario) => {
                    -dot(self.scenarios.returns.row(scenario), &weights) - self.threshold
                }
            };
            let mut right: Vec<f64> = self.holds.iter().map(drift).collect();
            self.factor.solve_lower(&mut right);
            self.factor.solve_upper(&mut right);
            for (row, value) in gradients.iter().zip(right) {
                for (&variable, coefficient) in self.free.iter().zip(row) {
                    let bounds = &self.polyhedron.variables[variable];
                    let moved = self.values[variable] - value * coefficient;
                    self.values[variable] = moved.max(bounds.lower).min(bounds.upper);
                }
                let last = row.last().copied().unwrap_or(0.0);
                self.threshold -= value * last * self.scenarios.unit;
            }
        }
    }
}
