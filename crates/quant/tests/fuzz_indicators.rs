//! Whatever comes: every indicator answers with numbers or a typed error, in batch and in stream,
//! and both say the same. Rounds grow with `FLORIN_SOAK_ROUNDS`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use proptest::prelude::*;
use proptest::sample::Index;
use quant::indicators::{self, Input, Inputs, ParameterKind, Study};
use quant::sweep::{Cross, Line, Options, Plan, Rule, sweep};

fn config() -> ProptestConfig {
    let rounds = std::env::var("FLORIN_SOAK_ROUNDS").ok();
    let cases = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(200);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A value of any kind: odd ones, and prices.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => 0.01..1000.0_f64,
        1 => prop::num::f64::ANY,
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, -1.0, 3e37, 1e-300,
            f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX,
        ]),
    ]
}

/// A value for a parameter: often one within its bounds, near the default or at an edge.
fn parameter(kind: &ParameterKind, default: f64, draw: f64, odd: f64) -> f64 {
    if draw < 0.05 {
        return odd;
    }
    match kind {
        ParameterKind::Integer { min, max } => {
            let (min, max) = (f64::from(*min), f64::from(*max));
            let edge = if draw < 0.10 { max } else { min + (draw * 60.0).floor() };
            if draw < 0.3 { default } else { edge.clamp(min, max) }
        }
        ParameterKind::Real { min, max } => {
            if draw < 0.3 {
                default
            } else {
                (default * draw * 2.0).clamp(*min, *max)
            }
        }
        ParameterKind::Choice(values) => {
            let mut of = values.iter().map(|(value, _)| f64::from(*value));
            of.rfind(|value| *value <= draw * 16.0).unwrap_or(default)
        }
    }
}

/// Bars that could be a market's: `low <= open, close <= high`, all above 0.
fn bars() -> impl Strategy<Value = Vec<[f64; 5]>> {
    let bar = (0.9..1.1_f64, 0.9..1.1_f64, 0.0..0.1_f64, 0.0..0.1_f64, 0..5_u32);
    (prop::collection::vec(bar, 0..260), prop::bool::weighted(0.1)).prop_map(|(bars, is_flat)| {
        let mut before = 100.0_f64;
        let each = bars.into_iter().map(|(open, close, up, down, volume)| {
            let (open, close) = if is_flat { (1.0, 1.0) } else { (open, close) };
            let (open, close) = (before * open, (before * open * close).clamp(0.01, 1e6));
            let (high, low) = (open.max(close) * (1.0 + up), open.min(close) * (1.0 - down));
            before = close;
            [open, high, low, close, f64::from(volume) * 1000.0]
        });
        each.collect()
    })
}

fn column(input: Input, bars: &[[f64; 5]]) -> Vec<f64> {
    let at = |place: usize| bars.iter().map(|bar| bar[place]).collect();
    match input {
        Input::Open => at(0),
        Input::High => at(1),
        Input::Low | Input::Second => at(2),
        Input::Close | Input::Real => at(3),
        Input::Volume => at(4),
        Input::Periods => bars.iter().map(|bar| 2.0 + (bar[0] % 20.0).floor()).collect(),
        Input::Anchor => bars.iter().map(|bar| f64::from(u8::from(bar[4] == 0.0))).collect(),
    }
}

fn study(which: Index, draws: &[f64], odd: f64) -> Option<Study> {
    let indicator = &indicators::all()[which.index(indicators::all().len())];
    let given: Vec<(&str, f64)> = indicator
        .parameters
        .iter()
        .zip(draws)
        .map(|(one, draw)| (one.name.as_str(), parameter(&one.kind, one.default, *draw, odd)))
        .collect();
    Study::new(indicator, &given).ok()
}

