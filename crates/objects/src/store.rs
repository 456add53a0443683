//! The rows of objects, their chunks, references and holds.

use kernel::{PartyId, TenantId, Timestamp, Uuid};
use storage::{Params, Row, StorageError, Tx, params, sql};
use vault::{RowKey, Sealed, SealedColumn, SealedTable};

use crate::chunk::{Chunk, ContentKeyColumn, NameColumn};
use crate::limits::COLLECT_MAX;
use crate::model::{ObjectId, ObjectState, Reference};

/// The columns of an object in the order of [`object_of`].
macro_rules! objects {
    ($rest:literal) => {
        concat!(
            "SELECT id, party, state, size, received, media_type, hash, content_key, name, \
                 same_as, refusal, kept_until, created_at, touched_at \
             FROM objects_object WHERE tenant = app_tenant() ",
            $rest
        )
    };
}

sql! {
    ADD = "INSERT INTO objects_object
               (tenant, id, party, state, size, received, content_key, name, created_at, touched_at)
           VALUES (app_tenant(), $1, $2, 'uploading', $3, 0, $4, $5, $6, $6)";
    ONE = objects!("AND id = $1");
    ONE_HELD = objects!("AND id = $1 {lock}");
    PAGE = objects!(
        "AND state <> 'removed' AND (id < $1 OR $1 IS NULL) AND (party = $2 OR $2 IS NULL) \
         ORDER BY id DESC LIMIT $3"
    );
    SAME = objects!("AND party = $1 AND hash = $2 AND state = 'stored' {lock}");
    UPLOADS = "SELECT count(*) FROM objects_object
               WHERE tenant = app_tenant() AND state = 'uploading'";
    RECEIVED = "UPDATE objects_object SET received = $3, media_type = $4, touched_at = $5
                WHERE tenant = app_tenant() AND id = $1 AND state = 'uploading' AND received = $2";
    ALL_HERE = "UPDATE objects_object SET state = $2, hash = $3, touched_at = $4
                WHERE tenant = app_tenant() AND id = $1 AND state IN ('uploading', 'checking')";
    MERGED = "UPDATE objects_object SET state = 'removed', same_as = $2, touched_at = $3
              WHERE tenant = app_tenant() AND id = $1 AND state IN ('uploading', 'checking')";
    REFUSED = "UPDATE objects_object SET state = 'refused', refusal = $2, touched_at = $3
               WHERE tenant = app_tenant() AND id = $1 AND state = 'checking'";
    REMOVED = "UPDATE objects_object SET state = 'removed', touched_at = $2
               WHERE tenant = app_tenant() AND id = $1 AND state <> 'removed'";
    TOUCH = "UPDATE objects_object SET touched_at = $2
             WHERE tenant = app_tenant() AND id = $1 AND state = 'stored'";
    KEEP_UNTIL = "UPDATE objects_object SET kept_until = $2
                  WHERE tenant = app_tenant() AND id = $1 AND state <> 'removed'";
    TIDY_AT = "UPDATE objects_object SET tidy_at = $2 WHERE tenant = app_tenant() AND id = $1";
    FORGET = "DELETE FROM objects_object
              WHERE tenant = app_tenant() AND id = $1 AND state IN ('removed', 'refused')";

    CHUNK_ADD = "INSERT INTO objects_chunk (tenant, object, number, id, hash)
                 VALUES (app_tenant(), $1, $2, $3, $4)";
    CHUNKS = "SELECT number, id, hash FROM objects_chunk
              WHERE tenant = app_tenant() AND object = $1 ORDER BY number";
    CHUNKS_FORGET = "DELETE FROM objects_chunk WHERE tenant = app_tenant() AND object = $1";

    REFER = "INSERT INTO objects_reference (tenant, object, kind, id, created_at)
             VALUES (app_tenant(), $1, $2, $3, $4)
             ON CONFLICT (tenant, object, kind, id) DO NOTHING";
    UNREFER = "DELETE FROM objects_reference
               WHERE tenant = app_tenant() AND object = $1 AND kind = $2 AND id = $3";
    UNREFER_KIND = "DELETE FROM objects_reference
                    WHERE tenant = app_tenant() AND object = $1 AND kind = $2";
    UNREFER_ALL = "DELETE FROM objects_reference WHERE tenant = app_tenant() AND object = $1";
    REFERENCES_MOVE =
        "INSERT INTO objects_reference (tenant, object, kind, id, created_at)
         SELECT app_tenant(), $2, kind, id, created_at FROM objects_reference
         WHERE tenant = app_tenant() AND object = $1
         ON CONFLICT (tenant, object, kind, id) DO NOTHING";
    REFERRED = "SELECT object FROM objects_reference
                WHERE tenant = app_tenant() AND kind = $1 AND id = $2 ORDER BY object";
    IS_NEEDED = "SELECT (SELECT count(*) FROM objects_reference
                         WHERE tenant = app_tenant() AND object = $1)
                      + (SELECT count(*) FROM objects_hold
                         WHERE tenant = app_tenant() AND object = $1)";

    HOLD = "INSERT INTO objects_hold (tenant, object, matter, placed_at)
            VALUES (app_tenant(), $1, $2, $3) ON CONFLICT (tenant, object, matter) DO NOTHING";
    RELEASE = "DELETE FROM objects_hold
               WHERE tenant = app_tenant() AND object = $1 AND matter = $2";
    HOLDS = "SELECT matter, placed_at FROM objects_hold
             WHERE tenant = app_tenant() AND object = $1 ORDER BY matter";
    PARTY_HELD = "SELECT count(*) FROM objects_hold AS hold
                  JOIN objects_object AS object
                      ON object.tenant = app_tenant() AND object.id = hold.object
                  WHERE hold.tenant = app_tenant() AND object.party = $1";

    UNNEEDED: system("a collection goes over the objects of all tenants") =
        "SELECT object.tenant, object.id FROM objects_object AS object
         WHERE (object.tenant, object.id) > ($1, $2)
             AND (object.state = 'stored' AND object.touched_at < $3
                  OR object.state = 'uploading' AND object.touched_at < $4)
             AND (object.kept_until IS NULL OR object.kept_until <= $5)
             AND NOT EXISTS (SELECT 1 FROM objects_hold AS hold
                 WHERE hold.tenant = object.tenant AND hold.object = object.id)
             AND (object.state = 'uploading' OR NOT EXISTS (
                 SELECT 1 FROM objects_reference AS reference
                 WHERE reference.tenant = object.tenant AND reference.object = object.id))
         ORDER BY object.tenant, object.id LIMIT $6";
    GONE: system("a collection goes over the objects of all tenants") =
        "SELECT tenant, id FROM objects_object
         WHERE (tenant, id) > ($1, $2) AND state IN ('removed', 'refused') AND touched_at < $3
         ORDER BY tenant, id LIMIT $4";

    UNTIDY: system("a collection goes over the objects of all tenants") =
        "SELECT tenant, id FROM objects_object
         WHERE (tenant, id) > ($1, $2) AND state = 'stored' AND tidy_at < $3
         ORDER BY tenant, id LIMIT $4";

    SEALED_PAGE = "SELECT id, CAST(0 AS bigint), content_key, name FROM objects_object
                   WHERE tenant = app_tenant() AND (id, CAST(0 AS bigint)) > ($1, $2)
                   ORDER BY id LIMIT $3";
    SEALED_UPDATE = "UPDATE objects_object SET content_key = $3, name = $5
                     WHERE tenant = app_tenant() AND id = $1 AND $2 = CAST(0 AS bigint)
                         AND content_key = $4 AND name = $6";
}

