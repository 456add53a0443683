//! Amounts in SQL: their order is that of the numbers, and their sum is exact.

use kernel::{Amount, Entropy, SeededEntropy};
use storage::{Dialect, Mode, StorageError, params};
use testing::TestDatabase;

use crate::sample::{SAMPLE, begin};

storage::sql! {
    PUT = "INSERT INTO sample_value (tenant, number, amount) VALUES (app_tenant(), $1, $2)";
    IN_ORDER = "SELECT amount FROM sample_value WHERE tenant = app_tenant() ORDER BY amount";
    BELOW = "SELECT count(*) FROM sample_value WHERE tenant = app_tenant() AND amount < $1";
    SUM = "SELECT amt_sum(amount) FROM sample_value WHERE tenant = app_tenant() AND number <> $1";
}

/// Of every length, of either sign.
fn amounts(count: usize) -> Vec<Amount> {
    let entropy = SeededEntropy::new(3);
    let amount = |_| {
        let mut bytes = [0; 17];
        entropy.fill(&mut bytes);
        let [length, rest @ ..] = bytes;
        Amount::from_minor(i128::from_be_bytes(rest) >> (length % 128))
    };
    (0..count).map(amount).chain([Amount::MAX, Amount::MIN, Amount::ZERO]).collect()
}

async fn put(db: &TestDatabase, tenant: kernel::TenantId, amounts: &[Amount]) {
    let mut tx = begin(db, tenant, Mode::Write).await;
    let rows = (0_i64..).zip(amounts).map(|(number, amount)| params![number, *amount]).collect();
    tx.execute_many(&PUT, rows).await.unwrap();
    tx.commit().await.unwrap();
}

testing::both_databases! {
    modules = [SAMPLE];

    async fn their_order_is_that_of_the_numbers(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut amounts = amounts(500);
        put(&db, tenant, &amounts).await;
        amounts.sort();
        let mut tx = begin(&db, tenant, Mode::Read).await;
        let rows = tx.rows(&IN_ORDER, params![]).await.unwrap();
        let found: Vec<Amount> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(found, amounts);
        let middle = amounts[250];
        let below = tx.row(&BELOW, params![middle]).await.unwrap().unwrap();
        let expected = amounts.iter().filter(|amount| **amount < middle).count();
        assert_eq!(below.get::<u64>(0).unwrap(), u64::try_from(expected).unwrap());
    }

    async fn their_sum_is_exact(db: TestDatabase) {
        let tenant = db.new_tenant();
        let minors = [i128::MAX, -i128::MAX, i128::MAX - 5, 2, 3, -10];
        put(&db, tenant, &minors.map(Amount::from_minor)).await;
        let mut tx = begin(&db, tenant, Mode::Read).await;
        let row = tx.row(&SUM, params![-1]).await.unwrap().unwrap();
        assert_eq!(row.get::<Amount>(0).unwrap(), Amount::from_minor(i128::MAX - 10));
        let nobody = db.new_tenant();
        let mut tx = begin(&db, nobody, Mode::Read).await;
        let row = tx.row(&SUM, params![-1]).await.unwrap().unwrap();
        assert_eq!(row.get::<Option<Amount>>(0).unwrap(), None);
    }

    async fn a_sum_that_is_too_large_is_an_error(db: TestDatabase) {
        let tenant = db.new_tenant();
        put(&db, tenant, &[Amount::MAX, Amount::from_minor(1)]).await;
        let mut tx = begin(&db, tenant, Mode::Read).await;
        let error = tx.row(&SUM, params![-1]).await.unwrap_err();
        let said = match db.dialect() {
            Dialect::Sqlite => matches!(error, StorageError::Statement { .. }),
            Dialect::Postgres => matches!(error, StorageError::Damaged { .. }),
        };
        assert!(said && error.to_string().contains("too large"), "{error}");
    }
}
