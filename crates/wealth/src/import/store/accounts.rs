//! The accounts of imports: which asset each is, and how its opening balance stands.

use std::str::FromStr;

use kernel::{Amount, Commodity, Date, Timestamp};
use storage::journal::RowChange;
use storage::{Params, Row, StorageError, Tx, Value, params, sql};

use super::lines::{optional, optional_key};
use super::{ImportRow, currency, damaged, from_json, json, parsed};
use crate::import::dedup::{Cover, Key};
use crate::import::model::{DatedAmount, ImportId};
use crate::import::opening::{Opening, OpeningMove};
use crate::model::{Asset, AssetId, AssetType, Country};

sql! {
    ACCOUNT_INSERT =
        "INSERT INTO wealth_import_account
             (tenant, import, asset, opens, is_unnamed, is_open, type, country, name, currency,
              scale, keys, layout, asset_version, opened_on, opened_before, opening_before,
              opening_after, number_key, naming)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
              $16, $17, $18, $19)";
    ACCOUNTS =
        "SELECT asset, opens, is_unnamed, is_open, type, country, name, currency, scale, keys,
             layout, asset_version, opened_on, opened_before, opening_before, opening_after,
             number_key, naming
         FROM wealth_import_account
         WHERE tenant = app_tenant() AND import = $1 ORDER BY asset";
    ACCOUNTS_DELETE =
        "DELETE FROM wealth_import_account WHERE tenant = app_tenant() AND import = $1";

    MOVE_INSERT =
        "INSERT INTO wealth_import_opening
             (tenant, import, number, asset, statement, code, effective, amount)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7)";
    MOVES =
        "SELECT number, asset, statement, code, effective, amount FROM wealth_import_opening
         WHERE tenant = app_tenant() AND import = $1 ORDER BY number";
    MOVES_DELETE =
        "DELETE FROM wealth_import_opening WHERE tenant = app_tenant() AND import = $1";

    MOVE_LAST =
        "SELECT max(number) FROM wealth_import_opening
         WHERE tenant = app_tenant() AND import = $1";
    OPENING_AFTER =
        "UPDATE wealth_import_account SET opening_after = $3
         WHERE tenant = app_tenant() AND import = $1 AND asset = $2";

    KEY = "SELECT asset FROM wealth_bank_account WHERE tenant = app_tenant() AND key = $1";
    KEY_INSERT =
        "INSERT INTO wealth_bank_account (tenant, key, asset) VALUES (app_tenant(), $1, $2)";
    KEY_COUNT =
        "SELECT count(*) FROM wealth_bank_account WHERE tenant = app_tenant() AND asset = $1";
    KEYS_DELETE =
        "DELETE FROM wealth_bank_account WHERE tenant = app_tenant() AND asset = $1";

    // Assets that files with these columns, which name no account, were about.
    OF_LAYOUT =
        "SELECT DISTINCT account.asset
         FROM wealth_import_account AS account
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = account.import
         JOIN wealth_asset AS asset
             ON asset.tenant = app_tenant() AND asset.id = account.asset
         WHERE account.tenant = app_tenant() AND account.layout = $1 AND account.currency = $2
             AND import.status = 'booked' AND asset.disposed_on IS NULL
         ORDER BY account.asset LIMIT 100";
    // Assets whose accounts have this number in booked imports, and how they are named there.
    OF_NUMBER =
        "SELECT DISTINCT account.asset, account.naming
         FROM wealth_import_account AS account
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = account.import
         JOIN wealth_asset AS asset
             ON asset.tenant = app_tenant() AND asset.id = account.asset
         WHERE account.tenant = app_tenant() AND account.number_key = $1 AND account.currency = $2
             AND import.status = 'booked' AND asset.disposed_on IS NULL
         ORDER BY account.asset, account.naming LIMIT 100";
    SHARED_AMOUNTS =
        "SELECT count(*)
         FROM wealth_import_line AS staged
         WHERE staged.tenant = app_tenant() AND staged.import = $1 AND staged.asset = $2
             AND EXISTS (SELECT 1 FROM wealth_import_line AS line
                 JOIN wealth_import AS import
                     ON import.tenant = app_tenant() AND import.id = line.import
                 WHERE line.tenant = app_tenant() AND line.asset = $3
                     AND line.booked_on = staged.booked_on AND line.amount = staged.amount
                     AND line.import <> $1 AND line.status = 'booked'
                     AND import.status = 'booked')";
    // Lines of an import that stand, with the same day, amount and texts, in the books of an asset.
    SHARED_LINES =
        "SELECT count(*)
         FROM wealth_import_line AS staged
         JOIN wealth_import_line AS line
             ON line.tenant = app_tenant() AND line.asset = $3
             AND line.booked_on = staged.booked_on AND line.amount = staged.amount
             AND line.text_key = staged.text_key
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = line.import
         WHERE staged.tenant = app_tenant() AND staged.import = $1 AND staged.asset = $2
             AND line.import <> $1 AND line.status = 'booked' AND import.status = 'booked'";
    // Balances that booked statements of an asset state, where they end and begin.
    STATED =
        "SELECT statement.opening_on, statement.opening_amount, statement.closing_on,
             statement.closing_amount
         FROM wealth_import_statement AS statement
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = statement.import
         WHERE statement.tenant = app_tenant() AND statement.asset = $1
             AND statement.import <> $2 AND import.status = 'booked'
         ORDER BY statement.closing_on, statement.import, statement.number LIMIT 10000";
    COVERS =
        "SELECT statement.covers_from, statement.covers_to
         FROM wealth_import_statement AS statement
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = statement.import
         WHERE statement.tenant = app_tenant() AND statement.asset = $1
             AND statement.import <> $2 AND import.status = 'booked'
             AND statement.covers_from <= $4 AND statement.covers_to >= $3
         ORDER BY statement.import, statement.number LIMIT 10000";

    OPENING = "SELECT opening FROM wealth_bank_opening WHERE tenant = app_tenant() AND asset = $1";
    OPENING_INSERT =
        "INSERT INTO wealth_bank_opening (tenant, asset, opening) VALUES (app_tenant(), $1, $2)";
    OPENING_UPDATE =
        "UPDATE wealth_bank_opening SET opening = $2 WHERE tenant = app_tenant() AND asset = $1";
    OPENING_DELETE =
        "DELETE FROM wealth_bank_opening WHERE tenant = app_tenant() AND asset = $1";

    ASSET_OPENED =
        "UPDATE wealth_asset SET opened_on = $3, version = version + 1, updated_at = $4
         WHERE tenant = app_tenant() AND id = $1 AND version = $2 AND disposed_on IS NULL";
}

