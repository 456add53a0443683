//! Handing one's word to another, for a time.

use identity::{Action, authorise};
use kernel::{Context, Timestamp, UserId};
use storage::Tx;

use crate::error::ApprovalsError;
use crate::event::{DelegationEnded, WordDelegated};
use crate::limits::{DELEGATION_SECONDS_MAX, DELEGATIONS_MAX};
use crate::model::{Delegation, DelegationId};
use crate::people::person;
use crate::store;

/// Lets another member decide with the caller's word, until a time. It counts as one word, and for
/// nothing that the caller asked for themselves.
///
/// # Errors
/// A fault of the field `to` or `until`, or [`ApprovalsError::TooManyDelegations`].
pub async fn delegate(
    tx: &mut Tx,
    context: &Context,
    (to, until): (UserId, Timestamp),
) -> Result<Delegation, ApprovalsError> {
    let fault =
        |field: &str, rule: &str, detail: String| ApprovalsError::field(field, rule, detail);
    let Some(principal) = person(context) else {
        return Err(fault("to", "session", "sign in: a word is a person's".to_owned()));
    };
    let now = context.now();
    if until <= now || until > now.plus_seconds(DELEGATION_SECONDS_MAX) {
        let days = DELEGATION_SECONDS_MAX / 86_400;
        return Err(fault("until", "range", format!("from now, {days} days at most")));
    }
    let members = identity::roles(tx, context.tenant).await?;
    let role = members.into_iter().find(|(member, _)| *member == to).map(|(_, role)| role);
    let may = role.is_some_and(|role| authorise(role, Action::DecideApprovals).is_ok());
    if !may || to == principal {
        return Err(fault("to", "member", "it is another member who may decide".to_owned()));
    }
    if store::delegation::standing(tx, now).await?.len() >= usize::from(DELEGATIONS_MAX) {
        return Err(ApprovalsError::TooManyDelegations);
    }
    let id = DelegationId::from_uuid(context.env.new_uuid());
    let made = Delegation { id, principal, delegate: to, until, created_at: now };
    store::delegation::insert(tx, &made).await?;
    let event = WordDelegated { delegation: id, principal, delegate: to, until };
    tx.emit(context, &event).await?;
    Ok(made)
}

/// The delegations of the transaction's tenant that stand now, the oldest first.
pub async fn delegations(
    tx: &mut Tx,
    context: &Context,
) -> Result<Vec<Delegation>, ApprovalsError> {
    Ok(store::delegation::standing(tx, context.now()).await?)
}

/// Takes the caller's word back.
///
/// # Errors
/// [`ApprovalsError::DelegationUnknown`]
pub async fn end_delegation(
    tx: &mut Tx,
    context: &Context,
    id: DelegationId,
) -> Result<(), ApprovalsError> {
    let unknown = || ApprovalsError::DelegationUnknown { delegation: id };
    let principal = person(context).ok_or_else(unknown)?;
    let standing = store::delegation::standing(tx, context.now()).await?;
    let found = standing.into_iter().find(|one| one.id == id && one.principal == principal);
    let Delegation { delegate, .. } = found.ok_or_else(unknown)?;
    store::delegation::remove(tx, (id, principal)).await?;
    tx.emit(context, &DelegationEnded { delegation: id, principal, delegate }).await?;
    Ok(())
}
