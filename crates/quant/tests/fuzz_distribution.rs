//! Arbitrary input into every function of `distribution`: a probability, a number or a typed error,
//! never a panic or an endless loop. `FLORIN_SOAK_ROUNDS` sets how many cases (64 by default).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

mod arbitrary;

use arbitrary::config;
use proptest::prelude::*;
use quant::distribution::{beta, fisher, gamma, normal, student};

proptest! {
    #![proptest_config(config())]

    /// Any two numbers give a probability or an error that names the argument.
    #[test]
    fn nothing_panics(x in any::<f64>(), a in any::<f64>(), b in any::<f64>()) {
        let answers = [
            Ok(normal::cumulative(if x.is_nan() { 0.0 } else { x })),
            gamma::lower(a, x), gamma::upper(a, x), beta::incomplete(x, a, b),
            student::cumulative(x, a), student::density(x, a), fisher::survival(x, a, b),
        ];
        for answer in answers {
            match answer {
                Ok(value) => prop_assert!((0.0..=1.0).contains(&value), "{value}"),
                Err(error) => prop_assert!(error.argument().is_some()),
            }
        }
    }

    /// The same with shapes inside of the bounds, where the work is done.
    #[test]
    fn clean_input_gives_probabilities(
        x in -1e12_f64..1e12, shapes in (-18.0_f64..18.0, -18.0_f64..18.0), p in 0.0_f64..1.0
    ) {
        let (a, b) = (shapes.0.exp(), shapes.1.exp());
        for value in [
            gamma::lower(a, x).unwrap(),
            gamma::upper(a, x).unwrap(),
            beta::incomplete(p, a, b).unwrap(),
            student::survival(x, a).unwrap(),
            fisher::survival(x, a, b).unwrap(),
        ] {
            prop_assert!((0.0..=1.0).contains(&value), "{value}");
        }
        if p > 0.0 {
            prop_assert!(gamma::quantile(p, a).unwrap() >= 0.0);
            prop_assert!(!student::quantile(p, a).unwrap().is_nan());
        }
    }
}
