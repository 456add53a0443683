//! Importing statements: preview, decide, book, undo, discard; and what happened on the accounts.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use identity::Action;
use kernel::FieldFault;
use ledger::TransferId;
use statements::CsvMapping;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wealth::{AssetId, BookOptions, ImportId, TransactionFilter, Upload};

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::download;
use crate::extract::{Ids, Json, Query, Raw};
use crate::idempotency::Command;
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::asset::date;
use crate::wire::explanation::LineExplanation;
use crate::wire::gaps::AccountGaps;
use crate::wire::import::{
    BookRequest, DecideRequest, FileBytes, Import, ImportLine, LinesQuery, Transaction,
    TransactionQuery, UndoRequest, UploadQuery,
};
use crate::wire::page::{Page, PageQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadImports, routes!(list_imports)))
        .routes(allow(Action::ImportStatements, routes!(stage_import)))
        .routes(allow(Action::ReadImports, routes!(get_import)))
        .routes(allow(Action::ImportStatements, routes!(discard_import)))
        .routes(allow(Action::ReadImports, routes!(get_import_file)))
        .routes(allow(Action::ReadImports, routes!(list_import_lines)))
        .routes(allow(Action::ReadImports, routes!(explain_import_line)))
        .routes(allow(Action::ImportStatements, routes!(decide_import_line)))
        .routes(allow(Action::ImportStatements, routes!(book_import)))
        .routes(allow(Action::ImportStatements, routes!(undo_import)))
        .routes(allow(Action::ImportStatements, routes!(redo_import)))
        .routes(allow(Action::ReadTransactions, routes!(list_transactions)))
        .routes(allow(Action::ReadImports, routes!(list_asset_gaps)))
        .routes(allow(Action::ReadImports, routes!(explain_transaction)))
}

/// List imports
///
/// The latest first.
#[utoipa::path(get, path = "/imports", tag = "imports", params(PageQuery),
    responses((status = 200, description = "The imports.", body = Page<Import>)))]
async fn list_imports(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiError> {
    let page = page.read(tag("imports"))?;
    let found = app.services.wealth.imports(&caller.context, &page).await?;
    let next_cursor = found.next.as_ref().map(ToString::to_string);
    let items = found.items.into_iter().map(Import::of).collect::<Result<_, _>>();
    answer::ok(&Page { items: items.map_err(ApiError::internal)?, next_cursor })
}

/// Stage an import
///
/// The body is the file. The answer is the preview: nothing is booked. A file with faults is no
/// error; the answer names them.
#[utoipa::path(post, path = "/imports", tag = "imports", params(UploadQuery),
    request_body(content = FileBytes, content_type = "application/octet-stream",
        description = "The file, at most 16 MiB."),
    responses((status = 201, description = "What would be booked.", body = Import)))]
async fn stage_import(
    State(app): State<App>,
    Query(query): Query<UploadQuery>,
    command: Command<Raw>,
) -> Result<Response, ApiError> {
    let command = command.noted(&app).await?;
    let mapping = query.mapping.as_deref().map(serde_json::from_str::<CsvMapping>).transpose();
    let wrong = |error| ApiError::field(FieldFault::new("mapping", "mapping", error));
    let asset = query.account.as_deref().map(str::parse::<AssetId>).transpose();
    let upload = Upload {
        file_name: query.file_name,
        bytes: command.payload.0.to_vec(),
        csv_mapping: mapping.map_err(wrong)?,
        asset: asset.map_err(|error| ApiError::field(FieldFault::new("account", "id", error)))?,
    };
    let staged = app.services.wealth.stage(&command.context, upload).await?;
    show(StatusCode::CREATED, staged)
}

/// Get an import
#[utoipa::path(get, path = "/imports/{import}", tag = "imports",
    params(("import" = String, Path, description = "The import.")),
    responses((status = 200, description = "As it stands.", body = Import)))]
async fn get_import(
    State(app): State<App>,
    caller: Caller,
    Ids(import): Ids<ImportId>,
) -> Result<Response, ApiError> {
    show(StatusCode::OK, app.services.wealth.import(&caller.context, import).await?)
}

