//! Which action a route needs: named where the route is declared, asked before its handler reads
//! anything, and shown in the contract as `x-action`.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use identity::{Action, authorise};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::UtoipaMethodRouter;

use crate::app::App;
use crate::caller::Caller;
use crate::openapi::{ACTION, BEARER};
use crate::problem::ApiError;

/// Routes whose caller's role must allow `action`.
pub(crate) fn allow(
    action: Action,
    (schemas, mut paths, methods): UtoipaMethodRouter<App>,
) -> UtoipaMethodRouter<App> {
    for operation in paths.paths.values_mut().flat_map(operations) {
        let extensions = ExtensionsBuilder::new().add(ACTION, action.as_str()).build();
        operation.extensions = Some(extensions);
        operation.security = Some(vec![SecurityRequirement::new(BEARER, [""; 0])]);
    }
    let methods = methods
        .route_layer(from_fn(move |caller, request, next| permit(action, caller, request, next)));
    (schemas, paths, methods)
}

async fn permit(
    action: Action,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    authorise(caller.claims.role, action)?;
    Ok(next.run(request).await)
}

/// The operations of a path.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
