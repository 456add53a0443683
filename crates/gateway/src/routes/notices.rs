//! Notices of the caller, read; how and where they are told, chosen.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::{Action, authorise};
use kernel::{Actor, PartyId};
use notices::{AddressId, DeliveryId, Language, NewAddress, NoticeId, Reader, user_party};
use storage::{Level, Mode, Tx};
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
use crate::wire::notice::{
    Delivery, LanguageQuery, Notice, NoticeScope, NoticesQuery, ReadNoticesRequest, ScopeQuery,
    UnreadNotices,
};
use crate::wire::notice_preference::{
    AddressConfirmation, NewAddressRequest, NoticeAddress, NoticeOffer, NoticePreferences,
    WebhookSecrets,
};
use crate::wire::page::{Page, PageQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadNotices, routes!(list_notices)))
        .routes(allow(Action::ReadNotices, routes!(count_unread_notices)))
        .routes(allow(Action::ReadNotices, routes!(read_notices)))
        .routes(allow(Action::ReadNotices, routes!(get_notice_offer)))
        .routes(allow(Action::ChooseNotices, routes!(get_notice_preferences)))
        .routes(allow(Action::ChooseNotices, routes!(put_notice_preferences)))
        .routes(allow(Action::ChooseNotices, routes!(list_notice_addresses)))
        .routes(allow(Action::ChooseNotices, routes!(add_notice_address)))
        .routes(allow(Action::ChooseNotices, routes!(remove_notice_address)))
        .routes(allow(Action::ChooseNotices, routes!(ask_notice_address)))
        .routes(allow(Action::ChooseNotices, routes!(confirm_notice_address)))
        .routes(allow(Action::ChooseNotices, routes!(resume_notice_address)))
        .routes(allow(Action::ChooseNotices, routes!(test_notice_address)))
        .routes(allow(Action::ChooseNotices, routes!(get_webhook_secrets)))
        .routes(allow(Action::ChooseNotices, routes!(rotate_webhook_secret)))
        .routes(allow(Action::ReadNotices, routes!(get_notice)))
        .routes(allow(Action::ReadNotices, routes!(read_notice)))
        .routes(allow(Action::ChooseNotices, routes!(replay_notice)))
}

/// List notices
///
/// Those for the caller, and for whoever keeps the tenant those for the tenant itself; the latest
/// first.
#[utoipa::path(get, path = "/notices", tag = "notices", params(NoticesQuery),
    responses((status = 200, description = "The notices.", body = Page<Notice>)))]
async fn list_notices(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<NoticesQuery>,
) -> Result<Response, ApiError> {
    let NoticesQuery { unread, language, limit, cursor } = query;
    let page = PageQuery { limit, cursor }.read(tag(&format!("notices {unread}")))?;
    let mut tx = caller.read(&app).await?;
    let reader = reader(&caller);
    let language = spoken(&mut tx, &reader, language.map(Language::from)).await?;
    let service = &app.services.notices;
    let found = notices::notices(&mut tx, service, (&reader, language), (unread, &page)).await?;
    tx.commit().await?;
    let next_cursor = found.next.as_ref().map(ToString::to_string);
    let tenant = caller.context.tenant;
    let items = found.items.into_iter().map(|read| Notice::of(read, tenant));
    answer::ok(&Page { items: items.collect::<Result<_, _>>()?, next_cursor })
}

/// Count unread notices
#[utoipa::path(get, path = "/notices/unread", tag = "notices",
    responses((status = 200, description = "How many there are.", body = UnreadNotices)))]
async fn count_unread_notices(
    State(app): State<App>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let unread = notices::unread(&mut tx, &reader(&caller)).await?;
    tx.commit().await?;
    answer::ok(&UnreadNotices { unread })
}

/// Mark notices as read
///
/// All up to one of them, at most 1000 at once; the answer says how many are left.
#[utoipa::path(post, path = "/notices/read", tag = "notices", request_body = ReadNoticesRequest,
    responses((status = 200, description = "How many are left.", body = UnreadNotices)))]
async fn read_notices(
    State(app): State<App>,
    caller: Caller,
    command: Command<Json<ReadNoticesRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let Json(request) = &turn.payload;
    let through = request
        .through
        .parse::<NoticeId>()
        .map_err(|error| ApiError::field(kernel::FieldFault::new("through", "id", error)))?;
    let reader = reader(&caller);
    notices::read_all(&mut turn.tx, &turn.context, &reader, through).await?;
    let unread = notices::unread(&mut turn.tx, &reader).await?;
    turn.answer(StatusCode::OK, &UnreadNotices { unread }).await
}

