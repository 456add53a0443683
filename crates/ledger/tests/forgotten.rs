//! What came of a command is known by its key, for ever: also when the engine has forgotten it and
//! only the tables and the journal know.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use futures_util::future::join_all;
use kernel::{Amount, BookId, CommandKey, Commodity, Context, Timestamp, Uuid, time};
use ledger::model::Reason;
use ledger::{
    AccountId, AccountKind, Atomicity, Balancing, EngineLimits, Ledger, LedgerError, Limits,
    Movement, NewAccount, NewTransfer, Receipt, Request, Step, TransferId,
};
use storage::{Level, Mode};
use testing::TestDatabase;

/// More than the engine keeps in memory, with what it drops between two questions to the tables.
const OTHERS: u64 = 45_000;
const AT_ONCE: usize = 500;

const CASH: AccountId = AccountId::from_uuid(Uuid::from_u128(1));
const WORLD: AccountId = AccountId::from_uuid(Uuid::from_u128(2));

fn open(id: AccountId, kind: AccountKind, floor: Option<Amount>) -> Step {
    let commodity = Commodity::well_known("AUD").unwrap().code;
    let limits = Limits { floor, ceiling: None };
    Step::OpenAccount(NewAccount { id, commodity, kind, limits, code: 0 })
}

fn transfer(id: u128, movement: Movement) -> Step {
    Step::Transfer(NewTransfer {
        id: TransferId::from_uuid(Uuid::from_u128(id)),
        movement,
        code: 1,
        reference: None,
        effective: time::parse_date("2026-01-05").unwrap(),
        reverses: None,
    })
}

fn post(debit: AccountId, credit: AccountId, minor: i128) -> Movement {
    Movement::Post { debit, credit, amount: Amount::from_minor(minor) }
}

fn earn(minor: i128) -> Movement {
    post(CASH, WORLD, minor)
}

fn spend(minor: i128) -> Movement {
    post(WORLD, CASH, minor)
}

fn spend_all() -> Movement {
    let (debit, credit, maximum) = (WORLD, CASH, None);
    Movement::PostUpTo { debit, credit, maximum, balancing: Balancing::Credit }
}

/// The commands that are sent again: one that does something, one that is refused, one that makes
/// no transfer, and one of steps of which each stands on its own.
fn commands() -> Vec<(Atomicity, Vec<Step>)> {
    let each = vec![
        transfer(20, earn(7)),
        transfer(21, spend(1_000)),
        transfer(22, spend_all()),
        transfer(23, earn(1)),
    ];
    let another = open(AccountId::from_uuid(Uuid::from_u128(3)), AccountKind::Expense, None);
    vec![
        (Atomicity::Together, vec![transfer(10, earn(5))]),
        (Atomicity::Together, vec![transfer(11, spend(1_000))]),
        (Atomicity::Together, vec![another]),
        (Atomicity::Each, each),
    ]
}

struct Sender {
    ledger: Ledger,
    context: Context,
    book: BookId,
}

impl Sender {
    async fn send(
        &self,
        key: CommandKey,
        (atomicity, steps): (Atomicity, Vec<Step>),
    ) -> Result<Receipt, LedgerError> {
        let context = Context { key: Some(key), ..self.context.clone() };
        let request = Request { steps, atomicity, ..Request::default() };
        self.ledger.execute(&context, self.book, request).await
    }

    /// The commands with their keys; what came of each.
    async fn send_all(&self, body: u128, first_seen: i64) -> Vec<Result<Receipt, LedgerError>> {
        let mut came = Vec::new();
        for (id, command) in (1..).zip(commands()) {
            let first_seen = Timestamp::from_micros(first_seen);
            came.push(self.send(CommandKey { id: id << 90, body, first_seen }, command).await);
            // Each in a transaction of the projector's of its own.
            self.ledger.wait_for_book(self.book).await.unwrap();
        }
        came
    }

    /// Sends others, until the first ones are forgotten.
    async fn send_others(&self) {
        for from in (0..OTHERS).step_by(AT_ONCE) {
            let other = |number: u64| async move {
                let id = u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 64 | 5;
                let key = CommandKey { id, body: 1, first_seen: Timestamp::EPOCH };
                let made = self.context.env.new_uuid().as_u128();
                let steps = vec![transfer(made, earn(1))];
                self.send(key, (Atomicity::Together, steps)).await.unwrap();
            };
            join_all((from..from + AT_ONCE as u64).map(other)).await;
            self.ledger.wait_for_book(self.book).await.unwrap();
        }
    }

    async fn balance(&self) -> Amount {
        self.ledger.account(&self.context, self.book, CASH).await.unwrap().balance.posted
    }
}

fn said(came: &Result<Receipt, LedgerError>) -> String {
    match came {
        Ok(receipt) => format!(
            "{:?}",
            (receipt.first_number, &receipt.rejections, &receipt.found, receipt.first_seen)
        ),
        Err(LedgerError::Rejected { rejection }) => format!("{rejection:?}"),
        Err(error) => panic!("{error}"),
    }
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE];

    async fn a_command_is_known_by_its_key_when_the_engine_has_forgotten_it(db: TestDatabase) {
        // With snapshots, in which the traces of what was forgotten must be.
        let limits = EngineLimits { snapshot_tail_bytes_min: 1 << 20, ..EngineLimits::default() };
        let ledger = Ledger::start(db.database.clone(), limits).await.unwrap();
        let (context, aud) = (db.context(db.new_tenant()), Commodity::well_known("AUD").unwrap());
        let tenant = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(tenant, Mode::Write).await.unwrap();
        let book = ledger.open_book(&mut tx, &context, "Purse", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let mut sender = Sender { ledger, context, book };
        let define = Step::DefineCommodity { code: aud.code, scale: aud.scale };
        let own = open(CASH, AccountKind::Asset, Some(Amount::ZERO));
        let steps = vec![define, own, open(WORLD, AccountKind::Equity, None)];
        let key = CommandKey { id: 99, body: 1, first_seen: Timestamp::EPOCH };
        sender.send(key, (Atomicity::Together, steps)).await.unwrap();

        let first: Vec<String> = sender.send_all(7, 1_000).await.iter().map(said).collect();
        assert!(first[1].contains("BelowFloor") && first[3].contains("Found"), "{first:?}");
        sender.send_others().await;
        let balance = sender.balance().await;
        for restarted in [false, true] {
            if restarted {
                sender.ledger.stop().await;
                let again = Ledger::start(db.database.clone(), limits).await;
                sender.ledger = again.unwrap();
            }
            let again = sender.send_all(7, 2_000).await;
            assert!(again.iter().flatten().all(|receipt| receipt.replayed));
            assert_eq!(again.iter().map(said).collect::<Vec<_>>(), first);
            for came in sender.send_all(8, 2_000).await {
                let Err(LedgerError::Rejected { rejection }) = came else { panic!("{came:?}") };
                assert_eq!(rejection.reason, Reason::KeyReused);
            }
            assert_eq!(sender.balance().await, balance);
        }
        sender.ledger.stop().await;
    }
}
