//! What a rejection is about: the account, the transfer or the group that its reader must look at.

use kernel::Uuid;
use ledger::book::{Book, GROUP_DEPTH_MAX};
use ledger::model::{Atomicity, Command, Outcome};
use storage::journal::{Executed, Machine};

use super::model::{Act, Shape};
use super::words::{account_id, at, group_id, step, transfer_id};

fn execute(book: &mut Book, acts: &[Act]) -> Outcome {
    let (key, origin, atomicity) = (None, None, Atomicity::Together);
    let steps = acts.iter().map(step).collect::<Vec<_>>().into();
    let came = book.execute(at(1), &Command::Steps { key, origin, atomicity, steps }, &mut vec![]);
    book.settle();
    let (Executed::New(outcome) | Executed::Known(outcome)) = came;
    outcome
}

fn post(id: u8, (debit, credit): (u8, u8), amount: i128) -> Act {
    Act::Post { id, debit, credit, amount, reverses: None }
}

/// Accounts 0, 5 and 6 are assets, 1 and 7 debts; 2 counts something else, 3 is closed, 4 frozen, 8
/// holds 5 at most. 0 holds 10 and never less than nothing, 4 of it for hold 21. Group 1, below
/// group 0, has account 5 and never less than nothing, group 2 never more than 5. Days up to 5 are
/// closed; transfer 22 was reversed.
fn book() -> Book {
    let mut book = Book::new();
    let open = |account, commodity, debit_normal| {
        let floor = Some(0).filter(|_| account == 0);
        let ceiling = Some(5).filter(|_| account == 8);
        Act::Open { account, shape: Shape { commodity, debit_normal, floor, ceiling } }
    };
    let limit = |group, floor, ceiling| Act::LimitGroup { group, commodity: 0, floor, ceiling };
    let reversal = Act::Post { id: 23, debit: 1, credit: 6, amount: 1, reverses: Some(22) };
    let (debit, credit, expires, reverses) = (1, 0, None, false);
    let acts = [
        Act::Define { commodity: 0, scale: 0 },
        Act::Define { commodity: 1, scale: 0 },
        open(0, 0, true),
        open(1, 0, false),
        open(2, 1, true),
        open(3, 0, true),
        open(4, 0, true),
        open(5, 0, true),
        open(6, 0, true),
        open(7, 0, false),
        open(8, 0, true),
        Act::OpenGroup { group: 0, parent: None },
        Act::OpenGroup { group: 1, parent: Some(0) },
        Act::OpenGroup { group: 2, parent: None },
        Act::MoveAccount { account: 5, group: Some(1) },
        limit(1, Some(0), None),
        limit(2, None, Some(5)),
        post(20, (0, 1), 10),
        Act::Hold { id: 21, debit, credit, amount: 4, expires, reverses },
        post(22, (6, 1), 1),
        reversal,
        Act::Close { account: 3 },
        Act::Freeze { account: 4, frozen: true },
        Act::Lock { until: Some(5) },
    ];
    let outcome = execute(&mut book, &acts);
    assert!(outcome.rejection().is_none(), "{outcome:?}");
    book
}

