//! Random numbers from a caller's seed: one seed, one stream.
//! xoshiro256++ (Blackman and Vigna 2021), its state drawn from the seed by SplitMix64.

use crate::distribution::normal;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut mixed = seed;
        let mut next = || {
            mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = mixed;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self { state: [next(), next(), next(), next()] }
    }

    fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let answer = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        answer
    }

    /// A number above 0 and below 1, of 53 bits.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (0.5_f64).powi(53)
    }

    /// A whole number below `end`, each with the same probability; 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // The high half of the product; its bias is below end / 2⁶⁴.
        #[expect(clippy::cast_possible_truncation, reason = "below end")]
        let index = ((u128::from(self.bits()) * end as u128) >> 64) as usize;
        index
    }

    /// A standard normal number, by inversion.
    pub(crate) fn normal(&mut self) -> f64 {
        normal::inverse(self.uniform())
    }

    /// A chi-square number of `freedom` degrees: twice a gamma number of half the shape (Marsaglia
    /// and Tsang 2000), boosted below shape one.
    pub(crate) fn chi_square(&mut self, freedom: f64) -> f64 {
        let shape = 0.5 * freedom;
        let boost = if shape < 1.0 { self.uniform().powf(1.0 / shape) } else { 1.0 };
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            if self.uniform().ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
                return 2.0 * d * v * boost;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the reference implementation in C with the state 1, 2, 3, 4.
    #[test]
    fn the_stream_is_that_of_the_reference() {
        let mut random = Random { state: [1, 2, 3, 4] };
        assert_eq!(
            [random.bits(), random.bits(), random.bits()],
            [41_943_041, 58_720_359, 3_588_806_011_781_223]
        );
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut random = Random::new(7);
        let count = 20_000_u32;
        let mut sums = [0.0; 4];
        for _ in 0..count {
            let (uniform, normal, square) =
                (random.uniform(), random.normal(), random.chi_square(5.0));
            for (sum, value) in sums.iter_mut().zip([uniform, normal, normal * normal, square]) {
                *sum += value / f64::from(count);
            }
        }
        for (found, expected) in sums.into_iter().zip([0.5, 0.0, 1.0, 5.0]) {
            assert!((found - expected).abs() < 0.1, "{sums:?}");
        }
        assert!((0..1000).all(|_| random.below(7) < 7));
    }
}
