//! Statements about one row, written for PostgreSQL so that they take an array of each parameter
//! and do for many rows at once what they say of one.

use std::fmt::Write as _;
use std::sync::OnceLock;

/// Where the arrays are read.
const MANY: &str = "{many}";

/// A statement for many rows.
pub(crate) struct Bulk {
    text: String,
    /// The table whose rows it adds or changes; empty where it asks.
    pub table: String,
    pub kind: BulkKind,
    sql: OnceLock<String>,
}

/// What it does with each row.
pub(crate) enum BulkKind {
    /// Asks, and answers with the row's place, from 1, as the last column.
    Query,
    /// Adds it, or fails.
    Insert,
    /// Adds it, or leaves what is there.
    InsertOrLeave,
    /// Changes it, where it is there and fits.
    Update {
        /// The columns that it compares with a parameter or the tenant, and does not change. Only
        /// where they hold a unique key is it one row, whatever the table holds.
        compared: Vec<String>,
        /// Whether they do, once somebody has looked.
        keyed: OnceLock<bool>,
    },
}

impl Bulk {
    /// Reads a statement; `None` where it says more than this understands.
    pub(crate) fn of(sql: &str) -> Option<Self> {
        // On one line, a comment would take the rest with it.
        if sql.contains("--") {
            return None;
        }
        let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        match sql.split_once(' ')?.0 {
            "UPDATE" => update(&sql),
            "INSERT" => insert(&sql),
            "SELECT" | "WITH" => query(&sql),
            _ => None,
        }
    }

    /// The text, with the types of the one row's parameters.
    pub(crate) fn sql<'a>(&self, types: impl Iterator<Item = &'a str>) -> &str {
        self.sql.get_or_init(|| {
            let (mut arrays, mut names) = (Vec::new(), Vec::new());
            for (index, kind) in types.enumerate() {
                arrays.push(format!("${}::{kind}[]", index + 1));
                names.push(format!("c{}", index + 1));
            }
            let mut sql = String::new();
            for (index, part) in self.text.split('$').enumerate() {
                if index == 0 {
                    sql.push_str(part);
                } else {
                    let _ = write!(sql, "many.c{part}");
                }
            }
            // Once for all rows.
            let sql = sql.replace("app_tenant()", "(SELECT app_tenant())");
            let (arrays, mut names) = (arrays.join(", "), names.join(", "));
            let mut numbered = "";
            if matches!(self.kind, BulkKind::Query) {
                (numbered, names) = (" WITH ORDINALITY", names + ", place");
            }
            sql.replace(MANY, &format!("unnest({arrays}){numbered} AS many ({names})"))
        })
    }

    fn new(text: String, table: &str, kind: BulkKind) -> Option<Self> {
        let table = table.to_owned();
        text.contains('$').then(|| Self { text, table, kind, sql: OnceLock::new() })
    }
}

/// The offset keeps each row's question as it is: it is asked once a row, and never made a join of
/// all that there is.
fn query(sql: &str) -> Option<Bulk> {
    if ["FOR UPDATE", "INSERT ", "UPDATE ", "DELETE "].iter().any(|more| sql.contains(more)) {
        return None;
    }
    let text = format!(
        "SELECT answer.*, many.place FROM {MANY} CROSS JOIN LATERAL ({sql} OFFSET 0) AS answer"
    );
    Bulk::new(text, "", BulkKind::Query)
}

fn insert(sql: &str) -> Option<Bulk> {
    let (head, row) = sql.split_once("VALUES")?;
    let (row, tail) = match row.split_once("ON CONFLICT") {
        Some((row, tail)) => (row.trim(), format!(" ON CONFLICT{tail}")),
        None => (row.trim(), String::new()),
    };
    // What else comes after the row (an update, RETURNING) says more than an insert.
    if !row.ends_with(')')
        || row.contains("SELECT")
        || !(tail.is_empty() || tail.ends_with("DO NOTHING"))
    {
        return None;
    }
    let (table, _) = head.strip_prefix("INSERT INTO ")?.split_once(' ')?;
    let table = identifier(table)?;
    let row = row.strip_prefix('(')?.strip_suffix(')')?;
    let kind = if tail.is_empty() { BulkKind::Insert } else { BulkKind::InsertOrLeave };
    Bulk::new(format!("{head}SELECT {row} FROM {MANY}{tail}"), table, kind)
}

