//! Payees, remittances and their sagas over HTTP.

use jobs::{Worker, WorkerLimits};
use remittances::{Remit, Remittances};
use sagas::{Sagas, TakeSteps, TellSagas};
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp, keys, services};

/// A family that signed in, its book and an account of it.
struct Family {
    who: Signed,
    book: String,
    account: String,
}

struct Two<'a> {
    db: &'a TestDatabase,
    app: TestApp,
    service: Remittances,
    giver: Family,
    taker: Family,
}

impl<'a> Two<'a> {
    async fn new(db: &'a TestDatabase) -> Self {
        let services = services(db, keys(db)).await;
        let service = services.remittances.clone();
        let app = TestApp::of(services);
        let giver = family(&app, "saraa@example.mn").await;
        let taker = family(&app, "bat@example.mn").await;
        Self { db, app, service, giver, taker }
    }

    async fn get(&self, whose: &Family, path: &str) -> Reply {
        self.app.get(&format!("/api/v1{path}"), &whose.who.access).await
    }

    async fn post(&self, whose: &Family, (path, key): (&str, &str), body: Value) -> Reply {
        self.app.post(&format!("/api/v1{path}"), &whose.who.access, key, &body).await
    }

    async fn payee(&self) -> Value {
        let Family { book, account, .. } = &self.taker;
        let body = json!({ "book": book, "account": account, "name": "Bat and Oyun" });
        let reply = self.post(&self.taker, ("/payees", "payee"), body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()
    }

    fn sending(&self, payee: &Value) -> Value {
        let Family { book, account, .. } = &self.giver;
        json!({
            "book": book, "account": account, "payee": payee["id"], "amount": "250.00",
            "reference": "Rent, April",
        })
    }

    /// Does all that there is to do, as a worker beside the gateway does.
    async fn work(&self) {
        let sagas = Sagas::new().with(Remit(self.service.clone()));
        let worker = Worker::new(self.db.database.clone(), "test", WorkerLimits::default());
        let mut worker = worker.with(TakeSteps(sagas.clone())).with(TellSagas(sagas));
        while worker.step().await.unwrap() > 0 {}
    }
}

async fn family(app: &TestApp, email: &str) -> Family {
    let who = app.register(email).await;
    let books = app.get("/api/v1/books", &who.access).await.json();
    let book = books["items"][0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "name": "Cash", "type": "asset", "commodity": "AUD" });
    let path = format!("/api/v1/books/{book}/accounts");
    let opened = app.post(&path, &who.access, "cash", &body).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let account = opened.json()["id"].as_str().unwrap().to_owned();
    Family { who, book, account }
}

