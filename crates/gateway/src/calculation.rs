//! Arithmetic that takes longer than an async thread may: how many questions are let in, how many
//! are worked on at a time, and how long the caller waits for one.
//!
//! What must stay true:
//! - a question is let in before its body is read, so that what waits is bounded in memory;
//! - its body is read and its answer written beside the async threads, on at most
//!   [`AnalyticsLimits::calculations_max`] threads;
//! - one that is given up by its caller holds its places until its thread is done with it: what is
//!   under way is never more than what is counted.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer;
use crate::app::App;
use crate::beside::beside;
use crate::caller::Caller;
use crate::extract::Unread;
use crate::load::{Place, TenantLoad};
use crate::problem::ApiError;
use crate::services::AnalyticsLimits;

/// What is let in and worked on.
#[derive(Clone)]
pub(crate) struct Calculations {
    of_tenant: TenantLoad,
    questions: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    limits: AnalyticsLimits,
}

/// A question that was let in.
pub(crate) struct Admitted {
    workers: Arc<Semaphore>,
    places: (Place, OwnedSemaphorePermit),
    limits: AnalyticsLimits,
}

impl Calculations {
    pub(crate) fn new(limits: AnalyticsLimits) -> Self {
        Self {
            of_tenant: TenantLoad::new(limits.questions_per_tenant_max),
            questions: Arc::new(Semaphore::new(limits.questions_max)),
            workers: Arc::new(Semaphore::new(limits.calculations_max)),
            limits,
        }
    }

    fn admit(&self, caller: &Caller) -> Result<Admitted, ApiError> {
        let place = self.of_tenant.take(caller.context.tenant).ok_or_else(|| {
            let text = "too many calculations of this tenant are under way; wait for their answers";
            let status = StatusCode::TOO_MANY_REQUESTS;
            ApiError::new(status, "too_many_calculations", text).retry_after(1)
        })?;
        let question = self.questions.clone().try_acquire_owned().map_err(|_| {
            let text = "all places for calculations are taken; try again soon";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            ApiError::new(status, "calculations_full", text).retry_after(1)
        })?;
        let workers = self.workers.clone();
        Ok(Admitted { workers, places: (place, question), limits: self.limits })
    }
}

impl FromRequestParts<App> for Admitted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let caller = Caller::from_request_parts(parts, app).await?;
        app.calculations.admit(&caller)
    }
}

impl Admitted {
    /// Reads a question, works on it, and writes its answer down.
    pub(crate) async fn answer<Q, A>(
        self,
        question: Unread<Q>,
        work: impl FnOnce(Q, &AnalyticsLimits) -> Result<A, ApiError> + Send + 'static,
    ) -> Result<Response, ApiError>
    where
        Q: DeserializeOwned + 'static,
        A: Serialize,
    {
        let Self { workers, places, limits } = self;
        let worked = async move {
            let worker = workers.acquire_owned().await.map_err(ApiError::internal)?;
            let task = beside(move || {
                let _held = (places, worker);
                answer::ok(&work(question.read()?, &limits)?)
            });
            task.await?
        };
        let limit = Duration::from_millis(limits.calculation_ms_max);
        tokio::time::timeout(limit, worked).await.unwrap_or_else(|_| {
            let text = "the calculation took too long and was given up; try again with less";
            Err(ApiError::new(StatusCode::GATEWAY_TIMEOUT, "calculation_timeout", text))
        })
    }
}
