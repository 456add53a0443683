//! Files: uploads that may be resumed, downloads, and what keeps a file.

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::{Stream, StreamExt as _};
use identity::Action;
use kernel::{FieldFault, PartyId, Timestamp};
use objects::ObjectId;
use storage::{Level, Mode, Tx};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Json, Query, too_large};
use crate::idempotency::{Begun, Command};
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::import::FileBytes;
use crate::wire::object::{
    Hold, NewObjectRequest, Object, ObjectsQuery, OffsetQuery, RetentionRequest,
};
use crate::wire::page::{Page, PageQuery};
use crate::{answer, download};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadObjects, routes!(list_objects)))
        .routes(allow(Action::KeepObjects, routes!(begin_object)))
        .routes(allow(Action::ReadObjects, routes!(get_object)))
        .routes(allow(Action::KeepObjects, routes!(append_to_object)))
        .routes(allow(Action::KeepObjects, routes!(give_up_object)))
        .routes(allow(Action::ReadObjects, routes!(get_object_content)))
        .routes(allow(Action::KeepObjects, routes!(keep_object_until)))
        .routes(allow(Action::ReadObjects, routes!(list_object_holds)))
        .routes(allow(Action::HoldObjects, routes!(place_object_hold)))
        .routes(allow(Action::HoldObjects, routes!(release_object_hold)))
}

/// List files
///
/// The latest first, with uploads that are not complete.
#[utoipa::path(get, path = "/objects", tag = "objects", params(ObjectsQuery),
    responses((status = 200, description = "The files.", body = Page<Object>)))]
async fn list_objects(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ObjectsQuery>,
) -> Result<Response, ApiError> {
    let ObjectsQuery { party, limit, cursor } = query;
    let page = PageQuery { limit, cursor }.read(tag(&format!("objects {party:?}")))?;
    let party = party.as_deref().map(party_of).transpose()?;
    let found = app.services.objects.objects(&caller.context, party, &page).await?;
    answer::ok(&Page::of(found, Object::from))
}

/// Begin an upload
///
/// Says how many bytes will come. They are sent to the file in pieces, each of which begins where
/// the last one ended.
#[utoipa::path(post, path = "/objects", tag = "objects", request_body = NewObjectRequest,
    responses((status = 201, description = "Begun.", body = Object)))]
async fn begin_object(
    State(app): State<App>,
    command: Command<Json<NewObjectRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let (context, Json(request)) = (&turn.context, &turn.payload);
    let party = request.party.as_deref().map(party_of).transpose()?;
    let party = party.unwrap_or_else(|| vault::own_party(context.tenant));
    let new = objects::NewObject { party, name: &request.name };
    let begun = app.services.objects.begin(&mut turn.tx, context, &new, request.size).await?;
    turn.answer(StatusCode::CREATED, &Object::from(begun)).await
}

/// Get a file
///
/// Without its content. Of an upload, `received` is where the next piece begins. Where another file
/// has the same content, that one stands for both.
#[utoipa::path(get, path = "/objects/{object}", tag = "objects",
    params(("object" = String, Path, description = "The file.")),
    responses((status = 200, description = "As it stands.", body = Object)))]
async fn get_object(
    State(app): State<App>,
    caller: Caller,
    Ids(object): Ids<ObjectId>,
) -> Result<Response, ApiError> {
    answer::ok(&Object::from(app.services.objects.object(&caller.context, object).await?))
}

/// Continue an upload
///
/// The body is the next piece, at most 16 MiB. Where a connection broke off, `received` of the file
/// says how much of it has come to stay. A piece that begins elsewhere is refused (409), so that it
/// can be sent again without harm. With the last piece the file is stored, or checked first.
#[utoipa::path(patch, path = "/objects/{object}", tag = "objects",
    params(("object" = String, Path, description = "The file."), OffsetQuery),
    request_body(content = FileBytes, content_type = "application/octet-stream",
        description = "The piece."),
    responses((status = 200, description = "As it stands.", body = Object)))]
async fn append_to_object(
    State(app): State<App>,
    caller: Caller,
    Ids(object): Ids<ObjectId>,
    Query(OffsetQuery { offset }): Query<OffsetQuery>,
    request: Request,
) -> Result<Response, ApiError> {
    let piece = piece(request.into_body(), app.services.limits.upload_bytes_max)?;
    let objects = &app.services.objects;
    let stands = objects.append(&caller.context, (object, offset), piece).await?;
    answer::ok(&Object::from(stands))
}

/// Give a file up
///
/// It is no longer kept for its own sake: it goes a day later, where nothing else needs it. An
/// upload ends.
#[utoipa::path(delete, path = "/objects/{object}", tag = "objects",
    params(("object" = String, Path, description = "The file.")),
    responses((status = 204, description = "Given up.")))]
async fn give_up_object(
    State(app): State<App>,
    caller: Caller,
    Ids(object): Ids<ObjectId>,
) -> Result<Response, ApiError> {
    let mut tx = write(&app, &caller).await?;
    app.services.objects.give_up(&mut tx, &caller.context, object).await?;
    tx.commit().await?;
    Ok(answer::nothing())
}

