//! A Cholesky factor that grows and shrinks by one row, for the free variables of an active set.

use crate::algebra::dot;

/// A pivot below this part of its diagonal value is no longer told from zero.
const PIVOT_MIN: f64 = 1e-12;

/// L of A = L Lᵀ, its rows one after the other, each as long as its index says.
#[derive(Clone, Debug, Default)]
pub(super) struct Factor {
    rows: Vec<Vec<f64>>,
}

/// The new row is a combination of those there: the matrix would be singular.
#[derive(Debug)]
pub(super) struct Singular;

impl Factor {
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Adds the row `column` (the new variable against those there, in order) with its `diagonal`.
    pub fn append(&mut self, mut column: Vec<f64>, diagonal: f64) -> Result<(), Singular> {
        self.solve_lower(&mut column);
        let pivot = diagonal - dot(&column, &column);
        if pivot.is_nan() || pivot <= PIVOT_MIN * diagonal || pivot <= f64::MIN_POSITIVE {
            return Err(Singular);
        }
        column.push(pivot.sqrt());
        self.rows.push(column);
        Ok(())
    }

    /// Takes the variable at `index` out: what it explained goes back to those behind it.
    pub fn remove(&mut self, index: usize) {
        self.rows.remove(index);
        let behind = self.rows.len() - index;
        let mut rotations: Vec<(f64, f64)> = Vec::with_capacity(behind);
        for row in &mut self.rows[index..] {
            let mut carried = row.remove(index);
            let own = row.len() - 1;
            for (value, &(cosine, sine)) in row[index..own].iter_mut().zip(&rotations) {
                let turned = cosine * *value + sine * carried;
                carried = cosine * carried - sine * *value;
                *value = turned;
            }
            let length = row[own].hypot(carried);
            rotations.push((row[own] / length, carried / length));
            row[own] = length;
        }
    }

    /// y of L y = b, in place.
    pub fn solve_lower(&self, right: &mut [f64]) {
        for (index, row) in self.rows.iter().enumerate().take(right.len()) {
            let known = dot(&row[..index], &right[..index]);
            right[index] = (right[index] - known) / row[index];
        }
    }

    /// x of Lᵀ x = b, in place.
    pub fn solve_upper(&self, right: &mut [f64]) {
        for (index, row) in self.rows.iter().enumerate().rev() {
            right[index] /= row[index];
            let value = right[index];
            for (to, factor) in right[..index].iter_mut().zip(row) {
                *to -= value * factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_variable_leaves_the_factor_of_the_others() {
        let matrix = [[4.0, 1.0, 0.5, 0.2], [1.0, 3.0, 0.7, 0.1], [0.5, 0.7, 2.0, 0.3]];
        let build = |members: &[usize]| {
            let mut factor = Factor::default();
            for (at, &member) in members.iter().enumerate() {
                let column = members[..at].iter().map(|&other| matrix[member][other]).collect();
                factor.append(column, matrix[member][member]).unwrap();
            }
            factor
        };
        for removed in 0..3 {
            let mut factor = build(&[0, 1, 2]);
            factor.remove(removed);
            let left: Vec<usize> = (0..3).filter(|&member| member != removed).collect();
            for (found, expected) in factor.rows.iter().zip(&build(&left).rows) {
                assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14));
            }
        }
    }

    #[test]
    fn a_combination_of_what_is_there_is_singular() {
        let mut factor = Factor::default();
        factor.append(Vec::new(), 1.0).unwrap();
        assert!(factor.append(vec![1.0], 1.0).is_err());
    }
}
