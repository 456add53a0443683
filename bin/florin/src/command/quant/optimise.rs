//! `florin quant optimise`: the best portfolio of some assets, with the efficient frontier.

mod words;

use anyhow::Context as _;
use quant::performance::Frequency;
use quant::portfolio::{
    Allocation, Constraints, Objective, Portfolio, PortfolioFigures, Universe, allocate_exactly,
    efficient_frontier, net_return, optimise, set_named,
};
use serde_json::{Value as Json, json};

use super::closes::Closes;
use super::format::{NOTHING, number, share};
use super::plane::{Plane, Point};
use super::{frequency, json_text};
use crate::cli::quant::Optimise;
use crate::command::table::table;

/// Lines of the chart.
const CHART_ROWS: usize = 14;
/// Points of the frontier in it.
const CHART_POINTS: usize = 20;
/// Weights that are not worth a line of the table.
const WEIGHT_SHOWN_MIN: f64 = 5e-6;

/// What was found.
struct Found {
    closes: Closes,
    frequency: Frequency,
    universe: Universe,
    constraints: Constraints,
    best: Portfolio,
    figures: PortfolioFigures,
    frontier: Vec<Portfolio>,
    bought: Option<Allocation>,
}

/// Finds the best portfolio.
pub fn text(asked: &Optimise) -> anyhow::Result<String> {
    let found = find(asked)?;
    if asked.json {
        return json_text(&answer(asked, &found));
    }
    Ok([heading(asked, &found), drawn(&found), figures(&found), assets(&found)].concat())
}

fn find(asked: &Optimise) -> anyhow::Result<Found> {
    let closes = Closes::read(&asked.files, &asked.columns.close)?;
    let frequency = match asked.frequency {
        Some(often) => frequency::of(often),
        None => {
            let dates: Vec<&str> = closes.dates.iter().map(String::as_str).collect();
            frequency::found(&dates).with_context(|| closes.title.clone())?
        }
    };
    let estimator = words::estimator(asked.covariance);
    let mut universe = Universe::of_prices(&closes.prices, frequency, estimator)
        .with_context(|| closes.title.clone())?;
    let mut expected = universe.moments().expected_returns.clone();
    let said = words::pairs("--expect", &asked.expected)?;
    set_named(&closes.names, "--expect", &said, &mut expected)?;
    universe = universe.with_expected_returns(&expected)?;
    let constraints = words::rules(&asked.rules)?.constraints(&closes.names)?;
    let objective = words::objective(&asked.wanted)?.objective(&closes.names, asked.risk_free)?;
    let best = optimise(&universe, &objective, &constraints)?;
    let figures = PortfolioFigures::of(&universe, &best.weights, &constraints, asked.risk_free)?;
    let is_plain = constraints.cardinality.is_none() && by_mean_and_variance(&objective);
    let drawn = if asked.json || !is_plain { None } else { Some(CHART_POINTS) };
    let frontier = match asked.frontier.or(drawn) {
        Some(points) => efficient_frontier(universe.moments(), points, &constraints)?,
        None => Vec::new(),
    };
    let last: Vec<f64> = closes.prices.iter().filter_map(|prices| prices.last().copied()).collect();
    let bought = asked.investment.map(|money| allocate_exactly(&best.weights, &last, money));
    let bought = bought.transpose()?;
    Ok(Found { closes, frequency, universe, constraints, best, figures, frontier, bought })
}

/// Whether a frontier of mean and variance says something of an objective.
const fn by_mean_and_variance(objective: &Objective) -> bool {
    match objective {
        Objective::MinimumVariance
        | Objective::MinimumVarianceAtReturn { .. }
        | Objective::MaximumReturn { .. }
        | Objective::MaximumUtility { .. }
        | Objective::MaximumSharpe { .. } => true,
        Objective::MinimumCvar { .. }
        | Objective::MaximumDiversification
        | Objective::RiskBudgets { .. }
        | Objective::HierarchicalRiskParity { .. }
        | Objective::HierarchicalEqualRisk { .. } => false,
    }
}

fn heading(asked: &Optimise, found: &Found) -> String {
    let Closes { title, names, dates, left_out, .. } = &found.closes;
    let (first, last) = (dates.first(), dates.last());
    let lacking = match left_out {
        0 => String::new(),
        dates => format!("; {dates} dates left out, on which some asset has no price"),
    };
    format!(
        "{title}: {} assets, {} returns, {} to {}, {} a year{lacking}\n{}\n",
        names.len(),
        dates.len() - 1,
        first.map_or("", String::as_str),
        last.map_or("", String::as_str),
        found.frequency.periods_per_year(),
        words::title(asked.wanted.objective),
    )
}

