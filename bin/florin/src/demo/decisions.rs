//! What waits for the family's decision: a file that says something else of a line that is booked,
//! and an import of long ago that somebody wants to undo.

use anyhow::Context as _;
use identity::{NewUser, Role, Secret};
use kernel::env::SystemEntropy;
use kernel::{Actor, Context, Env, ManualClock, PageRequest, TenantId, Timestamp};
use storage::{Level, Mode};
use wealth::Upload;

use super::password;
use super::statements::{ACCOUNTS, File};
use crate::platform::Platform;

/// The file that was brought long ago.
pub const BROUGHT_EARLY: &str = "everyday-2026-08.ofx";
/// 2026-09-20T08:00:00Z, in microseconds since 1970: more than thirty days before the demo's date.
const EARLY_MICROS: i64 = 1_789_891_200_000_000;
/// The file that the bank sends again, with another amount in its first line.
const SENT_AGAIN: &str = "everyday-2026-10.ofx";
const AMOUNTS: (&str, &str) = ("<TRNAMT>-13.98\n", "<TRNAMT>-15.98\n");
/// What it is called then.
pub const DOUBTFUL: &str = "everyday-2026-10-again.ofx";

const EMAIL: &str = "mark@florin.example";
const REASON: &str = "August was brought from the old bank's files too";

/// The context of what was done in time for it to be long ago.
pub fn early(context: &Context) -> Context {
    let clock = ManualClock::at(Timestamp::from_micros(EARLY_MICROS));
    Context { env: Env::new(clock, std::sync::Arc::new(SystemEntropy)), ..context.clone() }
}

/// Brings the doubtful file, and lets another member of the family ask.
pub async fn add(platform: &Platform, context: &Context) -> anyhow::Result<()> {
    let mut files = ACCOUNTS.iter().flat_map(|account| account.files);
    let file: &File = files.find(|file| file.name == SENT_AGAIN).context("no file to be sent")?;
    let text = String::from_utf8(file.bytes.to_vec())?.replace('\r', "");
    anyhow::ensure!(text.contains(AMOUNTS.0), "{SENT_AGAIN} begins with another amount");
    let bytes = text.replacen(AMOUNTS.0, AMOUNTS.1, 1).into_bytes();
    let upload = Upload { file_name: DOUBTFUL.to_owned(), bytes, ..Upload::default() };
    let staged = platform.wealth.stage(context, upload).await?;
    anyhow::ensure!(staged.counts().review == 1, "it is in no doubt: {:?}", staged.counts());

    let imports = platform.wealth.imports(context, &PageRequest::first(200)).await?.items;
    let early = imports.into_iter().find(|import| import.file_name == BROUGHT_EARLY);
    let early = early.context("nothing was brought early")?;
    let mark = member(platform, context).await?;
    let mut tx = platform.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
    platform.wealth.ask_undo(&mark, &mut tx, (early.id, REASON)).await?;
    Ok(tx.commit().await?)
}

/// Another grown-up of the family; the context of what they do.
async fn member(platform: &Platform, context: &Context) -> anyhow::Result<Context> {
    let visitor = Context::new(platform.env.clone(), TenantId::COMMON, Actor::Anonymous);
    let new = NewUser {
        email: EMAIL.to_owned(),
        password: Secret::new(password::random(&platform.env)),
        name: "Mark Hargreaves".to_owned(),
        family_name: "Hargreaves".to_owned(),
        currency: "AUD".to_owned(),
        country: Some("AU".to_owned()),
    };
    let session = platform.identity.register(&visitor, new, None).await?;
    let mut tx = platform.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
    platform.identity.add_member(context, &mut tx, EMAIL, Role::Adult).await?;
    tx.commit().await?;
    Ok(Context { actor: Actor::User { id: session.user.id }, ..context.clone() })
}
