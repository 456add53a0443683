//! The ledger through its face, on both databases: what is acknowledged is there once, rows and
//! transfers happen together or not at all, and every balance can be asked for at a past time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod undecided;

use futures_util::future::join_all;
use kernel::{
    Amount, BookId, CommandKey, Commodity, Context, Date, PageRequest, Position, Timestamp, Uuid,
    time,
};
use ledger::model::Reason;
use ledger::{
    AccountId, AccountKind, AccountText, At, EngineLimits, Ledger, LedgerError, Limits, Movement,
    NewAccount, NewTransfer, Request, Rest, Step, TransferFilter, TransferId, TransferText,
};
use storage::journal::{Engine, Progress, RowChange, SqlJournal};
use storage::{Dialect, Level, Migration, Mode, Module, params, sql};
use testing::TestDatabase;
use undecided::Undecided;

/// A table of a module that sends commands with its own rows.
const SENDER: Module = Module {
    name: "sender",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "rows",
        sql: "CREATE TABLE sender_row (
                  tenant {uuid} NOT NULL, id {i64} NOT NULL, state {text} NOT NULL,
                  PRIMARY KEY (tenant, id)
              ) {clustered};
              {{tenant_table sender_row}}",
    }],
};

sql! {
    ROW_ADD = "INSERT INTO sender_row (tenant, id, state) VALUES (app_tenant(), $1, $2)";
    ROW_MOVE =
        "UPDATE sender_row SET state = $2
         WHERE tenant = app_tenant() AND id = $1 AND state = $3";
    ROW_STATES = "SELECT state FROM sender_row WHERE tenant = app_tenant() ORDER BY id";
    RECORD_COUNT: system("the test counts commits") = "SELECT count(*) FROM journal";
}

/// A family with a bank account, an income and an expense account in Australian dollars.
struct Family {
    ledger: Ledger,
    context: Context,
    book: BookId,
    bank: AccountId,
    income: AccountId,
    expense: AccountId,
}

fn date(text: &str) -> Date {
    time::parse_date(text).unwrap()
}

