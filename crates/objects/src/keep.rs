//! Keeping a content that is here as a whole.

use bytes::Bytes;
use futures_util::StreamExt as _;
use kernel::Context;
use storage::tenant_hasher;

use crate::chunk::{Chunk, ContentHasher, chunk_count};
use crate::error::ObjectsError;
use crate::limits::CHUNK_BYTES;
use crate::model::{NewObject, ObjectId};
use crate::objects::Objects;
use crate::scan::Verdict;
use crate::sniff::media_type;
use crate::store;
use crate::upload::{Tools, add, beside, check_size};

impl Objects {
    /// Keeps a content that is here as a whole, or finds the object that has it. Whoever needs it
    /// refers to it within a day ([`refer`](crate::refer)).
    ///
    /// # Errors
    /// [`ObjectsError::TypeRefused`], [`ObjectsError::Infected`], [`ObjectsError::TooLarge`], and
    /// where store or scanner fail: then nothing is kept.
    pub async fn keep(
        &self,
        context: &Context,
        new: &NewObject<'_>,
        content: impl Into<Bytes> + Send,
    ) -> Result<ObjectId, ObjectsError> {
        let content: Bytes = content.into();
        let size = content.len() as u64;
        check_size(size)?;
        let media_type = media_type(&content)?;
        let mut tx = self.write(context).await?;
        let hasher = ContentHasher::new(&tenant_hasher(&mut tx, context).await?, new.party);
        tx.commit().await?;
        let hash = hash_of(&hasher, &content).await?;
        let mut tx = self.write(context).await?;
        if let Some(same) = store::same(&mut tx, new.party, hash).await? {
            store::touch(&mut tx, same.id, context.now()).await?;
            tx.commit().await?;
            return Ok(same.id);
        }
        tx.rollback();
        if let Some(scanner) = &self.scanner {
            let pieces = futures_util::stream::iter([Ok(content.clone())]).boxed();
            if let Verdict::Found(found) = scanner.scan(pieces).await? {
                return Err(ObjectsError::Infected { found });
            }
        }
        let mut tx = self.write(context).await?;
        let (mut row, key) = add(&mut tx, context, new, size).await?;
        tx.commit().await?;
        let tools = Tools { key, hasher };
        let mut chunks = Vec::new();
        for number in 0..chunk_count(size) {
            let from = number as usize * CHUNK_BYTES;
            let chunk = content.slice(from..content.len().min(from + CHUNK_BYTES));
            chunks.push(self.put(context, (&row, &tools, number), chunk).await?);
        }
        row.media_type = Some(media_type.to_owned());
        self.settle_anew(context, &row, Some(&chunks)).await
    }
}

async fn hash_of(hasher: &ContentHasher, content: &Bytes) -> Result<[u8; 32], ObjectsError> {
    let (hasher, content) = (hasher.clone(), content.clone());
    beside(move || {
        let chunk = |(number, bytes): (usize, &[u8])| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            Chunk { number, id: kernel::Uuid::nil(), hash: hasher.chunk(number, bytes) }
        };
        let chunks: Vec<Chunk> = content.chunks(CHUNK_BYTES).enumerate().map(chunk).collect();
        hasher.content(content.len() as u64, &chunks)
    })
    .await
}
