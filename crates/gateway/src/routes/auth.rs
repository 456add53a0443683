//! Registration, sessions, and who the caller is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::{Action, IdentityError, Secret};
use kernel::Actor;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::{Caller, Visitor};
use crate::extract::Json;
use crate::problem::ApiError;
use crate::wire::auth::{LoginRequest, Me, RefreshRequest, RegisterRequest, Session};

pub(super) fn public_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(allow(Action::ReadSelf, routes!(me)))
}

/// Register
///
/// Makes a user, founds their tenant and signs them in. Takes no `Idempotency-Key`, because the
/// answer holds secrets: whoever lost it signs in; a second registration is refused with
/// `email_taken`.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = RegisterRequest,
    responses((status = 201, description = "Registered and signed in.", body = Session)))]
async fn register(
    State(app): State<App>,
    visitor: Visitor,
    Json(request): Json<RegisterRequest>,
) -> Result<Response, ApiError> {
    let identity = &app.services.identity;
    let session = identity.register(&visitor.context, request.into(), visitor.source).await;
    answer::json(StatusCode::CREATED, &Session::from(session.map_err(refused)?))
}

/// Sign in
///
/// Takes no `Idempotency-Key`: a second call opens a second session. After several refused calls
/// for one address or from one place the next ones are refused for a while (429).
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = LoginRequest,
    responses((status = 200, description = "Signed in.", body = Session)))]
async fn login(
    State(app): State<App>,
    visitor: Visitor,
    Json(request): Json<LoginRequest>,
) -> Result<Response, ApiError> {
    let sign_in = request.read(visitor.source)?;
    let session = app.services.identity.sign_in(&visitor.context, sign_in).await;
    answer::ok(&Session::from(session.map_err(refused)?))
}

/// Get the next access token
///
/// A refresh token is good once: the answer holds the next one. Sent again within ten seconds
/// (the answer was lost, or two windows asked at once) it gives the same next token; sent again
/// later it ends the session, because two hold it and one of them is not its owner.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshRequest,
    responses((status = 200, description = "The next tokens.", body = Session)))]
async fn refresh(
    State(app): State<App>,
    visitor: Visitor,
    Json(request): Json<RefreshRequest>,
) -> Result<Response, ApiError> {
    let token = Secret::new(request.refresh_token);
    let session = app.services.identity.refresh(&visitor.context, &token).await?;
    answer::ok(&Session::from(session))
}

/// Sign out
///
/// Ends the session of a refresh token for good; a second call changes nothing. An access token
/// that was given before stays good until its fifteen minutes are over.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = RefreshRequest,
    responses((status = 204, description = "Signed out.")))]
async fn logout(
    State(app): State<App>,
    visitor: Visitor,
    Json(request): Json<RefreshRequest>,
) -> Result<Response, ApiError> {
    let token = Secret::new(request.refresh_token);
    app.services.identity.sign_out(&visitor.context, &token).await?;
    Ok(answer::nothing())
}

/// Who the caller is
#[utoipa::path(get, path = "/auth/me", tag = "auth",
    responses((status = 200, description = "The caller.", body = Me)))]
async fn me(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    // Who works on the data directory without a server has every right, and no name.
    if caller.context.actor == Actor::Owner {
        let text = "the owner of the data directory is no user; sign in to a server to be one";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "no_user", text));
    }
    answer::ok(&Me::from(app.services.identity.me(&caller.claims).await?))
}

/// A refused sign-in says when the next one may be tried.
fn refused(error: IdentityError) -> ApiError {
    match error {
        IdentityError::TooManySignIns { retry_after_s } => {
            ApiError::from(error).retry_after(retry_after_s)
        }
        error => error.into(),
    }
}
