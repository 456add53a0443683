//! One face over SQLite and PostgreSQL.
//!
//! It owns the connections, the migrations, the log of events, the journal of engines, the writer
//! that commits many engines' batches at once, and the keys of tenants.
//!
//! What must stay true:
//! - a transaction is the only way in, and is bound to a [`Level`] from its first statement on;
//! - every statement is declared with [`sql!`], so that a test has read its syntax tree;
//! - acknowledged means durable: both databases flush before a commit returns;
//! - no other crate names rusqlite or tokio-postgres.
//!
//! ```no_run
//! use kernel::Env;
//! use storage::{Database, Level, Limits, Mode, params};
//!
//! storage::sql! { NAMES = "SELECT name FROM wealth_asset WHERE tenant = app_tenant()"; }
//!
//! # async fn example(tenant: kernel::TenantId) -> Result<(), storage::StorageError> {
//! let database = Database::open("sqlite:florin.db", Env::system(), Limits::default())?;
//! let mut tx = database.begin(Level::Tenant(tenant), Mode::Read).await?;
//! for row in tx.rows(&NAMES, params![]).await? {
//!     let _name: String = row.get(0)?;
//! }
//! # Ok(()) }
//! ```

pub mod audit;
mod bulk;
pub mod crypto;
mod db;
mod error;
pub mod journal;
pub mod keys;
mod level;
pub mod log;
pub mod migrate;
mod postgres;
mod sqlite;
pub mod statement;
mod value;

pub use db::{Database, Dialect, Limits, Tx};
pub use error::StorageError;
pub use keys::{TextHasher, known_tenant_hash, known_tenant_hasher, tenant_hash, tenant_hasher};
pub use level::{Level, Mode};
pub use migrate::{Migration, Module, Ownership};
pub use sqlite::SqliteSource;
pub use statement::{Reach, Statement};
pub use value::{FromValue, Params, Row, Value};

#[doc(hidden)]
pub use inventory;
