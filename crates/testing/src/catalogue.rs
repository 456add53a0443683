//! Asks PostgreSQL itself whether row-level security holds: what its catalogue says, and what
//! happens to somebody who tries.

use std::collections::{BTreeMap, BTreeSet};

use storage::{Module, Ownership, migrate};

use crate::database::TestDatabase;
use crate::raw::{Cell, Raw};

/// The table of the migrations, which is there before any of them.
const BOOTSTRAPPED: &str = "storage_migration";
/// What the policy of a tenant's table lets the application see and write.
const OWN: &str = "(tenant = app_tenant())";
const ONE: &str = "00000000-0000-0000-0000-000000000001";
const OTHER: &str = "00000000-0000-0000-0000-000000000002";

/// Fails with everything that is wrong. The database is spoilt afterwards: it must be the test's
/// own, and PostgreSQL.
pub async fn check(db: &TestDatabase, modules: &[Module]) {
    let raw = db.raw().await;
    let mut violations = structure(&raw, modules).await;
    violations.extend(attempts(&raw, modules).await);
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// What is wrong with tables, policies, roles and functions.
pub async fn structure(raw: &Raw, modules: &[Module]) -> Vec<String> {
    let declared = migrate::tables(modules);
    let append_only = migrate::append_only_tables(modules);
    let mut violations = roles(raw).await;
    let mut there = BTreeSet::new();
    let relations = "SELECT c.relname, CAST(c.relkind AS text), c.relrowsecurity,
            c.relforcerowsecurity,
            EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant'
                    AND a.atttypid = CAST('uuid' AS regtype) AND a.attnotnull),
            coalesce('security_invoker=true' = ANY (c.reloptions), false)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
          AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1";
    for row in raw.rows(relations).await {
        let [Cell::Text(table), Cell::Text(kind), enabled, forced, has_tenant, as_reader] =
            row.as_slice()
        else {
            panic!("{row:?}");
        };
        there.insert(table.clone());
        let yes = Cell::Number(1);
        match declared.get(table) {
            Some(Ownership::TenantView) if kind == "v" && *as_reader == yes => {}
            _ if kind != "r" && kind != "p" => {
                violations.push(format!("{table} is no table: it could show other tenants' rows"));
            }
            None if table == BOOTSTRAPPED => {}
            None => violations.push(format!("no migration declares whose table {table} is")),
            Some(Ownership::Tenant) if *enabled != yes || *forced != yes => {
                violations.push(format!("row-level security of {table} is not enabled and forced"));
            }
            Some(Ownership::Tenant) if *has_tenant != yes => {
                violations.push(format!("{table} has no column tenant uuid NOT NULL"));
            }
            Some(_) => {}
        }
    }
    let missing = declared.keys().filter(|table| !there.contains(*table));
    violations.extend(missing.map(|table| format!("table {table} is declared and not there")));
    violations.extend(policies(raw, &declared).await);
    violations.extend(rights(raw, &declared, &append_only).await);
    violations
}

/// The two roles may do nothing but what they were granted.
async fn roles(raw: &Raw) -> Vec<String> {
    let sql = "SELECT rolname FROM pg_roles WHERE rolname IN ('florin_app', 'florin_system')
        AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
                 OR rolcanlogin)
        AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.member = pg_roles.oid)
        AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relowner = pg_roles.oid)
        AND NOT EXISTS (SELECT FROM pg_proc p WHERE p.proowner = pg_roles.oid) ORDER BY 1";
    let plain: Vec<String> = texts(raw, sql).await;
    let mut violations = Vec::new();
    for role in ["florin_app", "florin_system"] {
        if !plain.iter().any(|name| name == role) {
            violations.push(format!(
                "role {role} is missing, or may bypass row-level security, sign in, own something \
                 or act as another role"
            ));
        }
    }
    let definer = "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' AND p.prosecdef";
    let definers = texts(raw, definer).await;
    violations.extend(definers.iter().map(|name| format!("function {name} runs as its owner")));
    violations
}

/// Every policy that the application's role comes under says [`OWN`], and each table has one.
async fn policies(raw: &Raw, declared: &BTreeMap<String, Ownership>) -> Vec<String> {
    let sql = "SELECT CAST(tablename AS text), CAST(policyname AS text), permissive, cmd,
            coalesce(qual, ''), coalesce(with_check, '') FROM pg_policies
        WHERE roles && CAST('{florin_app,public}' AS name[]) ORDER BY 1, 2";
    let mut protected = BTreeSet::new();
    let mut violations = Vec::new();
    for row in raw.rows(sql).await {
        let words: Vec<&str> = row.iter().map(text).collect();
        let [table, policy, rest @ ..] = words.as_slice() else { panic!("{row:?}") };
        if rest == ["PERMISSIVE", "ALL", OWN, OWN] {
            protected.insert((*table).to_owned());
        } else {
            violations.push(format!("policy {policy} of {table} is not {OWN}: {rest:?}"));
        }
    }
    let tenants = declared.iter().filter(|(_, ownership)| **ownership == Ownership::Tenant);
    let bare = tenants.filter(|(table, _)| !protected.contains(*table));
    violations.extend(bare.map(|(table, _)| format!("{table} has no policy for florin_app")));
    violations
}

