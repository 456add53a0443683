//! Meters over HTTP: what was used, what may be, and why not more.

use axum::http::Request;
use serde_json::json;
use storage::{Level, Mode};
use testing::TestDatabase;

use crate::harness::{METERS, Reply, Signed, TestApp};

async fn stage(app: &TestApp, who: &Signed, name: &str) -> Reply {
    let request = Request::post(format!("/api/v1/imports?file_name={name}.csv"))
        .header("authorization", format!("Bearer {}", who.access))
        .header("idempotency-key", name)
        .header("content-type", "application/octet-stream");
    let file = format!("Date,Description,Amount,Balance\n2026-03-02,{name},-12.50,87.50\n");
    app.send(request.body(file.into()).unwrap()).await
}

testing::both_databases! {
    modules = crate::harness::MODULES;

    async fn a_plan_limits_imports_and_says_when_there_are_more(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let saraa = app.register("saraa@example.mn").await;
        let entitled = async || {
            app.get("/api/v1/meters/entitlements", &saraa.access).await.json()["items"][0].clone()
        };
        let usual = json!({ "source": "usual", "limit": null, "is_over": false });
        assert_eq!(entitled().await, json!({
            "feature": "imports", "limit": null, "used": 0,
            "resets_at": "2026-04-01T00:00:00Z", "why": [usual],
        }));
        let context = db.context(saraa.tenant.parse().unwrap());
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        meters::set_plan(&mut tx, &context, &METERS, "one").await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..2 {
            assert_eq!(stage(&app, &saraa, "tea").await.status, 201);
        }
        let refused = stage(&app, &saraa, "milk").await;
        refused.assert_problem(429, "limit_reached");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("1 of 1 were used") && detail.contains("2026-04-01"), "{detail}");
        let plan = json!({ "source": "plan", "plan": "one", "limit": 1, "is_over": false });
        let stands = entitled().await;
        assert_eq!((&stands["used"], &stands["why"]), (&json!(1), &json!([plan, usual])));
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        meters::count(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let used = app.get("/api/v1/meters/usage", &saraa.access).await.json();
        assert_eq!(used["items"], json!([{
            "kind": "imports", "party": saraa.tenant.replace("tenant_", "party_"),
            "span": "month", "starts_at": "2026-03-01T00:00:00Z", "amount": 1,
        }]));
        let hours = app.get("/api/v1/meters/usage?span=hour", &saraa.access).await.json();
        assert_eq!(hours["items"][0]["starts_at"], "2026-03-31T10:00:00Z");
        let wrong = app.get("/api/v1/meters/usage?from=today", &saraa.access).await;
        wrong.assert_problem(400, "invalid_fields");
    }
}
