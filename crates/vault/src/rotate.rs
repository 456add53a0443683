//! Replacing keys in the background. Each job may be cut off anywhere and begun again: every step
//! finds by what is stored whether it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jobs::{Done, Failure, Handler, JobArgs, Run};
use kernel::{PartyId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use storage::keys::{
    NumberedKey, add_wrapping_key, forget_wrapping_keys, hold_wrapping_keys, rewrap,
};
use storage::{Database, Tx};

use crate::error::VaultError;
use crate::event::KeysRotated;
use crate::party::{Opener, Sealer, add_key, bound, open_key, opener, sealer};
use crate::sealed::{KeyId, Opened, Place, RowKey, parts};
use crate::store;
use crate::table::{ChangedCell, ChangedRow, SealedRow, SealedTable};

/// Keys and rows that one transaction changes.
const BATCH_MAX: u16 = 200;

/// Replaces a tenant's wrapping key: a new one is made, wraps all keys of parties, and the ones
/// before are forgotten. With `parties`, each party gets a new key too, and every row that an older
/// one sealed is sealed anew. Older keys of parties stay until the party is erased, because copies
/// of rows (in log, journal and backups) open with nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rotation {
    /// The number of the new wrapping key.
    pub wrapping: u32,
    /// Whether the keys of parties are replaced too.
    pub parties: bool,
    /// Keys of parties that were made before this are replaced.
    pub asked_at: Timestamp,
}

impl JobArgs for Rotation {
    const KIND: &'static str = "vault.rotate_keys";
}

/// Does [`Rotation`].
pub struct RotateKeys {
    tables: Arc<[SealedTable]>,
}

/// Lets the current master key wrap all keys of tenants: a job of the system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MasterRotation {}

impl JobArgs for MasterRotation {
    const KIND: &'static str = "vault.rotate_master_key";
}

/// Does [`MasterRotation`].
pub struct RotateMasterKey {
    database: Database,
}

/// How far a rotation is: keys and rows, of which nobody counts how many there are.
struct Steps<'a> {
    run: &'a Run,
    done: u64,
}

impl RotateKeys {
    /// A handler that seals the rows of these tables anew.
    #[must_use]
    pub const fn new(tables: Arc<[SealedTable]>) -> Self {
        Self { tables }
    }
}

impl RotateMasterKey {
    /// A handler over this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

impl Handler for RotateKeys {
    type Args = Rotation;

    const RUN_SECONDS_MAX: u64 = 6 * 3_600;

    async fn run(&self, run: &Run, args: Rotation) -> Result<Done, Failure> {
        let mut steps = Steps { run, done: 0 };
        let mut tx = run.begin().await?;
        add_wrapping_key(&mut tx, args.wrapping).await?;
        tx.commit().await?;
        while rewrap_keys(&mut steps, args.wrapping).await? {}
        let mut rows = 0;
        if args.parties {
            while add_keys(&mut steps, args.asked_at).await? {}
            for table in self.tables.iter() {
                let mut after = Some(table.first);
                while let Some(from) = after {
                    after = reseal(&mut steps, table, (from, &mut rows)).await?;
                }
            }
        }
        // Whoever wrapped a key under an older one meanwhile is waited for, and the key is taken
        // over, before the older one is forgotten.
        let mut tx = run.begin().await?;
        hold_wrapping_keys(&mut tx).await?;
        while rewrap_in(&mut tx, args.wrapping).await? > 0 {}
        forget_wrapping_keys(&mut tx, args.wrapping).await?;
        let Rotation { wrapping, parties, .. } = args;
        tx.emit(run.context(), &KeysRotated { wrapping, parties, rows }).await?;
        Ok(Done::In(tx))
    }
}

impl Handler for RotateMasterKey {
    type Args = MasterRotation;

    const RUN_SECONDS_MAX: u64 = 6 * 3_600;

    async fn run(&self, run: &Run, _: MasterRotation) -> Result<Done, Failure> {
        let mut steps = Steps { run, done: 0 };
        loop {
            let piece = rewrap(&self.database, BATCH_MAX).await?;
            steps.went(piece.keys).await?;
            if !piece.more {
                return Ok(Done::Nothing);
            }
        }
    }
}

impl Steps<'_> {
    async fn went(&mut self, count: u64) -> Result<(), Failure> {
        self.done += count;
        self.run.progress(self.done, None).await
    }
}

/// Lets the new wrapping key take over some keys; whether there may be more.
async fn rewrap_keys(steps: &mut Steps<'_>, wrapping: u32) -> Result<bool, Failure> {
    let mut tx = steps.run.begin().await?;
    let count = rewrap_in(&mut tx, wrapping).await?;
    tx.commit().await?;
    steps.went(count).await?;
    Ok(count > 0)
}

