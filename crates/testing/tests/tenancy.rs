//! Planted violations, and statements that are right.

use std::collections::BTreeMap;

use storage::Ownership;
use testing::tenancy::check;

fn violations(sql: &str) -> Vec<String> {
    let tables = BTreeMap::from([
        ("asset".to_owned(), Ownership::Tenant),
        ("price".to_owned(), Ownership::Tenant),
        ("currency".to_owned(), Ownership::Common),
        ("lease".to_owned(), Ownership::System),
    ]);
    check(sql, &tables).iter().map(ToString::to_string).collect()
}

/// What binds `asset`, `price` or a single table.
const A: &str = "a.tenant = app_tenant()";
const P: &str = "p.tenant = app_tenant()";
const T: &str = "tenant = app_tenant()";

#[test]
fn statements_that_bind_the_tenant_pass() {
    let statements = [
        format!("SELECT name FROM asset WHERE {T}"),
        format!("SELECT name FROM asset WHERE id = $1 AND (({T}) AND name <> $2)"),
        "SELECT name FROM asset WHERE app_tenant() = asset.tenant".to_owned(),
        "SELECT name FROM Asset AS X WHERE x.Tenant = APP_TENANT() {lock}".to_owned(),
        format!("SELECT count(*) FROM asset WHERE {T} AND (id = $1 OR id = $2)"),
        "SELECT scale FROM currency WHERE code = $1".to_owned(),
        "SELECT CAST($1 AS bigint)".to_owned(),
        // Joins.
        format!("SELECT 1 FROM asset a JOIN price p ON p.id = a.id WHERE {A} AND {P}"),
        format!("SELECT 1 FROM asset a JOIN price p ON p.id = a.id AND {P} WHERE {A}"),
        format!("SELECT 1 FROM asset a LEFT JOIN price p ON {P} AND p.id = a.id WHERE {A}"),
        format!("SELECT 1 FROM asset a, price p WHERE {A} AND {P}"),
        format!("SELECT 1 FROM asset a CROSS JOIN price p WHERE {A} AND {P}"),
        format!("SELECT 1 FROM asset a JOIN currency c ON c.code = a.code WHERE {A}"),
        "SELECT 1 FROM currency c RIGHT JOIN currency d ON c.code = d.code".to_owned(),
        format!(
            "SELECT 1 FROM currency c LEFT JOIN (asset a JOIN price p ON {P}) ON {A} \
             AND a.code = c.code"
        ),
        // Subqueries, unions, common table expressions.
        format!("SELECT 1 FROM asset WHERE {T} AND id IN (SELECT id FROM price WHERE {T})"),
        format!(
            "SELECT (SELECT max(p.id) FROM price p WHERE {P} AND p.id = a.id) FROM asset a \
             WHERE {A} AND EXISTS (SELECT 1 FROM price p WHERE {P})"
        ),
        format!("SELECT 1 FROM (SELECT id FROM asset WHERE {T}) AS a WHERE a.id = $1"),
        format!("SELECT id FROM asset WHERE {T} UNION ALL SELECT id FROM price WHERE {T}"),
        format!("WITH mine AS (SELECT id FROM asset WHERE {T}) SELECT id FROM mine"),
        format!(
            "WITH RECURSIVE tree AS (SELECT id FROM asset WHERE {T} UNION ALL \
             SELECT a.id FROM asset a JOIN tree ON tree.id = a.parent WHERE {A}) \
             SELECT id FROM tree"
        ),
        // Changes.
        "INSERT INTO asset (id, tenant) VALUES ($1, app_tenant()), ($2, app_tenant())".to_owned(),
        format!("INSERT INTO asset (tenant, id) SELECT app_tenant(), id FROM price WHERE {T}"),
        "INSERT INTO asset (tenant, id) SELECT app_tenant() AS t, 1 UNION SELECT app_tenant(), 2"
            .to_owned(),
        "INSERT INTO asset (tenant, id) VALUES (app_tenant(), $1) ON CONFLICT DO NOTHING"
            .to_owned(),
        "INSERT INTO asset (tenant, id, name) VALUES (app_tenant(), $1, $2) \
         ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name RETURNING id"
            .to_owned(),
        "INSERT INTO asset (tenant, id, name) VALUES (app_tenant(), $1, $2) ON CONFLICT (id) \
         DO UPDATE SET name = excluded.name WHERE asset.tenant = app_tenant()"
            .to_owned(),
        "INSERT INTO asset AS a (tenant, id, name) VALUES (app_tenant(), $1, $2) ON CONFLICT (id) \
         DO UPDATE SET name = excluded.name WHERE a.tenant = app_tenant()"
            .to_owned(),
        "INSERT INTO currency (code) VALUES ($1)".to_owned(),
        format!("UPDATE asset SET name = $1 WHERE {T} AND id = $2"),
        format!("UPDATE asset AS a SET name = p.name FROM price p WHERE {A} AND {P}"),
        format!("DELETE FROM asset WHERE {T} AND id = $1"),
        format!("DELETE FROM asset AS a USING price AS p WHERE {A} AND {P} AND a.id = p.id"),
        format!("WITH old AS (SELECT id FROM price WHERE {T}) DELETE FROM asset WHERE {T}"),
    ];
    for sql in statements {
        assert_eq!(violations(&sql), [""; 0], "{sql}");
    }
}

