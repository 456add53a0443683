//! `florin meters`: what was used, what may be used, and by which plan. Plans and grants are the
//! operator's: they are changed on the database, by whoever may open it; a server may run beside.

use identity::Tenant;
use kernel::{Actor, Context, Env, TenantId, Timestamp, UserId};
use meters::Allowance;
use serde_json::Value as Json;
use storage::{Level, Mode};

use crate::cli::meters::Meters;
use crate::command::table::{table, word};
use crate::command::{ask, escape, print};
use crate::config::Config;
use crate::connection::Connection;
use crate::lock::make_data_dir;
use crate::plans::METERS;
use crate::platform::open_database;

/// Asks the API what was used, and what may be.
pub async fn run(connection: &mut Connection, asked: &Meters) -> anyhow::Result<()> {
    match asked {
        Meters::Usage { hours, json } => {
            let span = if *hours { "hour" } else { "month" };
            let path = format!("/meters/usage?span={span}");
            show_usage(&ask(connection, "GET", &path, None).await?, *json)
        }
        Meters::Entitlements { user, json } => {
            let user = user.as_deref().map(|user| format!("?user={}", escape(user)));
            let path = format!("/meters/entitlements{}", user.unwrap_or_default());
            show_entitlements(&ask(connection, "GET", &path, None).await?, *json)
        }
        Meters::Plan { .. } | Meters::Grant { .. } => Ok(()),
    }
}

/// Changes what a family may use, on the database.
pub async fn change(config: &Config, named: Option<&str>, asked: &Meters) -> anyhow::Result<()> {
    let env = Env::system();
    make_data_dir(&config.data_dir())?;
    let database = open_database(config, &env).await?;
    let mut tx = database.begin(Level::Common, Mode::Read).await?;
    let tenant = chosen(&identity::tenants(&mut tx).await?, named)?;
    tx.commit().await?;
    let context = Context::new(env, tenant, Actor::Owner);
    let mut tx = database.begin(Level::of(tenant), Mode::Write).await?;
    match asked {
        Meters::Plan { plan } => meters::set_plan(&mut tx, &context, &METERS, plan).await?,
        Meters::Grant { feature, limit, user, until } => {
            let user = user.as_deref().map(str::parse::<UserId>).transpose()?;
            let until = until.as_deref().map(str::parse::<Timestamp>).transpose()?;
            let allowance = limit.map_or(Allowance::Unlimited, Allowance::UpTo);
            let what = (METERS.feature(feature)?, user);
            meters::grant(&mut tx, &context, what, (allowance, until)).await?;
        }
        Meters::Usage { .. } | Meters::Entitlements { .. } => {}
    }
    Ok(tx.commit().await?)
}

/// The only family, or the one that is named.
fn chosen(tenants: &[Tenant], named: Option<&str>) -> anyhow::Result<TenantId> {
    let fits = |tenant: &&Tenant| {
        named.is_none_or(|named| tenant.id.to_string() == named || tenant.name == named)
    };
    let found: Vec<&Tenant> = tenants.iter().filter(fits).collect();
    match found[..] {
        [tenant] => Ok(tenant.id),
        [] => anyhow::bail!("there is no such family"),
        _ => anyhow::bail!("name one family with --tenant"),
    }
}

fn show_usage(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |sum: &Json| {
        let mut cells = ["starts_at", "kind", "party"].map(|name| word(&sum[name])).to_vec();
        cells.push(sum["amount"].to_string());
        cells
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["FROM", "WHAT", "WHO", "HOW MUCH"], &rows, 3))
}

fn show_entitlements(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |one: &Json| {
        let words = one["why"].as_array().into_iter().flatten();
        let mut words = words.filter(|word| word["is_over"] == false);
        let why = words.next().map(|said| {
            format!("{} {}", word(&said["source"]), word(&said["plan"])).trim_end().to_owned()
        });
        let number = |value: &Json, none: &str| match value {
            Json::Null => none.to_owned(),
            value => value.to_string(),
        };
        vec![
            word(&one["feature"]),
            why.unwrap_or_default(),
            word(&one["resets_at"]),
            number(&one["used"], "-"),
            number(&one["limit"], "unlimited"),
        ]
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["WHAT", "BY", "ANEW ON", "USED", "LIMIT"], &rows, 3))
}
