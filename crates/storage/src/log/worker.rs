//! Tasks that do a bounded piece of work again and again until they are told to stop.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::StorageError;

/// The pause after the first failure; each further one doubles it.
const FAILURE_PAUSE_MIN: Duration = Duration::from_millis(250);
const FAILURE_PAUSE_MAX: Duration = Duration::from_secs(30);

/// Work that comes in pieces.
pub(super) trait Worker: Send + 'static {
    /// What it is called in the logs.
    const NAME: &'static str;

    /// Does one bounded piece; whether there may be more to do at once.
    fn work(&mut self) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Ends when there may be something to do before the pause is over.
    fn woken(&self) -> impl Future<Output = ()> + Send;

    /// How long it waits at most where there was nothing more to do.
    fn pause(&self) -> Duration;
}

/// A running worker. Dropped, it stops after the piece it is at.
pub struct Task {
    stop: watch::Sender<bool>,
    handle: JoinHandle<()>,
}

impl Task {
    pub(super) fn start(worker: impl Worker) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, handle: tokio::spawn(run(worker, stopped)) }
    }

    /// Lets it do what is waiting, and waits for its end.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It ends by itself; a panic in it was reported where it happened.
        let _ = self.handle.await;
    }
}

async fn run<W: Worker>(mut worker: W, mut stopped: watch::Receiver<bool>) {
    let mut failures: u32 = 0;
    loop {
        // Read before the work: what was committed before the request to stop is still done.
        let last = *stopped.borrow() || stopped.has_changed().is_err();
        let pause = match worker.work().await {
            Ok(more) => {
                if failures > 0 {
                    tracing::info!(worker = W::NAME, failures, "works again");
                }
                failures = 0;
                if more {
                    tokio::task::yield_now().await;
                    continue;
                }
                worker.pause()
            }
            Err(error) => {
                note_failure(W::NAME, failures, &error);
                failures = failures.saturating_add(1);
                failure_pause(failures)
            }
        };
        if last {
            return;
        }
        tokio::select! {
            // An error means that whoever could stop it is gone.
            _ = stopped.wait_for(|stop| *stop) => {}
            () = worker.woken(), if failures == 0 => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// A failure is told once, not each time it lasts.
fn note_failure(worker: &str, failures: u32, error: &StorageError) {
    if failures == 0 {
        tracing::error!(worker, %error, "fails and will be tried again");
    } else {
        tracing::debug!(worker, %error, failures, "still fails");
    }
}

fn failure_pause(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    FAILURE_PAUSE_MIN.saturating_mul(doubled).min(FAILURE_PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Always woken; fails, or has so many pieces to do.
    struct Counting {
        calls: Arc<AtomicU32>,
        pieces: Option<u32>,
    }

    impl Worker for Counting {
        const NAME: &'static str = "counting";

        async fn work(&mut self) -> Result<bool, StorageError> {
            let calls = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
            self.pieces.map(|pieces| calls < pieces).ok_or(StorageError::Poisoned)
        }

        async fn woken(&self) {}

        fn pause(&self) -> Duration {
            Duration::from_secs(600)
        }
    }

    async fn calls_until_stopped(pieces: Option<u32>) -> u32 {
        let calls = Arc::new(AtomicU32::new(0));
        let task = Task::start(Counting { calls: Arc::clone(&calls), pieces });
        while calls.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        task.stop().await;
        calls.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn a_failure_is_followed_by_a_pause_however_often_it_is_woken() {
        assert_eq!(calls_until_stopped(None).await, 2, "the first, and the last when it stops");
    }

    #[tokio::test]
    async fn what_waits_is_done_before_it_stops() {
        assert!(calls_until_stopped(Some(50)).await >= 50);
    }

    #[tokio::test]
    async fn a_worker_ends_with_whoever_could_stop_it() {
        let calls = Arc::new(AtomicU32::new(0));
        let Task { stop, handle } =
            Task::start(Counting { calls: Arc::clone(&calls), pieces: None });
        drop(stop);
        handle.await.unwrap();
    }

    #[test]
    fn pauses_grow_to_their_limit() {
        let pauses = [1, 2, 3, 8, 9, u32::MAX].map(|count| failure_pause(count).as_millis());
        assert_eq!(pauses, [250, 500, 1_000, 30_000, 30_000, 30_000]);
    }
}
