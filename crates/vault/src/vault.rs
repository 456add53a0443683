//! What a tenant may ask of its vault: how it stands, erasing a party, and all that is held about
//! one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jobs::{Enqueued, NewJob};
use kernel::{Actor, Context, Cursor, CursorError, Page, PageRequest, PartyId, TenantId};
use serde_json::Value as Json;
use storage::keys::newest_wrapping_key;
use storage::{Database, Level, Mode, Tx};

use crate::error::VaultError;
use crate::event::{PartyErased, PartyExported};
use crate::party::{opener, own_party};
use crate::register::Register;
use crate::rotate::Rotation;
use crate::sealed::{Form, KeyId, Opened, Part, RowKey};
use crate::store::{self, Party};
use crate::table::{SealedRow, SealedTable};

/// Rows that one page of an export walks over, whether or not they are the party's.
const EXPORT_ROWS_MAX: usize = 5_000;
/// Rows that are read at a time.
const ROWS_MAX: u16 = 500;
/// Erasures that are read from the database at a time.
const ERASED_MAX: u16 = 500;

/// The tables with sealed columns of every module, and the register of erasures.
#[derive(Clone)]
pub struct Vault {
    tables: Arc<[SealedTable]>,
    register: Register,
}

/// How the keys of a tenant stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The number of the tenant's newest wrapping key, if it has one.
    pub wrapping: Option<u32>,
    /// How many keys of parties each wrapping key wraps; more than one while keys are replaced.
    pub wrapped: Vec<(u32, u64)>,
    /// Parties that something is or was sealed for.
    pub parties: u64,
    /// Those of them that were erased.
    pub erased: u64,
}

/// The content of one column of one row that is held about a party.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row.
    pub row: RowKey,
    /// What stands there: text, or JSON.
    pub content: Json,
}

