//! Ids of transfers as the engine's callers meet them: used once, whatever time they say; known
//! after a snapshot; asked of the tables once there are too many to be remembered.

use std::sync::Arc;

use kernel::{Amount, CommodityCode, Timestamp, Uuid, time};
use ledger::book::{Book, STEPS_MAX};
use ledger::model::{
    AccountId, AccountKind, Atomicity, Command, Limits, Movement, NewAccount, NewTransfer, Reason,
    Step, TransferId,
};
use storage::journal::{Executed, Machine};

use super::{parts, written_down};

const NOW_MS: u64 = 1_800_000_000_000;
const DEBIT: AccountId = AccountId::from_uuid(Uuid::from_u128(1));
const CREDIT: AccountId = AccountId::from_uuid(Uuid::from_u128(2));

/// An id of version 7 (RFC 9562) that was made at a time.
fn timed(made_ms: u64, random: u128) -> TransferId {
    let bits = u128::from(made_ms) << 80 | 7 << 76 | 0b10 << 62 | random;
    TransferId::from_uuid(Uuid::from_u128(bits))
}

/// An id that says no time.
fn odd(number: u128) -> TransferId {
    TransferId::from_uuid(Uuid::from_u128(number))
}

fn command(steps: Vec<Step>) -> Command {
    let (key, origin, atomicity) = (None, None, Atomicity::Together);
    Command::Steps { key, origin, atomicity, steps: Arc::new(steps) }
}

fn posts(ids: &[TransferId]) -> Command {
    let movement = Movement::Post { debit: DEBIT, credit: CREDIT, amount: Amount::from_minor(1) };
    let effective = time::parse_date("2026-01-05").unwrap();
    let (code, reference, reverses) = (0, None, None);
    let post = |id: &TransferId| {
        let id = *id;
        Step::Transfer(NewTransfer { id, movement, code, reference, effective, reverses })
    };
    command(ids.iter().map(post).collect())
}

fn account(id: AccountId) -> Step {
    let (commodity, kind) = (CommodityCode::parse("AUD").unwrap(), AccountKind::Asset);
    Step::OpenAccount(NewAccount { id, commodity, kind, limits: Limits::default(), code: 0 })
}

/// A book with two accounts.
fn book() -> Book {
    let mut book = Book::new();
    let define = Step::DefineCommodity { code: CommodityCode::parse("AUD").unwrap(), scale: 2 };
    done(&mut book, NOW_MS, &command(vec![define, account(DEBIT), account(CREDIT)]));
    book
}

/// Executes at a time; why not, where it was rejected.
fn execute(book: &mut Book, now_ms: u64, command: &Command) -> Option<Reason> {
    let now = Timestamp::from_micros(i64::try_from(now_ms * 1_000).unwrap());
    let came = book.execute(now, command, &mut Vec::new());
    book.settle();
    let (Executed::New(outcome) | Executed::Known(outcome)) = came;
    outcome.rejection().map(|rejection| rejection.reason)
}

fn done(book: &mut Book, now_ms: u64, command: &Command) {
    assert_eq!(execute(book, now_ms, command), None);
}

#[test]
fn an_id_is_used_once_whatever_time_it_says() {
    let mut book = book();
    let late = timed(NOW_MS - 86_400_000, 1);
    let ids = [timed(NOW_MS, 1), late, timed(NOW_MS + 30_000, 1), odd(1), odd(u128::MAX)];
    for id in ids {
        done(&mut book, NOW_MS, &posts(&[id]));
    }
    let mut restored = written_down(&book);
    for book in [&mut book, &mut restored] {
        for now_ms in [NOW_MS, NOW_MS + 30_000, NOW_MS + 86_400_000] {
            for id in ids {
                let again = execute(book, now_ms, &posts(&[id]));
                assert_eq!(again, Some(Reason::TransferExists), "{id}");
            }
        }
    }
}