/// Get a notice
///
/// With its deliveries and each of their attempts.
#[utoipa::path(get, path = "/notices/{notice}", tag = "notices",
    params(("notice" = String, Path, description = "The notice."), LanguageQuery),
    responses((status = 200, description = "The notice.", body = Notice)))]
async fn get_notice(
    State(app): State<App>,
    caller: Caller,
    Ids(notice): Ids<NoticeId>,
    Query(query): Query<LanguageQuery>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let reader = reader(&caller);
    let language = spoken(&mut tx, &reader, query.language.map(Language::from)).await?;
    let service = &app.services.notices;
    let read = notices::notice(&mut tx, service, (&reader, language), notice).await?;
    let deliveries = notices::deliveries(&mut tx, notice).await?;
    tx.commit().await?;
    let deliveries = deliveries.into_iter().map(Delivery::from).collect();
    let shown = Notice::of(read, caller.context.tenant)?;
    answer::ok(&Notice { deliveries: Some(deliveries), ..shown })
}

/// Mark a notice as read
#[utoipa::path(post, path = "/notices/{notice}/read", tag = "notices",
    params(("notice" = String, Path, description = "The notice.")),
    responses((status = 200, description = "How many are left.", body = UnreadNotices)))]
async fn read_notice(
    State(app): State<App>,
    caller: Caller,
    Ids(notice): Ids<NoticeId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let reader = reader(&caller);
    notices::read(&mut turn.tx, &turn.context, &reader, notice).await?;
    let unread = notices::unread(&mut turn.tx, &reader).await?;
    turn.answer(StatusCode::OK, &UnreadNotices { unread }).await
}

/// Send a notice again
///
/// To one address, at once and under the same id: a receiver that has it already knows it again.
#[utoipa::path(post, path = "/notices/{notice}/deliveries/{delivery}/replay", tag = "notices",
    params(("notice" = String, Path, description = "The notice."),
        ("delivery" = String, Path, description = "Its delivery.")),
    responses((status = 200, description = "Its deliveries.", body = Page<Delivery>)))]
async fn replay_notice(
    State(app): State<App>,
    caller: Caller,
    Ids((notice, delivery)): Ids<(NoticeId, DeliveryId)>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let who = (&reader(&caller), Language::En);
    notices::notice(&mut turn.tx, &app.services.notices, who, notice).await?;
    notices::replay(&mut turn.tx, &turn.context, (notice, delivery)).await?;
    let deliveries = notices::deliveries(&mut turn.tx, notice).await?;
    let deliveries = deliveries.into_iter().map(Delivery::from).collect();
    turn.answer(StatusCode::OK, &Page::only(deliveries)).await
}

/// Get what there is to choose from
#[utoipa::path(get, path = "/notices/offer", tag = "notices",
    responses((status = 200, description = "Kinds and channels.", body = NoticeOffer)))]
async fn get_notice_offer(State(app): State<App>, _: Caller) -> Result<Response, ApiError> {
    let service = &app.services.notices;
    let kinds = service.kinds().map(|kind| kind.name.to_owned()).collect();
    let channels = service.channels().map(Into::into).collect();
    answer::ok(&NoticeOffer { kinds, channels, push_key: service.push_key() })
}

/// Get preferences
#[utoipa::path(get, path = "/notices/preferences", tag = "notices", params(ScopeQuery),
    responses((status = 200, description = "As they stand.", body = NoticePreferences)))]
async fn get_notice_preferences(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ScopeQuery>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut tx = caller.read(&app).await?;
    let preferences = notices::preferences(&mut tx, recipient).await?;
    tx.commit().await?;
    answer::ok(&NoticePreferences::from(preferences))
}

/// Set preferences
///
/// All of them: what is left out of the choices is told at once.
#[utoipa::path(put, path = "/notices/preferences", tag = "notices", params(ScopeQuery),
    request_body = NoticePreferences,
    responses((status = 200, description = "As they stand.", body = NoticePreferences)))]
async fn put_notice_preferences(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ScopeQuery>,
    Json(request): Json<NoticePreferences>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let wanted = notices::Preferences::from(request);
    let mut tx = write(&app, &caller).await?;
    notices::put_preferences(&mut tx, &caller.context, recipient, &wanted).await?;
    let preferences = notices::preferences(&mut tx, recipient).await?;
    tx.commit().await?;
    answer::ok(&NoticePreferences::from(preferences))
}

