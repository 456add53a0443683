//! Cases come and go with what they are about: its module opens and closes them.

use jobs::{NewJob, Priority as JobPriority};
use kernel::Context;
use storage::Tx;
use storage::journal::RowChange;
use storage::log::{ObjectRef, emission};

use crate::error::CasesError;
use crate::escalate::EscalateCase;
use crate::event::{CaseChanged, CaseOpened};
use crate::history::person;
use crate::kind::CaseKind;
use crate::model::{Case, CaseId, CaseState, Step};
use crate::store;
use crate::store::entry::NewEntry;

/// Opens a case of a thing, in the transaction of what it is about. Where one of its kind is open,
/// that one stands for both.
///
/// # Errors
/// Where the database fails.
pub async fn open(
    tx: &mut Tx,
    context: &Context,
    kind: &'static CaseKind,
    subject: &ObjectRef,
) -> Result<CaseId, CasesError> {
    let now = context.now();
    let case = Case {
        id: CaseId::from_uuid(context.env.new_uuid()),
        kind: kind.name.to_owned(),
        subject: subject.clone(),
        readers: kind.readers.to_vec(),
        state: CaseState::Open,
        priority: kind.priority,
        assignee: None,
        due_at: now.plus_seconds(kind.due_seconds),
        escalated_at: None,
        choice: None,
        created_at: now,
        changed_at: now,
    };
    if !store::case::insert(tx, &case).await? {
        let open = store::case::open(tx, (kind.name, subject)).await?;
        let busy = || storage::StorageError::Locked { place: "a case's thing".to_owned() };
        return Ok(open.ok_or_else(busy)?.id);
    }
    store::entry::insert(tx, entry(context, (case.id, Step::Opened, None))).await?;
    plan_escalation(tx, context, &case).await?;
    let CaseKind { name, .. } = kind;
    let opened = CaseOpened { case: case.id, kind: (*name).to_owned(), subject: subject.clone() };
    tx.emit(context, &opened).await?;
    Ok(case.id)
}

/// Closes the open case of a thing, if there is one, because there is nothing to decide any more;
/// `why` is a word of the module's.
///
/// # Errors
/// Where the database fails.
pub async fn close(
    tx: &mut Tx,
    context: &Context,
    (kind, subject): (&'static CaseKind, &ObjectRef),
    why: &str,
) -> Result<(), CasesError> {
    let Some(case) = store::case::open_held(tx, (kind.name, subject)).await? else {
        return Ok(());
    };
    for row in rows(context, case.id, why)? {
        tx.execute(row.statement, row.params).await?;
    }
    let step = Step::Closed;
    tx.emit(context, &CaseChanged { case: case.id, step, detail: Some(why.to_owned()) }).await?;
    Ok(())
}

/// The same as rows that a command carries. They change nothing where somebody decided the case
/// meanwhile.
///
/// # Errors
/// Where the database fails.
pub async fn closing(
    tx: &mut Tx,
    context: &Context,
    (kind, subject): (&'static CaseKind, &ObjectRef),
    why: &str,
) -> Result<Vec<RowChange>, CasesError> {
    let Some(case) = store::case::open(tx, (kind.name, subject)).await? else {
        return Ok(Vec::new());
    };
    let mut rows = rows(context, case.id, why)?;
    let (step, detail) = (Step::Closed, Some(why.to_owned()));
    rows.push(emission(context, &CaseChanged { case: case.id, step, detail })?.1);
    Ok(rows)
}

fn rows(context: &Context, case: CaseId, why: &str) -> Result<Vec<RowChange>, CasesError> {
    let closed = entry(context, (case, Step::Closed, Some(why.to_owned())));
    Ok(vec![store::case::close(case, context.now()), store::entry::adding(closed)])
}

/// Lets a case be escalated when it is due.
pub(crate) async fn plan_escalation(
    tx: &mut Tx,
    context: &Context,
    case: &Case,
) -> Result<(), CasesError> {
    let job = NewJob::of(&EscalateCase { case: case.id })?.with_priority(JobPriority::Low);
    jobs::enqueue(tx, context, job.at(case.due_at)).await?;
    Ok(())
}

/// An entry of what the context's actor does now.
pub(crate) fn entry(
    context: &Context,
    (case, step, detail): (CaseId, Step, Option<String>),
) -> NewEntry {
    let (actor, happened_at) = (person(context), context.now());
    NewEntry { case, step, actor, detail, said: None, happened_at }
}
