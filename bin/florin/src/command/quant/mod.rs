//! `florin quant`: indicators, sweeps, tear sheets, portfolios and forecasts over CSVs of prices.
//! Pure: it reads files and prints; no database, no server, no configuration.

mod chart;
mod closes;
mod forecast;
mod format;
mod frequency;
mod indicator;
mod list;
mod optimise;
mod plane;
mod prices;
mod sheet;
mod sweep;
mod tear_sheet;

use serde_json::Value as Json;

use crate::cli::quant::Quant;
use crate::command::print;

/// Computes what is asked for, and prints it.
pub fn run(asked: &Quant) -> anyhow::Result<()> {
    let text = match asked {
        Quant::List(asked) => list::text(asked)?,
        Quant::Indicator(asked) => indicator::text(asked)?,
        Quant::Sweep(asked) => sweep::text(asked)?,
        Quant::TearSheet(asked) => tear_sheet::text(asked)?,
        Quant::Optimise(asked) => optimise::text(asked)?,
        Quant::Forecast(asked) => forecast::text(asked)?,
    };
    print(&text)
}

/// JSON as a text; what is no number (a warm-up, a figure without a value) is null.
fn json_text(value: &Json) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}
