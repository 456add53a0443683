//! Reversals, balancing and closing transfers through the ledger's face, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use kernel::{Amount, BookId, Commodity, Context, PageRequest, Uuid, time};
use ledger::model::Reason;
use ledger::query::TransferKind;
use ledger::{
    AccountId, AccountKind, Atomicity, Balancing, EngineLimits, Existing, Found, Ledger,
    LedgerError, Limits, Movement, NewAccount, NewReversal, NewTransfer, Request, Rest, Step,
    TransferId, TransferView,
};
use storage::{Level, Mode};
use testing::TestDatabase;

struct Firm {
    ledger: Ledger,
    context: Context,
    book: BookId,
}

fn account(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

fn transfer(number: u128) -> TransferId {
    TransferId::from_uuid(Uuid::from_u128(number))
}

impl Firm {
    /// A firm whose accounts 1 and 2 hold Australian dollars.
    async fn new(db: &TestDatabase) -> Self {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let aud = Commodity::well_known("AUD").unwrap();
        let book = ledger.open_book(&mut tx, &context, "Firm", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let firm = Self { ledger, context, book };
        let open = |number| {
            let (id, limits, kind) = (account(number), Limits::default(), AccountKind::Asset);
            Step::OpenAccount(NewAccount { id, commodity: aud.code, kind, limits, code: 0 })
        };
        let define = Step::DefineCommodity { code: aud.code, scale: aud.scale };
        firm.send(vec![define, open(1), open(2)]).await.unwrap();
        firm
    }

    async fn send(&self, steps: Vec<Step>) -> Result<ledger::Receipt, LedgerError> {
        let request = Request { steps, ..Request::default() };
        self.ledger.execute(&self.context, self.book, request).await
    }

    async fn transfer(&self, id: u128, movement: Movement) -> Result<ledger::Receipt, LedgerError> {
        self.send(vec![step(id, movement)]).await
    }

    async fn reverse(&self, id: u128, original: u128) -> Result<ledger::Receipt, LedgerError> {
        let effective = time::parse_date("2026-02-01").unwrap();
        let asked = NewReversal { id: transfer(id), original: transfer(original), effective };
        let reversal = self.ledger.reversal(&self.context, self.book, asked).await?;
        self.send(vec![Step::Transfer(reversal)]).await
    }

    async fn view(&self, db: &TestDatabase, id: u128) -> TransferView {
        self.ledger.wait_for_book(self.book).await.unwrap();
        let level = Level::Tenant(self.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        self.ledger.transfer(&mut tx, self.book, transfer(id)).await.unwrap()
    }

    async fn balance(&self) -> Amount {
        let account = self.ledger.account(&self.context, self.book, account(1)).await.unwrap();
        account.balance.posted
    }
}

fn step(id: u128, movement: Movement) -> Step {
    let effective = time::parse_date("2026-01-05").unwrap();
    let (id, reverses) = (transfer(id), None);
    Step::Transfer(NewTransfer { id, movement, code: 7, reference: None, effective, reverses })
}

fn post(minor: i128) -> Movement {
    let (debit, credit) = (account(1), account(2));
    Movement::Post { debit, credit, amount: Amount::from_minor(minor) }
}

fn reason(error: LedgerError) -> Reason {
    let LedgerError::Rejected { rejection } = error else { panic!("{error:?}") };
    rejection.reason
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE];

    async fn a_transfer_is_reversed_once_and_both_say_so(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        firm.transfer(10, post(12_50)).await.unwrap();
        firm.reverse(11, 10).await.unwrap();
        assert_eq!(firm.balance().await, Amount::ZERO);
        let (original, reversal) = (firm.view(&db, 10).await, firm.view(&db, 11).await);
        assert_eq!((original.reverses, original.reversed_by), (None, Some(transfer(11))));
        assert_eq!((reversal.reverses, reversal.reversed_by), (Some(transfer(10)), None));
        assert_eq!((reversal.debit, reversal.credit), (account(2), account(1)));
        assert_eq!((reversal.amount, reversal.code), (Amount::from_minor(12_50), 7));
        // The same reversal again is a repetition, another one is refused.
        assert!(firm.reverse(11, 10).await.unwrap().replayed);
        let again = firm.reverse(12, 10).await.unwrap_err();
        assert_eq!(reason(again), Reason::AlreadyReversed);
        // A reversal can be reversed: the first transfer stands again.
        firm.reverse(13, 11).await.unwrap();
        assert_eq!(firm.balance().await, Amount::from_minor(12_50));
    }

    async fn only_what_was_posted_is_reversed(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        let (debit, credit, expires) = (account(1), account(2), None);
        let amount = Amount::from_minor(5);
        firm.transfer(10, Movement::Hold { debit, credit, amount, expires }).await.unwrap();
        let came = firm.reverse(11, 10).await;
        assert!(matches!(came, Err(LedgerError::NothingPosted { .. })));
        let came = firm.reverse(11, 99).await;
        assert!(matches!(came, Err(LedgerError::TransferUnknown { .. })));
    }

    async fn a_balancing_transfer_tells_how_much_there_was(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        firm.transfer(10, post(50)).await.unwrap();
        let up_to = |minor| {
            let (debit, credit) = (account(2), account(1));
            let maximum = Some(Amount::from_minor(minor));
            Movement::PostUpTo { debit, credit, maximum, balancing: Balancing::Credit }
        };
        let some = firm.transfer(11, up_to(30)).await.unwrap();
        assert_eq!(some.found, [Found { step: 0, amount: Amount::from_minor(30) }]);
        let rest = firm.transfer(12, up_to(80)).await.unwrap();
        assert_eq!(rest.found, [Found { step: 0, amount: Amount::from_minor(20) }]);
        let again = firm.transfer(12, up_to(80)).await.unwrap();
        assert_eq!((again.replayed, again.found), (true, rest.found));
        assert_eq!(reason(firm.transfer(12, up_to(81)).await.unwrap_err()), Reason::TransferExists);
        let none = firm.transfer(13, up_to(1)).await.unwrap_err();
        assert_eq!(reason(none), Reason::NothingAvailable);
        let view = firm.view(&db, 12).await;
        let amounts = [Some(view.amount), view.asked];
        assert_eq!(amounts, [20, 80].map(|minor| Some(Amount::from_minor(minor))));
        assert_eq!(view.kind, TransferKind::BalancingCredit);
    }

    async fn steps_that_stand_alone_and_were_done_before_say_what_was_done(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        let (debit, credit) = (account(2), account(1));
        let maximum = Some(Amount::from_minor(30));
        let up_to = Movement::PostUpTo { debit, credit, maximum, balancing: Balancing::Credit };
        firm.send(vec![step(10, post(50)), step(11, up_to)]).await.unwrap();
        let all = Movement::PostUpTo { debit, credit, maximum: None, balancing: Balancing::Credit };
        let steps = vec![
            step(10, post(50)),
            step(11, up_to),
            step(10, post(51)),
            step(12, all),
            step(13, post(1)),
        ];
        let request = Request { steps, atomicity: Atomicity::Each, ..Request::default() };
        let receipt = firm.ledger.execute(&firm.context, firm.book, request).await.unwrap();
        let found = [(1, 30), (3, 20)];
        let found = found.map(|(step, minor)| Found { step, amount: Amount::from_minor(minor) });
        assert_eq!(receipt.found, found);
        let existing = [(0, 1), (1, 2)].map(|(step, number)| Existing { step, number });
        assert_eq!(receipt.existing, existing);
        let rejected = receipt.rejections.iter().map(|one| (one.step, one.reason));
        assert!(rejected.eq([(2, Reason::TransferExists)]), "{:?}", receipt.rejections);
        assert_eq!(firm.balance().await, Amount::from_minor(1));
    }

    async fn a_closing_transfer_leaves_nothing_behind(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        firm.transfer(10, post(50)).await.unwrap();
        let close = Movement::CloseInto { account: account(1), into: account(2) };
        let receipt = firm.transfer(11, close).await.unwrap();
        assert_eq!(receipt.found, [Found { step: 0, amount: Amount::from_minor(50) }]);
        assert_eq!(firm.balance().await, Amount::ZERO);
        assert_eq!(reason(firm.transfer(12, post(1)).await.unwrap_err()), Reason::AccountClosed);
        assert!(firm.transfer(11, close).await.unwrap().replayed);
        let view = firm.view(&db, 11).await;
        assert_eq!((view.debit, view.credit), (account(2), account(1)));
        assert_eq!(view.kind, TransferKind::ClosingCredit);
        let level = Level::Tenant(firm.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let page = PageRequest::first(1);
        let history = firm.ledger.history(&mut tx, firm.book, account(1), &page).await.unwrap();
        assert_eq!(history.items[0].balance, Amount::ZERO);
    }

    async fn a_hold_is_posted_in_several_parts(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        let (debit, credit, expires) = (account(1), account(2), None);
        let amount = Amount::from_minor(40);
        firm.transfer(2, Movement::Hold { debit, credit, amount, expires }).await.unwrap();
        let post = |minor: Option<i128>| {
            let (hold, amount) = (transfer(2), minor.map(Amount::from_minor));
            Movement::PostHold { hold, amount, rest: Rest::Keep }
        };
        firm.transfer(3, post(Some(15))).await.unwrap();
        let more = firm.transfer(4, post(Some(26))).await.unwrap_err();
        assert_eq!(reason(more), Reason::HoldExceeded);
        let known = firm.ledger.account(&firm.context, firm.book, account(1)).await.unwrap();
        assert_eq!(known.balance.held_in, Amount::from_minor(25));
        firm.transfer(5, post(Some(5))).await.unwrap();
        // What is left is posted without its amount being named; the answer says how much it was,
        // and says so again.
        let last = firm.transfer(6, post(None)).await.unwrap();
        assert_eq!(last.found, [Found { step: 0, amount: Amount::from_minor(20) }]);
        let again = firm.transfer(6, post(None)).await.unwrap();
        assert_eq!((again.replayed, again.found), (true, last.found));
        let none = firm.transfer(7, post(None)).await.unwrap_err();
        assert_eq!(reason(none), Reason::HoldNotOpen);
        for (id, minor) in [(3, 15), (5, 5), (6, 20)] {
            let view = firm.view(&db, id).await;
            assert_eq!((view.amount.minor(), view.hold), (minor, Some(transfer(2))));
        }
        assert_eq!(firm.balance().await, amount);
    }
}
