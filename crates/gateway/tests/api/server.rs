//! The server on a real socket: it ends in good order, and keeps nobody waiting for ever.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway::{Ended, Gateway, HealthCheck, Services};
use kernel::{Actor, Context};
use storage::log::Sequencer;
use storage::{Level, Mode};
use testing::{TestDatabase, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::harness::{TestApp, keys, services};

/// How long a test waits for what must come.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// What a client of HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub struct Server {
    pub address: SocketAddr,
    pub stop: oneshot::Sender<()>,
    pub ended: JoinHandle<Ended>,
}

impl Server {
    fn start(services: Services, listener: TcpListener) -> Self {
        Self::of(Gateway::new(services), listener)
    }

    pub fn of(gateway: Gateway, listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(gateway.serve(listener, async move {
            let _ = stopped.await;
        }));
        Self { address, stop, ended }
    }

    async fn listen(services: Services) -> Self {
        Self::start(services, TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    async fn send(&self, head: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }
}

fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\r\n")
}

/// Reads until the other side says or sends no more.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut may end with a reset, after what was sent on it.
    let end = tokio::time::timeout(WAIT_MAX, stream.read_to_end(&mut bytes)).await;
    let _ = end.expect("the connection ends");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut bytes = [0; 4_096];
        let count = tokio::time::timeout(WAIT_MAX, stream.read(&mut bytes)).await;
        let count = count.expect("something comes").unwrap();
        assert!(count > 0, "ended before {end:?}: {text}");
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    text
}

