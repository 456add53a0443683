//! Sweeps, through the public face: against vectorbt, against themselves on other numbers of
//! threads, and what must not go through.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a test fails where it breaks"
)]

use std::path::Path;

use proptest::prelude::*;
use quant::Error;
use quant::indicators::{self, Input, Inputs};
use quant::sweep::{Cross, Figures, Line, Options, Plan, Rule, curve, sweep};
use serde_json::Value;

fn testdata(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn closes() -> Vec<f64> {
    let column = &testdata("talib/bars.json")["series"]["close"];
    column.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn line(plan: &mut Plan, name: &str, period: &Value) -> Line {
    let study = indicators::study(name, &[("time_period", period.as_f64().unwrap())]).unwrap();
    Line::Study { study: plan.study(study).unwrap(), output: 0 }
}

#[test]
fn rules_make_what_they_make_in_vectorbt_1_2() {
    let close = closes();
    let symbol = [Inputs::new().with(Input::Close, &close).unwrap()];
    let file = testdata("sweep_vectorbt.json");
    for set in file["sets"].as_array().unwrap() {
        let mut plan = Plan::new();
        let rule = if let Some(average) = set["average"].as_str() {
            let above = line(&mut plan, average, &set["fast"]);
            let enter = Cross { above, below: line(&mut plan, average, &set["slow"]) };
            Rule { enter, exit: enter.reversed() }
        } else {
            let rsi = line(&mut plan, "RSI", &set["rsi"]);
            let level = |name: &str| Line::Level(set[name].as_f64().unwrap());
            let enter = Cross { above: rsi, below: level("enter") };
            Rule { enter, exit: Cross { above: level("exit"), below: rsi } }
        };
        plan.rule(rule).unwrap();
        let options = Options { fee: set["fee"].as_f64().unwrap(), ..Options::default() };
        let made = sweep(&plan, &symbol, &options).unwrap()[0][0];
        let close_to = |one: f64, name: &str| {
            let other = set[name].as_f64().unwrap();
            assert!((one - other).abs() <= 1e-10 * other.abs().max(1.0), "{set}: {name} {one}");
        };
        close_to(made.equity, "equity");
        close_to(made.max_drawdown, "max_drawdown");
        close_to(made.sharpe.unwrap(), "sharpe");
        assert_eq!(u64::from(made.trades), set["trades"].as_u64().unwrap(), "{set}");
    }
}

#[test]
fn the_answer_is_the_same_on_any_number_of_threads() {
    let close = closes();
    let (half, late) = (&close[..250], [vec![f64::NAN; 30], close[30..].to_vec()].concat());
    let symbols: Vec<Inputs<'_>> = [&close[..], half, &late]
        .into_iter()
        .map(|column| Inputs::new().with(Input::Close, column).unwrap())
        .collect();
    let plan = Plan::crossings("EMA", &[2, 3, 5, 8, 13, 21, 34]).unwrap();
    let one = sweep(&plan, &symbols, &Options::default()).unwrap();
    assert_eq!(one.iter().map(Vec::len).collect::<Vec<_>>(), [21, 21, 21]);
    for threads in [2, 3, 4, 7, 64] {
        let options = Options { threads, ..Options::default() };
        assert_eq!(sweep(&plan, &symbols, &options).unwrap(), one, "{threads}");
    }
    // Each rule by itself, which has other lines beside it, makes the same.
    for (number, rule) in plan.rules().iter().enumerate() {
        let mut alone = plan.clone();
        let last = alone.rule(*rule).unwrap();
        let made = sweep(&alone, &symbols[..1], &Options::default()).unwrap();
        assert_eq!(made[0][last], one[0][number]);
    }
}

#[test]
fn a_curve_ends_where_the_figures_say() {
    let close = [vec![f64::NAN; 3], closes()].concat();
    let symbol = Inputs::new().with(Input::Close, &close).unwrap();
    let plan = Plan::crossings("SMA", &[3, 10, 30]).unwrap();
    let options = Options { fee: 0.002, ..Options::default() };
    let figures = sweep(&plan, std::slice::from_ref(&symbol), &options).unwrap();
    for (rule, made) in figures[0].iter().enumerate() {
        let equity = curve(&plan, rule, &symbol, &options).unwrap();
        assert_eq!(equity.len(), close.len());
        let (mut peak, mut fall) = (1.0_f64, 0.0_f64);
        for value in &equity {
            peak = peak.max(*value);
            fall = fall.max(1.0 - value / peak);
        }
        assert_eq!(equity.last(), Some(&made.equity));
        assert!((fall - made.max_drawdown).abs() < 1e-15);
    }
    let unknown = curve(&plan, 3, &symbol, &options).unwrap_err();
    assert!(matches!(unknown, Error::Unknown { argument: "rule", .. }));
}

#[test]
fn what_never_crosses_makes_nothing() {
    let nothing = Figures { equity: 1.0, max_drawdown: 0.0, sharpe: None, trades: 0, bars_held: 0 };
    for close in [vec![], vec![5.0], vec![5.0; 700], (1..700).map(f64::from).collect()] {
        let symbol = [Inputs::new().with(Input::Close, &close).unwrap()];
        let plan = Plan::crossings("SMA", &[2, 20]).unwrap();
        assert_eq!(sweep(&plan, &symbol, &Options::default()).unwrap(), [[nothing]]);
    }
    let plan = Plan::new();
    assert_eq!(sweep(&plan, &[], &Options::default()).unwrap(), Vec::<Vec<Figures>>::new());
}

#[test]
fn what_is_wrong_is_named() {
    let close = closes();
    let symbol = [Inputs::new().with(Input::Close, &close).unwrap()];
    let plan = Plan::crossings("SMA", &[3, 5]).unwrap();
    let base = Options::default();
    for (options, argument) in [
        (Options { fee: 1.0, ..base }, "fee"),
        (Options { fee: f64::NAN, ..base }, "fee"),
        (Options { bars_per_year: 0.0, ..base }, "bars_per_year"),
        (Options { threads: 0, ..base }, "threads"),
        (Options { threads: 10_000, ..base }, "threads"),
    ] {
        assert_eq!(sweep(&plan, &symbol, &options).unwrap_err().argument(), Some(argument));
    }
    let zero = [1.0, 2.0, 0.0, 3.0];
    let symbol = [Inputs::new().with(Input::Close, &zero).unwrap()];
    assert_eq!(sweep(&plan, &symbol, &base).unwrap_err().argument(), Some("close"));
    let missing = sweep(&plan, &[Inputs::new()], &base).unwrap_err();
    assert_eq!(missing, Error::Missing { argument: "close" });
    assert!(matches!(Plan::crossings("SMA", &[0]), Err(Error::OutOfBounds { .. })));
    assert!(matches!(Plan::crossings("VWAP", &[5]), Err(Error::Unknown { .. })));
    let mut plan = Plan::new();
    for line in [Line::Study { study: 0, output: 0 }, Line::Level(f64::NAN)] {
        let enter = Cross { above: Line::Close, below: line };
        assert!(plan.rule(Rule { enter, exit: enter.reversed() }).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever the prices: equity stays above 0, a drawdown is a share, and a model that goes bar
    /// by bar over whole columns makes the same.
    #[test]
    fn a_plain_back_test_makes_the_same(
        changes in prop::collection::vec(0.8..1.25_f64, 0..1300),
        fee in 0.0..0.05_f64,
    ) {
        let mut close = vec![100.0];
        close.extend(changes.iter().scan(100.0, |price, change| {
            *price = (*price * change).clamp(1e-3, 1e6);
            Some(*price)
        }));
        let symbol = Inputs::new().with(Input::Close, &close).unwrap();
        let plan = Plan::crossings("SMA", &[2, 9]).unwrap();
        let options = Options { fee, ..Options::default() };
        let made = sweep(&plan, std::slice::from_ref(&symbol), &options).unwrap()[0][0];
        let lines: Vec<Vec<f64>> = plan
            .studies()
            .iter()
            .map(|study| study.compute(&symbol).unwrap().values.remove(0))
            .collect();
        let (mut cash, mut shares, mut side, mut trades) = (1.0, 0.0, 0.0, 0);
        for (bar, price) in close.iter().enumerate() {
            let distance = lines[0][bar] - lines[1][bar];
            let crosses = distance * side < 0.0;
            if distance.is_nan() || distance == 0.0 {
                continue;
            }
            side = distance;
            if crosses && side > 0.0 {
                (cash, shares, trades) = (0.0, cash / (price * (1.0 + fee)), trades + 1);
            } else if crosses && shares > 0.0 {
                (cash, shares) = (shares * price * (1.0 - fee), 0.0);
            }
        }
        let equity = cash + shares * close[close.len() - 1];
        prop_assert_eq!(made.trades, trades);
        prop_assert!((made.equity - equity).abs() <= 1e-10 * equity.max(1.0));
        prop_assert!(made.equity > 0.0 && (0.0..1.0).contains(&made.max_drawdown));
        prop_assert!(made.sharpe.is_none_or(f64::is_finite));
    }
}
