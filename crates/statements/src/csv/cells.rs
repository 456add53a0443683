//! What cells and names of columns say by themselves, for a format that has to find its table in
//! words on a page (PDF), and how cells are written for this reader.

use super::layout;
use super::mapping::Role;
use super::{dates, numbers, vocabulary};

/// What a line that states a balance says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BalanceWord {
    /// Before what follows.
    Opening,
    /// Behind what stands above.
    Closing,
}

/// Whether these are names of columns: of a date, of money, and all of them different.
pub(crate) fn is_header(names: &[String]) -> bool {
    let roles = layout::roles_of(names);
    roles.contains(&Role::Booked) && !money_columns(names).is_empty()
}

/// The column of the day of booking.
pub(crate) fn booked_column(names: &[String]) -> Option<usize> {
    column(names, Role::Booked)
}

/// The column of texts that the next lines may continue.
pub(crate) fn text_column(names: &[String]) -> Option<usize> {
    column(names, Role::Purpose).or_else(|| column(names, Role::Counterparty))
}

/// The column of balances.
pub(crate) fn balance_column(names: &[String]) -> Option<usize> {
    column(names, Role::Balance)
}

/// The columns of amounts.
pub(crate) fn money_columns(names: &[String]) -> Vec<usize> {
    let roles = layout::roles_of(names).into_iter().enumerate();
    let is_money = |role: &Role| matches!(role, Role::Amount | Role::Debit | Role::Credit);
    roles.filter(|(_, role)| is_money(role)).map(|(index, _)| index).collect()
}

fn column(names: &[String], role: Role) -> Option<usize> {
    layout::roles_of(names).into_iter().position(|found| found == role)
}

/// Whether a text is a date in any order.
pub(crate) fn is_date(text: &str) -> bool {
    dates::is_date(text)
}

/// Whether a text is a number in any reading, and no date.
pub(crate) fn is_number(text: &str) -> bool {
    numbers::printed(text).is_some() && !dates::is_date(text)
}

/// Which balance the words of a line announce.
pub(crate) fn balance_word(label: &str) -> Option<BalanceWord> {
    match vocabulary::is_opening(label)? {
        true => Some(BalanceWord::Opening),
        false => Some(BalanceWord::Closing),
    }
}

/// Writes a cell on one line, in quotes where it begins with one.
pub(crate) fn push_cell(content: &str, text: &mut String) {
    let quoted = content.starts_with('"');
    if quoted {
        text.push('"');
    }
    for character in content.chars() {
        match character {
            '"' if quoted => text.push_str("\"\""),
            _ if character.is_control() => text.push(' '),
            _ => text.push(character),
        }
    }
    if quoted {
        text.push('"');
    }
}
