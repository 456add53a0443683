//! The face of storage: the same on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod amounts;
mod carried;
mod keyed_hashes;
mod keys;
mod limits;
mod migrations;
mod sample;
mod tenants;
mod transactions;
mod values;
