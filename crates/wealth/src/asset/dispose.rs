//! Disposing of an asset: from a date on it counts no longer, and its account is closed.

use kernel::{Amount, BookId, Context, Date, Money, Position};
use ledger::{BalanceFilter, NewTransfer, Request, Step, TransferId};
use storage::log::emission;

use super::commit::changed_meanwhile;
use super::update::find;
use crate::Wealth;
use crate::checks::Checks;
use crate::error::WealthError;
use crate::event::AssetDisposed;
use crate::ids::{Attempts, new_id};
use crate::model::{Asset, AssetId, DisposalDate, TransferCode};
use crate::roles::{Role, RoleAccounts, movement};
use crate::store;

impl Wealth {
    /// Disposes of an asset: `on` is the first day on which it does not count. What there is of it
    /// moves to the household's disposals on that day; the days before stay as they are. Doing so
    /// again with the same date changes nothing.
    ///
    /// # Errors
    /// [`WealthError::BookingsLater`] where something was booked or stated for a later day,
    /// [`WealthError::Disposed`] where it was disposed of on another date.
    pub async fn dispose_asset(
        &self,
        context: &Context,
        id: AssetId,
        on: Date,
    ) -> Result<(Asset, Position), WealthError> {
        let mut attempts = Attempts::of(context);
        let position = loop {
            let Some((book, request)) = self.plan_disposal(context, id, on).await? else {
                break Position::default();
            };
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

    async fn plan_disposal(
        &self,
        context: &Context,
        id: AssetId,
        on: Date,
    ) -> Result<Option<(BookId, Request)>, WealthError> {
        // As for an update: first the version, then what was committed by then.
        let mut tx = self.read(context).await?;
        let asset = find(&mut tx, id).await?;
        tx.commit().await?;
        if let Some(gone) = asset.disposal {
            let again = gone.on == on;
            return if again {
                Ok(None)
            } else {
                Err(WealthError::Disposed { asset: id, on: gone.on })
            };
        }
        check(&asset, on, context)?;
        self.ledger.wait_for_book(asset.book).await?;
        let mut tx = self.read(context).await?;
        let filter =
            BalanceFilter { account: Some(asset.account), date: Date::MAX, known_at: None };
        let booked = self.ledger.balance_inputs(&mut tx, asset.book, &filter).await?;
        let stated = store::next_stated_day(&mut tx, id, on).await?;
        let last = booked.first().map(|inputs| inputs.last).max(stated);
        if let Some(last) = last.filter(|last| *last > on) {
            return Err(WealthError::BookingsLater { asset: id, last });
        }
        let balance = booked.first().map_or(Amount::ZERO, |inputs| inputs.balance);
        let mut accounts = RoleAccounts::load(&mut tx, asset.book).await?;
        tx.commit().await?;

        let mut request = Request::default();
        let gone = DisposalDate { on, recorded: context.now() };
        request.rows.push(store::asset_dispose(&asset, gone));
        let counter = accounts.ensure(Role::Disposal, asset.commodity, &mut request);
        let account = (asset.account, asset.kind.account_kind());
        if let Some(movement) = movement(account, counter, balance.negate()) {
            request.steps.push(Step::Transfer(NewTransfer {
                id: TransferId::from_uuid(new_id(context, "transfer.disposal", 0)),
                movement,
                code: TransferCode::Disposal.number(),
                reference: None,
                effective: on,
                reverses: None,
            }));
        }
        request.steps.push(Step::CloseAccount { account: asset.account });
        let event = AssetDisposed {
            asset: id,
            version: asset.version + 1,
            on,
            amount: Money::new(balance, asset.commodity).amount_text(),
            commodity: asset.commodity.code,
        };
        request.rows.push(emission(context, &event)?.1);
        Ok(Some((asset.book, request)))
    }
}

fn check(asset: &Asset, on: Date, context: &Context) -> Result<(), WealthError> {
    let mut checks = Checks::default();
    checks.past_date("on", on, context);
    if on < asset.opened_on {
        let detail = format!("asset {} counts from {}", asset.id, asset.opened_on);
        checks.fault("on", "before_opening", detail);
    }
    checks.done()
}
