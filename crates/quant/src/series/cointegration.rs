//! Whether series that wander stay together.

use super::ets::{VALUES_MAX, as_number};
use super::mackinnon::{JOHANSEN_MAX, SERIES_MAX, critical_values, johansen_critical, p_value};
use super::unit_root::{Deterministic, UnitRootTest, dickey_fuller, t_value};
use crate::algebra::{Cholesky, LeastSquares, Matrix, SymmetricEigen, add_scaled};
use crate::error::{Error, Result, all_finite, at_least, same_length};

/// The outcome of Johansen's tests.
#[derive(Clone, Debug, PartialEq)]
pub struct JohansenTest {
    /// The eigenvalues, descending.
    pub eigenvalues: Vec<f64>,
    /// For each r from 0: the statistic of at most r relations.
    pub trace: Vec<f64>,
    /// For each r from 0: the statistic of r against r + 1 relations.
    pub greatest: Vec<f64>,
    /// At 10, 5 and 1 %, for each trace statistic.
    pub trace_critical: Vec<[f64; 3]>,
    /// At 10, 5 and 1 %, for each greatest-eigenvalue statistic.
    pub greatest_critical: Vec<[f64; 3]>,
    /// The relations, by eigenvalue: rows of weights of the series, the first above zero.
    pub relations: Matrix,
}

impl JohansenTest {
    /// How many relations the trace test finds at 5 %.
    #[must_use]
    pub fn relations_at_5_percent(&self) -> usize {
        let tests = self.trace.iter().zip(&self.trace_critical);
        tests.take_while(|(statistic, critical)| **statistic > critical[1]).count()
    }
}

/// Engle and Granger's test (1987): a Dickey-Fuller test of what a regression of the first series
/// on the others leaves; presumes that they do not stay together.
///
/// `deterministic` is in the regression of the series; `lags` in that of the residuals. Critical
/// values and p value are MacKinnon's for that many series.
///
/// # Errors
/// `first` or `others` that are too short, not finite or of different lengths, more than five
/// others, [`Error::Undefined`] where the others are collinear or nothing is left.
///
/// ```
/// use quant::series::{Deterministic, engle_granger};
///
/// let walk: Vec<f64> = (0..120)
///     .scan(0.0, |sum, t| {
///         *sum += f64::from(t * 7919 % 101) / 50.0 - 1.0;
///         Some(*sum)
///     })
///     .collect();
/// let other: Vec<f64> =
///     walk.iter().zip(0..).map(|(value, t)| 2.0 * value + f64::from(t * 31 % 17)).collect();
/// let test = engle_granger(&other, &[&walk], Deterministic::Constant, 1)?;
/// assert!(test.p_value < 0.01);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn engle_granger(
    first: &[f64],
    others: &[&[f64]],
    deterministic: Deterministic,
    lags: usize,
) -> Result<UnitRootTest> {
    check("first", first)?;
    if !(1..SERIES_MAX).contains(&others.len()) {
        let found = as_number(others.len());
        return Err(Error::out_of_bounds("others", found, "1 to 5 series"));
    }
    for other in others {
        check("others", other)?;
        same_length("others", other.len(), first.len())?;
    }
    let rows: Vec<Vec<f64>> = (0..first.len())
        .map(|index| {
            let mut row: Vec<f64> = others.iter().map(|other| other[index]).collect();
            let terms = [1.0, as_number(index + 1)];
            row.extend(&terms[..deterministic.terms()]);
            row
        })
        .collect();
    let fit = LeastSquares::new(&Matrix::from_rows(&rows)?, first)?;
    let (test, observations) = dickey_fuller(&fit.residuals, Deterministic::None, lags, lags)?;
    let statistic = t_value(&test, 0, observations)?;
    let series = others.len() + 1;
    Ok(UnitRootTest {
        statistic,
        p_value: p_value(statistic, deterministic, series),
        lags,
        critical: critical_values(deterministic, series, first.len() - 1),
    })
}

/// Johansen's tests (1988, 1991) of how many relations keep the columns of `series` together.
///
/// A row is a time. The model is in differences with so many `lags`; `deterministic` is what the
/// levels are freed of first. Conventions (level at the last lag, differences freed of their mean)
/// are those of statsmodels and of LeSage's toolbox.
///
/// # Errors
/// `series` that are too short or not finite, of fewer than two or more than twelve columns;
/// [`Error::Undefined`] where columns are collinear.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::series::{Deterministic, johansen};
///
/// let walk: Vec<f64> = (0..120)
///     .scan(0.0, |sum, t| {
///         *sum += f64::from(t * 7919 % 101) / 50.0 - 1.0;
///         Some(*sum)
///     })
///     .collect();
/// let rows: Vec<[f64; 2]> = (0..)
///     .zip(&walk)
///     .map(|(t, value)| [*value, 2.0 * value + f64::from(t * 31 % 17)])
///     .collect();
/// let test = johansen(&Matrix::from_rows(&rows)?, Deterministic::Constant, 1)?;
/// assert!(test.relations_at_5_percent() > 0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn johansen(
    series: &Matrix,
    deterministic: Deterministic,
    lags: usize,
) -> Result<JohansenTest> {
    let (rows, columns) = (series.rows(), series.columns());
    if !(2..=JOHANSEN_MAX).contains(&columns) {
        return Err(Error::out_of_bounds("series", as_number(columns), "2 to 12 columns"));
    }
    check("series", series.values())?;
    at_least("lags", lags, 0)?;
    at_least("series", rows, (lags + 2).saturating_mul(columns).saturating_add(4))?;
    let levels = free_of(series, deterministic)?;
    let count = rows - 1 - lags;
    let step = |time: usize, column: usize| levels[(time + 1, column)] - levels[(time, column)];
    let mut steps = Matrix::zeros(count, columns);
    let mut before = Matrix::zeros(count, columns);
    let mut lagged = Matrix::zeros(count, columns * lags);
    for time in 0..count {
        for column in 0..columns {
            steps[(time, column)] = step(time + lags, column);
            before[(time, column)] = levels[(time + 1, column)];
            for lag in 1..=lags {
                lagged[(time, (lag - 1) * columns + column)] = step(time + lags - lag, column);
            }
        }
    }
    let mean = if deterministic == Deterministic::None {
        Deterministic::None
    } else {
        Deterministic::Constant
    };
    let lagged = free_of(&lagged, mean)?;
    let moved = residuals(&free_of(&steps, mean)?, &lagged)?;
    let stayed = residuals(&free_of(&before, mean)?, &lagged)?;
    relations(&moved, &stayed, deterministic)
}

