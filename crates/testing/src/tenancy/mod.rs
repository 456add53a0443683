//! The test that reads the syntax tree of every statement: whoever forgets to bind the tenant is
//! told before anybody can see somebody else's rows. On SQLite nothing else stands in between.
//!
//! The rule, for statements that are not declared for the system:
//! - in each scope (a SELECT, an arm of a UNION, a subquery, an UPDATE, a DELETE) each tenant's
//!   table is bound by `alias.tenant = app_tenant()`, as one of the terms that AND joins in WHERE
//!   or in the ON of the join that brings the table; without its alias only where it is alone;
//! - RIGHT and FULL joins do not go with tenants' tables;
//! - INSERT gives `tenant` the value `app_tenant()`; ON CONFLICT DO UPDATE has `tenant` in its
//!   target or a WHERE that binds it; nothing else sets `tenant`;
//! - what this reader does not understand is a violation.

mod source;
mod term;
mod walk;

use std::collections::BTreeMap;
use std::fmt;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use storage::{Module, Ownership, Reach, Statement, migrate, statement};

use crate::golden::golden_text;
use walk::Walk;

/// A way in which a statement could touch another tenant's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(out)
    }
}

/// Reads one statement; `tables` says whose the rows of each table are.
///
/// ```
/// use std::collections::BTreeMap;
/// use storage::Ownership;
///
/// let tables = BTreeMap::from([("wealth_asset".to_owned(), Ownership::Tenant)]);
/// let check = |sql| testing::tenancy::check(sql, &tables);
/// let bound = "SELECT name FROM wealth_asset WHERE tenant = app_tenant() AND id = $1";
/// assert_eq!(check(bound), []);
/// assert_eq!(check("SELECT name FROM wealth_asset WHERE id = $1").len(), 1);
/// ```
#[must_use]
pub fn check(sql: &str, tables: &BTreeMap<String, Ownership>) -> Vec<Violation> {
    let sql = statement::without_locks(sql);
    let statements = match Parser::parse_sql(&PostgreSqlDialect {}, &sql) {
        Ok(statements) => statements,
        Err(error) => return vec![Violation { what: format!("it cannot be read: {error}") }],
    };
    match statements.as_slice() {
        [statement] => Walk::new(tables).run(statement),
        several => {
            let count = several.len();
            vec![Violation { what: format!("it is {count} statements instead of one") }]
        }
    }
}

/// Reads every statement that this test program links, and fails with all violations. The modules
/// are those whose tables the statements name; storage's are always there.
pub fn check_statements(modules: &[Module]) {
    let tables = migrate::tables(modules);
    let mut violations = Vec::new();
    for statement in statement::registered() {
        match statement.reach() {
            Reach::Bound => {
                for violation in check(statement.sql(), &tables) {
                    let (place, sql) = (statement.place(), one_line(statement));
                    violations.push(format!("{place}: {violation}\n    {sql}"));
                }
            }
            Reach::System { .. } => {}
        }
    }
    for module in std::iter::once(&migrate::MODULE).chain(modules) {
        let own = |name: &String| name.starts_with(&format!("{}_", module.name));
        let own: Vec<&String> = tables.keys().filter(|name| own(name)).collect();
        let used = statement::registered()
            .any(|statement| own.iter().any(|table| statement.sql().contains(table.as_str())));
        if !own.is_empty() && !used {
            let name = module.name;
            violations.push(format!("no statement of {name} is here: is the crate linked?"));
        }
    }
    violations.sort();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// As [`check_statements`], and compares those that are declared for the system, which the rule
/// does not bind, with a golden file: a new one shows in review.
pub fn check_registered(modules: &[Module], golden: &str) {
    check_statements(modules);
    golden_text(golden, &system_statements());
}

/// The statements that see every tenant's rows, each with its file and reason; those of tests are
/// left out.
fn system_statements() -> String {
    let mut entries: Vec<String> = statement::registered()
        .filter_map(|statement| {
            let Reach::System { why } = statement.reach() else { return None };
            let place = statement.place();
            let file = place.rsplit_once(':').map_or(place.as_str(), |(file, _)| file);
            let shipped = !file.contains("/tests/");
            shipped.then(|| format!("{file}: {why}\n    {}\n", one_line(statement)))
        })
        .collect();
    entries.sort();
    entries.concat()
}

fn one_line(statement: &Statement) -> String {
    statement.sql().split_whitespace().collect::<Vec<_>>().join(" ")
}
