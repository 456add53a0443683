//! The log: everything that happens, in order, chained by hashes.

pub mod event;

pub use event::{Envelope, EventBody, Lane, ObjectRef, emission};
