//! The only SQL of assets and of the household's accounts (imports have their own).
//!
//! What must stay true: every statement binds the tenant in each of its tables; an asset's row is
//! changed only where it still has the version that was read.

use std::collections::BTreeMap;

use kernel::{BookId, Commodity, CommodityCode, Date, Timestamp};
use ledger::AccountId;
use storage::journal::RowChange;
use storage::{Row, StorageError, Tx, params, sql};

use crate::limits::ASSETS_MAX;
use crate::model::{Asset, AssetId, AssetType, Country, DisposalDate};
use crate::roles::Role;

sql! {
    ROLE_ACCOUNTS =
        "SELECT role, commodity, account FROM wealth_role_account
         WHERE tenant = app_tenant() AND book = $1 LIMIT $2";
    ROLE_ACCOUNT_INSERT =
        "INSERT INTO wealth_role_account (tenant, book, role, commodity, account)
         VALUES (app_tenant(), $1, $2, $3, $4)";

    ASSET_INSERT =
        "INSERT INTO wealth_asset
             (tenant, id, book, account, type, holding, country, owner, name, commodity, scale,
              currency, opened_on, origin, version, created_at, updated_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
              $15)";
    ASSETS =
        "SELECT id, book, account, type, holding, country, owner, name, commodity, scale, currency,
             opened_on, disposed_on, disposed_at, origin, version, created_at, updated_at
         FROM wealth_asset
         WHERE tenant = app_tenant()
             AND (country = $1 OR $1 IS NULL) AND (type = $2 OR $2 IS NULL)
             AND ($3 OR disposed_on IS NULL) AND (id > $4 OR $4 IS NULL)
         ORDER BY id LIMIT $5";
    ASSET =
        "SELECT id, book, account, type, holding, country, owner, name, commodity, scale, currency,
             opened_on, disposed_on, disposed_at, origin, version, created_at, updated_at
         FROM wealth_asset WHERE tenant = app_tenant() AND id = $1";
    ASSETS_OTHER_COUNT =
        "SELECT count(*) FROM wealth_asset WHERE tenant = app_tenant() AND id <> $1";
    ASSET_UPDATE =
        "UPDATE wealth_asset
         SET name = $3, owner = $4, country = $5, version = version + 1, updated_at = $6
         WHERE tenant = app_tenant() AND id = $1 AND version = $2";
    ASSET_DISPOSE =
        "UPDATE wealth_asset
         SET disposed_on = $3, disposed_at = $4, version = version + 1, updated_at = $4
         WHERE tenant = app_tenant() AND id = $1 AND version = $2";
    ASSET_TOUCH =
        "UPDATE wealth_asset SET version = version + 1, updated_at = $3
         WHERE tenant = app_tenant() AND id = $1 AND version = $2 AND disposed_on IS NULL";

    STATED_INSERT =
        "INSERT INTO wealth_stated_day (tenant, asset, on_date) VALUES (app_tenant(), $1, $2)
         ON CONFLICT DO NOTHING";
    STATED_NEXT =
        "SELECT min(on_date) FROM wealth_stated_day
         WHERE tenant = app_tenant() AND asset = $1 AND on_date > $2";
}

/// Which assets of the tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetFilter {
    /// Those in a country.
    pub country: Option<Country>,
    /// Those of a type.
    pub kind: Option<AssetType>,
    /// Those that were disposed of too.
    pub include_disposed: bool,
}

/// A book has an account for each role and commodity, and at most a commodity for each asset beside
/// the currencies.
const ROLE_ACCOUNTS_MAX: usize = (ASSETS_MAX + 1_000) * Role::ALL.len();

pub(crate) async fn role_accounts(
    tx: &mut Tx,
    book: BookId,
) -> Result<BTreeMap<(Role, CommodityCode), AccountId>, StorageError> {
    let rows = tx.rows(&ROLE_ACCOUNTS, params![book.uuid(), ROLE_ACCOUNTS_MAX]).await?;
    let entry = |row: &Row| {
        let code: String = row.get(0)?;
        let role = Role::from_code(&code).ok_or_else(|| damaged("role", &code))?;
        Ok(((role, parsed(row, 1)?), AccountId::from_uuid(row.get(2)?)))
    };
    rows.iter().map(entry).collect()
}

pub(crate) fn role_account_row(
    book: BookId,
    role: Role,
    commodity: CommodityCode,
    account: AccountId,
) -> RowChange {
    let row = params![book.uuid(), role.code(), commodity.as_str(), account.uuid()];
    RowChange::one(&ROLE_ACCOUNT_INSERT, row)
}

