//! Whether a command may be done now, and the rows that use its approval up.

use kernel::Context;
use storage::journal::RowChange;
use storage::log::emission;
use storage::{Tx, crypto};

use crate::command::Command;
use crate::error::ApprovalsError;
use crate::event::{ApprovalUsed, ApprovalWaived};
use crate::model::ApprovalState;
use crate::people::{named, requirement};
use crate::store;

/// The rows that the command must carry: they use its approval up, in the commit that does it and
/// once. Where nobody's approval is needed, because there is nobody who could give it, they say so
/// in the log.
///
/// A guard among them fails where the approval was used, withdrawn or over between this question
/// and the commit; the command is then asked about anew.
///
/// # Errors
/// [`ApprovalsError::Needed`], [`ApprovalsError::Undecided`], [`ApprovalsError::Void`] or
/// [`ApprovalsError::Barred`]: it may not be done.
pub async fn clear(
    tx: &mut Tx,
    context: &Context,
    command: &Command,
) -> Result<Vec<RowChange>, ApprovalsError> {
    let now = context.now();
    let open = store::request::open(tx, command, now).await?;
    let open = open.filter(|open| open.state != ApprovalState::Expired);
    let hash = crypto::hex(&command.hash);
    if let Some(open) = &open
        && open.state == ApprovalState::Approved
        && open.hash == command.hash
    {
        let used = ApprovalUsed { approval: open.id, command: hash };
        let guard = store::request::use_up(open.id, command.hash, now);
        return Ok(vec![guard, emission(context, &used)?.1]);
    }
    let needed = requirement(tx, context, command).await?;
    match open {
        _ if needed.people == 0 => {
            let (kind, subject) = (command.kind.name.to_owned(), command.subject.clone());
            let waived = ApprovalWaived { kind, subject, command: hash };
            Ok(vec![emission(context, &waived)?.1])
        }
        Some(open) if open.hash != command.hash => Err(ApprovalsError::Void { approval: open.id }),
        Some(open) => Err(ApprovalsError::Undecided { approval: open.id }),
        None => {
            let roles = named(needed.roles);
            Err(ApprovalsError::Needed { people: needed.people, roles })
        }
    }
}