/// A check that says when it is asked, and answers when it is told.
fn gate() -> (HealthCheck, Arc<Notify>, Arc<Notify>) {
    let (asked, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let both = (Arc::clone(&asked), Arc::clone(&told));
    let check = HealthCheck::new("gate", move || {
        let (asked, told) = both.clone();
        async move {
            asked.notify_one();
            told.notified().await;
            Ok("passed".to_owned())
        }
    });
    (check, asked, told)
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn what_is_in_flight_is_finished(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        let (check, asked, told) = gate();
        services.checks = vec![check];
        services.limits.check_ms_max = 10_000;
        let server = Server::listen(services).await;
        let mut idle = server.send("").await;
        let mut stream = server.send(&get("/health/ready", "")).await;
        asked.notified().await;
        server.stop.send(()).unwrap();
        let address = server.address;
        let refused = async || TcpStream::connect(address).await.is_err().then_some(());
        eventually("the server to accept no more", refused).await;
        assert_eq!(rest(&mut idle).await, "");
        told.notify_one();
        let reply = rest(&mut stream).await;
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
        assert!(reply.contains("\"passed\""), "{reply}");
        assert_eq!(server.ended.await.unwrap(), Ended::Finished);
    }

    async fn what_takes_too_long_is_given_up(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        let (check, asked, _told) = gate();
        services.checks = vec![check];
        services.limits.check_ms_max = 10_000;
        services.limits.shutdown_ms_max = 20;
        let server = Server::listen(services).await;
        let _stream = server.send(&get("/health/ready", "")).await;
        asked.notified().await;
        server.stop.send(()).unwrap();
        assert_eq!(server.ended.await.unwrap(), Ended::GaveUp);
    }

    async fn live_streams_end_with_the_process(db: TestDatabase) {
        let keys = keys(&db);
        let app = TestApp::of(services(&db, keys.clone()).await);
        let owner = app.register("saraa@example.mn").await;
        Sequencer::new(db.database.clone()).run_once().await.unwrap();
        let server = Server::listen(services(&db, keys).await).await;
        let mut stream = server.send(&get("/api/v1/events", &owner.access)).await;
        until(&mut stream, "identity.session.opened").await;
        server.stop.send(()).unwrap();
        let end = rest(&mut stream).await;
        assert!(end.contains("event: end\ndata: {\"reason\":\"shutting_down\"}\n\n"), "{end}");
        assert_eq!(server.ended.await.unwrap(), Ended::Finished);
    }

    async fn a_connection_is_used_again(db: TestDatabase) {
        let server = Server::listen(services(&db, keys(&db)).await).await;
        let mut stream = server.send(&get("/health/live", "")).await;
        until(&mut stream, "\"checks\":[]}").await;
        stream.write_all(get("/nothing/here.txt", "").as_bytes()).await.unwrap();
        let reply = until(&mut stream, "route_unknown").await;
        assert!(reply.starts_with("HTTP/1.1 404"), "{reply}");
    }

    async fn a_head_that_does_not_come_is_not_waited_for(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.header_ms_max = 20;
        let server = Server::listen(services).await;
        let mut stream = server.send("GET / HTTP/1.1\r\nhost: te").await;
        let reply = rest(&mut stream).await;
        assert!(!reply.contains("200"), "{reply}");
    }

    async fn http2_is_spoken_with_who_begins_with_it(db: TestDatabase) {
        let server = Server::listen(services(&db, keys(&db)).await).await;
        // Its first bytes come one by one, as they may.
        let mut stream = server.send("").await;
        for byte in PREFACE {
            stream.write_all(&[*byte]).await.unwrap();
        }
        // An empty frame of settings (RFC 9113, section 6.5), which is answered by one.
        stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!((head[3], &head[5..]), (4, &[0; 4][..]));
    }

    async fn http2_connections_do_not_stay_idle(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.http2_idle_ms_max = 20;
        services.limits.header_ms_max = 60;
        let server = Server::listen(services).await;
        let mut silent = server.send("PRI * HT").await;
        assert_eq!(rest(&mut silent).await, "");
        let mut idle = server.send("").await;
        idle.write_all(PREFACE).await.unwrap();
        idle.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        rest(&mut idle).await;
    }

    async fn connections_have_a_limit(db: TestDatabase) {
        let mut services = services(&db, keys(&db)).await;
        services.limits.connections_max = 1;
        let server = Server::listen(services).await;
        let mut first = server.send(&get("/health/live", "")).await;
        until(&mut first, "\"checks\":[]}").await;
        let mut second = server.send(&get("/health/live", "")).await;
        let waiting = until(&mut second, "\"checks\":[]}");
        tokio::time::timeout(Duration::from_millis(50), waiting).await.unwrap_err();
        drop(first);
        until(&mut second, "\"checks\":[]}").await;
    }

    async fn a_reader_who_does_not_read_is_cut_off(db: TestDatabase) {
        let keys = keys(&db);
        let app = TestApp::of(services(&db, keys.clone()).await);
        let owner = app.register("saraa@example.mn").await;
        emit_much(&db, &owner.tenant).await;
        let mut services = services(&db, keys).await;
        services.limits.reader_stall_ms_max = 50;
        services.limits.farewell_ms_max = 50;
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(4_096).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = Server::start(services, socket.listen(8).unwrap());

        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut stream = socket.connect(server.address).await.unwrap();
        let head = get("/api/v1/events", &owner.access);
        stream.write_all(head.as_bytes()).await.unwrap();
        let metrics = async |want: &str| {
            let mut stream = server.send(&get("/metrics", "")).await;
            until(&mut stream, "florin_live_streams ").await.contains(want).then_some(())
        };
        let open = "florin_live_streams 1";
        eventually("the stream to open", async || metrics(open).await).await;
        let gone = "florin_live_streams 0";
        eventually("the stream to be cut", async || metrics(gone).await).await;
        let sent = rest(&mut stream).await;
        assert!(!sent.contains("last one"), "everything came, so nothing was slow");
    }
}

/// Events of several megabytes: more than the buffers of a connection hold.
async fn emit_much(db: &TestDatabase, tenant: &str) {
    let context = Context::new(db.env.clone(), tenant.parse().unwrap(), Actor::Owner);
    for count in (0..200).rev() {
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let text = if count == 0 { "last one".to_owned() } else { "x".repeat(30_000) };
        tx.emit(&context, &Noted { text }).await.unwrap();
        tx.commit().await.unwrap();
    }
    let sequencer = Sequencer::new(db.database.clone());
    while sequencer.run_once().await.unwrap() > 0 {}
}

#[derive(serde::Serialize)]
struct Noted {
    text: String,
}

impl storage::log::EventBody for Noted {
    const TYPE: &'static str = "test.noted";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<storage::log::ObjectRef> {
        Vec::new()
    }
}
