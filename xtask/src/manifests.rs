//! The manifests' habits: versions only in the workspace's table, a reason for each dependency, and
//! one set of lints.

use crate::tidy::{File, Violation};

pub fn check(file: &File) -> Vec<Violation> {
    match file.path.as_str() {
        "Cargo.toml" => check_table(file),
        path if path.ends_with("/Cargo.toml") && !file.is_testdata() => check_member(file),
        _ => Vec::new(),
    }
}

/// Each line of the workspace's table says why the library is here; crates of ours need no reason.
fn check_table(file: &File) -> Vec<Violation> {
    let missing = entries(file).into_iter().filter(|entry| {
        entry.section == "workspace.dependencies"
            && !entry.text.contains("path = ")
            && !entry.text.contains('#')
    });
    missing
        .map(|entry| remark(file, entry.line, "says no reason; end the line with `# why`"))
        .collect()
}

fn check_member(file: &File) -> Vec<Violation> {
    let mut violations: Vec<Violation> = entries(file)
        .into_iter()
        .filter(|entry| entry.section.ends_with("dependencies"))
        .filter(|entry| !entry.text.contains("workspace = true"))
        .map(|entry| {
            let what = "declares a version of its own; write `{ workspace = true }` and put the \
                        version into the workspace's table";
            remark(file, entry.line, what)
        })
        .collect();
    let sections = file.text.lines().enumerate().filter(|(_, line)| line.contains("dependencies."));
    violations.extend(sections.filter(|(_, line)| line.starts_with('[')).map(|(index, _)| {
        remark(file, index + 1, "is a dependency as a section; write it on one line")
    }));
    let inherits = |entry: Entry<'_>| entry.section == "lints" && entry.text == "workspace = true";
    if !entries(file).into_iter().any(inherits) {
        violations.push(remark(file, 1, "has lints of its own; add `[lints] workspace = true`"));
    }
    violations
}

fn remark(file: &File, line: usize, what: &str) -> Violation {
    Violation::new("manifest", &file.path, line, what)
}

/// A key of a manifest with its value, up to the next key.
struct Entry<'a> {
    section: &'a str,
    line: usize,
    text: String,
}

fn entries(file: &File) -> Vec<Entry<'_>> {
    let mut section = "";
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut in_value = false;
    for (index, line) in file.text.lines().enumerate() {
        let is_key = line.starts_with(|c: char| c.is_alphanumeric() || c == '"');
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or(name);
            in_value = false;
        } else if is_key {
            entries.push(Entry { section, line: index + 1, text: line.trim_end().to_owned() });
            in_value = true;
        } else if line.is_empty() || line.starts_with('#') {
            in_value = false;
        } else if in_value && let Some(entry) = entries.last_mut() {
            entry.text.push_str(line);
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_manifests_are_caught() {
        let lints = "\n[lints]\nworkspace = true\n";
        let member = |text: &str| format!("[package]\nversion = \"1\"\n\n{text}{lints}");
        // The path, the text, and the lines that are caught.
        let cases: &[(&str, String, &[usize])] = &[
            ("crates/a/Cargo.toml", member("[dependencies]\nx = { workspace = true }\n"), &[]),
            ("crates/a/Cargo.toml", member("[dependencies]\nx.workspace = true\n"), &[]),
            ("crates/a/Cargo.toml", member("[dependencies]\nx = \"1\"\n"), &[5]),
            ("crates/a/Cargo.toml", member("[dev-dependencies]\nx = { path = \"../x\" }\n"), &[5]),
            ("crates/a/Cargo.toml", member("[target.'cfg(unix)'.dependencies]\nx = \"1\"\n"), &[5]),
            ("crates/a/Cargo.toml", member("[dependencies.x]\nworkspace = true\n"), &[4]),
            ("crates/a/Cargo.toml", "[package]\n".to_owned(), &[1]),
            ("Cargo.toml", "[workspace.dependencies]\nx = \"1\" # reads x\n".to_owned(), &[]),
            ("Cargo.toml", "[workspace.dependencies]\nx = \"1\"\n".to_owned(), &[2]),
            ("Cargo.toml", "[workspace.dependencies]\nx = [\n    1,\n] # x\n".to_owned(), &[]),
            ("Cargo.toml", "[workspace.dependencies]\nx = \"1\"\n# next\n".to_owned(), &[2]),
            ("Cargo.toml", "[workspace.dependencies]\nx = { path = \"x\" }\n".to_owned(), &[]),
        ];
        for (path, text, expected) in cases {
            let file = File { path: (*path).to_owned(), text: text.clone() };
            let lines: Vec<usize> = check(&file).iter().map(|violation| violation.line).collect();
            assert_eq!(lines, *expected, "{path}: {text}");
        }
    }
}
