//! The linear constraints as the solvers see them: variables with bounds, and rows over them.
//!
//! Without trading a variable is a weight. With trading a weight is what is held now plus a
//! purchase minus a sale, both not below zero, so that turnover and costs are linear.

use super::constraints::{Constraints, Trading};

/// One unknown: a weight, a purchase, a sale, or by how much a row is missed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variable {
    /// Whose weight it moves.
    pub asset: Option<usize>,
    /// By how much: 1, or −1 for a sale.
    pub sign: f64,
    pub lower: f64,
    pub upper: f64,
    /// What one unit costs.
    pub cost: f64,
}

/// `lower ≤ Σ coefficient × variable ≤ upper`.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub name: String,
    pub coefficients: Vec<f64>,
    pub lower: f64,
    pub upper: f64,
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Polyhedron {
    pub variables: Vec<Variable>,
    pub rows: Vec<Row>,
    /// The weights where every variable is zero.
    pub offset: Vec<f64>,
}

impl Polyhedron {
    /// Everything of `constraints` but tracking error and number of assets.
    pub fn new(constraints: &Constraints) -> Self {
        let assets = constraints.assets();
        let (variables, offset) = match &constraints.trading {
            Some(trading) => (trades(constraints, trading), trading.current.clone()),
            None => (weights(constraints), vec![0.0; assets]),
        };
        let mut answer = Self { variables, rows: Vec::new(), offset };
        let budget = constraints.budget;
        answer.add_row("budget", &vec![1.0; assets], (budget, budget));
        for group in &constraints.groups {
            let mut coefficients = vec![0.0; assets];
            for &(asset, coefficient) in &group.coefficients {
                coefficients[asset] += coefficient;
            }
            answer.add_row(&group.name, &coefficients, (group.lower, group.upper));
        }
        if let Some(trading) = &constraints.trading
            && trading.turnover_max.is_finite()
        {
            answer.rows.push(Row {
                name: "turnover".to_owned(),
                coefficients: vec![1.0; answer.variables.len()],
                lower: f64::NEG_INFINITY,
                upper: trading.turnover_max,
            });
        }
        answer
    }

    /// Adds a rule over weights.
    pub fn add_row(&mut self, name: &str, by_asset: &[f64], (lower, upper): (f64, f64)) {
        let known: f64 = by_asset.iter().zip(&self.offset).map(|(c, held)| c * held).sum();
        let coefficient = |variable: &Variable| {
            variable.asset.map_or(0.0, |asset| variable.sign * by_asset[asset])
        };
        let coefficients = self.variables.iter().map(coefficient).collect();
        let (lower, upper) = (lower - known, upper - known);
        self.rows.push(Row { name: name.to_owned(), coefficients, lower, upper });
    }

    /// Adds the rule that the expected return after costs is at least `least`.
    pub fn add_return(&mut self, expected: &[f64], least: f64) {
        self.add_row("expected return", expected, (least, f64::INFINITY));
        if let Some(row) = self.rows.last_mut() {
            for (coefficient, variable) in row.coefficients.iter_mut().zip(&self.variables) {
                *coefficient -= variable.cost;
            }
        }
    }

    /// Moves every limit that is no equation outwards, each by another part of `slack`.
    pub fn relax(&mut self, slack: f64) {
        for (row, part) in self.rows.iter_mut().zip([1.0, 0.62, 0.87, 0.71, 0.94].iter().cycle()) {
            if row.lower < row.upper {
                row.lower -= part * slack;
                row.upper += part * slack;
            }
        }
    }

    /// The weights that these values of the variables mean.
    pub fn weights(&self, values: &[f64]) -> Vec<f64> {
        let mut weights = self.offset.clone();
        for (variable, value) in self.variables.iter().zip(values) {
            if let Some(asset) = variable.asset {
                weights[asset] += variable.sign * value;
            }
        }
        weights
    }

    /// Takes a purchase and a sale of one asset off each other: the weights stay, turnover falls.
    pub fn net_trades(&self, values: &mut [f64]) {
        for index in 1..values.len() {
            let (buy, sell) = (self.variables[index - 1], self.variables[index]);
            if buy.asset.is_some() && buy.asset == sell.asset {
                let both = (values[index - 1] - buy.lower).min(values[index] - sell.lower).max(0.0);
                values[index - 1] -= both;
                values[index] -= both;
            }
        }
    }

    /// A cost by asset as one by variable: `factor` times it, and trading's costs times `costs`.
    pub fn linear(&self, by_asset: &[f64], factor: f64, costs: f64) -> Vec<f64> {
        let one = |variable: &Variable| {
            let own = variable.asset.map_or(0.0, |asset| variable.sign * by_asset[asset]);
            factor * own + costs * variable.cost
        };
        self.variables.iter().map(one).collect()
    }
}

fn weights(constraints: &Constraints) -> Vec<Variable> {
    let bounds = constraints.lower.iter().zip(&constraints.upper).enumerate();
    bounds
        .map(|(asset, (&lower, &upper))| Variable {
            asset: Some(asset),
            sign: 1.0,
            lower,
            upper,
            cost: 0.0,
        })
        .collect()
}

/// A purchase and a sale for each asset. What the bounds force to be traded is a lower bound.
fn trades(constraints: &Constraints, trading: &Trading) -> Vec<Variable> {
    let mut variables = Vec::with_capacity(2 * constraints.assets());
    for (asset, &held) in trading.current.iter().enumerate() {
        let (lower, upper) = (constraints.lower[asset] - held, constraints.upper[asset] - held);
        let purchase = (lower.max(0.0), upper.max(0.0), trading.buy_cost[asset]);
        let sale = ((-upper).max(0.0), (-lower).max(0.0), trading.sell_cost[asset]);
        for (sign, (lower, upper, cost)) in [(1.0, purchase), (-1.0, sale)] {
            variables.push(Variable { asset: Some(asset), sign, lower, upper, cost });
        }
    }
    variables
}
