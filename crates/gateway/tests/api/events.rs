//! The log as server-sent events.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::Method;
use futures_util::StreamExt as _;
use serde_json::json;
use storage::log::Sequencer;
use testing::TestDatabase;

use crate::harness::{TestApp, keys, request, services};

const EVENTS: &str = "/api/v1/events";
/// How long a test waits for what must come.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// One event, or a comment, as it came.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sent {
    id: String,
    kind: String,
    data: String,
}

/// An open stream.
struct Reader {
    body: BodyDataStream,
    text: String,
}

impl Reader {
    async fn open(app: &TestApp, path: &str, token: &str, last: Option<&str>) -> Self {
        let mut request = request(Method::GET, path, token, None);
        if let Some(last) = last {
            request.headers_mut().insert("last-event-id", last.parse().unwrap());
        }
        let response = app.open(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; a heartbeat is one without a name. Nothing at the end.
    async fn next(&mut self) -> Option<Sent> {
        while !self.text.contains("\n\n") {
            let chunk = tokio::time::timeout(WAIT_MAX, self.body.next()).await;
            let chunk = chunk.expect("something comes, or the end")?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        let (block, rest) = self.text.split_once("\n\n").unwrap();
        let mut sent = Sent::default();
        for line in block.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            match name {
                "id" => value.clone_into(&mut sent.id),
                "event" => value.clone_into(&mut sent.kind),
                "data" => value.clone_into(&mut sent.data),
                _ => assert_eq!(name, "", "{line}"),
            }
        }
        self.text = rest.to_owned();
        Some(sent)
    }

    async fn event(&mut self) -> Sent {
        loop {
            let sent = self.next().await.expect("the stream goes on");
            if !sent.kind.is_empty() {
                return sent;
            }
        }
    }
}

fn ended(reason: &str) -> (String, String) {
    ("end".to_owned(), format!("{{\"reason\":\"{reason}\"}}"))
}

async fn number_events(db: &TestDatabase) {
    Sequencer::new(db.database.clone()).run_once().await.unwrap();
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn a_reader_goes_on_where_they_stopped(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let owner = app.register("saraa@example.mn").await;
        app.register("bat@example.mn").await;
        number_events(&db).await;
        let mut reader = Reader::open(&app, EVENTS, &owner.access, None).await;
        assert_eq!(reader.event().await.kind, "ledger.book.opened");
        let first = reader.event().await;
        let second = reader.event().await;
        let kinds = [first.kind.as_str(), second.kind.as_str()];
        assert_eq!(kinds, ["identity.user.registered", "identity.session.opened"]);
        let envelope: serde_json::Value = serde_json::from_str(&first.data).unwrap();
        assert_eq!(envelope["tenant"], owner.tenant.as_str());
        assert_eq!(envelope["body"]["user"], owner.user.as_str());
        drop(reader);

        let after = format!("{EVENTS}?after={}", first.id);
        for (path, last) in [(EVENTS, Some(&first.id)), (&after, None), (&after, Some(&first.id))] {
            let last = last.map(String::as_str);
            let mut reader = Reader::open(&app, path, &owner.access, last).await;
            assert_eq!(reader.event().await, second);
        }

        // What happens from now on is seen as it happens, and nothing of another tenant.
        let mut reader = Reader::open(&app, EVENTS, &owner.access, Some(&second.id)).await;
        let body = json!({ "email": "bat@example.mn", "role": "viewer" });
        app.post("/api/v1/members", &owner.access, "1", &body).await;
        number_events(&db).await;
        assert_eq!(reader.event().await.kind, "identity.member.added");
    }

    async fn a_silent_stream_shows_that_it_lives(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.heartbeat_ms = 10;
        let app = TestApp::of(services);
        let owner = app.register("saraa@example.mn").await;
        let mut reader = Reader::open(&app, EVENTS, &owner.access, None).await;
        for _ in 0..2 {
            assert_eq!(reader.next().await, Some(Sent::default()));
        }
    }

    async fn a_stream_ends_with_its_token(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.heartbeat_ms = 10;
        let app = TestApp::of(services);
        let owner = app.register("saraa@example.mn").await;
        let mut reader = Reader::open(&app, EVENTS, &owner.access, None).await;
        db.clock.advance_seconds(900);
        let end = reader.event().await;
        assert_eq!((end.kind, end.data), ended("token_expired"));
        assert_eq!(reader.next().await, None);
    }

    async fn a_reader_who_comes_back_late_is_told_why_it_ended(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.reader_stall_ms_max = 10;
        services.limits.heartbeat_ms = 5;
        let app = TestApp::of(services);
        let owner = app.register("saraa@example.mn").await;
        let mut reader = Reader::open(&app, EVENTS, &owner.access, None).await;
        assert_eq!(reader.next().await, Some(Sent::default()));
        // Nobody asks for more until the watch has run out.
        tokio::time::timeout(Duration::from_millis(200), std::future::pending::<()>())
            .await
            .unwrap_err();
        let end = reader.event().await;
        assert_eq!((end.kind, end.data), ended("slow_reader"));
        assert_eq!(reader.next().await, None);
    }
}