/// List addresses
///
/// Where somebody is told; they are few, so there is one page.
#[utoipa::path(get, path = "/notices/addresses", tag = "notices", params(ScopeQuery),
    responses((status = 200, description = "The addresses.", body = Page<NoticeAddress>)))]
async fn list_notice_addresses(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ScopeQuery>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut tx = caller.read(&app).await?;
    let found = notices::addresses(&mut tx, recipient).await?;
    tx.commit().await?;
    answer::ok(&Page::only(found.into_iter().map(NoticeAddress::from).collect()))
}

/// Add an address
///
/// Whoever reads an e-mail or a telephone is asked first: the address is `unconfirmed`, and nothing
/// but the question is sent there, until they follow its link or its code is entered.
#[utoipa::path(post, path = "/notices/addresses", tag = "notices", params(ScopeQuery),
    request_body = NewAddressRequest,
    responses((status = 201, description = "Added.", body = NoticeAddress)))]
async fn add_notice_address(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ScopeQuery>,
    command: Command<Json<NewAddressRequest>>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let Json(request) = &turn.payload;
    let (channel, secret) = (request.channel.into(), request.secret());
    let new = NewAddress { recipient, channel, address: &request.address, secret };
    let service = &app.services.notices;
    let added = notices::add_address(&mut turn.tx, &turn.context, service, new).await?;
    turn.answer(StatusCode::CREATED, &NoticeAddress::from(added)).await
}

/// Remove an address
///
/// What waits for it is not sent.
#[utoipa::path(delete, path = "/notices/addresses/{address}", tag = "notices",
    params(("address" = String, Path, description = "The address."), ScopeQuery),
    responses((status = 204, description = "Removed.")))]
async fn remove_notice_address(
    State(app): State<App>,
    caller: Caller,
    Ids(address): Ids<AddressId>,
    Query(query): Query<ScopeQuery>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut tx = write(&app, &caller).await?;
    notices::remove_address(&mut tx, &caller.context, recipient, address).await?;
    tx.commit().await?;
    Ok(answer::nothing())
}

/// Ask again at an address
///
/// One that is unconfirmed. What was sent before confirms it no more; at most five questions and
/// tests go to an address on a day.
#[utoipa::path(post, path = "/notices/addresses/{address}/confirmation", tag = "notices",
    params(("address" = String, Path, description = "The address."), ScopeQuery),
    responses((status = 200, description = "As it stands.", body = NoticeAddress)))]
async fn ask_notice_address(
    State(app): State<App>,
    caller: Caller,
    Ids(address): Ids<AddressId>,
    Query(query): Query<ScopeQuery>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let stands = notices::ask_address(&mut turn.tx, &turn.context, recipient, address).await?;
    turn.answer(StatusCode::OK, &NoticeAddress::from(stands)).await
}

/// Confirm an address by its code
///
/// The code that was sent to a telephone. Five wrong ones, and another is to be sent. An address
/// that is confirmed already stays as it is.
#[utoipa::path(put, path = "/notices/addresses/{address}/confirmation", tag = "notices",
    params(("address" = String, Path, description = "The address."), ScopeQuery),
    request_body = AddressConfirmation,
    responses((status = 200, description = "As it stands.", body = NoticeAddress)))]
async fn confirm_notice_address(
    State(app): State<App>,
    caller: Caller,
    Ids(address): Ids<AddressId>,
    Query(query): Query<ScopeQuery>,
    Json(request): Json<AddressConfirmation>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let (database, whose) = (&app.services.database, (recipient, address));
    let stands = notices::confirm_code(database, &caller.context, whose, &request.code).await?;
    answer::ok(&NoticeAddress::from(stands))
}

/// Use an address again
///
/// One that is suspended or unsubscribed. Whoever ended it, or never confirmed it, is asked first.
#[utoipa::path(post, path = "/notices/addresses/{address}/resume", tag = "notices",
    params(("address" = String, Path, description = "The address."), ScopeQuery),
    responses((status = 200, description = "As it stands.", body = NoticeAddress)))]
async fn resume_notice_address(
    State(app): State<App>,
    caller: Caller,
    Ids(address): Ids<AddressId>,
    Query(query): Query<ScopeQuery>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    notices::resume_address(&mut turn.tx, &turn.context, recipient, address).await?;
    let stands = notices::address(&mut turn.tx, recipient, address).await?;
    turn.answer(StatusCode::OK, &NoticeAddress::from(stands)).await
}

