//! The order of what happens on both sides, over every way that a remittance can take.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::collections::BTreeSet;

use kernel::{TenantId, Uuid};
use remittances::Remit;
use remittances::flow::{Brought, Plan, State, Step};
use sagas::{Input, Next, Saga as _};

/// What the two books hold, as far as the order matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Books {
    /// The giver's hold: none, held, posted, void.
    giver: u8,
    /// The taker's.
    taker: u8,
    refunded: bool,
    settled: bool,
}

/// What a step does to the books where it is done; `None` where the books would refuse.
fn done(books: Books, step: &Step) -> Option<Books> {
    Some(match step {
        Step::Hold if books.giver == 0 => Books { giver: 1, ..books },
        Step::Announce if books.taker == 0 => Books { taker: 1, ..books },
        Step::Send if books.giver == 1 => Books { giver: 2, ..books },
        Step::Arrive if books.taker == 1 => Books { taker: 2, ..books },
        Step::Settle if books.giver == 2 => Books { settled: true, ..books },
        Step::Withdraw { .. } if books.taker != 2 => Books { taker: 3, ..books },
        Step::Release { .. } if books.giver != 2 => Books { giver: 3, ..books },
        Step::Refund { .. } if books.giver == 2 => Books { refunded: true, ..books },
        _ => return None,
    })
}

fn plan() -> Plan {
    let tenant = |number| TenantId::from_uuid(Uuid::from_u128(number));
    Plan { giver: tenant(1), taker: tenant(2) }
}

/// Walks every way: each step may be done or refused, and before it is told, also where it was
/// done, somebody may want it back, or it may be late. A hold may be voided by hand at any time.
#[test]
fn on_no_way_is_it_in_both_books_or_in_none() {
    let mut open = Vec::new();
    let Next::Step { state, step, .. } = Remit::begin(&plan()) else { panic!() };
    open.push((state, step, Books::default()));
    let mut seen = BTreeSet::new();
    let mut ends = BTreeSet::new();
    while let Some((state, step, books)) = open.pop() {
        if !seen.insert(format!("{state:?} {step:?} {books:?}")) {
            continue;
        }
        let refused = || Brought::Refused { code: "below_floor".to_owned() };
        let after = done(books, &step);
        let mut told = vec![(Input::Late, books), (Input::Undo, books)];
        if let Some(after) = after {
            told.extend([
                (Input::Brought(Brought::Did), after),
                (Input::Late, after),
                (Input::Undo, after),
            ]);
        }
        // What must happen is not refused: where it is, the saga is stuck, and nothing is told.
        if matches!(step, Step::Hold | Step::Announce | Step::Send | Step::Arrive) {
            told.push((Input::Brought(refused()), books));
        } else {
            assert!(after.is_some(), "{step:?} cannot be done where {books:?}");
        }
        for (input, books) in told {
            match Remit::decide(&plan(), &state, input) {
                Next::Step { state, step, tenant, seconds } => {
                    assert!(seconds > 0);
                    let is_takers =
                        matches!(step, Step::Announce | Step::Arrive | Step::Withdraw { .. });
                    let side = if is_takers { plan().taker } else { plan().giver };
                    assert_eq!(tenant, side, "{step:?}");
                    open.push((state, step, books));
                }
                Next::Done(end) => {
                    assert_eq!(end, State::Arrived);
                    let expected = Books { giver: 2, taker: 2, refunded: false, settled: true };
                    assert_eq!(books, expected);
                    ends.insert("arrived");
                }
                Next::Undone(end) => {
                    assert!(matches!(end, State::Returned { .. }));
                    assert_ne!(books.taker, 2, "it is with the taker: {books:?}");
                    assert_ne!(books.taker, 1, "the taker still holds it: {books:?}");
                    let is_back = books.giver != 2 || books.refunded;
                    assert!(is_back && books.giver != 1, "it is not back: {books:?}");
                    ends.insert("returned");
                }
                Next::Stay => {}
            }
        }
    }
    assert_eq!(ends, ["arrived", "returned"].into());
    assert!(seen.len() > 10, "{seen:?}");
}
