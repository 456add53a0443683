//! What keeps an object whether or not anybody refers to it: a time, and legal holds.
//!
//! What must stay true: a time is prolonged and never shortened; while there is a hold, no
//! collection takes the object away, and its party is not erased.

use kernel::{Context, PartyId, Timestamp};
use storage::Tx;

use crate::error::ObjectsError;
use crate::event::{HoldPlaced, HoldReleased, RetentionProlonged};
use crate::limits::{HOLDS_MAX, MATTER_BYTES_MAX};
use crate::model::{Object, ObjectId, ObjectState};
use crate::objects::shown;
use crate::store::{self, ObjectRow};
use crate::upload::require;

/// A legal hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What it is for: a code, and no words about a person.
    pub matter: String,
    /// Since when.
    pub placed_at: Timestamp,
}

/// Keeps an object until a time.
///
/// # Errors
/// [`ObjectsError::KeptLonger`] where it is kept longer already.
pub async fn keep_until(
    tx: &mut Tx,
    context: &Context,
    id: ObjectId,
    until: Timestamp,
) -> Result<Object, ObjectsError> {
    let row = held(tx, id).await?;
    if let Some(kept) = row.kept_until.filter(|kept| *kept > until) {
        return Err(ObjectsError::KeptLonger { object: id, until: kept });
    }
    if row.kept_until != Some(until) {
        store::keep_until(tx, id, until).await?;
        tx.emit(context, &RetentionProlonged { object: id, until }).await?;
    }
    let mut shown = shown(tx, vec![ObjectRow { kept_until: Some(until), ..row }]).await?;
    shown.pop().ok_or(ObjectsError::Unknown { object: id })
}

/// Places a hold; one that is there stays as it is.
///
/// # Errors
/// Where `matter` is not 1 to 64 of a-z, 0-9, `.`, `_` and `-`, and [`ObjectsError::TooManyHolds`].
pub async fn place_hold(
    tx: &mut Tx,
    context: &Context,
    id: ObjectId,
    matter: &str,
) -> Result<Vec<Hold>, ObjectsError> {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    if !(1..=MATTER_BYTES_MAX).contains(&matter.len()) || !matter.bytes().all(is_plain) {
        let text = format!("a matter has 1 to {MATTER_BYTES_MAX} of a-z 0-9 . _ -");
        return Err(ObjectsError::field("matter", "matter", text));
    }
    held(tx, id).await?;
    if store::place_hold(tx, id, matter, context.now()).await? == 1 {
        tx.emit(context, &HoldPlaced { object: id, matter: matter.to_owned() }).await?;
    }
    let holds = holds(tx, id).await?;
    if holds.len() > HOLDS_MAX {
        return Err(ObjectsError::TooManyHolds);
    }
    Ok(holds)
}

/// Releases a hold, where there is one.
///
/// # Errors
/// [`ObjectsError::Unknown`].
pub async fn release_hold(
    tx: &mut Tx,
    context: &Context,
    id: ObjectId,
    matter: &str,
) -> Result<Vec<Hold>, ObjectsError> {
    held(tx, id).await?;
    if store::release_hold(tx, id, matter).await? == 1 {
        // What nobody refers to stays a day longer from now on.
        store::touch(tx, id, context.now()).await?;
        tx.emit(context, &HoldReleased { object: id, matter: matter.to_owned() }).await?;
    }
    holds(tx, id).await
}

/// The holds of an object, by their matters.
///
/// # Errors
/// Where the database fails.
pub async fn holds(tx: &mut Tx, id: ObjectId) -> Result<Vec<Hold>, ObjectsError> {
    let rows = store::holds(tx, id).await?;
    Ok(rows.into_iter().map(|(matter, placed_at)| Hold { matter, placed_at }).collect())
}

/// Refuses where a hold keeps anything of a party, which is to be erased.
///
/// # Errors
/// [`ObjectsError::Held`].
pub async fn check_erasable(tx: &mut Tx, party: PartyId) -> Result<(), ObjectsError> {
    if store::is_party_held(tx, party).await? { Err(ObjectsError::Held) } else { Ok(()) }
}

/// The row of an object that is stored, which nobody changes before the transaction ends.
async fn held(tx: &mut Tx, id: ObjectId) -> Result<ObjectRow, ObjectsError> {
    let row = store::hold(tx, id).await?.ok_or(ObjectsError::Unknown { object: id })?;
    require(&row, ObjectState::Stored)?;
    Ok(row)
}
