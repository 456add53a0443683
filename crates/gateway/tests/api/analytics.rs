//! Figures over HTTP, against what other programs gave (crates/quant/testdata/SOURCES.md), and what
//! a caller cannot make large.

use std::path::Path;

use axum::body::Body;
use axum::http::Method;
use gateway::{AnalyticsLimits, Limits};
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp, keys, request, services};

/// Somebody who asks.
pub struct Asker {
    pub app: TestApp,
    pub signed: Signed,
}

impl Asker {
    pub async fn new(db: &TestDatabase, analytics: AnalyticsLimits) -> Self {
        let mut services = services(db, keys(db)).await;
        services.limits = Limits { analytics, ..Limits::default() };
        let app = TestApp::of(services);
        let signed = app.register("saraa@example.mn").await;
        Self { app, signed }
    }

    pub async fn ask(&self, what: &str, body: &Value) -> Reply {
        let path = format!("/api/v1/analytics/{what}");
        self.app.post(&path, &self.signed.access, what, body).await
    }

    pub async fn answer(&self, what: &str, body: &Value) -> Value {
        let reply = self.ask(what, body).await;
        assert_eq!(reply.status, 200, "{what}: {}", reply.text());
        reply.json()
    }

    /// Checks that a question is refused with a code, which names a field where one is at fault.
    pub async fn refused(
        &self,
        what: &str,
        body: &Value,
        status: u16,
        (code, field): (&str, &str),
    ) {
        let reply = self.ask(what, body).await;
        reply.assert_problem(status, code);
        let named = &reply.json()["errors"][0]["field"];
        assert_eq!(named.as_str().unwrap_or_default(), field, "{}", reply.text());
    }
}

