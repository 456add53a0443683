//! Performance figures against empyrical, quantstats and mpmath, and what must hold for any input.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

mod reference;

use proptest::prelude::*;
use quant::Error;
use quant::performance::cash_flow::{
    Flow, Holding, irr, modified_dietz, money_weighted, time_weighted, xirr, xirr_all, xnpv,
};
use quant::performance::outcome::Outcome;
use quant::performance::relative::Relative;
use quant::performance::tear_sheet::TearSheet;
use quant::performance::{Basis, Frequency, drawdown, ratio, returns as growth, rolling};
use quant::risk::value_at_risk;
use reference::{assert_near, expected, number, numbers, returns};

const DAILY: Basis = Basis::new(Frequency::DAILY);

#[test]
fn the_tear_sheet_equals_empyrical_and_quantstats() {
    let all = expected("performance");
    for name in ["stock", "fx"] {
        let returns = returns(name);
        let sheet = TearSheet::of(&returns, &DAILY).unwrap();
        let (growth, spread, ratios) = (sheet.growth, sheet.spread, sheet.ratios);
        let empyrical = |figure: &str| number(&all[name]["empyrical"][figure]);
        let quantstats = |figure: &str| number(&all[name]["quantstats"][figure]);
        let moments = |figure: &str| number(&all[name]["moments"][figure]);
        let rows = [
            ("total", growth.total, empyrical("cum_returns_final")),
            ("total", growth.total, quantstats("comp")),
            ("annual", growth.annual, empyrical("annual_return")),
            ("annual", growth.annual, quantstats("cagr")),
            ("geometric mean", growth.geometric_mean, quantstats("geometric_mean")),
            ("mean", growth.mean, moments("mean")),
            ("volatility", spread.volatility, empyrical("annual_volatility")),
            ("downside", spread.downside_deviation, empyrical("downside_risk")),
            ("skewness", spread.skewness.unwrap(), quantstats("skew")),
            ("kurtosis", spread.excess_kurtosis.unwrap(), quantstats("kurtosis")),
            (
                "jarque_bera",
                spread.jarque_bera.unwrap(),
                number(&all[name]["moments"]["jarque_bera"][0]),
            ),
            ("historical var", -spread.historical_var, empyrical("value_at_risk")),
            ("normal var", -spread.normal_var, quantstats("value_at_risk")),
            ("normal es", -spread.normal_shortfall, quantstats("conditional_value_at_risk")),
            ("sharpe", ratios.sharpe.unwrap(), empyrical("sharpe_ratio")),
            ("smart sharpe", ratios.smart_sharpe.unwrap(), quantstats("smart_sharpe")),
            (
                "probabilistic",
                ratios.probabilistic_sharpe.unwrap(),
                quantstats("probabilistic_sharpe_ratio"),
            ),
            ("sortino", ratios.sortino.unwrap(), empyrical("sortino_ratio")),
            ("smart sortino", ratios.smart_sortino.unwrap(), quantstats("smart_sortino")),
            ("adjusted sortino", ratios.adjusted_sortino.unwrap(), quantstats("adjusted_sortino")),
            ("omega", ratios.omega.unwrap(), empyrical("omega_ratio")),
            ("calmar", ratios.calmar.unwrap(), empyrical("calmar_ratio")),
            ("recovery", ratios.recovery_factor.unwrap(), quantstats("recovery_factor")),
            ("stability", ratios.stability.unwrap(), empyrical("stability_of_timeseries")),
            ("tail", ratios.tail.unwrap(), empyrical("tail_ratio")),
            ("common sense", ratios.common_sense.unwrap(), quantstats("common_sense_ratio")),
            ("drawdown", sheet.drawdowns.maximum, empyrical("max_drawdown")),
            (
                "penalty",
                ratio::autocorrelation_penalty(&returns).unwrap(),
                quantstats("autocorr_penalty"),
            ),
        ];
        for (figure, found, expected) in rows {
            assert_near(&format!("{name} {figure}"), found, expected, 1e-12);
        }
    }
}

