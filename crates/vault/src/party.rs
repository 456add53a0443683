//! Sealing for a party, and opening what was sealed.
//!
//! What must stay true: a key of a party is opened in the transaction that uses it and kept no
//! longer than its sealer or opener, so that an erasure holds at once and everywhere.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Context, Env, PartyId, TenantId};
use storage::crypto::{Cipher, NONCE_BYTES};
use storage::keys::{Key, NumberedKey, tenant_key, wrapping_key};
use storage::{StorageError, Tx};

use crate::error::VaultError;
use crate::sealed::{
    CONTENT_BYTES_MAX, Column, Content, KeyId, Opened, Place, RowKey, Sealed, head, parts,
};
use crate::store::{self, KeyRow};

/// Seals for one party, under its newest key.
pub struct Sealer {
    tenant: TenantId,
    key: KeyId,
    cipher: Cipher,
    env: Env,
}

/// Opens what some keys of one tenant sealed.
pub struct Opener {
    tenant: TenantId,
    /// Nothing of a key whose party was erased.
    ciphers: BTreeMap<KeyId, Option<Cipher>>,
}

/// The party that a tenant itself is: what belongs to the family as a whole, and to no other party,
/// is sealed for it.
#[must_use]
pub const fn own_party(tenant: TenantId) -> PartyId {
    PartyId::from_uuid(tenant.uuid())
}

/// Seals for a party of the transaction's tenant. Its first key is made where it has none, so the
/// transaction must be one that may write.
///
/// # Errors
/// [`VaultError::PartyErased`], and [`StorageError::Level`] where the context is another tenant's
/// than the transaction.
pub async fn sealer(tx: &mut Tx, context: &Context, party: PartyId) -> Result<Sealer, VaultError> {
    if let Some(sealer) = known_sealer(tx, context, party).await? {
        return Ok(sealer);
    }
    store::add(tx, party, context.now()).await?;
    let made = add_key(tx, &context.env, party).await?;
    under(tx, context, made).await
}

/// Seals for a party of the transaction's tenant, if it has a key already.
///
/// # Errors
/// As [`sealer`].
pub async fn known_sealer(
    tx: &mut Tx,
    context: &Context,
    party: PartyId,
) -> Result<Option<Sealer>, VaultError> {
    if tx.level().tenant() != context.tenant {
        let (place, level) = ("vault::sealer".to_owned(), tx.level().to_string());
        return Err(StorageError::Level { place, level }.into());
    }
    match store::newest_key(tx, party).await? {
        Some(newest) => under(tx, context, newest).await.map(Some),
        None => Ok(None),
    }
}

/// Seals under a key.
async fn under(tx: &mut Tx, context: &Context, row: KeyRow) -> Result<Sealer, VaultError> {
    let KeyRow { id, party, .. } = row;
    let key = open_key(tx, &row).await?.ok_or(VaultError::PartyErased { party })?;
    Ok(Sealer { tenant: context.tenant, key: id, cipher: key.cipher(), env: context.env.clone() })
}

/// Opens what these keys of the transaction's tenant sealed.
///
/// # Errors
/// Where one of the keys does not open.
pub async fn opener(
    tx: &mut Tx,
    keys: impl IntoIterator<Item = KeyId>,
) -> Result<Opener, VaultError> {
    let keys: BTreeSet<KeyId> = keys.into_iter().collect();
    let mut ciphers = BTreeMap::new();
    for row in store::keys(tx, keys.into_iter()).await? {
        let cipher = open_key(tx, &row).await?.map(|key| key.cipher());
        ciphers.insert(row.id, cipher);
    }
    Ok(Opener { tenant: tx.level().tenant(), ciphers })
}

impl Sealer {
    /// Seals the content of a column of one row.
    ///
    /// # Errors
    /// [`VaultError::TooLarge`].
    pub fn seal<C: Column>(
        &self,
        row: RowKey,
        content: &C::Content,
    ) -> Result<Sealed<C>, VaultError> {
        let place = Place::of::<C>(self.tenant, row);
        let unfit = || damaged(&place, "its content cannot be written as bytes");
        let content = content.to_bytes().ok_or_else(unfit)?;
        Ok(Sealed::of(self.seal_bytes(&place, &content)?))
    }

