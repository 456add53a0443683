//! Two households, each with a book and a bank account, and a worker that moves what is sent.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;

use jobs::{Claims, Lease, Leases, Worker, WorkerLimits};
use kernel::{Amount, BookId, Commodity, Context, Date, PageRequest, TenantId, Uuid};
use ledger::{
    Account, AccountId, AccountKind, EngineLimits, Ledger, Limits, Movement, NewAccount,
    NewTransfer, Request, Step, TransferId,
};
use remittances::{
    NewPayee, NewRemittance, Payee, Remit, Remittance, RemittanceId, Remittances, RemittancesError,
    Role,
};
use sagas::{SagaId, Sagas, Status, TakeSteps, TellSagas};
use storage::{Level, Mode};
use testing::TestDatabase;

/// A household.
#[derive(Clone, Copy, Debug)]
pub struct House {
    pub tenant: TenantId,
    pub book: BookId,
    pub bank: AccountId,
    pub equity: AccountId,
}

/// Two of them.
pub struct Houses {
    pub db: TestDatabase,
    pub ledger: Ledger,
    pub service: Remittances,
    pub giver: House,
    pub taker: House,
    worker: Worker,
}

/// What a household has where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Has {
    pub bank: i128,
    pub held_out: i128,
    pub held_in: i128,
    pub in_transit: i128,
    pub sent: i128,
    pub received: i128,
}

pub fn euro() -> Commodity {
    Commodity::well_known("EUR").unwrap()
}

pub fn amount(minor: i128) -> Amount {
    Amount::from_minor(minor)
}

pub fn new_id(db: &TestDatabase) -> Uuid {
    db.env.new_uuid()
}

impl Houses {
    /// The giver has 1,000.00 on an account that may not be overdrawn, the taker nothing.
    pub async fn open(db: TestDatabase) -> Self {
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let giver = found(&db, &ledger, "Givers", 100_000).await;
        let taker = found(&db, &ledger, "Takers", 0).await;
        let service = Remittances::new(db.database.clone(), ledger.clone());
        let worker = worker(&db, &service);
        Self { db, ledger, service, giver, taker, worker }
    }

    /// As after the end of the process: a new engine over what is in the database.
    pub async fn restart(mut self) -> Self {
        self.ledger.stop().await;
        self.db.reopen();
        let database = self.db.database.clone();
        self.ledger = Ledger::start(database.clone(), EngineLimits::default()).await.unwrap();
        self.service = Remittances::new(database, self.ledger.clone());
        self.worker = worker(&self.db, &self.service);
        self
    }

    pub fn context(&self, house: House) -> Context {
        self.db.context(house.tenant)
    }

    /// The taker's account can be sent to.
    pub async fn payee(&self) -> Payee {
        self.payee_of(self.taker, self.taker.bank).await.unwrap()
    }

    pub async fn payee_of(
        &self,
        house: House,
        account: AccountId,
    ) -> Result<Payee, RemittancesError> {
        let new = NewPayee { book: house.book, account, name: "The Takers".to_owned() };
        let context = self.context(house);
        let mut tx = self.db.database.begin(Level::of(house.tenant), Mode::Write).await?;
        let payee = self.service.open_payee(&mut tx, &context, new).await;
        tx.commit().await?;
        payee
    }

    pub async fn close(&self, payee: &Payee) -> Payee {
        let level = Level::of(self.taker.tenant);
        let mut tx = self.db.database.begin(level, Mode::Write).await.unwrap();
        let context = self.context(self.taker);
        let closed = self.service.close_payee(&mut tx, &context, payee.id).await.unwrap();
        tx.commit().await.unwrap();
        closed
    }

    pub async fn ask(&self, payee: &Payee, minor: i128) -> Result<Remittance, RemittancesError> {
        let (book, account) = (self.giver.book, self.giver.bank);
        let reference = Some("Rent, April".to_owned());
        let amount = amount(minor);
        let new = NewRemittance { book, account, payee: payee.id, amount, reference };
        self.ask_for(self.giver, new).await
    }

    pub async fn ask_for(
        &self,
        house: House,
        new: NewRemittance,
    ) -> Result<Remittance, RemittancesError> {
        let context = self.context(house);
        let mut tx = self.db.database.begin(Level::of(house.tenant), Mode::Write).await?;
        let asked = self.service.ask(&mut tx, &context, new).await;
        match &asked {
            Ok(_) => tx.commit().await?,
            Err(_) => tx.rollback(),
        }
        asked
    }

    pub async fn recall(&self, id: RemittanceId) -> Result<Remittance, RemittancesError> {
        let context = self.context(self.giver);
        let mut tx = self.db.database.begin(Level::of(self.giver.tenant), Mode::Write).await?;
        let recalled = self.service.recall(&mut tx, &context, id).await;
        tx.commit().await?;
        recalled
    }

    /// Does one job, if there is one.
    pub async fn step(&mut self) -> bool {
        self.worker.step().await.unwrap() > 0
    }

    /// Does what there is to do now.
    pub async fn settle(&mut self) {
        while self.step().await {}
    }

    /// Lets time pass until every retry is over, and does what it brings.
    pub async fn wait_out(&mut self) {
        for _ in 0..sagas::limits::STEP_ATTEMPTS_MAX {
            self.settle().await;
            self.db.clock.advance_seconds(3_600);
        }
        self.settle().await;
    }

