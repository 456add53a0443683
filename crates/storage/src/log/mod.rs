//! The log: everything that happens, in order, chained by hashes.
//!
//! A transaction puts its events into an inbox ([`Tx::emit`](crate::Tx::emit)); the [`Sequencer`]
//! gives those of committed ones their number and hash; readers ([`read`], [`Feed`]) see only
//! those. The [`HeadSigner`] signs how far each stream has come and copies that out of the
//! database.

mod bell;
pub mod event;
pub mod head;
mod reader;
mod sequencer;
mod signer;
mod tip;
mod worker;

pub(crate) use bell::Bell;
pub use event::{Envelope, EventBody, Lane, ObjectRef, emission};
pub use head::{FileSink, Head, HeadKey, HeadSink, SignedHead};
pub use reader::{EventSource, Feed, LogSource, READ_EVENTS_MAX, StreamEvent, last_seq, read};
pub use sequencer::{Sequencer, chain_hash};
pub use signer::HeadSigner;
pub use tip::StreamKind;
pub(crate) use tip::Tip;
pub use worker::Task;
