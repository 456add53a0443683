//! What the contract promises, held against the routes: nobody gets in without a token, no role
//! does what its table does not say, no tenant reaches another's things.

use std::collections::BTreeMap;

use axum::http::Method;
use gateway::contract;
use identity::{Action, Role, authorise};
use serde_json::{Value, json};
use testing::{TestDatabase, golden_text};

use crate::errands::Errand;
use crate::harness::{Signed, TestApp, request};

/// The operations that need no token. Nothing is added here lightly.
const PUBLIC: [&str; 4] = ["register", "login", "refresh", "logout"];

/// The POSTs with a token whose lines name their own ids, so that they take no key.
const KEYLESS: [&str; 1] = ["stream_lines"];

/// One operation of the contract.
struct Operation {
    path: String,
    method: Method,
    id: String,
    value: Value,
}

fn operations() -> Vec<Operation> {
    let contract: Value = serde_json::from_str(&contract()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        for (method, value) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            let id = value["operationId"].as_str().unwrap_or_default().to_owned();
            operations.push(Operation { path: path.clone(), method, id, value: value.clone() });
        }
    }
    assert!(operations.len() > 5);
    operations
}

/// What stands in place of the parameters of a path. A new kind of id gets its line here, made by a
/// request of the other tenant.
async fn foreign_ids(
    db: &TestDatabase,
    app: &TestApp,
    other: &Signed,
) -> BTreeMap<&'static str, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let post = async |path: &str, body: Value| {
        let key = format!("foreign {path} {}", body["name"]);
        let reply = app.post(&format!("/api/v1{path}"), &other.access, &key, &body).await;
        assert_eq!(reply.status, 201, "{path}: {reply:?}");
        reply.json()
    };
    let books = app.get("/api/v1/books", &other.access).await.json();
    let book = text(&books["items"][0]["id"]);
    let account = async |name: &str, kind: &str| {
        let body = json!({ "name": name, "type": kind, "commodity": "AUD" });
        text(&post(&format!("/books/{book}/accounts"), body).await["id"])
    };
    let (debit, credit) = (account("Cash", "asset").await, account("Work", "income").await);
    let transfer = json!({ "debit": debit, "credit": credit, "amount": "1.00" });
    let body = json!({ "transfers": [transfer] });
    let posted = post(&format!("/books/{book}/transfers"), body).await;
    let group = post(&format!("/books/{book}/groups"), json!({ "path": "assets" })).await;
    let (payee, sent) = remittance(app, other, (&book, &debit)).await;
    let money = json!({ "amount": "5.00", "currency": "AUD" });
    let asset = json!({
        "name": "Jar", "type": "cash", "country": "AU", "opened_on": "2020-01-01",
        "holding": { "kind": "balance", "balance": money },
    });
    let asset = post("/assets", asset).await;
    let csv = "Date,Description,Amount,Balance\n2020-01-02,Shop,-1.00,4.00\n";
    let mut request = request(Method::POST, "/api/v1/imports?file_name=a.csv", &other.access, None);
    request.headers_mut().insert("idempotency-key", "foreign import".parse().unwrap());
    *request.body_mut() = csv.into();
    let import = app.send(request).await;
    assert_eq!(import.status, 201, "{import:?}");
    let object = post("/objects", json!({ "name": "a.pdf", "size": 5 })).await;
    let (job, schedule) = errands(db, other).await;
    let told = told(app, other).await;
    let (approval, delegation) = requests(db, app, other).await;
    let case = doubt(db, other).await;
    BTreeMap::from([
        ("approval", approval),
        ("case", case),
        ("delegation", delegation),
        ("job", job),
        ("saga", text(&sent["saga"])),
        ("payee", payee),
        ("remittance", text(&sent["id"])),
        ("schedule", schedule),
        // Every tenant is a party of its own.
        ("party", other.tenant.replace("tenant_", "party_")),
        ("book", book),
        ("account", debit),
        ("group", text(&group["id"])),
        ("transfer", text(&posted["transfers"][0]["id"])),
        ("asset", text(&asset["id"])),
        ("import", text(&import.json()["id"])),
        ("line", "1".to_owned()),
        ("object", text(&object["id"])),
        ("matter", "2026-17".to_owned()),
        ("address", text(&told["address"])),
        ("notice", text(&told["notice"])),
        ("delivery", text(&told["delivery"])),
    ])
}

