//! A shelf of files: the set-up that the tests share.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use kernel::{Context, PartyId, Problematic as _, Uuid};
use objects::{BlobLimits, Blobs, NewObject, Object, ObjectId, Objects, ObjectsError, Reference};
use storage::{Level, Mode, Tx};
use testing::TestDatabase;

/// The content of a chunk, as docs/objects.md says it.
pub const CHUNK: usize = 1 << 20;
/// A day, in seconds.
pub const DAY: i64 = 86_400;

/// A tenant with files in a directory.
pub struct Shelf<'a> {
    pub objects: Objects,
    pub context: Context,
    pub files: PathBuf,
    pub db: &'a TestDatabase,
}

impl<'a> Shelf<'a> {
    pub fn of(db: &'a TestDatabase) -> Self {
        let files = db.directory().join("objects");
        let blobs = Blobs::directory(&files, BlobLimits::default()).unwrap();
        Self::over(db, blobs)
    }

    pub fn over(db: &'a TestDatabase, blobs: Blobs) -> Self {
        let objects = Objects::new(db.database.clone(), blobs);
        let (context, files) = (db.context(db.new_tenant()), db.directory().join("objects"));
        Self { objects, context, files, db }
    }

    pub fn own(&self) -> PartyId {
        vault::own_party(self.context.tenant)
    }

    pub async fn keep(&self, content: &[u8]) -> ObjectId {
        self.try_keep(self.own(), content).await.unwrap()
    }

    pub async fn try_keep(&self, party: PartyId, content: &[u8]) -> Result<ObjectId, ObjectsError> {
        let new = NewObject { party, name: "a file" };
        self.objects.keep(&self.context, &new, content.to_vec()).await
    }

    pub async fn begin(&self, size: usize) -> Object {
        let new = NewObject { party: self.own(), name: "a long file" };
        let mut tx = self.write().await;
        let begun = self.objects.begin(&mut tx, &self.context, &new, size as u64).await.unwrap();
        tx.commit().await.unwrap();
        begun
    }

    /// Sends bytes from an offset on, in pieces of a size that fits no chunk.
    pub async fn send(
        &self,
        id: ObjectId,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Object, ObjectsError> {
        self.objects.append(&self.context, (id, offset), pieces(bytes)).await
    }

    pub async fn read(&self, id: ObjectId) -> Result<Vec<u8>, ObjectsError> {
        let mut content = self.objects.open(&self.context, id).await?;
        let mut read = Vec::new();
        while let Some(bytes) = content.next().await? {
            read.extend_from_slice(&bytes);
        }
        Ok(read)
    }

    pub async fn refer(&self, id: ObjectId, reference: Reference) -> Result<(), ObjectsError> {
        let mut tx = self.write().await;
        objects::refer(&mut tx, &self.context, id, reference).await?;
        Ok(tx.commit().await?)
    }

    pub async fn release(&self, reference: Reference) {
        let mut tx = self.write().await;
        objects::release(&mut tx, &self.context, reference).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn write(&self) -> Tx {
        let level = Level::of(self.context.tenant);
        self.db.database.begin(level, Mode::Write).await.unwrap()
    }

    /// The files in the store, by their paths.
    pub fn stored(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(&self.files, &mut found);
        found.sort();
        found
    }

    /// How many rows a table has, over all tenants.
    pub async fn count(&self, table: &str) -> usize {
        self.db.raw().await.rows(&format!("SELECT tenant FROM {table}")).await.len()
    }
}

/// Content that looks like nothing, so that no two chunks of it are alike.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // Xorshift (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    // No magic number of any type, and no text.
    bytes.iter_mut().take(16).for_each(|byte| *byte = 2);
    bytes
}

pub fn pieces(bytes: &[u8]) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + Unpin {
    let pieces = bytes.chunks(99_991).map(Bytes::copy_from_slice).map(Ok);
    stream::iter(pieces.collect::<Vec<_>>())
}

pub fn reference(number: u128) -> Reference {
    Reference { kind: "shelf.label", id: Uuid::from_u128(number) }
}

pub fn code<T>(result: Result<T, ObjectsError>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}
