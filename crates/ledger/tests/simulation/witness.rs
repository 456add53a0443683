//! Reads every commit of the server and holds it against the plain model and against what clients
//! were told.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use kernel::{Amount, CommodityCode, Timestamp, Uuid};
use ledger::book::{Book, Entry, decode_entries};
use ledger::model::{
    Account, AccountId, Balance, Command, Group, GroupBalance, GroupId, Outcome, Reason, Step,
    TransferId,
};
use storage::crypto::sha256;
use storage::journal::{Committed, Record};

use crate::frame::Frame;
use crate::model::{Came, Model};
use crate::orders::{Order, Stream};
use crate::rows::{RowAct, RowKey, RowWrite};
use crate::server::State;
use crate::words::{account_id, came, commodity, group_id, transfer_id};

/// The commodities that orders name.
const COMMODITIES: u8 = 3;

/// An account with its group, what it holds, what is held in and out, and whether it is closed and
/// frozen.
type SeenAccount = (AccountId, Option<GroupId>, [i128; 3], [bool; 2]);
/// A group with the group above it, and what it holds of each commodity.
type SeenGroup = (GroupId, Option<GroupId>, Vec<(CommodityCode, [i128; 3])>);

/// What can be seen of a book, in the order of opening.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    accounts: Vec<SeenAccount>,
    groups: Vec<SeenGroup>,
}

/// What can be seen of an engine's book.
pub fn seen(book: &Book) -> Seen {
    let account = |account: Account| {
        let Balance { posted, held_in, held_out } = account.balance;
        let amounts = [posted, held_in, held_out].map(Amount::minor);
        (account.id, account.group, amounts, [account.closed, account.frozen])
    };
    let balance = |balance: &GroupBalance| {
        let GroupBalance { commodity, posted, held_debit, held_credit, .. } = *balance;
        (commodity, [posted, held_debit, held_credit].map(Amount::minor))
    };
    let group = |group: Group| {
        let balances = group.balances.iter().map(balance);
        (group.id, group.parent, balances.filter(|(_, amounts)| *amounts != [0; 3]).collect())
    };
    let (accounts, groups) = (book.accounts().map(account), book.groups().map(group));
    Seen { accounts: accounts.collect(), groups: groups.collect() }
}

/// Where an attempt stands in the journal, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    seq: u64,
    outcome: Outcome,
}

/// One book, as the plain model has it.
struct Witnessed {
    model: Model,
    accounts: Vec<AccountId>,
    seq: u64,
    hash: [u8; 32],
    time: Timestamp,
    keys: BTreeMap<u128, (u128, Outcome)>,
    transfers: BTreeSet<TransferId>,
    /// The hash of what can be seen after each record, from before the first.
    states: Vec<u64>,
    /// The last record that a client was told of.
    told: u64,
}

/// The witness.
pub struct Witness {
    streams: Vec<Stream>,
    books: Vec<Witnessed>,
    orders: Vec<Order>,
    /// Which order each attempt sends.
    attempts: Vec<usize>,
    frames: Vec<Frame>,
    rows: BTreeMap<RowKey, i64>,
    places: BTreeMap<u64, Place>,
    /// The attempts whose clients were told that they were done.
    told: BTreeSet<u64>,
    /// Those whose clients were told that they were not.
    denied: BTreeSet<u64>,
}

impl Witness {
    pub fn new(streams: Vec<Stream>) -> Self {
        let books = streams.iter().map(|_| Witnessed::new()).collect();
        let (orders, attempts, frames) = (Vec::new(), Vec::new(), Vec::new());
        let (rows, places) = (BTreeMap::new(), BTreeMap::new());
        let (told, denied) = (BTreeSet::new(), BTreeSet::new());
        Self { streams, books, orders, attempts, frames, rows, places, told, denied }
    }

    /// Remembers an order; its number.
    pub fn order(&mut self, order: Order) -> usize {
        self.orders.push(order);
        self.orders.len() - 1
    }

    /// What is asked for.
    pub fn order_of(&self, order: usize) -> Order {
        self.orders[order].clone()
    }

    /// Remembers an attempt; its number.
    pub fn attempt(&mut self, order: usize) -> u64 {
        self.attempts.push(order);
        self.attempts.len() as u64 - 1
    }

