//! Portfolios against PyPortfolioOpt 1.6.0, skfolio 1.12.2 and exact solutions of the equations on
//! the support that both found (`testdata/portfolio.json`, 20 US stocks, 2014 to 2018); problems
//! with rules against cvxpy with CLARABEL (`testdata/portfolio_rules.json`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use quant::algebra::Matrix;
use quant::portfolio::{
    Constraints, Dendrogram, Group, Linkage, Moments, Portfolio, Split, ViewUncertainty, Views,
    allocate_exactly, allocate_greedily, black_litterman, conditional_value_at_risk,
    equilibrium_returns, hierarchical_equal_risk, hierarchical_risk_parity,
    maximum_diversification, maximum_return_at_volatility, maximum_sharpe, maximum_utility,
    minimum_cvar, minimum_variance, minimum_variance_at_return, net_return, risk_budgets,
    risk_contributions, risk_parity,
};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("../testdata/portfolio.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn moments(reference: &Value) -> Moments {
    let rows = reference["cov"].as_array().unwrap();
    let rows: Vec<Vec<f64>> = rows.iter().map(numbers).collect();
    let covariance = Matrix::from_rows(&rows).unwrap();
    Moments { expected_returns: numbers(&reference["mu"]), covariance }
}

fn problem<'a>(reference: &'a Value, start: &str) -> &'a Value {
    let problems = reference["problems"].as_array().unwrap();
    problems.iter().find(|row| row["problem"].as_str().unwrap().starts_with(start)).unwrap()
}

fn distance(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).fold(0.0, |most, (a, b)| (a - b).abs().max(most))
}

/// The weights of both programs are no better, and within their precision the same.
fn check_variance(answer: &Portfolio, problem: &Value, covariance: &Matrix, rules: &Constraints) {
    assert!(rules.violation(&answer.weights, Some(covariance)).unwrap() < 1e-12);
    for program in ["pypfopt", "skfolio"] {
        let weights = numbers(&problem["weights"][program]);
        let theirs = covariance.quadratic_form(&weights).unwrap();
        assert!(answer.objective <= theirs + 1e-9, "{program}: {} {theirs}", answer.objective);
        let apart = distance(&answer.weights, &weights);
        assert!(apart < 1e-5, "{program}: {apart}");
    }
    if let Some(polished) = problem.get("polished") {
        let apart = distance(&answer.weights, &numbers(polished));
        assert!(apart < 1e-12, "polished: {apart}");
    }
}

#[test]
fn minimum_variance_is_that_of_pyportfolioopt_and_skfolio() {
    let reference = reference();
    let covariance = moments(&reference).covariance;
    let cases = [
        ("min variance, long only", Constraints::long_only(20)),
        ("min variance, shorts allowed", Constraints::between(20, -1.0, 1.0)),
        ("min variance, weights in [0,0.1]", Constraints::between(20, 0.0, 0.1)),
    ];
    for (name, rules) in cases {
        let answer = minimum_variance(&covariance, &rules).unwrap();
        check_variance(&answer, problem(&reference, name), &covariance, &rules);
    }
}

#[test]
fn maximum_sharpe_is_the_polished_one() {
    let reference = reference();
    let moments = moments(&reference);
    let rules = Constraints::long_only(20);
    let risk_free = reference["risk_free"].as_f64().unwrap();
    let answer = maximum_sharpe(&moments, risk_free, &rules).unwrap();
    let polished = numbers(&problem(&reference, "max Sharpe")["polished"]);
    let apart = distance(&answer.weights, &polished);
    assert!(apart < 1e-10, "{apart}");
}

#[test]
fn a_least_return_is_met_as_by_pyportfolioopt_and_skfolio() {
    let reference = reference();
    let moments = moments(&reference);
    let problem = problem(&reference, "min variance, long only, return");
    let name = problem["problem"].as_str().unwrap();
    let target: f64 = name.rsplit(' ').next().unwrap().parse().unwrap();
    let rules = Constraints::long_only(20);
    let answer = minimum_variance_at_return(&moments, target, &rules).unwrap();
    check_variance(&answer, problem, &moments.covariance, &rules);
}

fn with_rules() -> Value {
    serde_json::from_str(include_str!("../testdata/portfolio_rules.json")).unwrap()
}

