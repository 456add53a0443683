//! Asking for approval, and taking the question back.

use jobs::{NewJob, Priority};
use kernel::Context;
use storage::{Tx, crypto};
use vault::{AsJson, RowKey, VaultError};

use crate::command::Command;
use crate::error::ApprovalsError;
use crate::event::{ApprovalAsked, ApprovalEnded};
use crate::expire::ExpireApproval;
use crate::limits::REASON_CHARS_MAX;
use crate::model::{Approval, ApprovalId, ApprovalState, Content};
use crate::people::{person, requirement};
use crate::store::request::RequestRow;
use crate::{read, store, tell};

/// Asks for approval of a command, and tells those who may give it. Where the same command was
/// asked for already, that request answers; where another command on the same thing was, it is
/// withdrawn.
///
/// # Errors
/// [`ApprovalsError::NotNeeded`], [`ApprovalsError::Barred`], or a fault of the field `reason`.
pub async fn ask(
    tx: &mut Tx,
    context: &Context,
    command: &Command,
    reason: &str,
) -> Result<Approval, ApprovalsError> {
    let reason = cleaned(reason)?;
    if reason.is_empty() {
        return Err(ApprovalsError::field("reason", "required", "say why it is wanted"));
    }
    let needed = requirement(tx, context, command).await?;
    if needed.people == 0 {
        return Err(ApprovalsError::NotNeeded);
    }
    let now = context.now();
    if let Some(open) = store::request::open_held(tx, command, now).await? {
        if open.state != ApprovalState::Expired && open.hash == command.hash {
            return read::approval(tx, context, open.id).await;
        }
        let over = match open.state {
            ApprovalState::Expired => ApprovalState::Expired,
            _ => ApprovalState::Withdrawn,
        };
        end(tx, context, open.id, over).await?;
    }
    let sealer = match vault::sealer(tx, context, vault::own_party(context.tenant)).await {
        Err(VaultError::PartyErased { .. }) => return Err(ApprovalsError::Erased),
        sealer => sealer?,
    };
    let id = ApprovalId::from_uuid(context.env.new_uuid());
    let content = Content { command: command.canonical.clone(), reason };
    let row = RequestRow {
        id,
        kind: command.kind.name.to_owned(),
        subject: command.subject.clone(),
        hash: command.hash,
        asked_by: person(context),
        people: needed.people,
        roles: needed.roles.to_vec(),
        state: ApprovalState::Pending,
        content: sealer.seal(RowKey::of(id.uuid()), &AsJson(content))?,
        created_at: now,
        expires_at: now.plus_seconds(command.kind.seconds_max),
        changed_at: now,
    };
    if !store::request::insert(tx, &row).await? {
        return Err(ApprovalsError::AskedMeanwhile);
    }
    let job = NewJob::of(&ExpireApproval { approval: id })?.with_priority(Priority::Low);
    jobs::enqueue(tx, context, job.at(row.expires_at)).await?;
    let asked = ApprovalAsked {
        approval: id,
        kind: row.kind.clone(),
        subject: row.subject.clone(),
        command: crypto::hex(&row.hash),
        people: row.people,
        expires_at: row.expires_at,
    };
    tx.emit(context, &asked).await?;
    tell::asked(tx, context, (&row, command.kind.asked), &needed.deciders).await?;
    read::approval(tx, context, id).await
}

/// Takes a question back: by whoever asked it.
///
/// # Errors
/// [`ApprovalsError::NoSay`], or [`ApprovalsError::WrongState`] where it is over.
pub async fn withdraw(
    tx: &mut Tx,
    context: &Context,
    id: ApprovalId,
) -> Result<Approval, ApprovalsError> {
    let found = store::request::held(tx, id, context.now()).await?;
    let found = found.ok_or(ApprovalsError::ApprovalUnknown { approval: id })?;
    if found.asked_by != person(context) {
        let why = "only who asked withdraws it";
        return Err(ApprovalsError::NoSay { approval: id, why });
    }
    match found.state {
        ApprovalState::Withdrawn => {}
        ApprovalState::Pending | ApprovalState::Approved => {
            end(tx, context, id, ApprovalState::Withdrawn).await?;
        }
        state @ (ApprovalState::Refused | ApprovalState::Expired | ApprovalState::Used) => {
            return Err(ApprovalsError::WrongState { approval: id, state });
        }
    }
    read::approval(tx, context, id).await
}

/// Ends a request that the transaction holds, and that is pending or approved.
async fn end(
    tx: &mut Tx,
    context: &Context,
    id: ApprovalId,
    state: ApprovalState,
) -> Result<(), ApprovalsError> {
    let now = context.now();
    for from in [ApprovalState::Pending, ApprovalState::Approved] {
        store::request::set(tx, id, (from, state), now).await?;
    }
    Ok(tx.emit(context, &ApprovalEnded { approval: id, state }).await.map(drop)?)
}

/// A reason as it is kept.
///
/// # Errors
/// Where it is too long.
pub(crate) fn cleaned(reason: &str) -> Result<String, ApprovalsError> {
    let reason = reason.trim();
    if reason.chars().count() > REASON_CHARS_MAX {
        let detail = format!("a reason has at most {REASON_CHARS_MAX} characters");
        return Err(ApprovalsError::field("reason", "too_long", detail));
    }
    let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    Ok(reason.chars().map(plain).collect())
}
