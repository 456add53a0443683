//! Segments: contiguous ranges of a book's transfers, each with its sorted runs. Every transaction
//! adds a small one; neighbours are merged as they add up, so that a look at all of them stays
//! short and each transfer is written again a few times only.

use std::ops::Range;

use kernel::Uuid;
use storage::{Params, StorageError, Tx, params, sql};

use super::BYTES_MAX;
use super::run::{Piece, Place, Posting, cut_places, cut_postings, read_places, read_postings};

/// So many neighbours of one size are merged into one of the next.
const FAN_IN: usize = 16;
/// The most transfers of a merged segment: merging holds the projector while it lasts.
const TRANSFERS_MAX: u64 = 262_144;

/// What accounts saw, in `ledger_run`.
pub(crate) const POSTINGS: u8 = 0;
/// Where transfers stand by id.
pub(crate) const IDS: u8 = 1;
/// Where they stand by reference.
pub(crate) const REFERENCES: u8 = 2;
/// In which records commands stand by key.
pub(crate) const KEYS: u8 = 3;

sql! {
    SEGMENTS =
        "SELECT first, last FROM ledger_segment
         WHERE tenant = app_tenant() AND book = $1 ORDER BY first";
    SEGMENT_INSERT =
        "INSERT INTO ledger_segment (tenant, book, first, last, id_min, id_max)
         VALUES (app_tenant(), $1, $2, $3, $4, $5)";
    SEGMENTS_DELETE =
        "DELETE FROM ledger_segment
         WHERE tenant = app_tenant() AND book = $1 AND first >= $2 AND first <= $3";
    RUN_INSERT =
        "INSERT INTO ledger_run (tenant, book, kind, segment, key, number, body)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6)";
    RUN_READ =
        "SELECT body FROM ledger_run
         WHERE tenant = app_tenant() AND book = $1 AND kind = $2 AND segment = $3
         ORDER BY key, number";
    RUNS_DELETE =
        "DELETE FROM ledger_run
         WHERE tenant = app_tenant() AND book = $1 AND kind = $2
             AND segment >= $3 AND segment <= $4";
}

/// The transfers of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub first: u64,
    pub last: u64,
}

/// What a segment's runs are made of, in any order.
#[derive(Default)]
pub(super) struct Entries {
    pub first: u64,
    pub last: u64,
    pub postings: Vec<Posting>,
    pub ids: Vec<Place>,
    pub references: Vec<Place>,
    pub keys: Vec<Place>,
}

/// The segments of a book, while they are added to.
pub(super) struct Segments<'a> {
    pub tx: &'a mut Tx,
    pub book: Uuid,
    pub list: &'a mut Vec<Segment>,
}

/// A book's segments, in the order of their transfers.
pub(crate) async fn list(tx: &mut Tx, book: Uuid) -> Result<Vec<Segment>, StorageError> {
    let rows = tx.rows(&SEGMENTS, params![book]).await?;
    rows.iter().map(|row| Ok(Segment { first: row.get(0)?, last: row.get(1)? })).collect()
}

/// The pieces of a segment's postings.
pub(crate) async fn postings(
    tx: &mut Tx,
    book: Uuid,
    segment: u64,
) -> Result<Vec<Vec<u8>>, StorageError> {
    run(tx, book, POSTINGS, segment).await
}

