//! One socket, from its first message to its last.

use std::future::pending;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use identity::{Claims, authorise};
use kernel::{Actor, Context, ErrorKind, Position, Problematic, TenantId, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Places;
use super::frame::{self, Code, Decoder, Incoming};
use super::hearing::{Heard, Hearing};
use super::line::Line;
use super::topic::Topic;
use crate::app::App;
use crate::live::{End, Follower, From as Begin};
use crate::load::Place;
use crate::wire::live::{Said, Told};

/// A client that answered none of so many heartbeats is gone.
const HEARTBEATS_UNANSWERED_MAX: u32 = 3;
/// What a client may say between two heartbeats.
const MESSAGES_MAX: u32 = 100;

/// A socket.
pub(super) struct Session {
    app: App,
    /// Of nobody until they say who they are.
    context: Context,
    caller: Option<Caller>,
    hearing: Hearing,
    rights: Option<watch::Receiver<u64>>,
    decoder: Decoder,
    line: Line,
    places: Places,
    clocks: Clocks,
}

/// Who listens.
struct Caller {
    claims: Claims,
    _place: Place,
}

struct Clocks {
    opened: Instant,
    /// When something came last.
    heard: Instant,
    heartbeat: Instant,
    /// Messages since the last heartbeat.
    messages: u32,
}

/// Why a socket ends.
#[derive(Debug)]
pub(super) enum Over {
    /// The other side is gone.
    Gone,
    /// The other side says that it goes.
    Closed,
    /// For a reason of ours, which is told.
    Because(&'static str, Code),
}

impl From<End> for Over {
    fn from(end: End) -> Self {
        let code = match end {
            End::ShuttingDown => Code::GoingAway,
            End::TokenExpired | End::Revoked => Code::Policy,
            End::SlowReader | End::Unavailable => Code::TryAgainLater,
            End::UpToDate => Code::Normal,
        };
        Self::Because(end.as_str(), code)
    }
}

impl From<Code> for Over {
    fn from(code: Code) -> Self {
        let reason = match code {
            Code::TooLarge => "message_too_large",
            Code::Unsupported | Code::NotUtf8 => "message_not_text",
            _ => "protocol_violated",
        };
        Self::Because(reason, code)
    }
}

impl Session {
    pub(super) fn new(app: App, context: Context, places: Places, begun: Bytes) -> Self {
        let limits = app.services.limits;
        let decoder = Decoder::new(BytesMut::from(&begun[..]), limits.message_bytes_max);
        let now = Instant::now();
        let heartbeat = now + Duration::from_millis(limits.heartbeat_ms);
        let clocks = Clocks { opened: now, heard: now, heartbeat, messages: 0 };
        let (hearing, line) = (Hearing::default(), Line::default());
        let (caller, rights) = (None, None);
        Self { app, context, caller, hearing, rights, decoder, line, places, clocks }
    }

    /// Serves it until it ends.
    pub(super) async fn run(mut self, mut stream: TcpStream, claims: Option<Claims>) {
        let over = match self.serve(&mut stream, claims).await {
            Err(over) => over,
            Ok(never) => match never {},
        };
        let (reason, code) = match over {
            Over::Gone => return,
            Over::Closed => (None, Code::Normal),
            Over::Because(reason, code) => (Some(reason), code),
        };
        if let Some(reason) = reason {
            tracing::debug!(reason, "a socket is ended");
            self.line.tell(&Told::End { reason, position: self.hearing.told_to() });
        }
        self.line.push(&frame::close(code, reason.unwrap_or_default()));
        let farewell = Duration::from_millis(self.app.services.limits.farewell_ms_max);
        let _ = tokio::time::timeout(farewell, self.say_farewell(&mut stream, farewell)).await;
    }

    /// Sends what is left, and waits for the other side to end, so that nothing it still sends
    /// makes the system throw away what it has not read.
    async fn say_farewell(&mut self, stream: &mut TcpStream, time: Duration) {
        if self.line.flush(stream, time).await.is_err() || stream.shutdown().await.is_err() {
            return;
        }
        let mut unread = [0; 512];
        while stream.read(&mut unread).await.is_ok_and(|count| count > 0) {}
    }

    async fn serve(
        &mut self,
        stream: &mut TcpStream,
        claims: Option<Claims>,
    ) -> Result<std::convert::Infallible, Over> {
        if let Some(claims) = claims {
            self.welcome(claims).await?;
        }
        let stall = Duration::from_millis(self.app.services.limits.reader_stall_ms_max);
        let mut ending = self.app.ending.subscribe();
        self.read().await?;
        loop {
            self.line.flush(stream, stall).await?;
            let wake = self.wake();
            tokio::select! {
                count = stream.read_buf(&mut self.decoder.buffer) => {
                    if !count.is_ok_and(|count| count > 0) {
                        return Err(Over::Gone);
                    }
                    self.clocks.heard = Instant::now();
                    self.read().await?;
                }
                heard = self.hearing.next() => self.hear(heard?),
                () = changed(&mut self.rights) => self.check_rights().await?,
                () = App::asked_to_end(&mut ending) => return Err(End::ShuttingDown.into()),
                () = tokio::time::sleep_until(wake) => self.tick()?,
            }
        }
    }

    /// When something is to be done though nothing comes.
    fn wake(&self) -> Instant {
        let now = Instant::now();
        let wake =
            self.hearing.due().map_or(self.clocks.heartbeat, |due| due.min(self.clocks.heartbeat));
        match &self.caller {
            Some(caller) => wake.min(now + self.left(&caller.claims)),
            None => wake.min(self.greeting_end()),
        }
    }

    fn greeting_end(&self) -> Instant {
        self.clocks.opened + Duration::from_millis(self.app.services.limits.header_ms_max)
    }

    /// How long a token is good still.
    fn left(&self, claims: &Claims) -> Duration {
        let until = Timestamp::EPOCH.plus_seconds(claims.exp);
        let left_us = until.micros() - self.context.now().micros();
        Duration::from_micros(u64::try_from(left_us).unwrap_or(0))
    }

    fn tick(&mut self) -> Result<(), Over> {
        let now = Instant::now();
        match &self.caller {
            Some(caller) if self.left(&caller.claims).is_zero() => {
                return Err(End::TokenExpired.into());
            }
            None if now >= self.greeting_end() => {
                return Err(Over::Because("not_authenticated", Code::Policy));
            }
            Some(_) | None => {}
        }
        self.tell_changes();
        if now < self.clocks.heartbeat {
            return Ok(());
        }
        let heartbeat = Duration::from_millis(self.app.services.limits.heartbeat_ms);
        if now.duration_since(self.clocks.heard) > heartbeat * HEARTBEATS_UNANSWERED_MAX {
            return Err(Over::Because("idle", Code::GoingAway));
        }
        self.clocks.heartbeat = now + heartbeat;
        self.clocks.messages = 0;
        // The frame is answered by the client's protocol, the message is seen by its program.
        self.line.push(&frame::ping());
        self.line.tell(&Told::Heartbeat);
        Ok(())
    }

    fn hear(&mut self, heard: Heard) {
        match (heard, &self.caller) {
            (Heard::Events(items), _) => {
                items.iter().for_each(|item| self.line.push(item.frame()));
            }
            (Heard::News(items), Some(caller)) => {
                self.hearing.note(&items, &caller.claims);
                self.tell_changes();
            }
            (Heard::News(_), None) => {}
        }
    }

    fn tell_changes(&mut self) {
        for (topic, change) in self.hearing.take() {
            let (topic, position) = (topic.as_str(), change.position.to_string());
            self.line.tell(&Told::Changed { topic, count: change.count, position });
        }
    }

    /// Does what the client said.
    async fn read(&mut self) -> Result<(), Over> {
        while let Some(incoming) = self.decoder.next()? {
            self.clocks.messages += 1;
            if self.clocks.messages > MESSAGES_MAX {
                return Err(Over::Because("too_many_messages", Code::Policy));
            }
            match incoming {
                Incoming::Text(text) => self.obey(&text).await?,
                Incoming::Ping(payload) => self.line.push(&frame::pong(&payload)),
                Incoming::Pong => {}
                Incoming::Close => return Err(Over::Closed),
            }
        }
        Ok(())
    }

    async fn obey(&mut self, text: &str) -> Result<(), Over> {
        match serde_json::from_str(text) {
            Ok(Said::Authenticate { token }) => {
                match self.app.services.identity.verify(&self.context, &token) {
                    Ok(claims) => self.welcome(claims).await?,
                    Err(error) => self.refuse(None, &error),
                }
            }
            Ok(Said::Subscribe { topic, after }) => self.subscribe(&topic, after).await?,
            Ok(Said::Unsubscribe { topic }) => {
                match Topic::parse(&topic).filter(|topic| self.hearing.has(*topic)) {
                    Some(known) => {
                        let position = self.hearing.remove(known);
                        self.line.tell(&Told::Unsubscribed { topic: &topic, position });
                    }
                    None => self.refuse_as(Some(&topic), "not_subscribed", "it is not heard of"),
                }
            }
            // What it says of the text may repeat it, and so a token.
            Err(_) => self.refuse_as(None, "message_invalid", "it is none of the messages known"),
        }
        Ok(())
    }

    /// Somebody said who they are, for the first time or with their next token.
    async fn welcome(&mut self, claims: Claims) -> Result<(), Over> {
        let known = self.caller.as_ref().map(|caller| (caller.claims.sub, caller.claims.tid));
        if known.is_some_and(|known| known != (claims.sub, claims.tid)) {
            self.refuse_as(None, "other_caller", "this socket is somebody else's");
            return Ok(());
        }
        let (tenant, actor) = (claims.tid, Actor::User { id: claims.sub });
        self.context = Context { tenant, actor, ..self.context.clone() };
        let until = Timestamp::EPOCH.plus_seconds(claims.exp).to_string();
        let place = match self.caller.take() {
            Some(caller) => caller._place,
            None => self.place(tenant)?,
        };
        self.places.known();
        self.caller = Some(Caller { claims, _place: place });
        self.check_rights().await?;
        self.line.tell(&Told::Authenticated { until });
        Ok(())
    }

    fn place(&self, tenant: TenantId) -> Result<Place, Over> {
        let place = self.app.tenant_sockets.take(tenant);
        place.ok_or(Over::Because("too_many_sockets", Code::TryAgainLater))
    }

    async fn subscribe(&mut self, text: &str, after: Option<String>) -> Result<(), Over> {
        let Some(topic) = Topic::parse(text) else {
            self.refuse_as(Some(text), "topic_unknown", "there is no such topic");
            return Ok(());
        };
        let Some(caller) = &self.caller else {
            self.refuse_as(Some(text), "token_required", "say who you are first");
            return Ok(());
        };
        if let Err(error) = authorise(caller.claims.role, topic.action()) {
            self.refuse(Some(text), &error);
            return Ok(());
        }
        if self.hearing.has(topic) {
            self.refuse_as(Some(text), "already_subscribed", "it is heard of already");
            return Ok(());
        }
        let begin = match (topic, after.map(|after| after.parse::<Position>())) {
            (Topic::Events, Some(Ok(position))) => Begin::Position(position),
            (_, None) => Begin::Now,
            (Topic::Events, Some(Err(error))) => {
                self.refuse_as(Some(text), "position_invalid", &error.to_string());
                return Ok(());
            }
            (Topic::Changed(_), Some(_)) => {
                let detail = "what changed before now is read, not told";
                self.refuse_as(Some(text), "position_invalid", detail);
                return Ok(());
            }
        };
        let follower = if topic != Topic::Events && self.hearing.has_news() {
            None
        } else {
            let opened = Follower::new(&self.app, self.context.tenant, begin).await;
            Some(opened.map_err(|error| {
                tracing::error!(%error, "a socket could not follow its tenant");
                End::Unavailable
            })?)
        };
        let position = self.hearing.add(topic, follower);
        self.rights = self.hearing.rights();
        self.line.tell(&Told::Subscribed { topic: text, position });
        // What happened between the last look at the caller's rights and now rang for nobody.
        self.check_rights().await
    }

    /// Asks anew what the caller may hear of.
    async fn check_rights(&mut self) -> Result<(), Over> {
        let Some(caller) = &mut self.caller else { return Ok(()) };
        match self.app.services.identity.standing(&self.context, &caller.claims).await {
            Ok(role) => caller.claims.role = role,
            Err(error) if error.kind() == ErrorKind::Unauthenticated => {
                return Err(End::Revoked.into());
            }
            Err(error) => {
                tracing::error!(%error, "the rights of a socket's caller could not be asked");
                return Err(End::Unavailable.into());
            }
        }
        for topic in self.hearing.beyond(caller.claims.role) {
            let position = self.hearing.remove(topic);
            let (topic, reason) = (topic.as_str(), End::Revoked.as_str());
            self.line.tell(&Told::Ended { topic, reason, position });
        }
        Ok(())
    }

    fn refuse(&mut self, topic: Option<&str>, error: &impl Problematic) {
        let problem = error.problem();
        self.refuse_as(topic, problem.code, &problem.detail);
    }

    fn refuse_as(&mut self, topic: Option<&str>, code: &str, detail: &str) {
        self.line.tell(&Told::Refused { topic, code, detail: detail.to_owned() });
    }
}

/// Waits until somebody's rights may have changed; for ever where nothing is heard of.
async fn changed(rights: &mut Option<watch::Receiver<u64>>) {
    let gone = match rights {
        Some(rights) => rights.changed().await.is_err(),
        None => true,
    };
    if gone {
        pending().await
    }
}