/// How a file names an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Naming {
    /// By its IBAN.
    Iban,
    /// By its bank and its number there.
    Bank,
    /// By its number alone.
    Bare,
}

/// An account as an import sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountPlan {
    pub asset: AssetId,
    /// Whether the import opens it.
    pub opens: bool,
    /// Whether the file does not name it.
    pub is_unnamed: bool,
    /// Whether it is left open which asset it is: nothing is booked on it.
    pub is_open: bool,
    pub kind: AssetType,
    pub country: Country,
    pub name: String,
    pub currency: Commodity,
    /// Keyed hashes of the names by which the bank knows it, in hexadecimal digits.
    pub keys: Vec<String>,
    /// A hash of the columns, of a file that names no account.
    pub layout: Option<[u8; 32]>,
    /// A keyed hash of its number at the bank, and how the file names it.
    pub number: Option<(Key, Naming)>,
    /// The version of the asset that the plan was made with.
    pub asset_version: u64,
    /// From when it counts once this is booked, and from when it counted before.
    pub opened_on: Option<Date>,
    pub opened_before: Option<Date>,
    pub opening_before: Option<Opening>,
    pub opening_after: Option<Opening>,
}

/// A move of an opening balance, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MoveRow {
    pub number: u32,
    pub asset: AssetId,
    pub step: OpeningMove,
}

