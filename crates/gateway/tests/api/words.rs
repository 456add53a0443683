//! Every word that a call takes is taken by a line of a stream, with figures worked out by hand:
//! captures, balancing, closing, reversals, paths.

use axum::body::Body;
use gateway::Limits;
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::bulk::{Family, id};
use crate::intake::{Served, account, lines_to};

/// What a line is answered.
struct Wanted {
    status: &'static str,
    code: &'static str,
    field: &'static str,
    moved: &'static str,
}

fn done(moved: &'static str) -> Wanted {
    Wanted { status: "done", code: "", field: "", moved }
}

fn rejected(code: &'static str, field: &'static str) -> Wanted {
    Wanted { status: "rejected", code, field, moved: "" }
}

fn faulty(field: &'static str) -> Wanted {
    Wanted { status: "faulty", code: "invalid_fields", field, moved: "" }
}

/// A transfer with an id, which counts from a date.
fn line(number: u128, mut body: Value) -> Value {
    body["id"] = json!(id(number));
    body["effective"] = json!("2026-01-05");
    body
}

fn jar(number: u128, path: &str) -> Value {
    json!({ "account": { "id": account(number), "name": "Jar", "type": "asset",
        "commodity": "AUD", "path": path } })
}

/// Holds and what becomes of them.
fn holds(family: &Family, shop: &str) -> Vec<(Value, Wanted)> {
    let hold = |number, amount: &str| {
        let body = json!({ "type": "hold", "debit": shop, "credit": family.bank });
        let mut line = line(number, body);
        line["amount"] = json!(amount);
        line
    };
    let post = |number, body: Value| {
        let mut line = line(number, body);
        (line["type"], line["hold"]) = (json!("post_hold"), json!(id(2)));
        line
    };
    let void = |number, hold| line(number, json!({ "type": "void_hold", "hold": id(hold) }));
    let mut stray = void(7, 5);
    stray["amount"] = json!("7.00");
    vec![
        (family.earn(1, "80.00"), done("")),
        (hold(2, "15.00"), done("")),
        (post(3, json!({ "amount": "5.00", "rest": "keep" })), done("")),
        (post(4, json!({})), done("10.00")),
        (hold(5, "7.00"), done("")),
        (void(6, 5), done("")),
        (stray, faulty("amount")),
    ]
}

/// What takes back a line before it, or something else.
fn reversals(family: &Family) -> Vec<(Value, Wanted)> {
    let reversal = |number, original| line(number, json!({ "reverses": id(original) }));
    let said = |number, original, amount: &str| {
        let mut line = reversal(number, original);
        (line["debit"], line["credit"]) = (json!(family.work), json!(family.bank));
        line["amount"] = json!(amount);
        line
    };
    let mut exported = said(17, 11, "3.00");
    (exported["type"], exported["commodity"]) = (json!("transfer"), json!("AUD"));
    vec![
        (family.earn(8, "5.00"), done("")),
        (reversal(9, 8), done("")),
        (said(10, 8, "5.00"), rejected("already_reversed", "")),
        (family.earn(11, "3.00"), done("")),
        (said(12, 11, "2.00"), rejected("reversal_differs", "reverses")),
        (family.spend(13, "9999.00"), rejected("below_floor", "")),
        (reversal(14, 13), rejected("transfer_unknown", "reverses")),
        (reversal(15, 999), rejected("transfer_unknown", "reverses")),
        (reversal(16, 2), rejected("nothing_posted", "reverses")),
        (json!({ "transfer": exported }), done("")),
    ]
}

/// As much as there is: the bank has 80 less 15, and 3 that came and went.
fn balancing(family: &Family, shop: &str) -> Vec<(Value, Wanted)> {
    let all = |number| {
        line(
            number,
            json!({ "type": "post_up_to", "debit": shop, "credit": family.bank,
                "balancing": "credit" }),
        )
    };
    let mut some = all(18);
    some["maximum"] = json!("20.00");
    vec![
        (some, done("20.00")),
        (all(19), done("45.00")),
        (all(20), rejected("nothing_available", "")),
    ]
}

