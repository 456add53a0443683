//! A post room: the set-up that the tests share. Its channel keeps what it is handed, and answers
//! as it is told.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use jobs::{Worker, WorkerLimits};
use kernel::{Context, PageRequest, PartyId};
use notices::{
    Address, AddressSecret, AddressState, Channel, ChannelKind, Choice, Deliver, Delivery,
    DeliveryState, Digest, Kind, Language, Mode, NewAddress, NewNotice, NoticeId, Notices,
    NoticesError, Outgoing, Param, ParamType, Preferences, Read, Reader, Refusal, Sent, Severity,
    TellOfDeath,
};
use storage::{Level, Mode as TxMode, Tx};
use testing::TestDatabase;

const TEXTS: &[(Language, &str)] = &[
    (
        Language::En,
        "== house.letter\n{letters} {letters|letter|letters} from {from}\n\nBy {on}: {sum}.\n\
         == house.fire\nFire in {from}\n\nRun, {from}.\n",
    ),
    (
        Language::De,
        "== house.letter\n{letters} {letters|Brief|Briefe} von {from}\n\nBis {on}: {sum}.\n\
         == house.fire\nFeuer in {from}\n\nLauf, {from}.\n",
    ),
    (
        Language::Mn,
        "== house.letter\n{from}: {letters} захидал\n\n{on} хүртэл: {sum}.\n\
         == house.fire\n{from}: гал\n\n{from}, гүй.\n",
    ),
];

pub static LETTER: Kind = Kind {
    name: "house.letter",
    severity: Severity::Info,
    params: &[
        ("from", ParamType::Text),
        ("letters", ParamType::Count),
        ("on", ParamType::Date),
        ("sum", ParamType::Money),
    ],
    texts: TEXTS,
};

pub static FIRE: Kind = Kind {
    name: "house.fire",
    severity: Severity::Urgent,
    params: &[("from", ParamType::Text)],
    texts: TEXTS,
};

/// A tenant, its letters, and where they go.
pub struct PostRoom<'a> {
    pub db: &'a TestDatabase,
    pub context: Context,
    pub notices: Notices,
    pub post: Arc<Post>,
    pub worker: Worker,
}

/// What was handed over, and how it is answered: with what was told first, then well.
#[derive(Default)]
pub struct Post {
    pub sent: Mutex<Vec<Outgoing>>,
    pub answers: Mutex<VecDeque<Result<Sent, Refusal>>>,
}

struct PostChannel(ChannelKind, Arc<Post>);

impl Channel for PostChannel {
    fn kind(&self) -> ChannelKind {
        self.0
    }

    fn normal(&self, address: &str) -> Result<String, NoticesError> {
        Ok(address.trim().to_owned())
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>> {
        self.1.sent.lock().unwrap().push(outgoing.clone());
        let answer = self.1.answers.lock().unwrap().pop_front();
        Box::pin(std::future::ready(answer.unwrap_or_else(|| Ok(Sent::default()))))
    }
}

pub fn worker(db: &TestDatabase, notices: &Notices) -> Worker {
    Worker::new(db.database.clone(), "test", WorkerLimits::default())
        .with(Deliver(notices.clone()))
        .with(Digest(notices.clone()))
        .with(TellOfDeath)
        .telling_of_deaths()
}

impl<'a> PostRoom<'a> {
    pub fn of(db: &'a TestDatabase) -> Self {
        let post = Arc::new(Post::default());
        let channel = |kind| Arc::new(PostChannel(kind, Arc::clone(&post)));
        let notices = Notices::new(&[&[&LETTER, &FIRE]])
            .with(channel(ChannelKind::Email))
            .with(channel(ChannelKind::Sms))
            .at("https://florin.example/");
        Self::with(db, notices, post)
    }

    pub fn with(db: &'a TestDatabase, notices: Notices, post: Arc<Post>) -> Self {
        let context = db.context(db.new_tenant());
        let worker = worker(db, &notices);
        Self { db, context, notices, post, worker }
    }

    pub fn own(&self) -> PartyId {
        vault::own_party(self.context.tenant)
    }

    pub fn reader(&self) -> Reader {
        Reader { id: self.own().uuid(), own: self.own(), household: None }
    }

    pub async fn tx(&self) -> Tx {
        let level = Level::of(self.context.tenant);
        self.db.database.begin(level, TxMode::Write).await.unwrap()
    }

    /// Adds an address that is used: whoever reads there has said yes.
    pub async fn add(&self, channel: ChannelKind, address: &str) -> Address {
        let added = self.try_add(channel, address).await.unwrap();
        if added.state != AddressState::Unconfirmed {
            return added;
        }
        let post = Arc::new(Post::default());
        let asking = self.notices.clone().with(Arc::new(PostChannel(channel, Arc::clone(&post))));
        let mut worker = worker(self.db, &asking);
        while worker.step().await.unwrap() > 0 {}
        let sent = post.sent.lock().unwrap().clone();
        let is_question = |one: &&Outgoing| one.message.parts[0].kind.contains("confirm");
        let asked = sent.iter().rfind(is_question).unwrap();
        self.confirm(&added, asked).await.unwrap();
        self.address(&added).await
    }

