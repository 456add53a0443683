//! A commit as the simulated server writes it: rows and records, chained and hashed, so that a torn
//! one is known from a whole one.

use kernel::{TenantId, Uuid};
use storage::StorageError;
use storage::crypto::sha256;
use storage::journal::{ByteReader, Record};

use crate::rows::{RowKey, RowWrite};

/// One commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    pub rows: Vec<RowWrite>,
    pub records: Vec<Record>,
}

impl Frame {
    /// Its bytes: length, hash over the previous frame's hash and the rest, rows, records.
    pub fn encode(&self, previous: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
        let mut body = Vec::new();
        body.extend_from_slice(&length(self.rows.len()));
        for RowWrite { key, state } in &self.rows {
            body.extend_from_slice(key.tenant.as_bytes());
            body.extend_from_slice(&key.id.to_be_bytes());
            body.extend_from_slice(&state.to_be_bytes());
        }
        body.extend_from_slice(&length(self.records.len()));
        for record in &self.records {
            body.extend_from_slice(record.stream.as_bytes());
            body.extend_from_slice(record.tenant.uuid().as_bytes());
            body.extend_from_slice(&record.seq.to_be_bytes());
            body.extend_from_slice(&record.hash);
            body.extend_from_slice(&length(record.body.len()));
            body.extend_from_slice(&record.body);
        }
        let hash = sha256(&[previous, &body]);
        ([&length(body.len()), hash.as_slice(), &body].concat(), hash)
    }

    /// Reads one; nothing where the bytes hold no whole one that follows from the one before.
    pub fn decode(
        reader: &mut ByteReader<'_>,
        previous: &[u8; 32],
    ) -> Result<Option<(Self, [u8; 32])>, StorageError> {
        if reader.len() < 36 {
            return Ok(None);
        }
        let size = reader.u32()? as usize;
        let hash: [u8; 32] = reader.array()?;
        if size == 0 || reader.len() < size {
            return Ok(None);
        }
        let body = reader.bytes(size)?;
        if sha256(&[previous, body]) != hash {
            return Ok(None);
        }
        Ok(Some((Self::decode_body(&mut ByteReader::new(body))?, hash)))
    }

    fn decode_body(reader: &mut ByteReader<'_>) -> Result<Self, StorageError> {
        let mut frame = Self::default();
        for _ in 0..reader.u32()? {
            let tenant = Uuid::from_u128(reader.u128()?);
            let key = RowKey { tenant, id: reader.i64()? };
            frame.rows.push(RowWrite { key, state: reader.i64()? });
        }
        for _ in 0..reader.u32()? {
            let stream = Uuid::from_u128(reader.u128()?);
            let tenant = TenantId::from_uuid(Uuid::from_u128(reader.u128()?));
            let seq = reader.i64()?.cast_unsigned();
            let hash = reader.array()?;
            let size = reader.u32()? as usize;
            let body = reader.bytes(size)?.to_vec();
            frame.records.push(Record { stream, tenant, seq, hash, body });
        }
        Ok(frame)
    }
}

fn length(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap().to_be_bytes()
}
