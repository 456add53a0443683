//! Arbitrary covariances, scenarios and rules: a typed error, or finite weights that obey every
//! rule. Rounds: `FLORIN_SOAK_ROUNDS` times the usual.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use quant::Error;
use quant::algebra::{Cholesky, Ldlt, LeastSquares, Matrix, SymmetricEigen};
use quant::portfolio::*;

/// Runs a property, as many rounds as asked for.
fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let rounds = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    let cases = cases.saturating_mul(rounds.unwrap_or(1));
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(strategy, property).unwrap();
}

/// Numbers as they should not come.
fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -2.0..2.0_f64,
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(-1e300),
        1 => Just(1e-300),
    ]
}

fn wild_matrix() -> impl Strategy<Value = Matrix> {
    (0..5_usize, 0..5_usize).prop_flat_map(|(rows, columns)| {
        vec(-3.0..3.0_f64, rows * columns)
            .prop_map(move |values| Matrix::new(rows, columns, values).unwrap())
    })
}

/// Returns with clusters, repeated assets and fewer scenarios than assets.
fn returns() -> impl Strategy<Value = Matrix> {
    (2..7_usize, 2..40_usize).prop_flat_map(|(assets, days)| {
        let draw = prop_oneof![5 => -0.05..0.05_f64, 1 => Just(0.0), 1 => Just(0.01)];
        (vec(draw, assets * days), any::<bool>()).prop_map(move |(mut values, repeat)| {
            if repeat {
                for row in values.chunks_mut(assets) {
                    row[assets - 1] = row[0];
                }
            }
            Matrix::new(days, assets, values).unwrap()
        })
    })
}

fn moments(returns: &Matrix) -> Moments {
    let days = f64::from(u32::try_from(returns.rows()).unwrap());
    let mut centred = returns.transpose();
    let mut means = Vec::new();
    for asset in 0..centred.rows() {
        let mean = centred.row(asset).iter().sum::<f64>() / days;
        means.push(mean);
        centred.row_mut(asset).iter_mut().for_each(|value| *value -= mean);
    }
    let mut covariance = centred.multiply(&centred.transpose()).unwrap();
    for asset in 0..means.len() {
        covariance.row_mut(asset).iter_mut().for_each(|value| *value /= days);
    }
    Moments { expected_returns: means, covariance }
}

/// Rules that may or may not be met, by what each draw asks for.
fn rules(assets: usize, draws: &[f64]) -> Constraints {
    let mut rules = if draws[0] < 0.5 {
        Constraints::long_only(assets)
    } else {
        Constraints::between(assets, -draws[1], draws[2] + 0.2)
    };
    if draws[3] < 0.5 {
        rules = rules.with_group("first", &[0, 1], draws[4] - 0.3, draws[4] + 0.2);
    }
    let mut held = vec![0.0; assets];
    held[0] = 1.0;
    if draws[5] < 0.4 {
        rules = rules.with_turnover(&held, 2.0 * draws[6]);
    } else if draws[5] < 0.7 {
        rules = rules.with_cost(&held, 0.01 * draws[6]);
    }
    if draws[7] < 0.25 {
        let even = vec![1.0 / f64::from(u32::try_from(assets).unwrap()); assets];
        rules = rules.with_tracking(&even, 0.02 * draws[8]);
    }
    if draws[9] < 0.2 {
        rules = rules.with_cardinality(2, if draws[0] < 0.5 { 0.1 * draws[1] } else { 0.0 });
        if draws[2] < 0.5 {
            rules.lower[assets - 1] = 0.05 * draws[2];
        }
    }
    rules
}

