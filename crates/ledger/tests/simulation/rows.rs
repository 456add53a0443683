//! Rows that commands carry, in a table of a module of the tests.

use kernel::Uuid;
use storage::journal::RowChange;
use storage::{Migration, Module, Tx, Value, params, sql};

/// The table.
pub const SENDER: Module = Module {
    name: "sender",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "rows",
        sql: "CREATE TABLE sender_row (
                  tenant {uuid} NOT NULL, id {i64} NOT NULL, state {i64} NOT NULL,
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
    ROW_STATES =
        "SELECT id, state FROM sender_row WHERE tenant = app_tenant() ORDER BY id";
}

/// A change of a row, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowAct {
    /// Adds it; refused where it is there.
    Add { id: i64, state: i64 },
    /// Changes it; refused where it does not stand at `from`.
    Move { id: i64, from: i64, to: i64 },
    /// Adds it beside a command, which does not depend on it.
    Note { id: i64 },
}

impl RowAct {
    /// As a command carries it.
    pub fn change(self) -> RowChange {
        match self {
            Self::Add { id, state } => RowChange::one(&ROW_ADD, params![id, state]),
            Self::Move { id, from, to } => RowChange::one(&ROW_MOVE, params![id, to, from]),
            Self::Note { id } => RowChange::unguarded(&ROW_ADD, params![id, 0_i64]),
        }
    }

    /// What a change asks for.
    pub fn of(change: &RowChange) -> Self {
        let number = |index: usize| match change.params.get(index) {
            Some(Value::I64(number)) => *number,
            other => panic!("{other:?} is no number"),
        };
        let id = number(0);
        match change.rows {
            None => Self::Note { id },
            Some(_) if std::ptr::eq(change.statement, &ROW_ADD) => {
                Self::Add { id, state: number(1) }
            }
            Some(_) => Self::Move { id, from: number(2), to: number(1) },
        }
    }
}

/// The rows of the transaction's tenant, by id.
pub async fn states(tx: &mut Tx) -> Vec<(i64, i64)> {
    let rows = tx.rows(&ROW_STATES, params![]).await.unwrap();
    rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect()
}

/// A row of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    pub tenant: Uuid,
    pub id: i64,
}

/// A row as it is after a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowWrite {
    pub key: RowKey,
    pub state: i64,
}
