//! Uploads, references and collections at the same time, cut off anywhere, over a store that fails:
//! nothing that somebody needs is lost, and what is nobody's is gone in the end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

#[path = "shelf/flaky.rs"]
mod flaky;
mod shelf;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Polling, Poll};

use flaky::Flaky;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use kernel::Problematic as _;
use objects::{BlobLimits, Blobs, MODULE, ObjectId, ObjectState, ObjectsError};
use shelf::{CHUNK, DAY, Shelf, noise, reference};
use storage::Limits;
use storage::crypto::hex;
use testing::{Cell, TestDatabase};

/// Seeds of a run; the long form has more.
const SEEDS: u64 = if cfg!(debug_assertions) { 6 } else { 200 };
/// How often several things happen at the same time.
const ROUNDS: usize = 12;
/// How many.
const TASKS: usize = 10;
/// Things that may need a file.
const NEEDS: u64 = 6;
/// Different contents.
const CONTENTS: u64 = 5;

/// What somebody was told, and so may rely on.
#[derive(Clone, Default)]
struct Told {
    /// What each thing refers to; nothing where that is not known.
    needed: BTreeMap<u64, Option<u64>>,
    /// What was uploaded for its own sake; nothing where giving it up was begun.
    files: BTreeMap<ObjectId, Option<u64>>,
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// A task that ends, as with its process, when it was polled so often.
struct Cut<'a> {
    task: LocalBoxFuture<'a, ()>,
    polls: u64,
}

impl Future for Cut<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, polling: &mut Polling<'_>) -> Poll<()> {
        if self.polls == 0 {
            return Poll::Ready(());
        }
        self.polls -= 1;
        self.task.as_mut().poll(polling)
    }
}

fn content(number: u64) -> Vec<u8> {
    // Short ones, and ones of two and three chunks.
    let length = [40, 900, CHUNK + 3, CHUNK, 2 * CHUNK + 1][usize::try_from(number).unwrap() % 5];
    noise(number + 1, length)
}

/// Keeps a file and refers to it, as an import does.
async fn need(shelf: &Shelf<'_>, told: &RefCell<Told>, (thing, what): (u64, u64)) {
    let Ok(id) = shelf.try_keep(shelf.own(), &content(what)).await else { return };
    told.borrow_mut().needed.insert(thing, None);
    if what == 0 {
        // Whoever takes a day and a half until he refers to it may come too late, and is told so.
        shelf.db.clock.advance_seconds(36 * 3_600);
        shelf.objects.collect().await.unwrap();
    }
    let mut tx = shelf.write().await;
    let before = objects::referred(&mut tx, reference(thing.into())).await.unwrap();
    if !before.is_empty() {
        return;
    }
    match objects::refer(&mut tx, &shelf.context, id, reference(thing.into())).await {
        Ok(()) => {}
        Err(ObjectsError::Unknown { .. }) => return,
        Err(error) => panic!("{error}"),
    }
    tx.commit().await.unwrap();
    told.borrow_mut().needed.insert(thing, Some(what));
}

async fn release(shelf: &Shelf<'_>, told: &RefCell<Told>, thing: u64) {
    told.borrow_mut().needed.insert(thing, None);
    shelf.release(reference(thing.into())).await;
}

