//! Which crate may use which: the two tables that keep arrows pointing down.
//!
//! [`EDGES`] says what each crate of ours may use of ours, [`ONLY`] who may use a library that
//! gives a crate its place (the one that serves HTTP, the one that speaks SQL). Both hold what is
//! absent as firmly as what is there. A new edge is a decision: it comes with a record in
//! docs/adr/.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::tidy::{Tree, Violation};

/// What one crate of ours may use of ours.
struct Row {
    name: &'static str,
    uses: &'static [&'static str],
    /// What its tests may use beyond `uses` and [`TESTING`].
    tests_use: &'static [&'static str],
}

/// Ordered from the bottom of the map to its top: a row names only rows above itself.
const EDGES: &[Row] = &[
    Row { name: "kernel", uses: &[], tests_use: &[] },
    Row { name: "storage", uses: &["kernel"], tests_use: &[] },
    Row { name: "testing", uses: &["kernel", "storage"], tests_use: &[] },
    Row { name: "jobs", uses: &["kernel", "storage"], tests_use: &[] },
    Row { name: "sagas", uses: &["kernel", "storage", "jobs"], tests_use: &[] },
    Row { name: "vault", uses: &["kernel", "storage", "jobs"], tests_use: &[] },
    Row { name: "objects", uses: &["kernel", "storage", "jobs", "vault"], tests_use: &[] },
    Row { name: "notices", uses: &["kernel", "storage", "jobs", "vault"], tests_use: &[] },
    Row { name: "bus", uses: &["kernel", "storage"], tests_use: &[] },
    Row { name: "backup", uses: &["kernel", "storage"], tests_use: &[] },
    Row { name: "ledger", uses: &["kernel", "storage", "vault"], tests_use: &[] },
    Row {
        name: "remittances",
        uses: &["kernel", "storage", "jobs", "sagas", "vault", "ledger"],
        tests_use: &[],
    },
    Row { name: "identity", uses: &["kernel", "storage"], tests_use: &[] },
    Row {
        name: "approvals",
        uses: &["kernel", "storage", "jobs", "vault", "notices", "identity"],
        tests_use: &[],
    },
    Row {
        name: "cases",
        uses: &["kernel", "storage", "jobs", "vault", "objects", "notices", "identity"],
        tests_use: &[],
    },
    Row { name: "meters", uses: &["kernel", "storage", "jobs"], tests_use: &[] },
    Row { name: "markets", uses: &["kernel", "storage", "jobs"], tests_use: &[] },
    Row { name: "statements", uses: &["kernel"], tests_use: &[] },
    Row { name: "quant", uses: &["kernel"], tests_use: &[] },
    Row {
        name: "wealth",
        uses: &[
            "kernel",
            "storage",
            "jobs",
            "vault",
            "objects",
            "notices",
            "ledger",
            "identity",
            "approvals",
            "cases",
            "meters",
            "markets",
            "statements",
        ],
        tests_use: &[],
    },
    Row {
        name: "gateway",
        uses: &[
            "kernel",
            "storage",
            "jobs",
            "sagas",
            "vault",
            "objects",
            "notices",
            "ledger",
            "remittances",
            "identity",
            "approvals",
            "cases",
            "meters",
            "markets",
            "statements",
            "quant",
            "wealth",
        ],
        tests_use: &[],
    },
    Row {
        name: "florin",
        uses: &[
            "kernel",
            "storage",
            "jobs",
            "sagas",
            "vault",
            "objects",
            "notices",
            "bus",
            "backup",
            "ledger",
            "remittances",
            "identity",
            "approvals",
            "cases",
            "meters",
            "markets",
            "statements",
            "quant",
            "wealth",
            "gateway",
        ],
        tests_use: &[],
    },
    Row { name: "xtask", uses: &[], tests_use: &[] },
];

/// The crate of test set-ups: any crate's tests may use it, and nothing that ships may.
const TESTING: &str = "testing";

/// A library that only some crates may use.
struct Only {
    library: &'static str,
    users: &'static [&'static str],
    /// Crates that may use it in their tests alone.
    test_users: &'static [&'static str],
    because: &'static str,
}

/// Whose tests look at a database behind the stores' backs: they recompute from the raw tables,
/// damage a file, or make a database to run in.
const RAW_DATABASE_TESTS: &[&str] = &["testing", "ledger", "wealth", "florin"];

const ONLY: &[Only] = &[
    serves_http("axum"),
    serves_http("axum-extra"),
    serves_http("tower-http"),
    serves_http("utoipa"),
    serves_http("utoipa-axum"),
    speaks_sql("rusqlite"),
    speaks_sql("tokio-postgres"),
    speaks_sql("deadpool-postgres"),
    Only {
        library: "anyhow",
        users: &["florin", "xtask"],
        test_users: &[],
        because: "a crate has one thiserror enum; only the binary and xtask end at a person",
    },
    Only {
        library: "clap",
        users: &["florin"],
        test_users: &[],
        because: "only the binary has a command line",
    },
];

const fn serves_http(library: &'static str) -> Only {
    Only {
        library,
        users: &["gateway"],
        test_users: &["florin"],
        because: "only the gateway serves HTTP",
    }
}

const fn speaks_sql(library: &'static str) -> Only {
    Only {
        library,
        users: &["storage"],
        test_users: RAW_DATABASE_TESTS,
        because: "only storage speaks to a database; use its transactions",
    }
}

/// One dependency as a manifest declares it.
#[derive(Debug)]
struct Dependency {
    name: String,
    only_tests: bool,
}

/// One crate of the workspace.
#[derive(Debug)]
struct Member {
    name: String,
    manifest: String,
    dependencies: Vec<Dependency>,
}

