//! Redoing: an import that was undone is staged again as it was read and as people decided,
//! compared with what is booked now, and booked.
//!
//! What must stay true: what is booked again has ids of its own, since the ledger keeps the first
//! transfers and their reversals; an asset that went with the undoing stays gone, and another one
//! is opened in its place.

use kernel::Context;
use storage::{Level, Mode, Tx};

use super::book::is_overtaken;
use super::error::ImportError;
use super::event::ImportRestaged;
use super::model::{BookOptions, Import, ImportId, ImportStatus};
use super::query::{import_row, require};
use super::store::accounts::AccountPlan;
use super::store::{self, lines};
use super::{ATTEMPTS_MAX, accounts};
use crate::Wealth;
use crate::error::WealthError;
use crate::store as assets;

impl Wealth {
    /// Books an import again that was undone: what of it is new now. Where something is to be
    /// decided first, it is staged, and so it is where it cannot be booked.
    ///
    /// # Errors
    /// Those of [`Wealth::book`]; [`ImportError::WrongStatus`] where it is not undone.
    pub async fn redo(
        &self,
        context: &Context,
        id: ImportId,
        options: BookOptions,
    ) -> Result<Import, WealthError> {
        let mut number = 0;
        loop {
            match self.restage(context, id).await {
                Ok(()) => return self.book(context, id, options).await,
                Err(error) if is_overtaken(&error) && number < ATTEMPTS_MAX => number += 1,
                Err(error) if is_overtaken(&error) => {
                    return Err(ImportError::Changed { import: id }.into());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Stages it again; one that is staged, or booked, since a call with this key began is left.
    async fn restage(&self, context: &Context, id: ImportId) -> Result<(), WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        let row = import_row(&mut tx, id).await?;
        // What was undone says so for ever.
        let is_replay = context.key.is_some()
            && row.undone_at.is_some()
            && matches!(row.status, ImportStatus::Staged | ImportStatus::Booked);
        if is_replay {
            return Ok(());
        }
        require(&row, ImportStatus::Undone)?;
        let mut plans = store::accounts::accounts(&mut tx, id).await?;
        for (number, plan) in (0..).zip(&mut plans) {
            renew(&mut tx, context, (id, plan), number).await?;
        }
        let first_move = store::accounts::next_move(&mut tx, &row).await?;
        store::restage(&mut tx, &row, first_move).await?;
        lines::restage(&mut tx, id).await?;
        store::accounts::write(&mut tx, id, &plans, &[]).await?;
        tx.emit(context, &ImportRestaged { import: id, book: row.book }).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The plan of an account as if nothing of it had been booked.
async fn renew(
    tx: &mut Tx,
    context: &Context,
    (import, plan): (ImportId, &mut AccountPlan),
    number: u32,
) -> Result<(), WealthError> {
    plan.opening_before = None;
    plan.opening_after = None;
    let Some(asset) = assets::asset(tx, plan.asset).await? else { return Ok(()) };
    if plan.opens && asset.disposal.is_some() {
        let opened = accounts::planned(context, number);
        store::rebind(tx, import, (plan.asset, opened)).await?;
        plan.asset = opened;
        plan.asset_version = 0;
        plan.opened_on = None;
        plan.opened_before = None;
    } else {
        *plan = plan.clone().of(&asset);
    }
    Ok(())
}
