//! Requests that are sent again: the same answer, and nothing done twice.

use axum::http::Method;
use identity::{Identity, Role};
use kernel::{Actor, Context};
use serde_json::json;
use storage::{Level, Mode};
use testing::{TestDatabase, eventually};

use crate::harness::{Signed, TestApp, keys, request, services};

const MEMBERS: &str = "/api/v1/members";

async fn owner_and_guest(app: &TestApp) -> (Signed, Signed) {
    (app.register("saraa@example.mn").await, app.register("bat@example.mn").await)
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn the_same_request_gets_the_same_answer(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let (owner, _) = owner_and_guest(&app).await;
        let body = json!({ "email": "bat@example.mn", "role": "adult" });
        let first = app.post(MEMBERS, &owner.access, "key 1", &body).await;
        assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (201, ""));
        db.clock.advance_seconds(60);
        let again = app.post(MEMBERS, &owner.access, "key 1", &body).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_ne!(again.header("request-id"), first.header("request-id"));

        let other = json!({ "email": "bat@example.mn", "role": "child" });
        let reused = app.post(MEMBERS, &owner.access, "key 1", &other).await;
        reused.assert_problem(422, "idempotency_key_reused");
        let elsewhere = format!("{MEMBERS}?x=1");
        let reused = app.post(&elsewhere, &owner.access, "key 1", &body).await;
        reused.assert_problem(422, "idempotency_key_reused");
        let second = app.post(MEMBERS, &owner.access, "key 2", &body).await;
        second.assert_problem(409, "already_member");
    }

    async fn what_was_made_is_not_made_again_however_late(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let owner = app.register("saraa@example.mn").await;
        let asset = json!({
            "name": "Jar", "type": "cash", "country": "AU", "opened_on": "2026-01-01",
            "holding": { "kind": "balance", "balance": { "amount": "5.00", "currency": "AUD" } },
        });
        let file = |amount: &str| format!("Date,Description,Amount\n2026-01-02,Shop,{amount}\n");
        let stage = async |access: &str, amount: &str| {
            let path = "/api/v1/imports?file_name=a.csv";
            let mut sent = request(Method::POST, path, access, None);
            sent.headers_mut().insert("idempotency-key", "file".parse().unwrap());
            *sent.body_mut() = file(amount).into();
            app.send(sent).await
        };
        let added = app.post("/api/v1/assets", &owner.access, "jar", &asset).await;
        assert_eq!(added.status, 201, "{}", added.text());
        let staged = stage(&owner.access, "-1.00").await;
        assert_eq!(staged.status, 201, "{}", staged.text());
        let mut owner = owner;
        for seconds in [60, 86_400] {
            db.clock.advance_seconds(seconds);
            owner = app.login("saraa@example.mn", &owner.tenant).await;
            let again = app.post("/api/v1/assets", &owner.access, "jar", &asset).await;
            assert_eq!((again.status, &again.json()["id"]), (added.status, &added.json()["id"]));
            let again = stage(&owner.access, "-1.00").await;
            assert_eq!((again.status, &again.body), (staged.status, &staged.body));
        }
        let listed = async |path: &str| {
            app.get(path, &owner.access).await.json()["items"].as_array().unwrap().len()
        };
        assert_eq!((listed("/api/v1/assets").await, listed("/api/v1/imports").await), (1, 1));
        stage(&owner.access, "-2.00").await.assert_problem(422, "idempotency_key_reused");
    }

    async fn a_key_is_its_actor_s_and_its_tenant_s_own(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let (owner, guest) = owner_and_guest(&app).await;
        let body = json!({ "email": "bat@example.mn", "role": "owner" });
        let first = app.post(MEMBERS, &owner.access, "1", &body).await;
        assert_eq!(first.status, 201);
        let body = json!({ "email": "saraa@example.mn", "role": "owner" });
        let theirs = app.post(MEMBERS, &guest.access, "1", &body).await;
        assert_eq!((theirs.status.as_u16(), theirs.header("idempotency-replayed")), (201, ""));

        // Somebody else of the same tenant, with the same key and body.
        app.register("zaya@example.mn").await;
        let body = json!({ "email": "zaya@example.mn", "role": "child" });
        let first = app.post(MEMBERS, &owner.access, "2", &body).await;
        assert_eq!(first.status, 201);
        let second_owner = app.login("bat@example.mn", &owner.tenant).await;
        let theirs = app.post(MEMBERS, &second_owner.access, "2", &body).await;
        theirs.assert_problem(409, "already_member");
    }

    async fn what_was_refused_is_decided_anew(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let owner = app.register("saraa@example.mn").await;
        let body = json!({ "email": "bat@example.mn", "role": "adult" });
        let early = app.post(MEMBERS, &owner.access, "1", &body).await;
        early.assert_problem(404, "user_unknown");
        app.register("bat@example.mn").await;
        let late = app.post(MEMBERS, &owner.access, "1", &body).await;
        assert_eq!(late.status, 201);
    }

    async fn keys_have_a_form(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let owner = app.register("saraa@example.mn").await;
        let body = json!({ "email": "bat@example.mn", "role": "adult" });
        let missing = app.post(MEMBERS, &owner.access, "", &body).await;
        missing.assert_problem(400, "idempotency_key_required");
        for key in ["  ", &"k".repeat(256)] {
            let reply = app.post(MEMBERS, &owner.access, key, &body).await;
            reply.assert_problem(400, "idempotency_key_malformed");
        }
    }

    async fn a_request_that_is_under_way_is_not_done_beside_itself(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let (owner, _) = owner_and_guest(&app).await;
        let body = json!({ "email": "bat@example.mn", "role": "adult" });

        // Somebody else adds the same member and does not commit: the request waits for them.
        let tenant = owner.tenant.parse().unwrap();
        let context = Context::new(db.env.clone(), tenant, Actor::Owner);
        let identity = Identity::new(db.database.clone(), keys(&db));
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Write).await.unwrap();
        identity.add_member(&context, &mut tx, "bat@example.mn", Role::Child).await.unwrap();

        let first = {
            let (app, token, body) = (app.clone(), owner.access.clone(), body.clone());
            tokio::spawn(async move { app.post(MEMBERS, &token, "1", &body).await })
        };
        let under_way = async || {
            let metrics = app.get("/metrics", "").await.text();
            metrics.contains("florin_requests_under_way 1\n").then_some(())
        };
        eventually("the first request to be under way", under_way).await;
        let second = app.post(MEMBERS, &owner.access, "1", &body).await;
        second.assert_problem(409, "idempotency_in_progress");
        tx.rollback();
        assert_eq!(first.await.unwrap().status, 201);
        let third = app.post(MEMBERS, &owner.access, "1", &body).await;
        assert_eq!((third.status.as_u16(), third.header("idempotency-replayed")), (201, "true"));
    }

    async fn two_nodes_do_it_once(db: TestDatabase) {
        let keys = keys(&db);
        let nodes = [services(&db, keys.clone()).await, services(&db, keys).await];
        let nodes = nodes.map(TestApp::of);
        let (owner, _) = owner_and_guest(&nodes[0]).await;
        let body = json!({ "email": "bat@example.mn", "role": "adult" });
        let post = |node: &TestApp| {
            let (node, token, body) = (node.clone(), owner.access.clone(), body.clone());
            async move { node.post(MEMBERS, &token, "1", &body).await }
        };
        let (left, right) = tokio::join!(post(&nodes[0]), post(&nodes[1]));
        assert_eq!((left.status.as_u16(), right.status.as_u16()), (201, 201), "{right:?}");
        assert_eq!(left.body, right.body);
        let replayed = [left, right].map(|reply| reply.header("idempotency-replayed") == "true");
        assert_eq!(replayed.iter().filter(|replayed| **replayed).count(), 1);
    }
}