/// The canonical correlations between differences and levels.
fn relations(
    moved: &Matrix,
    stayed: &Matrix,
    deterministic: Deterministic,
) -> Result<JohansenTest> {
    let columns = moved.columns();
    let count = as_number(moved.rows());
    let singular = |_| Error::Undefined {
        figure: "cointegration",
        why: "a series is a combination of the others",
    };
    let own = Cholesky::new(&stayed.transpose().multiply(stayed)?).map_err(singular)?;
    let steps = Cholesky::new(&moved.transpose().multiply(moved)?).map_err(singular)?;
    let cross = stayed.transpose().multiply(moved)?;
    // K = L⁻¹ S₁₀ S₀₀^(-½): its squared singular values are the eigenvalues.
    let mut rows = Vec::new();
    for column in 0..columns {
        rows.push(own.solve_lower(&cross.column(column))?);
    }
    let whitened = Matrix::from_rows(&rows)?;
    let mut rows = Vec::new();
    for column in 0..columns {
        rows.push(steps.solve_lower(&whitened.column(column))?);
    }
    let root = Matrix::from_rows(&rows)?;
    let mut gram = Matrix::zeros(columns, columns);
    for row in 0..columns {
        for column in 0..columns {
            gram[(row, column)] = crate::algebra::dot(root.row(row), root.row(column));
        }
    }
    let eigen = SymmetricEigen::new(&gram)?;
    let mut test = JohansenTest {
        eigenvalues: eigen.values().iter().rev().copied().collect(),
        trace: Vec::new(),
        greatest: Vec::new(),
        trace_critical: Vec::new(),
        greatest_critical: Vec::new(),
        relations: Matrix::zeros(columns, columns),
    };
    for relation in 0..columns {
        let rest = &test.eigenvalues[relation..];
        let logs: Vec<f64> = rest.iter().map(|root| (-root).ln_1p()).collect();
        test.trace.push(-count * logs.iter().sum::<f64>());
        test.greatest.push(-count * logs[0]);
        let (trace, greatest) = johansen_critical(deterministic, columns - relation);
        test.trace_critical.push(trace);
        test.greatest_critical.push(greatest);
        let vector = solve_transposed(own.lower(), eigen.vector(columns - 1 - relation));
        let sign = if vector[0] < 0.0 { -1.0 } else { 1.0 };
        let scale = sign * count.sqrt();
        for (to, value) in test.relations.row_mut(relation).iter_mut().zip(vector) {
            *to = value * scale;
        }
    }
    if test.trace.iter().all(|statistic| statistic.is_finite()) {
        return Ok(test);
    }
    Err(Error::Undefined { figure: "cointegration", why: "the series explain each other wholly" })
}

/// x of Lᵀ x = b.
fn solve_transposed(lower: &Matrix, right: &[f64]) -> Vec<f64> {
    let mut answer = right.to_vec();
    for index in (0..answer.len()).rev() {
        let value = answer[index] / lower[(index, index)];
        answer[index] = value;
        add_scaled(&mut answer[..index], -value, lower.row(index));
    }
    answer
}

/// Each column without its mean, or without its line.
fn free_of(matrix: &Matrix, deterministic: Deterministic) -> Result<Matrix> {
    let terms = deterministic.terms();
    if terms == 0 || matrix.columns() == 0 {
        return Ok(matrix.clone());
    }
    let middle = as_number(matrix.rows() + 1) / 2.0;
    let rows: Vec<Vec<f64>> = (0..matrix.rows())
        .map(|row| [1.0, as_number(row + 1) - middle][..terms].to_vec())
        .collect();
    residuals(matrix, &Matrix::from_rows(&rows)?)
}

/// What a regression of each column on the columns of `on` leaves.
fn residuals(matrix: &Matrix, on: &Matrix) -> Result<Matrix> {
    if on.columns() == 0 {
        return Ok(matrix.clone());
    }
    let mut columns = Vec::with_capacity(matrix.columns());
    for column in 0..matrix.columns() {
        columns.push(LeastSquares::new(on, &matrix.column(column))?.residuals);
    }
    Ok(Matrix::from_rows(&columns)?.transpose())
}

fn check(argument: &'static str, values: &[f64]) -> Result<()> {
    at_least(argument, values.len(), 4)?;
    all_finite(argument, values)?;
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 1e100 || values.len() > VALUES_MAX * JOHANSEN_MAX {
        return Err(Error::out_of_bounds(argument, largest, "100,000 values up to 1e100"));
    }
    Ok(())
}
