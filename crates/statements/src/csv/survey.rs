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
pub(super) fn plan((text, layout): Table, options: &ReadOptions) -> Plan {
    let table = (text, layout);
    let columns = columns::survey(table);
    let given = options.csv_mapping.as_ref();
    let mut mapping = given.cloned().unwrap_or_else(|| new_mapping(layout));
    mapping.header_line = layout.header.as_ref().map(|(line, _)| *line);
    let mut questions = Vec::new();
    if given.is_none() {
        columns::complete(&mut mapping, &columns, &mut questions);
    }
    decide_currency(layout, &mut mapping, (&columns, options), &mut questions);
    let open_columns = columns::unexplained_numbers(&mapping, &columns);
    let money_is_open = mapping.money_columns().is_empty();
    let lone_column =
        mapping.column(Role::Debit).is_some() != mapping.column(Role::Credit).is_some();
    let balance = mapping.column(Role::Balance);
    let unexplained = open_columns.iter().copied().filter(|index| Some(*index) != balance);
    let choices: Vec<usize> = unexplained.collect();
    if given.is_none() && lone_column && !choices.is_empty() {
        // The other one of the pair may be among them.
        questions.push(Question::AmountColumn { choices });
    }
    let cells = {
        let open = if money_is_open { open_columns.as_slice() } else { &[] };
        survey_cells(table, &mapping, open, options.not_after)
    };
    decide_dates(&mut mapping, &cells.dates, &mut questions);
    decide_numbers(&mut mapping, &cells.numbers, &mut questions);
    if money_is_open {
        find_money(table, &mut mapping, (&open_columns, &mut questions));
    }
    if given.is_none() {
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

fn survey_cells(
    table: Table,
    mapping: &CsvMapping,
    open: &[usize],
    not_after: Option<Date>,
) -> Cells {
    let mut cells = Cells::default();
    let date_columns = mapping.date_columns();
    let mut number_columns = mapping.number_columns();
    number_columns.extend(open);
    let scale = mapping.currency.and_then(value::scale_of);
    let (flag, debit) = (mapping.column(Role::Flag), mapping.column(Role::Debit));
    let booked = mapping.column(Role::Booked);
    let mut rows = Rows::of(table);
    while rows.advance() {
        let row = rows.row();
        if row.len() != mapping.columns.len() {
            continue;
        }
        let cell = |index: usize| row.cell(index);
        for index in &date_columns {
            // Value dates may lie ahead.
            let last = not_after.filter(|_| Some(*index) == booked);
            cells.dates.take(cell(*index), row.line, last);
        }
        for index in &number_columns {
            cells.numbers.take(cell(*index), row.line, scale);
        }
        let word = vocabulary::flag_word(flag.map(cell).unwrap_or_default());
        if !word.is_empty() && cells.flag_words.len() < FLAG_WORDS_MAX {
            cells.flag_words.insert(word);
        }
        if let Some(printed) = debit.map(cell).and_then(numbers::printed)
            && printed.core.contains(|character: char| ('1'..='9').contains(&character))
        {
            cells.debits_negative += usize::from(printed.negative);
            cells.debits_unsigned += usize::from(!printed.negative);
        }
    }
    cells
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
