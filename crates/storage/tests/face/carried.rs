//! Rows that many commands change together, where a statement does not name its row by a key.

use storage::journal::{Commit, JournalStore, RowChange, SqlJournal};
use storage::{Migration, Mode, Module, params, sql};
use testing::TestDatabase;

use crate::sample::begin;

const ORDERS: Module = Module {
    name: "orders",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "rows",
        sql: "CREATE TABLE orders_row (
                  tenant {uuid} NOT NULL, id {i64} NOT NULL, kind {i64} NOT NULL,
                  state {i64} NOT NULL, PRIMARY KEY (tenant, id)
              ) {clustered};
              {{tenant_table orders_row}}",
    }],
};

sql! {
    ADD = "INSERT INTO orders_row (tenant, id, kind, state) VALUES (app_tenant(), $1, $2, 0)";
    MOVE_KIND =
        "UPDATE orders_row SET state = $2
         WHERE tenant = app_tenant() AND kind = $1 AND state < $2";
    RENUMBER = "UPDATE orders_row SET id = $2 WHERE tenant = app_tenant() AND id = $1";
    STATES = "SELECT state FROM orders_row WHERE tenant = app_tenant() ORDER BY id";
}

testing::both_databases! {
    modules = [ORDERS];

    async fn commands_go_together_only_where_each_would_go_alone(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        for (id, kind) in [(1, 1), (2, 1), (3, 2), (4, 3)] {
            tx.execute_one(&ADD, params![id, kind]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let journal = SqlJournal::new(db.database.clone());
        let moved = |kind, state| {
            (tenant, vec![RowChange::one(&MOVE_KIND, params![kind, state])])
        };
        // The first alone would touch two rows, though both together touch two.
        let two = [moved(1, 5), moved(1, 6)];
        let refused = journal.begin().await.unwrap().carry_together(&two).await.unwrap();
        assert!(refused.is_none());
        // A statement that gives its row another key: 4 is there when 3 becomes it; 5 is there once
        // 4 has become it.
        let renumbered = |from, to| {
            (tenant, vec![RowChange::one(&RENUMBER, params![from, to])])
        };
        let shifted = [renumbered(3, 4), renumbered(4, 5)];
        let refused = journal.begin().await.unwrap().carry_together(&shifted).await.unwrap();
        assert!(refused.is_none());
        let moved_on = [renumbered(4, 5), renumbered(5, 6)];
        let went = journal.begin().await.unwrap().carry_together(&moved_on).await.unwrap();
        assert!(went.is_some());
        drop(went);
        // Each touches one, the last two the same one after the other.
        let fit = [moved(2, 5), moved(3, 6), moved(3, 7)];
        let went = journal.begin().await.unwrap().carry_together(&fit).await.unwrap();
        went.unwrap().commit(&[]).await.unwrap();
        let rows = begin(&db, tenant, Mode::Read).await.rows(&STATES, params![]).await.unwrap();
        let states: Vec<i64> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(states, [0, 0, 5, 7]);
    }
}
