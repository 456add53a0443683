//! What holds for every indicator of the registry.

use std::collections::BTreeSet;

use quant::Error;
use quant::indicators::{self, Indicator, Input, Inputs, OutputKind, ParameterKind, Study};

use crate::{Series, inputs, near};

/// The default parameters, and some that are not.
fn studies(indicator: &'static Indicator) -> Vec<Study> {
    let other: Vec<(&str, f64)> = indicator
        .parameters
        .iter()
        .map(|parameter| {
            let value = match &parameter.kind {
                ParameterKind::Integer { min, max } => {
                    (parameter.default + 3.0).clamp(f64::from(*min), f64::from(*max))
                }
                ParameterKind::Real { min, max } => (parameter.default * 1.25).clamp(*min, *max),
                ParameterKind::Choice(_) => 1.0,
            };
            (parameter.name.as_str(), value)
        })
        .collect();
    let plain = Study::new(indicator, &[]).unwrap();
    std::iter::once(plain).chain(Study::new(indicator, &other).ok()).collect()
}

#[test]
fn each_indicator_is_described_once_and_whole() {
    let mut names = BTreeSet::new();
    for indicator in indicators::all() {
        assert!(names.insert(indicator.name), "{}", indicator.name);
        assert!(!indicator.title.is_empty() && !indicator.inputs.is_empty());
        assert!(!indicator.outputs.is_empty());
        let parts = indicator.parameters.iter().map(|parameter| parameter.name.as_str());
        let outputs = indicator.outputs.iter().map(|output| output.name.as_str());
        for names in [parts.collect::<Vec<_>>(), outputs.collect()] {
            let unique: BTreeSet<_> = names.iter().collect();
            assert_eq!(unique.len(), names.len(), "{} {names:?}", indicator.name);
            let is_snake = |name: &&str| {
                name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
            };
            assert!(names.iter().all(is_snake), "{} {names:?}", indicator.name);
        }
        assert_eq!(indicators::find(&indicator.name.to_lowercase()).unwrap().name, indicator.name);
        assert!(Study::new(indicator, &[]).is_ok(), "{}", indicator.name);
    }
    assert_eq!(names.len(), 237 + 13);
}

#[test]
fn batch_and_stream_answer_the_same() {
    let series = Series::read();
    for study in indicators::all().iter().flat_map(studies) {
        let indicator = study.indicator();
        let columns = series.row(indicator);
        let answer = study.compute(&inputs(&indicator.inputs, &columns)).unwrap();
        let mut stream = study.stream();
        for bar in 0..500 {
            let row: Vec<f64> = columns.iter().map(|column| column[bar]).collect();
            let ahead = stream.peek(&row).unwrap();
            let found = stream.push(&row).unwrap();
            let name = format!("{} {:?} at {bar}", indicator.name, study.parameters());
            assert_eq!(found.is_some(), bar >= answer.begin, "{name}");
            let (Some(found), Some(ahead)) = (found, ahead) else { continue };
            for (place, column) in answer.values.iter().enumerate() {
                let (one, other, peeked) = (found[place], column[bar], ahead[place]);
                assert!(one.to_bits() == peeked.to_bits(), "{name}: {one}, peeked {peeked}");
                let is_equal = one.to_bits() == other.to_bits() || near(one, other, 1e-12);
                assert!(is_equal, "{name}: {one}, batch {other}");
            }
        }
    }
}

#[test]
fn the_warm_up_is_as_long_as_it_is_said_to_be() {
    let series = Series::read();
    for study in indicators::all().iter().flat_map(studies) {
        let indicator = study.indicator();
        let columns = series.row(indicator);
        for bars in [study.warm_up(), study.warm_up() + 1] {
            if bars > 500 {
                continue;
            }
            let short: Vec<Vec<f64>> = columns.iter().map(|all| all[..bars].to_vec()).collect();
            let answer = study.compute(&inputs(&indicator.inputs, &short)).unwrap();
            assert_eq!(answer.begin, study.warm_up(), "{}", indicator.name);
            for column in &answer.values {
                let numbers = column.iter().filter(|value| !value.is_nan()).count();
                let expected = bars - study.warm_up();
                let may_differ = indicator.may_be_undefined && numbers < expected;
                assert!(numbers == expected || may_differ, "{} of {bars}", indicator.name);
            }
        }
    }
}

