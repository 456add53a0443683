//! Words that no file of ours holds: marks of unfinished work, paths that only one machine has, and
//! the hosts of package registries, which each machine configures for itself.
//!
//! The words are put together with `concat!` so that this file does not hold them either.

use super::source::words;
use super::{File, Violation};

const MARKERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// ISO 4217 has it as a code as well: a mark only at the start of a comment or before a colon.
const MARKER_OR_CURRENCY: &str = concat!("XX", "X");

const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("C:\\Us", "ers\\"),
];

const HOSTS: &[&str] = &[
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("registry.", "npmjs.org"),
    concat!("registry.", "yarnpkg.com"),
    concat!("pypi", ".org"),
    concat!("files.", "pythonhosted.org"),
    concat!("proxy.", "golang.org"),
    concat!("repo1.", "maven.org"),
    concat!("repo.", "maven.apache.org"),
    concat!("deb.", "debian.org"),
    concat!("security.", "debian.org"),
];

pub fn check(file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut remark = |rule, line: usize, what: String| {
        violations.push(Violation::new(rule, &file.path, line + 1, &what));
    };
    let is_ours = !file.is_testdata() && !is_lock(&file.path);
    for (index, line) in file.text.lines().enumerate() {
        if let Some(marker) = is_ours.then(|| marker(line)).flatten() {
            remark("marker", index, format!("`{marker}`; finish it, or open an issue"));
        }
        if let Some(path) = MACHINE_PATHS.iter().find(|path| starts_a_path(line, path)) {
            let what = format!("`{path}…` is a path of one machine; write it from the root or `~`");
            remark("machine-path", index, what);
        }
        if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
            let what = format!(
                "`{host}` is a registry's host, which each machine configures; in a lock file of \
                 npm set `omit-lockfile-registry-resolved=true` in .npmrc"
            );
            remark("host", index, what);
        }
    }
    violations
}

fn is_lock(path: &str) -> bool {
    path.ends_with(".lock") || path.ends_with("package-lock.json")
}

fn marker(line: &str) -> Option<&'static str> {
    let plain = MARKERS.iter().copied().find(|marker| words(line, marker).next().is_some());
    plain.or_else(|| {
        let mut places = words(line, MARKER_OR_CURRENCY);
        let is_marker = places.any(|at| {
            let before = line[..at].trim_end();
            let opens_comment = ["//", "///", "//!", "#", "/*", "--"]
                .iter()
                .any(|mark| before.trim_start() == *mark);
            opens_comment || line[at + MARKER_OR_CURRENCY.len()..].starts_with(':')
        });
        is_marker.then_some(MARKER_OR_CURRENCY)
    })
}

/// Whether `line` holds `path` as the beginning of a path, not inside an address or a longer path.
fn starts_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-}/~*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_and_every_host_is_caught() {
        let paths = concat!(
            "'/wo",
            "rk/a', '/ro",
            "ot/a', '/ho",
            "me/a', '/Us",
            "ers/a', 'C:\\Us",
            "ers\\a'"
        );
        let hosts = concat!(
            "index.",
            "crates.io, static.",
            "crates.io, registry.",
            "npmjs.org, registry.",
            "yarnpkg.com, pypi",
            ".org, files.",
            "pythonhosted.org, proxy.",
            "golang.org, repo1.",
            "maven.org, repo.",
            "maven.apache.org, deb.",
            "debian.org, security.",
            "debian.org"
        );
        for (list, rule, count) in [(paths, "machine-path", 5), (hosts, "host", 11)] {
            let text = list.replace(", ", "\n");
            let file = File { path: "a.md".to_owned(), text };
            let rules: Vec<&str> = check(&file).iter().map(|violation| violation.rule).collect();
            assert_eq!(rules, vec![rule; count], "{}", file.text);
        }
    }

    #[test]
    fn planted_words_are_caught() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("a.rs", concat!("// TO", "DO: later"), &["marker"]),
            ("a.sh", concat!("# see FIX", "ME"), &["marker"]),
            ("a.md", concat!("TO", "DOS are no word"), &[]),
            ("a.rs", concat!("// XX", "X look"), &["marker"]),
            ("a.rs", concat!("let x = y; // XX", "X: look"), &["marker"]),
            ("a.rs", concat!("(\"XX", "X\", 999, None),"), &[]),
            ("testdata/a.ofx", concat!("TO", "DO"), &[]),
            ("Cargo.lock", concat!("TO", "DO"), &[]),
            ("a.md", concat!("in `/wo", "rk/x`"), &["machine-path"]),
            ("a.toml", concat!("path=/ro", "ot/.cargo"), &["machine-path"]),
            ("a.md", concat!("/ho", "me/someone"), &["machine-path"]),
            ("testdata/a.json", concat!("\"/ho", "me/someone\""), &["machine-path"]),
            ("a.md", concat!("https://example.org/wo", "rk/x"), &[]),
            ("a.sh", concat!("\"${base}/ro", "ot/x\""), &[]),
            ("package-lock.json", concat!("https://registry.", "npmjs.org/a"), &["host"]),
            ("a.md", concat!("from static.", "crates.io"), &["host"]),
            ("Cargo.lock", "registry+https://github.com/rust-lang/crates.io-index", &[]),
        ];
        for (path, text, expected) in cases {
            let file = File { path: (*path).to_owned(), text: (*text).to_owned() };
            let rules: Vec<&str> = check(&file).iter().map(|violation| violation.rule).collect();
            assert_eq!(rules, *expected, "{path}: {text}");
        }
    }
}
