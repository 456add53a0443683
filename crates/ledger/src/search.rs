//! Looking for transfers and accounts by what they say. What no sorted run answers is scanned, the
//! latest first and up to a limit a call, and the answer says how far that went.

use std::collections::BTreeSet;
use std::iter::Peekable;

use kernel::{
    BookId, Context, Cursor, CursorError, Date, Decimal, Page, PageRequest, Timestamp, time,
};
use serde_json::Value as Json;
use storage::{StorageError, Tx};

use crate::Ledger;
use crate::chart::{AccountPath, ChartNode, Segment};
use crate::error::LedgerError;
use crate::model::{Account, AccountId, AccountKind, TransferId};
use crate::outline;
use crate::postings::{Postings, last_number, numbers_of_reference};
use crate::projection::chunk::Chunked;
use crate::projection::run::Posting;
use crate::query::{TransferFilter, TransferView};
use crate::texts::{self, AccountWords};
use crate::{store, transfers};

/// The transfers or accounts that one call looks at.
pub const SEARCH_SCANNED_MAX: usize = 50_000;
/// Transfers that are looked at between two breaths.
const STRETCH: usize = 500;
/// Accounts that are taken from the engine at a time, while its callers wait.
const ACCOUNTS_STRETCH: usize = 5_000;

/// A key of metadata with its value: text as it is, anything else as JSON writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataPair {
    /// The key, at the top.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Which transfers. What is left out says nothing; all that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferSearch {
    /// Those that touch an account: read from its run.
    pub account: Option<AccountId>,
    /// Those with a reference, by its keyed hash: read from the run of references.
    pub reference: Option<u128>,
    /// Those that post or void a hold: read from the run of its debited account.
    pub hold: Option<TransferId>,
    /// Those with a module's number.
    pub code: Option<u16>,
    /// Those that have it.
    pub metadata: Option<MetadataPair>,
    /// From this effective date.
    pub effective_from: Option<Date>,
    /// Up to this one.
    pub effective_to: Option<Date>,
    /// Booked at this time or later. Times grow with numbers, so this bounds what is looked at.
    pub booked_from: Option<Timestamp>,
    /// Booked before this time.
    pub booked_before: Option<Timestamp>,
    /// Of at least so much, whatever the commodity.
    pub amount_min: Option<Decimal>,
    /// Of at most so much.
    pub amount_max: Option<Decimal>,
    /// Look at fewer than [`SEARCH_SCANNED_MAX`] in this call.
    pub scanned_max: Option<usize>,
}

/// Which accounts. What is left out says nothing; all that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSearch {
    /// Those with the number that the opening module gave them.
    pub code: Option<u16>,
    /// Those that are this.
    pub kind: Option<AccountKind>,
    /// Those that count it.
    pub commodity: Option<String>,
    /// Those in whose name this stands, in any case.
    pub name: Option<String>,
    /// Those that have it.
    pub metadata: Option<MetadataPair>,
    /// The one at a path.
    pub path: Option<AccountPath>,
    /// The one with another name.
    pub alias: Option<Segment>,
    /// Look at fewer than [`SEARCH_SCANNED_MAX`] in this call.
    pub scanned_max: Option<usize>,
}

/// A page of what was found, and how far was looked for it.
#[derive(Clone, Debug)]
pub struct SearchPage<T> {
    /// What was found. A page that is short and has a next one ended at the limit.
    pub page: Page<T>,
    /// How many were looked at.
    pub scanned: usize,
    /// Whether the call ended because of that; the next page goes on there.
    pub is_cut: bool,
}

/// An account with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAccount {
    /// As it stands now.
    pub account: Account,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Anything else.
    pub metadata: Option<Json>,
    /// The names of the groups above it and its own, with colons between.
    pub path: Option<String>,
    /// Other names by which it is found.
    pub aliases: Vec<String>,
}

/// What was found so far.
struct Search<T> {
    found: Vec<T>,
    limit: usize,
    scanned: usize,
    scanned_max: usize,
    /// The last that was looked at.
    last: u64,
}