/// Answers of cvxpy with CLARABEL: ours is within its precision, and obeys every rule.
fn check_rules(name: &str, answer: &Portfolio, rules: &Constraints, covariance: &Matrix) {
    let row = &with_rules()[name];
    let violation = rules.violation(&answer.weights, Some(covariance)).unwrap();
    assert!(violation < 1e-8, "{name}: broken by {violation}");
    let theirs = row["objective"].as_f64().unwrap();
    assert!((answer.objective - theirs).abs() < 1e-6, "{name}: {} {theirs}", answer.objective);
    let apart = distance(&answer.weights, &numbers(&row["weights"]));
    // A tracking error is a cone to CLARABEL, which then ends at 1e-8 of the objective.
    let tolerance = if row["status"] == "optimal_inaccurate" { 5e-4 } else { 2e-5 };
    assert!(apart < tolerance, "{name}: weights {apart}");
}

fn members(range: std::ops::Range<usize>) -> Vec<usize> {
    range.collect()
}

#[test]
fn every_rule_gives_the_answer_of_cvxpy() {
    let moments = moments(&reference());
    let covariance = &moments.covariance;
    let held = [0.05; 20];
    let benchmark: Vec<f64> = (0..20_u8).map(|index| f64::from(20 - index) / 210.0).collect();
    let long = Constraints::long_only(20);
    let grouped = |rules: Constraints| {
        rules.with_group("first", &members(0..7), f64::NEG_INFINITY, 0.2).with_group(
            "second",
            &members(7..14),
            0.3,
            0.45,
        )
    };

    let rules = grouped(long.clone());
    let answer = minimum_variance(covariance, &rules).unwrap();
    check_rules("groups", &answer, &rules, covariance);
    let rules = long.clone().with_turnover(&held, 0.5);
    let answer = minimum_variance(covariance, &rules).unwrap();
    check_rules("turnover", &answer, &rules, covariance);
    let rules = long.clone().with_tracking(&benchmark, 0.03);
    let answer = minimum_variance(covariance, &rules).unwrap();
    check_rules("tracking", &answer, &rules, covariance);
    let answer = maximum_utility(&moments, 3.0, &long).unwrap();
    check_rules("utility", &answer, &long, covariance);
    let costly = long.clone().with_cost(&held, 0.02);
    let answer = maximum_utility(&moments, 3.0, &costly).unwrap();
    check_rules("utility with costs", &answer, &costly, covariance);
    let answer = minimum_variance_at_return(&moments, 0.15, &costly).unwrap();
    check_rules("variance at return after costs", &answer, &costly, covariance);
    assert!((net_return(&moments, &answer.weights, &costly) - 0.15).abs() < 1e-12);
    let answer = maximum_return_at_volatility(&moments, 0.16, &long).unwrap();
    check_rules("return at volatility", &answer, &long, covariance);

    let mut all = grouped(long.with_weights_at_most(0.15))
        .with_cost(&held, 0.01)
        .with_tracking(&benchmark, 0.05);
    all.trading.as_mut().unwrap().turnover_max = 0.8;
    let answer = maximum_utility(&moments, 3.0, &all).unwrap();
    check_rules("everything", &answer, &all, covariance);
}

#[test]
fn ratios_and_long_short_portfolios_are_those_of_cvxpy() {
    let moments = moments(&reference());
    let covariance = &moments.covariance;
    let rules = Constraints::long_only(20)
        .with_weights_at_most(0.25)
        .with_group("first", &members(0..7), f64::NEG_INFINITY, 0.2)
        .with_cost(&[0.05; 20], 0.01);
    let answer = maximum_sharpe(&moments, 0.02, &rules).unwrap();
    check_rules("sharpe with groups and costs", &answer, &rules, covariance);
    let rules = Constraints::long_only(20);
    let answer = maximum_diversification(covariance, &rules).unwrap();
    check_rules("diversification", &answer, &rules, covariance);
    let mut rules = Constraints::between(20, -0.2, 0.2).with_turnover(&[0.0; 20], 1.0);
    rules.budget = 0.0;
    let answer = maximum_utility(&moments, 3.0, &rules).unwrap();
    check_rules("long and short", &answer, &rules, covariance);
}

#[test]
fn three_assets_are_the_best_of_all_sets_of_three() {
    let covariance = moments(&reference()).covariance;
    let rules = Constraints::long_only(20).with_cardinality(3, 0.1);
    let answer = minimum_variance(&covariance, &rules).unwrap();
    check_rules("three assets of at least 0.1", &answer, &rules, &covariance);
    assert!(answer.gap == 0.0);
}

