//! Against the values of other programs, for what TA-Lib's Python wheel lacks.

use quant::indicators::{self, OutputKind};
use serde_json::Value;

use crate::{Series, inputs, near, numbers, testdata};

#[test]
fn what_the_wheel_lacks_has_the_values_of_its_peers() {
    let series = Series::read();
    let file = testdata("indicators_peers.json");
    for (name, expected) in file["functions"].as_object().unwrap() {
        compare(name, expected, &series);
    }
}

fn compare(name: &str, expected: &Value, series: &Series) {
    let given = expected["params"].as_object().unwrap();
    let parameters: Vec<(&str, f64)> =
        given.iter().map(|(name, value)| (name.as_str(), value.as_f64().unwrap())).collect();
    let study = indicators::study(name, &parameters).unwrap();
    let indicator = study.indicator();
    let columns = series.row(indicator);
    let answer = study.compute(&inputs(&indicator.inputs, &columns)).unwrap();
    for (label, wanted) in expected["outputs"].as_object().unwrap() {
        let place = indicator.outputs.iter().position(|output| output.name == *label);
        let place =
            place.unwrap_or_else(|| panic!("{name} has no {label}: {:?}", indicator.outputs));
        let column = &answer.values[place];
        let (at, values) = (numbers(&wanted["at"]), numbers(&wanted["values"]));
        // TA-Lib's outputs all begin where the last of them can.
        let after_warm_up = |(bar, _): &(&f64, &f64)| **bar as usize >= answer.begin;
        for (&bar, &value) in at.iter().zip(&values).filter(after_warm_up) {
            let found = column[bar as usize];
            let is_equal = match indicator.outputs[place].kind {
                OutputKind::Real => near(found, value, 1e-9),
                _ => found == value,
            };
            let program = &expected["program"];
            assert!(is_equal, "{name}.{label} at {bar}: {found}, {program} {value}");
        }
    }
}