/// Discard an import
///
/// One of which nothing was booked: what was read from the file is forgotten. One that is booked is
/// undone instead.
#[utoipa::path(delete, path = "/imports/{import}", tag = "imports",
    params(("import" = String, Path, description = "The import.")),
    responses((status = 204, description = "Discarded.")))]
async fn discard_import(
    State(app): State<App>,
    caller: Caller,
    Ids(import): Ids<ImportId>,
) -> Result<Response, ApiError> {
    app.services.wealth.discard(&caller.context, import).await?;
    Ok(answer::nothing())
}

/// Download the file of an import
///
/// As it was sent, whole or a range of its bytes (`Range`, RFC 9110). Where its party was erased,
/// nobody can read it any more.
#[utoipa::path(get, path = "/imports/{import}/file", tag = "imports",
    params(("import" = String, Path, description = "The import.")),
    responses((status = 200, description = "The file.", body = FileBytes,
        content_type = "application/octet-stream")))]
async fn get_import_file(
    State(app): State<App>,
    caller: Caller,
    Ids(import): Ids<ImportId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let place = app.stream_of(caller.context.tenant)?;
    let file = app.services.wealth.import_file(&caller.context, import).await?;
    download::answer(file, &headers, place)
}

/// List the lines of an import
///
/// In the order of the file.
#[utoipa::path(get, path = "/imports/{import}/lines", tag = "imports",
    params(("import" = String, Path, description = "The import."), LinesQuery),
    responses((status = 200, description = "The lines.", body = Page<ImportLine>)))]
async fn list_import_lines(
    State(app): State<App>,
    caller: Caller,
    Ids(import): Ids<ImportId>,
    Query(query): Query<LinesQuery>,
) -> Result<Response, ApiError> {
    let LinesQuery { status, limit, cursor } = query;
    let status = status.map(wealth::LineStatus::from);
    let page = PageQuery { limit, cursor }.read(tag(&format!("lines {import} {status:?}")))?;
    let wealth = &app.services.wealth;
    let found = wealth.lines_of(&caller.context, import, status, &page).await?;
    answer::ok(&Page::of(found, ImportLine::from))
}

/// Explain a line
///
/// Why it is new, known, up for review, left out or booked: which question answered it, through
/// which line of which file, with what was compared; and what people decided about it.
#[utoipa::path(get, path = "/imports/{import}/lines/{line}", tag = "imports",
    params(("import" = String, Path, description = "The import."),
        ("line" = u32, Path, description = "The line's number in the import.")),
    responses((status = 200, description = "Why.", body = LineExplanation)))]
async fn explain_import_line(
    State(app): State<App>,
    caller: Caller,
    Ids((import, line)): Ids<(ImportId, u32)>,
) -> Result<Response, ApiError> {
    let explained = app.services.wealth.explain_line(&caller.context, import, line).await?;
    answer::ok(&LineExplanation::from(explained))
}

/// Decide about a line
///
/// Whatever was found about it. Of an import that is booked it is done at once: the line is booked,
/// or its transfer is taken back. It stays so when the line comes again.
#[utoipa::path(put, path = "/imports/{import}/lines/{line}", tag = "imports",
    params(("import" = String, Path, description = "The import."),
        ("line" = u32, Path, description = "The line's number in the import.")),
    request_body = DecideRequest,
    responses((status = 200, description = "The line.", body = ImportLine)))]
async fn decide_import_line(
    State(app): State<App>,
    caller: Caller,
    Ids((import, line)): Ids<(ImportId, u32)>,
    Json(request): Json<DecideRequest>,
) -> Result<Response, ApiError> {
    let decision = request.decision.into();
    let decided = app.services.wealth.decide(&caller.context, import, line, decision).await?;
    answer::ok(&ImportLine::from(decided))
}

/// Book an import
///
/// Everything that is new and sound, in one commit, or nothing.
#[utoipa::path(post, path = "/imports/{import}/book", tag = "imports",
    params(("import" = String, Path, description = "The import.")), request_body = BookRequest,
    responses((status = 200, description = "Booked.", body = Import)))]
async fn book_import(
    State(app): State<App>,
    Ids(import): Ids<ImportId>,
    command: Command<Json<BookRequest>>,
) -> Result<Response, ApiError> {
    let command = command.noted(&app).await?;
    let options = BookOptions { partial: command.payload.0.partial };
    let booked = app.services.wealth.book(&command.context, import, options).await?;
    show(StatusCode::OK, booked)
}