    /// The key that it seals with.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    pub(crate) fn seal_bytes(&self, place: &Place, content: &[u8]) -> Result<Vec<u8>, VaultError> {
        if content.len() > CONTENT_BYTES_MAX {
            let column = format!("{}.{}", place.table, place.column);
            return Err(VaultError::TooLarge { column, bytes: content.len() });
        }
        let head = head(self.key);
        let nonce: [u8; NONCE_BYTES] = self.env.random_bytes();
        let sealed = self.cipher.seal(nonce, &place.bound(&head), content);
        Ok([&head[..], &nonce, &sealed].concat())
    }
}

impl Opener {
    /// Opens the content of a column of one row.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where it was sealed for another place, was changed, or its key is
    /// not among those that were asked for.
    pub fn open<C: Column>(
        &self,
        row: RowKey,
        sealed: &Sealed<C>,
    ) -> Result<Opened<C::Content>, VaultError> {
        let place = Place::of::<C>(self.tenant, row);
        match self.open_bytes(&place, sealed.bytes())? {
            Opened::Erased => Ok(Opened::Erased),
            Opened::Content(bytes) => match C::Content::from_bytes(&bytes) {
                Some(content) => Ok(Opened::Content(content)),
                None => Err(damaged(&place, "its content is not of its type")),
            },
        }
    }

    pub(crate) fn open_bytes(
        &self,
        place: &Place,
        bytes: &[u8],
    ) -> Result<Opened<zeroize::Zeroizing<Vec<u8>>>, VaultError> {
        let parts = parts(bytes).ok_or_else(|| damaged(place, "it is not of the sealed form"))?;
        match self.ciphers.get(&parts.key) {
            None => Err(damaged(place, "its key is not there")),
            Some(None) => Ok(Opened::Erased),
            Some(Some(cipher)) => {
                let content = cipher.open(parts.nonce, &place.bound(parts.head), parts.sealed);
                let content = content.map(zeroize::Zeroizing::new).map(Opened::Content);
                content.ok_or_else(|| damaged(place, "it was changed, or belongs elsewhere"))
            }
        }
    }
}

/// Makes the next key of a party, which must not be erased; another transaction may have been
/// first, and then its key counts.
pub(crate) async fn add_key(tx: &mut Tx, env: &Env, party: PartyId) -> Result<KeyRow, VaultError> {
    // Whoever erases the party waits until this key is there to be erased too.
    if !matches!(store::hold(tx, party).await?, Some(None)) {
        return Err(VaultError::PartyErased { party });
    }
    let number = store::newest_key(tx, party).await?.map_or(1, |newest| newest.number + 1);
    let NumberedKey { number: wrapping, key: by } = wrapping_key(tx).await?;
    let id = KeyId::from_uuid(env.random_uuid());
    let wrapped = Some(by.wrap(env, &bound(tx.level().tenant(), id), &Key::random(env)));
    let row = KeyRow { id, party, number, wrapping, wrapped };
    store::add_key(tx, &row, env.now()).await?;
    let missing = || VaultError::Damaged {
        place: party.to_string(),
        text: "its key is not there after it was made",
    };
    store::newest_key(tx, party).await?.ok_or_else(missing)
}

/// The key of a row; nothing where its party was erased.
pub(crate) async fn open_key(tx: &mut Tx, row: &KeyRow) -> Result<Option<Key>, VaultError> {
    let Some(wrapped) = &row.wrapped else { return Ok(None) };
    let damaged = |text| VaultError::Damaged { place: row.id.to_string(), text };
    let by = tenant_key(tx, row.wrapping).await?;
    let by = by.ok_or_else(|| damaged("the tenant's key that wraps it is not there"))?;
    let key = by.unwrapped(&bound(tx.level().tenant(), row.id), wrapped);
    key.map(Some).ok_or_else(|| damaged("it was changed, or belongs to another tenant"))
}

/// What the wrapping of a party's key is bound to.
pub(crate) fn bound(tenant: TenantId, key: KeyId) -> Vec<u8> {
    [b"florin.party.key.1", &tenant.uuid().as_bytes()[..], key.uuid().as_bytes()].concat()
}

fn damaged(place: &Place, text: &'static str) -> VaultError {
    let Place { table, column, row: RowKey { id, part }, .. } = place;
    VaultError::Damaged { place: format!("{table}.{column} of {id} {part}"), text }
}
