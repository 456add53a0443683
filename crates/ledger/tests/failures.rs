//! What other ledgers have got wrong, each as a test of its own on both databases. What is not here
//! stands where it can be made to happen: entries that were acknowledged and are gone when the
//! database restarts (Midaz #1384) in `server_crash` and `sqlite_power`, cursors that lose their
//! filter in the gateway's tests, the longest pause of a writer (TigerBeetle #3915) in the
//! benchmark `scale`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use kernel::{
    Amount, BookId, CommandKey, Commodity, Context, Env, PageRequest, TenantId, Timestamp, Uuid,
    time,
};
use ledger::book::Book;
use ledger::model::{Command, Reason};
use ledger::{
    AccountId, AccountKind, At, Atomicity, EngineLimits, Ledger, LedgerError, Limits, Movement,
    NewAccount, NewTransfer, Receipt, Request, Rest, Step, TransferFilter, TransferId,
};
use storage::journal::{
    Engine, JournalStore, Progress, ProjectedTables, Projector, Record, RowChange, SqlJournal,
};
use storage::{Dialect, Level, Migration, Mode, Module, StorageError, params, sql};
use testing::{Cell, TestDatabase};

/// A queue whose rows change with transfers.
const QUEUE: Module = Module {
    name: "queue",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "rows",
        sql: "CREATE TABLE queue_row (
                  tenant {uuid} NOT NULL, id {i64} NOT NULL, state {text} NOT NULL,
                  PRIMARY KEY (tenant, id)
              ) {clustered};
              {{tenant_table queue_row}}",
    }],
};

sql! {
    QUEUED = "INSERT INTO queue_row (tenant, id, state) VALUES (app_tenant(), $1, 'queued')";
    APPLIED =
        "UPDATE queue_row SET state = 'applied'
         WHERE tenant = app_tenant() AND id = $1 AND state = 'queued'";
    STATE = "SELECT state FROM queue_row WHERE tenant = app_tenant() AND id = $1";
}

/// A purse that never holds less than nothing, and where its money comes from and goes to.
struct Purse {
    ledger: Ledger,
    context: Context,
    book: BookId,
}

const PURSE: AccountId = AccountId::from_uuid(Uuid::from_u128(1));
const WORLD: AccountId = AccountId::from_uuid(Uuid::from_u128(2));

fn cents(minor: i128) -> Amount {
    Amount::from_minor(minor)
}

fn step(id: u128, movement: Movement) -> Step {
    let effective = time::parse_date("2026-01-05").unwrap();
    let id = TransferId::from_uuid(Uuid::from_u128(id));
    let (code, reference, reverses) = (1, None, None);
    Step::Transfer(NewTransfer { id, movement, code, reference, effective, reverses })
}

fn earn(minor: i128) -> Movement {
    Movement::Post { debit: PURSE, credit: WORLD, amount: cents(minor) }
}

fn spend(minor: i128) -> Movement {
    Movement::Post { debit: WORLD, credit: PURSE, amount: cents(minor) }
}

fn hold(minor: i128, expires: Option<Timestamp>) -> Movement {
    Movement::Hold { debit: WORLD, credit: PURSE, amount: cents(minor), expires }
}

fn reason(outcome: Result<Receipt, LedgerError>) -> Option<Reason> {
    match outcome {
        Ok(_) => None,
        Err(LedgerError::Rejected { rejection }) => Some(rejection.reason),
        Err(error) => panic!("{error}"),
    }
}

async fn start(db: &TestDatabase) -> Ledger {
    Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap()
}

