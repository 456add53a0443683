//! Undoing an import that was booked long ago needs the word of another person: its lines stand in
//! figures that others have looked at and reported since.

use approvals::{Approval, Command, CommandKind, Rule, Short};
use identity::Role;
use kernel::Context;
use notices::{Kind, Language, ParamType, Severity};
use storage::journal::RowChange;
use storage::log::ObjectRef;
use storage::{Level, Mode, Tx};

use super::draft::clean;
use super::model::{ImportId, ImportStatus};
use super::query::{import_row, require};
use super::store::ImportRow;
use crate::Wealth;
use crate::error::WealthError;

/// For how long after it was booked whoever may import undoes an import alone, in seconds: thirty
/// days.
pub const UNDO_ALONE_SECONDS: i64 = 30 * 86_400;

/// Somebody may approve that an import is undone.
pub(crate) static UNDO_ASKED: Kind = Kind {
    name: "wealth.import_undo_asked",
    severity: Severity::Warning,
    params: &[("until", ParamType::Date)],
    texts: &[
        (Language::En, include_str!("../../notices/undo-asked.en.txt")),
        (Language::De, include_str!("../../notices/undo-asked.de.txt")),
        (Language::Mn, include_str!("../../notices/undo-asked.mn.txt")),
    ],
};

static UNDO: CommandKind = CommandKind {
    name: "wealth.import.undo",
    rules: &[Rule { from: None, people: 1, roles: &[Role::Owner, Role::Adult] }],
    short: Short::AsMany,
    seconds_max: 14 * 86_400,
    asked: &UNDO_ASKED,
};

impl Wealth {
    /// Asks another person of the family to approve that an import is undone for a reason, which
    /// is then undone by [`Wealth::undo`] with the same reason.
    ///
    /// # Errors
    /// [`approvals::ApprovalsError::NotNeeded`] where it may be undone without.
    pub async fn ask_undo(
        &self,
        context: &Context,
        tx: &mut Tx,
        (id, reason): (ImportId, &str),
    ) -> Result<Approval, WealthError> {
        let import = import_row(tx, id).await?;
        require(&import, ImportStatus::Booked)?;
        if !is_old(&import, context) {
            return Err(approvals::ApprovalsError::NotNeeded.into());
        }
        let reason = clean(reason).unwrap_or_default();
        let asked = approvals::ask(tx, context, &command(&import, &reason)?, &reason).await?;
        Ok(asked)
    }

    /// What undoing an import must carry: the rows that use its approval up, where it needs one.
    ///
    /// # Errors
    /// Where it needs one and has none.
    pub(super) async fn undo_clearance(
        &self,
        context: &Context,
        (import, reason): (&ImportRow, &str),
    ) -> Result<Vec<RowChange>, WealthError> {
        if !is_old(import, context) {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let rows = approvals::clear(&mut tx, context, &command(import, reason)?).await?;
        tx.commit().await?;
        Ok(rows)
    }
}

fn is_old(import: &ImportRow, context: &Context) -> bool {
    let booked_at = import.booked_at.unwrap_or(import.created_at);
    context.now() > booked_at.plus_seconds(UNDO_ALONE_SECONDS)
}

/// The command, with the version of the import that it was decided on.
fn command(import: &ImportRow, reason: &str) -> Result<Command, WealthError> {
    let arguments = serde_json::json!({
        "book": import.book, "reason": reason, "version": import.version,
    });
    Ok(Command::new(&UNDO, ObjectRef::new("import", import.id), &arguments)?)
}
