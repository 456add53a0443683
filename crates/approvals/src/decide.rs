//! Deciding: a word is said by a person, for themselves or for whoever handed theirs over.

use identity::Role;
use kernel::{Context, UserId};
use storage::Tx;
use vault::{RowKey, VaultError};

use crate::ask::cleaned;
use crate::error::ApprovalsError;
use crate::event::ApprovalDecided;
use crate::model::{Approval, ApprovalId, ApprovalState, Delegation, Verdict};
use crate::people::person;
use crate::store::decision::DecisionRow;
use crate::{read, store, tell};

/// Says a word to a request. One refusal refuses it; it is approved once enough have approved.
///
/// # Errors
/// [`ApprovalsError::NoSay`] for whoever asked and whoever is not of the roles,
/// [`ApprovalsError::DecidedAlready`], [`ApprovalsError::WrongState`], or a fault of the field
/// `reason`, which a refusal must have.
pub async fn decide(
    tx: &mut Tx,
    context: &Context,
    id: ApprovalId,
    (verdict, reason): (Verdict, &str),
) -> Result<Approval, ApprovalsError> {
    let Some(person) = person(context) else {
        let why = "sign in: the owner of the data directory is nobody in particular";
        return Err(ApprovalsError::NoSay { approval: id, why });
    };
    let now = context.now();
    // Held before it is counted: of two who approve at once, the later sees the earlier.
    let held = store::request::held(tx, id, now).await?;
    held.ok_or(ApprovalsError::ApprovalUnknown { approval: id })?;
    let reason = cleaned(reason)?;
    if verdict == Verdict::Refuse && reason.is_empty() {
        return Err(ApprovalsError::field("reason", "required", "say why it is refused"));
    }
    let stands = read::approval(tx, context, id).await?;
    if stands.decisions.iter().any(|one| one.person == person) {
        return Err(ApprovalsError::DecidedAlready { approval: id });
    }
    if stands.state != ApprovalState::Pending {
        return Err(ApprovalsError::WrongState { approval: id, state: stands.state });
    }
    let members = identity::roles(tx, context.tenant).await?;
    let delegations = store::delegation::standing(tx, now).await?;
    let said = say(&stands, person, &members, &delegations);
    let principal = said.map_err(|why| ApprovalsError::NoSay { approval: id, why })?;

    let sealer = match vault::sealer(tx, context, vault::own_party(context.tenant)).await {
        Err(VaultError::PartyErased { .. }) => return Err(ApprovalsError::Erased),
        sealer => sealer?,
    };
    let word = context.env.new_uuid();
    let reason = sealer.seal(RowKey::of(word), &reason)?;
    let row =
        DecisionRow { id: word, request: id, person, principal, verdict, reason, decided_at: now };
    store::decision::insert(tx, &row).await?;
    let state = match verdict {
        Verdict::Refuse => ApprovalState::Refused,
        Verdict::Approve if stands.approvals() + 1 >= usize::from(stands.people) => {
            ApprovalState::Approved
        }
        Verdict::Approve => ApprovalState::Pending,
    };
    if state != ApprovalState::Pending {
        store::request::set(tx, id, (ApprovalState::Pending, state), now).await?;
    }
    let on_behalf_of = Some(principal).filter(|principal| *principal != person);
    let decided = ApprovalDecided { approval: id, verdict, on_behalf_of, state };
    tx.emit(context, &decided).await?;
    tell::ended(tx, context, (id, state), stands.asked_by).await?;
    read::approval(tx, context, id).await
}

/// Whose word a person says to a request: their own, or else the first of those that were handed
/// to them.
///
/// # Errors
/// Why they have no say.
pub(crate) fn say(
    request: &Approval,
    person: UserId,
    members: &[(UserId, Role)],
    delegations: &[Delegation],
) -> Result<UserId, &'static str> {
    if request.asked_by == Some(person) {
        return Err("who asked does not approve");
    }
    let is_member = members.iter().any(|(member, _)| *member == person);
    if !is_member || request.decisions.iter().any(|one| one.person == person) {
        return Err("you have no word to say");
    }
    let may = |user: UserId| {
        let role = members.iter().find(|(member, _)| *member == user).map(|(_, role)| role);
        let has_said = |one: &crate::Decision| one.on_behalf_of.unwrap_or(one.person) == user;
        role.is_some_and(|role| request.roles.contains(role))
            && request.asked_by != Some(user)
            && !request.decisions.iter().any(has_said)
    };
    let handed = delegations.iter().filter(|one| one.delegate == person);
    let words = std::iter::once(person).chain(handed.map(|one| one.principal));
    words.into_iter().find(|user| may(*user)).ok_or("it asks for people of other roles")
}
