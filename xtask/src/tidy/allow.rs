//! `xtask/tidy-allow.txt`: what the tree may still hold of each rule, counted. It may only shrink:
//! an entry that allows more than there is must be lowered, and one that allows nothing removed.
//!
//! A line is `rule path count # reason`. The count is a number of violations; for `file-length` it
//! is the number of lines.

use std::collections::BTreeMap;

use super::Violation;

pub const PATH: &str = "xtask/tidy-allow.txt";

/// Takes out what the list allows, and adds what is wrong with the list.
pub fn apply(violations: Vec<Violation>, list: &str) -> Vec<Violation> {
    let mut found: BTreeMap<(String, String), Vec<Violation>> = BTreeMap::new();
    for violation in violations {
        let key = (violation.rule.to_owned(), violation.path.clone());
        found.entry(key).or_default().push(violation);
    }
    let mut left = Vec::new();
    for (index, line) in list.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let remark = |what: &str| Violation::new("allow", PATH, index + 1, what);
        let Some((rule, path, allowed)) = parse(line) else {
            left.push(remark("not an entry; write `rule path count # reason`"));
            continue;
        };
        let key = (rule.to_owned(), path.to_owned());
        let weight: usize =
            found.get(&key).into_iter().flatten().map(|violation| violation.weight).sum();
        if weight <= allowed {
            found.remove(&key);
        }
        if weight == 0 {
            left.push(remark("allows what is no longer there; remove the line"));
        } else if weight < allowed {
            left.push(remark(&format!("allows more than there is; lower it to {weight}")));
        }
    }
    left.extend(found.into_values().flatten());
    left
}

fn parse(line: &str) -> Option<(&str, &str, usize)> {
    let (entry, reason) = line.split_once('#')?;
    let parts: Vec<&str> = entry.split_whitespace().collect();
    let [rule, path, count] = parts.as_slice() else {
        return None;
    };
    (!reason.trim().is_empty()).then_some((*rule, *path, count.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_only_shrinks() {
        let two =
            || vec![Violation::new("call", "a.rs", 1, "x"), Violation::new("call", "a.rs", 2, "y")];
        let long = || vec![Violation::new("file-length", "t.rs", 1, "x").weighing(612)];
        // What the tree holds, the list, and what is left.
        let cases: &[(Vec<Violation>, &str, &[&str])] = &[
            (two(), "", &["a.rs:1: call: x", "a.rs:2: call: y"]),
            (two(), "# heading\n\ncall a.rs 2 # old", &[]),
            (two(), "call a.rs 1 # old", &["a.rs:1: call: x", "a.rs:2: call: y"]),
            (
                two(),
                "call a.rs 3 # old",
                &["xtask/tidy-allow.txt:1: allow: allows more than there is; lower it to 2"],
            ),
            (
                vec![],
                "call a.rs 1 # old",
                &["xtask/tidy-allow.txt:1: allow: allows what is no longer there; remove the line"],
            ),
            (long(), "file-length t.rs 612 # table", &[]),
            (long(), "file-length t.rs 600 # table", &["t.rs:1: file-length: x"]),
            (
                two(),
                "call a.rs 2",
                &[
                    "xtask/tidy-allow.txt:1: allow: not an entry; write `rule path count # reason`",
                    "a.rs:1: call: x",
                    "a.rs:2: call: y",
                ],
            ),
        ];
        for (found, list, expected) in cases {
            let left: Vec<String> =
                apply(found.clone(), list).iter().map(ToString::to_string).collect();
            assert_eq!(left, *expected, "with the list {list:?}");
        }
    }
}
