//! `florin quant forecast`: what comes next in a column, and how surely.
#![allow(clippy::cast_precision_loss, reason = "places in a chart")]

use anyhow::Context as _;
use quant::series::{Forecast as Values, ForecastRequest, Method, forecast};
use serde_json::json;

use super::format::{number, share};
use super::plane::{Plane, Point};
use super::sheet::Sheet;
use super::{frequency, json_text};
use crate::cli::quant::{Forecast, Model};
use crate::command::table::table;

/// Lines of the chart.
const CHART_ROWS: usize = 12;
/// Values of the past in the chart, at least.
const PAST_MIN: usize = 36;

/// Forecasts a column.
pub fn text(asked: &Forecast) -> anyhow::Result<String> {
    let sheet = Sheet::read(&asked.file)?;
    let missing = || {
        let (name, column, has) = (&sheet.name, &asked.column, sheet.headings());
        format!("{name}: there is no column {column} in: {has}; --column names another")
    };
    let values = sheet.numbers(sheet.find(&[&asked.column]).with_context(missing)?)?;
    let dates = sheet.dates();
    let found = frequency::found(&dates.iter().map(String::as_str).collect::<Vec<_>>()).ok();
    let period = asked.period.unwrap_or_else(|| found.map_or(1, frequency::season));
    let request = ForecastRequest {
        period,
        horizon: asked.horizon,
        level: asked.level,
        method: method_of(asked.method),
    };
    let made = forecast(&values, &request).with_context(|| sheet.name.clone())?;
    let last = dates.last().map_or("", String::as_str);
    let steps = || (1..=asked.horizon).map(|step| format!("+{step}")).collect();
    let following = found
        .and_then(|found| frequency::following(last, found, asked.horizon))
        .unwrap_or_else(steps);
    if asked.json {
        return json_text(&json!({
            "file": sheet.name, "column": asked.column, "values": values.len(),
            "last": last, "period": period, "level": asked.level,
            "method": format!("{:?}", asked.method).to_lowercase(),
            "dates": following, "mean": made.mean, "lower": made.lower, "upper": made.upper,
        }));
    }
    let season =
        if period > 1 { format!("{period} a season") } else { "without a season".to_owned() };
    let heading = format!(
        "{}, {}: {} values, {} to {last}, {season}\n{:?}; bounds meant for {} of cases, learned \
         from this series' own past errors\n",
        sheet.name,
        asked.column,
        values.len(),
        dates.first().map_or("", String::as_str),
        asked.method,
        share(asked.level),
    );
    Ok([heading, drawn(&values, &made), rows(&following, &made)].concat())
}

const fn method_of(model: Model) -> Method {
    match model {
        Model::Ensemble => Method::Ensemble,
        Model::Ets => Method::Ets,
        Model::Theta => Method::Theta,
        Model::Arima => Method::Arima,
        Model::SeasonalNaive => Method::SeasonalNaive,
    }
}

/// The last of the past, and the next values between their bounds.
fn drawn(values: &[f64], made: &Values) -> String {
    let shown = PAST_MIN.max(2 * made.mean.len()).min(values.len());
    let past = &values[values.len() - shown..];
    let line = |after: &[f64]| -> Vec<Point> {
        let all = past.iter().chain(after).enumerate();
        all.map(|(at, value)| (at as f64, *value)).collect()
    };
    let lines = [&made.mean, &made.lower, &made.upper].map(|after| line(after));
    let Some(mut plane) = Plane::around(&lines.concat(), CHART_ROWS) else {
        return String::new();
    };
    lines.iter().for_each(|line| plane.line(line));
    format!("\n{}", plane.text_without_ends(number))
}

fn rows(dates: &[String], made: &Values) -> String {
    let row = |(at, date): (usize, &String)| {
        vec![date.clone(), number(made.mean[at]), number(made.lower[at]), number(made.upper[at])]
    };
    let rows: Vec<Vec<String>> = dates.iter().enumerate().map(row).collect();
    format!("\n{}", table(&["DATE", "FORECAST", "LOWER", "UPPER"], &rows, 1))
}
