//! How the columns of a CSV file are understood: shown to the user, kept for a bank, passed back.
//!
//! What must stay true: a mapping says everything that reading needs. What is `None` in a mapping
//! that comes from a caller is found in the file; what the file leaves open is a question.

use kernel::CommodityCode;
use serde::{Deserialize, Serialize};

use super::dates::DateOrder;
use super::numbers::DecimalSign;
use crate::fault::printable;

/// How a CSV file is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvMapping {
    /// The character between fields.
    pub delimiter: char,
    /// The line of the header, from 1; `None` where there is none. A mapping that is passed in
    /// finds its header by its names, whatever the line.
    pub header_line: Option<u32>,
    /// The columns, from the left.
    pub columns: Vec<CsvColumn>,
    /// The order of day, month and year; `None`: to be found.
    pub date_order: Option<DateOrder>,
    /// The decimal sign; `None`: to be found.
    pub decimal_sign: Option<DecimalSign>,
    /// The thousands sign, where the file has one.
    pub thousands_sign: Option<char>,
    /// How the signs of the amount column are meant; `None`: to be found by the running balance.
    pub amount_sign: Option<AmountSign>,
    /// How the debit column is written; `None`: to be found.
    pub debit_sign: Option<DebitSign>,
    /// The words of the flag column for money that goes out.
    pub debit_words: Vec<String>,
    /// The words of the flag column for money that comes in.
    pub credit_words: Vec<String>,
    /// The currency of amounts that have no currency column; `None`: to be found.
    pub currency: Option<CommodityCode>,
}

impl CsvMapping {
    /// These columns, and everything else to be found.
    pub(crate) const fn of(delimiter: char, columns: Vec<CsvColumn>) -> Self {
        Self {
            delimiter,
            header_line: None,
            columns,
            date_order: None,
            decimal_sign: None,
            thousands_sign: None,
            amount_sign: None,
            debit_sign: None,
            debit_words: Vec::new(),
            credit_words: Vec::new(),
            currency: None,
        }
    }
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvColumn {
    /// Its name in the header line; empty where there is none.
    pub name: String,
    /// What it holds.
    pub role: Role,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Nothing that is read.
    Ignored,
    /// The day of booking.
    Booked,
    /// The value date.
    Value,
    /// The amount, with a sign or with a flag beside it.
    Amount,
    /// Money that goes out.
    Debit,
    /// Money that comes in.
    Credit,
    /// Whether the amount goes out or comes in.
    Flag,
    /// The balance after the line.
    Balance,
    /// The currency of the line.
    Currency,
    /// The account whose line it is.
    Account,
    /// The other side's name.
    Counterparty,
    /// The other side's account.
    CounterpartyAccount,
    /// The other side's bank.
    CounterpartyBank,
    /// What it was for. Several columns are joined.
    Purpose,
    /// A reference that payer and payee agreed on.
    Reference,
    /// The bank's reference.
    BankReference,
    /// The payer's identification from end to end.
    EndToEnd,
    /// The bank's word for what it was.
    TypeCode,
    /// Whether it is booked.
    // Tables of roles end with the last one.
    Status,
}

/// How the signs of an amount column are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountSign {
    /// What is positive comes in.
    PositiveIn,
    /// What is positive goes out, as on some card statements.
    PositiveOut,
}

/// How a debit column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DebitSign {
    /// Without a sign: the column itself says that it goes out.
    WithoutSign,
    /// With a minus.
    Negative,
}

/// What a file leaves open. The answer belongs into the mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum Question {
    /// Which is the day, the month, the year? (`date_order`)
    DateOrder {
        /// The orders that no date rules out; where dates contradict one another, those that some
        /// of them allow.
        choices: Vec<DateOrder>,
        /// A date that they read differently.
        example: Example,
        /// A date that contradicts it, where there is one.
        against: Option<Example>,
    },
    /// Which sign stands before the decimals? (`decimal_sign`)
    DecimalSign {
        /// The signs that no number rules out; both, where numbers contradict one another.
        choices: Vec<DecimalSign>,
        /// A number that they read differently.
        example: Example,
        /// A number that contradicts it, where there is one.
        against: Option<Example>,
    },
    /// Which column is the day of booking? (`columns`)
    BookedColumn {
        /// The columns that hold dates, from 0.
        choices: Vec<usize>,
    },
    /// Which column is the amount, or which two are debit and credit? (`columns`)
    AmountColumn {
        /// The columns that hold numbers, from 0.
        choices: Vec<usize>,
    },
    /// Which of these words mean that money goes out? (`debit_words`, `credit_words`)
    FlagWords {
        /// The words that are not known.
        words: Vec<String>,
    },
    /// Which currency is it? (`currency`)
    Currency,
}

/// A cell of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Its line, from 1.
    pub line: u32,
    /// What stands there, shortened.
    pub text: String,
}

impl Example {
    /// A cell as it is quoted.
    pub(super) fn new(line: u32, text: &str) -> Self {
        Self { line, text: printable(text) }
    }
}

impl CsvMapping {
    /// The first column with a role, from 0.
    #[must_use]
    pub fn column(&self, role: Role) -> Option<usize> {
        self.columns.iter().position(|column| column.role == role)
    }

    /// The columns with a role, from 0.
    pub fn columns_with(&self, role: Role) -> impl Iterator<Item = usize> {
        let columns = self.columns.iter().enumerate();
        columns.filter(move |(_, column)| column.role == role).map(|(index, _)| index)
    }

    /// Why the columns cannot be read together, if they cannot.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let count = |role| self.columns_with(role).count();
        let once = [
            Role::Booked,
            Role::Value,
            Role::Amount,
            Role::Debit,
            Role::Credit,
            Role::Flag,
            Role::Balance,
            Role::Currency,
            Role::Account,
            Role::Status,
        ];
        if once.iter().any(|role| count(*role) > 1) {
            return Some("at most one column of each role but texts");
        }
        let pair = count(Role::Debit) + count(Role::Credit);
        if count(Role::Amount) > 0 && pair > 0 {
            return Some("an amount column, or debit and credit columns, not both");
        }
        if count(Role::Flag) > 0 && count(Role::Amount) == 0 {
            return Some("an amount column beside the flag column");
        }
        None
    }

    /// The columns that hold numbers.
    pub(super) fn number_columns(&self) -> Vec<usize> {
        let roles = [Role::Amount, Role::Debit, Role::Credit, Role::Balance];
        roles.iter().filter_map(|role| self.column(*role)).collect()
    }

    /// The columns that hold dates.
    pub(super) fn date_columns(&self) -> Vec<usize> {
        [Role::Booked, Role::Value].iter().filter_map(|role| self.column(*role)).collect()
    }

    /// The columns that hold the money of a line.
    pub(super) fn money_columns(&self) -> Vec<usize> {
        let roles = [Role::Amount, Role::Debit, Role::Credit];
        roles.iter().filter_map(|role| self.column(*role)).collect()
    }
}
