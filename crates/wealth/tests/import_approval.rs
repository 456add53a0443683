//! An import of long ago is undone with the approval of another person, once and in its commit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use approvals::{Approval, ApprovalState, Verdict};
use bank::{Bank, camt};
use identity::{Identity, NewUser, Role, Secret, SigningKeys};
use kernel::{Actor, CommandKey, Context, Problematic as _, TenantId, UserId};
use storage::{Level, Mode, Tx};
use testing::TestDatabase;
use wealth::WealthError;
use wealth::import::{ImportId, ImportStatus, UNDO_ALONE_SECONDS};

const WHY: &str = "wrong account";

/// A family of two grown-ups, and an import of theirs.
struct Family<'a> {
    bank: Bank<'a>,
    db: &'a TestDatabase,
    import: ImportId,
    saraa: Context,
    bat: Context,
}

impl<'a> Family<'a> {
    async fn of(db: &'a TestDatabase, others: &[Role]) -> Self {
        let bank = Bank::of(db).await;
        let saraa = member(db, bank.context.tenant, ("saraa", Role::Owner)).await;
        let mut bat = saraa;
        for role in others {
            bat = member(db, bank.context.tenant, ("bat", *role)).await;
        }
        let balances = ("1000.00 2026-01-01", "900.00 2026-01-31");
        let import = bank.bring(&camt("1", balances, &["2026-01-05 -100.00 R1 RENT"])).await.id;
        let as_user = |id| Context { actor: Actor::User { id }, ..bank.context.clone() };
        let (saraa, bat) = (as_user(saraa), as_user(bat));
        Self { bank, db, import, saraa, bat }
    }

    async fn tx(&self) -> Tx {
        let level = Level::Tenant(self.saraa.tenant);
        self.db.database.begin(level, Mode::Write).await.unwrap()
    }

    async fn ask(&self, reason: &str) -> Result<Approval, WealthError> {
        let mut tx = self.tx().await;
        let what = (self.import, reason);
        let asked = self.bank.wealth.ask_undo(&self.saraa, &mut tx, what).await?;
        tx.commit().await.unwrap();
        Ok(asked)
    }

    async fn approve(&self, approval: &Approval) {
        let mut tx = self.tx().await;
        let word = (Verdict::Approve, "");
        approvals::decide(&mut tx, &self.bat, approval.id, word).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn stands(&self, approval: &Approval) -> ApprovalState {
        let mut tx = self.tx().await;
        approvals::approval(&mut tx, &self.saraa, approval.id).await.unwrap().state
    }

    /// Tries to undo it; the code where that is refused, and then nothing has moved.
    async fn undo(&self, reason: &str) -> &'static str {
        let before = self.bank.state().await;
        match self.bank.wealth.undo(&self.saraa, self.import, reason).await {
            Ok(import) => {
                assert_eq!(import.status, ImportStatus::Undone);
                "undone"
            }
            Err(error) => {
                assert_eq!(self.bank.state().await, before);
                error.code()
            }
        }
    }
}

async fn member(db: &TestDatabase, tenant: TenantId, (name, role): (&str, Role)) -> UserId {
    let identity = Identity::new(db.database.clone(), SigningKeys::generate(&db.env).unwrap());
    let email = format!("{name}@example.mn");
    let new = NewUser {
        email: email.clone(),
        password: Secret::new("correct horse battery"),
        name: "Somebody".to_owned(),
        family_name: "Hargreaves".to_owned(),
        currency: "AUD".to_owned(),
        country: None,
    };
    let nobody = Context::new(db.env.clone(), TenantId::COMMON, Actor::Anonymous);
    let session = identity.register(&nobody, new, None).await.unwrap();
    let context = db.context(tenant);
    let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Write).await.unwrap();
    identity.add_member(&context, &mut tx, &email, role).await.unwrap();
    tx.commit().await.unwrap();
    session.user.id
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn within_thirty_days_nobody_is_asked(db: TestDatabase) {
        let family = Family::of(&db, &[Role::Adult]).await;
        db.clock.advance_seconds(UNDO_ALONE_SECONDS);
        assert_eq!(family.ask(WHY).await.unwrap_err().code(), "approval_not_needed");
        assert_eq!(family.undo(WHY).await, "undone");
    }

    async fn after_thirty_days_another_person_approves(db: TestDatabase) {
        let family = Family::of(&db, &[Role::Adult]).await;
        db.clock.advance_seconds(UNDO_ALONE_SECONDS + 1);
        assert_eq!(family.undo(WHY).await, "approval_needed");
        let asked = family.ask(WHY).await.unwrap();
        assert_eq!(family.undo(WHY).await, "approval_undecided");
        family.approve(&asked).await;
        // What was approved was said with its reason.
        assert_eq!(family.undo("no reason").await, "approval_void");
        assert_eq!(family.stands(&asked).await, ApprovalState::Approved);
        assert_eq!(family.undo(WHY).await, "undone");
        assert_eq!(family.stands(&asked).await, ApprovalState::Used);
        // Once more answers as it is, and uses nothing.
        assert_eq!(family.undo(WHY).await, "undone");
        assert_eq!(family.bank.events("approvals.request.used").await.len(), 1);
        assert_eq!(family.bank.events("wealth.import.undone").await.len(), 1);
    }

    async fn an_undoing_that_is_refused_uses_no_approval(db: TestDatabase) {
        let family = Family::of(&db, &[Role::Adult]).await;
        let balances = ("900.00 2026-02-01", "890.00 2026-02-28");
        let later = camt("1", balances, &["2026-02-05 -10.00 R2 TEA"]);
        db.clock.advance_seconds(UNDO_ALONE_SECONDS + 1);
        let asked = family.ask(WHY).await.unwrap();
        family.approve(&asked).await;
        let later = family.bank.bring(&later).await.id;
        assert_eq!(family.undo(WHY).await, "import_has_dependants");
        assert_eq!(family.stands(&asked).await, ApprovalState::Approved);
        family.bank.undo(later).await;
        assert_eq!(family.undo(WHY).await, "undone");
    }

    async fn of_two_at_once_one_uses_the_approval(db: TestDatabase) {
        let family = Family::of(&db, &[Role::Adult]).await;
        db.clock.advance_seconds(UNDO_ALONE_SECONDS + 1);
        let asked = family.ask(WHY).await.unwrap();
        family.approve(&asked).await;
        let keyed = |id| {
            let key = CommandKey { id, body: id, first_seen: family.saraa.now() };
            Context { key: Some(key), ..family.saraa.clone() }
        };
        let (one, other) = (keyed(1), keyed(2));
        let (one, other) = tokio::join!(
            family.bank.wealth.undo(&one, family.import, WHY),
            family.bank.wealth.undo(&other, family.import, WHY),
        );
        // The later one may have planned with what was there before.
        assert!(one.is_ok() || other.is_ok());
        assert_eq!(family.undo(WHY).await, "undone");
        assert_eq!(family.bank.events("approvals.request.used").await.len(), 1);
        assert_eq!(family.bank.events("wealth.import.undone").await.len(), 1);
    }

    async fn a_family_of_one_undoes_alone_and_the_log_says_so(db: TestDatabase) {
        let family = Family::of(&db, &[]).await;
        db.clock.advance_seconds(UNDO_ALONE_SECONDS + 1);
        assert_eq!(family.ask(WHY).await.unwrap_err().code(), "approval_not_needed");
        assert_eq!(family.undo(WHY).await, "undone");
        let waived = family.bank.events("approvals.command.waived").await;
        assert_eq!((waived.len(), waived[0]["kind"].as_str()), (1, Some("wealth.import.undo")));
    }
}
