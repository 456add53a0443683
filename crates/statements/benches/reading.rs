//! How many megabytes a second one core reads, format by format: `-- csv` reads that one only.
//! Entries are handed on and dropped, or kept until the file is read.
//! Seconds are the processor's where the system counts them, so that others may use it, too.

mod made;

use std::time::{Duration, Instant};

use statements::limits::Limits;
use statements::{ReadOptions, read_to};

/// How large the files are, in bytes.
const FILE_BYTES: u64 = 16 * 1024 * 1024;
/// How long each is read over and over.
const SPAN: Duration = Duration::from_secs(4);

fn main() {
    println!("{:8} {:9} {:>9} {:>10} {:>12}", "format", "entries", "MB", "MB/s", "entries/s");
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    for (name, make) in made::FORMATS.into_iter().filter(|(name, _)| is_wanted(name)) {
        let mut file = Vec::new();
        make(&mut file, FILE_BYTES).expect("a file in memory");
        measure(name, &file, false);
        measure(name, &file, true);
    }
}

fn measure(name: &str, file: &[u8], is_kept: bool) {
    let options = ReadOptions {
        currency: kernel::CommodityCode::parse("EUR").ok(),
        ..ReadOptions::default()
    };
    let (start, worked_before) = (Instant::now(), worked());
    let (mut bytes, mut entries) = (0, 0);
    while start.elapsed() < SPAN {
        let reading = match is_kept {
            true => statements::read(file, &options),
            false => {
                let mut drop = |_, _| Ok(());
                let read = read_to(&file, &options, &Limits::HANDED_ON, &mut drop);
                read.expect("bytes in memory")
            }
        };
        assert!(reading.is_sound(), "{name}: {:?}", reading.faults.first());
        entries += reading.statements.iter().map(|one| one.tally.entries).sum::<usize>();
        bytes += file.len();
    }
    // A byte a microsecond is a megabyte a second.
    let worked = worked_before.zip(worked()).map(|(before, after)| after.saturating_sub(before));
    let span = worked.unwrap_or_else(|| start.elapsed());
    let micros = usize::try_from(span.as_micros()).unwrap_or(usize::MAX).max(1);
    let (size, speed) = (file.len() / 100_000, bytes * 10 / micros);
    println!(
        "{name:8} {:9} {:>7}.{} {:>8}.{} {:>12}",
        if is_kept { "kept" } else { "handed on" },
        size / 10,
        size % 10,
        speed / 10,
        speed % 10,
        entries * 1_000 / (micros / 1_000).max(1)
    );
}

/// How long a processor has worked for this program; `None` where the system does not say.
fn worked() -> Option<Duration> {
    let counted = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(Duration::from_nanos(counted.split(' ').next()?.parse().ok()?))
}