/// The frontier, the assets (`+`) and the portfolio (`●`).
fn drawn(found: &Found) -> String {
    if found.frontier.is_empty() {
        return String::new();
    }
    let moments = found.universe.moments();
    let own = (found.figures.volatility, found.figures.expected_return);
    let point = |one: &Portfolio| {
        let expected = net_return(moments, &one.weights, &found.constraints);
        (one.objective.max(0.0).sqrt(), expected)
    };
    let frontier: Vec<Point> = found.frontier.iter().map(point).collect();
    let assets: Vec<Point> = (0..found.universe.assets())
        .map(|asset| (moments.covariance[(asset, asset)].sqrt(), moments.expected_returns[asset]))
        .collect();
    let all = [&frontier[..], &assets, &[own]].concat();
    let Some(mut plane) = Plane::around(&all, CHART_ROWS) else {
        return String::new();
    };
    plane.line(&frontier);
    assets.iter().for_each(|asset| plane.mark(*asset, '+'));
    plane.mark(own, '●');
    let chart = plane.text(share);
    format!("\nexpected return over volatility: efficient frontier, assets +, this one ●\n{chart}")
}

fn figures(found: &Found) -> String {
    let PortfolioFigures {
        expected_return,
        volatility,
        sharpe,
        cvar,
        diversification_ratio,
        effective_assets,
        risk_contributions: _,
    } = &found.figures;
    let or_nothing = |value: &Option<f64>| value.map_or(NOTHING.to_owned(), number);
    let mut rows = vec![
        ("expected return a year", share(*expected_return)),
        ("volatility a year", share(*volatility)),
        ("sharpe ratio", or_nothing(sharpe)),
        ("cvar of a period, 95 %", share(*cvar)),
        ("diversification ratio", or_nothing(diversification_ratio)),
        ("effective assets", number(*effective_assets)),
    ];
    if found.best.gap > 0.0 {
        rows.push(("could be better by", number(found.best.gap)));
    }
    if let Some(bought) = &found.bought {
        rows.push(("left in cash", number(bought.cash)));
    }
    let row = |(name, value): (&str, String)| vec![name.to_owned(), value];
    let rows: Vec<Vec<String>> = rows.into_iter().map(row).collect();
    format!("\n{}", table(&["PORTFOLIO", ""], &rows, 1))
}

/// What is held, the largest first.
fn assets(found: &Found) -> String {
    let (moments, weights) = (found.universe.moments(), &found.best.weights);
    let is_held = |asset: &usize| weights[*asset].abs() > WEIGHT_SHOWN_MIN;
    let mut held: Vec<usize> = (0..weights.len()).filter(is_held).collect();
    held.sort_by(|one, other| weights[*other].abs().total_cmp(&weights[*one].abs()));
    let mut head = vec!["ASSET", "WEIGHT", "OF THE RISK", "EXPECTED", "VOLATILITY"];
    head.extend(found.bought.as_ref().map(|_| "SHARES"));
    let row = |asset: &usize| {
        let shares = &found.figures.risk_contributions;
        let mut row = vec![
            found.closes.names[*asset].clone(),
            share(weights[*asset]),
            shares.as_ref().map_or(NOTHING.to_owned(), |shares| share(shares[*asset])),
            share(moments.expected_returns[*asset]),
            share(moments.covariance[(*asset, *asset)].sqrt()),
        ];
        row.extend(found.bought.as_ref().map(|bought| bought.shares[*asset].to_string()));
        row
    };
    let rows: Vec<Vec<String>> = held.iter().map(row).collect();
    let others = match weights.len() - held.len() {
        0 => String::new(),
        others => format!("{others} of {} assets are not held\n", weights.len()),
    };
    format!("\n{}{others}", table(&head, &rows, 1))
}

fn answer(asked: &Optimise, found: &Found) -> Json {
    let (moments, figures) = (found.universe.moments(), &found.figures);
    let asset = |(at, name): (usize, &String)| {
        json!({
            "symbol": name, "weight": found.best.weights[at],
            "risk_contribution": figures.risk_contributions.as_ref().map(|shares| shares[at]),
            "expected_return": moments.expected_returns[at],
            "volatility": moments.covariance[(at, at)].sqrt(),
        })
    };
    let point = |one: &Portfolio| {
        json!({
            "expected_return": net_return(moments, &one.weights, &found.constraints),
            "volatility": one.objective.max(0.0).sqrt(), "weights": one.weights,
        })
    };
    let Closes { title, names, dates, left_out, .. } = &found.closes;
    json!({
        "title": title, "objective": words::title(asked.wanted.objective),
        "periods": dates.len() - 1, "first": dates.first(), "last": dates.last(),
        "dates_left_out": left_out, "periods_per_year": found.frequency.periods_per_year(),
        "assets": names.iter().enumerate().map(asset).collect::<Vec<_>>(),
        "expected_return": figures.expected_return, "volatility": figures.volatility,
        "sharpe": figures.sharpe, "cvar": figures.cvar,
        "diversification_ratio": figures.diversification_ratio,
        "effective_assets": figures.effective_assets, "gap": found.best.gap,
        "frontier": found.frontier.iter().map(point).collect::<Vec<_>>(),
        "purchase": found.bought.as_ref().map(|bought| {
            json!({ "shares": bought.shares, "cash": bought.cash })
        }),
    })
}
