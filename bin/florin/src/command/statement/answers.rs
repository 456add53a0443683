//! What a table leaves open, asked of a person in the words of the command line, and their answers.

use serde::Serialize;
use serde_json::Value as Json;
use statements::{CsvMapping, DecimalSign, Question};

use crate::cli::statement::TableAnswers;

/// The mapping that was found, with the answers in it; `None` where they change nothing.
pub fn given(answers: &TableAnswers, found: &CsvMapping) -> Option<CsvMapping> {
    let mut mapping = found.clone();
    for (index, role) in &answers.columns {
        // A column that the file does not have is seen by the reader: its roles do not fit.
        if let Some(column) = mapping.columns.get_mut(*index) {
            column.role = *role;
        }
    }
    mapping.date_order = answers.date_order.or(mapping.date_order);
    if let Some(sign) = answers.decimal.filter(|sign| Some(*sign) != mapping.decimal_sign) {
        mapping.decimal_sign = Some(sign);
        // What stands before three digits in the example is the one or the other.
        mapping.thousands_sign = Some(match sign {
            DecimalSign::Point => ',',
            DecimalSign::Comma => '.',
        });
    }
    mapping.amount_sign = answers.amount_sign.or(mapping.amount_sign);
    for (words, answered) in [
        (&mut mapping.debit_words, &answers.debit_words),
        (&mut mapping.credit_words, &answers.credit_words),
    ] {
        words.extend(answered.iter().cloned());
    }
    (mapping != *found).then_some(mapping)
}

/// A question with the words that answer it.
pub fn asked(question: &Question, mapping: Option<&CsvMapping>) -> String {
    let column = |index: &usize| {
        let columns = mapping.map(|mapping| mapping.columns.as_slice()).unwrap_or_default();
        match columns.get(*index).map(|column| column.name.as_str()) {
            None | Some("") => format!("{}", index + 1),
            Some(name) => format!("{} ({name})", index + 1),
        }
    };
    let columns = |choices: &[usize]| {
        let choices: Vec<String> = choices.iter().map(column).collect();
        choices.join(", ")
    };
    match question {
        Question::DateOrder { choices, example, .. } => format!(
            "in which order are day, month and year in {:?} on line {}? Say --date-order {}",
            example.text,
            example.line,
            options(choices)
        ),
        Question::DecimalSign { choices, example, .. } => format!(
            "what stands before the decimals of {:?} on line {}? Say --decimal {}",
            example.text,
            example.line,
            options(choices)
        ),
        Question::BookedColumn { choices } => format!(
            "which column is the day of booking: {}? Say --column NUMBER=booked",
            columns(choices)
        ),
        Question::AmountColumn { choices } => format!(
            "which column is the amount: {}? Say --column NUMBER=amount, or debit and credit",
            columns(choices)
        ),
        Question::FlagWords { words } => format!(
            "does money go out or come in where it says {}? Say --debit-word or --credit-word",
            words.join(", ")
        ),
        Question::Currency => "which currency is it? Say --currency CODE".to_owned(),
    }
}

/// The words for choices, as the command line takes them.
fn options<T: Serialize>(choices: &[T]) -> String {
    let word = |choice: &T| match serde_json::to_value(choice) {
        Ok(Json::String(word)) => word.replace('_', "-"),
        _ => String::new(),
    };
    choices.iter().map(word).collect::<Vec<_>>().join(" or ")
}