/// The row of a new asset.
pub(crate) fn asset_row(asset: &Asset) -> RowChange {
    let row = params![
        asset.id.uuid(),
        asset.book.uuid(),
        asset.account.uuid(),
        asset.kind.code(),
        asset.holding.code(),
        asset.country.as_str(),
        asset.owner.clone(),
        asset.name.as_str(),
        asset.commodity.code.as_str(),
        asset.commodity.scale,
        asset.currency.code.as_str(),
        asset.opened_on,
        asset.origin.code(),
        asset.version,
        asset.created_at,
    ];
    RowChange::one(&ASSET_INSERT, row)
}

/// The tenant's assets in the order of their ids, which is about that of entry, after one of them.
pub(crate) async fn assets(
    tx: &mut Tx,
    filter: &AssetFilter,
    after: Option<AssetId>,
    limit: usize,
) -> Result<Vec<Asset>, StorageError> {
    let params = params![
        filter.country.map(|country| country.as_str().to_owned()),
        filter.kind.map(AssetType::code),
        filter.include_disposed,
        after.map(AssetId::uuid),
        limit,
    ];
    tx.rows(&ASSETS, params).await?.iter().map(asset_of).collect()
}

pub(crate) async fn asset(tx: &mut Tx, id: AssetId) -> Result<Option<Asset>, StorageError> {
    let row = tx.row(&ASSET, params![id.uuid()]).await?;
    row.as_ref().map(asset_of).transpose()
}

/// How many assets the tenant has beside this one.
pub(crate) async fn count_others(tx: &mut Tx, id: AssetId) -> Result<usize, StorageError> {
    let row = tx.row(&ASSETS_OTHER_COUNT, params![id.uuid()]).await?;
    let count: u64 = row.map_or(Ok(0), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Writes name, owner and country of an asset that is still at the version it was read at.
pub(crate) fn asset_update(asset: &Asset, now: Timestamp) -> RowChange {
    let row = params![
        asset.id.uuid(),
        asset.version,
        asset.name.as_str(),
        asset.owner.clone(),
        asset.country.as_str(),
        now,
    ];
    RowChange::one(&ASSET_UPDATE, row)
}

/// Notes that an asset counts no longer.
pub(crate) fn asset_dispose(asset: &Asset, gone: DisposalDate) -> RowChange {
    let row = params![asset.id.uuid(), asset.version, gone.on, gone.recorded];
    RowChange::one(&ASSET_DISPOSE, row)
}

/// Goes with every booking on an asset that is not made from a statement of its balance: whoever
/// computes a difference from the balance at the same time notices, and so does whoever books on an
/// asset that was disposed of.
pub(crate) fn asset_touch(asset: &Asset, now: Timestamp) -> RowChange {
    RowChange::one(&ASSET_TOUCH, params![asset.id.uuid(), asset.version, now])
}

/// Notes that somebody stated how much there was of an asset on a day.
pub(crate) fn stated_day(asset: AssetId, date: Date) -> RowChange {
    RowChange::unguarded(&STATED_INSERT, params![asset.uuid(), date])
}

/// The first day after one for which somebody stated how much there was of an asset.
pub(crate) async fn next_stated_day(
    tx: &mut Tx,
    asset: AssetId,
    after: Date,
) -> Result<Option<Date>, StorageError> {
    let row = tx.row(&STATED_NEXT, params![asset.uuid(), after]).await?;
    row.map_or(Ok(None), |row| row.get(0))
}

fn asset_of(row: &Row) -> Result<Asset, StorageError> {
    let (commodity, scale): (String, u16) = (row.get(8)?, row.get(9)?);
    let scale = u8::try_from(scale).unwrap_or(u8::MAX);
    let currency: String = row.get(10)?;
    let disposed: (Option<Date>, Option<Timestamp>) = (row.get(12)?, row.get(13)?);
    Ok(Asset {
        id: AssetId::from_uuid(row.get(0)?),
        book: BookId::from_uuid(row.get(1)?),
        account: AccountId::from_uuid(row.get(2)?),
        kind: parsed(row, 3)?,
        holding: parsed(row, 4)?,
        country: parsed(row, 5)?,
        owner: row.get(6)?,
        name: row.get(7)?,
        commodity: Commodity::new(&commodity, scale)
            .map_err(|_| damaged("commodity", &commodity))?,
        currency: Commodity::well_known(&currency).map_err(|_| damaged("currency", &currency))?,
        opened_on: row.get(11)?,
        disposal: disposed.0.zip(disposed.1).map(|(on, recorded)| DisposalDate { on, recorded }),
        origin: parsed(row, 14)?,
        version: row.get(15)?,
        created_at: row.get(16)?,
        updated_at: row.get(17)?,
    })
}

/// A cell of text as what it stands for.
fn parsed<T: std::str::FromStr>(row: &Row, column: usize) -> Result<T, StorageError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| damaged(&format!("column {column}"), &text))
}

fn damaged(what: &str, found: &str) -> StorageError {
    StorageError::Damaged { text: format!("{what} of an asset is {found:?}") }
}
