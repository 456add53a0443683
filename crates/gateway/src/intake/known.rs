//! What a stream knows of the book that its lines are for.
//!
//! What must stay true: an amount is read with the decimals that the engine says, and with those of
//! a line of the same batch only where the engine knew nothing of that name when it was asked,
//! behind every command before. An account never changes what it counts, so what is known stays so.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{BookId, Commodity, CommodityCode, Context};
use ledger::{AccountId, AccountKind, Counting, GroupId, LedgerError, TransferId};
use storage::{Level, Mode};

use super::read::Named;
use crate::app::App;
use crate::routes::posting;

/// The accounts that are remembered between batches.
const ACCOUNTS_MAX: usize = 65_536;

/// What is known of a book.
#[derive(Default)]
pub(super) struct Known {
    /// What readers of transfers ask for.
    pub transfers: posting::Known,
    commodities: BTreeMap<CommodityCode, u8>,
    groups: BTreeMap<String, GroupId>,
    /// What lines of this batch make, whose decimals count for the batch alone.
    tentative: Vec<AccountId>,
    tentative_commodities: Vec<CommodityCode>,
}

impl Known {
    /// Asks for what a batch names and is not known yet. What was asked for is forgotten in
    /// `named`, where the answer holds for the batch.
    pub(super) async fn learn(
        &mut self,
        app: &App,
        (context, book): (&Context, BookId),
        named: &mut Named,
    ) -> Result<(), LedgerError> {
        let ledger = &app.services.ledger;
        self.learn_accounts(app, (context, book), named).await?;
        if named.commodities {
            let known = ledger.commodities(context, book).await?;
            self.commodities = known.into_iter().map(|one| (one.code, one.scale)).collect();
        }
        let posting::Named { holds, made, reversed, .. } = &mut named.transfers;
        if !holds.is_empty() {
            let open = ledger.open_hold_scales(context, book, holds.clone()).await?;
            let settled = |hold: &TransferId| !open.contains_key(hold) && !made.contains_key(hold);
            let settled: BTreeSet<TransferId> = holds.iter().copied().filter(settled).collect();
            if !settled.is_empty() {
                // What was done before is known again by its amount.
                let settled = ledger.hold_scales(context, book, settled).await?;
                self.transfers.holds.extend(settled);
            }
            self.transfers.holds.extend(open);
            holds.clear();
        }
        if !reversed.is_empty() {
            let asked = reversed.iter().copied().collect();
            self.transfers.reversed.extend(ledger.known_transfers(context, book, asked).await?);
            reversed.clear();
        }
        self.learn_groups(app, (context, book), named).await
    }

    async fn learn_accounts(
        &mut self,
        app: &App,
        (context, book): (&Context, BookId),
        named: &Named,
    ) -> Result<(), LedgerError> {
        let (all, known) = (&named.transfers.accounts, &mut self.transfers.accounts);
        let is_new = |account: &AccountId| !known.contains_key(account);
        let mut accounts: BTreeSet<AccountId> = all.iter().copied().filter(is_new).collect();
        if known.len() + accounts.len() > ACCOUNTS_MAX {
            known.clear();
            accounts.clone_from(all);
        }
        // An answer of the engine says that every command before is durable: what is taken back is
        // looked for in the tables, which follow what is.
        let ledger = &app.services.ledger;
        if !named.transfers.reversed.is_empty() {
            ledger.known_accounts(context, book, BTreeSet::new()).await?;
        }
        if !accounts.is_empty() {
            known.extend(ledger.counting(context, book, accounts).await?);
        }
        Ok(())
    }

    async fn learn_groups(
        &mut self,
        app: &App,
        (context, book): (&Context, BookId),
        named: &mut Named,
    ) -> Result<(), LedgerError> {
        if named.groups.is_empty() {
            return Ok(());
        }
        let (ledger, level) = (&app.services.ledger, Level::of(context.tenant));
        let mut tx = app.services.database.begin(level, Mode::Read).await?;
        for path in &named.groups {
            // What is no path is refused where it is read.
            let Ok(above) = path.parse() else { continue };
            match ledger.group_at(&mut tx, book, &above).await {
                Ok(group) => self.groups.insert(path.clone(), group),
                Err(LedgerError::PathUnknown { .. }) => None,
                Err(error) => return Err(error),
            };
        }
        tx.commit().await?;
        named.groups.clear();
        Ok(())
    }

    /// What an account counts, where the book or a line before says so.
    pub(super) fn commodity_of(&self, account: AccountId) -> Option<Commodity> {
        self.transfers.accounts.get(&account).map(|account| account.commodity)
    }

    /// A commodity that the book knows, or that a line before defines.
    pub(super) fn commodity(&self, code: &str) -> Option<Commodity> {
        let code = CommodityCode::parse(code).ok()?;
        Some(Commodity { code, scale: *self.commodities.get(&code)? })
    }

    /// The group at a path.
    pub(super) fn group(&self, path: &str) -> Option<GroupId> {
        self.groups.get(path).copied()
    }

    /// A line defines a commodity.
    pub(super) fn defines(&mut self, commodity: Commodity) {
        if let std::collections::btree_map::Entry::Vacant(entry) =
            self.commodities.entry(commodity.code)
        {
            entry.insert(commodity.scale);
            self.tentative_commodities.push(commodity.code);
        }
    }

    /// A line opens an account.
    pub(super) fn opens(&mut self, account: AccountId, commodity: Commodity, kind: AccountKind) {
        if self.commodity_of(account).is_none() {
            self.transfers.accounts.insert(account, Counting { commodity, kind });
            self.tentative.push(account);
        }
    }

    /// A line makes a hold.
    pub(super) fn holds(&mut self, hold: TransferId, commodity: Commodity) {
        self.transfers.holds.entry(hold).or_insert(commodity.scale);
    }

    /// Forgets what lines said: whether it is so, the engine says.
    pub(super) fn forget_tentative(&mut self) {
        for account in self.tentative.drain(..) {
            self.transfers.accounts.remove(&account);
        }
        for code in self.tentative_commodities.drain(..) {
            self.commodities.remove(&code);
        }
    }

    /// Forgets what was learned for one batch.
    pub(super) fn forget_batch(&mut self) {
        self.transfers.holds.clear();
        self.transfers.reversed.clear();
        self.groups.clear();
    }
}
