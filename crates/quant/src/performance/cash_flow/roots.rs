//! All roots of Σ amount (1 + x)^−years above −1, none missed.
//!
//! With e = |ln(1 + x)| both half-lines have one form: g(e) = Σ aᵢ exp(−e sᵢ) with sᵢ ≥ 0, where s
//! counts from the first date for rates above zero and to the last for rates below. The positive
//! and the negative part of g fall with e, and so do those of its derivative; their values at the
//! ends of a stretch bound everything between. In short stretches Taylor's theorem bounds better.

use crate::{Error, Result};

/// One amount and its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub years: f64,
    pub amount: f64,
}

/// Where 1 + x is no longer a number.
const EXPONENT_MAX: f64 = 700.0;
/// Roots that lie closer are one.
const SAME_WITHIN: f64 = 1e-7;
const STRETCHES_MAX: usize = 4_000;
const STEPS_MAX: usize = 200;

/// The roots, the nearest to zero first.
pub(super) fn rates_of(mut terms: Vec<Term>) -> Result<Vec<f64>> {
    terms.sort_by(|left, right| left.years.total_cmp(&right.years));
    terms.dedup_by(|next, kept| {
        let same = next.years == kept.years;
        if same {
            kept.amount += next.amount;
        }
        same
    });
    terms.retain(|term| term.amount != 0.0);
    let largest = terms.iter().fold(0.0_f64, |largest, term| largest.max(term.amount.abs()));
    if !largest.is_finite() {
        let why = "the amounts of one day are too large for a number";
        return Err(Error::Undefined { figure: "the internal rate", why });
    }
    // Only the sign counts, and sums of scaled amounts cannot overflow.
    terms.iter_mut().for_each(|term| term.amount /= largest);
    let (Some(first), Some(last)) = (terms.first().copied(), terms.last().copied()) else {
        return Ok(Vec::new());
    };
    let changes = terms.windows(2).filter(|pair| (pair[0].amount > 0.0) != (pair[1].amount > 0.0));
    let one_change = match changes.count() {
        0 => return Ok(Vec::new()),
        count => count == 1,
    };
    let towards = |distance: &dyn Fn(f64) -> f64| -> Vec<Term> {
        let seen = |term: &Term| Term { years: distance(term.years), amount: term.amount };
        terms.iter().map(seen).collect()
    };
    let up = HalfLine { terms: towards(&|years| years - first.years), one_change };
    let down = HalfLine { terms: towards(&|years| last.years - years), one_change };
    let mut rates: Vec<f64> = up.roots()?.into_iter().map(f64::exp_m1).collect();
    // Zero itself belongs to both half-lines.
    rates.extend(down.roots()?.into_iter().filter(|e| *e > 0.0).map(|e| (-e).exp_m1()));
    rates.retain(|rate| *rate > -1.0);
    rates.sort_by(|left, right| left.abs().total_cmp(&right.abs()));
    Ok(rates)
}

struct HalfLine {
    terms: Vec<Term>,
    one_change: bool,
}

/// The positive and the negative part of g and of −g′, each falling with e.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    gains: f64,
    losses: f64,
    gains_slope: f64,
    losses_slope: f64,
    /// Σ |aᵢ| sᵢ² exp(−e sᵢ), which bounds the second derivative from here on.
    curve: f64,
}

impl Parts {
    fn value(&self) -> f64 {
        self.gains - self.losses
    }

    /// Whether rounding hides the sign.
    fn is_doubtful(&self, count: usize) -> bool {
        let rounding = (4.0 + (count as f64).sqrt()) * f64::EPSILON;
        self.value().abs() <= rounding * (self.gains + self.losses)
    }
}

#[derive(Clone, Copy)]
struct Stretch {
    low: f64,
    high: f64,
    at_low: Parts,
    at_high: Parts,
}

