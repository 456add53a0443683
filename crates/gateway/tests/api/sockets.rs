//! `/ws` on a real socket, by a client that is not ours.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::Method;
use futures_util::{SinkExt as _, StreamExt as _};
use gateway::Limits;
use serde_json::{Value, json};
use storage::log::Sequencer;
use testing::{TestDatabase, eventually};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::harness::{Signed, TestApp, keys, request, services};
use crate::server::{Server, emit_much, rest};

/// How long a test waits for what must come.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// A server on a socket, and the same routes without one.
struct Live {
    server: Server,
    app: TestApp,
}

/// A client.
struct Socket(WebSocketStream<TcpStream>);

impl Live {
    async fn start(db: &TestDatabase, limit: impl FnOnce(&mut Limits)) -> Self {
        let keys = keys(db);
        let app = TestApp::of(services(db, keys.clone()).await);
        let mut services = services(db, keys).await;
        limit(&mut services.limits);
        Self { server: Server::listen(services).await, app }
    }

    /// Whether no socket is open.
    async fn is_empty(&self) -> bool {
        let mut stream = self.server.send("GET /metrics HTTP/1.0\r\n\r\n").await;
        rest(&mut stream).await.contains("florin_sockets 0\n")
    }

    async fn open(&self, token: Option<&str>) -> Socket {
        let stream = TcpStream::connect(self.server.address).await.unwrap();
        Socket::over(stream, self.server.address, token).await
    }

    /// A socket of somebody who has said who they are.
    async fn of(&self, signed: &Signed) -> Socket {
        let mut socket = self.open(None).await;
        socket.say(json!({ "type": "authenticate", "token": signed.access })).await;
        assert_eq!(socket.told().await["type"], "authenticated");
        socket
    }
}

