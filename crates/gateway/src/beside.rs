//! Work that would hold an async thread up is done beside them.

use crate::problem::ApiError;

/// Does something that takes more than half a millisecond, on a thread that may be held up.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
}
