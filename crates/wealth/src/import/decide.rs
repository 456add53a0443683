//! What people decide about lines, before an import is booked and afterwards.
//!
//! What must stay true: every decision is kept, with who took it, when, and what it changed; one
//! about a booked import moves the money in the same commit; what was decided once is found again
//! by whatever file tells the line next (`dedup`).

use std::collections::BTreeMap;

use kernel::{Amount, Context};
use ledger::{Request, TransferId};
use storage::journal::RowChange;
use storage::log::emission;
use storage::{Level, Mode, StorageError, Tx};

use super::ATTEMPTS_MAX;
use super::assess::{follows_soon, is_judged};
use super::book::is_overtaken;
use super::error::ImportError;
use super::event::ImportOverturned;
use super::ids;
use super::model::{Decision, ImportId, ImportLine, ImportStatus, LineStatus, Why};
use super::opening::{self, Facts, Opening};
use super::query::{import_row, require};
use super::request::{Planned, Target, planned_line, push, role_of, with_purpose};
use super::review;
use super::store::accounts::{self, MoveRow};
use super::store::decisions::{self, Taken};
use super::store::lines::{self, StagedLine};
use super::store::{self, ImportRow};
use crate::Wealth;
use crate::error::WealthError;
use crate::ids::Attempts;
use crate::model::{Asset, TransferCode};
use crate::roles::RoleAccounts;
use crate::store as assets;

/// A decision about a line of a booked import.
struct Overturning {
    import: ImportRow,
    line: StagedLine,
    asset: Asset,
    decision: Decision,
    /// What the line becomes.
    to: LineStatus,
    /// What it changes of the account: nothing where it only says what is so already.
    amount: Option<Amount>,
}

