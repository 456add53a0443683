//! The chart of accounts by path, `assets:bank:khan:savings`, and accounts by alias.
//!
//! What must stay true: the engine knows the tree by ids, the rows know what each of its nodes is
//! called; both change in one commit, where a [`Request`] is told by the functions here. A bare
//! step moves an account and leaves its path behind. Below one group every name is there once. Text
//! stands in rows, never in the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use kernel::{BookId, Context, Uuid};
use storage::journal::RowChange;
use storage::{Row, Tx, params, sql};

use crate::book::GROUP_DEPTH_MAX;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::model::{AccountId, Atomicity, GroupId, Step};
use crate::prepare::Request;

/// The longest name of a group or an account below a group, in characters.
pub const SEGMENT_LENGTH_MAX: usize = 64;

sql! {
    PATH_PUT =
        "INSERT INTO ledger_path (tenant, book, parent, segment, node, is_group)
         VALUES (app_tenant(), $1, $2, $3, $4, $5)
         ON CONFLICT (book, node) DO UPDATE
             SET parent = excluded.parent, segment = excluded.segment
             WHERE ledger_path.tenant = app_tenant()";
    PATH_NODE =
        "SELECT node, is_group FROM ledger_path
         WHERE tenant = app_tenant() AND book = $1 AND parent = $2 AND segment = $3";
    ALIAS_INSERT =
        "INSERT INTO ledger_alias (tenant, book, alias, account)
         VALUES (app_tenant(), $1, $2, $3)";
    ALIAS_ACCOUNT =
        "SELECT account FROM ledger_alias
         WHERE tenant = app_tenant() AND book = $1 AND alias = $2";
}

/// What a group or an account is called below the group above it: 1 to [`SEGMENT_LENGTH_MAX`]
/// characters, without colons, spaces and control characters. Upper and lower case differ.
///
/// ```
/// use ledger::Segment;
/// assert!("savings".parse::<Segment>().is_ok());
/// assert!("bank:savings".parse::<Segment>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment(String);

/// The names of groups and at the end of an account or a group, from the top, with colons between.
///
/// ```
/// use ledger::AccountPath;
/// let path: AccountPath = "assets:bank:khan:savings".parse()?;
/// assert_eq!(path.to_string(), "assets:bank:khan:savings");
/// # Ok::<(), ledger::LedgerError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPath(Vec<Segment>);

/// Another name by which an account is found; there once in a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Which account.
    pub account: AccountId,
    /// What it is called too.
    pub name: Segment,
}

/// Where something of the chart stands: the group above it, none at the top, and its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The group above it.
    pub group: Option<GroupId>,
    /// What it is called there.
    pub name: Segment,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartNode {
    /// A group.
    Group(GroupId),
    /// An account.
    Account(AccountId),
}

