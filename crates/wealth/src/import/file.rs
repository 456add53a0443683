//! The file that an import was read from, as the bank sent it.

use kernel::Context;
use objects::{Content, NewObject, ObjectId, Reference};
use storage::{Level, Mode};

use super::error::ImportError;
use super::model::ImportId;
use super::query::import_row;
use crate::Wealth;
use crate::error::WealthError;

/// By what an import refers to its file.
pub(super) const fn reference(import: ImportId) -> Reference {
    Reference { kind: "wealth.import", id: import.uuid() }
}

impl Wealth {
    /// The file of an import.
    ///
    /// # Errors
    /// [`ImportError::FileUnknown`] where none was kept: it was empty, or brought before files were
    /// kept.
    pub async fn import_file(
        &self,
        context: &Context,
        id: ImportId,
    ) -> Result<Content, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        import_row(&mut tx, id).await?;
        let files = objects::referred(&mut tx, reference(id)).await?;
        tx.commit().await?;
        let file = files.first().ok_or(ImportError::FileUnknown { import: id })?;
        Ok(self.objects.open(context, *file).await?)
    }

    /// Keeps the file of an import that is about to be staged. Where that comes to nothing, nobody
    /// refers to it, and it goes again.
    pub(super) async fn keep_file(
        &self,
        context: &Context,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Option<ObjectId>, WealthError> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let new = NewObject { party: vault::own_party(context.tenant), name };
        Ok(Some(self.objects.keep(context, &new, bytes).await?))
    }
}