/// An address of somebody, and a notice that goes there.
async fn told(app: &TestApp, whose: &Signed) -> Value {
    let post = async |path: &str, body: Value| {
        let reply = app.post(&format!("/api/v1{path}"), &whose.access, path, &body).await;
        assert!(reply.status.is_success(), "{path}: {reply:?}");
        reply.json()
    };
    let hook = json!({ "channel": "webhook", "address": "https://hooks.example.mn/" });
    let address = post("/notices/addresses", hook).await["id"].clone();
    let path = format!("/notices/addresses/{}/test", address.as_str().unwrap());
    let notice = post(&path, json!({})).await;
    let delivery = notice["deliveries"][0]["id"].clone();
    json!({ "address": address, "notice": notice["id"], "delivery": delivery })
}

/// A payee of an account, and what its own family sends to it.
async fn remittance(
    app: &TestApp,
    whose: &Signed,
    (book, account): (&str, &str),
) -> (String, Value) {
    let post = async |path: &str, body: Value| {
        let reply = app.post(&format!("/api/v1{path}"), &whose.access, path, &body).await;
        assert!(reply.status.is_success(), "{path}: {reply:?}");
        reply.json()
    };
    let body = json!({ "book": book, "account": account, "name": "The others" });
    let payee = post("/payees", body).await["id"].clone();
    let body = json!({ "book": book, "account": account, "payee": payee, "amount": "1.00" });
    let sent = post("/remittances", body).await;
    (payee.as_str().unwrap().to_owned(), sent)
}

/// A job and a schedule of somebody: no request makes one.
async fn errands(db: &TestDatabase, whose: &Signed) -> (String, String) {
    let context = db.context(whose.tenant.parse().unwrap());
    let level = storage::Level::Tenant(context.tenant);
    let mut tx = db.database.begin(level, storage::Mode::Write).await.unwrap();
    let new = jobs::NewJob::of(&Errand {}).unwrap();
    let job = jobs::enqueue(&mut tx, &context, new.clone()).await.unwrap();
    let cron = jobs::Cron::parse("@daily", "UTC").unwrap();
    let schedule = jobs::NewSchedule::new("nightly", cron, new).unwrap();
    jobs::put_schedule(&mut tx, &context, &schedule).await.unwrap();
    tx.commit().await.unwrap();
    (job.id.to_string(), "nightly".to_owned())
}

/// A case of somebody.
async fn doubt(db: &TestDatabase, whose: &Signed) -> String {
    let context = db.context(whose.tenant.parse().unwrap());
    let level = storage::Level::Tenant(context.tenant);
    let mut tx = db.database.begin(level, storage::Mode::Write).await.unwrap();
    let roof = storage::log::ObjectRef::new("roof", "north");
    let case = cases::open(&mut tx, &context, &LEAK, &roof).await.unwrap();
    tx.commit().await.unwrap();
    case.to_string()
}

/// Something that somebody must decide.
static LEAK: cases::CaseKind = cases::CaseKind {
    name: "house.leak",
    choices: &["mend"],
    readers: &Role::ALL,
    deciders: &Role::ALL,
    priority: cases::Priority::Normal,
    due_seconds: 86_400,
};

/// A request for approval and a delegation of somebody, who has another to ask.
async fn requests(db: &TestDatabase, app: &TestApp, whose: &Signed) -> (String, String) {
    let (email, path) = ("another@example.mn", "/api/v1/approvals/delegations");
    let another = app.register(email).await;
    let body = json!({ "email": email, "role": "adult" });
    app.post("/api/v1/members", &whose.access, "another", &body).await;
    let body = json!({ "to": another.user, "until": "2026-04-30T00:00:00Z" });
    let delegation = app.post(path, &whose.access, "foreign delegation", &body).await.json();
    let actor = kernel::Actor::User { id: whose.user.parse().unwrap() };
    let context = kernel::Context { actor, ..db.context(whose.tenant.parse().unwrap()) };
    let level = storage::Level::Tenant(context.tenant);
    let mut tx = db.database.begin(level, storage::Mode::Write).await.unwrap();
    let subject = storage::log::ObjectRef::new("house", "home");
    let command = approvals::Command::new(&SELL, subject, &json!({})).unwrap();
    let asked = approvals::ask(&mut tx, &context, &command, "we move").await.unwrap();
    tx.commit().await.unwrap();
    (asked.id.to_string(), delegation["id"].as_str().unwrap().to_owned())
}

static SELL_ASKED: notices::Kind = notices::Kind {
    name: "house.sell_asked",
    severity: notices::Severity::Info,
    params: &[("until", notices::ParamType::Date)],
    texts: &[],
};

/// Something that another must approve.
static SELL: approvals::CommandKind = approvals::CommandKind {
    name: "house.sell",
    rules: &[approvals::Rule { from: None, people: 1, roles: &[Role::Adult] }],
    short: approvals::Short::Barred,
    seconds_max: 86_400,
    asked: &SELL_ASKED,
};

