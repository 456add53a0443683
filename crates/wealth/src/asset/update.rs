//! Changing an asset: its words, and what there was of it or what it was worth on a day.
//!
//! What must stay true: a statement of a day changes the days from that one to the next of which
//! somebody stated how much there was, and no day before.

use kernel::{Amount, BookId, Context, Date, Money, Position};
use ledger::{BalanceFilter, NewTransfer, Request, Step, TransferId};
use storage::Tx;
use storage::log::emission;

use super::commit::changed_meanwhile;
use super::request::{Statement, UpdateAsset, price_fault};
use crate::Wealth;
use crate::checks::Checks;
use crate::error::WealthError;
use crate::event::{AssetUpdated, AssetValued};
use crate::ids::{Attempts, new_id};
use crate::model::{Asset, AssetId, TransferCode};
use crate::roles::{Role, RoleAccounts, movement};
use crate::store;

impl Wealth {
    /// Changes an asset. A balance or quantity is stated for the end of a day: the difference to
    /// what was booked is booked on that day, and taken back on the next day for which somebody
    /// stated how much there was. A value or price is recorded as a price of that day.
    ///
    /// # Errors
    /// [`WealthError::Changed`] where somebody else changed the asset since the version that the
    /// caller expects, or while this was under way; [`WealthError::Disposed`] where it counts no
    /// longer and its value is stated.
    pub async fn update_asset(
        &self,
        context: &Context,
        id: AssetId,
        update: &UpdateAsset,
    ) -> Result<(Asset, Position), WealthError> {
        let mut attempts = Attempts::of(context);
        let position = loop {
            let plan = self.plan_update(context, id, update).await?;
            let Some((book, request)) = plan else { break Position::default() };
            match self.commit(&attempts.context(), book, request).await {
                Ok(position) => break position,
                Err(error) if attempts.again(&error) => {}
                Err(error) => return Err(changed_meanwhile(error, id)),
            }
        };
        let mut tx = self.read(context).await?;
        let asset = find(&mut tx, id).await?;
        tx.commit().await?;
        Ok((asset, position))
    }

    /// What an update does; nothing where all is as it says.
    async fn plan_update(
        &self,
        context: &Context,
        id: AssetId,
        update: &UpdateAsset,
    ) -> Result<Option<(BookId, Request)>, WealthError> {
        // The version is read first, then everything that was committed by then is waited for: what
        // comes later fails at the guard.
        let mut tx = self.read(context).await?;
        let asset = find(&mut tx, id).await?;
        tx.commit().await?;
        if update.expected_version.is_some_and(|version| version != asset.version) {
            return Err(WealthError::Changed { asset: id });
        }
        let (changed, fields) = update.words_of(&asset)?;
        let mut request = Request::default();
        request.rows.push(store::asset_update(&changed, context.now()));
        if !fields.is_empty() {
            let event = AssetUpdated { asset: id, version: asset.version + 1, fields };
            request.rows.push(emission(context, &event)?.1);
        }
        if let Some(stated) = &update.stated {
            if let Some(gone) = asset.disposal {
                return Err(WealthError::Disposed { asset: id, on: gone.on });
            }
            let statement = stated.check(&asset, update.as_of, context)?;
            self.plan_statement(context, &asset, (statement, update.as_of), &mut request).await?;
        }
        let is_nothing = request.rows.len() == 1;
        Ok(if is_nothing { None } else { Some((asset.book, request)) })
    }

