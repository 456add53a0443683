//! Files: kept once for each content and party, sealed, in a directory or in anything that speaks
//! S3.
//!
//! # What it owns
//! - `objects_object`: what is kept or on its way, whose it is, and the key of its chunks, sealed;
//! - `objects_chunk`: which names in the store of bytes are its content;
//! - `objects_reference`, `objects_hold`: who needs it.
//!
//! # What must stay true
//! - Rows decide what there is; the store of bytes holds nothing that can be read without them.
//! - What was acknowledged is durable, and reads back as it came or not at all: each chunk is
//!   sealed for its place in its object ([`Content`]).
//! - Nothing that somebody needs is taken away, whatever is uploaded, referred to and collected at
//!   the same time ([`Objects::collect`]).
//! - A content of any size takes the memory of two chunks.
//! - Whoever has the store, a backup of it or of the rows, cannot tell whether a file that they
//!   know is in it: hashes are keyed for tenant and party.
//!
//! # What it emits
//! `objects.object.stored`, `objects.object.removed`, `objects.object.refused`,
//! `objects.hold.placed`, `objects.hold.released`, `objects.retention.prolonged`. It listens to
//! nothing.
//!
//! ```no_run
//! use kernel::Context;
//! use objects::{NewObject, Objects, Reference};
//!
//! # async fn example(objects: Objects, context: Context, mut tx: storage::Tx,
//! #     receipt: kernel::Uuid) -> Result<(), objects::ObjectsError> {
//! let new = NewObject { party: vault::own_party(context.tenant), name: "receipt.pdf" };
//! let id = objects.keep(&context, &new, "%PDF-1.7 …").await?;
//!
//! // In the transaction that adds what needs it:
//! let reference = Reference { kind: "books.receipt", id: receipt };
//! objects::refer(&mut tx, &context, id, reference).await?;
//! # tx.commit().await?;
//!
//! let mut content = objects.open(&context, id).await?;
//! while let Some(bytes) = content.next().await? {
//!     // … at most a chunk at a time …
//! }
//! # Ok(()) }
//! ```

mod blobs;
mod chunk;
mod collect;
mod content;
mod error;
pub mod event;
mod keep;
pub mod limits;
mod model;
mod objects;
mod retain;
mod scan;
mod settle;
mod sniff;
mod store;
mod upload;

pub use blobs::{BlobLimits, Blobs, Bucket};
pub use collect::{CollectObjects, Collected, Collection};
pub use content::Content;
pub use error::ObjectsError;
pub use model::{NewObject, Object, ObjectId, ObjectState, Reference};
pub use objects::{Objects, refer, referred, release};
pub use retain::{Hold, check_erasable, holds, keep_until, place_hold, release_hold};
pub use scan::{Check, CheckObjects, Clamd, Scanner, Verdict};
pub use upload::FILE;

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("objects", 1 "objects" = "0001_objects.sql");

/// Its sealed columns.
pub static SEALED: &[vault::SealedTable] = &store::SEALED;
