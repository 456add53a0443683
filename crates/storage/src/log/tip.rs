//! The ends of streams: how far each has come, and the hash that stands for all of it.

use kernel::{TenantId, Uuid};
use serde::{Deserialize, Serialize};

use crate::db::Tx;
use crate::error::StorageError;
use crate::statement::Statement;
use crate::{params, sql};

sql! {
    NEXT_LOG: system("heads are signed for the streams of every tenant") =
        "SELECT e.stream, e.tenant, e.seq, e.hash,
                (SELECT h.seq FROM log_head AS h WHERE h.kind = 'log' AND h.stream = e.stream
                 ORDER BY h.seq DESC LIMIT 1)
         FROM log_event AS e
         WHERE e.stream = (SELECT f.stream FROM log_event AS f WHERE f.stream >= $1
                           ORDER BY f.stream LIMIT 1)
         ORDER BY e.seq DESC LIMIT 1";
    NEXT_JOURNAL: system("heads are signed for the streams of every tenant") =
        "SELECT j.stream, j.tenant, j.seq, j.hash,
                (SELECT h.seq FROM log_head AS h WHERE h.kind = 'journal' AND h.stream = j.stream
                 ORDER BY h.seq DESC LIMIT 1)
         FROM journal AS j
         WHERE j.stream = (SELECT f.stream FROM journal AS f WHERE f.stream >= $1
                           ORDER BY f.stream LIMIT 1)
         ORDER BY j.seq DESC LIMIT 1";
}

/// Which table a stream is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// Events of records.
    Log,
    /// What engines decided.
    Journal,
}

/// The last record of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) kind: StreamKind,
    pub(crate) stream: Uuid,
    pub(crate) tenant: TenantId,
    pub(crate) seq: u64,
    pub(crate) hash: [u8; 32],
}

impl StreamKind {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Log, Self::Journal];

    /// As it is written in heads and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Journal => "journal",
        }
    }

    /// The table that holds its records.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Log => "log_event",
            Self::Journal => "journal",
        }
    }

    fn next(self) -> &'static Statement {
        match self {
            Self::Log => &NEXT_LOG,
            Self::Journal => &NEXT_JOURNAL,
        }
    }
}

/// The tip of the first stream from `from` on, and the number of its newest head (0 without one).
pub(crate) async fn next_tip(
    tx: &mut Tx,
    kind: StreamKind,
    from: Uuid,
) -> Result<Option<(Tip, u64)>, StorageError> {
    let Some(row) = tx.row(kind.next(), params![from]).await? else { return Ok(None) };
    let tenant = TenantId::from_uuid(row.get(1)?);
    let tip = Tip { kind, stream: row.get(0)?, tenant, seq: row.get(2)?, hash: row.get(3)? };
    Ok(Some((tip, row.get::<Option<u64>>(4)?.unwrap_or(0))))
}

/// Where the search for the next stream begins; nothing after the last possible one.
pub(crate) fn after(stream: Uuid) -> Option<Uuid> {
    stream.as_u128().checked_add(1).map(Uuid::from_u128)
}
