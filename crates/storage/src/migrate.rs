//! Migrations: one text for both databases, applied in the order of modules and numbers.
//!
//! Tokens in a migration's text:
//!
//! | token | PostgreSQL | SQLite |
//! | --- | --- | --- |
//! | `{uuid}` `{bytes}` `{sealed}` | uuid, bytea, bytea | BLOB |
//! | `{amount}` | numeric(39,0) | BLOB |
//! | `{time}` `{i64}` `{bool}` | timestamptz, bigint, boolean | INTEGER |
//! | `{date}` `{json}` `{text}` | date, jsonb, text | TEXT |
//! | `{serial}` | bigint, identity, primary key | INTEGER PRIMARY KEY AUTOINCREMENT |
//! | `{strict}` `{clustered}` | nothing | STRICT; STRICT, WITHOUT ROWID |
//!
//! After `CREATE TABLE` one line says whose the rows are: `{{tenant_table NAME}}`,
//! `{{common_table NAME}}` or `{{system_table NAME}}`, and `append_only` behind the name forbids
//! changing and deleting. A line that begins with `-- sqlite:` or `-- postgres:` is for that one.
//!
//! Tables that are projected from the journal are declared apart: on SQLite they stand in a file of
//! their own, beside the database's, and are made again from the journal where it is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::crypto::sha256;
use crate::db::{Database, Dialect, Tx};
use crate::error::StorageError;
use crate::level::Mode;
use crate::{params, sql};

/// The migrations of one module.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Its name, which its tables begin with.
    pub name: &'static str,
    /// In order.
    pub migrations: &'static [Migration],
    /// The tables that are made from the journal, in order.
    pub projections: &'static [Migration],
}

/// A list of migrations of a module.
#[derive(Clone, Copy)]
struct Part {
    module: &'static str,
    /// What stands behind the module's name where it is noted as applied.
    suffix: &'static str,
    migrations: &'static [Migration],
}

impl Module {
    fn own(&self) -> Part {
        Part { module: self.name, suffix: "", migrations: self.migrations }
    }

    fn projected(&self) -> Part {
        Part { module: self.name, suffix: PROJECTED, migrations: self.projections }
    }

    fn parts(&self) -> [Part; 2] {
        [self.own(), self.projected()]
    }
}

const PROJECTED: &str = " projections";

/// One step of a schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub number: u32,
    /// What it does.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

/// Whose the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// A tenant's; row-level security holds it.
    Tenant,
    /// A tenant's, in a view of such tables, which holds for whoever reads it.
    TenantView,
    /// Everybody's.
    Common,
    /// Florin's own.
    System,
}

/// `migrations!("ledger", 1 "books" = "0001_books.sql"; projections 1 "transfers" = "…")`: the
/// texts are in `migrations/`.
#[macro_export]
macro_rules! migrations {
    ($module:literal, $($number:literal $name:literal = $path:literal),+ $(,)?
        $(; projections $($table_number:literal $table_name:literal = $table_path:literal),+)?) => {
        $crate::Module {
            name: $module,
            migrations: &[$($crate::Migration {
                number: $number,
                name: $name,
                sql: include_str!(concat!("../migrations/", $path)),
            }),+],
            projections: &[$($($crate::Migration {
                number: $table_number,
                name: $table_name,
                sql: include_str!(concat!("../migrations/", $table_path)),
            }),+)?],
        }
    };
}

/// The storage layer's own tables; always the first module.
pub const MODULE: Module = migrations!(
    "storage", 1 "log and journal" = "0001_log_and_journal.sql";
    projections
        1 "checkpoints" = "projections/0001_checkpoints.sql",
        2 "snapshots" = "projections/0002_snapshots.sql"
);

sql! {
    APPLIED: system("migrations belong to no tenant") =
        "SELECT module, number, hash FROM storage_migration ORDER BY module, number";
    APPLY: system("migrations belong to no tenant") =
        "INSERT INTO storage_migration (module, number, name, hash, applied_at)
         VALUES ($1, $2, $3, $4, $5)";
}

/// Brings the database to what these modules need; does nothing where it is there already.
///
/// # Errors
/// Where a migration that was applied has another text now, or the database is ahead of this
/// program.
pub async fn migrate(database: &Database, modules: &[Module]) -> Result<u32, StorageError> {
    let all = || std::iter::once(&MODULE).chain(modules);
    let tx = database.begin_as_owner(Mode::Write).await?;
    match database.dialect() {
        Dialect::Postgres => apply(tx, all().flat_map(Module::parts)).await,
        Dialect::Sqlite => {
            let own = apply(tx, all().map(Module::own)).await?;
            let tx = database.begin_as_owner(Mode::Project).await?;
            Ok(own + apply(tx, all().map(Module::projected)).await?)
        }
    }
}

