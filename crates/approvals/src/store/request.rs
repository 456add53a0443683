//! The rows of requests. A request whose time is over counts as expired, also before its row says
//! so.

use identity::Role;
use kernel::{Timestamp, UserId, Uuid};
use storage::journal::RowChange;
use storage::log::ObjectRef;
use storage::{Row, StorageError, Tx, params, sql};
use vault::{Sealed, SealedColumn, SealedTable};

use super::{ContentColumn, damaged};
use crate::command::Command;
use crate::model::{ApprovalId, ApprovalState};

/// The columns of a request in the order of [`request_of`], with the time that it is as `$1`.
macro_rules! requests {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, subject_kind, subject, hash, asked_by, people, roles, \
                 CASE WHEN state IN ('pending', 'approved') AND expires_at <= $1 \
                     THEN 'expired' ELSE state END AS stands, \
                 content, created_at, expires_at, changed_at \
             FROM approvals_request WHERE tenant = app_tenant() ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO approvals_request (tenant, id, kind, subject_kind, subject, hash,
                  asked_by, people, roles, state, content, created_at, expires_at, changed_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10, $11, $10)
              ON CONFLICT DO NOTHING";
    ONE = requests!("AND id = $2");
    HELD = requests!("AND id = $2 {lock}");
    OPEN = requests!(
        "AND kind = $2 AND subject_kind = $3 AND subject = $4 \
         AND state IN ('pending', 'approved')"
    );
    OPEN_HELD = requests!(
        "AND kind = $2 AND subject_kind = $3 AND subject = $4 \
         AND state IN ('pending', 'approved') {lock}"
    );
    LIST = requests!(
        "AND (id < $2 OR $2 IS NULL) \
         AND (CASE WHEN state IN ('pending', 'approved') AND expires_at <= $1 \
             THEN 'expired' ELSE state END = $3 OR $3 IS NULL) \
         ORDER BY id DESC LIMIT $4"
    );
    MOVE = "UPDATE approvals_request SET state = $3, changed_at = $4
            WHERE tenant = app_tenant() AND id = $1 AND state = $2";
    EXPIRE = "UPDATE approvals_request SET state = 'expired', changed_at = $2
              WHERE tenant = app_tenant() AND id = $1 AND state IN ('pending', 'approved')
                  AND expires_at <= $2";
    // The guard of the commit that does the command: of two, the second touches no row.
    USE = "UPDATE approvals_request SET state = 'used', changed_at = $3
           WHERE tenant = app_tenant() AND id = $1 AND hash = $2 AND state = 'approved'
               AND expires_at > $3";

    SEALED_PAGE = "SELECT id, CAST(0 AS bigint), content FROM approvals_request
                   WHERE tenant = app_tenant() AND (id, CAST(0 AS bigint)) > ($1, $2)
                   ORDER BY id LIMIT $3";
    SEALED_UPDATE = "UPDATE approvals_request SET content = $3
                     WHERE tenant = app_tenant() AND id = $1 AND $2 = CAST(0 AS bigint)
                         AND content = $4";
}

/// Its sealed columns.
pub(super) static SEALED: SealedTable = SealedTable {
    name: "approvals_request",
    columns: &[SealedColumn::of::<ContentColumn>()],
    first: vault::RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
};

/// A request as its row has it.
pub(crate) struct RequestRow {
    pub id: ApprovalId,
    pub kind: String,
    pub subject: ObjectRef,
    pub hash: [u8; 32],
    pub asked_by: Option<UserId>,
    pub people: u16,
    pub roles: Vec<Role>,
    pub state: ApprovalState,
    pub content: Sealed<ContentColumn>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub changed_at: Timestamp,
}

/// Adds a request; whether there was no open one of the same thing.
pub(crate) async fn insert(tx: &mut Tx, row: &RequestRow) -> Result<bool, StorageError> {
    let values = params![
        row.id.uuid(),
        row.kind.as_str(),
        row.subject.kind.as_str(),
        row.subject.id.as_str(),
        row.hash,
        row.asked_by.map(UserId::uuid),
        row.people,
        joined(&row.roles),
        row.content.clone(),
        row.created_at,
        row.expires_at,
    ];
    Ok(tx.execute(&INSERT, values).await? == 1)
}

