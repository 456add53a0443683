//! Undoing: every transfer of an import is taken back by one of the same date in the other
//! direction. What it refuses, and why, stands in the module's description.

use std::collections::BTreeMap;

use kernel::{Amount, AmountError, Context, Date};
use ledger::{DayChange, Request, Step};
use storage::log::emission;
use storage::{Level, Mode, StorageError, Tx};

use super::assess::{Settled, follows_soon};
use super::book::is_overtaken;
use super::draft::clean;
use super::error::ImportError;
use super::event::ImportUndone;
use super::ids::{opening_transfer, reversal};
use super::model::{Import, ImportId, ImportStatus, LineStatus};
use super::query::{import_row, require};
use super::request::{Planned, Target, push, role_of, with_purpose};
use super::store::accounts::{self, AccountPlan, MoveRow};
use super::store::lines::{self, Resting, StagedLine};
use super::store::{self, ImportRow};
use super::{ATTEMPTS_MAX, REASON_CHARS_MAX};
use crate::Wealth;
use crate::error::WealthError;
use crate::event::AssetDisposed;
use crate::ids::Attempts;
use crate::model::{Asset, AssetId, DisposalDate, TransferCode};
use crate::roles::{Role, RoleAccounts};
use crate::store as assets;

/// What is taken back, and what goes with it.
struct Undoing {
    import: ImportRow,
    reason: String,
    plans: Vec<(AccountPlan, Asset)>,
    lines: Vec<StagedLine>,
    moves: Vec<MoveRow>,
    /// Imports that booked nothing of their own.
    with: Vec<Resting>,
    /// Assets that nothing else was booked on.
    disposed: Vec<AssetId>,
}

