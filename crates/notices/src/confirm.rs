//! Whoever reads at an address is asked before they are told anything there, so that nobody can
//! have a stranger written to.
//!
//! What must stay true:
//! - what confirms an address is seen at that address alone: it is made when it is sent, of a key
//!   of the tenant's, the address and the time of the question, and stands in no row, event or
//!   answer;
//! - it confirms once, within [`CONFIRM_SECONDS_MAX`], and not after another question was sent;
//! - of a code few guesses are taken, and each counts whether its request succeeds or not.

use kernel::{Actor, Context, PartyId, Timestamp};
use storage::keys::known_tenant_hasher;
use storage::{Database, Level, Mode, Tx};

use crate::address::{self, Address, owned};
use crate::error::NoticesError;
use crate::event::AddressConfirmed;
use crate::kind::{Kind, Param};
use crate::limits::{CODE_TRIES_MAX, CONFIRM_SECONDS_MAX};
use crate::model::{AddressId, AddressState, ChannelKind};
use crate::service::{CONFIRM_CODE, CONFIRM_LINK, Notices};
use crate::store::address::AddressRow;
use crate::token::{self, Claim};
use crate::{store, trial};

const LINK: &str = "notices.confirm.link";
const CODE: &str = "notices.confirm.code";

/// Asks anew at an address that is not confirmed; links and codes that were sent before are worth
/// nothing any more.
///
/// # Errors
/// [`NoticesError::AddressUnknown`], [`NoticesError::NothingToConfirm`], or a fault of the field
/// `address` where so much was sent today that no more is.
pub async fn ask_address(
    tx: &mut Tx,
    context: &Context,
    recipient: PartyId,
    id: AddressId,
) -> Result<Address, NoticesError> {
    let row = owned(tx, recipient, id).await?;
    if row.state != AddressState::Unconfirmed {
        return Err(NoticesError::NothingToConfirm { address: id, state: row.state });
    }
    ask(tx, context, &row).await?;
    address::address(tx, recipient, id).await
}

/// Confirms the address that a link is for.
///
/// # Errors
/// [`NoticesError::ConfirmationInvalid`] where it was not given out, was used, is too old, or
/// another was sent after it.
pub async fn confirm(database: &Database, token: &str) -> Result<(), NoticesError> {
    let opened = token::open(database, LINK, token).await?;
    let (mut tx, claim) = opened.ok_or(NoticesError::ConfirmationInvalid)?;
    let context = Context::new(database.env().clone(), claim.tenant, Actor::Anonymous);
    let found = store::address::one(&mut tx, claim.address).await?;
    let asked_at = Timestamp::from_micros(claim.number);
    match found {
        Some(row) if settle(&mut tx, &context, &row, asked_at).await? => Ok(tx.commit().await?),
        _ => Err(NoticesError::ConfirmationInvalid),
    }
}

/// Confirms an address of a recipient by the code that was sent there. One that is confirmed
/// already stays as it is. It commits by itself: a wrong code is an error, and counts.
///
/// # Errors
/// [`NoticesError::AddressUnknown`], [`NoticesError::NothingToConfirm`], or a fault of the field
/// `code`.
pub async fn confirm_code(
    database: &Database,
    context: &Context,
    (recipient, id): (PartyId, AddressId),
    code: &str,
) -> Result<Address, NoticesError> {
    let mut tx = database.begin(Level::of(context.tenant), Mode::Write).await?;
    let row = owned(&mut tx, recipient, id).await?;
    match row.state {
        AddressState::Active => return address::address(&mut tx, recipient, id).await,
        AddressState::Unconfirmed => {}
        AddressState::Suspended | AddressState::Unsubscribed => {
            return Err(NoticesError::NothingToConfirm { address: id, state: row.state });
        }
    }
    if !store::address::count_try(&mut tx, id, CODE_TRIES_MAX).await? {
        return Err(NoticesError::too_many_tries());
    }
    // Read once more, behind the lock of the row: another question may have been sent meanwhile.
    let row = owned(&mut tx, recipient, id).await?;
    let asked_at = row.asked_at.ok_or_else(NoticesError::wrong_code)?;
    let expected = expected_code(&mut tx, id, asked_at).await?;
    let is_right = code.trim() == expected && settle(&mut tx, context, &row, asked_at).await?;
    if !is_right {
        tx.commit().await?;
        return Err(NoticesError::wrong_code());
    }
    let confirmed = address::address(&mut tx, recipient, id).await?;
    tx.commit().await?;
    Ok(confirmed)
}

/// Sends a question to an address, which is unconfirmed from now on.
pub(crate) async fn ask(
    tx: &mut Tx,
    context: &Context,
    row: &AddressRow,
) -> Result<(), NoticesError> {
    trial::count(tx, context, row).await?;
    store::address::ask(tx, row.id, context.now()).await?;
    let kind = match row.channel {
        ChannelKind::Email => &CONFIRM_LINK,
        ChannelKind::App
        | ChannelKind::Webhook
        | ChannelKind::Push
        | ChannelKind::Sms
        | ChannelKind::Whatsapp => &CONFIRM_CODE,
    };
    trial::tell(tx, context, row, kind).await.map(drop)
}

/// The question of an address in words; nothing where none is open. Where no link would lead here,
/// an e-mail has a code too.
pub(crate) async fn question(
    tx: &mut Tx,
    service: &Notices,
    address: &Address,
) -> Result<Option<(&'static Kind, (String, Param))>, NoticesError> {
    let Some(asked_at) = address.asked_at else { return Ok(None) };
    if address.channel == ChannelKind::Email
        && let Some(url) = service.public_url()
    {
        let token = token::token(tx, LINK, (address.id, asked_at.micros())).await?;
        let link = token.map(|token| Param::Text { text: format!("{url}/confirm/{token}") });
        return Ok(link.map(|link| (&CONFIRM_LINK, ("link".to_owned(), link))));
    }
    let code = Param::Text { text: expected_code(tx, address.id, asked_at).await? };
    Ok(Some((&CONFIRM_CODE, ("code".to_owned(), code))))
}

/// Notes that whoever reads at an address said yes; whether the question was still open.
async fn settle(
    tx: &mut Tx,
    context: &Context,
    row: &AddressRow,
    asked_at: Timestamp,
) -> Result<bool, NoticesError> {
    let age = context.now().micros().saturating_sub(asked_at.micros());
    let is_open = age <= CONFIRM_SECONDS_MAX * 1_000_000;
    if !is_open || !store::address::confirm(tx, row.id, asked_at, context.now()).await? {
        return Ok(false);
    }
    let confirmed = AddressConfirmed { address: row.id, recipient: row.recipient };
    tx.emit(context, &confirmed).await?;
    Ok(true)
}

/// The six digits of a question.
async fn expected_code(
    tx: &mut Tx,
    address: AddressId,
    asked_at: Timestamp,
) -> Result<String, NoticesError> {
    let tenant = tx.level().tenant();
    let hasher = known_tenant_hasher(tx).await?;
    let hasher = hasher.ok_or_else(|| NoticesError::configuration("the tenant has no key"))?;
    let claim = Claim { tenant, address, number: asked_at.micros() }.to_bytes();
    let hash = token::key(&hasher, CODE).hmac(&[&claim]);
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    Ok(format!("{:06}", u64::from_be_bytes(first) % 1_000_000))
}
