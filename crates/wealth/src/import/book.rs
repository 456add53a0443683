//! Booking: all that is new of a staged import, in one command.
//!
//! What must stay true: an import that is booked has all of its transfers and rows, one that is not
//! has none; booking it again answers what it is.

use kernel::{Context, Position};
use ledger::LedgerError;
use ledger::model::Reason;
use storage::{Level, Mode, StorageError};

use super::assess::{Assessment, follows_soon};
use super::error::ImportError;
use super::model::{BookOptions, Import, ImportId, ImportStatus};
use super::query::{import_row, require};
use super::request;
use super::review;
use super::store;
use super::{ATTEMPTS_MAX, accounts};
use crate::Wealth;
use crate::error::WealthError;
use crate::ids::Attempts;

/// How often a booking waits for the tables to follow, two seconds each time.
const PROJECTION_WAITS_MAX: u32 = 10;

/// What came of one attempt.
enum Step {
    Done,
    Again,
}

impl Wealth {
    /// Books what is new of a staged import. What a person has yet to decide about is left out, and
    /// stays listed.
    ///
    /// # Errors
    /// [`ImportError::Faulty`] where the file has faults and is not to be booked in part;
    /// [`ImportError::AccountOpen`] where it does not say which account it is about.
    pub async fn book(
        &self,
        context: &Context,
        id: ImportId,
        options: BookOptions,
    ) -> Result<Import, WealthError> {
        let mut attempts = Attempts::of(context);
        let mut number = 0;
        loop {
            match self.book_once(context, id, options, &mut attempts).await {
                Ok(Step::Done) => return self.import(context, id).await,
                Ok(Step::Again) if number < ATTEMPTS_MAX => number += 1,
                Ok(Step::Again) => return Err(ImportError::Changed { import: id }.into()),
                Err(error) if number < ATTEMPTS_MAX && is_overtaken(&error) => number += 1,
                Err(error) if follows_soon(number, &error).await => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn book_once(
        &self,
        context: &Context,
        id: ImportId,
        options: BookOptions,
        attempts: &mut Attempts<'_>,
    ) -> Result<Step, WealthError> {
        if self.is_booked(context, id, options).await? {
            return Ok(Step::Done);
        }
        let (_, settled) = self.settled(context).await?;
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        let row = import_row(&mut tx, id).await?;
        if row.status != ImportStatus::Staged {
            return Ok(Step::Again);
        }
        let assessed = self.assess(&mut tx, row, &settled).await?;
        require_accounts(&mut tx, &assessed, options).await?;
        let Some(mut request) =
            request::booking(&mut tx, context, &assessed, options.partial).await?
        else {
            // Everything is there already: the import is done without a command.
            let mut rows = request::names(&mut tx, &assessed).await?;
            rows.push(store::book(&assessed.import, context.now()));
            for change in rows {
                tx.execute_one(change.statement, change.params).await?;
            }
            review::close(&mut tx, context, id, "import_booked").await?;
            tx.commit().await?;
            return Ok(Step::Done);
        };
        request.rows.extend(review::closing(&mut tx, context, id).await?);
        tx.commit().await?;
        match self.commit(&attempts.context(), assessed.import.book, request).await {
            Ok(position) => {
                self.follow(&position).await?;
                Ok(Step::Done)
            }
            Err(error) if attempts.again(&error) || is_overtaken(&error) => Ok(Step::Again),
            Err(error) => Err(error),
        }
    }

    /// Whether the import is booked already; an error where it may not be booked.
    async fn is_booked(
        &self,
        context: &Context,
        id: ImportId,
        options: BookOptions,
    ) -> Result<bool, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let row = import_row(&mut tx, id).await?;
        tx.commit().await?;
        match row.status {
            ImportStatus::Booked => return Ok(true),
            ImportStatus::Refused => {
                return Err(ImportError::Refused { import: id, faults: row.faults }.into());
            }
            ImportStatus::Staged | ImportStatus::Undone => require(&row, ImportStatus::Staged)?,
        }
        if !options.partial && (!row.faults.is_empty() || row.faults_left_out > 0) {
            return Err(ImportError::Faulty { import: id, faults: row.faults }.into());
        }
        Ok(false)
    }

    /// Waits until the tables have what was booked.
    pub(crate) async fn follow(&self, position: &Position) -> Result<(), WealthError> {
        let mut waits = 1;
        loop {
            match self.ledger.wait_for(position).await {
                Err(LedgerError::Storage(StorageError::Stale)) if waits < PROJECTION_WAITS_MAX => {
                    waits += 1;
                }
                waited => return Ok(waited?),
            }
        }
    }
}

/// Refuses an import where it is open which account it is about; in part, only where nothing else
/// is in it.
async fn require_accounts(
    tx: &mut storage::Tx,
    assessed: &Assessment,
    options: BookOptions,
) -> Result<(), WealthError> {
    let open = assessed.accounts.iter().find(|plan| plan.is_open);
    let all_open = assessed.accounts.iter().all(|plan| plan.is_open);
    if let Some(plan) = open.filter(|_| all_open || !options.partial) {
        let candidates = accounts::candidates(tx, plan).await?;
        return Err(ImportError::AccountOpen { import: assessed.import.id, candidates }.into());
    }
    Ok(())
}

/// Whether something that the plan was made with has changed in between.
pub(crate) fn is_overtaken(error: &WealthError) -> bool {
    match error {
        WealthError::Ledger(LedgerError::Storage(error)) | WealthError::Storage(error) => {
            matches!(error, StorageError::Locked { .. } | StorageError::Guard { .. })
        }
        error => error.is_rejected_for(&[
            Reason::GuardFailed,
            Reason::RowExists,
            Reason::AccountExists,
            Reason::TransferExists,
        ]),
    }
}