/// Accounts in their places, and one that is emptied and closed.
fn places(family: &Family, shop: &str) -> Vec<(Value, Wanted)> {
    let mut fill = line(
        21,
        json!({ "debit": account(7), "credit": family.work, "amount": "4.00", "code": 7,
            "reference": "R-1", "purpose": "Savings", "counterparty": "Saraa",
            "metadata": { "project": "roof" } }),
    );
    fill["type"] = json!("transfer");
    let close = json!({ "type": "close_into", "account": account(7), "into": shop });
    vec![
        (jar(7, "assets:jar"), done("")),
        (jar(8, "assets:jar"), rejected("already_exists", "")),
        (jar(9, "nowhere:jar"), rejected("path_unknown", "path")),
        (jar(10, "assets::jar"), faulty("path")),
        (jar(11, "jar"), done("")),
        (fill, done("")),
        (line(22, close), done("4.00")),
    ]
}

fn check(answer: &Value, wanted: &Wanted, again: bool, line: &Value) {
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    let status = if again && wanted.status == "done" { "existing" } else { wanted.status };
    let told = (text("status"), text("code"), text("field"), text("moved"));
    assert_eq!(told, (status, wanted.code, wanted.field, wanted.moved), "{line}: {answer}");
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn a_line_takes_every_word_that_a_call_takes(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        let family = &served.family;
        let shop = family.open("Shop", "expense", "AUD", None).await;
        let opened = family.post("groups", "assets", &json!({ "path": "assets" })).await;
        assert_eq!(opened.status, 201, "{}", opened.text());
        let mut lines = holds(family, &shop);
        lines.extend(reversals(family));
        lines.extend(balancing(family, &shop));
        lines.extend(places(family, &shop));

        // All at once, and then each after the answer to the one before.
        let mut talk = served.open("each", false).await;
        talk.send(lines.iter().map(|(line, _)| format!("{line}\n")).collect::<String>()).await;
        for (line, wanted) in &lines {
            check(&talk.next().await.unwrap(), wanted, false, line);
        }
        for (line, wanted) in &lines {
            talk.line(line).await;
            check(&talk.next().await.unwrap(), wanted, true, line);
        }
        talk.finish();
        assert_eq!(talk.next().await.unwrap()["end"], "finished");

        assert_eq!(family.balance().await, "0.00");
        let posted = family.get(&format!("accounts/{shop}")).await.json();
        assert_eq!(posted["balance"]["posted"], "84.00");
        let closed = family.get("accounts?path=assets:jar").await.json();
        assert_eq!((&closed["items"][0]["id"], &closed["items"][0]["closed"]),
            (&json!(account(7)), &json!(true)));
        let filled = family.get(&format!("transfers/{}", id(21))).await.json();
        for (field, value) in [
            ("code", json!(7)),
            ("reference", json!("R-1")),
            ("purpose", json!("Savings")),
            ("counterparty", json!("Saraa")),
            ("metadata", json!({ "project": "roof" })),
        ] {
            assert_eq!(filled[field], value, "{field}");
        }
    }

    async fn an_account_counts_what_its_own_book_says(db: TestDatabase) {
        let served = Served::new(&db, Limits::default()).await;
        let mine = &served.family;
        let other = mine.app.register("bat@example.mn").await;
        let books = mine.app.get("/api/v1/books", &other.access).await.json();
        let book = books["items"][0]["id"].as_str().unwrap().to_owned();
        let theirs = Family::beside(mine, other, book);
        // The same ids in two books, of which one counts cents and the other satoshis.
        for (family, commodity, fine, coarse) in
            [(mine, "AUD", "0.01", "0.001"), (&theirs, "BTC", "0.00000001", "0.000000001")]
        {
            let post = |number, amount| {
                json!([{ "id": id(number), "debit": account(7), "credit": account(8),
                    "amount": amount }])
            };
            // Who was not there is not remembered as such.
            let told = family.transfers("early", "each", post(1, "1")).await;
            assert_eq!(told["transfers"][0]["code"], "account_unknown");
            let open = |number| {
                json!({ "account": { "id": account(number), "type": "asset",
                    "commodity": commodity } })
            };
            let path = format!("/api/v1/books/{}/stream", family.book);
            let lines = format!("{}\n{}\n", open(7), open(8));
            let lines = lines_to(&path, &family.signed.access, Body::from(lines));
            assert!(mine.app.send(lines).await.text().contains("\"done\":2"));
            for number in [2, 3] {
                let told = family.transfers(&number.to_string(), "each", post(number, fine)).await;
                assert_eq!(told["transfers"][0]["status"], "done");
            }
            let body = json!({ "transfers": post(4, coarse) });
            let refused = family.post("transfers", "coarse", &body).await;
            refused.assert_problem(400, "invalid_fields");
        }
        assert_eq!(mine.posted(&account(7)).await, "0.02");
        assert_eq!(theirs.posted(&account(7)).await, "0.00000002");
    }
}