    /// Confirms an address with what was sent there.
    pub async fn confirm(&self, address: &Address, asked: &Outgoing) -> Result<(), NoticesError> {
        match said(asked) {
            ("link", link) => notices::confirm(&self.db.database, token_of(link)).await,
            (_, code) => self.confirm_code(address, code).await.map(drop),
        }
    }

    pub async fn confirm_code(&self, of: &Address, code: &str) -> Result<Address, NoticesError> {
        let whose = (self.own(), of.id);
        notices::confirm_code(&self.db.database, &self.context, whose, code).await
    }

    pub async fn resume(&self, address: &Address) {
        let mut tx = self.tx().await;
        let resumed = notices::resume_address(&mut tx, &self.context, self.own(), address.id);
        resumed.await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn try_add(
        &self,
        channel: ChannelKind,
        address: &str,
    ) -> Result<Address, NoticesError> {
        let mut tx = self.tx().await;
        let secret = AddressSecret::default();
        let new = NewAddress { recipient: self.own(), channel, address, secret };
        let added = notices::add_address(&mut tx, &self.context, &self.notices, new).await?;
        tx.commit().await?;
        Ok(added)
    }

    pub async fn address(&self, address: &Address) -> Address {
        let mut tx = self.tx().await;
        notices::address(&mut tx, self.own(), address.id).await.unwrap()
    }

    pub async fn choose(&self, preferences: Preferences) {
        let mut tx = self.tx().await;
        let put = notices::put_preferences(&mut tx, &self.context, self.own(), &preferences);
        put.await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn write(&self, key: &str) -> Option<NoticeId> {
        let mut tx = self.tx().await;
        let written = notices::write(&mut tx, &self.context, &letter(self.own(), key)).await;
        tx.commit().await.unwrap();
        written.unwrap()
    }

    pub async fn cry_fire(&self) -> NoticeId {
        let mut tx = self.tx().await;
        let params = vec![("from", Param::text("the kitchen"))];
        let (kind, recipient) = (&FIRE, self.own());
        let new = NewNotice { kind, key: "fire", recipient, params, about: None };
        let written = notices::write(&mut tx, &self.context, &new).await.unwrap();
        tx.commit().await.unwrap();
        written.unwrap()
    }

    /// Lets so much time pass, and all jobs be done that are due then.
    pub async fn pass(&mut self, seconds: i64) {
        self.db.clock.advance_seconds(seconds);
        while self.worker.step().await.unwrap() > 0 {}
    }

    pub async fn deliveries(&self, notice: NoticeId) -> Vec<Delivery> {
        let mut tx = self.tx().await;
        notices::deliveries(&mut tx, notice).await.unwrap()
    }

    /// The states of a notice's deliveries, with their codes.
    pub async fn states(&self, notice: NoticeId) -> Vec<(DeliveryState, Option<String>)> {
        let deliveries = self.deliveries(notice).await;
        deliveries.into_iter().map(|one| (one.state, one.code)).collect()
    }

    pub async fn list(&self, language: Language) -> Vec<Read> {
        let page = PageRequest::new(None, None, 0).unwrap();
        let (reader, mut tx) = (self.reader(), self.tx().await);
        let who = (&reader, language);
        notices::notices(&mut tx, &self.notices, who, (false, &page)).await.unwrap().items
    }

    pub async fn unread(&self) -> u64 {
        notices::unread(&mut self.tx().await, &self.reader()).await.unwrap()
    }

    pub fn sent(&self) -> Vec<Outgoing> {
        self.post.sent.lock().unwrap().clone()
    }

    pub fn answer(&self, answers: impl IntoIterator<Item = Result<Sent, Refusal>>) {
        self.post.answers.lock().unwrap().extend(answers);
    }
}

/// What a question has in it: its name, and the link or the code.
pub fn said(asked: &Outgoing) -> (&str, &str) {
    match &asked.message.parts[0].params[..] {
        [(name, Param::Text { text })] if asked.message.text.contains(text) => (name, text),
        [(name, Param::Text { text })] if asked.message.title.contains(text) => (name, text),
        other => panic!("no question: {other:?}"),
    }
}

pub fn token_of(link: &str) -> &str {
    link.rsplit('/').next().unwrap()
}

pub fn letter(recipient: PartyId, key: &str) -> NewNotice<'_> {
    let on = kernel::time::parse_date("2026-04-30").unwrap();
    let params = vec![
        ("from", Param::text("Grammelknoedel")),
        ("letters", Param::count(2)),
        ("on", Param::date(on)),
        ("sum", Param::money("1234.50", "EUR")),
    ];
    NewNotice { kind: &LETTER, key, recipient, params, about: None }
}

pub fn choice(kind: &str, channel: ChannelKind, mode: Mode) -> Choice {
    Choice { kind: kind.to_owned(), channel, mode }
}
