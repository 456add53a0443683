//! Health and metrics.

use gateway::{Gauge, HealthCheck};
use kernel::Env;
use serde_json::json;
use storage::{Database, Limits};
use testing::TestDatabase;

use crate::harness::{TestApp, keys, services};

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn a_healthy_process_says_so(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let live = app.get("/health/live", "").await;
        assert_eq!((live.status.as_u16(), live.json()["status"].as_str()), (200, Some("up")));
        let ready = app.get("/health/ready", "").await;
        assert_eq!(ready.status, 200);
        assert_eq!(ready.json()["checks"][0], json!({
            "name": "database", "status": "up", "detail": "answers",
        }));
    }

    async fn what_is_down_is_named(db: TestDatabase) {
        // A port that nobody listens on: it was free a moment ago, and it is not given out again.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://nobody@{}/nothing", listener.local_addr().unwrap());
        drop(listener);
        let gone = Database::open(&url, Env::system(), Limits::default()).unwrap();
        let mut services = services(&db, keys(&db)).await;
        services.checks = vec![
            HealthCheck::database(gone),
            HealthCheck::new("sequencer", async || Ok("is 0 events behind".to_owned())),
            HealthCheck::new("projector", std::future::pending),
        ];
        services.limits.check_ms_max = 1_000;
        let app = TestApp::of(services);
        let ready = app.get("/health/ready", "").await;
        assert_eq!((ready.status.as_u16(), ready.json()["status"].as_str()), (503, Some("down")));
        assert_eq!(ready.json()["checks"], json!([
            { "name": "database", "status": "down", "detail": "does not answer" },
            { "name": "sequencer", "status": "up", "detail": "is 0 events behind" },
            { "name": "projector", "status": "down", "detail": "takes too long" },
        ]));
        assert_eq!(app.get("/health/live", "").await.status, 200);
    }

    async fn metrics_name_routes_and_never_paths(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.gauges = vec![
            Gauge::new("florin_test_waiting", "Waiting.", || 7),
            Gauge::asking("florin_test_lost", "Cannot be read.", async || None),
        ];
        let app = TestApp::of(services);
        app.register("saraa@example.mn").await;
        app.get("/api/v1/auth/me?token=secret", "").await;
        app.get("/some/path", "").await;
        let metrics = app.get("/metrics", "").await;
        assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
        let text = metrics.text();
        for line in [
            "http_request_duration_seconds_count{method=\"POST\",route=\"/api/v1/auth/register\",\
             status=\"201\"} 1",
            "http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/auth/me\",\
             status=\"401\"} 1",
            "http_request_duration_seconds_count{method=\"GET\",route=\"none\",status=\"200\"} 1",
            "florin_test_waiting 7",
            "# TYPE florin_test_lost gauge",
            "florin_live_streams 0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("secret") && !text.contains("/some/path"), "{text}");
    }
}
