//! `florin quant indicator`: a line over the prices, and its last values.

use anyhow::Context as _;
use quant::indicators::{Columns, Drawing, OutputKind, Study, study};
use serde_json::{Value as Json, json};

use super::format::{NOTHING, number};
use super::prices::Prices;
use super::{chart, json_text};
use crate::cli::quant::Indicator;
use crate::command::table::table;

/// Lines of the chart.
const CHART_ROWS: usize = 10;
/// Bars of the table where nothing is said.
const LAST: usize = 10;

/// Computes the indicator over the file.
pub fn text(asked: &Indicator) -> anyhow::Result<String> {
    let parameters: Vec<(&str, f64)> =
        asked.parameters.iter().map(|text| parameter(text)).collect::<anyhow::Result<_>>()?;
    let study = study(&asked.name, &parameters)?;
    let prices = Prices::read(&asked.file, &asked.columns.close)?;
    let columns = study.compute(&prices.inputs().with_context(|| prices.name.clone())?)?;
    let bars = prices.dates.len();
    if asked.json {
        let first = bars.saturating_sub(asked.last.unwrap_or(bars));
        return json_text(&answer(&study, &prices.dates, &columns, first));
    }
    let first = bars.saturating_sub(asked.last.unwrap_or(LAST));
    Ok([heading(&study, &prices), drawn(&study, &columns), rows(&study, &prices, &columns, first)]
        .concat())
}

/// `time_period=14` as name and value.
fn parameter(text: &str) -> anyhow::Result<(&str, f64)> {
    let (name, value) = text.split_once('=').context("--param wants NAME=VALUE")?;
    let number = value.trim().parse().with_context(|| format!("--param {name}: {value:?}"))?;
    Ok((name.trim(), number))
}

fn heading(study: &Study, prices: &Prices) -> String {
    let indicator = study.indicator();
    let values = indicator.parameters.iter().zip(study.parameters());
    let values: Vec<String> =
        values.map(|(parameter, value)| format!("{}={value}", parameter.name)).collect();
    let parameters =
        if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) };
    let (first, last) = prices.span();
    format!(
        "{}{parameters}: {}\n{}: {} bars, {first} to {last}; the first {} are warm-up\n",
        indicator.name,
        indicator.title,
        prices.name,
        prices.dates.len(),
        study.warm_up()
    )
}

/// The first output that is a line.
fn drawn(study: &Study, columns: &Columns) -> String {
    let outputs = &study.indicator().outputs;
    let is_line = |drawing| matches!(drawing, Drawing::Line | Drawing::Dashes | Drawing::Histogram);
    let Some(at) = outputs.iter().position(|output| is_line(output.drawing)) else {
        return String::new();
    };
    let text = chart::line(&columns.values[at], CHART_ROWS, number);
    if text.is_empty() { text } else { format!("\n{}\n{text}", outputs[at].name) }
}

fn rows(study: &Study, prices: &Prices, columns: &Columns, first: usize) -> String {
    let outputs = &study.indicator().outputs;
    let head: Vec<String> = outputs.iter().map(|output| output.name.to_uppercase()).collect();
    let head: Vec<&str> =
        ["DATE", "CLOSE"].into_iter().chain(head.iter().map(String::as_str)).collect();
    let cell = |at: usize, bar: usize| match columns.values[at][bar] {
        value if value.is_nan() => NOTHING.to_owned(),
        value if outputs[at].kind == OutputKind::Real => number(value),
        value => format!("{value}"),
    };
    let row = |bar: usize| {
        let first = [prices.dates[bar].clone(), number(prices.close()[bar])];
        first.into_iter().chain((0..outputs.len()).map(|at| cell(at, bar))).collect()
    };
    let rows: Vec<Vec<String>> = (first..prices.dates.len()).map(row).collect();
    format!("\n{}", table(&head, &rows, 1))
}

fn answer(study: &Study, dates: &[String], columns: &Columns, first: usize) -> Json {
    let indicator = study.indicator();
    let parameters = indicator.parameters.iter().zip(study.parameters());
    let parameters: serde_json::Map<String, Json> =
        parameters.map(|(parameter, value)| (parameter.name.clone(), json!(value))).collect();
    let outputs = indicator.outputs.iter().zip(&columns.values);
    let outputs: Vec<Json> = outputs
        .map(|(output, values)| json!({ "name": output.name, "values": values[first..] }))
        .collect();
    json!({
        "name": indicator.name, "parameters": parameters, "warm_up": study.warm_up(),
        "dates": dates[first..], "outputs": outputs,
    })
}
