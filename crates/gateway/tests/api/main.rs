//! The gateway through its front door, on both databases: one binary, so that it links once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod analytics;
mod approvals;
mod auth;
mod breakage;
mod bulk;
mod cases;
mod changes;
mod chart;
mod contract;
mod documented;
mod errands;
mod events;
mod files;
mod frame;
mod harness;
mod idempotency;
mod imports;
mod intake;
mod malformed;
mod meters;
mod movements;
mod notices;
mod operations;
mod periods;
mod portfolios;
mod queries;
mod remittances;
mod server;
mod sockets;
mod vault;
mod words;