testing::both_databases! {
    modules = crate::harness::MODULES;

    async fn a_family_sends_to_another_that_gave_it_a_payee(db: TestDatabase) {
        let two = Two::new(&db).await;
        let payee = two.payee().await;
        let path = format!("/payees/lookup?payee={}", payee["id"].as_str().unwrap());
        let shown = two.get(&two.giver, &path).await.json();
        let expected = json!({
            "id": payee["id"], "name": "Bat and Oyun", "commodity": "AUD", "open": true,
        });
        assert_eq!(shown, expected);
        let sent = two.post(&two.giver, ("/remittances", "rent"), two.sending(&payee)).await;
        assert_eq!((sent.status.as_u16(), &sent.json()["status"]), (202, &json!("asked")));
        // Sent again, because the answer was lost: one remittance.
        let again = two.post(&two.giver, ("/remittances", "rent"), two.sending(&payee)).await;
        assert_eq!(again.json()["id"], sent.json()["id"]);
        two.work().await;
        let list = two.get(&two.giver, "/remittances").await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let one = &list["items"][0];
        assert_eq!(one["status"], "arrived");
        assert_eq!(one["counterparty"], "Bat and Oyun");
        let id = one["id"].as_str().unwrap();
        let taken = two.get(&two.taker, &format!("/remittances/{id}")).await.json();
        assert_eq!(taken["direction"], "received");
        assert_eq!(taken["amount"], "250.00");
        assert_eq!(taken["reference"], "Rent, April");
        assert_eq!(taken["account"], two.taker.account.as_str());
        let sent = two.get(&two.taker, "/remittances?direction=sent").await.json();
        assert_eq!(sent["items"], json!([]));
    }

    async fn its_saga_tells_how_it_came_about(db: TestDatabase) {
        let two = Two::new(&db).await;
        let payee = two.payee().await;
        let sent = two.post(&two.giver, ("/remittances", "rent"), two.sending(&payee)).await;
        let path = format!("/sagas/{}", sent.json()["saga"].as_str().unwrap());
        let before = two.get(&two.giver, &path).await.json();
        assert_eq!((&before["status"], &before["step"]), (&json!("running"), &json!("hold")));
        // The job that takes the step can be looked at.
        let job = format!("/jobs/{}", before["job"].as_str().unwrap());
        assert_eq!(two.get(&two.giver, &job).await.json()["kind"], "sagas.step");
        two.work().await;
        let story = two.get(&two.giver, &path).await.json();
        assert_eq!(story["status"], "done");
        let lines = story["story"].as_array().unwrap();
        let line = |line: &Value| {
            let step = line["step"].as_str().unwrap_or("-").to_owned();
            (line["state"].as_str().unwrap().to_owned(), step, line["elsewhere"] == true)
        };
        let expected = [
            ("holding", "hold", false),
            ("announcing", "announce", true),
            ("sending", "send", false),
            ("arriving", "arrive", true),
            ("settling", "settle", false),
            ("arrived", "-", false),
        ];
        let expected = expected.map(|(state, step, at)| (state.to_owned(), step.to_owned(), at));
        assert_eq!(lines.iter().map(line).collect::<Vec<_>>(), expected);
        let page = two.get(&two.giver, "/sagas?status=done").await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        let over = two.post(&two.giver, (&format!("{path}/undo"), "undo"), json!({})).await;
        assert_eq!((over.status.as_u16(), &over.json()["code"]), (409, &json!("saga_status")));
        // The taker has no saga of it.
        assert_eq!(two.get(&two.taker, &path).await.status, 404);
        assert_eq!(two.get(&two.taker, "/sagas").await.json()["items"], json!([]));
    }

    async fn what_was_sent_is_recalled_before_it_leaves(db: TestDatabase) {
        let two = Two::new(&db).await;
        let payee = two.payee().await;
        let sent = two.post(&two.giver, ("/remittances", "rent"), two.sending(&payee)).await;
        let path = format!("/remittances/{}", sent.json()["id"].as_str().unwrap());
        let recalled = two.post(&two.giver, (&format!("{path}/recall"), "back"), json!({})).await;
        assert_eq!(recalled.status, 202, "{recalled:?}");
        two.work().await;
        let one = two.get(&two.giver, &path).await.json();
        assert_eq!((&one["status"], &one["code"]), (&json!("returned"), &json!("unwanted")));
        // Whoever takes has nothing to recall, and nothing to see.
        assert_eq!(two.get(&two.taker, &path).await.status, 404);
        let theirs = two.post(&two.taker, (&format!("{path}/recall"), "back"), json!({})).await;
        assert_eq!(theirs.status, 404);
    }

    async fn what_is_wrong_is_named(db: TestDatabase) {
        let two = Two::new(&db).await;
        let payee = two.payee().await;
        for (field, value) in [
            ("amount", json!("0")),
            ("amount", json!("-1.00")),
            ("amount", json!("1.005")),
            ("amount", json!("much")),
            ("payee", json!("nobody")),
            ("book", json!("mine")),
            ("account", json!("")),
            ("reference", json!("x".repeat(141))),
        ] {
            let mut body = two.sending(&payee);
            body[field] = value.clone();
            let reply = two.post(&two.giver, ("/remittances", "wrong"), body).await;
            let problem = reply.json();
            assert!(reply.status.is_client_error(), "{field} {value}: {problem}");
            assert_eq!(problem["errors"][0]["field"], field, "{value}: {problem}");
        }
        let mut body = two.sending(&payee);
        body["account"] = json!(two.taker.account);
        let theirs = two.post(&two.giver, ("/remittances", "theirs"), body).await;
        assert_eq!(theirs.json()["code"], "account_unknown");
        let path = format!("/payees/{}/close", payee["id"].as_str().unwrap());
        assert_eq!(two.post(&two.giver, (&path, "close"), json!({})).await.status, 404);
        assert_eq!(two.post(&two.taker, (&path, "close"), json!({})).await.status, 200);
        let late = two.post(&two.giver, ("/remittances", "late"), two.sending(&payee)).await;
        assert_eq!((late.status.as_u16(), &late.json()["code"]), (422, &json!("payee_closed")));
        assert_eq!(two.get(&two.giver, "/remittances").await.json()["items"], json!([]));
    }
}
