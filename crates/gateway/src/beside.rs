//! Work that would hold an async thread up is done beside them.

use crate::problem::ApiError;

/// Does something that takes more than half a millisecond, on a thread that may be held up.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
}

/// Does something beside the async threads where it is long, and here where it is not: handing over
/// what is short costs more than doing it.
pub(crate) async fn beside_if<T: Send + 'static>(
    is_long: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if is_long { beside(work).await } else { Ok(work()) }
}
