//! The one error of this crate: each names the argument that is at fault.

use kernel::{ErrorKind, FieldFault, Problematic};

/// What a function answers that cannot compute.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a figure cannot be computed. `argument` is the parameter's name as documented.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer values than the figure is defined for.
    #[error("{argument} needs at least {needed} values, has {found}")]
    TooShort {
        /// Whose values.
        argument: &'static str,
        /// The least number of values.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Two arguments that must be of one length are not.
    #[error("{argument} has {found} values where {expected} are expected")]
    LengthsDiffer {
        /// Whose length.
        argument: &'static str,
        /// The length that its partner has.
        expected: usize,
        /// Its own.
        found: usize,
    },
    /// A NaN or an infinity where only numbers are allowed.
    #[error("{argument} is not a finite number at index {index}")]
    NotFinite {
        /// Whose value.
        argument: &'static str,
        /// Its index, from 0.
        index: usize,
    },
    /// A number outside of its bounds.
    #[error("{argument} is {found}, expected {expected}")]
    OutOfBounds {
        /// Whose value.
        argument: &'static str,
        /// The value.
        found: f64,
        /// The bounds, in words: "a number above 0".
        expected: String,
    },
    /// Dates, levels or thresholds that do not rise.
    #[error("{argument} is not in ascending order at index {index}")]
    NotAscending {
        /// Whose values.
        argument: &'static str,
        /// The first index that is not above the one before.
        index: usize,
    },
    /// An input that the figure reads and that was not given.
    #[error("{argument} is missing")]
    Missing {
        /// Which one.
        argument: &'static str,
    },
    /// A name that nothing has.
    #[error("there is no {argument} named {found:?}")]
    Unknown {
        /// Of what: an indicator, a parameter.
        argument: &'static str,
        /// The name.
        found: String,
    },
    /// The figure has no value for this input: no variance, no change of sign, a singular matrix.
    #[error("{figure} has no value: {why}")]
    Undefined {
        /// The figure.
        figure: &'static str,
        /// Why it has none.
        why: &'static str,
    },
    /// Constraints that no answer can meet.
    #[error("the constraints cannot all be met: {why}")]
    Infeasible {
        /// Which of them contradict each other.
        why: String,
    },
    /// A method that did not come to its end within its limit of steps.
    #[error("{method} did not converge within {steps_max} steps")]
    NotConverged {
        /// The method.
        method: &'static str,
        /// The limit.
        steps_max: usize,
    },
}

impl Error {
    /// The argument at fault, where one is.
    #[must_use]
    pub fn argument(&self) -> Option<&'static str> {
        match self {
            Self::TooShort { argument, .. }
            | Self::LengthsDiffer { argument, .. }
            | Self::NotFinite { argument, .. }
            | Self::OutOfBounds { argument, .. }
            | Self::NotAscending { argument, .. }
            | Self::Missing { argument }
            | Self::Unknown { argument, .. } => Some(argument),
            Self::Undefined { .. } | Self::Infeasible { .. } | Self::NotConverged { .. } => None,
        }
    }

    /// An error of `argument` that is `found` where `expected` was.
    #[must_use]
    pub fn out_of_bounds(argument: &'static str, found: f64, expected: impl Into<String>) -> Self {
        Self::OutOfBounds { argument, found, expected: expected.into() }
    }
}

impl Problematic for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "series_too_short",
            Self::LengthsDiffer { .. } => "lengths_differ",
            Self::NotFinite { .. } => "not_finite",
            Self::OutOfBounds { .. } => "out_of_bounds",
            Self::NotAscending { .. } => "not_ascending",
            Self::Missing { .. } => "series_missing",
            Self::Unknown { .. } => "unknown_name",
            Self::Undefined { .. } => "undefined_figure",
            Self::Infeasible { .. } => "infeasible",
            Self::NotConverged { .. } => "not_converged",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::TooShort { .. }
            | Self::LengthsDiffer { .. }
            | Self::NotFinite { .. }
            | Self::OutOfBounds { .. }
            | Self::NotAscending { .. }
            | Self::Missing { .. }
            | Self::Unknown { .. } => ErrorKind::Invalid,
            Self::Undefined { .. } | Self::Infeasible { .. } | Self::NotConverged { .. } => {
                ErrorKind::Refused
            }
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        let fault = |argument| FieldFault::new(argument, self.code(), self);
        self.argument().map(fault).into_iter().collect()
    }
}

/// Checks that every value of `argument` is a number.
pub(crate) fn all_finite(argument: &'static str, values: &[f64]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Error::NotFinite { argument, index }),
        None => Ok(()),
    }
}

/// Checks that `argument` has at least `needed` values.
pub(crate) fn at_least(argument: &'static str, found: usize, needed: usize) -> Result<()> {
    if found < needed {
        return Err(Error::TooShort { argument, needed, found });
    }
    Ok(())
}

/// Checks that `argument` has as many values as its partner.
pub(crate) fn same_length(argument: &'static str, found: usize, expected: usize) -> Result<()> {
    if found != expected {
        return Err(Error::LengthsDiffer { argument, expected, found });
    }
    Ok(())
}
