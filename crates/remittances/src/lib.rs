//! Remittances: value that goes from one tenant's book to another's, or between two books of one.
//!
//! Whoever wants to be sent something opens a *payee*, and gives its id away. What is sent is held
//! on the giver's account, announced to the taker's, leaves, arrives, or comes back: a saga
//! ([`flow`]), whose steps are commands of the two books.
//!
//! What must stay true:
//! - each book balances by itself at every moment;
//! - what arrived in one book has left the other before: between the two it stands in transit on
//!   the giver's side, and is held towards the account on the taker's;
//! - a remittance ends as arrived or returned, with both sides agreeing, whatever dies meanwhile;
//! - whoever sends learns of the taker what the payee shows, and the taker of the giver what the
//!   giver's book is called, and what is said of the remittance.
//!
//! It emits `remittances.payee.opened`, `remittances.payee.closed`,
//! `remittances.remittance.asked`, `.arrived`, `.settled` and `.returned`.

mod accounts;
mod ask;
mod error;
pub mod event;
pub mod flow;
mod ids;
mod model;
pub mod payee;
mod saga;
mod store;
mod texts;

use ledger::Ledger;
use storage::Database;

pub use accounts::Role;
pub use error::RemittancesError;
pub use model::{
    Direction, NewRemittance, Payee, PayeeId, PayeeShown, Remittance, RemittanceId, Standing,
    TEXT_CHARS_MAX, Texts,
};
pub use payee::NewPayee;
pub use saga::Remit;

/// The tables of this module.
pub const MODULE: storage::Module = storage::migrations!(
    "remittances", 1 "payees and remittances" = "0001_remittances.sql"
);

/// Its sealed columns.
pub static SEALED: &[vault::SealedTable] = &store::SEALED;

/// What is sent between books. Clones share it.
#[derive(Clone)]
pub struct Remittances {
    database: Database,
    ledger: Ledger,
}

impl Remittances {
    /// Over a database and its ledger.
    #[must_use]
    pub const fn new(database: Database, ledger: Ledger) -> Self {
        Self { database, ledger }
    }
}
