//! What a link says, which whoever reads at an address may follow without signing in.
//!
//! A token names tenant, address and a number of its purpose's, and is signed with a key that
//! follows from the tenant's key of hashes and the purpose: whoever has none cannot make one, and
//! each is good for its address and purpose alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{TenantId, Uuid};
use storage::keys::{Key, TextHasher, known_tenant_hasher};
use storage::{Database, Level, Mode, Tx};

use crate::error::NoticesError;
use crate::model::AddressId;

/// Tenant, address, number, signature.
const TOKEN_BYTES: usize = 56;
/// Where the signature begins.
const SIGNED_BYTES: usize = 40;

/// The address that a token is for, and the number in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub tenant: TenantId,
    pub address: AddressId,
    pub number: i64,
}

/// The token of an address of the transaction's tenant; nothing before the tenant has a key.
pub(crate) async fn token(
    tx: &mut Tx,
    purpose: &str,
    (address, number): (AddressId, i64),
) -> Result<Option<String>, NoticesError> {
    let tenant = tx.level().tenant();
    let Some(hasher) = known_tenant_hasher(tx).await? else { return Ok(None) };
    let claim = Claim { tenant, address, number }.to_bytes();
    let token = [&claim[..], &signature(&hasher, purpose, &claim)].concat();
    Ok(Some(URL_SAFE_NO_PAD.encode(token)))
}

/// What a token says, and a transaction of its tenant; nothing where it is none that was given out
/// for this purpose.
pub(crate) async fn open(
    database: &Database,
    purpose: &str,
    token: &str,
) -> Result<Option<(Tx, Claim)>, NoticesError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let bytes: Option<[u8; TOKEN_BYTES]> = bytes.and_then(|bytes| bytes.try_into().ok());
    let Some(bytes) = bytes else { return Ok(None) };
    let (signed, given) = bytes.split_at(SIGNED_BYTES);
    let Some(claim) = Claim::of_bytes(signed) else { return Ok(None) };
    let mut tx = database.begin(Level::of(claim.tenant), Mode::Write).await?;
    let Some(hasher) = known_tenant_hasher(&mut tx).await? else { return Ok(None) };
    // Both are keyed hashes of the same length: what is compared tells nothing of the key.
    let expected = signature(&hasher, purpose, signed);
    let differs = expected.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
    Ok((differs == 0).then_some((tx, claim)))
}

/// The key of a purpose.
pub(crate) fn key(hasher: &TextHasher, purpose: &str) -> Key {
    hasher.derived(&[purpose])
}

impl Claim {
    /// What is signed.
    pub(crate) fn to_bytes(self) -> [u8; SIGNED_BYTES] {
        let mut bytes = [0; SIGNED_BYTES];
        bytes[..16].copy_from_slice(self.tenant.uuid().as_bytes());
        bytes[16..32].copy_from_slice(self.address.uuid().as_bytes());
        bytes[32..].copy_from_slice(&self.number.to_be_bytes());
        bytes
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (tenant, rest) = bytes.split_first_chunk::<16>()?;
        let (address, number) = rest.split_first_chunk::<16>()?;
        Some(Self {
            tenant: TenantId::from_uuid(Uuid::from_bytes(*tenant)),
            address: AddressId::from_uuid(Uuid::from_bytes(*address)),
            number: i64::from_be_bytes(number.try_into().ok()?),
        })
    }
}

fn signature(hasher: &TextHasher, purpose: &str, claim: &[u8]) -> [u8; 16] {
    let whole = key(hasher, purpose).hmac(&[claim]);
    let mut signature = [0; 16];
    signature.copy_from_slice(&whole[..16]);
    signature
}
