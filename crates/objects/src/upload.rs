//! Bringing an object in: at once, or in pieces that may be resumed.
//!
//! What must stay true:
//! - a chunk counts once its row is there, which is after its bytes are durable; of two who send
//!   the same chunk one counts, and the other's bytes are nobody's;
//! - no database transaction is open while bytes go to the store;
//! - at most a chunk of what is sent is in memory, and once more sealed.

use std::fmt;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use kernel::Context;
use storage::{Tx, tenant_hasher};
use vault::{Opened, RowKey, opener, sealer};

use crate::chunk::{Chunk, ContentHasher, ContentKey, Place, chunk_count};
use crate::error::ObjectsError;
use crate::limits::{CHUNK_BYTES, NAME_CHARS_MAX, OBJECT_BYTES_MAX, UPLOADS_MAX};
use crate::model::{NewObject, Object, ObjectId, ObjectState, Reference};
use crate::objects::{Objects, find, shown};
use crate::scan::enqueue_check;
use crate::settle::content_hash;
use crate::sniff::media_type;
use crate::store::{self, ObjectRow};

/// The reference by which somebody who brought a file wants it to be kept.
pub const FILE: &str = "file";

/// What seals and hashes the chunks of one object.
#[derive(Clone)]
pub(crate) struct Tools {
    pub key: ContentKey,
    pub hasher: ContentHasher,
}

impl Objects {
    /// Begins an upload of so many bytes, in the transaction of whoever asks for it. The file is
    /// kept for its own sake until [`Objects::give_up`].
    ///
    /// # Errors
    /// Where the size or the name is not one, or there are too many uploads; and
    /// [`VaultError::PartyErased`](vault::VaultError::PartyErased).
    pub async fn begin(
        &self,
        tx: &mut Tx,
        context: &Context,
        new: &NewObject<'_>,
        size: u64,
    ) -> Result<Object, ObjectsError> {
        if store::uploads(tx).await? >= UPLOADS_MAX {
            return Err(ObjectsError::TooManyUploads);
        }
        let (row, _) = add(tx, context, new, size).await?;
        let own = Reference { kind: FILE, id: row.id.uuid() };
        store::refer(tx, row.id, own, context.now()).await?;
        let (id, mut shown) = (row.id, shown(tx, vec![row]).await?);
        shown.pop().ok_or(ObjectsError::Unknown { object: id })
    }

    /// Adds what is sent to an upload that has `offset` bytes. Whole chunks are kept as they come,
    /// also where the rest does not; how far it came is in the answer. With the last one the object
    /// is stored, or checked first where there is a scanner. Where another object holds the same
    /// content, that one is answered.
    ///
    /// # Errors
    /// [`ObjectsError::WrongOffset`], [`ObjectsError::TooLarge`], [`ObjectsError::TypeRefused`],
    /// [`ObjectsError::Unreadable`].
    pub async fn append<S, E>(
        &self,
        context: &Context,
        (id, offset): (ObjectId, u64),
        mut body: S,
    ) -> Result<Object, ObjectsError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: fmt::Display,
    {
        let (mut row, tools) = self.continued(context, id).await?;
        if row.received != offset {
            return Err(ObjectsError::WrongOffset { object: id, received: row.received });
        }
        let mut buffer = BytesMut::new();
        while row.received < row.size {
            let left = row.size - row.received;
            let wanted = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
            while buffer.len() < wanted {
                let Some(piece) = body.next().await else { return self.object(context, id).await };
                buffer.extend_from_slice(&piece.map_err(|error| unreadable(&error))?);
            }
            let chunk = buffer.split_to(wanted).freeze();
            if left == wanted as u64 {
                nothing_follows(&row, &buffer, &mut body).await?;
            }
            self.receive(context, (&mut row, &tools), chunk).await?;
        }
        self.complete(context, id).await
    }

