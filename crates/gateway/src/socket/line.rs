//! What is written to a socket: gathered, and sent with as few calls as it takes.

use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::frame;
use super::session::Over;
use crate::live::End;

/// A buffer that has grown beyond this is given back once it is empty: most sockets are silent.
const KEPT_BYTES_MAX: usize = 4_096;

/// What waits to be sent.
#[derive(Default)]
pub(super) struct Line {
    waiting: BytesMut,
}

impl Line {
    /// Adds a frame.
    pub(super) fn push(&mut self, frame: &[u8]) {
        self.waiting.extend_from_slice(frame);
    }

    /// Adds a message.
    pub(super) fn tell(&mut self, told: &impl Serialize) {
        // Strings and numbers are always JSON.
        let text = serde_json::to_string(told).unwrap_or_default();
        self.push(&frame::text(&text));
    }

    /// Sends what waits. A part of it that was sent when this ends early is not sent again.
    ///
    /// # Errors
    /// Where the other side is gone, or takes nothing for `stall`.
    pub(super) async fn flush(
        &mut self,
        stream: &mut TcpStream,
        stall: Duration,
    ) -> Result<(), Over> {
        while self.waiting.has_remaining() {
            match tokio::time::timeout(stall, stream.write_buf(&mut self.waiting)).await {
                Ok(Ok(written)) if written > 0 => {}
                Ok(_) => return Err(Over::Gone),
                Err(_) => return Err(End::SlowReader.into()),
            }
        }
        if self.waiting.capacity() > KEPT_BYTES_MAX {
            self.waiting = BytesMut::new();
        }
        Ok(())
    }
}