/// Download a file
///
/// Whole, or a range of its bytes (`Range`, RFC 9110). Where its party was erased, nobody can read
/// it any more.
#[utoipa::path(get, path = "/objects/{object}/content", tag = "objects",
    params(("object" = String, Path, description = "The file.")),
    responses((status = 200, description = "The content.", body = FileBytes,
        content_type = "application/octet-stream")))]
async fn get_object_content(
    State(app): State<App>,
    caller: Caller,
    Ids(object): Ids<ObjectId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let place = app.stream_of(caller.context.tenant)?;
    let content = app.services.objects.open(&caller.context, object).await?;
    download::answer(content, &headers, place)
}

/// Keep a file until a time
///
/// Whether or not anything needs it. The time can be prolonged, and never shortened.
#[utoipa::path(put, path = "/objects/{object}/retention", tag = "objects",
    params(("object" = String, Path, description = "The file.")), request_body = RetentionRequest,
    responses((status = 200, description = "As it stands.", body = Object)))]
async fn keep_object_until(
    State(app): State<App>,
    caller: Caller,
    Ids(object): Ids<ObjectId>,
    Json(request): Json<RetentionRequest>,
) -> Result<Response, ApiError> {
    let until = request.until.parse::<Timestamp>();
    let until = until.map_err(|error| ApiError::field(FieldFault::new("until", "time", error)))?;
    let mut tx = write(&app, &caller).await?;
    let kept = objects::keep_until(&mut tx, &caller.context, object, until).await?;
    tx.commit().await?;
    answer::ok(&Object::from(kept))
}

/// List a file's legal holds
///
/// By their matters; they are few, so there is one page.
#[utoipa::path(get, path = "/objects/{object}/holds", tag = "objects",
    params(("object" = String, Path, description = "The file.")),
    responses((status = 200, description = "The holds.", body = Page<Hold>)))]
async fn list_object_holds(
    State(app): State<App>,
    caller: Caller,
    Ids(object): Ids<ObjectId>,
) -> Result<Response, ApiError> {
    let object = app.services.objects.object(&caller.context, object).await?;
    let mut tx = caller.read(&app).await?;
    let holds = objects::holds(&mut tx, object.id).await?;
    tx.commit().await?;
    answer::ok(&Page::only(holds.into_iter().map(Hold::from).collect()))
}

/// Place a legal hold
///
/// While there is one, nothing takes the file away, and its party cannot be erased.
#[utoipa::path(put, path = "/objects/{object}/holds/{matter}", tag = "objects",
    params(("object" = String, Path, description = "The file."),
        ("matter" = String, Path, description = "What it is for: a code.")),
    responses((status = 200, description = "The file's holds.", body = Page<Hold>)))]
async fn place_object_hold(
    State(app): State<App>,
    caller: Caller,
    Ids((object, matter)): Ids<(ObjectId, String)>,
) -> Result<Response, ApiError> {
    let mut tx = write(&app, &caller).await?;
    let holds = objects::place_hold(&mut tx, &caller.context, object, &matter).await?;
    tx.commit().await?;
    answer::ok(&Page::only(holds.into_iter().map(Hold::from).collect()))
}

/// Release a legal hold
///
/// One that is not there is no failure.
#[utoipa::path(delete, path = "/objects/{object}/holds/{matter}", tag = "objects",
    params(("object" = String, Path, description = "The file."),
        ("matter" = String, Path, description = "What it was for.")),
    responses((status = 200, description = "The holds that are left.", body = Page<Hold>)))]
async fn release_object_hold(
    State(app): State<App>,
    caller: Caller,
    Ids((object, matter)): Ids<(ObjectId, String)>,
) -> Result<Response, ApiError> {
    let mut tx = write(&app, &caller).await?;
    let holds = objects::release_hold(&mut tx, &caller.context, object, &matter).await?;
    tx.commit().await?;
    answer::ok(&Page::only(holds.into_iter().map(Hold::from).collect()))
}

/// The bytes of a body, up to a limit, as they come.
fn piece(
    body: Body,
    bytes_max: usize,
) -> Result<impl Stream<Item = Result<Bytes, String>> + Send + Unpin, ApiError> {
    if usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX) > bytes_max {
        return Err(too_large(bytes_max));
    }
    let mut left = bytes_max;
    Ok(body.into_data_stream().map(move |bytes| {
        let bytes = bytes.map_err(|error| error.to_string())?;
        let too_many = || format!("a piece has at most {bytes_max} bytes");
        left = left.checked_sub(bytes.len()).ok_or_else(too_many)?;
        Ok(bytes)
    }))
}

async fn write(app: &App, caller: &Caller) -> Result<Tx, ApiError> {
    let level = Level::Tenant(caller.context.tenant);
    Ok(app.services.database.begin(level, Mode::Write).await?)
}

fn party_of(text: &str) -> Result<PartyId, ApiError> {
    text.parse().map_err(|error| ApiError::field(FieldFault::new("party", "id", error)))
}