pub(crate) async fn one(
    tx: &mut Tx,
    id: ApprovalId,
    now: Timestamp,
) -> Result<Option<RequestRow>, StorageError> {
    tx.row(&ONE, params![now, id.uuid()]).await?.as_ref().map(request_of).transpose()
}

/// A request that nobody else changes until this transaction ends.
pub(crate) async fn held(
    tx: &mut Tx,
    id: ApprovalId,
    now: Timestamp,
) -> Result<Option<RequestRow>, StorageError> {
    tx.row(&HELD, params![now, id.uuid()]).await?.as_ref().map(request_of).transpose()
}

/// The request of a command's thing that stands open, also where its time is over.
pub(crate) async fn open(
    tx: &mut Tx,
    command: &Command,
    now: Timestamp,
) -> Result<Option<RequestRow>, StorageError> {
    tx.row(&OPEN, thing(command, now)).await?.as_ref().map(request_of).transpose()
}

/// The same, which nobody else changes until this transaction ends.
pub(crate) async fn open_held(
    tx: &mut Tx,
    command: &Command,
    now: Timestamp,
) -> Result<Option<RequestRow>, StorageError> {
    tx.row(&OPEN_HELD, thing(command, now)).await?.as_ref().map(request_of).transpose()
}

/// The latest first, before one of them.
pub(crate) async fn list(
    tx: &mut Tx,
    (before, state): (Option<ApprovalId>, Option<ApprovalState>),
    now: Timestamp,
    limit: usize,
) -> Result<Vec<RequestRow>, StorageError> {
    let state = state.map(ApprovalState::as_str);
    let values = params![now, before.map(ApprovalId::uuid), state, limit];
    tx.rows(&LIST, values).await?.iter().map(request_of).collect()
}

/// Moves a request from one state to another; whether it was in that.
pub(crate) async fn set(
    tx: &mut Tx,
    id: ApprovalId,
    (from, to): (ApprovalState, ApprovalState),
    now: Timestamp,
) -> Result<bool, StorageError> {
    let values = params![id.uuid(), from.as_str(), to.as_str(), now];
    Ok(tx.execute(&MOVE, values).await? == 1)
}

/// Notes that a request's time is over, if it is.
pub(crate) async fn expire(
    tx: &mut Tx,
    id: ApprovalId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(tx.execute(&EXPIRE, params![id.uuid(), now]).await? == 1)
}

/// Uses a request up, in the commit of its command or not at all.
pub(crate) fn use_up(id: ApprovalId, hash: [u8; 32], now: Timestamp) -> RowChange {
    RowChange::one(&USE, params![id.uuid(), hash, now])
}

fn thing(command: &Command, now: Timestamp) -> storage::Params {
    let subject = &command.subject;
    params![now, command.kind.name, subject.kind.as_str(), subject.id.as_str()]
}

fn joined(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

fn request_of(row: &Row) -> Result<RequestRow, StorageError> {
    let (asked_by, roles): (Option<Uuid>, String) = (row.get(5)?, row.get(7)?);
    let roles = roles.split(' ').map(|role| role.parse::<Role>().map_err(damaged));
    let state: String = row.get(8)?;
    Ok(RequestRow {
        id: ApprovalId::from_uuid(row.get(0)?),
        kind: row.get(1)?,
        subject: ObjectRef { kind: row.get(2)?, id: row.get(3)? },
        hash: row.get(4)?,
        asked_by: asked_by.map(UserId::from_uuid),
        people: row.get(6)?,
        roles: roles.collect::<Result<_, _>>()?,
        state: state.parse().map_err(damaged)?,
        content: row.get(9)?,
        created_at: row.get(10)?,
        expires_at: row.get(11)?,
        changed_at: row.get(12)?,
    })
}
