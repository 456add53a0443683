//! One bar at a time: what every streaming method can do.

use std::fmt;

/// An indicator in the middle of its series. Rows given to it are numbers within bounds.
pub(super) trait Live: Send + Sync + fmt::Debug {
    /// Takes a bar and writes its outputs. `None` where it can count no more bars; then nothing has
    /// changed.
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()>;

    /// What [`Self::update`] would answer, without taking the bar.
    fn peek(&self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        self.fork().update(row, outputs)
    }

    /// A copy that goes on by itself.
    fn fork(&self) -> Box<dyn Live>;
}
