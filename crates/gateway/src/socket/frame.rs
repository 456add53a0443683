//! The frames of a WebSocket (RFC 6455, section 5), as a server reads and writes them.
//!
//! What must stay true: a frame is refused by what its head declares, before its payload is waited
//! for; so no client makes this take more than a message's limit.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
/// A control frame's payload, in bytes (section 5.5).
const CONTROL_BYTES_MAX: u64 = 125;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Why a socket is closed (section 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Normal = 1000,
    GoingAway = 1001,
    Protocol = 1002,
    Unsupported = 1003,
    NotUtf8 = 1007,
    Policy = 1008,
    TooLarge = 1009,
    TryAgainLater = 1013,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Text(String),
    Ping(Bytes),
    Pong,
    Close,
}

/// Reads a client's frames, which come in pieces of whatever size.
pub(super) struct Decoder {
    /// What came and is not read yet.
    pub buffer: BytesMut,
    /// The beginning of a message that comes in several frames.
    begun: Option<Vec<u8>>,
    message_bytes_max: usize,
}

struct Head {
    fin: bool,
    opcode: u8,
    mask: [u8; 4],
    head_bytes: usize,
    payload_bytes: usize,
}

impl Decoder {
    pub(super) fn new(buffer: BytesMut, message_bytes_max: usize) -> Self {
        Self { buffer, begun: None, message_bytes_max }
    }

    /// The next message or control frame; nothing where more must come first.
    ///
    /// # Errors
    /// What a client does that the protocol or its limits forbid.
    pub(super) fn next(&mut self) -> Result<Option<Incoming>, Code> {
        loop {
            let Some(head) = self.head()? else { return Ok(None) };
            let Head { fin, opcode, mask, head_bytes, payload_bytes } = head;
            if self.buffer.len() - head_bytes < payload_bytes {
                return Ok(None);
            }
            self.buffer.advance(head_bytes);
            let mut payload = self.buffer.split_to(payload_bytes);
            payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
            match opcode {
                PING => return Ok(Some(Incoming::Ping(payload.freeze()))),
                PONG => return Ok(Some(Incoming::Pong)),
                CLOSE => return close_of(&payload).map(Some),
                _ => {}
            }
            let mut message = self.begun.take().unwrap_or_default();
            message.extend_from_slice(&payload);
            if fin {
                let text = String::from_utf8(message).map_err(|_| Code::NotUtf8)?;
                return Ok(Some(Incoming::Text(text)));
            }
            self.begun = Some(message);
        }
    }

    /// The head of the next frame, if all of it is there and may be.
    fn head(&self) -> Result<Option<Head>, Code> {
        let mut bytes = &self.buffer[..];
        if bytes.len() < 2 {
            return Ok(None);
        }
        let (first, second) = (bytes.get_u8(), bytes.get_u8());
        let (fin, opcode) = (first & FIN != 0, first & 0x0F);
        // No extension was agreed on, and a client masks everything (sections 5.2 and 5.1).
        if first & RESERVED != 0 || second & MASKED == 0 {
            return Err(Code::Protocol);
        }
        let declared = match second & !MASKED {
            126 if bytes.len() < 2 => return Ok(None),
            126 => u64::from(bytes.get_u16()),
            127 if bytes.len() < 8 => return Ok(None),
            127 => bytes.get_u64(),
            short => u64::from(short),
        };
        self.check(fin, opcode, declared)?;
        if bytes.len() < 4 {
            return Ok(None);
        }
        let mut mask = [0; 4];
        bytes.copy_to_slice(&mut mask);
        let head_bytes = self.buffer.len() - bytes.len();
        let payload_bytes = usize::try_from(declared).map_err(|_| Code::TooLarge)?;
        Ok(Some(Head { fin, opcode, mask, head_bytes, payload_bytes }))
    }

    fn check(&self, fin: bool, opcode: u8, declared: u64) -> Result<(), Code> {
        let begun = self.begun.as_ref().map(|begun| begun.len() as u64);
        match (opcode, begun) {
            (TEXT, None) | (CONTINUATION, Some(_)) => {
                let together = declared.saturating_add(begun.unwrap_or(0));
                let is_small = together <= self.message_bytes_max as u64;
                if is_small { Ok(()) } else { Err(Code::TooLarge) }
            }
            (CLOSE | PING | PONG, _) if fin && declared <= CONTROL_BYTES_MAX => Ok(()),
            // Binary messages mean nothing here.
            (2, None) => Err(Code::Unsupported),
            _ => Err(Code::Protocol),
        }
    }
}

/// A close frame has no payload, or a code that may be sent and a reason (section 7.4).
fn close_of(payload: &[u8]) -> Result<Incoming, Code> {
    match payload {
        [] => Ok(Incoming::Close),
        [high, low, reason @ ..] => {
            let is_known = matches!(
                u16::from_be_bytes([*high, *low]),
                1000..=1003 | 1007..=1014 | 3000..=4999
            );
            if !is_known {
                return Err(Code::Protocol);
            }
            std::str::from_utf8(reason).map(|_| Incoming::Close).map_err(|_| Code::NotUtf8)
        }
        [_] => Err(Code::Protocol),
    }
}

fn frame(opcode: u8, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(payload.len() + 10);
    frame.put_u8(FIN | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..=125), _) => frame.put_u8(length),
        (_, Ok(length)) => {
            frame.put_u8(126);
            frame.put_u16(length);
        }
        _ => {
            frame.put_u8(127);
            frame.put_u64(payload.len() as u64);
        }
    }
    frame.extend_from_slice(payload);
    frame.freeze()
}

/// A message, in one frame.
pub(crate) fn text(text: &str) -> Bytes {
    frame(TEXT, text.as_bytes())
}

