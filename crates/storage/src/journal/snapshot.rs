//! Snapshots: the state of a stream's machine as of a record, so that a start reads them and the
//! journal's end instead of the whole journal.
//!
//! A snapshot is what recovery gives, written down: it is made beside the writer, from the journal
//! alone, and never from the machine that decides. It is tied to the journal by the hash of its
//! record, and to its own parts by theirs; one that does not fit is passed over, and the journal is
//! read from its beginning.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::{TenantId, Uuid};
use tokio::sync::mpsc;

use super::engine::Address;
use super::machine::{Archive, Machine};
use super::record::Record;
use super::shard::Shard;
use super::store::JournalStore;
use super::writer::Storage;
use crate::crypto::sha256;
use crate::error::StorageError;

/// What a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHead {
    /// Whose state.
    pub stream: Uuid,
    /// Whose stream.
    pub tenant: TenantId,
    /// As of which record.
    pub seq: u64,
    /// The version of its parts ([`Machine::STATE`]).
    pub state: u16,
    /// The hash of the record.
    pub record_hash: [u8; 32],
    /// How many parts it has.
    pub parts: u32,
    /// How many bytes they have together.
    pub bytes: u64,
    /// SHA-256 over the hashes of the parts, one after the other.
    pub hash: [u8; 32],
}

/// A stream of which a snapshot is wanted.
pub(super) struct Wanted {
    pub address: Address,
    /// Where its size is told once it is made.
    pub bytes: Arc<AtomicU64>,
}

/// Makes the snapshots that the writer asks for, until the writer is gone.
pub(super) async fn make_on_demand<M: Machine, S: JournalStore, A: Archive>(
    storage: Arc<Storage<S, A>>,
    mut asked: mpsc::Receiver<Wanted>,
) {
    while let Some(wanted) = asked.recv().await {
        let stream = wanted.address.stream;
        // A writer that is gone waits for this to end.
        let goes_on = || !asked.is_closed();
        match make::<M, S, A>(&storage, wanted.address, goes_on).await {
            Ok(Some(bytes)) => wanted.bytes.store(bytes, Ordering::Relaxed),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, %stream, "no snapshot was made; a start takes longer");
            }
        }
    }
}

/// Reads a stream as recovery does, and writes down what came of it; its bytes, or nothing where
/// it was told to stop.
async fn make<M: Machine, S: JournalStore, A: Archive>(
    storage: &Storage<S, A>,
    address: Address,
    goes_on: impl Fn() -> bool,
) -> Result<Option<u64>, StorageError> {
    let Address { stream, tenant } = address;
    let Storage { store, archive } = storage;
    let mut shard: Shard<M> = load(store, address).await?;
    let archived = archive.archived(tenant, stream).await?;
    shard.catch_up(store, stream, archived).await?;
    let (seq, record_hash) = (shard.seq, shard.hash);
    let (mut parts, mut bytes, mut hashes) = (0, 0, Vec::new());
    for part in shard.machine.parts() {
        if !goes_on() {
            return Ok(None);
        }
        let hash = sha256(&[&part]);
        hashes.extend_from_slice(&hash);
        bytes += part.len() as u64;
        // Its hash stands before it, so that a machine is never given what it did not write.
        let body = [&hash[..], &part].concat();
        store.put_snapshot_part((stream, tenant, seq), parts, body).await?;
        parts += 1;
    }
    let (state, hash) = (M::STATE, sha256(&[&hashes]));
    let head = SnapshotHead { stream, tenant, seq, state, record_hash, parts, bytes, hash };
    store.finish_snapshot(head).await?;
    Ok(Some(bytes))
}

/// A stream as of its last snapshot; before its first record where there is none that fits.
pub(super) async fn load<M: Machine, S: JournalStore>(
    store: &S,
    address: Address,
) -> Result<Shard<M>, StorageError> {
    let Address { stream, tenant } = address;
    let head = if M::STATE == 0 { None } else { store.snapshot(stream).await? };
    let Some(head) = head.filter(|head| head.state == M::STATE) else {
        return Ok(Shard::empty(stream, tenant));
    };
    match restore(store, head, address).await {
        Err(StorageError::Damaged { text }) => {
            let seq = head.seq;
            tracing::warn!(%stream, seq, text, "a snapshot is passed over; the journal is read");
            Ok(Shard::empty(stream, tenant))
        }
        restored => restored,
    }
}

async fn restore<M: Machine, S: JournalStore>(
    store: &S,
    head: SnapshotHead,
    address: Address,
) -> Result<Shard<M>, StorageError> {
    let Address { stream, tenant } = address;
    let damaged = |text: &str| StorageError::Damaged { text: text.to_owned() };
    if head.tenant != tenant {
        return Err(damaged("it is another tenant's"));
    }
    let record = store.read(stream, head.seq.saturating_sub(1), 1).await?.pop();
    let fits = |record: &Record| {
        record.seq == head.seq
            && record.hash == head.record_hash
            && sha256(&[&record.body]) == record.hash
    };
    let record = record.filter(fits).ok_or_else(|| damaged("the journal has another record"))?;
    let mut shard: Shard<M> = Shard::empty(stream, tenant);
    let mut hashes = Vec::new();
    for number in 0..head.parts {
        let part = store.snapshot_part((stream, head.seq), number).await?;
        let part = part.ok_or_else(|| damaged("a part is missing"))?;
        let whole = part.split_at_checked(32).filter(|(hash, body)| sha256(&[body]) == **hash);
        let (hash, body) = whole.ok_or_else(|| damaged("a part is not what its hash says"))?;
        hashes.extend_from_slice(hash);
        shard.machine.restore(body)?;
    }
    if sha256(&[&hashes]) != head.hash {
        return Err(damaged("it has other parts than its hash says"));
    }
    let (header, _) = record.open()?;
    (shard.seq, shard.hash, shard.time) = (record.seq, record.hash, header.time);
    shard.snapshot_bytes.store(head.bytes, Ordering::Relaxed);
    Ok(shard)
}
