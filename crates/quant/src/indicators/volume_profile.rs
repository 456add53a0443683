//! Volume by price: where most was traded, and the range that held most of it.
//!
//! The range from the lowest low to the highest high is cut into rows of one height. A bar's volume
//! is spread evenly over the rows between its low and high, by how much of it lies in each; a bar
//! without a range counts in its price's row. The point of control is the middle of the row with
//! the most volume, the lowest of equals. The value area begins as that row and takes the neighbour
//! with more volume, the upper one of equals, until it holds `value_area` of the whole. Source: J.
//! Peter Steidlmayer, Steidlmayer on Markets, 1989; the market profile of the Chicago Board of
//! Trade steps by two rows, charting programs by one, as here.

use std::collections::VecDeque;

use super::live::Live;
use super::model::Method;
use super::own::{Own, one_by_one, real, whole};
use super::{Drawing, Group, Indicator, Input, Output, OutputKind, Parameter};
use crate::error::{all_finite, at_least, same_length};
use crate::{Error, Result};

/// Rows that a profile has at most.
pub const ROWS_MAX: usize = 10_000;

/// Bars to make a profile of, all columns of one length.
#[derive(Clone, Copy, Debug)]
pub struct ProfileBars<'a> {
    /// Highest prices.
    pub high: &'a [f64],
    /// Lowest prices, none above its bar's high.
    pub low: &'a [f64],
    /// Volumes, none below 0.
    pub volume: &'a [f64],
}

/// Volume by price.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeProfile {
    /// The price where the lowest row begins.
    pub low: f64,
    /// The height of a row; 0 where all bars have one price.
    pub height: f64,
    /// The volume of each row, the lowest first.
    pub rows: Vec<f64>,
    /// The middle of the row with the most volume.
    pub point_of_control: f64,
    /// The upper edge of the value area.
    pub value_area_high: f64,
    /// The lower edge of the value area.
    pub value_area_low: f64,
}

/// The profile of bars in `rows` rows, with a value area that holds the share `value_area` (usually
/// 0.7).
///
/// # Errors
/// There are no bars, columns differ in length, a value is not finite, a low is above its high, a
/// volume is below 0, `rows` is not from 1 to [`ROWS_MAX`], or `value_area` is not above 0 and at
/// most 1.
///
/// ```
/// use quant::indicators::{ProfileBars, volume_profile};
///
/// let (high, low) = ([12.0, 13.0, 12.0], [10.0, 11.0, 11.0]);
/// let bars = ProfileBars { high: &high, low: &low, volume: &[20.0, 40.0, 30.0] };
/// let profile = volume_profile(bars, 3, 0.7)?;
/// assert_eq!(profile.rows, [10.0, 60.0, 20.0]);
/// assert_eq!(profile.point_of_control, 11.5);
/// assert_eq!((profile.value_area_low, profile.value_area_high), (11.0, 13.0));
/// # Ok::<(), quant::Error>(())
/// ```
pub fn volume_profile(
    bars: ProfileBars<'_>,
    rows: usize,
    value_area: f64,
) -> Result<VolumeProfile> {
    at_least("high", bars.high.len(), 1)?;
    for (argument, column) in [("high", bars.high), ("low", bars.low), ("volume", bars.volume)] {
        same_length(argument, column.len(), bars.high.len())?;
        all_finite(argument, column)?;
    }
    if !(1..=ROWS_MAX).contains(&rows) {
        return Err(Error::out_of_bounds("rows", real(rows), "a whole number from 1 to 10000"));
    }
    if !(value_area > 0.0 && value_area <= 1.0) {
        let expected = "a number above 0 and at most 1";
        return Err(Error::out_of_bounds("value_area", value_area, expected));
    }
    if let Some((low, _)) = bars.low.iter().zip(bars.high).find(|(low, high)| low > high) {
        return Err(Error::out_of_bounds("low", *low, "at most the high of its bar"));
    }
    if let Some(volume) = bars.volume.iter().find(|volume| **volume < 0.0) {
        return Err(Error::out_of_bounds("volume", *volume, "at least 0"));
    }
    let each = bars.high.iter().zip(bars.low).zip(bars.volume);
    let bars = each.map(|((&high, &low), &volume)| Bar { high, low, volume });
    let mut profile = vec![0.0; rows];
    let Edges { low, height } = spread(bars, &mut profile);
    let [point_of_control, value_area_high, value_area_low] =
        areas(&profile, value_area).map(|edge| low + edge * height);
    let rows = profile;
    Ok(VolumeProfile { low, height, rows, point_of_control, value_area_high, value_area_low })
}

