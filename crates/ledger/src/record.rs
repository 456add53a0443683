//! The record of the journal in which a transfer stands: who sent it, as part of what, when it was
//! decided, and by which hash it is chained.

use kernel::{BookId, Timestamp};
use storage::journal::{Record, RecordHeader};
use storage::{StorageError, Tx, params, sql};

use crate::book::{key_state, origin_of};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::model::{Origin, TransferId};
use crate::postings::record_of_key;

sql! {
    LAST_SEQ =
        "SELECT max(seq) FROM journal WHERE tenant = app_tenant() AND stream = $1";
    RECORD =
        "SELECT hash, body FROM journal
         WHERE tenant = app_tenant() AND stream = $1 AND seq = $2";
}

/// Where in the journal a transfer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRecord {
    /// The record's number in the book's journal, from 1.
    pub seq: u64,
    /// SHA-256 of the record.
    pub hash: [u8; 32],
    /// That of the one before, which the record holds.
    pub previous: [u8; 32],
    /// When its commands were decided.
    pub decided_at: Timestamp,
    /// Who sent the command that made the transfer, where somebody is known to have.
    pub origin: Option<Origin>,
}

impl Ledger {
    /// The record of the journal in which a transfer stands. Records begin with the number of their
    /// first transfer, and are searched for it.
    ///
    /// # Errors
    /// [`LedgerError::TransferUnknown`].
    pub async fn transfer_record(
        &self,
        tx: &mut Tx,
        book: BookId,
        transfer: TransferId,
    ) -> Result<TransferRecord, LedgerError> {
        let number = self.transfer(tx, book, transfer).await?.number;
        let row = tx.row(&LAST_SEQ, params![book.uuid()]).await?;
        let last: Option<u64> = row.map(|row| row.get(0)).transpose()?.flatten();
        let (mut first, mut after) = (1, last.unwrap_or(0) + 1);
        while after - first > 1 {
            let middle = first + (after - first) / 2;
            if read(tx, book, middle).await?.1.first_number <= number {
                first = middle;
            } else {
                after = middle;
            }
        }
        let (record, header) = read(tx, book, first).await?;
        let origin = origin_of(&record, transfer)?;
        let RecordHeader { seq, previous, time, .. } = header;
        Ok(TransferRecord { seq, hash: record.hash, previous, decided_at: time, origin })
    }
}

/// When the key of a command was first seen, of which the engine may have forgotten.
pub(crate) async fn first_seen(
    tx: &mut Tx,
    book: BookId,
    key: u128,
) -> Result<Option<Timestamp>, StorageError> {
    let Some(seq) = record_of_key(tx, book.uuid(), key).await? else { return Ok(None) };
    let (record, _) = read(tx, book, seq).await?;
    Ok(Some(key_state(&record, key)?.first_seen))
}

async fn read(tx: &mut Tx, book: BookId, seq: u64) -> Result<(Record, RecordHeader), StorageError> {
    let missing = || StorageError::Damaged { text: format!("record {seq} is missing") };
    let row = tx.row(&RECORD, params![book.uuid(), seq]).await?.ok_or_else(missing)?;
    let (stream, tenant) = (book.uuid(), tx.level().tenant());
    let record = Record { stream, tenant, seq, hash: row.get(0)?, body: row.get(1)? };
    let (header, _) = record.open()?;
    Ok((record, header))
}
