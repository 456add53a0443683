//! Who may decide, as the tenant's members stand at this moment.

use identity::Role;
use kernel::{Actor, Context, UserId};
use storage::Tx;

use crate::command::{Command, Short};
use crate::error::ApprovalsError;

/// What a command needs of those who are there.
pub(crate) struct Requirement {
    /// How many must approve; none, where there is nobody besides the one who asks.
    pub people: u16,
    /// Of which roles each must be.
    pub roles: &'static [Role],
    /// Those who may.
    pub deciders: Vec<UserId>,
}

/// The person who acts. The owner of the data directory, at a command line without a session, is
/// nobody in particular, and so is the program itself.
pub(crate) const fn person(context: &Context) -> Option<UserId> {
    match context.actor {
        Actor::User { id } => Some(id),
        Actor::Owner | Actor::System { .. } | Actor::Anonymous => None,
    }
}

/// What a command needs where this person asks for it.
///
/// Whoever asks as nobody in particular may be any of those who could approve: one more of them
/// must, so that one at least is another.
///
/// # Errors
/// [`ApprovalsError::Barred`] where there are too few, and the command's kind says that it is then
/// not done.
pub(crate) async fn requirement(
    tx: &mut Tx,
    context: &Context,
    command: &Command,
) -> Result<Requirement, ApprovalsError> {
    let nobody = Requirement { people: 0, roles: &[], deciders: Vec::new() };
    let Some(rule) = command.rule() else { return Ok(nobody) };
    let asker = person(context);
    let members = identity::roles(tx, context.tenant).await?;
    let may = |(user, role): (UserId, Role)| rule.roles.contains(&role).then_some(user);
    let deciders: Vec<UserId> =
        members.into_iter().filter_map(may).filter(|user| Some(*user) != asker).collect();
    let unknown = u16::from(asker.is_none());
    let others = u16::try_from(deciders.len()).unwrap_or(u16::MAX).saturating_sub(unknown);
    if others < rule.people && command.kind.short == Short::Barred {
        return Err(ApprovalsError::Barred { people: rule.people, roles: named(rule.roles) });
    }
    match rule.people.min(others) {
        0 => Ok(nobody),
        people => Ok(Requirement { people: people + unknown, roles: rule.roles, deciders }),
    }
}

/// `owner, adult`
pub(crate) fn named(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
}
