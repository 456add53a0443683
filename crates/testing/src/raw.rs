//! A way into a test's database behind the stores' backs, with every right: for tests that
//! recompute a figure from the raw tables, or damage what is stored.

use rusqlite::types::ValueRef;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls, Row};

/// A connection that no transaction of ours, no role and no trigger stands in front of, once
/// [`Raw::disarm`] was called.
pub struct Raw(Connection);

enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Client),
}

/// A cell as the database keeps it: on SQLite an amount is its 16 bytes and a time its
/// microseconds; on PostgreSQL cast to text what is none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
    /// Bytes, and ids.
    Bytes(Vec<u8>),
}

impl Raw {
    /// Opens `sqlite:PATH` or `postgres://…`.
    pub async fn open(url: &str) -> Self {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
            let projections = std::path::Path::new(path).with_extension("projections.db");
            if projections.exists() {
                let path = projections.to_str().unwrap();
                connection.execute("ATTACH ?1 AS projections", [path]).unwrap();
            }
            return Self(Connection::Sqlite(connection));
        }
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        Self(Connection::Postgres(client))
    }

    /// Runs statements, one after the other.
    pub async fn run(&self, sql: &str) {
        self.try_run(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Runs statements; what the database says where it refuses one.
    ///
    /// # Errors
    /// The text of the database's error.
    pub async fn try_run(&self, sql: &str) -> Result<(), String> {
        match &self.0 {
            Connection::Sqlite(connection) => {
                connection.execute_batch(sql).map_err(|error| error.to_string())
            }
            Connection::Postgres(client) => {
                client.batch_execute(sql).await.map_err(|error| match error.as_db_error() {
                    Some(database) => database.message().to_owned(),
                    None => error.to_string(),
                })
            }
        }
    }

    /// The rows of a query.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<Cell>> {
        match &self.0 {
            Connection::Sqlite(connection) => rows_of_sqlite(connection, sql).unwrap(),
            Connection::Postgres(client) => {
                let rows = client.query(sql, &[]).await;
                let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
                let cells = |row: &Row| (0..row.len()).map(|at| cell(row, at)).collect();
                rows.iter().map(cells).collect()
            }
        }
    }

    /// Takes the guards of an append-only table away from this connection, as somebody could who
    /// owns the database.
    pub async fn disarm(&self, table: &str) {
        if matches!(self.0, Connection::Sqlite(_)) {
            let drop = |verb: &str| format!("DROP TRIGGER IF EXISTS {table}_no_{verb};");
            self.run(&(drop("update") + &drop("delete"))).await;
        }
    }
}

fn rows_of_sqlite(
    connection: &rusqlite::Connection,
    sql: &str,
) -> rusqlite::Result<Vec<Vec<Cell>>> {
    let mut prepared = connection.prepare(sql)?;
    let columns = prepared.column_count();
    let mut answer = prepared.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next()? {
        let cell = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Number(number),
                ValueRef::Real(number) => panic!("{sql}: the floating-point number {number}"),
                ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
            })
        };
        rows.push((0..columns).map(cell).collect::<rusqlite::Result<_>>()?);
    }
    Ok(rows)
}

/// The bytes on the wire, whatever their type.
struct Wire<'a>(&'a [u8]);

impl<'a> tokio_postgres::types::FromSql<'a> for Wire<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn cell(row: &Row, column: usize) -> Cell {
    let Some(Wire(raw)) = row.get::<_, Option<Wire<'_>>>(column) else { return Cell::Null };
    match *row.columns()[column].type_() {
        Type::INT8 => Cell::Number(i64::from_be_bytes(raw.try_into().unwrap())),
        Type::INT4 => Cell::Number(i32::from_be_bytes(raw.try_into().unwrap()).into()),
        Type::INT2 => Cell::Number(i16::from_be_bytes(raw.try_into().unwrap()).into()),
        Type::BOOL => Cell::Number(i64::from(raw[0])),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => {
            Cell::Text(std::str::from_utf8(raw).unwrap().to_owned())
        }
        Type::BYTEA | Type::UUID => Cell::Bytes(raw.to_vec()),
        ref kind => panic!("column {column} is of type {kind}: cast it to text"),
    }
}