    /// How many commands were sent, and how many commits there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.attempts.len(), self.frames.len())
    }

    /// Reads what the server has committed since. What was there must still be there.
    pub fn watch(&mut self, state: &State) {
        if !state.up {
            return;
        }
        let kept = self.frames.iter().zip(&state.frames).take_while(|(a, b)| a == b).count();
        if kept < self.frames.len() {
            self.lost(kept);
        }
        for frame in &state.frames[kept..] {
            self.commit(frame);
            self.frames.push(frame.clone());
        }
        assert_eq!(self.rows, state.rows, "rows are as the commands say");
    }

    /// Commits are gone that others had seen.
    fn lost(&self, kept: usize) -> ! {
        let places: BTreeSet<(Uuid, u64)> = self.frames[kept..]
            .iter()
            .flat_map(|frame| &frame.records)
            .map(|record| (record.stream, record.seq))
            .collect();
        let told = self.told.iter().find(|attempt| {
            let stream = self.streams[self.orders[self.attempts[usize_of(**attempt)]].book].stream;
            self.places.get(attempt).is_some_and(|place| places.contains(&(stream, place.seq)))
        });
        match told {
            Some(attempt) => panic!("acknowledged attempt {attempt} is lost"),
            None => panic!("commit {kept} was seen and is lost"),
        }
    }

    fn commit(&mut self, frame: &Frame) {
        let (mut guarded, mut expected) = (self.rows.clone(), Vec::new());
        for record in &frame.records {
            let book = self.streams.iter().position(|known| known.stream == record.stream);
            let book = book.expect("a record of no known book");
            assert_eq!(record.tenant, self.streams[book].tenant, "a record changed hands");
            self.record(book, record, &mut guarded, &mut expected);
        }
        let mut found = frame.rows.clone();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "rows change in the commit of their command");
        self.rows = guarded;
    }

    fn record(
        &mut self,
        book: usize,
        record: &Record,
        rows: &mut BTreeMap<RowKey, i64>,
        written: &mut Vec<RowWrite>,
    ) {
        let witnessed = &mut self.books[book];
        assert_eq!(sha256(&[&record.body]), record.hash, "the hash is of the body");
        let (header, entries) = decode_entries(record, &mut witnessed.accounts).unwrap();
        assert_eq!((header.stream, header.tenant), (record.stream, record.tenant));
        assert_eq!((header.seq, record.seq), (witnessed.seq + 1, witnessed.seq + 1), "no gap");
        assert_eq!(header.previous, witnessed.hash, "the hash chain holds");
        assert!(header.time >= witnessed.time, "time runs backwards");
        (witnessed.seq, witnessed.hash, witnessed.time) = (record.seq, record.hash, header.time);
        witnessed.model.now = header.time.micros();
        for entry in entries {
            self.entry(book, entry, rows, written);
        }
        let witnessed = &mut self.books[book];
        witnessed.states.push(hash_of(&witnessed.seen()));
        (0..COMMODITIES)
            .for_each(|code| assert_eq!(witnessed.model.sum(code), 0, "debits equal credits"));
    }

    fn entry(
        &mut self,
        book: usize,
        entry: Entry,
        rows: &mut BTreeMap<RowKey, i64>,
        written: &mut Vec<RowWrite>,
    ) {
        let witnessed = &mut self.books[book];
        let Command::Steps { key, origin, steps, .. } = entry.command else {
            let expired: BTreeSet<_> =
                witnessed.model.pass().into_iter().map(transfer_id).collect();
            let Outcome::Expired(found) = entry.outcome else { panic!("a tick expires holds") };
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expired, "holds expire in time");
            return;
        };
        let due = witnessed.model.clone().pass();
        assert!(due.is_empty(), "holds {due:?} had expired when a command was decided");
        let attempt = origin.expect("attempts have an origin").correlation.as_u128();
        let attempt = u64::try_from(attempt).unwrap();
        assert!(!self.denied.contains(&attempt), "attempt {attempt}, which was denied, is done");
        let order = &self.orders[self.attempts[usize_of(attempt)]];
        assert_eq!(order.book, book, "attempt {attempt} is in another's book");
        assert_eq!(order.steps(), *steps, "what is done is what was asked for");
        let expected = witnessed.expect(order, self.streams[book].tenant.uuid(), rows, written);
        assert_eq!(came(&entry.outcome), expected, "attempt {attempt}: {order:?}");
        for (_, step) in (0..).zip(steps.iter()).filter(|(index, _)| entry.outcome.did(*index)) {
            if let Step::Transfer(transfer) = step {
                assert!(witnessed.transfers.insert(transfer.id), "{} is there twice", transfer.id);
            }
        }
        if let Some(key) = key {
            let known = witnessed.keys.insert(key.id, (key.body, entry.outcome.clone()));
            assert!(known.is_none(), "key {} was decided twice", key.id);
        }
        let place = Place { seq: witnessed.seq, outcome: entry.outcome };
        assert!(self.places.insert(attempt, place).is_none(), "attempt {attempt} is there twice");
    }

    /// A client was told what came of its attempt.
    pub fn told(&mut self, attempt: u64, committed: &Committed<Outcome>) {
        let order = &self.orders[self.attempts[usize_of(attempt)]];
        let book = &mut self.books[order.book];
        let Committed { outcome, seq, replayed } = committed;
        if !replayed {
            let place = self.places.get(&attempt);
            let place = place.unwrap_or_else(|| panic!("acknowledged {attempt} is not there"));
            assert_eq!((&place.outcome, place.seq), (outcome, *seq), "attempt {attempt}");
            self.told.insert(attempt);
            book.told = book.told.max(*seq);
            return;
        }
        let rejection = outcome.rejection();
        match order.key {
            Some((key, body)) => {
                let (known_body, known) = &book.keys[&key];
                match rejection.filter(|why| why.reason == Reason::KeyReused) {
                    Some(_) => assert_ne!(*known_body, body, "the key was used with this body"),
                    None => assert_eq!((*known_body, known), (body, outcome), "the same answer"),
                }
            }
            None => {
                let why = rejection.expect("only rejections are known without a key");
                assert_eq!(why.reason, Reason::TransferExists);
                let transfer = TransferId::from_uuid(why.about.unwrap());
                assert!(book.transfers.contains(&transfer), "{transfer} was never made");
            }
        }
    }

    /// A client was told that its attempt was not done.
    pub fn deny(&mut self, attempt: u64, error: &str) {
        assert!(!self.places.contains_key(&attempt), "attempt {attempt} is done, told: {error}");
        self.denied.insert(attempt);
    }

    /// The last record of a book that a client was told of.
    pub fn told_of(&self, book: usize) -> u64 {
        self.books[book].told
    }

    /// A client was shown a book: it must be as it was at some time during the call.
    pub fn shown(&mut self, book: usize, after: u64, found: &Seen) {
        let witnessed = &mut self.books[book];
        let since = &witnessed.states[usize_of(after)..];
        assert!(since.contains(&hash_of(found)), "book {book} is shown as it was before {after}");
        // Whoever saw it knows that it was so far.
        let hash = hash_of(found);
        let at = witnessed.states.iter().position(|state| *state == hash).unwrap() as u64;
        witnessed.told = witnessed.told.max(at);
    }

    /// The hashes of a book's records must be those that are projected.
    pub fn check_projected(&self, book: usize, projected: &[[u8; 32]]) {
        let stream = self.streams[book].stream;
        let records = self.frames.iter().flat_map(|frame| &frame.records);
        let hashes: Vec<_> =
            records.filter(|record| record.stream == stream).map(|record| record.hash).collect();
        assert_eq!(hashes, projected, "each record of book {book} is projected once, in order");
    }

    /// Nothing may be left that should have expired by a time.
    pub fn check_expired(&self, by: Timestamp) {
        for (number, book) in self.books.iter().enumerate() {
            let mut model = book.model.clone();
            model.now = by.micros();
            let due = model.pass();
            assert!(due.is_empty(), "holds {due:?} of book {number} have not expired");
        }
    }
}

