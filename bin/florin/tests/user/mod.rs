//! Somebody with a home of their own, who calls the program.

use std::process::{Command, Output};

use tempfile::TempDir;

pub struct User {
    pub home: TempDir,
}

impl User {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub fn florin(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_florin"));
        command.env_clear().env("HOME", self.home.path()).env("FLORIN_HEADS_SECONDS", "1");
        command
    }

    pub fn run(&self, words: &[&str]) -> Output {
        self.florin().args(words).output().unwrap()
    }

    pub fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn fails(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(!output.status.success(), "{words:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }
}
