//! Indicators, through the public face: against TA-Lib and others, batch against stream, and what
//! must not go through.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a test fails where it breaks"
)]

mod edges;
mod peers;
mod registry;
mod talib;

use std::path::Path;

use quant::indicators::{Indicator, Input, Inputs};
use serde_json::Value;

/// Reads a file of testdata/.
fn testdata(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|one| one.as_f64().unwrap_or(f64::NAN)).collect()
}

/// Series for every input: 500 daily bars of AAPL, as the reference values have them.
struct Series(Value);

impl Series {
    fn read() -> Self {
        Self(testdata("talib/bars.json"))
    }

    fn column(&self, name: &str) -> Vec<f64> {
        numbers(&self.0["series"][name])
    }

    fn of(&self, input: Input) -> Vec<f64> {
        match input {
            Input::Real => self.column("close"),
            Input::Second => self.column("low"),
            Input::Anchor => (0..500).map(|bar| f64::from(bar % 100 == 60)).collect(),
            named => self.column(named.name()),
        }
    }

    /// The columns that an indicator reads, in its order.
    fn row(&self, indicator: &Indicator) -> Vec<Vec<f64>> {
        indicator.inputs.iter().map(|&input| self.of(input)).collect()
    }
}

fn inputs<'a>(names: &[Input], columns: &'a [Vec<f64>]) -> Inputs<'a> {
    names
        .iter()
        .zip(columns)
        .fold(Inputs::new(), |inputs, (&input, column)| inputs.with(input, column).unwrap())
}

/// Whether two numbers are equal within `tolerance`, absolute below 1 and relative above.
fn near(one: f64, other: f64, tolerance: f64) -> bool {
    one == other || (one - other).abs() <= tolerance * other.abs().max(1.0)
}