impl Witnessed {
    fn new() -> Self {
        Self {
            model: Model::default(),
            accounts: Vec::new(),
            seq: 0,
            hash: [0; 32],
            time: Timestamp::from_micros(i64::MIN),
            keys: BTreeMap::new(),
            transfers: BTreeSet::new(),
            states: vec![hash_of(&Seen::default())],
            told: 0,
        }
    }

    fn seen(&self) -> Seen {
        let model = &self.model;
        let placed = model.balances().into_iter().zip(model.account_groups());
        let account = |((number, posted, held_in, held_out, flags), (_, group))| {
            let group: Option<u8> = group;
            (account_id(number), group.map(group_id), [posted, held_in, held_out], flags)
        };
        let group = |(number, parent): (u8, Option<u8>)| {
            let held = (0..COMMODITIES).map(|code| {
                let (posted, debit, credit) = model.holding(number, code).unwrap();
                (commodity(code), [posted, debit, credit])
            });
            let held = held.filter(|(_, amounts)| *amounts != [0; 3]).collect();
            (group_id(number), parent.map(group_id), held)
        };
        Seen {
            accounts: placed.map(account).collect(),
            groups: model.groups().into_iter().map(group).collect(),
        }
    }

    /// What must come of an order now, with the rows it carries.
    fn expect(
        &mut self,
        order: &Order,
        tenant: Uuid,
        rows: &mut BTreeMap<RowKey, i64>,
        written: &mut Vec<RowWrite>,
    ) -> Came {
        let before = self.model.clone();
        let came = self.model.execute(None, order.each, &order.acts);
        if matches!(came, Came::Rejected { .. }) {
            return came;
        }
        let (mut changed, mut writes) = (rows.clone(), Vec::new());
        for act in &order.rows {
            let (id, state, refused) = match *act {
                RowAct::Add { id, state } => {
                    let there = changed.contains_key(&RowKey { tenant, id });
                    (id, state, Some("already_exists").filter(|_| there))
                }
                RowAct::Move { id, from, to } => {
                    let fits = changed.get(&RowKey { tenant, id }) == Some(&from);
                    (id, to, Some("changed_meanwhile").filter(|_| !fits))
                }
                RowAct::Note { id } => (id, 0, None),
            };
            if let Some(code) = refused {
                self.model = before;
                return Came::Rejected { step: 0, code };
            }
            let key = RowKey { tenant, id };
            changed.insert(key, state);
            writes.push(RowWrite { key, state });
        }
        *rows = changed;
        written.append(&mut writes);
        came
    }
}

fn hash_of(seen: &Seen) -> u64 {
    let mut hasher = DefaultHasher::new();
    seen.hash(&mut hasher);
    hasher.finish()
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap()
}
