//! A job that was given up is told to whoever keeps its tenant.

use jobs::{Died, Done, Failure, Handler, Run};
use kernel::{Problematic as _, TenantId};
use storage::log::ObjectRef;

use crate::kind::Param;
use crate::service::JOB_DIED;
use crate::write::{NewNotice, write};

/// Writes a notice of each job of a tenant that died.
pub struct TellOfDeath;

impl Handler for TellOfDeath {
    type Args = Died;

    async fn run(&self, run: &Run, died: Died) -> Result<Done, Failure> {
        let context = run.context();
        // The system's jobs are nobody's; and whoever cannot be reached is not told of that.
        if context.tenant == TenantId::COMMON || died.kind.starts_with("notices.") {
            return Ok(Done::Nothing);
        }
        let mut tx = run.begin().await?;
        let notice = NewNotice {
            kind: &JOB_DIED,
            key: &format!("{} {}", died.job, died.token),
            recipient: vault::own_party(context.tenant),
            params: vec![
                ("kind", Param::text(&died.kind)),
                ("attempts", Param::count(died.attempt.into())),
                ("code", Param::text(&died.code)),
            ],
            about: Some(ObjectRef::new("job", died.job)),
        };
        match write(&mut tx, context, &notice).await {
            Ok(_) => Ok(Done::In(tx)),
            Err(error) => {
                let problem = error.problem();
                Err(Failure::again(problem.code, &problem.detail))
            }
        }
    }
}