#[test]
fn a_rejection_names_what_it_is_about() {
    let account = |number| Some(account_id(number).uuid());
    let transfer = |number| Some(transfer_id(number).uuid());
    let group = |number| Some(group_id(number).uuid());
    let up_to = |(debit, credit), balance_debit| Act::PostUpTo {
        id: 30,
        debit,
        credit,
        maximum: None,
        balance_debit,
    };
    let reverses =
        |original| Act::Post { id: 30, debit: 1, credit: 0, amount: 1, reverses: original };
    let capture = |hold, amount| Act::PostHold { id: 30, hold, amount, keep: false };
    let shape = Shape { commodity: 2, debit_normal: true, floor: None, ceiling: None };
    let known = Shape { commodity: 0, ..shape };
    let (amount, expires) = (1, None);
    let cases: Vec<(Act, &str, Option<Uuid>)> = vec![
        (Act::Open { account: 0, shape: known }, "account_exists", account(0)),
        (Act::Open { account: 40, shape }, "commodity_unknown", None),
        (post(30, (0, 40), 1), "account_unknown", account(40)),
        (post(30, (0, 0), 1), "same_account", account(0)),
        (post(30, (0, 2), 1), "commodities_mixed", account(2)),
        (post(30, (0, 3), 1), "account_closed", account(3)),
        (post(30, (4, 0), 1), "account_frozen", account(4)),
        (post(30, (0, 1), 0), "amount_not_positive", None),
        (post(20, (0, 1), 1), "transfer_exists", transfer(20)),
        (post(5, (0, 1), 1), "period_locked", transfer(5)),
        (post(30, (1, 0), 7), "below_floor", account(0)),
        (post(30, (8, 1), 6), "above_ceiling", account(8)),
        (up_to((1, 6), false), "nothing_available", account(6)),
        (up_to((7, 1), true), "nothing_available", account(7)),
        (reverses(Some(77)), "transfer_unknown", transfer(77)),
        (reverses(Some(22)), "already_reversed", transfer(22)),
        (
            Act::Hold { id: 30, debit: 0, credit: 1, amount, expires, reverses: true },
            "reversal_not_posting",
            transfer(30),
        ),
        (capture(99, None), "hold_not_open", transfer(99)),
        (capture(21, Some(5)), "hold_exceeded", transfer(21)),
        (Act::Close { account: 0 }, "account_held", account(0)),
        (Act::CloseInto { id: 30, account: 0, into: 1 }, "account_held", account(0)),
        (Act::OpenGroup { group: 0, parent: None }, "group_exists", group(0)),
        (Act::OpenGroup { group: 9, parent: Some(8) }, "group_unknown", group(8)),
        (Act::MoveAccount { account: 0, group: Some(9) }, "group_unknown", group(9)),
        (Act::MoveGroup { group: 0, parent: Some(1) }, "group_cycle", group(0)),
        (post(30, (1, 5), 1), "group_below_floor", group(1)),
        (Act::MoveAccount { account: 0, group: Some(2) }, "group_above_ceiling", group(2)),
        (post(30, (0, 1), i128::MAX), "overflow", account(0)),
    ];
    let mut book = book();
    for (act, code, about) in cases {
        let outcome = execute(&mut book, &[act]);
        let rejection = outcome.rejection().unwrap_or_else(|| panic!("{act:?}: {outcome:?}"));
        assert_eq!((rejection.reason.code(), rejection.about), (code, about), "{act:?}");
    }
}

#[test]
fn a_tree_stands_where_its_deepest_group_may() {
    let deepest = u8::try_from(GROUP_DEPTH_MAX).unwrap();
    let open = |group, parent| Act::OpenGroup { group, parent };
    // Groups 1 to the deepest stand one below the other; a tree of three stands beside them.
    let mut acts: Vec<Act> =
        (1..=deepest).map(|group| open(group, (group > 1).then_some(group - 1))).collect();
    acts.extend([open(50, None), open(51, Some(50)), open(52, Some(51)), open(53, Some(50))]);
    let mut book = Book::new();
    assert!(execute(&mut book, &acts).rejection().is_none());
    let outcome = execute(&mut book, &[open(60, Some(deepest))]);
    let rejection = outcome.rejection().unwrap();
    let expected = ("group_too_deep", Some(group_id(60).uuid()));
    assert_eq!((rejection.reason.code(), rejection.about), expected);
    for (group, height) in [(50, 3), (51, 2), (52, 1)] {
        let home = (group > 50).then(|| group - 1);
        for depth in 1..=deepest {
            let outcome = execute(&mut book, &[Act::MoveGroup { group, parent: Some(depth) }]);
            let code = outcome.rejection().map(|rejection| rejection.reason.code());
            let expected = Some("group_too_deep").filter(|_| depth + height > deepest);
            assert_eq!(code, expected, "{group} below {depth}");
            let back = execute(&mut book, &[Act::MoveGroup { group, parent: home }]);
            assert!(back.rejection().is_none(), "{back:?}");
        }
    }
}