impl Ledger {
    /// A book's transfers, the latest first.
    pub async fn search_transfers(
        &self,
        tx: &mut Tx,
        book: BookId,
        search: &TransferSearch,
        page: &PageRequest,
    ) -> Result<SearchPage<TransferView>, LedgerError> {
        let (first, last) = bounds(tx, book, search, place(page)?).await?;
        let mut state = Search::new(page, search.scanned_max);
        let mut ended = first > last;
        let mut listed = listed(tx, book, search, (first, last)).await?;
        let mut to = last;
        while !ended && !state.is_full() {
            let (views, looked, reached) = match &mut listed {
                Some(listed) => {
                    let some: Vec<u64> = listed.numbers.by_ref().take(STRETCH).collect();
                    let mut reached = some.last().copied().unwrap_or(first);
                    if listed.numbers.peek().is_none() {
                        ended = listed.cut_at.is_none();
                        reached = listed.cut_at.unwrap_or(reached);
                        state.scanned = listed.scanned;
                    }
                    (transfers::by_number(tx, book, some).await?, 0, reached)
                }
                None => {
                    let stretch = STRETCH.min(state.scanned_max - state.scanned) as u64;
                    let from = first.max(to.saturating_sub(stretch - 1));
                    ended = from == first;
                    let fits = |one: &Chunked| search.fits_chunk(one);
                    let views = transfers::newest(tx, book, (from, to), fits).await?;
                    let looked = usize::try_from(to - from + 1).unwrap_or(usize::MAX);
                    to = from.saturating_sub(1);
                    (views, looked, from)
                }
            };
            state.scanned += looked;
            state.last = reached;
            state.found.extend(views.into_iter().filter(|view| search.fits(view)));
            // Others use this thread too.
            tokio::task::yield_now().await;
        }
        Ok(state.end(page, ended, |view| view.number))
    }

    /// A book's accounts, in the order of opening.
    pub async fn search_accounts(
        &self,
        context: &Context,
        tx: &mut Tx,
        search: &AccountSearch,
        (book, page): (BookId, &PageRequest),
    ) -> Result<SearchPage<NamedAccount>, LedgerError> {
        let mut state = Search::new(page, search.scanned_max);
        if let Some(one) = self.found_by_name(tx, book, search).await? {
            let known = self.known_accounts(context, book, one).await?;
            let fitting = known.into_iter().filter(|account| search.fits(account)).collect();
            let named = self.described(tx, book, fitting).await?;
            state.found.extend(named.into_iter().filter(|named| search.fits_text(named)));
            state.scanned = 1;
            return Ok(state.end(page, true, |named| u64::from(named.account.number)));
        }
        let mut from = place(page)?.map_or(0, |after| after.saturating_add(1));
        let mut ended = false;
        while !ended && !state.is_full() {
            let (asked, start) = (search.clone(), from);
            let count = ACCOUNTS_STRETCH.min(state.scanned_max - state.scanned);
            let stretch = self.accounts_from(context, book, start, count).await?;
            let looked = stretch.len();
            ended = looked < count;
            from += looked as u64;
            let fitting: Vec<Account> =
                stretch.into_iter().filter(|account| asked.fits(account)).collect();
            let named = named(tx, book, fitting).await?;
            state.found.extend(named.into_iter().filter(|named| search.fits_text(named)));
            state.scanned += looked;
            state.last = from.saturating_sub(1);
        }
        let mut found = state.end(page, ended, |named| u64::from(named.account.number));
        found.page.items = outline::placed(tx, book, found.page.items).await?;
        Ok(found)
    }

    /// The account that is named by path or alias, or by both, where one is asked for.
    async fn found_by_name(
        &self,
        tx: &mut Tx,
        book: BookId,
        search: &AccountSearch,
    ) -> Result<Option<BTreeSet<AccountId>>, LedgerError> {
        let mut named: Vec<Option<AccountId>> = Vec::new();
        if let Some(path) = &search.path {
            named.push(match self.resolve(tx, book, path).await {
                Ok(ChartNode::Account(account)) => Some(account),
                Ok(ChartNode::Group(_)) | Err(LedgerError::PathUnknown { .. }) => None,
                Err(error) => return Err(error),
            });
        }
        if let Some(alias) = &search.alias {
            named.push(match self.by_alias(tx, book, alias).await {
                Ok(account) => Some(account),
                Err(LedgerError::PathUnknown { .. }) => None,
                Err(error) => return Err(error),
            });
        }
        let agreed = named.first().map(|first| {
            let same = named.iter().all(|one| one == first);
            first.filter(|_| same).into_iter().collect()
        });
        Ok(agreed)
    }
}