    /// Takes the next job and dies before it is done.
    pub async fn take_and_die(&self) -> Option<Lease> {
        let leases = Leases::new(self.db.database.clone(), "dead", 60);
        let kinds = ["sagas.step".to_owned(), "sagas.tell".to_owned()].into();
        let mut claims = Claims::new(leases, kinds, 1);
        let lease = claims.claim(1, &BTreeMap::new()).await.unwrap().pop();
        self.db.clock.advance_seconds(61);
        lease
    }

    /// What a household has, from its engine; each book balances.
    pub async fn has(&self, house: House) -> Has {
        let context = self.context(house);
        let accounts = self.ledger.accounts(&context, house.book).await.unwrap();
        let debits = accounts.iter().map(|account| {
            let posted = account.balance.posted;
            if account.kind.is_debit_normal() { posted } else { posted.negate() }
        });
        assert_eq!(Amount::checked_sum(debits).unwrap(), Amount::ZERO, "{accounts:?}");
        let find = |id: AccountId| accounts.iter().find(|account| account.id == id);
        let posted = |role: Role| {
            let found = find(role.account(house.book, euro()));
            found.map_or(0, |account: &Account| account.balance.posted.minor())
        };
        let bank = find(house.bank).unwrap().balance;
        Has {
            bank: bank.posted.minor(),
            held_out: bank.held_out.minor(),
            held_in: bank.held_in.minor(),
            in_transit: posted(Role::InTransit),
            sent: posted(Role::Sent).abs(),
            received: posted(Role::Received),
        }
    }

    /// A remittance as one of the households sees it.
    pub async fn seen(&self, house: House, id: RemittanceId) -> Remittance {
        let level = Level::of(house.tenant);
        let mut tx = self.db.database.begin(level, Mode::Read).await.unwrap();
        let seen = self.service.remittance(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        seen
    }

    /// How its saga is doing, and the states that it went through.
    pub async fn story(&self, id: RemittanceId) -> (Status, Vec<String>) {
        let level = Level::of(self.giver.tenant);
        let mut tx = self.db.database.begin(level, Mode::Read).await.unwrap();
        let id = SagaId::from_uuid(id.uuid());
        let story = sagas::saga(&mut tx, id).await.unwrap();
        let lines = sagas::lines(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        (story.status, lines.into_iter().map(|line| line.state).collect())
    }

    /// Both households' lists, by id.
    pub async fn listed(&self, house: House) -> Vec<Remittance> {
        let level = Level::of(house.tenant);
        let mut tx = self.db.database.begin(level, Mode::Read).await.unwrap();
        let page = self.service.remittances(&mut tx, None, &PageRequest::first(50)).await.unwrap();
        tx.commit().await.unwrap();
        page.items
    }

    /// Does something in one of the books by hand.
    pub async fn by_hand(&self, house: House, step: Step) {
        let request = Request { steps: vec![step], ..Request::default() };
        self.ledger.execute(&self.context(house), house.book, request).await.unwrap();
    }

    /// The transfer under which a side holds the amount.
    pub async fn hold_of(&self, house: House) -> TransferId {
        let context = self.context(house);
        self.ledger.wait_for_book(house.book).await.unwrap();
        let level = Level::of(context.tenant);
        let mut tx = self.db.database.begin(level, Mode::Read).await.unwrap();
        let filter = ledger::TransferFilter::default();
        let page = PageRequest::first(10);
        let found = self.ledger.transfers(&mut tx, house.book, &filter, &page).await.unwrap();
        tx.commit().await.unwrap();
        let hold = found.items.iter().find(|view| view.kind == ledger::query::TransferKind::Hold);
        hold.unwrap().id
    }
}

fn worker(db: &TestDatabase, service: &Remittances) -> Worker {
    let sagas = Sagas::new().with(Remit(service.clone()));
    let limits = WorkerLimits { slots: 1, slots_per_tenant: 1, ..WorkerLimits::default() };
    let worker = Worker::new(db.database.clone(), "test", limits);
    worker.with(TakeSteps(sagas.clone())).with(TellSagas(sagas))
}

/// A household with so much on its account.
async fn found(db: &TestDatabase, ledger: &Ledger, name: &str, minor: i128) -> House {
    let tenant = db.new_tenant();
    let context = db.context(tenant);
    let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await.unwrap();
    let book = ledger.open_book(&mut tx, &context, name, euro()).await.unwrap().id;
    tx.commit().await.unwrap();
    let bank = AccountId::from_uuid(new_id(db));
    let equity = AccountId::from_uuid(new_id(db));
    let Commodity { code, scale } = euro();
    let open = |id, kind, floor| {
        let limits = Limits { floor, ceiling: None };
        Step::OpenAccount(NewAccount { id, commodity: code, kind, limits, code: 0 })
    };
    let mut steps = vec![
        Step::DefineCommodity { code, scale },
        open(bank, AccountKind::Asset, Some(Amount::ZERO)),
        open(equity, AccountKind::Equity, None),
    ];
    if minor > 0 {
        let movement = Movement::Post { debit: bank, credit: equity, amount: amount(minor) };
        steps.push(posting(db, movement));
    }
    let request = Request { steps, ..Request::default() };
    ledger.execute(&context, book, request).await.unwrap();
    House { tenant, book, bank, equity }
}

/// A transfer of today.
pub fn posting(db: &TestDatabase, movement: Movement) -> Step {
    let effective: Date = "2026-03-31".parse().unwrap();
    let (id, reference) = (TransferId::from_uuid(new_id(db)), None);
    Step::Transfer(NewTransfer { id, movement, code: 0, reference, effective, reverses: None })
}
