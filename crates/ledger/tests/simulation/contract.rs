//! What every store of a journal must do, held against the simulated one, SQLite and PostgreSQL:
//! what the simulation shows of the engine holds for a real store as far as both keep this.

use std::future::Future;

use kernel::{TenantId, Timestamp, Uuid};
use storage::StorageError;
use storage::journal::{
    Carried, Commit, JournalStore, Record, RecordHeader, Refusal, SnapshotHead,
};

use crate::rows::RowAct;

/// A store with the rows that its commits carry.
pub trait Face {
    type Store: JournalStore;

    fn store(&self) -> &Self::Store;

    /// A tenant's rows, by id.
    fn rows(&self, tenant: TenantId) -> impl Future<Output = Vec<(i64, i64)>>;
}

fn tenant(number: u128) -> TenantId {
    TenantId::from_uuid(Uuid::from_u128(number))
}

fn stream(number: u128) -> Uuid {
    Uuid::from_u128(0x57 << 64 | number)
}

/// A record of the first tenant's stream with this number.
fn record(number: u128, seq: u64, entries: &[u8]) -> Record {
    let header = RecordHeader {
        codec: 1,
        stream: stream(number),
        seq,
        previous: [7; 32],
        time: Timestamp::from_micros(1_000_000),
        first_number: 1,
        count: 1,
        tenant: tenant(1),
    };
    Record::seal(&header, entries)
}

fn add(id: i64) -> RowAct {
    RowAct::Add { id, state: 0 }
}

async fn carry<C: Commit>(
    commit: &mut C,
    owner: TenantId,
    acts: &[RowAct],
) -> Result<Carried, StorageError> {
    let changes: Vec<_> = acts.iter().map(|act| act.change()).collect();
    commit.carry(owner, &changes).await
}

async fn append<F: Face>(face: &F, records: &[Record]) -> Result<(), StorageError> {
    face.store().begin().await?.commit(records).await
}

pub async fn records_are_read_in_their_order<F: Face>(face: &F) {
    let [one, two, three] = [1, 2, 3].map(|seq| record(1, seq, b"an entry"));
    let other = record(2, 1, b"another stream's");
    append(face, &[one.clone(), other.clone()]).await.unwrap();
    append(face, &[two.clone(), three.clone()]).await.unwrap();

    let read = |after, limit| face.store().read(stream(1), after, limit);
    assert_eq!(read(0, 10).await.unwrap(), [one.clone(), two.clone(), three.clone()]);
    assert_eq!(read(0, 2).await.unwrap(), [one, two.clone()]);
    assert_eq!(read(2, 10).await.unwrap(), [three]);
    assert_eq!(read(3, 10).await.unwrap(), []);
    assert_eq!(face.store().read(stream(2), 0, 10).await.unwrap(), [other]);
    assert_eq!(face.store().hash_of(stream(1), 2).await.unwrap(), Some(two.hash));
    assert_eq!(face.store().hash_of(stream(1), 4).await.unwrap(), None);
    assert_eq!(face.store().hash_of(stream(3), 1).await.unwrap(), None);
}

pub async fn a_place_in_a_stream_is_taken_once<F: Face>(face: &F) {
    let kept = record(1, 1, b"the first");
    append(face, std::slice::from_ref(&kept)).await.unwrap();

    let mut commit = face.store().begin().await.unwrap();
    assert_eq!(carry(&mut commit, tenant(1), &[add(1)]).await.unwrap(), Carried::Done);
    let late = [record(2, 1, b"beside it"), record(1, 1, b"the second")];
    let refused = commit.commit(&late).await;
    assert!(matches!(refused, Err(StorageError::Duplicate { .. })), "{refused:?}");

    assert_eq!(face.store().read(stream(1), 0, 10).await.unwrap(), [kept]);
    assert_eq!(face.store().read(stream(2), 0, 10).await.unwrap(), []);
    assert_eq!(face.rows(tenant(1)).await, []);
}

pub async fn a_commit_that_is_dropped_leaves_no_trace<F: Face>(face: &F) {
    let mut commit = face.store().begin().await.unwrap();
    assert_eq!(carry(&mut commit, tenant(1), &[add(1)]).await.unwrap(), Carried::Done);
    drop(commit);

    assert_eq!(face.rows(tenant(1)).await, []);
    append(face, &[record(1, 1, b"in its place")]).await.unwrap();
}

