//! The rows of answers that are kept for requests which are sent again: the gateway's only SQL, on
//! a table of storage. Answers are sealed for the party that the tenant is.

use kernel::{CommandKey, Context, Timestamp, Uuid};
use storage::{StorageError, Tx, params, sql};
use vault::{Column, RowKey, Sealed, SealedColumn, SealedTable, VaultError, own_party};

sql! {
    FIND = "SELECT body_hash, status, answer, first_seen FROM storage_idempotency
            WHERE tenant = app_tenant() AND key_id = $1";
    INSERT = "INSERT INTO storage_idempotency (tenant, key_id, body_hash, first_seen)
              VALUES (app_tenant(), $1, $2, $3)";
    ANSWER = "UPDATE storage_idempotency SET status = $2, answer = $3
              WHERE tenant = app_tenant() AND key_id = $1";

    SEALED_PAGE = "SELECT key_id, CAST(0 AS bigint), answer FROM storage_idempotency
                   WHERE tenant = app_tenant() AND (key_id, CAST(0 AS bigint)) > ($1, $2)
                   ORDER BY key_id LIMIT $3";
    SEALED_UPDATE = "UPDATE storage_idempotency SET answer = $3
                     WHERE tenant = app_tenant() AND key_id = $1 AND $2 = CAST(0 AS bigint)
                         AND answer IS NOT DISTINCT FROM $4";
}

/// The sealed column of answers, for whoever seals them anew or shows what is held about a party.
pub(crate) static SEALED: [SealedTable; 1] = [SealedTable {
    name: Answer::TABLE,
    columns: &[SealedColumn::of::<Answer>()],
    first: RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
}];

/// The column `answer`: JSON as it was sent.
pub(crate) struct Answer;

impl Column for Answer {
    type Content = String;
    const TABLE: &'static str = "storage_idempotency";
    const NAME: &'static str = "answer";
}

/// What is kept of a request.
pub(crate) struct Kept {
    pub body_hash: [u8; 32],
    pub status: Option<u16>,
    /// Nothing where there was none, or it was erased.
    pub answer: Option<String>,
    pub first_seen: Timestamp,
}

pub(crate) async fn find(tx: &mut Tx, key: u128) -> Result<Option<Kept>, VaultError> {
    let key = Uuid::from_u128(key);
    let Some(row) = tx.row(&FIND, params![key]).await? else { return Ok(None) };
    let sealed: Option<Sealed<Answer>> = row.get(2)?;
    let opener = vault::opener(tx, sealed.as_ref().and_then(Sealed::key)).await?;
    let open = |sealed| opener.open(RowKey::of(key), sealed);
    let answer = sealed.as_ref().map(open).transpose()?;
    Ok(Some(Kept {
        body_hash: row.get(0)?,
        status: row.get(1)?,
        answer: answer.and_then(vault::Opened::content),
        first_seen: row.get(3)?,
    }))
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
    context: &Context,
    key: u128,
    (status, body): (u16, &String),
) -> Result<(), VaultError> {
    let key = Uuid::from_u128(key);
    let sealed = match vault::sealer(tx, context, own_party(context.tenant)).await {
        Ok(sealer) => Some(sealer.seal::<Answer>(RowKey::of(key), body)?),
        // That it was done is all that is kept for one that is erased, by this request perhaps.
        Err(VaultError::PartyErased { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(tx.execute_one(&ANSWER, params![key, status, sealed]).await?)
}
