//! The chart of accounts as it is read: groups and accounts with their paths, the tree or a part of
//! it with the balances that the engine keeps.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{BookId, Context, Cursor, CursorError, Date, Page, PageRequest, Uuid};
use storage::{Row, StorageError, Tx, params, sql};

use crate::book::GROUP_DEPTH_MAX;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::model::{Account, Group, GroupId};
use crate::search::{NamedAccount, named};

/// The most groups and accounts of a chart that is read in one call.
pub const CHART_NODES_MAX: usize = 10_000;

sql! {
    ABOVE =
        "SELECT parent, segment FROM ledger_path
         WHERE tenant = app_tenant() AND book = $1 AND node = $2";
    ALIASES =
        "SELECT alias FROM ledger_alias
         WHERE tenant = app_tenant() AND book = $1 AND account = $2 ORDER BY alias";
}

/// A group with its path; it has none where it was opened without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedGroup {
    /// As it stands now.
    pub group: Group,
    /// The names of the groups above it and its own, with colons between.
    pub path: Option<String>,
}

/// A chart of accounts or a part of it, as it stood at one moment: the balance of each group is the
/// sum of those of the accounts below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its groups, in the order of opening.
    pub groups: Vec<NamedGroup>,
    /// Its accounts, in the order of opening.
    pub accounts: Vec<NamedAccount>,
}

impl Ledger {
    /// The groups of a book's chart of accounts with the balances of what is below each, as they
    /// stand now, in the order of opening.
    pub async fn groups(&self, context: &Context, book: BookId) -> Result<Vec<Group>, LedgerError> {
        self.look(context, book, |machine| machine.groups().collect()).await
    }

    /// A page of the groups with their paths, in the order of opening.
    pub async fn group_page(
        &self,
        context: &Context,
        tx: &mut Tx,
        book: BookId,
        page: &PageRequest,
    ) -> Result<Page<NamedGroup>, LedgerError> {
        let number = |cursor: &Cursor| cursor.key.first().and_then(|key| key.parse::<u32>().ok());
        let after = page.after.as_ref().map(|cursor| number(cursor).ok_or(CursorError::Malformed));
        let from = after.transpose()?.map_or(0, |after| after.saturating_add(1));
        let count = usize::from(page.limit) + 1;
        let found = self.look(context, book, move |machine| {
            machine.groups_from(from).take(count).collect::<Vec<_>>()
        });
        let numbered = (from..).zip(with_paths(tx, book, found.await?).await?).collect();
        let cursor = |(number, _): &(u32, NamedGroup)| Cursor {
            filter: page.filter,
            key: vec![number.to_string()],
        };
        let Page { items, next } = Page::cut(numbered, page.limit, cursor);
        Ok(Page { items: items.into_iter().map(|(_, group)| group).collect(), next })
    }

    /// A group with its path.
    ///
    /// # Errors
    /// [`LedgerError::GroupUnknown`].
    pub async fn group(
        &self,
        context: &Context,
        tx: &mut Tx,
        book: BookId,
        group: GroupId,
    ) -> Result<NamedGroup, LedgerError> {
        let found = self.look(context, book, move |machine| machine.group(group)).await?;
        let found = found.ok_or(LedgerError::GroupUnknown { group })?;
        let named = with_paths(tx, book, vec![found]).await?.pop();
        named.ok_or(LedgerError::GroupUnknown { group })
    }

    /// The chart of accounts, or what is below a group, itself included.
    ///
    /// # Errors
    /// [`LedgerError::TooMuch`] where it has more than [`CHART_NODES_MAX`] groups and accounts.
    pub async fn chart(
        &self,
        context: &Context,
        tx: &mut Tx,
        book: BookId,
        below: Option<GroupId>,
    ) -> Result<Chart, LedgerError> {
        let look = self.look(context, book, move |machine| machine.below(below, CHART_NODES_MAX));
        let (what, max) = ("groups and accounts", CHART_NODES_MAX);
        let (groups, accounts) = look.await?.ok_or(LedgerError::TooMuch { what, max })?;
        let accounts = self.described(tx, book, accounts).await?;
        Ok(Chart { groups: with_paths(tx, book, groups).await?, accounts })
    }

