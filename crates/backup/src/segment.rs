//! A segment's bytes: sealed frames of blocks, and one at the end that says what the whole is.
//!
//! Each frame is its length, a nonce and what was sealed, bound to generation, segment and place,
//! so that none can be left out, moved or put in.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use kernel::Env;
use serde::{Deserialize, Serialize};
use storage::crypto::{Cipher, NONCE_BYTES, TAG_BYTES, sha256};
use storage::keys::Key;

use crate::error::BackupError;

/// The bytes of a block: a page of the database, or several.
pub(crate) const BLOCK_BYTES: usize = 4_096;
/// A block's place stands before it.
const PLACED_BYTES: usize = 4 + BLOCK_BYTES;
const FRAME_BLOCKS_MAX: usize = 128;
const FRAME_BYTES_MAX: usize = FRAME_BLOCKS_MAX * PLACED_BYTES + NONCE_BYTES + TAG_BYTES;
const MAGIC: &[u8; 16] = b"florin backup 1\n";

/// The hash of a block, and of all blocks' hashes together.
pub(crate) type Hash = [u8; 32];

/// What a segment says of the state that it leaves.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    /// The database's bytes.
    pub bytes: u64,
    /// The hash over the hashes of its blocks.
    pub root: String,
}

/// Which segment of which generation.
pub(crate) struct Seal {
    cipher: Cipher,
    bound: Vec<u8>,
    frame: u32,
}

impl Seal {
    pub(crate) fn new(key: &Key, generation: &str, index: u32) -> Self {
        let own = Key::from_bytes(key.hmac(&[MAGIC, generation.as_bytes()]));
        let bound = [MAGIC, generation.as_bytes(), &index.to_be_bytes()].concat();
        Self { cipher: own.cipher(), bound, frame: 0 }
    }

    /// What the next frame is bound to.
    fn bound(&self, is_end: bool) -> Vec<u8> {
        [&self.bound[..], &self.frame.to_be_bytes(), &[u8::from(is_end)]].concat()
    }
}

/// Writes a segment.
pub(crate) struct Writer {
    out: BufWriter<File>,
    seal: Seal,
    env: Env,
    blocks: Vec<u8>,
    pub bytes: u64,
}

impl Writer {
    pub(crate) fn new(file: File, seal: Seal, env: Env) -> std::io::Result<Self> {
        let mut out = BufWriter::new(file);
        out.write_all(MAGIC)?;
        Ok(Self { out, seal, env, blocks: Vec::new(), bytes: MAGIC.len() as u64 })
    }

    pub(crate) fn block(&mut self, place: u32, block: &[u8]) -> std::io::Result<()> {
        self.blocks.extend_from_slice(&place.to_be_bytes());
        self.blocks.extend_from_slice(block);
        if self.blocks.len() < FRAME_BLOCKS_MAX * PLACED_BYTES {
            return Ok(());
        }
        let blocks = std::mem::take(&mut self.blocks);
        self.frame(&blocks, false)
    }

    fn frame(&mut self, message: &[u8], is_end: bool) -> std::io::Result<()> {
        let nonce: [u8; NONCE_BYTES] = self.env.random_bytes();
        let sealed = self.seal.cipher.seal(nonce, &self.seal.bound(is_end), message);
        self.seal.frame += 1;
        let length = NONCE_BYTES + sealed.len();
        self.bytes += 4 + length as u64;
        // A frame holds few blocks.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(&nonce)?;
        self.out.write_all(&sealed)
    }

    /// Writes the end, and flushes.
    pub(crate) fn end(mut self, end: &End) -> std::io::Result<u64> {
        let blocks = std::mem::take(&mut self.blocks);
        if !blocks.is_empty() {
            self.frame(&blocks, false)?;
        }
        self.frame(&serde_json::to_vec(end)?, true)?;
        let file = self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(self.bytes)
    }
}

/// Reads a segment: each block with its place, then what the whole is.
pub(crate) fn read(
    path: &Path,
    mut seal: Seal,
    mut block: impl FnMut(u32, &[u8]) -> Result<(), BackupError>,
) -> Result<End, BackupError> {
    let file = File::open(path).map_err(BackupError::at(path))?;
    let mut input = BufReader::new(file);
    let damaged = |text: &str| BackupError::damaged(path, text);
    let mut take = |bytes: &mut [u8]| {
        input.read_exact(bytes).map_err(|_| BackupError::damaged(path, "it ends too early"))
    };
    let mut magic = [0; MAGIC.len()];
    take(&mut magic)?;
    if magic != *MAGIC {
        return Err(damaged("it does not begin like one"));
    }
    loop {
        let mut length = [0; 4];
        take(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if !(NONCE_BYTES + TAG_BYTES..=FRAME_BYTES_MAX).contains(&length) {
            return Err(damaged("a frame has an impossible length"));
        }
        let mut nonce = [0; NONCE_BYTES];
        take(&mut nonce)?;
        let mut sealed = vec![0; length - NONCE_BYTES];
        take(&mut sealed)?;
        if let Some(blocks) = seal.cipher.open(nonce, &seal.bound(false), &sealed) {
            seal.frame += 1;
            for placed in blocks.chunks(PLACED_BYTES) {
                let Some((place, bytes)) = placed.split_first_chunk::<4>() else { break };
                block(u32::from_be_bytes(*place), bytes)?;
            }
            continue;
        }
        let end = seal.cipher.open(nonce, &seal.bound(true), &sealed);
        let end = end.ok_or_else(|| damaged("a frame does not open"))?;
        return serde_json::from_slice(&end).map_err(|_| damaged("its end cannot be read"));
    }
}

/// The hash of a block.
pub(crate) fn hash_of(block: &[u8]) -> Hash {
    sha256(&[block])
}

/// The hash of everything.
pub(crate) fn root_of(hashes: &[Hash]) -> String {
    storage::crypto::hex(&sha256(&[hashes.as_flattened()]))
}
