//! How a change of an asset is committed: by the ledger where value moves, with the rows in the
//! same commit; as a transaction of rows where none does.

use kernel::{BookId, Context, Position};
use ledger::model::Reason;
use ledger::{LedgerError, Receipt, Request};
use storage::{Level, Mode, StorageError, Tx};

use crate::Wealth;
use crate::error::WealthError;
use crate::model::AssetId;

impl Wealth {
    /// A transaction that reads the rows of the context's tenant.
    pub(crate) async fn read(&self, context: &Context) -> Result<Tx, StorageError> {
        self.database.begin(Level::Tenant(context.tenant), Mode::Read).await
    }

    /// Does what a request says, all of it or nothing.
    pub(crate) async fn commit(
        &self,
        context: &Context,
        book: BookId,
        request: Request,
    ) -> Result<Position, WealthError> {
        if !request.steps.is_empty() {
            let Receipt { position, .. } = self.ledger.execute(context, book, request).await?;
            return Ok(position);
        }
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        for change in request.rows {
            let touched = tx.execute(change.statement, change.params).await?;
            if let Some(expected) = change.rows.filter(|expected| *expected != touched) {
                let place = change.statement.place();
                return Err(StorageError::Guard { place, touched, expected }.into());
            }
        }
        tx.commit().await?;
        Ok(Position::default())
    }
}

/// What a failed guard means to somebody who changes an asset.
pub(crate) fn changed_meanwhile(error: WealthError, asset: AssetId) -> WealthError {
    match error {
        WealthError::Ledger(LedgerError::Rejected { rejection })
            if matches!(rejection.reason, Reason::GuardFailed | Reason::AccountClosed) =>
        {
            WealthError::Changed { asset }
        }
        WealthError::Ledger(LedgerError::Storage(StorageError::Locked { .. }))
        | WealthError::Storage(StorageError::Guard { .. } | StorageError::Locked { .. }) => {
            WealthError::Changed { asset }
        }
        error => error,
    }
}