#[test]
fn an_asset_that_must_be_held_counts_though_it_is_the_smallest() {
    let rows = [[0.040, 0.0, 0.0], [0.0, 0.010, 0.0], [0.0, 0.0, 0.012]];
    let covariance = Matrix::from_rows(&rows).unwrap();
    let mut rules = Constraints::long_only(3).with_cardinality(2, 0.0);
    rules.lower[0] = 0.01;
    let answer = minimum_variance(&covariance, &rules).unwrap();
    assert!(rules.violation(&answer.weights, None).unwrap() < 1e-12);
    assert!((answer.weights[0] - 0.2).abs() < 1e-12 && answer.weights[2] == 0.0, "{answer:?}");
}

/// The linear congruence of `testdata/generate/portfolio_rules.py`.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / 4_294_967_296.0
    }

    fn normal(&mut self) -> f64 {
        (0..12).fold(0.0, |sum, _| sum + self.uniform()) - 6.0
    }
}

fn scenarios() -> Matrix {
    let mut draws = Draws(11);
    let mut values = Vec::new();
    for _ in 0..500 {
        let market = draws.normal();
        let mut scale = 0.008;
        for _ in 0..13 {
            values.push(0.0004 + scale * (0.6 * market + 0.8 * draws.normal()));
            scale *= 1.1;
        }
    }
    Matrix::new(500, 13, values).unwrap()
}

fn covariance_of(returns: &Matrix) -> Matrix {
    let count = f64::from(u32::try_from(returns.rows()).unwrap());
    let mut centred = returns.transpose();
    for asset in 0..centred.rows() {
        let mean = centred.row(asset).iter().sum::<f64>() / count;
        centred.row_mut(asset).iter_mut().for_each(|value| *value -= mean);
    }
    let mut answer = centred.multiply(&centred.transpose()).unwrap();
    for asset in 0..answer.rows() {
        answer.row_mut(asset).iter_mut().for_each(|value| *value /= count - 1.0);
    }
    answer
}

#[test]
fn cvar_is_that_of_cvxpy_under_every_rule() {
    let returns = scenarios();
    let covariance = covariance_of(&returns);
    let even = [1.0 / 13.0; 13];
    let long = Constraints::long_only(13);
    let ruled = long
        .clone()
        .with_weights_at_most(0.3)
        .with_group("first", &members(0..4), f64::NEG_INFINITY, 0.5)
        .with_turnover(&even, 0.9);
    let cases = [
        ("cvar", long.clone()),
        ("cvar with groups and turnover", ruled),
        ("cvar with tracking", long.with_tracking(&even, 0.002)),
        ("cvar long and short", Constraints::between(13, -0.5, 1.0)),
    ];
    for (name, rules) in cases {
        let answer = minimum_cvar(&returns, 0.95, &rules).unwrap();
        check_rules(name, &answer, &rules, &covariance);
        let losses: Vec<f64> =
            returns.multiply_vector(&answer.weights).unwrap().iter().map(|gain| -gain).collect();
        let tail = conditional_value_at_risk(&losses, 0.95).unwrap();
        assert!((tail - answer.objective).abs() < 1e-15);
    }
}

#[test]
fn risk_budgets_are_the_polished_ones() {
    let reference = reference();
    let covariance = moments(&reference).covariance;
    let equal = risk_parity(&covariance).unwrap();
    let polished = numbers(&problem(&reference, "risk parity")["polished"]);
    assert!(distance(&equal, &polished) < 1e-12);
    let budgets: Vec<f64> = (1..=20_u8).map(f64::from).collect();
    let rising = risk_budgets(&covariance, &budgets).unwrap();
    let polished = numbers(&problem(&reference, "risk budgets")["polished"]);
    assert!(distance(&rising, &polished) < 1e-12);
    let shares: Vec<f64> = budgets.iter().map(|budget| budget / 210.0).collect();
    assert!(distance(&risk_contributions(&covariance, &rising).unwrap(), &shares) < 1e-12);
}

