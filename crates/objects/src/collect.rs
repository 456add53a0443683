//! Taking away what nobody needs.
//!
//! The rows decide, never the store. An object is *removed* in a transaction that holds its row and
//! finds nobody who needs it; whoever begins to need it changes the same row, so that of the two
//! the later sees what the first did. A name in the store is written once, for one object: what
//! comes anew, with the same content or not, has other names, so that taking an object's bytes away
//! takes nothing from anybody else.
//!
//! What must stay true:
//! - no object goes that somebody refers to, that a hold keeps, or that is kept until a time to
//!   come;
//! - a collection that is cut off anywhere leaves nothing but what a later one takes away;
//! - the rows of a removed object go after its folder was found empty, a day after it was removed:
//!   a chunk that was on its way to the store meanwhile has arrived by then.

use std::collections::BTreeSet;

use jobs::{Done, Failure, Handler, JobArgs, Run};
use kernel::{Actor, Context, TenantId, Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use storage::{Level, Mode, Tx};

use crate::chunk::{folder, name};
use crate::error::ObjectsError;
use crate::event::ObjectRemoved;
use crate::limits::{GRACE_SECONDS, UPLOAD_REST_SECONDS_MAX};
use crate::model::{ObjectId, ObjectState};
use crate::objects::Objects;
use crate::store;

/// What a collection did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Objects and uploads that nobody needed.
    pub removed: u64,
    /// Objects of which nothing is left.
    pub forgotten: u64,
    /// Names that were taken from the store.
    pub names: u64,
    /// Objects whose bytes could not be taken away; the next collection tries again.
    pub failed: u64,
}

/// Takes away what nobody needs: a job of the system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Collection {}

impl JobArgs for Collection {
    const KIND: &'static str = "objects.collect";
}

/// Does [`Collection`].
pub struct CollectObjects {
    objects: Objects,
}

impl CollectObjects {
    /// A handler over these objects.
    #[must_use]
    pub const fn new(objects: Objects) -> Self {
        Self { objects }
    }
}

impl Handler for CollectObjects {
    type Args = Collection;

    const RUN_SECONDS_MAX: u64 = 6 * 3_600;

    async fn run(&self, run: &Run, _: Collection) -> Result<Done, Failure> {
        let collected = self.objects.collect().await.map_err(|error| Failure::of(&error))?;
        run.progress(collected.removed + collected.forgotten, None).await?;
        if collected.failed > 0 {
            let text = format!("the bytes of {} objects could not be taken away", collected.failed);
            return Err(Failure::again("object_store_unavailable", &text));
        }
        Ok(Done::Nothing)
    }
}

impl Objects {
    /// Goes over the objects of all tenants once, and takes away what nobody needs.
    ///
    /// # Errors
    /// Where the database fails. Where the store does, it goes on with other objects and says of
    /// how many it failed.
    pub async fn collect(&self) -> Result<Collected, ObjectsError> {
        let mut collected = Collected::default();
        for step in [Step::Remove, Step::Forget, Step::Tidy] {
            let mut after = FIRST;
            loop {
                let found = self.found(step, after).await?;
                let Some(last) = found.last() else { break };
                after = *last;
                for owned in &found {
                    self.take(step, *owned, &mut collected).await?;
                }
            }
        }
        Ok(collected)
    }

    /// The next objects that a step is for.
    async fn found(&self, step: Step, after: Owned) -> Result<Vec<Owned>, ObjectsError> {
        let now = self.database.env().now();
        let (grace, rest) =
            (now.plus_seconds(-GRACE_SECONDS), now.plus_seconds(-UPLOAD_REST_SECONDS_MAX));
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let found = match step {
            Step::Remove => store::unneeded(&mut tx, after, (grace, rest), now).await?,
            Step::Forget => store::gone(&mut tx, after, grace).await?,
            Step::Tidy => store::untidy(&mut tx, after, now).await?,
        };
        tx.commit().await?;
        Ok(found)
    }

