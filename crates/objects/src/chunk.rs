//! The chunks of an object: how each is sealed, and the hashes over them.
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | version of this form, 1 |
//! | 12 | nonce, random |
//! | up to [`CHUNK_BYTES`] | the content under AES-256-GCM, with the object's own key |
//! | 16 | tag |
//!
//! The tag also covers the tenant, the object, the chunk's number and id, and whether it is the
//! last one. So a chunk that is cut off, put elsewhere, doubled, or replaced by one of another
//! attempt at the same upload does not open. The nonce is random and not the number, as it is in
//! STREAM and age: an upload that is resumed may send other bytes with the same number, and no two
//! contents may share a nonce under one key.

use kernel::{Env, PartyId, TenantId, Uuid};
use storage::TextHasher;
use storage::crypto::{NONCE_BYTES, TAG_BYTES, hex};
use storage::keys::Key;
use vault::{Column, Content, Form};
use zeroize::Zeroizing;

use crate::limits::CHUNK_BYTES;
use crate::model::ObjectId;

/// The version of the form.
const VERSION: u8 = 1;
/// By how many bytes a sealed chunk is longer than its content.
pub(crate) const OVERHEAD_BYTES: usize = 1 + NONCE_BYTES + TAG_BYTES;

/// A chunk that counts, as its row has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    /// From 0.
    pub number: u32,
    /// What its name in the store ends with.
    pub id: Uuid,
    /// The hash of its content.
    pub hash: [u8; 32],
}

/// Which chunk of which object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub tenant: TenantId,
    pub object: ObjectId,
    pub chunk: Chunk,
    pub is_last: bool,
}

/// The key of one object's chunks. It stands sealed in the object's row.
#[derive(Clone)]
pub(crate) struct ContentKey(Key);

/// The column in which it stands.
pub(crate) struct ContentKeyColumn;

/// The column of what an object is called.
pub(crate) struct NameColumn;

impl Column for ContentKeyColumn {
    type Content = ContentKey;
    const TABLE: &'static str = "objects_object";
    const NAME: &'static str = "content_key";
}

impl Column for NameColumn {
    type Content = String;
    const TABLE: &'static str = "objects_object";
    const NAME: &'static str = "name";
}

impl Content for ContentKey {
    const FORM: Form = Form::Key;

    fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        Some(Zeroizing::new(self.0.expose().to_vec()))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Key::from_bytes(bytes)))
    }
}

impl ContentKey {
    pub(crate) fn random(env: &Env) -> Self {
        Self(Key::random(env))
    }

    /// A chunk as it goes to the store.
    pub(crate) fn seal(&self, env: &Env, place: &Place, content: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = env.random_bytes();
        let sealed = self.0.cipher().seal(nonce, &place.bound(), content);
        [&[VERSION], &nonce[..], &sealed].concat()
    }

    /// The content of a chunk; nothing where it was changed, or stands in the place of another.
    pub(crate) fn open(&self, place: &Place, sealed: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if *version != VERSION {
            return None;
        }
        self.0.cipher().open(*nonce, &place.bound(), sealed)
    }
}

impl Place {
    /// What the tag covers beside the content: every part has a fixed length.
    fn bound(&self) -> Vec<u8> {
        let mut bound = b"florin.object.chunk.1".to_vec();
        bound.extend_from_slice(self.tenant.uuid().as_bytes());
        bound.extend_from_slice(self.object.uuid().as_bytes());
        bound.extend_from_slice(self.chunk.id.as_bytes());
        bound.extend_from_slice(&self.chunk.number.to_be_bytes());
        bound.push(u8::from(self.is_last));
        bound
    }

    /// Its name in the store. All of an object's chunks stand in one folder.
    pub(crate) fn name(&self) -> String {
        name(self.tenant, self.object, &self.chunk)
    }
}

/// The name in the store of a chunk of an object.
pub(crate) fn name(tenant: TenantId, object: ObjectId, chunk: &Chunk) -> String {
    let (number, id) = (chunk.number, hex(chunk.id.as_bytes()));
    format!("{}/{number:05}-{id}", folder(tenant, object))
}

/// The folder of an object in the store.
pub(crate) fn folder(tenant: TenantId, object: ObjectId) -> String {
    format!("{}/{}", hex(tenant.uuid().as_bytes()), hex(object.uuid().as_bytes()))
}

/// How many chunks a content of so many bytes has.
pub(crate) fn chunk_count(size: u64) -> u32 {
    u32::try_from(size.div_ceil(CHUNK_BYTES as u64)).unwrap_or(u32::MAX)
}

/// Makes the hashes of contents of one party: the same content has the same hash, and nobody who
/// has not the tenant's key can tell whether a file that they know is here.
#[derive(Clone)]
pub(crate) struct ContentHasher(Key);

impl ContentHasher {
    pub(crate) fn new(hasher: &TextHasher, party: PartyId) -> Self {
        Self(hasher.derived(&["objects.content", &party.to_string()]))
    }

    /// The hash of a chunk.
    pub(crate) fn chunk(&self, number: u32, content: &[u8]) -> [u8; 32] {
        self.0.hmac(&[b"chunk", &number.to_be_bytes(), content])
    }

    /// The hash of a content, from those of its chunks in their order: an upload that is resumed in
    /// another process needs nothing of what was hashed before but these.
    pub(crate) fn content(&self, size: u64, chunks: &[Chunk]) -> [u8; 32] {
        let hashes: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.hash).collect();
        self.0.hmac(&[b"content", &size.to_be_bytes(), &hashes])
    }
}
