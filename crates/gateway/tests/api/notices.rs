//! Notices over HTTP: an import with faults tells whoever brought it.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp, request};

/// Brings a file of which one line has no amount.
async fn import_with_a_fault(app: &TestApp, who: &Signed) -> Value {
    let csv = "Date,Description,Amount,Balance\n2026-01-02,Shop,-1.00,4.00\n\
               2026-01-03,Baker,Grammelknoedel,3.00\n";
    let path = "/api/v1/imports?file_name=january.csv";
    let mut request = request(Method::POST, path, &who.access, None);
    request.headers_mut().insert("idempotency-key", "faulty".parse().unwrap());
    *request.body_mut() = csv.into();
    let import = app.send(request).await;
    assert_eq!(import.status, 201, "{import:?}");
    import.json()
}

async fn get(app: &TestApp, who: &Signed, path: &str) -> Reply {
    app.get(&format!("/api/v1{path}"), &who.access).await
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn an_import_with_faults_is_told_to_whoever_brought_it(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let saraa = app.register("saraa@example.mn").await;
        assert_eq!(get(&app, &saraa, "/notices/unread").await.json(), json!({ "unread": 0 }));
        let import = import_with_a_fault(&app, &saraa).await;
        let list = get(&app, &saraa, "/notices?language=de").await.json();
        let notice = &list["items"][0];
        assert_eq!(notice["title"], "january.csv konnte nicht vollständig gelesen werden");
        assert_eq!(notice["kind"], "wealth.import_faults");
        assert_eq!(notice["about"], json!({ "kind": "import", "id": import["id"] }));
        assert_eq!(notice["scope"], "own");
        assert_eq!(get(&app, &saraa, "/notices/unread").await.json()["unread"], 1);
        let id = notice["id"].as_str().unwrap();
        let path = format!("/api/v1/notices/{id}/read");
        let read = app.post(&path, &saraa.access, "r", &json!({})).await;
        assert_eq!(read.json()["unread"], 0);
        let unread = get(&app, &saraa, "/notices?unread=true").await.json();
        assert_eq!(unread["items"], json!([]));
        // Nobody else is told.
        let body = json!({ "email": "bat@example.mn", "role": "adult" });
        app.register("bat@example.mn").await;
        app.post("/api/v1/members", &saraa.access, "m", &body).await;
        let bat = app.login("bat@example.mn", &saraa.tenant).await;
        assert_eq!(get(&app, &bat, "/notices").await.json()["items"], json!([]));
        get(&app, &bat, &format!("/notices/{id}")).await.assert_problem(404, "notice_unknown");
    }

    async fn addresses_and_preferences_are_ones_own_or_the_households(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let saraa = app.register("saraa@example.mn").await;
        let email = json!({ "channel": "email", "address": "saraa@Example.MN" });
        let path = "/api/v1/notices/addresses";
        let added = app.post(path, &saraa.access, "a", &email).await;
        assert_eq!(added.status, 201, "{added:?}");
        assert_eq!(added.json()["address"], "saraa@example.mn");
        let again = app.post(path, &saraa.access, "b", &email).await;
        again.assert_problem(409, "address_known");
        let sms = json!({ "channel": "sms", "address": "+97699112233" });
        app.post(path, &saraa.access, "c", &sms).await.assert_problem(422, "channel_off");
        let body = json!({ "email": "tulga@example.mn", "role": "child" });
        app.register("tulga@example.mn").await;
        app.post("/api/v1/members", &saraa.access, "m", &body).await;
        let child = app.login("tulga@example.mn", &saraa.tenant).await;
        let household = get(&app, &child, "/notices/preferences?scope=household").await;
        household.assert_problem(403, "forbidden");
        assert_eq!(get(&app, &child, "/notices/addresses").await.json()["items"], json!([]));
        // The address with which she signs in is asked like any other.
        assert_eq!(added.json()["state"], "unconfirmed");
        let address = added.json()["id"].as_str().unwrap().to_owned();
        let test = format!("/api/v1/notices/addresses/{address}/test");
        let other = app.post(&test, &child.access, "t", &json!({})).await;
        other.assert_problem(404, "address_unknown");
        let early = app.post(&test, &saraa.access, "t", &json!({})).await;
        early.assert_problem(409, "address_unconfirmed");
        let hook = json!({ "channel": "webhook", "address": "https://hooks.example.mn/florin" });
        let hook = app.post(path, &saraa.access, "h", &hook).await.json();
        assert_eq!(hook["state"], "active");
        let test = format!("/api/v1/notices/addresses/{}/test", hook["id"].as_str().unwrap());
        let sent = app.post(&test, &saraa.access, "u", &json!({})).await.json();
        assert_eq!(sent["deliveries"][0]["state"], "waiting");
        assert_eq!(get(&app, &saraa, "/notices/unread").await.json()["unread"], 0);
        let mut wanted = get(&app, &saraa, "/notices/preferences").await.json();
        wanted["zone"] = json!("Mars/Base");
        let put = request(Method::PUT, "/api/v1/notices/preferences", &saraa.access, Some(&wanted));
        app.send(put).await.assert_problem(400, "invalid_fields");
    }

    async fn a_link_shows_a_button_and_only_a_post_ends_it(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let page = app.send(Request::get("/unsubscribe/abc").body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("<form method=\"post\">"), "{}", page.text());
        let wrong = app.send(Request::post("/unsubscribe/abc").body(Body::empty()).unwrap()).await;
        wrong.assert_problem(404, "unsubscribe_token_invalid");
        let page = app.send(Request::get("/confirm/abc").body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("<form method=\"post\">"), "{}", page.text());
        let wrong = app.send(Request::post("/confirm/abc").body(Body::empty()).unwrap()).await;
        wrong.assert_problem(404, "confirmation_invalid");
    }

    async fn a_code_is_asked_for_again_and_wrong_ones_count(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let saraa = app.register("saraa@example.mn").await;
        let other = app.register("bat@example.mn").await;
        let email = json!({ "channel": "email", "address": "tulga@example.mn" });
        let added = app.post("/api/v1/notices/addresses", &saraa.access, "a", &email).await.json();
        let id = added["id"].as_str().unwrap();
        let path = format!("/api/v1/notices/addresses/{id}/confirmation");
        let put = |who: &Signed, code: &str| {
            request(Method::PUT, &path, &who.access, Some(&json!({ "code": code })))
        };
        app.send(put(&other, "000000")).await.assert_problem(404, "address_unknown");
        for rule in ["code", "code", "code", "code", "code", "tries"] {
            let wrong = app.send(put(&saraa, "no code")).await;
            wrong.assert_problem(400, "invalid_fields");
            assert_eq!(wrong.json()["errors"][0]["rule"], rule, "{wrong:?}");
        }
        let stranger = app.post(&path, &other.access, "b", &json!({})).await;
        stranger.assert_problem(404, "address_unknown");
        for number in 2..=5 {
            let key = format!("ask {number}");
            let asked = app.post(&path, &saraa.access, &key, &json!({})).await;
            assert_eq!(asked.json()["state"], "unconfirmed");
            // The same request sent again asks nobody.
            app.post(&path, &saraa.access, &key, &json!({})).await;
        }
        let too_many = app.post(&path, &saraa.access, "ask 6", &json!({})).await;
        too_many.assert_problem(400, "invalid_fields");
        assert_eq!(too_many.json()["errors"][0]["field"], "address");
    }
}