/// The balances that a statement states.
pub(crate) struct Stated {
    pub opening: Option<DatedAmount>,
    pub closing: Option<DatedAmount>,
}

/// Writes the plan of an import anew.
pub(crate) async fn write(
    tx: &mut Tx,
    import: ImportId,
    accounts: &[AccountPlan],
    moves: &[MoveRow],
) -> Result<(), StorageError> {
    delete(tx, import).await?;
    let rows = accounts.iter().map(|account| account_row(import, account));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    tx.execute_many(&ACCOUNT_INSERT, rows).await?;
    let moves = moves.iter().map(|row| move_params(import, row)).collect();
    tx.execute_many(&MOVE_INSERT, moves).await?;
    Ok(())
}

fn move_params(import: ImportId, row: &MoveRow) -> Params {
    let OpeningMove { statement, code, effective, amount } = row.step;
    let (import, asset) = (import.uuid(), row.asset.uuid());
    params![import, row.number, asset, statement, code.code(), effective, amount]
}

/// Adds a move to those of an import.
pub(crate) fn move_row(import: ImportId, row: &MoveRow) -> RowChange {
    RowChange::one(&MOVE_INSERT, move_params(import, row))
}

/// The number of the next move of an import, which none of its moves has had.
pub(crate) async fn next_move(tx: &mut Tx, import: &ImportRow) -> Result<u32, StorageError> {
    let row = tx.row(&MOVE_LAST, params![import.id.uuid()]).await?;
    let last: Option<u32> = row.map_or(Ok(None), |row| row.get(0))?;
    Ok(last.map_or(import.first_move, |last| import.first_move.max(last + 1)))
}

/// Changes how the opening balance of an account stands after an import.
pub(crate) fn opening_after(
    import: ImportId,
    asset: AssetId,
    opening: &Opening,
) -> Result<RowChange, StorageError> {
    let params = params![import.uuid(), asset.uuid(), json(opening)?];
    Ok(RowChange::unguarded(&OPENING_AFTER, params))
}

/// Forgets the plan of an import.
pub(super) async fn delete(tx: &mut Tx, import: ImportId) -> Result<(), StorageError> {
    tx.execute(&ACCOUNTS_DELETE, params![import.uuid()]).await?;
    tx.execute(&MOVES_DELETE, params![import.uuid()]).await?;
    Ok(())
}

fn account_row(import: ImportId, account: &AccountPlan) -> Result<Params, StorageError> {
    let optional = |opening: &Option<Opening>| {
        Ok::<_, StorageError>(opening.as_ref().map(json).transpose()?.unwrap_or(Value::Null))
    };
    Ok(params![
        import.uuid(),
        account.asset.uuid(),
        account.opens,
        account.is_unnamed,
        account.is_open,
        account.kind.code(),
        account.country.as_str(),
        account.name.as_str(),
        account.currency.code.as_str(),
        account.currency.scale,
        json(&account.keys)?,
        account.layout,
        account.asset_version,
        account.opened_on,
        account.opened_before,
        optional(&account.opening_before)?,
        optional(&account.opening_after)?,
        account.number.map_or(Value::Null, |(key, _)| Value::from(key)),
        account.number.map(|(_, naming)| naming.code()),
    ])
}

pub(crate) async fn accounts(
    tx: &mut Tx,
    import: ImportId,
) -> Result<Vec<AccountPlan>, StorageError> {
    tx.rows(&ACCOUNTS, params![import.uuid()]).await?.iter().map(account_of).collect()
}

