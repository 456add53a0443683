//! The routes, called in this process by the owner of the data directory: the command line works
//! where no server runs, and by the same rules and answers.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use kernel::TenantId;
use tower::ServiceExt as _;

use crate::Gateway;
use crate::services::Services;

/// The largest answer that is taken.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Stands in a request that never came over a wire: whose data it is about. Nothing that is read
/// from a socket can put it there.
#[derive(Clone, Copy)]
pub(crate) struct OwnerOf(pub TenantId);

impl Gateway {
    /// The routes that it serves, called in this process on behalf of a tenant's owner.
    #[must_use]
    pub fn local(&self, tenant: TenantId) -> Local {
        Local { router: self.router(), owner: OwnerOf(tenant) }
    }
}

/// The API without a socket.
pub struct Local {
    router: Router,
    owner: OwnerOf,
}

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// Method, path or a header cannot be written.
    #[error("the request cannot be made: {0}")]
    Request(#[from] axum::http::Error),
    /// The answer is larger than is taken, or ended early.
    #[error("the answer cannot be read: {0}")]
    Answer(#[from] axum::Error),
}

impl Local {
    /// Calls on behalf of the owner, about one tenant.
    #[must_use]
    pub fn new(services: Services, tenant: TenantId) -> Self {
        Gateway::new(services).local(tenant)
    }

    /// The same about another tenant.
    #[must_use]
    pub fn about(&self, tenant: TenantId) -> Self {
        Self { router: self.router.clone(), owner: OwnerOf(tenant) }
    }

    /// Sends a request; the status and the chunks of its answer, as they come, of a media type
    /// where several are known.
    pub async fn stream(
        &self,
        method: &str,
        path: &str,
        accept: &str,
    ) -> Result<
        (u16, impl Stream<Item = Result<Bytes, LocalError>> + Send + Unpin + use<>),
        LocalError,
    > {
        let request = Request::builder().method(method).uri(path).header("accept", accept);
        let request = request.extension(self.owner).body(Body::empty())?;
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        Ok((status, response.into_body().into_data_stream().map_err(LocalError::Answer)))
    }

    /// Sends a request whose body comes piece by piece; the status and the chunks of its answer, as
    /// they come, while the body still does.
    pub async fn exchange<S>(
        &self,
        path: &str,
        media_type: &str,
        body: S,
    ) -> Result<
        (u16, impl Stream<Item = Result<Bytes, LocalError>> + Send + Unpin + use<S>),
        LocalError,
    >
    where
        S: Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    {
        let request = Request::post(path).header("content-type", media_type);
        let request = request.extension(self.owner).body(Body::from_stream(body))?;
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        Ok((status, response.into_body().into_data_stream().map_err(LocalError::Answer)))
    }

    /// Sends a request; the status and the body of its answer.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<(u16, Vec<u8>), LocalError> {
        let mut request = Request::builder().method(method).uri(path).extension(self.owner);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(body))?;
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), ANSWER_BYTES_MAX).await?;
        Ok((status, body.to_vec()))
    }
}
