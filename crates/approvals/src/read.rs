//! Requests as people see them.

use kernel::{Context, Cursor, Page, PageRequest, UserId};
use storage::Tx;
use vault::RowKey;

use crate::decide::say;
use crate::error::ApprovalsError;
use crate::model::{Approval, ApprovalId, ApprovalState, Decision};
use crate::store;
use crate::store::decision::DecisionRow;
use crate::store::request::RequestRow;

/// A request.
///
/// # Errors
/// [`ApprovalsError::ApprovalUnknown`]
pub async fn approval(
    tx: &mut Tx,
    context: &Context,
    id: ApprovalId,
) -> Result<Approval, ApprovalsError> {
    let unknown = ApprovalsError::ApprovalUnknown { approval: id };
    let Some(row) = store::request::one(tx, id, context.now()).await? else { return Err(unknown) };
    opened(tx, vec![row]).await?.pop().ok_or(unknown)
}

/// The requests of the transaction's tenant, the latest first; those of one state, where it is
/// said.
pub async fn approvals(
    tx: &mut Tx,
    context: &Context,
    state: Option<ApprovalState>,
    page: &PageRequest,
) -> Result<Page<Approval>, ApprovalsError> {
    let malformed = || ApprovalsError::field("cursor", "cursor", "it is not one of this list");
    let last = page.after.as_ref().and_then(|cursor| cursor.key.first());
    let before = last.map(|text| text.parse().map_err(|_| malformed())).transpose()?;
    let limit = usize::from(page.limit) + 1;
    let rows = store::request::list(tx, (before, state), context.now(), limit).await?;
    let items = opened(tx, rows).await?;
    let filter = page.filter;
    Ok(Page::cut(items, page.limit, |one| Cursor { filter, key: vec![one.id.to_string()] }))
}

/// Which of these requests a person may decide now, in their order: by their own word or by one
/// that was handed to them.
pub async fn decidable(
    tx: &mut Tx,
    context: &Context,
    (person, approvals): (UserId, &[Approval]),
) -> Result<Vec<bool>, ApprovalsError> {
    let members = identity::roles(tx, context.tenant).await?;
    let delegations = store::delegation::standing(tx, context.now()).await?;
    let may = |one: &Approval| {
        one.state == ApprovalState::Pending && say(one, person, &members, &delegations).is_ok()
    };
    Ok(approvals.iter().map(may).collect())
}

async fn opened(tx: &mut Tx, rows: Vec<RequestRow>) -> Result<Vec<Approval>, ApprovalsError> {
    let ids: Vec<ApprovalId> = rows.iter().map(|row| row.id).collect();
    let decisions = store::decision::of(tx, &ids).await?;
    let keys = rows.iter().filter_map(|row| row.content.key());
    let said = decisions.iter().flatten().filter_map(|row| row.reason.key());
    let opener = vault::opener(tx, keys.chain(said).collect::<Vec<_>>()).await?;
    let decision = |row: DecisionRow| -> Result<Decision, ApprovalsError> {
        Ok(Decision {
            person: row.person,
            on_behalf_of: Some(row.principal).filter(|principal| *principal != row.person),
            verdict: row.verdict,
            reason: opener.open(RowKey::of(row.id), &row.reason)?.content(),
            decided_at: row.decided_at,
        })
    };
    let one = |(row, decisions): (RequestRow, Vec<DecisionRow>)| {
        let content = opener.open(RowKey::of(row.id.uuid()), &row.content)?.content();
        Ok(Approval {
            id: row.id,
            kind: row.kind,
            subject: row.subject,
            hash: row.hash,
            content: content.map(|content| content.0),
            asked_by: row.asked_by,
            people: row.people,
            roles: row.roles,
            state: row.state,
            decisions: decisions.into_iter().map(decision).collect::<Result<_, _>>()?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            changed_at: row.changed_at,
        })
    };
    rows.into_iter().zip(decisions).map(one).collect()
}
