//! Whether the process can answer, and what keeps it from it.

use serde::Serialize;

/// The answer of `/health/ready`.
#[derive(Serialize)]
pub(crate) struct Health {
    pub status: Status,
    pub checks: Vec<Check>,
}

/// One thing that must work.
#[derive(Serialize)]
pub(crate) struct Check {
    pub name: &'static str,
    pub status: Status,
    pub detail: String,
}

/// Whether it works.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Up,
    Down,
}