fn update(sql: &str) -> Option<Bulk> {
    if ["SELECT", " FROM ", "RETURNING", " OR ", "{"].iter().any(|more| sql.contains(more)) {
        return None;
    }
    let (table, changes) = sql.strip_prefix("UPDATE ")?.split_once(" SET ")?;
    let table = identifier(table)?;
    let (changes, conditions) = changes.split_once(" WHERE ")?;
    let is_given = |value: &str| {
        let number = value.strip_prefix('$').filter(|number| !number.is_empty());
        number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
            || value == "app_tenant()"
    };
    // A comma within a function parts more than there is, which can only leave a column out.
    let changed = changes.split(", ").filter_map(|change| change.split_once(" = "));
    let changed: Vec<&str> = changed.map(|(column, _)| column).collect();
    let compared = conditions.split(" AND ").filter_map(|condition| {
        let (column, value) = condition.split_once(" = ")?;
        let column = identifier(column).filter(|column| !changed.contains(column))?;
        is_given(value).then(|| column.to_owned())
    });
    let kind = BulkKind::Update { compared: compared.collect(), keyed: OnceLock::new() };
    let text = format!("UPDATE {table} SET {changes} FROM {MANY} WHERE {conditions}");
    Bulk::new(text, table, kind)
}

fn identifier(text: &str) -> Option<&str> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (!text.is_empty() && text.chars().all(fits)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(sql: &str, types: &[&str]) -> String {
        Bulk::of(sql).unwrap().sql(types.iter().copied()).to_owned()
    }

    #[test]
    fn an_insert_of_one_row_becomes_one_of_many() {
        assert_eq!(
            many("INSERT INTO t (a, b) VALUES (app_tenant(), $2, lower($1))", &["text", "int8"]),
            "INSERT INTO t (a, b) SELECT (SELECT app_tenant()), many.c2, lower(many.c1) \
             FROM unnest($1::text[], $2::int8[]) AS many (c1, c2)"
        );
        assert_eq!(
            many("INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO NOTHING", &["uuid"]),
            "INSERT INTO t (a) SELECT many.c1 FROM unnest($1::uuid[]) AS many (c1) \
             ON CONFLICT (a) DO NOTHING"
        );
    }

    #[test]
    fn an_update_of_one_row_becomes_one_of_many() {
        let sql = "UPDATE t SET a = a + $2, b = 'x'
                   WHERE tenant = app_tenant() AND id = $1 AND a < $2 AND c = 'y'";
        assert_eq!(
            many(sql, &["uuid", "int8"]),
            "UPDATE t SET a = a + many.c2, b = 'x' \
             FROM unnest($1::uuid[], $2::int8[]) AS many (c1, c2) \
             WHERE tenant = (SELECT app_tenant()) AND id = many.c1 AND a < many.c2 AND c = 'y'"
        );
    }

    #[test]
    fn a_query_is_asked_for_each_row() {
        assert_eq!(
            many(
                "SELECT a FROM t WHERE tenant = app_tenant() AND b = $1 LIMIT $2",
                &["uuid", "int8"]
            ),
            "SELECT answer.*, many.place \
             FROM unnest($1::uuid[], $2::int8[]) WITH ORDINALITY AS many (c1, c2, place) \
             CROSS JOIN LATERAL (SELECT a FROM t WHERE tenant = (SELECT app_tenant()) \
             AND b = many.c1 LIMIT many.c2 OFFSET 0) AS answer"
        );
    }

    #[test]
    fn a_column_identifies_where_it_is_compared_and_stays() {
        for (sql, expected) in [
            ("UPDATE t SET a = $3 WHERE b = $1 AND id = $2", &["b", "id"][..]),
            ("UPDATE t SET a = 1 WHERE NOT (b = $1 AND id = $2)", &[]),
            ("UPDATE t SET id = $2, a = 1 WHERE b = $3 AND id = $1", &["b"]),
            ("UPDATE t SET v = coalesce($2, v), id = id + 1 WHERE v = $1 AND id = $3", &[]),
            ("UPDATE t SET a = 1 WHERE id <> $1 AND b = c", &[]),
        ] {
            let BulkKind::Update { compared, .. } = Bulk::of(sql).unwrap().kind else { panic!() };
            assert_eq!(compared, expected, "{sql}");
        }
    }

    #[test]
    fn what_says_more_stays_as_it_is() {
        for other in [
            "SELECT a FROM t -- of them\n WHERE b = $1",
            "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = excluded.a",
            "INSERT INTO t (a) VALUES ($1) RETURNING a",
            "INSERT INTO t (a) VALUES ((SELECT b FROM u WHERE c = $1))",
            "INSERT INTO t (a) SELECT $1",
            "INSERT INTO t (a) VALUES (1)",
            "UPDATE t SET a = 1",
            "UPDATE t SET a = $1",
            "UPDATE t SET a = 1 WHERE b = 2",
            "UPDATE t SET a = $1 FROM u WHERE t.b = u.b",
            "UPDATE t SET a = $1 WHERE b = $2 OR b IS NULL",
            "UPDATE t SET a = (SELECT max(b) FROM u) WHERE b = $1",
            "UPDATE t SET a = $1 WHERE b = $2 RETURNING a",
            "DELETE FROM t WHERE a = $1",
            "SELECT a FROM t WHERE b = $1 FOR UPDATE",
            "SELECT a FROM t",
            "WITH gone AS (DELETE FROM t WHERE a = $1 RETURNING a) SELECT a FROM gone",
        ] {
            assert!(Bulk::of(other).is_none(), "{other}");
        }
    }
}
