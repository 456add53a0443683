//! Attribution adds up, whatever the weights and returns.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use proptest::prelude::*;
use quant::performance::attribution::{Attribution, Segment, brinson_fachler};
use quant::performance::currency::{CurrencyAttribution, Market, karnosky_singer};
use quant::performance::linking::{
    Method, Period, link, link_attributions, link_currency_attributions,
};

/// Weights, long and short, that add up to `total`.
fn weights(count: usize, total: f64) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-0.5_f64..1.0, count).prop_map(move |mut weights| {
        let sum: f64 = weights[1..].iter().sum();
        weights[0] = total - sum;
        weights
    })
}

fn segments() -> impl Strategy<Value = Vec<Segment>> {
    let returns = || prop::collection::vec(-0.3_f64..0.3, 4);
    (weights(4, 1.0), weights(4, 1.0), returns(), returns()).prop_map(|(wp, wb, rp, rb)| {
        (0..4)
            .map(|index| Segment {
                portfolio_weight: wp[index],
                benchmark_weight: wb[index],
                portfolio_return: rp[index],
                benchmark_return: rb[index],
            })
            .collect()
    })
}

fn markets() -> impl Strategy<Value = Vec<Market>> {
    let rates = || prop::collection::vec(-0.2_f64..0.2, 3);
    let sides = (weights(3, 1.0), weights(3, 1.0), weights(3, 0.0), weights(3, 0.0));
    (sides, rates(), rates(), rates(), rates()).prop_map(|((wp, wb, hp, hb), rp, rb, cash, fx)| {
        (0..3)
            .map(|index| Market {
                portfolio_weight: wp[index],
                benchmark_weight: wb[index],
                portfolio_forward: hp[index],
                benchmark_forward: hb[index],
                portfolio_local: rp[index],
                benchmark_local: rb[index],
                cash: cash[index],
                exchange: fx[index],
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn effects_of_a_period_add_up(segments in segments()) {
        let attribution = brinson_fachler(&segments).unwrap();
        let active = attribution.portfolio_return - attribution.benchmark_return;
        prop_assert!((attribution.total.sum() - active).abs() < 1e-12);
        let parts: f64 = attribution.segments.iter().map(|effects| effects.sum()).sum();
        prop_assert!((parts - active).abs() < 1e-12);
    }

    #[test]
    fn effects_across_currencies_add_up(markets in markets()) {
        let attribution = karnosky_singer(&markets).unwrap();
        let active = attribution.portfolio_return - attribution.benchmark_return;
        prop_assert!((attribution.markets.sum() + attribution.currency - active).abs() < 1e-12);
        // The return in the base currency, written the other way round.
        let base: f64 = markets.iter().map(|market| {
            market.portfolio_weight * (market.portfolio_local + market.exchange)
                + market.portfolio_forward * (market.cash + market.exchange)
        }).sum();
        prop_assert!((base - attribution.portfolio_return).abs() < 1e-12);
    }

    #[test]
    fn linked_effects_add_up(periods in prop::collection::vec(segments(), 1..13)) {
        let periods: Vec<Attribution> =
            periods.iter().map(|segments| brinson_fachler(segments).unwrap()).collect();
        let low = |p: &Attribution| p.portfolio_return.min(p.benchmark_return);
        prop_assume!(periods.iter().all(|period| low(period) > -0.8));
        for method in [Method::Carino, Method::Menchero] {
            let linked = link_attributions(&periods, method).unwrap();
            let active = linked.portfolio_return - linked.benchmark_return;
            let scale = 1.0 + linked.portfolio_return.abs() + linked.benchmark_return.abs();
            prop_assert!((linked.total.sum() - active).abs() < 1e-12 * scale, "{method:?}");
        }
    }
}

proptest! {
    #[test]
    fn linked_currency_effects_add_up(periods in prop::collection::vec(markets(), 1..9)) {
        let periods: Vec<_> =
            periods.iter().map(|markets| karnosky_singer(markets).unwrap()).collect();
        let low = |p: &CurrencyAttribution| p.portfolio_return.min(p.benchmark_return);
        prop_assume!(periods.iter().all(|period| low(period) > -0.8));
        for method in [Method::Carino, Method::Menchero] {
            let linked = link_currency_attributions(&periods, method).unwrap();
            let active = linked.portfolio_return - linked.benchmark_return;
            let scale = 1.0 + linked.portfolio_return.abs() + linked.benchmark_return.abs();
            let sum = linked.markets.sum() + linked.currency;
            prop_assert!((sum - active).abs() < 1e-12 * scale, "{method:?}");
            prop_assert_eq!(linked.per_currency.len(), 3);
            if let [one] = periods.as_slice() {
                prop_assert!((linked.currency - one.currency).abs() < 1e-14);
            }
        }
    }
}

#[test]
fn one_period_stays_as_it_is_and_equal_returns_link() {
    let one = [Period { portfolio_return: 0.1, benchmark_return: 0.04, effects: &[0.05, 0.01] }];
    let offsetting = [
        Period { portfolio_return: 0.1, benchmark_return: 0.1, effects: &[0.02, -0.02] },
        Period { portfolio_return: 0.2, benchmark_return: 0.2, effects: &[0.01, -0.01] },
    ];
    for method in [Method::Carino, Method::Menchero] {
        let linked = link(&one, method).unwrap();
        assert!((linked[0] - 0.05).abs() < 1e-15 && (linked[1] - 0.01).abs() < 1e-15);
        // Carino weighs 0.02 · 1.32/1.1 and 0.01 · 1.32/1.2; Menchero both by √1.32.
        let linked = link(&offsetting, method).unwrap();
        let expected = match method {
            Method::Carino => 0.02 * 1.2 + 0.01 * 1.1,
            Method::Menchero => 0.03 * 1.32_f64.sqrt(),
        };
        assert!((linked[0] - expected).abs() < 1e-15, "{method:?} {linked:?}");
    }
}

/// Effects far larger than their sum do not carry its rounding: a period alone stays as it is, and
/// equal periods weigh alike, by both methods.
#[test]
fn offsetting_effects_of_all_but_equal_returns_keep_their_size() {
    let effects = [3.0, 1e-9 - 3.0];
    let period = Period { portfolio_return: 0.1 + 1e-9, benchmark_return: 0.1, effects: &effects };
    for method in [Method::Carino, Method::Menchero] {
        let alone = link(&[period], method).unwrap();
        assert!((alone[0] - 3.0).abs() < 2e-15, "{method:?} {alone:?}");
        let twice = link(&[period; 2], method).unwrap();
        // (1.1 + 1e-9)² − 1.1² over 2e-9 is 1.1 + 0.5e-9, each of both periods'.
        assert!((twice[0] - 6.0 * (1.1 + 0.5e-9)).abs() < 2e-14, "{method:?} {twice:?}");
    }
}

/// The formulas of both papers by mpmath at 30 digits.
#[test]
fn linked_effects_equal_mpmath() {
    let period = |portfolio_return, benchmark_return, effects| Period {
        portfolio_return,
        benchmark_return,
        effects,
    };
    let periods = [
        period(0.10, 0.05, &[0.03, 0.02][..]),
        period(-0.02, 0.01, &[-0.04, 0.01]),
        period(0.04, 0.03, &[0.005, 0.005]),
    ];
    for (method, expected) in [
        (Method::Carino, -0.008_256_848_344_064_13),
        (Method::Menchero, -0.007_936_144_814_213_072),
    ] {
        let linked = link(&periods, method).unwrap();
        assert!((linked[0] - expected).abs() < 1e-15, "{method:?} {}", linked[0]);
    }
}

/// C. Bacon, Practical Portfolio Performance Measurement and Attribution, chapter 5.
#[test]
fn effects_of_each_segment_are_those_of_the_book() {
    let rows = [(0.4, 0.4, 0.20, 0.10), (0.3, 0.2, -0.05, -0.04), (0.3, 0.4, 0.06, 0.08)];
    let segments = rows.map(|(wp, wb, rp, rb)| Segment {
        portfolio_weight: wp,
        benchmark_weight: wb,
        portfolio_return: rp,
        benchmark_return: rb,
    });
    let found = brinson_fachler(&segments).unwrap().segments;
    let expected = [(0.0, 0.04, 0.0), (-0.0104, -0.002, -0.001), (-0.0016, -0.008, 0.002)];
    for (found, (allocation, selection, interaction)) in found.iter().zip(expected) {
        assert!((found.allocation - allocation).abs() < 1e-15, "{found:?}");
        assert!((found.selection - selection).abs() < 1e-15, "{found:?}");
        assert!((found.interaction - interaction).abs() < 1e-15, "{found:?}");
    }
}

/// By hand: half of the yen is sold forward, the benchmark hedges nothing.
#[test]
fn effects_of_each_currency_are_those_of_the_formula() {
    let market = |weight, forward, cash, exchange| Market {
        portfolio_weight: weight,
        benchmark_weight: 0.5,
        portfolio_forward: forward,
        benchmark_forward: 0.0,
        portfolio_local: 0.05,
        benchmark_local: 0.05,
        cash,
        exchange,
    };
    let found = karnosky_singer(&[market(0.5, 0.25, 0.04, 0.0), market(0.5, -0.25, 0.0, -0.10)]);
    let found = found.unwrap();
    // Currencies earn 4 % and −10 %, the benchmark's half of each −3 %.
    assert!((found.per_currency[0] - 0.25 * 0.07).abs() < 1e-15, "{found:?}");
    assert!((found.per_currency[1] - 0.25 * 0.07).abs() < 1e-15, "{found:?}");
    assert!((found.currency - 0.035).abs() < 1e-15);
    assert!(found.markets.sum().abs() < 1e-15);
}

#[test]
fn what_does_not_add_up_is_named() {
    let segment = Segment {
        portfolio_weight: 0.9,
        benchmark_weight: 1.0,
        portfolio_return: 0.1,
        benchmark_return: 0.1,
    };
    assert_eq!(brinson_fachler(&[segment]).unwrap_err().argument(), Some("portfolio_weight"));
    let gap = Segment { portfolio_weight: 1.0, benchmark_return: f64::NAN, ..segment };
    assert_eq!(brinson_fachler(&[gap]).unwrap_err().argument(), Some("benchmark_return"));
    assert_eq!(brinson_fachler(&[]).unwrap_err().argument(), Some("segments"));
    let period = Period { portfolio_return: 0.1, benchmark_return: 0.0, effects: &[0.05] };
    let fault = |period| link(&[period], Method::Carino).unwrap_err().argument();
    assert_eq!(fault(period), Some("effects"));
    let lost = Period { portfolio_return: -1.0, effects: &[-1.0], ..period };
    assert_eq!(fault(lost), Some("portfolio_return"));
    assert_eq!(link(&[], Method::Menchero).unwrap_err().argument(), Some("periods"));
}
