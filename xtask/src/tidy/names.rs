//! What a file is called, and how it opens.

use super::{File, Violation};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["common", "helper", "helpers", "manager", "managers", "misc", "util", "utilities", "utils"];

/// Where code lives; the names of other folders are not ours to choose.
const CODE: &[&str] = &["rs", "ts", "tsx", "mjs", "sh"];

pub fn check(file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !CODE.contains(&file.extension()) || file.is_testdata() {
        return violations;
    }
    let parts = file.path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    if let Some(name) = parts.into_iter().find(|part| EMPTY_NAMES.contains(part)) {
        let what = format!("`{name}` says nothing; name it after what it owns");
        violations.push(Violation::new("file-name", &file.path, 1, &what));
    }
    let opens = file.text.lines().find(|line| !line.trim().is_empty());
    if file.extension() == "rs"
        && file.path.contains("src/")
        && !opens.is_some_and(|line| line.starts_with("//! "))
    {
        let what = "opens without `//!`; say what it owns and what must stay true";
        violations.push(Violation::new("opening", &file.path, 1, what));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_names_and_openings_are_caught() {
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("crates/a/src/lib.rs", "//! Owns a.\n", None),
            ("crates/a/src/lib.rs", "\n//! Owns a.\n", None),
            ("crates/a/src/lib.rs", "use b;\n//! Owns a.\n", Some("opening")),
            ("crates/a/src/lib.rs", "//!\n", Some("opening")),
            ("crates/a/src/lib.rs", "", Some("opening")),
            ("crates/a/tests/lib.rs", "use b;\n", None),
            ("crates/a/src/utils.rs", "//! A.\n", Some("file-name")),
            ("crates/a/src/helpers/x.rs", "//! A.\n", Some("file-name")),
            ("crates/a/tests/common/mod.rs", "", Some("file-name")),
            ("web/src/misc.test.ts", "", Some("file-name")),
            ("crates/a/src/manager.rs", "//! A.\n", Some("file-name")),
            ("crates/a/src/commodity.rs", "//! A.\n", None),
            ("docs/common.md", "", None),
        ];
        for (path, text, expected) in cases {
            let file = File { path: (*path).to_owned(), text: (*text).to_owned() };
            let rules: Vec<&str> = check(&file).iter().map(|violation| violation.rule).collect();
            assert_eq!(rules, Vec::from_iter(*expected), "{path}: {text:?}");
        }
    }
}
