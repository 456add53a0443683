//! Verification: reads all of log and journal and names the first link of each stream that does not
//! hold, then compares the ends with the signed heads that lie outside the database.
//!
//! What must stay true: it trusts nothing that is stored, and damage is a finding, not an error. An
//! error means that it could not look.

mod heads;
mod scan;
mod walk;

use std::path::PathBuf;

use kernel::Uuid;
use serde::Serialize;

use crate::crypto::{PublicKey, hex};
use crate::db::Database;
use crate::error::StorageError;
use crate::log::event::Uuid128;
use crate::log::{SignedHead, StreamKind};
use heads::NewestHeads;
use scan::Scan;

/// The findings that a report holds; further ones are counted.
const FINDINGS_MAX: usize = 1_000;

/// What stands outside the database.
pub struct Witness {
    /// The directory of heads, or one file of it.
    pub heads: PathBuf,
    /// The keys that may have signed them.
    pub keys: Vec<PublicKey>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The streams of the log.
    pub log: Walked,
    /// The streams of the journal.
    pub journal: Walked,
    /// The signed heads that were compared, one a stream; nothing where none were given.
    pub heads_compared: Option<u64>,
    /// The intact records that are newer than their stream's newest head, or have none: their end
    /// could be cut off without a trace.
    pub newer_than_heads: u64,
    /// What does not hold: of each stream the first broken link.
    pub findings: Vec<Finding>,
    /// The findings that found no room in the list.
    pub further_findings: u64,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Walked {
    /// Streams.
    pub streams: u64,
    /// Records that hold.
    pub records: u64,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The table, or `heads` for the files of heads.
    pub table: String,
    /// The stream; nothing where a line of a file names none.
    pub stream: Option<Uuid128>,
    /// The number of the first record at fault, or of the file's line.
    pub seq: u64,
    /// What is wrong.
    pub what: String,
}

impl Report {
    /// Whether everything holds.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty() && self.further_findings == 0
    }

    fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.further_findings += 1;
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { table, stream, seq, what } = self;
        match stream {
            Some(stream) => write!(out, "{table} {stream} record {seq}: {what}"),
            None => write!(out, "{table} line {seq}: {what}"),
        }
    }
}

/// Reads all of log and journal, and compares with what stands outside the database.
///
/// # Errors
/// Where the database or the files of heads cannot be read at all.
pub async fn verify(
    database: &Database,
    witness: Option<&Witness>,
) -> Result<Report, StorageError> {
    let mut report = Report::default();
    // Heads are read first: the streams only grow, so none may be shorter than a head read before.
    let mut newest = match witness {
        Some(witness) => {
            let (path, keys) = (witness.heads.clone(), witness.keys.clone());
            let read = tokio::task::spawn_blocking(move || heads::read(&path, &keys)).await;
            let ended = |error: tokio::task::JoinError| StorageError::Unavailable {
                text: format!("the reader of heads ended: {error}"),
            };
            read.map_err(ended)??
        }
        None => NewestHeads::default(),
    };
    report.heads_compared = witness.map(|_| newest.count());
    newest.take_findings().into_iter().for_each(|finding| report.add(finding));
    for kind in StreamKind::ALL {
        let complete = verify_kind(database, kind, &mut newest, &mut report).await?;
        // Streams that a head proves and that are not there at all.
        for head in newest.take_rest(kind).into_iter().filter(|_| complete) {
            report.add(cut_off(&head, 0));
        }
    }
    Ok(report)
}

/// Walks the streams of one table; whether all of it could be read.
async fn verify_kind(
    database: &Database,
    kind: StreamKind,
    newest: &mut NewestHeads,
    report: &mut Report,
) -> Result<bool, StorageError> {
    let mut scan = Scan::new(kind);
    scan.run(database, newest).await?;
    let mut walked = Walked::default();
    for (stream, walk) in &scan.walks {
        let last = walk.last();
        walked.streams += 1;
        walked.records += last;
        match (walk.broken(), walk.head()) {
            (Some(what), _) => report.add(finding(kind, *stream, last + 1, what)),
            // Where the scan stopped early, the end of a stream may lie behind.
            (None, Some(head)) if last < head.head.seq && scan.stuck.is_none() => {
                report.add(cut_off(head, last));
            }
            (None, head) => {
                report.newer_than_heads +=
                    last.saturating_sub(head.map_or(0, |head| head.head.seq));
            }
        }
    }
    if let Some(((stream, seq), what)) = &scan.stuck {
        report.add(finding(kind, *stream, u64::try_from(*seq).unwrap_or(0), what));
    }
    match kind {
        StreamKind::Log => report.log = walked,
        StreamKind::Journal => report.journal = walked,
    }
    Ok(scan.stuck.is_none())
}

fn cut_off(head: &SignedHead, last: u64) -> Finding {
    let head = &head.head;
    let what = format!(
        "the stream ends with record {last}, but a head signed at {} proves records up to {}: its \
         end was cut off",
        head.time, head.seq
    );
    finding(head.kind, head.stream.0, last + 1, &what)
}

fn finding(kind: StreamKind, stream: Uuid, seq: u64, what: &str) -> Finding {
    let (table, what) = (kind.table().to_owned(), what.to_owned());
    Finding { table, stream: Some(Uuid128(stream)), seq, what }
}

/// The end of a hash, enough to compare by eye.
fn brief(hash: &[u8]) -> String {
    hex(&hash[..hash.len().min(6)])
}
