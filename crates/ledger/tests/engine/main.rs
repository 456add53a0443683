//! The engine of a book against a plain model, after each command of many random sequences:
//! outcomes and balances agree, debits equal credits, the same commands give the same bytes, what
//! is undone leaves no trace, and recovery from the bytes gives the same state.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod ids;
mod model;
mod rejections;
mod sequences;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Actor, Amount, CommandKey, Date, TenantId, Timestamp, UserId, Uuid};
use ledger::book::{Book, Entry, decode_entries};
use ledger::model::{
    Account, AccountId, Atomicity, Command, Group, GroupBalance, Origin, Outcome, TransferId,
};
use model::{Act, Model};
use proptest::prelude::*;
use sequences::{Sent, sequences};
use storage::journal::{ByteReader, Executed, Machine, Record, RecordHeader};
use words::{account_id, at, came, commodity, day, group_id, limits, step, transfer_id};

fn command(key: Option<(u8, u8)>, each: bool, acts: &[Act]) -> Command {
    let key = key.map(|(id, body)| CommandKey {
        id: u128::from(id),
        body: u128::from(body),
        first_seen: at(1),
    });
    let origin = match acts.len() {
        0 => None,
        1 => Some(Origin {
            actor: Actor::system("test"),
            on_behalf_of: None,
            correlation: Uuid::nil(),
        }),
        _ => {
            let user = UserId::from_uuid(Uuid::max());
            let actor = Actor::User { id: user };
            Some(Origin { actor, on_behalf_of: Some(user), correlation: Uuid::max() })
        }
    };
    let atomicity = if each { Atomicity::Each } else { Atomicity::Together };
    let steps = Arc::new(acts.iter().map(step).collect());
    Command::Steps { key, origin, atomicity, steps }
}

/// All that can be seen of a book.
type State =
    (Vec<Account>, Vec<Group>, Vec<(TransferId, Amount)>, u64, Option<Timestamp>, Option<Date>);

fn state(book: &Book) -> State {
    let (accounts, holds) = (book.accounts().collect(), book.holds().collect());
    (accounts, book.groups().collect(), holds, book.next_number(), book.due(), book.locked_until())
}

fn check_balances(book: &Book, model: &Model) {
    let accounts: BTreeMap<AccountId, Account> =
        book.accounts().map(|account| (account.id, account)).collect();
    let balances = model.balances();
    assert_eq!(book.locked_until(), model.locked.map(day));
    assert_eq!(accounts.len(), balances.len());
    for (number, posted, held_in, held_out, flags) in balances {
        let account = &accounts[&account_id(number)];
        let found = (account.balance.posted, account.balance.held_in, account.balance.held_out);
        let expected = [posted, held_in, held_out].map(Amount::from_minor);
        assert_eq!(found, (expected[0], expected[1], expected[2]), "account {number}");
        assert_eq!([account.closed, account.frozen], flags);
    }
    let open = model.open_holds().into_iter();
    let open: Vec<_> = open.map(|(id, left)| (transfer_id(id), Amount::from_minor(left))).collect();
    assert_eq!(book.holds().collect::<Vec<_>>(), open);
    for code in 0..2 {
        assert_eq!(model.sum(code), 0);
        let mine = accounts.values().filter(|account| account.commodity == commodity(code));
        let sum = mine.fold(0_i128, |sum, account| {
            sum.wrapping_add(account.kind.natural(account.balance.posted).minor())
        });
        assert_eq!(sum, 0, "debits equal credits");
    }
}

fn check_groups(book: &Book, model: &Model) {
    let groups: Vec<Group> = book.groups().collect();
    let shape = groups.iter().map(|group| (group.id, group.parent));
    let known = model.groups().into_iter();
    let expected: Vec<_> =
        known.map(|(number, parent)| (group_id(number), parent.map(group_id))).collect();
    assert_eq!(shape.collect::<Vec<_>>(), expected);
    for (group, (number, _)) in groups.iter().zip(model.groups()) {
        for code in 0..3 {
            let mine = |balance: &&GroupBalance| balance.commodity == commodity(code);
            let balance = group.balances.iter().find(mine);
            let found = balance.map_or([Amount::ZERO; 3], |balance| {
                [balance.posted, balance.held_debit, balance.held_credit]
            });
            let (posted, debit, credit) = model.holding(number, code).unwrap();
            let expected = [posted, debit, credit].map(Amount::from_minor);
            assert_eq!(found, expected, "group {number}");
            let (floor, ceiling) = model.group_limits(number, code);
            let found = balance.map(|balance| balance.limits).unwrap_or_default();
            assert_eq!(found, limits(floor, ceiling), "group {number}");
        }
    }
    let placed = book.accounts().map(|account| account.group);
    let known = model.account_groups().into_iter();
    let expected: Vec<_> = known.map(|(_, group)| group.map(group_id)).collect();
    assert_eq!(placed.collect::<Vec<_>>(), expected);
}

