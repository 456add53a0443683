//! The keys of tenants: made where they are first needed, kept in rows, wrapped by a master key
//! that stands in no database.
//!
//! A tenant has one key that makes hashes of texts, for ever, because the journal holds such
//! hashes; and a wrapping key, under which the vault keeps the keys of parties and which can be
//! replaced by a newer one.
//!
//! What must stay true: nothing here is printed; a key that a transaction made is remembered when
//! somebody reads it after its commit, not before; the memory holds a bounded number of keys, and
//! each is wiped when it is let go.

mod key;
mod master;
mod tenant;
mod text;

pub use key::Key;
pub use master::{LocalMasterKeys, MasterKeyId, MasterKeys};
pub(crate) use tenant::KeyCache;
pub use tenant::{
    HASH_KEY, NumberedKey, Rewrapped, add_wrapping_key, forget_wrapping_keys, hold_wrapping_keys,
    master_key_counts, newest_wrapping_key, rewrap, tenant_key, wrapping_key,
};
pub use text::{TextHasher, known_tenant_hash, known_tenant_hasher, tenant_hash, tenant_hasher};