fn judge(
    answer: &Result<Portfolio, Error>,
    rules: &Constraints,
    covariance: &Matrix,
) -> Result<(), TestCaseError> {
    match answer {
        Ok(portfolio) => {
            prop_assert!(portfolio.weights.iter().all(|weight| weight.is_finite()));
            let violation = rules.violation(&portfolio.weights, Some(covariance)).unwrap();
            prop_assert!(violation < 1e-8, "broken by {violation}: {portfolio:?}");
        }
        Err(Error::Infeasible { why }) => prop_assert!(!why.is_empty()),
        // Assets without any variance beside ones with can defeat the equations; they say so.
        Err(Error::Undefined { .. } | Error::NotConverged { .. }) => {}
        Err(error) => prop_assert!(false, "{error}"),
    }
    Ok(())
}

#[test]
fn answers_obey_their_rules_or_say_which_contradict() {
    check(150, &(returns(), vec(0.0..1.0_f64, 10)), |(returns, draws)| {
        let moments = moments(&returns);
        let covariance = &moments.covariance;
        let rules = rules(returns.columns(), &draws);
        let least = minimum_variance(covariance, &rules);
        judge(&least, &rules, covariance)?;
        judge(&maximum_utility(&moments, 2.0, &rules), &rules, covariance)?;
        judge(&minimum_variance_at_return(&moments, 0.001, &rules), &rules, covariance)?;
        judge(&maximum_return_at_volatility(&moments, 0.02, &rules), &rules, covariance)?;
        judge(&maximum_sharpe(&moments, 0.0, &rules), &rules, covariance)?;
        judge(&maximum_diversification(covariance, &rules), &rules, covariance)?;
        if let Ok(frontier) = efficient_frontier(&moments, 4, &rules) {
            for point in frontier {
                judge(&Ok(point), &rules, covariance)?;
            }
        }
        // No even mix of assets that obeys the rules is calmer.
        if let Ok(least) = least {
            let even = 1.0 / f64::from(u32::try_from(returns.columns()).unwrap());
            let even = vec![even; returns.columns()];
            if rules.violation(&even, Some(covariance)).unwrap() < 1e-12 {
                let theirs = covariance.quadratic_form(&even).unwrap();
                prop_assert!(least.objective <= theirs + 1e-9 + least.gap);
            }
        }
        Ok(())
    });
}

#[test]
fn the_least_cvar_obeys_its_rules() {
    check(100, &(returns(), vec(0.0..1.0_f64, 10), 0.0..0.99_f64), |(returns, draws, level)| {
        let rules = rules(returns.columns(), &draws);
        let answer = minimum_cvar(&returns, level, &rules);
        let days = f64::from(u32::try_from(returns.rows()).unwrap());
        let mut covariance = moments(&returns).covariance;
        for asset in 0..covariance.rows() {
            covariance.row_mut(asset).iter_mut().for_each(|value| *value *= days / (days - 1.0));
        }
        judge(&answer, &rules, &covariance)
    });
}

#[test]
fn shares_of_risk_add_up_for_every_covariance() {
    check(150, &returns(), |returns| {
        let covariance = moments(&returns).covariance;
        for answer in [
            risk_parity(&covariance),
            hierarchical_risk_parity(&covariance, Linkage::Single, Split::Halves),
            hierarchical_risk_parity(&covariance, Linkage::Ward, Split::OptimalHalves),
            hierarchical_risk_parity(&covariance, Linkage::Average, Split::TurnedHalves),
            hierarchical_risk_parity(&covariance, Linkage::Complete, Split::Tree),
            hierarchical_equal_risk(&covariance, Linkage::Ward, None),
        ] {
            match answer {
                Ok(weights) => {
                    prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                    prop_assert!(weights.iter().all(|&weight| weight >= 0.0));
                }
                Err(error) => prop_assert!(
                    error.argument() == Some("covariance")
                        || matches!(error, Error::NotConverged { .. }),
                    "{error}"
                ),
            }
        }
        Ok(())
    });
}

