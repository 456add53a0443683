//! Looking at imports, and deciding about their lines.

use std::str::FromStr;

use kernel::{Context, Cursor, CursorError, Page, PageRequest};
use storage::{Level, Mode, StorageError, Tx};

use super::assess::{follows_soon, is_judged};
use super::error::ImportError;
use super::model::{Decision, Import, ImportId, ImportLine, ImportStatus, LineStatus};
use super::review;
use super::store::{self, ImportRow, lines};
use crate::Wealth;
use crate::error::WealthError;

impl Wealth {
    /// An import as it stands, with the bank's balances beside the ledger's of this moment.
    pub async fn import(&self, context: &Context, id: ImportId) -> Result<Import, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let row = import_row(&mut tx, id).await?;
        let views = self.import_views(&mut tx, vec![row]).await?;
        tx.commit().await?;
        let unknown = ImportError::ImportUnknown { import: id };
        Ok(views.into_iter().next().ok_or(unknown)?)
    }

    /// The tenant's imports, the latest first.
    pub async fn imports(
        &self,
        context: &Context,
        page: &PageRequest,
    ) -> Result<Page<Import>, WealthError> {
        let before = key(page)?;
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let limit = usize::from(page.limit) + 1;
        let rows = store::imports(&mut tx, before, limit).await?;
        let cursor =
            |row: &ImportRow| Cursor { filter: page.filter, key: vec![row.id.to_string()] };
        let rows = Page::cut(rows, page.limit, cursor);
        let items = self.import_views(&mut tx, rows.items).await?;
        tx.commit().await?;
        Ok(Page { items, next: rows.next })
    }

    /// The lines of an import in the order of the file.
    pub async fn lines(
        &self,
        context: &Context,
        id: ImportId,
        page: &PageRequest,
    ) -> Result<Page<ImportLine>, WealthError> {
        self.lines_of(context, id, None, page).await
    }

    /// The lines of an import that have a status, in the order of the file.
    pub async fn lines_of(
        &self,
        context: &Context,
        id: ImportId,
        status: Option<LineStatus>,
        page: &PageRequest,
    ) -> Result<Page<ImportLine>, WealthError> {
        let after: u32 = key(page)?.unwrap_or(0);
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        import_row(&mut tx, id).await?;
        let limit = usize::from(page.limit) + 1;
        let lines = lines::page(&mut tx, id, (after, status), limit).await?;
        tx.commit().await?;
        let cursor =
            |line: &ImportLine| Cursor { filter: page.filter, key: vec![line.number.to_string()] };
        Ok(Page::cut(lines, page.limit, cursor))
    }

    /// Notes what a person decided about a line that is up for review.
    ///
    /// # Errors
    /// [`ImportError::NotForReview`] where the line needs no decision.
    pub async fn decide(
        &self,
        context: &Context,
        id: ImportId,
        line: u32,
        decision: Decision,
    ) -> Result<ImportLine, WealthError> {
        let mut attempt = 0;
        loop {
            match self.decide_once(context, id, (line, decision)).await {
                Ok(line) => return Ok(line),
                Err(error) if follows_soon(attempt, &error).await => attempt += 1,
                // Somebody else decided, or booked, at the same moment.
                Err(WealthError::Storage(StorageError::Guard { .. })) => {
                    return Err(ImportError::Changed { import: id }.into());
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn decide_once(
        &self,
        context: &Context,
        id: ImportId,
        (number, decision): (u32, Decision),
    ) -> Result<ImportLine, WealthError> {
        let (_, settled) = self.settled(context).await?;
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        let row = import_row(&mut tx, id).await?;
        require(&row, ImportStatus::Staged)?;
        let staged = lines::staged(&mut tx, id).await?;
        let unknown = ImportError::LineUnknown { import: id, line: number };
        let line = staged.iter().find(|line| line.number == number).ok_or(unknown)?;
        let for_review = line.verdict.status == LineStatus::Review || line.decision.is_some();
        if !is_judged(line) || !for_review || line.verdict.of.is_none() {
            return Err(ImportError::NotForReview { import: id, line: number }.into());
        }
        lines::decide(&mut tx, id, (number, decision)).await?;
        let assessed = self.assess(&mut tx, row, &settled).await?;
        review::follow(&mut tx, context, (id, &assessed.lines)).await?;
        let found = lines::page(&mut tx, id, (number - 1, None), 1).await?;
        tx.commit().await?;
        let unknown = ImportError::LineUnknown { import: id, line: number };
        Ok(found.into_iter().next().ok_or(unknown)?)
    }
}

/// An import of the transaction's tenant.
pub(crate) async fn import_row(tx: &mut Tx, id: ImportId) -> Result<ImportRow, WealthError> {
    let found = store::import(tx, id).await?;
    Ok(found.ok_or(ImportError::ImportUnknown { import: id })?)
}

/// Refuses an import that is not in this state.
pub(crate) fn require(row: &ImportRow, expected: ImportStatus) -> Result<(), ImportError> {
    if row.status == expected {
        return Ok(());
    }
    Err(ImportError::WrongStatus { import: row.id, status: row.status, expected })
}

/// The key of the cursor of a list that is ordered by one column.
fn key<K: FromStr>(page: &PageRequest) -> Result<Option<K>, CursorError> {
    let Some(cursor) = &page.after else { return Ok(None) };
    match cursor.key.as_slice() {
        [key] => Ok(Some(key.parse().map_err(|_| CursorError::Malformed)?)),
        _ => Err(CursorError::Malformed),
    }
}
