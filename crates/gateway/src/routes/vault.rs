//! Keys of the caller's tenant and its parties: how they stand, replacing them, erasing a party,
//! and all that is held about one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::PartyId;
use storage::{Level, Mode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Empty, Ids, Json, Query};
use crate::idempotency::{Begun, Command};
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::job::Job;
use crate::wire::page::{Page, PageQuery};
use crate::wire::vault::{HeldContent, Party, RotateKeysRequest, VaultStatus};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadVault, routes!(get_vault)))
        .routes(allow(Action::ReadVault, routes!(list_parties)))
        .routes(allow(Action::KeepVault, routes!(rotate_keys)))
        .routes(allow(Action::KeepVault, routes!(erase_party)))
        .routes(allow(Action::KeepVault, routes!(export_party)))
}

/// Get the vault
///
/// How the keys stand with which names and texts are sealed.
#[utoipa::path(get, path = "/vault", tag = "vault",
    responses((status = 200, description = "How they stand.", body = VaultStatus)))]
async fn get_vault(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let status = app.services.vault.status(&mut tx).await?;
    tx.commit().await?;
    answer::ok(&VaultStatus::of(status))
}

/// List parties
///
/// Those that something is or was sealed for, by their ids.
#[utoipa::path(get, path = "/vault/parties", tag = "vault", params(PageQuery),
    responses((status = 200, description = "The parties.", body = Page<Party>)))]
async fn list_parties(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiError> {
    let page = page.read(tag("parties"))?;
    let mut tx = caller.read(&app).await?;
    let found = app.services.vault.parties(&mut tx, &page).await?;
    tx.commit().await?;
    let next_cursor = found.next.as_ref().map(ToString::to_string);
    answer::ok(&Page { items: found.items.into_iter().map(Party::from).collect(), next_cursor })
}

/// Replace keys
///
/// A job does it in the background, and tells how far it is. Where one is under way, that one is
/// answered.
#[utoipa::path(post, path = "/vault/rotate", tag = "vault", request_body = RotateKeysRequest,
    responses((status = 200, description = "The job.", body = Job)))]
async fn rotate_keys(
    State(app): State<App>,
    command: Command<Json<RotateKeysRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let (vault, Json(request)) = (&app.services.vault, &turn.payload);
    let enqueued = vault.rotate(&mut turn.tx, &turn.context, request.parties).await?;
    let job = jobs::job(&mut turn.tx, enqueued.id).await?;
    turn.answer(StatusCode::OK, &Job::of(job)?).await
}

/// Erase a party
///
/// Its keys are destroyed, and with them whatever names and texts are held about it, for good: in
/// rows, in the log, and in backups that are restored; files too. Amounts, dates and hashes stay.
/// Refused while a legal hold keeps a file of the party.
#[utoipa::path(post, path = "/vault/parties/{party}/erase", tag = "vault",
    params(("party" = String, Path, description = "The party.")),
    responses((status = 200, description = "As it stands.", body = Party)))]
async fn erase_party(
    State(app): State<App>,
    Ids(party): Ids<PartyId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let vault = &app.services.vault;
    objects::check_erasable(&mut turn.tx, party).await?;
    let erased = vault.erase(&mut turn.tx, &turn.context, party).await?;
    turn.answer(StatusCode::OK, &Party::from(erased)).await
}

/// Export a party
///
/// All that is held about it in sealed columns, by table and row. A page may be short, or empty,
/// and still have another behind it. The log notes that somebody asked.
#[utoipa::path(get, path = "/vault/parties/{party}/export", tag = "vault",
    params(("party" = String, Path, description = "The party."), PageQuery),
    responses((status = 200, description = "What is held.", body = Page<HeldContent>)))]
async fn export_party(
    State(app): State<App>,
    caller: Caller,
    Ids(party): Ids<PartyId>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiError> {
    let page = page.read(tag(&format!("export {party}")))?;
    let (vault, context) = (&app.services.vault, &caller.context);
    let mut tx = caller.read(&app).await?;
    let found = vault.export(&mut tx, party, &page).await?;
    tx.commit().await?;
    if page.after.is_none() {
        let level = Level::Tenant(context.tenant);
        let mut tx = app.services.database.begin(level, Mode::Write).await?;
        vault.note_export(&mut tx, context, party).await?;
        tx.commit().await?;
    }
    let next_cursor = found.next.as_ref().map(ToString::to_string);
    let items = found.items.into_iter().map(HeldContent::from).collect();
    answer::ok(&Page { items, next_cursor })
}