/// The sealed columns.
pub(crate) static SEALED: [SealedTable; 1] = [SealedTable {
    name: "objects_object",
    columns: &[SealedColumn::of::<ContentKeyColumn>(), SealedColumn::of::<NameColumn>()],
    first: RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
}];

/// An object as its row has it.
#[derive(Clone, Debug)]
pub(crate) struct ObjectRow {
    pub id: ObjectId,
    pub party: PartyId,
    pub state: ObjectState,
    pub size: u64,
    pub received: u64,
    pub media_type: Option<String>,
    pub hash: Option<[u8; 32]>,
    pub content_key: Sealed<ContentKeyColumn>,
    pub name: Sealed<NameColumn>,
    pub same_as: Option<ObjectId>,
    pub refusal: Option<String>,
    pub kept_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub touched_at: Timestamp,
}

pub(crate) async fn add(tx: &mut Tx, object: &ObjectRow) -> Result<(), StorageError> {
    let row = params![
        object.id.uuid(),
        object.party.uuid(),
        object.size,
        object.content_key.clone(),
        object.name.clone(),
        object.created_at,
    ];
    tx.execute_one(&ADD, row).await
}

pub(crate) async fn one(tx: &mut Tx, id: ObjectId) -> Result<Option<ObjectRow>, StorageError> {
    tx.row(&ONE, params![id.uuid()]).await?.as_ref().map(object_of).transpose()
}

