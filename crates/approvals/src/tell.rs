//! Who is told what: those who may decide that they are asked, and whoever asked how it ended.

use kernel::{Context, UserId};
use notices::{Kind, Language, NewNotice, Param, Severity, user_party};
use storage::Tx;
use storage::log::ObjectRef;

use crate::error::ApprovalsError;
use crate::model::{ApprovalId, ApprovalState};
use crate::store::request::RequestRow;

const TEXTS: &[(Language, &str)] = &[
    (Language::En, include_str!("../texts/en.txt")),
    (Language::De, include_str!("../texts/de.txt")),
    (Language::Mn, include_str!("../texts/mn.txt")),
];

const fn ending(name: &'static str, severity: Severity) -> Kind {
    Kind { name, severity, params: &[], texts: TEXTS }
}

static APPROVED: Kind = ending("approvals.approved", Severity::Info);
static REFUSED: Kind = ending("approvals.refused", Severity::Warning);
static EXPIRED: Kind = ending("approvals.expired", Severity::Info);

/// The kinds of this module's notices.
pub static NOTICES: &[&Kind] = &[&APPROVED, &REFUSED, &EXPIRED];

/// Tells everybody who may decide.
pub(crate) async fn asked(
    tx: &mut Tx,
    context: &Context,
    (row, kind): (&RequestRow, &'static Kind),
    deciders: &[UserId],
) -> Result<(), ApprovalsError> {
    // Each has a key and preferences of their own; a tenant has few who may.
    for decider in deciders {
        let notice = NewNotice {
            kind,
            key: &row.id.to_string(),
            recipient: user_party(*decider),
            params: vec![("until", Param::date(row.expires_at.date()))],
            about: Some(ObjectRef::new("approval", row.id)),
        };
        notices::write(tx, context, &notice).await?;
    }
    Ok(())
}

/// Tells whoever asked, where the request has come to an end that others brought about.
pub(crate) async fn ended(
    tx: &mut Tx,
    context: &Context,
    (id, state): (ApprovalId, ApprovalState),
    asked_by: Option<UserId>,
) -> Result<(), ApprovalsError> {
    let kind = match state {
        ApprovalState::Approved => &APPROVED,
        ApprovalState::Refused => &REFUSED,
        ApprovalState::Expired => &EXPIRED,
        ApprovalState::Pending | ApprovalState::Withdrawn | ApprovalState::Used => return Ok(()),
    };
    let own = || vault::own_party(context.tenant);
    let notice = NewNotice {
        kind,
        key: &id.to_string(),
        recipient: asked_by.map_or_else(own, user_party),
        params: Vec::new(),
        about: Some(ObjectRef::new("approval", id)),
    };
    notices::write(tx, context, &notice).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_kind_has_every_language() {
        super::NOTICES.iter().for_each(|kind| notices::check_texts(kind).unwrap());
    }
}
