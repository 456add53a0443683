//! `florin jobs --system` and `florin schedules --system`: the system's own, which no tenant sees.
//! They are read and changed on the database, by whoever may open it; a server may run beside.

use kernel::{Actor, Context, Env, PageRequest, TenantId};
use serde_json::{Value as Json, json};
use storage::{Level, Mode, Tx};

use crate::cli::jobs::{Jobs, Schedules};
use crate::command::jobs::{show_list, show_one, show_schedules};
use crate::config::Config;
use crate::lock::make_data_dir;
use crate::platform::open_database;

/// The most jobs that are listed.
const LISTED_MAX: u16 = 200;

/// Does what is asked for with the system's jobs.
pub async fn jobs(config: &Config, asked: &Jobs) -> anyhow::Result<()> {
    let (mut tx, context) = begin(config).await?;
    let json = asked.whose().json;
    let job = match asked {
        Jobs::List { state, limit, .. } => {
            let state = state.as_deref().map(str::parse).transpose()?;
            let page = PageRequest::first((*limit).clamp(1, LISTED_MAX));
            let found = jobs::jobs(&mut tx, state, &page).await?;
            let items: Vec<Json> = found.items.iter().map(job_as_json).collect();
            return show_list(&json!({ "items": items }), json);
        }
        Jobs::Show(one) => jobs::job(&mut tx, one.job.parse()?).await?,
        Jobs::Cancel(one) => jobs::cancel(&mut tx, &context, one.job.parse()?).await?,
        Jobs::Retry(one) => jobs::retry(&mut tx, &context, one.job.parse()?).await?,
    };
    tx.commit().await?;
    show_one(&job_as_json(&job), json)
}

/// Does what is asked for with the system's schedules.
pub async fn schedules(config: &Config, asked: &Schedules) -> anyhow::Result<()> {
    let (mut tx, context) = begin(config).await?;
    let json = asked.whose().json;
    match asked {
        Schedules::List { .. } => {
            let found = jobs::schedules(&mut tx).await?;
            let items: Vec<Json> = found.iter().map(schedule_as_json).collect();
            show_schedules(&json!({ "items": items }), json)
        }
        Schedules::Run { name, .. } => {
            let enqueued = jobs::run_schedule(&mut tx, &context, name).await?;
            let job = jobs::job(&mut tx, enqueued.id).await?;
            tx.commit().await?;
            show_one(&job_as_json(&job), json)
        }
    }
}

async fn begin(config: &Config) -> anyhow::Result<(Tx, Context)> {
    let env = Env::system();
    make_data_dir(&config.data_dir())?;
    let database = open_database(config, &env).await?;
    let tx = database.begin(Level::Common, Mode::Write).await?;
    Ok((tx, Context::new(env, TenantId::COMMON, Actor::Owner)))
}

/// A job as the API shows those of a tenant, as far as people look.
fn job_as_json(job: &jobs::Job) -> Json {
    let time = |time: Option<kernel::Timestamp>| time.map(|time| time.to_string());
    let mut shown = json!({
        "id": job.id, "kind": job.kind, "args": job.args, "state": job.state,
        "run_at": job.run_at, "attempt": job.attempt, "attempts_max": job.attempts_max,
        "cancel_requested": job.cancel_requested, "enqueued_at": job.enqueued_at,
    });
    let error =
        job.error.as_ref().map(|error| json!({ "code": error.code, "detail": error.detail }));
    for (name, value) in [
        ("worker", job.worker.clone().map(Json::from)),
        ("schedule", job.schedule.clone().map(Json::from)),
        ("lease_until", time(job.lease_until).map(Json::from)),
        ("started_at", time(job.started_at).map(Json::from)),
        ("finished_at", time(job.finished_at).map(Json::from)),
        ("error", error),
    ] {
        if let Some(value) = value {
            shown[name] = value;
        }
    }
    shown
}

fn schedule_as_json(schedule: &jobs::Schedule) -> Json {
    json!({
        "name": schedule.name, "kind": schedule.kind, "args": schedule.args,
        "cron": schedule.cron, "zone": schedule.zone,
        "next_at": schedule.next_at.map(|time| time.to_string()),
        "last_at": schedule.last_at.map(|time| time.to_string()),
        "last_job": schedule.last_job.map(|job| job.to_string()),
    })
}
