//! Looking at cases, and writing down what happens to them.

use identity::Role;
use kernel::{Actor, Context, Cursor, Page, PageRequest, UserId};
use storage::Tx;
use vault::{RowKey, VaultError};

use crate::error::CasesError;
use crate::event::CaseChanged;
use crate::limits::{COMMENT_CHARS_MAX, ENTRIES_MAX};
use crate::model::{Case, CaseId, CaseState, Entry, Step};
use crate::open::entry;
use crate::store;
use crate::store::case::Listed;

/// Which cases are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseFilter {
    /// Only those of this state.
    pub state: Option<CaseState>,
    /// Only those that this person looks at.
    pub assignee: Option<UserId>,
}

/// The cases that a role sees, the latest first.
///
/// # Errors
/// A fault of the field `cursor`.
pub async fn cases(
    tx: &mut Tx,
    role: Role,
    filter: CaseFilter,
    page: &PageRequest,
) -> Result<Page<Case>, CasesError> {
    let malformed = || CasesError::field("cursor", "cursor", "it is not one of this list");
    let last = page.after.as_ref().and_then(|cursor| cursor.key.first());
    let before = last.map(|text| text.parse().map_err(|_| malformed())).transpose()?;
    let CaseFilter { state, assignee } = filter;
    let count_max = usize::from(page.limit) + 1;
    let items = store::case::list(tx, &Listed { role, before, state, assignee, count_max }).await?;
    let filter = page.filter;
    Ok(Page::cut(items, page.limit, |one| Cursor { filter, key: vec![one.id.to_string()] }))
}

/// A case that a role sees.
///
/// # Errors
/// [`CasesError::CaseUnknown`]
pub async fn case(tx: &mut Tx, role: Role, id: CaseId) -> Result<Case, CasesError> {
    let found = store::case::one(tx, id).await?.filter(|case| case.readers.contains(&role));
    found.ok_or(CasesError::CaseUnknown { case: id })
}

/// All that happened to a case that a role sees, the earliest first.
///
/// # Errors
/// [`CasesError::CaseUnknown`]
pub async fn history(tx: &mut Tx, role: Role, id: CaseId) -> Result<Vec<Entry>, CasesError> {
    case(tx, role, id).await?;
    let rows = store::entry::of(tx, id).await?;
    let keys: Vec<_> = rows.iter().filter_map(|row| row.said.as_ref()?.key()).collect();
    let opener = vault::opener(tx, keys).await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let said = match row.said {
            Some(said) => opener.open(RowKey::numbered(id.uuid(), row.number), &said)?.content(),
            None => None,
        };
        entries.push(Entry {
            number: u64::try_from(row.number).unwrap_or_default(),
            step: row.step,
            actor: row.actor,
            detail: row.detail,
            said,
            happened_at: row.happened_at,
        });
    }
    Ok(entries)
}

/// An open case that a role sees, held until the transaction ends.
pub(crate) async fn held_open(tx: &mut Tx, role: Role, id: CaseId) -> Result<Case, CasesError> {
    let found = store::case::held(tx, id).await?.filter(|case| case.readers.contains(&role));
    let case = found.ok_or(CasesError::CaseUnknown { case: id })?;
    match case.state {
        CaseState::Open => Ok(case),
        state @ (CaseState::Decided | CaseState::Closed) => {
            Err(CasesError::WrongState { case: id, state })
        }
    }
}

/// Writes down what happens to a case that the transaction holds, with what somebody says to it.
pub(crate) async fn note(
    tx: &mut Tx,
    context: &Context,
    (case, step, detail): (CaseId, Step, Option<String>),
    said: &str,
) -> Result<(), CasesError> {
    let said = said.trim();
    if said.chars().count() > COMMENT_CHARS_MAX {
        let detail = format!("a comment has at most {COMMENT_CHARS_MAX} characters");
        return Err(CasesError::field("comment", "too_long", detail));
    }
    let number = store::entry::next(tx, case).await?;
    // What time brings and what ends a case is always written down.
    let is_free = matches!(step, Step::Escalated | Step::Decided);
    if number > i64::try_from(ENTRIES_MAX).unwrap_or(i64::MAX) && !is_free {
        return Err(CasesError::TooMuchSaid { case });
    }
    let mut new = entry(context, (case, step, detail.clone()));
    if !said.is_empty() {
        let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
        let said: String = said.chars().map(plain).collect();
        let sealer = match vault::sealer(tx, context, vault::own_party(context.tenant)).await {
            Err(VaultError::PartyErased { .. }) => return Err(CasesError::Erased),
            sealer => sealer?,
        };
        new.said = Some(sealer.seal(RowKey::numbered(case.uuid(), number), &said)?);
    }
    store::entry::insert(tx, new).await?;
    tx.emit(context, &CaseChanged { case, step, detail }).await?;
    Ok(())
}

/// The person who acts; nobody in particular for the owner of the data directory, and the program.
pub(crate) const fn person(context: &Context) -> Option<UserId> {
    match context.actor {
        Actor::User { id } => Some(id),
        Actor::Owner | Actor::System { .. } | Actor::Anonymous => None,
    }
}
