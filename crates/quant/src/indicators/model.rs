//! What the registry says about an indicator.

use super::crossing::Crossing;
use super::own::Own;

/// An indicator: what it is called, what it reads, what can be set, and what it answers.
///
/// The only ones there are live in the registry ([`super::all`]).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Indicator {
    /// Its name, in capitals: `RSI`.
    pub name: &'static str,
    /// Its group.
    pub group: Group,
    /// What it is, in one line.
    pub title: String,
    /// The series that it reads, in the order of a [`super::Stream`]'s bar.
    pub inputs: Vec<Input>,
    /// What can be set.
    pub parameters: Vec<Parameter>,
    /// What it answers, in order.
    pub outputs: Vec<Output>,
    /// Whether it is drawn over the prices, being of their scale.
    pub overlay: bool,
    /// Whether a value depends on every bar since the first: on another day of beginning it has
    /// another value for good. (Those of exponential smoothing forget, and are not meant.)
    pub path_dependent: bool,
    /// Whether clean prices can have no number as its answer: the logarithm of 0, a division by 0.
    pub may_be_undefined: bool,
    pub(super) method: Method,
}

/// Where an indicator's arithmetic is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// A function of TA-Lib.
    TaLib(ta_lib::abstract_api::FuncId),
    /// One of ours.
    Own(&'static Own),
    /// Where two outputs of a function of TA-Lib cross.
    Crossing(&'static Crossing),
}

/// What an indicator is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// The Hilbert transform's family.
    Cycle,
    /// Arithmetic of two series, sums and extremes of one.
    MathOperator,
    /// A function of each value alone.
    MathTransform,
    /// Rates of change and oscillators.
    Momentum,
    /// Averages and bands over the prices.
    Overlap,
    /// Candlestick patterns.
    Pattern,
    /// A bar made into one price, or into another bar.
    PriceTransform,
    /// Regression and distribution.
    Statistic,
    /// Ranges and deviations.
    Volatility,
    /// What reads the volume.
    Volume,
}

impl Group {
    /// The group in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cycle => "cycles",
            Self::MathOperator => "operators",
            Self::MathTransform => "transforms",
            Self::Momentum => "momentum",
            Self::Overlap => "overlap",
            Self::Pattern => "patterns",
            Self::PriceTransform => "prices",
            Self::Statistic => "statistics",
            Self::Volatility => "volatility",
            Self::Volume => "volume",
        }
    }
}

/// A series that an indicator reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Input {
    /// Opening prices.
    Open,
    /// Highest prices.
    High,
    /// Lowest prices.
    Low,
    /// Closing prices.
    Close,
    /// Volumes.
    Volume,
    /// Any series; where none is given, the closing prices.
    Real,
    /// A second series, for what compares two.
    Second,
    /// A period for each bar.
    Periods,
    /// Not 0 on a bar where counting starts anew: a session's first, or a day that matters.
    Anchor,
}

impl Input {
    /// Every input.
    pub const ALL: [Self; 9] = [
        Self::Open,
        Self::High,
        Self::Low,
        Self::Close,
        Self::Volume,
        Self::Real,
        Self::Second,
        Self::Periods,
        Self::Anchor,
    ];

    /// The input's name, which is the argument that errors speak of.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
            Self::Real => "real",
            Self::Second => "second",
            Self::Periods => "periods",
            Self::Anchor => "anchor",
        }
    }
}

/// Something that can be set.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name: `time_period`.
    pub name: String,
    /// What it does, in one line.
    pub hint: String,
    /// Which values it takes.
    pub kind: ParameterKind,
    /// The value where none is given.
    pub default: f64,
}

impl Parameter {
    pub(super) fn integer(name: &str, hint: &str, bounds: (i32, i32), default: i32) -> Self {
        let kind = ParameterKind::Integer { min: bounds.0, max: bounds.1 };
        Self { name: name.to_owned(), hint: hint.to_owned(), kind, default: f64::from(default) }
    }

    pub(super) fn real(name: &str, hint: &str, bounds: (f64, f64), default: f64) -> Self {
        let kind = ParameterKind::Real { min: bounds.0, max: bounds.1 };
        Self { name: name.to_owned(), hint: hint.to_owned(), kind, default }
    }
}

/// Which values a parameter takes. Integers and choices are whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterKind {
    /// A whole number within bounds, both included.
    Integer {
        /// The least.
        min: i32,
        /// The greatest.
        max: i32,
    },
    /// A number within bounds, both included.
    Real {
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// One of a list: the kinds of moving average.
    Choice(Vec<(i32, &'static str)>),
}

/// Something that is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Output {
    /// Its name: `upper_band`; `value` where there is only one.
    pub name: String,
    /// What kind of numbers it has.
    pub kind: OutputKind,
    /// How a chart draws it.
    pub drawing: Drawing,
}

impl Output {
    pub(super) fn new(name: &str, kind: OutputKind, drawing: Drawing) -> Self {
        Self { name: name.to_owned(), kind, drawing }
    }
}

/// What kind of numbers an output has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// Any number.
    Real,
    /// A whole number: a count, a state.
    Integer,
    /// 0 for no pattern; 100 for one, 200 for one confirmed, 80 for a weak one, below 0 where it is
    /// bearish.
    Pattern,
    /// The number of a bar, counted from the first of the series (streams: the first pushed).
    Bar,
}

/// How a chart draws an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// A line.
    Line,
    /// A broken line.
    Dashes,
    /// Single dots.
    Dots,
    /// Bars from zero.
    Histogram,
    /// The upper edge of a band.
    UpperLimit,
    /// The lower edge of a band.
    LowerLimit,
    /// A mark at the bars where it is not 0.
    Mark,
}
