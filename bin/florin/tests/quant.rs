//! `florin quant` as its user has it: files of prices of their own, and what other programs make
//! of the same prices.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;
use tempfile::TempDir;

/// A folder of files.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, words: &[&str]) -> Output {
        // A home that cannot be written: nothing is needed of it.
        let mut command = Command::new(env!("CARGO_BIN_EXE_florin"));
        command.env_clear().env("HOME", "/proc/none").current_dir(self.0.path());
        command.arg("quant").args(words).output().unwrap()
    }

    fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, words: &[&str]) -> Json {
        serde_json::from_str(&self.ok(&[words, &["--json"]].concat())).unwrap()
    }

    fn fails(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(!output.status.success(), "{words:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Columns of one length, on weekdays, the newest row first where it is said so.
    fn prices(&self, name: &str, columns: &[(&str, &[f64])], is_descending: bool) {
        let date = |day| kernel::time::date_from_days(day).unwrap();
        let weekdays = (12_784..).filter(|day: &i32| (day + 3).rem_euclid(7) < 5);
        let mut rows: Vec<String> = weekdays
            .zip(0..columns[0].1.len())
            .map(|(day, row)| {
                let cells = columns.iter().map(|(_, values)| values[row].to_string());
                format!("{},{}\n", date(day), cells.collect::<Vec<_>>().join(","))
            })
            .collect();
        if is_descending {
            rows.reverse();
        }
        let head: Vec<&str> = columns.iter().map(|(heading, _)| *heading).collect();
        let text = format!("Date,{}\n{}", head.join(","), rows.concat());
        std::fs::write(self.0.path().join(name), text).unwrap();
    }
}

/// What other programs gave; see crates/quant/testdata/SOURCES.md.
fn testdata(name: &str) -> Json {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/quant/testdata");
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

fn numbers(values: &Json) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_near(found: &Json, expected: &Json, tolerance: f64) {
    let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    let difference = (found - expected).abs();
    assert!(difference <= tolerance * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn an_indicator_over_a_file_has_talib_s_values() {
    let (desk, bars) = (Desk::new(), testdata("talib/bars.json"));
    let column = |name: &str| numbers(&bars["series"][name]);
    let (high, low, close) = (column("high"), column("low"), column("close"));
    let columns = [("HIGH", &high[..]), ("low", &low), ("Close", &close)];
    desk.prices("up.csv", &columns, false);
    desk.prices("down.csv", &columns, true);
    let momentum = testdata("talib/momentum_indicators.json");
    let expected = &momentum["functions"]["RSI"];
    let words = ["indicator", "rsi", "up.csv", "--param", "time_period=14"];
    let made = desk.json(&words);
    let values = &made["outputs"][0]["values"];
    let (at, known) = first_output(expected);
    assert!(at.len() > 50);
    for (at, known) in at.iter().zip(known) {
        assert_near(&values[*at], known, 1e-9);
    }
    assert_eq!((&made["warm_up"], &values[13]), (&14.into(), &Json::Null));
    // The newest first is the same file.
    assert_eq!(desk.json(&["indicator", "RSI", "down.csv"]), made);
    assert_eq!(
        desk.json(&["indicator", "RSI", "up.csv", "--last", "1"])["dates"],
        made["dates"].as_array().unwrap()[499..].iter().cloned().collect::<Json>()
    );

    let told = desk.ok(&["indicator", "ATR", "up.csv", "--last", "3"]);
    assert!(told.contains("time_period=14") && told.contains("500 bars"), "{told}");
    let last = made["dates"][499].as_str().unwrap();
    assert!(told.lines().last().unwrap().starts_with(last), "{told}");
    assert!(told.chars().any(|sign| ('\u{2801}'..'\u{2900}').contains(&sign)), "{told}");
}

/// Bars and values of the only output of a function.
fn first_output(function: &Json) -> (Vec<usize>, &Vec<Json>) {
    let cases = function["cases"].as_array().map_or(function, |cases| &cases[0]);
    let output = cases["outputs"].as_object().unwrap().values().next().unwrap();
    let at = numbers(&output["at"]).into_iter();
    let at = at.map(|at| format!("{at}").parse().unwrap()).collect();
    (at, output["values"].as_array().unwrap())
}

#[test]
fn a_tear_sheet_has_empyrical_s_figures() {
    let (desk, prices) = (Desk::new(), testdata("risk_prices.json"));
    let (stock, other) = (numbers(&prices["stock"]), numbers(&prices["other"]));
    desk.prices("stock.csv", &[("Close", &stock)], false);
    desk.prices("other.csv", &[("volume", &stock), ("close", &other)], true);
    let risk = testdata("risk.json");
    let expected = &risk["performance"]["stock"]["empyrical"];
    let words = ["tearsheet", "stock.csv", "--benchmark", "other.csv"];
    let made = desk.json(&words);
    for (group, figure, name) in [
        ("growth", "annual", "annual_return"),
        ("growth", "total", "cum_returns_final"),
        ("spread", "volatility", "annual_volatility"),
        ("ratios", "sharpe", "sharpe_ratio"),
        ("ratios", "sortino", "sortino_ratio"),
        ("ratios", "omega", "omega_ratio"),
        ("ratios", "calmar", "calmar_ratio"),
        ("drawdowns", "maximum", "max_drawdown"),
    ] {
        assert_near(&made[group][figure], &expected[name], 1e-12);
    }
    assert_near(&made["relative"]["beta"], &risk["relative"]["beta"], 1e-12);
    assert_eq!((&made["periods"], &made["periods_per_year"]), (&1510.into(), &252.0.into()));

    let told = desk.ok(&words);
    for part in ["stock.csv against other.csv", "1.1643", "47.32 %", "-60.87 %", "drawdown"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let rate = [&words[..], &["--risk-free", "0.03"]].concat();
    assert!(desk.json(&rate)["ratios"]["sharpe"].as_f64() < made["ratios"]["sharpe"].as_f64());
    let monthly = desk.json(&["tearsheet", "stock.csv", "--frequency", "monthly"]);
    assert_eq!(monthly["periods_per_year"], 12.0);
    assert_eq!(monthly["relative"], Json::Null);
}

#[test]
fn a_sweep_makes_what_vectorbt_makes() {
    let (desk, bars) = (Desk::new(), testdata("talib/bars.json"));
    desk.prices("apple.csv", &[("close", &numbers(&bars["series"]["close"]))], false);
    let periods = ["--periods", "3,5,10,20,50", "--top", "100"];
    let sets = testdata("sweep_vectorbt.json");
    let mut compared = 0;
    for average in ["SMA", "EMA"] {
        let made =
            desk.json(&[&["sweep", "apple.csv", "--average", average], &periods[..]].concat());
        let rules = made["rules"].as_array().unwrap();
        assert_eq!(made["tried"], 10);
        let ratios: Vec<f64> = rules.iter().map(|rule| rule["sharpe"].as_f64().unwrap()).collect();
        assert!(ratios.is_sorted_by(|one, other| one >= other), "{ratios:?}");
        for set in sets["sets"].as_array().unwrap() {
            let of_this =
                |rule: &&Json| rule["short"] == set["fast"] && rule["long"] == set["slow"];
            if set["average"] != average || set["fee"] != 0.0 {
                continue;
            }
            let rule = rules.iter().find(of_this).unwrap();
            for name in ["equity", "max_drawdown", "sharpe"] {
                assert_near(&rule[name], &set[name], 1e-10);
            }
            assert_eq!(rule["trades"], set["trades"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 20);
    let told = desk.ok(&["sweep", "apple.csv", "--periods", "5..20:5", "--top", "1"]);
    assert!(told.contains("6 rules tried") && told.contains("SMA "), "{told}");
}

/// A desk with the made-up prices of eight classes of assets, a column each.
fn desk_of_classes() -> Desk {
    let desk = Desk::new();
    let file = "../../crates/quant/testdata/portfolio_prices.csv";
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::copy(from, desk.0.path().join("classes.csv")).unwrap();
    desk
}

#[test]
fn a_portfolio_is_that_of_pyportfolioopt_and_skfolio() {
    let (desk, reference) = (desk_of_classes(), testdata("portfolio_prices.json"));
    let rules = "--weight-min 0.02 --weight-max 0.4 --group shares=WORLD,EUROPE,ASIA,SMALL:0.3.. \
                 --group safe=BONDS,BILLS:..0.5";
    for (name, said) in [
        ("minimum variance", ""),
        ("maximum sharpe", "--objective maximum-sharpe --risk-free 0.02"),
        ("maximum return at volatility 0.08", "--objective maximum-return --volatility-max 0.08"),
        ("minimum variance at return 0.08", "--return-min 0.08"),
        ("maximum utility 3", "--objective maximum-utility --risk-aversion 3"),
        ("minimum variance with rules", rules),
        ("minimum variance, ledoit-wolf", "--covariance ledoit-wolf --weight-max 0.3"),
        (
            "minimum cvar 0.9, at most 0.4",
            "--objective minimum-cvar --confidence 0.9 --weight-max 0.4",
        ),
        ("maximum diversification", "--objective maximum-diversification"),
        ("risk parity", "--objective risk-parity"),
        ("risk budgets", "--objective risk-parity --budget GOLD=3 --budget BONDS=2"),
        (
            "hierarchical risk parity, single",
            "--objective hierarchical-risk-parity --linkage single",
        ),
        (
            "hierarchical risk parity, ward",
            "--objective hierarchical-risk-parity --split turned-halves",
        ),
        ("hierarchical equal risk, ward", "--objective hierarchical-equal-risk"),
        (
            "hierarchical equal risk, at most 0.3",
            "--objective hierarchical-equal-risk --weight-max 0.3",
        ),
    ] {
        let words: Vec<&str> = said.split_whitespace().collect();
        let made = desk.json(&[&["optimise", "classes.csv"], &words[..]].concat());
        let expected = reference["answers"][name]["weights"].as_array().unwrap();
        for (asset, expected) in made["assets"].as_array().unwrap().iter().zip(expected) {
            assert_near(&asset["weight"], expected, 2e-5);
        }
        assert_near(&made["expected_return"], &reference["answers"][name]["expected_return"], 1e-5);
    }
}

#[test]
fn a_portfolio_is_drawn_and_bought_from_one_file_or_several() {
    let (desk, reference) = (desk_of_classes(), testdata("portfolio_prices.json"));
    let words = "optimize classes.csv --weight-min 0.02 --weight-max 0.4 --investment 10000 \
                 --group shares=WORLD,EUROPE,ASIA,SMALL:0.3.. --group safe=BONDS,BILLS:..0.5";
    let words: Vec<&str> = words.split_whitespace().collect();
    let made = desk.json(&words);
    assert_eq!(made["purchase"]["shares"], reference["shares"]["shares"]);
    assert_near(&made["purchase"]["cash"], &reference["shares"]["cash"], 1e-9);
    assert_eq!((&made["periods"], &made["periods_per_year"]), (&504.into(), &252.0.into()));
    let told = desk.ok(&words);
    for part in ["8 assets, 504 returns", "minimum variance", "efficient frontier", "●", "SHARES"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let points = desk.json(&["optimise", "classes.csv", "--frontier", "3"]);
    assert_eq!(points["frontier"].as_array().unwrap().len(), 3);

    // A file an asset, of which one has a day less.
    let prices = testdata("risk_prices.json");
    let (stock, other) = (numbers(&prices["stock"]), numbers(&prices["other"]));
    desk.prices("stock.csv", &[("Close", &stock)], false);
    desk.prices("other.csv", &[("close", &other[..other.len() - 1])], true);
    let made = desk.json(&["optimise", "stock.csv", "other.csv"]);
    assert_eq!(
        (&made["dates_left_out"], &made["assets"][1]["symbol"]),
        (&1.into(), &"other".into())
    );
    assert_eq!(made["periods"], stock.len() - 2);
    let told = desk.ok(&["optimise", "stock.csv", "other.csv"]);
    assert!(told.contains("2 files: 2 assets") && told.contains("1 dates left out"), "{told}");
}

#[test]
fn a_forecast_is_statsforecast_s_and_goes_on_with_the_calendar() {
    let (desk, reference) = (Desk::new(), testdata("series.json"));
    let file = |name: &str, values: &[f64]| {
        let month = |at: usize| format!("{}-{:02}-28", 2001 + at / 12, at % 12 + 1);
        let rows = values.iter().enumerate();
        let rows: String = rows.map(|(at, value)| format!("{},{value}\n", month(at))).collect();
        std::fs::write(desk.0.path().join(name), format!("date,Sales\n{rows}")).unwrap();
    };
    file("level.csv", &numbers(&reference["deseasonalised"]));
    let words = "forecast level.csv --column sales --period 1 --method theta";
    let made = desk.json(&words.split_whitespace().collect::<Vec<_>>());
    let theta = reference["theta"].as_array().unwrap();
    let expected = theta.iter().find(|row| row["form"] == "DOTM").unwrap();
    for (at, expected) in expected["forecast"].as_array().unwrap().iter().enumerate() {
        assert_near(&made["mean"][at], expected, 5e-3);
        let (low, high) = (made["lower"][at].as_f64(), made["upper"][at].as_f64());
        assert!(low < made["mean"][at].as_f64() && made["mean"][at].as_f64() < high);
    }
    let known = numbers(&reference["data"]["monthly"]);
    file("monthly.csv", &known);
    let words = ["forecast", "monthly.csv", "--column", "Sales", "--method", "seasonal-naive"];
    let made = desk.json(&words);
    assert_eq!(numbers(&made["mean"]), known[known.len() - 12..]);
    let year = 2001 + known.len() / 12;
    assert_eq!((&made["period"], &made["dates"][0]), (&12.into(), &format!("{year}-01-28").into()));
    let told = desk.ok(&words);
    for part in ["12 a season", "SeasonalNaive", "90.00 %", "LOWER", "-12-28"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_registry_is_listed() {
    let desk = Desk::new();
    assert!(desk.json(&["list"]).as_array().unwrap().len() >= 250);
    let told = desk.ok(&["list", "supertrend"]);
    assert!(told.contains("SUPERTREND") && told.contains("multiplier=3"), "{told}");
    assert!(desk.fails(&["list", "no such thing"]).contains("no such thing"));
}

#[test]
fn what_is_wrong_names_its_argument_line_and_column() {
    let desk = Desk::new();
    desk.prices("flat.csv", &[("close", &[1.0; 60])], false);
    let rising: Vec<f64> = (1..=60_u8).map(f64::from).collect();
    desk.prices("rising.csv", &[("close", &rising)], false);
    desk.prices("short.csv", &[("close", &[1.0, 2.0])], false);
    desk.prices("zero.csv", &[("close", &[1.0, 0.0, 2.0, 3.0])], false);
    let broken = "Date,Open,Close\n2024-01-02,1,1\n2024-01-03,1,one\n";
    std::fs::write(desk.0.path().join("broken.csv"), broken).unwrap();
    for (words, expected) in [
        (&["indicator", "RSI", "broken.csv"][..], "broken.csv line 3: column Close: \"one\""),
        (&["indicator", "RSY", "flat.csv"], "no indicator named \"RSY\""),
        (&["indicator", "RSI", "flat.csv", "--param", "period=3"], "no parameter named \"period\""),
        (&["indicator", "RSI", "flat.csv", "--param", "time_period=x"], "time_period"),
        (&["indicator", "RSI", "flat.csv", "--param", "time_period=-1"], "time_period"),
        (&["indicator", "ATR", "flat.csv"], "high is missing"),
        (&["indicator", "RSI", "none.csv"], "none.csv"),
        (&["tearsheet", "zero.csv"], "zero.csv: prices"),
        (&["tearsheet", "short.csv", "--frequency", "daily"], "returns needs at least 2"),
        (&["tearsheet", "flat.csv", "--risk-free", "-2"], "risk_free"),
        (&["sweep", "flat.csv", "--periods", "5"], "--periods"),
        (&["sweep", "flat.csv", "--average", "RENKO"], "time_period"),
        (&["sweep", "flat.csv", "--fee", "2"], "fee"),
        (&["optimise", "flat.csv"], "flat.csv has one asset"),
        (&["optimise", "flat.csv", "zero.csv"], "prices"),
        (&["optimise", "flat.csv", "none.csv"], "none.csv"),
        (&["optimise", "flat.csv", "short.csv"], "three are needed"),
        (
            &["optimise", "rising.csv", "flat.csv", "--objective", "maximum-return"],
            "volatility_max is missing",
        ),
        (&["optimise", "rising.csv", "flat.csv", "--risk-aversion", "1"], "risk_aversion is 1"),
        (&["optimise", "rising.csv", "flat.csv", "--bound", "X=0..1"], "no bounds named \"X\""),
        (&["optimise", "rising.csv", "flat.csv", "--expect", "X=1"], "--expect named \"X\""),
        (&["optimise", "rising.csv", "flat.csv", "--weight-max", "0.4"], "cannot all be met"),
        (&["optimise", "rising.csv", "flat.csv", "--turnover-max", "0.4"], "current is missing"),
        (&["optimise", "rising.csv", "flat.csv", "--objective", "risk-parity"], "covariance"),
        (&["forecast", "short.csv"], "values needs at least 8 values"),
        (&["forecast", "flat.csv", "--column", "open"], "no column open"),
        (&["forecast", "flat.csv", "--level", "1"], "level"),
        (&["forecast", "flat.csv", "--horizon", "0"], "horizon"),
    ] {
        let told = desk.fails(words);
        assert!(told.contains(expected), "{words:?}: {told}");
        assert!(!told.contains("panicked"), "{told}");
    }
    // Constant prices have no Sharpe ratio, which is no fault.
    let sheet = desk.json(&["tearsheet", "flat.csv"]);
    assert_eq!(sheet["ratios"]["sharpe"], Json::Null);
    assert_eq!(sheet["drawdowns"]["maximum"], 0.0);
}