/// Get a webhook's secrets
///
/// By which a receiver knows that a message is ours (Standard Webhooks).
#[utoipa::path(get, path = "/notices/addresses/{address}/secrets", tag = "notices",
    params(("address" = String, Path, description = "The address."), ScopeQuery),
    responses((status = 200, description = "Its secrets.", body = WebhookSecrets)))]
async fn get_webhook_secrets(
    State(app): State<App>,
    caller: Caller,
    Ids(address): Ids<AddressId>,
    Query(query): Query<ScopeQuery>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut tx = caller.read(&app).await?;
    let found = notices::address(&mut tx, recipient, address).await?;
    tx.commit().await?;
    let secrets = found.secret.map(|secret| secret.signing).unwrap_or_default();
    answer::ok(&WebhookSecrets { secrets })
}

/// Replace a webhook's secret
///
/// Messages are signed with the new one and with the last one, so that a receiver may learn the new
/// one in its own time. The answer holds neither: they are asked for.
#[utoipa::path(post, path = "/notices/addresses/{address}/rotate", tag = "notices",
    params(("address" = String, Path, description = "The address."), ScopeQuery),
    responses((status = 200, description = "As it stands.", body = NoticeAddress)))]
async fn rotate_webhook_secret(
    State(app): State<App>,
    caller: Caller,
    Ids(address): Ids<AddressId>,
    Query(query): Query<ScopeQuery>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let stands = notices::rotate_secret(&mut turn.tx, &turn.context, recipient, address).await?;
    turn.answer(StatusCode::OK, &NoticeAddress::from(stands)).await
}

/// Send a test to an address
///
/// A notice that says nothing, at once and to this address alone. At most five questions and tests
/// go to an address on a day.
#[utoipa::path(post, path = "/notices/addresses/{address}/test", tag = "notices",
    params(("address" = String, Path, description = "The address."), ScopeQuery),
    responses((status = 200, description = "The notice, on its way.", body = Notice)))]
async fn test_notice_address(
    State(app): State<App>,
    caller: Caller,
    Ids(address): Ids<AddressId>,
    Query(query): Query<ScopeQuery>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let recipient = recipient(&caller, query.scope)?;
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let id = notices::test_notice(&mut turn.tx, &turn.context, (recipient, address)).await?;
    let (service, reader) = (&app.services.notices, reader(&caller));
    let who = (&reader, spoken(&mut turn.tx, &reader, None).await?);
    let read = notices::notice(&mut turn.tx, service, who, id).await?;
    let deliveries = notices::deliveries(&mut turn.tx, id).await?;
    let deliveries = deliveries.into_iter().map(Delivery::from).collect();
    let shown = Notice::of(read, turn.context.tenant)?;
    turn.answer(StatusCode::OK, &Notice { deliveries: Some(deliveries), ..shown }).await
}

/// Whose notices the caller sees: their own, and those of the tenant where they keep it.
fn reader(caller: &Caller) -> Reader {
    let own = own(caller);
    let keeps = authorise(caller.claims.role, Action::KeepNotices).is_ok();
    let household = keeps.then(|| vault::own_party(caller.context.tenant));
    Reader { id: own.uuid(), own, household }
}

/// The party that the caller is. Whoever works on the data directory is the tenant itself.
fn own(caller: &Caller) -> PartyId {
    match caller.context.actor {
        Actor::User { id } => user_party(id),
        Actor::Owner | Actor::System { .. } | Actor::Anonymous => {
            vault::own_party(caller.context.tenant)
        }
    }
}

/// Whose preferences and addresses a request is about.
fn recipient(caller: &Caller, scope: NoticeScope) -> Result<PartyId, ApiError> {
    match scope {
        NoticeScope::Own => Ok(own(caller)),
        NoticeScope::Household => {
            authorise(caller.claims.role, Action::KeepNotices)?;
            Ok(vault::own_party(caller.context.tenant))
        }
    }
}

/// The language that was asked for, or that the reader chose.
async fn spoken(
    tx: &mut Tx,
    reader: &Reader,
    asked: Option<Language>,
) -> Result<Language, ApiError> {
    match asked {
        Some(language) => Ok(language),
        None => Ok(notices::preferences(tx, reader.own).await?.language),
    }
}

async fn write(app: &App, caller: &Caller) -> Result<Tx, ApiError> {
    let level = Level::Tenant(caller.context.tenant);
    Ok(app.services.database.begin(level, Mode::Write).await?)
}
