//! Lines that come in as a stream, over a socket: what each is answered, in which order, and what
//! is left of it where a connection breaks off.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use gateway::{Gateway, Limits};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kernel::Uuid;
use ledger::AccountId;
use serde_json::{Value, json};
use testing::{TestDatabase, eventually};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::bulk::{Family, id};
use crate::harness::{TestApp, keys, request, services};
use crate::server::Server;

/// How long a test waits for what must come.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// A family's book behind a socket.
pub struct Served {
    pub family: Family,
    pub server: Server,
}

/// A stream that is open: what goes in, and what comes back.
pub struct Talk {
    lines: Option<mpsc::Sender<Result<Bytes, std::io::Error>>>,
    answers: axum::body::BodyDataStream,
    text: String,
    connection: JoinHandle<()>,
}

impl Served {
    pub async fn new(db: &TestDatabase, limits: Limits) -> Self {
        let mut services = services(db, keys(db)).await;
        services.limits = limits;
        let gateway = Gateway::new(services);
        let family = Family::of(TestApp::beside(&gateway)).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { family, server: Server::of(gateway, listener) }
    }

    pub fn path(&self, answers: &str) -> String {
        format!("/api/v1/books/{}/stream?answers={answers}", self.family.book)
    }

    /// Opens a stream; by HTTP/2 where that is wanted.
    pub async fn open(&self, answers: &str, two: bool) -> Talk {
        let path = self.path(answers);
        let (lines, taken) = mpsc::channel(8);
        let body = Body::from_stream(unfold(taken, |mut taken| async move {
            Some((taken.recv().await?, taken))
        }));
        let mut request = lines_to(&path, &self.family.signed.access, body);
        let io = TokioIo::new(TcpStream::connect(self.server.address).await.unwrap());
        let (response, connection) = if two {
            let target = format!("http://{}{path}", self.server.address);
            *request.uri_mut() = target.parse().unwrap();
            let begun = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
            let (mut sender, connection) = begun.unwrap();
            let connection = tokio::spawn(async move {
                let _ = connection.await;
            });
            (sender.send_request(request).await.unwrap(), connection)
        } else {
            request.headers_mut().insert("host", "test".parse().unwrap());
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            let connection = tokio::spawn(async move {
                let _ = connection.await;
            });
            (sender.send_request(request).await.unwrap(), connection)
        };
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        let answers = Body::new(response.into_body()).into_data_stream();
        Talk { lines: Some(lines), answers, text: String::new(), connection }
    }
}

impl Talk {
    pub async fn send(&self, text: impl Into<String>) {
        let text = Bytes::from(text.into());
        self.lines.as_ref().unwrap().send(Ok(text)).await.unwrap();
    }

    pub async fn line(&self, line: &Value) {
        self.send(format!("{line}\n")).await;
    }

    /// No further line follows.
    pub fn finish(&mut self) {
        self.lines = None;
    }

