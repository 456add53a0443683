//! Approvals over HTTP: an import of long ago is undone once another person has said yes.

use serde_json::{Value as Json, json};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp, request};

const MONTH_SECONDS: i64 = 30 * 86_400;
const FILE: &str = "Date,Description,Amount,Balance\n2026-03-02,Tea,-12.50,87.50\n";

/// Two who keep a family, and a child of it.
struct House<'a> {
    db: &'a TestDatabase,
    app: TestApp,
    saraa: Signed,
    bat: Signed,
    child: Signed,
}

impl<'a> House<'a> {
    async fn new(db: &'a TestDatabase) -> Self {
        let app = TestApp::new(db).await;
        let saraa = app.register("saraa@example.mn").await;
        let mut others = Vec::new();
        for (email, role) in [("bat@example.mn", "adult"), ("temuulen@example.mn", "child")] {
            app.register(email).await;
            let body = json!({ "email": email, "role": role });
            let added = app.post("/api/v1/members", &saraa.access, email, &body).await;
            assert_eq!(added.status, 201);
            others.push(app.login(email, &saraa.tenant).await);
        }
        let [bat, child] = others.try_into().unwrap();
        Self { db, app, saraa, bat, child }
    }

    /// An import that was booked more than thirty days ago, and everybody signed in again.
    async fn old_import(&mut self) -> String {
        let post = |path: String, body: &'static str| {
            let request = axum::http::Request::post(format!("/api/v1{path}"))
                .header("authorization", format!("Bearer {}", self.saraa.access))
                .header("idempotency-key", &path);
            let request = match body.starts_with('{') {
                true => request.header("content-type", "application/json"),
                false => request.header("content-type", "application/octet-stream"),
            };
            self.app.send(request.body(body.into()).unwrap())
        };
        let staged = post("/imports?file_name=march.csv".to_owned(), FILE).await.json();
        let id = staged["id"].as_str().unwrap().to_owned();
        let booked = post(format!("/imports/{id}/book"), "{}").await;
        assert_eq!(booked.status, 200, "{booked:?}");
        self.db.clock.advance_seconds(MONTH_SECONDS + 1);
        let tenant = self.saraa.tenant.clone();
        self.saraa = self.app.login("saraa@example.mn", &tenant).await;
        self.bat = self.app.login("bat@example.mn", &tenant).await;
        self.child = self.app.login("temuulen@example.mn", &tenant).await;
        id
    }

    async fn post(&self, who: &Signed, path: &str, body: Json) -> Reply {
        // The key is the caller's own, so that one text does for all.
        let key = format!("{path} {body}");
        let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        self.app.post(&format!("/api/v1{path}"), &who.access, &key, &body).await
    }

    async fn get(&self, who: &Signed, path: &str) -> Reply {
        self.app.get(&format!("/api/v1{path}"), &who.access).await
    }
}

