//! Calls and types that our Rust does without, each with what takes its place.

use super::source::{Source, words};
use super::{File, Violation};

/// What a piece of code is, which decides what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Ships, and must not end the process or write to a terminal.
    Library,
    /// The binary, xtask, examples: ends at a person.
    Program,
    Test,
}

/// A call that some code does without.
struct Ban {
    call: &'static str,
    roles: &'static [Role],
    instead: &'static str,
}

const EVERYWHERE: &[Role] = &[Role::Library, Role::Program, Role::Test];
const SHIPPED: &[Role] = &[Role::Library, Role::Program];
const LIBRARY: &[Role] = &[Role::Library];
const TESTS: &[Role] = &[Role::Test];

const NO_PANIC: &str =
    "return an error, or `expect(\"invariant: …\")` where it truly cannot happen";
const NO_PRINT: &str = "use tracing; only programs write to a terminal";
const NO_FLOAT: &str = "use integers of minor units or a decimal; floats live in crates/quant";
const NO_SLEEP: &str = "hold the clock still, or wait for the event itself";
const NO_NOW: &str = "time comes from the context's clock";
const NO_RANDOM_ID: &str = "ids come from the context, or are derived";
const FINISH: &str = "finish it, or leave it out";

const BANS: &[Ban] = &[
    Ban { call: ".unwrap()", roles: SHIPPED, instead: NO_PANIC },
    Ban { call: ".unwrap_err()", roles: SHIPPED, instead: NO_PANIC },
    Ban { call: ".expect_err(", roles: SHIPPED, instead: NO_PANIC },
    Ban { call: "panic!", roles: SHIPPED, instead: NO_PANIC },
    Ban { call: "todo!", roles: EVERYWHERE, instead: FINISH },
    Ban { call: "unimplemented!", roles: EVERYWHERE, instead: FINISH },
    Ban { call: "dbg!", roles: EVERYWHERE, instead: "take it out again" },
    Ban { call: "print!", roles: LIBRARY, instead: NO_PRINT },
    Ban { call: "println!", roles: LIBRARY, instead: NO_PRINT },
    Ban { call: "eprint!", roles: LIBRARY, instead: NO_PRINT },
    Ban { call: "eprintln!", roles: LIBRARY, instead: NO_PRINT },
    Ban { call: "f32", roles: SHIPPED, instead: NO_FLOAT },
    Ban { call: "f64", roles: SHIPPED, instead: NO_FLOAT },
    Ban { call: "thread::sleep", roles: TESTS, instead: NO_SLEEP },
    Ban { call: "time::sleep", roles: TESTS, instead: NO_SLEEP },
    Ban { call: "#[ignore", roles: EVERYWHERE, instead: "repair the test, or remove it" },
    Ban { call: "SystemTime::now", roles: EVERYWHERE, instead: NO_NOW },
    Ban { call: "Timestamp::now", roles: EVERYWHERE, instead: NO_NOW },
    Ban { call: "Zoned::now", roles: EVERYWHERE, instead: NO_NOW },
    Ban { call: "Uuid::new_v4", roles: EVERYWHERE, instead: NO_RANDOM_ID },
    Ban { call: "Uuid::now_v7", roles: EVERYWHERE, instead: NO_RANDOM_ID },
];

/// Macros and methods that are kept where they name the invariant that makes them unreachable.
const NAMED_INVARIANTS: &[&str] = &[".expect(", "unreachable!("];

/// `test_modules` are the paths that some file declares for tests alone.
pub fn check(file: &File, test_modules: &[String]) -> Vec<Violation> {
    if file.extension() != "rs" || file.is_testdata() {
        return Vec::new();
    }
    let source = Source::new(&file.text);
    let role = role_of(&file.path, test_modules);
    let role_at = |at| if source.in_test(at) { Role::Test } else { role };
    let mut violations = Vec::new();
    for ban in BANS.iter().filter(|ban| !is_home(&file.path, ban)) {
        for at in words(&source.code, ban.call).filter(|at| ban.roles.contains(&role_at(*at))) {
            let what = format!("`{}` is not used here; {}", ban.call, ban.instead);
            violations.push(Violation::new("call", &file.path, source.line(at), &what));
        }
    }
    for call in NAMED_INVARIANTS {
        for at in words(&source.code, call).filter(|at| role_at(*at) != Role::Test) {
            if !source.text[at + call.len()..].trim_start().starts_with("\"invariant: ") {
                let what = format!("`{call}…)` names no invariant; {NO_PANIC}");
                violations.push(Violation::new("call", &file.path, source.line(at), &what));
            }
        }
    }
    violations
}

/// Where figures that are no money are computed, and where those are shown. Each place by itself:
/// what stands beside it handles amounts.
const FIGURES: &[&str] = &[
    "crates/quant/",
    "crates/gateway/src/wire/analytics.rs",
    "crates/gateway/src/wire/analytics/",
    "crates/gateway/src/routes/analytics/",
    "bin/florin/src/cli/quant.rs",
    "bin/florin/src/command/quant/",
];

