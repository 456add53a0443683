//! What holds for every route: problems, limits, headers, compression, and the page.

use axum::body::Body;
use axum::http::{Method, Request};
use gateway::{HealthCheck, Limits};
use serde_json::json;
use testing::TestDatabase;

use crate::harness::{TestApp, keys, request, services};

const LOGIN: &str = "/api/v1/auth/login";

fn post(path: &str, media: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("content-type", media).body(body.into()).unwrap()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn every_failure_is_a_problem(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let json = "application/json";
        let small = Limits::default().body_bytes_max;
        let cases = [
            (request(Method::GET, "/api/v1/nothing", "", None), 404, "route_unknown"),
            (request(Method::GET, "/api", "", None), 404, "route_unknown"),
            (request(Method::POST, "/nothing", "", None), 404, "route_unknown"),
            (request(Method::GET, "/assets/gone.js", "", None), 404, "route_unknown"),
            (request(Method::GET, LOGIN, "", None), 405, "method_not_allowed"),
            (request(Method::DELETE, "/health/live", "", None), 405, "method_not_allowed"),
            (request(Method::POST, LOGIN, "", None), 415, "media_type_unsupported"),
            (post(LOGIN, "text/plain", "{}"), 415, "media_type_unsupported"),
            (post(LOGIN, json, ""), 400, "malformed_json"),
            (post(LOGIN, json, "{"), 400, "malformed_json"),
            (post(LOGIN, json, "{\"email\": \"\u{0}\"}"), 400, "malformed_json"),
            (post(LOGIN, json, "{} {}"), 400, "invalid_fields"),
            (post(LOGIN, json, vec![b'"'; 100]), 400, "invalid_fields"),
            (post(LOGIN, json, vec![0xff; 100]), 400, "malformed_json"),
            (post(LOGIN, json, "[".repeat(10_000)), 400, "invalid_fields"),
            (post(LOGIN, json, vec![b' '; small + 1]), 413, "body_too_large"),
            (post(LOGIN, json, streamed(small + 1)), 413, "body_too_large"),
        ];
        for (index, (request, status, code)) in cases.into_iter().enumerate() {
            let reply = app.send(request).await;
            assert_eq!(reply.status, status, "case {index}: {}", reply.text());
            reply.assert_problem(status, code);
        }
        let reply = app.send(request(Method::GET, LOGIN, "", None)).await;
        assert_eq!(reply.header("allow"), "POST");
    }

    async fn a_field_that_cannot_be_read_is_named(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let cases = [
            (json!({}), "body"),
            (json!({ "email": 1, "password": "x" }), "email"),
            (json!({ "email": "a", "password": "x", "x": 1 }), "x"),
            (json!({ "email": "a", "password": "x", "tenant": "family" }), "tenant"),
        ];
        for (body, field) in cases {
            let reply = app.post(LOGIN, "", "", &body).await;
            reply.assert_problem(400, "invalid_fields");
            assert_eq!(reply.json()["errors"][0]["field"], field, "{}", reply.text());
        }
        let signed = app.register("saraa@example.mn").await;
        let reply = app.get("/api/v1/events?after=x", &signed.access).await;
        reply.assert_problem(400, "invalid_fields");
        assert_eq!(reply.json()["errors"][0]["field"], "after");
    }

    async fn every_answer_is_dressed(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let mut ids = std::collections::BTreeSet::new();
        for path in ["/", "/docs", "/openapi.json", "/metrics", "/health/live", "/api/v1/auth/me"] {
            let mut request = request(Method::GET, path, "", None);
            request.headers_mut().insert("request-id", "mine".parse().unwrap());
            request.headers_mut().insert("x-request-id", "mine".parse().unwrap());
            let reply = app.send(request).await;
            assert!(reply.header("request-id").starts_with("req_"), "{path}");
            ids.insert(reply.header("request-id").to_owned());
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(reply.header("x-frame-options"), "DENY", "{path}");
            assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
            let policy = reply.header("content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(!policy.contains("http"), "{path}: {policy}");
        }
        assert_eq!(ids.len(), 6);
    }

    async fn answers_are_compressed_for_who_can_read_them(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let mut asked = request(Method::GET, "/openapi.json", "", None);
        asked.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
        let small = app.send(asked).await;
        let plain = app.get("/openapi.json", "").await;
        let encodings = [&small, &plain].map(|reply| reply.header("content-encoding"));
        assert_eq!(encodings, ["gzip", ""]);
        assert!(small.body.len() * 3 < plain.body.len());
        assert!(small.body.starts_with(&[0x1f, 0x8b]));
        assert_eq!(plain.text(), gateway::contract());
    }

    async fn the_docs_come_from_here_alone(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let page = app.get("/docs", "").await;
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(!page.text().contains("http"), "{}", page.text());
        for path in page.text().split('"').filter(|text| text.starts_with("/docs/")) {
            let file = app.get(path, "").await;
            assert_eq!(file.status, 200, "{path}");
            assert!(!file.body.is_empty(), "{path}");
        }
        assert!(app.get("/docs/swagger-ui-bundle.js", "").await.body.len() > 100_000);
    }

    async fn the_page_is_asked_about_before_it_is_sent_again(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let page = app.get("/", "").await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-cache"));
        assert!(page.header("content-type").starts_with("text/html"));
        assert_eq!(app.get("/accounts/some", "").await.body, page.body);
        let mut again = request(Method::GET, "/", "", None);
        again.headers_mut().insert("if-none-match", page.header("etag").parse().unwrap());
        let again = app.send(again).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    }

    async fn a_request_that_takes_too_long_is_given_up(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.request_ms_max = 20;
        services.checks = vec![HealthCheck::new("never", std::future::pending)];
        let reply = TestApp::of(services).get("/health/ready", "").await;
        reply.assert_problem(504, "request_timeout");
    }

    async fn a_panic_is_a_problem_that_tells_nothing(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.checks = vec![HealthCheck::new("panics", async || panic!("a secret"))];
        let reply = TestApp::of(services).get("/health/ready", "").await;
        reply.assert_problem(500, "internal");
        assert!(!reply.text().contains("secret"), "{}", reply.text());
    }

    async fn no_tenant_takes_everybody_s_turn(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.streams_per_tenant_max = 1;
        let app = TestApp::of(services);
        let mine = app.register("saraa@example.mn").await;
        let other = app.register("bat@example.mn").await;
        let events = |token: &str| request(Method::GET, "/api/v1/events", token, None);
        let open = app.open(events(&mine.access)).await;
        assert_eq!(open.status(), 200);
        app.send(events(&mine.access)).await.assert_problem(429, "too_many_streams");
        assert_eq!(app.open(events(&other.access)).await.status(), 200);
        drop(open);
        assert_eq!(app.open(events(&mine.access)).await.status(), 200);
    }
}

/// A body whose length nobody says.
fn streamed(length: usize) -> Body {
    let chunk = || Ok::<_, std::io::Error>(vec![b' '; 4_096]);
    Body::from_stream(futures_util::stream::iter((0..length.div_ceil(4_096)).map(move |_| chunk())))
}