pub fn testdata(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../quant/testdata");
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

#[track_caller]
#[allow(clippy::float_arithmetic, reason = "a difference to another program's value")]
pub fn assert_near(found: &Value, expected: &Value, tolerance: f64) {
    let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    let difference = (found - expected).abs();
    assert!(difference <= tolerance * expected.abs().max(1.0), "{found} is not {expected}");
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn indicators_are_listed_and_have_talib_s_values(db: TestDatabase) {
        let asker = Asker::new(&db, AnalyticsLimits::default()).await;
        let path = "/api/v1/analytics/indicators";
        let listed = asker.app.get(path, &asker.signed.access).await.json();
        let items = listed["items"].as_array().unwrap();
        assert!(items.len() >= 250);
        let atr = items.iter().find(|item| item["name"] == "ATR").unwrap();
        assert_eq!(atr["inputs"], json!(["high", "low", "close"]));
        assert_eq!(atr["parameters"][0]["name"], "time_period");

        let series = testdata("talib/bars.json")["series"].clone();
        let series = json!({ "high": series["high"], "low": series["low"],
            "close": series["close"] });
        let body = json!({ "name": "atr", "parameters": { "time_period": 14 }, "series": series });
        let made = asker.answer("indicators", &body).await;
        let functions = testdata("talib/volatility_indicators.json");
        let wanted = &functions["functions"]["ATR"]["outputs"]["real"];
        assert_eq!(made["warm_up"], wanted["begin"]);
        let values = &made["outputs"][0]["values"];
        assert_eq!((&values[13], values.as_array().unwrap().len()), (&Value::Null, 500));
        let (at, known) = (wanted["at"].as_array().unwrap(), wanted["values"].as_array().unwrap());
        assert!(at.len() > 50);
        for (at, known) in at.iter().zip(known) {
            assert_near(&values[usize::try_from(at.as_u64().unwrap()).unwrap()], known, 1e-9);
        }
        let last = json!({ "name": "ATR", "series": series, "last": 2 });
        let reply = asker.app.post(path, &asker.signed.access, "last", &last).await.json();
        assert_eq!(reply["outputs"][0]["values"], json!([values[498], values[499]]));
    }

    async fn performance_and_risk_are_empyrical_s(db: TestDatabase) {
        let asker = Asker::new(&db, AnalyticsLimits::default()).await;
        let (prices, risk) = (testdata("risk_prices.json"), testdata("risk.json"));
        let body = json!({ "prices": prices["stock"], "benchmark": prices["other"] });
        let sheet = asker.answer("performance", &body).await;
        let expected = &risk["performance"]["stock"]["empyrical"];
        for (group, figure, name) in [
            ("growth", "annual", "annual_return"),
            ("spread", "volatility", "annual_volatility"),
            ("ratios", "sharpe", "sharpe_ratio"),
            ("ratios", "sortino", "sortino_ratio"),
            ("ratios", "tail", "tail_ratio"),
            ("drawdowns", "maximum", "max_drawdown"),
        ] {
            assert_near(&sheet[group][figure], &expected[name], 1e-12);
        }
        assert_near(&sheet["relative"]["beta"], &risk["relative"]["beta"], 1e-12);
        assert_near(&sheet["relative"]["correlation"], &risk["relative"]["correlation"], 1e-12);

        let body = json!({ "prices": prices["stock"], "level": 0.95 });
        let lost = asker.answer("risk", &body).await;
        let expected = &risk["var_es"][0];
        assert_eq!((&expected["series"], &expected["level"]), (&json!("stock"), &json!(0.95)));
        let (historical, normal) = (&lost["historical"], &lost["normal"]);
        assert_near(&historical["value_at_risk"], &expected["historical_var_type7"], 1e-12);
        let shortfall = &expected["historical_es_rockafellar_uryasev"];
        assert_near(&historical["expected_shortfall"], shortfall, 1e-12);
        assert_near(&normal["value_at_risk"], &expected["normal_var"], 1e-12);
        let cornish_fisher = &lost["cornish_fisher"]["value_at_risk"];
        assert_near(cornish_fisher, &expected["cornish_fisher_var"], 1e-12);

        let symbol = |name: &str| json!({ "symbol": name, "prices": prices[name] });
        let body = json!({ "symbols": [symbol("stock"), symbol("other")] });
        let made = asker.answer("correlation", &body).await;
        assert_eq!(made["symbols"], json!(["stock", "other"]));
        assert_near(&made["correlation"][0][1], &risk["relative"]["correlation"], 1e-12);
        assert_near(&made["correlation"][1][1], &json!(1.0), 0.0);
    }

    async fn a_sweep_is_vectorbt_s_and_effects_add_up(db: TestDatabase) {
        let asker = Asker::new(&db, AnalyticsLimits::default()).await;
        let close = testdata("talib/bars.json")["series"]["close"].clone();
        let body = json!({
            "average": "ema", "periods": [50, 3, 20, 5, 10], "fee": 0.001,
            "symbols": [{ "symbol": "AAPL", "series": { "close": close } }],
        });
        let made = asker.answer("sweeps", &body).await;
        assert_eq!((&made["average"], &made["tried"]), (&json!("EMA"), &json!(10)));
        let mut compared = 0;
        for set in testdata("sweep_vectorbt.json")["sets"].as_array().unwrap() {
            if set["average"] != "EMA" || set["fee"] != 0.001 {
                continue;
            }
            let mut rules = made["rules"].as_array().unwrap().iter();
            let rule = rules.find(|it| it["short"] == set["fast"] && it["long"] == set["slow"]);
            for name in ["equity", "max_drawdown", "sharpe"] {
                assert_near(&rule.unwrap()[name], &set[name], 1e-10);
            }
            compared += 1;
        }
        assert_eq!(compared, 10);

        // Brinson and Fachler by hand: (0.6 - 0.5) (0.1 - 0.05), and 0.5 (0.2 - 0.1).
        let segment = |name: &str, weights: [f64; 2], returns: [f64; 2]| {
            json!({ "name": name, "portfolio_weight": weights[0], "benchmark_weight": weights[1],
                "portfolio_return": returns[0], "benchmark_return": returns[1] })
        };
        let segments = [segment("A", [0.6, 0.5], [0.2, 0.1]), segment("B", [0.4, 0.5], [0.0, 0.0])];
        let made = asker.answer("attribution", &json!({ "segments": segments })).await;
        assert_near(&made["segments"][0]["allocation"], &json!(0.005), 1e-15);
        assert_near(&made["segments"][0]["selection"], &json!(0.05), 1e-15);
        assert_near(&made["portfolio_return"], &json!(0.12), 1e-15);
    }

    async fn what_is_wrong_names_its_argument(db: TestDatabase) {
        let limits = AnalyticsLimits {
            bars_max: 50, symbols_max: 2, periods_max: 5, bar_sets_max: 100,
            bar_periods_max: 1_000,
            ..AnalyticsLimits::default()
        };
        let asker = Asker::new(&db, limits).await;
        let rising = |bars: u32| (1..=bars).map(f64::from).collect::<Vec<_>>();
        let of = |name: &str, parameters: Value, bars: u32| {
            json!({ "name": name, "parameters": parameters, "series": { "close": rising(bars) } })
        };
        let sweep = |periods: Vec<u32>, symbols: usize| {
            let symbol = json!({ "symbol": "A", "series": { "close": rising(50) } });
            json!({ "average": "SMA", "periods": periods, "symbols": vec![symbol; symbols] })
        };
        let flat = json!({ "symbol": "A", "prices": [1.0, 1.0, 1.0] });
        let short = json!({ "symbol": "B", "prices": [1.0, 2.0] });
        for (what, body, status, fault) in [
            ("indicators", of("RSY", json!({}), 9), 400, ("unknown_name", "indicator")),
            ("indicators", of("RSI", json!({ "x": 1 }), 9), 400, ("unknown_name", "parameter")),
            ("indicators", of("RSI", json!({ "time_period": 0 }), 9), 400,
                ("out_of_bounds", "time_period")),
            ("indicators", of("ATR", json!({}), 9), 400, ("series_missing", "high")),
            ("indicators", of("RSI", json!({}), 51), 400, ("invalid_fields", "series")),
            ("indicators", of("RSI", json!({ "time_period": 40 }), 50), 400,
                ("invalid_fields", "parameters")),
            ("sweeps", sweep(vec![2, 30], 1), 400, ("invalid_fields", "periods")),
            ("indicators", json!({ "name": "RSI", "series": { "price": [1.0] } }), 400,
                ("unknown_name", "series")),
            ("sweeps", sweep(vec![2, 3], 3), 400, ("invalid_fields", "symbols")),
            ("sweeps", sweep(vec![2, 3, 4, 5, 6, 7], 1), 400, ("invalid_fields", "periods")),
            ("sweeps", sweep(vec![2, 3, 4], 1), 400, ("invalid_fields", "symbols")),
            ("performance", json!({ "prices": [1.0, 0.0] }), 400, ("out_of_bounds", "prices")),
            ("performance", json!({ "prices": [1.0, 2.0] }), 400, ("series_too_short", "returns")),
            ("performance", json!({ "prices": rising(51) }), 400, ("invalid_fields", "prices")),
            ("performance", json!({ "prices": rising(9), "benchmark": rising(8) }), 400,
                ("lengths_differ", "benchmark")),
            ("performance", json!({ "prices": rising(9), "benchmark": [1.0, -1.0] }), 400,
                ("invalid_fields", "benchmark")),
            ("risk", json!({ "prices": rising(9), "level": 1.5 }), 400, ("out_of_bounds", "level")),
            ("risk", json!({ "prices": ["1"] }), 400, ("invalid_fields", "prices[0]")),
            ("correlation", json!({ "symbols": [flat, short] }), 400,
                ("lengths_differ", "symbols")),
            ("correlation", json!({ "symbols": [flat] }), 422, ("undefined_figure", "")),
            ("attribution", json!({ "segments": [] }), 400, ("series_too_short", "segments")),
        ] {
            asker.refused(what, &body, status, fault).await;
        }
    }

    async fn a_full_house_and_a_long_wait_are_said(db: TestDatabase) {
        let body = json!({ "prices": [1.0, 2.0, 3.0] });
        for (limits, status, code) in [
            (AnalyticsLimits { questions_per_tenant_max: 0, ..AnalyticsLimits::default() }, 429,
                "too_many_calculations"),
            (AnalyticsLimits { questions_max: 0, ..AnalyticsLimits::default() }, 503,
                "calculations_full"),
            // Nobody works, so that the wait is all there is.
            (AnalyticsLimits { calculations_max: 0, calculation_ms_max: 20,
                ..AnalyticsLimits::default() }, 504, "calculation_timeout"),
        ] {
            let mut services = services(&db, keys(&db)).await;
            services.limits = Limits { analytics: limits, ..Limits::default() };
            let app = TestApp::of(services);
            let signed = app.register(&format!("{code}@example.mn")).await;
            let path = "/api/v1/analytics/performance";
            for key in ["one", "two"] {
                let reply = app.post(path, &signed.access, key, &body).await;
                reply.assert_problem(status, code);
                assert_eq!(reply.header("retry-after") == "1", [429, 503].contains(&status));
            }
        }
    }

    async fn a_question_has_a_largest_size(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.bulk_bytes_max = 9;
        let app = TestApp::of(services);
        let signed = app.register("saraa@example.mn").await;
        let path = "/api/v1/analytics/performance";
        let reply = app.post(path, &signed.access, "1", &json!({ "prices": [1.0, 2.0] })).await;
        reply.assert_problem(413, "body_too_large");
    }

    async fn places_are_given_back(db: TestDatabase) {
        let limits = AnalyticsLimits {
            questions_max: 1, questions_per_tenant_max: 1, calculations_max: 1,
            ..AnalyticsLimits::default()
        };
        let asker = Asker::new(&db, limits).await;
        let path = "/api/v1/analytics/risk";
        for (key, body) in [("a", "{\"prices\":[1,2,3]}"), ("b", "{"), ("c", "{}")].repeat(2) {
            let mut request = request(Method::POST, path, &asker.signed.access, None);
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
            request.headers_mut().insert("content-type", "application/json".parse().unwrap());
            *request.body_mut() = Body::from(body);
            let reply = asker.app.send(request).await;
            assert_eq!(reply.status, if key == "a" { 200 } else { 400 }, "{}", reply.text());
        }
        let body = json!({ "prices": [1.0, 2.0, 3.0] });
        let nobody = asker.app.post(path, "", "d", &body).await;
        nobody.assert_problem(401, "token_required");
    }
}