/// quantstats divides the Ulcer index by n − 1, and its performance index takes the growth of all
/// years.
#[test]
fn ulcer_figures_equal_quantstats_by_its_own_divisor() {
    let all = expected("performance");
    for name in ["stock", "fx"] {
        let returns = returns(name);
        let sheet = TearSheet::of(&returns, &DAILY).unwrap();
        let n = returns.len() as f64;
        let (growth, ratios) = (sheet.growth, sheet.ratios);
        let quantstats = |figure: &str| number(&all[name]["quantstats"][figure]);
        let rows = [
            (
                "ulcer",
                sheet.drawdowns.ulcer_index * (n / (n - 1.0)).sqrt(),
                quantstats("ulcer_index"),
            ),
            (
                "upi",
                ratios.ulcer_performance.unwrap() * growth.total / growth.annual
                    * ((n - 1.0) / n).sqrt(),
                quantstats("ulcer_performance_index"),
            ),
            (
                "serenity",
                ratios.serenity.unwrap() * ((n - 1.0) / n).sqrt(),
                quantstats("serenity_index"),
            ),
        ];
        for (figure, found, expected) in rows {
            assert_near(&format!("{name} {figure}"), found, expected, 1e-12);
        }
    }
}

#[test]
fn wins_and_losses_equal_quantstats() {
    let all = expected("performance");
    for name in ["stock", "fx"] {
        let outcome = Outcome::of(&returns(name)).unwrap();
        let quantstats = |figure: &str| number(&all[name]["quantstats"][figure]);
        let rows = [
            ("win rate", outcome.win_rate.unwrap(), quantstats("win_rate")),
            ("average", outcome.average_return.unwrap(), quantstats("avg_return")),
            ("average win", outcome.average_win.unwrap(), quantstats("avg_win")),
            ("average loss", outcome.average_loss.unwrap(), quantstats("avg_loss")),
            ("payoff", outcome.payoff.unwrap(), quantstats("payoff_ratio")),
            ("profit factor", outcome.profit_factor.unwrap(), quantstats("profit_factor")),
            ("gain to pain", outcome.gain_to_pain.unwrap(), quantstats("gain_to_pain_ratio")),
            ("cpc", outcome.cpc_index.unwrap(), quantstats("cpc_index")),
            ("kelly", outcome.kelly.unwrap(), quantstats("kelly_criterion")),
            ("outlier win", outcome.outlier_win.unwrap(), quantstats("outlier_win_ratio")),
            ("outlier loss", outcome.outlier_loss.unwrap(), quantstats("outlier_loss_ratio")),
            ("best", outcome.best, quantstats("best")),
            ("worst", outcome.worst, quantstats("worst")),
            ("streak", outcome.longest_winning_streak as f64, quantstats("consecutive_wins")),
            ("streak", outcome.longest_losing_streak as f64, quantstats("consecutive_losses")),
        ];
        for (figure, found, expected) in rows {
            assert_near(&format!("{name} {figure}"), found, expected, 1e-12);
        }
        // quantstats rounds the exposure up to a per cent.
        assert_eq!((outcome.exposure * 100.0).ceil() / 100.0, quantstats("exposure"));
    }
}

#[test]
fn rates_and_thresholds_equal_empyrical() {
    let returns = returns("stock");
    let all = expected("with_rates");
    let free = DAILY.with_risk_free(0.03).unwrap();
    let required = DAILY.with_required_return(0.05).unwrap();
    let rows = [
        ("sharpe", ratio::sharpe(&returns, &free)),
        ("quantstats_sharpe", ratio::sharpe(&returns, &free)),
        ("sortino", ratio::sortino(&returns, &required)),
        ("omega", ratio::omega(&returns, &required)),
        ("downside_risk", ratio::downside_deviation(&returns, &required)),
    ];
    for (figure, found) in rows {
        assert_near(figure, found.unwrap(), number(&all[figure]), 1e-12);
    }
}

