//! What transfers do beside moving an amount: captures of a hold, as much as there is, closing,
//! reversals; each word through HTTP with figures worked out by hand.

use serde_json::{Value, json};
use testing::{Cell, TestDatabase};

use crate::bulk::{Family, id};

/// Posts one transfer; what became of it.
async fn one(family: &Family, number: u128, mut transfer: Value) -> Value {
    transfer["id"] = json!(id(number));
    let answer = family.transfers(&format!("one {number}"), "together", json!([transfer])).await;
    answer["transfers"][0].clone()
}

/// Posts one transfer that is refused.
async fn refused(family: &Family, transfer: Value, status: u16, code: &str) -> Value {
    let key = transfer.to_string();
    let reply = family
        .post("transfers", &key[..key.len().min(200)], &json!({ "transfers": [transfer] }))
        .await;
    reply.assert_problem(status, code);
    reply.json()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn a_hold_is_captured_in_parts(db: TestDatabase) {
        let family = Family::new(&db).await;
        let mut hold = family.earn(1, "100.00");
        hold["type"] = json!("hold");
        one(&family, 1, hold).await;
        let shown = family.get(&format!("transfers/{}", id(1))).await.json();
        assert_eq!((&shown["type"], &shown["left"]), (&json!("hold"), &json!("100.00")));
        let part = json!({ "type": "post_hold", "hold": id(1), "amount": "30.00", "rest": "keep" });
        let done = one(&family, 2, part).await;
        assert_eq!((&done["status"], done.get("moved")), (&json!("done"), None));
        let shown = family.get(&format!("transfers/{}", id(1))).await.json();
        assert_eq!(shown["left"], "70.00");
        let shown = family.get(&format!("transfers/{}", id(2))).await.json();
        assert_eq!((&shown["rest"], &shown["hold"]), (&json!("keep"), &json!(id(1))));
        let too_much = json!({ "type": "post_hold", "hold": id(1), "amount": "70.01" });
        let problem = refused(&family, too_much, 422, "hold_exceeded").await;
        assert_eq!(problem["errors"][0]["field"], "transfers[0]");
        // What is left is what the answer says, also where it was done before.
        let rest = json!({ "type": "post_hold", "hold": id(1), "rest": "keep" });
        assert_eq!(one(&family, 3, rest.clone()).await["moved"], "70.00");
        let mut again = rest;
        again["id"] = json!(id(3));
        let again = family.transfers("again", "together", json!([again])).await;
        assert_eq!(again["transfers"][0]["status"], "existing");
        assert_eq!(again["transfers"][0]["moved"], "70.00");
        assert_eq!(family.balance().await, "100.00");
        // Nothing is left: it is settled, though the capture would have kept the rest.
        let more = json!({ "type": "post_hold", "hold": id(1), "amount": "0.01" });
        refused(&family, more, 422, "hold_not_open").await;
        let shown = family.get(&format!("transfers/{}", id(1))).await.json();
        assert_eq!(shown["left"], Value::Null);
        let captures = family.get(&format!("transfers?hold={}", id(1))).await.json();
        let numbers: Vec<&Value> =
            captures["items"].as_array().unwrap().iter().map(|one| &one["number"]).collect();
        assert_eq!(numbers, [&json!(3), &json!(2)]);
    }

    async fn as_much_as_there_is_moves_and_is_told(db: TestDatabase) {
        let family = Family::new(&db).await;
        let shop = family.open("Shop", "expense", "AUD", None).await;
        one(&family, 1, family.earn(1, "80.00")).await;
        let mut hold = json!({ "type": "hold", "debit": shop, "credit": family.bank });
        hold["amount"] = json!("15.00");
        one(&family, 2, hold).await;
        // 80 posted, 15 of it held: 65 can go, of which 20 are asked for, then the rest.
        let all = json!({
            "type": "post_up_to", "debit": shop, "credit": family.bank, "balancing": "credit",
        });
        let mut some = all.clone();
        some["maximum"] = json!("20.00");
        assert_eq!(one(&family, 3, some.clone()).await["moved"], "20.00");
        some["maximum"] = json!("50.00");
        assert_eq!(one(&family, 4, some).await["moved"], "45.00");
        let shown = family.get(&format!("transfers/{}", id(4))).await.json();
        let told = ["type", "balancing", "maximum", "amount"].map(|field| &shown[field]);
        let expected = ["post_up_to", "credit", "50.00", "45.00"].map(|text| json!(text));
        assert_eq!(told, expected.each_ref());
        refused(&family, all.clone(), 422, "nothing_available").await;
        assert_eq!(family.balance().await, "15.00");
        // A customer's deposit of 40 pays out as far as it goes: the debited one is balanced.
        let deposit = family.open("Deposit", "liability", "AUD", None).await;
        let paid_in = json!({ "debit": family.work, "credit": deposit, "amount": "40.00" });
        one(&family, 5, paid_in).await;
        let mut out = all;
        (out["debit"], out["credit"]) = (json!(deposit), json!(family.work));
        out["balancing"] = json!("debit");
        assert_eq!(one(&family, 6, out.clone()).await["moved"], "40.00");
        let answer = json!([family.earn(7, "1.00"), out, family.earn(8, "1.00")]);
        let each = family.transfers("each", "each", answer).await;
        assert_eq!(each["transfers"][1]["code"], "nothing_available");
        assert_eq!(each["transfers"][2]["status"], "done");
        out.as_object_mut().unwrap().remove("balancing");
        let problem = refused(&family, out, 400, "invalid_fields").await;
        assert_eq!(problem["errors"][0]["field"], "transfers[0].balancing");
    }

    async fn an_account_is_closed_into_another(db: TestDatabase) {
        let family = Family::new(&db).await;
        let old = family.open("Old", "asset", "AUD", None).await;
        let debt = family.open("Debt", "liability", "AUD", None).await;
        one(&family, 1, json!({ "debit": old, "credit": family.work, "amount": "12.34" })).await;
        one(&family, 2, json!({ "debit": family.work, "credit": debt, "amount": "5.00" })).await;
        let close = |account: &str| {
            json!({ "type": "close_into", "account": account, "into": family.bank })
        };
        assert_eq!(one(&family, 3, close(&old)).await["moved"], "12.34");
        // A debt of 5 is positive on its own side, and comes out of the bank.
        assert_eq!(one(&family, 4, close(&debt)).await["moved"], "5.00");
        assert_eq!(family.balance().await, "7.34");
        let shown = family.get(&format!("transfers/{}", id(4))).await.json();
        let told = ["type", "debit", "credit", "amount", "closed"].map(|field| &shown[field]);
        let expected = ["close_into", &debt, &family.bank, "5.00", &debt].map(|text| json!(text));
        assert_eq!(told, expected.each_ref());
        assert_eq!(family.get(&format!("accounts/{old}")).await.json()["closed"], true);
        refused(&family, close(&old), 422, "account_closed").await;
        // An overdrawn asset has less than nothing: its balance says so.
        let overdrawn = family.open("Overdrawn", "asset", "AUD", None).await;
        let spent = json!({ "debit": family.work, "credit": overdrawn, "amount": "1.00" });
        one(&family, 5, spent).await;
        assert_eq!(one(&family, 6, close(&overdrawn)).await["moved"], "-1.00");
        assert_eq!(family.balance().await, "6.34");
    }

    async fn a_transfer_is_taken_back_once_and_in_full(db: TestDatabase) {
        let family = Family::new(&db).await;
        let mut earned = family.earn(1, "10.00");
        earned["code"] = json!(7);
        one(&family, 1, earned).await;
        let body = json!({ "id": id(2), "effective": "2026-01-06", "purpose": "Paid twice" });
        let path = format!("transfers/{}/reversal", id(1));
        let reply = family.post(&path, "back", &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let reversal = reply.json();
        let told = ["debit", "credit", "amount", "reverses", "purpose", "effective"];
        let expected =
            [&family.work, &family.bank, "10.00", &id(1), "Paid twice", "2026-01-06"];
        assert_eq!(told.map(|field| &reversal[field]), expected.map(|text| json!(text)).each_ref());
        assert_eq!(reversal["code"], 7);
        assert_eq!(family.balance().await, "0.00");
        let original = family.get(&format!("transfers/{}", id(1))).await.json();
        assert_eq!(original["reversed_by"], json!(id(2)));
        // The same again, under the same key or by the same id; then another.
        assert_eq!(family.post(&path, "back", &body).await.json(), reversal);
        assert_eq!(family.post(&path, "back again", &body).await.json(), reversal);
        let other = family.post(&path, "other", &json!({})).await;
        other.assert_problem(409, "already_reversed");
        // A reversal is reversed, in a call of transfers that says no more than what.
        one(&family, 3, json!({ "reverses": id(2) })).await;
        assert_eq!(family.balance().await, "10.00");
        let nothing = format!("transfers/{}/reversal", id(99));
        family.post(&nothing, "none", &json!({})).await.assert_problem(404, "transfer_unknown");
        let later = json!({ "effective": "06/01/2026" });
        let reply = family.post(&path, "date", &later).await;
        reply.assert_problem(400, "invalid_fields");
        assert_eq!(reply.json()["errors"][0]["field"], "effective");
    }

    async fn what_is_no_reversal_is_not_taken_for_one(db: TestDatabase) {
        let family = Family::new(&db).await;
        one(&family, 1, family.earn(1, "10.00")).await;
        let mut part = family.spend(2, "9.99");
        part["reverses"] = json!(id(1));
        refused(&family, part, 422, "reversal_differs").await;
        let mut same_way = family.earn(2, "10.00");
        same_way["reverses"] = json!(id(1));
        refused(&family, same_way, 422, "reversal_differs").await;
        let mut of_nothing = family.spend(2, "10.00");
        of_nothing["reverses"] = json!(id(99));
        let problem = refused(&family, of_nothing, 422, "transfer_unknown").await;
        assert_eq!(problem["errors"][0]["field"], "transfers[0]");
        let problem = refused(&family, json!({ "reverses": id(99) }), 400, "invalid_fields").await;
        assert_eq!(problem["errors"][0]["field"], "transfers[0].reverses");
        let mut hold = family.earn(3, "4.00");
        hold["type"] = json!("hold");
        one(&family, 3, hold).await;
        let path = format!("transfers/{}/reversal", id(3));
        family.post(&path, "hold", &json!({})).await.assert_problem(422, "nothing_posted");
        let mut whole = family.spend(4, "10.00");
        whole["reverses"] = json!(id(1));
        one(&family, 4, whole).await;
        assert_eq!(family.balance().await, "0.00");
        // Within one call, too: what it makes first, it may take back in full only.
        let (made, mut back) = (family.earn(5, "3.00"), family.spend(6, "2.00"));
        back["reverses"] = json!(id(5));
        let both = json!({ "transfers": [made.clone(), back.clone()] });
        family.post("transfers", "part", &both).await.assert_problem(422, "reversal_differs");
        back["amount"] = json!("3.00");
        family.transfers("full", "together", json!([made, back])).await;
        assert_eq!(family.balance().await, "0.00");
    }

    async fn a_field_of_another_type_is_refused(db: TestDatabase) {
        let family = Family::new(&db).await;
        for (mut transfer, field) in [
            (family.earn(1, "1.00"), "rest"),
            (json!({ "type": "void_hold", "hold": id(1) }), "amount"),
            (json!({ "type": "close_into", "account": family.bank, "into": family.work }), "debit"),
            (json!({ "type": "post_hold", "hold": id(1) }), "reverses"),
        ] {
            transfer[field] = match field {
                "rest" => json!("keep"),
                "amount" => json!("1.00"),
                "debit" => json!(family.bank),
                _ => json!(id(9)),
            };
            let problem = refused(&family, transfer, 400, "invalid_fields").await;
            assert_eq!(problem["errors"][0]["field"], format!("transfers[0].{field}"));
            assert_eq!(problem["errors"][0]["rule"], "not_here");
        }
        let wrong = json!({ "type": "post_hold", "hold": id(1), "rest": "half" });
        let problem = refused(&family, wrong, 400, "invalid_fields").await;
        assert_eq!(problem["errors"][0]["field"], "transfers[0].rest");
    }

    async fn a_transfer_says_where_it_stands_in_the_journal(db: TestDatabase) {
        let family = Family::new(&db).await;
        let before = family.earn(1, "1.00");
        one(&family, 1, before).await;
        let two = json!([family.earn(2, "2.00"), family.earn(3, "3.00")]);
        family.transfers("two", "together", two).await;
        family.post(&format!("accounts/{}/freeze", family.work), "freeze", &json!({})).await;
        let record = async |number| {
            family.get(&format!("transfers/{}/record", id(number))).await.json()
        };
        let (first, second, third) = (record(1).await, record(2).await, record(3).await);
        // Each call of this test is one record; two transfers of a call are in the same one.
        assert_eq!(second, third);
        assert_eq!(second["previous_hash"], first["hash"]);
        assert_eq!(second["seq"].as_u64().unwrap(), first["seq"].as_u64().unwrap() + 1);
        assert_eq!(second["actor"]["kind"], "user");
        assert_eq!(second["actor"]["id"], family.signed.user.as_str());
        let raw = db.raw().await;
        let sql = "SELECT hash FROM journal ORDER BY seq DESC LIMIT 3";
        let hashes: Vec<Cell> = raw.rows(sql).await.into_iter().flatten().collect();
        let told = |record: &Value| {
            let hash = record["hash"].as_str().unwrap().as_bytes();
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
            Cell::Bytes(hash.chunks(2).map(|pair| byte(pair).unwrap()).collect())
        };
        // The last record froze the account.
        assert_eq!(hashes[1..], [told(&second), told(&first)]);
        let nothing = family.get(&format!("transfers/{}/record", id(9))).await;
        nothing.assert_problem(404, "transfer_unknown");
    }
}