fn account_id(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

fn transfer_id(number: u128) -> TransferId {
    TransferId::from_uuid(Uuid::from_u128(number))
}

fn dollars(amount: &str) -> Amount {
    Amount::parse(amount, 2).unwrap()
}

async fn start(db: &TestDatabase) -> Ledger {
    Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap()
}

impl Family {
    async fn new(db: &TestDatabase) -> Self {
        let context = db.context(db.new_tenant());
        let ledger = start(db).await;
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let aud = Commodity::well_known("AUD").unwrap();
        let book = ledger.open_book(&mut tx, &context, "Family", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let [bank, income, expense] = [1, 2, 3].map(account_id);
        let family = Self { ledger, context, book, bank, income, expense };
        let account = |id, kind, floor| {
            let limits = Limits { floor, ceiling: None };
            Step::OpenAccount(NewAccount { id, commodity: aud.code, kind, limits, code: 0 })
        };
        let steps = vec![
            Step::DefineCommodity { code: aud.code, scale: aud.scale },
            account(bank, AccountKind::Asset, Some(Amount::ZERO)),
            account(income, AccountKind::Income, None),
            account(expense, AccountKind::Expense, None),
        ];
        let metadata = serde_json::json!({});
        let name = "Everyday".to_owned();
        let account_texts = vec![AccountText { account: bank, name, metadata }];
        family.send(Request { steps, account_texts, ..Request::default() }).await.unwrap();
        family
    }

    async fn send(&self, request: Request) -> Result<ledger::Receipt, LedgerError> {
        self.ledger.execute(&self.context, self.book, request).await
    }

    fn earn(&self, id: u128, amount: &str, effective: &str) -> Step {
        self.transfer(id, effective, self.bank, self.income, amount)
    }

    fn spend(&self, id: u128, amount: &str, effective: &str) -> Step {
        self.transfer(id, effective, self.expense, self.bank, amount)
    }

    fn transfer(
        &self,
        id: u128,
        effective: &str,
        debit: AccountId,
        credit: AccountId,
        amount: &str,
    ) -> Step {
        let movement = Movement::Post { debit, credit, amount: dollars(amount) };
        self.step(id, effective, movement)
    }

    fn step(&self, id: u128, effective: &str, movement: Movement) -> Step {
        let (id, effective) = (transfer_id(id), date(effective));
        Step::Transfer(NewTransfer {
            id,
            movement,
            code: 1,
            reference: None,
            effective,
            reverses: None,
        })
    }

    async fn balance(&self) -> Amount {
        let account = self.ledger.account(&self.context, self.book, self.bank).await.unwrap();
        account.balance.posted
    }

    async fn balance_at(&self, db: &TestDatabase, at: At) -> Option<Amount> {
        let level = Level::Tenant(self.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let balances = self.ledger.balances_at(&mut tx, self.book, at).await.unwrap();
        balances.into_iter().find(|balance| balance.0 == self.bank).map(|balance| balance.1)
    }
}

fn steps(steps: Vec<Step>) -> Request {
    Request { steps, ..Request::default() }
}

fn reason(outcome: Result<ledger::Receipt, LedgerError>) -> Reason {
    match outcome {
        Err(LedgerError::Rejected { rejection }) => rejection.reason,
        other => panic!("not rejected: {other:?}"),
    }
}

async fn states(db: &TestDatabase, family: &Family) -> Vec<String> {
    let level = Level::Tenant(family.context.tenant);
    let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
    let rows = tx.rows(&ROW_STATES, params![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

async fn records(db: &TestDatabase) -> i64 {
    let mut tx = db.database.begin(Level::System, Mode::Read).await.unwrap();
    tx.row(&RECORD_COUNT, params![]).await.unwrap().unwrap().get(0).unwrap()
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE, SENDER];

    async fn rows_and_transfers_happen_together_or_not_at_all(db: TestDatabase) {
        let family = Family::new(&db).await;
        let add = |id: i64| RowChange::one(&ROW_ADD, params![id, "new"]);
        let mut request = steps(vec![family.earn(1, "100.00", "2026-01-05")]);
        request.rows = vec![add(1)];
        family.send(request).await.unwrap();
        assert_eq!(states(&db, &family).await, ["new"]);

        // The guard does not hold: neither the other row nor the transfer is there.
        let mut request = steps(vec![family.spend(2, "60.00", "2026-01-06")]);
        request.rows =
            vec![add(2), RowChange::one(&ROW_MOVE, params![1_i64, "sent", "approved"])];
        assert_eq!(reason(family.send(request).await), Reason::GuardFailed);
        let mut request = steps(vec![family.spend(3, "60.00", "2026-01-06")]);
        request.rows = vec![add(1)];
        assert_eq!(reason(family.send(request).await), Reason::RowExists);
        assert_eq!(states(&db, &family).await, ["new"]);
        assert_eq!(family.balance().await, dollars("100.00"));

        // The engine decides against it: the row is not there either.
        let mut request = steps(vec![family.spend(4, "100.01", "2026-01-06")]);
        request.rows = vec![add(3)];
        assert_eq!(reason(family.send(request).await), Reason::BelowFloor);
        assert_eq!(states(&db, &family).await, ["new"]);
    }

    async fn after_a_guard_that_fails_the_next_is_decided_as_if_it_had_never_been(
        db: TestDatabase,
    ) {
        let family = Family::new(&db).await;
        family.send(steps(vec![family.earn(1, "100.00", "2026-01-05")])).await.unwrap();
        // All of one batch: the first would take the whole balance, and its guard fails; the second
        // takes it with the same transfer id; the third finds nothing left.
        let mut refused = steps(vec![family.spend(2, "100.00", "2026-01-06")]);
        refused.rows = vec![RowChange::one(&ROW_MOVE, params![9_i64, "sent", "approved"])];
        let second = steps(vec![family.spend(2, "100.00", "2026-01-06")]);
        let third = steps(vec![family.spend(3, "0.01", "2026-01-06")]);
        let before = records(&db).await;
        let came = join_all([refused, second, third].map(|request| family.send(request))).await;
        let mut came = came.into_iter();
        assert_eq!(reason(came.next().unwrap()), Reason::GuardFailed);
        assert!(came.next().unwrap().is_ok());
        assert_eq!(reason(came.next().unwrap()), Reason::BelowFloor);
        assert_eq!(family.balance().await, Amount::ZERO);
        assert!(records(&db).await < before + 3, "they shared a commit");
    }

    async fn many_callers_share_commits(db: TestDatabase) {
        let family = Family::new(&db).await;
        let before = records(&db).await;
        let calls = (0..500_u128).map(|number| {
            family.send(steps(vec![family.earn(1_000 + number, "0.01", "2026-01-05")]))
        });
        for came in join_all(calls).await {
            came.unwrap();
        }
        assert_eq!(family.balance().await, dollars("5.00"));
        let commits = records(&db).await - before;
        assert!(commits < 100, "500 commands took {commits} commits");
    }

    async fn a_key_gives_the_same_answer_for_ever(db: TestDatabase) {
        let mut family = Family::new(&db).await;
        let key = |id, body| Some(CommandKey { id, body, first_seen: Timestamp::EPOCH });
        family.context.key = key(1, 1);
        let first = family.send(steps(vec![family.earn(1, "50.00", "2026-01-05")])).await.unwrap();
        family.context.key = key(2, 1);
        let too_much = || steps(vec![family.spend(2, "80.00", "2026-01-05")]);
        assert_eq!(reason(family.send(too_much()).await), Reason::BelowFloor);
        for restart in [false, true] {
            if restart {
                family.ledger.stop().await;
                family.ledger = start(&db).await;
            }
            family.context.key = key(1, 1);
            let again = family.send(steps(vec![family.earn(1, "50.00", "2026-01-05")])).await;
            let again = again.unwrap();
            assert!(again.replayed);
            assert_eq!(again.first_number, first.first_number);
            family.context.key = key(1, 2);
            let other = family.send(steps(vec![family.earn(9, "1.00", "2026-01-05")])).await;
            assert_eq!(reason(other), Reason::KeyReused);
            // What was rejected stays rejected, although it would be allowed now.
            family.context.key = None;
            let id = 100 + u128::from(restart);
            family.send(steps(vec![family.earn(id, "100.00", "2026-01-05")])).await.unwrap();
            family.context.key = key(2, 1);
            let again = family.send(steps(vec![family.spend(2, "80.00", "2026-01-05")])).await;
            assert_eq!(reason(again), Reason::BelowFloor);
            // Without a key, the transfer's own id does it.
            family.context.key = None;
            let again = family.send(steps(vec![family.earn(1, "50.00", "2026-01-05")])).await;
            assert!(again.unwrap().replayed);
            let other = family.send(steps(vec![family.earn(1, "50.01", "2026-01-05")])).await;
            assert_eq!(reason(other), Reason::TransferExists);
        }
        assert_eq!(family.balance().await, dollars("250.00"));
    }

    async fn balances_can_be_asked_for_at_any_past_time(db: TestDatabase) {
        let family = Family::new(&db).await;
        let start = db.env.now();
        db.clock.advance_seconds(60);
        family.send(steps(vec![family.earn(1, "100.00", "2026-01-31")])).await.unwrap();
        db.clock.advance_seconds(60);
        let between = db.env.now();
        db.clock.advance_seconds(60);
        // Booked later, and counts earlier.
        let text = TransferText {
            transfer: transfer_id(2),
            reference: Some("INV-7".into()),
            purpose: Some("Rent".into()),
            counterparty: Some("Landlord".into()),
            metadata: None,
        };
        let mut request = steps(vec![family.spend(2, "30.00", "2026-01-15"),
            family.earn(3, "7.00", "2026-02-02")]);
        request.transfer_texts = vec![text];
        let receipt = family.send(request).await;
        // The floor is over the order of booking: the earlier effective date may be below it.
        let position = receipt.unwrap().position;
        family.ledger.wait_for(&position).await.unwrap();

        let effective = |day: &str, known_at| At::Effective { date: date(day), known_at };
        for (at, expected) in [
            (At::Booked(start), None),
            (At::Booked(between), Some("100.00")),
            (At::Booked(db.env.now()), Some("77.00")),
            (effective("2026-01-14", None), None),
            (effective("2026-01-15", None), Some("-30.00")),
            (effective("2026-01-31", None), Some("70.00")),
            (effective("2026-02-02", None), Some("77.00")),
            (effective("2026-02-02", Some(between)), Some("100.00")),
        ] {
            assert_eq!(family.balance_at(&db, at).await, expected.map(dollars), "{at:?}");
        }

        let level = Level::Tenant(family.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let page = PageRequest::first(2);
        let (ledger, book, bank) = (&family.ledger, family.book, family.bank);
        let history = ledger.history(&mut tx, book, bank, &page).await.unwrap();
        let lines: Vec<_> = history.items.iter().map(|line| (line.amount, line.balance)).collect();
        assert_eq!(lines, [
            (dollars("7.00"), dollars("77.00")),
            (dollars("-30.00"), dollars("70.00")),
        ]);
        assert_eq!(history.items[1].purpose.as_deref(), Some("Rent"));
        assert_eq!(history.items[1].other, family.expense);
        let page = PageRequest { limit: 2, after: history.next, filter: 0 };
        let rest = family.ledger.history(&mut tx, family.book, family.bank, &page).await.unwrap();
        assert_eq!((rest.items.len(), rest.next), (1, None));
        let changes =
            ledger.day_changes(&mut tx, book, date("2026-01-31"), None).await.unwrap();
        let mine: Vec<_> = changes.iter().filter(|change| change.account == family.bank).collect();
        assert_eq!(mine.len(), 2);
    }

    async fn a_hold_expires_of_itself_in_a_quiet_book(db: TestDatabase) {
        let family = Family::new(&db).await;
        family.send(steps(vec![family.earn(1, "100.00", "2026-01-05")])).await.unwrap();
        let hold = |id, minutes: i64| {
            let expires = Some(db.env.now().plus_seconds(60 * minutes));
            let (debit, credit) = (family.expense, family.bank);
            let amount = dollars("40.00");
            family.step(id, "2026-01-06", Movement::Hold { debit, credit, amount, expires })
        };
        family.send(steps(vec![hold(2, 10), hold(3, 20)])).await.unwrap();
        assert_eq!(
            reason(family.send(steps(vec![family.spend(4, "30.00", "2026-01-06")])).await),
            Reason::BelowFloor
        );
        // Part of the second is posted, its rest released; nothing more may be posted of it.
        let (id, amount) = (transfer_id(3), Some(dollars("15.00")));
        let post = Movement::PostHold { hold: id, amount, rest: Rest::Release };
        family.send(steps(vec![family.step(5, "2026-01-07", post)])).await.unwrap();
        let again = family.send(steps(vec![family.step(6, "2026-01-07", post)])).await;
        assert_eq!(reason(again), Reason::HoldNotOpen);
        db.clock.advance_seconds(11 * 60);
        testing::eventually("the hold expires", async || {
            let account = family.ledger.account(&family.context, family.book, family.bank).await;
            Some(()).filter(|()| account.unwrap().balance.held_out.is_zero())
        }).await;
        let void = Movement::VoidHold { hold: transfer_id(2) };
        let late = family.send(steps(vec![family.step(7, "2026-01-07", void)])).await;
        assert_eq!(reason(late), Reason::HoldNotOpen);
        assert_eq!(family.balance().await, dollars("85.00"));
    }

    async fn recovery_gives_the_same_state_and_decides_nothing(db: TestDatabase) {
        let family = Family::new(&db).await;
        family.send(steps(vec![family.earn(1, "100.00", "2026-01-05")])).await.unwrap();
        let (debit, credit, amount) = (family.expense, family.bank, dollars("9.00"));
        let hold = Movement::Hold { debit, credit, amount, expires: None };
        family.send(steps(vec![family.step(2, "2026-01-06", hold)])).await.unwrap();
        reason(family.send(steps(vec![family.spend(3, "95.00", "2026-01-06")])).await);
        let before = family.ledger.accounts(&family.context, family.book).await.unwrap();
        family.ledger.stop().await;
        let journal = SqlJournal::new(db.database.clone());
        let limits = EngineLimits::default();
        let (engine, _) =
            Engine::<Undecided>::start(journal, db.env.clone(), Progress::default(), limits);
        let look = |machine: &Undecided| machine.0.accounts().collect::<Vec<_>>();
        let (tenant, stream) = (family.context.tenant, family.book.uuid());
        assert_eq!(engine.read(tenant, stream, look).await.unwrap(), before);
        engine.stop().await;
    }

    async fn tables_that_are_ahead_of_the_journal_are_refused(db: TestDatabase) {
        let family = Family::new(&db).await;
        family.send(steps(vec![family.earn(1, "1.00", "2026-01-05")])).await.unwrap();
        family.ledger.stop().await;
        // The journal as a backup has it that was made a record earlier.
        let raw = db.raw().await;
        raw.disarm("journal").await;
        raw.run("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)").await;
        let came = Ledger::start(db.database.clone(), EngineLimits::default()).await;
        let told = came.err().unwrap().to_string();
        assert!(told.contains("ahead"), "{told}");
        assert_eq!(told.contains("projections.db"), db.dialect() == Dialect::Sqlite, "{told}");
    }

    async fn another_tenants_book_is_not_there(db: TestDatabase) {
        let family = Family::new(&db).await;
        let stranger = db.context(db.new_tenant());
        let came = family.ledger.account(&stranger, family.book, family.bank).await;
        assert!(matches!(came, Err(LedgerError::BookUnknown { .. })));
        let request = steps(vec![family.earn(1, "1.00", "2026-01-05")]);
        let came = family.ledger.execute(&stranger, family.book, request).await;
        assert!(matches!(came, Err(LedgerError::BookUnknown { .. })));
        let level = Level::Tenant(stranger.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let filter = TransferFilter::default();
        let page = PageRequest::first(10);
        let came = family.ledger.transfers(&mut tx, family.book, &filter, &page).await.unwrap();
        assert!(came.items.is_empty());
    }

    async fn a_position_that_is_not_reached_is_said_to_be_stale(db: TestDatabase) {
        let family = Family::new(&db).await;
        let receipt = family.send(steps(vec![family.earn(1, "1.00", "2026-01-05")])).await.unwrap();
        family.ledger.wait_for(&receipt.position).await.unwrap();
        assert_eq!(family.ledger.projection_lag_bytes(), 0);
        family.ledger.wait_for(&Position::default()).await.unwrap();
    }
}
