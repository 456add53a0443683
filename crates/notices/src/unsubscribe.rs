//! Links by which whoever reads at an address ends it, without signing in.
//!
//! A token names tenant and address, and is signed with a key that follows from the tenant's key of
//! hashes: whoever has none cannot make one, and each is good for its address alone. It has no end,
//! because an old message must be as good as a new one; what it can do is to be silent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Actor, Context, TenantId, Uuid};
use storage::keys::{TextHasher, known_tenant_hasher};
use storage::{Database, Level, Mode, Tx};

use crate::error::NoticesError;
use crate::event::AddressUnsubscribed;
use crate::model::{AddressId, AddressState};
use crate::store;

/// Tenant, address, signature.
const TOKEN_BYTES: usize = 48;

/// The token of an address of the transaction's tenant; nothing before the tenant has a key.
pub(crate) async fn token(tx: &mut Tx, address: AddressId) -> Result<Option<String>, NoticesError> {
    let tenant = tx.level().tenant();
    let Some(hasher) = known_tenant_hasher(tx).await? else { return Ok(None) };
    let signature = signature(&hasher, tenant, address);
    let ids = [tenant.uuid().into_bytes(), address.uuid().into_bytes()];
    let token = [ids[0], ids[1], signature].concat();
    Ok(Some(URL_SAFE_NO_PAD.encode(token)))
}

/// Ends the address that a token is for. Once more changes nothing.
///
/// # Errors
/// [`NoticesError::TokenInvalid`] where it is no token that was given out. An address that was
/// removed meanwhile is no error: nothing is sent there.
pub async fn unsubscribe(database: &Database, token: &str) -> Result<(), NoticesError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| NoticesError::TokenInvalid)?;
    let bytes: [u8; TOKEN_BYTES] = bytes.try_into().map_err(|_| NoticesError::TokenInvalid)?;
    let part = |from: usize| Uuid::from_slice(&bytes[from..from + 16]);
    let ids = part(0).and_then(|tenant| Ok((tenant, part(16)?)));
    let (tenant, address) = ids.map_err(|_| NoticesError::TokenInvalid)?;
    let (tenant, address) = (TenantId::from_uuid(tenant), AddressId::from_uuid(address));
    let mut tx = database.begin(Level::of(tenant), Mode::Write).await?;
    let hasher = known_tenant_hasher(&mut tx).await?.ok_or(NoticesError::TokenInvalid)?;
    // Both are keyed hashes of the same length: what is compared tells nothing of the key.
    let expected = signature(&hasher, tenant, address);
    let differs = expected.iter().zip(&bytes[32..]).fold(0, |all, (a, b)| all | (a ^ b));
    if differs != 0 {
        return Err(NoticesError::TokenInvalid);
    }
    let context = Context::new(database.env().clone(), tenant, Actor::Anonymous);
    if let Some(found) = store::address::one(&mut tx, address).await? {
        let state = (AddressState::Unsubscribed, Some("unsubscribed"));
        if store::address::set_state(&mut tx, address, state, context.now()).await? {
            let recipient = found.recipient;
            tx.emit(&context, &AddressUnsubscribed { address, recipient }).await?;
        }
    }
    Ok(tx.commit().await?)
}

fn signature(hasher: &TextHasher, tenant: TenantId, address: AddressId) -> [u8; 16] {
    let key = hasher.derived(&["notices.unsubscribe"]);
    let whole = key.hmac(&[tenant.uuid().as_bytes(), address.uuid().as_bytes()]);
    let mut signature = [0; 16];
    signature.copy_from_slice(&whole[..16]);
    signature
}
