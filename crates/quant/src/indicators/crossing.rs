//! Crossings: 1 on the bar where one line comes to lie above another, -1 where it comes to lie
//! below, 0 elsewhere.
//!
//! Lines that only touch have not crossed: bars on which they are equal are passed over, and what
//! counts is the last bar on which they were not. The first bar is no crossing, on whichever side
//! it begins. `CROSS` is of any two series; the others are of two outputs of a function of TA-Lib,
//! whose inputs, parameters and warm-up they have.

use ta_lib::abstract_api::FuncId;

use super::live::Live;
use super::model::Method;
use super::own::{COLUMNS_MAX, Own, one_by_one};
use super::{Drawing, Group, Indicator, Input, Output, OutputKind, talib, talib_live};
use crate::Result;

/// Where two outputs of a function of TA-Lib cross.
#[derive(Debug)]
pub(super) struct Crossing {
    name: &'static str,
    title: &'static str,
    /// The function.
    pub of: FuncId,
    /// The positions of its outputs: a crossing is 1 where the first comes to lie above.
    lines: [usize; 2],
}

static CROSSINGS: [Crossing; 5] = [
    Crossing {
        name: "AROON_CROSS",
        title: "Aroon up crosses Aroon down",
        of: FuncId::AROON,
        lines: [1, 0],
    },
    Crossing {
        name: "ICHIMOKU_CROSS",
        title: "Ichimoku's conversion line crosses its base line",
        of: FuncId::ICHIMOKU,
        lines: [0, 1],
    },
    Crossing {
        name: "MACD_CROSS",
        title: "MACD crosses its signal",
        of: FuncId::MACD,
        lines: [0, 1],
    },
    Crossing {
        name: "STOCH_CROSS",
        title: "Slow %K crosses slow %D",
        of: FuncId::STOCH,
        lines: [0, 1],
    },
    Crossing { name: "VORTEX_CROSS", title: "VI+ crosses VI-", of: FuncId::VORTEX, lines: [0, 1] },
];

static CROSS: Own =
    Own { warm_up: |_| 0, open: |_| Box::new(Crossed::default()), batch: one_by_one };

/// Those of TA-Lib's functions, `all` of which are described already.
pub(super) fn describe(all: &[Indicator]) -> Vec<Indicator> {
    let described = CROSSINGS.iter().filter_map(|crossing| {
        let of = all.iter().find(|indicator| indicator.name == crossing.of.name())?;
        let (name, title) = (crossing.name, crossing.title.to_owned());
        let (outputs, method) = (outputs(), Method::Crossing(crossing));
        Some(Indicator { name, title, outputs, method, overlay: false, ..of.clone() })
    });
    described.collect()
}

/// That of any two series.
pub(super) fn of_two() -> Indicator {
    Indicator {
        name: "CROSS",
        group: Group::MathOperator,
        title: "One series crosses another".to_owned(),
        inputs: vec![Input::Real, Input::Second],
        parameters: Vec::new(),
        outputs: outputs(),
        overlay: false,
        path_dependent: false,
        may_be_undefined: false,
        method: Method::Own(&CROSS),
    }
}

fn outputs() -> Vec<Output> {
    vec![Output::new("cross", OutputKind::Integer, Drawing::Mark)]
}

/// Computes the whole column, of more bars than the warm-up has.
pub(super) fn batch(
    crossing: &Crossing,
    parameters: &[f64],
    inputs: &[&[f64]],
    outputs: &mut [&mut [f64]],
) -> Result<()> {
    let bars = inputs.first().map_or(0, |column| column.len());
    let begin = talib::warm_up(crossing.of, parameters)?;
    let mut lines = vec![vec![0.0; bars]; crossing.of.info().outputs.len()];
    let mut places: Vec<&mut [f64]> = lines.iter_mut().map(Vec::as_mut_slice).collect();
    talib::batch(crossing.of, parameters, inputs, &mut places)?;
    let [one, other] = crossing.lines.map(|line| lines[line].iter().skip(begin));
    let mut crossed = Crossed::default();
    if let [column] = outputs {
        for ((place, one), other) in column.iter_mut().skip(begin).zip(one).zip(other) {
            *place = crossed.of(*one, *other);
        }
    }
    Ok(())
}

/// Opens a stream on the bars of the warm-up and the one after, whose answer it writes.
pub(super) fn open(
    crossing: &Crossing,
    parameters: &[f64],
    columns: &[Vec<f64>],
    outputs: &mut [f64],
) -> Result<Box<dyn Live>> {
    let (mut answer, count) = ([0.0; COLUMNS_MAX], crossing.of.info().outputs.len());
    let live = talib_live::open(crossing.of, parameters, columns, &mut answer[..count])?;
    let mut of = LiveCrossing { live, count, lines: crossing.lines, crossed: Crossed::default() };
    of.write(&answer, outputs);
    Ok(Box::new(of))
}

/// On which side the first line last lay: 1 above, -1 below, 0 before they ever differed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Crossed {
    side: f64,
}

impl Crossed {
    /// Takes a bar's two values; answers 1, -1 or 0.
    pub(crate) fn of(&mut self, one: f64, other: f64) -> f64 {
        let side = if one > other {
            1.0
        } else if one < other {
            -1.0
        } else {
            return 0.0;
        };
        let has_changed = self.side != 0.0 && self.side != side;
        self.side = side;
        if has_changed { side } else { 0.0 }
    }
}

impl Live for Crossed {
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        let (&[one, other], [output]) = (row, outputs) else { return None };
        *output = self.of(one, other);
        Some(())
    }

    fn fork(&self) -> Box<dyn Live> {
        Box::new(*self)
    }
}

#[derive(Debug)]
struct LiveCrossing {
    live: Box<dyn Live>,
    count: usize,
    lines: [usize; 2],
    crossed: Crossed,
}

impl LiveCrossing {
    fn write(&mut self, answer: &[f64; COLUMNS_MAX], outputs: &mut [f64]) {
        let [one, other] = self.lines.map(|line| answer[line]);
        if let [output] = outputs {
            *output = self.crossed.of(one, other);
        }
    }
}

impl Live for LiveCrossing {
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        let mut answer = [0.0; COLUMNS_MAX];
        self.live.update(row, &mut answer[..self.count])?;
        self.write(&answer, outputs);
        Some(())
    }

    fn fork(&self) -> Box<dyn Live> {
        let live = self.live.fork();
        Box::new(Self { live, ..*self })
    }
}
