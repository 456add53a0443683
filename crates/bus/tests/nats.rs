//! Events to a real broker and commands from it, on both databases; and a broker that misbehaves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod broker;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bus::{Command, Commands, Exporter, Intake, MODULE, Sources, Stream};
use futures_util::future::{BoxFuture, FutureExt as _};
use kernel::TenantId;
use serde_json::{Value, json};
use storage::log::{EventBody, ObjectRef, Sequencer};
use storage::{Level, Mode, StorageError};
use testing::{TestDatabase, eventually};

use broker::{Kept, Nats};

const EVENTS: &str = "FLORIN_EVENTS";
const ANSWERS: &str = "FLORIN_ANSWERS";

/// An asset was valued, says the test.
#[derive(serde::Serialize)]
struct Valued {
    number: u64,
}

impl EventBody for Valued {
    const TYPE: &'static str = "wealth.asset.valued";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("asset", format!("asset_{}", self.number))]
    }
}

/// Some tenants, with nothing beside their logs.
struct Tenants(Vec<TenantId>);

impl Sources for Tenants {
    fn tenants(
        &self,
        after: Option<TenantId>,
    ) -> BoxFuture<'_, Result<Vec<TenantId>, StorageError>> {
        let found = self.0.iter().copied().filter(|one| after.is_none_or(|after| *one > after));
        std::future::ready(Ok(found.collect())).boxed()
    }

    fn streams(&self, _: TenantId) -> BoxFuture<'_, Result<Vec<Stream>, StorageError>> {
        std::future::ready(Ok(Vec::new())).boxed()
    }
}

fn exporter(db: &TestDatabase, url: &str, tenant: TenantId) -> Exporter {
    let tenants = Arc::new(Tenants(vec![tenant]));
    Exporter::new(db.database.clone(), tenants, url.parse().unwrap())
}

async fn value(db: &TestDatabase, tenant: TenantId, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Write).await.unwrap();
        tx.emit(&db.context(tenant), &Valued { number }).await.unwrap();
        tx.commit().await.unwrap();
    }
    while Sequencer::new(db.database.clone()).run_once().await.unwrap() > 0 {}
}

/// The numbers that the broker keeps, in its order.
fn numbers(kept: &[Kept]) -> Vec<u64> {
    let number = |one: &Kept| {
        let event: Value = serde_json::from_str(&one.payload).unwrap();
        event["data"]["body"]["number"].as_u64().unwrap()
    };
    kept.iter().map(number).collect()
}

async fn until_kept(broker: &Nats, count: usize) -> Vec<Kept> {
    eventually("the events to be kept", async || {
        let kept = broker.messages(EVENTS).await;
        (kept.len() >= count).then_some(kept)
    })
    .await
}

/// What commands asked for, and how each was answered.
#[derive(Default)]
struct Book {
    keys: Mutex<Vec<(String, String)>>,
}

impl Commands for Book {
    fn run<'a>(
        &'a self,
        _: TenantId,
        command: &'a Command,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(u16, Vec<u8>), String>> {
        let mut keys = self.keys.lock().unwrap();
        keys.push((command.path.clone(), key.to_owned()));
        let times = keys.iter().filter(|(path, _)| *path == command.path).count();
        let (status, body) = match command.path.as_str() {
            "/refused" => (422, json!({ "code": "limit" })),
            "/busy" if times == 1 => (503, json!({ "code": "stale" })),
            _ => (201, json!({ "done": command.body })),
        };
        std::future::ready(Ok((status, body.to_string().into_bytes()))).boxed()
    }
}

fn command(id: &str, path: &str) -> String {
    json!({
        "specversion": "1.0", "type": "florin.command", "source": "urn:test", "id": id,
        "data": { "path": path, "body": { "amount": "1.00" } },
    })
    .to_string()
}

/// A broker that says what it is told to: after its first line a word for each line that it hears,
/// and how often somebody came.
fn misbehaving(answer: fn(&str) -> Option<String>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&visits);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            let info = "INFO {\"max_payload\":1048576,\"headers\":true}\r\n";
            stream.write_all(info.as_bytes()).unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while let Some(Ok(line)) = lines.next() {
                let said = answer(&line).unwrap_or_default();
                if stream.write_all(said.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    (url, visits)
}

/// What acknowledges whatever was published or asked, so many times.
fn acknowledged(line: &str, times: usize) -> Option<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let reply = match words.as_slice() {
        ["PING"] => return Some("PONG\r\n".to_owned()),
        ["PUB", _, reply, _] | ["HPUB", _, reply, _, _] => reply,
        _ => return None,
    };
    Some(format!("MSG {reply} 1 2\r\n{{}}\r\n").repeat(times))
}

