//! A server with a broker beside it: what happens there is told, what is asked there is done.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

#[path = "../../../crates/bus/tests/broker/mod.rs"]
mod broker;
mod server;
#[allow(dead_code, reason = "other tests call what fails")]
mod user;

use broker::Nats;
use serde_json::{Value as Json, json};
use testing::eventually;
use user::User;

const EVENTS: &str = "FLORIN_EVENTS";
const ANSWERS: &str = "FLORIN_ANSWERS";

/// The data of a message, once it is there.
async fn told(broker: &Nats, stream: &str, subject: &str, part: &str) -> Json {
    let found = async || {
        let kept = broker.messages(stream).await;
        let fits = kept.iter().find(|one| one.subject == subject && one.payload.contains(part));
        fits.map(|one| one.payload.clone())
    };
    let payload = eventually(&format!("{part} under {subject}"), found).await;
    let event: Json = serde_json::from_str(&payload).unwrap();
    event["data"].clone()
}

async fn command(broker: &Nats, tenant: &str, (id, path): (&str, &str), body: Json) -> Json {
    let command = json!({
        "specversion": "1.0", "type": "florin.command", "source": "urn:test", "id": id,
        "data": { "path": path, "body": body },
    });
    broker.publish(&format!("florin.commands.{tenant}"), &command.to_string()).await;
    told(broker, ANSWERS, &format!("florin.answers.{tenant}"), &format!("\"id\":\"{id}\"")).await
}

#[tokio::test]
async fn events_go_to_the_broker_and_commands_come_from_it() {
    let broker = Nats::start().await;
    let user = User::new();
    let settings = format!("nats_url = \"{}\"\nnats_commands = \"yes\"\n", broker.url());
    let file = user.file("florin.toml", &settings);
    let (_server, address) = user.serve_with(&["--config", file.to_str().unwrap()]);
    user.sign_in(&address);
    let me: Json = serde_json::from_str(&user.ok(&["api", "GET", "/auth/me"])).unwrap();
    let tenant = me["tenant"]["id"].as_str().unwrap().to_owned();
    let subject = |topic: &str| format!("florin.events.{tenant}.{topic}");
    let registered = told(&broker, EVENTS, &subject("users.registered"), "user").await;
    assert_eq!(registered["body"]["tenant"], tenant.as_str());

    let books: Json = serde_json::from_str(&user.ok(&["api", "GET", "/books"])).unwrap();
    let book = format!("/books/{}", books["items"][0]["id"].as_str().unwrap());
    let open = async |id: &str, name: &str, kind: &str| {
        let body = json!({ "name": name, "type": kind, "commodity": "EUR" });
        let answer = command(&broker, &tenant, (id, &format!("{book}/accounts")), body).await;
        assert_eq!(answer["status"], 201, "{answer}");
        answer["answer"]["id"].clone()
    };
    let (till, sales) = (open("1", "Till", "asset").await, open("2", "Sales", "income").await);
    let transfer = json!({ "debit": till, "credit": sales, "amount": "7.00" });
    let body = json!({ "transfers": [transfer] });
    let path = format!("{book}/transfers");
    let answer = command(&broker, &tenant, ("3", &path), body.clone()).await;
    assert_eq!(answer["status"], 201, "{answer}");
    let topic = subject("audit.financial.transactions");
    let posted = told(&broker, EVENTS, &topic, "ledger.transfer.posted").await;
    assert_eq!(posted["body"]["amount"], "700");

    // The same once more moves nothing.
    command(&broker, &tenant, ("3", &path), body).await;
    command(&broker, &tenant, ("4", &path), json!({ "transfers": [] })).await;
    let account = format!("{book}/accounts/{}", till.as_str().unwrap());
    let account: Json = serde_json::from_str(&user.ok(&["api", "GET", &account])).unwrap();
    assert_eq!(account["balance"]["posted"], "7.00", "{account}");
}
