//! A household that may sell its house: the set-up that the tests share.

#![allow(dead_code, reason = "each test uses a part of it")]

use approvals::{
    Approval, ApprovalId, ApprovalState, ApprovalsError, Command, CommandKind, Expire, Rule, Short,
    Threshold, Verdict,
};
use identity::{Identity, NewUser, Role, Secret, SigningKeys};
use jobs::{Worker, WorkerLimits};
use kernel::{Actor, Context, Money, TenantId, UserId};
use notices::{Kind, Language, Notices, ParamType, Reader, Severity, user_party};
use serde_json::json;
use storage::log::ObjectRef;
use storage::{Level, Mode, StorageError, Tx};
use testing::{Cell, TestDatabase};

pub const WEEK_SECONDS: i64 = 7 * 86_400;

pub static ASKED: Kind = Kind {
    name: "house.sell_asked",
    severity: Severity::Info,
    params: &[("until", ParamType::Date)],
    texts: &[
        (Language::En, "== house.sell_asked\nMay it be sold?\n\nUntil {until}.\n"),
        (Language::De, "== house.sell_asked\nDarf es verkauft werden?\n\nBis {until}.\n"),
        (Language::Mn, "== house.sell_asked\nЗарж болох уу?\n\n{until} хүртэл.\n"),
    ],
};

/// One other grown-up, from AUD 10,000 on two, and from 100,000 on an owner.
pub static SELL: CommandKind = CommandKind {
    name: "house.sell",
    rules: &[
        Rule { from: None, people: 1, roles: &[Role::Owner, Role::Adult] },
        Rule { from: aud(1_000_000), people: 2, roles: &[Role::Owner, Role::Adult] },
        Rule { from: aud(10_000_000), people: 1, roles: &[Role::Owner] },
    ],
    short: Short::AsMany,
    seconds_max: WEEK_SECONDS,
    asked: &ASKED,
};

/// Two others, or it is not done.
pub static BURN: CommandKind = CommandKind {
    name: "house.burn",
    rules: &[Rule { from: None, people: 2, roles: &[Role::Owner, Role::Adult] }],
    short: Short::Barred,
    seconds_max: WEEK_SECONDS,
    asked: &ASKED,
};

const fn aud(minor: u128) -> Option<Threshold> {
    Some(Threshold { currency: "AUD", minor })
}

/// A tenant and its people.
pub struct House<'a> {
    pub db: &'a TestDatabase,
    pub tenant: TenantId,
    pub saraa: UserId,
    identity: Identity,
}

impl<'a> House<'a> {
    /// With Saraa, who is its owner.
    pub async fn of(db: &'a TestDatabase) -> Self {
        let identity = Identity::new(db.database.clone(), SigningKeys::generate(&db.env).unwrap());
        let (saraa, tenant) = register(db, &identity, "saraa@example.mn").await;
        Self { db, tenant, saraa, identity }
    }

    /// And another.
    pub async fn with(&self, name: &str, role: Role) -> UserId {
        let email = format!("{name}@example.mn");
        let (user, _) = register(self.db, &self.identity, &email).await;
        let context = self.as_user(self.saraa);
        let mut tx = self.tx().await;
        self.identity.add_member(&context, &mut tx, &email, role).await.unwrap();
        tx.commit().await.unwrap();
        user
    }

    pub fn as_user(&self, id: UserId) -> Context {
        Context::new(self.db.env.clone(), self.tenant, Actor::User { id })
    }

    pub fn as_owner(&self) -> Context {
        Context::new(self.db.env.clone(), self.tenant, Actor::Owner)
    }

    pub async fn tx(&self) -> Tx {
        self.db.database.begin(Level::of(self.tenant), Mode::Write).await.unwrap()
    }

    pub async fn ask(
        &self,
        context: &Context,
        command: &Command,
    ) -> Result<Approval, ApprovalsError> {
        let mut tx = self.tx().await;
        let asked = approvals::ask(&mut tx, context, command, "wir ziehen nach Darkhan").await?;
        tx.commit().await.unwrap();
        Ok(asked)
    }

