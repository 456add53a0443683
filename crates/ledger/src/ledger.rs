//! The face of the ledger: commands go to the engine, questions to the engine or to the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use kernel::{
    Amount, BookId, Commodity, Context, Cursor, Page, PageRequest, Position, TenantId, Timestamp,
};
use storage::journal::{Engine, EngineLimits, Progress, Projector, RowChange, SqlJournal};
use storage::{Database, Level, Mode, TextHasher, Tx};
use tokio::task::JoinHandle;

use crate::book::Book;
use crate::error::LedgerError;
use crate::event::BookOpened;
use crate::model::{
    Account, AccountId, Atomicity, Command, Origin, Outcome, Reason, Rejection, Step, TransferId,
};
use crate::prepare;
use crate::projection::Tables;
use crate::query::{
    At, BookInfo, DayChange, HistoryLine, TransferFilter, TransferText, TransferView,
};
use crate::repetition::{self, Existing};
use crate::store;

/// The books whose owners are remembered.
const OWNERS_MAX: usize = 100_000;

/// The ledger. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    engine: Engine<Book>,
    progress: Progress,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Whose the books are that were asked for: a book never changes hands.
    owners: Mutex<BTreeMap<BookId, TenantId>>,
}

/// Steps, the texts that belong to them, and the rows of the caller that change with them or not at
/// all.
#[derive(Clone, Default)]
pub struct Request {
    /// In this order.
    pub steps: Vec<Step>,
    /// What becomes of the others where one is rejected.
    pub atomicity: Atomicity,
    /// Names of accounts that the steps open.
    pub account_texts: Vec<AccountText>,
    /// Texts of transfers that the steps make.
    pub transfer_texts: Vec<TransferText>,
    /// The caller's own rows.
    pub rows: Vec<RowChange>,
}

/// The text that belongs to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountText {
    /// Which account.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// Anything else.
    pub metadata: serde_json::Value,
}

/// What a request did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Give it to a reader, and it will see what was done.
    pub position: Position,
    /// The number of the first transfer in the book.
    pub first_number: u64,
    /// Whether an earlier call did it.
    pub replayed: bool,
    /// The steps that were not done, where each stands on its own.
    pub rejections: Vec<Rejection>,
    /// The transfers that were there already and say the same, in the order of steps.
    pub existing: Vec<Existing>,
}

