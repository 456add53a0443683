//! Working on a case: who looks at it, what is said, which files belong to it, how urgent it is.

use identity::Role;
use kernel::{Context, Timestamp, UserId};
use objects::{ObjectId, Reference};
use storage::Tx;

use crate::error::CasesError;
use crate::history::{case, held_open, note, person};
use crate::kind::Cases;
use crate::limits::DUE_SECONDS_MAX;
use crate::model::{Case, CaseId, Priority, Step};
use crate::open::plan_escalation;
use crate::{store, tell};

/// Says something to a case.
///
/// # Errors
/// [`CasesError::WrongState`] where it is over, or a fault of the field `comment`.
pub async fn comment(
    tx: &mut Tx,
    context: &Context,
    (role, id): (Role, CaseId),
    said: &str,
) -> Result<(), CasesError> {
    held_open(tx, role, id).await?;
    if said.trim().is_empty() {
        return Err(CasesError::field("comment", "required", "a comment says something"));
    }
    note(tx, context, (id, Step::Commented, None), said).await
}

/// Attaches a file, which is kept from then on as long as the case is.
///
/// # Errors
/// [`CasesError::WrongState`], or [`objects::ObjectsError::Unknown`].
pub async fn attach(
    tx: &mut Tx,
    context: &Context,
    (role, id): (Role, CaseId),
    (object, said): (ObjectId, &str),
) -> Result<(), CasesError> {
    held_open(tx, role, id).await?;
    let reference = Reference { kind: "cases.case", id: id.uuid() };
    objects::refer(tx, context, object, reference).await?;
    note(tx, context, (id, Step::Attached, Some(object.to_string())), said).await
}

/// Gives a case to somebody who may decide it, who is told; or to nobody.
///
/// # Errors
/// [`CasesError::WrongState`], or a fault of the field `to`.
pub async fn assign(
    tx: &mut Tx,
    context: &Context,
    service: &Cases,
    ((role, id), to): ((Role, CaseId), Option<UserId>),
) -> Result<Case, CasesError> {
    let stands = held_open(tx, role, id).await?;
    if stands.assignee == to {
        return Ok(stands);
    }
    if let Some(to) = to {
        let members = identity::roles(tx, context.tenant).await?;
        let found = members.into_iter().find(|(member, _)| *member == to);
        if !found.is_some_and(|(_, role)| service.decides(&stands.kind, role)) {
            let detail = "it is a member who may decide such cases";
            return Err(CasesError::field("to", "member", detail));
        }
    }
    store::case::assign(tx, (id, to), context.now()).await?;
    note(tx, context, (id, Step::Assigned, to.map(|to| to.to_string())), "").await?;
    if let Some(to) = to.filter(|to| Some(*to) != person(context)) {
        tell::assigned(tx, context, (&stands, to)).await?;
    }
    case(tx, role, id).await
}

/// Says how much a case matters.
///
/// # Errors
/// [`CasesError::WrongState`]
pub async fn prioritise(
    tx: &mut Tx,
    context: &Context,
    (role, id): (Role, CaseId),
    priority: Priority,
) -> Result<Case, CasesError> {
    let stands = held_open(tx, role, id).await?;
    if stands.priority != priority {
        store::case::prioritise(tx, (id, priority), context.now()).await?;
        let detail = Some(priority.as_str().to_owned());
        note(tx, context, (id, Step::Prioritised, detail), "").await?;
    }
    case(tx, role, id).await
}

/// Says when a case is due; it is escalated then, once more where it was before.
///
/// # Errors
/// [`CasesError::WrongState`], or a fault of the field `due_at`.
pub async fn postpone(
    tx: &mut Tx,
    context: &Context,
    (role, id): (Role, CaseId),
    due_at: Timestamp,
) -> Result<Case, CasesError> {
    held_open(tx, role, id).await?;
    let now = context.now();
    if due_at <= now || due_at > now.plus_seconds(DUE_SECONDS_MAX) {
        let detail = "a time to come, within a year";
        return Err(CasesError::field("due_at", "range", detail));
    }
    store::case::postpone(tx, (id, due_at), now).await?;
    note(tx, context, (id, Step::Postponed, Some(due_at.to_string())), "").await?;
    let stands = case(tx, role, id).await?;
    plan_escalation(tx, context, &stands).await?;
    Ok(stands)
}