/// Holds both tables against what the workspace's manifests declare.
pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let members = read_members(tree)?;
    let mut violations = judge(&members);
    for violation in &mut violations {
        violation.line = tree.line_of(&violation.path, &violation.subject);
    }
    Ok(violations)
}

fn judge(members: &[Member]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in members {
        let Some(row) = EDGES.iter().find(|row| row.name == member.name) else {
            violations.push(violation(
                member,
                &member.name,
                "is not in the table of edges; add a row to xtask/src/edges.rs and a record to \
                 docs/adr/",
            ));
            continue;
        };
        for dependency in &member.dependencies {
            let ours = members.iter().any(|other| other.name == dependency.name);
            if ours && !row_allows(row, dependency) {
                violations.push(violation(
                    member,
                    &dependency.name,
                    &format!(
                        "{} may not use {}: arrows point down, and sideways goes by events; the \
                         table is xtask/src/edges.rs",
                        member.name, dependency.name
                    ),
                ));
            }
            violations.extend(judge_library(member, dependency));
        }
    }
    violations
}

fn row_allows(row: &Row, dependency: &Dependency) -> bool {
    let name = dependency.name.as_str();
    let in_tests = name == TESTING || name == row.name || row.tests_use.contains(&name);
    row.uses.contains(&name) || (dependency.only_tests && in_tests)
}

fn judge_library(member: &Member, dependency: &Dependency) -> Option<Violation> {
    let only = ONLY.iter().find(|only| only.library == dependency.name)?;
    let name = member.name.as_str();
    let allowed = only.users.contains(&name)
        || (only.test_users.contains(&name) && (dependency.only_tests || name == TESTING));
    (!allowed).then(|| {
        violation(
            member,
            &dependency.name,
            &format!("{name} may not use {}: {}", only.library, only.because),
        )
    })
}

fn violation(member: &Member, subject: &str, what: &str) -> Violation {
    Violation::new("edge", &member.manifest, 1, what).about(subject)
}

/// Asks cargo for the workspace's crates and what they declare, without resolving anything: it
/// works offline and in a fraction of a second.
fn read_members(tree: &Tree) -> Result<Vec<Member>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(&tree.root)
        .output()
        .context("cannot start cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let root = metadata["workspace_root"].as_str().context("metadata without workspace_root")?;
    let packages = metadata["packages"].as_array().context("metadata without packages")?;
    packages.iter().map(|package| read_member(package, root)).collect()
}

fn read_member(package: &Value, root: &str) -> Result<Member> {
    let text = |value: &Value| value.as_str().map(str::to_owned).context("metadata without a name");
    let manifest = text(&package["manifest_path"])?;
    let dependencies = package["dependencies"].as_array().context("metadata: no dependencies")?;
    Ok(Member {
        name: text(&package["name"])?,
        manifest: manifest.strip_prefix(root).unwrap_or(&manifest).trim_matches('/').to_owned(),
        dependencies: dependencies
            .iter()
            .map(|dependency| {
                Ok(Dependency {
                    name: text(&dependency["name"])?,
                    only_tests: dependency["kind"].as_str() == Some("dev"),
                })
            })
            .collect::<Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_keeps_to_the_tables() {
        let tree = Tree::read().expect("the repository can be read");
        let violations = check(&tree).expect("cargo metadata works");
        let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }

    #[test]
    fn rows_name_only_rows_above_themselves() {
        for (position, row) in EDGES.iter().enumerate() {
            for used in row.uses.iter().chain(row.tests_use) {
                let above = EDGES[..position].iter().any(|other| other.name == *used);
                assert!(above, "{} names {used}, which is not above it", row.name);
                assert_ne!(*used, TESTING, "{} would ship {TESTING}", row.name);
            }
        }
    }

    #[test]
    fn planted_edges_are_caught() {
        // Crate, dependency, whether it is declared for tests alone, and whether it is allowed.
        let cases = [
            ("kernel", "storage", false, false),
            ("kernel", "testing", true, true),
            ("kernel", "testing", false, false),
            ("storage", "kernel", false, true),
            ("storage", "ledger", true, false),
            ("ledger", "identity", false, false),
            ("statements", "storage", false, false),
            ("wealth", "gateway", false, false),
            ("gateway", "wealth", false, true),
            ("florin", "gateway", false, true),
            ("florin", "quant", false, true),
            ("quant", "storage", false, false),
            ("wealth", "quant", false, false),
            ("xtask", "kernel", false, false),
            ("wealth", "axum", false, false),
            ("gateway", "axum", false, true),
            ("ledger", "rusqlite", false, false),
            ("ledger", "rusqlite", true, true),
            ("statements", "tokio-postgres", true, false),
            ("testing", "tokio-postgres", false, true),
            ("kernel", "anyhow", false, false),
            ("kernel", "anyhow", true, false),
            ("florin", "anyhow", false, true),
            ("gateway", "clap", false, false),
            ("stray", "kernel", false, false),
        ];
        for (name, dependency, only_tests, allowed) in cases {
            let member = |name: &str, dependencies| Member {
                name: name.to_owned(),
                manifest: format!("crates/{name}/Cargo.toml"),
                dependencies,
            };
            let mut members: Vec<Member> = EDGES
                .iter()
                .filter(|row| row.name != name)
                .map(|row| member(row.name, Vec::new()))
                .collect();
            let planted = Dependency { name: dependency.to_owned(), only_tests };
            members.push(member(name, vec![planted]));
            let violations = judge(&members);
            assert_eq!(
                violations.is_empty(),
                allowed,
                "{name} -> {dependency}, only in tests: {only_tests}: {violations:?}"
            );
        }
    }
}