async fn apply(mut tx: Tx, parts: impl Iterator<Item = Part>) -> Result<u32, StorageError> {
    let (dialect, now) = (tx.database().dialect(), tx.database().env().now());
    tx.run(&bootstrap(dialect)).await?;
    let pending = pending(&mut tx, parts).await?;
    for (module, migration) in &pending {
        let fault = |text| refused(module, migration.number, text);
        let sql = render(migration.sql, dialect).map_err(fault)?;
        tx.run(&sql).await.map_err(|error| fault(error.to_string()))?;
        let hash = hash(migration);
        let row = params![module.as_str(), migration.number, migration.name, hash, now];
        tx.execute(&APPLY, row).await?;
    }
    tx.commit().await?;
    Ok(u32::try_from(pending.len()).unwrap_or(u32::MAX))
}

/// What is not applied yet. All of it is compared before anything is changed, so that an older
/// program says that it is older, and nothing else.
async fn pending(
    tx: &mut Tx,
    parts: impl Iterator<Item = Part>,
) -> Result<Vec<(String, &'static Migration)>, StorageError> {
    let mut applied: BTreeMap<(String, u32), [u8; 32]> = BTreeMap::new();
    for row in tx.rows(&APPLIED, params![]).await? {
        applied.insert((row.get(0)?, row.get(1)?), row.get(2)?);
    }
    let mut pending = Vec::new();
    for part in parts {
        let module = format!("{}{}", part.module, part.suffix);
        for migration in part.migrations {
            match applied.remove(&(module.clone(), migration.number)) {
                Some(there) if there == hash(migration) => {}
                Some(_) => {
                    let text = "was applied with another text, by another version of this program";
                    return Err(refused(&module, migration.number, text.to_owned()));
                }
                None => pending.push((module.clone(), migration)),
            }
        }
    }
    match applied.pop_first() {
        Some(((module, number), _)) => {
            let text = "was applied by a newer program; this one does not know it".to_owned();
            Err(refused(&module, number, text))
        }
        None => Ok(pending),
    }
}

fn hash(migration: &Migration) -> [u8; 32] {
    sha256(&[migration.sql.as_bytes()])
}

fn refused(module: &str, number: u32, text: String) -> StorageError {
    StorageError::Migration { module: module.to_owned(), number, text }
}

/// The whole text that brings an empty database to what these modules need.
///
/// # Errors
/// Where a migration holds a token that there is not.
pub fn script(modules: &[Module], dialect: Dialect) -> Result<String, StorageError> {
    let mut script = bootstrap(dialect);
    for part in std::iter::once(&MODULE).chain(modules).flat_map(Module::parts) {
        for migration in part.migrations {
            let fault = |text| StorageError::Migration {
                module: part.module.to_owned(),
                number: migration.number,
                text,
            };
            script.push_str(&render(migration.sql, dialect).map_err(fault)?);
        }
    }
    Ok(script)
}

/// The tables that modules declare, and whose rows they hold.
#[must_use]
pub fn tables(modules: &[Module]) -> BTreeMap<String, Ownership> {
    directives(modules).map(|found| (found.table.to_owned(), found.ownership)).collect()
}

/// The tables whose rows are never changed or deleted.
#[must_use]
pub fn append_only_tables(modules: &[Module]) -> BTreeSet<String> {
    let append_only = directives(modules).filter(|found| found.append_only);
    append_only.map(|found| found.table.to_owned()).collect()
}

fn directives(modules: &[Module]) -> impl Iterator<Item = Directive<'static>> {
    let parts = std::iter::once(&MODULE).chain(modules).flat_map(Module::parts);
    let texts = parts.flat_map(|part| part.migrations);
    texts.flat_map(|migration| migration.sql.lines()).filter_map(directive)
}

struct Directive<'a> {
    table: &'a str,
    ownership: Ownership,
    append_only: bool,
}

fn directive(line: &str) -> Option<Directive<'_>> {
    let mut words = line.trim().strip_prefix("{{")?.strip_suffix("}}")?.split_whitespace();
    let ownership = match words.next()? {
        "tenant_table" => Ownership::Tenant,
        "tenant_view" => Ownership::TenantView,
        "common_table" => Ownership::Common,
        "system_table" => Ownership::System,
        _ => return None,
    };
    let table = words.next()?;
    Some(Directive { table, ownership, append_only: words.next() == Some("append_only") })
}

