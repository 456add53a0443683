//! EWMA against pandas' recursion and GARCH fits against the package arch.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

mod reference;

use proptest::prelude::*;
use quant::Error;
use quant::risk::garch::{Fit, Innovation, Mean, Model, Specification, fit};
use quant::risk::value_at_risk::{Filtered, filtered_historical};
use quant::risk::volatility::ewma;
use reference::{assert_near, expected, number, numbers, returns};
use serde_json::Value;

const PLAIN: Specification =
    Specification { model: Model::Garch, mean: Mean::Zero, innovation: Innovation::Normal };

fn specification(row: &Value) -> Specification {
    Specification {
        model: match row["model"].as_str().unwrap() {
            "GARCH(1,1)" => Model::Garch,
            "GJR-GARCH(1,1,1)" => Model::Gjr,
            _ => Model::Egarch,
        },
        mean: if row["mean"] == "Zero" { Mean::Zero } else { Mean::Constant },
        innovation: if row["dist"] == "t" { Innovation::Student } else { Innovation::Normal },
    }
}

/// The parameters by arch's names.
fn by_name(fit: &Fit, errors: bool) -> Vec<(&'static str, f64)> {
    let p = if errors { fit.standard_errors.unwrap() } else { fit.parameters };
    vec![
        ("mu", p.mean),
        ("omega", p.omega),
        ("alpha[1]", p.alpha),
        ("gamma[1]", p.gamma),
        ("beta[1]", p.beta),
        ("nu", p.freedom.unwrap_or(0.0)),
    ]
}

/// The log-likelihood is no lower than arch's by 1e-6, and equal to that where arch got there.
#[test]
fn fits_equal_arch() {
    for row in expected("garch").as_array().unwrap() {
        let per_cent: Vec<f64> =
            returns(row["series"].as_str().unwrap()).iter().map(|value| value * 100.0).collect();
        let fit = fit(&per_cent, &specification(row)).unwrap();
        let what = format!("{} {} {} {}", row["series"], row["mean"], row["model"], row["dist"]);
        let theirs = number(&row["loglikelihood"]);
        println!("{what}: {:e} above arch", fit.log_likelihood - theirs);
        assert!(fit.log_likelihood >= theirs - 1e-6, "{what}: {} {theirs}", fit.log_likelihood);
        assert_near(&what, fit.log_likelihood, theirs, 1e-9);
        for (name, found) in by_name(&fit, false) {
            if let Some(expected) = row["params"][name].as_f64() {
                assert_near(&format!("{what} {name}"), found, expected, 1e-5);
            }
        }
        for (name, found) in by_name(&fit, true) {
            if let Some(expected) = row["std_err"][name].as_f64() {
                let within = 1e-2 * expected;
                assert!(
                    (found - expected).abs() < within,
                    "{what} error of {name}: {found} {expected}"
                );
            }
        }
        let ends = [(0, "cond_vol_first"), (per_cent.len() - 1, "cond_vol_last")];
        for (index, name) in ends {
            assert_near(&what, fit.variances[index].sqrt(), number(&row[name]), 1e-4);
        }
        let path = numbers(&row["variance_forecast_5"]);
        for (found, expected) in fit.forecast(path.len()).unwrap().iter().zip(path) {
            assert_near(&what, *found, expected, 1e-4);
        }
        assert_near(&what, fit.aic, number(&row["aic"]), 1e-8);
        assert_near(&what, fit.bic, number(&row["bic"]), 1e-8);
    }
}

#[test]
fn the_scale_of_returns_does_not_matter() {
    let fractions = returns("fx");
    let per_cent: Vec<f64> = fractions.iter().map(|value| value * 100.0).collect();
    for model in [Model::Garch, Model::Gjr, Model::Egarch] {
        let specification =
            Specification { model, mean: Mean::Constant, innovation: Innovation::Student };
        let (small, large) =
            (fit(&fractions, &specification).unwrap(), fit(&per_cent, &specification).unwrap());
        assert_near("alpha", small.parameters.alpha, large.parameters.alpha, 1e-7);
        assert_near("beta", small.parameters.beta, large.parameters.beta, 1e-7);
        assert_near("mean", small.parameters.mean * 100.0, large.parameters.mean, 1e-7);
        assert_near("variance", small.next_variance * 1e4, large.next_variance, 1e-6);
        let shift = fractions.len() as f64 * 100.0_f64.ln();
        assert_near("likelihood", small.log_likelihood - shift, large.log_likelihood, 1e-12);
        let (small, large) = (small.standard_errors.unwrap(), large.standard_errors.unwrap());
        assert_near("error", small.mean * 100.0, large.mean, 1e-5);
    }
}