async fn run(
    tx: &mut Tx,
    book: Uuid,
    kind: u8,
    segment: u64,
) -> Result<Vec<Vec<u8>>, StorageError> {
    let rows = tx.rows(&RUN_READ, params![book, kind, segment]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

impl Segments<'_> {
    /// Adds the newest segment, and merges what has added up.
    pub(super) async fn add(mut self, entries: Entries) -> Result<(), StorageError> {
        self.write(entries).await?;
        while let Some(range) = to_merge(self.list) {
            self.merge(range).await?;
        }
        Ok(())
    }

    async fn write(&mut self, mut entries: Entries) -> Result<(), StorageError> {
        // What is merged is sorted in parts, which these sorts make use of.
        entries.postings.sort_by_key(|posting| (posting.account, posting.number));
        entries.ids.sort();
        entries.references.sort();
        entries.keys.sort();
        let Entries { first, last, postings, ids, references, keys } = entries;
        let bound = |place: Option<&Place>| {
            place.map_or(Vec::new(), |place| place.key.to_be_bytes().to_vec())
        };
        let (id_min, id_max) = (bound(ids.first()), bound(ids.last()));
        let row = params![self.book, first, last, id_min, id_max];
        self.tx.execute_one(&SEGMENT_INSERT, row).await?;
        let mut rows: Vec<Params> = Vec::new();
        for (kind, pieces) in [
            (POSTINGS, cut_postings(&postings, BYTES_MAX)),
            (IDS, cut_places(&ids, BYTES_MAX)),
            (REFERENCES, cut_places(&references, BYTES_MAX)),
            (KEYS, cut_places(&keys, BYTES_MAX)),
        ] {
            rows.extend(pieces.into_iter().map(|Piece { key, number, body }| {
                params![self.book, kind, first, key, number, body]
            }));
        }
        self.tx.execute_many(&RUN_INSERT, rows).await?;
        let place = self.list.partition_point(|segment| segment.first < first);
        self.list.insert(place, Segment { first, last });
        Ok(())
    }

    async fn merge(&mut self, range: Range<usize>) -> Result<(), StorageError> {
        let merged: Vec<Segment> = self.list.drain(range).collect();
        let (Some(first), Some(last)) = (merged.first(), merged.last()) else { return Ok(()) };
        let (book, from, to) = (self.book, first.first, last.first);
        let mut entries = Entries { first: first.first, last: last.last, ..Entries::default() };
        for Segment { first, .. } in merged {
            for body in run(self.tx, book, POSTINGS, first).await? {
                read_postings(&body, None, &mut entries.postings)?;
            }
            for (kind, places) in [
                (IDS, &mut entries.ids),
                (REFERENCES, &mut entries.references),
                (KEYS, &mut entries.keys),
            ] {
                for body in run(self.tx, book, kind, first).await? {
                    read_places(&body, places)?;
                }
            }
        }
        for kind in [POSTINGS, IDS, REFERENCES, KEYS] {
            self.tx.execute(&RUNS_DELETE, params![book, kind, from, to]).await?;
        }
        self.tx.execute(&SEGMENTS_DELETE, params![book, from, to]).await?;
        self.write(entries).await
    }
}

impl Segment {
    const fn len(self) -> u64 {
        self.last - self.first + 1
    }

    /// How large it is: 0 up to 15 transfers, 1 up to 255, and so on.
    const fn size(self) -> u32 {
        self.len().ilog2() / FAN_IN.ilog2()
    }
}

/// The segments that should become one: the newest that are not larger than a size, where enough
/// of them have it.
fn to_merge(segments: &[Segment]) -> Option<Range<usize>> {
    let size_max = Segment { first: 1, last: TRANSFERS_MAX }.size();
    let mergeable = |size: u32| {
        let newest = segments.iter().rev().take_while(|segment| segment.size() <= size).count();
        let start = segments.len() - newest;
        let of_size = segments[start..].iter().filter(|segment| segment.size() == size).count();
        (of_size >= FAN_IN).then_some(start)
    };
    let start = (0..size_max).rev().find_map(mergeable)?;
    let mut sum = 0;
    let fitting = segments[start..].iter().take_while(|segment| {
        sum += segment.len();
        sum <= TRANSFERS_MAX
    });
    let count = fitting.count();
    (count > 1).then(|| start..start + count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds segments of these sizes one after the other; how many there are at most, and how often
    /// each transfer was written.
    fn add(sizes: impl Iterator<Item = u64>) -> (usize, u64) {
        let (mut segments, mut most, mut written, mut transfers) = (Vec::new(), 0, 0, 0);
        for size in sizes {
            let first = transfers + 1;
            transfers += size;
            written += size;
            segments.push(Segment { first, last: transfers });
            while let Some(range) = to_merge(&segments) {
                let merged: Vec<Segment> = segments.drain(range.clone()).collect();
                let (first, last) = (merged[0].first, merged[merged.len() - 1].last);
                assert!(merged.windows(2).all(|two| two[0].last + 1 == two[1].first));
                segments.insert(range.start, Segment { first, last });
                written += last - first + 1;
            }
            let covered = segments.windows(2).all(|two| two[0].last + 1 == two[1].first);
            assert!(covered && segments[0].first == 1);
            most = most.max(segments.len());
        }
        (most, written.div_ceil(transfers))
    }

    #[test]
    fn segments_stay_few_and_are_seldom_written_again() {
        for (size, count, most, written) in [
            (1, 300_000, 66, 6),
            (100, 10_000, 50, 5),
            (20_000, 1_000, 96, 2),
            (300_000, 60, 60, 1),
        ] {
            let (found, times) = add((0..count).map(|_| size));
            assert!(found <= most, "{count} of {size}: {found} segments");
            assert!(times <= written, "{count} of {size}: written {times} times");
        }
        let (found, times) = add((1..2_000).map(|number| number * 7 % 500 + 1));
        assert!(found <= 60 && times <= 5, "{found} segments, written {times} times");
    }
}