/// Each of them says what is wrong with these words.
fn refused(words: &str, statements: &[String]) {
    for sql in statements {
        let found = violations(sql);
        assert!(found.iter().any(|violation| violation.contains(words)), "{sql}: {found:?}");
    }
}

#[test]
fn a_table_that_is_not_bound_is_found() {
    refused(
        "is not bound by tenant = app_tenant()",
        &[
            "SELECT name FROM asset".to_owned(),
            "SELECT name FROM asset WHERE id = $1".to_owned(),
            "SELECT name FROM asset WHERE tenant = $1".to_owned(),
            "SELECT name FROM asset WHERE tenant = tenant".to_owned(),
            "SELECT name FROM asset WHERE tenant >= app_tenant()".to_owned(),
            "SELECT name FROM asset WHERE tenant <> app_tenant()".to_owned(),
            "SELECT name FROM asset WHERE tenant = app_tenant(1)".to_owned(),
            "SELECT name FROM asset WHERE owner = app_tenant()".to_owned(),
            "SELECT name FROM asset WHERE tenant IN (app_tenant(), $1)".to_owned(),
            format!("SELECT name FROM asset WHERE {T} OR id = $1"),
            format!("SELECT name FROM asset WHERE id = $1 AND ({T} OR id = $2)"),
            format!("SELECT name FROM asset WHERE NOT ({T})"),
            format!("SELECT name FROM asset WHERE CASE WHEN {T} THEN true ELSE true END"),
            format!("SELECT name FROM asset WHERE ({T}) IS NOT NULL"),
            format!("SELECT name FROM asset GROUP BY name, tenant HAVING {T}"),
            "SELECT name FROM asset WHERE \"tenant\" = app_tenant()".to_owned(),
            "SELECT name FROM asset a WHERE b.tenant = app_tenant()".to_owned(),
            "SELECT name FROM asset WHERE app_tenant() FILTER (WHERE true) = tenant".to_owned(),
        ],
    );
}

#[test]
fn a_table_of_a_join_that_is_not_bound_is_found() {
    refused(
        "is not bound by tenant = app_tenant()",
        &[
            format!("SELECT 1 FROM asset a JOIN price p ON p.id = a.id WHERE {A}"),
            format!("SELECT 1 FROM asset a JOIN price p ON p.id = a.id WHERE {P}"),
            format!("SELECT 1 FROM asset JOIN price ON price.id = asset.id WHERE {T}"),
            format!("SELECT 1 FROM asset a, price p WHERE {A}"),
            format!("SELECT 1 FROM asset a JOIN price p ON p.tenant = a.tenant WHERE {A}"),
            format!("SELECT 1 FROM asset a JOIN price p USING (tenant) WHERE {A}"),
            format!("SELECT 1 FROM asset a NATURAL JOIN price p WHERE {A}"),
            // The condition of a LEFT JOIN does not hold for the rows of its left side.
            format!("SELECT 1 FROM asset a LEFT JOIN price p ON {A} AND {P}"),
            format!("SELECT 1 FROM asset a LEFT JOIN price p ON {A} WHERE {P}"),
            format!("SELECT 1 FROM asset a RIGHT JOIN price p ON {A} AND {P} WHERE {A} AND {P}"),
            format!("SELECT 1 FROM asset a FULL JOIN price p ON {A} AND {P} WHERE {A} AND {P}"),
            format!("SELECT 1 FROM currency c FULL JOIN asset a ON {A} WHERE {A}"),
            format!("SELECT 1 FROM currency c LEFT JOIN (asset a JOIN price p ON {P}) ON true"),
        ],
    );
}

