//! Reads files of gigabytes: how fast, and in how much memory. They are written to a folder first,
//! unless they are there: `huge_files FOLDER [MEGABYTES] [FORMAT…]`; 2,048 megabytes of CSV and
//! CAMT where nothing else is said.

#[path = "../benches/made/mod.rs"]
mod made;

use std::fs::File;
use std::io::{self, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use statements::limits::Limits;
use statements::{BalanceCheck, ReadOptions, Source, read_to};

/// A file that is opened as often as it is read.
struct Stored(PathBuf);

impl Source for Stored {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(&self.0)?))
    }
}

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let folder = words.first().map_or_else(std::env::temp_dir, PathBuf::from);
    let megabytes = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(2_048_u64);
    let asked = words.get(2..).filter(|asked| !asked.is_empty());
    let is_asked = |name: &str| match asked {
        Some(asked) => asked.iter().any(|word| word == name),
        None => matches!(name, "csv" | "camt053"),
    };
    println!("{:16} {:>8} {:>8} {:>10} {:>14}", "format", "MB", "MB/s", "entries", "peak memory");
    for (name, make) in made::FORMATS.into_iter().filter(|(name, _)| is_asked(name)) {
        let path = folder.join(format!("huge-{megabytes}.{name}"));
        if !path.exists() {
            let mut out = BufWriter::new(File::create(&path)?);
            make(&mut out, megabytes << 20)?;
            out.flush()?;
        }
        measure(name, &path)?;
    }
    Ok(())
}

fn measure(name: &str, path: &Path) -> io::Result<()> {
    let currency = kernel::CommodityCode::parse("EUR").ok();
    let options = ReadOptions { currency, ..ReadOptions::default() };
    let bytes = path.metadata()?.len();
    let start = Instant::now();
    let mut entries = 0_u64;
    let mut count = |_, _| {
        entries += 1;
        Ok(())
    };
    let source = Stored(path.to_owned());
    let reading = read_to(&source, &options, &Limits::HANDED_ON, &mut count)?;
    assert!(reading.is_sound(), "{name}: {:?}", reading.faults.first());
    let agrees = reading.statements.iter().all(|one| one.balance_check() == BalanceCheck::Agrees);
    assert!(agrees || name != "csv", "the balances of {name} do not agree");
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
    let (size, speed) = (bytes / 1_000_000, bytes / micros);
    println!("{name:16} {size:>8} {speed:>8} {entries:>10} {:>14}", peak_memory());
    Ok(())
}

/// The most memory that the process has held so far.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim().to_owned())
}
