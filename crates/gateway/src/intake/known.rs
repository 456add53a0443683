//! What a stream knows of the book that its lines are for.
//!
//! What must stay true: an amount is read with the decimals that the engine says, and with those of
//! a line of the same batch only where the engine knew nothing of that name when it was asked,
//! behind every batch before. An account never changes what it counts, so what is known stays so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{BookId, Commodity, CommodityCode, Context};
use ledger::{AccountId, Ledger, LedgerError, TransferId};

use super::read::Named;
use crate::routes::posting::Scales;

/// The accounts that are remembered between batches.
const ACCOUNTS_MAX: usize = 65_536;

/// What is known of a book.
#[derive(Default)]
pub(super) struct Known {
    pub scales: Scales,
    codes: HashMap<AccountId, CommodityCode>,
    commodities: BTreeMap<CommodityCode, u8>,
    /// What lines of this batch make, whose decimals count for the batch alone.
    tentative: Vec<AccountId>,
    tentative_commodities: Vec<CommodityCode>,
}

impl Known {
    /// Asks the engine for what a batch names and is not known yet.
    pub(super) async fn learn(
        &mut self,
        ledger: &Ledger,
        (context, book): (&Context, BookId),
        named: &Named,
    ) -> Result<(), LedgerError> {
        let Named { accounts: all, holds, made, commodities } = named;
        let is_new = |account: &AccountId| !self.scales.accounts.contains_key(account);
        let mut accounts: BTreeSet<AccountId> = all.iter().copied().filter(is_new).collect();
        if self.scales.accounts.len() + accounts.len() > ACCOUNTS_MAX {
            self.scales.accounts.clear();
            self.codes.clear();
            accounts.clone_from(all);
        }
        if !accounts.is_empty() {
            for account in ledger.known_accounts(context, book, accounts).await? {
                self.scales.accounts.insert(account.id, account.scale);
                self.codes.insert(account.id, account.commodity);
            }
        }
        if *commodities {
            let known = ledger.commodities(context, book).await?;
            self.commodities = known.into_iter().map(|one| (one.code, one.scale)).collect();
        }
        self.scales.holds.clear();
        if !holds.is_empty() {
            let open = ledger.open_hold_scales(context, book, holds.clone()).await?;
            let settled = |hold: &TransferId| !open.contains_key(hold) && !made.contains(hold);
            let settled: BTreeSet<TransferId> = holds.iter().copied().filter(settled).collect();
            if !settled.is_empty() {
                // What was done before is known again by its amount.
                self.scales.holds = ledger.transfer_scales(context, book, &settled).await?;
            }
            self.scales.holds.extend(open);
        }
        Ok(())
    }

    /// What an account counts, where the book or a line before says so.
    pub(super) fn commodity_of(&self, account: AccountId) -> Option<Commodity> {
        let scale = *self.scales.accounts.get(&account)?;
        Some(Commodity { code: *self.codes.get(&account)?, scale })
    }

    /// A commodity that the book knows, or that a line before defines.
    pub(super) fn commodity(&self, code: &str) -> Option<Commodity> {
        let code = CommodityCode::parse(code).ok()?;
        Some(Commodity { code, scale: *self.commodities.get(&code)? })
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
    pub(super) fn opens(&mut self, account: AccountId, commodity: Commodity) {
        if self.commodity_of(account).is_none() {
            self.scales.accounts.insert(account, commodity.scale);
            self.codes.insert(account, commodity.code);
            self.tentative.push(account);
        }
    }

    /// A line makes a hold.
    pub(super) fn holds(&mut self, hold: TransferId, commodity: Commodity) {
        self.scales.holds.entry(hold).or_insert(commodity.scale);
    }

    /// Forgets what lines of the batch said: whether it is so, the engine says.
    pub(super) fn forget_tentative(&mut self) {
        for account in self.tentative.drain(..) {
            self.scales.accounts.remove(&account);
            self.codes.remove(&account);
        }
        for code in self.tentative_commodities.drain(..) {
            self.commodities.remove(&code);
        }
    }
}