impl Vault {
    /// A vault over these tables.
    #[must_use]
    pub fn new(tables: &[&'static [SealedTable]], register: Register) -> Self {
        Self { tables: tables.concat().into(), register }
    }

    /// The tables.
    #[must_use]
    pub fn tables(&self) -> &Arc<[SealedTable]> {
        &self.tables
    }

    /// Does again what the register says was erased, as after a backup was restored, and adds to
    /// the register what it does not know; how many parties were erased again.
    ///
    /// # Errors
    /// Where the register cannot be read or written.
    pub async fn recall(&self, database: &Database) -> Result<u64, VaultError> {
        let known = self.register.entries()?;
        let mut tenants: BTreeMap<TenantId, Vec<PartyId>> = BTreeMap::new();
        for (tenant, party) in &known {
            tenants.entry(*tenant).or_default().push(*party);
        }
        let mut again = 0;
        for (tenant, parties) in tenants {
            again += erase_again(database, tenant, &parties).await?;
        }
        let mut after = (TenantId::COMMON, own_party(TenantId::COMMON));
        loop {
            let mut tx = database.begin(Level::System, Mode::Read).await?;
            let erased = store::erased(&mut tx, after, ERASED_MAX).await?;
            tx.commit().await?;
            for (tenant, party, at) in &erased {
                if !known.contains(&(*tenant, *party)) {
                    self.register.add(*tenant, *party, *at).await?;
                }
            }
            match erased.last() {
                Some((tenant, party, _)) => after = (*tenant, *party),
                None => return Ok(again),
            }
        }
    }

    /// Takes the keys of a party away, so that nobody can open what they sealed: in rows, in what
    /// was copied from them, and in backups once they are restored here. Hashes over what is sealed
    /// stay as they are. Erasing again changes nothing.
    ///
    /// # Errors
    /// [`VaultError::PartyUnknown`].
    pub async fn erase(
        &self,
        tx: &mut Tx,
        context: &Context,
        party: PartyId,
    ) -> Result<Party, VaultError> {
        let unknown = || VaultError::PartyUnknown { party };
        if store::hold(tx, party).await?.ok_or_else(unknown)?.is_none() {
            // Before the commit: a backup that is restored must never know less than the register.
            self.register.add(context.tenant, party, context.now()).await?;
            let keys = store::erase(tx, party, context.now()).await?;
            tx.emit(context, &PartyErased { party, keys }).await?;
        }
        store::party(tx, party).await?.ok_or_else(unknown)
    }

    /// Enqueues the job that replaces the tenant's wrapping key and, where it is asked, the keys of
    /// all parties. Where one is under way, that one is answered.
    pub async fn rotate(
        &self,
        tx: &mut Tx,
        context: &Context,
        parties: bool,
    ) -> Result<Enqueued, VaultError> {
        let newest = newest_wrapping_key(tx).await?.map_or(0, |newest| newest.number);
        let rotation = Rotation { wrapping: newest + 1, parties, asked_at: context.now() };
        let job = NewJob::of(&rotation)?.unique("keys")?;
        Ok(jobs::enqueue(tx, context, job).await?)
    }

    /// How the keys of the transaction's tenant stand.
    pub async fn status(&self, tx: &mut Tx) -> Result<Status, VaultError> {
        let wrapping = newest_wrapping_key(tx).await?.map(|newest| newest.number);
        let wrapped = store::key_counts(tx).await?;
        let (parties, erased) = store::counts(tx).await?;
        Ok(Status { wrapping, wrapped, parties, erased })
    }

    /// The parties of the transaction's tenant, by their ids.
    pub async fn parties(
        &self,
        tx: &mut Tx,
        page: &PageRequest,
    ) -> Result<Page<Party>, VaultError> {
        let after = match page.after.as_ref().map(|cursor| cursor.key.as_slice()) {
            None => None,
            Some([party]) => Some(party.parse().map_err(|_| malformed())?),
            Some(_) => return Err(malformed()),
        };
        let found = store::parties(tx, after, usize::from(page.limit) + 1).await?;
        let cursor =
            |party: &Party| Cursor { filter: page.filter, key: vec![party.party.to_string()] };
        Ok(Page::cut(found, page.limit, cursor))
    }

    /// A page of all that is held about a party in sealed columns, by table and row. A page may
    /// hold little or nothing and still have another behind it: rows of others are passed over.
    ///
    /// # Errors
    /// [`VaultError::PartyUnknown`], [`VaultError::PartyErased`].
    pub async fn export(
        &self,
        tx: &mut Tx,
        party: PartyId,
        page: &PageRequest,
    ) -> Result<Page<Held>, VaultError> {
        match store::erased_at(tx, party).await? {
            None => return Err(VaultError::PartyUnknown { party }),
            Some(Some(_)) => return Err(VaultError::PartyErased { party }),
            Some(None) => {}
        }
        let (mut at, mut after) = self.begin(page)?;
        let (mut items, mut walked) = (Vec::new(), 0);
        while let Some(table) = self.tables.get(at) {
            let rows = table.rows_after(tx, after, ROWS_MAX).await?;
            let keys = of_party(tx, party, &rows).await?;
            let opener = opener(tx, keys.iter().copied()).await?;
            for row in &rows {
                let wanted = row.cells_of(table, tx.level().tenant());
                for (column, place, bytes) in wanted {
                    let key = crate::sealed::parts(bytes).map(|parts| parts.key);
                    let is_key = column.form == Form::Key;
                    if is_key || !key.is_some_and(|key| keys.contains(&key)) {
                        continue;
                    }
                    if let Opened::Content(content) = opener.open_bytes(&place, bytes)? {
                        let (table, name) = (table.name, column.name);
                        let content = shown(column.form, &content);
                        items.push(Held { table, column: name, row: row.key, content });
                    }
                }
                (after, walked) = (row.key, walked + 1);
                if items.len() >= usize::from(page.limit) || walked >= EXPORT_ROWS_MAX {
                    let key = [table.name.to_owned(), after.id.to_string()];
                    let key = [&key[..], &[after.part.to_string()]].concat();
                    let next = Some(Cursor { filter: page.filter, key });
                    return Ok(Page { items, next });
                }
            }
            if rows.len() < usize::from(ROWS_MAX) {
                at += 1;
                after = self.first(at);
            }
        }
        Ok(Page { items, next: None })
    }

    /// Notes that somebody was given what is held about a party.
    pub async fn note_export(
        &self,
        tx: &mut Tx,
        context: &Context,
        party: PartyId,
    ) -> Result<(), VaultError> {
        Ok(tx.emit(context, &PartyExported { party }).await.map(drop)?)
    }

    /// The table and row behind which a page begins.
    fn begin(&self, page: &PageRequest) -> Result<(usize, RowKey), VaultError> {
        let Some(cursor) = &page.after else { return Ok((0, self.first(0))) };
        let [table, id, part] = cursor.key.as_slice() else { return Err(malformed()) };
        let at = self.tables.iter().position(|known| known.name == table.as_str());
        let id = id.parse().map_err(|_| malformed())?;
        let part = Part::parse(part).ok_or_else(malformed)?;
        Ok((at.ok_or_else(malformed)?, RowKey { id, part }))
    }

    /// Before every row of a table.
    fn first(&self, at: usize) -> RowKey {
        self.tables.get(at).map_or(RowKey::FIRST_NUMBER, |table| table.first)
    }
}

/// Erases those of a tenant's parties that are there and stand; how many did.
async fn erase_again(
    database: &Database,
    tenant: TenantId,
    parties: &[PartyId],
) -> Result<u64, VaultError> {
    let mut tx = database.begin(Level::of(tenant), Mode::Read).await?;
    let standing = store::standing(&mut tx, parties).await?;
    tx.commit().await?;
    if standing.is_empty() {
        return Ok(0);
    }
    let mut tx = database.begin(Level::of(tenant), Mode::Write).await?;
    let context = Context::new(database.env().clone(), tenant, Actor::system("vault"));
    for party in &standing {
        let keys = store::erase(&mut tx, *party, context.now()).await?;
        tx.emit(&context, &PartyErased { party: *party, keys }).await?;
    }
    tx.commit().await?;
    Ok(standing.len() as u64)
}

/// The keys of rows that are a party's.
async fn of_party(
    tx: &mut Tx,
    party: PartyId,
    rows: &[SealedRow],
) -> Result<Vec<KeyId>, VaultError> {
    let keys: BTreeSet<KeyId> = rows.iter().flat_map(SealedRow::keys).collect();
    let found = store::keys(tx, keys.into_iter()).await?;
    Ok(found.iter().filter(|key| key.party == party).map(|key| key.id).collect())
}

fn shown(form: Form, content: &[u8]) -> Json {
    let text = || Json::String(String::from_utf8_lossy(content).into_owned());
    match form {
        Form::Text | Form::Key => text(),
        Form::Json => serde_json::from_slice(content).unwrap_or_else(|_| text()),
    }
}

fn malformed() -> VaultError {
    let text = CursorError::Malformed.to_string();
    VaultError::Field(kernel::FieldFault::new("cursor", "cursor", text))
}