/// Whether two answers are the same number, or both none.
fn same(one: f64, other: f64) -> bool {
    let distance = (one - other).abs();
    one.to_bits() == other.to_bits()
        || (one.is_nan() && other.is_nan())
        || one == other
        || distance <= 1e-12 * other.abs().max(1.0)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bars_of_a_market_get_numbers_and_the_same_in_a_stream(
        which in any::<Index>(),
        draws in prop::collection::vec(0.0..1.0_f64, 12),
        odd in any_value(),
        bars in bars(),
    ) {
        let Some(study) = study(which, &draws, odd) else { return Ok(()) };
        let indicator = study.indicator();
        let columns: Vec<Vec<f64>> =
            indicator.inputs.iter().map(|input| column(*input, &bars)).collect();
        let inputs = indicator.inputs.iter().zip(&columns)
            .fold(Inputs::new(), |inputs, (input, column)| inputs.with(*input, column).unwrap());
        let answer = study.compute(&inputs).unwrap();
        let mut stream = study.stream();
        for bar in 0..bars.len() {
            let row: Vec<f64> = columns.iter().map(|column| column[bar]).collect();
            let pushed = stream.push(&row).unwrap();
            prop_assert_eq!(pushed.is_some(), bar >= answer.begin);
            for (column, value) in answer.values.iter().zip(pushed.unwrap_or_default()) {
                let name = format!("{} {:?} at {bar}", indicator.name, study.parameters());
                prop_assert!(same(*value, column[bar]), "{name}: {value}, batch {}", column[bar]);
                prop_assert!(value.is_finite() || indicator.may_be_undefined, "{name}: {value}");
            }
        }
    }

    #[test]
    fn anything_gets_an_answer_or_an_error(
        which in any::<Index>(),
        draws in prop::collection::vec(0.0..1.0_f64, 12),
        odd in any_value(),
        values in prop::collection::vec(prop::array::uniform4(any_value()), 0..120),
    ) {
        let Some(study) = study(which, &draws, odd) else { return Ok(()) };
        let indicator = study.indicator();
        let columns: Vec<Vec<f64>> = (0..indicator.inputs.len())
            .map(|place| values.iter().map(|row| row[place % 4]).collect())
            .collect();
        let inputs = indicator.inputs.iter().zip(&columns)
            .try_fold(Inputs::new(), |inputs, (input, column)| inputs.with(*input, column));
        if let Ok(inputs) = inputs {
            let answer = study.compute(&inputs).unwrap();
            prop_assert_eq!(answer.values.len(), indicator.outputs.len());
        }
        let mut stream = study.stream();
        for row in &values {
            let bar: Vec<f64> = (0..columns.len()).map(|place| row[place % 4]).collect();
            let ahead = stream.peek(&bar).map(|row| row.is_some());
            let pushed = stream.push(&bar).map(|row| row.is_some());
            let name = indicator.name;
            prop_assert_eq!(ahead, pushed, "{} {:?} {:?}", name, study.parameters(), bar);
        }
    }

    #[test]
    fn any_rule_over_any_prices_makes_numbers_or_an_error(
        one in any::<Index>(),
        other in any::<Index>(),
        draws in prop::collection::vec(0.0..1.0_f64, 12),
        bars in bars(),
        level in any_value(),
        fee in any_value(),
    ) {
        let columns: Vec<Vec<f64>> =
            Input::ALL.iter().map(|input| column(*input, &bars)).collect();
        let inputs = Input::ALL.iter().zip(&columns)
            .fold(Inputs::new(), |inputs, (input, column)| inputs.with(*input, column).unwrap());
        let mut plan = Plan::new();
        let mut line = |which| {
            let place = plan.study(study(which, &draws, 0.0)?).ok()?;
            Some(Line::Study { study: place, output: 0 })
        };
        let (Some(one), Some(other)) = (line(one), line(other)) else { return Ok(()) };
        let exit = Cross { above: Line::Level(level), below: Line::Close };
        let rule = Rule { enter: Cross { above: one, below: other }, exit };
        if plan.rule(rule).is_err() {
            prop_assert!(!level.is_finite());
            return Ok(());
        }
        let Ok(made) = sweep(&plan, &[inputs], &Options { fee, ..Options::default() }) else {
            prop_assert!(!(0.0..1.0).contains(&fee));
            return Ok(());
        };
        let figures = made[0][0];
        prop_assert!(figures.equity.is_finite() && figures.equity > 0.0, "{figures:?}");
        prop_assert!((0.0..=1.0).contains(&figures.max_drawdown), "{figures:?}");
        prop_assert!(figures.sharpe.is_none_or(f64::is_finite), "{figures:?}");
    }
}
