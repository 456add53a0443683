//! Pivot levels: support and resistance computed from the bar before.
//!
//! With `H`, `L`, `C` of the bar before (for levels of a day, give bars of a day) and `R = H - L`:
//!
//! | method | pivot | resistances | supports |
//! | --- | --- | --- | --- |
//! | classic | `P = (H+L+C) / 3` | `2P-L`, `P+R`, `H+2(P-L)` | `2P-H`, `P-R`, `L-2(H-P)` |
//! | Fibonacci | the same | `P+0.382R`, `P+0.618R`, `P+R` | `P-0.382R`, `P-0.618R`, `P-R` |
//! | Camarilla | the same | `C+1.1R/12`, `/6`, `/4`, `/2` | `C-1.1R/12`, `/6`, `/4`, `/2` |
//! | Woodie | `P = (H+L+2C) / 4` | as classic | as classic |
//!
//! Sources: John Person, A Complete Guide to Technical Trading Tactics, 2004 (classic, Woodie);
//! Nick Scott's Camarilla equations, 1989. Woodie has a second form with today's opening price in
//! place of the close before; this is the first.

use super::live::Live;
use super::model::Method;
use super::own::{Own, one_by_one};
use super::{Drawing, Group, Indicator, Input, Output, OutputKind};

/// A pivot, and pairs of resistance and support, the nearest first.
type Levels = (f64, [(f64, f64); 4]);

#[derive(Clone, Copy, Debug)]
struct Bar {
    high: f64,
    low: f64,
    close: f64,
}

static CLASSIC: Own = own(|_| Box::new(Pivots::new(classic)));
static FIBONACCI: Own = own(|_| Box::new(Pivots::new(fibonacci)));
static CAMARILLA: Own = own(|_| Box::new(Pivots::new(camarilla)));
static WOODIE: Own = own(|_| Box::new(Pivots::new(woodie)));

const fn own(open: fn(&[f64]) -> Box<dyn Live>) -> Own {
    Own { warm_up: |_| 1, open, batch: one_by_one }
}

pub(super) fn describe() -> [Indicator; 4] {
    [
        indicator("PIVOT_CLASSIC", "Pivot levels, classic", 3, &CLASSIC),
        indicator("PIVOT_FIBONACCI", "Pivot levels, Fibonacci", 3, &FIBONACCI),
        indicator("PIVOT_CAMARILLA", "Pivot levels, Camarilla", 4, &CAMARILLA),
        indicator("PIVOT_WOODIE", "Pivot levels, Woodie", 3, &WOODIE),
    ]
}

fn indicator(name: &'static str, title: &str, pairs: usize, own: &'static Own) -> Indicator {
    let line = |name: &str, drawing| Output::new(name, OutputKind::Real, drawing);
    let mut outputs = vec![line("pivot", Drawing::Dashes)];
    for pair in 1..=pairs {
        outputs.push(line(&format!("resistance{pair}"), Drawing::UpperLimit));
        outputs.push(line(&format!("support{pair}"), Drawing::LowerLimit));
    }
    Indicator {
        name,
        group: Group::Overlap,
        title: title.to_owned(),
        inputs: vec![Input::High, Input::Low, Input::Close],
        parameters: Vec::new(),
        outputs,
        overlay: true,
        path_dependent: false,
        may_be_undefined: false,
        method: Method::Own(own),
    }
}

#[derive(Clone, Debug)]
struct Pivots {
    levels: fn(Bar) -> Levels,
    before: Option<Bar>,
}

impl Pivots {
    fn new(levels: fn(Bar) -> Levels) -> Self {
        Self { levels, before: None }
    }
}

impl Live for Pivots {
    fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
        let (&[high, low, close], [pivot, pairs @ ..]) = (row, outputs) else { return None };
        if let Some(before) = self.before {
            let (middle, levels) = (self.levels)(before);
            *pivot = middle;
            for (pair, (resistance, support)) in pairs.chunks_exact_mut(2).zip(levels) {
                pair.copy_from_slice(&[resistance, support]);
            }
        }
        self.before = Some(Bar { high, low, close });
        Some(())
    }

    fn fork(&self) -> Box<dyn Live> {
        Box::new(self.clone())
    }
}

fn classic(bar: Bar) -> Levels {
    around((bar.high + bar.low + bar.close) / 3.0, bar)
}

fn woodie(bar: Bar) -> Levels {
    around((bar.high + bar.low + 2.0 * bar.close) / 4.0, bar)
}

fn around(pivot: f64, Bar { high, low, .. }: Bar) -> Levels {
    let range = high - low;
    let pairs = [
        (2.0 * pivot - low, 2.0 * pivot - high),
        (pivot + range, pivot - range),
        (high + 2.0 * (pivot - low), low - 2.0 * (high - pivot)),
        (f64::NAN, f64::NAN),
    ];
    (pivot, pairs)
}

fn fibonacci(bar: Bar) -> Levels {
    let pivot = (bar.high + bar.low + bar.close) / 3.0;
    let shares = [0.382, 0.618, 1.0, f64::NAN];
    (pivot, shares.map(|share| apart(pivot, share * (bar.high - bar.low))))
}

fn camarilla(bar: Bar) -> Levels {
    let pivot = (bar.high + bar.low + bar.close) / 3.0;
    let parts = [12.0, 6.0, 4.0, 2.0];
    (pivot, parts.map(|part| apart(bar.close, 1.1 * (bar.high - bar.low) / part)))
}

fn apart(middle: f64, distance: f64) -> (f64, f64) {
    (middle + distance, middle - distance)
}