    /// Does a step for one object.
    async fn take(
        &self,
        step: Step,
        (tenant, id): Owned,
        collected: &mut Collected,
    ) -> Result<(), ObjectsError> {
        let names = match step {
            Step::Remove => {
                collected.removed += u64::from(self.remove(tenant, id).await?);
                return Ok(());
            }
            Step::Forget => self.forget(tenant, id).await,
            Step::Tidy => self.tidy(tenant, id).await,
        };
        match names {
            Ok(names) => {
                collected.names += names;
                collected.forgotten += u64::from(step == Step::Forget);
            }
            Err(error @ ObjectsError::Store { .. }) => {
                tracing::warn!(%error, object = %id, "its bytes stay for now");
                collected.failed += 1;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Removes an object, where nobody needs it now; whether that is so.
    async fn remove(&self, tenant: TenantId, id: ObjectId) -> Result<bool, ObjectsError> {
        let env = self.database.env().clone();
        let context = Context::new(env, tenant, Actor::system("objects"));
        let mut tx = self.write(&context).await?;
        if !is_unneeded(&mut tx, id, context.now()).await? {
            return Ok(false);
        }
        let row = store::one(&mut tx, id).await?.ok_or(ObjectsError::Unknown { object: id })?;
        store::remove(&mut tx, id, context.now()).await?;
        if row.state == ObjectState::Stored {
            let removed = ObjectRemoved { object: id, party: row.party, size: row.size };
            tx.emit(&context, &removed).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Takes away what stands in a stored object's folder and is no chunk of it: pieces that were
    /// sent twice, by somebody who ended before he knew which of them counts. How many names there
    /// were.
    async fn tidy(&self, tenant: TenantId, id: ObjectId) -> Result<u64, ObjectsError> {
        let mut tx = self.database.begin(Level::of(tenant), Mode::Read).await?;
        // They change no more: the object is stored.
        let chunks = store::chunks(&mut tx, id).await?;
        tx.commit().await?;
        let own: BTreeSet<String> = chunks.iter().map(|chunk| name(tenant, id, chunk)).collect();
        let mut count = 0;
        for stray in self.blobs.names(&folder(tenant, id)).await? {
            if !own.contains(&stray) {
                self.blobs.remove(&stray).await?;
                count += 1;
            }
        }
        let mut tx = self.database.begin(Level::of(tenant), Mode::Write).await?;
        store::tidy_at(&mut tx, id, None).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Takes an object's bytes away, then its rows; how many names there were.
    async fn forget(&self, tenant: TenantId, id: ObjectId) -> Result<u64, ObjectsError> {
        let names = self.blobs.names(&folder(tenant, id)).await?;
        for name in &names {
            self.blobs.remove(name).await?;
        }
        let mut tx = self.database.begin(Level::of(tenant), Mode::Write).await?;
        store::forget(&mut tx, id).await?;
        tx.commit().await?;
        Ok(names.len() as u64)
    }
}

/// What a collection does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Decides that nobody needs an object.
    Remove,
    /// Takes its bytes away, then its rows.
    Forget,
    /// Takes away what no row names.
    Tidy,
}

/// An object, and whose it is.
type Owned = (TenantId, ObjectId);

/// Before every object.
const FIRST: Owned = (TenantId::from_uuid(Uuid::nil()), ObjectId::from_uuid(Uuid::nil()));

/// Whether nobody needs an object, in a transaction that holds its row from here on.
async fn is_unneeded(tx: &mut Tx, id: ObjectId, now: Timestamp) -> Result<bool, ObjectsError> {
    let Some(row) = store::hold(tx, id).await? else { return Ok(false) };
    let rest = match row.state {
        ObjectState::Stored => GRACE_SECONDS,
        ObjectState::Uploading => UPLOAD_REST_SECONDS_MAX,
        ObjectState::Checking | ObjectState::Refused | ObjectState::Removed => return Ok(false),
    };
    let is_kept = row.kept_until.is_some_and(|until| until > now);
    if is_kept || row.touched_at >= now.plus_seconds(-rest) {
        return Ok(false);
    }
    // Asked when the row is held: whoever refers to it holds it first.
    Ok(row.state == ObjectState::Uploading || !store::is_needed(tx, id).await?)
}
