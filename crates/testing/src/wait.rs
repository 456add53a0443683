//! Waiting for what another task does. It is the one place of the tests that sleeps.

use std::time::Duration;

/// How long something may take that a test waits for: far more than it needs on a busy machine.
const WAIT_MAX: Duration = Duration::from_secs(20);
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// Asks again and again until there is an answer; fails with `what` after twenty seconds.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// # runtime.block_on(async {
/// let mut asked = 0;
/// let answer = testing::eventually("the third time", async || {
///     asked += 1;
///     (asked == 3).then_some("yes")
/// });
/// assert_eq!(answer.await, "yes");
/// # });
/// ```
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(pause).await;
            pause = PAUSE_MAX.min(pause * 2);
        }
    };
    match tokio::time::timeout(WAIT_MAX, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("waited {} s in vain for {what}", WAIT_MAX.as_secs()),
    }
}
