//! SQL statements as values. Every one is declared with [`sql!`](crate::sql), which registers it,
//! so that one test reads the syntax tree of each and a debug build refuses any that it missed.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::{LazyLock, OnceLock};

/// One SQL text for both databases. Parameters are `$1`, `$2`, …; `{lock}` becomes `FOR UPDATE`
/// where rows can be locked.
pub struct Statement {
    sql: &'static str,
    reach: Reach,
    file: &'static str,
    line: u32,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
    postgres_bulk: OnceLock<Option<Bulk>>,
}

/// An insert of one row, written for PostgreSQL so that it takes an array of each parameter.
pub(crate) struct Bulk {
    head: String,
    /// What of the row stands in front of each parameter and behind the last.
    row: Vec<String>,
    /// The number of each parameter in the row.
    numbers: Vec<usize>,
    tail: String,
    /// Whether each row is added or the statement fails; otherwise one that is there is left.
    pub all: bool,
    sql: OnceLock<String>,
}

/// Whose rows a statement may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the transaction's tenant: each tenant table in it is bound with
    /// `tenant = app_tenant()`, which a test proves.
    Bound,
    /// Those of every tenant, for the reason given. Runs in system transactions only.
    System {
        /// Why it must.
        why: &'static str,
    },
}

impl Statement {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(sql: &'static str, reach: Reach, file: &'static str, line: u32) -> Self {
        Self {
            sql,
            reach,
            file,
            line,
            sqlite: OnceLock::new(),
            postgres: OnceLock::new(),
            postgres_bulk: OnceLock::new(),
        }
    }

    /// The text as it was written.
    #[must_use]
    pub const fn sql(&self) -> &'static str {
        self.sql
    }

    /// Whose rows it may touch.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// File and line.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    pub(crate) fn sqlite(&self) -> &str {
        // SQLite numbers `?1` and takes `$1` for a name, which it would bind by first appearance.
        self.sqlite.get_or_init(|| self.sql.replace('$', "?").replace("{lock}", ""))
    }

    pub(crate) fn postgres(&self) -> &str {
        self.postgres.get_or_init(|| self.sql.replace("{lock}", "FOR UPDATE"))
    }

    /// The same for many rows at once, where it inserts one row and does nothing else.
    pub(crate) fn postgres_bulk(&self) -> Option<&Bulk> {
        self.postgres_bulk.get_or_init(|| bulk(self.postgres())).as_ref()
    }

    /// Whether it was declared with [`sql!`](crate::sql), so that the test that reads every
    /// statement saw it.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        static REGISTERED: LazyLock<HashSet<usize>> = LazyLock::new(|| {
            registered().map(|statement| std::ptr::from_ref(statement).addr()).collect()
        });
        REGISTERED.contains(&std::ptr::from_ref(self).addr())
    }
}

impl Bulk {
    /// The text, with the types of the one row's parameters.
    pub(crate) fn sql<'a>(&self, types: impl Iterator<Item = &'a str>) -> &str {
        self.sql.get_or_init(|| {
            let (mut arrays, mut names) = (Vec::new(), Vec::new());
            for (index, kind) in types.enumerate() {
                arrays.push(format!("${}::{kind}[]", index + 1));
                names.push(format!("c{}", index + 1));
            }
            let mut row = String::new();
            for (index, part) in self.row.iter().enumerate() {
                // Once for all rows.
                row.push_str(&part.replace("app_tenant()", "(SELECT app_tenant())"));
                if let Some(number) = self.numbers.get(index) {
                    let _ = write!(row, "many.c{number}");
                }
            }
            let (head, tail, arrays, names) =
                (&self.head, &self.tail, arrays.join(", "), names.join(", "));
            format!("{head}SELECT {row} FROM unnest({arrays}) AS many ({names}){tail}")
        })
    }
}