impl FromStr for Segment {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let wrong = |one: char| one == ':' || one.is_whitespace() || one.is_control();
        let length = text.chars().take(SEGMENT_LENGTH_MAX + 1).count();
        if length == 0 || length > SEGMENT_LENGTH_MAX || text.contains(wrong) {
            return Err(LedgerError::PathMalformed);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for AccountPath {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        // The account itself stands below the deepest group.
        if text.matches(':').count() > GROUP_DEPTH_MAX {
            return Err(LedgerError::PathMalformed);
        }
        Ok(Self(text.split(':').map(str::parse).collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for AccountPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(out, "{colon}{segment}")?;
        }
        Ok(())
    }
}

impl Request {
    /// Opens a group with a name below another, or at the top. A name that is there already rejects
    /// the request as `already_exists`. What becomes of the name follows the request's atomicity,
    /// which is to be set before.
    pub fn open_group(
        &mut self,
        book: BookId,
        group: GroupId,
        parent: Option<GroupId>,
        name: &Segment,
    ) {
        let node = ChartNode::Group(group);
        self.named(book, Step::OpenGroup { group, parent }, node, (parent, name));
    }

    /// Puts a group with all that is below it below another, or at the top, under a name.
    pub fn move_group(
        &mut self,
        book: BookId,
        group: GroupId,
        parent: Option<GroupId>,
        name: &Segment,
    ) {
        let node = ChartNode::Group(group);
        self.named(book, Step::MoveGroup { group, parent }, node, (parent, name));
    }

    /// Puts an account below a group, or at the top, under a name.
    pub fn place_account(
        &mut self,
        book: BookId,
        account: AccountId,
        group: Option<GroupId>,
        name: &Segment,
    ) {
        let node = ChartNode::Account(account);
        self.named(book, Step::MoveAccount { account, group }, node, (group, name));
    }

    /// Gives an account another name by which it is found; one that is taken rejects the request as
    /// `already_exists`. An account that the request does not open must be there:
    /// [`LedgerError::AccountUnknown`].
    pub fn add_alias(&mut self, account: AccountId, name: &Segment) {
        self.aliases.push(Alias { account, name: name.clone() });
    }

    fn named(
        &mut self,
        book: BookId,
        step: Step,
        node: ChartNode,
        (parent, name): (Option<GroupId>, &Segment),
    ) {
        let (id, is_group) = match node {
            ChartNode::Group(group) => (group.uuid(), true),
            ChartNode::Account(account) => (account.uuid(), false),
        };
        let parent = parent.map_or(Uuid::nil(), GroupId::uuid);
        let params = params![book.uuid(), parent, name.0.as_str(), id, is_group];
        // A row of a step that stands on its own goes with it.
        let index = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        let own_step = (self.atomicity == Atomicity::Each).then_some(index);
        self.steps.push(step);
        self.rows.push(RowChange { step: own_step, ..RowChange::one(&PATH_PUT, params) });
    }
}

impl Ledger {
    /// Makes rows of a request's aliases. Accounts never go: one that is there now will be there
    /// when the rows are. A request of nothing else gets a step for them to go with that changes
    /// nothing.
    pub(crate) async fn name_accounts(
        &self,
        context: &Context,
        book: BookId,
        request: &mut Request,
    ) -> Result<(), LedgerError> {
        let aliases = std::mem::take(&mut request.aliases);
        if aliases.is_empty() {
            return Ok(());
        }
        let mut opened = BTreeMap::new();
        for (index, step) in (0_u32..).zip(&request.steps) {
            if let Step::OpenAccount(account) = step {
                opened.insert(account.id, index);
            }
        }
        let others = aliases.iter().map(|alias| alias.account);
        let others: BTreeSet<_> = others.filter(|account| !opened.contains_key(account)).collect();
        let known = self.known_accounts(context, book, others.clone()).await?;
        let found: BTreeSet<_> = known.iter().map(|account| account.id).collect();
        if let Some(account) = others.difference(&found).next() {
            return Err(LedgerError::AccountUnknown { account: *account });
        }
        if let (true, Some(one)) = (request.steps.is_empty(), known.first()) {
            request.steps.push(Step::DefineCommodity { code: one.commodity, scale: one.scale });
        }
        for Alias { account, name } in aliases {
            let params = params![book.uuid(), name.0.as_str(), account.uuid()];
            let each = request.atomicity == Atomicity::Each;
            let step = opened.get(&account).copied().filter(|_| each);
            request.rows.push(RowChange { step, ..RowChange::one(&ALIAS_INSERT, params) });
        }
        Ok(())
    }

    /// Where something with a path would stand: all but its last name must be groups.
    ///
    /// # Errors
    /// [`LedgerError::PathUnknown`] with the part of the path where there is no group.
    pub async fn place(
        &self,
        tx: &mut Tx,
        book: BookId,
        path: &AccountPath,
    ) -> Result<Place, LedgerError> {
        let (name, above) = path.0.split_last().ok_or(LedgerError::PathMalformed)?;
        let group = match above {
            [] => None,
            above => Some(self.group_at(tx, book, &AccountPath(above.to_vec())).await?),
        };
        Ok(Place { group, name: name.clone() })
    }

    /// The group at a path.
    ///
    /// # Errors
    /// [`LedgerError::PathUnknown`] where there is nothing, or an account.
    pub async fn group_at(
        &self,
        tx: &mut Tx,
        book: BookId,
        path: &AccountPath,
    ) -> Result<GroupId, LedgerError> {
        match self.resolve(tx, book, path).await? {
            ChartNode::Group(group) => Ok(group),
            ChartNode::Account(_) => Err(LedgerError::PathUnknown { path: path.to_string() }),
        }
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// [`LedgerError::PathUnknown`] where there is nothing.
    pub async fn resolve(
        &self,
        tx: &mut Tx,
        book: BookId,
        path: &AccountPath,
    ) -> Result<ChartNode, LedgerError> {
        let unknown = || LedgerError::PathUnknown { path: path.to_string() };
        let (mut parent, mut found) = (Uuid::nil(), None);
        for segment in &path.0 {
            // Nothing stands below an account.
            if matches!(found, Some(ChartNode::Account(_))) {
                return Err(unknown());
            }
            let params = params![book.uuid(), parent, segment.0.as_str()];
            let row = tx.row(&PATH_NODE, params).await?.ok_or_else(unknown)?;
            parent = row.get(0)?;
            found = Some(match row.get(1)? {
                true => ChartNode::Group(GroupId::from_uuid(parent)),
                false => ChartNode::Account(AccountId::from_uuid(parent)),
            });
        }
        found.ok_or_else(unknown)
    }

    /// The account with an alias.
    ///
    /// # Errors
    /// [`LedgerError::PathUnknown`] where there is none.
    pub async fn by_alias(
        &self,
        tx: &mut Tx,
        book: BookId,
        alias: &Segment,
    ) -> Result<AccountId, LedgerError> {
        let row = tx.row(&ALIAS_ACCOUNT, params![book.uuid(), alias.0.as_str()]).await?;
        let unknown = || LedgerError::PathUnknown { path: alias.to_string() };
        let account = |row: Row| row.get(0).map(AccountId::from_uuid);
        Ok(account(row.ok_or_else(unknown)?)?)
    }
}
