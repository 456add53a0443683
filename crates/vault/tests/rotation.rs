//! Keys are replaced in the background: cut off anywhere, it goes on, and nothing is lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelter;

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use jobs::{Done, Failure, Handler, JobState, NewJob, Run, Worker, WorkerLimits};
use kernel::{Context, TenantId};
use shelter::{SHELTER, TABLES, begin, cells, name, party, put, vault};
use storage::keys::{Key, LocalMasterKeys, MasterKeyId, master_key_counts};
use storage::{Dialect, Limits, Mode};
use testing::{Cell, TestDatabase, eventually, master_key};
use vault::{KeyId, MasterRotation, Opened, RotateKeys, RotateMasterKey, Rotation};

/// Does its job until it has waited so often, then is gone in the middle of what it was at.
struct CutOff<H> {
    inner: H,
    waits: Arc<AtomicUsize>,
}

impl<H: Handler> Handler for CutOff<H> {
    type Args = H::Args;

    async fn run(&self, run: &Run, args: H::Args) -> Result<Done, Failure> {
        let mut waits = self.waits.load(Ordering::SeqCst);
        let mut work = pin!(self.inner.run(run, args));
        let ended = poll_fn(|task| match work.as_mut().poll(task) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending if waits == 0 => Poll::Ready(None),
            Poll::Pending => {
                waits -= 1;
                Poll::Pending
            }
        });
        match ended.await {
            Some(outcome) => outcome,
            None => Err(Failure::again("cut_off", "the process ended")),
        }
    }
}

async fn key_of(db: &TestDatabase, tenant: TenantId, number: i64) -> KeyId {
    cells(&db.database, tenant, number).await.0.key().unwrap()
}

/// The numbers of the tenant's wrapping keys, and of those that wrap keys of parties.
async fn wrapping(db: &TestDatabase) -> (Vec<Vec<Cell>>, Vec<Vec<Cell>>) {
    let raw = db.raw().await;
    let there = "SELECT number FROM storage_tenant_key WHERE number > 0 ORDER BY number";
    let used = "SELECT DISTINCT wrapping FROM vault_party_key
                WHERE wrapped IS NOT NULL ORDER BY wrapping";
    (raw.rows(there).await, raw.rows(used).await)
}

async fn rotate(db: &TestDatabase, context: &Context, parties: bool) -> jobs::JobId {
    db.clock.advance_seconds(60);
    let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
    let enqueued = vault(db).rotate(&mut tx, context, parties).await.unwrap();
    tx.commit().await.unwrap();
    enqueued.id
}