fn fill(path: &str, ids: &BTreeMap<&'static str, String>) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix('{') {
        Some(name) => {
            let name = name.trim_end_matches('}');
            let id = ids.get(name);
            id.unwrap_or_else(|| panic!("{path}: foreign_ids has no {name}")).clone()
        }
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A request with a token that says as little as its operation allows.
fn bare(operation: &Operation, path: &str, token: &str) -> axum::http::Request<axum::body::Body> {
    let has_body = operation.value.get("requestBody").is_some();
    let body = has_body.then(|| least(&operation.id));
    let parameters = operation.value["parameters"].as_array().into_iter().flatten();
    let asked = parameters.filter(|one| one["in"] == "query" && one["required"] == true);
    let query: Vec<String> =
        asked.map(|one| format!("{}=2026-01-01", one["name"].as_str().unwrap())).collect();
    let path =
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
    let mut request = request(operation.method.clone(), &path, token, body.as_ref());
    request.headers_mut().insert("idempotency-key", operation.id.parse().unwrap());
    request
}

/// What is no id at all.
const NOBODYS: &str = "nobody";

/// The least that a body says to be read.
fn least(operation: &str) -> Value {
    match operation {
        "define_commodity" => json!({ "code": "POINT", "scale": 0 }),
        "open_account" => json!({ "name": "Cash", "type": "asset", "commodity": "AUD" }),
        "post_transfers" => json!({ "transfers": [] }),
        "open_group" | "move_group" | "move_account" => json!({ "path": "assets" }),
        "limit_account" => json!({ "floor": null, "ceiling": null }),
        "limit_group" => json!({ "commodity": "AUD", "floor": null, "ceiling": null }),
        "add_account_alias" => json!({ "alias": "till" }),
        "lock_period" => json!({ "until": null }),
        "decide_import_line" => json!({ "decision": "skip" }),
        "comment_case" => json!({ "comment": "it rains" }),
        "assign_case" => json!({ "to": null }),
        "decide_case" => json!({ "choice": "mend" }),
        "undo_import" => json!({ "reason": "wrong file" }),
        "open_payee" => json!({ "book": NOBODYS, "account": NOBODYS, "name": "Us" }),
        "send_remittance" => json!({
            "book": NOBODYS, "account": NOBODYS, "payee": NOBODYS, "amount": "1.00",
        }),
        "read_notices" => json!({ "through": "notice_01h0000000e008000000000000" }),
        "put_notice_preferences" => json!({
            "language": "en", "zone": "UTC", "quiet": null, "digest_minute": 0,
            "digest_weekday": 0, "worth_change_bp": 0, "choices": [],
        }),
        "confirm_notice_address" => json!({ "code": "042317" }),
        "add_notice_address" => json!({ "channel": "email", "address": "bat@example.mn" }),
        "keep_object_until" => json!({ "until": "2036-12-31T00:00:00Z" }),
        _ => json!({}),
    }
}

#[test]
fn the_contract_is_what_was_agreed() {
    golden_text("testdata/openapi.json", &contract());
}

#[test]
fn the_contract_keeps_the_rules_of_its_generators() {
    let contract: Value = serde_json::from_str(&contract()).unwrap();
    assert_eq!(contract["openapi"], "3.1.0");
    let mut ids = Vec::new();
    for operation in operations() {
        let Operation { id, value, method, path } = &operation;
        assert!(!id.is_empty(), "{method} {path} has no operation id");
        ids.push(id.clone());
        let responses = value["responses"].as_object().unwrap();
        let public = PUBLIC.contains(&id.as_str());
        let mut expected = vec!["400", "429", "500", "503", "504"];
        if !public {
            expected.extend(["401", "403"]);
            let action = value["x-action"].as_str().unwrap_or_default();
            assert!(Action::all().any(|known| known.as_str() == action), "{id}: {action:?}");
            assert_eq!(value["security"], json!([{ "bearer": [] }]), "{id}");
        }
        if path.contains('{') {
            expected.push("404");
        }
        if *method != Method::GET {
            expected.extend(["409", "422"]);
        }
        if *method == Method::POST {
            let parameters = value["parameters"].as_array().cloned().unwrap_or_default();
            let has_key = parameters.iter().any(|one| one["name"] == "Idempotency-Key");
            assert_eq!(has_key, !public && !KEYLESS.contains(&id.as_str()), "{id}");
        }
        for status in expected {
            assert!(responses.contains_key(status), "{id} does not list {status}");
        }
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id}");
        assert!(value["summary"].is_string() && value["tags"].is_array(), "{id}");
    }
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids are unique");
    walk(&contract, "");
}

/// Rules that hold wherever a schema stands.
fn walk(value: &Value, path: &str) {
    if let Some(object) = value.as_object() {
        if object.get("format") == Some(&json!("decimal")) {
            assert!(!object.contains_key("pattern"), "{path}: a pattern beside format decimal");
        }
        if object.get("in") == Some(&json!("header")) {
            let format = value.pointer("/schema/format");
            assert_ne!(format, Some(&json!("uuid")), "{path}: format uuid on a header");
        }
        for choice in ["oneOf", "anyOf"] {
            let shapes = object.get(choice).and_then(Value::as_array);
            let shapes = shapes.into_iter().flatten().filter(|shape| shape["type"] != "null");
            let discriminated = object.contains_key("discriminator");
            assert!(discriminated || shapes.count() < 2, "{path}: {choice} has no discriminator");
        }
        let is_money = |text: &str| text.to_lowercase().contains("money");
        for (name, value) in object {
            let schemas = path.ends_with("/components/schemas");
            assert!(!schemas || !is_money(name) || name == "Money", "{path}/{name}");
            walk(value, &format!("{path}/{name}"));
        }
    } else if let Some(items) = value.as_array() {
        for (index, item) in items.iter().enumerate() {
            walk(item, &format!("{path}/{index}"));
        }
    }
}

#[test]
fn every_operation_and_who_may_call_it_is_what_was_agreed() {
    let mut table = String::new();
    for operation in operations() {
        let action = operation.value["x-action"].as_str().unwrap_or("-").to_owned();
        let who = match Action::all().find(|known| known.as_str() == action) {
            Some(action) => {
                let roles = Role::ALL.into_iter().filter(|role| authorise(*role, action).is_ok());
                roles.map(Role::as_str).collect::<Vec<_>>().join(" ")
            }
            None => "anybody".to_owned(),
        };
        let Operation { method, path, .. } = &operation;
        let route = format!("{method} {path}");
        table.push_str(&format!("{route:48} {action:18} {who}\n"));
    }
    golden_text("testdata/operations.txt", &table);
}

testing::both_databases! {
    modules = crate::harness::MODULES;

    async fn nobody_gets_in_without_a_token(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let other = app.register("bat@example.mn").await;
        let ids = foreign_ids(&db, &app, &other).await;
        for operation in operations() {
            let reply = app.send(bare(&operation, &fill(&operation.path, &ids), "")).await;
            if PUBLIC.contains(&operation.id.as_str()) {
                assert_ne!(reply.json()["code"], "token_required", "{}", operation.id);
                continue;
            }
            reply.assert_problem(401, "token_required");
        }
    }

    async fn no_tenant_reaches_another_s_things(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let mine = app.register("saraa@example.mn").await;
        let other = app.register("bat@example.mn").await;
        let ids = foreign_ids(&db, &app, &other).await;
        for operation in operations().into_iter().filter(|one| one.path.contains('{')) {
            let request = bare(&operation, &fill(&operation.path, &ids), &mine.access);
            let reply = app.send(request).await;
            let status = reply.status.as_u16();
            assert!([403, 404].contains(&status), "{}: {status}", operation.id);
        }
    }

    async fn every_post_wants_its_key(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let owner = app.register("saraa@example.mn").await;
        let ids = foreign_ids(&db, &app, &owner).await;
        for operation in operations() {
            let id = operation.id.as_str();
            let keyless = PUBLIC.contains(&id) || KEYLESS.contains(&id);
            if operation.method != Method::POST || keyless {
                continue;
            }
            let mut request = bare(&operation, &fill(&operation.path, &ids), &owner.access);
            request.headers_mut().remove("idempotency-key");
            app.send(request).await.assert_problem(400, "idempotency_key_required");
        }
    }

    async fn each_role_does_what_the_table_says(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let owner = app.register("saraa@example.mn").await;
        let other = app.register("bat@example.mn").await;
        let ids = foreign_ids(&db, &app, &other).await;
        for role in Role::ALL {
            let token = if role == Role::Owner {
                owner.access.clone()
            } else {
                let email = format!("{role}@example.mn");
                app.register(&email).await;
                let body = json!({ "email": email, "role": role.as_str() });
                let added = app.post("/api/v1/members", &owner.access, &email, &body).await;
                assert_eq!(added.status, 201);
                app.login(&email, &owner.tenant).await.access
            };
            for operation in operations() {
                let action = operation.value["x-action"].as_str();
                let action = Action::all().find(|known| Some(known.as_str()) == action);
                let Some(action) = action else { continue };
                let request = bare(&operation, &fill(&operation.path, &ids), &token);
                let forbidden = app.open(request).await.status() == 403;
                let expected = authorise(role, action).is_err();
                assert_eq!(forbidden, expected, "{role} {}", operation.id);
            }
        }
    }
}
