//! The log, from the emission of an event to the audit of what is stored.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod auditing;
mod damage;
mod heads;
mod reading;
mod sample;
mod sequencing;