#[test]
fn hierarchical_risk_parity_is_that_of_pyportfolioopt_and_of_skfolio() {
    let reference = reference();
    let covariance = moments(&reference).covariance;
    for (name, linkage) in
        [("HRP, single linkage", Linkage::Single), ("HRP, Ward linkage", Linkage::Ward)]
    {
        let theirs = &problem(&reference, name)["weights"];
        let halves = hierarchical_risk_parity(&covariance, linkage, Split::Halves).unwrap();
        assert!(distance(&halves, &numbers(&theirs["pypfopt"])) < 1e-12, "{name}");
        let turned = hierarchical_risk_parity(&covariance, linkage, Split::TurnedHalves).unwrap();
        let apart = distance(&turned, &numbers(&theirs["skfolio"]));
        assert!(apart < 1e-12, "{name}: {apart}");
        for split in [Split::Tree, Split::OptimalHalves] {
            let weights = hierarchical_risk_parity(&covariance, linkage, split).unwrap();
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn trees_and_equal_risk_are_those_of_scipy_and_skfolio() {
    let rows = with_rules();
    let covariance = covariance_of(&scenarios());
    let mut distances = Matrix::zeros(13, 13);
    for row in 0..13 {
        for column in 0..13 {
            let scale = (covariance[(row, row)] * covariance[(column, column)]).sqrt();
            let correlation = if row == column { 1.0 } else { covariance[(row, column)] / scale };
            distances[(row, column)] = ((1.0 - correlation) / 2.0).sqrt();
        }
    }
    let linkages = [
        ("single", Linkage::Single),
        ("complete", Linkage::Complete),
        ("average", Linkage::Average),
        ("ward", Linkage::Ward),
    ];
    for (name, linkage) in linkages {
        let expected = &rows["trees"][name];
        let tree = Dendrogram::new(&distances, linkage).unwrap();
        let leaves: Vec<f64> = tree.leaf_order().into_iter().map(number).collect();
        assert_eq!(leaves, numbers(&expected["leaves"]), "{name}");
        for (merge, row) in tree.merges().iter().zip(expected["merges"].as_array().unwrap()) {
            let row = numbers(row);
            let found =
                [number(merge.left), number(merge.right), merge.distance, number(merge.leaves)];
            assert!(distance(&found, &row) < 1e-12, "{name}: {found:?} {row:?}");
        }
        let weights = hierarchical_equal_risk(&covariance, linkage, None).unwrap();
        let apart = distance(&weights, &numbers(&expected["equal_risk"]));
        assert!(apart < 1e-6, "{name}: {apart}");
        let clusters = usize::try_from(expected["clusters"].as_u64().unwrap()).unwrap();
        let same = hierarchical_equal_risk(&covariance, linkage, Some(clusters)).unwrap();
        assert_eq!(weights, same);
    }
}

fn number(index: usize) -> f64 {
    f64::from(u32::try_from(index).unwrap())
}

#[test]
fn the_posterior_is_that_of_the_formula_and_of_pyportfolioopt() {
    let reference = reference();
    let covariance = moments(&reference).covariance;
    let row = problem(&reference, "Black-Litterman");
    let aversion = row["risk_aversion"].as_f64().unwrap();
    let market = numbers(&row["market_weights"]);
    let expected_returns = equilibrium_returns(&covariance, &market, aversion).unwrap();
    assert!(distance(&expected_returns, &numbers(&row["prior"])) < 1e-15);
    let prior = Moments { expected_returns, covariance };
    let portfolios: Vec<Vec<f64>> = row["P"].as_array().unwrap().iter().map(numbers).collect();
    let views = |uncertainty| Views {
        portfolios: Matrix::from_rows(&portfolios).unwrap(),
        returns: numbers(&row["Q"]),
        uncertainty,
    };
    let tau = row["tau"].as_f64().unwrap();
    let omega = numbers(&row["omega"]);
    let half = vec![0.5; omega.len()];
    for uncertainty in [
        ViewUncertainty::AsPrior,
        ViewUncertainty::Variances(omega),
        ViewUncertainty::Confidences(half),
    ] {
        let posterior = black_litterman(&prior, &views(uncertainty), tau).unwrap();
        assert!(distance(&posterior.expected_returns, &numbers(&row["posterior_mu"])) < 1e-14);
        assert!(distance(&posterior.expected_returns, &numbers(&row["pypfopt_mu"])) < 1e-14);
        let rows = row["posterior_cov"].as_array().unwrap();
        for (index, expected) in rows.iter().enumerate() {
            assert!(distance(posterior.covariance.row(index), &numbers(expected)) < 1e-15);
        }
    }
    let certain = views(ViewUncertainty::Variances(vec![0.0; 2]));
    let posterior = black_litterman(&prior, &certain, tau).unwrap();
    let met = certain.portfolios.multiply_vector(&posterior.expected_returns).unwrap();
    assert!(distance(&met, &certain.returns) < 1e-14);
}

#[test]
fn whole_shares_are_no_worse_than_those_of_pyportfolioopt() {
    let row = &with_rules()["shares"];
    let (weights, prices) = (numbers(&row["weights"]), numbers(&row["prices"]));
    for (value, bought) in row["bought"].as_object().unwrap() {
        let value: f64 = value.parse().unwrap();
        let error = |shares: &[f64]| -> f64 {
            let held: Vec<f64> = shares.iter().zip(&prices).map(|(n, price)| n * price).collect();
            let missed = weights.iter().zip(&held).map(|(w, held)| (w * value - held).abs());
            missed.sum::<f64>() + value - held.iter().sum::<f64>()
        };
        let greedy = allocate_greedily(&weights, &prices, value).unwrap();
        let shares: Vec<f64> =
            greedy.shares.iter().map(|&n| f64::from(u32::try_from(n).unwrap())).collect();
        assert_eq!(shares, numbers(&bought["greedy"]));
        let exact = allocate_exactly(&weights, &prices, value).unwrap();
        assert!(exact.cash >= 0.0 && exact.gap == 0.0);
        assert!(exact.error <= error(&numbers(&bought["exact"])) + 1e-9, "{value}");
        assert!(exact.error <= greedy.error);
    }
}

#[test]
fn rules_that_contradict_are_named() {
    let covariance = moments(&reference()).covariance;
    let long = Constraints::long_only(20);
    let why = |rules: &Constraints| match minimum_variance(&covariance, rules) {
        Err(quant::Error::Infeasible { why }) => why,
        other => panic!("{other:?}"),
    };
    let few = long.clone().with_weights_at_most(0.04);
    assert!(why(&few).contains("upper bounds"));
    let shut = long.clone().with_group("energy", &members(0..10), 0.0, 0.3).with_group(
        "tech",
        &members(10..20),
        0.0,
        0.4,
    );
    let shut = why(&shut);
    assert!(["budget", "energy", "tech"].iter().all(|name| shut.contains(name)), "{shut}");
    let mut far = vec![0.0; 20];
    far[0] = 1.0;
    let stuck = long.clone().with_weights_at_most(0.5).with_turnover(&far, 0.5);
    assert!(why(&stuck).contains("turnover"));
    let tight = long.clone().with_weights_at_most(0.2).with_tracking(&far, 0.01);
    assert!(why(&tight).contains("tracking error"));
    let crowded = long.clone().with_weights_at_most(0.2).with_cardinality(3, 0.0);
    assert!(why(&crowded).contains("3 assets"));
    let all = Constraints::between(20, 0.01, 1.0).with_cardinality(3, 0.0);
    assert!(why(&all).contains("20 assets"));
    let rule = Group {
        name: "beta".to_owned(),
        coefficients: (0..20).map(|asset| (asset, 1.5)).collect(),
        lower: f64::NEG_INFINITY,
        upper: 1.0,
    };
    assert!(why(&long.with_rule(rule)).contains("beta"));
}

#[test]
fn a_singular_covariance_has_an_answer_and_an_indefinite_one_an_error() {
    let rows: Vec<Vec<f64>> = (0..6).map(|_| vec![0.04; 6]).collect();
    let singular = Matrix::from_rows(&rows).unwrap();
    let answer = minimum_variance(&singular, &Constraints::long_only(6)).unwrap();
    assert!((answer.objective - 0.04).abs() < 1e-9);
    let zero = minimum_variance(&Matrix::zeros(3, 3), &Constraints::long_only(3)).unwrap();
    assert!(zero.objective == 0.0);
    let indefinite = Matrix::from_rows(&[[0.01, 0.03], [0.03, 0.01]]).unwrap();
    let answer = minimum_variance(&indefinite, &Constraints::long_only(2));
    assert!(matches!(answer, Err(quant::Error::Undefined { .. })), "{answer:?}");
    // Fewer observations than assets, as in practice.
    let returns = scenarios();
    let few: Vec<usize> = (0..8).collect();
    let all: Vec<usize> = (0..13).collect();
    let covariance = covariance_of(&returns.block(&few, &all));
    for rules in [Constraints::long_only(13), Constraints::between(13, -1.0, 1.0)] {
        let answer = minimum_variance(&covariance, &rules).unwrap();
        assert!(rules.violation(&answer.weights, None).unwrap() < 1e-10);
    }
    let short = minimum_variance(&covariance, &Constraints::between(13, -1.0, 1.0)).unwrap();
    assert!(short.objective < 1e-7 * covariance[(0, 0)], "{}", short.objective);
}
