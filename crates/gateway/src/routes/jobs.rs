//! Jobs of the caller's tenant and their schedules: looked at and steered. They are enqueued by
//! what asks for them, not here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use jobs::JobId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Empty, Ids, Query};
use crate::idempotency::{Begun, Command};
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::job::{Job, JobsQuery, Schedule};
use crate::wire::page::{Page, PageQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadJobs, routes!(list_jobs)))
        .routes(allow(Action::ReadJobs, routes!(get_job)))
        .routes(allow(Action::SteerJobs, routes!(cancel_job)))
        .routes(allow(Action::SteerJobs, routes!(retry_job)))
        .routes(allow(Action::ReadJobs, routes!(list_schedules)))
        .routes(allow(Action::SteerJobs, routes!(run_schedule)))
}

/// List jobs
///
/// The latest first. Completed and cancelled ones are kept for seven days, dead ones for ninety.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(JobsQuery),
    responses((status = 200, description = "The jobs.", body = Page<Job>)))]
async fn list_jobs(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<JobsQuery>,
) -> Result<Response, ApiError> {
    let JobsQuery { state, limit, cursor } = query;
    let state = state.map(jobs::JobState::from);
    let page = PageQuery { limit, cursor }.read(tag(&format!("jobs {state:?}")))?;
    let mut tx = caller.read(&app).await?;
    let found = jobs::jobs(&mut tx, state, &page).await?;
    tx.commit().await?;
    let next_cursor = found.next.as_ref().map(ToString::to_string);
    let items = found.items.into_iter().map(Job::of).collect::<Result<_, _>>()?;
    answer::ok(&Page { items, next_cursor })
}

/// Get a job
#[utoipa::path(get, path = "/jobs/{job}", tag = "jobs",
    params(("job" = String, Path, description = "The job.")),
    responses((status = 200, description = "As it stands.", body = Job)))]
async fn get_job(
    State(app): State<App>,
    caller: Caller,
    Ids(job): Ids<JobId>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let found = jobs::job(&mut tx, job).await?;
    tx.commit().await?;
    answer::ok(&Job::of(found)?)
}

/// Cancel a job
///
/// One that waits never runs. One that runs is asked to stop, and may be done before it hears of
/// it: the answer shows how it stands now.
#[utoipa::path(post, path = "/jobs/{job}/cancel", tag = "jobs",
    params(("job" = String, Path, description = "The job.")),
    responses((status = 200, description = "As it stands.", body = Job)))]
async fn cancel_job(
    State(app): State<App>,
    Ids(job): Ids<JobId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let stands = jobs::cancel(&mut turn.tx, &turn.context, job).await?;
    turn.answer(StatusCode::OK, &Job::of(stands)?).await
}

/// Retry a job
///
/// At once: one that is dead or cancelled, or waits for its time. Its attempts are counted anew.
#[utoipa::path(post, path = "/jobs/{job}/retry", tag = "jobs",
    params(("job" = String, Path, description = "The job.")),
    responses((status = 200, description = "As it stands.", body = Job)))]
async fn retry_job(
    State(app): State<App>,
    Ids(job): Ids<JobId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let stands = jobs::retry(&mut turn.tx, &turn.context, job).await?;
    turn.answer(StatusCode::OK, &Job::of(stands)?).await
}

/// List schedules
///
/// By name; they are few, so there is one page.
#[utoipa::path(get, path = "/schedules", tag = "jobs",
    responses((status = 200, description = "The schedules.", body = Page<Schedule>)))]
async fn list_schedules(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let found = jobs::schedules(&mut tx).await?;
    tx.commit().await?;
    answer::ok(&Page::only(found.into_iter().map(Schedule::of).collect::<Result<_, _>>()?))
}

/// Run a schedule
///
/// Enqueues its job now, besides its times. Where its last one is not finished, that one is
/// answered.
#[utoipa::path(post, path = "/schedules/{schedule}/run", tag = "jobs",
    params(("schedule" = String, Path, description = "The schedule's name.")),
    responses((status = 200, description = "The job.", body = Job)))]
async fn run_schedule(
    State(app): State<App>,
    Ids(schedule): Ids<String>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let enqueued = jobs::run_schedule(&mut turn.tx, &turn.context, &schedule).await?;
    let job = jobs::job(&mut turn.tx, enqueued.id).await?;
    turn.answer(StatusCode::OK, &Job::of(job)?).await
}
