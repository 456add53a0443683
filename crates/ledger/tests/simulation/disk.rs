//! A disk of sectors. What is written is seen at once and survives only if it is flushed: a loss of
//! power keeps any of the sectors that were not, in any order, and tears some.

use crate::sim::Sim;

const SECTOR: usize = 512;

/// The disk did not do what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskError;

/// One file on a disk.
#[derive(Default)]
pub struct Disk {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What survives.
    kept: Vec<u8>,
    /// What was written since the last flush: where, and what.
    pending: Vec<(usize, Vec<u8>)>,
}

impl Disk {
    /// Writes bytes. Where it fails, some of them may have been written.
    pub fn write(&mut self, sim: &Sim, offset: usize, bytes: &[u8]) -> Result<(), DiskError> {
        let fails = sim.hits(|faults| faults.write);
        let length = if fails { sim.index(bytes.len()) } else { bytes.len() };
        let mut at = offset;
        while at < offset + length {
            let end = ((at / SECTOR + 1) * SECTOR).min(offset + length);
            let part = &bytes[at - offset..end - offset];
            put(&mut self.seen, at, part);
            self.pending.push((at, part.to_vec()));
            at = end;
        }
        if fails { Err(DiskError) } else { Ok(()) }
    }

    /// Makes what was written survive. Where it fails, nobody knows what does.
    pub fn flush(&mut self, sim: &Sim) -> Result<(), DiskError> {
        if sim.hits(|faults| faults.flush) {
            return Err(DiskError);
        }
        self.pending.clear();
        self.kept.clone_from(&self.seen);
        Ok(())
    }

    /// What is on the disk.
    pub fn read(&self, sim: &Sim) -> Result<&[u8], DiskError> {
        if sim.hits(|faults| faults.read) { Err(DiskError) } else { Ok(&self.seen) }
    }

    /// Takes the power away: of what was not flushed, each sector is kept, dropped or torn.
    pub fn lose_power(&mut self, sim: &Sim) {
        let mut pending = std::mem::take(&mut self.pending);
        let (mut kept, mut torn) = (0, 0);
        let written = pending.len();
        while !pending.is_empty() {
            let (at, bytes) = pending.swap_remove(sim.index(pending.len()));
            match sim.below(4) {
                0 => {}
                1 => {
                    let from = sim.index(bytes.len());
                    put(&mut self.kept, at + from, &bytes[from..]);
                    torn += 1;
                }
                _ => {
                    put(&mut self.kept, at, &bytes);
                    kept += 1;
                }
            }
        }
        sim.note(|| format!("disk: of {written} sectors {kept} were kept, {torn} torn"));
        self.seen.clone_from(&self.kept);
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}
