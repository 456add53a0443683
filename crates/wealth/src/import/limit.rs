//! How many files a family brings in a month: as many as its plan allows.

use kernel::Context;
use meters::{Allowance, Feature, UsageKind, spend};
use storage::Tx;

use super::model::ImportId;
use crate::Wealth;
use crate::error::WealthError;

/// Files of banks in a month; as many as there are, where no plan says otherwise.
pub static IMPORTS: Feature =
    Feature { name: "imports", counts: Some(UsageKind::Imports), usual: Allowance::Unlimited };

impl Wealth {
    /// Counts an import, in the transaction that stages it; the same one is counted once. One that
    /// is discarded later was brought nevertheless.
    ///
    /// # Errors
    /// [`meters::MetersError::LimitReached`]
    pub(super) async fn count_import(
        &self,
        tx: &mut Tx,
        context: &Context,
        import: ImportId,
    ) -> Result<(), WealthError> {
        let what = (&IMPORTS, vault::own_party(context.tenant));
        let key = import.to_string();
        Ok(spend(tx, context, &self.meters, what, (&key, 1)).await?)
    }
}