#[test]
fn shares_of_risk_within_bounds_obey_them() {
    let draws = (vec(0.0..1.0_f64, 6), vec(0.0..1.0_f64, 6), vec(0.1..3.0_f64, 6));
    check(200, &(returns(), draws), |(returns, (low, high, budgets))| {
        let covariance = moments(&returns).covariance;
        let assets = covariance.rows();
        let even = 1.0 / f64::from(u32::try_from(assets).unwrap());
        // Now and then none obey, or one only, or some are fixed.
        let bounds = WeightBounds {
            lower: low[..assets].iter().map(|draw| (1.2 * draw - 0.2).max(0.0) * even).collect(),
            upper: high[..assets].iter().map(|draw| even * (0.95 + draw * draw)).collect(),
        };
        let budgets = &budgets[..assets];
        for answer in [
            risk_budgets_within(&covariance, budgets, &bounds),
            hierarchical_risk_parity_within(&covariance, Linkage::Ward, Split::Tree, &bounds),
            hierarchical_risk_parity_within(&covariance, Linkage::Single, Split::Halves, &bounds),
            hierarchical_equal_risk_within(&covariance, Linkage::Average, None, &bounds),
        ] {
            match answer {
                Ok(weights) => {
                    let WeightBounds { lower, upper } = bounds.clone();
                    let rules = Constraints { lower, upper, ..Constraints::long_only(assets) };
                    prop_assert!(rules.violation(&weights, None).unwrap() < 1e-9, "{weights:?}");
                }
                Err(Error::Infeasible { .. }) => prop_assert!(bounds.check().is_err()),
                Err(error) => prop_assert!(
                    error.argument() == Some("covariance")
                        || matches!(error, Error::NotConverged { .. }),
                    "{error}"
                ),
            }
        }
        // A share of the risk that is as near as the bounds allow is no worse than the even mix.
        let even = vec![even; assets];
        if let Ok(weights) = risk_budgets_within(&covariance, budgets, &bounds) {
            let total: f64 = budgets.iter().sum();
            let objective = |weights: &[f64]| {
                let shares = weights.iter().zip(budgets);
                let shares: f64 = shares.map(|(weight, own)| own / total * weight.ln()).sum();
                0.5 * covariance.quadratic_form(weights).unwrap().ln() - shares
            };
            let rules = Constraints {
                lower: bounds.lower.clone(),
                upper: bounds.upper.clone(),
                ..Constraints::long_only(assets)
            };
            if rules.violation(&even, None).unwrap() <= 0.0 {
                let (ours, theirs) = (objective(&weights), objective(&even));
                prop_assert!(ours <= theirs + 1e-9, "{ours} {theirs} {weights:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn every_objective_by_name_obeys_its_rules_or_says_what_is_wrong() {
    use quant::performance::Frequency;
    use quant::risk::covariance::Estimator;

    const KINDS: [ObjectiveKind; 9] = [
        ObjectiveKind::MinimumVariance,
        ObjectiveKind::MaximumReturn,
        ObjectiveKind::MaximumUtility,
        ObjectiveKind::MaximumSharpe,
        ObjectiveKind::MinimumCvar,
        ObjectiveKind::MaximumDiversification,
        ObjectiveKind::RiskBudgets,
        ObjectiveKind::HierarchicalRiskParity,
        ObjectiveKind::HierarchicalEqualRisk,
    ];
    let said = (0..9_usize, vec(prop_oneof![2 => Just(None), 1 => wild().prop_map(Some)], 9));
    check(400, &(returns(), said, vec(0..4_usize, 3)), |(returns, (kind, said), whom)| {
        let names: Vec<String> = (0..returns.columns()).map(|asset| format!("a{asset}")).collect();
        let name = |at: usize| format!("a{}", whom[at]);
        let objective = NamedObjective {
            kind: KINDS[kind],
            return_min: said[0],
            volatility_max: (kind == 1).then(|| said[1].unwrap_or(0.5)),
            risk_aversion: (kind == 2).then(|| said[2].unwrap_or(2.0)),
            ..NamedObjective::default()
        };
        let pair = |value: Option<f64>| value.map(|value| (name(0), value)).into_iter().collect();
        let rules = NamedRules {
            weight_max: said[3].unwrap_or(1.0),
            bounds: (said[4].into_iter())
                .map(|upper| NamedBounds { name: name(1), lower: 0.0, upper })
                .collect(),
            current: pair(said[5]),
            turnover_max: said[5].and(said[6]),
            benchmark: pair(said[7]),
            tracking_error_max: said[7].map(f64::abs),
            ..NamedRules::default()
        };
        let universe = Universe::of_returns(returns, Frequency::DAILY, Estimator::LedoitWolf);
        let Ok(universe) = universe else { return Ok(()) };
        let (Ok(objective), Ok(rules)) =
            (objective.objective(&names, 0.0), rules.constraints(&names))
        else {
            return Ok(());
        };
        let answer = optimise(&universe, &objective, &rules);
        if let Ok(best) = &answer {
            let figures = PortfolioFigures::of(&universe, &best.weights, &rules, 0.0).unwrap();
            prop_assert!(figures.volatility.is_finite() && figures.cvar.is_finite(), "{figures:?}");
            // A tracking error beside CVaR is measured with the scenarios' covariance.
            let covariance = Some(&universe.moments().covariance).filter(|_| kind != 4);
            let violation = rules.violation(&best.weights, covariance).unwrap();
            prop_assert!(violation < 1e-7, "{violation}: {best:?}");
        }
        Ok(())
    });
}

/// Found by the property above: the weights came out as nothing at all.
#[test]
fn what_is_held_is_a_weight() {
    for (held, benchmark) in [(-1e300, 0.5), (1e7, 0.5), (0.5, -1e300)] {
        let rules = Constraints::long_only(2)
            .with_turnover(&[held, 0.0], f64::INFINITY)
            .with_tracking(&[benchmark, 0.5], 0.1);
        let answer = minimum_variance(&Matrix::identity(2), &rules);
        let argument = if held == 0.5 { "benchmark" } else { "current" };
        assert_eq!(answer.unwrap_err().argument(), Some(argument));
    }
}

#[test]
fn no_number_panics() {
    let all = (vec(wild(), 0..5), vec(wild(), 0..5), wild(), wild_matrix());
    check(500, &all, |(left, right, number, matrix)| {
        let rules =
            Constraints { upper: right.clone(), ..Constraints::between(left.len(), number, 1.0) };
        let traded = Constraints::long_only(left.len()).with_turnover(&right, number);
        let tracked = Constraints::long_only(left.len()).with_tracking(&right, number);
        let ruled = Constraints::long_only(left.len()).with_group("x", &[9], number, number);
        let moments = Moments { expected_returns: left.clone(), covariance: matrix.clone() };
        for rules in [rules, traded, tracked, ruled] {
            let _checked = rules.check();
            if let Ok(answer) = maximum_sharpe(&moments, number, &rules) {
                prop_assert!(answer.weights.iter().all(|weight| weight.is_finite()));
            }
            let _answer = minimum_cvar(&matrix, number, &rules);
        }
        let _matrix = Matrix::new(left.len(), 2, right.clone());
        let _factor = (Cholesky::new(&matrix), Ldlt::new(&matrix));
        let _eigen = SymmetricEigen::new(&matrix);
        let _fit = LeastSquares::new(&matrix, &left);
        let _shares = risk_budgets(&matrix, &left);
        let bounds = WeightBounds { lower: left.clone(), upper: right.clone() };
        let _within = risk_budgets_within(&matrix, &left, &bounds);
        let _tree = hierarchical_risk_parity_within(&matrix, Linkage::Ward, Split::Tree, &bounds);
        let _equal = hierarchical_equal_risk_within(&matrix, Linkage::Ward, None, &bounds);
        let _tree = Dendrogram::new(&matrix, Linkage::Ward);
        for bought in
            [allocate_greedily(&left, &right, number), allocate_exactly(&left, &right, number)]
        {
            prop_assert!(bought.is_err() || bought.is_ok_and(|bought| bought.error.is_finite()));
        }
        if let Ok(tail) = conditional_value_at_risk(&left, number) {
            prop_assert!(tail.is_finite());
        }
        Ok(())
    });
}
