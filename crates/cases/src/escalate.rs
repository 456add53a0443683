//! A case that nobody has decided when it is due is urgent, and everybody who may decide it hears
//! of it.

use jobs::{Done, Failure, Handler, JobArgs, Run};
use kernel::Problematic as _;
use serde::{Deserialize, Serialize};
use storage::Tx;

use crate::error::CasesError;
use crate::history::note;
use crate::kind::Cases;
use crate::model::{CaseId, Step};
use crate::{store, tell};

/// Escalates a case, if it is due and open.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct EscalateCase {
    /// Which.
    pub case: CaseId,
}

impl JobArgs for EscalateCase {
    const KIND: &'static str = "cases.escalate";
}

/// Does such jobs.
pub struct Escalate(pub Cases);

impl Handler for Escalate {
    type Args = EscalateCase;

    async fn run(&self, run: &Run, args: EscalateCase) -> Result<Done, Failure> {
        let mut tx = run.begin().await?;
        match escalate(&mut tx, run, (&self.0, args.case)).await {
            Ok(()) => Ok(Done::In(tx)),
            Err(error) => {
                let problem = error.problem();
                Err(Failure::again(problem.code, &problem.detail))
            }
        }
    }
}

async fn escalate(
    tx: &mut Tx,
    run: &Run,
    (service, id): (&Cases, CaseId),
) -> Result<(), CasesError> {
    let context = run.context();
    let Some(case) = store::case::held(tx, id).await? else { return Ok(()) };
    // It was put off, decided or closed, or this job runs a second time.
    if !store::case::escalate(tx, id, context.now()).await? {
        return Ok(());
    }
    note(tx, context, (id, Step::Escalated, None), "").await?;
    let members = identity::roles(tx, context.tenant).await?;
    let deciders = members.into_iter().filter(|(_, role)| service.decides(&case.kind, *role));
    tell::escalated(tx, context, &case, deciders.map(|(member, _)| member).collect()).await
}