/// One book, a twin that is told the same, one that reads what is written, and what a reader
/// without a book knows.
#[derive(Default)]
struct Machines {
    book: Book,
    twin: Book,
    recovered: Book,
    accounts: Vec<AccountId>,
}

fn run(sequence: Vec<Sent>) {
    let mut model = Model::default();
    let mut machines = Machines::default();
    for Sent { acts, key, wait, undone, repeats, each } in sequence {
        model.now += wait;
        let now = at(model.now);
        // The leader ticks first, so that what is due is released before anything is decided.
        let expired = model.pass();
        let ticked = record(&mut machines, now, &Command::Tick);
        let ids = expired.into_iter().map(transfer_id).collect();
        assert_eq!(ticked, Outcome::Expired(sorted(ids, &ticked)));
        let command = command(key, each, &acts);
        if undone {
            let book = &mut machines.book;
            let (before, mark) = (state(book), book.mark());
            book.execute(now, &command, &mut Vec::new());
            book.undo_to(mark);
            assert_eq!(state(book), before, "undoing leaves no trace");
        }
        for _ in 0..=u8::from(repeats) {
            let expected = model.execute(key, each, &acts);
            let outcome = record(&mut machines, now, &command);
            assert_eq!(came(&outcome), expected, "{acts:?}");
            check_balances(&machines.book, &model);
            check_groups(&machines.book, &model);
        }
        machines.book.settle();
        let states = (state(&machines.book), state(&machines.recovered));
        assert_eq!(states.0, states.1, "recovery gives the same state");
        // From here on, what was written down goes on in the place of what wrote it.
        machines.recovered = written_down(&machines.recovered);
        let parts = (parts(&machines.book), parts(&machines.recovered));
        assert_eq!(parts.0, parts.1, "a snapshot gives the same state");
    }
}

fn parts(book: &Book) -> Vec<Vec<u8>> {
    Machine::parts(book).collect()
}

/// The book that a snapshot of a book gives.
fn written_down(book: &Book) -> Book {
    let mut restored = Book::new();
    parts(book).iter().for_each(|part| restored.restore(part).unwrap());
    assert_eq!(state(&restored), state(book));
    restored
}

/// Ticks list what expired in the order of time; the model only knows which.
fn sorted(mut ids: Vec<TransferId>, ticked: &Outcome) -> Vec<TransferId> {
    if let Outcome::Expired(found) = ticked {
        let place = |id: &TransferId| found.iter().position(|known| known == id);
        ids.sort_by_key(place);
    }
    ids
}

/// Executes on two machines, which must write the same bytes, and lets a third apply what it
/// reads; a fourth reader has no machine at all.
fn record(machines: &mut Machines, now: Timestamp, command: &Command) -> Outcome {
    let Machines { book, twin, recovered, accounts } = machines;
    let first_number = book.next_number();
    let (mut bytes, mut same) = (Vec::new(), Vec::new());
    let came = (book.execute(now, command, &mut bytes), twin.execute(now, command, &mut same));
    assert_eq!(bytes, same, "the same commands give the same bytes");
    let outcome = match came {
        (Executed::Known(one), Executed::Known(other)) => {
            assert_eq!(one, other);
            assert!(bytes.is_empty());
            return one;
        }
        (Executed::New(one), Executed::New(other)) => {
            assert_eq!(one, other);
            one
        }
        (one, other) => panic!("{one:?} and {other:?}"),
    };
    let mut reader = ByteReader::new(&bytes);
    recovered.replay(now, &mut reader).unwrap();
    assert!(reader.is_empty());
    recovered.settle();
    let header = RecordHeader {
        codec: Book::CODEC,
        stream: Uuid::nil(),
        seq: 1,
        previous: [0; 32],
        time: now,
        first_number,
        count: 1,
        tenant: TenantId::from_uuid(Uuid::nil()),
    };
    let (_, entries) = decode_entries(&Record::seal(&header, &bytes), accounts).unwrap();
    assert_eq!(entries, [Entry { command: command.clone(), outcome: outcome.clone() }]);
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_model_does(sequence in sequences()) {
        run(sequence);
    }

    #[test]
    fn no_bytes_make_recovery_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Book::new().replay(at(1), &mut ByteReader::new(&bytes));
    }
}

/// Sequences a run: a thousand here, and as many as `PROPTEST_CASES` says in a soak.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000)
}