impl Ledger {
    /// Starts the engine and the projection over a migrated database. Returns when the tables hold
    /// all that the journal holds.
    pub async fn start(database: Database, limits: EngineLimits) -> Result<Self, LedgerError> {
        let progress = Progress::default();
        let projector = Projector::new(database.clone(), Tables::default(), progress.clone());
        projector.catch_up().await?;
        let journal = SqlJournal::new(database.clone());
        let env = database.env().clone();
        let (engine, writer) = Engine::start(journal, env, progress.clone(), limits);
        let tasks = Mutex::new(vec![writer, projector.start()]);
        let owners = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { database, engine, progress, tasks, owners }) })
    }

    /// Lets the engine finish what is queued, and waits for the tables to follow.
    pub async fn stop(&self) {
        self.inner.engine.stop().await;
        let mut tasks =
            std::mem::take(&mut *self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(projector) = tasks.pop() {
            for writer in tasks {
                // A writer that panicked has already said so.
                let _ = writer.await;
            }
            let mut position = Position::default();
            for (stream, _, seq) in self.inner.progress.heads() {
                position.advance(stream, seq);
            }
            let _ = self.inner.progress.wait_for(&position).await;
            projector.abort();
        }
    }

    /// How far the tables are behind the engine, in bytes of its journal.
    #[must_use]
    pub fn projection_lag_bytes(&self) -> u64 {
        self.inner.progress.lag_bytes()
    }

    /// Opens a book in the caller's transaction.
    pub async fn open_book(
        &self,
        tx: &mut Tx,
        context: &Context,
        name: &str,
        currency: Commodity,
    ) -> Result<BookInfo, LedgerError> {
        let id = BookId::from_uuid(context.env.new_uuid());
        let opened_at = context.now();
        let book = BookInfo { id, name: name.to_owned(), currency, opened_at };
        store::insert_book(tx, &book).await?;
        tx.emit(context, &BookOpened { book: id, currency: currency.code }).await?;
        Ok(book)
    }

    /// The tenant's books, the oldest first.
    pub async fn books(&self, tx: &mut Tx) -> Result<Vec<BookInfo>, LedgerError> {
        Ok(store::books(tx, None).await?)
    }

    /// One book of the tenant.
    pub async fn book(&self, tx: &mut Tx, book: BookId) -> Result<BookInfo, LedgerError> {
        let found = store::books(tx, Some(book)).await?.into_iter().next();
        found.ok_or(LedgerError::BookUnknown { book })
    }

    /// Does what a request says, all of it or nothing; returns when it is durable.
    ///
    /// # Errors
    /// [`LedgerError::Rejected`] where the engine decided against it, or a carried row could not be
    /// changed as it said.
    pub async fn execute(
        &self,
        context: &Context,
        book: BookId,
        request: Request,
    ) -> Result<Receipt, LedgerError> {
        self.check_book(context, book).await?;
        // What else changes with the transfers cannot be there already because they are.
        let by_id_alone = context.key.is_none() || request.rows.is_empty();
        let atomicity = request.atomicity;
        let hasher = self.hasher(context, &request.transfer_texts).await?;
        let (steps, rows) = prepare::prepared(book, request, hasher).await?;
        let steps = Arc::new(steps);
        let asked = Arc::clone(&steps);
        let origin = Some(Origin::of(context));
        let command = Command::Steps { key: context.key, origin, atomicity, steps };
        let committed =
            self.inner.engine.execute(context.tenant, book.uuid(), command, rows).await?;
        let mut position = Position::default();
        position.advance(book.uuid(), committed.seq);
        let replayed = committed.replayed;
        match committed.outcome {
            Outcome::Done { first_number, rejections } => {
                let exists = |one: &&Rejection| one.reason == Reason::TransferExists;
                let steps = rejections.iter().filter(exists).map(|one| one.step).collect();
                let existing = self.existing(context, book, &asked, steps).await?;
                let same = |step| existing.binary_search_by_key(&step, |one| one.step).is_ok();
                let rejections = rejections.into_iter().filter(|one| !same(one.step)).collect();
                Ok(Receipt { position, first_number, replayed, rejections, existing })
            }
            Outcome::Rejected(rejection) => {
                let mut existing = Vec::new();
                if rejection.reason == Reason::TransferExists && by_id_alone {
                    let steps = (0..).take(asked.len()).collect();
                    existing = self.existing(context, book, &asked, steps).await?;
                }
                let first = existing.first().filter(|_| existing.len() == asked.len());
                let first_number = first.ok_or(LedgerError::Rejected { rejection })?.number;
                let (replayed, rejections) = (true, Vec::new());
                Ok(Receipt { position, first_number, replayed, rejections, existing })
            }
            Outcome::Expired(_) => {
                let (first_number, rejections, existing) = (0, Vec::new(), Vec::new());
                Ok(Receipt { position, first_number, replayed, rejections, existing })
            }
        }
    }

    /// Which of some steps are transfers that are there already and say the same.
    async fn existing(
        &self,
        context: &Context,
        book: BookId,
        asked: &[Step],
        steps: Vec<u32>,
    ) -> Result<Vec<Existing>, LedgerError> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        self.wait_for_book(book).await?;
        let mut tx = self.inner.database.begin(Level::of(context.tenant), Mode::Read).await?;
        let existing = repetition::existing(&mut tx, book, asked, &steps).await?;
        tx.commit().await?;
        Ok(existing)
    }

    /// The decimals of accounts' amounts; those that the book does not know are left out.
    pub async fn scales(
        &self,
        context: &Context,
        book: BookId,
        accounts: BTreeSet<AccountId>,
    ) -> Result<BTreeMap<AccountId, u8>, LedgerError> {
        let known = self.known_accounts(context, book, accounts).await?;
        Ok(known.into_iter().map(|account| (account.id, account.scale)).collect())
    }

    /// Those of some accounts that the book knows, as they stand now.
    pub(crate) async fn known_accounts(
        &self,
        context: &Context,
        book: BookId,
        accounts: BTreeSet<AccountId>,
    ) -> Result<Vec<Account>, LedgerError> {
        self.check_book(context, book).await?;
        let look = move |machine: &Book| {
            accounts.into_iter().filter_map(|id| machine.account(id)).collect()
        };
        Ok(self.inner.engine.read(context.tenant, book.uuid(), look).await?)
    }

    /// A transaction that reads the rows of the context's tenant.
    pub(crate) async fn reading(&self, context: &Context) -> Result<Tx, LedgerError> {
        Ok(self.inner.database.begin(Level::of(context.tenant), Mode::Read).await?)
    }

    /// An account with its balance, as it stands now.
    pub async fn account(
        &self,
        context: &Context,
        book: BookId,
        account: AccountId,
    ) -> Result<Account, LedgerError> {
        self.check_book(context, book).await?;
        let look = move |machine: &Book| machine.account(account);
        let found = self.inner.engine.read(context.tenant, book.uuid(), look).await?;
        found.ok_or(LedgerError::AccountUnknown { account })
    }

    /// Every account of a book with its balance, as it stands now, in the order of opening.
    pub async fn accounts(
        &self,
        context: &Context,
        book: BookId,
    ) -> Result<Vec<Account>, LedgerError> {
        self.check_book(context, book).await?;
        let look = |machine: &Book| machine.accounts().collect::<Vec<_>>();
        Ok(self.inner.engine.read(context.tenant, book.uuid(), look).await?)
    }

    /// Some accounts from a number on, as they stand now, in the order of opening.
    pub(crate) async fn accounts_from(
        &self,
        context: &Context,
        book: BookId,
        number: u64,
        count: u64,
    ) -> Result<Vec<Account>, LedgerError> {
        self.check_book(context, book).await?;
        let look = move |machine: &Book| {
            let end = number.saturating_add(count);
            let all = machine.accounts();
            all.skip_while(|one| u64::from(one.number) < number)
                .take_while(|one| u64::from(one.number) < end)
                .collect::<Vec<_>>()
        };
        Ok(self.inner.engine.read(context.tenant, book.uuid(), look).await?)
    }

    /// The commodities that a book knows.
    pub async fn commodities(
        &self,
        context: &Context,
        book: BookId,
    ) -> Result<Vec<Commodity>, LedgerError> {
        self.check_book(context, book).await?;
        let look = |machine: &Book| {
            let commodity = |(code, scale)| Commodity { code, scale };
            machine.commodities().map(commodity).collect::<Vec<_>>()
        };
        Ok(self.inner.engine.read(context.tenant, book.uuid(), look).await?)
    }

    /// What the owner calls each account.
    pub async fn account_names(
        &self,
        tx: &mut Tx,
        book: BookId,
    ) -> Result<Vec<(AccountId, String)>, LedgerError> {
        Ok(store::account_names(tx, book).await?)
    }

    /// Every account's balance at a past time, on its natural side; those that had seen nothing by
    /// then are left out.
    pub async fn balances_at(
        &self,
        tx: &mut Tx,
        book: BookId,
        at: At,
    ) -> Result<Vec<(AccountId, Amount)>, LedgerError> {
        Ok(store::balances(tx, book, at).await?)
    }

    /// What each account changed by on each effective date, up to one; the balances of every day
    /// are their running sums.
    pub async fn day_changes(
        &self,
        tx: &mut Tx,
        book: BookId,
        until: kernel::Date,
        known_at: Option<Timestamp>,
    ) -> Result<Vec<DayChange>, LedgerError> {
        Ok(store::day_changes(tx, book, until, known_at).await?)
    }

    /// An account's history, the latest first.
    pub async fn history(
        &self,
        tx: &mut Tx,
        book: BookId,
        account: AccountId,
        page: &PageRequest,
    ) -> Result<Page<HistoryLine>, LedgerError> {
        let before = number_of(page)?;
        let limit = usize::from(page.limit) + 1;
        let lines = store::history(tx, book, account, before, limit).await?;
        Ok(Page::cut(lines, page.limit, |line| numbered(page.filter, line.number)))
    }

    /// A book's transfers, the latest first.
    pub async fn transfers(
        &self,
        tx: &mut Tx,
        book: BookId,
        filter: &TransferFilter,
        page: &PageRequest,
    ) -> Result<Page<TransferView>, LedgerError> {
        let limit = usize::from(page.limit) + 1;
        let lines = store::transfers(tx, book, filter, number_of(page)?, limit).await?;
        Ok(Page::cut(lines, page.limit, |line| numbered(page.filter, line.number)))
    }

    /// One transfer.
    pub async fn transfer(
        &self,
        tx: &mut Tx,
        book: BookId,
        transfer: TransferId,
    ) -> Result<TransferView, LedgerError> {
        let filter = TransferFilter { transfer: Some(transfer), ..TransferFilter::default() };
        let found = store::transfers(tx, book, &filter, None, 1).await?.into_iter().next();
        found.ok_or(LedgerError::TransferUnknown { transfer })
    }

    /// Waits until the tables hold everything up to a position.
    pub async fn wait_for(&self, position: &Position) -> Result<(), LedgerError> {
        Ok(self.inner.progress.wait_for(position).await?)
    }

    /// Waits until the tables hold everything that was committed here to a book before this call.
    pub async fn wait_for_book(&self, book: BookId) -> Result<(), LedgerError> {
        let mut position = Position::default();
        position.advance(book.uuid(), self.inner.progress.head(book.uuid()));
        self.wait_for(&position).await
    }

    /// The keyed hash by which transfers with a reference are found; nothing where the tenant has
    /// never had one.
    pub async fn reference_hash(
        &self,
        tx: &mut Tx,
        reference: &str,
    ) -> Result<Option<u128>, LedgerError> {
        let hash = storage::known_tenant_hash(tx, reference).await?;
        Ok(hash.map(u128::from_be_bytes))
    }

    /// What hashes the references of texts, where one has any.
    async fn hasher(
        &self,
        context: &Context,
        texts: &[TransferText],
    ) -> Result<Option<TextHasher>, LedgerError> {
        if texts.iter().all(|text| text.reference.is_none()) {
            return Ok(None);
        }
        let (database, level) = (&self.inner.database, Level::of(context.tenant));
        // A key is made once; nobody waits for the one writer of SQLite after that.
        let mut tx = database.begin(level, Mode::Read).await?;
        let known = storage::known_tenant_hasher(&mut tx).await?;
        tx.commit().await?;
        if known.is_some() {
            return Ok(known);
        }
        let mut tx = database.begin(level, Mode::Write).await?;
        let made = storage::tenant_hasher(&mut tx, context).await?;
        tx.commit().await?;
        Ok(Some(made))
    }

    /// Refuses a book that is not the tenant's.
    async fn check_book(&self, context: &Context, book: BookId) -> Result<(), LedgerError> {
        let owners = || self.inner.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = owners().get(&book).copied();
        if let Some(owner) = owner {
            let unknown = LedgerError::BookUnknown { book };
            return if owner == context.tenant { Ok(()) } else { Err(unknown) };
        }
        let mut tx = self.inner.database.begin(Level::of(context.tenant), Mode::Read).await?;
        self.book(&mut tx, book).await?;
        tx.commit().await?;
        let mut owners = owners();
        if owners.len() >= OWNERS_MAX {
            owners.clear();
        }
        owners.insert(book, context.tenant);
        Ok(())
    }
}

fn number_of(page: &PageRequest) -> Result<Option<u64>, LedgerError> {
    let key = page.after.as_ref().map(|cursor| cursor.key.first().and_then(|key| key.parse().ok()));
    match key {
        None => Ok(None),
        Some(None) => Err(kernel::CursorError::Malformed.into()),
        Some(Some(number)) => Ok(Some(number)),
    }
}

fn numbered(filter: u32, number: u64) -> Cursor {
    Cursor { filter, key: vec![number.to_string()] }
}
