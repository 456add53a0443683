//! An indicator with its parameters set, and its computation over whole series.

use super::model::Method;
use super::{Indicator, Inputs, OutputKind, Parameter, ParameterKind, Stream, crossing, talib};
use crate::{Error, Result};

/// An indicator with its parameters set.
#[derive(Clone, Debug)]
pub struct Study {
    indicator: &'static Indicator,
    method: Method,
    parameters: Vec<f64>,
    warm_up: usize,
}

/// What an indicator answers over whole series.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// The first bar with values; as many as there are bars where they are too few.
    pub begin: usize,
    /// One column an output, each with a value a bar; NaN before `begin`.
    pub values: Vec<Vec<f64>>,
}

impl Study {
    /// Sets the parameters of an indicator; what is not named has its default.
    ///
    /// # Errors
    /// A parameter is unknown or out of its bounds, or TA-Lib refuses them together.
    pub fn new(indicator: &'static Indicator, parameters: &[(&str, f64)]) -> Result<Self> {
        let mut values: Vec<f64> =
            indicator.parameters.iter().map(|parameter| parameter.default).collect();
        for &(name, value) in parameters {
            let mut places = indicator.parameters.iter().zip(&mut values);
            let found = places.find(|(parameter, _)| parameter.name == name);
            let Some((parameter, place)) = found else {
                return Err(Error::Unknown { argument: "parameter", found: name.to_owned() });
            };
            check(parameter, value)?;
            *place = value;
        }
        let method = match indicator.method {
            Method::TaLib(id) => talib::faster(id, &values).unwrap_or(indicator.method),
            Method::Own(_) | Method::Crossing(_) => indicator.method,
        };
        let warm_up = match method {
            Method::TaLib(id) => talib::warm_up(id, &values)?,
            Method::Own(own) => (own.warm_up)(&values),
            Method::Crossing(crossing) => talib::warm_up(crossing.of, &values)?,
        };
        Ok(Self { indicator, method, parameters: values, warm_up })
    }

    /// The indicator.
    #[must_use]
    pub fn indicator(&self) -> &'static Indicator {
        self.indicator
    }

    /// The parameters' values, in the indicator's order.
    #[must_use]
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// How many bars pass before the first answer.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        self.warm_up
    }

    /// How many bars ahead of (or behind, below 0) its own a chart draws a value of `output`, as
    /// the spans of Ichimoku; the values themselves are never shifted.
    #[must_use]
    pub fn display_shift(&self, output: usize) -> i32 {
        match self.method {
            Method::TaLib(id) => talib::display_shift(id, &self.parameters, output),
            Method::Own(_) | Method::Crossing(_) => 0,
        }
    }

    /// Computes the outputs.
    ///
    /// # Errors
    /// A series that the indicator reads is missing.
    pub fn compute(&self, inputs: &Inputs<'_>) -> Result<Columns> {
        let (columns, _) = inputs.of(self.indicator)?;
        let bars = columns.first().map_or(0, |column| column.len());
        let mut values = vec![vec![0.0; bars]; self.indicator.outputs.len()];
        let mut places: Vec<&mut [f64]> = values.iter_mut().map(Vec::as_mut_slice).collect();
        let begin = self.compute_into(inputs, &mut places)?;
        Ok(Columns { begin, values })
    }

    /// Computes the outputs into the caller's columns, one an output, each as long as the inputs,
    /// and answers the first bar with values. Before it the columns are NaN. Beyond them no memory
    /// is taken, but for outputs of whole numbers, for which TA-Lib needs some.
    ///
    /// # Errors
    /// A series that the indicator reads is missing; there are more or fewer columns than outputs,
    /// or one is of another length.
    pub fn compute_into(&self, inputs: &Inputs<'_>, outputs: &mut [&mut [f64]]) -> Result<usize> {
        let (columns, begin) = inputs.of(self.indicator)?;
        let bars = columns.first().map_or(0, |column| column.len());
        crate::error::same_length("outputs", outputs.len(), self.indicator.outputs.len())?;
        for column in outputs.iter() {
            crate::error::same_length("outputs", column.len(), bars)?;
        }
        let first = begin.saturating_add(self.warm_up).min(bars);
        if first < bars {
            self.fill(&columns, outputs, begin)?;
        }
        for column in outputs.iter_mut() {
            column[..first].fill(f64::NAN);
        }
        self.count_from_first(outputs, begin, first);
        Ok(first)
    }

    /// Begins a stream: the same answers, one bar at a time.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream::new(self.clone())
    }

    pub(super) fn method(&self) -> Method {
        self.method
    }

    fn fill(&self, columns: &[&[f64]], outputs: &mut [&mut [f64]], begin: usize) -> Result<()> {
        let columns: Vec<&[f64]> = columns.iter().map(|column| &column[begin..]).collect();
        let mut places: Vec<&mut [f64]> =
            outputs.iter_mut().map(|column| &mut column[begin..]).collect();
        match self.method {
            Method::TaLib(id) => talib::batch(id, &self.parameters, &columns, &mut places),
            Method::Own(own) => {
                (own.batch)(own, &self.parameters, &columns, &mut places);
                Ok(())
            }
            Method::Crossing(crossing) => {
                crossing::batch(crossing, &self.parameters, &columns, &mut places)
            }
        }
    }

    /// Numbers of bars count from the series' first bar, not from the study's.
    fn count_from_first(&self, outputs: &mut [&mut [f64]], begin: usize, first: usize) {
        if begin == 0 {
            return;
        }
        for (output, column) in self.indicator.outputs.iter().zip(outputs) {
            if output.kind == OutputKind::Bar {
                column[first..].iter_mut().for_each(|bar| *bar += super::own::real(begin));
            }
        }
    }
}

fn check(parameter: &'static Parameter, value: f64) -> Result<()> {
    let is_sound = match &parameter.kind {
        ParameterKind::Integer { min, max } => {
            value.fract() == 0.0 && (f64::from(*min)..=f64::from(*max)).contains(&value)
        }
        ParameterKind::Real { min, max } => (*min..=*max).contains(&value),
        ParameterKind::Choice(values) => values.iter().any(|&(one, _)| f64::from(one) == value),
    };
    if is_sound {
        return Ok(());
    }
    let expected = match &parameter.kind {
        ParameterKind::Integer { min, max } => format!("a whole number from {min} to {max}"),
        ParameterKind::Real { min, max } => format!("a number from {min} to {max}"),
        ParameterKind::Choice(values) => {
            let each: Vec<_> = values.iter().map(|(one, name)| format!("{one} ({name})")).collect();
            format!("one of {}", each.join(", "))
        }
    };
    Err(Error::out_of_bounds(&parameter.name, value, expected))
}
