//! The walk along one stream, from its first record to the first link that does not hold.

use kernel::{TenantId, Timestamp, Uuid};

use super::brief;
use crate::crypto::{hex, sha256};
use crate::error::StorageError;
use crate::journal::{ByteReader, RecordHeader};
use crate::log::{Envelope, Lane, SignedHead, StreamKind, chain_hash};
use crate::value::Row;

/// How far the walk has come, and what the next record must follow from.
pub(super) struct Walk {
    kind: StreamKind,
    stream: Uuid,
    head: Option<SignedHead>,
    seq: u64,
    hash: [u8; 32],
    time: Timestamp,
    tenant: Option<TenantId>,
    broken: Option<String>,
}

impl Walk {
    pub(super) const fn new(kind: StreamKind, stream: Uuid, head: Option<SignedHead>) -> Self {
        let time = Timestamp::from_micros(i64::MIN);
        let (hash, tenant, broken) = ([0; 32], None, None);
        Self { kind, stream, head, seq: 0, hash, time, tenant, broken }
    }

    /// The number of the last record that holds.
    pub(super) const fn last(&self) -> u64 {
        self.seq
    }

    /// The stream's newest head.
    pub(super) const fn head(&self) -> Option<&SignedHead> {
        self.head.as_ref()
    }

    /// Why the record after the last does not hold, where one was seen.
    pub(super) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Takes the next record; behind one that does not hold, none counts.
    pub(super) fn take(&mut self, row: &Row) {
        if self.broken.is_none() {
            let outcome = self.step(row);
            self.broken =
                outcome.unwrap_or_else(|error| Some(format!("it cannot be read: {error}")));
        }
    }

    /// Takes the next record, or says what is wrong with it.
    fn step(&mut self, row: &Row) -> Result<Option<String>, StorageError> {
        let expected = self.seq + 1;
        let seq: i64 = row.get(1)?;
        if u64::try_from(seq) != Ok(expected) {
            return Ok(Some(format!("it is missing; the next one is {seq}")));
        }
        let tenant = TenantId::from_uuid(row.get(2)?);
        let (hash, body): ([u8; 32], Vec<u8>) = (row.get(3)?, row.get(4)?);
        let fault = match self.kind {
            StreamKind::Log => self.check_log(row, tenant, &hash, &body)?,
            StreamKind::Journal => self.check_journal(tenant, &hash, &body)?,
        };
        if fault.is_some() {
            return Ok(fault);
        }
        if self.tenant.is_some_and(|before| before != tenant) {
            return Ok(Some(format!("it is {tenant}'s, and the one before it another's")));
        }
        if let Some(what) = self.contradicts_head(expected, tenant, &hash) {
            return Ok(Some(what));
        }
        (self.seq, self.hash, self.tenant) = (expected, hash, Some(tenant));
        Ok(None)
    }

    fn check_log(
        &mut self,
        row: &Row,
        tenant: TenantId,
        hash: &[u8; 32],
        body: &[u8],
    ) -> Result<Option<String>, StorageError> {
        let seq = self.seq + 1;
        let (id, recorded): (Uuid, Timestamp) = (row.get(5)?, row.get(6)?);
        if chain_hash(self.stream, seq, &self.hash, recorded, body) != *hash {
            return Ok(Some(format!(
                "hash {} of record {seq} does not follow from its bytes and the record before it",
                brief(hash)
            )));
        }
        let Ok(envelope) = Envelope::from_bytes(body) else {
            return Ok(Some("its bytes are no event".to_owned()));
        };
        if envelope.id.uuid() != id {
            return Ok(Some(format!("its column id is not {}, which its bytes name", envelope.id)));
        }
        if envelope.tenant != tenant {
            let named = envelope.tenant;
            return Ok(Some(format!("its column tenant is not {named}, which its bytes name")));
        }
        if ![Lane::Main, Lane::Denied].iter().any(|lane| lane.stream(tenant) == self.stream) {
            return Ok(Some(format!("it is {tenant}'s and stands in another tenant's stream")));
        }
        if recorded < self.time {
            return Ok(Some("it was recorded before the record before it".to_owned()));
        }
        self.time = recorded;
        Ok(None)
    }

    fn check_journal(
        &mut self,
        tenant: TenantId,
        hash: &[u8; 32],
        body: &[u8],
    ) -> Result<Option<String>, StorageError> {
        let seq = self.seq + 1;
        if sha256(&[body]) != *hash {
            return Ok(Some(format!(
                "hash {} of record {seq} does not follow from its bytes",
                brief(hash)
            )));
        }
        let header = RecordHeader::decode(&mut ByteReader::new(body))?;
        if header.stream != self.stream || header.seq != seq {
            return Ok(Some(format!(
                "its bytes are those of record {} of stream {}",
                header.seq, header.stream
            )));
        }
        if header.tenant != tenant {
            let named = header.tenant;
            return Ok(Some(format!("its column tenant is not {named}, which its bytes name")));
        }
        if header.previous != self.hash {
            return Ok(Some(format!(
                "it follows a record with hash {}, and the one before it has {}",
                brief(&header.previous),
                brief(&self.hash)
            )));
        }
        if header.time < self.time {
            return Ok(Some("it was decided before the record before it".to_owned()));
        }
        self.time = header.time;
        Ok(None)
    }

    /// Whether a head that was signed for this record says something else.
    fn contradicts_head(&self, seq: u64, tenant: TenantId, hash: &[u8; 32]) -> Option<String> {
        let head = self.head.as_ref().map(|signed| &signed.head).filter(|head| head.seq == seq)?;
        if head.hash != hex(hash) {
            return Some(format!(
                "its hash is {}, but the head signed at {} says {}",
                brief(hash),
                head.time,
                head.hash.get(..12).unwrap_or(&head.hash)
            ));
        }
        (head.tenant != tenant).then(|| {
            format!("it is {tenant}'s, but the head signed at {} says {}", head.time, head.tenant)
        })
    }
}
