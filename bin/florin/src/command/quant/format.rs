//! Figures as people read them: numbers and shares.
#![allow(clippy::float_arithmetic, reason = "a share is shown in per cent")]

/// What stands where a figure has no value.
pub const NOTHING: &str = "-";

/// A number with the digits that its size asks for; a count has none behind the point.
pub fn number(value: f64) -> String {
    let size = value.abs();
    match () {
        () if !value.is_finite() => NOTHING.to_owned(),
        () if size >= 1e9 || (size > 0.0 && size < 1e-6) => format!("{value:.6e}"),
        () if size >= 100.0 => format!("{value:.2}"),
        () if size >= 1.0 => format!("{value:.4}"),
        () => format!("{value:.6}"),
    }
}

/// A share in per cent.
pub fn share(value: f64) -> String {
    if value.is_finite() { format!("{:.2} %", value * 100.0) } else { NOTHING.to_owned() }
}

/// A name of a figure in words: `sharpe_ratio` is "sharpe ratio".
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_the_size() {
        let numbers = [1234.5678, 12.345678, 0.012_345_678, 1.5e12, f64::NAN, 0.0].map(number);
        assert_eq!(numbers, ["1234.57", "12.3457", "0.012346", "1.500000e12", "-", "0.000000"]);
        assert_eq!([share(0.4732), share(f64::NAN)], ["47.32 %", "-"]);
    }
}