    /// Ends that somebody wants a file to be kept for its own sake; an upload that is not complete
    /// ends with it.
    ///
    /// # Errors
    /// [`ObjectsError::Unknown`].
    pub async fn give_up(
        &self,
        tx: &mut Tx,
        context: &Context,
        id: ObjectId,
    ) -> Result<(), ObjectsError> {
        let row = find(tx, id).await?;
        store::unrefer_kind(tx, row.id, FILE).await?;
        let row = store::hold(tx, row.id).await?.ok_or(ObjectsError::Unknown { object: id })?;
        match row.state {
            ObjectState::Stored => drop(store::touch(tx, row.id, context.now()).await?),
            ObjectState::Uploading | ObjectState::Checking => {
                store::remove(tx, row.id, context.now()).await?;
            }
            ObjectState::Refused | ObjectState::Removed => {}
        }
        Ok(())
    }

    /// An upload that is to go on, and what it needs.
    async fn continued(
        &self,
        context: &Context,
        id: ObjectId,
    ) -> Result<(ObjectRow, Tools), ObjectsError> {
        let mut tx = self.write(context).await?;
        let row = find(&mut tx, id).await?;
        require(&row, ObjectState::Uploading)?;
        let key = content_key(&mut tx, &row).await?;
        let hasher = ContentHasher::new(&tenant_hasher(&mut tx, context).await?, row.party);
        tx.commit().await?;
        Ok((row, Tools { key, hasher }))
    }

    /// Keeps the next chunk of an upload.
    async fn receive(
        &self,
        context: &Context,
        (row, tools): (&mut ObjectRow, &Tools),
        content: Bytes,
    ) -> Result<(), ObjectsError> {
        let id = row.id;
        if row.received == 0 {
            match media_type(&content) {
                Ok(found) => row.media_type = Some(found.to_owned()),
                Err(refused) => {
                    let mut tx = self.write(context).await?;
                    store::remove(&mut tx, id, context.now()).await?;
                    tx.commit().await?;
                    return Err(refused);
                }
            }
        }
        let number = chunk_count(row.received);
        let received = row.received + content.len() as u64;
        let chunk = self.put(context, (row, tools, number), content).await?;
        let mut tx = self.write(context).await?;
        if store::receive(&mut tx, row, (received, &[chunk]), context.now()).await? {
            tx.commit().await?;
            row.received = received;
            return Ok(());
        }
        // Somebody sent the same piece at the same time, or gave the upload up.
        let now = store::one(&mut tx, id).await?;
        tx.rollback();
        let place = place(context, row, &chunk);
        if let Err(error) = self.blobs.remove(&place.name()).await {
            tracing::warn!(%error, object = %id, "a chunk that is nobody's stays for a collection");
        }
        let now = now.ok_or(ObjectsError::Unknown { object: id })?;
        require(&now, ObjectState::Uploading)?;
        Err(ObjectsError::WrongOffset { object: id, received: now.received })
    }

    /// Writes a chunk to the store, under a name that no other has.
    pub(crate) async fn put(
        &self,
        context: &Context,
        (row, tools, number): (&ObjectRow, &Tools, u32),
        content: Bytes,
    ) -> Result<Chunk, ObjectsError> {
        let (env, tools) = (context.env.clone(), tools.clone());
        let mut chunk = Chunk { number, id: env.random_uuid(), hash: [0; 32] };
        let place = place(context, row, &chunk);
        let sealing = beside(move || {
            (tools.hasher.chunk(number, &content), tools.key.seal(&env, &place, &content))
        });
        let (hash, sealed) = sealing.await?;
        chunk.hash = hash;
        self.blobs.put(&place.name(), sealed).await?;
        Ok(chunk)
    }

    /// Ends an upload of which every byte has come.
    async fn complete(&self, context: &Context, id: ObjectId) -> Result<Object, ObjectsError> {
        if self.scanner.is_some() {
            let mut tx = self.write(context).await?;
            let row = store::hold(&mut tx, id).await?;
            let row = row.ok_or(ObjectsError::Unknown { object: id })?;
            require(&row, ObjectState::Uploading)?;
            let hash = content_hash(&mut tx, context, (&row, None)).await?;
            store::all_here(&mut tx, id, (ObjectState::Checking, hash), context.now()).await?;
            enqueue_check(&mut tx, context, id).await?;
            tx.commit().await?;
            return self.object(context, id).await;
        }
        let mut tx = self.read(context).await?;
        let row = find(&mut tx, id).await?;
        tx.commit().await?;
        let stored = self.settle_anew(context, &row, None).await?;
        self.object(context, stored).await
    }
}

