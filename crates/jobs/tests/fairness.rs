//! Tenants take turns, whatever waits.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use std::collections::BTreeMap;

use house::{Errand, claim, enqueue, errand, leases, noting, one_by_one, worker};
use jobs::{Claims, JobArgs as _, Priority};
use kernel::{TenantId, Uuid};
use storage::{Level, Mode};
use testing::TestDatabase;

fn tenant(number: u128) -> TenantId {
    TenantId::from_uuid(Uuid::from_u128(number))
}

/// Enqueues so many errands of a tenant in one transaction.
async fn enqueue_many(db: &TestDatabase, tenant: TenantId, count: u64) {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await.unwrap();
    let context = db.context(tenant);
    for number in 0..count {
        jobs::enqueue(&mut tx, &context, errand(number)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

testing::both_databases! {
    modules = [jobs::MODULE];

    async fn ten_thousand_jobs_of_one_delay_anothers_one_by_one_turn(db: TestDatabase) {
        let (busy, quiet) = (tenant(5), tenant(9));
        enqueue_many(&db, busy, 10_000).await;
        let (errands, done) = noting();
        let mut worker = worker(&db.database, one_by_one(), errands);
        for _ in 0..3 {
            worker.step().await.unwrap();
        }
        enqueue(&db, quiet, errand(1).with_priority(Priority::Low)).await;
        for _ in 0..2 {
            worker.step().await.unwrap();
        }
        let served: Vec<TenantId> = done.lock().unwrap().iter().map(|(one, _)| *one).collect();
        assert_eq!(served.len(), 5);
        assert!(served[3..].contains(&quiet), "{served:?}");
    }

    async fn every_tenant_has_its_turn(db: TestDatabase) {
        let all = [1, 2, 3, 4].map(tenant);
        for (tenant, count) in all.into_iter().zip([50, 1, 3, 2]) {
            enqueue_many(&db, tenant, count).await;
        }
        let (errands, done) = noting();
        let mut worker = worker(&db.database, one_by_one(), errands);
        for _ in 0..10 {
            worker.step().await.unwrap();
        }
        let served: Vec<u128> =
            done.lock().unwrap().iter().map(|(one, _)| one.uuid().as_u128()).collect();
        assert_eq!(served, [1, 2, 3, 4, 1, 3, 4, 1, 3, 1]);
    }

    async fn a_tenant_has_a_part_of_the_slots(db: TestDatabase) {
        let (busy, quiet) = (tenant(5), tenant(9));
        enqueue_many(&db, busy, 100).await;
        let leases = leases(&db, "one");
        let mut claims = Claims::new(leases, [Errand::KIND.to_owned()].into(), 3);
        let taken = claims.claim(8, &BTreeMap::new()).await.unwrap();
        assert_eq!(taken.len(), 3, "long jobs of one leave slots for others");
        enqueue(&db, quiet, errand(1)).await;
        let running = BTreeMap::from([(busy, 3)]);
        let taken = claims.claim(5, &running).await.unwrap();
        let whose: Vec<TenantId> = taken.iter().map(|lease| lease.tenant).collect();
        assert_eq!(whose, [quiet]);
        assert_eq!(claims.claim(5, &running).await.unwrap(), []);
        let taken = claims.claim(5, &BTreeMap::from([(busy, 2)])).await.unwrap();
        assert_eq!(taken.len(), 1);
    }

    async fn two_workers_take_different_jobs(db: TestDatabase) {
        enqueue_many(&db, tenant(5), 20).await;
        let (one, two) = (leases(&db, "one"), leases(&db, "two"));
        let (first, second) = tokio::join!(claim(&one, 10), claim(&two, 10));
        let mut all: Vec<_> = first.iter().chain(&second).map(|lease| lease.job).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 20);
    }
}
