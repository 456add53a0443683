//! What the whole table says about how it must be read.
//!
//! What must stay true: everything is found by elimination over all records, or asked. What the
//! caller's mapping says is law.

use std::collections::BTreeSet;

use kernel::{Date, Decimal};

use super::columns::{self, Column};
use super::currency::{self, Stated};
use super::dates::{self, DateOrder};
use super::layout::Layout;
use super::lexer::Record;
use super::mapping::{AmountSign, CsvColumn, CsvMapping, DebitSign, Example, Question, Role};
use super::numbers::{self, DecimalSign};
use super::rows::Rows;
use super::running::{self, Direction, Running};
use super::{Table, vocabulary};
use crate::reading::ReadOptions;
use crate::value;

/// How many different words of a flag column are looked at.
const FLAG_WORDS_MAX: usize = 20;
/// How many records say which cells will be looked at.
const ROWS_EXPECTED_FROM: usize = 200;
/// Where names say nothing, how many columns may be tried as amount and balance.
const MONEY_COLUMNS_MAX: usize = 6;

/// What was found: the mapping as far as it could be completed, and what is open.
pub(super) struct Plan {
    pub mapping: CsvMapping,
    pub questions: Vec<Question>,
}

/// What the cells of the mapped columns say.
#[derive(Default)]
struct Cells {
    dates: dates::Survey,
    numbers: numbers::Survey,
    flag_words: BTreeSet<String>,
    debits_negative: usize,
    debits_unsigned: usize,
}

/// Completes a mapping, given or new, from the records of the table.
///
/// Which cells say something about dates and numbers is known when all columns were looked at. So
/// that records need not be gone through twice, the first ones say which it will be; where that was
/// wrong the right ones are looked at.
pub(super) fn plan(table: Table, options: &ReadOptions) -> Plan {
    let expected = {
        let mut columns = columns_of(table);
        each_row(table, ROWS_EXPECTED_FROM, |row| take_columns(&mut columns, row));
        Draft::of(table, &columns, options).sought
    };
    let mut columns = columns_of(table);
    let mut cells = Cells::default();
    each_row(table, usize::MAX, |row| {
        take_columns(&mut columns, row);
        cells.take(row, &expected);
    });
    let Draft { mut mapping, mut questions, sought } = Draft::of(table, &columns, options);
    if sought != expected {
        cells = Cells::default();
        each_row(table, usize::MAX, |row| cells.take(row, &sought));
    }
    decide_dates(&mut mapping, &cells.dates, &mut questions);
    decide_numbers(&mut mapping, &cells.numbers, &mut questions);
    if mapping.money_columns().is_empty() {
        find_money(table, &mut mapping, (&sought.open, &mut questions));
    }
    if options.csv_mapping.is_none() {
        let open = columns::unexplained_numbers(&mapping, &columns);
        find_balance(table, &mut mapping, &open);
    }
    decide_flags(&mut mapping, &cells, &mut questions);
    if mapping.debit_sign.is_none() && mapping.column(Role::Debit).is_some() {
        let negative = cells.debits_negative > 0 && cells.debits_unsigned == 0;
        let sign = if negative { DebitSign::Negative } else { DebitSign::WithoutSign };
        mapping.debit_sign = Some(sign);
    }
    Plan { mapping, questions }
}

/// What columns say, before their dates and numbers were looked at.
struct Draft {
    mapping: CsvMapping,
    questions: Vec<Question>,
    sought: Sought,
}

/// The cells that say how the table must be read, by their columns.
#[derive(Debug, PartialEq, Eq)]
struct Sought {
    dates: Vec<usize>,
    numbers: Vec<usize>,
    /// The columns of numbers that may be the amount, where none is known to be.
    open: Vec<usize>,
    flag: Option<usize>,
    debit: Option<usize>,
    booked: Option<usize>,
    /// The decimals of the currency.
    scale: Option<u8>,
    /// The last day that a booking can have.
    not_after: Option<Date>,
}

impl Draft {
    fn of((_, layout): Table, columns: &[Column], options: &ReadOptions) -> Self {
        let given = options.csv_mapping.as_ref();
        let mut mapping = given.cloned().unwrap_or_else(|| new_mapping(layout));
        mapping.header_line = layout.header.as_ref().map(|(line, _)| *line);
        let mut questions = Vec::new();
        if given.is_none() {
            columns::complete(&mut mapping, columns, &mut questions);
        }
        decide_currency(layout, &mut mapping, (columns, options), &mut questions);
        let open = columns::unexplained_numbers(&mapping, columns);
        let lone_column =
            mapping.column(Role::Debit).is_some() != mapping.column(Role::Credit).is_some();
        let balance = mapping.column(Role::Balance);
        let unexplained = open.iter().copied().filter(|index| Some(*index) != balance);
        let choices: Vec<usize> = unexplained.collect();
        if given.is_none() && lone_column && !choices.is_empty() {
            // The other one of the pair may be among them.
            questions.push(Question::AmountColumn { choices });
        }
        let open = if mapping.money_columns().is_empty() { open } else { Vec::new() };
        let sought = Sought {
            dates: mapping.date_columns(),
            numbers: mapping.number_columns().into_iter().chain(open.iter().copied()).collect(),
            open,
            flag: mapping.column(Role::Flag),
            debit: mapping.column(Role::Debit),
            booked: mapping.column(Role::Booked),
            scale: mapping.currency.and_then(value::scale_of),
            not_after: options.not_after,
        };
        Self { mapping, questions, sought }
    }
}

