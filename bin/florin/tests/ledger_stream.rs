//! Filling a book from the command line: without a server and over one, and what is left of an
//! import that was killed. Following what changes it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod server;
mod user;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value as Json, json};
use user::User;

const LINES: u128 = 20_000;

/// An id with a number in its last letters.
fn id(kind: &str, number: u128) -> String {
    format!("{kind}_{:0>26}", format!("{number:x}").replace(['i', 'l', 'o', 'u'], "z"))
}

/// Two accounts, and a transfer of 0.01 a line between them.
fn book(transfers: u128) -> String {
    let account = |number, name: &str, kind: &str| {
        json!({ "account": { "id": id("acct", number), "name": name, "type": kind,
            "commodity": "EUR" } })
    };
    let mut lines = vec![account(1, "Till", "asset"), account(2, "Sales", "income")];
    lines.extend((1..=transfers).map(transfer));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn transfer(number: u128) -> Json {
    json!({ "id": id("xfer", number), "debit": id("acct", 1), "credit": id("acct", 2),
        "amount": "0.01", "effective": "2026-01-05" })
}

/// A book to fill: the only one of the family.
fn family(user: &User) -> String {
    let books: Json = serde_json::from_str(&user.ok(&["api", "GET", "/books"])).unwrap();
    books["items"][0]["id"].as_str().unwrap().to_owned()
}

fn till(user: &User) -> String {
    let path = format!("/books/{}/accounts/{}", family(user), id("acct", 1));
    let account: Json = serde_json::from_str(&user.ok(&["api", "GET", &path])).unwrap();
    account["balance"]["posted"].as_str().unwrap().to_owned()
}

/// Imports from standard input, and kills it once it has told of a line that stands in the middle.
fn kill_midway(user: &User) {
    let words = ["ledger", "import", "-"];
    let mut command = user.florin();
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(book(LINES / 2).as_bytes()).unwrap();
    input.write_all(b"no line\n").unwrap();
    let told = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    assert!(told.starts_with(&format!("line {}: malformed_json", LINES / 2 + 3)), "{told}");
    child.kill().unwrap();
    child.wait().unwrap();
    drop(input);
}

#[test]
fn an_import_that_was_killed_is_run_again_without_a_server() {
    let user = User::new();
    family(&user);
    kill_midway(&user);
    assert_eq!(till(&user), "100.00");
    let file = user.file("book.jsonl", &book(LINES));
    let told = user.ok(&["ledger", "import", file.to_str().unwrap()]);
    assert_eq!(told, "20002 lines: 10000 done, 10002 there already\n");
    assert_eq!(till(&user), "200.00");
}

#[test]
fn an_import_that_was_killed_is_run_again_over_a_server() {
    let user = User::new();
    let (_server, address) = user.serve();
    user.sign_in(&address);
    kill_midway(&user);
    assert_eq!(till(&user), "100.00");
    let faulty = format!("{}{{\"id\":3}}\n{}\n", book(LINES), json!({ "id": id("xfer", 1) }));
    let file = user.file("book.jsonl", &faulty);
    let output = user.run(&["ledger", "import", "--json", file.to_str().unwrap()]);
    assert!(!output.status.success());
    let told: Json = serde_json::from_slice(&output.stdout).unwrap();
    let counts = ["lines", "done", "existing", "faulty"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(counts, [20_004, 10_000, 10_002, 2], "{told}");
    assert_eq!(told["faults"][0]["line"], 20_003);
    assert_eq!(told["faults"][1]["field"], "debit");
    assert_eq!(till(&user), "200.00");
}

#[test]
fn what_cannot_be_imported_is_said() {
    let user = User::new();
    family(&user);
    let told = user.fails(&["ledger", "import", "/nowhere/at/all.jsonl"]);
    assert!(told.contains("all.jsonl"), "{told}");
    let file = user.file("one.jsonl", "[]");
    let told = user.fails(&["ledger", "import", file.to_str().unwrap()]);
    assert!(told.contains("1 lines were not done"), "{told}");
    let words = ["ledger", "import", "--book", "book_1", file.to_str().unwrap()];
    assert!(user.fails(&words).contains("404"));
}

#[test]
fn who_follows_a_book_hears_of_each_change_as_it_comes() {
    let user = User::new();
    let (_server, address) = user.serve();
    user.sign_in(&address);
    let file = user.file("book.jsonl", &book(2));
    user.ok(&["ledger", "import", file.to_str().unwrap()]);
    let mut command = user.florin();
    command.args(["ledger", "changes", "--follow", "--json", "--after", "1"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || {
        let change: Json = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        (change["id"].clone(), change["debit_balance"].clone())
    };
    assert_eq!(next(), (json!(id("xfer", 2)), json!("0.02")));
    for number in 3..6 {
        let path = format!("/books/{}/transfers", family(&user));
        let body = json!({ "transfers": [transfer(number)] }).to_string();
        user.ok(&["api", "POST", &path, "--data", &body]);
        assert_eq!(next(), (json!(id("xfer", number)), json!(format!("0.0{number}"))));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
