//! Keys and parties over HTTP.

use axum::http::Method;
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp, request};

struct House {
    app: TestApp,
    owner: Signed,
}

impl House {
    /// A family that has brought a file of two lines.
    async fn new(db: &TestDatabase) -> Self {
        let app = TestApp::new(db).await;
        let owner = app.register("saraa@example.mn").await;
        let csv = "Date,Description,Amount,Balance\n2026-01-02,Kaffeehaus Sperl,-1.00,4.00\n\
                   2026-01-03,Salary,5.00,9.00\n";
        let path = "/api/v1/imports?file_name=a.csv";
        let mut staged = request(Method::POST, path, &owner.access, None);
        staged.headers_mut().insert("idempotency-key", "import".parse().unwrap());
        *staged.body_mut() = csv.into();
        assert_eq!(app.send(staged).await.status, 201);
        Self { app, owner }
    }

    async fn get(&self, path: &str) -> Reply {
        self.app.get(&format!("/api/v1{path}"), &self.owner.access).await
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.app.post(&format!("/api/v1{path}"), &self.owner.access, key, body).await
    }

    /// The only party: the family itself.
    async fn party(&self) -> Value {
        let parties = self.get("/vault/parties").await.json();
        assert_eq!(parties["items"].as_array().unwrap().len(), 1);
        parties["items"][0].clone()
    }
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn the_keys_stand_as_they_were_made(db: TestDatabase) {
        let house = House::new(&db).await;
        let status = house.get("/vault").await.json();
        let wrapped = json!([{ "wrapping_key": 1, "keys": 1 }]);
        let expected = json!({
            "wrapping_key": 1, "wrapped": wrapped, "parties": 1, "erased": 0,
        });
        assert_eq!(status, expected);
        let party = house.party().await;
        assert_eq!((&party["keys"], &party["erased_at"]), (&json!(1), &json!(null)));
        let suffix = |id: &str| id.split_once('_').unwrap().1.to_owned();
        assert_eq!(suffix(party["id"].as_str().unwrap()), suffix(&house.owner.tenant));
    }

    async fn what_is_held_is_shown_and_gone_once_the_party_is_erased(db: TestDatabase) {
        let house = House::new(&db).await;
        let party = house.party().await["id"].as_str().unwrap().to_owned();
        let path = format!("/vault/parties/{party}/export?limit=1");
        let first = house.get(&path).await.json();
        assert_eq!(first["items"][0]["table"], "wealth_import_line");
        assert!(first["items"][0]["content"].to_string().contains("Kaffeehaus Sperl"));
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = house.get(&format!("{path}&cursor={cursor}")).await.json();
        assert!(second["items"][0]["content"].to_string().contains("Salary"), "{second}");

        let erase = format!("/vault/parties/{party}/erase");
        let erased = house.post(&erase, "a", &json!({})).await.json();
        assert_eq!(erased["keys"], 0);
        assert_eq!(erased["erased_at"], "2026-03-31T10:30:00Z");
        let again = house.post(&erase, "a", &json!({})).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        house.get(&path).await.assert_problem(422, "party_erased");
        let import = house.get("/imports").await.json()["items"][0]["id"].clone();
        let lines = format!("/imports/{}/lines", import.as_str().unwrap());
        let line = house.get(&lines).await.json()["items"][0].clone();
        assert_eq!((&line["erased"], &line["counterparty"]), (&json!(true), &json!(null)));
        assert_eq!(line["amount"]["amount"], "-1.00");
        let unknown = "/vault/parties/party_00000000000000000000000001/export";
        house.get(unknown).await.assert_problem(404, "party_unknown");
    }

    async fn keys_are_replaced_by_a_job(db: TestDatabase) {
        let house = House::new(&db).await;
        let job = house.post("/vault/rotate", "a", &json!({ "parties": true })).await.json();
        assert_eq!(job["kind"], "vault.rotate_keys");
        assert_eq!(job["state"], "available");
        assert_eq!((&job["args"]["wrapping"], &job["args"]["parties"]), (&json!(2), &json!(true)));
        let again = house.post("/vault/rotate", "b", &json!({})).await.json();
        assert_eq!(again["id"], job["id"]);
        house.post("/vault/rotate", "c", &json!({ "all": 1 })).await
            .assert_problem(400, "invalid_fields");
    }
}