#[test]
fn simulation_comes_near_the_closed_forecast() {
    let returns = returns("stock");
    for innovation in [Innovation::Normal, Innovation::Student] {
        let fit = fit(&returns, &Specification { innovation, model: Model::Gjr, ..PLAIN }).unwrap();
        let (closed, drawn) = (fit.forecast(5).unwrap(), fit.simulate(5, 40_000, 1).unwrap());
        for (closed, drawn) in closed.iter().zip(&drawn) {
            assert!((drawn / closed - 1.0).abs() < 0.03, "{closed} {drawn}");
        }
        assert_eq!(drawn, fit.simulate(5, 40_000, 1).unwrap());
    }
    let egarch = fit(&returns, &Specification { model: Model::Egarch, ..PLAIN }).unwrap();
    let (next, drawn) = (egarch.forecast(1).unwrap(), egarch.simulate(1, 10, 1).unwrap());
    assert_near("next", drawn[0] / next[0], 1.0, 1e-14);
    assert!(matches!(egarch.forecast(2), Err(Error::Undefined { .. })));
    assert_eq!(egarch.simulate(2, 0, 1).unwrap_err().argument(), Some("scenarios"));
    assert_eq!(egarch.forecast(0).unwrap_err().argument(), Some("horizon"));
}

#[test]
fn ewma_equals_pandas() {
    for row in expected("ewma").as_array().unwrap() {
        let returns = returns(row["series"].as_str().unwrap());
        let path = ewma(&returns, number(&row["lambda"])).unwrap();
        let last = path.last().copied().unwrap();
        assert_near("last", last * 1e4, number(&row["last"]) * 1e4, 1e-12);
        assert_near("pandas", last * 1e4, number(&row["pandas_ewm_unadjusted_last"]) * 1e4, 1e-12);
        assert_near("at 100", path[100] * 1e4, number(&row["at_100"]) * 1e4, 1e-12);
        assert_near("at 500", path[500] * 1e4, number(&row["at_500"]) * 1e4, 1e-12);
    }
    assert_eq!(ewma(&[0.1], 1.0).unwrap_err().argument(), Some("decay"));
    assert_eq!(ewma(&[], 0.9).unwrap_err().argument(), Some("returns"));
}

#[test]
fn a_fit_filters_the_history() {
    let returns = returns("stock");
    let fit = fit(&returns, &PLAIN).unwrap();
    let volatilities: Vec<f64> = fit.variances.iter().map(|variance| variance.sqrt()).collect();
    let (returns, volatilities) = (&returns, &volatilities);
    let next_volatility = fit.next_variance.sqrt();
    let history = Filtered { returns, volatilities, next_volatility };
    let risk = filtered_historical(&history, 0.99).unwrap();
    // Calm days at the end of 2010: about 2.6 of their standard deviations.
    let deviations = risk.value_at_risk / fit.next_variance.sqrt();
    assert!((2.0..3.2).contains(&deviations), "{deviations}");
}

#[test]
fn what_cannot_be_fitted_is_an_error() {
    assert!(matches!(fit(&[0.01; 10], &PLAIN), Err(Error::TooShort { .. })));
    assert!(matches!(fit(&[0.01; 100], &PLAIN), Err(Error::Undefined { .. })));
    let mut gap = vec![0.01; 100];
    gap[7] = f64::NAN;
    assert_eq!(fit(&gap, &PLAIN).unwrap_err(), Error::NotFinite { argument: "returns", index: 7 });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// Any clean returns give a fit inside of its bounds, or an error.
    #[test]
    fn fits_stay_inside_of_their_bounds(
        returns in prop::collection::vec(-0.2_f64..0.2, 50..90), kind in 0_usize..3
    ) {
        let model = [Model::Garch, Model::Gjr, Model::Egarch][kind];
        if let Ok(fit) = fit(&returns, &Specification { model, mean: Mean::Constant, ..PLAIN }) {
            let p = fit.parameters;
            prop_assert!(fit.log_likelihood.is_finite());
            prop_assert!(fit.variances.iter().all(|variance| *variance > 0.0));
            if model == Model::Egarch {
                prop_assert!(p.beta.abs() <= 1.0);
            } else {
                prop_assert!(p.alpha >= 0.0 && p.alpha + p.gamma >= -1e-15 && p.beta >= 0.0);
                prop_assert!(p.alpha + 0.5 * p.gamma + p.beta <= 1.0);
            }
        }
    }
}