    /// The accounts below a group as they stand now, in the order of opening.
    pub async fn accounts_below(
        &self,
        context: &Context,
        book: BookId,
        group: GroupId,
    ) -> Result<Vec<Account>, LedgerError> {
        let look = move |machine: &crate::book::Book| machine.below(Some(group), usize::MAX);
        Ok(self.look(context, book, look).await?.unwrap_or_default().1)
    }

    /// Accounts with their texts, paths and aliases.
    pub async fn described(
        &self,
        tx: &mut Tx,
        book: BookId,
        accounts: Vec<Account>,
    ) -> Result<Vec<NamedAccount>, LedgerError> {
        let named = named(tx, book, accounts).await?;
        Ok(placed(tx, book, named).await?)
    }

    /// The last date of the periods that are closed, where some are.
    pub async fn locked_until(
        &self,
        context: &Context,
        book: BookId,
    ) -> Result<Option<Date>, LedgerError> {
        self.look(context, book, crate::book::Book::locked_until).await
    }
}

/// Accounts with their paths and aliases.
pub(crate) async fn placed(
    tx: &mut Tx,
    book: BookId,
    accounts: Vec<NamedAccount>,
) -> Result<Vec<NamedAccount>, StorageError> {
    let ids: Vec<Uuid> = accounts.iter().map(|one| one.account.id.uuid()).collect();
    let asked = ids.iter().map(|id| params![book.uuid(), *id]).collect();
    let aliases = tx.rows_many(&ALIASES, asked).await?;
    let mut paths = paths(tx, book, ids).await?;
    let with_place = |(mut named, rows): (NamedAccount, Vec<Row>)| {
        named.path = paths.remove(&named.account.id.uuid());
        named.aliases = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        Ok(named)
    };
    accounts.into_iter().zip(aliases).map(with_place).collect()
}

async fn with_paths(
    tx: &mut Tx,
    book: BookId,
    groups: Vec<Group>,
) -> Result<Vec<NamedGroup>, StorageError> {
    let ids = groups.iter().map(|group| group.id.uuid()).collect();
    let mut paths = paths(tx, book, ids).await?;
    let named = |group: Group| NamedGroup { path: paths.remove(&group.id.uuid()), group };
    Ok(groups.into_iter().map(named).collect())
}

/// The paths of groups and accounts; those that have none are left out. Each group above them is
/// read once.
async fn paths(
    tx: &mut Tx,
    book: BookId,
    nodes: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, String>, StorageError> {
    let mut known: BTreeMap<Uuid, (Uuid, String)> = BTreeMap::new();
    let mut asked: BTreeSet<Uuid> = nodes.iter().copied().collect();
    for _ in 0..=GROUP_DEPTH_MAX {
        let many = asked.iter().map(|node| params![book.uuid(), *node]).collect();
        let found = tx.rows_many(&ABOVE, many).await?;
        for (node, rows) in std::mem::take(&mut asked).into_iter().zip(found) {
            let Some(row) = rows.first() else { continue };
            known.insert(node, (row.get(0)?, row.get(1)?));
        }
        let above = known.values().map(|(parent, _)| *parent);
        asked = above.filter(|node| !node.is_nil() && !known.contains_key(node)).collect();
        if asked.is_empty() {
            break;
        }
    }
    let path = |node: Uuid| {
        let (parent, name) = known.get(&node)?;
        let (mut parent, mut path) = (*parent, name.clone());
        while let Some((above, name)) = known.get(&parent) {
            path = format!("{name}:{path}");
            parent = *above;
        }
        Some((node, path))
    };
    Ok(nodes.into_iter().filter_map(path).collect())
}
