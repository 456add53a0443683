//! The end of an upload: its content has a hash, and is stored, or held by another object already.

use kernel::Context;
use storage::{StorageError, Tx, tenant_hasher};

use crate::chunk::{Chunk, ContentHasher};
use crate::error::ObjectsError;
use crate::event::ObjectStored;
use crate::limits::{ATTEMPTS_MAX, GRACE_SECONDS};
use crate::model::{ObjectId, ObjectState};
use crate::objects::Objects;
use crate::store::{self, ObjectRow};

impl Objects {
    /// Settles in a transaction of its own, and once more where another stored the same content at
    /// the same moment.
    pub(crate) async fn settle_anew(
        &self,
        context: &Context,
        row: &ObjectRow,
        new: Option<&[Chunk]>,
    ) -> Result<ObjectId, ObjectsError> {
        let mut attempt = 0;
        loop {
            let mut tx = self.write(context).await?;
            match settle(&mut tx, context, (row, new)).await {
                Ok(id) => {
                    tx.commit().await?;
                    return Ok(id);
                }
                Err(ObjectsError::Storage(StorageError::Duplicate { .. }))
                    if attempt < ATTEMPTS_MAX =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Notes that all of an object is here and can be read; or that another holds the same content, and
/// stands for it. Chunks that have no rows yet are handed over.
pub(crate) async fn settle(
    tx: &mut Tx,
    context: &Context,
    (row, new): (&ObjectRow, Option<&[Chunk]>),
) -> Result<ObjectId, ObjectsError> {
    let now = context.now();
    if let Some(new) = new
        && !store::receive(tx, row, (row.size, new), now).await?
    {
        return Err(ObjectsError::Unknown { object: row.id });
    }
    let hash = content_hash(tx, context, (row, new)).await?;
    let held = store::hold(tx, row.id).await?.ok_or(ObjectsError::Unknown { object: row.id })?;
    match held.state {
        ObjectState::Stored => return Ok(row.id),
        ObjectState::Uploading | ObjectState::Checking => {}
        ObjectState::Refused | ObjectState::Removed => {
            return Err(ObjectsError::Unknown { object: row.id });
        }
    }
    if let Some(same) = store::same(tx, row.party, hash).await? {
        store::merge(tx, (row.id, same.id), now).await?;
        store::touch(tx, same.id, now).await?;
        return Ok(same.id);
    }
    store::all_here(tx, row.id, (ObjectState::Stored, hash), now).await?;
    if new.is_none() {
        // It came in pieces, some of them perhaps twice.
        store::tidy_at(tx, row.id, Some(now.plus_seconds(GRACE_SECONDS))).await?;
    }
    let media_type = held.media_type.clone().unwrap_or_default();
    let stored = ObjectStored { object: row.id, party: row.party, size: row.size, media_type };
    tx.emit(context, &stored).await?;
    Ok(row.id)
}

/// The hash of a content, from the rows of its chunks or from those that have none yet.
pub(crate) async fn content_hash(
    tx: &mut Tx,
    context: &Context,
    (row, new): (&ObjectRow, Option<&[Chunk]>),
) -> Result<[u8; 32], ObjectsError> {
    let hasher = ContentHasher::new(&tenant_hasher(tx, context).await?, row.party);
    Ok(match new {
        Some(chunks) => hasher.content(row.size, chunks),
        None => hasher.content(row.size, &store::chunks(tx, row.id).await?),
    })
}