fn account_of(row: &Row) -> Result<AccountPlan, StorageError> {
    let opening = |column| {
        let text: Option<String> = row.get(column)?;
        text.map(|_| from_json(row, column)).transpose()
    };
    Ok(AccountPlan {
        asset: AssetId::from_uuid(row.get(0)?),
        opens: row.get(1)?,
        is_unnamed: row.get(2)?,
        is_open: row.get(3)?,
        kind: parsed(row, 4)?,
        country: parsed(row, 5)?,
        name: row.get(6)?,
        currency: currency(row, 7)?.ok_or_else(|| damaged(7, &"no currency"))?,
        keys: from_json(row, 9)?,
        layout: row.get(10)?,
        asset_version: row.get(11)?,
        opened_on: row.get(12)?,
        opened_before: row.get(13)?,
        opening_before: opening(14)?,
        opening_after: opening(15)?,
        number: optional_key(row, 16)?.zip(optional(row, 17)?),
    })
}

pub(crate) async fn moves(tx: &mut Tx, import: ImportId) -> Result<Vec<MoveRow>, StorageError> {
    let rows = tx.rows(&MOVES, params![import.uuid()]).await?;
    let one = |row: &Row| {
        let code = parsed(row, 3)?;
        let (statement, effective, amount) = (row.get(2)?, row.get(4)?, row.get(5)?);
        Ok(MoveRow {
            number: row.get(0)?,
            asset: AssetId::from_uuid(row.get(1)?),
            step: OpeningMove { statement, code, effective, amount },
        })
    };
    rows.iter().map(one).collect()
}

/// The asset that a bank's account is.
pub(crate) async fn by_key(tx: &mut Tx, key: Key) -> Result<Option<AssetId>, StorageError> {
    let row = tx.row(&KEY, params![key]).await?;
    row.map(|row| Ok(AssetId::from_uuid(row.get(0)?))).transpose()
}

/// Notes which asset a bank's account is.
pub(crate) fn key_row(key: Key, asset: AssetId) -> RowChange {
    RowChange::one(&KEY_INSERT, params![key, asset.uuid()])
}

/// Forgets the names of an asset.
pub(crate) async fn keys_delete(tx: &mut Tx, asset: AssetId) -> Result<RowChange, StorageError> {
    let row = tx.row(&KEY_COUNT, params![asset.uuid()]).await?;
    let count: u64 = row.map_or(Ok(0), |row| row.get(0))?;
    let params = params![asset.uuid()];
    Ok(RowChange { rows: Some(count), ..RowChange::one(&KEYS_DELETE, params) })
}

pub(crate) async fn of_layout(
    tx: &mut Tx,
    layout: &[u8; 32],
    currency: Commodity,
) -> Result<Vec<AssetId>, StorageError> {
    let rows = tx.rows(&OF_LAYOUT, params![*layout, currency.code.as_str()]).await?;
    rows.iter().map(|row| Ok(AssetId::from_uuid(row.get(0)?))).collect()
}

pub(crate) async fn of_number(
    tx: &mut Tx,
    number: Key,
    currency: Commodity,
) -> Result<Vec<(AssetId, Naming)>, StorageError> {
    let rows = tx.rows(&OF_NUMBER, params![number, currency.code.as_str()]).await?;
    rows.iter().map(|row| Ok((AssetId::from_uuid(row.get(0)?), parsed(row, 1)?))).collect()
}

/// How many lines that an import has for one asset have a line of their day and amount on another.
pub(crate) async fn shared_amounts(
    tx: &mut Tx,
    import: ImportId,
    (staged, other): (AssetId, AssetId),
) -> Result<u64, StorageError> {
    let params = params![import.uuid(), staged.uuid(), other.uuid()];
    tx.row(&SHARED_AMOUNTS, params).await?.map_or(Ok(0), |row| row.get(0))
}

/// How many lines that an import has for one asset are booked on another.
pub(crate) async fn shared_lines(
    tx: &mut Tx,
    import: ImportId,
    (staged, other): (AssetId, AssetId),
) -> Result<u64, StorageError> {
    let params = params![import.uuid(), staged.uuid(), other.uuid()];
    tx.row(&SHARED_LINES, params).await?.map_or(Ok(0), |row| row.get(0))
}