pub async fn what_is_not_committed_is_not_seen<F: Face>(face: &F) {
    let one = record(1, 1, b"an entry");
    let mut commit = face.store().begin().await.unwrap();
    assert_eq!(carry(&mut commit, tenant(1), &[add(1)]).await.unwrap(), Carried::Done);
    assert_eq!(face.rows(tenant(1)).await, []);

    commit.commit(std::slice::from_ref(&one)).await.unwrap();
    assert_eq!(face.store().read(stream(1), 0, 10).await.unwrap(), [one]);
    assert_eq!(face.rows(tenant(1)).await, [(1, 0)]);
}

pub async fn rows_that_do_not_fit_are_refused_alone<F: Face>(face: &F) {
    let mut commit = face.store().begin().await.unwrap();
    assert_eq!(carry(&mut commit, tenant(1), &[add(1)]).await.unwrap(), Carried::Done);
    let moved = |from| RowAct::Move { id: 1, from, to: from + 1 };
    let refused = carry(&mut commit, tenant(1), &[add(2), moved(5)]).await.unwrap();
    assert_eq!(refused, Carried::Refused(Refusal { change: 1, duplicate: false }));
    let refused = carry(&mut commit, tenant(1), &[add(3), add(4), add(1)]).await.unwrap();
    assert_eq!(refused, Carried::Refused(Refusal { change: 2, duplicate: true }));
    let missing = RowAct::Move { id: 9, from: 0, to: 1 };
    let refused = carry(&mut commit, tenant(1), &[missing]).await.unwrap();
    assert_eq!(refused, Carried::Refused(Refusal { change: 0, duplicate: false }));
    // It sees what the commit itself has changed.
    assert_eq!(carry(&mut commit, tenant(1), &[moved(0), moved(1)]).await.unwrap(), Carried::Done);
    commit.commit(&[record(1, 1, b"an entry")]).await.unwrap();

    assert_eq!(face.rows(tenant(1)).await, [(1, 2)]);
    assert_eq!(face.store().read(stream(1), 0, 10).await.unwrap().len(), 1);
}

pub async fn rows_go_together_or_not_at_all<F: Face>(face: &F) {
    let moved = |id, from| RowAct::Move { id, from, to: from + 1 };
    let of = |owner: u128, acts: &[RowAct]| {
        (tenant(owner), acts.iter().map(|act| act.change()).collect::<Vec<_>>())
    };
    let added: Vec<_> = (1..=40).map(|id| of(1, &[add(id)])).collect();
    let begin = async || face.store().begin().await.unwrap();
    let commit = begin().await.carry_together(&added).await.unwrap().unwrap();
    commit.commit(&[record(1, 1, b"an entry")]).await.unwrap();
    for (refused, why) in [
        (vec![of(1, &[add(50)]), of(1, &[add(7)]), of(1, &[add(51)])], "a row that is there"),
        (vec![of(1, &[add(50)]), of(1, &[add(50)])], "the same row twice"),
        (vec![of(1, &[moved(1, 0)]), of(1, &[moved(2, 5)])], "a state that it is not in"),
        (vec![of(1, &[moved(1, 0)]), of(1, &[moved(1, 0)])], "the same state twice"),
        (vec![of(1, &[moved(1, 0)]), of(1, &[moved(60, 0)])], "a row that is not there"),
        (vec![of(1, &[moved(1, 0)]), of(2, &[moved(1, 0)])], "another tenant's row"),
        (
            vec![of(1, &[add(50), moved(51, 0)]), of(1, &[add(51), moved(50, 0)])],
            "a row that only the next one adds",
        ),
    ] {
        assert!(begin().await.carry_together(&refused).await.unwrap().is_none(), "{why}");
    }
    let went = [
        of(1, &[moved(1, 0)]),
        of(2, &[add(1)]),
        of(1, &[moved(2, 0)]),
        // Those that follow from each other, in whichever statements.
        of(1, &[moved(2, 1), moved(2, 2)]),
        of(1, &[add(41), moved(41, 0)]),
        of(1, &[add(42), moved(42, 0)]),
        of(1, &[moved(42, 1)]),
        of(1, &[moved(41, 1)]),
        of(2, &[moved(1, 0)]),
    ];
    let commit = begin().await.carry_together(&went).await.unwrap().unwrap();
    commit.commit(&[record(1, 2, b"an entry")]).await.unwrap();

    let state = |id: i64| match id {
        1 => 1,
        2 => 3,
        41 | 42 => 2,
        _ => 0,
    };
    let expected: Vec<_> = (1..=42).map(|id| (id, state(id))).collect();
    assert_eq!(face.rows(tenant(1)).await, expected);
    assert_eq!(face.rows(tenant(2)).await, [(1, 1)]);
}

