//! Reading assets with what they are worth today, each in its own currency.

use std::collections::BTreeMap;

use kernel::{Amount, Context, Cursor, CursorError, Money, Page, PageRequest};
use ledger::{AccountId, BalanceFilter};

use super::update::find;
use crate::Wealth;
use crate::error::WealthError;
use crate::model::{Asset, AssetId};
use crate::store::{self, AssetFilter};
use crate::valuation::{Prices, Span};

/// An asset, and what it is worth by what is known today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetView {
    /// The asset.
    pub asset: Asset,
    /// Its value in the currency of its balance or price; of a debt below zero, of what was
    /// disposed of nothing. Where no price is known there is none.
    pub value: Option<Money>,
}

impl Wealth {
    /// The tenant's assets, in about the order of entry.
    pub async fn assets(
        &self,
        context: &Context,
        filter: &AssetFilter,
        page: &PageRequest,
    ) -> Result<Page<AssetView>, WealthError> {
        let after = page.after.as_ref().map(|cursor| match cursor.key.as_slice() {
            [id] => id.parse::<AssetId>().map_err(|_| CursorError::Malformed),
            _ => Err(CursorError::Malformed),
        });
        let mut tx = self.read(context).await?;
        let limit = usize::from(page.limit) + 1;
        let assets = store::assets(&mut tx, filter, after.transpose()?, limit).await?;
        tx.commit().await?;
        let page = Page::cut(assets, page.limit, |asset| Cursor {
            filter: page.filter,
            key: vec![asset.id.to_string()],
        });
        Ok(Page { items: self.views(context, page.items).await?, next: page.next })
    }

    /// One asset of the tenant.
    pub async fn asset(&self, context: &Context, id: AssetId) -> Result<AssetView, WealthError> {
        let mut tx = self.read(context).await?;
        let asset = find(&mut tx, id).await?;
        tx.commit().await?;
        let views = self.views(context, vec![asset]).await?;
        views.into_iter().next().ok_or(WealthError::AssetUnknown { asset: id })
    }

    /// What assets, which were read before, are worth today.
    async fn views(
        &self,
        context: &Context,
        assets: Vec<Asset>,
    ) -> Result<Vec<AssetView>, WealthError> {
        let Some(book) = assets.first().map(|asset| asset.book) else { return Ok(Vec::new()) };
        self.ledger.wait_for_book(book).await?;
        // What was opened where tomorrow has begun already is shown as of that day.
        let today = context.now().date();
        let date = assets.iter().map(|asset| asset.opened_on).fold(today, Ord::max);
        let mut tx = self.read(context).await?;
        let filter = BalanceFilter { account: None, date, known_at: None };
        let balances = self.ledger.balance_inputs(&mut tx, book, &filter).await?;
        let balances: BTreeMap<AccountId, Amount> =
            balances.into_iter().map(|inputs| (inputs.account, inputs.balance)).collect();
        let span = Span { first: date, last: date, known_at: None };
        let prices = Prices::load(&mut tx, &assets, span).await?;
        tx.commit().await?;
        let view = |asset: Asset| {
            let amount = balances.get(&asset.account).copied().unwrap_or(Amount::ZERO);
            let value = prices.native(&asset, amount, date)?.map(|(native, _)| native);
            Ok(AssetView { asset, value })
        };
        assets.into_iter().map(view).collect()
    }
}
