//! The objects of one database and one store of bytes: looking at them, and referring to them.

use std::sync::Arc;

use kernel::{Context, Cursor, CursorError, Page, PageRequest, PartyId};
use storage::{Database, Level, Mode, Tx};
use vault::Opened;

use crate::blobs::Blobs;
use crate::error::ObjectsError;
use crate::model::{Object, ObjectId, ObjectState, Reference};
use crate::scan::Scanner;
use crate::store::{self, ObjectRow};

/// Objects: their rows in a database, their bytes in a store. Clones share it.
#[derive(Clone)]
pub struct Objects {
    pub(crate) database: Database,
    pub(crate) blobs: Blobs,
    pub(crate) scanner: Option<Arc<dyn Scanner>>,
}

impl Objects {
    /// Over a database that has [`MODULE`](crate::MODULE)'s tables, and a store of bytes.
    #[must_use]
    pub const fn new(database: Database, blobs: Blobs) -> Self {
        Self { database, blobs, scanner: None }
    }

    /// The same, of which nothing is kept that a scanner did not see.
    #[must_use]
    pub fn with_scanner(self, scanner: Arc<dyn Scanner>) -> Self {
        Self { scanner: Some(scanner), ..self }
    }

    /// An object as it stands; where another held the same content before, that one.
    ///
    /// # Errors
    /// [`ObjectsError::Unknown`].
    pub async fn object(&self, context: &Context, id: ObjectId) -> Result<Object, ObjectsError> {
        let mut tx = self.read(context).await?;
        let row = find(&mut tx, id).await?;
        let shown = shown(&mut tx, vec![row]).await?;
        tx.commit().await?;
        shown.into_iter().next().ok_or(ObjectsError::Unknown { object: id })
    }

    /// The objects of the tenant, or of one party, the latest first.
    ///
    /// # Errors
    /// Where the page's cursor is none of this list.
    pub async fn objects(
        &self,
        context: &Context,
        party: Option<PartyId>,
        page: &PageRequest,
    ) -> Result<Page<Object>, ObjectsError> {
        let malformed = || ObjectsError::field("cursor", "cursor", CursorError::Malformed);
        let before = match page.after.as_ref().map(|cursor| cursor.key.as_slice()) {
            None => None,
            Some([id]) => Some(id.parse().map_err(|_| malformed())?),
            Some(_) => return Err(malformed()),
        };
        let mut tx = self.read(context).await?;
        let rows = store::page(&mut tx, (before, party), usize::from(page.limit) + 1).await?;
        let objects = shown(&mut tx, rows).await?;
        tx.commit().await?;
        let cursor = |row: &Object| Cursor { filter: page.filter, key: vec![row.id.to_string()] };
        Ok(Page::cut(objects, page.limit, cursor))
    }

    pub(crate) async fn read(&self, context: &Context) -> Result<Tx, ObjectsError> {
        Ok(self.database.begin(Level::of(context.tenant), Mode::Read).await?)
    }

    pub(crate) async fn write(&self, context: &Context) -> Result<Tx, ObjectsError> {
        Ok(self.database.begin(Level::of(context.tenant), Mode::Write).await?)
    }
}

/// Notes that something needs an object, in the transaction that adds that thing: nothing takes the
/// object away from then on.
///
/// # Errors
/// [`ObjectsError::Unknown`] where it is not there any more: it is to be kept anew.
pub async fn refer(
    tx: &mut Tx,
    context: &Context,
    object: ObjectId,
    reference: Reference,
) -> Result<(), ObjectsError> {
    // Of this and a collection, the later one sees what the first did: both change the row.
    if !store::touch(tx, object, context.now()).await? {
        return Err(ObjectsError::Unknown { object });
    }
    Ok(store::refer(tx, object, reference, context.now()).await?)
}

/// Notes that something needs no object any more, in the transaction that takes that thing away.
/// Where nothing else needs them, a collection removes them a day later at the earliest.
///
/// # Errors
/// Where the database fails.
pub async fn release(
    tx: &mut Tx,
    context: &Context,
    reference: Reference,
) -> Result<(), ObjectsError> {
    for object in store::referred(tx, reference).await? {
        store::touch(tx, object, context.now()).await?;
        store::unrefer(tx, object, reference).await?;
    }
    Ok(())
}

/// The objects that something needs, by their ids.
///
/// # Errors
/// Where the database fails.
pub async fn referred(tx: &mut Tx, reference: Reference) -> Result<Vec<ObjectId>, ObjectsError> {
    Ok(store::referred(tx, reference).await?)
}

/// The row of an object, or of the one that stands for it.
pub(crate) async fn find(tx: &mut Tx, id: ObjectId) -> Result<ObjectRow, ObjectsError> {
    let unknown = || ObjectsError::Unknown { object: id };
    let row = store::one(tx, id).await?.ok_or_else(unknown)?;
    if row.state != ObjectState::Removed {
        return Ok(row);
    }
    let same = store::one(tx, row.same_as.ok_or_else(unknown)?).await?;
    same.filter(|row| row.state != ObjectState::Removed).ok_or_else(unknown)
}

/// Objects with their names, where these can be opened.
pub(crate) async fn shown(tx: &mut Tx, rows: Vec<ObjectRow>) -> Result<Vec<Object>, ObjectsError> {
    let opener = vault::opener(tx, rows.iter().filter_map(|row| row.name.key())).await?;
    let one = |row: ObjectRow| {
        let name = match opener.open(vault::RowKey::of(row.id.uuid()), &row.name)? {
            Opened::Content(name) => Some(name),
            Opened::Erased => None,
        };
        Ok(Object {
            id: row.id,
            party: row.party,
            state: row.state,
            name,
            size: row.size,
            received: row.received,
            media_type: row.media_type,
            hash: row.hash,
            same_as: row.same_as,
            refusal: row.refusal,
            kept_until: row.kept_until,
            created_at: row.created_at,
            touched_at: row.touched_at,
        })
    };
    rows.into_iter().map(one).collect()
}
