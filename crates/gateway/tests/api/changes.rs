//! A book's changes against sums of the test's own, resumed everywhere; and a book that is written
//! out and filled into another one.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Method;
use futures_util::StreamExt as _;
use gateway::Limits;
use serde_json::{Value, json};
use testing::{TestDatabase, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use crate::bulk::{Family, id};
use crate::harness::{Reply, TestApp, request};
use crate::intake::{Served, account, lines_to};

/// How long a test waits for what must come.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// The accounts of the test: what they are, and whether debits increase them.
const ACCOUNTS: [(&str, bool); 4] =
    [("asset", true), ("income", false), ("expense", true), ("liability", false)];

/// An account with its balance in minor units, debits positive.
type Sums = BTreeMap<String, i64>;

/// A book that a seed made.
struct Story {
    seed: u64,
    next_id: u128,
    /// Open holds: what is left, the accounts, whether they expire.
    holds: BTreeMap<String, (i64, usize, usize, bool)>,
}

/// Numbers that follow from a seed (splitmix64).
fn below(seed: &mut u64, end: usize) -> usize {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
}

fn decimal(minor: i64) -> String {
    format!("{}{}.{:02}", if minor < 0 { "-" } else { "" }, minor.abs() / 100, minor.abs() % 100)
}

fn minor(text: &Value) -> i64 {
    text.as_str().unwrap().replace('.', "").parse().unwrap()
}

fn accounts() -> String {
    let line = |(number, (kind, _)): (u128, &(&str, bool))| {
        let id = account(number);
        let account = json!({ "id": id, "name": kind, "type": kind, "commodity": "AUD" });
        format!("{}\n", json!({ "account": account }))
    };
    (100..).zip(&ACCOUNTS).map(line).collect()
}

impl Story {
    fn new() -> Self {
        Self { seed: 7, next_id: 1, holds: BTreeMap::new() }
    }

    /// Some lines, in the form of an export.
    fn tell(&mut self, count: usize, expires_at: &str) -> String {
        (0..count).map(|_| format!("{}\n", json!({ "transfer": self.line(expires_at) }))).collect()
    }

    fn line(&mut self, expires_at: &str) -> Value {
        let debit = below(&mut self.seed, 4);
        let credit = (debit + 1 + below(&mut self.seed, 3)) % 4;
        let amount = 1 + i64::try_from(below(&mut self.seed, 100_000)).unwrap();
        let id = id(self.next_id);
        self.next_id += 1;
        let mut line = json!({ "id": id, "type": "transfer", "effective": "2026-01-05",
            "commodity": "AUD", "code": 3 });
        let place = below(&mut self.seed, self.holds.len().max(1));
        let held = self.holds.iter().nth(place).map(|(id, held)| (id.clone(), *held));
        let (mut amount, mut sides) = (amount, (debit, credit));
        match (below(&mut self.seed, 8), held) {
            (0..3, _) => {
                line["type"] = json!("hold");
                let expires = below(&mut self.seed, 2) == 0;
                if expires {
                    line["expires_at"] = json!(expires_at);
                }
                self.holds.insert(id, (amount, debit, credit, expires));
            }
            (kind @ 3..6, Some((hold, (left, debit, credit, expires)))) => {
                line["hold"] = json!(hold);
                sides = (debit, credit);
                self.holds.remove(&hold);
                (line["type"], amount) = match kind {
                    3 => (json!("void_hold"), left),
                    4 => (json!("post_hold"), 1 + amount % left),
                    _ => {
                        let part = 1 + amount % left;
                        if part < left {
                            self.holds.insert(hold, (left - part, debit, credit, expires));
                        }
                        (json!("post_hold_part"), part)
                    }
                };
            }
            _ => line["purpose"] = json!("Lunch"),
        }
        line["amount"] = json!(decimal(amount));
        line["debit"] = json!(account(100 + sides.0 as u128));
        line["credit"] = json!(account(100 + sides.1 as u128));
        line
    }
}

/// Streams lines into a book; the last line of the answer.
async fn pour(app: &TestApp, token: &str, book: &str, lines: String) -> Value {
    let path = format!("/api/v1/books/{book}/stream");
    let reply = app.send(lines_to(&path, token, Body::from(lines))).await;
    let text = reply.text();
    let end: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((&end["end"], &end["rejected"]), (&json!("finished"), &json!(0)), "{text}");
    assert_eq!(end["faulty"], 0, "{text}");
    end
}

/// A family's book that the story fills, with holds that expire in between.
async fn filled(db: &TestDatabase, family: &Family) -> usize {
    let (app, token, book) = (&family.app, &family.signed.access, &family.book);
    let mut story = Story::new();
    pour(app, token, book, accounts()).await;
    let mut expired = 0;
    for _ in 0..3 {
        let soon = db.env.now().plus_seconds(60).to_string();
        pour(app, token, book, story.tell(60, &soon)).await;
        db.clock.advance_seconds(120);
        let before = story.holds.len();
        story.holds.retain(|_, held| !held.3);
        expired += before - story.holds.len();
    }
    // Time passes with the next command.
    let late = db.env.now().plus_seconds(86_400).to_string();
    pour(app, token, book, story.tell(1, &late)).await;
    assert!(expired > 6, "{expired} holds expired");
    181 + expired
}

/// A stream of changes.
struct Reader {
    body: BodyDataStream,
    text: String,
}

impl Reader {
    async fn open(family: &Family, after: Option<&str>, lines: bool) -> Self {
        let path = format!("/api/v1/books/{}/changes", family.book);
        let mut path = path;
        if let (true, Some(after)) = (lines, after) {
            path.push_str(&format!("?after={after}"));
        }
        let mut request = request(Method::GET, &path, &family.signed.access, None);
        if lines {
            request.headers_mut().insert("accept", "application/x-ndjson".parse().unwrap());
        } else if let Some(after) = after {
            request.headers_mut().insert("last-event-id", after.parse().unwrap());
        }
        let response = family.app.open(request).await;
        assert_eq!(response.status(), 200);
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next change, whatever the form.
    async fn next(&mut self) -> Value {
        let read = tokio::time::timeout(WAIT_MAX, self.read());
        read.await.expect("a change comes")
    }

    async fn read(&mut self) -> Value {
        loop {
            while let Some((line, rest)) = self.text.split_once('\n') {
                let line = line.strip_prefix("data: ").unwrap_or(line).to_owned();
                self.text = rest.to_owned();
                if line.starts_with('{') {
                    return serde_json::from_str(&line).unwrap();
                }
            }
            let chunk = self.body.next().await.unwrap().unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn take(&mut self, count: usize) -> Vec<Value> {
        let mut changes = Vec::new();
        for _ in 0..count {
            changes.push(self.next().await);
        }
        changes
    }
}

/// Holds each line's balances against sums of the lines before it.
fn check(changes: &[Value]) {
    let mut sums = Sums::new();
    let natural: BTreeMap<String, bool> =
        (100..).zip(&ACCOUNTS).map(|(number, (_, debits))| (account(number), *debits)).collect();
    let mut numbers = 0;
    for change in changes {
        let kind = change["type"].as_str().unwrap();
        let moves = ["transfer", "post_hold", "post_hold_part"].contains(&kind);
        let moved = if moves { minor(&change["amount"]) } else { 0 };
        for (side, balance, moved) in
            [("debit", "debit_balance", moved), ("credit", "credit_balance", -moved)]
        {
            let account = change[side].as_str().unwrap();
            let sum = sums.entry(account.to_owned()).or_default();
            *sum += moved;
            let shown = if natural[account] { *sum } else { -*sum };
            assert_eq!(change[balance], decimal(shown).as_str(), "{change}");
        }
        let place = change["place"].as_str().unwrap();
        if kind == "expire_hold" {
            assert!(place.starts_with(&format!("{numbers}.")), "{change}");
            assert!(change["id"].is_null() && change["hold"].is_string());
        } else {
            numbers += 1;
            assert_eq!(place, numbers.to_string(), "{change}");
        }
    }
}

async fn trial_balance(family: &Family, position: &str) -> Value {
    let path = format!("/api/v1/books/{}/trial-balance", family.book);
    let mut request = request(Method::GET, &path, &family.signed.access, None);
    request.headers_mut().insert("florin-position", position.parse().unwrap());
    let reply: Reply = family.app.send(request).await;
    reply.json()
}

/// The lines of an export.
async fn export(family: &Family) -> String {
    let path = format!("/api/v1/books/{}/export?format=jsonl", family.book);
    family.app.get(&path, &family.signed.access).await.text()
}

/// The transfers of an export by id, without what another book has otherwise.
fn transfers(export: &str) -> BTreeMap<String, Value> {
    let line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let transfer = line.get_mut("transfer")?.as_object_mut().unwrap();
        for name in ["number", "booked_at", "expires_at"] {
            transfer.remove(name).unwrap();
        }
        Some((transfer["id"].as_str().unwrap().to_owned(), line))
    };
    export.lines().filter_map(line).collect()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn every_change_comes_with_balances_and_from_every_place_on(db: TestDatabase) {
        let family = Family::new(&db).await;
        let mut live = Reader::open(&family, None, false).await;
        let count = filled(&db, &family).await;
        let changes = live.take(count).await;
        check(&changes);
        let expired = changes.iter().filter(|change| change["type"] == "expire_hold").count();
        assert_eq!(count, 181 + expired);
        for (index, change) in changes.iter().enumerate() {
            let place = change["place"].as_str().unwrap();
            let mut reader = Reader::open(&family, Some(place), index % 2 == 0).await;
            let next = changes[index + 1..].iter().take(20);
            for change in next {
                assert_eq!(&reader.next().await, change, "after {place}");
            }
        }
        let mut reader = Reader::open(&family, Some("1"), true).await;
        assert_eq!(reader.take(count - 1).await, changes[1..]);
    }

    async fn many_changes_at_once_all_come(db: TestDatabase) {
        let family = Family::new(&db).await;
        let (app, token, book) = (&family.app, &family.signed.access, &family.book);
        let line = |number: u128| format!("{}\n", family.earn(number, "0.01"));
        let soon = db.env.now().plus_seconds(60).to_string();
        let hold = |number: u128| {
            let mut hold = family.earn(number, "0.50");
            (hold["type"], hold["expires_at"]) = (json!("hold"), json!(soon));
            format!("{hold}\n")
        };
        pour(app, token, book, (1..=700).map(hold).collect()).await;
        db.clock.advance_seconds(120);
        pour(app, token, book, (701..=20_700).map(line).collect()).await;
        let mut reader = Reader::open(&family, None, true).await;
        let changes = reader.take(700 + 700 + 20_000).await;
        let places = (1..=700).map(|number: u32| number.to_string());
        let expired = (1..=700).map(|expiry| format!("700.{expiry}"));
        let places = places.chain(expired).chain((701..=20_700).map(|number| number.to_string()));
        for (change, place) in changes.iter().zip(places) {
            assert_eq!(change["place"], place.as_str());
            let moved = place.parse::<i64>().unwrap_or(700).max(700) - 700;
            assert_eq!(change["debit_balance"], decimal(moved).as_str(), "{change}");
        }
    }

    async fn who_does_not_follow_hears_what_was_there_and_the_end(db: TestDatabase) {
        let family = Family::new(&db).await;
        let count = filled(&db, &family).await;
        let told = async |after: &str| {
            let path = format!("/api/v1/books/{}/changes?follow=false&after={after}", family.book);
            let mut request = request(Method::GET, &path, &family.signed.access, None);
            request.headers_mut().insert("accept", "application/x-ndjson".parse().unwrap());
            let reply = tokio::time::timeout(WAIT_MAX, family.app.send(request));
            let text = reply.await.expect("the stream ends").text();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
        };
        let mut changes = told("0").await;
        assert_eq!(changes.pop(), Some(json!({ "end": "up_to_date" })));
        assert_eq!(changes.len(), count);
        check(&changes);
        let last = changes.last().unwrap()["place"].as_str().unwrap();
        assert_eq!(told(last).await, [json!({ "end": "up_to_date" })]);
    }

    async fn changes_are_of_one_book_and_from_places_that_are_there(db: TestDatabase) {
        let family = Family::new(&db).await;
        let other = family.app.register("bat@example.mn").await;
        let mine = family.transfers("1", "each", json!([family.earn(1, "1.00")])).await;
        assert_eq!(mine["transfers"][0]["status"], "done");
        let mut reader = Reader::open(&family, None, true).await;
        assert_eq!(reader.next().await["id"], id(1).as_str());
        let path = format!("/api/v1/books/{}/changes", family.book);
        let app = &family.app;
        app.get(&path, &other.access).await.assert_problem(404, "book_unknown");
        for after in ["2", "1.1", "x", "-1", "9999999999999999999"] {
            let path = format!("{path}?after={after}");
            let reply = tokio::time::timeout(WAIT_MAX, app.get(&path, &family.signed.access));
            reply.await.expect("it is refused").assert_problem(400, "place_unknown");
        }
    }

    async fn a_reader_of_changes_who_does_not_read_is_cut_off(db: TestDatabase) {
        let limits = Limits { reader_stall_ms_max: 50, farewell_ms_max: 50, ..Limits::default() };
        let served = Served::new(&db, limits).await;
        let family = &served.family;
        let lines = |number: u128| {
            let mut line = family.earn(number, "0.01");
            line["purpose"] = json!("x".repeat(4_000));
            format!("{line}\n")
        };
        let text = (1..=4_000).map(lines).collect();
        pour(&family.app, &family.signed.access, &family.book, text).await;
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut stream = socket.connect(served.server.address).await.unwrap();
        let head = format!(
            "GET /api/v1/books/{}/changes HTTP/1.1\r\nhost: test\r\n\
             authorization: Bearer {}\r\n\r\n",
            family.book, family.signed.access
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let open = async |count: &str| {
            let metrics = family.app.get("/metrics", "").await.text();
            metrics.contains(&format!("florin_live_streams {count}\n")).then_some(())
        };
        eventually("the stream to open", async || open("1").await).await;
        eventually("the stream to be cut", async || open("0").await).await;
        let mut sent = Vec::new();
        let _ = tokio::time::timeout(WAIT_MAX, stream.read_to_end(&mut sent)).await.unwrap();
        let sent = String::from_utf8_lossy(&sent);
        assert!(!sent.contains("\"place\":\"4000\""), "everything came, so nothing was slow");
    }

    async fn a_book_that_is_written_out_fills_another(db: TestDatabase) {
        let family = Family::new(&db).await;
        filled(&db, &family).await;
        let first = export(&family).await;
        let other = family.app.register("bat@example.mn").await;
        let books = family.app.get("/api/v1/books", &other.access).await.json();
        let book = books["items"][0]["id"].as_str().unwrap().to_owned();
        let lines = first.lines().count();
        let expired = first.lines().filter(|line| line.starts_with("{\"expiry\"")).count();
        let end = pour(&family.app, &other.access, &book, first.clone()).await;
        assert_eq!(end["done"].as_u64().unwrap(), lines as u64, "{end}");
        let again = pour(&family.app, &other.access, &book, first.clone()).await;
        assert_eq!(again["existing"].as_u64().unwrap(), lines as u64, "{again}");

        let theirs = Family::beside(&family, other, book);
        let second = export(&theirs).await;
        let (first, mut second) = (transfers(&first), transfers(&second));
        second.retain(|id, _| first.contains_key(id));
        assert_eq!(first, second);
        let position = end["position"].as_str().unwrap();
        let balances = trial_balance(&theirs, position).await;
        let mut mine = trial_balance(&family, position).await;
        let opened = |account: &Value| {
            balances["accounts"].as_array().unwrap().contains(account)
        };
        let shared = mine["accounts"].as_array_mut().unwrap();
        assert!(shared.iter().all(opened) && shared.len() >= 4, "{mine} {balances}");
        assert!(expired > 0);
    }
}