testing::both_databases! {
    modules = [MODULE];

    async fn events_are_handed_on_as_the_log_has_them(db: TestDatabase) {
        let tenant = db.new_tenant();
        value(&db, tenant, 0..3).await;
        let broker = Nats::start().await;
        let task = exporter(&db, &broker.url(), tenant).start();
        until_kept(&broker, 3).await;
        // What comes while it runs, and what comes when it runs no more.
        value(&db, tenant, 3..5).await;
        until_kept(&broker, 5).await;
        task.stop().await;
        value(&db, tenant, 5..6).await;
        let task = exporter(&db, &broker.url(), tenant).start();
        let kept = until_kept(&broker, 6).await;
        task.stop().await;
        assert_eq!(numbers(&kept), [0, 1, 2, 3, 4, 5]);

        let first = &kept[0];
        assert_eq!(first.subject, format!("florin.events.{tenant}.positions.updated"));
        let event: Value = serde_json::from_str(&first.payload).unwrap();
        let envelope = &event["data"];
        let expected = json!({
            "specversion": "1.0",
            "id": envelope["id"],
            "source": format!("urn:florin:{tenant}:{}", tenant.uuid()),
            "type": "florin.wealth.asset.valued.v1",
            "subject": "asset/asset_0",
            "time": envelope["occurred"],
            "datacontenttype": "application/json",
            "partitionkey": tenant.to_string(),
            "sequence": "1",
            "data": envelope,
        });
        assert_eq!(event, expected);
        let id = envelope["id"].as_str().unwrap();
        assert!(first.headers.contains(&format!("Nats-Msg-Id: {id}\r\n")), "{}", first.headers);
        let media_type = "Content-Type: application/cloudevents+json; charset=utf-8\r\n";
        assert!(first.headers.contains(media_type), "{}", first.headers);
        // Byte for byte, so that whoever has the chain can compare.
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
        let logged = storage::log::read(&mut tx, tenant.uuid(), 0, 1).await.unwrap();
        tx.commit().await.unwrap();
        let bytes = String::from_utf8(logged[0].bytes.clone()).unwrap();
        assert!(first.payload.ends_with(&format!("\"data\":{bytes}}}")), "{}", first.payload);
    }

    async fn what_was_sent_and_not_noted_is_kept_once(db: TestDatabase) {
        let tenant = db.new_tenant();
        value(&db, tenant, 0..70).await;
        let broker = Nats::start().await;
        let task = exporter(&db, &broker.url(), tenant).start();
        until_kept(&broker, 70).await;
        task.stop().await;
        // A node that ended before its rows were written, and one that was faster.
        db.raw().await.run("UPDATE bus_position SET position = ''").await;
        let both = [(), ()].map(|()| exporter(&db, &broker.url(), tenant));
        let tasks = both.each_ref().map(Exporter::start);
        value(&db, tenant, 70..75).await;
        until_kept(&broker, 75).await;
        eventually("both to have sent all", async || {
            both.iter().all(|one| one.sent() >= 5).then_some(())
        })
        .await;
        for task in tasks {
            task.stop().await;
        }
        assert_eq!(numbers(&broker.messages(EVENTS).await), (0..75).collect::<Vec<_>>());
    }

    async fn a_broker_that_is_away_gets_everything_when_it_is_back(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut broker = Nats::start().await;
        broker.kill();
        let exporter = exporter(&db, &broker.url(), tenant);
        let task = exporter.start();
        value(&db, tenant, 0..10).await;
        assert!(!exporter.is_connected());
        broker.revive().await;
        until_kept(&broker, 10).await;
        assert!(exporter.is_connected());
        broker.kill();
        value(&db, tenant, 10..20).await;
        broker.revive().await;
        assert_eq!(numbers(&until_kept(&broker, 20).await), (0..20).collect::<Vec<_>>());
        task.stop().await;
    }

    async fn answers_that_come_twice_count_once(db: TestDatabase) {
        let tenant = db.new_tenant();
        value(&db, tenant, 0..130).await;
        let (url, visits) = misbehaving(|line| acknowledged(line, 3));
        let exporter = exporter(&db, &url, tenant);
        let task = exporter.start();
        eventually("all to be sent", async || (exporter.sent() == 130).then_some(())).await;
        task.stop().await;
        assert_eq!(visits.load(Ordering::SeqCst), 1, "it was no reason to connect again");
    }

    async fn nonsense_ends_the_connection_and_nothing_counts_as_sent(db: TestDatabase) {
        let tenant = db.new_tenant();
        value(&db, tenant, 0..3).await;
        for answer in [
            (|_| Some("HTTP/1.1 400 Bad Request\r\n".to_owned())) as fn(&str) -> _,
            |_| Some("MSG x 1 99999999999\r\n".to_owned()),
            |line| (line == "PING").then(|| "-ERR 'Authorization Violation'\r\n".to_owned()),
            |line| acknowledged(line, 1).map(|answer| answer.replace("{}", "??")),
            // It lives, and answers nothing that it is asked.
            |line| (line == "PING").then(|| "PONG\r\n".to_owned()),
            |line| {
                let full = "{\"error\":{\"code\":503,\"description\":\"no room\"}}";
                let said = acknowledged(line, 1)?;
                if !line.starts_with("HPUB") {
                    return Some(said);
                }
                Some(said.replace("2\r\n{}", &format!("{}\r\n{full}", full.len())))
            },
        ] {
            let (url, visits) = misbehaving(answer);
            let exporter = exporter(&db, &url, tenant);
            let task = exporter.start();
            let again = async || (visits.load(Ordering::SeqCst) > 1).then_some(());
            eventually("it to connect again", again).await;
            task.stop().await;
            assert_eq!((exporter.sent(), exporter.is_connected()), (0, false));
        }
        let noted = "SELECT position FROM bus_position WHERE position <> ''";
        assert_eq!(db.raw().await.rows(noted).await.len(), 0);
    }

    async fn commands_are_done_once_answered_and_laid_aside_where_they_cannot_be(
        db: TestDatabase,
    ) {
        let tenant = db.new_tenant();
        let broker = Nats::start().await;
        let book = Arc::new(Book::default());
        let commands = Arc::clone(&book);
        let task = Intake::new(db.env.clone(), commands, broker.url().parse().unwrap()).start();
        let subject = format!("florin.commands.{tenant}");
        broker.publish(&subject, &command("1", "/books/b/transfers")).await;
        broker.publish(&subject, &command("1", "/books/b/transfers")).await;
        broker.publish(&subject, &command("2", "/refused")).await;
        broker.publish(&subject, "{}").await;
        broker.publish("florin.commands.nobody", &command("3", "/books/b/transfers")).await;
        broker.publish(&subject, &command("4", "/busy")).await;
        // Five answers, and three that are laid aside.
        let kept = eventually("the answers", async || {
            let kept = broker.messages(ANSWERS).await;
            (kept.len() >= 8).then_some(kept)
        })
        .await;
        task.stop().await;
        let keys = book.keys.lock().unwrap().clone();
        assert_eq!(keys[0], keys[1], "the same command has the same key");
        let paths: Vec<&str> = keys.iter().map(|(path, _)| path.as_str()).collect();
        let transfers = "/books/b/transfers";
        assert_eq!(paths, [transfers, transfers, "/refused", "/busy", "/busy"]);

        let of = |subject: &'static str| {
            kept.iter().filter(move |one| one.subject.starts_with(subject))
        };
        let answers: Vec<(Value, Value, Value)> = of("florin.answers.")
            .map(|one| {
                let event: Value = serde_json::from_str(&one.payload).unwrap();
                let data = &event["data"];
                (event["type"].clone(), data["command"]["id"].clone(), data["status"].clone())
            })
            .collect();
        let (done, refused) = (json!("florin.command.done"), json!("florin.command.refused"));
        let expected = [
            (done.clone(), json!("1"), json!(201)),
            (refused.clone(), json!("2"), json!(422)),
            (refused.clone(), Value::Null, json!(400)),
            (refused, Value::Null, json!(400)),
            (done, json!("4"), json!(201)),
        ];
        assert_eq!(answers, expected);
        let dead: Vec<&str> = of("florin.dead.").map(|one| one.payload.as_str()).collect();
        assert_eq!(dead, [&command("2", "/refused"), "{}", &command("3", transfers)]);
    }
}