pub(super) fn ping() -> Bytes {
    frame(PING, b"")
}

pub(super) fn pong(payload: &[u8]) -> Bytes {
    frame(PONG, payload)
}

/// The last frame; the reason is one of our words, which are short.
pub(super) fn close(code: Code, reason: &str) -> Bytes {
    let mut payload = (code as u16).to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    frame(CLOSE, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use storage::crypto::unhex;

    const LIMIT: usize = 70_000;

    /// What a client's bytes are read as, however they are cut.
    fn read(bytes: &[u8]) -> Vec<Result<Incoming, Code>> {
        let [whole, single] = [bytes.len().max(1), 1].map(|size| {
            let mut decoder = Decoder::new(BytesMut::new(), LIMIT);
            let mut read = Vec::new();
            for piece in bytes.chunks(size) {
                decoder.buffer.extend_from_slice(piece);
                loop {
                    match decoder.next() {
                        Ok(Some(incoming)) => read.push(Ok(incoming)),
                        Ok(None) => break,
                        Err(code) => {
                            read.push(Err(code));
                            return read;
                        }
                    }
                }
            }
            read
        });
        assert_eq!(whole, single, "it matters how it is cut");
        whole
    }

    fn sent(first: u8, length: &[u8], payload: &[u8]) -> Vec<u8> {
        // A mask of zeros leaves the payload as it is.
        [&[first], length, &[0; 4], payload].concat()
    }

    fn told(text: &str) -> Vec<Result<Incoming, Code>> {
        vec![Ok(Incoming::Text(text.to_owned()))]
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 6455, section 5.7.
        let hello: [u8; 11] = unhex("818537fa213d7f9f4d5158").unwrap();
        assert_eq!(read(&hello), told("Hello"));
        let pong: [u8; 11] = unhex("8a8537fa213d7f9f4d5158").unwrap();
        assert_eq!(read(&pong), [Ok(Incoming::Pong)]);
        let written: [u8; 7] = unhex("810548656c6c6f").unwrap();
        assert_eq!(text("Hello"), &written[..]);
    }

    #[test]
    fn a_message_may_come_in_frames_with_control_frames_between() {
        let parts = [
            sent(0x01, &[0x83], b"Hel"),
            sent(0x89, &[0x82], b"up"),
            sent(0x00, &[0x80], b""),
            sent(0x80, &[0x82], b"lo"),
        ];
        let ping = Ok(Incoming::Ping(Bytes::from_static(b"up")));
        let hello = Ok(Incoming::Text("Hello".to_owned()));
        assert_eq!(read(&parts.concat()), [ping, hello]);
        // One character in two frames.
        let parts = [sent(0x01, &[0x81], &[0xC3]), sent(0x80, &[0x81], &[0xA4])];
        assert_eq!(read(&parts.concat()), told("ä"));
    }

    #[test]
    fn lengths_are_read_in_their_three_forms() {
        for (count, length) in [
            (125, vec![0x80 | 125]),
            (126, vec![0x80 | 126, 0, 126]),
            (65_536, vec![0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let payload = "x".repeat(count);
            assert_eq!(read(&sent(0x81, &length, payload.as_bytes())), told(&payload));
            let unmasked = length.iter().enumerate();
            let unmasked: Vec<u8> =
                unmasked.map(|(at, byte)| if at == 0 { byte & 0x7F } else { *byte }).collect();
            let written = [&[0x81], unmasked.as_slice(), payload.as_bytes()].concat();
            assert_eq!(text(&payload), written);
        }
    }

    #[test]
    fn what_the_protocol_forbids_is_refused_by_its_head() {
        for (what, bytes, code) in [
            ("not masked", vec![0x81, 0x05], Code::Protocol),
            ("a reserved bit", vec![0xC1, 0x80], Code::Protocol),
            ("an opcode that is none", vec![0x83, 0x80], Code::Protocol),
            ("a control opcode that is none", vec![0x8B, 0x80], Code::Protocol),
            ("a ping in parts", vec![0x09, 0x80], Code::Protocol),
            ("a large ping", vec![0x89, 0xFE, 0, 126], Code::Protocol),
            ("a continuation of nothing", vec![0x80, 0x80], Code::Protocol),
            ("binary", vec![0x82, 0x80], Code::Unsupported),
            ("large", vec![0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x71], Code::TooLarge),
            ("larger than there is", [&[0x81, 0xFF][..], &[0xFF; 8]].concat(), Code::TooLarge),
            ("not UTF-8", sent(0x81, &[0x81], &[0xFF]), Code::NotUtf8),
            ("half a code", sent(0x88, &[0x81], &[3]), Code::Protocol),
            ("a code for oneself", sent(0x88, &[0x82], &[3, 0xED]), Code::Protocol),
            ("a reason not UTF-8", sent(0x88, &[0x83], &[3, 0xE8, 0xFF]), Code::NotUtf8),
        ] {
            assert_eq!(read(&bytes), [Err(code)], "{what}");
        }
        let begun = sent(0x01, &[0x81], b"a");
        let again = [begun.clone(), sent(0x81, &[0x81], b"b")].concat();
        assert_eq!(read(&again), [Err(Code::Protocol)], "a message within a message");
        let more = [begun, vec![0x80, 0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x70]].concat();
        assert_eq!(read(&more), [Err(Code::TooLarge)], "together they are too large");
    }

    #[test]
    fn closing_is_read_with_and_without_a_reason() {
        assert_eq!(read(&sent(0x88, &[0x80], b"")), [Ok(Incoming::Close)]);
        assert_eq!(read(&sent(0x88, &[0x85], b"\x03\xE8bye")), [Ok(Incoming::Close)]);
        assert_eq!(close(Code::Policy, "revoked"), &b"\x88\x09\x03\xF0revoked"[..]);
    }
}