    pub async fn decide(
        &self,
        person: UserId,
        id: ApprovalId,
        verdict: Verdict,
    ) -> Result<Approval, ApprovalsError> {
        let mut tx = self.tx().await;
        let word = (verdict, "zu billig");
        let decided = approvals::decide(&mut tx, &self.as_user(person), id, word).await?;
        tx.commit().await.unwrap();
        Ok(decided)
    }

    pub async fn approve(&self, person: UserId, id: ApprovalId) -> ApprovalState {
        self.decide(person, id, Verdict::Approve).await.unwrap().state
    }

    pub async fn state(&self, id: ApprovalId) -> ApprovalState {
        let mut tx = self.tx().await;
        approvals::approval(&mut tx, &self.as_owner(), id).await.unwrap().state
    }

    /// Does a command: what it must carry, in one transaction.
    pub async fn carry_out(
        &self,
        context: &Context,
        command: &Command,
    ) -> Result<(), ApprovalsError> {
        let mut tx = self.tx().await;
        let rows = approvals::clear(&mut tx, context, command).await?;
        tx.commit().await.unwrap();
        commit(self.tx().await, rows).await.map_err(Into::into)
    }

    /// The titles of what a person was told, the latest first.
    pub async fn told(&self, person: UserId) -> Vec<String> {
        let service = Notices::new(&[&[&ASKED], approvals::NOTICES]);
        let own = user_party(person);
        let reader = Reader { id: own.uuid(), own, household: None };
        let mut tx = self.tx().await;
        let (who, page) = ((&reader, Language::En), kernel::PageRequest::first(50));
        let found = notices::notices(&mut tx, &service, who, (false, &page)).await.unwrap();
        found.items.into_iter().map(|read| read.title.unwrap()).collect()
    }

    /// Time passes, and a worker does what is due.
    pub async fn pass(&self, seconds: i64) {
        self.db.clock.advance_seconds(seconds);
        let limits = WorkerLimits::default();
        let mut worker = Worker::new(self.db.database.clone(), "test", limits).with(Expire);
        while worker.step().await.unwrap() > 0 {}
    }

    /// The bodies of events of a type, in their order.
    pub async fn events(&self, kind: &str) -> Vec<serde_json::Value> {
        let rows = self.db.raw().await.rows("SELECT body FROM log_inbox ORDER BY ord").await;
        let event = |row: Vec<Cell>| match &row[0] {
            Cell::Bytes(bytes) => serde_json::from_slice::<serde_json::Value>(bytes).unwrap(),
            cell => panic!("{cell:?}"),
        };
        let found = rows.into_iter().map(event).filter(|event| event["type"] == kind);
        found.map(|event| event["body"].clone()).collect()
    }
}

/// Commits rows as a command does that carries them: all, or none.
pub async fn commit(
    mut tx: Tx,
    rows: Vec<storage::journal::RowChange>,
) -> Result<(), StorageError> {
    for row in rows {
        match row.rows {
            Some(1) => tx.execute_one(row.statement, row.params).await?,
            _ => drop(tx.execute(row.statement, row.params).await?),
        }
    }
    tx.commit().await
}

/// Selling the house for so much.
pub fn sell(price: &str) -> Command {
    let house = ObjectRef::new("house", "home");
    let command = Command::new(&SELL, house, &json!({ "price": format!("{price} AUD") }));
    command.unwrap().moving(Money::parse(price, "AUD").unwrap())
}

async fn register(db: &TestDatabase, identity: &Identity, email: &str) -> (UserId, TenantId) {
    let new = NewUser {
        email: email.to_owned(),
        password: Secret::new("correct horse battery"),
        name: "Somebody".to_owned(),
        family_name: "Hargreaves".to_owned(),
        currency: "AUD".to_owned(),
        country: None,
    };
    let nobody = Context::new(db.env.clone(), TenantId::COMMON, Actor::Anonymous);
    let session = identity.register(&nobody, new, None).await.unwrap();
    (session.user.id, session.tenant.id)
}
