//! What is said on a socket, each message as JSON in a text frame.

use serde::{Deserialize, Serialize};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Said {
    /// Who it is; and again with the next token before the time of this one is over.
    Authenticate { token: String },
    /// What it wants to hear of: from now on, or after a position.
    Subscribe { topic: String, after: Option<String> },
    /// What it wants to hear of no more.
    Unsubscribe { topic: String },
}

/// What it is told, beside the events, which are written where they are read.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Told<'a> {
    /// The token is good until then.
    Authenticated { until: String },
    /// What comes of the topic comes after this position.
    Subscribed { topic: &'a str, position: String },
    /// Nothing more comes of the topic; where to go on.
    Unsubscribed { topic: &'a str, position: String },
    /// So many things happened since it was last told, the last of them at this position.
    Changed { topic: &'a str, count: u64, position: String },
    /// Nothing else was to be said.
    Heartbeat,
    /// The message was not done; the socket stays.
    Refused {
        #[serde(skip_serializing_if = "Option::is_none")]
        topic: Option<&'a str>,
        code: &'a str,
        detail: String,
    },
    /// Nothing more comes of the topic, though nobody asked for that.
    Ended { topic: &'a str, reason: &'a str, position: String },
    /// Nothing more comes at all.
    End {
        reason: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<String>,
    },
}