/// The same, and nobody changes it before the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, id: ObjectId) -> Result<Option<ObjectRow>, StorageError> {
    tx.row(&ONE_HELD, params![id.uuid()]).await?.as_ref().map(object_of).transpose()
}

/// The latest first, before one of them.
pub(crate) async fn page(
    tx: &mut Tx,
    (before, party): (Option<ObjectId>, Option<PartyId>),
    limit: usize,
) -> Result<Vec<ObjectRow>, StorageError> {
    let row = params![before.map(ObjectId::uuid), party.map(PartyId::uuid), limit];
    tx.rows(&PAGE, row).await?.iter().map(object_of).collect()
}

/// The stored object of a party that has this content, which nobody removes before the transaction
/// ends.
pub(crate) async fn same(
    tx: &mut Tx,
    party: PartyId,
    hash: [u8; 32],
) -> Result<Option<ObjectRow>, StorageError> {
    tx.row(&SAME, params![party.uuid(), hash]).await?.as_ref().map(object_of).transpose()
}

/// How many uploads of the tenant are not complete.
pub(crate) async fn uploads(tx: &mut Tx) -> Result<u64, StorageError> {
    tx.row(&UPLOADS, params![]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Adds chunks to an upload that has so many bytes before; whether it still had.
pub(crate) async fn receive(
    tx: &mut Tx,
    object: &ObjectRow,
    (received, chunks): (u64, &[Chunk]),
    now: Timestamp,
) -> Result<bool, StorageError> {
    let media_type = object.media_type.clone();
    let row = params![object.id.uuid(), object.received, received, media_type, now];
    if tx.execute(&RECEIVED, row).await? == 0 {
        return Ok(false);
    }
    let row = |chunk: &Chunk| params![object.id.uuid(), chunk.number, chunk.id, chunk.hash];
    tx.execute_many(&CHUNK_ADD, chunks.iter().map(row).collect()).await?;
    Ok(true)
}

/// Notes that all of an object is here.
pub(crate) async fn all_here(
    tx: &mut Tx,
    id: ObjectId,
    (state, hash): (ObjectState, [u8; 32]),
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&ALL_HERE, params![id.uuid(), state.as_str(), hash, now]).await
}

/// Lets another object stand for this one.
pub(crate) async fn merge(
    tx: &mut Tx,
    (id, into): (ObjectId, ObjectId),
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&MERGED, params![id.uuid(), into.uuid(), now]).await?;
    tx.execute(&REFERENCES_MOVE, params![id.uuid(), into.uuid()]).await?;
    tx.execute(&UNREFER_ALL, params![id.uuid()]).await.map(drop)
}

