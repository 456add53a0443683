//! Records of the journal: a header, then the entries that the machine wrote.
//!
//! | bytes | field |
//! | --- | --- |
//! | 2 | codec, the version of the entries |
//! | 16 | stream |
//! | 8 | seq, from 1 without gaps |
//! | 32 | hash of the previous record, zeros before the first |
//! | 8 | time in microseconds, never less than the previous record's |
//! | 8 | number of the first numbered thing in it |
//! | 4 | count of entries |
//! | 16 | tenant |
//!
//! All numbers are big-endian; a record's hash is SHA-256 over its bytes, header included.

use kernel::{TenantId, Timestamp, Uuid};

use crate::crypto::sha256;
use crate::error::StorageError;

/// The bytes of a header.
pub(crate) const HEADER_BYTES: usize = 94;

/// What a record begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// The version of the entries.
    pub codec: u16,
    /// Whose record.
    pub stream: Uuid,
    /// Which one.
    pub seq: u64,
    /// The hash of the one before.
    pub previous: [u8; 32],
    /// The time at which its commands were decided.
    pub time: Timestamp,
    /// The number of the first numbered thing in it.
    pub first_number: u64,
    /// How many entries follow.
    pub count: u32,
    /// Whose stream: among the bytes that are hashed, so that no record changes hands unnoticed.
    pub tenant: TenantId,
}

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose record.
    pub stream: Uuid,
    /// Whose stream.
    pub tenant: TenantId,
    /// Which one.
    pub seq: u64,
    /// SHA-256 of the body.
    pub hash: [u8; 32],
    /// Header and entries.
    pub body: Vec<u8>,
}

impl RecordHeader {
    /// Writes the header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.codec.to_be_bytes());
        out.extend_from_slice(self.stream.as_bytes());
        out.extend_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(&self.previous);
        out.extend_from_slice(&self.time.micros().to_be_bytes());
        out.extend_from_slice(&self.first_number.to_be_bytes());
        out.extend_from_slice(&self.count.to_be_bytes());
        out.extend_from_slice(self.tenant.uuid().as_bytes());
    }

    /// Reads a header; what follows stays in the reader.
    pub fn decode(reader: &mut ByteReader<'_>) -> Result<Self, StorageError> {
        Ok(Self {
            codec: u16::from_be_bytes(reader.array()?),
            stream: Uuid::from_bytes(reader.array()?),
            seq: u64::from_be_bytes(reader.array()?),
            previous: reader.array()?,
            time: Timestamp::from_micros(i64::from_be_bytes(reader.array()?)),
            first_number: u64::from_be_bytes(reader.array()?),
            count: u32::from_be_bytes(reader.array()?),
            tenant: TenantId::from_uuid(Uuid::from_bytes(reader.array()?)),
        })
    }
}

impl Record {
    /// Puts a header before entries and hashes both.
    #[must_use]
    pub fn seal(header: &RecordHeader, entries: &[u8]) -> Self {
        let mut body = Vec::with_capacity(HEADER_BYTES + entries.len());
        header.encode(&mut body);
        body.extend_from_slice(entries);
        let hash = sha256(&[&body]);
        let RecordHeader { stream, tenant, seq, .. } = *header;
        Self { stream, tenant, seq, hash, body }
    }

    /// The header and a reader of the entries.
    pub fn open(&self) -> Result<(RecordHeader, ByteReader<'_>), StorageError> {
        let mut reader = ByteReader::new(&self.body);
        let header = RecordHeader::decode(&mut reader)?;
        Ok((header, reader))
    }
}

/// Reads binary entries; running out of bytes is an error, not a panic.
#[derive(Clone, Debug)]
pub struct ByteReader<'a> {
    rest: &'a [u8],
}

impl<'a> ByteReader<'a> {
    /// A reader of these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], StorageError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(cut_short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], StorageError> {
        self.bytes(N)?.try_into().map_err(|_| cut_short())
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, StorageError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, StorageError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, StorageError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// Eight bytes.
    pub fn i64(&mut self) -> Result<i64, StorageError> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    /// Sixteen bytes.
    pub fn u128(&mut self) -> Result<u128, StorageError> {
        Ok(u128::from_be_bytes(self.array()?))
    }

    /// A number of seven bits a byte, the lowest first (LEB128).
    pub fn varint(&mut self) -> Result<u128, StorageError> {
        // Nearly all are short: up to 63 bits are read without the width of the longest.
        let mut value: u64 = 0;
        for (index, byte) in self.rest.iter().take(9).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[index + 1..];
                return Ok(u128::from(value));
            }
        }
        self.long_varint()
    }

    /// Passes over so many numbers.
    pub fn skip_varints(&mut self, count: u64) -> Result<(), StorageError> {
        let mut left = count;
        for (index, byte) in self.rest.iter().enumerate() {
            if left == 0 {
                self.rest = &self.rest[index..];
                return Ok(());
            }
            left -= u64::from(byte & 0x80 == 0);
        }
        self.rest = &[];
        if left == 0 { Ok(()) } else { Err(damaged("numbers are missing")) }
    }

    fn long_varint(&mut self) -> Result<u128, StorageError> {
        let mut value: u128 = 0;
        for shift in (0..128).step_by(7) {
            let byte = self.u8()?;
            let part = u128::from(byte & 0x7f);
            if (part << shift) >> shift != part {
                return Err(damaged("a number is too long"));
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a number is too long"))
    }
}

/// Writes a number of seven bits a byte, the lowest first (LEB128).
pub fn put_varint(mut value: u128, out: &mut Vec<u8>) {
    while value > u128::from(u64::MAX) {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    let mut value = u64::try_from(value).unwrap_or(u64::MAX);
    while value > 0x7f {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Puts the sign into the lowest bit, so that small negative numbers stay short.
#[must_use]
pub const fn zigzag(value: i128) -> u128 {
    (value.wrapping_shl(1) ^ (value >> 127)).cast_unsigned()
}

/// The number that [`zigzag`] was given.
#[must_use]
pub const fn unzigzag(value: u128) -> i128 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

fn cut_short() -> StorageError {
    damaged("a record ends too early")
}

fn damaged(text: &str) -> StorageError {
    StorageError::Damaged { text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(number: u128) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(number, &mut out);
        out
    }

    #[test]
    fn numbers_are_written_as_dwarf_does() {
        // DWARF 5, section 7.6, figure 22; and the example that Wikipedia has.
        for (number, bytes) in [
            (2, &[2][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (129, &[0x81, 1]),
            (12_857, &[57 + 0x80, 100]),
            (624_485, &[0xe5, 0x8e, 0x26]),
        ] {
            assert_eq!(written(number), bytes);
        }
        assert_eq!(written(u128::MAX).len(), 19);
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_an_error() {
        for bytes in [&[][..], &[0x80], &[0xff; 9], &[0xff; 19], &[0xff; 30]] {
            assert!(ByteReader::new(bytes).varint().is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(number: u128, shift in 0_u32..128, more: u8) {
            let mut bytes = written(number >> shift);
            bytes.push(more);
            let mut reader = ByteReader::new(&bytes);
            prop_assert_eq!(reader.varint().unwrap(), number >> shift);
            prop_assert_eq!(reader.u8().unwrap(), more);
        }
    }
}
