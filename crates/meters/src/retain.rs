//! Retention: what is kept for how long, by kind, and what takes it away then.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use kernel::{Context, Problem, Timestamp};
use serde::Serialize;
use storage::Tx;
use storage::log::{EventBody, ObjectRef};

use crate::error::MetersError;

/// How long data of a kind are kept.
pub struct RetentionRule {
    /// Module and what it is: `notices.read`.
    pub kind: &'static str,
    /// For so many days after they are of use.
    pub days: u32,
}

/// Takes data of a kind away.
pub trait Forgets: Send + Sync {
    /// Of which kind, and after how long.
    fn rule(&self) -> &'static RetentionRule;

    /// Takes away some of the transaction's tenant that were of no use any more before a time; how
    /// many. It is asked again where there are more.
    fn forget<'a>(
        &'a self,
        tx: &'a mut Tx,
        before: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Problem>>;
}

/// Data of a kind were taken away.
#[derive(Clone, Debug, Serialize)]
pub struct DataForgotten {
    /// The kind.
    pub kind: String,
    /// What was of no use before then.
    pub before: Timestamp,
    /// How many.
    pub count: u64,
}

impl EventBody for DataForgotten {
    const TYPE: &'static str = "meters.data.forgotten";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("data", &self.kind)]
    }
}

/// Takes away what the rules do not keep any longer, in the caller's transaction, and says so in
/// the log; how many altogether.
///
/// # Errors
/// Where the database fails, or a module cannot: then nothing was taken away.
pub async fn retain(
    tx: &mut Tx,
    context: &Context,
    rules: &[Arc<dyn Forgets>],
) -> Result<u64, MetersError> {
    let mut together = 0;
    // One rule after the other: there are few, whatever there is of their data.
    for forgets in rules {
        let rule = forgets.rule();
        let before = context.now().plus_seconds(-i64::from(rule.days) * 86_400);
        let count = forgets.forget(tx, before).await.map_err(MetersError::Refused)?;
        if count > 0 {
            let kind = rule.kind.to_owned();
            tx.emit(context, &DataForgotten { kind, before, count }).await?;
        }
        together += count;
    }
    Ok(together)
}

/// Records of use whose amounts stand in the sums: for as long as they may be said again.
pub struct ForgetUsage;

static USAGE: RetentionRule = RetentionRule { kind: "meters.usage", days: 400 };

impl Forgets for ForgetUsage {
    fn rule(&self) -> &'static RetentionRule {
        &USAGE
    }

    fn forget<'a>(
        &'a self,
        tx: &'a mut Tx,
        before: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Problem>> {
        use kernel::Problematic as _;
        Box::pin(
            async move { crate::usage::forget(tx, before).await.map_err(|error| error.problem()) },
        )
    }
}
