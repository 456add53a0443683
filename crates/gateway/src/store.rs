//! The rows of answers that are kept for requests which are sent again: the gateway's only SQL, on
//! a table of storage.

use kernel::{CommandKey, Timestamp, Uuid};
use storage::{StorageError, Tx, params, sql};

sql! {
    FIND = "SELECT body_hash, status, answer, first_seen FROM storage_idempotency
            WHERE tenant = app_tenant() AND key_id = $1";
    INSERT = "INSERT INTO storage_idempotency (tenant, key_id, body_hash, first_seen)
              VALUES (app_tenant(), $1, $2, $3)";
    ANSWER = "UPDATE storage_idempotency SET status = $2, answer = $3
              WHERE tenant = app_tenant() AND key_id = $1";
}

/// What is kept of a request.
pub(crate) struct Kept {
    pub body_hash: [u8; 32],
    pub status: Option<u16>,
    pub answer: Option<Vec<u8>>,
    pub first_seen: Timestamp,
}

pub(crate) async fn find(tx: &mut Tx, key: u128) -> Result<Option<Kept>, StorageError> {
    let row = tx.row(&FIND, params![Uuid::from_u128(key)]).await?;
    row.map(|row| {
        Ok(Kept {
            body_hash: row.get(0)?,
            status: row.get(1)?,
            answer: row.get(2)?,
            first_seen: row.get(3)?,
        })
    })
    .transpose()
}

pub(crate) async fn insert(
    tx: &mut Tx,
    key: &CommandKey,
    body_hash: [u8; 32],
) -> Result<(), StorageError> {
    let row = params![Uuid::from_u128(key.id), body_hash, key.first_seen];
    tx.execute_one(&INSERT, row).await
}

pub(crate) async fn answer(
    tx: &mut Tx,
    key: u128,
    status: u16,
    body: &[u8],
) -> Result<(), StorageError> {
    tx.execute_one(&ANSWER, params![Uuid::from_u128(key), status, body]).await
}
