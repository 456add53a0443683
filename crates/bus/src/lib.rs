//! The bus: what happens, handed on to a broker (NATS JetStream) for programs that listen there,
//! and commands taken from it.
//!
//! # What it owns
//! - `bus_position`: how far each tenant's events were handed to each broker.
//!
//! # What must stay true
//! - An event is handed on at least once, and a tenant's events in the order of each stream: the
//!   position moves only after the broker has said that it keeps what came before.
//! - What is handed on is what the log has, byte for byte, in a CloudEvent; nothing is added that
//!   the log does not say. Names of topics are made here and known nowhere else.
//! - A command is done once, however often it comes: its key is made from `source` and `id`.
//! - A broker that is down, slow or answers nonsense keeps nobody waiting: the log has it all.
//!
//! # What it emits
//! Nothing; it reads every stream of a tenant.

mod cloudevent;
mod error;
mod export;
mod intake;
mod nats;
mod store;
mod topic;

pub use error::BusError;
pub use export::{Exporter, Sources, Stream, Task};
pub use intake::{Command, Commands, Intake};
pub use nats::Address;

/// This module's tables.
pub const MODULE: storage::Module = storage::migrations!("bus", 1 "bus" = "0001_bus.sql");

/// How a broker is called in rows: there is one of its kind.
pub(crate) const NATS: &str = "nats";
