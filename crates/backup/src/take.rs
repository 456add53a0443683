//! Taking a backup: the database is copied as a whole, and what changed since the last is kept.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use kernel::{Env, Timestamp};
use storage::SqliteSource;
use storage::keys::Key;

use crate::error::BackupError;
use crate::folder;
use crate::segment::{self, BLOCK_BYTES, End, Hash, Seal, Writer, hash_of, root_of};

/// A generation ends with so many segments: each is read when the last is restored.
const SEGMENTS_MAX: u32 = 20_000;

/// What was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When.
    pub at: Timestamp,
    /// Whether it is a whole copy, with which a generation begins.
    pub is_whole: bool,
    /// What it takes, in bytes.
    pub bytes: u64,
    /// What the database has, in bytes.
    pub database_bytes: u64,
}

/// Takes backups of one database into one folder.
pub struct Taker {
    env: Env,
    key: Key,
    source: SqliteSource,
    /// Where the copy is made: beside the database, for it is not encrypted.
    copy: PathBuf,
    folder: PathBuf,
    generations_max: usize,
    last: Option<Last>,
}

/// The generation that goes on.
struct Last {
    generation: String,
    /// Its next segment.
    index: u32,
    /// The blocks as the last segment left them.
    hashes: Vec<Hash>,
    whole_bytes: u64,
    further_bytes: u64,
    /// The database's version that was taken, as its connection counts; nothing from another run.
    version: Option<i64>,
}

impl Last {
    const fn new(generation: String) -> Self {
        let (whole_bytes, further_bytes) = (0, 0);
        Self { generation, index: 0, hashes: Vec::new(), whole_bytes, further_bytes, version: None }
    }
}

impl Taker {
    /// Goes on with the last generation in a folder, where its segments are whole.
    ///
    /// # Errors
    /// Where there is no such database, or the folder cannot be used.
    pub fn open(
        env: Env,
        key: Key,
        database: &Path,
        folder: &Path,
        generations_max: usize,
    ) -> Result<Self, BackupError> {
        fs::create_dir_all(folder).map_err(BackupError::at(folder))?;
        let source = SqliteSource::open(database)?;
        let last = match folder::generations(folder)?.pop() {
            Some(generation) => match read_last(&key, folder, generation) {
                Ok(last) => last,
                Err(error) => {
                    tracing::warn!(%error, "the last backups cannot be gone on with; a whole one \
                                            is taken");
                    None
                }
            },
            None => None,
        };
        let (folder, copy) = (folder.to_owned(), database.with_extension("backup.partial"));
        let generations_max = generations_max.max(1);
        Ok(Self { env, key, source, copy, folder, generations_max, last })
    }

    /// Takes what changed; nothing where nothing did.
    ///
    /// # Errors
    /// Where the database cannot be copied, or the folder is full; what was taken before stays.
    pub fn take(&mut self) -> Result<Option<Taken>, BackupError> {
        let version = self.source.version()?;
        if self.last.as_ref().is_some_and(|last| last.version == Some(version)) {
            return Ok(None);
        }
        remove(&self.copy)?;
        // Made here, so that it is its owner's alone.
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        options.open(&self.copy).map_err(BackupError::at(&self.copy))?;
        self.source.copy_to(&self.copy)?;
        let taken = self.take_copy(version);
        remove(&self.copy)?;
        let taken = taken?;
        if taken.is_whole {
            self.forget_old()?;
        }
        Ok(Some(taken))
    }

