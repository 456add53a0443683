//! What can go wrong on the way to a broker.

use storage::StorageError;

/// An error of this module. No text of it holds an address's credentials.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The address is none of a broker.
    #[error("{address:?} is no address of a broker: nats://[user:password@]host[:port]")]
    Address {
        /// What was given, without its credentials.
        address: String,
    },
    /// The connection ended, or was never made.
    #[error("the broker cannot be reached: {0}")]
    Connection(#[from] std::io::Error),
    /// Nothing came for too long.
    #[error("the broker did not answer within {seconds} s")]
    Silent {
        /// How long was waited.
        seconds: u64,
    },
    /// What came is not of the protocol.
    #[error("the broker said what it should not: {text}")]
    Protocol {
        /// The beginning of it.
        text: String,
    },
    /// The broker refused.
    #[error("the broker refused {what}: {text}")]
    Refused {
        /// What was asked for.
        what: String,
        /// In its words.
        text: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl BusError {
    pub(crate) fn protocol(text: impl AsRef<[u8]>) -> Self {
        let text = String::from_utf8_lossy(text.as_ref());
        Self::Protocol { text: text.chars().take(100).collect() }
    }
}
