//! The snapshots of streams. They are never flushed: a loss of power drops parts of them, tears
//! some, and may bring an older head back.

use std::collections::BTreeMap;

use kernel::Uuid;
use storage::journal::SnapshotHead;

use crate::sim::Sim;

/// All snapshots of a server.
#[derive(Default)]
pub struct Snapshots {
    heads: BTreeMap<Uuid, SnapshotHead>,
    /// The heads that the last ones took the places of.
    before: BTreeMap<Uuid, SnapshotHead>,
    parts: BTreeMap<(Uuid, u64, u32), Vec<u8>>,
}

impl Snapshots {
    pub fn head(&self, stream: Uuid) -> Option<SnapshotHead> {
        self.heads.get(&stream).copied()
    }

    pub fn part(&self, (stream, seq): (Uuid, u64), number: u32) -> Option<Vec<u8>> {
        self.parts.get(&(stream, seq, number)).cloned()
    }

    pub fn put_part(&mut self, (stream, seq): (Uuid, u64), number: u32, body: Vec<u8>) {
        self.parts.insert((stream, seq, number), body);
    }

    pub fn finish(&mut self, head: SnapshotHead) {
        self.parts.retain(|(stream, seq, _), _| *stream != head.stream || *seq >= head.seq);
        if let Some(before) = self.heads.insert(head.stream, head) {
            self.before.insert(head.stream, before);
        }
    }

    pub fn lose_power(&mut self, sim: &Sim) {
        for (stream, before) in std::mem::take(&mut self.before) {
            if sim.one_in(3) {
                self.heads.insert(stream, before);
            }
        }
        for body in self.parts.values_mut() {
            if !body.is_empty() && sim.one_in(6) {
                let at = sim.index(body.len());
                match sim.one_in(2) {
                    true => body.truncate(at),
                    false => body[at] ^= 1 << sim.index(8),
                }
            }
        }
        self.parts.retain(|_, _| !sim.one_in(10));
    }
}
