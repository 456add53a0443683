//! The face of the ledger: commands go to the engine, questions to the engine or to the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use kernel::{
    Amount, BookId, Commodity, Context, Cursor, Page, PageRequest, Position, TenantId, Timestamp,
};
use storage::journal::{
    Engine, EngineLimits, Progress, Projection as _, Projector, SqlJournal, wait_for_tables,
};
use storage::{Database, Level, Mode, Tx};
use tokio::task::JoinHandle;

use crate::book::Book;
use crate::counting::Remembered;
use crate::error::LedgerError;
use crate::event::BookOpened;
use crate::model::{Account, AccountId, Found, Rejection, TransferId};
use crate::postings::TableArchive;
use crate::projection::Tables;
use crate::query::{At, BookInfo, DayChange, HistoryLine, TransferFilter, TransferView};
use crate::repetition::Existing;
use crate::{store, texts, transfers};

/// The books whose owners are remembered.
const OWNERS_MAX: usize = 100_000;

/// The ledger. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) engine: Engine<Book>,
    progress: Progress,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Whose the books are that were asked for: a book never changes hands.
    owners: Mutex<BTreeMap<BookId, TenantId>>,
    pub(crate) counting: Remembered,
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
    /// What steps moved whose amount the request had left open.
    pub found: Vec<Found>,
    /// The transfers that were there already and say the same, in the order of steps.
    pub existing: Vec<Existing>,
    /// When the request's key was first seen, where it has one: ids that follow from the key are
    /// those of then.
    pub first_seen: Option<Timestamp>,
}

impl Ledger {
    /// Starts the engine and the projection over a migrated database. Returns when the tables hold
    /// all that the journal holds.
    pub async fn start(database: Database, limits: EngineLimits) -> Result<Self, LedgerError> {
        storage::journal::compare_projections(&database).await?;
        let progress = Progress::default();
        let projector = Projector::new(database.clone(), Tables::default(), progress.clone());
        let journal = SqlJournal::new(database.clone());
        let env = database.env().clone();
        let archive = TableArchive { database: database.clone() };
        // It reads books of its own accord, meanwhile.
        let (engine, writer) = Engine::start_with(journal, archive, env, progress.clone(), limits);
        if let Err(error) = projector.catch_up().await {
            engine.stop().await;
            return Err(error.into());
        }
        let tasks = Mutex::new(vec![writer, projector.start()]);
        let owners = Mutex::default();
        let counting = Remembered::default();
        let inner = Inner { database, engine, progress, tasks, owners, counting };
        Ok(Self { inner: Arc::new(inner) })
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
            self.inner.progress.stop();
            let _ = projector.await;
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

    /// Those of some accounts that the book knows, as they stand now.
    pub async fn known_accounts(
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
        count: usize,
    ) -> Result<Vec<Account>, LedgerError> {
        self.check_book(context, book).await?;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let look =
            move |machine: &Book| machine.accounts_from(number).take(count).collect::<Vec<_>>();
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
        let named = texts::of_book(tx, book).await?;
        Ok(named.into_iter().map(|(account, words)| (account, words.name)).collect())
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
        let lines = transfers::history(tx, book, account, before, limit).await?;
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
        let lines = transfers::filtered(tx, book, filter, number_of(page)?, limit).await?;
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
        let found = transfers::filtered(tx, book, &filter, None, 1).await?.into_iter().next();
        found.ok_or(LedgerError::TransferUnknown { transfer })
    }

    /// Waits until the tables hold everything up to a position.
    ///
    /// # Errors
    /// [`StorageError::Stale`](storage::StorageError::Stale) where that takes too long.
    pub async fn wait_for(&self, position: &Position) -> Result<(), LedgerError> {
        let Inner { database, progress, .. } = &*self.inner;
        Ok(wait_for_tables(database, Tables::NAME, (progress, position)).await?)
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

    /// Asks a book's engine.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        context: &Context,
        book: BookId,
        look: impl FnOnce(&Book) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.check_book(context, book).await?;
        Ok(self.inner.engine.read(context.tenant, book.uuid(), look).await?)
    }

    /// Refuses a book that is not the tenant's.
    pub(crate) async fn check_book(
        &self,
        context: &Context,
        book: BookId,
    ) -> Result<(), LedgerError> {
        let owners = || self.inner.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = owners().get(&book).copied();
        if let Some(owner) = owner {
            let unknown = LedgerError::BookUnknown { book };
            return if owner == context.tenant { Ok(()) } else { Err(unknown) };
        }
        let mut tx = self.reading(context).await?;
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

impl Drop for Inner {
    fn drop(&mut self) {
        // The writer ends with its last handle; the projector is told.
        self.progress.stop();
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
