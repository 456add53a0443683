//! The engine of a book against a plain model, after each command of many random sequences:
//! outcomes and balances agree, debits equal credits, the same commands give the same bytes, what
//! is undone leaves no trace, and recovery from the bytes gives the same state.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod model;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Actor, Amount, CommandKey, Date, TenantId, Timestamp, UserId, Uuid};
use ledger::book::{Book, Entry, decode_entries};
use ledger::model::{Account, AccountId, Atomicity, Command, Origin, Outcome, TransferId};
use model::{Act, Model, Shape};
use proptest::prelude::*;
use storage::journal::{ByteReader, Executed, Machine, Record, RecordHeader};
use words::{account_id, at, came, commodity, day, step, transfer_id};

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

fn acts() -> impl Strategy<Value = Act> {
    let account = 0_u8..6;
    let id = 0_u8..60;
    // Few ids for holds, so that most that are posted or voided are there.
    let hold = 0_u8..16;
    let expires = prop::option::of(0_i64..400);
    let reversed = prop::option::weighted(0.3, 0_u8..8);
    let amount = prop_oneof![6 => 1_i128..50, 1 => -3_i128..=0, 1 => Just(i128::MAX)];
    let maximum = prop::option::of(amount.clone());
    let bound =
        prop_oneof![3 => Just(None), 2 => Just(Some(0)), 1 => (-60_i128..60).prop_map(Some)];
    let shape = (0_u8..3, any::<bool>(), bound.clone(), bound.clone()).prop_map(
        |(commodity, debit_normal, floor, ceiling)| Shape {
            // Most accounts count the same thing, so that most pairs may exchange it.
            commodity: commodity / 2,
            debit_normal,
            floor,
            ceiling,
        },
    );
    prop_oneof![
        1 => (0_u8..3, 0_u8..3).prop_map(|(commodity, scale)| {
            Act::Define { commodity, scale: scale / 2 }
        }),
        3 => (account.clone(), shape).prop_map(|(account, shape)| Act::Open { account, shape }),
        1 => (account.clone(), bound.clone(), bound).prop_map(|(account, floor, ceiling)| {
            Act::Limit { account, floor, ceiling }
        }),
        1 => (account.clone(), id.clone(), 0..8).prop_map(|(account, id, dice)| match dice {
            3 => Act::Lock { until: (id > 5).then_some(id / 4) },
            0 => Act::Close { account },
            4 if id < 20 => Act::CloseInto { id, account, into: id % 6 },
            1 | 2 => Act::Freeze { account, frozen: dice == 1 },
            _ => Act::Define { commodity: account % 2, scale: 0 },
        }),
        8 => (id.clone(), account.clone(), account.clone(), amount.clone(), reversed.clone())
            .prop_map(|(id, debit, credit, amount, reverses)| {
                Act::Post { id, debit, credit, amount, reverses }
            }),
        3 => (id.clone(), account.clone(), account.clone(), maximum, any::<bool>()).prop_map(
            |(id, debit, credit, maximum, balance_debit)| {
                Act::PostUpTo { id, debit, credit, maximum, balance_debit }
            }
        ),
        4 => (hold.clone(), account.clone(), account, amount.clone(), expires, reversed)
            .prop_map(|(id, debit, credit, amount, expires, reverses)| {
                let reverses = reverses.filter(|original| original.is_multiple_of(4));
                Act::Hold { id, debit, credit, amount, expires, reverses }
            }),
        3 => (id.clone(), hold.clone(), prop::option::of(amount), any::<bool>())
            .prop_map(|(id, hold, amount, keep)| Act::PostHold { id, hold, amount, keep }),
        2 => (id, hold).prop_map(|(id, hold)| Act::VoidHold { id, hold }),
    ]
}

/// A command of the test: its acts, its key, the time that passes before it, and whether it is
/// first executed and undone.
#[derive(Clone, Debug)]
struct Sent {
    acts: Vec<Act>,
    key: Option<(u8, u8)>,
    wait: i64,
    undone: bool,
    repeats: bool,
    each: bool,
}

fn sequences() -> impl Strategy<Value = Vec<Sent>> {
    let key = prop::option::weighted(0.2, (0_u8..12, 0_u8..2));
    let sent =
        (prop::collection::vec(acts(), 0..5), key, 0_i64..20, any::<bool>(), 0..5, any::<bool>())
            .prop_map(|(acts, key, wait, undone, dice, each)| Sent {
                acts,
                key,
                wait,
                undone,
                repeats: dice == 0,
                each,
            });
    prop::collection::vec(sent, 1..60).prop_map(|mut sequence| {
        // Every book begins with its commodities and some accounts, or little would be accepted.
        let mut first: Vec<Act> =
            (0..2).map(|commodity| Act::Define { commodity, scale: 0 }).collect();
        for account in 0..4 {
            let debit_normal = account < 2;
            let shape = Shape { commodity: 0, debit_normal, floor: None, ceiling: None };
            first.push(Act::Open { account, shape });
        }
        let (key, wait, undone, repeats, each) = (None, 1, true, true, false);
        sequence.insert(0, Sent { acts: first, key, wait, undone, repeats, each });
        sequence
    })
}

/// All that can be seen of a book.
type State = (Vec<Account>, Vec<(TransferId, Amount)>, u64, Option<Timestamp>, Option<Date>);

fn state(book: &Book) -> State {
    let (accounts, holds) = (book.accounts().collect(), book.holds().collect());
    (accounts, holds, book.next_number(), book.due(), book.locked_until())
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
        }
        machines.book.settle();
        let states = (state(&machines.book), state(&machines.recovered));
        assert_eq!(states.0, states.1, "recovery gives the same state");
    }
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
