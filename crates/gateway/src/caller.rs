//! Who calls: the bearer of a token, or somebody who has none yet.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use identity::{Claims, IdentityError};
use kernel::{Actor, Context, RequestId, TenantId, UserId};
use storage::{Level, Mode, Tx};

use crate::app::App;
use crate::local::OwnerOf;
use crate::problem::ApiError;
use crate::serve::Peer;

/// The bearer of a good token.
#[derive(Clone)]
pub(crate) struct Caller {
    /// What the token says.
    pub claims: Claims,
    /// What goes to the modules.
    pub context: Context,
}

/// Somebody without a token.
pub(crate) struct Visitor {
    /// What goes to the modules.
    pub context: Context,
    /// Where from.
    pub source: Option<IpAddr>,
}

/// Whose request it was, for the access log.
#[derive(Clone, Copy)]
pub(crate) struct Who {
    pub tenant: TenantId,
    pub user: UserId,
}

/// Lets a request through that has a good token, and a place left for its tenant.
pub(crate) async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let context = anonymous(&app, request.extensions().get::<RequestId>().copied());
    if let Some(OwnerOf(tenant)) = request.extensions().get::<OwnerOf>().copied() {
        let claims = Claims::of_owner(&context.env, tenant);
        let context = Context { tenant, actor: Actor::Owner, ..context };
        request.extensions_mut().insert(Caller { claims, context });
        return Ok(next.run(request).await);
    }
    let token = bearer_of(request.headers()).ok_or_else(|| {
        let text = "this needs an access token: Authorization: Bearer …";
        ApiError::new(StatusCode::UNAUTHORIZED, "token_required", text)
    })?;
    let claims = app.services.identity.verify(&context, token)?;
    let who = Who { tenant: claims.tid, user: claims.sub };
    let _place = app.requests.take(who.tenant).ok_or_else(|| {
        let text = "too many requests of this tenant are under way; wait for their answers";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", text).retry_after(1)
    })?;
    let actor = Actor::User { id: claims.sub };
    let context = Context { tenant: claims.tid, actor, ..context };
    request.extensions_mut().insert(Caller { claims, context });
    let mut response = next.run(request).await;
    response.extensions_mut().insert(who);
    Ok(response)
}

impl Caller {
    /// A transaction that reads the rows of the caller's tenant.
    pub(crate) async fn read(&self, app: &App) -> Result<Tx, ApiError> {
        let level = Level::Tenant(self.context.tenant);
        Ok(app.services.database.begin(level, Mode::Read).await?)
    }
}

/// The token that a request carries.
pub(crate) fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer)
}

/// The token of `Bearer TOKEN`; the scheme counts in any case (RFC 9110).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(crate) fn anonymous(app: &App, id: Option<RequestId>) -> Context {
    let env = app.services.env.clone();
    let context = Context::new(env, TenantId::COMMON, Actor::Anonymous);
    let correlation = id.map_or(context.correlation, RequestId::uuid);
    Context { correlation, ..context }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // It is there on every route behind `authenticate`; elsewhere nobody is signed in.
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| IdentityError::TokenInvalid.into())
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let id = parts.extensions.get::<RequestId>().copied();
        let source = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        Ok(Self { context: anonymous(app, id), source })
    }
}