impl Cells {
    /// Takes what a record says into account.
    fn take(&mut self, row: &Record, sought: &Sought) {
        for index in &sought.dates {
            // Value dates may lie ahead.
            let last = sought.not_after.filter(|_| Some(*index) == sought.booked);
            self.dates.take(row.cell(*index), row.line, last);
        }
        for index in &sought.numbers {
            self.numbers.take(row.cell(*index), row.line, sought.scale);
        }
        if let Some(flag) = sought.flag.map(|index| row.cell(index)) {
            let word = vocabulary::flag_word(flag);
            if !word.is_empty() && self.flag_words.len() < FLAG_WORDS_MAX {
                self.flag_words.insert(word);
            }
        }
        let debit = sought.debit.map(|index| row.cell(index));
        if let Some(printed) = debit.and_then(numbers::printed)
            && printed.core.contains(|character: char| ('1'..='9').contains(&character))
        {
            self.debits_negative += usize::from(printed.negative);
            self.debits_unsigned += usize::from(!printed.negative);
        }
    }
}

/// Goes through the records that have as many fields as the table has columns.
fn each_row(table: Table, rows_max: usize, mut take: impl FnMut(&Record)) {
    let width = table.1.roles.len();
    let mut rows = Rows::of(table);
    let mut count = 0;
    while count < rows_max && rows.advance() {
        let row = rows.row();
        if row.len() == width {
            take(&row);
        }
        count += 1;
    }
}

fn columns_of((_, layout): Table) -> Vec<Column> {
    layout.roles.iter().map(|_| Column::default()).collect()
}

fn take_columns(columns: &mut [Column], row: &Record) {
    columns.iter_mut().zip(row.cells()).for_each(|(column, cell)| column.take(cell));
}

fn new_mapping(layout: &Layout) -> CsvMapping {
    let name = |index: usize| {
        let names = layout.header.as_ref().map(|(_, names)| names);
        names.and_then(|names| names.get(index)).cloned().unwrap_or_default()
    };
    let columns = layout
        .roles
        .iter()
        .enumerate()
        .map(|(index, role)| CsvColumn { name: name(index), role: *role });
    CsvMapping::of(layout.delimiter, columns.collect())
}

fn decide_currency(
    layout: &Layout,
    mapping: &mut CsvMapping,
    (columns, options): (&[Column], &ReadOptions),
    questions: &mut Vec<Question>,
) {
    if mapping.currency.is_some() || mapping.column(Role::Currency).is_some() {
        return;
    }
    mapping.currency = match currency::stated(layout, mapping, columns, options.currency) {
        Stated::One(currency) => Some(currency),
        Stated::Unclear => None,
        Stated::Nothing => {
            if options.csv_mapping.is_none() {
                columns::find_currency(mapping, columns);
            }
            options.currency
        }
    };
    if mapping.currency.is_none() && mapping.column(Role::Currency).is_none() {
        questions.push(Question::Currency);
    }
}

/// Finds the order of dates by elimination, or asks for it.
pub(super) fn decide_dates(
    mapping: &mut CsvMapping,
    dates: &dates::Survey,
    questions: &mut Vec<Question>,
) {
    if mapping.date_order.is_some() || mapping.column(Role::Booked).is_none() {
        return;
    }
    let choices = dates.remaining();
    match (choices.first(), dates.undecided()) {
        (Some(first), None) => {
            // Where the remaining orders agree on every date, a year in front is the plain name.
            let plain = choices.iter().find(|order| **order == DateOrder::YearMonthDay);
            mapping.date_order = Some(*plain.unwrap_or(first));
        }
        (Some(_), Some(example)) => {
            let (example, against) = (example.clone(), None);
            questions.push(Question::DateOrder { choices, example, against });
        }
        (None, _) => {
            // Every order is ruled out by some date: the first two by dates of each other.
            let [example, against, _] = dates.excluded.clone();
            if let Some(example) = example {
                let choices = super::dates::ORDERS.to_vec();
                questions.push(Question::DateOrder { choices, example, against });
            }
        }
    }
}

