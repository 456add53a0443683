//! SQL statements as values. Every one is declared with [`sql!`](crate::sql), which registers it,
//! so that one test reads the syntax tree of each and a debug build refuses any that it missed.

use std::collections::HashSet;
use std::sync::{LazyLock, OnceLock};

use crate::bulk::Bulk;

/// One SQL text for both databases. Parameters are `$1`, `$2`, …; `{lock}` becomes `FOR UPDATE`
/// where rows can be locked, `{skip_locked}` the same that passes over rows which others hold.
pub struct Statement {
    sql: &'static str,
    reach: Reach,
    file: &'static str,
    line: u32,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
    postgres_bulk: OnceLock<Option<Bulk>>,
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
        self.sqlite.get_or_init(|| without_locks(self.sql).replace('$', "?"))
    }

    pub(crate) fn postgres(&self) -> &str {
        self.postgres.get_or_init(|| {
            let sql = self.sql.replace("{skip_locked}", "FOR UPDATE SKIP LOCKED");
            sql.replace("{lock}", "FOR UPDATE")
        })
    }

    /// The same for many rows at once, where it asks, or adds or changes one and does nothing else.
    pub(crate) fn postgres_bulk(&self) -> Option<&Bulk> {
        self.postgres_bulk.get_or_init(|| Bulk::of(self.postgres())).as_ref()
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

/// The text without its marks for locks: SQLite has one writer, and a reader of the syntax tree
/// needs none.
#[must_use]
pub fn without_locks(sql: &str) -> String {
    sql.replace("{skip_locked}", "").replace("{lock}", "")
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
