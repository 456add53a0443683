//! Positions: how far a reader has read of each stream.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::id;

/// The most streams a position may name.
const STREAMS_MAX: usize = 256;

/// For each stream, the number of the last record that was read; streams that are not named are
/// at their beginning.
///
/// ```
/// use kernel::{Position, Uuid};
/// let mut position = Position::default();
/// position.advance(Uuid::nil(), 7);
/// position.advance(Uuid::nil(), 3);
/// assert_eq!(position.of(Uuid::nil()), 7);
/// assert_eq!(position.to_string().parse::<Position>()?, position);
/// # Ok::<(), kernel::PositionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    streams: BTreeMap<Uuid, u64>,
}

/// Why a position was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// Not `stream:number` joined by commas.
    #[error("the position is not one that we gave")]
    Malformed,
    /// More than we keep.
    #[error("a position names at most {STREAMS_MAX} streams")]
    TooManyStreams,
}

impl Position {
    /// The last record read of a stream; 0 before the first.
    #[must_use]
    pub fn of(&self, stream: Uuid) -> u64 {
        self.streams.get(&stream).copied().unwrap_or(0)
    }

    /// Notes that a stream was read up to `seq`; never goes back.
    pub fn advance(&mut self, stream: Uuid, seq: u64) {
        let last = self.streams.entry(stream).or_default();
        *last = seq.max(*last);
    }

    /// Takes the further of both for each stream.
    pub fn merge(&mut self, other: &Self) {
        for (stream, seq) in other.iter() {
            self.advance(stream, seq);
        }
    }

    /// The streams, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Uuid, u64)> + '_ {
        self.streams.iter().map(|(stream, seq)| (*stream, *seq))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (stream, seq)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{}:{seq}", id::encode(stream))?;
        }
        Ok(())
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut position = Self::default();
        for (count, part) in text.split(',').filter(|part| !part.is_empty()).enumerate() {
            if count >= STREAMS_MAX {
                return Err(PositionError::TooManyStreams);
            }
            let (stream, seq) = part.split_once(':').ok_or(PositionError::Malformed)?;
            let stream = id::decode(stream).ok_or(PositionError::Malformed)?;
            let seq = seq.parse().map_err(|_| PositionError::Malformed)?;
            position.advance(stream, seq);
        }
        Ok(position)
    }
}

crate::serde_as_text!(Position);