#[test]
fn leading_gaps_are_skipped_and_later_ones_refused() {
    let series = Series::read();
    for indicator in indicators::all() {
        let study = Study::new(indicator, &[]).unwrap();
        let whole = series.row(indicator);
        let plain = study.compute(&inputs(&indicator.inputs, &whole)).unwrap();
        let mut late: Vec<Vec<f64>> =
            whole.iter().map(|column| [vec![f64::NAN; 7], column.clone()].concat()).collect();
        // The first column alone begins later: the study waits for all of them.
        let answer = study.compute(&inputs(&indicator.inputs, &late)).unwrap();
        assert_eq!(answer.begin, (plain.begin + 7).min(507), "{}", indicator.name);
        let mut stream = study.stream();
        for bar in 0..507 {
            let row: Vec<f64> = late.iter().map(|column| column[bar]).collect();
            let pushed = stream.push(&row).unwrap().map(<[f64]>::to_vec);
            let Some(pushed) = pushed else { continue };
            for ((output, late), (plain, pushed)) in
                indicator.outputs.iter().zip(&answer.values).zip(plain.values.iter().zip(&pushed))
            {
                let moved = if output.kind == OutputKind::Bar { 7.0 } else { 0.0 };
                let expected = plain[bar - 7] + moved;
                let same =
                    |one: f64| one.to_bits() == expected.to_bits() || near(one, expected, 1e-12);
                assert!(same(late[bar]) && same(*pushed), "{} at {bar}", indicator.name);
            }
        }
        late[0][300] = f64::NAN;
        let argument = indicator.inputs[0].name();
        let refused = Inputs::new().with(indicator.inputs[0], &late[0]).unwrap_err();
        assert_eq!(refused, Error::NotFinite { argument, index: 300 });
        let mut row: Vec<f64> = late.iter().map(|column| column[299]).collect();
        let before = stream.peek(&row).unwrap().map(|row| row.to_vec());
        row[0] = f64::NAN;
        assert_eq!(stream.push(&row).unwrap_err(), Error::NotFinite { argument, index: 507 });
        row[0] = late[0][299];
        let after = stream.peek(&row).unwrap().map(|row| row.to_vec());
        assert_eq!(format!("{before:?}"), format!("{after:?}"), "{}", indicator.name);
    }
}

#[test]
fn what_is_wrong_is_named() {
    let study = |name: &str, parameters: &[(&str, f64)]| {
        indicators::study(name, parameters).map(|study| study.warm_up())
    };
    assert_eq!(study("rsi", &[]), Ok(14));
    assert!(matches!(study("RSJ", &[]), Err(Error::Unknown { argument: "indicator", .. })));
    assert!(matches!(study("RSI", &[("period", 5.0)]), Err(Error::Unknown { .. })));
    for wrong in [1.0, 2.5, f64::NAN, f64::INFINITY, 1e9] {
        let refused = study("RSI", &[("time_period", wrong)]).unwrap_err();
        assert_eq!(refused.argument(), Some("time_period"), "{wrong}");
    }
    let refused = study("BBANDS", &[("ma_type", 11.0)]).unwrap_err();
    assert!(refused.to_string().contains("0 (SMA), 1 (EMA)"), "{refused}");

    let (short, long) = ([1.0, 2.0], [1.0, 2.0, 3.0]);
    let empty = Inputs::new();
    let missing = indicators::compute("ATR", &empty, &[]).unwrap_err();
    assert_eq!(missing, Error::Missing { argument: "high" });
    let both = empty.with(Input::High, &long).unwrap().with(Input::Low, &short);
    assert!(matches!(both, Err(Error::LengthsDiffer { argument: "low", expected: 3, found: 2 })));
    let large = Inputs::new().with(Input::Close, &[1.0, 1e38]);
    assert_eq!(large.unwrap_err().argument(), Some("close"));
    let infinite = Inputs::new().with(Input::Close, &[f64::INFINITY]);
    assert!(matches!(infinite, Err(Error::NotFinite { index: 0, .. })));

    let mut stream = indicators::study("ATR", &[]).unwrap().stream();
    assert!(matches!(stream.push(&[1.0]), Err(Error::LengthsDiffer { argument: "bar", .. })));
}

#[test]
fn columns_of_the_caller_are_filled_and_checked() {
    let close: Vec<f64> = (0..50).map(f64::from).collect();
    let inputs = Inputs::new().with(Input::Close, &close).unwrap();
    let study = indicators::study("SMA", &[("time_period", 3.0)]).unwrap();
    let (mut column, mut short) = (vec![7.0; 50], vec![7.0; 49]);
    assert_eq!(study.compute_into(&inputs, &mut [&mut column]), Ok(2));
    assert!(column[0].is_nan() && column[1].is_nan());
    assert_eq!(column[2..5], [1.0, 2.0, 3.0]);
    assert!(study.compute_into(&inputs, &mut [&mut short]).is_err());
    assert!(study.compute_into(&inputs, &mut []).is_err());
    let nothing = Inputs::new().with(Input::Close, &[]).unwrap();
    assert_eq!(study.compute(&nothing).unwrap().values, [[0.0; 0]]);
    let gaps = [f64::NAN; 4];
    let nothing = Inputs::new().with(Input::Close, &gaps).unwrap();
    assert_eq!(study.compute(&nothing).unwrap().begin, 4);
}