testing::both_databases! {
    modules = crate::harness::MODULES;

    async fn an_old_import_is_undone_once_another_has_approved(db: TestDatabase) {
        let mut house = House::new(&db).await;
        let import = house.old_import().await;
        let undo = format!("/imports/{import}/undo");
        let why = json!({ "reason": "wrong account" });
        let first = house.post(&house.saraa, &undo, why.clone()).await;
        first.assert_problem(422, "approval_needed");
        let asked = house.post(&house.saraa, &format!("{undo}/approval"), why.clone()).await;
        assert_eq!(asked.status, 201, "{asked:?}");
        let asked = asked.json();
        let path = format!("/approvals/{}", asked["id"].as_str().unwrap());
        assert_eq!(asked, json!({
            "id": asked["id"], "kind": "wealth.import.undo", "state": "pending",
            "subject": { "kind": "import", "id": import }, "hash": asked["hash"],
            "command": {
                "kind": "wealth.import.undo", "subject": { "kind": "import", "id": import },
                "arguments": {
                    "book": asked["command"]["arguments"]["book"], "reason": "wrong account",
                    "version": asked["command"]["arguments"]["version"],
                },
            },
            "reason": "wrong account", "asked_by": house.saraa.user, "people": 1,
            "roles": ["owner", "adult"], "decisions": [], "may_decide": false,
            "created_at": "2026-04-30T10:30:01Z", "expires_at": "2026-05-14T10:30:01Z",
            "changed_at": "2026-04-30T10:30:01Z",
        }));
        let seen = house.get(&house.bat, "/approvals?state=pending").await.json();
        assert_eq!(seen["items"][0]["may_decide"], true);
        let told = house.get(&house.bat, "/notices").await.json();
        let title = "May an import of long ago be undone?";
        assert_eq!(told["items"][0]["title"], title);
        assert_eq!(told["items"][0]["about"]["id"], asked["id"]);
        house.get(&house.child, &path).await.assert_problem(403, "forbidden");
        let approve = format!("{path}/approve");
        let own = house.post(&house.saraa, &approve, json!({})).await;
        own.assert_problem(403, "approval_no_say");
        let approved = house.post(&house.bat, &approve, json!({})).await.json();
        assert_eq!(approved["state"], "approved");
        assert_eq!(approved["may_decide"], false);
        assert_eq!(approved["decisions"][0]["person"], house.bat.user);
        let other = house.post(&house.saraa, &undo, json!({ "reason": "other" })).await;
        other.assert_problem(422, "approval_void");
        let body = json!({ "reason": "wrong account" });
        let path_of_undo = format!("/api/v1{undo}");
        let undone = house.app.post(&path_of_undo, &house.saraa.access, "again", &body).await;
        assert_eq!(undone.json()["status"], "undone");
        assert_eq!(house.get(&house.bat, &path).await.json()["state"], "used");
        let page = house.get(&house.bat, "/approvals?state=pending").await.json();
        assert_eq!(page["items"], json!([]));
    }

    async fn a_request_is_refused_with_a_reason_and_withdrawn_by_who_asked(db: TestDatabase) {
        let mut house = House::new(&db).await;
        let import = house.old_import().await;
        let ask = format!("/imports/{import}/undo/approval");
        let mute = house.post(&house.saraa, &ask, json!({ "reason": " " })).await;
        mute.assert_problem(400, "invalid_fields");
        let asked = house.post(&house.saraa, &ask, json!({ "reason": "a" })).await.json();
        let path = format!("/approvals/{}", asked["id"].as_str().unwrap());
        let refuse = format!("{path}/refuse");
        let mute = house.post(&house.bat, &refuse, json!({})).await;
        mute.assert_problem(400, "invalid_fields");
        let refused = house.post(&house.bat, &refuse, json!({ "reason": "it is right" })).await;
        assert_eq!(refused.json()["state"], "refused");
        let late = house.post(&house.saraa, &format!("{path}/withdraw"), json!({})).await;
        late.assert_problem(409, "approval_state");
        let asked = house.post(&house.saraa, &ask, json!({ "reason": "b" })).await.json();
        let path = format!("/approvals/{}/withdraw", asked["id"].as_str().unwrap());
        let other = house.post(&house.bat, &path, json!({})).await;
        other.assert_problem(403, "approval_no_say");
        let withdrawn = house.post(&house.saraa, &path, json!({})).await.json();
        assert_eq!(withdrawn["state"], "withdrawn");
    }

    async fn a_word_is_handed_over_and_taken_back(db: TestDatabase) {
        let house = House::new(&db).await;
        let until = "2026-04-30T00:00:00Z";
        let to = json!({ "to": house.saraa.user, "until": until });
        let made = house.post(&house.bat, "/approvals/delegations", to).await;
        assert_eq!(made.status, 201, "{made:?}");
        let made = made.json();
        assert_eq!((&made["until"], &made["principal"]), (&json!(until), &json!(house.bat.user)));
        let page = house.get(&house.saraa, "/approvals/delegations").await.json();
        assert_eq!(page["items"], json!([made]));
        let to = json!({ "to": house.child.user, "until": until });
        let child = house.post(&house.bat, "/approvals/delegations", to).await;
        child.assert_problem(400, "invalid_fields");
        let path = format!("/api/v1/approvals/delegations/{}", made["id"].as_str().unwrap());
        let end = |who: &Signed| {
            house.app.send(request(axum::http::Method::DELETE, &path, &who.access, None))
        };
        end(&house.saraa).await.assert_problem(404, "delegation_unknown");
        assert_eq!(end(&house.bat).await.status, 204);
    }
}
