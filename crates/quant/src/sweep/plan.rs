//! What is to be tried: studies, and rules over their lines.

use std::collections::BTreeMap;

use crate::indicators::{self, Study};
use crate::{Error, Result};

/// Rules of a plan, at most.
pub const RULES_MAX: usize = 1_000_000;
/// Different studies of a plan, at most.
pub const STUDIES_MAX: usize = 10_000;

/// Studies and rules over their lines.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    studies: Vec<Study>,
    places: BTreeMap<(&'static str, Vec<u64>), usize>,
    rules: Vec<Rule>,
}

/// A series that a rule compares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    /// The closing price.
    Close,
    /// One price, or one value of an oscillator, on all bars.
    Level(f64),
    /// An output of a study of the plan.
    Study {
        /// What [`Plan::study`] answered.
        study: usize,
        /// The output's position in the indicator's description.
        output: usize,
    },
}

/// The event that `above` comes to lie above `below`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cross {
    /// The line that rises through the other.
    pub above: Line,
    /// The other line.
    pub below: Line,
}

impl Cross {
    /// The same lines the other way round.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { above: self.below, below: self.above }
    }
}

/// When to buy, and when to sell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Buys all.
    pub enter: Cross,
    /// Sells all.
    pub exit: Cross,
}

impl Plan {
    /// A plan of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The crossings of one kind of moving average at each pair of periods, the shorter above the
    /// longer to buy and below it to sell. Pairs come in the order of `periods`: the first with
    /// each after it, the second with each after it, and so on.
    ///
    /// # Errors
    /// The average is unknown or has no `time_period`, a period is out of its bounds, or there are
    /// too many.
    pub fn crossings(average: &str, periods: &[u32]) -> Result<Self> {
        let mut plan = Self::new();
        let mut lines = Vec::with_capacity(periods.len());
        for &period in periods {
            let study = indicators::study(average, &[("time_period", f64::from(period))])?;
            lines.push((period, Line::Study { study: plan.study(study)?, output: 0 }));
        }
        for (at, (period, one)) in lines.iter().enumerate() {
            for (other_period, other) in lines.iter().skip(at + 1) {
                let (above, below) =
                    if period <= other_period { (*one, *other) } else { (*other, *one) };
                let enter = Cross { above, below };
                plan.rule(Rule { enter, exit: enter.reversed() })?;
            }
        }
        Ok(plan)
    }

    /// Adds a study, or finds the same one; answers its number.
    ///
    /// # Errors
    /// There are [`STUDIES_MAX`] already.
    pub fn study(&mut self, study: Study) -> Result<usize> {
        let bits = study.parameters().iter().map(|value| value.to_bits()).collect();
        let number = self.studies.len();
        let place = self.places.entry((study.indicator().name, bits)).or_insert(number);
        if *place < number {
            return Ok(*place);
        }
        if number == STUDIES_MAX {
            let found = indicators::real(number + 1);
            return Err(Error::out_of_bounds("studies", found, "at most 10000 studies"));
        }
        self.studies.push(study);
        Ok(number)
    }

    /// Adds a rule; answers its number, which is the place of its figures.
    ///
    /// # Errors
    /// A line is of a study or an output that there is not, a level is not a number, or there are
    /// [`RULES_MAX`] rules already.
    pub fn rule(&mut self, rule: Rule) -> Result<usize> {
        for line in lines(&rule) {
            self.check(line)?;
        }
        let number = self.rules.len();
        if number == RULES_MAX {
            let found = indicators::real(number + 1);
            return Err(Error::out_of_bounds("rules", found, "at most 1000000 rules"));
        }
        self.rules.push(rule);
        Ok(number)
    }

    /// The studies, by number.
    #[must_use]
    pub fn studies(&self) -> &[Study] {
        &self.studies
    }

    /// The rules, by number.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    fn check(&self, line: Line) -> Result<()> {
        match line {
            Line::Close => Ok(()),
            Line::Level(level) if level.is_finite() => Ok(()),
            Line::Level(level) => Err(Error::out_of_bounds("level", level, "a finite number")),
            Line::Study { study, output } => {
                let found = self.studies.get(study);
                let outputs = found.map_or(0, |study| study.indicator().outputs.len());
                if output < outputs {
                    return Ok(());
                }
                let (argument, found) = ("line", format!("output {output} of study {study}"));
                Err(Error::Unknown { argument, found })
            }
        }
    }
}

/// The four lines of a rule.
pub(super) fn lines(rule: &Rule) -> [Line; 4] {
    [rule.enter.above, rule.enter.below, rule.exit.above, rule.exit.below]
}