    fn take_copy(&mut self, version: i64) -> Result<Taken, BackupError> {
        let now = self.env.now();
        let fits =
            |last: &Last| last.index < SEGMENTS_MAX && last.further_bytes <= last.whole_bytes;
        let last = self.last.take().filter(fits);
        let is_whole = last.is_none();
        let mut last = match last {
            Some(last) => last,
            None => Last::new(folder::next_generation(&self.folder, now)?),
        };
        let path = folder::segment(&self.folder, &last.generation, (last.index, now));
        let folder = self.folder.join(&last.generation);
        fs::create_dir_all(&folder).map_err(BackupError::at(&folder))?;
        let partial = path.with_extension("partial");
        let at = BackupError::at(&partial);
        let file = File::create(&partial).map_err(&at)?;
        let seal = Seal::new(&self.key, &last.generation, last.index);
        let mut writer = Writer::new(file, seal, self.env.clone()).map_err(&at)?;
        let database_bytes = write_changed(&self.copy, &mut last.hashes, &mut writer)?;
        let end = End { bytes: database_bytes, root: root_of(&last.hashes) };
        let bytes = writer.end(&end).map_err(&at)?;
        fs::rename(&partial, &path).map_err(BackupError::at(&path))?;
        folder::flush(&folder)?;
        folder::flush(&self.folder)?;
        if is_whole {
            last.whole_bytes = bytes;
        } else {
            last.further_bytes += bytes;
        }
        last.index += 1;
        last.version = Some(version);
        self.last = Some(last);
        Ok(Taken { at: now, is_whole, bytes, database_bytes })
    }

    fn forget_old(&self) -> Result<(), BackupError> {
        let generations = folder::generations(&self.folder)?;
        let old = generations.len().saturating_sub(self.generations_max);
        for generation in &generations[..old] {
            let path = self.folder.join(generation);
            fs::remove_dir_all(&path).map_err(BackupError::at(&path))?;
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BackupError::at(path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes the blocks of a copy that are not as they were, and notes how they are; its bytes.
fn write_changed(
    copy: &Path,
    hashes: &mut Vec<Hash>,
    writer: &mut Writer,
) -> Result<u64, BackupError> {
    let at = BackupError::at(copy);
    let mut file = BufReader::with_capacity(1 << 20, File::open(copy).map_err(&at)?);
    let mut block = vec![0; BLOCK_BYTES];
    let (mut place, mut bytes) = (0_u32, 0_u64);
    loop {
        let mut filled = 0;
        while filled < BLOCK_BYTES {
            match file.read(&mut block[filled..]).map_err(&at)? {
                0 => break,
                count => filled += count,
            }
        }
        if filled == 0 {
            break;
        }
        // What the last block lacks is cut off again when it is restored.
        block[filled..].fill(0);
        let (index, hash) = (place as usize, hash_of(&block));
        if hashes.get(index) != Some(&hash) {
            writer.block(place, &block).map_err(&at)?;
        }
        match hashes.get_mut(index) {
            Some(known) => *known = hash,
            None => hashes.push(hash),
        }
        let next = place.checked_add(1);
        place = next.ok_or_else(|| BackupError::damaged(copy, "it has more than 16 TiB"))?;
        bytes += filled as u64;
    }
    hashes.truncate(place as usize);
    Ok(bytes)
}

/// How a generation was left.
fn read_last(key: &Key, folder: &Path, generation: String) -> Result<Option<Last>, BackupError> {
    let files = folder::segments(folder, &generation)?;
    let mut last = Last::new(generation);
    for file in &files {
        let seal = Seal::new(key, &last.generation, file.index);
        let hashes = &mut last.hashes;
        let end = segment::read(&file.path, seal, |place, block| {
            let place = place as usize;
            if place >= hashes.len() {
                hashes.resize(place + 1, [0; 32]);
            }
            hashes[place] = hash_of(block);
            Ok(())
        })?;
        last.hashes.truncate(usize::try_from(end.bytes.div_ceil(BLOCK_BYTES as u64)).unwrap_or(0));
        if root_of(&last.hashes) != end.root {
            return Err(BackupError::damaged(&file.path, "its blocks are not what it says"));
        }
        let bytes = fs::metadata(&file.path).map_err(BackupError::at(&file.path))?.len();
        if file.index == 0 {
            last.whole_bytes = bytes;
        } else {
            last.further_bytes += bytes;
        }
        last.index = file.index + 1;
    }
    Ok(Some(last).filter(|last| last.index > 0))
}