/// Undo an import
///
/// By reversing what it booked. Its lines can be imported again.
#[utoipa::path(post, path = "/imports/{import}/undo", tag = "imports",
    params(("import" = String, Path, description = "The import.")), request_body = UndoRequest,
    responses((status = 200, description = "Undone.", body = Import)))]
async fn undo_import(
    State(app): State<App>,
    Ids(import): Ids<ImportId>,
    command: Command<Json<UndoRequest>>,
) -> Result<Response, ApiError> {
    let command = command.noted(&app).await?;
    let reason = command.payload.0.reason.as_str();
    let undone = app.services.wealth.undo(&command.context, import, reason).await?;
    show(StatusCode::OK, undone)
}

/// Redo an import
///
/// One that was undone: what of it is new now is booked. Where something is to be decided first, it
/// is staged again.
#[utoipa::path(post, path = "/imports/{import}/redo", tag = "imports",
    params(("import" = String, Path, description = "The import.")), request_body = BookRequest,
    responses((status = 200, description = "Booked again.", body = Import)))]
async fn redo_import(
    State(app): State<App>,
    Ids(import): Ids<ImportId>,
    command: Command<Json<BookRequest>>,
) -> Result<Response, ApiError> {
    let command = command.noted(&app).await?;
    let options = BookOptions { partial: command.payload.0.partial };
    let redone = app.services.wealth.redo(&command.context, import, options).await?;
    show(StatusCode::OK, redone)
}

/// Explain a transaction
///
/// Why the line that this transfer books was booked.
#[utoipa::path(get, path = "/transactions/{transfer}/explanation", tag = "imports",
    params(("transfer" = String, Path, description = "The transfer.")),
    responses((status = 200, description = "Why.", body = LineExplanation)))]
async fn explain_transaction(
    State(app): State<App>,
    caller: Caller,
    Ids(transfer): Ids<TransferId>,
) -> Result<Response, ApiError> {
    let explained = app.services.wealth.explain_transfer(&caller.context, transfer).await?;
    answer::ok(&LineExplanation::from(explained))
}

/// List transactions
///
/// What happened on the accounts of the family's assets, the latest first.
#[utoipa::path(get, path = "/transactions", tag = "imports", params(TransactionQuery),
    responses((status = 200, description = "The transactions.", body = Page<Transaction>)))]
async fn list_transactions(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<TransactionQuery>,
) -> Result<Response, ApiError> {
    let TransactionQuery { asset, from, to, limit, cursor } = query;
    let tag = tag(&format!("transactions {asset:?} {from:?} {to:?}"));
    let page = PageQuery { limit, cursor }.read(tag)?;
    let asset = asset.as_deref().map(str::parse::<AssetId>).transpose();
    let filter = TransactionFilter {
        asset: asset.map_err(|error| ApiError::field(FieldFault::new("asset", "id", error)))?,
        from: from.as_deref().map(|text| date("from", text)).transpose()?,
        to: to.as_deref().map(|text| date("to", text)).transpose()?,
    };
    let found = app.services.wealth.transactions(&caller.context, &filter, &page).await?;
    answer::ok(&Page::of(found, Transaction::from))
}

/// List the gaps of an asset
///
/// What the bank states of its account and the ledger does not have: gaps between statements, and
/// statements whose lines do not lead to their closing balance. Each is there until it is resolved.
#[utoipa::path(get, path = "/assets/{asset}/gaps", tag = "imports",
    params(("asset" = String, Path, description = "The asset.")),
    responses((status = 200, description = "What is unexplained.", body = AccountGaps)))]
async fn list_asset_gaps(
    State(app): State<App>,
    caller: Caller,
    Ids(asset): Ids<AssetId>,
) -> Result<Response, ApiError> {
    let gaps = app.services.wealth.gaps(&caller.context, asset).await?;
    answer::ok(&AccountGaps::from(gaps))
}

fn show(status: StatusCode, import: wealth::Import) -> Result<Response, ApiError> {
    answer::json(status, &Import::of(import).map_err(ApiError::internal)?)
}