#[test]
fn figures_against_a_benchmark_equal_empyrical_and_quantstats() {
    let (own, benchmark) = (returns("stock"), returns("other"));
    let all = expected("relative");
    let free = DAILY.with_risk_free(0.03).unwrap();
    let relative = Relative::of(&own, &benchmark, &DAILY).unwrap();
    let with_rate = Relative::of(&own, &benchmark, &free).unwrap();
    let total = growth::total(&own).unwrap();
    let annual = growth::annual(&own, Frequency::DAILY).unwrap();
    let rows = [
        // empyrical compounds the alpha of a day, and its information ratio is a day's.
        ("alpha_compounded", (1.0 + with_rate.alpha.unwrap() / 252.0).powi(252) - 1.0),
        ("quantstats_alpha", relative.alpha.unwrap()),
        ("beta", relative.beta.unwrap()),
        ("excess_sharpe", relative.information_ratio.unwrap() / 252.0_f64.sqrt()),
        ("capture", relative.capture.unwrap()),
        ("up_capture", relative.up_capture.unwrap()),
        ("down_capture", relative.down_capture.unwrap()),
        ("up_down_capture", relative.up_down_capture.unwrap()),
        ("batting_average", relative.batting_average),
        ("quantstats_r_squared", relative.r_squared.unwrap()),
        ("quantstats_treynor_total", relative.treynor.unwrap() * total / annual),
        ("correlation", relative.correlation.unwrap()),
        ("tracking_error", relative.tracking_error),
    ];
    for (figure, found) in rows {
        assert_near(figure, found, number(&all[figure]), 2e-12);
    }
    let m_squared = 0.03
        + ratio::sharpe(&own, &free).unwrap()
            * ratio::volatility(&benchmark, Frequency::DAILY).unwrap();
    assert_near("m squared", with_rate.m_squared.unwrap(), m_squared, 1e-12);
}

#[test]
fn drawdowns_equal_quantstats() {
    let all = expected("drawdowns");
    for name in ["stock", "other", "fx"] {
        let returns = returns(name);
        let series = drawdown::series(&returns).unwrap();
        let every: Vec<f64> = series.iter().copied().step_by(50).collect();
        for (found, expected) in every.iter().zip(numbers(&all[name]["series_every_50th"])) {
            assert_near(name, *found, expected, 1e-12);
        }
        let episodes = drawdown::episodes(&returns).unwrap();
        let depths = numbers(&all[name]["depths"]);
        assert_eq!(episodes.len(), depths.len());
        for (index, episode) in episodes.iter().enumerate() {
            assert_near(name, episode.depth, depths[index], 1e-12);
            assert_eq!(episode.first as f64, number(&all[name]["first"][index]));
            assert_eq!(episode.valley as f64, number(&all[name]["valley"][index]));
        }
    }
}

#[test]
fn a_loss_in_the_first_period_is_a_drawdown() {
    let episodes = drawdown::episodes(&[-0.1, 0.05, 0.2]).unwrap();
    assert_eq!(episodes.len(), 1);
    assert_near("depth", episodes[0].depth, -0.1, 1e-15);
    assert_eq!((episodes[0].first, episodes[0].recovery), (0, Some(2)));
    assert_eq!((episodes[0].duration, episodes[0].recovery_duration()), (2, Some(2)));
}

#[test]
fn rolling_figures_equal_empyrical() {
    let all = expected("drawdowns");
    for name in ["stock", "fx"] {
        let returns = returns(name);
        let sharpes = rolling::each(&returns, 60, |window| ratio::sharpe(window, &DAILY)).unwrap();
        let last = sharpes.last().copied().flatten().unwrap();
        assert_near(name, last, number(&all[name]["rolling_sharpe_60_last"]), 1e-12);
        let falls = rolling::each(&returns, 60, drawdown::maximum).unwrap();
        assert_near(
            name,
            falls[0].unwrap(),
            number(&all[name]["rolling_max_drawdown_60_first"]),
            1e-12,
        );
        assert_eq!(falls.len(), returns.len() - 59);
    }
}