#[test]
fn an_id_of_a_time_that_has_not_come_is_refused_until_it_has() {
    let mut book = book();
    done(&mut book, NOW_MS, &posts(&[timed(NOW_MS + 60_000, 1)]));
    let ahead = posts(&[timed(NOW_MS + 60_001, 1)]);
    assert_eq!(execute(&mut book, NOW_MS, &ahead), Some(Reason::IdAhead));
    done(&mut book, NOW_MS + 1, &ahead);
}

#[test]
fn ids_that_are_too_many_are_asked_of_the_tables() {
    let mut book = book();
    // It says a time that comes later: by then nobody would ask for it.
    let early = timed(NOW_MS + 30_000, 2);
    done(&mut book, NOW_MS, &posts(&[early]));
    let (mut count, steps) = (0, STEPS_MAX as u128);
    while !book.is_crowded() {
        let ids: Vec<TransferId> = (count..count + steps).map(odd).collect();
        done(&mut book, NOW_MS, &posts(&ids));
        count += steps;
        assert!(count < 1_000_000, "what is kept in memory is bounded");
    }
    // The last ten thousand are not in the tables yet.
    book.forget(u64::try_from(count - steps).unwrap());
    let asked = posts(&[odd(0), odd(count - 1), odd(count), timed(NOW_MS, 1)]);
    let [forgotten, fresh] = [0, count];
    let mut restored = written_down(&book);
    assert_eq!(parts(&restored), parts(&book));
    for book in [&mut book, &mut restored] {
        // What was never used has left no trace.
        assert_eq!(book.unsure(&asked), [forgotten]);
        book.learn(vec![forgotten]);
        assert_eq!(execute(book, NOW_MS, &posts(&[odd(0)])), Some(Reason::TransferExists));
        done(book, NOW_MS, &posts(&[odd(fresh)]));
        let again = execute(book, NOW_MS + 40_000, &posts(&[early]));
        assert_eq!(again, Some(Reason::TransferExists));
    }
}

#[test]
fn ids_of_long_ago_are_asked_of_the_tables_where_these_hold_them() {
    let mut book = book();
    let (mut commands, mut now_ms) = (0, NOW_MS);
    let mut send = |book: &mut Book| {
        (commands, now_ms) = (commands + 1, now_ms + 1);
        let ids = (0..STEPS_MAX as u128).map(|random| timed(now_ms, random));
        done(book, now_ms, &posts(&ids.collect::<Vec<_>>()));
        assert!(commands < 100, "what is kept in memory is bounded");
    };
    while !book.is_crowded() {
        send(&mut book);
    }
    // Where the tables are behind, nothing is forgotten, and they are asked again.
    book.forget(0);
    (0..14).for_each(|_| send(&mut book));
    assert!(book.is_crowded());
    // The tables hold the first of the slabs of 131,072 ids, and a part of the second.
    book.forget(200_000);
    let of_command = |number: u64| timed(NOW_MS + number, 7);
    let (forgotten, kept) = (of_command(1), [of_command(18), of_command(25), of_command(commands)]);
    let asked = posts(&[&[forgotten][..], &kept].concat());
    let mut restored = written_down(&book);
    for book in [&mut book, &mut restored] {
        assert_eq!(book.unsure(&asked), [forgotten.uuid().as_u128()]);
        for id in kept {
            let again = execute(book, now_ms, &posts(&[id]));
            assert_eq!(again, Some(Reason::TransferExists), "{id}");
        }
        book.learn(vec![forgotten.uuid().as_u128()]);
        let again = execute(book, now_ms, &posts(&[forgotten]));
        assert_eq!(again, Some(Reason::TransferExists));
    }
}

#[test]
fn a_state_of_several_parts_comes_back_whole() {
    let mut book = book();
    for from in (1_u128..7).map(|number| number * 1_000_000) {
        let ids = from..from + STEPS_MAX as u128;
        let open = ids.map(|id| account(AccountId::from_uuid(Uuid::from_u128(id))));
        done(&mut book, NOW_MS, &command(open.collect()));
    }
    assert!(parts(&book).iter().any(|part| part.len() > 1 << 20), "accounts fill a part");
    assert_eq!(parts(&written_down(&book)), parts(&book));
}
