//! `florin quant tearsheet`: what prices earned, against what risk, with the equity and its falls.

mod figures;

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use quant::performance::tear_sheet::TearSheet as Sheet;
use quant::performance::{Basis, drawdown, returns};
use serde_json::{Value as Json, json};

use self::figures::{Group, groups};
use super::format::{share, words};
use super::prices::Prices;
use super::{chart, frequency, json_text};
use crate::cli::quant::TearSheet;
use crate::command::table::table;

/// Lines of the two charts.
const EQUITY_ROWS: usize = 10;
const DRAWDOWN_ROWS: usize = 5;

/// What is measured: returns, those of the benchmark over the same days, and what they are
/// annualised with.
struct Measured {
    name: String,
    span: (String, String),
    returns: Vec<f64>,
    benchmark: Option<(String, Vec<f64>)>,
    basis: Basis,
}

/// Measures the file.
pub fn text(asked: &TearSheet) -> anyhow::Result<String> {
    let measured = measure(asked)?;
    let sheet = match &measured.benchmark {
        Some((_, benchmark)) => Sheet::against(&measured.returns, benchmark, &measured.basis)?,
        None => Sheet::of(&measured.returns, &measured.basis)?,
    };
    let groups = groups(&sheet);
    if asked.json {
        return json_text(&answer(&measured, &groups));
    }
    Ok([heading(&measured), drawn(&measured)?, groups.iter().map(shown).collect()].concat())
}

fn measure(asked: &TearSheet) -> anyhow::Result<Measured> {
    let prices = Prices::read(&asked.file, &asked.columns.close)?;
    let mut rows: Vec<(&str, f64)> = rows_of(&prices).collect();
    let other = match &asked.benchmark {
        Some(file) => Some(Prices::read(file, &asked.columns.close)?),
        None => None,
    };
    let mut benchmark = None;
    if let Some(other) = &other {
        let known: BTreeMap<&str, f64> = rows_of(other).collect();
        rows.retain(|(date, _)| known.contains_key(date));
        ensure!(rows.len() > 2, "{} and {} share {} days", prices.name, other.name, rows.len());
        let shared = rows.iter().filter_map(|(date, _)| known.get(date).copied());
        let shared: Vec<f64> = shared.collect();
        let returns = returns::simple(&shared).with_context(|| other.name.clone())?;
        benchmark = Some((other.name.clone(), returns));
    }
    let dates: Vec<&str> = rows.iter().map(|(date, _)| *date).collect();
    let close: Vec<f64> = rows.iter().map(|(_, price)| *price).collect();
    let frequency = match asked.frequency {
        Some(often) => frequency::of(often),
        None => frequency::found(&dates).with_context(|| prices.name.clone())?,
    };
    let basis = Basis::new(frequency).with_risk_free(asked.risk_free)?;
    let date = |date: Option<&&str>| date.map_or(String::new(), |date| (*date).to_owned());
    Ok(Measured {
        returns: returns::simple(&close).with_context(|| prices.name.clone())?,
        span: (date(dates.first()), date(dates.last())),
        basis: basis.with_required_return(asked.required_return)?,
        name: prices.name,
        benchmark,
    })
}

fn rows_of(prices: &Prices) -> impl Iterator<Item = (&str, f64)> {
    prices.dates.iter().map(String::as_str).zip(prices.close().iter().copied())
}

fn heading(measured: &Measured) -> String {
    let Measured { name, span: (first, last), returns, benchmark, basis } = measured;
    let against = benchmark.as_ref().map(|(name, _)| format!(" against {name}"));
    format!(
        "{name}{}: {} returns, {first} to {last}, {} a year\n",
        against.unwrap_or_default(),
        returns.len(),
        basis.periods()
    )
}

fn drawn(measured: &Measured) -> anyhow::Result<String> {
    // Both begin at the first price, before any return.
    let growth = [vec![0.0], returns::cumulative(&measured.returns)?].concat();
    let falls = [vec![0.0], drawdown::series(&measured.returns)?].concat();
    Ok(format!(
        "\ngrowth since {}\n{}\ndrawdown\n{}",
        measured.span.0,
        chart::line(&growth, EQUITY_ROWS, share),
        chart::line(&falls, DRAWDOWN_ROWS, share)
    ))
}

fn shown(group: &Group) -> String {
    let row = |figure: &figures::Figure| vec![words(figure.name), figure.text()];
    let rows: Vec<Vec<String>> = group.figures.iter().map(row).collect();
    format!("\n{}", table(&[&words(group.name).to_uppercase(), ""], &rows, 1))
}

fn answer(measured: &Measured, groups: &[Group]) -> Json {
    let Measured { name, span: (first, last), returns, benchmark, basis } = measured;
    let mut answer = json!({
        "file": name, "first": first, "last": last, "periods": returns.len(),
        "benchmark": benchmark.as_ref().map(|(name, _)| name),
        "periods_per_year": basis.periods(), "risk_free": basis.risk_free(),
    });
    for group in groups {
        let figures = group.figures.iter().map(|figure| (figure.name.to_owned(), figure.json()));
        answer[group.name] = Json::Object(figures.collect());
    }
    answer
}
