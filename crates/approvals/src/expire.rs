//! The end of a request's time. It counts from the moment itself; this notes it and tells.

use jobs::{Done, Failure, Handler, JobArgs, Run};
use kernel::Problematic as _;
use serde::{Deserialize, Serialize};
use storage::Tx;

use crate::error::ApprovalsError;
use crate::event::ApprovalEnded;
use crate::model::{ApprovalId, ApprovalState};
use crate::{store, tell};

/// Notes that a request's time is over.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ExpireApproval {
    /// Which.
    pub approval: ApprovalId,
}

impl JobArgs for ExpireApproval {
    const KIND: &'static str = "approvals.expire";
}

/// Does such jobs.
pub struct Expire;

impl Handler for Expire {
    type Args = ExpireApproval;

    async fn run(&self, run: &Run, args: ExpireApproval) -> Result<Done, Failure> {
        let mut tx = run.begin().await?;
        match expire(&mut tx, run, args.approval).await {
            Ok(()) => Ok(Done::In(tx)),
            Err(error) => {
                let problem = error.problem();
                Err(Failure::again(problem.code, &problem.detail))
            }
        }
    }
}

async fn expire(tx: &mut Tx, run: &Run, approval: ApprovalId) -> Result<(), ApprovalsError> {
    let context = run.context();
    let now = context.now();
    if !store::request::expire(tx, approval, now).await? {
        return Ok(());
    }
    let state = ApprovalState::Expired;
    tx.emit(context, &ApprovalEnded { approval, state }).await?;
    let asked_by = store::request::one(tx, approval, now).await?.and_then(|row| row.asked_by);
    tell::ended(tx, context, (approval, state), asked_by).await
}
