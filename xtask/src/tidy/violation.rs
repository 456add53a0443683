//! One remark: where, which rule, what is wrong and what to do instead.

use std::fmt;

/// Sorts by path, then line, so that a run's output reads from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub path: String,
    pub line: usize,
    pub rule: &'static str,
    pub what: String,
    /// How much it counts against `xtask/tidy-allow.txt`: 1, or a length in lines.
    pub weight: usize,
    /// The word of the line that it is about, where the line is found by it.
    pub subject: String,
}

impl Violation {
    pub fn new(rule: &'static str, path: &str, line: usize, what: &str) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            what: what.to_owned(),
            weight: 1,
            subject: String::new(),
        }
    }

    pub fn about(mut self, subject: &str) -> Self {
        subject.clone_into(&mut self.subject);
        self
    }

    pub fn weighing(mut self, weight: usize) -> Self {
        self.weight = weight;
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}: {}", self.path, self.line, self.rule, self.what)
    }
}
