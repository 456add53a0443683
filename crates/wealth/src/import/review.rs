//! The case of an import's lines that may be booked already: one for an import, while there are
//! such lines and nobody has decided about them.
//!
//! What must stay true: deciding the case decides all of its lines in the same transaction; where
//! people decide line by line at the import, book or discard it, the case closes with that.

use cases::{Applies, Case, CaseKind, Priority};
use futures_util::future::BoxFuture;
use identity::Role;
use kernel::{Context, Problem, Problematic as _};
use storage::journal::RowChange;
use storage::log::ObjectRef;
use storage::{Tx, params, sql};

use super::assess::is_judged;
use super::error::ImportError;
use super::model::{Decision, ImportId, ImportStatus, LineStatus};
use super::query::{import_row, require};
use super::store;
use super::store::decisions::{self, Taken};
use super::store::lines::StagedLine;
use crate::error::WealthError;

sql! {
    // All lines of the import that a person may decide about, as a decision of each would leave
    // them.
    DECIDE_ALL = "UPDATE wealth_import_line SET decision = $2, status = $3
                  WHERE tenant = app_tenant() AND import = $1 AND status = 'review'
                      AND of_import IS NOT NULL";
}

static REVIEW: CaseKind = CaseKind {
    name: "wealth.import.review",
    choices: &["book", "skip"],
    readers: &[Role::Owner, Role::Adult, Role::Adviser],
    deciders: &[Role::Owner, Role::Adult],
    priority: Priority::Normal,
    due_seconds: 7 * 86_400,
};

/// Decides all lines of an import that are in review: they are booked with it, or left out.
pub struct ReviewImport;

impl Applies for ReviewImport {
    fn kind(&self) -> &'static CaseKind {
        &REVIEW
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut Tx,
        context: &'a Context,
        (case, choice): (&'a Case, &'a str),
    ) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let decided = decide_all(tx, context, (&case.subject.id, choice)).await;
            decided.map_err(|error| error.problem())
        })
    }
}

async fn decide_all(
    tx: &mut Tx,
    context: &Context,
    (import, choice): (&str, &str),
) -> Result<(), WealthError> {
    let wrong = |field: &str, detail: &str| WealthError::field(field, field, detail);
    let id: ImportId = import.parse().map_err(|_| wrong("case", "it is about no import"))?;
    let (decision, status) = match choice.parse() {
        Ok(Decision::Book) => (Decision::Book, LineStatus::New),
        Ok(Decision::Skip) => (Decision::Skip, LineStatus::Skipped),
        Err(_) => return Err(wrong("choice", "it is book or skip")),
    };
    let row = import_row(tx, id).await?;
    require(&row, ImportStatus::Staged)?;
    // Whoever books at the same moment finds another version, and looks again.
    store::touch(tx, &row).await?;
    let staged = store::lines::staged(tx, id).await?;
    let open = staged.into_iter().filter(is_open).map(|line| {
        let taken = Taken { decision, from: LineStatus::Review, to: status, why: line.verdict.why };
        (line.number, taken)
    });
    decisions::keep(tx, context, id, open.collect()).await?;
    let values = params![id.uuid(), decision.code(), status.code()];
    match tx.execute(&DECIDE_ALL, values).await? {
        0 => Err(ImportError::Changed { import: id }.into()),
        _ => Ok(()),
    }
}

/// Whether it may be booked already, and a person is to say.
fn is_open(line: &StagedLine) -> bool {
    line.verdict.status == LineStatus::Review && line.verdict.of.is_some() && is_judged(line)
}

/// Opens the case of an import whose lines were judged just now, where some are to be decided
/// about, and closes it where none is.
pub(super) async fn follow(
    tx: &mut Tx,
    context: &Context,
    (import, lines): (ImportId, &[StagedLine]),
) -> Result<(), WealthError> {
    if lines.iter().any(is_open) {
        cases::open(tx, context, &REVIEW, &subject(import)).await?;
        return Ok(());
    }
    close(tx, context, import, "lines_decided").await
}

/// Closes the case of an import, if there is one.
pub(super) async fn close(
    tx: &mut Tx,
    context: &Context,
    import: ImportId,
    why: &str,
) -> Result<(), WealthError> {
    Ok(cases::close(tx, context, (&REVIEW, &subject(import)), why).await?)
}

/// The same as rows that the command carries which books it.
pub(super) async fn closing(
    tx: &mut Tx,
    context: &Context,
    import: ImportId,
) -> Result<Vec<RowChange>, WealthError> {
    let thing = (&REVIEW, &subject(import));
    Ok(cases::closing(tx, context, thing, "import_booked").await?)
}

fn subject(import: ImportId) -> ObjectRef {
    ObjectRef::new("import", import)
}
