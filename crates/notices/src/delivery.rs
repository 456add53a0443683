//! Deliveries: a notice on its way to one address, with each attempt.

use jobs::NewJob;
use kernel::{Context, Timestamp};
use storage::Tx;

use crate::dispatch::DeliverNotice;
use crate::error::NoticesError;
use crate::limits::ATTEMPTS_MAX;
use crate::model::{AddressId, ChannelKind, DeliveryId, DeliveryState, Mode, NoticeId, Outcome};
use crate::service::Notices;
use crate::{store, trial};

/// A delivery as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, by which the other side knows the message, however often it is sent.
    pub id: DeliveryId,
    /// Of what.
    pub notice: NoticeId,
    /// Where to.
    pub address: AddressId,
    /// By what.
    pub channel: ChannelKind,
    /// At once, or in a digest.
    pub mode: Mode,
    /// Where it is on its way.
    pub state: DeliveryState,
    /// Not before this time.
    pub due_at: Timestamp,
    /// Why it stands as it does, where it was not simply sent.
    pub code: Option<String>,
    /// By which the other side's own system knows it.
    pub receipt: Option<String>,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// Each time that somebody tried.
    pub attempts: Vec<Attempt>,
}

/// One time that somebody tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which, from 1.
    pub number: u32,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, where it was not sent.
    pub code: Option<String>,
    /// When.
    pub tried_at: Timestamp,
}

/// The deliveries of a notice with their attempts, the oldest first.
pub async fn deliveries(tx: &mut Tx, notice: NoticeId) -> Result<Vec<Delivery>, NoticesError> {
    let mut found = store::delivery::of_notice(tx, notice).await?;
    for delivery in &mut found {
        delivery.attempts = store::delivery::attempts(tx, delivery.id).await?;
    }
    Ok(found)
}

/// Sends a delivery that is over once more, at once and under the same id, by which a receiver
/// that has it already knows it again. Questions and tests count as if they were new.
///
/// # Errors
/// [`NoticesError::DeliveryUnknown`], also where it is another notice's; and
/// [`NoticesError::WrongState`] while it waits.
pub async fn replay(
    tx: &mut Tx,
    context: &Context,
    (notice, delivery): (NoticeId, DeliveryId),
) -> Result<(), NoticesError> {
    let found = store::delivery::one(tx, delivery).await?;
    let found = found.filter(|found| found.notice == notice);
    let found = found.ok_or(NoticesError::DeliveryUnknown { delivery })?;
    let kind = store::notice::one(tx, notice).await?.map(|notice| notice.kind);
    if kind.is_some_and(|kind| Notices::is_trial(&kind))
        && let Some(row) = store::address::one(tx, found.address).await?
    {
        trial::count(tx, context, &row).await?;
    }
    if !store::delivery::reopen(tx, delivery, context.now()).await? {
        return Err(NoticesError::WrongState { delivery, state: found.state });
    }
    let job = NewJob::of(&DeliverNotice { delivery })?.with_attempts_max(ATTEMPTS_MAX);
    jobs::enqueue(tx, context, job).await?;
    Ok(())
}