impl<T> Search<T> {
    fn new(page: &PageRequest, scanned_max: Option<usize>) -> Self {
        let (limit, scanned_max) = (usize::from(page.limit), at_most(scanned_max));
        Self { found: Vec::new(), limit, scanned: 0, scanned_max, last: 0 }
    }

    fn is_full(&self) -> bool {
        self.found.len() > self.limit || self.scanned >= self.scanned_max
    }

    /// The page. Where the limit ended it before it was full, the next one goes on behind the last
    /// that was looked at.
    fn end(self, page: &PageRequest, ended: bool, number: impl Fn(&T) -> u64) -> SearchPage<T> {
        let Self { found, limit, scanned, last, .. } = self;
        let cursor = |number: u64| Cursor { filter: page.filter, key: vec![number.to_string()] };
        let is_cut = !ended && found.len() <= limit;
        let mut page = Page::cut(found, page.limit, |item| cursor(number(item)));
        if is_cut {
            page.next = Some(cursor(last));
        }
        SearchPage { page, scanned, is_cut }
    }
}

/// Accounts with their texts, without their places in the chart.
pub(crate) async fn named(
    tx: &mut Tx,
    book: BookId,
    accounts: Vec<Account>,
) -> Result<Vec<NamedAccount>, StorageError> {
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let texts = texts::of_accounts(tx, book, &ids).await?;
    let with_text = |(account, words): (Account, Option<AccountWords>)| {
        let (name, metadata) = words.map(|words| (words.name, words.metadata)).unzip();
        NamedAccount { account, name, metadata, path: None, aliases: Vec::new() }
    };
    Ok(accounts.into_iter().zip(texts).map(with_text).collect())
}

/// How many one call looks at.
fn at_most(asked: Option<usize>) -> usize {
    asked.unwrap_or(SEARCH_SCANNED_MAX).clamp(1, SEARCH_SCANNED_MAX)
}

/// Where the page before ended.
fn place(page: &PageRequest) -> Result<Option<u64>, CursorError> {
    let number = |cursor: &Cursor| cursor.key.first().and_then(|key| key.parse().ok());
    page.after.as_ref().map(|cursor| number(cursor).ok_or(CursorError::Malformed)).transpose()
}

/// The numbers of the transfers between which those that fit stand.
async fn bounds(
    tx: &mut Tx,
    book: BookId,
    search: &TransferSearch,
    before: Option<u64>,
) -> Result<(u64, u64), StorageError> {
    let mut last = last_number(tx, book.uuid()).await?;
    if let Some(before) = before {
        last = last.min(before.saturating_sub(1));
    }
    let mut first = 1;
    let earlier = |time: Timestamp| Some(Timestamp::from_micros(time.micros().saturating_sub(1)));
    if let Some(time) = search.booked_before {
        last = last.min(Postings::booked_by(tx, book.uuid(), earlier(time)).await?.until);
    }
    if let Some(time) = search.booked_from {
        first = Postings::booked_by(tx, book.uuid(), earlier(time)).await?.until + 1;
    }
    Ok((first, last))
}

/// Numbers that a run names, the latest first.
struct Listed {
    numbers: Peekable<std::vec::IntoIter<u64>>,
    scanned: usize,
    /// The last that was looked at, where the run goes on.
    cut_at: Option<u64>,
}

impl Listed {
    fn new(numbers: Vec<u64>, (scanned, max): (usize, usize), last: Option<u64>) -> Self {
        let cut_at = last.filter(|_| scanned >= max);
        Self { numbers: numbers.into_iter().peekable(), scanned, cut_at }
    }
}