#[test]
fn xirr_equals_mpmath_and_excel() {
    for row in expected("xirr").as_array().unwrap() {
        let flows: Vec<Flow> = row["flows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|flow| {
                let date = flow[0].as_str().unwrap().parse().unwrap();
                Flow { date, amount: number(&flow[1]) }
            })
            .collect();
        let roots = numbers(&row["roots"]);
        let found = xirr_all(&flows).unwrap();
        assert_eq!(found.len(), roots.len(), "{row}");
        for (found, expected) in found.iter().zip(&roots) {
            assert_near(&row.to_string(), *found, *expected, 1e-12);
        }
        match roots.as_slice() {
            [one] => {
                assert_near("one", xirr(&flows).unwrap(), *one, 1e-12);
                let scale: f64 = flows.iter().map(|flow| flow.amount.abs()).sum();
                let value = xnpv(*one, &flows).unwrap();
                let growth = (1.0 + one).abs().max(1.0 / (1.0 + one)).powi(20);
                assert!(value.abs() < 1e-9 * scale * growth, "{row}: {value}");
            }
            _ => assert!(matches!(xirr(&flows), Err(Error::Undefined { figure: "XIRR", .. }))),
        }
        if let Some(published) = row["published"].as_f64() {
            assert_near("Excel", found[0], published, 5e-9);
        }
    }
}

#[test]
fn rates_of_return_by_hand() {
    assert_near("irr", irr(&[-100.0, 60.0, 60.0]).unwrap(), 0.130_662_386_291_807_5, 1e-14);
    assert_near("day's doubling", irr(&[-1.0, 2.0]).unwrap(), 1.0, 1e-15);
    // The double root of (1 − 1.1 v)² at ten per cent: found once.
    assert_near("double", irr(&[1.0, -2.2, 1.21]).unwrap(), 0.1, 1e-7);
    // Three roots: 0 %, 100 %, 200 %.
    let cubic = [1.0, -6.0, 11.0, -6.0];
    assert!(matches!(irr(&cubic), Err(Error::Undefined { .. })));
    assert!(matches!(irr(&[1.0, 2.0]), Err(Error::Undefined { .. })));
    assert!(matches!(irr(&[0.0, 0.0]), Err(Error::Undefined { .. })));
    assert_eq!(irr(&[1.0]).unwrap_err().argument(), Some("amounts"));
    assert_eq!(irr(&[1.0, f64::NAN]).unwrap_err().argument(), Some("amounts"));

    let day = |text: &str| text.parse().unwrap();
    let flows = [
        Flow { date: day("2026-02-10"), amount: 500.0 },
        Flow { date: day("2026-03-01"), amount: -200.0 },
    ];
    let holding = Holding {
        start: day("2026-01-01"),
        end: day("2026-03-31"),
        start_value: 10_000.0,
        end_value: 10_700.0,
        flows: &flows,
    };
    let capital = 10_000.0 + 500.0 * 49.0 / 89.0 - 200.0 * 30.0 / 89.0;
    assert_near("Dietz", modified_dietz(&holding).unwrap(), 400.0 / capital, 1e-15);
    let yearly = money_weighted(&holding).unwrap();
    let inside = (1.0 + yearly).powf(89.0 / 365.0) - 1.0;
    assert_near("money-weighted", inside, 400.0 / capital, 2e-4);
    let outside = Holding { end: day("2026-02-28"), ..holding };
    assert_eq!(modified_dietz(&outside).unwrap_err().argument(), Some("flows"));
    let turned = Holding { end: day("2025-12-31"), ..holding };
    assert_eq!(modified_dietz(&turned).unwrap_err().argument(), Some("end"));
    assert!(matches!(time_weighted(&[1.0, 2.0], &[-1.0, 0.0]), Err(Error::Undefined { .. })));
}

