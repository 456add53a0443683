//! Backups of the embedded database: taken while it runs, each only what changed, all of it
//! encrypted; and put back as it was at any of the times at which one was taken.
//!
//! # What it owns
//! A folder of *generations*. Each begins with a whole copy and goes on with *segments*: the blocks
//! that changed since the one before. Nothing of it is a table.
//!
//! # What must stay true
//! - A segment is a state of the database that some transaction left behind, never one between two.
//! - A file has its name when it is whole and flushed; what has another name is nothing.
//! - What is restored is compared, block by block, with what was seen when it was taken; a segment
//!   that is missing, changed, or from elsewhere is refused.
//! - Without the key nothing can be read, and nothing can be put in that would be restored.
//!
//! The key is one of its own, beside the master key and not derived from it: master keys are
//! replaced and thrown away, and a backup must open years later; and whoever restores need not be
//! able to open what is sealed.

mod error;
mod folder;
mod key;
mod restore;
mod segment;
mod take;

pub use error::BackupError;
pub use key::open_key;
pub use restore::{Restored, restore};
pub use take::{Taken, Taker};