/// The numbers that a run names; nothing where the table itself is to be scanned.
async fn listed(
    tx: &mut Tx,
    book: BookId,
    search: &TransferSearch,
    (mut first, last): (u64, u64),
) -> Result<Option<Listed>, StorageError> {
    if first > last {
        return Ok(None);
    }
    let (mut numbers, max) = (Vec::new(), at_most(search.scanned_max));
    if let Some(reference) = search.reference {
        let before = last.saturating_add(1);
        numbers = numbers_of_reference(tx, book.uuid(), reference, before, max).await?;
        let (scanned, last) = (numbers.len(), numbers.last().copied());
        numbers.retain(|number| *number >= first);
        return Ok(Some(Listed::new(numbers, (scanned, max), last)));
    }
    let mut asked = search.account;
    if let Some(hold) = search.hold {
        let filter = TransferFilter { transfer: Some(hold), ..TransferFilter::default() };
        let Some(hold) = transfers::filtered(tx, book, &filter, None, 1).await?.pop() else {
            return Ok(Some(Listed::new(numbers, (0, max), None)));
        };
        first = first.max(hold.number);
        asked = Some(hold.debit);
    }
    let Some(account) = asked else { return Ok(None) };
    let known = store::accounts(tx, book, Some(account), None).await?;
    let Some(account) = known.into_keys().next() else {
        return Ok(Some(Listed::new(numbers, (0, max), None)));
    };
    let day = |date: Option<Date>| date.map(time::days_since_epoch);
    let (from, to) = (day(search.effective_from), day(search.effective_to));
    let (mut scanned, mut reached) = (0, None);
    let take = |posting: &Posting| {
        if posting.number < first {
            return false;
        }
        (scanned, reached) = (scanned + 1, Some(posting.number));
        let is_after = from.is_none_or(|from| posting.effective >= from);
        if is_after && to.is_none_or(|to| posting.effective <= to) {
            numbers.push(posting.number);
        }
        scanned < max
    };
    Postings { book: book.uuid(), until: last }.of_account(tx, account, take).await?;
    Ok(Some(Listed::new(numbers, (scanned, max), reached)))
}

impl TransferSearch {
    /// Whether what its chunk says of a transfer fits, before more is read of it.
    fn fits_chunk(&self, one: &Chunked) -> bool {
        let day = |date: &Option<Date>| date.map(time::days_since_epoch);
        self.code.is_none_or(|code| one.code == code)
            && day(&self.effective_from).is_none_or(|from| one.effective >= from)
            && day(&self.effective_to).is_none_or(|to| one.effective <= to)
    }

    fn fits(&self, view: &TransferView) -> bool {
        let amount = view.amount.to_decimal(view.commodity.scale);
        let amount = |holds: &dyn Fn(Decimal) -> bool| amount.as_ref().is_ok_and(|one| holds(*one));
        self.account.is_none_or(|account| view.debit == account || view.credit == account)
            && self.reference.is_none_or(|hash| view.reference_hash == Some(hash))
            && self.hold.is_none_or(|hold| view.hold == Some(hold))
            && self.code.is_none_or(|code| view.code == code)
            && self.effective_from.is_none_or(|from| view.effective >= from)
            && self.effective_to.is_none_or(|to| view.effective <= to)
            && self.amount_min.is_none_or(|min| amount(&|one| one >= min))
            && self.amount_max.is_none_or(|max| amount(&|one| one <= max))
            && self.metadata.as_ref().is_none_or(|pair| pair.stands_in(view.metadata.as_ref()))
    }
}

impl AccountSearch {
    fn fits(&self, account: &Account) -> bool {
        self.code.is_none_or(|code| account.code == code)
            && self.kind.is_none_or(|kind| account.kind == kind)
            && self.commodity.as_ref().is_none_or(|one| account.commodity.as_str() == one)
    }

    fn fits_text(&self, named: &NamedAccount) -> bool {
        let lower = |text: &String| text.to_lowercase();
        let name = named.name.as_ref().map(lower).unwrap_or_default();
        self.name.as_ref().is_none_or(|part| name.contains(&lower(part)))
            && self.metadata.as_ref().is_none_or(|pair| pair.stands_in(named.metadata.as_ref()))
    }
}

impl MetadataPair {
    fn stands_in(&self, metadata: Option<&Json>) -> bool {
        match metadata.and_then(|metadata| metadata.get(&self.key)) {
            None => false,
            Some(Json::String(text)) => *text == self.value,
            Some(other) => {
                let written = other.to_string();
                written == self.value
            }
        }
    }
}