/// The text for one database.
fn render(text: &str, dialect: Dialect) -> Result<String, String> {
    let mut sql = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        if let Some(directive) = directive(line) {
            sql.push_str(&guard(&directive, dialect));
        } else if let Some(only) = line.trim_start().strip_prefix("-- sqlite:") {
            if dialect == Dialect::Sqlite {
                sql.push_str(only);
            }
        } else if let Some(only) = line.trim_start().strip_prefix("-- postgres:") {
            if dialect == Dialect::Postgres {
                sql.push_str(only);
            }
        } else {
            sql.push_str(line.split(" --").next().unwrap_or(line));
        }
        sql.push('\n');
    }
    for (token, postgres, sqlite) in TOKENS {
        let word = if dialect == Dialect::Postgres { postgres } else { sqlite };
        sql = sql.replace(token, word);
    }
    match sql.find("{{").or_else(|| sql.find('{')) {
        Some(at) => Err(format!("unknown token {:?}", sql[at..].lines().next().unwrap_or(""))),
        None => Ok(sql),
    }
}

const TOKENS: &[(&str, &str, &str)] = &[
    ("{uuid}", "uuid", "BLOB"),
    ("{bytes}", "bytea", "BLOB"),
    // What only the vault writes: text in clear is of another type, and refused by both.
    ("{sealed}", "bytea", "BLOB"),
    ("{amount}", "numeric(39,0)", "BLOB"),
    ("{time}", "timestamptz", "INTEGER"),
    ("{i64}", "bigint", "INTEGER"),
    ("{bool}", "boolean", "INTEGER"),
    ("{date}", "date", "TEXT"),
    ("{json}", "jsonb", "TEXT"),
    ("{text}", "text", "TEXT"),
    (
        "{serial}",
        "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "INTEGER PRIMARY KEY AUTOINCREMENT",
    ),
    ("{strict}", "", "STRICT"),
    ("{clustered}", "", "STRICT, WITHOUT ROWID"),
];

fn guard(directive: &Directive<'_>, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => guard_postgres(directive),
        Dialect::Sqlite if directive.append_only => guard_sqlite(directive.table),
        Dialect::Sqlite => String::new(),
    }
}

fn guard_postgres(directive: &Directive<'_>) -> String {
    let table = directive.table;
    let rights = match directive.ownership {
        Ownership::TenantView => "SELECT",
        _ if directive.append_only => "SELECT, INSERT",
        Ownership::Tenant | Ownership::Common | Ownership::System => {
            "SELECT, INSERT, UPDATE, DELETE"
        }
    };
    let mut sql = format!("GRANT {rights} ON {table} TO florin_system;\n");
    if directive.ownership != Ownership::System {
        let _ = writeln!(sql, "GRANT {rights} ON {table} TO florin_app;");
    }
    if directive.ownership == Ownership::Tenant {
        let _ = writeln!(
            sql,
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
             ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
             CREATE POLICY own_tenant ON {table} TO florin_app
                 USING (tenant = app_tenant()) WITH CHECK (tenant = app_tenant());
             CREATE POLICY every_tenant ON {table} TO florin_system
                 USING (true) WITH CHECK (true);"
        );
    }
    sql
}

/// SQLite has no rights to withhold; triggers refuse instead.
fn guard_sqlite(table: &str) -> String {
    let refuse = |verb: &str| {
        format!(
            "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
             BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;\n"
        )
    };
    refuse("update") + &refuse("delete")
}

fn bootstrap(dialect: Dialect) -> String {
    let table = "CREATE TABLE IF NOT EXISTS storage_migration (
        module {text} NOT NULL, number {i64} NOT NULL, name {text} NOT NULL,
        hash {bytes} NOT NULL, applied_at {time} NOT NULL, PRIMARY KEY (module, number)
    ) {strict};";
    let table = render(table, dialect).unwrap_or_default();
    match dialect {
        Dialect::Sqlite => table,
        Dialect::Postgres => format!("{POSTGRES_BOOTSTRAP}\n{table}"),
    }
}

/// One migrator at a time (roles belong to the whole server, hence the fixed lock), the two roles,
/// and the functions that SQLite gets from us.
const POSTGRES_BOOTSTRAP: &str = "
SELECT pg_advisory_xact_lock(7239446104);
DO $$
DECLARE role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['florin_app', 'florin_system'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT', role_name);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    IF NOT pg_has_role(current_user, role_name, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO current_user', role_name);
    END IF;
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.tenant', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION app_try_lock(bigint) RETURNS boolean LANGUAGE sql VOLATILE AS
  $$ SELECT pg_try_advisory_xact_lock($1) $$;
CREATE OR REPLACE AGGREGATE amt_sum(numeric) (SFUNC = numeric_add, STYPE = numeric);
";
