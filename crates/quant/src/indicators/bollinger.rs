//! Bollinger bands around a simple average, faster than TA-Lib's and with its values to within
//! rounding.
//!
//! `middle` is the mean of the last `n` prices, `upper = middle + up * deviation`, and
//! `lower = middle - down * deviation`, with the deviation of a population (divided by `n`).
//! Source: John Bollinger, Bollinger on Bollinger Bands, 2001.
//!
//! A window slides by one price in and one out: sums of the prices' distances from a nearby number,
//! and of their squares, change by two terms. Squares that come and go leave rounding behind, and a
//! small variance after a large one drowns in it. So the sums are made anew every 32 windows, and
//! at once when the variance falls below a millionth of what the sum of squares has seen since.
//! (The thresholds are TA-Lib's; it slides in the same way, in two passes.)

use super::live::Live;
use super::own::{Own, real, whole};

pub(super) static BANDS: Own = Own {
    warm_up: |parameters| Bands::of(parameters).period.saturating_sub(1),
    open: |parameters| Box::new(LiveBands::new(Bands::of(parameters))),
    batch: |_, parameters, inputs, outputs| {
        if let ([prices], [upper, middle, lower]) = (inputs, outputs) {
            fill(&Bands::of(parameters), prices, [upper, middle, lower]);
        }
    },
};

/// Windows between two renewals of the sums.
const RENEWAL_WINDOWS: usize = 32;
/// Bars whose bands are computed side by side.
const WIDE: usize = 64;
/// A variance below this share of the largest sum of squares has lost too many digits.
const LOST: f64 = 1e-6;
/// A variance below this share of fresh squares is rounding alone.
const NOTHING: f64 = 1e-12;

#[derive(Clone, Debug)]
struct Bands {
    period: usize,
    up: f64,
    down: f64,
}

impl Bands {
    fn of(parameters: &[f64]) -> Self {
        let at = |place: usize| parameters.get(place).copied().unwrap_or_default();
        Self { period: whole(at(0)).max(1), up: at(1), down: at(2) }
    }

    /// Upper, middle and lower band.
    fn around(&self, middle: f64, variance: f64) -> [f64; 3] {
        let deviation = variance.sqrt();
        [middle + self.up * deviation, middle, middle - self.down * deviation]
    }
}

/// Sums over a window.
#[derive(Clone, Debug)]
struct Sums {
    per_bar: f64,
    /// The number that prices are measured from.
    origin: f64,
    distances: f64,
    squares: f64,
    /// The largest sum of squares since the last renewal.
    peak: f64,
}

impl Sums {
    fn new(period: usize) -> Self {
        let per_bar = 1.0 / real(period);
        Self { per_bar, origin: 0.0, distances: 0.0, squares: 0.0, peak: 0.0 }
    }

    /// Makes the sums anew, and answers mean and variance. Prices are measured from the window's
    /// mean, or from the last of them where they are all but equal: then the sums are exactly 0.
    fn renew<'a>(
        &mut self,
        window: impl DoubleEndedIterator<Item = &'a f64> + Clone,
    ) -> (f64, f64) {
        self.measure(window.clone(), window.clone().sum::<f64>() * self.per_bar);
        let (mean, variance) = self.mean_and_variance();
        if variance > NOTHING * (self.squares * self.per_bar) {
            return (mean, variance);
        }
        let last = window.clone().next_back().copied().unwrap_or_default();
        self.measure(window, last);
        let (mean, variance) = self.mean_and_variance();
        let is_rounding = variance <= NOTHING * (self.squares * self.per_bar);
        (mean, if is_rounding { 0.0 } else { variance })
    }

    fn measure<'a>(&mut self, window: impl Iterator<Item = &'a f64>, origin: f64) {
        self.origin = origin;
        (self.distances, self.squares) = (0.0, 0.0);
        for price in window {
            let distance = price - origin;
            self.distances += distance;
            self.squares += distance * distance;
        }
        self.peak = self.squares;
    }

    fn slide(&mut self, enters: f64, leaves: f64) {
        let (enters, leaves) = (enters - self.origin, leaves - self.origin);
        let change = enters - leaves;
        self.distances += change;
        self.squares += change * (enters + leaves);
        self.peak = if self.squares > self.peak { self.squares } else { self.peak };
    }

    /// Mean and variance, if there are digits enough.
    fn moments(&self) -> Option<(f64, f64)> {
        let (mean, variance) = self.mean_and_variance();
        let is_lost = variance < LOST * (self.peak * self.per_bar);
        (!is_lost).then_some((mean, variance))
    }

    fn mean_and_variance(&self) -> (f64, f64) {
        let mean = self.distances * self.per_bar;
        (self.origin + mean, self.squares * self.per_bar - mean * mean)
    }
}

/// Fills the columns from the first full window on.
fn fill(bands: &Bands, prices: &[f64], outputs: [&mut [f64]; 3]) {
    let period = bands.period;
    let [upper, middle, lower] = outputs;
    let mut sums = Sums::new(period);
    let mut bar = period.saturating_sub(1);
    while bar < prices.len() {
        let (mean, variance) = sums.renew(prices[bar + 1 - period..=bar].iter());
        [upper[bar], middle[bar], lower[bar]] = bands.around(mean, variance);
        bar += 1;
        let end = prices.len().min(bar - 1 + RENEWAL_WINDOWS * period);
        let columns = [&mut upper[bar..end], &mut middle[bar..end], &mut lower[bar..end]];
        bar += slide_all(bands, &mut sums, &prices[bar - period..end], columns);
    }
}

