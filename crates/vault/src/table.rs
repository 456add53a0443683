//! Tables with sealed columns, as the vault sees them when it walks all of a tenant's rows: to seal
//! them anew, or to show what is held about a party.

use kernel::Uuid;
use storage::{Row, Statement, StorageError, Tx, Value, params};

use crate::sealed::{Column, Content, Form, KeyId, Part, Place, RowKey, parts};

/// A table with sealed columns. Its module declares the statements.
#[derive(Clone, Copy)]
pub struct SealedTable {
    /// Its name.
    pub name: &'static str,
    /// Its sealed columns, in the order of both statements.
    pub columns: &'static [SealedColumn],
    /// A row before every one: its part says what tells rows below an id apart.
    pub first: RowKey,
    /// The rows after a row: `$1` its id, `$2` its part, `$3` how many at most. It gives id and
    /// part, then the sealed columns, in the order of id and part.
    pub page: &'static Statement,
    /// Writes the columns of one row: `$1` its id, `$2` its part, then for each column what is to
    /// stand there and what must stand there before. It touches no row where another stands there.
    pub update: &'static Statement,
}

/// A sealed column.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// Its name.
    pub name: &'static str,
    /// What its content is.
    pub form: Form,
}

/// A row, as far as it is sealed.
pub(crate) struct SealedRow {
    pub key: RowKey,
    pub cells: Vec<Option<Vec<u8>>>,
}

/// A row that is to be written.
pub(crate) struct ChangedRow {
    pub key: RowKey,
    pub cells: Vec<ChangedCell>,
}

/// What is to stand in a column, and what stood there when it was read.
pub(crate) struct ChangedCell {
    pub new: Option<Vec<u8>>,
    pub old: Option<Vec<u8>>,
}

impl SealedColumn {
    /// The column that a type stands for.
    #[must_use]
    pub const fn of<C: Column>() -> Self {
        Self { name: C::NAME, form: <C::Content as Content>::FORM }
    }
}

impl RowKey {
    /// Before every row with a number.
    pub const FIRST_NUMBER: Self = Self { id: Uuid::nil(), part: Part::Number(i64::MIN) };
    /// Before every row with a second id.
    pub const FIRST_ID: Self = Self { id: Uuid::nil(), part: Part::Id(Uuid::nil()) };

    /// The row of an id that needs no number.
    #[must_use]
    pub const fn of(id: Uuid) -> Self {
        Self::numbered(id, 0)
    }

    /// The row with a number below an id.
    #[must_use]
    pub const fn numbered(id: Uuid, number: i64) -> Self {
        Self { id, part: Part::Number(number) }
    }

    /// The row with a second id below an id.
    #[must_use]
    pub const fn of_both(id: Uuid, second: Uuid) -> Self {
        Self { id, part: Part::Id(second) }
    }
}

impl SealedTable {
    /// The rows after a row.
    pub(crate) async fn rows_after(
        &self,
        tx: &mut Tx,
        after: RowKey,
        limit: u16,
    ) -> Result<Vec<SealedRow>, StorageError> {
        let rows = tx.rows(self.page, params![after.id, after.part, limit]).await?;
        let one = |row: &Row| {
            let key = RowKey { id: row.get(0)?, part: row.get(1)? };
            let cells = (0..self.columns.len()).map(|at| row.get(at + 2));
            Ok(SealedRow { key, cells: cells.collect::<Result<_, StorageError>>()? })
        };
        rows.iter().map(one).collect()
    }

    /// Writes rows; how many still stood as they were read.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx,
        rows: Vec<ChangedRow>,
    ) -> Result<u64, StorageError> {
        let many = rows.into_iter().map(|ChangedRow { key, cells }| {
            let mut row = params![key.id, key.part];
            row.extend(cells.into_iter().flat_map(|cell| [cell.new, cell.old]).map(Value::from));
            row
        });
        Ok(tx.execute_many(self.update, many.collect()).await?.into_iter().sum())
    }
}

impl SealedRow {
    /// The keys that open its cells.
    pub(crate) fn keys(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.cells.iter().flatten().filter_map(|cell| Some(parts(cell)?.key))
    }

    /// Its cells that are not empty, each with its column and place.
    pub(crate) fn cells_of<'a>(
        &'a self,
        table: &'a SealedTable,
        tenant: kernel::TenantId,
    ) -> impl Iterator<Item = (SealedColumn, Place, &'a [u8])> + 'a {
        table.columns.iter().zip(&self.cells).filter_map(move |(column, cell)| {
            let place = Place { tenant, table: table.name, column: column.name, row: self.key };
            Some((*column, place, cell.as_deref()?))
        })
    }
}
