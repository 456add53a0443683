//! A store that stops, fails and forgets as it is told, over one in memory.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::stream::{BoxStream, StreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Fails with a chance of so many in a hundred, before or after it did what it was asked, and lets
/// others go on between any two steps.
#[derive(Clone, Debug)]
pub struct Flaky {
    inner: Arc<InMemory>,
    failures_percent: Arc<AtomicU64>,
    state: Arc<Mutex<u64>>,
}

impl Flaky {
    pub fn new(seed: u64) -> Self {
        let state = Arc::new(Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1));
        Self { inner: Arc::default(), failures_percent: Arc::default(), state }
    }

    pub fn fail(&self, percent: u64) {
        self.failures_percent.store(percent, Ordering::Relaxed);
    }

    /// All names in it.
    pub async fn names(&self) -> Vec<String> {
        let listed = self.inner.list(None).map(|found| found.unwrap().location.to_string());
        let mut names: Vec<_> = listed.collect().await;
        names.sort();
        names
    }

    /// Answers nothing any more.
    pub fn fall_silent(&self) {
        self.fail(u64::MAX);
    }

    /// Lets others go on, then fails or does not.
    async fn step(&self) -> Result<()> {
        tokio::task::yield_now().await;
        if self.failures_percent.load(Ordering::Relaxed) == u64::MAX {
            return std::future::pending().await;
        }
        let drawn = {
            let mut state = self.state.lock().unwrap();
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            *state % 100
        };
        if drawn < self.failures_percent.load(Ordering::Relaxed) {
            let source = "no space left on device (os error 28)".into();
            return Err(Error::Generic { store: "flaky", source });
        }
        Ok(())
    }
}

impl fmt::Display for Flaky {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("flaky")
    }
}

#[async_trait]
impl ObjectStore for Flaky {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.step().await?;
        let put = self.inner.put_opts(location, payload, options).await?;
        self.step().await?;
        Ok(put)
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotSupported { source: "it is not needed".into() })
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.step().await?;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let flaky = self.clone();
        let delete = move |path: Result<Path>| {
            let flaky = flaky.clone();
            async move {
                let path = path?;
                flaky.step().await?;
                let one = futures_util::stream::iter([Ok(path.clone())]).boxed();
                flaky.inner.delete_stream(one).next().await.unwrap()?;
                flaky.step().await?;
                Ok(path)
            }
        };
        locations.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (flaky, listed) = (self.clone(), self.inner.list(prefix));
        let first = futures_util::stream::once(async move { flaky.step().await });
        let failure = first.filter_map(async |step| step.err().map(Err));
        failure.chain(listed).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(Error::NotSupported { source: "it is not needed".into() })
    }
}