async fn rewrap_in(tx: &mut Tx, wrapping: u32) -> Result<u64, VaultError> {
    let older = store::keys_wrapped_before(tx, wrapping, BATCH_MAX).await?;
    if older.is_empty() {
        return Ok(0);
    }
    let NumberedKey { number, key: by } = add_wrapping_key(tx, wrapping).await?;
    let (tenant, env) = (tx.level().tenant(), tx.database().env().clone());
    for row in &older {
        if let Some(key) = open_key(tx, row).await? {
            let wrapped = by.wrap(&env, &bound(tenant, row.id), &key);
            store::rewrap(tx, row, (number, wrapped)).await?;
        }
    }
    Ok(older.len() as u64)
}

/// Makes new keys for some parties that have none since the rotation was asked for.
async fn add_keys(steps: &mut Steps<'_>, since: Timestamp) -> Result<bool, Failure> {
    let mut tx = steps.run.begin().await?;
    let parties = store::without_key_since(&mut tx, since, BATCH_MAX).await?;
    for party in &parties {
        match add_key(&mut tx, &steps.run.context().env, *party).await {
            // Somebody erased it at this moment.
            Err(VaultError::PartyErased { .. }) => {}
            added => drop(added?),
        }
    }
    tx.commit().await?;
    steps.went(parties.len() as u64).await?;
    Ok(!parties.is_empty())
}

/// Seals some rows of a table anew; the last of them, if there was one.
async fn reseal(
    steps: &mut Steps<'_>,
    table: &SealedTable,
    (after, rows): (RowKey, &mut u64),
) -> Result<Option<RowKey>, Failure> {
    let mut tx = steps.run.begin().await?;
    let page = table.rows_after(&mut tx, after, BATCH_MAX).await?;
    let ring = Ring::of(&mut tx, steps.run, &page).await?;
    let mut anew = Vec::new();
    for row in &page {
        anew.extend(ring.anew(table, tx.level().tenant(), row)?);
    }
    let count = table.write(&mut tx, anew).await?;
    tx.commit().await?;
    *rows += count;
    steps.went(count).await?;
    Ok(page.last().map(|row| row.key))
}

/// The keys of some rows, and of each party the sealer with its newest.
struct Ring {
    opener: Opener,
    parties: BTreeMap<KeyId, PartyId>,
    sealers: BTreeMap<PartyId, Sealer>,
}

impl Ring {
    async fn of(tx: &mut Tx, run: &Run, rows: &[SealedRow]) -> Result<Self, VaultError> {
        let keys: BTreeSet<KeyId> = rows.iter().flat_map(SealedRow::keys).collect();
        let opener = opener(tx, keys.iter().copied()).await?;
        let (mut parties, mut sealers) = (BTreeMap::new(), BTreeMap::new());
        for row in store::keys(tx, keys.into_iter()).await? {
            parties.insert(row.id, row.party);
            // What was sealed for a party that is erased stays as it is.
            if row.wrapped.is_some() && !sealers.contains_key(&row.party) {
                sealers.insert(row.party, sealer(tx, run.context(), row.party).await?);
            }
        }
        Ok(Self { opener, parties, sealers })
    }

    /// The sealer that is to take over a cell, where an older key sealed it.
    fn takes_over(&self, cell: &[u8]) -> Option<&Sealer> {
        let key = parts(cell)?.key;
        let sealer = self.sealers.get(self.parties.get(&key)?)?;
        (sealer.key() != key).then_some(sealer)
    }

    /// A row as it is to stand; nothing where that is how it stands.
    fn anew(
        &self,
        table: &SealedTable,
        tenant: TenantId,
        row: &SealedRow,
    ) -> Result<Option<ChangedRow>, VaultError> {
        let mut is_new = false;
        let mut cells = Vec::with_capacity(row.cells.len());
        for (column, old) in table.columns.iter().zip(&row.cells) {
            let place = Place { tenant, table: table.name, column: column.name, row: row.key };
            let mut new = old.clone();
            if let Some(bytes) = old
                && let Some(sealer) = self.takes_over(bytes)
                && let Opened::Content(content) = self.opener.open_bytes(&place, bytes)?
            {
                is_new = true;
                new = Some(sealer.seal_bytes(&place, &content)?);
            }
            cells.push(ChangedCell { new, old: old.clone() });
        }
        Ok(is_new.then_some(ChangedRow { key: row.key, cells }))
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        Self::of(&error)
    }
}
