//! Portfolios and forecasts over HTTP, against what PyPortfolioOpt, skfolio and statsforecast gave
//! (crates/quant/testdata/SOURCES.md), and what a caller cannot make large.

use std::path::Path;

use gateway::AnalyticsLimits;
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::analytics::{Asker, assert_near, testdata};

/// The made-up prices of eight classes of assets, as a question has them.
fn symbols() -> Vec<Value> {
    let file = "../quant/testdata/portfolio_prices.csv";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').skip(1).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let rows: Vec<Vec<f64>> =
        lines.map(|row| row.iter().map(|cell| cell.parse().unwrap()).collect()).collect();
    let prices = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<f64>>();
    let symbol = |(at, name): (usize, &&str)| json!({ "symbol": name, "prices": prices(at) });
    names.iter().enumerate().map(symbol).collect()
}

/// A question about them: what is said is put on top.
fn question(said: &Value) -> Value {
    let mut body = json!({ "symbols": symbols(), "risk_free": 0.02 });
    for (key, value) in said.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn weights(answer: &Value) -> Vec<Value> {
    answer["assets"].as_array().unwrap().iter().map(|asset| asset["weight"].clone()).collect()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn a_portfolio_is_that_of_pyportfolioopt_and_skfolio(db: TestDatabase) {
        let asker = Asker::new(&db, AnalyticsLimits::default()).await;
        let reference = testdata("portfolio_prices.json");
        let shares = ["WORLD", "EUROPE", "ASIA", "SMALL"];
        let rules = json!({
            "weight_min": 0.02, "weight_max": 0.4,
            "groups": [{ "name": "shares", "symbols": shares, "min": 0.3 },
                { "name": "safe", "symbols": ["BONDS", "BILLS"], "max": 0.5 }],
        });
        let single = json!({ "kind": "hierarchical_risk_parity", "linkage": "single" });
        let turned = json!({ "kind": "hierarchical_risk_parity", "split": "turned_halves" });
        for (name, said) in [
            ("minimum variance", json!({})),
            ("maximum sharpe", json!({ "objective": { "kind": "maximum_sharpe" } })),
            ("maximum return at volatility 0.08",
                json!({ "objective": { "kind": "maximum_return", "volatility_max": 0.08 } })),
            ("minimum variance at return 0.08", json!({ "objective":
                { "kind": "minimum_variance", "return_min": 0.08 } })),
            ("maximum utility 3",
                json!({ "objective": { "kind": "maximum_utility", "risk_aversion": 3 } })),
            ("minimum variance with rules", json!({ "constraints": rules })),
            ("minimum variance, ledoit-wolf",
                json!({ "covariance": "ledoit_wolf", "constraints": { "weight_max": 0.3 } })),
            ("minimum cvar 0.9, at most 0.4", json!({ "constraints": { "weight_max": 0.4 },
                "objective": { "kind": "minimum_cvar", "confidence": 0.9 } })),
            ("maximum diversification",
                json!({ "objective": { "kind": "maximum_diversification" } })),
            ("risk parity", json!({ "objective": { "kind": "risk_budgets" } })),
            ("risk budgets", json!({ "objective":
                { "kind": "risk_budgets", "budgets": { "GOLD": 3, "BONDS": 2 } } })),
            ("hierarchical risk parity, single", json!({ "objective": single })),
            ("hierarchical risk parity, ward", json!({ "objective": turned })),
            ("risk budgets, 0.05 to 0.25", json!({
                "objective": { "kind": "risk_budgets", "budgets": { "GOLD": 3, "BONDS": 2 } },
                "constraints": { "weight_min": 0.05, "weight_max": 0.25 } })),
            ("hierarchical equal risk, ward",
                json!({ "objective": { "kind": "hierarchical_equal_risk" } })),
        ] {
            let expected = &reference["answers"][name];
            let made = asker.answer("portfolios", &question(&said)).await;
            let apart = weights(&made).into_iter().zip(expected["weights"].as_array().unwrap());
            for (found, expected) in apart {
                assert_near(&found, expected, 2e-5);
            }
            if name != "minimum variance, ledoit-wolf" {
                assert_near(&made["volatility"], &expected["volatility"], 1e-6);
            }
            assert_near(&made["expected_return"], &expected["expected_return"], 1e-5);
        }
    }

    async fn a_frontier_and_whole_shares_come_with_it(db: TestDatabase) {
        let asker = Asker::new(&db, AnalyticsLimits::default()).await;
        let reference = testdata("portfolio_prices.json");
        let groups = json!([{ "name": "shares", "symbols": ["WORLD", "EUROPE", "ASIA", "SMALL"],
            "min": 0.3 }, { "name": "safe", "symbols": ["BONDS", "BILLS"], "max": 0.5 }]);
        let made = asker.answer("portfolios", &question(&json!({
            "constraints": { "weight_min": 0.02, "weight_max": 0.4, "groups": groups },
            "frontier": 5, "investment": 10_000.0, "expected_returns": { "GOLD": 0.01 },
        }))).await;
        let bought = &reference["shares"];
        assert_eq!(made["purchase"]["shares"], bought["shares"]);
        assert_near(&made["purchase"]["cash"], &bought["cash"], 1e-9);
        let frontier = made["frontier"].as_array().unwrap();
        assert_eq!(frontier.len(), 5);
        assert_near(&frontier[0]["volatility"], &made["volatility"], 1e-9);
        for name in ["expected_return", "volatility"] {
            let values: Vec<f64> = frontier.iter().map(|one| one[name].as_f64().unwrap()).collect();
            assert!(values.is_sorted_by(|one, other| one < other), "{name}: {values:?}");
        }
        let gold = made["assets"].as_array().unwrap().iter().find(|it| it["symbol"] == "GOLD");
        assert_near(&gold.unwrap()["expected_return"], &json!(0.01), 0.0);
        assert_near(&made["assets"][0]["volatility"], &reference["volatility"][0], 1e-12);
    }

    async fn a_forecast_is_statsforecast_s_and_lies_between_its_bounds(db: TestDatabase) {
        let asker = Asker::new(&db, AnalyticsLimits::default()).await;
        let reference = testdata("series.json");
        let values = &reference["deseasonalised"];
        let rows = reference["theta"].as_array().unwrap();
        let expected = rows.iter().find(|row| row["form"] == "DOTM").unwrap();
        let series = json!([{ "name": "a", "values": values }]);
        let body = json!({ "series": series, "horizon": 12, "method": "theta" });
        let made = asker.answer("forecasts", &body).await;
        let found = made["series"][0]["mean"].as_array().unwrap();
        for (found, expected) in found.iter().zip(expected["forecast"].as_array().unwrap()) {
            assert_near(found, expected, 5e-3);
        }
        let monthly = json!([{ "name": "m", "values": reference["data"]["monthly"] }]);
        let body = |level: f64| json!({ "series": monthly, "period": 12, "horizon": 3,
            "level": level });
        let (wide, narrow) = (asker.answer("forecasts", &body(0.95)).await,
            asker.answer("forecasts", &body(0.6)).await);
        for step in 0..3 {
            let at = |made: &Value, what: &str| made["series"][0][what][step].as_f64().unwrap();
            assert!(at(&wide, "lower") < at(&narrow, "lower"));
            assert!(at(&narrow, "lower") < at(&narrow, "mean"));
            assert!(at(&narrow, "upper") < at(&wide, "upper"));
        }
        let naive = json!({ "series": monthly, "period": 12, "horizon": 12,
            "method": "seasonal_naive" });
        let made = asker.answer("forecasts", &naive).await;
        let known = reference["data"]["monthly"].as_array().unwrap();
        assert_eq!(made["series"][0]["mean"].as_array().unwrap()[..], known[known.len() - 12..]);
    }

    async fn what_is_wrong_with_a_portfolio_names_its_field(db: TestDatabase) {
        let limits = AnalyticsLimits {
            bars_max: 505, scenario_values_max: 4_000, frontier_points_max: 9,
            portfolio_nodes_max: 1, ..AnalyticsLimits::default()
        };
        let asker = Asker::new(&db, limits).await;
        let ruled = |rules: Value| question(&json!({ "constraints": rules }));
        let wanted = |objective: Value| question(&json!({ "objective": objective }));
        let mut short = question(&json!({}));
        short["symbols"][3]["prices"].as_array_mut().unwrap().pop();
        let mut zero = question(&json!({}));
        zero["symbols"][2]["prices"][7] = json!(0);
        let mut twice = question(&json!({}));
        twice["symbols"][1]["symbol"] = json!("WORLD");
        let held = json!({ "WORLD": 1.0 });
        for (body, status, fault) in [
            (short, 400, ("lengths_differ", "symbols")),
            (zero, 400, ("invalid_fields", "symbols[2].prices")),
            (twice, 400, ("out_of_bounds", "symbols")),
            (json!({ "symbols": [] }), 400, ("series_too_short", "symbols")),
            (json!({}), 400, ("invalid_fields", "body")),
            (ruled(json!({ "weight_max": 0.1 })), 422, ("infeasible", "")),
            (ruled(json!({ "weight_min": 0.5, "weight_max": 0.4 })), 422, ("infeasible", "")),
            (ruled(json!({ "bounds": [{ "symbol": "X", "min": 0, "max": 1 }] })), 400,
                ("invalid_fields", "constraints.bounds")),
            (ruled(json!({ "groups": [{ "name": "g", "symbols": ["X"] }] })), 400,
                ("invalid_fields", "constraints.groups")),
            (ruled(json!({ "turnover_max": 0.5 })), 400,
                ("invalid_fields", "constraints.current")),
            (ruled(json!({ "benchmark": held })), 400,
                ("invalid_fields", "constraints.tracking_error_max")),
            (ruled(json!({ "weight": 1 })), 400, ("invalid_fields", "constraints.weight")),
            (question(&json!({ "constraints": { "assets_max": 3 }, "frontier": 2 })), 400,
                ("invalid_fields", "frontier")),
            (ruled(json!({ "held_min": -1 })), 400, ("invalid_fields", "constraints.held_min")),
            (wanted(json!({ "kind": "maximum_return" })), 400,
                ("invalid_fields", "objective.volatility_max")),
            (wanted(json!({ "kind": "best" })), 400, ("invalid_fields", "objective.kind")),
            (wanted(json!({ "kind": "maximum_sharpe", "risk_aversion": 1 })), 400,
                ("invalid_fields", "objective.risk_aversion")),
            (wanted(json!({ "kind": "maximum_return", "volatility_max": 0.0001 })), 422,
                ("infeasible", "")),
            (wanted(json!({ "kind": "minimum_cvar" })), 400, ("invalid_fields", "symbols")),
            (wanted(json!({ "kind": "risk_budgets", "budgets": { "GOLD": 0 } })), 400,
                ("out_of_bounds", "budgets")),
            (wanted(json!({ "kind": "hierarchical_equal_risk", "clusters": 99 })), 400,
                ("out_of_bounds", "clusters")),
            (question(&json!({ "expected_returns": { "X": 0.1 } })), 400,
                ("unknown_name", "expected_returns")),
            (question(&json!({ "frontier": 10 })), 400, ("invalid_fields", "frontier")),
            (question(&json!({ "frontier": 1 })), 400, ("invalid_fields", "frontier")),
            (question(&json!({ "investment": 0 })), 400, ("invalid_fields", "investment")),
        ] {
            asker.refused("portfolios", &body, status, fault).await;
        }
        // One node is not enough to know the best three; what is found says how far it may be off.
        let few = json!({ "assets_max": 3, "held_min": 0.2 });
        let made = asker.answer("portfolios", &ruled(few)).await;
        assert_eq!(weights(&made).iter().filter(|weight| **weight != 0.0).count(), 3);
        assert!(made["gap"].as_f64().unwrap() > 0.0, "{made}");
        let nobody = asker.app.post("/api/v1/analytics/portfolios", "", "k", &json!({})).await;
        nobody.assert_problem(401, "token_required");
    }

    async fn what_is_wrong_with_a_forecast_names_its_field(db: TestDatabase) {
        let limits = AnalyticsLimits {
            symbols_max: 2, forecast_values_max: 30, arima_values_max: 20, arima_period_max: 6,
            ..AnalyticsLimits::default()
        };
        let asker = Asker::new(&db, limits).await;
        let rising = |count: u32| (1..=count).map(f64::from).collect::<Vec<_>>();
        let of = |counts: &[u32], said: Value| {
            let one = |count: &u32| json!({ "name": "a", "values": rising(*count) });
            let mut body = json!({ "series": counts.iter().map(one).collect::<Vec<_>>(),
                "horizon": 2 });
            for (key, value) in said.as_object().unwrap() {
                body[key] = value.clone();
            }
            body
        };
        for (body, status, fault) in [
            (of(&[9, 7], json!({})), 400, ("invalid_fields", "series[1].values")),
            (of(&[9, 9, 9], json!({})), 400, ("invalid_fields", "series")),
            (of(&[16, 15], json!({})), 400, ("invalid_fields", "series")),
            (of(&[21], json!({ "method": "arima" })), 400, ("invalid_fields", "series")),
            (of(&[20], json!({ "method": "arima", "period": 7 })), 400,
                ("invalid_fields", "period")),
            (of(&[9], json!({ "period": 0 })), 400, ("out_of_bounds", "period")),
            (of(&[9], json!({ "horizon": 0 })), 400, ("out_of_bounds", "horizon")),
            (of(&[9], json!({ "level": 1 })), 400, ("out_of_bounds", "level")),
            (of(&[9], json!({ "method": "oracle" })), 400, ("invalid_fields", "method")),
            (json!({ "horizon": 2 }), 400, ("invalid_fields", "body")),
        ] {
            asker.refused("forecasts", &body, status, fault).await;
        }
        let nobody = asker.app.post("/api/v1/analytics/forecasts", "", "k", &json!({})).await;
        nobody.assert_problem(401, "token_required");
    }
}