impl Purse {
    /// A purse with a hundred cents in it.
    async fn of(db: &TestDatabase, ledger: &Ledger) -> Self {
        let context = db.context(db.new_tenant());
        let aud = Commodity::well_known("AUD").unwrap();
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let book = ledger.open_book(&mut tx, &context, "Purse", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let purse = Self { ledger: ledger.clone(), context, book };
        let open = |id, kind, floor| {
            let (commodity, limits) = (aud.code, Limits { floor, ceiling: None });
            Step::OpenAccount(NewAccount { id, commodity, kind, limits, code: 0 })
        };
        let define = Step::DefineCommodity { code: aud.code, scale: aud.scale };
        let own = open(PURSE, AccountKind::Asset, Some(Amount::ZERO));
        let world = open(WORLD, AccountKind::Equity, None);
        purse.send(vec![define, own, world, step(1, earn(100))]).await.unwrap();
        purse
    }

    async fn send(&self, steps: Vec<Step>) -> Result<Receipt, LedgerError> {
        let request = Request { steps, ..Request::default() };
        self.ledger.execute(&self.context, self.book, request).await
    }

    async fn one(&self, id: u128, movement: Movement) -> Result<Receipt, LedgerError> {
        self.send(vec![step(id, movement)]).await
    }

    /// Posted and held.
    async fn state(&self) -> (i128, i128) {
        let account = self.ledger.account(&self.context, self.book, PURSE).await.unwrap();
        (account.balance.posted.minor(), account.balance.held_out.minor())
    }

    /// Stops everything and starts it again with nothing in memory.
    async fn restart(&mut self, db: &TestDatabase) {
        self.ledger.stop().await;
        self.ledger = start(db).await;
    }
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE, QUEUE];

    /// Blnk #181.
    async fn inflight_debits_do_not_overspend(db: TestDatabase) {
        let purse = Purse::of(&db, &start(&db).await).await;
        let holds = (0..20).map(|number| purse.one(10 + number, hold(10, None)));
        let came: Vec<_> = join_all(holds).await.into_iter().map(reason).collect();
        assert_eq!(came.iter().filter(|came| came.is_none()).count(), 10);
        assert!(came.iter().flatten().all(|reason| *reason == Reason::BelowFloor));
        assert_eq!(purse.state().await, (100, 100));
        assert_eq!(reason(purse.one(2, spend(1)).await), Some(Reason::BelowFloor));
        for (number, came) in (0..).zip(&came) {
            let hold = TransferId::from_uuid(Uuid::from_u128(10 + number));
            let post = Movement::PostHold { hold, amount: None, rest: Rest::Release };
            let expected = if came.is_none() { None } else { Some(Reason::HoldNotOpen) };
            assert_eq!(reason(purse.one(40 + number, post).await), expected);
        }
        assert_eq!(purse.state().await, (0, 0));
    }

    /// Blnk #182.
    async fn a_rejected_hold_is_not_applied_later(db: TestDatabase) {
        let mut purse = Purse::of(&db, &start(&db).await).await;
        let key = CommandKey { id: 7, body: 8, first_seen: db.env.now() };
        let keyed = Context { key: Some(key), ..purse.context.clone() };
        let request = || Request { steps: vec![step(2, hold(150, None))], ..Request::default() };
        let refused = purse.ledger.execute(&keyed, purse.book, request()).await;
        assert_eq!(reason(refused), Some(Reason::BelowFloor));
        purse.one(3, earn(100)).await.unwrap();
        purse.restart(&db).await;
        db.clock.advance_seconds(60);
        purse.one(4, earn(1)).await.unwrap();
        assert_eq!(purse.state().await, (201, 0), "there is money for it now, and it is not held");
        let again = purse.ledger.execute(&keyed, purse.book, request()).await;
        assert_eq!(reason(again), Some(Reason::BelowFloor), "what was answered stays answered");
        let hold = TransferId::from_uuid(Uuid::from_u128(2));
        let post = Movement::PostHold { hold, amount: None, rest: Rest::Release };
        assert_eq!(reason(purse.one(5, post).await), Some(Reason::HoldNotOpen));
        assert_eq!(purse.state().await, (201, 0));
    }

