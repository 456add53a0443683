//! The calls that the ledger's page shows, as it shows them: its table is read, and each line is
//! sent, in its order.

use std::collections::BTreeMap;

use axum::http::Method;
use gateway::contract;
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::bulk::{Family, id};
use crate::harness::{Reply, request};

/// The cells of the table below a heading of the page, without its head.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ledger.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells =
        |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.map(cells).collect()
}

/// A book as it is before the first line of the table, and the ids that its names stand for.
struct Started {
    family: Family,
    ids: BTreeMap<String, String>,
    sent: usize,
}

impl Started {
    async fn new(db: &TestDatabase) -> Self {
        let family = Family::new(db).await;
        let mut ids = BTreeMap::new();
        for (name, kind) in [("KHAN", "asset"), ("JAR", "asset"), ("SHOP", "expense")] {
            ids.insert(name.to_owned(), family.open(name, kind, "EUR", None).await);
        }
        let work = family.open("Employer", "income", "EUR", None).await;
        let [khan, jar, shop] = ["KHAN", "JAR", "SHOP"].map(|name| ids[name].clone());
        let transfers = json!([
            { "id": id(1), "debit": khan, "credit": work, "amount": "60.00" },
            { "id": id(2), "debit": shop, "credit": khan, "amount": "10.00" },
            { "id": id(3), "debit": jar, "credit": work, "amount": "25.00" },
            { "id": id(4), "type": "hold", "debit": shop, "credit": khan, "amount": "30.00" },
        ]);
        family.transfers("started", "together", transfers).await;
        for (name, number) in [("WAGES", 1), ("PAID", 2), ("HOLD", 4)] {
            ids.insert(name.to_owned(), id(number));
        }
        family.post("groups", "assets", &json!({ "path": "assets" })).await;
        Self { family, ids, sent: 0 }
    }

    /// A text of the page with ids in the place of names.
    fn named(&self, text: &str) -> String {
        let is_letter = |c: char| c.is_ascii_uppercase();
        let mut named = String::new();
        let mut rest = text;
        while let Some(from) = rest.find(is_letter) {
            let to = rest[from..].find(|c| !is_letter(c)).map_or(rest.len(), |end| from + end);
            let word = &rest[from..to];
            named += &rest[..from];
            named += self.ids.get(word).map_or(word, String::as_str);
            rest = &rest[to..];
        }
        named + rest
    }

    /// What a line is sent as, and answered with.
    async fn send(&mut self, call: &str, with: &str) -> Reply {
        let (method, path) = call.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let body = (!with.is_empty()).then(|| {
            let body: Value = serde_json::from_str(&self.named(with)).unwrap();
            if call == "POST transfers" { json!({ "transfers": [body] }) } else { body }
        });
        let path = format!("/api/v1/books/{}/{}", self.family.book, self.named(path));
        let is_keyed = method == Method::POST;
        let mut request = request(method, &path, &self.family.signed.access, body.as_ref());
        if is_keyed {
            self.sent += 1;
            let key = format!("line {}", self.sent);
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        }
        let reply = self.family.app.send(request).await;
        // What was made or moved is named by the end of its path from now on.
        let answer = reply.json();
        if let (Some(path), Some(id)) = (answer["path"].as_str(), answer["id"].as_str()) {
            let name = path.rsplit(':').next().unwrap_or_default().to_uppercase();
            self.ids.insert(name, id.to_owned());
        }
        reply
    }
}

/// A cell's text without its marks.
fn plain(cell: &str) -> &str {
    cell.trim_matches('`')
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn every_call_of_the_page_is_answered_as_it_says(db: TestDatabase) {
        let mut started = Started::new(&db).await;
        let lines = table("Over HTTP");
        assert!(lines.len() > 15, "{lines:?}");
        for line in lines {
            let [_, call, with, answer] = &line[..] else { panic!("{line:?}") };
            let reply = started.send(plain(call), plain(with)).await;
            assert!(reply.status.is_success(), "{line:?}: {}", reply.text());
            let expected = started.named(plain(answer));
            assert!(reply.text().contains(&expected), "{line:?}: {}", reply.text());
        }
    }
}

#[test]
fn every_question_of_the_page_is_in_the_contract() {
    let contract: Value = serde_json::from_str(&contract()).unwrap();
    let lines = table("Questions");
    assert!(lines.len() > 8, "{lines:?}");
    for line in lines {
        for asked in line[1].split(", ").map(plain) {
            let (path, query) = asked.split_once('?').unwrap_or((asked, ""));
            let get = &contract["paths"][format!("/api/v1/books/{{book}}/{path}")]["get"];
            assert!(get.is_object(), "{path}");
            let known: Vec<&Value> =
                get["parameters"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
            for name in query.split(['&', '=']).filter(|name| !name.is_empty()) {
                assert!(known.contains(&&json!(name)), "{path}: {name}");
            }
        }
    }
}
