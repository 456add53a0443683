//! Many transfers in a call: together or each on its own, and what became of each.

use std::sync::Mutex;

use axum::http::Method;
use kernel::Uuid;
use ledger::TransferId;
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp, request};

/// A family's book with a bank account that never goes below zero, and the work that fills it.
pub struct Family {
    pub app: TestApp,
    pub signed: Signed,
    pub book: String,
    pub bank: String,
    pub work: String,
    /// How far the journal was with the last post: what is read must be as new.
    position: Mutex<String>,
}

pub fn id(number: u128) -> String {
    TransferId::from_uuid(Uuid::from_u128(number)).to_string()
}

impl Family {
    pub async fn new(db: &TestDatabase) -> Self {
        Self::of(TestApp::new(db).await).await
    }

    pub async fn of(app: TestApp) -> Self {
        let signed = app.register("saraa@example.mn").await;
        let books = app.get("/api/v1/books", &signed.access).await.json();
        let book = books["items"][0]["id"].as_str().unwrap().to_owned();
        let mut family = Self {
            app,
            signed,
            book,
            bank: String::new(),
            work: String::new(),
            position: Mutex::default(),
        };
        family.bank = family.open("Bank", "asset", "AUD", Some("0")).await;
        family.work = family.open("Work", "income", "AUD", None).await;
        family
    }

    /// Another family at the same place, with a book of theirs.
    pub fn beside(other: &Self, signed: Signed, book: String) -> Self {
        let (app, bank, work) = (other.app.clone(), String::new(), String::new());
        Self { app, signed, book, bank, work, position: Mutex::default() }
    }