static PROFILE: Own = Own {
    warm_up: |parameters| Rolling::new(parameters).period - 1,
    open: |parameters| Box::new(Rolling::new(parameters)),
    batch: one_by_one,
};

pub(super) fn describe() -> Indicator {
    let line = |name, drawing| Output::new(name, OutputKind::Real, drawing);
    Indicator {
        name: "VOLUME_PROFILE",
        group: Group::Volume,
        title: "Point of control and value area of the last bars".to_owned(),
        inputs: vec![Input::High, Input::Low, Input::Volume],
        parameters: vec![
            Parameter::integer("time_period", "Bars of a profile", (1, 100_000), 50),
            Parameter::integer("rows", "Rows that the range is cut into", (1, 10_000), 24),
            Parameter::real("value_area", "Share of the volume", (0.01, 1.0), 0.7),
        ],
        outputs: vec![
            line("point_of_control", Drawing::Line),
            line("value_area_high", Drawing::UpperLimit),
            line("value_area_low", Drawing::LowerLimit),
        ],
        overlay: true,
        path_dependent: false,
        may_be_undefined: false,
        method: Method::Own(&PROFILE),
    }
}

#[derive(Clone, Copy, Debug)]
struct Bar {
    high: f64,
    low: f64,
    volume: f64,
}

struct Edges {
    low: f64,
    height: f64,
}

/// Spreads the bars' volume over the rows.
fn spread(bars: impl Iterator<Item = Bar> + Clone, rows: &mut [f64]) -> Edges {
    let low = bars.clone().fold(f64::INFINITY, |low, bar| low.min(bar.low));
    let high = bars.clone().fold(f64::NEG_INFINITY, |high, bar| high.max(bar.high));
    let height = (high - low) / real(rows.len());
    rows.fill(0.0);
    let last = rows.len().saturating_sub(1);
    let row_of = |price: f64| whole(((price - low) / height).max(0.0)).min(last);
    for bar in bars {
        if height <= 0.0 {
            rows[0] += bar.volume;
            continue;
        }
        let (from, to) = (row_of(bar.low), row_of(bar.high));
        let range = bar.high - bar.low;
        if from == to || range <= 0.0 {
            rows[from] += bar.volume;
            continue;
        }
        for (row, place) in rows.iter_mut().enumerate().take(to + 1).skip(from) {
            let floor = low + real(row) * height;
            let inside = (floor + height).min(bar.high) - floor.max(bar.low);
            *place += bar.volume * (inside.max(0.0) / range);
        }
    }
    Edges { low, height }
}

/// Point of control, upper and lower edge of the value area, counted in rows.
fn areas(rows: &[f64], share: f64) -> [f64; 3] {
    let mut peak = 0;
    for (row, volume) in rows.iter().enumerate() {
        if *volume > rows[peak] {
            peak = row;
        }
    }
    let wanted = rows.iter().sum::<f64>() * share;
    let (mut below, mut above) = (peak, peak + 1);
    let mut held = rows[peak];
    while held < wanted {
        let upper = rows.get(above).copied();
        let lower = below.checked_sub(1).and_then(|row| rows.get(row)).copied();
        held += match (upper, lower) {
            (Some(upper), lower) if lower.is_none_or(|lower| upper >= lower) => {
                above += 1;
                upper
            }
            (_, Some(lower)) => {
                below -= 1;
                lower
            }
            (_, None) => break,
        };
    }
    [real(peak) + 0.5, real(above), real(below)]
}

#[derive(Clone, Debug)]
struct Rolling {
    period: usize,
    share: f64,
    rows: Vec<f64>,
    bars: VecDeque<Bar>,
}

impl Rolling {
    fn new(parameters: &[f64]) -> Self {
        let at = |place: usize| parameters.get(place).copied().unwrap_or(1.0);
        let rows = vec![0.0; whole(at(1)).max(1)];
        Self { period: whole(at(0)).max(1), share: at(2), rows, bars: VecDeque::new() }
    }
}

impl Live for Rolling {
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        let (&[high, low, volume], [control, upper, lower]) = (row, outputs) else { return None };
        if self.bars.len() == self.period {
            self.bars.pop_front();
        }
        // Crossed edges and volumes below 0 are taken for what they should be: a stream goes on.
        let (high, low) = (high.max(low), low.min(high));
        self.bars.push_back(Bar { high, low, volume: volume.max(0.0) });
        if self.bars.len() < self.period {
            return Some(());
        }
        let Edges { low, height } = spread(self.bars.iter().copied(), &mut self.rows);
        [*control, *upper, *lower] = areas(&self.rows, self.share).map(|edge| low + edge * height);
        Some(())
    }

    fn fork(&self) -> Box<dyn Live> {
        Box::new(self.clone())
    }
}
