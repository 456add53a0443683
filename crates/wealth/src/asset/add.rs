//! Entering an asset: its row, its account, what there was of it and what one was worth, in one
//! commit.

use kernel::{Amount, BookId, Context, Position};
use ledger::model::Reason;
use ledger::{AccountId, Request};

use super::request::{NewAsset, Terms, price_fault};
use crate::Wealth;
use crate::asset::open_asset;
use crate::error::WealthError;
use crate::ids::{Attempts, new_id};
use crate::limits::ASSETS_MAX;
use crate::model::{Asset, AssetId, Origin};
use crate::roles::RoleAccounts;
use crate::store;

impl Wealth {
    /// Enters an asset. Sent again with the same idempotency key, it gives the same asset.
    ///
    /// # Errors
    /// [`WealthError::Fields`] names every field that breaks a rule.
    pub async fn add_asset(
        &self,
        context: &Context,
        new: &NewAsset,
    ) -> Result<(Asset, Position), WealthError> {
        let terms = new.check(context)?;
        let id = AssetId::from_uuid(new_id(context, "asset", 0));
        let mut attempts = Attempts::of(context);
        let position = loop {
            let (book, request) = self.plan_new(context, (id, new), &terms).await?;
            match self.commit(&attempts.context(), book, request).await {
                Ok(position) => break position,
                Err(error) if attempts.again(&error) => {}
                Err(error) => return Err(scale_fault(error)),
            }
        };
        let mut tx = self.read(context).await?;
        let asset = store::asset(&mut tx, id).await?;
        tx.commit().await?;
        Ok((asset.ok_or(WealthError::AssetUnknown { asset: id })?, position))
    }

    async fn plan_new(
        &self,
        context: &Context,
        (id, new): (AssetId, &NewAsset),
        terms: &Terms,
    ) -> Result<(BookId, Request), WealthError> {
        let mut tx = self.read(context).await?;
        let book = self.household(&mut tx).await?.id;
        if store::count_others(&mut tx, id).await? >= ASSETS_MAX {
            return Err(WealthError::TooManyAssets);
        }
        let commodity = match terms.commodity {
            Some(commodity) => commodity,
            None => Asset::own_commodity(id)
                .map_err(|error| WealthError::field("holding.kind", "malformed", error))?,
        };
        let now = context.now();
        let asset = Asset {
            id,
            book,
            account: AccountId::from_uuid(new_id(context, "account", 0)),
            kind: new.kind,
            holding: terms.holding,
            country: new.country,
            owner: terms.owner.clone(),
            name: terms.name.clone(),
            commodity,
            currency: terms.currency,
            opened_on: new.opened_on,
            disposal: None,
            origin: Origin::Manual,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut request = Request::default();
        let mut accounts = RoleAccounts::load(&mut tx, book).await?;
        let opening = terms.stated.amount.unwrap_or(Amount::ZERO);
        open_asset(context, &mut accounts, (&asset, opening), 0, &mut request)?;
        if let Some(price) = terms.stated.price {
            let price = price.of(asset.commodity, asset.opened_on);
            let changes = markets::price_change(&mut tx, context, &price).await;
            let (_, changes) = changes.map_err(|error| price_fault(error, "holding.price"))?;
            request.rows.extend(changes);
        }
        tx.commit().await?;
        Ok((book, request))
    }
}

/// The book knows the commodity with other decimals than the caller named.
fn scale_fault(error: WealthError) -> WealthError {
    if error.is_rejected_for(&[Reason::CommodityDiffers]) {
        let detail = "the household counts this commodity with other decimals";
        return WealthError::field("holding.scale", "differs", detail);
    }
    error
}