/// Slides until the end, or until a bar that needs the sums anew; answers how many bars it filled.
fn slide_all(bands: &Bands, sums: &mut Sums, prices: &[f64], outputs: [&mut [f64]; 3]) -> usize {
    let [upper, middle, lower] = outputs;
    let bars = upper.len();
    for from in (0..bars).step_by(WIDE) {
        let to = bars.min(from + WIDE);
        let moves = [&prices[from + bands.period..], &prices[from..]];
        let mut columns = [&mut upper[from..to], &mut middle[from..to], &mut lower[from..to]];
        if let Some(slid) = slide_wide(bands, sums.clone(), moves, &mut columns) {
            *sums = slid;
        } else {
            let filled = slide_each(bands, sums, moves, columns);
            if filled < to - from {
                return from + filled;
            }
        }
    }
    bars
}

/// Slides over [`WIDE`] bars: the sums one by one, then what follows from them several at a time,
/// to the same bits as [`slide_each`]; answers the sums at the end. None where there are fewer
/// bars, or where one might need the sums anew; what was written does not count then.
fn slide_wide(
    bands: &Bands,
    mut sums: Sums,
    [entering, leaving]: [&[f64]; 2],
    [upper, middle, lower]: &mut [&mut [f64]; 3],
) -> Option<Sums> {
    // Columns of a fixed length have no bounds to check, which is what lets the compiler go wide.
    let upper: &mut [f64; WIDE] = upper.first_chunk_mut()?;
    let middle: &mut [f64; WIDE] = middle.first_chunk_mut()?;
    let lower: &mut [f64; WIDE] = lower.first_chunk_mut()?;
    let (entering, leaving) = (entering.first_chunk::<WIDE>()?, leaving.first_chunk::<WIDE>()?);
    let (mut distances, mut squares) = ([0.0; WIDE], [0.0; WIDE]);
    for bar in 0..WIDE {
        sums.slide(entering[bar], leaving[bar]);
        (distances[bar], squares[bar]) = (sums.distances, sums.squares);
    }
    let Sums { origin, per_bar, peak, .. } = sums;
    let least = LOST * (peak * per_bar);
    let mut lost = 0_u64;
    for bar in 0..WIDE {
        let mean = distances[bar] * per_bar;
        let variance = squares[bar] * per_bar - mean * mean;
        // The peak of the last bar is the largest: no bar is lost that is not lost by it.
        lost += u64::from(variance < least);
        [upper[bar], middle[bar], lower[bar]] = bands.around(origin + mean, variance);
    }
    (lost == 0).then_some(sums)
}

/// Slides bar by bar, up to one that needs the sums anew; answers how many bars it filled.
fn slide_each(
    bands: &Bands,
    sums: &mut Sums,
    [entering, leaving]: [&[f64]; 2],
    [upper, middle, lower]: [&mut [f64]; 3],
) -> usize {
    let places = upper.iter_mut().zip(middle).zip(lower);
    let mut filled = 0;
    for ((enters, leaves), ((upper, middle), lower)) in entering.iter().zip(leaving).zip(places) {
        sums.slide(*enters, *leaves);
        let Some((mean, variance)) = sums.moments() else { return filled };
        [*upper, *middle, *lower] = bands.around(mean, variance);
        filled += 1;
    }
    filled
}

#[derive(Clone, Debug)]
struct LiveBands {
    bands: Bands,
    sums: Sums,
    /// The last prices; the oldest is at `oldest`.
    window: Vec<f64>,
    oldest: usize,
    /// Bars since the sums were made.
    since: usize,
}

impl LiveBands {
    fn new(bands: Bands) -> Self {
        let (sums, window) = (Sums::new(bands.period), Vec::new());
        Self { bands, sums, window, oldest: 0, since: 0 }
    }

    fn renew(&mut self) -> (f64, f64) {
        self.since = 1;
        let (newer, older) = self.window.split_at(self.oldest);
        self.sums.renew(older.iter().chain(newer))
    }

    fn moments(&mut self, price: f64) -> (f64, f64) {
        let period = self.bands.period;
        if self.window.len() < period {
            self.window.push(price);
            return if self.window.len() == period { self.renew() } else { (f64::NAN, f64::NAN) };
        }
        let leaves = std::mem::replace(&mut self.window[self.oldest], price);
        self.oldest = if self.oldest + 1 == period { 0 } else { self.oldest + 1 };
        if self.since == RENEWAL_WINDOWS * period {
            return self.renew();
        }
        self.since += 1;
        self.sums.slide(price, leaves);
        self.sums.moments().unwrap_or_else(|| self.renew())
    }
}

impl Live for LiveBands {
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        let (&[price], [upper, middle, lower]) = (row, outputs) else { return None };
        let (mean, variance) = self.moments(price);
        [*upper, *middle, *lower] = self.bands.around(mean, variance);
        Some(())
    }

    fn fork(&self) -> Box<dyn Live> {
        Box::new(self.clone())
    }
}
