//! The average price weighted by volume since an anchor, with bands.
//!
//! `vwap = sum(typical * volume) / sum(volume)` over the bars since the last one whose `anchor` is
//! not 0, that one included; `typical = (high + low + close) / 3`. The bands lie `deviations` times
//! the standard deviation of the typical price around it, weighted by volume and of a population
//! (divided by the volume), as charting programs draw them. With an anchor on the first bar of each
//! session this is the session's VWAP, with one on a day that matters the anchored VWAP, with none
//! the cumulative one, which TA-Lib has as `VWAP`.
//!
//! A bar without volume (0 or below) counts for nothing; while there has been none since the
//! anchor, the typical price stands in, with a deviation of 0.

use super::live::Live;
use super::model::Method;
use super::own::{Own, one_by_one};
use super::{Drawing, Group, Indicator, Input, Output, OutputKind, Parameter};

static VWAP: Own = Own {
    warm_up: |_| 0,
    open: |parameters| {
        let deviations = parameters.first().copied().unwrap_or_default();
        Box::new(Anchored { deviations, ..Anchored::default() })
    },
    batch: one_by_one,
};

pub(super) fn describe() -> Indicator {
    let line = |name, drawing| Output::new(name, OutputKind::Real, drawing);
    Indicator {
        name: "VWAP_ANCHORED",
        group: Group::Volume,
        title: "Volume Weighted Average Price since an anchor, with bands".to_owned(),
        inputs: vec![Input::High, Input::Low, Input::Close, Input::Volume, Input::Anchor],
        parameters: vec![Parameter::real(
            "deviations",
            "How many standard deviations away the bands lie",
            (0.0, 1e6),
            1.0,
        )],
        outputs: vec![
            line("vwap", Drawing::Line),
            line("upper_band", Drawing::UpperLimit),
            line("lower_band", Drawing::LowerLimit),
        ],
        overlay: true,
        path_dependent: true,
        may_be_undefined: false,
        method: Method::Own(&VWAP),
    }
}

/// Mean and squared distances, carried on bar by bar: West, Communications of the ACM 22 (1979).
/// Sums of squared prices would lose the deviation of a price that hardly moves.
#[derive(Clone, Debug, Default)]
struct Anchored {
    deviations: f64,
    volume: f64,
    mean: f64,
    squares: f64,
}

impl Live for Anchored {
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        let (&[high, low, close, volume, anchor], [vwap, upper, lower]) = (row, outputs) else {
            return None;
        };
        if anchor != 0.0 {
            (self.volume, self.squares) = (0.0, 0.0);
        }
        let typical = (high + low + close) / 3.0;
        if volume > 0.0 {
            self.volume += volume;
            let distance = typical - self.mean;
            self.mean = if self.volume == volume {
                typical
            } else {
                self.mean + distance * (volume / self.volume)
            };
            if self.volume > volume {
                self.squares += volume * distance * (typical - self.mean);
            }
        } else if self.volume == 0.0 {
            self.mean = typical;
        }
        let variance = if self.volume > 0.0 { self.squares / self.volume } else { 0.0 };
        let width = self.deviations * variance.max(0.0).sqrt();
        (*vwap, *upper, *lower) = (self.mean, self.mean + width, self.mean - width);
        Some(())
    }

    fn fork(&self) -> Box<dyn Live> {
        Box::new(self.clone())
    }
}
