//! One stream in memory: its machine, the end of its journal, and what the commit under way adds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::{TenantId, Timestamp, Uuid};
use tokio::sync::mpsc;

use super::engine::Address;
use super::machine::{Executed, Machine};
use super::record::Record;
use super::snapshot::Wanted;
use super::store::JournalStore;
use crate::crypto::sha256;
use crate::error::StorageError;

/// The records that recovery reads at a time.
const RECOVERY_RECORDS: u32 = 32;

/// One stream's machine and the end of its journal.
pub(super) struct Shard<M> {
    pub machine: M,
    pub tenant: TenantId,
    pub seq: u64,
    pub hash: [u8; 32],
    pub time: Timestamp,
    /// The bytes of the records since the last snapshot that is known here.
    pub tail_bytes: u64,
    /// The bytes of that snapshot; whoever makes the next one says so here.
    pub snapshot_bytes: Arc<AtomicU64>,
    pub batch: Batch,
}

/// What a shard adds to the commit under way.
#[derive(Default)]
pub(super) struct Batch {
    pub mark: usize,
    pub entries: Vec<u8>,
    pub count: u32,
    pub first_number: u64,
    pub time: Timestamp,
}

impl<M: Machine> Shard<M> {
    /// A stream before its first record.
    pub(super) fn empty(stream: Uuid, tenant: TenantId) -> Self {
        let (machine, time) = (M::empty(stream), Timestamp::from_micros(i64::MIN));
        let (seq, hash, tail_bytes, batch) = (0, [0; 32], 0, Batch::default());
        let snapshot_bytes = Arc::default();
        Self { machine, tenant, seq, hash, time, tail_bytes, snapshot_bytes, batch }
    }

    /// Applies what the journal holds after the last record that is known here, and forgets of it
    /// what an archive holds. Where it fails, the machine may be in between and must be given up.
    pub(super) async fn catch_up<S: JournalStore>(
        &mut self,
        store: &S,
        stream: Uuid,
        archived: u64,
    ) -> Result<(), StorageError> {
        loop {
            let records = store.read(stream, self.seq, RECOVERY_RECORDS).await?;
            for record in &records {
                self.replay(record)?;
                if self.machine.is_crowded() {
                    self.machine.forget(archived);
                }
            }
            if records.len() < RECOVERY_RECORDS as usize {
                return Ok(());
            }
        }
    }

    /// Fixes the time of a batch with its first command, and releases what is due by then before
    /// anything is decided. Time never runs backwards.
    pub(super) fn open_batch(&mut self, now: Timestamp) {
        if self.batch.count > 0 {
            return;
        }
        self.batch.mark = self.machine.mark();
        self.batch.first_number = self.machine.next_number();
        self.batch.time = now.max(self.time);
        let time = self.batch.time;
        if self.machine.due().is_some_and(|due| due <= time)
            && let Executed::New(_) =
                self.machine.execute(time, &M::tick(), &mut self.batch.entries)
        {
            self.batch.count += 1;
        }
    }

    /// What the batch holds is durable.
    pub(super) fn settle(&mut self, record: &Record) {
        self.machine.settle();
        (self.seq, self.hash, self.time) = (record.seq, record.hash, self.batch.time);
        self.tail_bytes += record.body.len() as u64;
    }

    /// Whether enough has come since the last snapshot: the larger it was, the more, so that
    /// snapshots cost a bounded share of what the journal does.
    pub(super) fn wants_snapshot(&self, tail_min: u64) -> bool {
        let size = self.snapshot_bytes.load(Ordering::Relaxed);
        M::STATE != 0 && self.tail_bytes > tail_min.max(size / 2)
    }

    /// Asks for a snapshot, unless another one is being made; then later.
    pub(super) fn ask_for_snapshot(&mut self, stream: Uuid, snapshots: &mpsc::Sender<Wanted>) {
        let address = Address { stream, tenant: self.tenant };
        let wanted = Wanted { address, bytes: Arc::clone(&self.snapshot_bytes) };
        if snapshots.try_send(wanted).is_ok() {
            self.tail_bytes = 0;
        }
    }

    fn replay(&mut self, record: &Record) -> Result<(), StorageError> {
        let (header, mut entries) = record.open()?;
        let place = format!("journal {} record {}", record.stream, record.seq);
        let damaged = |what: &str| StorageError::Damaged { text: format!("{place}: {what}") };
        if sha256(&[&record.body]) != record.hash {
            return Err(damaged("is not what its hash says"));
        }
        if header.seq != self.seq + 1 || header.previous != self.hash {
            return Err(damaged("does not follow from the record before it"));
        }
        if header.codec != M::CODEC {
            return Err(damaged("is written in a codec that this program does not read"));
        }
        if record.tenant != self.tenant || header.tenant != self.tenant {
            return Err(damaged("belongs to another tenant"));
        }
        for _ in 0..header.count {
            self.machine.replay(header.time, &mut entries)?;
        }
        if !entries.is_empty() {
            return Err(damaged("is longer than its entries"));
        }
        self.machine.settle();
        (self.seq, self.hash, self.time) = (record.seq, record.hash, header.time);
        self.tail_bytes += record.body.len() as u64;
        Ok(())
    }
}
