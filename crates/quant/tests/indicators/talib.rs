//! Against the values of TA-Lib (Python wrapper 0.8.2, C core 0.8.1).

use quant::indicators::{self, Input, Inputs, Output, OutputKind};
use serde_json::Value;

use crate::{Series, near, numbers, testdata};

const GROUPS: [&str; 10] = [
    "cycle_indicators",
    "math_operators",
    "math_transform",
    "momentum_indicators",
    "overlap_studies",
    "pattern_recognition",
    "price_transform",
    "statistic_functions",
    "volatility_indicators",
    "volume_indicators",
];

/// Defaults that the crate (0.8.3) changed since the C core 0.8.1.
const NEWER_DEFAULTS: [(&str, &str, f64); 1] = [("PERCENTILE", "time_period", 100.0)];

#[test]
fn all_201_functions_have_the_values_of_talib_0_8() {
    let series = Series::read();
    let mut functions = 0;
    println!("| group | functions | values | largest difference |\n| --- | --- | --- | --- |");
    for group in GROUPS {
        let file = testdata(&format!("talib/{group}.json"));
        let of_group = file["functions"].as_object().unwrap();
        let mut all = Group { series: &series, values: 0, largest: 0.0, of: String::new() };
        for (name, expected) in of_group {
            compare(name, expected, &mut all);
        }
        let (count, name) = (of_group.len(), group.replace('_', " "));
        println!("| {name} | {count} | {} | {:.1e} ({}) |", all.values, all.largest, all.of);
        functions += count;
    }
    assert_eq!(functions, 201);
}

/// How far the values of a group lie from TA-Lib's, relative above 1 and absolute below.
struct Group<'a> {
    series: &'a Series,
    values: usize,
    largest: f64,
    of: String,
}

impl Group<'_> {
    fn take(&mut self, name: &str, found: f64, wanted: f64) {
        let distance = (found - wanted).abs() / wanted.abs().max(1.0);
        self.values += 1;
        if distance > self.largest {
            (self.largest, self.of) = (distance, name.to_owned());
        }
    }
}

fn compare(name: &str, expected: &Value, all: &mut Group<'_>) {
    let indicator = indicators::find(name).unwrap();
    let given = expected["params"].as_object().unwrap();
    let parameters: Vec<(&str, f64)> = indicator
        .parameters
        .iter()
        .map(|parameter| {
            let bare = parameter.name.replace('_', "");
            let (_, value) = given.iter().find(|(name, _)| name.replace('_', "") == bare).unwrap();
            (parameter.name.as_str(), value.as_f64().unwrap())
        })
        .collect();
    assert_eq!(parameters.len(), given.len(), "{name}");
    for (parameter, (_, value)) in indicator.parameters.iter().zip(&parameters) {
        let is_newer = NEWER_DEFAULTS.contains(&(name, parameter.name.as_str(), parameter.default));
        assert!(
            parameter.default == *value || is_newer,
            "{name} {} {}",
            parameter.name,
            parameter.default
        );
    }

    let columns = columns(&expected["inputs"], all.series);
    let inputs = columns
        .iter()
        .fold(Inputs::new(), |inputs, (input, column)| inputs.with(*input, column).unwrap());
    let study = indicators::study(name, &parameters).unwrap();
    assert_eq!(study.warm_up() as u64, expected["lookback"].as_u64().unwrap(), "{name}");
    let answer = study.compute(&inputs).unwrap();

    let outputs = expected["outputs"].as_object().unwrap();
    assert_eq!(outputs.len(), indicator.outputs.len(), "{name}");
    for (described, column) in indicator.outputs.iter().zip(&answer.values) {
        let bare = described.name.replace('_', "");
        let wanted = outputs.get(&bare).or_else(|| outputs.get("real")).or_else(|| {
            assert_eq!(outputs.len(), 1, "{name} {bare} of {:?}", outputs.keys());
            outputs.values().next()
        });
        let name = format!("{name}.{bare}");
        check(&name, described, wanted.unwrap(), (answer.begin, column), all);
    }
}

fn check(
    name: &str,
    output: &Output,
    wanted: &Value,
    (begin, column): (usize, &[f64]),
    all: &mut Group<'_>,
) {
    assert_eq!(begin as u64, wanted["begin"].as_u64().unwrap(), "{name}");
    assert!(column[..begin].iter().all(|value| value.is_nan()), "{name}");
    let (at, values) = (numbers(&wanted["at"]), numbers(&wanted["values"]));
    for (&bar, &value) in at.iter().zip(&values) {
        let found = column[bar as usize];
        let is_equal = match output.kind {
            OutputKind::Pattern => found == value,
            OutputKind::Bar => found == value || is_newer_of_equals(all.series, found, value),
            _ => near(found, value, 1e-9),
        };
        if output.kind != OutputKind::Bar {
            all.take(name, found, value);
        }
        assert!(is_equal, "{name} at {bar}: {found}, TA-Lib {value}");
    }
    if output.kind == OutputKind::Pattern {
        let signals = column[begin..].iter().filter(|value| **value != 0.0).count();
        assert_eq!(signals, values.len(), "{name}");
    }
}

/// Of equal extremes the crate (0.8.3) names the newest bar, the C core 0.8.1 named the oldest of
/// its window; TA-Lib's issue 503.
fn is_newer_of_equals(series: &Series, found: f64, other: f64) -> bool {
    let close = series.column("close");
    found > other && close[found as usize] == close[other as usize]
}

/// The columns that the reference read, by what our registry calls them.
fn columns(inputs: &Value, series: &Series) -> Vec<(Input, Vec<f64>)> {
    let mut columns = Vec::new();
    for (slot, names) in inputs.as_object().unwrap() {
        for name in names.as_array().unwrap_or(&vec![names.clone()]) {
            let name = name.as_str().unwrap();
            let input = match slot.as_str() {
                "price" | "price0" => Input::Real,
                "price1" => Input::Second,
                "periods" => Input::Periods,
                _ => Input::ALL.into_iter().find(|input| input.name() == name).unwrap(),
            };
            columns.push((input, series.column(name)));
        }
    }
    columns
}

#[test]
fn candles_fire_where_they_fire_in_talib_0_8() {
    let file = testdata("talib/candles_synthetic.json");
    let bars: Vec<Vec<f64>> = file["bars"].as_array().unwrap().iter().map(numbers).collect();
    let column = |at: usize| -> Vec<f64> { bars.iter().map(|bar| bar[at]).collect() };
    let columns = [column(0), column(1), column(2), column(3)];
    let names = [Input::Open, Input::High, Input::Low, Input::Close];
    let inputs = crate::inputs(&names, &columns);
    let functions = file["functions"].as_object().unwrap();
    assert_eq!(functions.len(), 61);
    for (name, expected) in functions {
        let answer = indicators::compute(name, &inputs, &[]).unwrap();
        let fired: Vec<(u64, f64)> = (0..).zip(answer.values[0].iter().copied()).collect();
        let fired: Vec<_> =
            fired.into_iter().filter(|(_, value)| !value.is_nan() && *value != 0.0).collect();
        assert_eq!(fired.len() as u64, expected["count"].as_u64().unwrap(), "{name}");
        for (signal, (bar, value)) in expected["signals"].as_array().unwrap().iter().zip(fired) {
            let wanted = (signal[0].as_u64().unwrap(), signal[1].as_f64().unwrap());
            assert_eq!((bar, value), wanted, "{name}");
        }
    }
}
