//! The saga of a remittance: what follows what, as one function.
//!
//! It is a commit in two phases, over two books. Both sides hold the amount, which proves that both
//! accounts let it through; then the giver's hold is posted, and then the taker's. What is not sure
//! is therefore in transit, and never in both books: the only edge to `arriving` comes from a
//! posting on the giver's side, and the only ones that give back come from where the taker's hold
//! is void.
//!
//! ```text
//! holding ──▶ announcing ──▶ sending ──▶ arriving ──▶ settling ──▶ arrived
//!    │             │            │            │
//!    │             ▼            ▼            ▼
//!    └─▶ releasing ◀── withdrawing          recalling ──▶ refunding
//!            └───────────────▶ returned ◀──────────────────────┘
//! ```

use kernel::TenantId;
use sagas::{Input, Next};
use serde::{Deserialize, Serialize};

/// Between whom; what is sent stands in the giver's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Who gives.
    pub giver: TenantId,
    /// Who takes.
    pub taker: TenantId,
}

/// Where it is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is being held on the account that gives.
    Holding,
    /// It is being announced to the account that takes.
    Announcing,
    /// It is leaving the account. There is no way back from here but by a refusal.
    Sending,
    /// It is in transit, and being put into the account that takes.
    Arriving,
    /// It is there, and the giver's side is told.
    Settling,
    /// It is there.
    Arrived,
    /// What was announced, or still may be, is being withdrawn; it has not left.
    Withdrawing {
        /// Why.
        why: String,
    },
    /// The giver's hold is being released.
    Releasing {
        /// Why.
        why: String,
    },
    /// What was announced is being withdrawn; it has left.
    Recalling {
        /// Why.
        why: String,
    },
    /// It is being given back.
    Refunding {
        /// Why.
        why: String,
    },
    /// It is back, or has never left.
    Returned {
        /// Why.
        why: String,
    },
}

/// What is done on one of the sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Giver: holds the amount on the account.
    Hold,
    /// Taker: holds the amount towards the account.
    Announce,
    /// Giver: posts the hold, into transit.
    Send,
    /// Taker: posts the hold, into the account.
    Arrive,
    /// Giver: out of transit, to what was sent.
    Settle,
    /// Taker: voids the hold, or sees to it that none comes.
    Withdraw {
        /// Why.
        why: String,
    },
    /// Giver: voids the hold, or sees to it that none comes.
    Release {
        /// Why.
        why: String,
    },
    /// Giver: out of transit, back to the account.
    Refund {
        /// Why.
        why: String,
    },
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brought {
    /// It is done.
    Did,
    /// One of the books, or the payee, does not let it.
    Refused {
        /// The code of the reason.
        code: String,
    },
}

/// How long a step of one side may take, until it is late.
const SECONDS: i64 = 24 * 3_600;

/// Why it goes back where nobody refused it.
const UNWANTED: &str = "unwanted";
const LATE: &str = "late";

/// The first step.
pub(crate) fn begin(plan: &Plan) -> Next<State, Step> {
    step(plan.giver, State::Holding, Step::Hold)
}

/// Where it goes from a state.
pub(crate) fn decide(plan: &Plan, state: &State, input: Input<Brought>) -> Next<State, Step> {
    let Plan { giver, taker } = *plan;
    let why = match &input {
        Input::Brought(Brought::Did) => None,
        Input::Brought(Brought::Refused { code }) => Some(code.clone()),
        Input::Late => Some(LATE.to_owned()),
        Input::Undo => Some(UNWANTED.to_owned()),
    };
    let is_refused = matches!(input, Input::Brought(Brought::Refused { .. }));
    match (state, why) {
        (State::Holding, None) => step(taker, State::Announcing, Step::Announce),
        (State::Holding, Some(why)) if is_refused => Next::Undone(State::Returned { why }),
        (State::Holding, Some(why)) => release(giver, why),
        (State::Announcing, None) => step(giver, State::Sending, Step::Send),
        (State::Announcing, Some(why)) if is_refused => release(giver, why),
        (State::Announcing, Some(why)) => withdraw(taker, why),
        (State::Sending, None) => step(taker, State::Arriving, Step::Arrive),
        (State::Sending, Some(why)) if is_refused => withdraw(taker, why),
        (State::Arriving, None) => step(giver, State::Settling, Step::Settle),
        (State::Arriving, Some(why)) if is_refused => {
            let recalling = State::Recalling { why: why.clone() };
            step(taker, recalling, Step::Withdraw { why })
        }
        (State::Settling, None) => Next::Done(State::Arrived),
        (State::Withdrawing { why }, None) => release(giver, why.clone()),
        (State::Recalling { why }, None) => {
            let refunding = State::Refunding { why: why.clone() };
            step(giver, refunding, Step::Refund { why: why.clone() })
        }
        (State::Releasing { why } | State::Refunding { why }, None) => {
            Next::Undone(State::Returned { why: why.clone() })
        }
        // From where it has left there is no way back because somebody wants one, and what goes
        // back already goes on going back.
        (
            State::Sending
            | State::Arriving
            | State::Settling
            | State::Withdrawing { .. }
            | State::Recalling { .. }
            | State::Releasing { .. }
            | State::Refunding { .. },
            Some(_),
        )
        | (State::Arrived | State::Returned { .. }, _) => Next::Stay,
    }
}

fn release(giver: TenantId, why: String) -> Next<State, Step> {
    step(giver, State::Releasing { why: why.clone() }, Step::Release { why })
}

fn withdraw(taker: TenantId, why: String) -> Next<State, Step> {
    step(taker, State::Withdrawing { why: why.clone() }, Step::Withdraw { why })
}

const fn step(tenant: TenantId, state: State, step: Step) -> Next<State, Step> {
    Next::Step { state, step, tenant, seconds: SECONDS }
}