    /// The next line of the answer; nothing at its end.
    pub async fn next(&mut self) -> Option<Value> {
        while !self.text.contains('\n') {
            let chunk = tokio::time::timeout(WAIT_MAX, self.answers.next()).await;
            let chunk = chunk.expect("something comes, or the end")?.ok()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        let (line, rest) = self.text.split_once('\n').unwrap();
        let line = serde_json::from_str(line).unwrap();
        self.text = rest.to_owned();
        Some(line)
    }

    /// All that is left of the answer.
    pub async fn rest(&mut self) -> Vec<Value> {
        let mut lines = Vec::new();
        while let Some(line) = self.next().await {
            lines.push(line);
        }
        lines
    }
}

/// A request that streams lines.
pub fn lines_to(path: &str, token: &str, body: Body) -> Request<Body> {
    let mut request = request(Method::POST, path, token, None);
    request.headers_mut().insert("content-type", "application/x-ndjson".parse().unwrap());
    *request.body_mut() = body;
    request
}

pub fn account(number: u128) -> String {
    AccountId::from_uuid(Uuid::from_u128(number)).to_string()
}

/// Line, status, code and field.
fn told(line: &Value) -> (u64, String, String, String) {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    (line["line"].as_u64().unwrap_or(0), text("status"), text("code"), text("field"))
}

fn expected(list: &[(u64, &str, &str, &str)]) -> Vec<(u64, String, String, String)> {
    let owned = |(line, status, code, field): &(u64, &str, &str, &str)| {
        (*line, (*status).to_owned(), (*code).to_owned(), (*field).to_owned())
    };
    list.iter().map(owned).collect()
}

/// Lines of every kind, and what each is answered.
fn mixture(family: &Family) -> (String, Vec<(u64, String, String, String)>) {
    let with = |mut line: Value, field: &str, value: Value| {
        line[field] = value;
        line
    };
    let till = json!({ "account": { "id": account(7), "name": "Till", "type": "asset",
        "commodity": "AUD", "floor": "0" } });
    let point = json!({ "commodity": { "code": "POINT", "scale": 0 } });
    let mut unnamed = family.earn(3, "1.00");
    unnamed.as_object_mut().unwrap().remove("id");
    let foreign = json!({ "transfer": { "id": id(20), "type": "transfer", "debit": family.bank,
        "credit": family.work, "amount": "1.00", "commodity": "USD", "effective": "2026-01-05" } });
    let lines = [
        till.to_string(),
        family.earn(1, "10.00").to_string(),
        "not JSON".to_owned(),
        r#"{"id": "xfer_"#.to_owned(),
        unnamed.to_string(),
        family.earn(4, "1.005").to_string(),
        with(family.earn(5, "1.00"), "colour", json!("red")).to_string(),
        with(family.earn(6, "1.00"), "debit", json!(account(99))).to_string(),
        family.spend(7, "99.00").to_string(),
        String::new(),
        format!("{{\"id\":\"{}\"}}", "x".repeat(300_000)),
        family.earn(1, "10.01").to_string(),
        family.earn(1, "10.00").to_string(),
        json!({ "commodity": { "code": "AUD", "scale": 3 } }).to_string(),
        foreign.to_string(),
        point.to_string(),
        till.to_string(),
        with(family.earn(8, "2.00"), "debit", json!(account(7))).to_string(),
        json!({ "account": { "id": account(7), "type": "liability", "commodity": "AUD" } })
            .to_string(),
        r#"{"commodity":{"code":"X","scale":1},"account":null"#.to_owned(),
    ];
    let answers = expected(&[
        (1, "done", "", ""),
        (2, "done", "", ""),
        (3, "faulty", "malformed_json", ""),
        (4, "faulty", "malformed_json", ""),
        (5, "faulty", "invalid_fields", "id"),
        (6, "faulty", "invalid_fields", "amount"),
        (7, "faulty", "invalid_fields", "colour"),
        (8, "rejected", "account_unknown", "debit"),
        (9, "rejected", "below_floor", ""),
        (11, "faulty", "line_too_long", ""),
        (12, "rejected", "transfer_exists", ""),
        (13, "existing", "", ""),
        (14, "rejected", "commodity_differs", ""),
        (15, "faulty", "invalid_fields", "commodity"),
        (16, "done", "", ""),
        (17, "existing", "", ""),
        (18, "done", "", ""),
        (19, "rejected", "account_exists", ""),
        (20, "faulty", "malformed_json", ""),
    ]);
    // The last line is half a line.
    (lines.join("\n"), answers)
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn each_line_is_answered_and_a_faulty_one_loses_no_other(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        let (text, answers) = mixture(&served.family);
        for (two, again) in [(false, false), (true, true)] {
            let mut talk = served.open("each", two).await;
            talk.send(text.clone()).await;
            talk.finish();
            let mut lines = talk.rest().await;
            let end = lines.pop().unwrap();
            let told: Vec<_> = lines.iter().map(told).collect();
            let done = |mut line: (u64, String, String, String)| {
                if again && line.1 == "done" {
                    line.1 = "existing".to_owned();
                }
                line
            };
            assert_eq!(told, answers.clone().into_iter().map(done).collect::<Vec<_>>());
            assert_eq!((&end["end"], &end["lines"]), (&json!("finished"), &json!(20)), "{end}");
            assert_eq!(lines[1]["id"], id(1).as_str());
            assert_eq!(lines[1]["number"], 1);
        }
        assert_eq!(served.family.balance().await, "10.00");
    }

    async fn only_faults_are_told_where_nothing_else_is_wanted(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        let (text, answers) = mixture(&served.family);
        let mut talk = served.open("faults", true).await;
        talk.send(text).await;
        talk.finish();
        let lines = talk.rest().await;
        let faults: Vec<_> = lines.iter().filter(|line| line["line"].is_u64()).map(told).collect();
        let wanted = answers.into_iter().filter(|one| ["faulty", "rejected"].contains(&&*one.1));
        assert_eq!(faults, wanted.collect::<Vec<_>>());
        let end = lines.last().unwrap();
        let figures =
            ["lines", "done", "existing", "rejected", "faulty"].map(|name| end[name].clone());
        assert_eq!(figures, [20, 4, 2, 5, 8].map(|figure| json!(figure)), "{end}");
        assert!(lines.iter().any(|line| line["end"].is_null() && line["lines"].is_u64()));
    }

    async fn lines_are_answered_while_the_sender_keeps_the_connection(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        for (start, two) in [(0, false), (1_000, true)] {
            let mut talk = served.open("each", two).await;
            for number in 1..=40 {
                talk.line(&served.family.earn(start + number, "1.00")).await;
                let line = talk.next().await.unwrap();
                let wanted = (&json!(id(start + number)), &json!("done"), &json!(number));
                assert_eq!((&line["id"], &line["status"], &line["line"]), wanted);
            }
            // Several at once, cut where no line ends.
            let line = |number| format!("{}\n", served.family.earn(start + number, "1.00"));
            let many: String = (41..=900).map(line).collect();
            for piece in many.as_bytes().chunks(777) {
                talk.send(std::str::from_utf8(piece).unwrap()).await;
            }
            for number in 41..=900_u128 {
                assert_eq!(talk.next().await.unwrap()["line"], json!(number));
            }
            talk.finish();
            assert_eq!(talk.next().await.unwrap()["end"], "finished");
        }
        assert_eq!(served.family.balance().await, "1800.00");
    }

    async fn amounts_have_the_decimals_of_the_book_whatever_lines_say(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        let family = &served.family;
        let again = |id: &str| {
            json!({ "account": { "id": id, "type": "asset", "commodity": "BTC" } }).to_string()
        };
        let mut hold = family.earn(2, "10.00");
        hold["type"] = json!("hold");
        let part = |number, amount: &str| {
            json!({ "id": id(number), "type": "post_hold", "hold": id(2), "amount": amount,
                "effective": "2026-01-05" })
        };
        let coins = [account(1), account(2)];
        let mut coin = family.earn(4, "0.00000001");
        (coin["debit"], coin["credit"]) = (json!(coins[0]), json!(coins[1]));
        let first = [
            again(&family.bank),
            again(&family.work),
            family.earn(1, "1.00").to_string(),
            hold.to_string(),
            part(3, "7.25").to_string(),
            again(&coins[0]),
            again(&coins[1]),
            coin.to_string(),
        ];
        for status in ["done", "existing"] {
            let mut talk = served.open("each", true).await;
            talk.send(format!("{}\n", first.join("\n"))).await;
            for (place, line) in first.iter().enumerate() {
                let status = if place < 2 { "rejected" } else { status };
                assert_eq!(talk.next().await.unwrap()["status"], status, "{line}");
            }
            // The hold is settled by now, and a batch of its own knows what it was counted in.
            talk.line(&part(5, "1.00")).await;
            talk.line(&part(3, "7.25")).await;
            assert_eq!(talk.next().await.unwrap()["code"], "hold_not_open");
            assert_eq!(talk.next().await.unwrap()["status"], "existing");
        }
        assert_eq!(family.balance().await, "8.25");
        let held = family.get(&format!("accounts/{}", coins[0])).await.json();
        assert_eq!(held["balance"]["posted"], "0.00000001");
    }

    async fn who_breaks_off_sends_all_of_it_again(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        let line = |number: u128| format!("{}\n", served.family.earn(number, "0.01"));
        let talk = served.open("faults", false).await;
        talk.send((1..=9_000).map(line).collect::<String>()).await;
        talk.send(line(9_001)[..40].to_owned()).await;
        let some = async || (served.family.balance().await != "0.00").then_some(());
        eventually("something to be done", some).await;
        talk.connection.abort();
        drop(talk);
        let mut talk = served.open("faults", true).await;
        talk.send((1..=20_000).map(line).collect::<String>()).await;
        talk.finish();
        let lines = talk.rest().await;
        let end = lines.last().unwrap();
        let (done, existing) = (end["done"].as_u64().unwrap(), end["existing"].as_u64().unwrap());
        assert_eq!((&end["rejected"], &end["faulty"]), (&json!(0), &json!(0)));
        assert_eq!(done + existing, 20_000);
        assert!(existing > 0 && done >= 11_000, "{end}");
        assert_eq!(served.family.balance().await, "200.00");
    }

    async fn who_reads_slowly_is_not_sent_more_than_the_connection_holds(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        let mut talk = served.open("each", true).await;
        let line = |number: u128| format!("{}\n", served.family.earn(number, "0.01"));
        // Nothing is read, so that after some answers nothing more is taken.
        let (mut sent, mut number) = (0_u128, 0);
        loop {
            let lines: String = (number + 1..=number + 2_000).map(line).collect();
            number += 2_000;
            let sending = talk.lines.as_ref().unwrap().send(Ok(Bytes::from(lines)));
            if tokio::time::timeout(Duration::from_secs(3), sending).await.is_err() {
                break;
            }
            sent += 2_000;
            assert!(sent < 400_000, "lines are taken without end");
        }
        for number in 1..=sent {
            let line = talk.next().await.unwrap();
            assert_eq!((&line["line"], &line["status"]), (&json!(number), &json!("done")));
        }
        talk.finish();
        assert_eq!(talk.next().await.unwrap()["end"], "finished");
    }

    async fn who_never_reads_loses_their_place(db: TestDatabase) {
        let limits = Limits { reader_stall_ms_max: 50, ..Limits::default() };
        let limits = Limits { streams_per_tenant_max: 1, ..limits };
        let served = Served::new(&db, limits).await;
        let talk = served.open("each", true).await;
        let line = |number: u128| format!("{}\n", served.family.earn(number, "0.01"));
        let mut number = 0;
        let sending = async {
            loop {
                let lines: String = (number + 1..=number + 2_000).map(line).collect();
                number += 2_000;
                if talk.lines.as_ref().unwrap().send(Ok(Bytes::from(lines))).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let freed = eventually("the place to be free", async || {
            let (path, family) = (served.path("faults"), &served.family);
            let request = lines_to(&path, &family.signed.access, Body::empty());
            (family.app.send(request).await.status == 200).then_some(())
        });
        tokio::select! {
            () = freed => {}
            () = sending => {}
        }
    }

    async fn a_stream_ends_with_the_process_and_says_so(db: TestDatabase) {
        let Served { family, server } = Served::new(&db, Limits::default()).await;
        let served = Served { family, server };
        let mut talk = served.open("each", true).await;
        talk.line(&served.family.earn(1, "1.00")).await;
        assert_eq!(talk.next().await.unwrap()["status"], "done");
        served.server.stop.send(()).unwrap();
        let end = talk.next().await.unwrap();
        assert_eq!((&end["end"], &end["lines"]), (&json!("shutting_down"), &json!(1)));
    }

    async fn a_stream_is_refused_before_a_line_is_read(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        let app = &served.family.app;
        let other = app.register("bat@example.mn").await;
        let path = format!("/api/v1/books/{}/stream", served.family.book);
        let line = served.family.earn(1, "1.00");
        let call = async |token: &str, path: &str, kind: &str| {
            let mut request = lines_to(path, token, Body::from(line.to_string()));
            request.headers_mut().insert("content-type", kind.parse().unwrap());
            app.send(request).await
        };
        let (mine, lines) = (&served.family.signed.access, "application/x-ndjson");
        call("", &path, lines).await.assert_problem(401, "token_required");
        call(&other.access, &path, lines).await.assert_problem(404, "book_unknown");
        call(mine, &path, "application/json").await.assert_problem(415, "media_type_unsupported");
        let odd = format!("{path}?answers=some");
        call(mine, &odd, lines).await.assert_problem(400, "invalid_fields");
        assert_eq!(served.family.balance().await, "0.00");
    }
}
