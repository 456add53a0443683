//! Statements that were broken on their way, through the front door: each call is answered, by what
//! was asked for or by a problem that is the caller's, and nothing is booked but what the preview
//! said, whole.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use storage::Dialect;
use testing::{Cell, Raw, TestDatabase};

use crate::breakage::{KINDS, Numbers, broken};
use crate::harness::{Reply, Signed, TestApp, request};

/// Sound statements of each format.
const SAMPLES: [(&str, &str); 12] = [
    ("ofx1", "au_everyday_102.ofx"),
    ("ofx1", "two_accounts_one_line_103.ofx"),
    ("ofx1", "bank_medium.ofx"),
    ("ofx2", "mn_current_211.ofx"),
    ("ofx2", "us_card_220.ofx"),
    ("camt053", "giro_053_v2.xml"),
    ("camt053", "mn_savings_053_v13_utf16.xml"),
    ("camt053", "two_currencies_053_v8.xml"),
    ("csv", "au_debit_credit.csv"),
    ("csv", "de_giro_latin1.csv"),
    ("csv", "multi_currency.csv"),
    ("csv", "nl_flags.csv"),
];

/// How often each sample is broken in each way; more often in a soak, of which 13 rounds have 2,028
/// variants.
fn rounds(dialect: Dialect) -> u64 {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    soak.unwrap_or(0).max(if dialect == Dialect::Sqlite { 4 } else { 2 })
}

/// A family, and what its database holds.
struct Family<'a> {
    app: &'a TestApp,
    raw: &'a Raw,
    dialect: Dialect,
    signed: Signed,
    book: String,
    calls: u32,
}

/// The trial balance, and how many transfers there are.
#[derive(Debug, PartialEq)]
struct State(Value, u64);

/// What came of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// It was refused: nothing of it is booked.
    Refused,
    /// It was booked, and all of it was known or for review.
    Nothing,
    /// It was refused whole, and booked as far as it is sound.
    Part,
    Whole,
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn broken_statements_are_answered_and_never_booked_in_half(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let raw = db.raw().await;
        let mut outcomes = std::collections::BTreeMap::new();
        for (index, (format, name)) in (0..).zip(SAMPLES) {
            let path = format!("../wealth/testdata/statements/{name}");
            let sample = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            let mut numbers = Numbers::new(index);
            for round in 0..rounds(db.dialect()) {
                let email = format!("round.{index}.{round}@example.mn");
                let mut family = Family::of((&app, &raw), db.dialect(), &email).await;
                if round % 2 == 0 {
                    // What is there already must not be touched by what comes.
                    let (outcome, found) = family.bring(&sample, false).await;
                    assert_eq!((outcome, found.as_deref()), (Outcome::Whole, Some(format)));
                }
                for kind in 0..KINDS {
                    let file = broken(&sample, kind, &mut numbers);
                    let partial_first = numbers.below(2) == 1;
                    let (outcome, _) = family.bring(&file, partial_first).await;
                    *outcomes.entry((format, outcome)).or_insert(0) += 1;
                }
            }
        }
        let total: u64 = outcomes.values().sum();
        println!("{total} variants: {outcomes:?}");
        // The property is empty where nothing gets through, or everything.
        for format in ["ofx1", "ofx2", "camt053", "csv"] {
            for outcome in [Outcome::Refused, Outcome::Nothing, Outcome::Part, Outcome::Whole] {
                assert!(outcomes.contains_key(&(format, outcome)), "{format}: {outcomes:?}");
            }
        }
    }
}

impl<'a> Family<'a> {
    async fn of((app, raw): (&'a TestApp, &'a Raw), dialect: Dialect, email: &str) -> Self {
        let signed = app.register(email).await;
        let books = app.get("/api/v1/books", &signed.access).await.json();
        let book = books["items"][0]["id"].as_str().unwrap().to_owned();
        Self { app, raw, dialect, signed, book, calls: 0 }
    }

    /// Stages a file and books it twice, as a whole and in part; what came of it, and its format.
    async fn bring(&mut self, file: &[u8], partial_first: bool) -> (Outcome, Option<String>) {
        let before = self.state().await;
        let path = "/api/v1/imports?file_name=statement";
        let staged = self.post(path, Body::from(file.to_vec()), "application/octet-stream").await;
        if staged.status != 201 {
            assert_refused(&staged);
            assert_eq!(self.state().await, before);
            return (Outcome::Refused, None);
        }
        let preview = staged.json();
        let format = preview["format"].as_str().map(str::to_owned);
        let id = preview["id"].as_str().unwrap();
        let lines = self.lines(id).await;
        let mut outcome = Outcome::Refused;
        let mut before = before;
        let mut booked: Option<Value> = None;
        for partial in [partial_first, !partial_first] {
            let path = format!("/api/v1/imports/{id}/book");
            let body = Body::from(json!({ "partial": partial }).to_string());
            let reply = self.post(&path, body, "application/json").await;
            let after = self.state().await;
            match &booked {
                Some(booked) => assert_eq!((&reply.json(), &after), (booked, &before)),
                None if reply.status == 200 => {
                    let answer = reply.json();
                    let now = self.lines(id).await;
                    assert_booked(&preview, &answer);
                    let moved = assert_lines_booked(&lines, &now);
                    let openings = self.openings(id).await;
                    assert_eq!(after.1 - before.1, moved + openings, "{answer}");
                    outcome = match () {
                        () if moved + openings == 0 => Outcome::Nothing,
                        () if answer["faults"] == json!([]) => Outcome::Whole,
                        () => Outcome::Part,
                    };
                    booked = Some(answer);
                }
                None => {
                    assert_refused(&reply);
                    assert_eq!(after, before, "{preview}");
                    assert_eq!(self.lines(id).await, lines);
                }
            }
            before = after;
        }
        (outcome, format)
    }

