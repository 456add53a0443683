//! The rows of cases.

use identity::Role;
use kernel::{Timestamp, UserId, Uuid};
use storage::journal::RowChange;
use storage::log::ObjectRef;
use storage::{Row, StorageError, Tx, params, sql};

use super::damaged;
use crate::model::{Case, CaseId, CaseState, Priority};

/// The columns of a case in the order of [`case_of`].
macro_rules! cases {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, subject_kind, subject, readers, state, priority, assignee, due_at, \
                 escalated_at, choice, created_at, changed_at \
             FROM cases_case WHERE tenant = app_tenant() ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO cases_case (tenant, id, kind, subject_kind, subject, readers, state,
                  priority, due_at, created_at, changed_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, 'open', $6, $7, $8, $8)
              ON CONFLICT DO NOTHING";
    ONE = cases!("AND id = $1");
    HELD = cases!("AND id = $1 {lock}");
    OPEN = cases!("AND kind = $1 AND subject_kind = $2 AND subject = $3 AND state = 'open'");
    OPEN_HELD =
        cases!("AND kind = $1 AND subject_kind = $2 AND subject = $3 AND state = 'open' {lock}");
    LIST = cases!(
        "AND readers LIKE $1 AND (id < $2 OR $2 IS NULL) AND (state = $3 OR $3 IS NULL) \
         AND (assignee = $4 OR $4 IS NULL) ORDER BY id DESC LIMIT $5"
    );
    ASSIGN = "UPDATE cases_case SET assignee = $2, changed_at = $3
              WHERE tenant = app_tenant() AND id = $1 AND state = 'open'";
    PRIORITISE = "UPDATE cases_case SET priority = $2, changed_at = $3
                  WHERE tenant = app_tenant() AND id = $1 AND state = 'open'";
    POSTPONE = "UPDATE cases_case SET due_at = $2, escalated_at = NULL, changed_at = $3
                WHERE tenant = app_tenant() AND id = $1 AND state = 'open'";
    ESCALATE = "UPDATE cases_case SET priority = 'urgent', escalated_at = $2, changed_at = $2
                WHERE tenant = app_tenant() AND id = $1 AND state = 'open'
                    AND escalated_at IS NULL AND due_at <= $2";
    DECIDE = "UPDATE cases_case SET state = 'decided', choice = $2, changed_at = $3
              WHERE tenant = app_tenant() AND id = $1 AND state = 'open'";
    CLOSE = "UPDATE cases_case SET state = 'closed', changed_at = $2
             WHERE tenant = app_tenant() AND id = $1 AND state = 'open'";
}

/// Adds a case; whether there was no open one of the same thing.
pub(crate) async fn insert(tx: &mut Tx, case: &Case) -> Result<bool, StorageError> {
    let values = params![
        case.id.uuid(),
        case.kind.as_str(),
        case.subject.kind.as_str(),
        case.subject.id.as_str(),
        joined(&case.readers),
        case.priority.as_str(),
        case.due_at,
        case.created_at,
    ];
    Ok(tx.execute(&INSERT, values).await? == 1)
}

pub(crate) async fn one(tx: &mut Tx, id: CaseId) -> Result<Option<Case>, StorageError> {
    tx.row(&ONE, params![id.uuid()]).await?.as_ref().map(case_of).transpose()
}

/// A case that nobody else changes until this transaction ends.
pub(crate) async fn held(tx: &mut Tx, id: CaseId) -> Result<Option<Case>, StorageError> {
    tx.row(&HELD, params![id.uuid()]).await?.as_ref().map(case_of).transpose()
}

/// The open case of a thing.
pub(crate) async fn open(
    tx: &mut Tx,
    (kind, subject): (&str, &ObjectRef),
) -> Result<Option<Case>, StorageError> {
    let values = params![kind, subject.kind.as_str(), subject.id.as_str()];
    tx.row(&OPEN, values).await?.as_ref().map(case_of).transpose()
}

/// The same, which nobody else changes until this transaction ends.
pub(crate) async fn open_held(
    tx: &mut Tx,
    (kind, subject): (&str, &ObjectRef),
) -> Result<Option<Case>, StorageError> {
    let values = params![kind, subject.kind.as_str(), subject.id.as_str()];
    tx.row(&OPEN_HELD, values).await?.as_ref().map(case_of).transpose()
}

/// Which cases are listed.
pub(crate) struct Listed {
    pub role: Role,
    pub before: Option<CaseId>,
    pub state: Option<CaseState>,
    pub assignee: Option<UserId>,
    pub count_max: usize,
}

/// Those that a role sees, the latest first.
pub(crate) async fn list(tx: &mut Tx, listed: &Listed) -> Result<Vec<Case>, StorageError> {
    let values = params![
        format!("% {} %", listed.role),
        listed.before.map(CaseId::uuid),
        listed.state.map(CaseState::as_str),
        listed.assignee.map(UserId::uuid),
        listed.count_max,
    ];
    tx.rows(&LIST, values).await?.iter().map(case_of).collect()
}

pub(crate) async fn assign(
    tx: &mut Tx,
    (id, to): (CaseId, Option<UserId>),
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&ASSIGN, params![id.uuid(), to.map(UserId::uuid), now]).await
}

pub(crate) async fn prioritise(
    tx: &mut Tx,
    (id, priority): (CaseId, Priority),
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&PRIORITISE, params![id.uuid(), priority.as_str(), now]).await
}

pub(crate) async fn postpone(
    tx: &mut Tx,
    (id, due_at): (CaseId, Timestamp),
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&POSTPONE, params![id.uuid(), due_at, now]).await
}

/// Escalates a case that is due and open; whether it was, and had not been escalated.
pub(crate) async fn escalate(
    tx: &mut Tx,
    id: CaseId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(tx.execute(&ESCALATE, params![id.uuid(), now]).await? == 1)
}

pub(crate) async fn decide(
    tx: &mut Tx,
    (id, choice): (CaseId, &str),
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&DECIDE, params![id.uuid(), choice, now]).await
}

/// Closes a case, if it is open.
pub(crate) fn close(id: CaseId, now: Timestamp) -> RowChange {
    RowChange::unguarded(&CLOSE, params![id.uuid(), now])
}

/// Each between blanks, so that no role is found in another's name.
fn joined(roles: &[Role]) -> String {
    roles.iter().fold(" ".to_owned(), |all, role| all + role.as_str() + " ")
}

fn case_of(row: &Row) -> Result<Case, StorageError> {
    let (readers, state): (String, String) = (row.get(4)?, row.get(5)?);
    let (priority, assignee): (String, Option<Uuid>) = (row.get(6)?, row.get(7)?);
    let readers = readers.split_whitespace().map(|role| role.parse().map_err(damaged));
    Ok(Case {
        id: CaseId::from_uuid(row.get(0)?),
        kind: row.get(1)?,
        subject: ObjectRef { kind: row.get(2)?, id: row.get(3)? },
        readers: readers.collect::<Result<_, StorageError>>()?,
        state: state.parse().map_err(damaged)?,
        priority: priority.parse().map_err(damaged)?,
        assignee: assignee.map(UserId::from_uuid),
        due_at: row.get(8)?,
        escalated_at: row.get(9)?,
        choice: row.get(10)?,
        created_at: row.get(11)?,
        changed_at: row.get(12)?,
    })
}
