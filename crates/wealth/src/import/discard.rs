//! Discarding: an import of which nothing was booked is forgotten, with all that was read from the
//! file; the file itself goes where nothing else needs it.
//!
//! What must stay true: nothing that was ever booked is forgotten by it; that the file was brought,
//! and that it was discarded, stays in the log.

use kernel::Context;
use storage::{Level, Mode};

use super::ATTEMPTS_MAX;
use super::book::is_overtaken;
use super::error::ImportError;
use super::event::ImportDiscarded;
use super::file;
use super::model::{ImportId, ImportStatus};
use super::query::import_row;
use super::review;
use super::store;
use crate::Wealth;
use crate::error::WealthError;

impl Wealth {
    /// Forgets an import that is staged, or that was refused. Afterwards there is no such import.
    ///
    /// # Errors
    /// [`ImportError::NotDiscardable`] where it is booked, or was: that one is undone, and stays.
    pub async fn discard(&self, context: &Context, id: ImportId) -> Result<(), WealthError> {
        let mut number = 0;
        loop {
            match self.discard_once(context, id).await {
                Err(error) if is_overtaken(&error) && number < ATTEMPTS_MAX => number += 1,
                Err(error) if is_overtaken(&error) => {
                    return Err(ImportError::Changed { import: id }.into());
                }
                discarded => return discarded,
            }
        }
    }

    async fn discard_once(&self, context: &Context, id: ImportId) -> Result<(), WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        let row = import_row(&mut tx, id).await?;
        match row.status {
            ImportStatus::Staged | ImportStatus::Refused => {}
            status @ (ImportStatus::Booked | ImportStatus::Undone) => {
                return Err(ImportError::NotDiscardable { import: id, status }.into());
            }
        }
        store::delete(&mut tx, id).await?;
        objects::release(&mut tx, context, file::reference(id)).await?;
        review::close(&mut tx, context, id, "import_discarded").await?;
        tx.emit(context, &ImportDiscarded { import: id, book: row.book }).await?;
        tx.commit().await?;
        Ok(())
    }
}