/// Uploads a file, and goes on where a piece failed.
async fn upload(shelf: &Shelf<'_>, told: &RefCell<Told>, what: u64) {
    let content = content(what);
    let id = shelf.begin(content.len()).await.id;
    for _ in 0..4 {
        let Ok(object) = shelf.objects.object(&shelf.context, id).await else { return };
        if object.state == ObjectState::Stored {
            told.borrow_mut().files.insert(object.id, Some(what));
            return;
        }
        let from = usize::try_from(object.received).unwrap();
        match shelf.send(id, object.received, &content[from..]).await {
            Ok(_) | Err(ObjectsError::Store { .. } | ObjectsError::Unknown { .. }) => {}
            Err(ObjectsError::WrongState { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn give_up(shelf: &Shelf<'_>, told: &RefCell<Told>, id: ObjectId) {
    told.borrow_mut().files.insert(id, None);
    let mut tx = shelf.write().await;
    match shelf.objects.give_up(&mut tx, &shelf.context, id).await {
        Ok(()) => tx.commit().await.unwrap(),
        Err(error) => assert_eq!(error.code(), "object_unknown"),
    }
}

/// Everything that somebody was told is there reads back as it was.
async fn check(shelf: &Shelf<'_>, told: &Told) {
    for (thing, what) in &told.needed {
        let mut tx = shelf.write().await;
        let kept = objects::referred(&mut tx, reference((*thing).into())).await.unwrap();
        tx.rollback();
        if let Some(what) = what {
            assert_eq!(kept.len(), 1, "{thing}");
            assert!(shelf.read(kept[0]).await.unwrap() == content(*what), "{thing}");
        }
        // Also where nobody was told whether it was done: a reference that is there can be
        // followed.
        for id in kept {
            shelf.read(id).await.unwrap();
        }
    }
    for (id, what) in told.files.iter().filter_map(|(id, what)| Some((id, (*what)?))) {
        assert!(shelf.read(*id).await.unwrap() == content(what), "{id}");
    }
}

/// The names that rows say are in the store.
async fn names_of_rows(shelf: &Shelf<'_>) -> BTreeSet<String> {
    let raw = shelf.db.raw().await;
    let rows = raw.rows("SELECT tenant, object, number, id FROM objects_chunk");
    let bytes = |cell: &Cell| match cell {
        Cell::Bytes(bytes) => hex(bytes),
        other => panic!("{other:?}"),
    };
    let name = |row: &Vec<Cell>| {
        let Cell::Number(number) = row[2] else { panic!("{row:?}") };
        format!("{}/{}/{number:05}-{}", bytes(&row[0]), bytes(&row[1]), bytes(&row[3]))
    };
    rows.await.iter().map(name).collect()
}

async fn run(db: &TestDatabase, seed: u64) {
    let store = Flaky::new(seed);
    let shelf = Shelf::over(db, Blobs::over(Arc::new(store.clone()), BlobLimits::default()));
    let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
    let told = RefCell::<Told>::default();
    for round in 0..ROUNDS {
        store.fail(if round % 3 == 1 { 15 } else { 0 });
        let mut tasks = FuturesUnordered::new();
        let mut taken = BTreeSet::new();
        for _ in 0..TASKS {
            let (thing, what) = (random.below(NEEDS), random.below(CONTENTS));
            let task: LocalBoxFuture<'_, ()> = match random.below(7) {
                // Two who say what the same thing needs are for that thing to sort out.
                0..=2 if !taken.insert(thing) => continue,
                0 | 1 => Box::pin(need(&shelf, &told, (thing, what))),
                2 => Box::pin(release(&shelf, &told, thing)),
                3 => Box::pin(upload(&shelf, &told, what)),
                4 => {
                    let files: Vec<_> = told.borrow().files.keys().copied().collect();
                    let Some(id) = files.get(usize::try_from(thing).unwrap()) else { continue };
                    Box::pin(give_up(&shelf, &told, *id))
                }
                5 => Box::pin(async {
                    shelf.objects.collect().await.unwrap();
                }),
                _ => {
                    let hours = random.below(40);
                    Box::pin(async move {
                        tokio::task::yield_now().await;
                        db.clock.advance_seconds(i64::try_from(hours).unwrap() * 3_600);
                    })
                }
            };
            // Half of them live as long as they want.
            let polls = if random.below(2) == 0 { u64::MAX } else { random.below(30) };
            tasks.push(Cut { task, polls });
        }
        while tasks.next().await.is_some() {}
        store.fail(0);
        let now = told.borrow().clone();
        check(&shelf, &now).await;
    }
    // Later, what is nobody's is gone: uploads that were left, bytes of those who were cut off.
    for days in [8, 2, 2] {
        db.clock.advance_seconds(days * DAY);
        assert_eq!(shelf.objects.collect().await.unwrap().failed, 0);
    }
    let now = told.borrow().clone();
    check(&shelf, &now).await;
    let kept: BTreeSet<String> = store.names().await.into_iter().collect();
    assert_eq!(kept, names_of_rows(&shelf).await, "seed {seed}");
    let raw = shelf.db.raw().await;
    let orphans = raw.rows(
        "SELECT id FROM objects_object AS object WHERE NOT EXISTS (
             SELECT 1 FROM objects_reference AS reference WHERE reference.object = object.id)",
    );
    assert_eq!(orphans.await.len(), 0, "seed {seed}");
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn nothing_needed_is_lost_and_nothing_else_stays(db: TestDatabase) {
        // A machine that stands still for a while is none of what is tried here.
        let patient = Limits {
            begin_wait_ms_max: 600_000,
            transaction_ms_max: 600_000,
            ..Limits::default()
        };
        let mut db = db;
        db.database = db.open(db.env.clone(), patient);
        for seed in 1..=SEEDS {
            run(&db, seed).await;
            // The next seed begins with nothing of this one.
            let raw = db.raw().await;
            for table in ["objects_object", "objects_chunk", "objects_reference"] {
                raw.run(&format!("DELETE FROM {table}")).await;
            }
        }
    }
}
