//! What tests share. Any crate's tests may use it, and nothing that ships may.
//!
//! - [`both_databases!`]: one test, run on SQLite and on PostgreSQL, each time on a database of its
//!   own;
//! - [`tenancy`]: reads the syntax tree of every statement and finds those that could touch another
//!   tenant's rows;
//! - [`catalogue`]: asks PostgreSQL itself whether row-level security holds;
//! - [`golden_event`] and [`golden_text`]: files that show what may not change unnoticed;
//! - [`accounting`]: beancount and hledger, which check what we export;
//! - [`bank_files`]: ofxtools and the schemas of ISO 20022, which check the statements we write;
//! - [`Moto`]: a server that speaks S3;
//! - [`Smtp`]: a server of e-mail, with its faults;
//! - [`eventually`]: waits for what another task does, without a sleep in the test.
//!
//! What must stay true: a test without its PostgreSQL fails and says what to run; it never skips.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up fails where that is seen"
)]

pub mod accounting;
pub mod bank_files;
pub mod catalogue;
mod database;
mod golden;
mod installed;
mod moto;
mod raw;
mod server;
mod smtp;
pub mod tenancy;
mod wait;

pub use database::{TestDatabase, master_key, run, with_keys};
pub use golden::{golden_event, golden_text};
pub use moto::Moto;
pub use raw::{Cell, Raw};
pub use smtp::{Smtp, SmtpMode};
pub use wait::eventually;

/// Makes two tests of each function, `sqlite::NAME` and `postgres::NAME`. Each gets a database of
/// its own with the tables of the modules (storage's are always there), which is gone afterwards.
///
/// A function may return anything that a test may return. The clock of the database stands still
/// until the test moves it. One call a file, because it declares the modules `sqlite` and
/// `postgres`.
///
/// ```
/// testing::both_databases! {
///     modules = [];
///
///     async fn a_database_answers(db: testing::TestDatabase) {
///         db.database.ping().await.unwrap();
///     }
///
///     async fn a_test_may_fail_by_error(
///         db: testing::TestDatabase,
///     ) -> Result<(), storage::StorageError> {
///         db.database.ping().await
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! both_databases {
    (
        modules = $modules:expr;
        $(
            $(#[$meta:meta])*
            async fn $name:ident($db:ident: $type:ty $(,)?) $(-> $answer:ty)? $body:block
        )+
    ) => {
        $(
            #[cfg(test)]
            $(#[$meta])*
            async fn $name($db: $type) $(-> $answer)? $body
        )+

        #[cfg(test)]
        const DATABASE_MODULES: &[$crate::storage::Module] = &$modules;

        #[cfg(test)]
        mod sqlite {
            $(
                #[test]
                fn $name() -> impl ::std::process::Termination {
                    let dialect = $crate::storage::Dialect::Sqlite;
                    $crate::run(dialect, super::DATABASE_MODULES, super::$name)
                }
            )+
        }

        #[cfg(test)]
        mod postgres {
            $(
                #[test]
                fn $name() -> impl ::std::process::Termination {
                    let dialect = $crate::storage::Dialect::Postgres;
                    $crate::run(dialect, super::DATABASE_MODULES, super::$name)
                }
            )+
        }
    };
}

#[doc(hidden)]
pub use storage;
