//! What processes used: this one, and those of the PostgreSQL that it calls.

use std::collections::BTreeSet;
use std::fs;

/// Processor time and bytes written to disks so far.
pub struct Usage {
    pub server_ns: u64,
    pub database_ns: u64,
    pub written_bytes: u64,
}

impl Usage {
    pub fn now(url: &str) -> Self {
        let us = std::process::id();
        let database = postgres(url);
        Self {
            server_ns: processor_ns(us),
            database_ns: database.iter().copied().map(processor_ns).sum(),
            written_bytes: database.iter().copied().map(handed_over_bytes).sum::<u64>()
                + written_bytes(us),
        }
    }

    pub fn since(&self, before: &Self) -> Self {
        Self {
            server_ns: self.server_ns - before.server_ns,
            database_ns: self.database_ns.saturating_sub(before.database_ns),
            written_bytes: self.written_bytes.saturating_sub(before.written_bytes),
        }
    }
}

/// The processes of the server at an address: the one that was started with its port, and what
/// that one started.
fn postgres(url: &str) -> BTreeSet<u32> {
    let port = url.rsplit_once('@').and_then(|(_, place)| place.split(['/', '?']).next());
    let Some((_, port)) = port.and_then(|place| place.rsplit_once(':')) else {
        return BTreeSet::new();
    };
    let processes: Vec<u32> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    let started = |id: &u32| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains("/postgres ") && line.contains(&format!("port={port} "))
    };
    let first: BTreeSet<u32> = processes.iter().copied().filter(started).collect();
    let parent = |id: &u32| fields(*id).get(1).and_then(|field| field.parse().ok());
    let below = |id: &u32| parent(id).is_some_and(|parent: u32| first.contains(&parent));
    processes.iter().copied().filter(|id| first.contains(id) || below(id)).collect()
}

/// The fields of a process's state behind its name.
fn fields(process: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().map(str::to_owned).collect()
}

fn processor_ns(process: u32) -> u64 {
    let fields = fields(process);
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<u64>().ok());
    // A tick is 10 ms on Linux.
    (ticks(11).unwrap_or(0) + ticks(12).unwrap_or(0)) * 10_000_000
}

/// What reached the disk, or will: whole folios, which are pages where files grow by pages.
fn written_bytes(process: u32) -> u64 {
    io(process, "write_bytes: ")
}

/// What a process gave to files. PostgreSQL fills its log's files beforehand, in folios of 256 KiB,
/// each of which counts as written in full with every commit; to sockets it sends, and what is sent
/// is not in here.
fn handed_over_bytes(process: u32) -> u64 {
    io(process, "wchar: ")
}

fn io(process: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.parse().ok()).unwrap_or(0)
}