impl Wealth {
    /// Takes a booked import back as a whole. One that was taken back already answers as it is.
    ///
    /// # Errors
    /// [`ImportError::HasDependants`] where others rest on it, and those of
    /// [`approvals::clear`] where it was booked more than thirty days ago.
    pub async fn undo(
        &self,
        context: &Context,
        id: ImportId,
        reason: &str,
    ) -> Result<Import, WealthError> {
        let reason = clean(reason).unwrap_or_default();
        if reason.chars().count() > REASON_CHARS_MAX {
            let rule = format!("at most {REASON_CHARS_MAX} characters");
            return Err(WealthError::field("reason", "too_long", rule));
        }
        let mut attempts = Attempts::of(context);
        let mut number = 0;
        loop {
            match self.undo_once(context, (id, &reason), &mut attempts).await {
                Ok(true) => return self.import(context, id).await,
                Ok(false) if number < ATTEMPTS_MAX => number += 1,
                Ok(false) => return Err(ImportError::Changed { import: id }.into()),
                Err(error) if follows_soon(number, &error).await => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether it is done.
    async fn undo_once(
        &self,
        context: &Context,
        (id, reason): (ImportId, &str),
        attempts: &mut Attempts<'_>,
    ) -> Result<bool, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let row = import_row(&mut tx, id).await?;
        tx.commit().await?;
        if row.status == ImportStatus::Undone {
            return Ok(true);
        }
        require(&row, ImportStatus::Booked)?;
        let (_, settled) = self.settled(context).await?;
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let undoing = self.undoing(&mut tx, (id, reason), &settled).await?;
        let mut request = undoing.request(&mut tx, context).await?;
        tx.commit().await?;
        request.rows.extend(self.undo_clearance(context, (&undoing.import, reason)).await?);
        match self.commit(&attempts.context(), undoing.import.book, request).await {
            Ok(position) => {
                self.follow(&position).await?;
                Ok(true)
            }
            Err(error) if attempts.again(&error) || is_overtaken(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn undoing(
        &self,
        tx: &mut Tx,
        (id, reason): (ImportId, &str),
        settled: &Settled,
    ) -> Result<Undoing, WealthError> {
        let import = import_row(tx, id).await?;
        let resting = lines::resting(tx, id).await?;
        let mut dependants: Vec<ImportId> =
            resting.iter().filter(|other| other.booked > 0).map(|other| other.import).collect();
        let mut lines = lines::staged(tx, id).await?;
        lines.retain(|line| line.verdict.status == LineStatus::Booked);
        let moves = accounts::moves(tx, id).await?;
        let mut plans = Vec::new();
        for plan in accounts::accounts(tx, id).await? {
            let has_lines = lines.iter().any(|line| line.asset == Some(plan.asset));
            let moves_opening = plan.opening_before != plan.opening_after;
            if plan.is_open || !(has_lines || moves_opening) {
                continue;
            }
            if moves_opening {
                let booked_at = import.booked_at.unwrap_or(import.created_at);
                dependants.extend(lines::booked_after(tx, (id, plan.asset), booked_at).await?);
                let now = accounts::opening(tx, plan.asset).await?;
                if now != plan.opening_after {
                    dependants.extend(now.and_then(|opening| opening.import));
                }
            }
            let asset = assets::asset(tx, plan.asset).await?;
            let asset = asset.ok_or(WealthError::AssetUnknown { asset: plan.asset })?;
            if let Some(gone) = asset.disposal {
                return Err(WealthError::Disposed { asset: asset.id, on: gone.on });
            }
            plans.push((plan, asset));
        }
        if !dependants.is_empty() {
            dependants.sort();
            dependants.dedup();
            return Err(ImportError::HasDependants { import: id, dependants }.into());
        }
        let mut undoing = Undoing {
            import,
            reason: reason.to_owned(),
            plans,
            lines,
            moves,
            with: resting,
            disposed: Vec::new(),
        };
        undoing.disposed = self.left_empty(tx, &undoing, settled).await?;
        Ok(undoing)
    }

    /// The assets that the import opened, and on which nothing else was booked.
    async fn left_empty(
        &self,
        tx: &mut Tx,
        undoing: &Undoing,
        settled: &Settled,
    ) -> Result<Vec<AssetId>, WealthError> {
        let opened = undoing.plans.iter().filter(|(plan, _)| plan.opens);
        let opened: Vec<&Asset> = opened.map(|(_, asset)| asset).collect();
        if opened.is_empty() {
            return Ok(Vec::new());
        }
        if opened.iter().any(|asset| settled.get(&asset.id) != Some(&asset.version)) {
            return Err(StorageError::Stale.into());
        }
        let changes = self.ledger.day_changes(tx, undoing.import.book, Date::MAX, None).await?;
        let mut empty = Vec::new();
        for asset in opened {
            if undoing.is_all_of(asset, &changes)? {
                empty.push(asset.id);
            }
        }
        Ok(empty)
    }
}

impl Undoing {
    /// Whether these changes of an asset's account are those of the import, on every day.
    fn is_all_of(&self, asset: &Asset, changes: &[DayChange]) -> Result<bool, AmountError> {
        let kind = asset.kind.account_kind();
        let on_account = changes.iter().filter(|change| change.account == asset.account);
        let mut days: BTreeMap<Date, Amount> =
            on_account.map(|change| (change.date, kind.natural(change.amount))).collect();
        let own_lines = self.lines.iter().filter(|line| line.asset == Some(asset.id));
        let own_lines = own_lines.map(|line| (line.traits.day, line.traits.amount));
        let own_moves = self.moves.iter().filter(|row| row.asset == asset.id);
        let own_moves = own_moves.map(|row| (row.step.effective, row.step.amount));
        for (day, amount) in own_lines.chain(own_moves) {
            let left = days.entry(day).or_default();
            *left = left.checked_sub(amount)?;
        }
        Ok(days.values().all(|left| left.is_zero()))
    }

    async fn request(&self, tx: &mut Tx, context: &Context) -> Result<Request, WealthError> {
        let mut request = Request::default();
        let mut roles = RoleAccounts::load(tx, self.import.book).await?;
        let target = |(plan, asset): &(AccountPlan, Asset)| {
            let kind = asset.kind.account_kind();
            (plan.asset, Target { account: asset.account, kind, currency: plan.currency })
        };
        let targets: BTreeMap<AssetId, Target> = self.plans.iter().map(target).collect();
        let planned: Vec<Planned> = self.reversals().collect();
        let transfers = u64::try_from(planned.len()).unwrap_or(u64::MAX);
        push(planned, &targets, &mut roles, &mut request)?;

        let now = context.now();
        request.rows.push(store::undo(&self.import, now, &self.reason));
        let count = u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
        request.rows.push(lines::undo(self.import.id, count));
        for (plan, asset) in &self.plans {
            if self.disposed.contains(&asset.id) {
                let gone = DisposalDate { on: asset.opened_on, recorded: now };
                request.rows.push(assets::asset_dispose(asset, gone));
                request.rows.push(accounts::keys_delete(tx, asset.id).await?);
                request.steps.push(Step::CloseAccount { account: asset.account });
                let amount = kernel::Money::new(Amount::ZERO, asset.commodity).amount_text();
                let (version, commodity) = (asset.version + 1, asset.commodity.code);
                let event =
                    AssetDisposed { asset: asset.id, version, on: gone.on, amount, commodity };
                request.rows.push(emission(context, &event)?.1);
            } else {
                let opened_on = plan.opened_before.unwrap_or(asset.opened_on);
                let opened_on = if plan.opens { asset.opened_on } else { opened_on };
                let asset = (asset.id, asset.version);
                request.rows.push(accounts::opened_row(asset, opened_on, now));
            }
            let opening = (plan.opening_after.as_ref(), plan.opening_before.as_ref());
            request.rows.extend(accounts::opening_row(plan.asset, opening)?);
        }
        for other in &self.with {
            let row = import_row(tx, other.import).await?;
            request.rows.push(store::undo(&row, now, &self.reason));
        }
        let event = ImportUndone {
            import: self.import.id,
            book: self.import.book,
            transfers,
            disposed: self.disposed.clone(),
            with: self.with.iter().map(|other| other.import).collect(),
        };
        request.rows.push(emission(context, &event)?.1);
        Ok(request)
    }

    fn reversals(&self) -> impl Iterator<Item = Planned> + '_ {
        let import = self.import.id;
        let lines = self.lines.iter().filter_map(move |line| {
            let (day, amount) = (line.traits.day, line.traits.amount);
            let ids = (line.transfer, reversal(line.transfer));
            (!amount.is_zero()).then(|| (line.asset, ids, day, amount, role_of(amount)))
        });
        let moves = self.moves.iter().map(move |row| {
            let original = opening_transfer(import, row.number);
            let ids = (original, reversal(original));
            (Some(row.asset), ids, row.step.effective, row.step.amount, Role::Opening)
        });
        lines.chain(moves).filter_map(|(asset, (original, id), effective, amount, role)| {
            Some(Planned {
                asset: asset?,
                id,
                code: TransferCode::Reversal,
                effective,
                amount: amount.negate(),
                role,
                reverses: Some(original),
                text: with_purpose(id, format!("reversal of import {}", self.import.id)),
            })
        })
    }
}