    async fn post(&mut self, path: &str, body: Body, media: &str) -> Reply {
        self.calls += 1;
        let mut request: Request<Body> = request(Method::POST, path, &self.signed.access, None);
        let headers = request.headers_mut();
        headers.insert("idempotency-key", self.calls.into());
        headers.insert("content-type", media.parse().unwrap());
        *request.body_mut() = body;
        self.app.send(request).await
    }

    /// Debits equal credits, or it fails.
    async fn state(&self) -> State {
        let path = format!("/api/v1/books/{}/trial-balance?as_of=9999-12-31", self.book);
        let reply = self.app.get(&path, &self.signed.access).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let balance = reply.json();
        for total in balance["totals"].as_array().unwrap() {
            assert_eq!(total["debit"], total["credit"], "{balance}");
        }
        let tenant = self.signed.tenant.parse::<kernel::TenantId>().unwrap();
        State(balance, self.count("ledger_transfer WHERE tenant", tenant.uuid()).await)
    }

    /// The lines of an import. None of the files has more than a page.
    async fn lines(&self, id: &str) -> Vec<Value> {
        let path = format!("/api/v1/imports/{id}/lines?limit=200");
        let page = self.app.get(&path, &self.signed.access).await.json();
        assert_eq!(page["next_cursor"], Value::Null, "{page}");
        page["items"].as_array().unwrap().clone()
    }

    /// How often an import moved an opening balance.
    async fn openings(&self, id: &str) -> u64 {
        let id = id.parse::<wealth::ImportId>().unwrap();
        self.count("wealth_import_opening WHERE import", id.uuid()).await
    }

    /// How many rows of a table have an id in a column.
    async fn count(&self, table_where_column: &str, id: kernel::Uuid) -> u64 {
        let id = match self.dialect {
            Dialect::Sqlite => format!("x'{}'", id.simple()),
            Dialect::Postgres => format!("'{id}'"),
        };
        let sql = format!("SELECT count(*) FROM {table_where_column} = {id}");
        match self.raw.rows(&sql).await[0][0] {
            Cell::Number(count) => u64::try_from(count).unwrap(),
            ref cell => panic!("{cell:?}"),
        }
    }
}

/// Whether it is a problem that is the caller's.
#[track_caller]
fn assert_refused(reply: &Reply) {
    let status = reply.status.as_u16();
    assert!((400..500).contains(&status), "{status} {}", reply.text());
    let code = reply.json()["code"].as_str().unwrap().to_owned();
    reply.assert_problem(status, &code);
}

/// Whether what was booked is what the preview said: as many lines, and balances that are the
/// bank's or differ from them by as much.
#[track_caller]
fn assert_booked(preview: &Value, booked: &Value) {
    assert_eq!(booked["status"], "booked");
    let statements = |import: &Value| import["statements"].as_array().unwrap().clone();
    let (said, done) = (statements(preview), statements(booked));
    assert_eq!(said.len(), done.len());
    for (mut said, mut done) in said.into_iter().zip(done) {
        assert_eq!((&done["booked"], &done["new"]), (&said["new"], &json!(0)), "{booked}");
        for statement in [&mut said, &mut done] {
            let fields = statement.as_object_mut().unwrap();
            fields.remove("new");
            fields.remove("booked");
            // The asset is named once it is there.
            fields["account"].as_object_mut().unwrap().remove("asset");
        }
        assert_eq!(said, done);
    }
}

/// Whether exactly the lines are booked that were new, each as it was; how many moved money.
#[track_caller]
fn assert_lines_booked(said: &[Value], done: &[Value]) -> u64 {
    assert_eq!(said.len(), done.len());
    let mut moved = 0;
    for (said, done) in said.iter().zip(done) {
        let mut expected = said.clone();
        if said["status"] == "new" {
            expected["status"] = json!("booked");
            expected["transfer"] = done["transfer"].clone();
        }
        assert_eq!(&expected, done);
        moved += u64::from(done["transfer"].is_string());
    }
    moved
}
