//! Deciding a case: what was decided is done in the same transaction, once.

use identity::Role;
use kernel::{Context, ErrorKind, Problem};
use storage::{StorageError, Tx};

use crate::error::CasesError;
use crate::history::{case, held_open, note};
use crate::kind::Cases;
use crate::model::{Case, CaseId, Step};
use crate::store;

/// Decides a case: one of the choices that its kind offers, with what there is to say to it.
///
/// # Errors
/// [`CasesError::MayNotDecide`], [`CasesError::WrongState`] where it is over, a fault of the field
/// `choice`, or what the module says that should do it: then nothing was decided.
pub async fn decide(
    tx: &mut Tx,
    context: &Context,
    service: &Cases,
    ((role, id), (choice, said)): ((Role, CaseId), (&str, &str)),
) -> Result<Case, CasesError> {
    let stands = held_open(tx, role, id).await?;
    let applies = service.of(&stands)?;
    let kind = applies.kind();
    if !kind.deciders.contains(&role) {
        return Err(CasesError::MayNotDecide { case: id });
    }
    if !kind.choices.contains(&choice) {
        let detail = format!("it is one of {}", kind.choices.join(", "));
        return Err(CasesError::field("choice", "choice", detail));
    }
    // First the case, so that what the module does finds it decided.
    store::case::decide(tx, (id, choice), context.now()).await?;
    applies.apply(tx, context, (&stands, choice)).await.map_err(refused)?;
    note(tx, context, (id, Step::Decided, Some(choice.to_owned())), said).await?;
    case(tx, role, id).await
}

/// A fault of ours within stays one, and what is only busy may be tried again.
fn refused(problem: Problem) -> CasesError {
    match problem.kind {
        ErrorKind::Internal => StorageError::Damaged { text: problem.code.to_owned() }.into(),
        _ => CasesError::Refused(problem),
    }
}
