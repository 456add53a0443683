//! Portfolios: from a question to `quant` and back.

use quant::performance::Frequency;
use quant::portfolio::{
    Constraints, NamedObjective, NamedRules, Portfolio, PortfolioFigures, Universe,
    allocate_exactly, efficient_frontier, net_return, optimise as best_of, set_named,
};

use super::work::{at_most, returns_of, under};
use crate::problem::ApiError;
use crate::services::AnalyticsLimits;
use crate::wire::analytics::portfolio::{
    FrontierPoint, PortfolioAnswer, PortfolioAsset, PortfolioObjectiveKind, PortfolioRequest,
    Purchase, pairs,
};

/// Finds the best portfolio.
pub(super) fn optimise(
    asked: PortfolioRequest,
    limits: &AnalyticsLimits,
) -> Result<PortfolioAnswer, ApiError> {
    check_size(&asked, limits)?;
    let returns = returns_of(&asked.symbols, limits)?;
    let frequency = Frequency::from(asked.frequency);
    let mut universe = Universe::of_returns(returns, frequency, asked.covariance.into())?;
    let names: Vec<String> = asked.symbols.iter().map(|symbol| symbol.symbol.clone()).collect();
    let mut expected = universe.moments().expected_returns.clone();
    set_named(&names, "expected_returns", &pairs(&asked.expected_returns), &mut expected)?;
    universe = universe.with_expected_returns(&expected)?;
    let nodes_max = nodes_max(&asked, limits);
    let rules = NamedRules { nodes_max, ..NamedRules::from(asked.constraints) };
    let constraints = rules.constraints(&names);
    let constraints = constraints.map_err(|error| within("constraints", error))?;
    let objective = NamedObjective::from(asked.objective).objective(&names, asked.risk_free);
    let objective = objective.map_err(|error| within("objective", error))?;
    let best = best_of(&universe, &objective, &constraints)?;
    let figures = PortfolioFigures::of(&universe, &best.weights, &constraints, asked.risk_free)?;
    let assets = assets(&universe, &names, &best.weights, &figures);
    let mut answer = PortfolioAnswer::of(&figures, assets, best.gap);
    if let Some(points) = asked.frontier {
        let found = efficient_frontier(universe.moments(), points, &constraints);
        let found = found.map_err(|error| named("points", "frontier", error))?;
        answer.frontier = frontier(&universe, found, &constraints);
    }
    if let Some(investment) = asked.investment {
        let last = asked.symbols.iter().filter_map(|symbol| symbol.prices.last().copied());
        let bought = allocate_exactly(&best.weights, &last.collect::<Vec<_>>(), investment);
        let bought = bought.map_err(|error| named("value", "investment", error))?;
        answer.purchase = Some(Purchase { shares: bought.shares, cash: bought.cash });
    }
    Ok(answer)
}

/// A CVaR takes long where the question is large, and a frontier is as many questions as it has
/// points: too many where each is a search.
fn check_size(asked: &PortfolioRequest, limits: &AnalyticsLimits) -> Result<(), ApiError> {
    let points = asked.frontier.unwrap_or_default();
    at_most("frontier", points, limits.frontier_points_max, "points")?;
    let rules = &asked.constraints;
    if rules.assets_max.is_some() || rules.held_min.is_some() {
        at_most("frontier", points, 0, "points beside a limit of assets")?;
    }
    let prices: usize = asked.symbols.iter().map(|symbol| symbol.prices.len()).sum();
    let most = match rules.tracking_error_max {
        Some(_) => limits.tracked_scenario_values_max,
        None => limits.scenario_values_max,
    };
    if is_by_scenarios(asked) {
        at_most("symbols", prices, most, "prices of a CVaR")
    } else {
        Ok(())
    }
}

/// How many nodes a search for some assets may look at.
fn nodes_max(asked: &PortfolioRequest, limits: &AnalyticsLimits) -> usize {
    let part = if is_by_scenarios(asked) { 10 } else { 1 };
    (limits.portfolio_nodes_max / part).max(1)
}

fn is_by_scenarios(asked: &PortfolioRequest) -> bool {
    matches!(asked.objective.kind, PortfolioObjectiveKind::MinimumCvar)
}

fn assets(
    universe: &Universe,
    names: &[String],
    weights: &[f64],
    figures: &PortfolioFigures,
) -> Vec<PortfolioAsset> {
    let moments = universe.moments();
    let asset = |(at, symbol): (usize, &String)| PortfolioAsset {
        symbol: symbol.clone(),
        weight: weights[at],
        risk_contribution: figures.risk_contributions.as_ref().map(|shares| shares[at]),
        expected_return: moments.expected_returns[at],
        volatility: moments.covariance[(at, at)].sqrt(),
    };
    names.iter().enumerate().map(asset).collect()
}

fn frontier(
    universe: &Universe,
    found: Vec<Portfolio>,
    constraints: &Constraints,
) -> Vec<FrontierPoint> {
    let point = |point: Portfolio| FrontierPoint {
        expected_return: net_return(universe.moments(), &point.weights, constraints),
        volatility: point.objective.max(0.0).sqrt(),
        weights: point.weights,
    };
    found.into_iter().map(point).collect()
}

/// An error of a part of the question: its argument stands in that part, but for the symbols.
fn within(part: &str, error: quant::Error) -> ApiError {
    match error.argument() {
        Some("symbols") => error.into(),
        Some(argument) => under(&format!("{part}.{argument}"), &error),
        None => error.into(),
    }
}

/// An error of an argument that the question calls otherwise.
fn named(argument: &str, field: &str, error: quant::Error) -> ApiError {
    if error.argument() == Some(argument) { under(field, &error) } else { error.into() }
}
