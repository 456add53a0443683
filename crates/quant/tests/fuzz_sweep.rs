//! Arbitrary bars, periods, levels and options into a sweep: finite figures or a typed error, never
//! a panic or an endless loop, and the same on any number of threads. `FLORIN_SOAK_ROUNDS` sets how
//! many cases (64 by default).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

mod arbitrary;

use arbitrary::{assert_finite, assert_typed, config, number, numbers};
use proptest::prelude::*;
use quant::indicators::{self, Input, Inputs};
use quant::sweep::{Cross, Line, Options, Plan, Rule, curve, sweep};

/// Bars as a market gives them, or any numbers.
fn bars() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        3 => prop::collection::vec(1.0_f64..200.0, 0..120),
        1 => numbers(),
    ]
}

/// Crossings of two averages, and of an oscillator with levels that may be anything.
fn plan(periods: &[u32], levels: (f64, f64)) -> quant::Result<Plan> {
    let mut plan = Plan::crossings("EMA", periods)?;
    let period = f64::from(periods.first().copied().unwrap_or(2));
    let study = indicators::study("RSI", &[("time_period", period)])?;
    let rsi = Line::Study { study: plan.study(study)?, output: 0 };
    let enter = Cross { above: rsi, below: Line::Level(levels.0) };
    plan.rule(Rule { enter, exit: Cross { above: Line::Level(levels.1), below: rsi } })?;
    plan.rule(Rule { enter: enter.reversed(), exit: enter })?;
    Ok(plan)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_sweep_has_finite_figures_or_an_error(
        (first, second) in (bars(), bars()),
        periods in prop::collection::vec(0_u32..60, 0..5),
        levels in (number(), number()),
        (fee, year) in (number(), number()),
        threads in 0_usize..5,
    ) {
        let plan = plan(&periods, levels);
        assert_typed(&plan);
        let Ok(plan) = plan else { return Ok(()) };
        let of = |close| Inputs::new().with(Input::Close, close);
        let (Ok(one), Ok(other)) = (of(&first), of(&second)) else { return Ok(()) };
        let usual = Options::default();
        let own = Options { fee, bars_per_year: year, threads };
        for options in [usual, Options { threads: 3, ..usual }, own] {
            let made = sweep(&plan, &[one.clone(), other.clone()], &options);
            assert_typed(&made);
            for figures in made.iter().flatten().flatten() {
                assert_finite(figures.equity);
                assert_finite(figures.max_drawdown);
                prop_assert!((0.0..=1.0).contains(&figures.max_drawdown), "{figures:?}");
                prop_assert!(figures.equity >= 0.0, "{figures:?}");
                figures.sharpe.iter().for_each(|ratio| assert_finite(*ratio));
            }
        }
        let threads = Options { threads: 4, ..usual };
        let both = [one.clone(), other];
        prop_assert_eq!(sweep(&plan, &both, &usual), sweep(&plan, &both, &threads));
        for rule in 0..plan.rules().len().min(3) + 1 {
            assert_typed(&curve(&plan, rule, &one, &usual));
        }
    }
}
