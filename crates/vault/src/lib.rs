//! Keys, and what is sealed with them: names, texts and secrets stand in rows as bytes that only
//! their party's key opens, and are gone when that key is.
//!
//! A master key, which stands in no database, wraps the keys of tenants
//! ([`storage::keys`]); a tenant's wraps the keys of its parties; a party's seals the columns that
//! hold what is personal ([`Sealed`]). Whatever is found by its content has a blind index
//! ([`BlindIndexer`]).
//!
//! What must stay true:
//! - what is sealed opens in its tenant, table, column and row, and nowhere else;
//! - nothing that is sealed, and no key, can be printed or serialised by accident;
//! - keys of parties are read in the transaction that uses them, so that erasing one holds at once,
//!   on every node; the memory keeps keys of tenants alone, a bounded number of them;
//! - an erasure is in a register outside the database before it is committed, and is done again
//!   where a backup that does not know of it is restored ([`Vault::recall`]);
//! - whatever replaces keys may be cut off anywhere and goes on where it was.
//!
//! It emits `vault.party.erased`, `vault.party.exported` and `vault.keys.rotated`; it listens to
//! nothing.
//!
//! ```no_run
//! use kernel::{Context, Uuid};
//! use storage::{Tx, params};
//! use vault::{Column, RowKey};
//!
//! /// What a family calls a pet.
//! struct PetName;
//!
//! impl Column for PetName {
//!     type Content = String;
//!     const TABLE: &'static str = "pets_pet";
//!     const NAME: &'static str = "name";
//! }
//!
//! storage::sql! {
//!     ADD = "INSERT INTO pets_pet (tenant, id, name) VALUES (app_tenant(), $1, $2)";
//! }
//!
//! async fn add(
//!     tx: &mut Tx,
//!     context: &Context,
//!     (id, name): (Uuid, &str),
//! ) -> Result<(), vault::VaultError> {
//!     let sealer = vault::sealer(tx, context, vault::own_party(context.tenant)).await?;
//!     let name = sealer.seal::<PetName>(RowKey::of(id), &name.to_owned())?;
//!     tx.execute_one(&ADD, params![id, name]).await?;
//!     Ok(())
//! }
//! ```

mod blind;
mod error;
pub mod event;
pub mod master;
mod party;
mod register;
mod rotate;
mod sealed;
mod store;
mod table;
mod vault;

pub use blind::{BlindIndexer, indexer, known_indexer, normalised};
pub use error::VaultError;
pub use party::{Opener, Sealer, known_sealer, opener, own_party, sealer};
pub use register::Register;
pub use rotate::{MasterRotation, RotateKeys, RotateMasterKey, Rotation};
pub use sealed::{
    AsJson, CONTENT_BYTES_MAX, Column, Content, Form, KeyId, OVERHEAD_BYTES, Opened, Part, RowKey,
    Sealed,
};
pub use store::Party;
pub use table::{SealedColumn, SealedTable};
pub use vault::{Held, Status, Vault};

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("vault", 1 "parties and their keys" = "0001_parties.sql");