/// Notes what the scanner found.
pub(crate) async fn refuse(
    tx: &mut Tx,
    id: ObjectId,
    found: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&REFUSED, params![id.uuid(), found, now]).await
}

pub(crate) async fn remove(tx: &mut Tx, id: ObjectId, now: Timestamp) -> Result<u64, StorageError> {
    tx.execute(&REMOVED, params![id.uuid(), now]).await
}

/// Begins the time anew for which an object stays that nobody refers to; whether it is stored.
pub(crate) async fn touch(tx: &mut Tx, id: ObjectId, now: Timestamp) -> Result<bool, StorageError> {
    Ok(tx.execute(&TOUCH, params![id.uuid(), now]).await? == 1)
}

pub(crate) async fn keep_until(
    tx: &mut Tx,
    id: ObjectId,
    until: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&KEEP_UNTIL, params![id.uuid(), until]).await
}

/// Forgets the rows of an object whose bytes are gone.
pub(crate) async fn forget(tx: &mut Tx, id: ObjectId) -> Result<(), StorageError> {
    if tx.execute(&FORGET, params![id.uuid()]).await? == 1 {
        tx.execute(&CHUNKS_FORGET, params![id.uuid()]).await?;
        tx.execute(&UNREFER_ALL, params![id.uuid()]).await?;
    }
    Ok(())
}

/// The chunks of an object in their order.
pub(crate) async fn chunks(tx: &mut Tx, id: ObjectId) -> Result<Vec<Chunk>, StorageError> {
    let one = |row: &Row| Ok(Chunk { number: row.get(0)?, id: row.get(1)?, hash: bytes(row, 2)? });
    tx.rows(&CHUNKS, params![id.uuid()]).await?.iter().map(one).collect()
}

pub(crate) async fn refer(
    tx: &mut Tx,
    object: ObjectId,
    reference: Reference,
    now: Timestamp,
) -> Result<(), StorageError> {
    let row = params![object.uuid(), reference.kind, reference.id, now];
    tx.execute(&REFER, row).await.map(drop)
}

pub(crate) async fn unrefer(
    tx: &mut Tx,
    object: ObjectId,
    reference: Reference,
) -> Result<(), StorageError> {
    let row = params![object.uuid(), reference.kind, reference.id];
    tx.execute(&UNREFER, row).await.map(drop)
}

pub(crate) async fn unrefer_kind(
    tx: &mut Tx,
    object: ObjectId,
    kind: &str,
) -> Result<(), StorageError> {
    tx.execute(&UNREFER_KIND, params![object.uuid(), kind]).await.map(drop)
}

/// The objects that something refers to.
pub(crate) async fn referred(
    tx: &mut Tx,
    reference: Reference,
) -> Result<Vec<ObjectId>, StorageError> {
    let rows = tx.rows(&REFERRED, params![reference.kind, reference.id]).await?;
    rows.iter().map(|row| Ok(ObjectId::from_uuid(row.get(0)?))).collect()
}

/// Whether somebody refers to an object, or holds it.
pub(crate) async fn is_needed(tx: &mut Tx, id: ObjectId) -> Result<bool, StorageError> {
    let row = tx.row(&IS_NEEDED, params![id.uuid()]).await?;
    Ok(row.map_or(Ok(0), |row| row.get::<i64>(0))? > 0)
}

pub(crate) async fn place_hold(
    tx: &mut Tx,
    id: ObjectId,
    matter: &str,
    now: Timestamp,
) -> Result<u64, StorageError> {
    tx.execute(&HOLD, params![id.uuid(), matter, now]).await
}

pub(crate) async fn release_hold(
    tx: &mut Tx,
    id: ObjectId,
    matter: &str,
) -> Result<u64, StorageError> {
    tx.execute(&RELEASE, params![id.uuid(), matter]).await
}

