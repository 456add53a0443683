//! A plan may limit how many files a family brings in a month.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, csv, upload};
use kernel::{CommandKey, Context, Problematic as _};
use meters::{Allowance, Feature, Meters, Plan};
use testing::TestDatabase;
use wealth::IMPORTS;

static TWO: Plan = Plan { name: "two", allows: &[("imports", Allowance::UpTo(2))] };
static FEATURES: [&Feature; 1] = [&IMPORTS];
static PLANS: [&Plan; 1] = [&TWO];

const METERS: Meters = Meters::new(&FEATURES, &PLANS);

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn so_many_files_are_brought_in_a_month(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let wealth = bank.wealth.clone().with_meters(METERS);
        let file = |amount: &str| {
            upload("a.csv", csv("1", &[format!("2026-01-05 -{amount} - RENT").as_str()]))
        };
        let first_seen = bank.context.now();
        let key = CommandKey { id: 7, body: 7, first_seen };
        let keyed = Context { key: Some(key), ..bank.context.clone() };
        for _ in 0..3 {
            wealth.stage(&keyed, file("1.00")).await.unwrap();
        }
        let second = wealth.stage(&bank.context, file("2.00")).await.unwrap();
        // What was discarded was brought nevertheless, and what is refused leaves nothing.
        wealth.discard(&bank.context, second.id).await.unwrap();
        let refused = wealth.stage(&bank.context, file("3.00")).await.unwrap_err();
        assert_eq!((refused.code(), refused.to_string().as_str()), (
            "limit_reached",
            "imports: 2 of 2 were used this month, so no 1 more; it begins anew on \
             2026-04-01T00:00:00Z",
        ));
        assert_eq!(bank.count("SELECT count(*) FROM wealth_import").await, 1);
        db.clock.advance_seconds(86_400);
        wealth.stage(&bank.context, file("3.00")).await.unwrap();
    }
}