    /// Blnk #240.
    async fn a_queue_and_its_balance_are_one_commit(db: TestDatabase) {
        let mut purse = Purse::of(&db, &start(&db).await).await;
        let level = Level::Tenant(purse.context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        tx.execute_one(&QUEUED, params![1_i64]).await.unwrap();
        tx.commit().await.unwrap();
        let apply = |id, minor| Request {
            steps: vec![step(id, spend(minor))],
            rows: vec![RowChange::one(&APPLIED, params![1_i64])],
            ..Request::default()
        };
        let state = async || {
            let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
            let row = tx.row(&STATE, params![1_i64]).await.unwrap().unwrap();
            row.get::<String>(0).unwrap()
        };
        let refused = purse.ledger.execute(&purse.context, purse.book, apply(2, 500)).await;
        assert_eq!((reason(refused), state().await), (Some(Reason::BelowFloor), "queued".into()));
        purse.ledger.execute(&purse.context, purse.book, apply(3, 40)).await.unwrap();
        assert_eq!((purse.state().await, state().await), ((60, 0), "applied".into()));
        let twice = purse.ledger.execute(&purse.context, purse.book, apply(4, 40)).await;
        assert_eq!(reason(twice), Some(Reason::GuardFailed));
        purse.restart(&db).await;
        assert_eq!((purse.state().await, state().await), ((60, 0), "applied".into()));
    }

    /// Blnk #336.
    async fn holds_expire_though_everything_in_memory_is_gone(db: TestDatabase) {
        let mut purse = Purse::of(&db, &start(&db).await).await;
        let expires = Some(db.env.now().plus_seconds(60));
        purse.send(vec![step(2, hold(30, expires)), step(3, hold(20, None))]).await.unwrap();
        purse.restart(&db).await;
        let raw = db.raw().await;
        let records = async || raw.rows("SELECT count(*) FROM journal").await;
        let before = records().await;
        db.clock.advance_seconds(61);
        // Nobody asks for the book: its time passes all the same.
        testing::eventually("the leader's tick", async || {
            (records().await != before).then_some(())
        })
        .await;
        assert_eq!(purse.state().await, (100, 20));
        purse.restart(&db).await;
        assert_eq!(purse.state().await, (100, 20));
    }

    /// Formance #364 and #770.
    async fn the_same_transfers_in_any_order_at_once_are_there_once(db: TestDatabase) {
        let purse = Purse::of(&db, &start(&db).await).await;
        // Half of them go one way and half the other, so that callers meet on both accounts.
        let movement = |number: u128| if number.is_multiple_of(2) { earn(3) } else { spend(1) };
        let caller = async |caller: u128| {
            for index in 0..40_u128 {
                // Each caller has an order of its own.
                let number = (index * (2 * caller + 1) + caller) % 40;
                let sent = vec![step(100 + number, movement(number))];
                assert_eq!(reason(purse.send(sent).await), None, "{number} by {caller}");
            }
        };
        // Odd factors that share nothing with 40 visit every number.
        join_all([0, 1, 3, 4, 5, 6, 8, 9].map(caller)).await;
        assert_eq!(purse.state().await, (100 + 20 * 3 - 20, 0));
        purse.ledger.wait_for_book(purse.book).await.unwrap();
        let level = Level::Tenant(purse.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let page = kernel::PageRequest::first(200);
        let filter = TransferFilter::default();
        let there = purse.ledger.transfers(&mut tx, purse.book, &filter, &page).await.unwrap();
        assert_eq!(there.items.len(), 41);
    }

    /// Formance #1416.
    async fn a_past_balance_is_what_it_was_or_an_error(db: TestDatabase) {
        let mut purse = Purse::of(&db, &start(&db).await).await;
        let mut known = vec![(db.env.now(), 100)];
        for number in 0..12 {
            db.clock.advance_seconds(3_600);
            purse.one(10 + number, earn(i128::try_from(number).unwrap() + 1)).await.unwrap();
            let last = known[known.len() - 1].1;
            known.push((db.env.now(), last + i128::try_from(number).unwrap() + 1));
        }
        for restarts in 0..2 {
            purse.ledger.wait_for_book(purse.book).await.unwrap();
            let level = Level::Tenant(purse.context.tenant);
            let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
            for (time, expected) in &known {
                let at = At::Booked(time.plus_seconds(1));
                let balances = purse.ledger.balances_at(&mut tx, purse.book, at).await.unwrap();
                let balances: BTreeMap<_, _> = balances.into_iter().collect();
                let expected = (cents(*expected), cents(*expected));
                assert_eq!((balances[&PURSE], balances[&WORLD]), expected, "{time} {restarts}");
            }
            tx.commit().await.unwrap();
            purse.restart(&db).await;
        }
        // What the tables do not have yet is waited for, or said to be missing.
        let mut ahead = kernel::Position::default();
        ahead.advance(purse.book.uuid(), 1_000_000);
        assert!(purse.ledger.wait_for(&ahead).await.is_err());
    }

    /// Midaz #2485.
    async fn a_retry_moves_money_once(db: TestDatabase) {
        let mut purse = Purse::of(&db, &start(&db).await).await;
        for _ in 0..3 {
            let sent = (0..8).map(|_| purse.one(2, spend(10)));
            assert!(join_all(sent).await.iter().all(Result::is_ok));
            assert_eq!(purse.state().await, (90, 0));
            purse.restart(&db).await;
            db.clock.advance_seconds(86_400);
        }
        let other = purse.one(2, spend(11)).await;
        assert_eq!(reason(other), Some(Reason::TransferExists), "other content is no retry");
        assert_eq!(purse.state().await, (90, 0));
    }

    async fn whoever_shares_a_batch_sees_its_own(db: TestDatabase) {
        let ledger = start(&db).await;
        let mut purses = Vec::new();
        for _ in 0..8 {
            purses.push(Purse::of(&db, &ledger).await);
        }
        // The same ids in every book, all at once.
        let sent = (0..10_u128).flat_map(|number| {
            purses.iter().zip(1..).map(move |(purse, share)| {
                purse.one(10 + number, if share % 2 == 0 { earn(share) } else { spend(share) })
            })
        });
        assert!(join_all(sent).await.iter().all(Result::is_ok));
        for (purse, share) in purses.iter().zip(1..) {
            let moved = if share % 2 == 0 { 10 * share } else { -10 * share };
            assert_eq!(purse.state().await, (100 + moved, 0));
            for other in purses.iter().filter(|other| other.book != purse.book) {
                let stranger = &other.context;
                let seen = purse.ledger.account(stranger, purse.book, PURSE).await;
                assert!(matches!(seen, Err(LedgerError::BookUnknown { .. })));
                let sent = Request { steps: vec![step(99, earn(1))], ..Request::default() };
                let written = purse.ledger.execute(stranger, purse.book, sent).await;
                assert!(matches!(written, Err(LedgerError::BookUnknown { .. })));
            }
        }
    }

    async fn one_slow_request_stops_nobody(db: TestDatabase) {
        let purse = Purse::of(&db, &start(&db).await).await;
        let level = Level::Tenant(purse.context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        tx.execute_one(&QUEUED, params![1_i64]).await.unwrap();
        tx.commit().await.unwrap();
        // On SQLite nobody can hold a row while others write: a long command is as slow as it gets.
        let holder = db.raw().await;
        if db.dialect() == Dialect::Postgres {
            holder.run("BEGIN; UPDATE queue_row SET state = state").await;
        }
        let slow = async {
            let steps = (0..10_000).map(|number| step(10_000 + number, earn(1))).collect();
            let rows = vec![RowChange::one(&APPLIED, params![1_i64])];
            let request = Request { steps, rows, ..Request::default() };
            purse.ledger.execute(&purse.context, purse.book, request).await
        };
        let others = async {
            for number in 0..50 {
                purse.one(100 + number, spend(1)).await.unwrap();
            }
        };
        let (slow, ()) = tokio::join!(slow, others);
        match db.dialect() {
            Dialect::Sqlite => assert_eq!((reason(slow), purse.state().await), (None, (10_050, 0))),
            Dialect::Postgres => {
                // The row is still held; whoever wants it is told, and nothing was done.
                assert!(matches!(slow, Err(LedgerError::Storage(_))), "{slow:?}");
                assert_eq!(purse.state().await, (50, 0));
                holder.run("ROLLBACK").await;
                assert_eq!(holder.rows("SELECT state FROM queue_row").await, [[Cell::Text(
                    "queued".into()
                )]]);
            }
        }
    }

    /// Event stores whose one projector stops at the first record that it cannot read, and with it
    /// the tables of every tenant.
    async fn a_damaged_journal_holds_up_no_other(db: TestDatabase) {
        let ledger = start(&db).await;
        let mut purses = [Purse::of(&db, &ledger).await, Purse::of(&db, &ledger).await];
        ledger.stop().await;
        let (journal, env) = (SqlJournal::new(db.database.clone()), Env::system());
        let limits = EngineLimits::default();
        let (engine, _) = Engine::<Book>::start(journal, env, Progress::default(), limits);
        // The last record is the first purse's; the tables know of none of these.
        for (purse, records) in purses.iter().zip([2, 1]) {
            for id in 0..records {
                let (atomicity, steps) = (Atomicity::Each, vec![step(2 + id, earn(1))]);
                let steps = Arc::new(steps);
                let command = Command::Steps { key: None, origin: None, atomicity, steps };
                let (tenant, stream) = (purse.context.tenant, purse.book.uuid());
                engine.execute(tenant, stream, command, Vec::new()).await.unwrap();
            }
        }
        engine.stop().await;
        let raw = db.raw().await;
        raw.disarm("journal").await;
        let damage = "UPDATE journal SET body = substr(body, 2)
                      WHERE seq = (SELECT max(seq) FROM journal)";
        raw.run(damage).await;

        let ledger = start(&db).await;
        purses.iter_mut().for_each(|purse| purse.ledger = ledger.clone());
        let [damaged, sound] = &purses;
        ledger.wait_for_book(sound.book).await.unwrap();
        let stale = ledger.wait_for_book(damaged.book).await;
        let is_stale = matches!(stale, Err(LedgerError::Storage(StorageError::Stale)));
        assert!(is_stale, "{stale:?}");
        // It goes on while nobody can read the other.
        sound.one(100, spend(1)).await.unwrap();
        ledger.wait_for_book(sound.book).await.unwrap();
        let level = Level::Tenant(sound.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let page = PageRequest::first(10);
        let history = ledger.history(&mut tx, sound.book, PURSE, &page).await.unwrap();
        assert_eq!(history.items.len(), 3);
        tx.commit().await.unwrap();
        ledger.stop().await;
    }

    /// Writers who wait for tables that nobody can bring up to the journal, those of every tenant.
    async fn records_that_cannot_be_read_stop_no_writer(db: TestDatabase) {
        let ledger = start(&db).await;
        let purses = [Purse::of(&db, &ledger).await, Purse::of(&db, &ledger).await];
        ledger.stop().await;
        let journal = SqlJournal::new(db.database.clone());
        let [damaged, sound] = purses.map(|purse| (purse.context.tenant, purse.book.uuid()));
        let (read, done) = (journal.clone(), Mutex::default());
        let tables = Unreadable { journal: read, stream: damaged.1, done };
        let progress = Progress::default();
        let projector = Projector::over(tables, progress.clone()).start();
        // Less than a record has.
        let limits = EngineLimits { projection_lag_bytes_max: 10, ..EngineLimits::default() };
        let env = Env::system();
        let (engine, writer) = Engine::<Book>::start(journal, env, progress.clone(), limits);
        for id in 2..12 {
            for (tenant, stream) in [damaged, sound] {
                let (atomicity, steps) = (Atomicity::Each, Arc::new(vec![step(id, earn(1))]));
                let command = Command::Steps { key: None, origin: None, atomicity, steps };
                let answer = engine.execute(tenant, stream, command, Vec::new());
                tokio::time::timeout(WRITER_MAX, answer).await.unwrap().unwrap();
            }
        }
        engine.stop().await;
        progress.stop();
        writer.await.unwrap();
        projector.await.unwrap();
    }
}

/// More than any writer waits for tables that come on.
const WRITER_MAX: Duration = Duration::from_secs(20);

/// Tables of which nothing is kept, and a stream whose records cannot be read.
struct Unreadable {
    journal: SqlJournal,
    stream: Uuid,
    done: Mutex<BTreeMap<Uuid, u64>>,
}

impl ProjectedTables for Unreadable {
    const NAME: &'static str = "unreadable";

    async fn behind(&self) -> Result<Vec<(Uuid, TenantId, u64)>, StorageError> {
        Ok(Vec::new())
    }

    async fn checkpoint(&self, stream: Uuid, _: TenantId) -> Result<u64, StorageError> {
        Ok(self.done.lock().unwrap().get(&stream).copied().unwrap_or(0))
    }

    async fn checkpoints(&self) -> Result<BTreeMap<Uuid, u64>, StorageError> {
        Ok(self.done.lock().unwrap().clone())
    }

    async fn records(
        &self,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StorageError> {
        if stream == self.stream {
            return Err(StorageError::Damaged { text: format!("{stream} after {after}") });
        }
        self.journal.read(stream, after, limit).await
    }

    async fn project(&self, records: &[Record], _: u64, to: u64) -> Result<(), StorageError> {
        let stream = records.first().unwrap().stream;
        self.done.lock().unwrap().insert(stream, to);
        Ok(())
    }

    fn forget(&self, _: Uuid) {}
}
