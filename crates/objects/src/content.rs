//! Reading an object back, whole or from one byte to another.
//!
//! What must stay true: nothing is answered that does not open as the chunk that was sealed for
//! this place, and nothing is left out without an error; one chunk at a time is in memory.

use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use kernel::{Context, TenantId};

use crate::blobs::Blobs;
use crate::chunk::{Chunk, ContentKey, Place, chunk_count};
use crate::error::ObjectsError;
use crate::limits::CHUNK_BYTES;
use crate::model::{Object, ObjectId, ObjectState};
use crate::objects::{Objects, find, shown};
use crate::store;
use crate::upload::{beside, content_key, require};

/// The content of an object, or a range of it, chunk by chunk.
pub struct Content {
    object: Object,
    blobs: Blobs,
    key: ContentKey,
    tenant: TenantId,
    chunks: Vec<Chunk>,
    /// What is still to be read.
    range: Range<u64>,
}

impl Objects {
    /// Opens all of an object that is stored.
    ///
    /// # Errors
    /// [`ObjectsError::Unknown`], [`ObjectsError::WrongState`], [`ObjectsError::Erased`].
    pub async fn open(&self, context: &Context, id: ObjectId) -> Result<Content, ObjectsError> {
        self.open_in(context, id, ObjectState::Stored).await
    }

    /// Opens all of an object that is in some state.
    pub(crate) async fn open_in(
        &self,
        context: &Context,
        id: ObjectId,
        state: ObjectState,
    ) -> Result<Content, ObjectsError> {
        let mut tx = self.read(context).await?;
        let row = find(&mut tx, id).await?;
        require(&row, state)?;
        let key = content_key(&mut tx, &row).await?;
        let chunks = store::chunks(&mut tx, row.id).await?;
        let (id, mut shown) = (row.id, shown(&mut tx, vec![row]).await?);
        tx.commit().await?;
        let object = shown.pop().ok_or(ObjectsError::Unknown { object: id })?;
        let wanted = chunk_count(object.size);
        if !chunks.iter().map(|chunk| chunk.number).eq(0..wanted) {
            let text = format!("it has {} chunks of {wanted}", chunks.len());
            return Err(ObjectsError::damaged(id, text));
        }
        let (blobs, tenant, range) = (self.blobs.clone(), context.tenant, 0..object.size);
        Ok(Content { object, blobs, key, tenant, chunks, range })
    }
}

impl Content {
    /// The object.
    #[must_use]
    pub const fn object(&self) -> &Object {
        &self.object
    }

    /// The bytes of the object that are still to be read.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// Only the bytes of a range, which ends with the content where it would go on.
    ///
    /// # Errors
    /// [`ObjectsError::Range`] where it begins behind the content, or is empty.
    pub fn within(self, range: Range<u64>) -> Result<Self, ObjectsError> {
        let size = self.object.size;
        if range.start >= size || range.is_empty() {
            return Err(ObjectsError::Range { size });
        }
        Ok(Self { range: range.start..range.end.min(size), ..self })
    }

    /// The next bytes; nothing behind the last.
    ///
    /// # Errors
    /// [`ObjectsError::Damaged`] where the store does not answer what was written there, and
    /// [`ObjectsError::Store`] where it does not answer.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ObjectsError> {
        if self.range.is_empty() {
            return Ok(None);
        }
        let chunk_bytes = CHUNK_BYTES as u64;
        let number = self.range.start / chunk_bytes;
        let from = number * chunk_bytes;
        let content = self.chunk(usize::try_from(number).unwrap_or(usize::MAX)).await?;
        let end = self.range.end.min(from + chunk_bytes);
        let within = |at: u64| usize::try_from(at - from).unwrap_or(usize::MAX);
        let wanted = within(self.range.start)..within(end);
        self.range.start = end;
        Ok(Some(Bytes::from(content).slice(wanted)))
    }

    /// All of it as a stream, which ends with the first error.
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes, ObjectsError>> {
        let next = |content: Option<Self>| async move {
            let mut content = content?;
            match content.next().await {
                Ok(None) => None,
                Ok(Some(bytes)) => Some((Ok(bytes), Some(content))),
                Err(error) => Some((Err(error), None)),
            }
        };
        unfold(Some(self), next).boxed()
    }

    /// One chunk, opened.
    async fn chunk(&self, number: usize) -> Result<Vec<u8>, ObjectsError> {
        let id = self.object.id;
        let damaged = |text: &str| ObjectsError::damaged(id, format!("chunk {number} {text}"));
        let chunk = self.chunks.get(number).ok_or_else(|| damaged("is not known"))?;
        let is_last = number + 1 == self.chunks.len();
        let place = Place { tenant: self.tenant, object: id, chunk: *chunk, is_last };
        let sealed = self.blobs.get(&place.name()).await?.ok_or_else(|| damaged("is missing"))?;
        let key = self.key.clone();
        let content = beside(move || key.open(&place, &sealed)).await?;
        let content = content.ok_or_else(|| damaged("is not what was stored"))?;
        let before = number as u64 * CHUNK_BYTES as u64;
        let wanted = (self.object.size - before).min(CHUNK_BYTES as u64);
        if content.len() as u64 != wanted {
            return Err(damaged("is not as long as it was"));
        }
        Ok(content)
    }
}
