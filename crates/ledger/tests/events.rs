//! What the ledger says: its own event's bytes never change unnoticed, and a book's journal reads
//! as events that say who did what, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::sync::Arc;
use std::time::Duration;

use kernel::{Amount, BookId, Commodity, Position, Uuid, time};
use ledger::{
    AccountId, AccountKind, BookOpened, EngineLimits, Ledger, LedgerSource, Limits, Movement,
    NewAccount, NewTransfer, Request, Step, TransferId,
};
use storage::log::Feed;
use storage::{Level, Mode};
use testing::TestDatabase;

#[test]
fn the_bytes_of_events_are_what_they_were() {
    let book = BookId::from_uuid(Uuid::from_u128(7));
    let currency = Commodity::well_known("AUD").unwrap().code;
    let event = BookOpened { book, currency };
    testing::golden_event(&event, "testdata/events/ledger.book.opened.1.json");
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE];

    async fn the_journal_reads_as_events(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let aud = Commodity::well_known("AUD").unwrap();
        let book = ledger.open_book(&mut tx, &context, "Family", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let [bank, income] = [1, 2].map(|number| AccountId::from_uuid(Uuid::from_u128(number)));
        let open = |id, kind| {
            let (commodity, limits) = (aud.code, Limits::default());
            Step::OpenAccount(NewAccount { id, commodity, kind, limits, code: 3 })
        };
        let transfer = |id: u128, minor| {
            let id = TransferId::from_uuid(Uuid::from_u128(id));
            let amount = Amount::from_minor(minor);
            let movement = Movement::Post { debit: bank, credit: income, amount };
            let effective = time::parse_date("2026-01-05").unwrap();
            let (code, reference, reverses) = (9, None, None);
            Step::Transfer(NewTransfer { id, movement, code, reference, effective, reverses })
        };
        let define = Step::DefineCommodity { code: aud.code, scale: aud.scale };
        let accounts = [open(bank, AccountKind::Asset), open(income, AccountKind::Income)];
        let [one, other] = accounts;
        let send = async |steps| {
            let request = Request { steps, ..Request::default() };
            ledger.execute(&context, book, request).await
        };
        send(vec![define, one, other, transfer(10, 5_00)]).await.unwrap();
        send(vec![transfer(11, 0)]).await.unwrap_err();
        let last = send(vec![transfer(12, 7)]).await.unwrap().position;
        ledger.wait_for(&last).await.unwrap();

        let read = async |position: Position| {
            let mut feed = Feed::new(db.database.clone(), context.tenant, position);
            feed.add(book.uuid(), Arc::new(LedgerSource));
            let events = feed.next_batch(100, Duration::ZERO).await.unwrap();
            (events, feed.position().clone())
        };
        let (events, position) = read(Position::default()).await;
        let kinds: Vec<&str> = events.iter().map(|event| event.envelope.kind.as_str()).collect();
        assert_eq!(kinds, [
            "ledger.commodity.defined",
            "ledger.account.opened",
            "ledger.account.opened",
            "ledger.transfer.posted",
            "ledger.command.rejected",
            "ledger.transfer.posted",
        ]);
        let posted = &events[3].envelope;
        assert_eq!(posted.actor, context.actor);
        assert_eq!(posted.correlation.0, context.correlation);
        assert_eq!(posted.effective, Some(time::parse_date("2026-01-05").unwrap()));
        assert_eq!(posted.body["amount"], "500");
        assert_eq!(posted.body["debit"], bank.to_string());
        assert_eq!(posted.body["number"], 1);
        assert_eq!(events[4].envelope.body["reason"], "amount_not_positive");
        assert_eq!(events[5].envelope.body["number"], 2);
        assert_eq!(position, last);
        // Whoever goes on from there gets only what is newer, and knows what it has by its id.
        send(vec![transfer(13, 1)]).await.unwrap();
        let last = send(vec![transfer(14, 1)]).await.unwrap().position;
        ledger.wait_for(&last).await.unwrap();
        let (more, _) = read(position).await;
        assert_eq!(more.len(), 2);
        let (all, _) = read(Position::default()).await;
        assert_eq!(all.len(), 8);
        assert_eq!(all[3].envelope.id, events[3].envelope.id);
        nobody_else_reads(&db, book).await;
    }
}

/// Another tenant finds nothing under the same stream.
async fn nobody_else_reads(db: &TestDatabase, book: BookId) {
    let mut feed = Feed::new(db.database.clone(), db.new_tenant(), Position::default());
    feed.add(book.uuid(), Arc::new(LedgerSource));
    assert!(feed.next_batch(100, Duration::ZERO).await.unwrap().is_empty());
}
