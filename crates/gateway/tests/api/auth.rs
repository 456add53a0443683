//! Registration, sign-in, tokens and roles over HTTP.

use axum::http::Method;
use serde_json::json;
use testing::TestDatabase;

use crate::harness::{PASSWORD, TestApp, keys, registration, request, services};

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn from_registration_to_signing_out(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let first = app.register("saraa@example.mn").await;
        let me = app.get("/api/v1/auth/me", &first.access).await.json();
        assert_eq!(me["user"]["email"], "saraa@example.mn");
        assert_eq!((&me["role"], &me["tenant"]["currency"]), (&json!("owner"), &json!("AUD")));
        assert_eq!(me["memberships"][0]["tenant"]["id"], first.tenant.as_str());

        let second = app.login("saraa@example.mn", &first.tenant).await;
        let token = json!({ "refresh_token": second.refresh });
        let reply = app.post("/api/v1/auth/refresh", "", "", &token).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["expires_in"]), (200, &json!(900)));
        assert_eq!(reply.json()["token_type"], "Bearer");
        assert_eq!(reply.header("cache-control"), "no-store");

        let next = json!({ "refresh_token": reply.json()["refresh_token"] });
        for _ in 0..2 {
            let reply = app.post("/api/v1/auth/logout", "", "", &next).await;
            assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
        }
        let reply = app.post("/api/v1/auth/refresh", "", "", &next).await;
        reply.assert_problem(401, "refresh_invalid");
    }

    async fn a_refresh_token_that_is_used_twice_ends_the_session(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let signed = app.register("saraa@example.mn").await;
        let old = json!({ "refresh_token": signed.refresh });
        let next = app.post("/api/v1/auth/refresh", "", "", &old).await.json();
        let again = app.post("/api/v1/auth/refresh", "", "", &old).await.json();
        assert_eq!(next["refresh_token"], again["refresh_token"], "a retry gets the same token");
        db.clock.advance_seconds(11);
        let reused = app.post("/api/v1/auth/refresh", "", "", &old).await;
        reused.assert_problem(401, "refresh_reused");
        let next = json!({ "refresh_token": next["refresh_token"] });
        let closed = app.post("/api/v1/auth/refresh", "", "", &next).await;
        closed.assert_problem(401, "refresh_invalid");
    }

    async fn a_token_is_looked_at_closely(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let signed = app.register("saraa@example.mn").await;
        let me = async |token: &str| app.get("/api/v1/auth/me", token).await;
        me("").await.assert_problem(401, "token_required");
        assert_eq!(me("").await.header("www-authenticate"), "Bearer");
        let parts: Vec<&str> = signed.access.split('.').collect();
        let changed = format!("{}.{}A.{}", parts[0], parts[1], parts[2]);
        let none = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
        let other = TestApp::new(&db).await.register("bat@example.mn").await;
        for token in ["x", &changed, &none, &other.access, &signed.refresh] {
            me(token).await.assert_problem(401, "token_invalid");
        }
        let mut basic = request(Method::GET, "/api/v1/auth/me", "", None);
        basic.headers_mut().insert("authorization", "Basic c2FyYWE6eA==".parse().unwrap());
        app.send(basic).await.assert_problem(401, "token_required");
        assert_eq!(me(&signed.access).await.status, 200);
        db.clock.advance_seconds(900);
        me(&signed.access).await.assert_problem(401, "token_expired");
    }

    async fn the_owner_of_the_data_directory_is_told_that_nobody_is_signed_in(db: TestDatabase) {
        let services = services(&db, keys(&db)).await;
        let nobody = db.context(kernel::TenantId::COMMON);
        let founded = services.identity.found_tenant(&nobody, "Hargreaves", "AUD").await.unwrap();
        let local = gateway::Local::new(services, founded.id);
        let get = async |path: &str| local.call("GET", path, &[], Vec::new()).await.unwrap();
        let (status, body) = get("/api/v1/auth/me").await;
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, problem["code"].as_str()), (403, Some("no_user")), "{problem}");
        // Everything else is open to them.
        assert_eq!(get("/api/v1/books").await.0, 200);
    }

    async fn refused_sign_ins_say_nothing_and_when_to_come_back(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        app.register("saraa@example.mn").await;
        let login = async |email: &str| {
            let body = json!({ "email": email, "password": "wrong password" });
            app.post("/api/v1/auth/login", "", "", &body).await
        };
        let (known, unknown) = (login("saraa@example.mn").await, login("bat@example.mn").await);
        known.assert_problem(401, "sign_in_refused");
        unknown.assert_problem(401, "sign_in_refused");
        assert_eq!(known.json()["detail"], unknown.json()["detail"]);
        for _ in 1..identity::SIGN_INS_IN_A_ROW_MAX {
            login("saraa@example.mn").await.assert_problem(401, "sign_in_refused");
        }
        let limited = login("saraa@example.mn").await;
        limited.assert_problem(429, "too_many_sign_ins");
        assert_eq!(limited.header("retry-after"), "30");
    }

    async fn a_registration_is_told_every_fault(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let mut body = registration("saraa@example.mn");
        body["password"] = json!("saraa@example.mn");
        body["currency"] = json!("AUX");
        let reply = app.post("/api/v1/auth/register", "", "", &body).await;
        reply.assert_problem(400, "invalid_fields");
        let errors = &reply.json()["errors"];
        assert_eq!(errors[0]["field"], "currency");
        assert_eq!(errors[1]["rule"], "not_the_email");
        assert!(!reply.text().contains("saraa@"), "no answer repeats what is personal");

        app.register("saraa@example.mn").await;
        let body = registration("Saraa@example.mn");
        let reply = app.post("/api/v1/auth/register", "", "", &body).await;
        reply.assert_problem(409, "email_taken");
    }

    async fn members_see_one_another_and_no_other_tenant(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let owner = app.register("saraa@example.mn").await;
        let guest = app.register("bat@example.mn").await;
        db.clock.advance_seconds(1);
        let body = json!({ "email": "bat@example.mn", "role": "viewer" });
        let reply = app.post("/api/v1/members", &owner.access, "k1", &body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        assert_eq!(reply.json()["user"]["id"], guest.user.as_str());
        let visiting = app.login("bat@example.mn", &owner.tenant).await;
        let listed = app.get("/api/v1/members", &visiting.access).await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        assert_eq!(listed["next_cursor"], json!(null));
        let listed = app.get("/api/v1/members", &guest.access).await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let reply = app.post("/api/v1/members", &visiting.access, "k2", &body).await;
        reply.assert_problem(403, "forbidden");
        let nobody = json!({ "email": "no@example.mn", "role": "viewer" });
        let reply = app.post("/api/v1/members", &owner.access, "k3", &nobody).await;
        reply.assert_problem(404, "user_unknown");
        let stranger = json!({
            "email": "saraa@example.mn", "password": PASSWORD, "tenant": guest.tenant,
        });
        let reply = app.post("/api/v1/auth/login", "", "", &stranger).await;
        reply.assert_problem(403, "not_a_member");
    }
}