#[test]
fn pieces_of_the_sheet_equal_the_single_functions() {
    let basis = DAILY.with_risk_free(0.02).unwrap().with_required_return(0.01).unwrap();
    let returns = returns("fx");
    let sheet = TearSheet::of(&returns, &basis).unwrap();
    let frequency = basis.frequency();
    let pairs = [
        (sheet.growth.total, growth::total(&returns)),
        (sheet.growth.annual, growth::annual(&returns, frequency)),
        (sheet.growth.geometric_mean, growth::geometric_mean(&returns)),
        (sheet.spread.volatility, ratio::volatility(&returns, frequency)),
        (sheet.spread.downside_deviation, ratio::downside_deviation(&returns, &basis)),
        (
            sheet.spread.historical_var,
            value_at_risk::historical(&returns, 0.95).map(|r| r.value_at_risk),
        ),
        (
            sheet.spread.normal_shortfall,
            value_at_risk::normal(&returns, 0.95).map(|r| r.expected_shortfall),
        ),
        (sheet.ratios.sharpe.unwrap(), ratio::sharpe(&returns, &basis)),
        (sheet.ratios.sortino.unwrap(), ratio::sortino(&returns, &basis)),
        (sheet.ratios.omega.unwrap(), ratio::omega(&returns, &basis)),
        (sheet.ratios.calmar.unwrap(), ratio::calmar(&returns, frequency)),
        (sheet.ratios.ulcer_performance.unwrap(), ratio::ulcer_performance(&returns, &basis)),
        (
            sheet.ratios.probabilistic_sharpe.unwrap(),
            ratio::probabilistic_sharpe(&returns, 0.0, &basis),
        ),
        (sheet.ratios.recovery_factor.unwrap(), ratio::recovery_factor(&returns)),
        (sheet.ratios.stability.unwrap(), ratio::stability(&returns)),
        (sheet.ratios.tail.unwrap(), ratio::tail(&returns)),
        (sheet.drawdowns.maximum, drawdown::maximum(&returns)),
        (sheet.drawdowns.ulcer_index, drawdown::ulcer_index(&returns)),
    ];
    for (index, (piece, single)) in pairs.into_iter().enumerate() {
        assert_eq!(piece, single.unwrap(), "pair {index}");
    }
    assert_eq!(sheet.outcome, Outcome::of(&returns).unwrap());
    assert_eq!(sheet.drawdowns, drawdown::summary(&returns).unwrap());
    let against = TearSheet::against(&returns, &returns, &basis).unwrap();
    assert_eq!(against.relative.unwrap().beta, Some(1.0));
    assert_eq!(against.relative.unwrap().information_ratio, None);
}

#[test]
fn bad_input_is_named() {
    let good = [0.01, -0.02, 0.03];
    assert!(matches!(TearSheet::of(&[], &DAILY), Err(Error::TooShort { argument: "returns", .. })));
    assert!(matches!(TearSheet::of(&[0.1], &DAILY), Err(Error::TooShort { .. })));
    let gap = [0.01, f64::NAN, 0.02];
    assert_eq!(
        TearSheet::of(&gap, &DAILY),
        Err(Error::NotFinite { argument: "returns", index: 1 })
    );
    let below = TearSheet::of(&[0.1, -1.5], &DAILY);
    assert!(matches!(below, Err(Error::OutOfBounds { argument: "returns", .. })));
    let shorter = TearSheet::against(&good, &good[..2], &DAILY);
    assert!(matches!(shorter, Err(Error::LengthsDiffer { argument: "benchmark", .. })));
    assert!(matches!(growth::total(&[1e59; 6]), Err(Error::Undefined { .. })));
    assert!(matches!(
        growth::simple(&[1.0, 0.0]),
        Err(Error::OutOfBounds { argument: "prices", .. })
    ));
    assert!(matches!(
        growth::compounded(&good, 0),
        Err(Error::OutOfBounds { argument: "length", .. })
    ));
    assert!(matches!(rolling::each(&good, 0, growth::total), Err(Error::OutOfBounds { .. })));
    assert!(matches!(rolling::each(&good, 4, growth::total), Err(Error::TooShort { .. })));
    assert!(Basis::new(Frequency::DAILY).with_risk_free(-1.0).is_err());
    assert!(Frequency::new(f64::NAN).is_err());
}

#[test]
fn what_has_no_value_is_none() {
    let flat = TearSheet::of(&[0.0; 10], &DAILY).unwrap();
    assert_eq!(flat.ratios.sharpe, None);
    assert_eq!(flat.ratios.calmar, None);
    assert_eq!(flat.outcome.win_rate, None);
    assert_eq!(flat.spread.skewness, None);
    let constant = TearSheet::of(&[0.1; 10], &DAILY).unwrap();
    assert_eq!(constant.ratios.sharpe, None, "a rounded mean makes no spread");
    assert_eq!(constant.ratios.omega, None);
    let lost = TearSheet::of(&[0.1, -1.0, 0.1, 0.2], &DAILY).unwrap();
    assert_eq!((lost.growth.annual, lost.drawdowns.maximum), (-1.0, -1.0));
    assert_eq!(lost.ratios.stability, None);
}

