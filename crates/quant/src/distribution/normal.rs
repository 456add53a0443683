//! The standard normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::check_probability;
use crate::Result;

/// φ(x) = exp(−x²/2) / √(2π). NaN only for NaN.
///
/// ```
/// let density = quant::distribution::normal::density(0.0);
/// assert!((density - 0.3989422804014327).abs() < 1e-16);
/// ```
#[must_use]
pub fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// Φ(x) = P(X ≤ x), by the complementary error function. NaN only for NaN.
///
/// ```
/// use quant::distribution::normal;
/// assert_eq!(normal::cumulative(0.0), 0.5);
/// assert!((normal::cumulative(-8.0) - 6.220960574271785e-16).abs() < 1e-29);
/// ```
#[must_use]
pub fn cumulative(x: f64) -> f64 {
    let scaled = -x * FRAC_1_SQRT_2;
    let tail = libm::erfc(scaled);
    if scaled < 2.0 {
        return 0.5 * tail;
    }
    // What rounding took from the argument, which the tail multiplies by 2x².
    let lost = (-x).mul_add(FRAC_1_SQRT_2, -scaled) - x * FRAC_1_SQRT_2_REST;
    let slope = -2.0 / PI.sqrt() * (-scaled * scaled).exp();
    if lost.is_finite() { 0.5 * (tail + slope * lost) } else { 0.5 * tail }
}

/// What 1/√2 has beyond its 53 bits.
const FRAC_1_SQRT_2_REST: f64 = -4.833_646_656_726_457e-17;

/// P(X > x) = Φ(−x), with its digits far out. NaN only for NaN.
///
/// ```
/// use quant::distribution::normal::survival;
///
/// assert_eq!(survival(0.0), 0.5);
/// assert!(survival(30.0) > 0.0); // where 1 − Φ(30) is 0
/// ```
#[must_use]
pub fn survival(x: f64) -> f64 {
    cumulative(-x)
}

/// Φ⁻¹(p): the x below which lies the probability p. Wichura's AS 241 (PPND16), good to 1e-16.
///
/// # Errors
/// [`Error::OutOfBounds`](crate::Error::OutOfBounds) unless 0 < p < 1.
///
/// ```
/// let quantile = quant::distribution::normal::quantile(0.975)?;
/// assert!((quantile - 1.959963984540054).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn quantile(probability: f64) -> Result<f64> {
    check_probability(probability)?;
    Ok(inverse(probability))
}

/// [`quantile`] of a probability that is known to lie inside of (0, 1).
pub(crate) fn inverse(probability: f64) -> f64 {
    let centred = probability - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * polynomial(&CENTRE_TOP, r) / polynomial(&CENTRE_BOTTOM, r);
    }
    let tail = if centred < 0.0 { probability } else { 1.0 - probability };
    let r = (-tail.ln()).sqrt();
    let distance = if r <= 5.0 {
        polynomial(&MIDDLE_TOP, r - 1.6) / polynomial(&MIDDLE_BOTTOM, r - 1.6)
    } else {
        polynomial(&FAR_TOP, r - 5.0) / polynomial(&FAR_BOTTOM, r - 5.0)
    };
    distance.copysign(centred)
}

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

const CENTRE_TOP: [f64; 8] = [
    3.387_132_872_796_366_5,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const CENTRE_BOTTOM: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854e3,
];
const MIDDLE_TOP: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const MIDDLE_BOTTOM: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_TOP: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_BOTTOM: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];
