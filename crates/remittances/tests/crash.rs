//! A process that dies at any job of a remittance: nothing is lost, nothing is there twice, and
//! both books balance at every moment.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod houses;

use houses::Houses;
use ledger::{Limits, Step};
use remittances::Standing;
use testing::TestDatabase;

/// The jobs of a remittance that arrives: five steps, and what each brings.
const JOBS: usize = 10;

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, sagas::MODULE, ledger::MODULE, remittances::MODULE];

    async fn whoever_dies_at_any_job_leaves_it_to_the_next(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let payee = houses.payee().await;
        for dies_at in 0..JOBS {
            let before = both(&houses).await;
            let id = houses.ask(&payee, 1_000).await.unwrap().id;
            for _ in 0..dies_at {
                assert!(houses.step().await);
                conserved(&houses, before).await;
            }
            // With the job in its hands, before anything of it is committed.
            assert!(houses.take_and_die().await.is_some(), "there are more jobs than {dies_at}");
            houses = houses.restart().await;
            conserved(&houses, before).await;
            houses.wait_out().await;
            let (given, taken) = both(&houses).await;
            assert_eq!((given, taken), (before.0 - 1_000, before.1 + 1_000), "dies at {dies_at}");
            for house in [houses.giver, houses.taker] {
                assert_eq!(houses.seen(house, id).await.standing, Standing::Arrived);
                let has = houses.has(house).await;
                assert_eq!((has.held_in, has.held_out, has.in_transit), (0, 0, 0));
            }
        }
    }

    async fn whoever_dies_on_the_way_back_leaves_it_to_the_next(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let payee = houses.payee().await;
        let account = houses.taker.bank;
        let limits = Limits { floor: None, ceiling: Some(houses::amount(0)) };
        houses.by_hand(houses.taker, Step::SetLimits { account, limits }).await;
        let before = both(&houses).await;
        // Holding, announcing, releasing.
        for dies_at in 0..6 {
            let id = houses.ask(&payee, 1_000).await.unwrap().id;
            for _ in 0..dies_at {
                assert!(houses.step().await);
                conserved(&houses, before).await;
            }
            assert!(houses.take_and_die().await.is_some());
            houses = houses.restart().await;
            houses.wait_out().await;
            assert_eq!(both(&houses).await, before, "dies at {dies_at}");
            assert_eq!(houses.seen(houses.giver, id).await.standing, Standing::Returned);
            assert_eq!(houses.has(houses.giver).await.held_out, 0);
        }
    }
}

/// What both households have on their accounts.
async fn both(houses: &Houses) -> (i128, i128) {
    (houses.has(houses.giver).await.bank, houses.has(houses.taker).await.bank)
}

/// What has left one account is in transit or there, and nothing is there that has not left.
async fn conserved(houses: &Houses, before: (i128, i128)) {
    let (giver, taker) = (houses.has(houses.giver).await, houses.has(houses.taker).await);
    let (left, arrived) = (before.0 - giver.bank, taker.bank - before.1);
    assert!(arrived <= left, "{arrived} arrived of {left} that left");
    // Until the giver's side is told that it is there, both know of it.
    assert!(left - arrived <= giver.in_transit, "{giver:?} {taker:?}");
    assert_eq!(giver.in_transit + giver.sent, 100_000 - giver.bank, "{giver:?}");
}