impl HalfLine {
    fn roots(&self) -> Result<Vec<f64>> {
        let whole = self.stretch(0.0, EXPONENT_MAX);
        if self.one_change {
            return Ok(self.bracketed(whole).into_iter().collect());
        }
        let mut open = vec![whole];
        let (mut roots, mut looked) = (Vec::new(), 0_usize);
        while let Some(stretch) = open.pop() {
            looked += 1;
            if looked > STRETCHES_MAX {
                let method = "the search for internal rates";
                return Err(Error::NotConverged { method, steps_max: STRETCHES_MAX });
            }
            if stretch.has_one_sign() {
                continue;
            }
            if stretch.is_monotone() {
                roots.extend(self.bracketed(stretch));
                continue;
            }
            let middle = stretch.low + 0.5 * (stretch.high - stretch.low);
            let at_middle = self.parts(middle);
            if stretch.is_clear_of_zero(&at_middle) {
                continue;
            }
            if stretch.is_steep(&at_middle) {
                roots.extend(self.bracketed(stretch));
                continue;
            }
            if stretch.high - stretch.low <= 1e-9 * stretch.high.max(1e-3) {
                // Flat to the last digit: a double root, or two that cannot be told apart.
                let crossing = self.bracketed(stretch);
                let touching = || at_middle.is_doubtful(self.terms.len());
                roots.extend(crossing.or_else(|| touching().then_some(middle)));
                continue;
            }
            open.push(Stretch { low: middle, at_low: at_middle, ..stretch });
            open.push(Stretch { high: middle, at_high: at_middle, ..stretch });
        }
        roots.sort_by(f64::total_cmp);
        // Rounding alone parts a double root by the square root of a number's last digit.
        roots.dedup_by(|next, kept| *next - *kept <= SAME_WITHIN);
        Ok(roots)
    }

    fn stretch(&self, low: f64, high: f64) -> Stretch {
        Stretch { low, high, at_low: self.parts(low), at_high: self.parts(high) }
    }

    fn parts(&self, exponent: f64) -> Parts {
        let mut parts = Parts::default();
        for term in &self.terms {
            let size = term.amount * (-exponent * term.years).exp();
            parts.curve += size.abs() * term.years * term.years;
            if size > 0.0 {
                parts.gains += size;
                parts.gains_slope += size * term.years;
            } else {
                parts.losses -= size;
                parts.losses_slope -= size * term.years;
            }
        }
        parts
    }

    /// The root of a stretch with at most one: Newton's method inside of a bracket that shrinks.
    fn bracketed(&self, stretch: Stretch) -> Option<f64> {
        let (start, end) = (stretch.at_low.value(), stretch.at_high.value());
        if start == 0.0 {
            return Some(stretch.low);
        }
        // A root at the upper end is the next stretch's.
        if end == 0.0 || (start > 0.0) == (end > 0.0) {
            return None;
        }
        let (mut low, mut high) = (stretch.low, stretch.high);
        let mut at = if low > 0.0 || high < 1.0 { low + 0.5 * (high - low) } else { 0.1 };
        for _ in 0..STEPS_MAX {
            let parts = self.parts(at);
            let value = parts.value();
            if value == 0.0 {
                break;
            }
            if (value > 0.0) == (start > 0.0) {
                low = at;
            } else {
                high = at;
            }
            let newton = at + value / (parts.gains_slope - parts.losses_slope);
            let inside = newton > low && newton < high;
            let next = if inside { newton } else { low + 0.5 * (high - low) };
            let moved = (next - at).abs();
            at = next;
            if moved <= 2.0 * f64::EPSILON * at || high - low <= f64::EPSILON * at {
                break;
            }
        }
        Some(at)
    }
}

impl Stretch {
    fn has_one_sign(&self) -> bool {
        let margin = 1.0 + 1e-12;
        self.at_high.gains > self.at_low.losses * margin
            || self.at_high.losses > self.at_low.gains * margin
    }

    /// The same by Taylor's theorem around the middle, which is sharper in a short stretch.
    fn is_clear_of_zero(&self, middle: &Parts) -> bool {
        let radius = 0.5 * (self.high - self.low);
        let bend = 0.5 * self.at_low.curve * radius;
        let slope = (middle.gains_slope - middle.losses_slope).abs();
        let rounding = 1e-13 * (middle.gains + middle.losses);
        middle.value().abs() > (slope + bend) * radius * (1.0 + 1e-9) + rounding
    }

    fn is_steep(&self, middle: &Parts) -> bool {
        let radius = 0.5 * (self.high - self.low);
        let slope = (middle.gains_slope - middle.losses_slope).abs();
        let rounding = 1e-13 * (middle.gains_slope + middle.losses_slope);
        slope > self.at_low.curve * radius * (1.0 + 1e-9) + rounding
    }

    fn is_monotone(&self) -> bool {
        let margin = 1.0 + 1e-12;
        self.at_high.gains_slope > self.at_low.losses_slope * margin
            || self.at_high.losses_slope > self.at_low.gains_slope * margin
    }
}
