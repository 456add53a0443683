//! Arbitrary input into every function of `performance`: a finite answer or a typed error, never a
//! panic or an endless loop. `FLORIN_SOAK_ROUNDS` sets how many cases (64 by default).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

mod arbitrary;

use arbitrary::{assert_finite, assert_typed, config, number, numbers};
use proptest::prelude::*;
use quant::performance::attribution::{Segment, brinson_fachler};
use quant::performance::cash_flow::{
    Flow, Holding, irr, modified_dietz, money_weighted, time_weighted, xirr_all, xnpv,
};
use quant::performance::currency::{Market, karnosky_singer};
use quant::performance::linking::{Method, Period, link};
use quant::performance::outcome::Outcome;
use quant::performance::tear_sheet::TearSheet;
use quant::performance::{Basis, Frequency, drawdown, ratio, returns, rolling};

fn basis(periods: f64, free: f64, required: f64) -> Basis {
    let frequency = Frequency::new(periods).unwrap_or(Frequency::DAILY);
    let basis = Basis::new(frequency);
    let basis = basis.with_risk_free(free).unwrap_or(basis);
    basis.with_required_return(required).unwrap_or(basis)
}

fn date() -> impl Strategy<Value = kernel::Date> {
    (1900_i16..2100, 1_i8..13, 1_i8..29)
        .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}").parse().unwrap())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn returns_and_ratios(
        values in numbers(),
        other in numbers(),
        rates in (number(), number(), number()),
    ) {
        let basis = basis(rates.0, rates.1, rates.2);
        let frequency = basis.frequency();
        for series in [
            returns::simple(&values),
            returns::logarithmic(&values),
            returns::cumulative(&values),
            returns::compounded(&values, 3),
            drawdown::series(&values),
        ] {
            assert_typed(&series);
            series.iter().flatten().for_each(|value| assert_finite(*value));
        }
        let figures = [
            returns::total(&values),
            returns::annual(&values, frequency),
            returns::geometric_mean(&values),
            ratio::volatility(&values, frequency),
            ratio::downside_deviation(&values, &basis),
            ratio::sharpe(&values, &basis),
            ratio::sortino(&values, &basis),
            ratio::omega(&values, &basis),
            ratio::calmar(&values, frequency),
            ratio::ulcer_performance(&values, &basis),
            ratio::probabilistic_sharpe(&values, rates.1, &basis),
            ratio::autocorrelation_penalty(&values),
            ratio::stability(&values),
            ratio::tail(&values),
            ratio::recovery_factor(&values),
            drawdown::maximum(&values),
            drawdown::ulcer_index(&values),
            time_weighted(&values, &other),
        ];
        for (index, figure) in figures.iter().enumerate() {
            assert_typed(figure);
            let sound = figure.as_ref().map_or(true, |value| value.is_finite());
            prop_assert!(sound, "{index}: {figure:?}");
        }
        assert_typed(&rolling::each(&values, 4, |window| ratio::sharpe(window, &basis)));
        assert_typed(&drawdown::episodes(&values));
        assert_typed(&drawdown::summary(&values));
        assert_typed(&Outcome::of(&values));
        let sheet = TearSheet::against(&values, &other, &basis);
        assert_typed(&sheet);
        assert_typed(&TearSheet::of(&values, &basis));
        // Every number of a sheet is one: Debug shows NaN and inf.
        let shown = format!("{:?}", sheet.ok());
        let strange = ["NaN", " inf,", "(inf)", "-inf"];
        prop_assert!(!strange.iter().any(|word| shown.contains(word)), "{shown}");
    }

    #[test]
    fn flows(
        dated in prop::collection::vec((date(), number()), 0..12),
        ends in (date(), date(), number(), number()),
    ) {
        let flow = |(date, amount): &(kernel::Date, f64)| Flow { date: *date, amount: *amount };
        let flows: Vec<Flow> = dated.iter().map(flow).collect();
        let amounts: Vec<f64> = dated.iter().map(|(_, amount)| *amount).collect();
        let rates = xirr_all(&flows);
        assert_typed(&rates);
        rates.iter().flatten().for_each(|rate| assert_finite(*rate));
        let holding = Holding {
            start: ends.0, end: ends.1, start_value: ends.2, end_value: ends.3, flows: &flows,
        };
        for figure in [
            irr(&amounts),
            xnpv(ends.2, &flows),
            modified_dietz(&holding),
            money_weighted(&holding),
        ] {
            assert_typed(&figure);
            figure.into_iter().for_each(assert_finite);
        }
    }

    #[test]
    fn attributions(rows in prop::collection::vec(prop::array::uniform8(number()), 0..5)) {
        let segments: Vec<Segment> = rows.iter().map(|row| Segment {
            portfolio_weight: row[0],
            benchmark_weight: row[1],
            portfolio_return: row[2],
            benchmark_return: row[3],
        }).collect();
        assert_typed(&brinson_fachler(&segments));
        let markets: Vec<Market> = rows.iter().map(|row| Market {
            portfolio_weight: row[0],
            benchmark_weight: row[1],
            portfolio_forward: row[2],
            benchmark_forward: row[3],
            portfolio_local: row[4],
            benchmark_local: row[5],
            cash: row[6],
            exchange: row[7],
        }).collect();
        assert_typed(&karnosky_singer(&markets));
        let periods: Vec<Period<'_>> = rows.iter().map(|row| Period {
            portfolio_return: row[0], benchmark_return: row[1], effects: &row[2..],
        }).collect();
        for method in [Method::Carino, Method::Menchero] {
            let linked = link(&periods, method);
            assert_typed(&linked);
            linked.iter().flatten().for_each(|effect| assert_finite(*effect));
        }
    }
}
