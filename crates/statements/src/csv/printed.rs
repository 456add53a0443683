//! Dates and amounts as people print them, for formats that are no tables (QIF).
//!
//! What must stay true: the same elimination as for the cells of a table, the same questions, and
//! the same answers in a [`CsvMapping`].

use kernel::{CommodityCode, Date, Decimal};

use super::dates::DateOrder;
use super::mapping::{CsvColumn, CsvMapping, Question, Role};
use super::row::{self, Rules};
use super::{ask, dates, numbers, survey};
use crate::fault::Findings;
use crate::reading::ReadOptions;
use crate::value::{self, Refusal};

/// What the values of a file say about how they are printed.
#[derive(Default)]
pub(crate) struct Survey {
    dates: dates::Survey,
    numbers: numbers::Survey,
    any_amount: bool,
}

/// How they are printed, with nothing left open.
pub(crate) struct Printing {
    rules: Rules,
    pub currency: CommodityCode,
}

/// What was decided: the mapping, what is open, and how to read where nothing is.
pub(crate) struct Decided {
    pub mapping: CsvMapping,
    pub questions: Vec<Question>,
    pub printing: Option<Printing>,
}

impl Survey {
    /// Takes a date into account.
    pub fn take_date(&mut self, text: &str, line: u32, options: &ReadOptions) {
        self.dates.take(text, line, options.not_after);
    }

    /// Takes an amount into account.
    pub fn take_amount(&mut self, text: &str, line: u32, options: &ReadOptions) {
        self.any_amount = true;
        let scale = options.currency.and_then(value::scale_of);
        self.numbers.take(text, line, scale);
    }

    /// Decides by elimination, or asks. `names` are those of the fields with date and amount; a
    /// caller's mapping answers where its columns have the same names.
    pub fn decide(
        self,
        names: [&str; 2],
        options: &ReadOptions,
        findings: &mut Findings,
    ) -> Decided {
        let new = new_mapping(names);
        let given = options.csv_mapping.as_ref().filter(|given| given.columns == new.columns);
        let mut mapping = given.cloned().unwrap_or(new);
        let mut questions = Vec::new();
        mapping.currency = mapping.currency.or(options.currency);
        if mapping.currency.is_none() && self.any_amount {
            questions.push(Question::Currency);
        }
        if self.dates.any {
            survey::decide_dates(&mut mapping, &self.dates, &mut questions);
        } else {
            // A file without dates has nothing that an order could change.
            mapping.date_order.get_or_insert(DateOrder::YearMonthDay);
        }
        survey::decide_numbers(&mut mapping, &self.numbers, &mut questions);
        for question in &questions {
            ask(question, 1, findings);
        }
        let rules = Rules::of(&mapping).filter(|_| questions.is_empty());
        let printing =
            rules.zip(mapping.currency).map(|(rules, currency)| Printing { rules, currency });
        Decided { mapping, questions, printing }
    }
}

impl Printing {
    /// How a table was printed, by its mapping with nothing left open.
    pub fn of(mapping: &CsvMapping) -> Option<Self> {
        Some(Self { rules: Rules::of(mapping)?, currency: mapping.currency? })
    }

    /// A date in the order of the file.
    pub fn date(&self, text: &str) -> Result<Date, Refusal> {
        row::date(text, &self.rules)
    }

    /// An amount with the signs of the file.
    pub fn amount(&self, text: &str) -> Result<Decimal, Refusal> {
        row::money(text, &self.rules, self.currency)
    }
}

fn new_mapping([date, amount]: [&str; 2]) -> CsvMapping {
    let column = |name: &str, role| CsvColumn { name: name.to_owned(), role };
    CsvMapping::of('\n', vec![column(date, Role::Booked), column(amount, Role::Amount)])
}
