//! The rows of positions.

use kernel::Position;
use storage::{StorageError, Tx, params, sql};

sql! {
    POSITION = "SELECT position FROM bus_position WHERE tenant = app_tenant() AND broker = $1";
    POSITION_BEGIN = "INSERT INTO bus_position (tenant, broker, position, moved_at)
                      VALUES (app_tenant(), $1, $2, $3) ON CONFLICT DO NOTHING";
    POSITION_MOVE = "UPDATE bus_position SET position = $3, moved_at = $4
                     WHERE tenant = app_tenant() AND broker = $1 AND position = $2";
}

/// How far the tenant's events were handed to a broker; nothing before the first.
pub(crate) async fn position(tx: &mut Tx, broker: &str) -> Result<Option<Position>, StorageError> {
    let Some(row) = tx.row(&POSITION, params![broker]).await? else { return Ok(None) };
    let text: String = row.get(0)?;
    let damaged = |_| StorageError::Damaged { text: format!("the position of {broker}") };
    text.parse().map(Some).map_err(damaged)
}

/// Moves it; whether it stood where it was thought to.
pub(crate) async fn advance(
    tx: &mut Tx,
    broker: &str,
    (from, to): (Option<&Position>, &Position),
) -> Result<bool, StorageError> {
    let (now, to) = (tx.database().env().now(), to.to_string());
    let changed = match from {
        Some(from) => {
            tx.execute(&POSITION_MOVE, params![broker, from.to_string(), to, now]).await?
        }
        None => tx.execute(&POSITION_BEGIN, params![broker, to, now]).await?,
    };
    Ok(changed == 1)
}
