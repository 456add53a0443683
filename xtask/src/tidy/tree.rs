//! The files that tidy judges: what git tracks, and what it would track if it were added.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// One text file, by its path from the repository's root.
#[derive(Debug)]
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    /// The part of the path behind the last dot.
    pub fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|text| text.to_str()).unwrap_or_default()
    }

    /// Samples and golden files: what others wrote, or what a test compares byte by byte.
    pub fn is_testdata(&self) -> bool {
        self.path.split('/').any(|part| part == "testdata")
    }

    /// Says of itself that a program wrote it.
    pub fn is_generated(&self) -> bool {
        self.text.lines().take(5).any(|line| line.contains(concat!("@", "generated")))
    }
}

/// All files of the repository; those that are not text are known by their path alone.
#[derive(Debug)]
pub struct Tree {
    pub root: PathBuf,
    texts: BTreeMap<String, File>,
    paths: BTreeSet<String>,
}

impl Tree {
    /// Reads the repository that holds the working directory.
    pub fn read() -> Result<Self> {
        let root = PathBuf::from(git(Path::new("."), &["rev-parse", "--show-toplevel"])?.trim());
        let listing =
            git(&root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
        let mut tree = Self { root, texts: BTreeMap::new(), paths: BTreeSet::new() };
        for path in listing.split('\0').filter(|path| !path.is_empty()) {
            // A file that is deleted but not yet committed is still listed, and not read.
            let Ok(bytes) = std::fs::read(tree.root.join(path)) else {
                continue;
            };
            tree.paths.insert(path.to_owned());
            if let Ok(text) = String::from_utf8(bytes) {
                tree.insert(path, text);
            }
        }
        Ok(tree)
    }

    /// A tree of planted files.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut tree =
            Self { root: PathBuf::new(), texts: BTreeMap::new(), paths: BTreeSet::new() };
        for (path, text) in files {
            tree.insert(path, (*text).to_owned());
        }
        tree
    }

    fn insert(&mut self, path: &str, text: String) {
        self.paths.insert(path.to_owned());
        self.texts.insert(path.to_owned(), File { path: path.to_owned(), text });
    }

    /// The text files, by path.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.texts.values()
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(|file| file.text.as_str())
    }

    /// Whether `path` is a file of the tree, or a folder that holds one.
    pub fn contains(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        path.is_empty()
            || self.paths.contains(path)
            || self.paths.range(folder.clone()..).next().is_some_and(|p| p.starts_with(&folder))
    }

    /// The first line of `path` that begins with `word`, or 1.
    pub fn line_of(&self, path: &str, word: &str) -> usize {
        let text = self.text(path).unwrap_or_default();
        text.lines().position(|line| line.starts_with(word)).unwrap_or(0) + 1
    }
}

fn git(directory: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .output()
        .context("cannot start git, which tells tidy what belongs to the repository")?;
    if !output.status.success() {
        bail!("git failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
