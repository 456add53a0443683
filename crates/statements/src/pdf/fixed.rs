//! Numbers of a PDF: whole millionths, because positions need no binary floating point.
//!
//! What must stay true: nothing overflows, whatever a file says; what is too large ends at a bound
//! far outside of any page.

/// One, in millionths.
pub(super) const ONE: i64 = 1_000_000;
/// The largest number: pages are far smaller, and sums of a few still fit.
const BOUND: i64 = 1_000_000_000 * ONE;

/// A matrix in the order of the format: a b c d e f.
pub(super) type Matrix = [i64; 6];

/// The matrix that changes nothing.
pub(super) const IDENTITY: Matrix = [ONE, 0, 0, ONE, 0, 0];

/// The product of two numbers.
pub(super) fn product(one: i64, other: i64) -> i64 {
    bounded(i128::from(one) * i128::from(other) / i128::from(ONE))
}

/// The sum of numbers, as far as the bound.
pub(super) fn sum(one: i64, other: i64) -> i64 {
    bounded(i128::from(one) + i128::from(other))
}

/// What `first` does, then `second`.
pub(super) fn then(first: &Matrix, second: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *first;
    let [a2, b2, c2, d2, e2, f2] = *second;
    let pair = |x: i64, y: i64, to_x: i64, to_y: i64| sum(product(x, to_x), product(y, to_y));
    [
        pair(a, b, a2, c2),
        pair(a, b, b2, d2),
        pair(c, d, a2, c2),
        pair(c, d, b2, d2),
        sum(pair(e, f, a2, c2), e2),
        sum(pair(e, f, b2, d2), f2),
    ]
}

/// A number as it is written, with as many decimals as are kept; `None` where it is none.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut value = 0_i128;
    let (mut unit, mut seen, mut behind_point) = (i128::from(ONE), false, false);
    for byte in digits {
        match byte {
            b'.' if !behind_point => behind_point = true,
            b'0'..=b'9' => {
                seen = true;
                let digit = i128::from(byte - b'0');
                if behind_point {
                    unit /= 10;
                    value += digit * unit;
                } else {
                    value = (value * 10 + digit * unit).min(i128::from(BOUND));
                }
            }
            _ => return None,
        }
    }
    let value = bounded(if negative { -value } else { value });
    seen.then_some(value)
}

fn bounded(value: i128) -> i64 {
    let bound = i128::from(BOUND);
    i64::try_from(value.clamp(-bound, bound)).unwrap_or(BOUND)
}
