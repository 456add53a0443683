//! The engine of a book against a plain model, after each command of many random sequences:
//! outcomes and balances agree, debits equal credits, the same commands give the same bytes, what
//! is undone leaves no trace, and recovery from the bytes gives the same state.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod model;
mod sequences;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{
    Actor, Amount, CommandKey, CommodityCode, Date, TenantId, Timestamp, UserId, Uuid, time,
};
use ledger::book::{Book, Entry, decode_entries};
use ledger::model::{
    Account, AccountId, AccountKind, Atomicity, Balancing, Command, Group, GroupBalance, GroupId,
    Limits, Movement, NewAccount, NewTransfer, Origin, Outcome, Rest, Step, TransferId,
};
use model::{Act, Came, Model};
use proptest::prelude::*;
use sequences::{Sent, sequences};
use storage::journal::{ByteReader, Executed, Machine, Record, RecordHeader};

const COMMODITIES: [&str; 3] = ["AUD", "MNT", "BTC"];

fn account_id(number: u8) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(0xacc0 + u128::from(number)))
}

fn transfer_id(number: u8) -> TransferId {
    TransferId::from_uuid(Uuid::from_u128(0x7f00 + u128::from(number)))
}

fn group_id(number: u8) -> GroupId {
    GroupId::from_uuid(Uuid::from_u128(0x9200 + u128::from(number)))
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn commodity(number: u8) -> CommodityCode {
    CommodityCode::parse(COMMODITIES[usize::from(number)]).unwrap()
}

fn limits(floor: Option<i128>, ceiling: Option<i128>) -> Limits {
    Limits { floor: floor.map(Amount::from_minor), ceiling: ceiling.map(Amount::from_minor) }
}

/// The day from which a transfer counts: that of its number.
fn day(number: u8) -> Date {
    time::date_from_days(20_000 + i32::from(number)).unwrap()
}

fn chart_step(act: &Act) -> Option<Step> {
    Some(match *act {
        Act::OpenGroup { group, parent } => {
            Step::OpenGroup { group: group_id(group), parent: parent.map(group_id) }
        }
        Act::MoveAccount { account, group } => {
            Step::MoveAccount { account: account_id(account), group: group.map(group_id) }
        }
        Act::MoveGroup { group, parent } => {
            Step::MoveGroup { group: group_id(group), parent: parent.map(group_id) }
        }
        Act::LimitGroup { group, commodity: code, floor, ceiling } => Step::LimitGroup {
            group: group_id(group),
            commodity: commodity(code),
            limits: limits(floor, ceiling),
        },
        _ => return None,
    })
}

fn reversed(act: &Act) -> Option<TransferId> {
    match *act {
        Act::Post { reverses, .. } => reverses.map(transfer_id),
        Act::Hold { reverses, .. } => reverses.then(|| transfer_id(0)),
        _ => None,
    }
}

fn step(act: &Act) -> Step {
    if let Some(step) = chart_step(act) {
        return step;
    }
    let reverses = reversed(act);
    let transfer = |id: u8, movement: Movement| {
        Step::Transfer(NewTransfer {
            id: transfer_id(id),
            movement,
            code: 7,
            reference: Some(u128::from(id)).filter(|_| id.is_multiple_of(2)),
            effective: day(id),
            reverses,
        })
    };
    let amount = Amount::from_minor;
    match *act {
        Act::Define { commodity: code, scale } => {
            Step::DefineCommodity { code: commodity(code), scale }
        }
        Act::Open { account, shape } => Step::OpenAccount(NewAccount {
            id: account_id(account),
            commodity: commodity(shape.commodity),
            kind: match (shape.debit_normal, account % 2 == 0) {
                (true, true) => AccountKind::Asset,
                (true, false) => AccountKind::Expense,
                (false, true) => AccountKind::Liability,
                (false, false) => AccountKind::Income,
            },
            limits: limits(shape.floor, shape.ceiling),
            code: u16::from(account),
        }),
        Act::Limit { account, floor, ceiling } => {
            Step::SetLimits { account: account_id(account), limits: limits(floor, ceiling) }
        }
        Act::Close { account } => Step::CloseAccount { account: account_id(account) },
        Act::Freeze { account, frozen } => Step::Freeze { account: account_id(account), frozen },
        Act::Lock { until } => Step::LockPeriod { until: until.map(day) },
        Act::Post { id, debit, credit, amount: minor, .. } => {
            let (debit, credit) = (account_id(debit), account_id(credit));
            transfer(id, Movement::Post { debit, credit, amount: amount(minor) })
        }
        Act::PostUpTo { id, debit, credit, maximum, balance_debit } => {
            let (debit, credit) = (account_id(debit), account_id(credit));
            let balancing = if balance_debit { Balancing::Debit } else { Balancing::Credit };
            let maximum = maximum.map(amount);
            transfer(id, Movement::PostUpTo { debit, credit, maximum, balancing })
        }
        Act::CloseInto { id, account, into } => {
            let (account, into) = (account_id(account), account_id(into));
            transfer(id, Movement::CloseInto { account, into })
        }
        Act::Hold { id, debit, credit, amount: minor, expires, .. } => {
            let (debit, credit) = (account_id(debit), account_id(credit));
            let expires = expires.map(at);
            transfer(id, Movement::Hold { debit, credit, amount: amount(minor), expires })
        }
        Act::PostHold { id, hold, amount: minor, keep } => {
            let (hold, amount) = (transfer_id(hold), minor.map(amount));
            let rest = if keep { Rest::Keep } else { Rest::Release };
            transfer(id, Movement::PostHold { hold, amount, rest })
        }
        Act::VoidHold { id, hold } => transfer(id, Movement::VoidHold { hold: transfer_id(hold) }),
        Act::OpenGroup { .. }
        | Act::MoveAccount { .. }
        | Act::MoveGroup { .. }
        | Act::LimitGroup { .. } => unreachable!("the chart's own"),
    }
}

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

fn came(outcome: &Outcome) -> Came {
    match outcome {
        Outcome::Done { first_number, rejections, found } => Came::Done {
            first: *first_number,
            rejected: rejections
                .iter()
                .map(|rejection| (rejection.step as usize, rejection.reason.code()))
                .collect(),
            found: found.iter().map(|one| (one.step as usize, one.amount.minor())).collect(),
        },
        Outcome::Rejected(rejection) => {
            Came::Rejected { step: rejection.step as usize, code: rejection.reason.code() }
        }
        Outcome::Expired(_) => unreachable!("only ticks expire"),
    }
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
