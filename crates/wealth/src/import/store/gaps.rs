//! What the booked statements of an asset state, and what nobody decided about.

use kernel::{Amount, Date};
use storage::{Row, StorageError, Tx, params, sql};

use super::lines::optional;
use crate::import::gaps::Stated;
use crate::import::model::{DatedAmount, ImportId};
use crate::model::AssetId;

sql! {
    STATED_BALANCES =
        "SELECT statement.import, statement.opening_on, statement.opening_amount,
             statement.opening_origin, statement.closing_on, statement.closing_amount
         FROM wealth_import_statement AS statement
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = statement.import
         WHERE statement.tenant = app_tenant() AND statement.asset = $1
             AND import.status = 'booked'
         ORDER BY statement.closing_on, statement.import, statement.number LIMIT 10000";
    UNDECIDED =
        "SELECT count(*) FROM wealth_import_line AS line
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = line.import
         WHERE line.tenant = app_tenant() AND line.asset = $1 AND line.status = 'review'
             AND import.status = 'booked'";
}

/// The balances that the booked statements of an asset state.
pub(crate) async fn stated(tx: &mut Tx, asset: AssetId) -> Result<Vec<Stated>, StorageError> {
    let rows = tx.rows(&STATED_BALANCES, params![asset.uuid()]).await?;
    let dated = |row: &Row, column: usize| {
        let on: Option<Date> = row.get(column)?;
        let amount: Option<Amount> = row.get(column + 1)?;
        Ok::<_, StorageError>(on.zip(amount).map(|(on, amount)| DatedAmount { on, amount }))
    };
    let one = |row: &Row| {
        let opening = dated(row, 1)?.zip(optional(row, 3)?);
        let import = ImportId::from_uuid(row.get(0)?);
        Ok(Stated { import, opening, closing: dated(row, 4)? })
    };
    rows.iter().map(one).collect()
}

/// How many lines of booked imports nobody has decided about.
pub(crate) async fn undecided(tx: &mut Tx, asset: AssetId) -> Result<u64, StorageError> {
    let row = tx.row(&UNDECIDED, params![asset.uuid()]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}
