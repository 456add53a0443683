//! `florin quant sweep`: every crossing of an average's periods, the best first.

use std::cmp::Ordering;
use std::thread::available_parallelism;

use anyhow::{Context as _, bail};
use quant::indicators::Inputs;
use quant::sweep::{Figures, Options, Plan, sweep};
use serde_json::json;

use super::format::{NOTHING, number, share};
use super::json_text;
use super::prices::Prices;
use crate::cli::quant::{Order, Sweep};
use crate::command::table::table;

/// Periods of one sweep, at most: their pairs stay below a plan's rules.
const PERIODS_MAX: usize = 1_400;

/// A rule on a symbol, and what it made.
struct Tried<'a> {
    symbol: &'a str,
    periods: [u32; 2],
    figures: Figures,
}

/// Tries every pair of periods on every file.
pub fn text(asked: &Sweep) -> anyhow::Result<String> {
    let periods = periods_of(&asked.periods)?;
    let plan = Plan::crossings(&asked.average, &periods)?;
    let read = |file| Prices::read(file, &asked.columns.close);
    let files: Vec<Prices> =
        asked.files.iter().map(|file| read(file)).collect::<anyhow::Result<_>>()?;
    let inputs = |prices: &Prices| prices.inputs().with_context(|| prices.name.clone()).map(drop);
    files.iter().try_for_each(inputs)?;
    let symbols: Vec<Inputs<'_>> = files.iter().map(Prices::inputs).collect::<Result<_, _>>()?;
    let threads = available_parallelism().map_or(1, |threads| threads.get().min(256));
    let options = Options { fee: asked.fee, bars_per_year: asked.bars_per_year, threads };
    let made = sweep(&plan, &symbols, &options)?;
    let mut tried = Vec::new();
    for (file, figures) in files.iter().zip(made) {
        let rules = pairs(&periods).zip(figures);
        tried.extend(rules.map(|(periods, figures)| Tried {
            symbol: &file.name,
            periods,
            figures,
        }));
    }
    let count = tried.len();
    // A stable order: equals stay as the files and periods were named.
    tried.sort_by(|one, other| compare(asked.by, &one.figures, &other.figures));
    tried.truncate(asked.top);
    shown(asked, count, &tried)
}

/// Pairs in the order of a plan's rules, the shorter period first.
fn pairs(periods: &[u32]) -> impl Iterator<Item = [u32; 2]> {
    periods.iter().enumerate().flat_map(|(at, one)| {
        let after = periods.iter().skip(at + 1);
        after.map(|other| [*one.min(other), *one.max(other)])
    })
}

/// `5,10,20`, `5..100` and `5..100:5`, both ends included.
fn periods_of(text: &str) -> anyhow::Result<Vec<u32>> {
    let mut periods = Vec::new();
    for part in text.split(',') {
        let form = || format!("--periods: {part:?} is none of N, FROM..TO and FROM..TO:STEP");
        let whole = |text: &str| text.trim().parse::<u32>().with_context(form);
        let (range, step) = part.split_once(':').map_or((part, "1"), |(range, step)| (range, step));
        let (from, to) = range.split_once("..").unwrap_or((range, range));
        let (from, to, step) = (whole(from)?, whole(to)?, whole(step)?);
        let step = usize::try_from(step).ok().filter(|step| *step > 0).with_context(form)?;
        periods.extend((from..=to).step_by(step).take(PERIODS_MAX + 1));
        if periods.len() > PERIODS_MAX {
            bail!("--periods names more than {PERIODS_MAX}");
        }
    }
    periods.sort_unstable();
    periods.dedup();
    anyhow::ensure!(periods.len() > 1, "--periods: a crossing needs two periods");
    Ok(periods)
}

/// The better first; a Sharpe ratio that has no value last.
fn compare(by: Order, one: &Figures, other: &Figures) -> Ordering {
    let least = f64::NEG_INFINITY;
    match by {
        Order::Sharpe => other.sharpe.unwrap_or(least).total_cmp(&one.sharpe.unwrap_or(least)),
        Order::Equity => other.equity.total_cmp(&one.equity),
        Order::Drawdown => one.max_drawdown.total_cmp(&other.max_drawdown),
    }
}

fn shown(asked: &Sweep, count: usize, tried: &[Tried<'_>]) -> anyhow::Result<String> {
    let average = asked.average.to_uppercase();
    if asked.json {
        let rules: Vec<_> = tried
            .iter()
            .map(|Tried { symbol, periods: [short, long], figures }| {
                json!({
                    "symbol": symbol, "short": short, "long": long, "equity": figures.equity,
                    "max_drawdown": figures.max_drawdown, "sharpe": figures.sharpe,
                    "trades": figures.trades, "bars_held": figures.bars_held,
                })
            })
            .collect();
        return json_text(&json!({ "average": average, "tried": count, "rules": rules }));
    }
    let row = |Tried { symbol, periods: [short, long], figures }: &Tried<'_>| {
        vec![
            (*symbol).to_owned(),
            format!("{average} {short} over {long}"),
            number(figures.equity),
            share(figures.max_drawdown),
            figures.sharpe.map_or(NOTHING.to_owned(), number),
            figures.trades.to_string(),
            figures.bars_held.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = tried.iter().map(row).collect();
    let head = ["FILE", "RULE", "EQUITY", "MAX DRAWDOWN", "SHARPE", "TRADES", "BARS HELD"];
    Ok(format!(
        "{count} rules tried; long only, equity begins at 1. What was best in the past need not \
         be again.\n\n{}",
        table(&head, &rows, 2)
    ))
}

#[cfg(test)]
mod tests {
    use quant::sweep::Line;

    use super::*;

    #[test]
    fn periods_are_lists_and_ranges() {
        assert_eq!(periods_of("20,5..7,10..20:5").unwrap(), [5, 6, 7, 10, 15, 20]);
        for wrong in ["", "5", "a,b", "5..x", "5..9:0", "1..4000000000", "-3,5"] {
            assert!(periods_of(wrong).unwrap_err().to_string().contains("--periods"), "{wrong}");
        }
    }

    #[test]
    fn pairs_are_in_the_order_of_a_plan() {
        let (periods, mut named) = ([2, 3, 5], Vec::new());
        let plan = Plan::crossings("SMA", &periods).unwrap();
        for rule in plan.rules() {
            let period = |line| match line {
                Line::Study { study, .. } => plan.studies()[study].parameters()[0],
                Line::Close | Line::Level(_) => 0.0,
            };
            named.push([period(rule.enter.above), period(rule.enter.below)]);
        }
        let paired: Vec<_> = pairs(&periods).map(|pair| pair.map(f64::from)).collect();
        assert_eq!(paired, named);
    }
}