    pub async fn open(
        &self,
        name: &str,
        kind: &str,
        commodity: &str,
        floor: Option<&str>,
    ) -> String {
        let mut body = json!({ "name": name, "type": kind, "commodity": commodity });
        if let Some(floor) = floor {
            body["floor"] = json!(floor);
        }
        let reply = self.post("accounts", name, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    pub async fn get(&self, path: &str) -> Reply {
        let path = format!("/api/v1/books/{}/{path}", self.book);
        let mut request = request(Method::GET, &path, &self.signed.access, None);
        let position = self.position.lock().unwrap().clone();
        if !position.is_empty() {
            request.headers_mut().insert("florin-position", position.parse().unwrap());
        }
        self.app.send(request).await
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        let path = format!("/api/v1/books/{}/{path}", self.book);
        let reply = self.app.post(&path, &self.signed.access, key, body).await;
        reply.header("florin-position").clone_into(&mut self.position.lock().unwrap());
        reply
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        let path = format!("/api/v1/books/{}/{path}", self.book);
        let reply =
            self.app.send(request(Method::PUT, &path, &self.signed.access, Some(body))).await;
        reply.header("florin-position").clone_into(&mut self.position.lock().unwrap());
        reply
    }

    /// Posts transfers; the answer's JSON.
    pub async fn transfers(&self, key: &str, atomicity: &str, transfers: Value) -> Value {
        let body = json!({ "transfers": transfers, "atomicity": atomicity });
        let reply = self.post("transfers", key, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    pub fn earn(&self, number: u128, amount: &str) -> Value {
        json!({ "id": id(number), "debit": self.bank, "credit": self.work, "amount": amount,
            "effective": "2026-01-05" })
    }

    pub fn spend(&self, number: u128, amount: &str) -> Value {
        json!({ "id": id(number), "debit": self.work, "credit": self.bank, "amount": amount,
            "effective": "2026-01-05" })
    }

    pub async fn balance(&self) -> String {
        self.posted(&self.bank).await
    }

    pub async fn posted(&self, account: &str) -> String {
        let account = self.get(&format!("accounts/{account}")).await.json();
        account["balance"]["posted"].as_str().unwrap().to_owned()
    }
}

/// Status and number, or the code, of each transfer of an answer.
fn told(answer: &Value) -> Vec<(String, Value)> {
    let one = |one: &Value| {
        let status = one["status"].as_str().unwrap().to_owned();
        (status, if one["code"].is_null() { one["number"].clone() } else { one["code"].clone() })
    };
    answer["transfers"].as_array().unwrap().iter().map(one).collect()
}

fn expected(list: Vec<(&str, Value)>) -> Vec<(String, Value)> {
    list.into_iter().map(|(status, what)| (status.to_owned(), what)).collect()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn each_stands_on_its_own_and_is_answered_in_order(db: TestDatabase) {
        let family = Family::new(&db).await;
        family.transfers("1", "together", json!([family.earn(1, "10.00")])).await;
        let mut stranger = family.earn(6, "1.00");
        stranger["debit"] = json!("acct_00000000000000000000000009");
        let mut named = family.earn(5, "2.00");
        named["purpose"] = json!("Wages");
        let mut refused = family.spend(3, "99.00");
        refused["purpose"] = json!("Never");
        let all = json!([
            family.earn(2, "5.00"),
            refused,
            family.earn(1, "10.00"),
            family.earn(1, "10.01"),
            stranger,
            named,
            family.earn(2, "5.00"),
        ]);
        let answer = family.transfers("2", "each", all.clone()).await;
        let outcome = expected(vec![
            ("done", json!(2)),
            ("rejected", json!("below_floor")),
            ("existing", json!(1)),
            ("rejected", json!("transfer_exists")),
            ("rejected", json!("account_unknown")),
            ("done", json!(3)),
            ("existing", json!(2)),
        ]);
        assert_eq!(told(&answer), outcome, "{answer}");
        assert_eq!(answer["transfers"][5]["id"], id(5).as_str());
        let detail = answer["transfers"][1]["detail"].as_str().unwrap();
        assert!(detail.contains("below what the account allows"), "{detail}");
        assert_eq!(family.balance().await, "17.00");
        // The same key: the same answer. Another: what was done is there already.
        let again = family.transfers("2", "each", all.clone()).await;
        assert_eq!(again, answer);
        let later = family.transfers("3", "each", all).await;
        let status: Vec<String> = told(&later).into_iter().map(|one| one.0).collect();
        let rejected = "rejected";
        assert_eq!(
            status,
            ["existing", rejected, "existing", rejected, rejected, "existing", "existing"]
        );
        assert_eq!(family.balance().await, "17.00");
        let listed = family.get("transfers").await.json();
        let purposes: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().map(|one| &one["purpose"]).collect();
        assert_eq!(purposes, [&json!("Wages"), &Value::Null, &Value::Null]);
    }

    async fn together_is_all_or_none_and_again_is_existing(db: TestDatabase) {
        let family = Family::new(&db).await;
        let both = json!([family.earn(1, "10.00"), family.spend(2, "4.00")]);
        let first = family.transfers("1", "together", both.clone()).await;
        let done = expected(vec![("done", json!(1)), ("done", json!(2))]);
        assert_eq!((told(&first), &first["first_number"]), (done, &json!(1)));
        let again = family.transfers("2", "together", both).await;
        let existing = expected(vec![("existing", json!(1)), ("existing", json!(2))]);
        assert_eq!(told(&again), existing);
        let mixed = json!({ "transfers": [family.earn(1, "10.00"), family.earn(3, "1.00")] });
        family.post("transfers", "3", &mixed).await.assert_problem(409, "transfer_exists");
        let mixed = json!({ "transfers": [family.earn(3, "1.00"), family.spend(4, "9.00")] });
        family.post("transfers", "4", &mixed).await.assert_problem(422, "below_floor");
        assert_eq!(family.balance().await, "6.00");
    }

    async fn a_key_that_is_sent_again_later_names_what_was_made(db: TestDatabase) {
        let family = Family::new(&db).await;
        let shop = family.open("Shop", "expense", "AUD", None).await;
        let (mut earn, mut spend) = (family.earn(1, "10.00"), family.spend(2, "99.00"));
        for transfer in [&mut earn, &mut spend] {
            transfer.as_object_mut().unwrap().remove("id");
        }
        let both = json!([earn, earn]);
        let together = family.transfers("1", "together", both.clone()).await;
        let some = json!([earn, spend]);
        let each = family.transfers("2", "each", some.clone()).await;
        db.clock.advance_seconds(60);
        assert_eq!(family.transfers("1", "together", both).await, together);
        assert_eq!(family.transfers("2", "each", some).await, each);
        assert_eq!(family.open("Shop", "expense", "AUD", None).await, shop);
        for one in together["transfers"].as_array().unwrap() {
            let path = format!("transfers/{}", one["id"].as_str().unwrap());
            assert_eq!(family.get(&path).await.json()["number"], one["number"]);
        }
        assert_eq!(family.balance().await, "30.00");
    }

    async fn ten_thousand_go_in_a_call_and_are_known_again(db: TestDatabase) {
        let family = Family::new(&db).await;
        let one = |number: u128| {
            let mut one = family.earn(number, "0.01");
            one["reference"] = json!(format!("INV-{number}"));
            one["purpose"] = json!(format!("Payment {number} of the year, by card, in the shop"));
            one
        };
        let all: Vec<Value> = (1..=10_000).map(one).collect();
        let first = family.transfers("1", "each", json!(all)).await;
        assert!(json!(all).to_string().len() > 2 << 20);
        let numbers = told(&first).into_iter().map(|one| one.1.as_u64().unwrap());
        assert!(numbers.eq(1..=10_000));
        assert_eq!(family.balance().await, "100.00");
        let last = json!([family.earn(10_001, "0.01")]);
        family.transfers("2", "each", last).await;
        let again = family.transfers("3", "each", json!(all)).await;
        for (number, (status, found)) in (1_u64..).zip(told(&again)) {
            assert_eq!((status.as_str(), found), ("existing", json!(number)));
        }
        let found = family.get("transfers?reference=INV-7777").await.json();
        assert_eq!(found["items"][0]["number"], 7_777, "{found}");
        let purpose = found["items"][0]["purpose"].as_str().unwrap();
        assert!(purpose.starts_with("Payment 7777 "), "{purpose}");

        let mut more = all;
        more.push(family.earn(20_000, "0.01"));
        let refused = family.post("transfers", "4", &json!({ "transfers": more })).await;
        refused.assert_problem(400, "invalid_fields");
        assert_eq!(refused.json()["errors"][0]["field"], "transfers");
        assert_eq!(family.balance().await, "100.01");
    }

    async fn a_hold_of_the_same_call_is_posted_in_part(db: TestDatabase) {
        let family = Family::new(&db).await;
        let mut hold = family.earn(1, "10.00");
        hold["type"] = json!("hold");
        let part = json!({ "type": "post_hold", "hold": id(1), "amount": "7.25" });
        family.transfers("1", "together", json!([hold, part])).await;
        assert_eq!(family.balance().await, "7.25");
    }
}