/// The key of an object's chunks.
pub(crate) async fn content_key(tx: &mut Tx, row: &ObjectRow) -> Result<ContentKey, ObjectsError> {
    let opener = opener(tx, row.content_key.key()).await?;
    match opener.open(RowKey::of(row.id.uuid()), &row.content_key)? {
        Opened::Content(key) => Ok(key),
        Opened::Erased => Err(ObjectsError::Erased { object: row.id }),
    }
}

/// Does what takes milliseconds of the processor beside the async threads.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ObjectsError> {
    let failed = |error: tokio::task::JoinError| ObjectsError::Store { text: error.to_string() };
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

/// Refuses an object that is not in this state.
pub(crate) fn require(row: &ObjectRow, expected: ObjectState) -> Result<(), ObjectsError> {
    match (row.state, &row.refusal) {
        (state, _) if state == expected => Ok(()),
        (ObjectState::Removed, _) => Err(ObjectsError::Unknown { object: row.id }),
        (ObjectState::Refused, Some(found)) => Err(ObjectsError::Infected { found: found.clone() }),
        (state, _) => Err(ObjectsError::WrongState { object: row.id, state, expected }),
    }
}

/// Adds the row of an object of which nothing has come, and makes its key.
pub(crate) async fn add(
    tx: &mut Tx,
    context: &Context,
    new: &NewObject<'_>,
    size: u64,
) -> Result<(ObjectRow, ContentKey), ObjectsError> {
    check_size(size)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains('\0') {
        let text = format!("a name has 1 to {NAME_CHARS_MAX} characters");
        return Err(ObjectsError::field("name", "length", text));
    }
    let (id, key) = (ObjectId::from_uuid(context.env.new_uuid()), ContentKey::random(&context.env));
    let (sealer, at) = (sealer(tx, context, new.party).await?, RowKey::of(id.uuid()));
    let row = ObjectRow {
        id,
        party: new.party,
        state: ObjectState::Uploading,
        size,
        received: 0,
        media_type: None,
        hash: None,
        content_key: sealer.seal(at, &key)?,
        name: sealer.seal(at, &name.to_owned())?,
        same_as: None,
        refusal: None,
        kept_until: None,
        created_at: context.now(),
        touched_at: context.now(),
    };
    store::add(tx, &row).await?;
    Ok((row, key))
}

pub(crate) fn check_size(size: u64) -> Result<(), ObjectsError> {
    match size {
        0 => Err(ObjectsError::Empty),
        1..=OBJECT_BYTES_MAX => Ok(()),
        _ => Err(ObjectsError::TooLarge { bytes_max: OBJECT_BYTES_MAX }),
    }
}

/// Where a chunk of an object stands.
pub(crate) fn place(context: &Context, row: &ObjectRow, chunk: &Chunk) -> Place {
    Place {
        tenant: context.tenant,
        object: row.id,
        chunk: *chunk,
        is_last: chunk.number + 1 == chunk_count(row.size),
    }
}

/// Refuses more bytes than were announced, before the last chunk counts.
async fn nothing_follows<S, E>(
    row: &ObjectRow,
    rest: &BytesMut,
    body: &mut S,
) -> Result<(), ObjectsError>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: fmt::Display,
{
    let mut is_more = !rest.is_empty();
    while !is_more && let Some(piece) = body.next().await {
        is_more = !piece.map_err(|error| unreadable(&error))?.is_empty();
    }
    if is_more { Err(ObjectsError::TooLarge { bytes_max: row.size }) } else { Ok(()) }
}

fn unreadable(error: &dyn fmt::Display) -> ObjectsError {
    ObjectsError::Unreadable { text: error.to_string() }
}