impl Wealth {
    /// Notes what a person decided about a line, whatever was thought of it. Of an import that is
    /// booked it is done at once: the line is booked, or its transfer is taken back.
    ///
    /// # Errors
    /// [`ImportError::NotForReview`] where nobody can decide: the bank has not booked the line, it
    /// has a fault, or it is open which account it is about.
    pub async fn decide(
        &self,
        context: &Context,
        id: ImportId,
        line: u32,
        decision: Decision,
    ) -> Result<ImportLine, WealthError> {
        let mut attempts = Attempts::of(context);
        let mut number = 0;
        loop {
            match self.decide_once(context, id, (line, decision), &mut attempts).await {
                Ok(Some(line)) => return Ok(line),
                Ok(None) if number < ATTEMPTS_MAX => number += 1,
                Err(error) if follows_soon(number, &error).await => number += 1,
                // Somebody else decided, or booked, at the same moment.
                Ok(None) | Err(WealthError::Storage(StorageError::Guard { .. })) => {
                    return Err(ImportError::Changed { import: id }.into());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The line as it is then; nothing where something else was booked in between.
    async fn decide_once(
        &self,
        context: &Context,
        id: ImportId,
        (number, decision): (u32, Decision),
        attempts: &mut Attempts<'_>,
    ) -> Result<Option<ImportLine>, WealthError> {
        let (_, settled) = self.settled(context).await?;
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        let row = import_row(&mut tx, id).await?;
        let line = decidable(&mut tx, id, number).await?;
        if row.status == ImportStatus::Booked {
            let overturning = overturning(&mut tx, row, line, decision).await?;
            let request = overturning.request(&mut tx, context).await?;
            tx.commit().await?;
            let book = overturning.import.book;
            match self.commit(&attempts.context(), book, request).await {
                Ok(position) => self.follow(&position).await?,
                Err(error) if attempts.again(&error) || is_overtaken(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
            return Ok(Some(self.line(context, id, number).await?));
        }
        require(&row, ImportStatus::Staged)?;
        lines::decide(&mut tx, id, (number, decision)).await?;
        let assessed = self.assess(&mut tx, row, &settled).await?;
        let now = assessed.lines.iter().find(|line| line.number == number);
        let to = now.map_or(line.verdict.status, |line| line.verdict.status);
        let (from, place) = (line.verdict.status, (id, number));
        let taken = Taken { decision, from, to, why: line.verdict.why };
        let change = decisions::row(&mut tx, context, place, taken).await?;
        tx.execute(change.statement, change.params).await?;
        review::follow(&mut tx, context, (id, &assessed.lines)).await?;
        tx.commit().await?;
        Ok(Some(self.line(context, id, number).await?))
    }

    /// A line of an import.
    ///
    /// # Errors
    /// [`ImportError::LineUnknown`] where there is none of this number.
    pub async fn line(
        &self,
        context: &Context,
        id: ImportId,
        number: u32,
    ) -> Result<ImportLine, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        import_row(&mut tx, id).await?;
        let line = one_line(&mut tx, id, number).await?;
        tx.commit().await?;
        Ok(line)
    }
}

/// A line as a person sees it.
pub(crate) async fn one_line(
    tx: &mut Tx,
    id: ImportId,
    number: u32,
) -> Result<ImportLine, WealthError> {
    let found = lines::page(tx, id, (number.saturating_sub(1), None), 1).await?;
    let line = found.into_iter().find(|line| line.number == number);
    Ok(line.ok_or(ImportError::LineUnknown { import: id, line: number })?)
}

async fn decidable(tx: &mut Tx, id: ImportId, number: u32) -> Result<StagedLine, WealthError> {
    let staged = lines::staged(tx, id).await?;
    let line = staged.into_iter().find(|line| line.number == number);
    let line = line.ok_or(ImportError::LineUnknown { import: id, line: number })?;
    if !is_judged(&line) || line.asset.is_none() || line.verdict.why == Some(Why::AccountOpen) {
        return Err(ImportError::NotForReview { import: id, line: number }.into());
    }
    Ok(line)
}

async fn overturning(
    tx: &mut Tx,
    import: ImportRow,
    line: StagedLine,
    decision: Decision,
) -> Result<Overturning, WealthError> {
    let not_for_review = ImportError::NotForReview { import: import.id, line: line.number };
    let asset = line.asset.ok_or(not_for_review)?;
    let asset = assets::asset(tx, asset).await?.ok_or(WealthError::AssetUnknown { asset })?;
    if let Some(gone) = asset.disposal {
        return Err(WealthError::Disposed { asset: asset.id, on: gone.on });
    }
    let amount = line.traits.amount;
    let (to, amount) = match (line.verdict.status, decision) {
        (LineStatus::Booked, Decision::Skip) => (LineStatus::Skipped, Some(amount.negate())),
        (LineStatus::Booked, Decision::Book) => (LineStatus::Booked, None),
        (LineStatus::Known, Decision::Skip) => (LineStatus::Known, None),
        (_, Decision::Skip) => (LineStatus::Skipped, None),
        (_, Decision::Book) => (LineStatus::Booked, Some(amount)),
    };
    Ok(Overturning { import, line, asset, decision, to, amount })
}

impl Overturning {
    async fn request(&self, tx: &mut Tx, context: &Context) -> Result<Request, WealthError> {
        let Self { import, line, asset, decision, .. } = self;
        let (id, number, from) = (import.id, line.number, line.verdict.status);
        let mut request = Request::default();
        let mut transfer = line.transfer;
        if let Some(amount) = self.amount {
            if self.to == LineStatus::Booked {
                transfer = ids::again(transfer);
            }
            self.move_money(tx, context, (transfer, amount), &mut request).await?;
        }
        request.rows.push(store::change(import));
        let place = (id, number);
        request.rows.push(decisions::overturn(place, (from, self.to), *decision, transfer));
        let taken = Taken { decision: *decision, from, to: self.to, why: line.verdict.why };
        request.rows.push(decisions::row(tx, context, place, taken).await?);
        let event = ImportOverturned {
            import: id,
            book: import.book,
            line: number,
            asset: asset.id,
            from,
            to: self.to,
        };
        request.rows.push(emission(context, &event)?.1);
        Ok(request)
    }

    /// The line's transfer or its reversal, and what the line explains of the opening balance.
    async fn move_money(
        &self,
        tx: &mut Tx,
        context: &Context,
        (transfer, amount): (TransferId, Amount),
        request: &mut Request,
    ) -> Result<(), WealthError> {
        let Self { import, line, asset, .. } = self;
        let day = line.traits.day;
        let before = accounts::opening(tx, asset.id).await?;
        let facts = Facts {
            statement: line.statement,
            start: day,
            balance: None,
            lines: vec![(day, amount)],
            booked_before: Amount::ZERO,
        };
        let mut planned = Vec::new();
        if !amount.is_zero() {
            planned.push(self.transfer(tx, transfer, amount).await?);
        }
        if before.is_some()
            && let Some(explained) = opening::plan(before.as_ref(), &facts, import.id)?
        {
            let first = accounts::next_move(tx, import).await?;
            let moves: Vec<MoveRow> = (first..)
                .zip(explained.moves)
                .map(|(number, step)| MoveRow { number, asset: asset.id, step })
                .collect();
            let after = Some(&explained.opening);
            request.rows.extend(accounts::opening_row(asset.id, (before.as_ref(), after))?);
            request.rows.extend(moved_rows(import.id, &moves, &explained.opening, asset)?);
            planned.extend(moves.iter().map(|row| correction(import.id, row)));
        }
        let now = context.now();
        request.rows.push(if day < asset.opened_on {
            accounts::opened_row((asset.id, asset.version), day, now)
        } else {
            assets::asset_touch(asset, now)
        });
        let kind = asset.kind.account_kind();
        let target = Target { account: asset.account, kind, currency: asset.commodity };
        let mut roles = RoleAccounts::load(tx, import.book).await?;
        push(planned, &BTreeMap::from([(asset.id, target)]), &mut roles, request)
    }

    async fn transfer(
        &self,
        tx: &mut Tx,
        transfer: TransferId,
        amount: Amount,
    ) -> Result<Planned, WealthError> {
        let Self { import, line, asset, .. } = self;
        if self.to == LineStatus::Booked {
            let line = one_line(tx, import.id, line.number).await?;
            return Ok(planned_line(asset.id, transfer, &line));
        }
        let id = ids::reversal(transfer);
        let purpose = format!("reversal of line {} of import {}", line.number, import.id);
        Ok(Planned {
            asset: asset.id,
            id,
            code: TransferCode::Reversal,
            effective: line.traits.day,
            amount,
            role: role_of(line.traits.amount),
            reverses: Some(transfer),
            text: with_purpose(id, purpose),
        })
    }
}

fn moved_rows(
    import: ImportId,
    moves: &[MoveRow],
    opening: &Opening,
    asset: &Asset,
) -> Result<Vec<RowChange>, StorageError> {
    let mut rows: Vec<RowChange> =
        moves.iter().map(|row| accounts::move_row(import, row)).collect();
    rows.push(accounts::opening_after(import, asset.id, opening)?);
    Ok(rows)
}

fn correction(import: ImportId, row: &MoveRow) -> Planned {
    let id = ids::opening_transfer(import, row.number);
    Planned {
        asset: row.asset,
        id,
        code: row.step.code,
        effective: row.step.effective,
        amount: row.step.amount,
        role: crate::roles::Role::Opening,
        reverses: None,
        text: with_purpose(id, "correction of the opening balance".to_owned()),
    }
}
