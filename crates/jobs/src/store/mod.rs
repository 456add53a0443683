//! The only SQL of this module, a file for each thing it keeps.

pub(crate) mod job;
pub(crate) mod schedule;
pub(crate) mod upkeep;
