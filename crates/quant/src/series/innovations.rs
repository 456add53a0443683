//! The exact likelihood of an ARMA process, and its best forecasts.
//!
//! The innovations algorithm on the transformed process of Ansley (1979): Brockwell and Davis, Time
//! Series: Theory and Methods, 2nd edition, 5.3 and 8.7. The work is linear in the length.

use super::ets::as_number;

/// 1 − φ₁B − … and 1 + θ₁B + …, multiplied out with their seasonal parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arma {
    pub ar: Vec<f64>,
    pub ma: Vec<f64>,
}

/// What a pass over a series finds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pass {
    /// The variance of the noise.
    pub variance: f64,
    /// With that variance.
    pub log_likelihood: f64,
    /// The expected values behind the end.
    pub forecast: Vec<f64>,
}

impl Arma {
    /// A pass over values of mean zero, and as many forecasts as asked for. None where the
    /// process is not stationary.
    pub fn pass(&self, values: &[f64], horizon: usize) -> Option<Pass> {
        let (p, q) = (self.ar.len(), self.ma.len());
        let start = p.max(q);
        let covariances = self.autocovariances(start)?;
        let count = values.len();
        // Rows of the innovations' coefficients, newest innovation first, as far back as needed.
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(count + horizon);
        let mut variances: Vec<f64> = Vec::with_capacity(count + horizon);
        let mut known = values.to_vec();
        let mut innovations: Vec<f64> = Vec::with_capacity(count + horizon);
        let (mut squares, mut logs) = (0.0, 0.0);
        for time in 0..count + horizon {
            let back = if time < start { time } else { q.min(time) };
            let (row, variance) = self.next_row(&covariances, (&rows, &variances), time, back);
            if variance.is_nan() || variance <= 0.0 {
                return None;
            }
            let mut expected: f64 =
                row.iter().enumerate().map(|(lag, c)| c * innovations[time - 1 - lag]).sum();
            if time >= start {
                let past = self.ar.iter().enumerate();
                expected += past.map(|(lag, phi)| phi * known[time - 1 - lag]).sum::<f64>();
            }
            if time < count {
                let innovation = values[time] - expected;
                innovations.push(innovation);
                squares += innovation * innovation / variance;
                logs += variance.ln();
            } else {
                innovations.push(0.0);
                known.push(expected);
            }
            rows.push(row);
            variances.push(variance);
        }
        let variance = squares / as_number(count);
        let scale = (2.0 * std::f64::consts::PI * variance).ln() + 1.0;
        let log_likelihood = -0.5 * (as_number(count) * scale + logs);
        Some(Pass { variance, log_likelihood, forecast: known.split_off(count) })
    }

    /// θ(n, 1), θ(n, 2), … and the variance of the n-th innovation.
    fn next_row(
        &self,
        covariances: &[f64],
        (rows, variances): (&[Vec<f64>], &[f64]),
        time: usize,
        back: usize,
    ) -> (Vec<f64>, f64) {
        let mut row = vec![0.0; back];
        for before in time - back..time {
            let mut value = self.covariance(covariances, time, before);
            // Σ θ(k, k−j) θ(n, n−j) v(j) over the innovations that both rows reach.
            let reach = rows[before].len();
            for earlier in (time - back).max(before - reach)..before {
                let own = row[time - 1 - earlier];
                value -= rows[before][before - 1 - earlier] * own * variances[earlier];
            }
            row[time - 1 - before] = value / variances[before];
        }
        let mut variance = self.covariance(covariances, time, time);
        for (lag, coefficient) in row.iter().enumerate() {
            variance -= coefficient * coefficient * variances[time - 1 - lag];
        }
        (row, variance)
    }

    /// κ(i, j) of the transformed process, for i ≥ j counted from 0.
    fn covariance(&self, covariances: &[f64], later: usize, earlier: usize) -> f64 {
        let start = self.ar.len().max(self.ma.len());
        let apart = later - earlier;
        if later < start {
            return covariances[apart];
        }
        if earlier < start {
            if apart > self.ma.len() {
                return 0.0;
            }
            let terms = self.ar.iter().enumerate();
            let past = terms.map(|(lag, phi)| phi * covariances[apart.abs_diff(lag + 1)]);
            return covariances[apart] - past.sum::<f64>();
        }
        let theta = |lag: usize| if lag == 0 { 1.0 } else { self.ma[lag - 1] };
        (apart..=self.ma.len()).map(|lag| theta(lag) * theta(lag - apart)).sum()
    }

    /// γ(0), γ(1), … up to the start, for noise of variance 1.
    fn autocovariances(&self, start: usize) -> Option<Vec<f64>> {
        let (p, q) = (self.ar.len(), self.ma.len());
        let mut psi = vec![1.0];
        for index in 1..=q {
            let mut value = self.ma[index - 1];
            for lag in 1..=p.min(index) {
                value += self.ar[lag - 1] * psi[index - lag];
            }
            psi.push(value);
        }
        let theta = |lag: usize| if lag == 0 { 1.0 } else { self.ma[lag - 1] };
        let right = |lag: usize| -> f64 { (lag..=q).map(|j| theta(j) * psi[j - lag]).sum() };
        let size = p + 1;
        let mut system = vec![vec![0.0; size + 1]; size];
        for (lag, row) in system.iter_mut().enumerate() {
            row[lag] += 1.0;
            for (index, phi) in self.ar.iter().enumerate() {
                row[lag.abs_diff(index + 1)] -= phi;
            }
            row[size] = right(lag);
        }
        let mut answer = solve(system)?;
        for lag in size..=start + 1 {
            let past: f64 = (1..=p).map(|index| self.ar[index - 1] * answer[lag - index]).sum();
            answer.push(past + right(lag));
        }
        (answer[0] > 0.0).then_some(answer)
    }
}

/// A linear system with its right side as last column, by Gauss with pivots.
fn solve(mut system: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = system.len();
    for step in 0..size {
        let best = (step..size)
            .max_by(|&a, &b| system[a][step].abs().total_cmp(&system[b][step].abs()))?;
        system.swap(step, best);
        let pivot = system[step].clone();
        if pivot[step].abs() < 1e-13 || !pivot[step].is_finite() {
            return None;
        }
        for row in &mut system[step + 1..] {
            let factor = row[step] / pivot[step];
            if factor != 0.0 {
                crate::algebra::add_scaled(&mut row[step..], -factor, &pivot[step..]);
            }
        }
    }
    let mut answer = vec![0.0; size];
    for index in (0..size).rev() {
        let known = crate::algebra::dot(&system[index][index + 1..size], &answer[index + 1..]);
        answer[index] = (system[index][size] - known) / system[index][index];
    }
    Some(answer)
}
