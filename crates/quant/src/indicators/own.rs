//! How an indicator of ours is run: it answers from its first bar on, and what it answers in its
//! warm-up is hidden. Over a whole series it is the stream run to its end, unless it has a faster
//! way to the same bits.

use super::live::Live;

/// The arithmetic of an indicator of ours. Parameters come checked and in their order.
#[derive(Debug)]
pub(super) struct Own {
    /// How many bars have no answer.
    pub warm_up: fn(&[f64]) -> usize,
    /// Begins a stream.
    pub open: fn(&[f64]) -> Box<dyn Live>,
    /// Computes whole columns; what it writes within the warm-up is hidden.
    pub batch: Batch,
}

/// Parameters, input columns, output columns, all of one length.
pub(super) type Batch = fn(&Own, &[f64], &[&[f64]], &mut [&mut [f64]]);

/// As many inputs or outputs as an indicator has at most.
pub(super) const COLUMNS_MAX: usize = 16;

/// The stream, run to the end.
pub(super) fn one_by_one(
    own: &Own,
    parameters: &[f64],
    inputs: &[&[f64]],
    outputs: &mut [&mut [f64]],
) {
    let mut live = (own.open)(parameters);
    let (mut row, mut answer) = ([0.0; COLUMNS_MAX], [f64::NAN; COLUMNS_MAX]);
    let (row, answer) = (&mut row[..inputs.len()], &mut answer[..outputs.len()]);
    let bars = inputs.first().map_or(0, |column| column.len());
    for bar in 0..bars {
        for (place, column) in row.iter_mut().zip(inputs) {
            *place = column[bar];
        }
        if live.update(row, answer).is_none() {
            return;
        }
        for (column, value) in outputs.iter_mut().zip(answer.iter()) {
            column[bar] = *value;
        }
    }
}

/// A parameter that the registry holds to whole numbers from 0 on.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the study")]
pub(super) fn whole(parameter: f64) -> usize {
    parameter as usize
}

/// A count of bars as a number; no series has more than 2^53.
#[allow(clippy::cast_precision_loss, reason = "counts of bars are far below 2^53")]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}
