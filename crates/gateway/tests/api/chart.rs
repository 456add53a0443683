//! The chart of accounts through HTTP: a small firm's, with sums worked out by hand.

use serde_json::{Value, json};
use testing::TestDatabase;

use crate::bulk::{Family, id};

/// A family with `assets`, `assets:bank` and `income`; the bank's account stands in the second, a
/// jar in the first, the work in the third.
async fn charted(db: &TestDatabase) -> (Family, String) {
    let family = Family::new(db).await;
    for path in ["assets", "assets:bank", "income"] {
        let reply = family.post("groups", path, &json!({ "path": path })).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert_eq!(reply.json()["path"], path);
    }
    place(&family, &family.bank, "assets:bank:savings").await;
    place(&family, &family.work, "income:wages").await;
    let jar = json!({
        "name": "Jar", "type": "asset", "commodity": "AUD", "path": "assets:jar",
    });
    let jar = family.post("accounts", "jar", &jar).await.json();
    assert_eq!(jar["path"], "assets:jar");
    let jar = jar["id"].as_str().unwrap().to_owned();
    (family, jar)
}

async fn place(family: &Family, account: &str, path: &str) {
    let key = format!("{account} {path}");
    let moved =
        family.post(&format!("accounts/{account}/move"), &key, &json!({ "path": path })).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(moved.json()["path"], path);
}

/// What a group holds in Australian dollars: posted, held on either side.
fn held(group: &Value) -> [&str; 3] {
    let balance = group["balances"].as_array().unwrap().iter();
    let balance = balance.clone().find(|one| one["commodity"] == "AUD").unwrap();
    ["posted", "held_debit", "held_credit"].map(|field| balance[field].as_str().unwrap())
}

fn named<'a>(list: &'a Value, path: &str) -> &'a Value {
    let mut all = list.as_array().unwrap().iter();
    all.find(|one| one["path"] == path || one["group"]["path"] == path)
        .unwrap_or_else(|| panic!("no {path} in {list}"))
}