    async fn plan_statement(
        &self,
        context: &Context,
        asset: &Asset,
        (stated, as_of): (Statement, Date),
        request: &mut Request,
    ) -> Result<(), WealthError> {
        self.ledger.wait_for_book(asset.book).await?;
        let mut tx = self.read(context).await?;
        let mut event = AssetValued {
            asset: asset.id,
            version: asset.version + 1,
            as_of,
            balance: None,
            difference: None,
            price: None,
            currency: None,
        };
        if let Some(amount) = stated.amount {
            let booked = self.balance_on(&mut tx, asset, as_of).await?;
            let difference = amount.checked_sub(booked)?;
            let text = |amount| Some(Money::new(amount, asset.commodity).amount_text());
            (event.balance, event.difference) = (text(amount), text(difference));
            let next = store::next_stated_day(&mut tx, asset.id, as_of).await?;
            let mut accounts = RoleAccounts::load(&mut tx, asset.book).await?;
            book_difference(context, (asset, &mut accounts), (difference, as_of, next), request);
            request.rows.push(store::stated_day(asset.id, as_of));
        }
        if let Some(price) = stated.price {
            (event.price, event.currency) = (Some(price.price), Some(price.currency.code));
            let price = price.of(asset.commodity, as_of);
            let changes = markets::price_change(&mut tx, context, &price).await;
            request.rows.extend(changes.map_err(|error| price_fault(error, "price"))?.1);
        }
        request.rows.push(emission(context, &event)?.1);
        tx.commit().await?;
        Ok(())
    }

    /// How much there is of an asset at the end of a day, on its account's natural side.
    pub(super) async fn balance_on(
        &self,
        tx: &mut Tx,
        asset: &Asset,
        date: Date,
    ) -> Result<Amount, WealthError> {
        let filter = BalanceFilter { account: Some(asset.account), date, known_at: None };
        let inputs = self.ledger.balance_inputs(tx, asset.book, &filter).await?;
        Ok(inputs.first().map_or(Amount::ZERO, |inputs| inputs.balance))
    }
}

/// The asset with this id.
pub(super) async fn find(tx: &mut Tx, id: AssetId) -> Result<Asset, WealthError> {
    store::asset(tx, id).await?.ok_or(WealthError::AssetUnknown { asset: id })
}

/// Books a difference on a day, and takes it back on the next day of which the balance was stated.
fn book_difference(
    context: &Context,
    (asset, accounts): (&Asset, &mut RoleAccounts),
    (difference, on, next): (Amount, Date, Option<Date>),
    request: &mut Request,
) {
    let corrects_opening = on == asset.opened_on;
    let role = if corrects_opening { Role::Opening } else { Role::Adjustment };
    let later = match asset.holding {
        crate::model::Holding::Quantity => TransferCode::Quantity,
        crate::model::Holding::Balance | crate::model::Holding::Unit => TransferCode::Adjustment,
    };
    let code = if corrects_opening { TransferCode::OpeningCorrection } else { later };
    let bookings = [
        Some((difference, on, role, code)),
        next.map(|next| (difference.negate(), next, Role::Adjustment, later)),
    ];
    for (number, booking) in (0_u32..).zip(bookings) {
        let Some((amount, effective, role, code)) = booking.filter(|_| !difference.is_zero())
        else {
            continue;
        };
        let counter = accounts.ensure(role, asset.commodity, request);
        let account = (asset.account, asset.kind.account_kind());
        if let Some(movement) = movement(account, counter, amount) {
            let id = TransferId::from_uuid(new_id(context, "transfer.stated", number));
            let code = code.number();
            let transfer =
                NewTransfer { id, movement, code, reference: None, effective, reverses: None };
            request.steps.push(Step::Transfer(transfer));
        }
    }
}

impl UpdateAsset {
    /// The asset with the words that the update gives it, and which of them are new.
    fn words_of(&self, asset: &Asset) -> Result<(Asset, Vec<&'static str>), WealthError> {
        let mut checks = Checks::default();
        let mut changed = asset.clone();
        if let Some(name) = &self.name {
            changed.name = checks.name("name", name);
        }
        if let Some(owner) = &self.owner {
            changed.owner = owner.as_deref().map(|owner| checks.name("owner", owner));
        }
        if let Some(country) = self.country {
            changed.country = country;
        }
        checks.done()?;
        let fields = [
            ("name", changed.name != asset.name),
            ("owner", changed.owner != asset.owner),
            ("country", changed.country != asset.country),
        ];
        let fields = fields.into_iter().filter(|field| field.1).map(|field| field.0).collect();
        Ok((changed, fields))
    }
}
