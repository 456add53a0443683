//! Links by which whoever reads at an address ends it, without signing in. Such a token has no end,
//! because an old message must be as good as a new one; what it can do is to be silent.

use kernel::{Actor, Context};
use storage::{Database, Tx};

use crate::error::NoticesError;
use crate::event::AddressUnsubscribed;
use crate::model::AddressId;
use crate::{store, token};

const PURPOSE: &str = "notices.unsubscribe";

/// The token of an address of the transaction's tenant; nothing before the tenant has a key.
pub(crate) async fn token(tx: &mut Tx, address: AddressId) -> Result<Option<String>, NoticesError> {
    token::token(tx, PURPOSE, (address, 0)).await
}

/// Ends the address that a token is for. Once more changes nothing.
///
/// # Errors
/// [`NoticesError::TokenInvalid`] where it is no token that was given out. An address that was
/// removed meanwhile is no error: nothing is sent there.
pub async fn unsubscribe(database: &Database, token: &str) -> Result<(), NoticesError> {
    let opened = token::open(database, PURPOSE, token).await?;
    let (mut tx, claim) = opened.ok_or(NoticesError::TokenInvalid)?;
    let context = Context::new(database.env().clone(), claim.tenant, Actor::Anonymous);
    if let Some(found) = store::address::one(&mut tx, claim.address).await?
        && store::address::end(&mut tx, found.id, context.now()).await?
    {
        let ended = AddressUnsubscribed { address: found.id, recipient: found.recipient };
        tx.emit(&context, &ended).await?;
    }
    Ok(tx.commit().await?)
}
