//! Closing periods, and freezing, limiting and closing accounts, through HTTP.

use serde_json::{Value, json};
use testing::TestDatabase;

use crate::bulk::{Family, id};

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn nothing_counts_from_a_closed_period(db: TestDatabase) {
        let family = Family::new(&db).await;
        let lock = async || family.get("period-lock").await.json()["until"].clone();
        assert_eq!(lock().await, Value::Null);
        family.transfers("before", "together", json!([family.earn(1, "10.00")])).await;
        let closed = family.put("period-lock", &json!({ "until": "2026-01-05" })).await;
        assert_eq!(closed.status, 200, "{}", closed.text());
        assert_eq!(closed.json(), json!({ "until": "2026-01-05" }));
        assert_eq!(lock().await, "2026-01-05");
        let late = json!({ "transfers": [family.earn(2, "1.00")] });
        let refused = family.post("transfers", "late", &late).await;
        refused.assert_problem(422, "period_locked");
        assert_eq!(refused.json()["errors"][0]["field"], "transfers[0]");
        let path = format!("transfers/{}/reversal", id(1));
        let back = family.post(&path, "back", &json!({ "effective": "2026-01-05" })).await;
        back.assert_problem(422, "period_locked");
        assert_eq!(back.json()["errors"][0]["field"], "effective");
        let next_day = family.post(&path, "next", &json!({ "effective": "2026-01-06" })).await;
        assert_eq!(next_day.status, 201, "{}", next_day.text());
        // Open again from the fourth on.
        family.put("period-lock", &json!({ "until": "2026-01-04" })).await;
        family.transfers("now", "together", json!([family.earn(2, "1.00")])).await;
        family.put("period-lock", &json!({ "until": null })).await;
        assert_eq!(lock().await, Value::Null);
        let wrong = family.put("period-lock", &json!({ "until": "05.01.2026" })).await;
        wrong.assert_problem(400, "invalid_fields");
        assert_eq!(wrong.json()["errors"][0]["field"], "until");
        // To open everything must be said.
        family.put("period-lock", &json!({})).await.assert_problem(400, "invalid_fields");
    }

    async fn a_frozen_account_takes_part_in_nothing(db: TestDatabase) {
        let family = Family::new(&db).await;
        let mut hold = family.earn(1, "5.00");
        hold["type"] = json!("hold");
        family.transfers("hold", "together", json!([hold])).await;
        let path = format!("accounts/{}", family.bank);
        let frozen = family.post(&format!("{path}/freeze"), "freeze", &json!({})).await;
        assert_eq!((frozen.status.as_u16(), &frozen.json()["frozen"]), (200, &json!(true)));
        assert_eq!(frozen.json()["name"], "Bank");
        let refused = async |key: &str, transfer: Value| {
            let reply = family.post("transfers", key, &json!({ "transfers": [transfer] })).await;
            reply.assert_problem(422, "account_frozen");
        };
        refused("earn", family.earn(2, "1.00")).await;
        refused("capture", json!({ "type": "post_hold", "hold": id(1) })).await;
        let void = json!([{ "type": "void_hold", "hold": id(1) }]);
        family.transfers("void", "together", void).await;
        // The same key again changes nothing; thawing does.
        let again = family.post(&format!("{path}/freeze"), "freeze", &json!({})).await;
        assert_eq!(again.json()["frozen"], true);
        let thawed = family.post(&format!("{path}/thaw"), "thaw", &json!({})).await;
        assert_eq!(thawed.json()["frozen"], false);
        family.transfers("now", "together", json!([family.earn(3, "1.00")])).await;
        assert_eq!(family.balance().await, "1.00");
    }

    async fn limits_are_set_and_lifted(db: TestDatabase) {
        let family = Family::new(&db).await;
        family.transfers("before", "together", json!([family.earn(1, "10.00")])).await;
        let path = format!("accounts/{}/limits", family.bank);
        let limits = json!({ "floor": "4.00", "ceiling": "12.50" });
        let limited = family.put(&path, &limits).await.json();
        assert_eq!((&limited["floor"], &limited["ceiling"]), (&json!("4.00"), &json!("12.50")));
        let refused = async |key: &str, transfer: Value, code: &str| {
            let reply = family.post("transfers", key, &json!({ "transfers": [transfer] })).await;
            reply.assert_problem(422, code);
        };
        refused("up", family.earn(2, "2.51"), "above_ceiling").await;
        refused("down", family.spend(3, "6.01"), "below_floor").await;
        family.put(&path, &json!({ "floor": null, "ceiling": null })).await;
        family.transfers("down now", "together", json!([family.spend(4, "16.01")])).await;
        assert_eq!(family.balance().await, "-6.01");
        for (body, field) in [
            (json!({ "floor": "1.001", "ceiling": null }), "floor"),
            (json!({ "floor": "2.00", "ceiling": "1.00" }), "ceiling"),
            (json!({ "floor": "2.00" }), ""),
        ] {
            let reply = family.put(&path, &body).await;
            reply.assert_problem(400, "invalid_fields");
            assert!(field.is_empty() || reply.json()["errors"][0]["field"] == field, "{body}");
        }
        let closed = family.open("Old", "asset", "AUD", None).await;
        let reply = family.post(&format!("accounts/{closed}/close"), "close", &json!({})).await;
        assert_eq!((&reply.json()["closed"], &reply.json()["name"]), (&json!(true), &json!("Old")));
        let reply = family.put(&format!("accounts/{closed}/limits"), &limits).await;
        reply.assert_problem(422, "account_closed");
    }
}