/// Finds the decimal sign by elimination, or asks for it.
pub(super) fn decide_numbers(
    mapping: &mut CsvMapping,
    numbers: &numbers::Survey,
    questions: &mut Vec<Question>,
) {
    if mapping.decimal_sign.is_some() {
        return;
    }
    let mut ask = |example: &Example, against: Option<&Example>| {
        let choices = vec![DecimalSign::Point, DecimalSign::Comma];
        let (example, against) = (example.clone(), against.cloned());
        questions.push(Question::DecimalSign { choices, example, against });
    };
    let sign = match (&numbers.not_point, &numbers.not_comma, &numbers.ambiguous) {
        (Some(not_point), Some(not_comma), _) => return ask(not_point, Some(not_comma)),
        (None, None, Some(ambiguous)) => return ask(ambiguous, None),
        (None, _, _) => DecimalSign::Point,
        (Some(_), None, _) => DecimalSign::Comma,
    };
    mapping.decimal_sign = Some(sign);
    mapping.thousands_sign = match sign {
        DecimalSign::Point => numbers.thousands_point,
        DecimalSign::Comma => numbers.thousands_comma,
    };
}

/// Where no name says which column is the amount: the only column of numbers is, or the one that
/// another column is the running balance of.
fn find_money(
    table: Table,
    mapping: &mut CsvMapping,
    (open, questions): (&[usize], &mut Vec<Question>),
) {
    let balance = mapping.column(Role::Balance);
    let unexplained: Vec<usize> =
        open.iter().copied().filter(|index| Some(*index) != balance).collect();
    if let [only] = unexplained.as_slice() {
        set_role(mapping, *only, Role::Amount);
        return;
    }
    let sign = mapping.decimal_sign;
    let proof = sign.filter(|_| open.len() <= MONEY_COLUMNS_MAX).and_then(|sign| {
        let mut pairs = running::Pairs::among(open.len());
        let mut rows = Rows::of(table);
        while rows.advance() {
            let row = rows.row();
            let cells = open.iter().map(|index| number(&row, *index, sign));
            if let Some(cells) = cells.collect::<Option<Vec<_>>>() {
                pairs.take(cells);
            }
        }
        pairs.only()
    });
    match proof.and_then(|(amount, balance)| Some((*open.get(amount)?, *open.get(balance)?))) {
        Some((amount, balance)) => {
            set_role(mapping, amount, Role::Amount);
            set_role(mapping, balance, Role::Balance);
        }
        None => questions.push(Question::AmountColumn { choices: open.to_vec() }),
    }
}

/// Where no name says which column is the balance, a column that every line proves to be is.
fn find_balance(table: Table, mapping: &mut CsvMapping, open: &[usize]) {
    let parts = (mapping.column(Role::Amount), mapping.decimal_sign);
    let (Some(amount), Some(sign)) = parts else {
        return;
    };
    let known = mapping.column(Role::Balance).or(mapping.column(Role::Flag));
    if known.is_some() || open.is_empty() || open.len() > MONEY_COLUMNS_MAX {
        return;
    }
    let mut tried: Vec<(usize, Running)> =
        open.iter().map(|index| (*index, Running::default())).collect();
    let mut rows = Rows::of(table);
    while rows.advance() {
        let row = rows.row();
        let amount = number(&row, amount, sign);
        for (balance, running) in &mut tried {
            match amount {
                Some(amount) => running.take(row.line, amount, number(&row, *balance, sign)),
                None => running.interrupt(),
            }
        }
    }
    let proved = tried.into_iter().find(|(_, running)| {
        let verdict = running.judge(Direction::Forward, true);
        let follows = verdict.direction.is_some() && verdict.breaks == 0;
        follows && verdict.compared + 1 >= running::PAIR_ROWS_MIN
    });
    if let Some((balance, _)) = proved {
        set_role(mapping, balance, Role::Balance);
    }
}

/// A cell as a number, with whatever decimals it has.
fn number(row: &Record, index: usize, sign: DecimalSign) -> Option<Decimal> {
    let printed = numbers::printed(row.field(index))?;
    numbers::digits(&printed, sign)?.0.decimal(None)
}

fn decide_flags(mapping: &mut CsvMapping, cells: &Cells, questions: &mut Vec<Question>) {
    let given = |word: &String| {
        let mut known = mapping.debit_words.iter().chain(&mapping.credit_words);
        known.any(|known| vocabulary::flag_word(known) == *word)
    };
    let open: Vec<String> = cells.flag_words.iter().filter(|word| !given(word)).cloned().collect();
    let mut words = Vec::new();
    for word in open {
        match vocabulary::is_debit_word(&word) {
            Some(true) => mapping.debit_words.push(word),
            Some(false) => mapping.credit_words.push(word),
            None => words.push(word),
        }
    }
    if !words.is_empty() {
        questions.push(Question::FlagWords { words });
    }
}

/// What an amount column's signs mean, where neither mapping nor balance says otherwise.
pub(super) const USUAL_SIGN: AmountSign = AmountSign::PositiveIn;

/// Gives a column a role.
pub(super) fn set_role(mapping: &mut CsvMapping, index: usize, role: Role) {
    if let Some(column) = mapping.columns.get_mut(index) {
        column.role = role;
    }
}
