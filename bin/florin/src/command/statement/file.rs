//! A bank's file of any size: what its end says is read first and kept, its entries are read again
//! when they are asked for.
//!
//! What must stay true: no more than a few entries are held at a time; what is given is what was
//! read at first, or the file has changed and that is an error.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use statements::limits::Limits;
use statements::{Entry, ReadOptions, Reading, Source, TakeEntry, Tally, read_to};

/// How many entries are handed over together, and how many such batches may wait.
const BATCH_ENTRIES: usize = 128;
const BATCHES_MAX: usize = 4;

/// A file, with what its end says.
pub struct BankFile {
    stored: Arc<Stored>,
    options: ReadOptions,
    /// All but the entries, which the statements have only a tally of.
    pub reading: Reading,
    pass: RefCell<Option<Pass>>,
}

/// A file that is read from its beginning as often as it is asked for, and is the same one then.
pub struct Stored(File);

/// A reading under way, from which entries come.
struct Pass {
    batches: Receiver<Vec<(usize, Entry)>>,
    reader: Option<JoinHandle<io::Result<Reading>>>,
    batch: VecDeque<(usize, Entry)>,
    /// The statements of which entries have gone by.
    gone: BTreeSet<usize>,
}

impl Stored {
    /// Opens a file. What cannot be read twice, as a pipe, is kept in a temporary file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        if file.metadata()?.is_file() {
            return Ok(Self(file));
        }
        let mut kept = tempfile::tempfile()?;
        // One byte more than may be read is refused like all of them.
        let mut bounded = (&mut file).take(Limits::HANDED_ON.file_bytes_max + 1);
        io::copy(&mut bounded, &mut kept)?;
        Ok(Self(kept))
    }
}

impl Source for Stored {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        struct Reader<'f>(&'f File, u64);
        impl Read for Reader<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = self.0.read_at(buffer, self.1)?;
                self.1 += u64::try_from(length).unwrap_or(0);
                Ok(length)
            }
        }
        Ok(Box::new(Reader(&self.0, 0)))
    }
}

impl BankFile {
    /// Reads a file to its end.
    pub fn read(stored: Arc<Stored>, options: ReadOptions) -> io::Result<Self> {
        let mut nobody = |_, _| Ok(());
        let reading = read_to(&*stored, &options, &Limits::HANDED_ON, &mut nobody)?;
        Ok(Self { stored, options, reading, pass: RefCell::default() })
    }

    /// The same file, read with other options.
    pub fn read_again(self, options: ReadOptions) -> io::Result<Self> {
        Self::read(self.stored, options)
    }

    /// Gives the entries of a statement in their order. Where the statements follow one another in
    /// the file, asking for one after the other reads it once.
    pub fn give(&self, statement: usize, take: &mut TakeEntry) -> io::Result<()> {
        let known = self.reading.statements.get(statement).map(|statement| &statement.tally);
        let Some(known) = known.filter(|known| known.entries > 0) else {
            return Ok(());
        };
        let mut current = self.pass.borrow_mut();
        let mut pass = match current.take().filter(|pass| !pass.gone.contains(&statement)) {
            Some(pass) => pass,
            None => self.begin(),
        };
        let mut given = Tally::default();
        while given.entries < known.entries {
            let (index, entry) = pass.next()?.ok_or_else(changed)?;
            pass.gone.insert(index);
            if index == statement {
                given.take(&entry);
                take(&entry)?;
            }
        }
        if given != *known {
            return Err(changed());
        }
        current.replace(pass);
        Ok(())
    }

    fn begin(&self) -> Pass {
        let (sender, batches) = sync_channel(BATCHES_MAX);
        let (stored, options) = (Arc::clone(&self.stored), self.options.clone());
        let reader = std::thread::spawn(move || {
            let mut batch = Vec::with_capacity(BATCH_ENTRIES);
            let mut hand = |statement, entry| {
                batch.push((statement, entry));
                if batch.len() < BATCH_ENTRIES {
                    return Ok(());
                }
                let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ENTRIES));
                // Nobody listens any more: the reading ends.
                sender.send(full).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
            };
            let reading = read_to(&*stored, &options, &Limits::HANDED_ON, &mut hand)?;
            let _ = sender.send(batch);
            Ok(reading)
        });
        Pass { batches, reader: Some(reader), batch: VecDeque::new(), gone: BTreeSet::new() }
    }
}

impl Pass {
    /// The next entry with the index of its statement; `None` at the end of the file.
    fn next(&mut self) -> io::Result<Option<(usize, Entry)>> {
        while self.batch.is_empty() {
            match (self.batches.recv(), self.reader.take()) {
                (Ok(batch), reader) => (self.batch, self.reader) = (batch.into(), reader),
                (Err(_), Some(reader)) => {
                    let ended = reader.join().map_err(|_| io::Error::other("the reader failed"))?;
                    ended?;
                }
                (Err(_), None) => return Ok(None),
            }
        }
        Ok(self.batch.pop_front())
    }
}

fn changed() -> io::Error {
    io::Error::other("the file changed while it was read")
}
