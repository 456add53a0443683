//! A house with a leaking roof: the set-up that the tests share.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cases::{Applies, Case, CaseId, CaseKind, Cases, CasesError, Escalate, Priority};
use futures_util::future::BoxFuture;
use identity::{Identity, NewUser, Role, Secret, SigningKeys};
use jobs::{Worker, WorkerLimits};
use kernel::{Actor, Context, ErrorKind, Problem, TenantId, UserId};
use notices::{Language, Notices, Reader, user_party};
use storage::log::ObjectRef;
use storage::{Level, Mode, Tx};
use testing::{Cell, TestDatabase};

pub const DUE_SECONDS: i64 = 2 * 86_400;

pub static LEAK: CaseKind = CaseKind {
    name: "house.leak",
    choices: &["mend", "leave", "burn"],
    readers: &[Role::Owner, Role::Adult, Role::Adviser],
    deciders: &[Role::Owner, Role::Adult],
    priority: Priority::Normal,
    due_seconds: DUE_SECONDS,
};

/// What was done, by how often; it refuses to burn the house.
#[derive(Default)]
pub struct Mend {
    pub done: AtomicUsize,
}

impl Applies for Mend {
    fn kind(&self) -> &'static CaseKind {
        &LEAK
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut Tx,
        context: &'a Context,
        (case, choice): (&'a Case, &'a str),
    ) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            if choice == "burn" {
                let (code, detail) = ("house_insured", "the house is insured".to_owned());
                let kind = ErrorKind::Refused;
                return Err(Problem { code, kind, detail, fields: Vec::new() });
            }
            // What closes cases of the thing finds none that is open.
            cases::close(tx, context, (&LEAK, &case.subject), "mended").await.unwrap();
            self.done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    }
}

/// A tenant and its people.
pub struct Desk<'a> {
    pub db: &'a TestDatabase,
    pub tenant: TenantId,
    pub saraa: UserId,
    pub cases: Cases,
    pub mend: Arc<Mend>,
    identity: Identity,
}

pub fn roof() -> ObjectRef {
    ObjectRef::new("roof", "north")
}

impl<'a> Desk<'a> {
    /// With Saraa, who is its owner.
    pub async fn of(db: &'a TestDatabase) -> Self {
        let identity = Identity::new(db.database.clone(), SigningKeys::generate(&db.env).unwrap());
        let (saraa, tenant) = register(db, &identity, "saraa@example.mn").await;
        let mend = Arc::new(Mend::default());
        let cases = Cases::default().with(mend.clone());
        Self { db, tenant, saraa, cases, mend, identity }
    }

    /// And another.
    pub async fn with(&self, name: &str, role: Role) -> UserId {
        let email = format!("{name}@example.mn");
        let (user, _) = register(self.db, &self.identity, &email).await;
        let mut tx = self.tx().await;
        let context = self.as_user(self.saraa);
        self.identity.add_member(&context, &mut tx, &email, role).await.unwrap();
        tx.commit().await.unwrap();
        user
    }

    pub fn as_user(&self, id: UserId) -> Context {
        Context::new(self.db.env.clone(), self.tenant, Actor::User { id })
    }

    pub async fn tx(&self) -> Tx {
        self.db.database.begin(Level::of(self.tenant), Mode::Write).await.unwrap()
    }

    /// The roof leaks.
    pub async fn open(&self) -> CaseId {
        let context = Context::new(self.db.env.clone(), self.tenant, Actor::system("rain"));
        let mut tx = self.tx().await;
        let id = cases::open(&mut tx, &context, &LEAK, &roof()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn decide(
        &self,
        (who, role): (UserId, Role),
        id: CaseId,
        choice: &str,
    ) -> Result<Case, CasesError> {
        let mut tx = self.tx().await;
        let what = ((role, id), (choice, "weil es regnet"));
        let decided = cases::decide(&mut tx, &self.as_user(who), &self.cases, what).await?;
        tx.commit().await.unwrap();
        Ok(decided)
    }

    pub async fn case(&self, id: CaseId) -> Case {
        let mut tx = self.tx().await;
        cases::case(&mut tx, Role::Owner, id).await.unwrap()
    }

    /// `step detail: said` of each entry.
    pub async fn history(&self, id: CaseId) -> Vec<String> {
        let mut tx = self.tx().await;
        let entries = cases::history(&mut tx, Role::Owner, id).await.unwrap();
        let text = |entry: cases::Entry| {
            let (detail, said) = (entry.detail.unwrap_or_default(), entry.said.unwrap_or_default());
            format!("{} {detail}: {said}", entry.step)
        };
        entries.into_iter().map(text).collect()
    }

    /// The titles of what a person was told, the latest first.
    pub async fn told(&self, person: UserId) -> Vec<String> {
        let service = Notices::new(&[cases::NOTICES]);
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
        let worker = Worker::new(self.db.database.clone(), "test", WorkerLimits::default());
        let mut worker = worker.with(Escalate(self.cases.clone()));
        while worker.step().await.unwrap() > 0 {}
    }

    /// The steps that the log tells of.
    pub async fn logged(&self) -> Vec<String> {
        let rows = self.db.raw().await.rows("SELECT body FROM log_inbox ORDER BY ord").await;
        let event = |row: Vec<Cell>| match &row[0] {
            Cell::Bytes(bytes) => serde_json::from_slice::<serde_json::Value>(bytes).unwrap(),
            cell => panic!("{cell:?}"),
        };
        let found = rows.into_iter().map(event);
        let found = found.filter(|event| event["type"] == "cases.case.changed");
        found.map(|event| event["body"]["step"].as_str().unwrap().to_owned()).collect()
    }
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