#[test]
fn a_table_of_an_inner_query_that_is_not_bound_is_found() {
    refused(
        "table price is not bound by tenant = app_tenant()",
        &[
            format!("SELECT 1 FROM asset WHERE {T} AND id IN (SELECT id FROM price)"),
            format!("SELECT 1 FROM asset a WHERE {A} AND EXISTS (SELECT 1 FROM price WHERE {A})"),
            format!("SELECT 1 FROM asset a WHERE {A} AND a.id = ANY (SELECT id FROM price)"),
            format!("SELECT (SELECT max(id) FROM price) FROM asset WHERE {T}"),
            format!("SELECT 1 FROM (SELECT * FROM price) AS p WHERE {P}"),
            format!("SELECT 1 FROM asset a CROSS JOIN LATERAL (SELECT 1 FROM price p) x WHERE {A}"),
            format!(
                "SELECT 1 FROM asset a JOIN asset b ON b.id = (SELECT id FROM price) AND \
                     b.tenant = app_tenant() WHERE {A}"
            ),
            format!("SELECT id FROM asset WHERE {T} UNION SELECT id FROM price"),
            format!("SELECT id FROM price EXCEPT SELECT id FROM asset WHERE {T}"),
            format!("(SELECT id FROM asset WHERE {T}) INTERSECT (SELECT id FROM price LIMIT 1)"),
            format!(
                "WITH all_of_them AS (SELECT * FROM price) SELECT 1 FROM all_of_them WHERE {T}"
            ),
            "WITH a AS (WITH b AS (SELECT * FROM price) SELECT * FROM b) SELECT 1 FROM a"
                .to_owned(),
            format!("SELECT 1 FROM asset WHERE {T} ORDER BY (SELECT max(id) FROM price)"),
            format!("SELECT 1 FROM asset WHERE {T} LIMIT (SELECT max(id) FROM price)"),
            format!("SELECT 1 FROM asset WHERE {T} GROUP BY (SELECT max(id) FROM price)"),
            format!(
                "SELECT count(*) FILTER (WHERE id IN (SELECT id FROM price)) FROM asset \
                     WHERE {T}"
            ),
            format!("SELECT max(id) OVER (ORDER BY (SELECT 1 FROM price)) FROM asset WHERE {T}"),
            "SELECT 1 FROM unnest(ARRAY(SELECT id FROM price))".to_owned(),
            "INSERT INTO asset (tenant, id) SELECT app_tenant(), id FROM price".to_owned(),
            "INSERT INTO asset (tenant, id) VALUES (app_tenant(), (SELECT max(id) FROM price))"
                .to_owned(),
            "INSERT INTO asset (tenant, id) VALUES (app_tenant(), $1) ON CONFLICT (tenant, id) \
             DO UPDATE SET name = (SELECT name FROM price)"
                .to_owned(),
            "INSERT INTO asset (tenant, id) VALUES (app_tenant(), $1) \
             RETURNING (SELECT max(id) FROM price)"
                .to_owned(),
            format!("UPDATE asset SET name = (SELECT name FROM price) WHERE {T}"),
            format!("UPDATE asset AS a SET name = p.name FROM price p WHERE {A}"),
            format!("UPDATE asset SET name = price.name FROM price WHERE {T}"),
            format!("DELETE FROM asset AS a USING price AS p WHERE {A} AND a.id = p.id"),
            format!("DELETE FROM asset WHERE {T} AND id NOT IN (SELECT id FROM price)"),
            format!("DELETE FROM asset WHERE {T} RETURNING (SELECT max(id) FROM price)"),
            "WITH gone AS (DELETE FROM price RETURNING id) SELECT id FROM gone".to_owned(),
            format!("SELECT 1 FROM asset WHERE {T} AND id BETWEEN 1 AND (SELECT id FROM price)"),
            "SELECT CASE WHEN true THEN (SELECT id FROM price) END".to_owned(),
        ],
    );
    refused(
        "table asset is not bound by tenant = app_tenant()",
        &[
            "UPDATE asset SET name = $1".to_owned(),
            "UPDATE asset SET name = $1 WHERE id = $2".to_owned(),
            format!("UPDATE asset SET name = $1 WHERE {T} OR true"),
            "DELETE FROM asset".to_owned(),
            "DELETE FROM asset WHERE id = $1".to_owned(),
        ],
    );
}

