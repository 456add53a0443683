//! What is known of holds: how much of them is left, and the decimals of their amounts.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, BookId, Context};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::model::TransferId;

impl Ledger {
    /// What is still held by those of some holds that are open, as it stands now.
    pub async fn holds_left(
        &self,
        context: &Context,
        book: BookId,
        holds: BTreeSet<TransferId>,
    ) -> Result<BTreeMap<TransferId, Amount>, LedgerError> {
        let open = self.open_holds(context, book, holds).await?;
        Ok(open.into_iter().map(|(hold, (left, _))| (hold, left)).collect())
    }

    /// The decimals of holds' amounts, settled ones included; those that the book does not have are
    /// left out.
    pub async fn hold_scales(
        &self,
        context: &Context,
        book: BookId,
        holds: BTreeSet<TransferId>,
    ) -> Result<BTreeMap<TransferId, u8>, LedgerError> {
        let mut scales = self.open_hold_scales(context, book, holds.clone()).await?;
        let settled = holds.into_iter().filter(|hold| !scales.contains_key(hold)).collect();
        let settled = self.known_transfers(context, book, settled).await?;
        scales.extend(settled.into_iter().map(|(hold, view)| (hold, view.commodity.scale)));
        Ok(scales)
    }

    /// The decimals of the amounts of holds that are open; others are left out. The tables are not
    /// asked.
    pub async fn open_hold_scales(
        &self,
        context: &Context,
        book: BookId,
        holds: BTreeSet<TransferId>,
    ) -> Result<BTreeMap<TransferId, u8>, LedgerError> {
        let open = self.open_holds(context, book, holds).await?;
        Ok(open.into_iter().map(|(hold, (_, scale))| (hold, scale)).collect())
    }

    async fn open_holds(
        &self,
        context: &Context,
        book: BookId,
        holds: BTreeSet<TransferId>,
    ) -> Result<BTreeMap<TransferId, (Amount, u8)>, LedgerError> {
        if holds.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.look(context, book, move |machine| {
            let left = |hold| Some((hold, machine.hold_left(hold)?));
            holds.into_iter().filter_map(left).collect()
        })
        .await
    }
}
