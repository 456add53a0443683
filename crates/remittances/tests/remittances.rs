//! What is sent from one household's book arrives in the other's, or comes back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod houses;

use houses::{Has, Houses, amount, new_id, posting};
use kernel::{PageRequest, Problematic as _};
use ledger::{Limits, Movement, Step};
use remittances::{Direction, NewRemittance, PayeeId, Standing};
use sagas::Status;
use storage::{Level, Mode};
use testing::TestDatabase;

/// What the giver has when nothing was sent, and when 250.00 have arrived.
const BEFORE: Has =
    Has { bank: 100_000, held_out: 0, held_in: 0, in_transit: 0, sent: 0, received: 0 };
const GIVEN: Has = Has { bank: 75_000, sent: 25_000, ..BEFORE };
const NOTHING: Has = Has { bank: 0, ..BEFORE };

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, sagas::MODULE, ledger::MODULE, remittances::MODULE];

    async fn it_is_held_then_in_transit_then_there(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let payee = houses.payee().await;
        let asked = houses.ask(&payee, 25_000).await.unwrap();
        let (giver, taker) = (houses.giver, houses.taker);
        let mut seen = vec![(houses.has(giver).await, houses.has(taker).await)];
        while houses.step().await {
            let now = (houses.has(giver).await, houses.has(taker).await);
            if seen.last() != Some(&now) {
                seen.push(now);
            }
        }
        let held = Has { held_out: 25_000, ..BEFORE };
        let announced = Has { held_in: 25_000, ..NOTHING };
        let in_transit = Has { bank: 75_000, in_transit: 25_000, ..BEFORE };
        let there = Has { bank: 25_000, received: 25_000, ..NOTHING };
        let expected = [
            (BEFORE, NOTHING),
            (held, NOTHING),
            (held, announced),
            (in_transit, announced),
            (in_transit, there),
            (GIVEN, there),
        ];
        assert_eq!(seen, expected);
        let (status, states) = houses.story(asked.id).await;
        assert_eq!(status, Status::Done);
        let expected =
            ["holding", "announcing", "sending", "arriving", "settling", "arrived"];
        assert_eq!(states, expected);
    }

    async fn both_sides_see_it_each_in_its_words(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let payee = houses.payee().await;
        let shown = houses.service.payee_shown(payee.id).await.unwrap();
        assert_eq!(shown.name.as_deref(), Some("The Takers"));
        assert!(shown.is_open);
        let id = houses.ask(&payee, 25_000).await.unwrap().id;
        houses.settle().await;
        let sent = houses.seen(houses.giver, id).await;
        assert_eq!((sent.direction, sent.standing), (Direction::Sent, Standing::Arrived));
        assert_eq!(sent.texts.reference.as_deref(), Some("Rent, April"));
        assert_eq!(sent.texts.other.as_deref(), Some("The Takers"));
        let taken = houses.seen(houses.taker, id).await;
        assert_eq!((taken.direction, taken.standing), (Direction::Received, Standing::Arrived));
        assert_eq!(taken.texts.reference.as_deref(), Some("Rent, April"));
        assert_eq!(taken.texts.other.as_deref(), Some("Givers"));
        // Neither learns of the other's book or account.
        assert_eq!((taken.book, taken.account), (houses.taker.book, houses.taker.bank));
        assert_eq!((sent.book, sent.account), (houses.giver.book, houses.giver.bank));
        // It can be found in both books by its id.
        for house in [houses.giver, houses.taker] {
            houses.ledger.wait_for_book(house.book).await.unwrap();
            let level = Level::of(house.tenant);
            let mut tx = houses.db.database.begin(level, Mode::Read).await.unwrap();
            let hash = houses.ledger.reference_hash(&mut tx, &id.to_string()).await.unwrap();
            let filter = ledger::TransferFilter { reference: hash, ..Default::default() };
            let page = PageRequest::first(10);
            let found = houses.ledger.transfers(&mut tx, house.book, &filter, &page).await;
            let found = found.unwrap().items;
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].purpose.as_deref(), Some("Rent, April"));
        }
    }

    async fn more_than_there_is_never_leaves(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let payee = houses.payee().await;
        let id = houses.ask(&payee, 100_001).await.unwrap().id;
        houses.settle().await;
        let sent = houses.seen(houses.giver, id).await;
        assert_eq!(sent.standing, Standing::Returned);
        assert_eq!(sent.code.as_deref(), Some("below_floor"));
        assert_eq!(houses.story(id).await.0, Status::Undone);
        assert_eq!(houses.has(houses.giver).await, BEFORE);
        assert_eq!(houses.listed(houses.taker).await, []);
        // Two that are too much together: the second finds what the first holds.
        let first = houses.ask(&payee, 60_000).await.unwrap().id;
        let second = houses.ask(&payee, 60_000).await.unwrap().id;
        houses.settle().await;
        let standings = [
            houses.seen(houses.giver, first).await.standing,
            houses.seen(houses.giver, second).await.standing,
        ];
        assert!(standings.contains(&Standing::Arrived) && standings.contains(&Standing::Returned));
        assert_eq!(houses.has(houses.taker).await.bank, 60_000);
    }

    async fn what_the_taker_does_not_let_in_comes_back(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let (giver, taker) = (houses.giver, houses.taker);
        let payee = houses.payee().await;
        // The payee is closed between asking and announcing.
        let closed = houses.ask(&payee, 25_000).await.unwrap().id;
        houses.close(&payee).await;
        houses.settle().await;
        assert_eq!(houses.seen(giver, closed).await.code.as_deref(), Some("payee_closed"));
        // The account takes no more than 100.00.
        let payee = houses.payee().await;
        let limits = Limits { floor: None, ceiling: Some(amount(10_000)) };
        houses.by_hand(taker, Step::SetLimits { account: taker.bank, limits }).await;
        let too_much = houses.ask(&payee, 25_000).await.unwrap().id;
        houses.settle().await;
        assert_eq!(houses.seen(giver, too_much).await.code.as_deref(), Some("above_ceiling"));
        assert_eq!(houses.has(giver).await, BEFORE);
        assert_eq!(houses.has(taker).await, NOTHING);
        let states = houses.story(too_much).await.1;
        assert_eq!(states, ["holding", "announcing", "releasing", "returned"]);
    }

    async fn a_hold_that_somebody_voids_by_hand_brings_it_back(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let (giver, taker) = (houses.giver, houses.taker);
        let payee = houses.payee().await;
        // The giver's, before it leaves.
        let id = houses.ask(&payee, 25_000).await.unwrap().id;
        while houses.story(id).await.1.last().unwrap() != "sending" {
            assert!(houses.step().await);
        }
        let hold = houses.hold_of(giver).await;
        houses.by_hand(giver, posting(&houses.db, Movement::VoidHold { hold })).await;
        houses.settle().await;
        assert_eq!(houses.seen(giver, id).await.code.as_deref(), Some("hold_not_open"));
        assert_eq!((houses.has(giver).await, houses.has(taker).await), (BEFORE, NOTHING));
        // The taker's, while it is in transit.
        let id = houses.ask(&payee, 25_000).await.unwrap().id;
        while houses.story(id).await.1.last().unwrap() != "arriving" {
            assert!(houses.step().await);
        }
        assert_eq!(houses.has(giver).await.in_transit, 25_000);
        let hold = houses.hold_of(taker).await;
        houses.by_hand(taker, posting(&houses.db, Movement::VoidHold { hold })).await;
        houses.settle().await;
        assert_eq!(houses.story(id).await.0, Status::Undone);
        assert_eq!((houses.has(giver).await, houses.has(taker).await), (BEFORE, NOTHING));
        let taken = houses.seen(taker, id).await;
        assert_eq!(taken.standing, Standing::Returned);
        assert_eq!(taken.code.as_deref(), Some("hold_not_open"));
    }

    async fn it_can_be_recalled_until_it_has_left(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let (giver, taker) = (houses.giver, houses.taker);
        let payee = houses.payee().await;
        let mut ends = Vec::new();
        for steps in 0..12 {
            let id = houses.ask(&payee, 25_000).await.unwrap().id;
            houses.db.clock.advance_seconds(1);
            for _ in 0..steps {
                houses.step().await;
            }
            let before = houses.story(id).await.1.last().unwrap().clone();
            let recalled = houses.recall(id).await;
            houses.settle().await;
            let sent = houses.seen(giver, id).await.standing;
            let (given, taken) = (houses.has(giver).await, houses.has(taker).await);
            assert_eq!(given.bank + taken.bank, 100_000, "recalled after {steps}");
            assert_eq!((given.held_out, given.in_transit, taken.held_in), (0, 0, 0));
            ends.push((before, recalled.is_ok(), sent));
            if sent == Standing::Arrived {
                // Back by hand, for the next round.
                let (debit, credit) = (giver.bank, giver.equity);
                let movement = Movement::Post { debit, credit, amount: amount(25_000) };
                houses.by_hand(giver, posting(&houses.db, movement)).await;
                let (debit, credit) = (taker.equity, taker.bank);
                let movement = Movement::Post { debit, credit, amount: amount(25_000) };
                houses.by_hand(taker, posting(&houses.db, movement)).await;
            }
        }
        for (state, is_heard, end) in ends {
            let expected = match state.as_str() {
                "holding" | "announcing" => (true, Standing::Returned),
                "sending" | "arriving" | "settling" => (true, Standing::Arrived),
                _ => (false, Standing::Arrived),
            };
            assert_eq!((is_heard, end), expected, "recalled while {state}");
        }
    }

    async fn what_is_recalled_while_a_step_is_under_way_does_not_happen_afterwards(
        db: TestDatabase,
    ) {
        let mut houses = Houses::open(db).await;
        let (giver, taker) = (houses.giver, houses.taker);
        let payee = houses.payee().await;
        for state in ["holding", "announcing"] {
            let id = houses.ask(&payee, 25_000).await.unwrap().id;
            while houses.story(id).await.1.last().unwrap() != state {
                assert!(houses.step().await);
            }
            // Somebody has the step, and does not come to it for now.
            assert!(houses.take_and_die().await.is_some());
            houses.recall(id).await.unwrap();
            houses.settle().await;
            assert_eq!(houses.story(id).await.0, Status::Undone, "{state}");
            // It is taken up again, when it is not wanted any more.
            houses.wait_out().await;
            assert_eq!((houses.has(giver).await, houses.has(taker).await), (BEFORE, NOTHING));
            assert_eq!(houses.seen(giver, id).await.code.as_deref(), Some("unwanted"));
        }
    }

    async fn what_cannot_be_sent_is_refused_before_anything_happens(db: TestDatabase) {
        let houses = Houses::open(db).await;
        let (giver, taker) = (houses.giver, houses.taker);
        let payee = houses.payee().await;
        let new = NewRemittance {
            book: giver.book,
            account: giver.bank,
            payee: payee.id,
            amount: amount(100),
            reference: None,
        };
        let nobody = PayeeId::from_uuid(new_id(&houses.db));
        let cases = [
            (NewRemittance { amount: amount(0), ..new.clone() }, "invalid_fields"),
            (NewRemittance { amount: amount(-5), ..new.clone() }, "invalid_fields"),
            (NewRemittance { payee: nobody, ..new.clone() }, "payee_unknown"),
            (NewRemittance { account: giver.equity, ..new.clone() }, "invalid_fields"),
            (NewRemittance { account: taker.bank, ..new.clone() }, "account_unknown"),
            (NewRemittance { book: taker.book, ..new.clone() }, "book_unknown"),
            (NewRemittance { reference: Some("x".repeat(141)), ..new.clone() }, "invalid_fields"),
            (NewRemittance { reference: Some("a\nb".to_owned()), ..new.clone() }, "invalid_fields"),
        ];
        for (case, code) in cases {
            let refused = houses.ask_for(giver, case.clone()).await.unwrap_err();
            assert_eq!(refused.code(), code, "{case:?}");
        }
        houses.close(&payee).await;
        let refused = houses.ask_for(giver, new).await.unwrap_err();
        assert_eq!(refused.code(), "payee_closed");
        assert_eq!(houses.listed(giver).await, []);
        // Nobody else's account can be opened to others.
        let refused = houses.payee_of(giver, taker.bank).await.unwrap_err();
        assert_eq!(refused.code(), "account_unknown");
    }

    async fn a_tenant_sees_its_own_remittances_alone(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let payee = houses.payee().await;
        let id = houses.ask(&payee, 25_000).await.unwrap().id;
        houses.settle().await;
        let other = houses.db.new_tenant();
        let mut tx = houses.db.database.begin(Level::of(other), Mode::Read).await.unwrap();
        let unknown = houses.service.remittance(&mut tx, id).await.unwrap_err();
        assert_eq!(unknown.code(), "remittance_unknown");
        let page = PageRequest::first(10);
        let none = houses.service.remittances(&mut tx, None, &page).await.unwrap();
        assert_eq!(none.items, []);
        tx.commit().await.unwrap();
        // The taker cannot recall what it did not send.
        let context = houses.context(houses.taker);
        let level = Level::of(houses.taker.tenant);
        let mut tx = houses.db.database.begin(level, Mode::Write).await.unwrap();
        let refused = houses.service.recall(&mut tx, &context, id).await.unwrap_err();
        assert_eq!(refused.code(), "remittance_unknown");
    }

    async fn between_two_books_of_one_tenant_it_has_two_sides(db: TestDatabase) {
        let mut houses = Houses::open(db).await;
        let payee = houses.payee_of(houses.giver, houses.giver.bank).await.unwrap();
        let id = houses.ask(&payee, 25_000).await.unwrap().id;
        houses.settle().await;
        let listed = houses.listed(houses.giver).await;
        let sides: Vec<_> = listed.iter().map(|one| (one.id, one.direction)).collect();
        assert_eq!(sides, [(id, Direction::Received), (id, Direction::Sent)]);
        assert_eq!(houses.has(houses.giver).await.bank, 100_000);
        // Page by page, neither is left out.
        let level = Level::of(houses.giver.tenant);
        let mut tx = houses.db.database.begin(level, Mode::Read).await.unwrap();
        let first = PageRequest::first(1);
        let page = houses.service.remittances(&mut tx, None, &first).await.unwrap();
        let next = PageRequest { after: page.next, ..first };
        let page = houses.service.remittances(&mut tx, None, &next).await.unwrap();
        assert_eq!(page.items[0].direction, Direction::Sent);
    }
}
