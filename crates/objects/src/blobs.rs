//! The store of bytes: a directory, or a bucket of anything that speaks S3.
//!
//! What must stay true: a name is written once and never again, so that whoever takes one away can
//! take nothing away that came later; what was written is durable when that is said; nothing waits
//! longer than [`BlobLimits`] say, and nothing larger than a chunk is read.

use std::fmt;
use std::future::Future;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig,
};

use crate::chunk::OVERHEAD_BYTES;
use crate::error::ObjectsError;
use crate::limits::CHUNK_BYTES;

/// Where the bytes of chunks are. Clones share it.
#[derive(Clone)]
pub struct Blobs {
    inner: Arc<dyn ObjectStore>,
    limits: BlobLimits,
}

/// How long the store may take.
#[derive(Clone, Copy, Debug)]
pub struct BlobLimits {
    /// One request of the store.
    pub request_ms_max: u64,
    /// Writing, reading or removing one thing, with all that is tried again.
    pub step_ms_max: u64,
    /// How often a request is tried again.
    pub retries_max: usize,
}

/// A bucket of a store that speaks S3.
#[derive(Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What all names in it begin with; nothing where that is empty.
    pub prefix: String,
    /// The server, where it is not Amazon's.
    pub endpoint: Option<String>,
    /// The region; `us-east-1` where it is not said.
    pub region: Option<String>,
    /// Access key and secret, where they are not in `AWS_ACCESS_KEY_ID` and
    /// `AWS_SECRET_ACCESS_KEY`, or given by the machine.
    pub credentials: Option<(String, String)>,
}

impl Default for BlobLimits {
    fn default() -> Self {
        Self { request_ms_max: 10_000, step_ms_max: 25_000, retries_max: 3 }
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Blobs({})", self.inner)
    }
}

impl Blobs {
    /// In a directory, which is made where it is missing, for its owner alone: object_store gives
    /// what it makes in it no permissions of its own.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn directory(path: &FilePath, limits: BlobLimits) -> Result<Self, ObjectsError> {
        let unfit = |error: &dyn fmt::Display| ObjectsError::Configuration {
            text: format!("the directory of objects {}: {error}", path.display()),
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|error| unfit(&error))?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(|error| unfit(&error))?;
        Ok(Self::over(Arc::new(store.with_fsync(true)), limits))
    }

    /// In a bucket, which must be there.
    ///
    /// # Errors
    /// Where what is said of it does not fit together. Whether it answers is seen when it is used.
    pub fn bucket(bucket: &Bucket, limits: BlobLimits) -> Result<Self, ObjectsError> {
        let client = ClientOptions::new()
            .with_timeout(Duration::from_millis(limits.request_ms_max))
            .with_connect_timeout(Duration::from_millis(limits.request_ms_max))
            .with_allow_http(bucket.endpoint.as_ref().is_some_and(|url| url.starts_with("http:")));
        let retry = RetryConfig {
            max_retries: limits.retries_max,
            retry_timeout: Duration::from_millis(limits.step_ms_max),
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&bucket.name)
            .with_region(bucket.region.as_deref().unwrap_or("us-east-1"))
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some((key, secret)) = &bucket.credentials {
            builder = builder.with_access_key_id(key).with_secret_access_key(secret);
        }
        let unfit = |error: object_store::Error| ObjectsError::Configuration {
            text: format!("the bucket {}: {error}", bucket.name),
        };
        let store = builder.build().map_err(unfit)?;
        let prefix = Path::parse(&bucket.prefix).map_err(|error| ObjectsError::Configuration {
            text: format!("the prefix {:?}: {error}", bucket.prefix),
        })?;
        Ok(Self::over(Arc::new(PrefixStore::new(store, prefix)), limits))
    }

    /// In memory, and gone with the process: for benchmarks and tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::over(Arc::new(InMemory::new()), BlobLimits::default())
    }

    /// Over any store: for tests, which have one that fails when they say so.
    #[must_use]
    pub fn over(inner: Arc<dyn ObjectStore>, limits: BlobLimits) -> Self {
        Self { inner, limits }
    }

    /// Writes under a name that was never used.
    pub(crate) async fn put(&self, name: &str, content: Vec<u8>) -> Result<(), ObjectsError> {
        let (path, payload) = (Path::from(name), PutPayload::from(content));
        let options = PutOptions { mode: PutMode::Overwrite, ..PutOptions::default() };
        self.step(self.inner.put_opts(&path, payload, options)).await?.map(drop).map_err(failed)
    }

    /// What was written under a name; nothing where there is no such name.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, ObjectsError> {
        let path = Path::from(name);
        let read = async {
            let mut pieces = match self.inner.get(&path).await {
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                found => found.map_err(failed)?.into_stream(),
            };
            let mut content = Vec::new();
            while let Some(piece) = pieces.next().await {
                let piece: Bytes = piece.map_err(failed)?;
                if content.len() + piece.len() > CHUNK_BYTES + OVERHEAD_BYTES {
                    let text = "it answers more bytes than were ever written".to_owned();
                    return Err(ObjectsError::Store { text });
                }
                content.extend_from_slice(&piece);
            }
            Ok(Some(content))
        };
        self.step(read).await?
    }

    /// Takes a name away, where it is there.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), ObjectsError> {
        let path = Path::from(name);
        match self.step(self.inner.delete(&path)).await? {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// The names below a folder, which has as many as one object can have chunks and attempts.
    pub(crate) async fn names(&self, folder: &str) -> Result<Vec<String>, ObjectsError> {
        let path = Path::from(folder);
        let listed = self.inner.list(Some(&path)).map_ok(|found| found.location.to_string());
        self.step(listed.try_collect()).await?.map_err(failed)
    }

    async fn step<T>(&self, step: impl Future<Output = T>) -> Result<T, ObjectsError> {
        let limit = Duration::from_millis(self.limits.step_ms_max);
        tokio::time::timeout(limit, step).await.map_err(|_| ObjectsError::Store {
            text: format!("it did not answer within {} ms", self.limits.step_ms_max),
        })
    }
}

fn failed(error: object_store::Error) -> ObjectsError {
    let mut text = error.to_string();
    // The reason of what fails on the way, such as a full disk, stands below.
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    ObjectsError::Store { text }
}
