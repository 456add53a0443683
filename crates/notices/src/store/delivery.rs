//! The rows of deliveries and their attempts.

use kernel::Timestamp;
use storage::{Row, StorageError, Tx, params, sql};

use super::damaged;
use crate::delivery::{Attempt, Delivery};
use crate::limits::{DELIVERIES_LISTED_MAX, DIGEST_MAX};
use crate::model::{AddressId, ChannelKind, DeliveryId, DeliveryState, Mode, NoticeId, Outcome};

/// The columns of a delivery in the order of [`delivery_of`].
macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "SELECT id, notice, address, channel, mode, state, due_at, code, receipt, created_at, \
                 finished_at \
             FROM notices_delivery WHERE tenant = app_tenant() ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO notices_delivery (tenant, id, notice, address, channel, mode, state,
                  due_at, attempts, created_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, 'waiting', $6, 0, $7)";
    ONE = deliveries!("AND id = $1");
    OF_NOTICE = deliveries!("AND notice = $1 ORDER BY id LIMIT $2");
    OF_DIGEST = deliveries!(
        "AND state = 'waiting' AND address = $1 AND due_at <= $2 AND mode IN ('daily', 'weekly') \
         ORDER BY due_at, id LIMIT $3"
    );
    ATTEMPTS = "SELECT number, outcome, code, tried_at FROM notices_attempt
                WHERE tenant = app_tenant() AND delivery = $1 ORDER BY number LIMIT $2";
    ATTEMPT = "INSERT INTO notices_attempt (tenant, delivery, number, outcome, code, tried_at)
               SELECT app_tenant(), id, attempts + 1, $2, $3, $4 FROM notices_delivery
               WHERE tenant = app_tenant() AND id = $1 AND state = 'waiting'";
    COUNT = "UPDATE notices_delivery SET attempts = attempts + 1
             WHERE tenant = app_tenant() AND id = $1 AND state = 'waiting'";
    SETTLE = "UPDATE notices_delivery SET state = $2, code = $3, receipt = $4, finished_at = $5
              WHERE tenant = app_tenant() AND id = $1 AND state = 'waiting'";
    POSTPONE = "UPDATE notices_delivery SET due_at = $2
                WHERE tenant = app_tenant() AND id = $1 AND state = 'waiting'";
    REOPEN = "UPDATE notices_delivery SET state = 'waiting', mode = 'at_once', due_at = $2,
                  code = NULL, receipt = NULL, finished_at = NULL
              WHERE tenant = app_tenant() AND id = $1 AND state <> 'waiting'";
}

/// A delivery that is to be done.
pub(crate) struct NewDelivery {
    pub id: DeliveryId,
    pub notice: NoticeId,
    pub address: AddressId,
    pub channel: ChannelKind,
    pub mode: Mode,
    pub due_at: Timestamp,
}

/// How a delivery ended.
pub(crate) struct End<'a> {
    pub state: DeliveryState,
    pub code: Option<&'a str>,
    pub receipt: Option<&'a str>,
}

pub(crate) async fn insert(
    tx: &mut Tx,
    new: &NewDelivery,
    now: Timestamp,
) -> Result<(), StorageError> {
    let row = params![
        new.id.uuid(),
        new.notice.uuid(),
        new.address.uuid(),
        new.channel.as_str(),
        new.mode.as_str(),
        new.due_at,
        now,
    ];
    tx.execute_one(&INSERT, row).await
}

pub(crate) async fn one(tx: &mut Tx, id: DeliveryId) -> Result<Option<Delivery>, StorageError> {
    tx.row(&ONE, params![id.uuid()]).await?.as_ref().map(delivery_of).transpose()
}

pub(crate) async fn of_notice(
    tx: &mut Tx,
    notice: NoticeId,
) -> Result<Vec<Delivery>, StorageError> {
    let rows = tx.rows(&OF_NOTICE, params![notice.uuid(), DELIVERIES_LISTED_MAX]).await?;
    rows.iter().map(delivery_of).collect()
}

/// What waits for the digest of an address, the oldest first.
pub(crate) async fn of_digest(
    tx: &mut Tx,
    address: AddressId,
    due_at: Timestamp,
) -> Result<Vec<Delivery>, StorageError> {
    let rows = tx.rows(&OF_DIGEST, params![address.uuid(), due_at, DIGEST_MAX]).await?;
    rows.iter().map(delivery_of).collect()
}

pub(crate) async fn attempts(
    tx: &mut Tx,
    delivery: DeliveryId,
) -> Result<Vec<Attempt>, StorageError> {
    let one = |row: &Row| {
        let outcome: String = row.get(1)?;
        Ok(Attempt {
            number: row.get(0)?,
            outcome: outcome.parse().map_err(damaged)?,
            code: row.get(2)?,
            tried_at: row.get(3)?,
        })
    };
    let rows = tx.rows(&ATTEMPTS, params![delivery.uuid(), DELIVERIES_LISTED_MAX]).await?;
    rows.iter().map(one).collect()
}

/// Notes that somebody tried.
pub(crate) async fn tried(
    tx: &mut Tx,
    id: DeliveryId,
    (outcome, code): (Outcome, Option<&str>),
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute(&ATTEMPT, params![id.uuid(), outcome.as_str(), code, now]).await?;
    tx.execute(&COUNT, params![id.uuid()]).await.map(drop)
}

/// Ends a delivery; whether it was not over yet.
pub(crate) async fn settle(
    tx: &mut Tx,
    id: DeliveryId,
    end: &End<'_>,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let row = params![id.uuid(), end.state.as_str(), end.code, end.receipt, now];
    Ok(tx.execute(&SETTLE, row).await? == 1)
}

pub(crate) async fn postpone(
    tx: &mut Tx,
    id: DeliveryId,
    due_at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute(&POSTPONE, params![id.uuid(), due_at]).await.map(drop)
}

/// Lets a delivery that is over wait anew; whether it was over.
pub(crate) async fn reopen(
    tx: &mut Tx,
    id: DeliveryId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(tx.execute(&REOPEN, params![id.uuid(), now]).await? == 1)
}

fn delivery_of(row: &Row) -> Result<Delivery, StorageError> {
    let [channel, mode, state]: [String; 3] = [row.get(3)?, row.get(4)?, row.get(5)?];
    Ok(Delivery {
        id: DeliveryId::from_uuid(row.get(0)?),
        notice: NoticeId::from_uuid(row.get(1)?),
        address: AddressId::from_uuid(row.get(2)?),
        channel: channel.parse().map_err(damaged)?,
        mode: mode.parse().map_err(damaged)?,
        state: state.parse().map_err(damaged)?,
        due_at: row.get(6)?,
        code: row.get(7)?,
        receipt: row.get(8)?,
        created_at: row.get(9)?,
        finished_at: row.get(10)?,
        attempts: Vec::new(),
    })
}