async fn state(db: &TestDatabase, tenant: TenantId, id: jobs::JobId) -> jobs::Job {
    let mut tx = begin(&db.database, tenant, Mode::Read).await;
    let job = jobs::job(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    job
}

async fn completed(db: &TestDatabase, tenant: TenantId, id: jobs::JobId) {
    eventually("the job", async || {
        (state(db, tenant, id).await.state == JobState::Completed).then_some(())
    })
    .await;
}

fn limits() -> WorkerLimits {
    WorkerLimits { slots: 1, slots_per_tenant: 1, poll_ms: 1, ..WorkerLimits::default() }
}

/// Three animals of three parties, of which the last was erased.
async fn settle(db: &TestDatabase) -> Context {
    let context = db.context(db.new_tenant());
    for (number, called) in [(1, "Rex"), (2, "Ava"), (3, "Bo")] {
        put(db, &context, party(u128::try_from(number).unwrap()), number, called).await;
    }
    let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
    vault(db).erase(&mut tx, &context, party(3)).await.unwrap();
    tx.commit().await.unwrap();
    context
}

async fn names(db: &TestDatabase, tenant: TenantId) -> Vec<Opened<String>> {
    let mut names = Vec::new();
    for number in 1..=3 {
        names.push(name(&db.database, tenant, number).await.unwrap());
    }
    names
}

fn expected() -> [Opened<String>; 3] {
    [Opened::Content("Rex".to_owned()), Opened::Content("Ava".to_owned()), Opened::Erased]
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, SHELTER];

    async fn cut_off_anywhere_a_rotation_goes_on(db: TestDatabase) {
        let context = settle(&db).await;
        let tenant = context.tenant;
        let before = [key_of(&db, tenant, 1).await, key_of(&db, tenant, 3).await];
        let job = rotate(&db, &context, true).await;
        let waits = Arc::new(AtomicUsize::new(0));
        let inner = RotateKeys::new(vault(&db).tables().clone());
        let handler = CutOff { inner, waits: Arc::clone(&waits) };
        let worker = Worker::new(db.database.clone(), "test", limits()).with(handler).start();
        let mut attempts = 0;
        loop {
            let last = attempts;
            let stands = eventually("the end of an attempt", async || {
                let job = state(&db, tenant, job).await;
                let has_failed = matches!(job.state, JobState::Scheduled | JobState::Dead);
                let is_over = has_failed && job.attempt != last;
                (job.state == JobState::Completed || is_over).then_some(job)
            })
            .await;
            // Whatever is half done, everything is read.
            assert_eq!(names(&db, tenant).await, expected());
            if stands.state == JobState::Completed {
                break;
            }
            attempts = stands.attempt;
            waits.fetch_add(1, Ordering::SeqCst);
            if stands.state == JobState::Dead {
                attempts = 0;
                let mut tx = begin(&db.database, tenant, Mode::Write).await;
                jobs::retry(&mut tx, &context, job).await.unwrap();
                tx.commit().await.unwrap();
            }
            db.clock.advance_seconds(3_600);
        }
        worker.stop().await;
        // How often it waits depends on how fast the disk is.
        assert!(waits.load(Ordering::SeqCst) > 1, "it was cut off {waits:?} times");
        let (there, used) = wrapping(&db).await;
        assert_eq!((there, used), (vec![vec![Cell::Number(2)]], vec![vec![Cell::Number(2)]]));
        assert_ne!(key_of(&db, tenant, 1).await, before[0]);
        // What was sealed for a party that is erased stays as it is.
        assert_eq!(key_of(&db, tenant, 3).await, before[1]);
    }

    async fn without_parties_the_wrapping_key_alone_is_replaced(db: TestDatabase) {
        let context = settle(&db).await;
        let before = key_of(&db, context.tenant, 1).await;
        let job = rotate(&db, &context, false).await;
        // One at a time: a second one is the first.
        assert_eq!(rotate(&db, &context, true).await, job);
        let handler = RotateKeys::new(vault(&db).tables().clone());
        let worker = Worker::new(db.database.clone(), "test", limits()).with(handler).start();
        completed(&db, context.tenant, job).await;
        worker.stop().await;
        assert_eq!(key_of(&db, context.tenant, 1).await, before);
        assert_eq!(names(&db, context.tenant).await, expected());
        let (there, used) = wrapping(&db).await;
        assert_eq!((there, used), (vec![vec![Cell::Number(2)]], vec![vec![Cell::Number(2)]]));
        let mut tx = begin(&db.database, context.tenant, Mode::Read).await;
        let status = vault(&db).status(&mut tx).await.unwrap();
        assert_eq!((status.wrapping, status.wrapped), (Some(2), vec![(2, 2)]));
        assert_eq!((status.parties, status.erased), (3, 1));
    }

    async fn a_key_that_somebody_wraps_meanwhile_is_taken_over(db: TestDatabase) {
        let context = settle(&db).await;
        let inner = RotateKeys::new(vault(&db).tables().clone());
        // What a straggler leaves: a key under the old wrapping key, which is not the newest.
        let rotation = Rotation { wrapping: 2, parties: false, asked_at: context.now() };
        let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
        storage::keys::add_wrapping_key(&mut tx, 2).await.unwrap();
        let enqueued = jobs::enqueue(&mut tx, &context, NewJob::of(&rotation).unwrap()).await;
        tx.commit().await.unwrap();
        let worker = Worker::new(db.database.clone(), "test", limits()).with(inner).start();
        let job = enqueued.unwrap().id;
        completed(&db, context.tenant, job).await;
        worker.stop().await;
        assert_eq!(names(&db, context.tenant).await, expected());
        assert_eq!(wrapping(&db).await.1, vec![vec![Cell::Number(2)]]);
    }

    async fn whoever_makes_a_key_at_the_same_time_is_waited_for(db: TestDatabase) {
        let context = settle(&db).await;
        // A transaction that wraps a key under the old wrapping key, and is not committed yet.
        let mut slow = begin(&db.database, context.tenant, Mode::Write).await;
        let sealer = vault::sealer(&mut slow, &context, party(4)).await.unwrap();
        let key = sealer.key();
        let rotation = Rotation { wrapping: 2, parties: false, asked_at: context.now() };
        if db.dialect() == Dialect::Sqlite {
            // There is one writer, so that nothing happens at the same time.
            slow.commit().await.unwrap();
            slow = begin(&db.database, context.tenant, Mode::Read).await;
        }
        let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
        let job = NewJob::of(&rotation).unwrap();
        let job = jobs::enqueue(&mut tx, &context, job).await.unwrap().id;
        tx.commit().await.unwrap();
        let handler = RotateKeys::new(vault(&db).tables().clone());
        let worker = Worker::new(db.database.clone(), "test", limits()).with(handler).start();
        let raw = db.raw().await;
        eventually("the rotation to wait or to end", async || {
            let waits = match db.dialect() {
                Dialect::Sqlite => Vec::new(),
                Dialect::Postgres => {
                    let sql = "SELECT pid FROM pg_stat_activity
                               WHERE datname = current_database() AND wait_event_type = 'Lock'";
                    raw.rows(sql).await
                }
            };
            let has_ended = state(&db, context.tenant, job).await.state == JobState::Completed;
            (has_ended || !waits.is_empty()).then_some(())
        })
        .await;
        slow.commit().await.unwrap();
        completed(&db, context.tenant, job).await;
        worker.stop().await;
        let mut tx = begin(&db.database, context.tenant, Mode::Read).await;
        vault::opener(&mut tx, [key]).await.unwrap();
        assert_eq!(wrapping(&db).await.1, vec![vec![Cell::Number(2)]]);
    }

    async fn a_new_master_key_takes_over_every_tenant(db: TestDatabase) {
        let (one, other) = (settle(&db).await, settle(&db).await);
        let new = Key::from_bytes([9; 32]);
        let both = db.open_without_keys(db.env.clone(), Limits::default());
        let keys = LocalMasterKeys::new(vec![new.clone(), master_key()]).unwrap();
        both.use_master_keys(Arc::new(keys)).unwrap();
        let system = db.context(TenantId::COMMON);
        let mut tx = begin(&both, TenantId::COMMON, Mode::Write).await;
        let job = NewJob::of(&MasterRotation {}).unwrap();
        let job = jobs::enqueue(&mut tx, &system, job).await.unwrap().id;
        tx.commit().await.unwrap();
        let handler = RotateMasterKey::new(both.clone());
        let worker = Worker::new(both.clone(), "test", limits()).with(handler).start();
        completed(&db, TenantId::COMMON, job).await;
        worker.stop().await;
        assert_eq!(
            master_key_counts(&both).await.unwrap(),
            [(MasterKeyId::of_local(&new), 2)]
        );
        let only = db.open_without_keys(db.env.clone(), Limits::default());
        only.use_master_keys(Arc::new(LocalMasterKeys::new(vec![new]).unwrap())).unwrap();
        for tenant in [one.tenant, other.tenant] {
            let opened = name(&only, tenant, 2).await.unwrap();
            assert_eq!(opened, Opened::Content("Ava".to_owned()));
        }
        assert_eq!(TABLES.len(), 1);
    }
}