fn bulk(sql: &str) -> Option<Bulk> {
    let (head, row) = sql.trim().split_once("VALUES")?;
    let (row, tail) = match row.split_once("ON CONFLICT") {
        Some((row, tail)) => (row.trim(), Some(tail.trim())),
        None => (row.trim(), None),
    };
    // What else comes after the row (an update, RETURNING) says more than an insert.
    let is_insert = head.starts_with("INSERT") && row.ends_with(')') && !row.contains("SELECT");
    if !is_insert || tail.is_some_and(|tail| !tail.ends_with("DO NOTHING")) {
        return None;
    }
    let mut parts = row.strip_prefix('(')?.strip_suffix(')')?.split('$');
    let mut bulk = Bulk {
        head: head.to_owned(),
        row: vec![parts.next()?.to_owned()],
        numbers: Vec::new(),
        tail: tail.map_or_else(String::new, |tail| format!(" ON CONFLICT {tail}")),
        all: tail.is_none(),
        sql: OnceLock::new(),
    };
    for part in parts {
        let digits = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
        bulk.numbers.push(part[..digits].parse().ok()?);
        bulk.row.push(part[digits..].to_owned());
    }
    (!bulk.numbers.is_empty()).then_some(bulk)
}

/// A registration; made by [`sql!`](crate::sql).
#[doc(hidden)]
pub struct Registered(pub &'static Statement);

inventory::collect!(Registered);

/// Every statement of the crates that this program links.
pub fn registered() -> impl Iterator<Item = &'static Statement> {
    inventory::iter::<Registered>.into_iter().map(|entry| entry.0)
}

/// Declares statements.
///
/// ```
/// storage::sql! {
///     NAME_OF = "SELECT name FROM wealth_asset WHERE tenant = app_tenant() AND id = $1";
///     COUNT_ALL: system("the gauge counts over all tenants") =
///         "SELECT count(*) FROM wealth_asset";
/// }
/// assert!(NAME_OF.is_registered());
/// ```
#[macro_export]
macro_rules! sql {
    () => {};
    ($name:ident = $sql:expr; $($rest:tt)*) => {
        $crate::sql!(@one $name, $sql, $crate::Reach::Bound);
        $crate::sql!($($rest)*);
    };
    ($name:ident: system($why:literal) = $sql:expr; $($rest:tt)*) => {
        $crate::sql!(@one $name, $sql, $crate::Reach::System { why: $why });
        $crate::sql!($($rest)*);
    };
    (@one $name:ident, $sql:expr, $reach:expr) => {
        static $name: $crate::Statement =
            $crate::Statement::new($sql, $reach, file!(), line!());
        $crate::inventory::submit! { $crate::statement::Registered(&$name) }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_of_one_row_becomes_one_of_many() {
        let bulk_of = |sql| bulk(sql).unwrap();
        let many = bulk_of("INSERT INTO t (a, b) VALUES (app_tenant(), $2, lower($1))");
        assert!(many.all);
        assert_eq!(
            many.sql(["text", "int8"].into_iter()),
            "INSERT INTO t (a, b) SELECT (SELECT app_tenant()), many.c2, lower(many.c1) \
             FROM unnest($1::text[], $2::int8[]) AS many (c1, c2)"
        );
        let many = bulk_of("INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO NOTHING");
        assert!(!many.all);
        assert_eq!(
            many.sql(["uuid"].into_iter()),
            "INSERT INTO t (a) SELECT many.c1 FROM unnest($1::uuid[]) AS many (c1) \
             ON CONFLICT (a) DO NOTHING"
        );
        for other in [
            "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = excluded.a",
            "INSERT INTO t (a) VALUES ($1) RETURNING a",
            "INSERT INTO t (a) VALUES ((SELECT b FROM u WHERE c = $1))",
            "INSERT INTO t (a) SELECT $1",
            "INSERT INTO t (a) VALUES (1)",
            "UPDATE t SET a = $1",
        ] {
            assert!(bulk(other).is_none(), "{other}");
        }
    }
}