/// Who may do what: nothing for everybody, nothing of Florin's own for the application, and no
/// change of what is append-only for anybody.
async fn rights(
    raw: &Raw,
    declared: &BTreeMap<String, Ownership>,
    append_only: &BTreeSet<String>,
) -> Vec<String> {
    let sql = "SELECT CAST(c.relname AS text),
            CASE g.grantee WHEN 0 THEN 'public' ELSE CAST(g.grantee AS regrole)::text END,
            g.privilege_type
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
            LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS g
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v') AND g.grantee <> c.relowner
        ORDER BY 1, 2, 3";
    let mut violations = Vec::new();
    for row in raw.rows(sql).await {
        let words: Vec<&str> = row.iter().map(text).collect();
        let [table, role, right] = words.as_slice() else { panic!("{row:?}") };
        let is_system = declared.get(*table).is_none_or(|owner| *owner == Ownership::System);
        let is_view = declared.get(*table) == Some(&Ownership::TenantView);
        let allowed = match (*role, *right) {
            (_, right) if is_view && right != "SELECT" => false,
            ("florin_app", "SELECT" | "INSERT") => !is_system,
            ("florin_app", "UPDATE" | "DELETE") => !is_system && !append_only.contains(*table),
            ("florin_system", "SELECT" | "INSERT") => true,
            ("florin_system", "UPDATE" | "DELETE") => !append_only.contains(*table),
            _ => false,
        };
        if !allowed {
            violations.push(format!("{role} may {right} on {table}"));
        }
    }
    violations
}

/// Puts a row of one tenant into each tenant's table, and tries to reach it as another.
pub async fn attempts(raw: &Raw, modules: &[Module]) -> Vec<String> {
    let append_only = migrate::append_only_tables(modules);
    let mut violations = Vec::new();
    for (table, ownership) in migrate::tables(modules) {
        if ownership != Ownership::Tenant {
            continue;
        }
        let insert = insert_of_other(raw, &table).await;
        raw.run(&format!("RESET ROLE; SET session_replication_role = replica; {insert}")).await;
        raw.run("SET session_replication_role = origin").await;
        let mut claim = |holds: bool, what: &str| {
            if !holds {
                violations.push(format!("{what} {table}"));
            }
        };
        let count = format!("SELECT count(*) FROM {table}");
        raw.run("SET ROLE florin_app; SET app.tenant = ''").await;
        claim(raw.rows(&count).await == [[Cell::Number(0)]], "without a tenant one reads");
        raw.run(&format!("SET app.tenant = '{OTHER}'")).await;
        claim(raw.rows(&count).await == [[Cell::Number(1)]], "a tenant does not read its row of");
        raw.run(&format!("SET app.tenant = '{ONE}'")).await;
        claim(raw.rows(&count).await == [[Cell::Number(0)]], "one tenant reads another's row of");
        let refusal = raw.try_run(&insert).await.err().unwrap_or_default();
        claim(refusal.contains("row-level security"), "one tenant writes another's row of");
        for change in
            [format!("UPDATE {table} SET tenant = '{ONE}'"), format!("DELETE FROM {table}")]
        {
            let outcome = raw.try_run(&change).await;
            if append_only.contains(&table) {
                let denied = outcome.is_err_and(|text| text.contains("permission denied"));
                claim(denied, "what is append-only can be changed in");
            }
        }
        raw.run(&format!("SET app.tenant = '{OTHER}'")).await;
        claim(raw.rows(&count).await == [[Cell::Number(1)]], "one tenant changed another's row of");
        raw.run("RESET ROLE").await;
    }
    violations
}

/// An INSERT that fills what must not be empty with anything of its type; checks are taken away.
async fn insert_of_other(raw: &Raw, table: &str) -> String {
    let checks = format!(
        "SELECT CAST(conname AS text) FROM pg_constraint
         WHERE conrelid = CAST('{table}' AS regclass) AND contype = 'c'"
    );
    for check in texts(raw, &checks).await {
        raw.run(&format!("ALTER TABLE {table} DROP CONSTRAINT \"{check}\"")).await;
    }
    let columns = format!(
        "SELECT CAST(column_name AS text), CAST(udt_name AS text) FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = '{table}' AND is_nullable = 'NO'
           AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'"
    );
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for row in raw.rows(&columns).await {
        let (name, kind) = (text(&row[0]).to_owned(), text(&row[1]));
        let value = match kind {
            _ if name == "tenant" => OTHER,
            "uuid" => OTHER,
            "bool" => "true",
            "timestamptz" | "date" => "2026-03-31",
            "jsonb" => "{}",
            "bytea" => "\\x00",
            _ => "1",
        };
        names.push(name);
        values.push(format!("'{value}'"));
    }
    let (names, values) = (names.join(", "), values.join(", "));
    format!("INSERT INTO {table} ({names}) VALUES ({values})")
}

async fn texts(raw: &Raw, sql: &str) -> Vec<String> {
    raw.rows(sql).await.iter().map(|row| text(&row[0]).to_owned()).collect()
}

fn text(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        cell => panic!("{cell:?} is no text"),
    }
}
