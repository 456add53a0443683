//! The records of a table, one after the other, as often as they are gone through.

use super::Table;
use super::lexer::{Record, Records};

/// The records of a table.
pub(super) struct Rows<'t> {
    records: Records<'t>,
    width: usize,
    /// Whether every record ends with a delimiter that the header does not have.
    trailing: bool,
}

impl<'t> Rows<'t> {
    /// Before the first record of a table.
    pub fn of((text, layout): Table<'t>) -> Self {
        let mut records = Records::new(text.window(), layout.delimiter, text.line_end());
        for _ in 0..layout.skipped {
            records.advance();
        }
        Self { records, width: layout.roles.len(), trailing: layout.trailing }
    }

    /// Reads the next record; `false` where there is none.
    pub fn advance(&mut self) -> bool {
        self.records.advance()
    }

    /// The record that was read last, without the blank cell behind a delimiter that ends all.
    pub fn row(&self) -> Record<'_> {
        let row = self.records.record();
        let is_blank =
            self.trailing && row.len() == self.width + 1 && row.cell(self.width).is_empty();
        if is_blank { row.without_last() } else { row }
    }
}
