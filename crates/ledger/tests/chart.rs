//! The chart of accounts through the ledger's face, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use kernel::{Amount, BookId, Commodity, CommodityCode, Context, Uuid, time};
use ledger::book::GROUP_DEPTH_MAX;
use ledger::model::Reason;
use ledger::{
    AccountId, AccountKind, AccountPath, Atomicity, ChartNode, EngineLimits, GroupId, Ledger,
    LedgerError, Limits, Movement, NewAccount, NewTransfer, Request, Segment, Step, TransferId,
};
use storage::{Level, Mode};
use testing::{Cell, TestDatabase};

struct Firm {
    ledger: Ledger,
    context: Context,
    book: BookId,
    aud: CommodityCode,
}

fn account(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

fn group(number: u128) -> GroupId {
    GroupId::from_uuid(Uuid::from_u128(number))
}

fn name(text: &str) -> Segment {
    text.parse().unwrap()
}

impl Firm {
    /// A firm whose chart is `assets:bank:savings` (account 1 in group 101 in group 100) and an
    /// account 2 that stands in no group.
    async fn new(db: &TestDatabase) -> Self {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let aud = Commodity::well_known("AUD").unwrap();
        let book = ledger.open_book(&mut tx, &context, "Firm", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let firm = Self { ledger, context, book, aud: aud.code };
        let open = |number, kind| {
            let (id, limits) = (account(number), Limits::default());
            Step::OpenAccount(NewAccount { id, commodity: aud.code, kind, limits, code: 0 })
        };
        let define = Step::DefineCommodity { code: aud.code, scale: aud.scale };
        let steps = vec![define, open(1, AccountKind::Asset), open(2, AccountKind::Income)];
        let mut request = Request { steps, ..Request::default() };
        request.open_group(book, group(100), None, &name("assets"));
        request.open_group(book, group(101), Some(group(100)), &name("bank"));
        request.place_account(book, account(1), Some(group(101)), &name("savings"));
        firm.send(request).await.unwrap();
        firm
    }

    async fn send(&self, request: Request) -> Result<ledger::Receipt, LedgerError> {
        self.ledger.execute(&self.context, self.book, request).await
    }

    async fn earn(&self, id: u128, minor: i128) -> Result<ledger::Receipt, LedgerError> {
        let (debit, credit, amount) = (account(1), account(2), Amount::from_minor(minor));
        let (id, movement) =
            (TransferId::from_uuid(Uuid::from_u128(id)), Movement::Post { debit, credit, amount });
        let effective = time::parse_date("2026-01-05").unwrap();
        let (code, reference, reverses) = (0, None, None);
        let transfer = NewTransfer { id, movement, code, reference, effective, reverses };
        let steps = vec![Step::Transfer(transfer)];
        self.send(Request { steps, ..Request::default() }).await
    }

    async fn resolve(&self, db: &TestDatabase, path: &str) -> Result<ChartNode, LedgerError> {
        let level = Level::Tenant(self.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let path: AccountPath = path.parse()?;
        self.ledger.resolve(&mut tx, self.book, &path).await
    }

    async fn posted(&self, number: u128) -> i128 {
        let groups = self.ledger.groups(&self.context, self.book).await.unwrap();
        let found = groups.iter().find(|known| known.id == group(number)).unwrap();
        found.balances.first().map_or(0, |balance| balance.posted.minor())
    }
}

fn reason(came: Result<ledger::Receipt, LedgerError>) -> Reason {
    match came {
        Err(LedgerError::Rejected { rejection }) => rejection.reason,
        other => panic!("{other:?}"),
    }
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE];

    async fn accounts_are_found_by_path_and_by_alias(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        let node = firm.resolve(&db, "assets:bank:savings").await.unwrap();
        assert_eq!(node, ChartNode::Account(account(1)));
        let node = firm.resolve(&db, "assets:bank").await.unwrap();
        assert_eq!(node, ChartNode::Group(group(101)));
        for nothing in ["bank", "assets:savings", "assets:bank:savings:more", "Assets"] {
            let came = firm.resolve(&db, nothing).await;
            assert!(matches!(came, Err(LedgerError::PathUnknown { .. })), "{nothing}");
        }
        for wrong in ["", "assets:", ":bank", "as sets", &"a".repeat(65), &"a:".repeat(20)] {
            let came = firm.resolve(&db, wrong).await;
            assert!(matches!(came, Err(LedgerError::PathMalformed)), "{wrong}");
        }
        let mut request = Request::default();
        request.add_alias(account(1), &name("rainy-day"));
        firm.send(request.clone()).await.unwrap();
        let level = Level::Tenant(firm.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let found = firm.ledger.by_alias(&mut tx, firm.book, &name("rainy-day")).await.unwrap();
        assert_eq!(found, account(1));
        drop(tx);
        assert_eq!(reason(firm.send(request).await), Reason::RowExists);
    }

    async fn an_alias_is_that_of_an_account_that_is_there(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        let mut request = Request::default();
        request.add_alias(account(9), &name("nobody"));
        let came = firm.send(request).await;
        assert!(matches!(came, Err(LedgerError::AccountUnknown { account: a }) if a == account(9)));
        // One that the request itself opens is there with it, or neither is.
        let open = |number, commodity| {
            let (id, kind, limits) = (account(number), AccountKind::Asset, Limits::default());
            Step::OpenAccount(NewAccount { id, commodity, kind, limits, code: 0 })
        };
        let usd = CommodityCode::parse("USD").unwrap();
        let (steps, atomicity) = (vec![open(3, firm.aud), open(4, usd)], Atomicity::Each);
        let mut request = Request { steps, atomicity, ..Request::default() };
        request.add_alias(account(3), &name("three"));
        request.add_alias(account(4), &name("four"));
        firm.send(request).await.unwrap();
        let level = Level::Tenant(firm.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let three = firm.ledger.by_alias(&mut tx, firm.book, &name("three")).await.unwrap();
        assert_eq!(three, account(3));
        let four = firm.ledger.by_alias(&mut tx, firm.book, &name("four")).await;
        assert!(matches!(four, Err(LedgerError::PathUnknown { .. })));
    }

    async fn a_name_is_there_once_and_moves_with_what_has_it(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        let mut request = Request::default();
        request.open_group(firm.book, group(102), Some(group(100)), &name("bank"));
        assert_eq!(reason(firm.send(request).await), Reason::RowExists);
        assert_eq!(firm.ledger.groups(&firm.context, firm.book).await.unwrap().len(), 2);
        let mut request = Request::default();
        request.move_group(firm.book, group(101), None, &name("banks"));
        firm.send(request).await.unwrap();
        let node = firm.resolve(&db, "banks:savings").await.unwrap();
        assert_eq!(node, ChartNode::Account(account(1)));
        assert!(firm.resolve(&db, "assets:bank").await.is_err());
    }

    async fn the_name_of_a_rejected_step_stays_free(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        let mut request = Request { atomicity: Atomicity::Each, ..Request::default() };
        request.open_group(firm.book, group(102), Some(group(999)), &name("lost"));
        request.open_group(firm.book, group(103), None, &name("found"));
        let receipt = firm.send(request).await.unwrap();
        assert_eq!((receipt.rejections.len(), receipt.rejections[0].step), (1, 0));
        let rows = db.raw().await.rows("SELECT segment FROM ledger_path ORDER BY segment").await;
        let text = |name: &str| vec![Cell::Text(name.to_owned())];
        assert_eq!(rows, ["assets", "bank", "found", "savings"].map(text));
    }

    async fn a_group_has_the_balance_of_what_is_below_it(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        firm.earn(10, 70).await.unwrap();
        assert_eq!((firm.posted(100).await, firm.posted(101).await), (70, 70));
        let request = Request { steps: vec![limit(&firm, Some(100))], ..Request::default() };
        firm.send(request).await.unwrap();
        assert_eq!(reason(firm.earn(11, 31).await), Reason::GroupAboveCeiling);
        firm.earn(12, 30).await.unwrap();
        let mut request = Request::default();
        request.move_group(firm.book, group(101), None, &name("banks"));
        firm.send(request).await.unwrap();
        assert_eq!((firm.posted(100).await, firm.posted(101).await), (0, 100));
        firm.earn(13, 1).await.unwrap();
    }

    async fn groups_are_not_deeper_than_every_posting_can_bear(db: TestDatabase) {
        let firm = Firm::new(&db).await;
        let open = async |number: u128| {
            let (group, parent) = (group(number), Some(group(number - 1)));
            let steps = vec![Step::OpenGroup { group, parent }];
            firm.send(Request { steps, ..Request::default() }).await
        };
        let deepest = 100 + GROUP_DEPTH_MAX as u128 - 1;
        for number in 102..=deepest {
            open(number).await.unwrap();
        }
        assert_eq!(reason(open(deepest + 1).await), Reason::GroupTooDeep);
        // A tree of two, below the last but one.
        let [top, below] = [group(500), group(501)];
        let steps = vec![
            Step::OpenGroup { group: top, parent: None },
            Step::OpenGroup { group: below, parent: Some(top) },
        ];
        firm.send(Request { steps, ..Request::default() }).await.unwrap();
        let into = async |number| {
            let steps = vec![Step::MoveGroup { group: top, parent: Some(group(number)) }];
            firm.send(Request { steps, ..Request::default() }).await
        };
        assert_eq!(reason(into(deepest - 1).await), Reason::GroupTooDeep);
        into(deepest - 2).await.unwrap();
        let steps = vec![Step::MoveAccount { account: account(1), group: Some(below) }];
        firm.send(Request { steps, ..Request::default() }).await.unwrap();
        firm.earn(10, 5).await.unwrap();
        assert_eq!(firm.posted(100).await, 5);
    }
}

fn limit(firm: &Firm, ceiling: Option<i128>) -> Step {
    let limits = Limits { floor: None, ceiling: ceiling.map(Amount::from_minor) };
    Step::LimitGroup { group: group(100), commodity: firm.aud, limits }
}