#[test]
fn a_row_for_another_tenant_is_found() {
    refused(
        "does not give tenant the value app_tenant()",
        &[
            "INSERT INTO asset (tenant, id) VALUES ($1, $2)".to_owned(),
            "INSERT INTO asset (tenant, id) VALUES (app_tenant(), $1), ($2, $3)".to_owned(),
            "INSERT INTO asset (id) VALUES ($1)".to_owned(),
            "INSERT INTO asset VALUES (app_tenant(), $1)".to_owned(),
            "INSERT INTO asset DEFAULT VALUES".to_owned(),
            "INSERT INTO asset (id, tenant) VALUES (app_tenant(), $1)".to_owned(),
            "INSERT INTO asset (tenant, id) SELECT $1, app_tenant()".to_owned(),
            format!("INSERT INTO asset (tenant, id) SELECT tenant, id FROM price WHERE {T}"),
            format!("INSERT INTO asset (id, tenant) SELECT *, app_tenant() FROM price WHERE {T}"),
            "INSERT INTO asset (tenant, id) SELECT app_tenant(), 1 UNION ALL SELECT $1, 2"
                .to_owned(),
            "INSERT INTO asset (tenant, id) VALUES (coalesce($1, app_tenant()), $2)".to_owned(),
        ],
    );
    refused(
        "it sets tenant",
        &[
            format!("UPDATE asset SET tenant = $1 WHERE {T}"),
            format!("UPDATE asset SET name = $2, tenant = app_tenant() WHERE {T}"),
            format!("UPDATE asset SET (name, tenant) = ($1, $2) WHERE {T}"),
            format!("UPDATE asset SET \"TENANT\" = $1 WHERE {T}"),
            "INSERT INTO asset (tenant, id) VALUES (app_tenant(), $1) ON CONFLICT (tenant, id) \
             DO UPDATE SET tenant = excluded.tenant"
                .to_owned(),
        ],
    );
    let upsert = |conflict: &str| {
        format!("INSERT INTO asset (tenant, id) VALUES (app_tenant(), $1) ON CONFLICT {conflict}")
    };
    refused(
        "has tenant neither in its target nor bound",
        &[
            upsert("(id) DO UPDATE SET name = $2"),
            upsert("(id) DO UPDATE SET name = $2 WHERE excluded.tenant = app_tenant()"),
            upsert("(id) DO UPDATE SET name = $2 WHERE tenant = app_tenant()"),
            upsert("(id) DO UPDATE SET name = $2 WHERE asset.tenant = app_tenant() OR true"),
            upsert("(id) DO UPDATE SET name = $2 WHERE asset.tenant = excluded.tenant"),
            upsert("ON CONSTRAINT asset_pkey DO UPDATE SET name = $2"),
        ],
    );
}

#[test]
fn what_is_not_understood_is_refused() {
    let cases = [
        ("no migration declares whose table house is", "SELECT 1 FROM house"),
        ("no migration declares whose table house is", "INSERT INTO house (id) VALUES ($1)"),
        ("no migration declares whose table house is", "DELETE FROM house"),
        ("is for system statements alone", "SELECT 1 FROM lease"),
        ("is quoted or of several parts", "SELECT 1 FROM public.asset WHERE tenant = app_tenant()"),
        ("is quoted or of several parts", "SELECT 1 FROM \"asset\" WHERE tenant = app_tenant()"),
        (
            "is quoted or of several parts",
            "INSERT INTO public.asset (tenant) VALUES (app_tenant())",
        ),
        ("has the name of a table", "WITH asset AS (SELECT 1) SELECT 1 FROM asset"),
        (
            "gives its columns other names",
            "SELECT 1 FROM asset AS a (tenant, id) WHERE a.tenant = app_tenant()",
        ),
        ("in FROM is not understood", "SELECT 1 FROM dblink('SELECT 1') AS t"),
        ("a kind of statement", "TRUNCATE asset"),
        ("a kind of statement", "COPY asset FROM STDIN"),
        ("a kind of statement", "DROP TABLE asset"),
        ("instead of one", "SELECT 1; SELECT 2"),
        ("instead of one", ""),
        ("it cannot be read", "SELECT 1 FROM asset WHERE ("),
        ("a kind of statement", "EXPLAIN SELECT 1 FROM asset"),
        (
            "a SELECT that is not understood",
            "SELECT 1 INTO copy FROM asset WHERE tenant = app_tenant()",
        ),
    ];
    for (words, sql) in cases {
        refused(words, &[sql.to_owned()]);
    }
}
