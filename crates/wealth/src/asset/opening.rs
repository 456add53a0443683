//! What every new asset needs, whether somebody enters it or a statement names it.

use kernel::{Amount, Context, Money};
use ledger::{AccountText, Limits, NewAccount, NewTransfer, Request, Step, TransferId};
use storage::log::emission;

use crate::error::WealthError;
use crate::event::AssetAdded;
use crate::ids::new_id;
use crate::model::{ASSET_ACCOUNT, Asset, TransferCode};
use crate::roles::{Role, RoleAccounts, movement};
use crate::store;

/// Adds to a request what makes an asset: its commodity, its account, its row and its event, and
/// the transfer that brings in what there was of it when it was opened, on the account's natural
/// side (of a debt, what is owed). `number` tells apart the assets that one call makes.
pub(crate) fn open_asset(
    context: &Context,
    accounts: &mut RoleAccounts,
    (asset, opening): (&Asset, Amount),
    number: u32,
    request: &mut Request,
) -> Result<Option<TransferId>, WealthError> {
    declare_asset(context, (asset, opening), request)?;
    let counter = accounts.ensure(Role::Opening, asset.commodity, request);
    let account = (asset.account, asset.kind.account_kind());
    let Some(movement) = movement(account, counter, opening) else {
        return Ok(None);
    };
    let id = TransferId::from_uuid(new_id(context, "transfer.opening", number));
    request.steps.push(Step::Transfer(NewTransfer {
        id,
        movement,
        code: TransferCode::Opening.number(),
        reference: None,
        effective: asset.opened_on,
        reverses: None,
    }));
    Ok(Some(id))
}

/// The same without the transfer, for those who say themselves where what there was comes from.
pub(crate) fn declare_asset(
    context: &Context,
    (asset, opening): (&Asset, Amount),
    request: &mut Request,
) -> Result<(), WealthError> {
    let (code, scale, kind) =
        (asset.commodity.code, asset.commodity.scale, asset.kind.account_kind());
    request.steps.push(Step::DefineCommodity { code, scale });
    request.steps.push(Step::OpenAccount(NewAccount {
        id: asset.account,
        commodity: code,
        kind,
        limits: Limits::default(),
        code: ASSET_ACCOUNT,
    }));
    request.account_texts.push(AccountText {
        account: asset.account,
        name: asset.name.clone(),
        metadata: serde_json::json!({}),
    });
    request.rows.push(store::asset_row(asset));
    let amount_text = Money::new(opening, asset.commodity).amount_text();
    let (_, event) = emission(context, &AssetAdded::of(asset, amount_text))?;
    request.rows.push(event);
    Ok(())
}
