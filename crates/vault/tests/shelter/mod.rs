//! A shelter for animals: a module with sealed columns, for the tests.

#![allow(dead_code, reason = "each test uses a part of it")]

use kernel::{Context, PartyId, TenantId, Uuid};
use serde::{Deserialize, Serialize};
use storage::{Database, Level, Migration, Mode, Module, Row, Tx, params};
use testing::TestDatabase;
use vault::{
    AsJson, Column, Opened, Register, RowKey, Sealed, SealedColumn, SealedTable, Vault, VaultError,
    opener, own_party, sealer,
};

pub const SHELTER: Module = Module {
    name: "shelter",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "animals",
        sql: "
CREATE TABLE shelter_animal (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    number {i64} NOT NULL,
    name {sealed},
    story {sealed},
    PRIMARY KEY (tenant, id, number)
) {clustered};
{{tenant_table shelter_animal}}
",
    }],
};

storage::sql! {
    PUT = "INSERT INTO shelter_animal (tenant, id, number, name, story)
           VALUES (app_tenant(), $1, $2, $3, $4)";
    GET = "SELECT name, story FROM shelter_animal
           WHERE tenant = app_tenant() AND id = $1 AND number = $2";
    PAGE = "SELECT id, number, name, story FROM shelter_animal
            WHERE tenant = app_tenant() AND (id, number) > ($1, $2) ORDER BY id, number LIMIT $3";
    UPDATE = "UPDATE shelter_animal SET name = $3, story = $5
              WHERE tenant = app_tenant() AND id = $1 AND number = $2
                  AND name IS NOT DISTINCT FROM $4 AND story IS NOT DISTINCT FROM $6";
    PLAIN = "UPDATE shelter_animal SET name = $1 WHERE tenant = app_tenant()";
}

/// What an animal is called.
#[derive(Debug)]
pub struct Name;

impl Column for Name {
    type Content = String;
    const TABLE: &'static str = "shelter_animal";
    const NAME: &'static str = "name";
}

/// Where it comes from.
#[derive(Debug)]
pub struct Story;

impl Column for Story {
    type Content = AsJson<Told>;
    const TABLE: &'static str = "shelter_animal";
    const NAME: &'static str = "story";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub by: String,
}

pub static TABLES: [SealedTable; 1] = [SealedTable {
    name: "shelter_animal",
    columns: &[SealedColumn::of::<Name>(), SealedColumn::of::<Story>()],
    first: RowKey::FIRST_NUMBER,
    page: &PAGE,
    update: &UPDATE,
}];

/// The vault of the tests, with its register beside the database.
pub fn vault(db: &TestDatabase) -> Vault {
    Vault::new(&[&TABLES], Register::at(&db.directory().join("erased-parties")))
}

pub fn party(number: u128) -> PartyId {
    PartyId::from_uuid(Uuid::from_u128(number))
}

pub fn row(number: i64) -> RowKey {
    RowKey::numbered(Uuid::from_u128(7), number)
}

pub async fn begin(database: &Database, tenant: TenantId, mode: Mode) -> Tx {
    database.begin(Level::of(tenant), mode).await.unwrap()
}

/// Takes an animal in; what is told of it is its party's.
pub async fn put(db: &TestDatabase, context: &Context, whose: PartyId, number: i64, name: &str) {
    let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
    let sealer = sealer(&mut tx, context, whose).await.unwrap();
    let sealed = sealer.seal::<Name>(row(number), &name.to_owned()).unwrap();
    let told = AsJson(Told { by: format!("whoever brought {name}") });
    let story = sealer.seal::<Story>(row(number), &told).unwrap();
    let at = row(number);
    tx.execute_one(&PUT, params![at.id, at.part, sealed, story]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The same for the tenant itself.
pub async fn put_own(db: &TestDatabase, context: &Context, number: i64, name: &str) {
    put(db, context, own_party(context.tenant), number, name).await;
}

/// The cells of a row, sealed.
pub async fn cells(
    database: &Database,
    tenant: TenantId,
    number: i64,
) -> (Sealed<Name>, Sealed<Story>) {
    let mut tx = begin(database, tenant, Mode::Read).await;
    let at = row(number);
    let found: Row = tx.row(&GET, params![at.id, at.part]).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    (found.get(0).unwrap(), found.get(1).unwrap())
}

/// The name of an animal, opened.
pub async fn name(
    database: &Database,
    tenant: TenantId,
    number: i64,
) -> Result<Opened<String>, VaultError> {
    let (sealed, _) = cells(database, tenant, number).await;
    let mut tx = begin(database, tenant, Mode::Read).await;
    let opener = opener(&mut tx, sealed.key()).await?;
    tx.commit().await.unwrap();
    opener.open::<Name>(row(number), &sealed)
}

/// Writes text in clear where only what is sealed may stand.
pub async fn write_in_clear(db: &TestDatabase, tenant: TenantId) -> Result<(), String> {
    let mut tx = begin(&db.database, tenant, Mode::Write).await;
    let written = tx.execute(&PLAIN, params!["Rex"]).await;
    written.map(drop).map_err(|error| error.to_string())
}
