//! A module with two tables, for the tests of the face.

use kernel::TenantId;
use storage::{Level, Migration, Mode, Module, Tx, params};
use testing::TestDatabase;

pub const SAMPLE: Module = Module {
    name: "sample",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "values and counters",
        sql: "
CREATE TABLE sample_value (
    tenant {uuid} NOT NULL,
    number {i64} NOT NULL,
    amount {amount},
    at {time},
    day {date},
    thing {uuid},
    document {json},
    words {text},
    raw {bytes},
    truth {bool},
    PRIMARY KEY (tenant, number)
) {clustered};
{{tenant_table sample_value}}

CREATE TABLE sample_counter (
    tenant {uuid} NOT NULL PRIMARY KEY,
    count {i64} NOT NULL CHECK (count < 1000)
) {strict};
{{tenant_table sample_counter}}

CREATE TABLE sample_fact (word {text} NOT NULL PRIMARY KEY) {strict};
{{common_table sample_fact append_only}}
",
    }],
};

storage::sql! {
    ADD_NUMBER = "INSERT INTO sample_value (tenant, number) VALUES (app_tenant(), $1)";
    NUMBERS = "SELECT number FROM sample_value WHERE tenant = app_tenant() ORDER BY number";
}

/// A transaction of a tenant.
pub async fn begin(db: &TestDatabase, tenant: TenantId, mode: Mode) -> Tx {
    db.database.begin(Level::of(tenant), mode).await.unwrap()
}

/// Adds numbers in a transaction of their own.
pub async fn add(db: &TestDatabase, tenant: TenantId, numbers: &[i64]) {
    let mut tx = begin(db, tenant, Mode::Write).await;
    for number in numbers {
        tx.execute_one(&ADD_NUMBER, params![*number]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// The tenant's numbers that a transaction sees.
pub async fn numbers(tx: &mut Tx) -> Vec<i64> {
    let rows = tx.rows(&NUMBERS, params![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}
