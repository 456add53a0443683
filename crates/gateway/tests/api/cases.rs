//! Cases over HTTP: lines of an import that may be booked already.

use axum::http::Request;
use serde_json::{Value as Json, json};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp};

/// A family with an import that is in doubt.
struct House {
    app: TestApp,
    saraa: Signed,
    import: String,
}

fn statement(amount: &str) -> String {
    format!(
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n\
         COMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX><BANKMSGSRSV1><STMTTRNRS>\
         <TRNUID>0\n<STMTRS><CURDEF>AUD\n<BANKACCTFROM><ACCTID>1\n<ACCTTYPE>CHECKING\n\
         </BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>OTHER\n<DTPOSTED>20260302\n\
         <TRNAMT>{amount}\n<FITID>A1\n<NAME>TEA\n</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS>\
         </BANKMSGSRSV1></OFX>\n"
    )
}

impl House {
    async fn new(db: &TestDatabase) -> Self {
        let app = TestApp::new(db).await;
        let saraa = app.register("saraa@example.mn").await;
        let mut house = Self { app, saraa, import: String::new() };
        for amount in ["-5.00", "-5.50"] {
            let staged = house.stage(amount).await;
            house.import = staged["id"].as_str().unwrap().to_owned();
            if amount == "-5.00" {
                let path = format!("/imports/{}/book", house.import);
                assert_eq!(house.post(&house.saraa, &path, json!({})).await.status, 200);
            }
        }
        house
    }

    async fn stage(&self, amount: &str) -> Json {
        let request = Request::post("/api/v1/imports?file_name=march.ofx")
            .header("authorization", format!("Bearer {}", self.saraa.access))
            .header("idempotency-key", amount)
            .header("content-type", "application/octet-stream");
        self.app.send(request.body(statement(amount).into()).unwrap()).await.json()
    }

    async fn post(&self, who: &Signed, path: &str, body: Json) -> Reply {
        let key: String =
            format!("{path} {body}").chars().filter(char::is_ascii_alphanumeric).collect();
        self.app.post(&format!("/api/v1{path}"), &who.access, &key, &body).await
    }

    async fn get(&self, who: &Signed, path: &str) -> Json {
        self.app.get(&format!("/api/v1{path}"), &who.access).await.json()
    }
}

testing::both_databases! {
    modules = crate::harness::MODULES;

    async fn a_case_is_worked_on_and_decided_with_its_lines(db: TestDatabase) {
        let house = House::new(&db).await;
        let who = &house.saraa;
        let case = house.get(who, "/cases?state=open").await["items"][0].clone();
        assert_eq!(case, json!({
            "id": case["id"], "kind": "wealth.import.review", "state": "open",
            "subject": { "kind": "import", "id": house.import }, "priority": "normal",
            "due_at": "2026-04-07T10:30:00Z", "choices": ["book", "skip"], "may_decide": true,
            "created_at": "2026-03-31T10:30:00Z", "changed_at": "2026-03-31T10:30:00Z",
        }));
        let path = format!("/cases/{}", case["id"].as_str().unwrap());
        let comments = format!("{path}/comments");
        let said = house.post(who, &comments, json!({ "comment": "one tea" })).await;
        assert_eq!(said.status, 200);
        let given = house.post(who, &format!("{path}/assign"), json!({ "to": who.user })).await;
        assert_eq!(given.json()["assignee"], who.user);
        let change = json!({ "priority": "high", "due_at": "2026-04-30T00:00:00Z" });
        let changed = house.post(who, &format!("{path}/change"), change).await.json();
        assert_eq!(changed["priority"], "high");
        assert_eq!(changed["due_at"], "2026-04-30T00:00:00Z");
        let decide = format!("{path}/decide");
        let wrong = house.post(who, &decide, json!({ "choice": "burn" })).await;
        wrong.assert_problem(400, "invalid_fields");
        let decided = house.post(who, &decide, json!({ "choice": "skip" })).await.json();
        assert_eq!((&decided["state"], &decided["choice"]), (&json!("decided"), &json!("skip")));
        let late = house.post(who, &decide, json!({ "choice": "book" })).await;
        late.assert_problem(409, "case_state");
        let lines = house.get(who, &format!("/imports/{}/lines", house.import)).await;
        assert_eq!(lines["items"][0]["status"], "skipped");
        let entries = house.get(who, &format!("{path}/entries")).await;
        let steps: Vec<_> =
            entries["items"].as_array().unwrap().iter().map(|one| one["step"].clone()).collect();
        let expected =
            ["opened", "commented", "assigned", "prioritised", "postponed", "decided"];
        assert_eq!(json!(steps), json!(expected));
        assert_eq!(entries["items"][1]["comment"], "one tea");
    }

    async fn a_case_is_seen_and_decided_by_role(db: TestDatabase) {
        let house = House::new(&db).await;
        let mut others = Vec::new();
        for role in ["adviser", "child"] {
            let email = format!("{role}@example.mn");
            house.app.register(&email).await;
            let body = json!({ "email": email, "role": role });
            assert_eq!(house.post(&house.saraa, "/members", body).await.status, 201);
            others.push(house.app.login(&email, &house.saraa.tenant).await);
        }
        let case = house.get(&others[0], "/cases").await["items"][0].clone();
        assert_eq!(case["may_decide"], false);
        let path = format!("/cases/{}/decide", case["id"].as_str().unwrap());
        let body = json!({ "choice": "skip" });
        let adviser = house.post(&others[0], &path, body.clone()).await;
        adviser.assert_problem(403, "case_not_yours");
        house.post(&others[1], &path, body).await.assert_problem(403, "forbidden");
    }
}