impl Socket {
    async fn over(stream: TcpStream, address: SocketAddr, token: Option<&str>) -> Self {
        let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert("authorization", value);
        }
        Self(client_async(request, stream).await.unwrap().0)
    }

    async fn say(&mut self, what: Value) {
        self.0.send(Message::text(what.to_string())).await.unwrap();
    }

    async fn message(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(WAIT_MAX, self.0.next()).await;
        next.expect("something comes, or the end").map(Result::unwrap)
    }

    /// The next message of the server, heartbeats aside.
    async fn told(&mut self) -> Value {
        loop {
            match self.message().await.expect("the socket goes on") {
                Message::Text(text) => {
                    let told: Value = serde_json::from_str(&text).unwrap();
                    if told["type"] != "heartbeat" {
                        return told;
                    }
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn subscribe(&mut self, topic: &str, after: Option<&str>) -> Value {
        let mut said = json!({ "type": "subscribe", "topic": topic });
        if let Some(after) = after {
            said["after"] = json!(after);
        }
        self.say(said).await;
        self.told().await
    }

    /// Checks that it ends for a reason, with a code.
    async fn ends(&mut self, reason: &str, code: CloseCode) {
        let told = self.told().await;
        assert_eq!((&told["type"], &told["reason"]), (&json!("end"), &json!(reason)), "{told}");
        match self.message().await {
            Some(Message::Close(Some(frame))) => {
                assert_eq!((frame.code, frame.reason.as_str()), (code, reason));
            }
            other => panic!("{other:?}"),
        }
    }

    async fn refused(&mut self, what: Value) -> Value {
        self.say(what).await;
        loop {
            // News may come first.
            let told = self.told().await;
            if told["type"] != "changed" {
                assert_eq!(told["type"], "refused", "{told}");
                return told["code"].clone();
            }
        }
    }
}

async fn number_events(db: &TestDatabase) {
    Sequencer::new(db.database.clone()).run_once().await.unwrap();
}

async fn add_member(app: &TestApp, owner: &Signed, email: &str, role: &str) -> Signed {
    app.register(email).await;
    let body = json!({ "email": email, "role": role });
    let added = app.post("/api/v1/members", &owner.access, email, &body).await;
    assert_eq!(added.status, 201, "{added:?}");
    app.login(email, &owner.tenant).await
}

testing::both_databases! {
    modules = crate::harness::MODULES;

    async fn events_come_as_they_happen_and_from_any_position(db: TestDatabase) {
        let live = Live::start(&db, |_| {}).await;
        let owner = live.app.register("saraa@example.mn").await;
        live.app.register("bat@example.mn").await;
        number_events(&db).await;

        let mut socket = live.of(&owner).await;
        assert_eq!(socket.subscribe("events", Some("")).await["type"], "subscribed");
        let first = socket.told().await;
        assert_eq!((&first["type"], &first["topic"]), (&json!("event"), &json!("events")));
        assert_eq!(first["event"]["type"], "ledger.book.opened");
        assert_eq!(first["event"]["tenant"], owner.tenant.as_str());
        let second = socket.told().await;
        assert_eq!(second["event"]["type"], "identity.user.registered");

        // Another one, whose token is a header, goes on after the first, and sees what the server-
        // sent events show.
        let mut resumed = live.open(Some(&owner.access)).await;
        assert_eq!(resumed.told().await["type"], "authenticated");
        let position = first["position"].as_str().unwrap();
        resumed.subscribe("events", Some(position)).await;
        assert_eq!(resumed.told().await, second);
        assert_eq!(resumed.told().await["event"]["type"], "identity.session.opened");

        // From now on, and nothing of another tenant.
        let mut newcomer = live.of(&owner).await;
        newcomer.subscribe("events", None).await;
        let body = json!({ "email": "bat@example.mn", "role": "viewer" });
        live.app.post("/api/v1/members", &owner.access, "1", &body).await;
        number_events(&db).await;
        let told = newcomer.told().await;
        assert_eq!(told["event"]["type"], "identity.member.added");
        assert_eq!(resumed.told().await, told);

        // Who wants no more hears no more, and where to go on.
        newcomer.say(json!({ "type": "unsubscribe", "topic": "events" })).await;
        let left = json!({
            "type": "unsubscribed", "topic": "events", "position": told["position"],
        });
        assert_eq!(newcomer.told().await, left);
    }

    async fn changes_that_come_together_are_told_together(db: TestDatabase) {
        let live = Live::start(&db, |_| {}).await;
        let owner = live.app.register("saraa@example.mn").await;
        number_events(&db).await;
        let mut socket = live.of(&owner).await;
        assert_eq!(socket.subscribe("changed/identity", None).await["type"], "subscribed");
        socket.subscribe("changed/wealth", None).await;
        for email in ["a@example.mn", "b@example.mn", "c@example.mn"] {
            add_member(&live.app, &owner, email, "viewer").await;
        }
        // Registered elsewhere, added here, signed in here.
        number_events(&db).await;
        let told = socket.told().await;
        let expected = json!({
            "type": "changed", "topic": "changed/identity", "count": 6,
            "position": told["position"],
        });
        assert_eq!(told, expected);
        // The next one is not told at once, and not lost.
        live.app.login("a@example.mn", &owner.tenant).await;
        number_events(&db).await;
        assert_eq!(socket.told().await["count"], 1);
        let from_before = socket.refused(json!({
            "type": "subscribe", "topic": "changed/ledger", "after": told["position"],
        }));
        assert_eq!(from_before.await, "position_invalid");
    }

    async fn notices_of_others_are_nobodys_news(db: TestDatabase) {
        let live = Live::start(&db, |_| {}).await;
        let owner = live.app.register("saraa@example.mn").await;
        let child = add_member(&live.app, &owner, "bat@example.mn", "child").await;
        number_events(&db).await;
        let mut of_owner = live.of(&owner).await;
        of_owner.subscribe("changed/notices", None).await;
        let mut of_child = live.of(&child).await;
        of_child.subscribe("changed/notices", None).await;
        let write = async |to: kernel::PartyId, key: &'static str| {
            let context = db.context(owner.tenant.parse().unwrap());
            let level = storage::Level::Tenant(context.tenant);
            let mut tx = db.database.begin(level, storage::Mode::Write).await.unwrap();
            let (kind, params, about) = (&NOTED, Vec::new(), None);
            let notice = notices::NewNotice { kind, key, recipient: to, params, about };
            notices::write(&mut tx, &context, &notice).await.unwrap();
            tx.commit().await.unwrap();
            number_events(&db).await;
        };
        let household = vault::own_party(owner.tenant.parse().unwrap());
        write(household, "1").await;
        assert_eq!(of_owner.told().await["count"], 1);
        write(notices::user_party(child.user.parse().unwrap()), "2").await;
        // The child's first news is their own: what the household was told they did not hear of.
        assert_eq!(of_child.told().await["count"], 1);
        write(household, "3").await;
        assert_eq!(of_owner.told().await["count"], 1, "the child's notice is not the owner's");
    }

    async fn rights_are_asked_for_each_topic_and_again_when_they_change(db: TestDatabase) {
        let live = Live::start(&db, |_| {}).await;
        let owner = live.app.register("saraa@example.mn").await;
        let adult = add_member(&live.app, &owner, "bat@example.mn", "adult").await;
        let child = add_member(&live.app, &owner, "nomin@example.mn", "child").await;
        number_events(&db).await;

        let mut socket = live.of(&child).await;
        let subscribe = |topic: &str| json!({ "type": "subscribe", "topic": topic });
        assert_eq!(socket.refused(subscribe("events")).await, "forbidden");
        assert_eq!(socket.refused(subscribe("changed/wealth")).await, "forbidden");
        assert_eq!(socket.subscribe("changed/identity", None).await["type"], "subscribed");

        // A role is taken away: what it allowed ends, and what another allows goes on.
        let mut socket = live.of(&adult).await;
        socket.subscribe("changed/identity", None).await;
        let subscribed = socket.subscribe("events", None).await;
        let demote = "UPDATE identity_membership SET role = 'viewer' WHERE role = 'adult'";
        db.raw().await.run(demote).await;
        live.app.login("nomin@example.mn", &owner.tenant).await;
        number_events(&db).await;
        let mut told = Vec::new();
        while !told.iter().any(|told: &Value| told["type"] == "ended") {
            told.push(socket.told().await);
        }
        let ended = told.pop().unwrap();
        assert_eq!((&ended["topic"], &ended["reason"]), (&json!("events"), &json!("revoked")));
        assert!(!ended["position"].as_str().unwrap().is_empty(), "{ended} {subscribed}");
        assert_eq!(socket.refused(subscribe("events")).await, "forbidden");

        // The session is ended elsewhere: the socket ends.
        let body = json!({ "refresh_token": adult.refresh });
        let reply = live.app.post("/api/v1/auth/logout", "", "", &body).await;
        assert!(reply.status.is_success(), "{reply:?}");
        number_events(&db).await;
        loop {
            let told = socket.told().await;
            if told["type"] == "end" {
                assert_eq!(told["reason"], "revoked");
                break;
            }
        }
        // And a new one does not begin, though the token's time is not over.
        let mut late = live.open(Some(&adult.access)).await;
        late.ends("revoked", CloseCode::Policy).await;
    }

    async fn the_same_holds_for_server_sent_events(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let owner = app.register("saraa@example.mn").await;
        number_events(&db).await;
        let response = app.open(request(Method::GET, "/api/v1/events", &owner.access, None)).await;
        let mut body = response.into_body().into_data_stream();
        let mut text = String::new();
        let body_read = db.raw().await;
        body_read.run("UPDATE identity_membership SET role = 'child'").await;
        app.login("saraa@example.mn", &owner.tenant).await;
        number_events(&db).await;
        while let Some(chunk) = tokio::time::timeout(WAIT_MAX, body.next()).await.unwrap() {
            text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
        assert!(text.ends_with("event: end\ndata: {\"reason\":\"revoked\"}\n\n"), "{text}");
    }

    async fn what_is_not_understood_is_refused_and_the_socket_stays(db: TestDatabase) {
        let live = Live::start(&db, |_| {}).await;
        let owner = live.app.register("saraa@example.mn").await;
        let other = live.app.register("bat@example.mn").await;
        let mut socket = live.open(None).await;
        let subscribe = json!({ "type": "subscribe", "topic": "events" });
        assert_eq!(socket.refused(subscribe.clone()).await, "token_required");
        let wrong = json!({ "type": "authenticate", "token": "wrong" });
        assert_eq!(socket.refused(wrong).await, "token_invalid");
        assert_eq!(socket.refused(json!("subscribe")).await, "message_invalid");
        assert_eq!(socket.refused(json!({ "type": "subscribe" })).await, "message_invalid");
        let more = json!({ "type": "unsubscribe", "topic": "events", "after": "" });
        assert_eq!(socket.refused(more).await, "message_invalid");
        socket.say(json!({ "type": "authenticate", "token": owner.access })).await;
        assert_eq!(socket.told().await["type"], "authenticated");
        let nothing = json!({ "type": "subscribe", "topic": "changed/nothing" });
        assert_eq!(socket.refused(nothing).await, "topic_unknown");
        let nowhere = json!({ "type": "subscribe", "topic": "events", "after": "1" });
        assert_eq!(socket.refused(nowhere).await, "position_invalid");
        let silent = json!({ "type": "unsubscribe", "topic": "events" });
        assert_eq!(socket.refused(silent).await, "not_subscribed");
        let somebody = json!({ "type": "authenticate", "token": other.access });
        assert_eq!(socket.refused(somebody).await, "other_caller");
        assert_eq!(socket.subscribe("events", None).await["type"], "subscribed");
        assert_eq!(socket.refused(subscribe).await, "already_subscribed");
    }

    async fn limits_end_a_socket_and_say_so(db: TestDatabase) {
        let live = Live::start(&db, |limits| {
            limits.sockets_per_tenant_max = 2;
            limits.sockets_unknown_max = 2;
            limits.header_ms_max = 100;
            limits.message_bytes_max = 4_096;
        })
        .await;
        let owner = live.app.register("saraa@example.mn").await;
        let mut silent = live.open(None).await;
        silent.ends("not_authenticated", CloseCode::Policy).await;
        drop(silent);
        let much = (0..100).map(|_| Message::Pong(Vec::new().into())).collect();
        for (said, reason, code) in [
            (vec![Message::text("x".repeat(4_097))], "message_too_large", CloseCode::Size),
            (vec![Message::binary(vec![1, 2])], "message_not_text", CloseCode::Unsupported),
            (much, "too_many_messages", CloseCode::Policy),
        ] {
            eventually("a place", async || live.is_empty().await.then_some(())).await;
            let mut socket = live.of(&owner).await;
            for one in said {
                socket.0.send(one).await.unwrap();
            }
            socket.ends(reason, code).await;
        }
        eventually("the sockets to end", async || live.is_empty().await.then_some(())).await;

        let (_first, _second) = (live.of(&owner).await, live.of(&owner).await);
        // It keeps its place until its client has heard that it ends.
        let mut third = live.open(Some(&owner.access)).await;
        third.ends("too_many_sockets", CloseCode::Again).await;
        let _unknown = live.open(None).await;
        let head = "GET /ws HTTP/1.1\r\nhost: test\r\nconnection: close, upgrade\r\n\
                    upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        let full = rest(&mut live.server.send(head).await).await;
        assert!(full.starts_with("HTTP/1.1 503") && full.contains("sockets_full"), "{full}");
    }

    async fn a_handshake_that_is_none_is_a_problem(db: TestDatabase) {
        let live = Live::start(&db, |_| {}).await;
        let plain = live.app.get("/ws", "").await;
        plain.assert_problem(426, "upgrade_required");
        let head = "GET /ws HTTP/1.1\r\nhost: test\r\nconnection: close, upgrade\r\n\
                    upgrade: websocket\r\n";
        for (rest_of_head, status) in [
            ("sec-websocket-version: 12\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", 400),
            ("sec-websocket-version: 13", 400),
            ("sec-websocket-version: 13\r\nsec-websocket-key: dGhl", 400),
            ("sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
              authorization: Bearer wrong", 401),
        ] {
            let mut stream = live.server.send(&format!("{head}{rest_of_head}\r\n\r\n")).await;
            let reply = rest(&mut stream).await;
            assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{reply}");
        }
    }

    async fn a_token_ends_and_the_next_one_goes_on(db: TestDatabase) {
        let live = Live::start(&db, |limits| limits.heartbeat_ms = 1_000).await;
        let owner = live.app.register("saraa@example.mn").await;
        let (mut renewed, mut ended) = (live.of(&owner).await, live.of(&owner).await);
        db.clock.advance_seconds(600);
        let body = json!({ "refresh_token": owner.refresh });
        let next = live.app.post("/api/v1/auth/refresh", "", "", &body).await.json();
        renewed.say(json!({ "type": "authenticate", "token": next["access_token"] })).await;
        assert_eq!(renewed.told().await["type"], "authenticated");
        db.clock.advance_seconds(300);
        ended.ends("token_expired", CloseCode::Policy).await;
        assert_eq!(renewed.subscribe("events", None).await["type"], "subscribed");
    }

    async fn who_answers_no_heartbeat_is_gone(db: TestDatabase) {
        let live = Live::start(&db, |limits| limits.heartbeat_ms = 200).await;
        let owner = live.app.register("saraa@example.mn").await;
        // This one answers, by reading.
        let mut answers = live.of(&owner).await;
        for _ in 0..8 {
            assert!(matches!(
                answers.message().await,
                Some(Message::Ping(_) | Message::Text(_))
            ));
        }
        // A client that never answers what it is asked.
        let head = format!(
            "GET /ws HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             authorization: Bearer {}\r\n\r\n",
            owner.access
        );
        let mut mute = live.server.send(&head).await;
        let said = rest(&mut mute).await;
        assert!(said.contains("{\"type\":\"end\",\"reason\":\"idle\"}"), "{said}");
    }

    async fn who_does_not_read_is_cut_off_and_goes_on_later(db: TestDatabase) {
        let keys = keys(&db);
        let app = TestApp::of(services(&db, keys.clone()).await);
        let owner = app.register("saraa@example.mn").await;
        emit_much(&db, &owner.tenant).await;
        let mut services = services(&db, keys).await;
        services.limits.reader_stall_ms_max = 50;
        services.limits.farewell_ms_max = 10_000;
        let (server, stream) = Server::with_little_room(services).await;
        let mut slow = Socket::over(stream, server.address, Some(&owner.access)).await;
        slow.say(json!({ "type": "subscribe", "topic": "events", "after": "" })).await;
        // It comes back after it was given up, and reads what was sent before that.
        tokio::time::timeout(Duration::from_millis(300), std::future::pending::<()>())
            .await
            .unwrap_err();
        let mut told = vec![slow.told().await];
        while told[told.len() - 1]["type"] != "end" {
            told.push(slow.told().await);
        }
        let end = told.pop().unwrap();
        assert_eq!(end["reason"], "slow_reader");
        let last = told.pop().unwrap();
        assert!(!last.to_string().contains("last one"), "everything came, so nothing was slow");
        assert_eq!(end["position"], last["position"]);

        // From there on a quick reader misses nothing, and sees nothing again.
        let stream = TcpStream::connect(server.address).await.unwrap();
        let mut quick = Socket::over(stream, server.address, Some(&owner.access)).await;
        assert_eq!(quick.told().await["type"], "authenticated");
        quick.subscribe("events", end["position"].as_str()).await;
        let seen = told.iter().filter(|told| told["event"]["type"] == "test.noted").count()
            + usize::from(last["event"]["type"] == "test.noted");
        for left in (0..200 - seen).rev() {
            let text = quick.told().await["event"]["body"]["text"].as_str().unwrap().to_owned();
            assert_eq!(text == "last one", left == 0, "{left} of {seen}");
        }
    }

    async fn sockets_end_with_the_process(db: TestDatabase) {
        let live = Live::start(&db, |_| {}).await;
        let owner = live.app.register("saraa@example.mn").await;
        let mut socket = live.of(&owner).await;
        socket.subscribe("events", Some("")).await;
        live.server.stop.send(()).unwrap();
        socket.ends("shutting_down", CloseCode::Away).await;
        drop(socket);
        assert_eq!(live.server.ended.await.unwrap(), gateway::Ended::Finished);
    }
}

static NOTED: notices::Kind = notices::Kind {
    name: "test.noted",
    severity: notices::Severity::Info,
    params: &[],
    texts: &[(notices::Language::En, "== test.noted\nNoted\n\nNoted.\n")],
};
