//! The demo's chart of accounts: what is owned by what it is, what is owed, and what the statements
//! brought on the other side.
//!
//! What must stay true: every account of the family's book stands in a group.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use kernel::{BookId, Context};
use ledger::{Account, AccountId, AccountKind, GroupId, Request, Segment};
use storage::{Level, Mode};
use wealth::{AssetId, AssetType};

use crate::platform::Platform;

/// Places every account of the family's book, in one command.
pub async fn place(
    platform: &Platform,
    context: &Context,
    assets: &BTreeMap<&'static str, AssetId>,
) -> anyhow::Result<()> {
    let mut owned = BTreeMap::new();
    for id in assets.values() {
        let asset = platform.wealth.asset(context, *id).await?.asset;
        owned.insert(asset.account, asset.kind);
    }
    let level = Level::Tenant(context.tenant);
    let mut tx = platform.database.begin(level, Mode::Read).await?;
    let books = platform.ledger.books(&mut tx).await?;
    let book = books.first().context("the family has no book")?.id;
    let names = platform.ledger.account_names(&mut tx, book).await?.into_iter().collect();
    tx.commit().await?;
    let accounts = platform.ledger.accounts(context, book).await?;
    let request = charted(context, book, &accounts, (&owned, &names))?;
    platform.ledger.execute(context, book, request).await?;
    Ok(())
}

fn charted(
    context: &Context,
    book: BookId,
    accounts: &[Account],
    (owned, names): (&BTreeMap<AccountId, AssetType>, &BTreeMap<AccountId, String>),
) -> anyhow::Result<Request> {
    let groups = |account: &Account| groups_of(account.kind, owned.get(&account.id).copied());
    let mut request = Request::default();
    let mut opened: BTreeMap<Vec<&str>, GroupId> = BTreeMap::new();
    let paths: BTreeSet<Vec<&str>> = accounts.iter().map(|one| groups(one).to_vec()).collect();
    for path in &paths {
        for depth in 1..=path.len() {
            let group = GroupId::from_uuid(context.env.new_uuid());
            let (above, name) = (&path[..depth - 1], path[depth - 1].parse()?);
            if !opened.contains_key(&path[..depth]) {
                request.open_group(book, group, opened.get(above).copied(), &name);
                opened.insert(path[..depth].to_vec(), group);
            }
        }
    }
    for account in accounts {
        let name = names.get(&account.id).context("an account of the demo has no name")?;
        let group = opened.get(groups(account)).copied();
        request.place_account(book, account.id, group, &segment(name)?);
    }
    Ok(request)
}

/// The groups that an account stands in, from the top.
const fn groups_of(kind: AccountKind, asset: Option<AssetType>) -> &'static [&'static str] {
    match (asset, kind) {
        (Some(AssetType::Cash), _) => &["assets", "bank"],
        (Some(AssetType::Property | AssetType::Vehicle), _) => &["assets", "things"],
        (Some(AssetType::Investment | AssetType::Crypto), _) => &["assets", "investments"],
        (Some(AssetType::Superannuation), _) => &["assets", "superannuation"],
        (Some(AssetType::Debt), _) | (None, AccountKind::Liability) => &["liabilities"],
        (None, AccountKind::Asset) => &["assets"],
        (None, AccountKind::Equity) => &["equity"],
        (None, AccountKind::Income) => &["income"],
        (None, AccountKind::Expense) => &["expenses"],
    }
}

/// A name as a path writes it: `House in Brisbane` is `house-in-brisbane`.
fn segment(name: &str) -> anyhow::Result<Segment> {
    let words = name.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty());
    Ok(words.collect::<Vec<_>>().join("-").to_lowercase().parse()?)
}