proptest! {
    /// Drawdowns lie in [−1, 0], episodes do not overlap, and the deepest is the maximum.
    #[test]
    fn drawdowns_hold_together(returns in prop::collection::vec(-0.5_f64..0.5, 1..80)) {
        let series = drawdown::series(&returns).unwrap();
        prop_assert!(series.iter().all(|depth| (-1.0..=0.0).contains(depth)));
        let episodes = drawdown::episodes(&returns).unwrap();
        let below = series.iter().filter(|depth| **depth < 0.0).count();
        prop_assert_eq!(episodes.iter().map(|episode| episode.duration).sum::<usize>(), below);
        let deepest = episodes.iter().map(|episode| episode.depth).fold(0.0, f64::min);
        prop_assert_eq!(deepest, drawdown::maximum(&returns).unwrap());
        for pair in episodes.windows(2) {
            prop_assert!(pair[0].recovery.unwrap() <= pair[1].first);
        }
    }

    /// Returns come back from prices, and grouping them does not change the growth.
    #[test]
    fn growth_is_the_same_in_any_grouping(
        returns in prop::collection::vec(-0.2_f64..0.2, 2..60), length in 1_usize..9
    ) {
        let total = growth::total(&returns).unwrap();
        let grouped = growth::compounded(&returns, length).unwrap();
        let again = growth::total(&grouped).unwrap();
        prop_assert!((again - total).abs() <= 1e-12 * (1.0 + total.abs()));
        let mean = growth::geometric_mean(&returns).unwrap();
        let again = (returns.len() as f64 * mean.ln_1p()).exp_m1();
        prop_assert!((again - total).abs() <= 1e-11 * (1.0 + total.abs()));
    }

    /// Every rate that is found is a root, and an investment that pays back once has one.
    #[test]
    fn rates_are_roots(
        paid in prop::collection::vec(0.1_f64..100.0, 1..6),
        received in prop::collection::vec(0.1_f64..100.0, 1..6),
    ) {
        let amounts: Vec<f64> = paid.iter().map(|x| -x).chain(received.iter().copied()).collect();
        let rate = irr(&amounts).unwrap();
        let terms: Vec<f64> = (0_i32..)
            .zip(&amounts)
            .map(|(index, amount)| amount * (1.0 + rate).powi(-index))
            .collect();
        let value: f64 = terms.iter().sum();
        let scale: f64 = terms.iter().map(|term| term.abs()).sum();
        prop_assert!(value.abs() <= 1e-11 * scale, "{rate}: {value}");
    }

    /// A polynomial with known roots gives them back, however many.
    #[test]
    fn all_rates_are_found(rates in prop::collection::btree_set(1_i32..40, 2..5)) {
        let rates: Vec<f64> = rates.into_iter().map(|rate| f64::from(rate) * 0.05 - 0.5).collect();
        // Π (1 − (1 + r) v)
        let mut amounts = vec![1.0];
        for rate in &rates {
            let mut next = vec![0.0; amounts.len() + 1];
            for (index, amount) in amounts.iter().enumerate() {
                next[index] += amount;
                next[index + 1] -= amount * (1.0 + rate);
            }
            amounts = next;
        }
        let start: kernel::Date = "2000-01-01".parse().unwrap();
        let flows: Vec<Flow> = amounts.iter().enumerate().map(|(year, amount)| {
            let date = (0..year * 365).fold(start, |date, _| date.tomorrow().unwrap());
            Flow { date, amount: *amount }
        }).collect();
        let mut found = xirr_all(&flows).unwrap();
        found.sort_by(f64::total_cmp);
        prop_assert_eq!(found.len(), rates.len(), "{:?} {:?}", found, rates);
        for (found, expected) in found.iter().zip(&rates) {
            prop_assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
    }
}