pub(crate) async fn holds(
    tx: &mut Tx,
    id: ObjectId,
) -> Result<Vec<(String, Timestamp)>, StorageError> {
    let rows = tx.rows(&HOLDS, params![id.uuid()]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Whether a hold keeps any object of a party.
pub(crate) async fn is_party_held(tx: &mut Tx, party: PartyId) -> Result<bool, StorageError> {
    let row = tx.row(&PARTY_HELD, params![party.uuid()]).await?;
    Ok(row.map_or(Ok(0), |row| row.get::<i64>(0))? > 0)
}

/// Objects after one of them that nobody needs: stored ones that rest since the first time, uploads
/// that do since the second.
pub(crate) async fn unneeded(
    tx: &mut Tx,
    after: (TenantId, ObjectId),
    (stored_before, uploading_before): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Vec<(TenantId, ObjectId)>, StorageError> {
    let (tenant, id) = (after.0.uuid(), after.1.uuid());
    let row = params![tenant, id, stored_before, uploading_before, now, COLLECT_MAX];
    tx.rows(&UNNEEDED, row).await?.iter().map(owned).collect()
}

/// Objects after one of them that are removed, or refused, since before a time.
pub(crate) async fn gone(
    tx: &mut Tx,
    after: (TenantId, ObjectId),
    before: Timestamp,
) -> Result<Vec<(TenantId, ObjectId)>, StorageError> {
    tx.rows(&GONE, old(after, before)).await?.iter().map(owned).collect()
}

/// Stored objects after one of them whose folders were to be tidied before a time.
pub(crate) async fn untidy(
    tx: &mut Tx,
    after: (TenantId, ObjectId),
    before: Timestamp,
) -> Result<Vec<(TenantId, ObjectId)>, StorageError> {
    tx.rows(&UNTIDY, old(after, before)).await?.iter().map(owned).collect()
}

fn old(after: (TenantId, ObjectId), before: Timestamp) -> Params {
    params![after.0.uuid(), after.1.uuid(), before, COLLECT_MAX]
}

/// Notes when an object's folder is to be tidied, or that it is.
pub(crate) async fn tidy_at(
    tx: &mut Tx,
    id: ObjectId,
    at: Option<Timestamp>,
) -> Result<(), StorageError> {
    tx.execute(&TIDY_AT, params![id.uuid(), at]).await.map(drop)
}

fn owned(row: &Row) -> Result<(TenantId, ObjectId), StorageError> {
    Ok((TenantId::from_uuid(row.get(0)?), ObjectId::from_uuid(row.get(1)?)))
}

fn object_of(row: &Row) -> Result<ObjectRow, StorageError> {
    let state: String = row.get(2)?;
    let damaged = |error: crate::ObjectsError| StorageError::Damaged { text: error.to_string() };
    Ok(ObjectRow {
        id: ObjectId::from_uuid(row.get(0)?),
        party: PartyId::from_uuid(row.get(1)?),
        state: state.parse().map_err(damaged)?,
        size: row.get(3)?,
        received: row.get(4)?,
        media_type: row.get(5)?,
        hash: row.get::<Option<Vec<u8>>>(6)?.map(hash_of).transpose()?,
        content_key: row.get(7)?,
        name: row.get(8)?,
        same_as: row.get::<Option<Uuid>>(9)?.map(ObjectId::from_uuid),
        refusal: row.get(10)?,
        kept_until: row.get(11)?,
        created_at: row.get(12)?,
        touched_at: row.get(13)?,
    })
}

fn bytes(row: &Row, column: usize) -> Result<[u8; 32], StorageError> {
    hash_of(row.get(column)?)
}

fn hash_of(bytes: Vec<u8>) -> Result<[u8; 32], StorageError> {
    let damaged = |_| StorageError::Damaged { text: "a hash has not 32 bytes".to_owned() };
    bytes.try_into().map_err(damaged)
}
