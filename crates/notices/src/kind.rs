//! Kinds of notices, and what each is told of: parameters that no language has touched.

use kernel::{Date, Money};
use serde::{Deserialize, Serialize};

use crate::error::NoticesError;
use crate::limits::TEXT_CHARS_MAX;
use crate::model::{Language, Severity};

/// A kind of notice, which the module that writes it declares beside its texts.
pub struct Kind {
    /// Module and matter: `wealth.import_faults`.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What its texts may name.
    pub params: &'static [(&'static str, ParamType)],
    /// A file of texts for each language; each holds this kind among others
    /// ([`check_texts`](crate::check_texts) says in which form).
    pub texts: &'static [(Language, &'static str)],
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamType {
    /// Words that are shown as they are.
    Text,
    /// How many.
    Count,
    /// An amount of a currency.
    Money,
    /// A part of a whole, in hundredths of a percent.
    Percent,
    /// A day.
    Date,
}

/// What a text is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Param {
    /// Words that are shown as they are.
    Text {
        /// The words.
        text: String,
    },
    /// How many.
    Count {
        /// So many.
        count: u64,
    },
    /// An amount of a currency.
    Money {
        /// A decimal number: `-1234.50`.
        amount: String,
        /// Its code.
        currency: String,
    },
    /// A part of a whole.
    Percent {
        /// In hundredths of a percent.
        basis_points: i64,
    },
    /// A day.
    Date {
        /// `YYYY-MM-DD`
        date: String,
    },
}

impl Param {
    /// Words, without control characters, cut where they are too long.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        Self::Text { text: text.chars().take(TEXT_CHARS_MAX).map(plain).collect() }
    }

    /// How many.
    #[must_use]
    pub const fn count(count: u64) -> Self {
        Self::Count { count }
    }

    /// A decimal number of a currency.
    #[must_use]
    pub fn money(amount: &str, currency: &str) -> Self {
        Self::Money { amount: amount.to_owned(), currency: currency.to_owned() }
    }

    /// An amount of a currency.
    #[must_use]
    pub fn of_money(money: Money) -> Self {
        Self::money(&money.amount_text(), money.commodity.code.as_str())
    }

    /// A part of a whole, in hundredths of a percent.
    #[must_use]
    pub const fn percent(basis_points: i64) -> Self {
        Self::Percent { basis_points }
    }

    /// A day.
    #[must_use]
    pub fn date(date: Date) -> Self {
        Self::Date { date: date.to_string() }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> ParamType {
        match self {
            Self::Text { .. } => ParamType::Text,
            Self::Count { .. } => ParamType::Count,
            Self::Money { .. } => ParamType::Money,
            Self::Percent { .. } => ParamType::Percent,
            Self::Date { .. } => ParamType::Date,
        }
    }
}

impl Kind {
    /// Whether these are the parameters that the kind has, no more and no fewer.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn check(&self, params: &[(&str, Param)]) -> Result<(), NoticesError> {
        let wrong = |name: &str| {
            NoticesError::configuration(format!("{}: the parameter {name} does not fit", self.name))
        };
        for (name, param) in params {
            let declared = self.params.iter().find(|(declared, _)| declared == name);
            if declared.is_none_or(|(_, kind)| *kind != param.kind()) {
                return Err(wrong(name));
            }
        }
        let missing =
            |declared: &&(&str, ParamType)| params.iter().all(|(name, _)| *name != declared.0);
        self.params.iter().find(missing).map_or(Ok(()), |(name, _)| Err(wrong(name)))
    }
}