pub(crate) async fn stated(
    tx: &mut Tx,
    (import, asset): (ImportId, AssetId),
) -> Result<Vec<Stated>, StorageError> {
    let rows = tx.rows(&STATED, params![asset.uuid(), import.uuid()]).await?;
    let dated = |row: &Row, column: usize| {
        let on: Option<Date> = row.get(column)?;
        let amount: Option<Amount> = row.get(column + 1)?;
        Ok::<_, StorageError>(on.zip(amount).map(|(on, amount)| DatedAmount { on, amount }))
    };
    rows.iter().map(|row| Ok(Stated { opening: dated(row, 0)?, closing: dated(row, 2)? })).collect()
}

/// The days that booked statements of an asset have completely.
pub(crate) async fn covers(
    tx: &mut Tx,
    (import, asset): (ImportId, AssetId),
    (first, last): (Date, Date),
) -> Result<Vec<Cover>, StorageError> {
    let params = params![asset.uuid(), import.uuid(), first, last];
    let rows = tx.rows(&COVERS, params).await?;
    rows.iter().map(|row| Ok(Cover { from: row.get(0)?, to: row.get(1)? })).collect()
}

/// How the opening balance of an asset stands.
pub(crate) async fn opening(tx: &mut Tx, asset: AssetId) -> Result<Option<Opening>, StorageError> {
    let row = tx.row(&OPENING, params![asset.uuid()]).await?;
    row.as_ref().map(|row| from_json(row, 0)).transpose()
}

/// Changes how it stands; nothing where it stays.
pub(crate) fn opening_row(
    asset: AssetId,
    (before, after): (Option<&Opening>, Option<&Opening>),
) -> Result<Option<RowChange>, StorageError> {
    Ok(match (before, after) {
        (before, after) if before == after => None,
        (None, None) => None,
        (None, Some(after)) => {
            Some(RowChange::one(&OPENING_INSERT, params![asset.uuid(), json(after)?]))
        }
        (Some(_), Some(after)) => {
            Some(RowChange::one(&OPENING_UPDATE, params![asset.uuid(), json(after)?]))
        }
        (Some(_), None) => Some(RowChange::one(&OPENING_DELETE, params![asset.uuid()])),
    })
}

/// Moves the day from which an asset counts, where it is still at the version it was read at.
pub(crate) fn opened_row(
    (asset, version): (AssetId, u64),
    opened_on: Date,
    now: Timestamp,
) -> RowChange {
    RowChange::one(&ASSET_OPENED, params![asset.uuid(), version, opened_on, now])
}

impl Naming {
    const fn code(self) -> &'static str {
        match self {
            Self::Iban => "iban",
            Self::Bank => "bank",
            Self::Bare => "bare",
        }
    }
}

impl FromStr for Naming {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        let mut all = [Self::Iban, Self::Bank, Self::Bare].into_iter();
        all.find(|naming| naming.code() == code).ok_or(())
    }
}

impl AccountPlan {
    /// The same account of the file, for an asset that is there.
    pub(crate) fn of(self, asset: &Asset) -> Self {
        let Self { is_unnamed, keys, layout, number, .. } = self;
        Self { is_unnamed, keys, layout, number, ..Self::existing(asset) }
    }

    /// An asset as it is.
    pub(crate) fn existing(asset: &Asset) -> Self {
        Self {
            asset: asset.id,
            opens: false,
            is_unnamed: false,
            is_open: false,
            kind: asset.kind,
            country: asset.country,
            name: asset.name.clone(),
            currency: asset.commodity,
            keys: Vec::new(),
            layout: None,
            number: None,
            asset_version: asset.version,
            opened_on: Some(asset.opened_on),
            opened_before: Some(asset.opened_on),
            opening_before: None,
            opening_after: None,
        }
    }
}