/// The place where what is banned elsewhere is at home.
fn is_home(path: &str, ban: &Ban) -> bool {
    match ban.instead {
        NO_FLOAT => FIGURES.iter().any(|place| path.starts_with(place)),
        // The machine's clock and randomness stand behind traits, in one file.
        NO_NOW | NO_RANDOM_ID => path == "crates/kernel/src/env.rs",
        // The crate of test set-ups waits for servers so that no test has to.
        NO_SLEEP => path.starts_with("crates/testing/"),
        _ => false,
    }
}

fn role_of(path: &str, test_modules: &[String]) -> Role {
    let in_folder = |folder: &str| path.split('/').any(|part| part == folder);
    let declared = |module: &String| {
        path == module || (module.ends_with('/') && path.starts_with(module.as_str()))
    };
    if in_folder("tests")
        || in_folder("benches")
        || in_folder("fuzz")
        || path.starts_with("crates/testing/")
        || test_modules.iter().any(declared)
    {
        Role::Test
    } else if in_folder("examples")
        || path.starts_with("bin/")
        || path.starts_with("xtask/")
        || path.ends_with("/build.rs")
    {
        Role::Program
    } else {
        Role::Library
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&file, &["crates/a/src/cases.rs".to_owned()]).iter().map(|v| v.line).collect()
    }

    #[test]
    fn planted_calls_are_caught_where_they_may_not_stand() {
        // The code, and whether it is caught in a library, in a program and in a test.
        let cases = [
            ("x.unwrap();", [true, true, false]),
            ("x.unwrap_err();", [true, true, false]),
            ("x.expect_err(\"y\");", [true, true, false]),
            ("x.unwrap_or(1);", [false, false, false]),
            ("x.expect(\"it works\");", [true, true, false]),
            ("x.expect(\"invariant: sorted above\");", [false, false, false]),
            ("x.expect(\n    \"invariant: sorted above\");", [false, false, false]),
            ("unreachable!();", [true, true, false]),
            ("unreachable!(\"invariant: sorted\");", [false, false, false]),
            ("panic!(\"x\");", [true, true, false]),
            ("std::panic::catch_unwind(f);", [false, false, false]),
            ("todo!();", [true, true, true]),
            ("unimplemented!();", [true, true, true]),
            ("dbg!(x);", [true, true, true]),
            ("println!(\"x\");", [true, false, false]),
            ("eprintln!(\"x\");", [true, false, false]),
            ("print!(\"x\");", [true, false, false]),
            ("eprint!(\"x\");", [true, false, false]),
            ("let x: f64 = 1.0;", [true, true, false]),
            ("let x = 1f32;", [false, false, false]),
            ("let x = y as f32;", [true, true, false]),
            ("x.as_secs_f64();", [false, false, false]),
            ("std::thread::sleep(x);", [false, false, true]),
            ("tokio::time::sleep(x).await;", [false, false, true]),
            ("#[ignore] x();", [true, true, true]),
            ("SystemTime::now();", [true, true, true]),
            ("jiff::Timestamp::now();", [true, true, true]),
            ("Zoned::now();", [true, true, true]),
            ("Uuid::new_v4();", [true, true, true]),
            ("Uuid::now_v7();", [true, true, true]),
            ("// x.unwrap()", [false, false, false]),
            ("log(\"panic!\");", [false, false, false]),
        ];
        for (code, expected) in cases {
            let text = format!("fn f() {{\n    {code}\n}}\n");
            let in_module = format!("#[cfg(test)]\nmod tests {{\n{text}}}\n");
            let places = [
                ("crates/a/src/a.rs", &text, expected[0]),
                ("crates/a/src/testdata_of.rs", &text, expected[0]),
                ("bin/florin/src/main.rs", &text, expected[1]),
                ("crates/a/examples/e.rs", &text, expected[1]),
                ("crates/a/tests/t.rs", &text, expected[2]),
                ("crates/a/src/cases.rs", &text, expected[2]),
                ("crates/a/src/a.rs", &in_module, expected[2]),
            ];
            for (path, text, caught) in places {
                assert_eq!(!lines(path, text).is_empty(), caught, "{code} in {path}: {text}");
            }
        }
    }

    #[test]
    fn what_has_a_home_is_let_be_there() {
        assert_eq!(lines("crates/quant/src/a.rs", "fn f(x: f64) {}"), [0; 0]);
        assert_eq!(lines("crates/gateway/src/wire/analytics/a.rs", "fn f(x: f64) {}"), [0; 0]);
        assert_eq!(lines("crates/gateway/src/wire/money.rs", "fn f(x: f64) {}"), [1]);
        assert_eq!(lines("bin/florin/src/command/net_worth.rs", "fn f(x: f64) {}"), [1]);
        assert_eq!(lines("crates/kernel/src/env.rs", "fn f() { SystemTime::now(); }"), [0; 0]);
        assert_eq!(lines("crates/testing/src/a.rs", "fn f() { thread::sleep(x); }"), [0; 0]);
    }

    #[test]
    fn the_line_is_that_of_the_call() {
        assert_eq!(lines("crates/a/src/a.rs", "//! A.\n\nfn f() {\n    x.unwrap();\n}\n"), [4]);
    }
}