pub async fn tenants_do_not_meet<F: Face>(face: &F) {
    let mut commit = face.store().begin().await.unwrap();
    assert_eq!(carry(&mut commit, tenant(1), &[add(1)]).await.unwrap(), Carried::Done);
    let moved = RowAct::Move { id: 1, from: 0, to: 1 };
    let refused = carry(&mut commit, tenant(2), &[moved]).await.unwrap();
    assert_eq!(refused, Carried::Refused(Refusal { change: 0, duplicate: false }));
    assert_eq!(carry(&mut commit, tenant(2), &[add(1), moved]).await.unwrap(), Carried::Done);
    commit.add_rows(tenant(3), vec![RowAct::Note { id: 1 }.change()]).await.unwrap();
    commit.commit(&[record(1, 1, b"an entry")]).await.unwrap();

    assert_eq!(face.rows(tenant(1)).await, [(1, 0)]);
    assert_eq!(face.rows(tenant(2)).await, [(1, 1)]);
    assert_eq!(face.rows(tenant(3)).await, [(1, 0)]);
}

pub async fn of_two_commits_at_once_one_is_done<F: Face>(face: &F) {
    let commit = async |entries: &[u8]| append(face, &[record(1, 1, entries)]).await;
    let (one, other) = futures_util::future::join(commit(b"one"), commit(b"other")).await;
    assert_ne!(one.is_ok(), other.is_ok(), "{one:?} and {other:?}");
    assert_eq!(face.store().read(stream(1), 0, 10).await.unwrap().len(), 1);
}

pub async fn a_snapshot_is_there_whole_or_not_at_all<F: Face>(face: &F) {
    let (stream, store) = (stream(1), face.store());
    let head = |seq: u64, parts: u32| {
        let (tenant, state, bytes) = (tenant(1), 1, 1);
        let (record_hash, hash) = ([1; 32], [2; 32]);
        SnapshotHead { stream, tenant, seq, state, record_hash, parts, bytes, hash }
    };
    let put = async |seq: u64, number: u32, body: &[u8]| {
        let of = (stream, tenant(1), seq);
        store.put_snapshot_part(of, number, body.to_vec()).await.unwrap();
    };
    put(7, 0, b"a part").await;
    assert_eq!(store.snapshot(stream).await.unwrap(), None);
    put(7, 1, b"another").await;
    store.finish_snapshot(head(7, 2)).await.unwrap();
    assert_eq!(store.snapshot(stream).await.unwrap(), Some(head(7, 2)));
    assert_eq!(store.snapshot(Uuid::from_u128(9)).await.unwrap(), None);
    let part = async |seq, number| store.snapshot_part((stream, seq), number).await.unwrap();
    assert_eq!(part(7, 1).await.as_deref(), Some(&b"another"[..]));
    assert_eq!(part(7, 2).await, None);

    // The next one counts from its end on; two who make the same one do not mind each other.
    put(9, 0, b"later").await;
    assert_eq!(store.snapshot(stream).await.unwrap(), Some(head(7, 2)));
    put(9, 0, b"later").await;
    store.finish_snapshot(head(9, 1)).await.unwrap();
    store.finish_snapshot(head(9, 1)).await.unwrap();
    assert_eq!(store.snapshot(stream).await.unwrap(), Some(head(9, 1)));
    assert_eq!(part(9, 0).await.as_deref(), Some(&b"later"[..]));
    assert_eq!(part(7, 0).await, None);
}

/// For stores that several processes use: one that stopped in the middle of a commit keeps nobody
/// from its rows and its streams, and does not go on when it wakes.
pub async fn whoever_stands_still_is_passed<F: Face>(face: &F) {
    let mut frozen = face.store().begin().await.unwrap();
    assert_eq!(carry(&mut frozen, tenant(1), &[add(1)]).await.unwrap(), Carried::Done);

    let taken_over = record(1, 1, b"the successor's");
    let take_over = async || {
        let mut commit = face.store().begin().await.ok()?;
        carry(&mut commit, tenant(1), &[add(1)]).await.ok()?;
        commit.commit(std::slice::from_ref(&taken_over)).await.ok()
    };
    testing::eventually("the successor's turn", take_over).await;

    let late = frozen.commit(&[record(1, 1, b"the frozen one's")]).await;
    assert!(late.is_err(), "it was passed");
    assert_eq!(face.store().read(stream(1), 0, 10).await.unwrap(), [taken_over]);
    assert_eq!(face.rows(tenant(1)).await, [(1, 0)]);
}