async fn group(family: &Family, path: &str) -> Value {
    named(&family.get("groups").await.json()["items"], path).clone()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn the_chart_is_a_tree_with_the_balances_that_are_kept(db: TestDatabase) {
        let (family, jar) = charted(&db).await;
        let mut hold = json!({ "type": "hold", "debit": jar, "credit": family.work });
        hold["amount"] = json!("7.00");
        let inside = json!({ "debit": jar, "credit": family.bank, "amount": "20.00" });
        let all = json!([family.earn(1, "100.00"), inside, hold]);
        family.transfers("moves", "together", all).await;
        let chart = family.get("chart").await.json();
        // 100 came in; 20 of it went from bank to jar, within the assets; 7 are held to come.
        let assets = named(&chart["groups"], "assets");
        assert_eq!(held(&assets["group"]), ["100.00", "7.00", "0.00"]);
        let bank = named(&assets["groups"], "assets:bank");
        assert_eq!(held(&bank["group"]), ["80.00", "0.00", "0.00"]);
        assert_eq!(bank["group"]["name"], "bank");
        assert_eq!(bank["group"]["parent"], assets["group"]["id"]);
        assert_eq!(bank["accounts"][0]["id"], family.bank.as_str());
        assert_eq!(named(&assets["accounts"], "assets:jar")["balance"]["posted"], "20.00");
        let income = named(&chart["groups"], "income");
        assert_eq!(held(&income["group"]), ["-100.00", "0.00", "7.00"]);
        let paths: Vec<&Value> =
            chart["groups"].as_array().unwrap().iter().map(|one| &one["group"]["path"]).collect();
        assert_eq!(paths, [&json!("assets"), &json!("income")]);
        let part = family.get("chart?below=assets:bank").await.json();
        assert_eq!((&part["groups"], &part["accounts"]), (&json!([bank]), &json!([])));
        family.get("chart?below=assets:nowhere").await.assert_problem(404, "path_unknown");
        family.get("chart?below=assets:jar").await.assert_problem(404, "path_unknown");
        family.get("chart?below=a%20b").await.assert_problem(400, "invalid_fields");
        // An account without a place stands at the top.
        let loose = family.open("Loose", "asset", "AUD", None).await;
        let chart = family.get("chart").await.json();
        let first = &chart["accounts"][0];
        assert_eq!((&first["id"], &first["path"]), (&json!(loose), &Value::Null));
    }

    async fn accounts_are_found_by_path_and_by_alias(db: TestDatabase) {
        let (family, jar) = charted(&db).await;
        let found = async |query: &str| {
            let page = family.get(&format!("accounts?{query}")).await.json();
            let ids = page["items"].as_array().unwrap().iter().map(|one| one["id"].clone());
            ids.collect::<Vec<Value>>()
        };
        assert_eq!(found("path=assets:bank:savings").await, [json!(family.bank)]);
        assert_eq!(found("path=assets:bank").await, [json!(null); 0]);
        assert_eq!(found("path=assets:bank:savings:more").await, [json!(null); 0]);
        let aliases = format!("accounts/{}/aliases", family.bank);
        let reply = family.post(&aliases, "alias", &json!({ "alias": "rainy-day" })).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["aliases"]), (200, &json!(["rainy-day"])));
        assert_eq!(found("alias=rainy-day").await, [json!(family.bank)]);
        assert_eq!(found("alias=rainy-day&path=assets:bank:savings").await, [json!(family.bank)]);
        assert_eq!(found("alias=rainy-day&path=assets:jar").await, [json!(null); 0]);
        assert_eq!(found("alias=rainy-day&type=income").await, [json!(null); 0]);
        assert_eq!(found("alias=sunny-day").await, [json!(null); 0]);
        let taken = format!("accounts/{jar}/aliases");
        let taken = family.post(&taken, "taken", &json!({ "alias": "rainy-day" })).await;
        taken.assert_problem(409, "already_exists");
        assert_eq!(taken.json()["errors"][0]["field"], "alias");
        let nobody = "accounts/acct_00000000000000000000000009/aliases";
        let nobody = family.post(nobody, "nobody", &json!({ "alias": "nobody" })).await;
        nobody.assert_problem(404, "account_unknown");
        let wrong = family.post(&aliases, "wrong", &json!({ "alias": "rainy day" })).await;
        wrong.assert_problem(400, "invalid_fields");
        assert_eq!(wrong.json()["errors"][0]["field"], "alias");
        family.get("accounts?path=a%20b").await.assert_problem(400, "invalid_fields");
    }

    async fn what_moves_takes_its_balance_along(db: TestDatabase) {
        let (family, _) = charted(&db).await;
        family.transfers("earn", "together", json!([family.earn(1, "100.00")])).await;
        let bank = group(&family, "assets:bank").await["id"].as_str().unwrap().to_owned();
        let path = format!("groups/{bank}/move");
        let moved = family.post(&path, "rename", &json!({ "path": "assets:banks" })).await.json();
        assert_eq!((&moved["path"], held(&moved)[0]), (&json!("assets:banks"), "100.00"));
        family.post(&path, "out", &json!({ "path": "banks" })).await;
        assert_eq!(held(&group(&family, "assets").await)[0], "0.00");
        assert_eq!(held(&group(&family, "banks").await)[0], "100.00");
        let account = family.get(&format!("accounts/{}", family.bank)).await.json();
        assert_eq!((&account["path"], &account["group"]), (&json!("banks:savings"), &json!(bank)));
        for (to, status, code) in [
            ("banks:below", 422, "group_cycle"),
            ("nowhere:bank", 422, "path_unknown"),
            ("assets:jar:bank", 422, "path_unknown"),
            ("income", 409, "already_exists"),
            ("in come", 400, "invalid_fields"),
        ] {
            let reply = family.post(&path, to, &json!({ "path": to })).await;
            reply.assert_problem(status, code);
            assert_eq!(reply.json()["errors"][0]["field"], "path", "{to}");
        }
        let mut open = json!({ "name": "X", "type": "asset", "commodity": "AUD" });
        open["path"] = json!("assets:jar");
        let reply = family.post("accounts", "taken", &open).await;
        reply.assert_problem(409, "already_exists");
        assert_eq!(reply.json()["errors"][0]["field"], "path");
        let names = family.get("accounts?name=X").await.json();
        assert_eq!(names["items"], json!([]), "an account whose path is taken was opened");
    }

    async fn a_group_keeps_to_its_limits(db: TestDatabase) {
        let (family, jar) = charted(&db).await;
        let assets = group(&family, "assets").await["id"].as_str().unwrap().to_owned();
        let path = format!("groups/{assets}/limits");
        let limits = json!({ "commodity": "AUD", "floor": "0.00", "ceiling": "50.00" });
        let limited = family.put(&path, &limits).await.json();
        let balance = &limited["balances"][0];
        assert_eq!((&balance["floor"], &balance["ceiling"]), (&json!("0.00"), &json!("50.00")));
        family.transfers("earn", "together", json!([family.earn(1, "50.00")])).await;
        let more = json!({ "debit": jar, "credit": family.work, "amount": "0.01", "id": id(2) });
        let more = json!({ "transfers": [more] });
        family.post("transfers", "more", &more).await.assert_problem(422, "group_above_ceiling");
        let inside = json!({ "debit": jar, "credit": family.bank, "amount": "50.00" });
        family.transfers("inside", "together", json!([inside])).await;
        let none = json!({ "commodity": "AUD", "floor": null, "ceiling": null });
        family.put(&path, &none).await;
        family.post("transfers", "now", &more).await;
        assert_eq!(held(&group(&family, "assets").await)[0], "50.01");
        for (commodity, field) in [("USD", "commodity"), ("no such", "commodity")] {
            let none = json!({ "commodity": commodity, "floor": null, "ceiling": null });
            let reply = family.put(&path, &none).await;
            reply.assert_problem(400, "invalid_fields");
            assert_eq!(reply.json()["errors"][0]["field"], field);
        }
        let nobody = "groups/agrp_00000000000000000000000009";
        family.get(nobody).await.assert_problem(404, "group_unknown");
        family.put(&format!("{nobody}/limits"), &none).await.assert_problem(404, "group_unknown");
    }

    async fn the_trial_balance_of_a_part_is_that_of_its_accounts(db: TestDatabase) {
        let (family, jar) = charted(&db).await;
        let mut inside = json!({ "debit": jar, "credit": family.bank, "amount": "20.00" });
        inside["effective"] = json!("2026-02-01");
        family.transfers("moves", "together", json!([family.earn(1, "100.00"), inside])).await;
        let part = async |query: &str| family.get(&format!("trial-balance?{query}")).await.json();
        let january = part("below=assets&as_of=2026-01-31").await;
        let line = |account: &str, balance: &str| {
            json!({ "account": account, "balance": balance, "commodity": "AUD" })
        };
        assert_eq!(january["accounts"], json!([line(&family.bank, "100.00")]));
        let totals = json!([{ "commodity": "AUD", "debit": "100.00", "credit": "0.00" }]);
        assert_eq!(january["totals"], totals);
        let february = part("below=assets&as_of=2026-02-28").await;
        assert_eq!(february["accounts"], json!([line(&family.bank, "80.00"), line(&jar, "20.00")]));
        let income = part("below=income&as_of=2026-02-28").await;
        let totals = json!([{ "commodity": "AUD", "debit": "0.00", "credit": "100.00" }]);
        assert_eq!(income["totals"], totals);
        let nowhere = family.get("trial-balance?below=nowhere").await;
        nowhere.assert_problem(404, "path_unknown");
    }

    async fn groups_come_in_pages_and_are_opened_once(db: TestDatabase) {
        let family = Family::new(&db).await;
        for number in 0..5 {
            let body = json!({ "path": format!("group-{number}") });
            let first = family.post("groups", &format!("g{number}"), &body).await;
            db.clock.advance_seconds(1);
            let again = family.post("groups", &format!("g{number}"), &body).await;
            assert_eq!((again.status.as_u16(), again.json()), (201, first.json()));
        }
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = family.get(&format!("groups?limit=2{cursor}")).await.json();
            names.extend(page["items"].as_array().unwrap().iter().map(|one| one["name"].clone()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(names, ["group-0", "group-1", "group-2", "group-3", "group-4"].map(Value::from));
        let taken = family.post("groups", "taken", &json!({ "path": "group-0" })).await;
        taken.assert_problem(409, "already_exists");
        assert_eq!(taken.json()["errors"][0]["field"], "path");
    }
}
