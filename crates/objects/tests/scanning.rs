//! Where there is a scanner, nothing passes that it did not see. The server here answers as clamd's
//! documentation says (https://docs.clamav.net/manual/Usage/ClamdProtocol.html, and clamd(8)).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelf;

use std::sync::{Arc, Mutex};

use kernel::Problematic as _;
use objects::{Clamd, MODULE, Object, ObjectId, ObjectState, Objects};
use shelf::{CHUNK, DAY, Shelf, code, noise};
use testing::TestDatabase;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Longer than this it takes nothing, as with `StreamMaxLength`.
const STREAM_BYTES_MAX: usize = 5 * CHUNK;

/// What makes the server find something.
const VIRUS: &[u8] = b"a virus, as it were";

/// Contents that were looked into.
type Seen = Arc<Mutex<Vec<Vec<u8>>>>;

/// How the server behaves.
#[derive(Clone, Copy)]
enum Mood {
    Well,
    Silent,
    Muddled,
}

async fn clamd(mood: Mood) -> (Arc<Clamd>, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, mood, Arc::clone(&noted)));
        }
    });
    (Arc::new(Clamd { address, step_ms_max: 500 }), seen)
}

async fn serve(mut socket: TcpStream, mood: Mood, seen: Seen) {
    let mut command = [0; 10];
    socket.read_exact(&mut command).await.unwrap();
    assert_eq!(&command, b"zINSTREAM\0");
    let mut content = Vec::new();
    // Pieces, each with its length in four bytes in network order; one of no bytes ends them.
    while let Ok(length) = socket.read_u32().await
        && length > 0
    {
        let mut piece = vec![0; length as usize];
        socket.read_exact(&mut piece).await.unwrap();
        content.extend_from_slice(&piece);
        if content.len() > STREAM_BYTES_MAX {
            let _ = socket.write_all(b"INSTREAM size limit exceeded. ERROR\0").await;
            return;
        }
    }
    let is_found = content.windows(VIRUS.len()).any(|window| window == VIRUS);
    seen.lock().unwrap().push(content);
    let answer: &[u8] = match (mood, is_found) {
        (Mood::Silent, _) => return std::future::pending().await,
        (Mood::Muddled, _) => b"PONG\0",
        (Mood::Well, true) => b"stream: Eicar-Test-Signature FOUND\0",
        (Mood::Well, false) => b"stream: OK\0",
    };
    socket.write_all(answer).await.unwrap();
}

/// A shelf whose contents are looked into.
fn scanned<'a>(db: &'a TestDatabase, clamd: &Arc<Clamd>) -> Shelf<'a> {
    let shelf = Shelf::of(db);
    let objects = shelf.objects.clone().with_scanner(clamd.clone());
    Shelf { objects, ..shelf }
}

/// Lets jobs run until an object is in none of the states that pass.
async fn checked(db: &TestDatabase, shelf: &Shelf<'_>, id: ObjectId) -> Object {
    let worker = jobs::Worker::new(db.database.clone(), "test", jobs::WorkerLimits::default());
    let worker = worker.with(objects::CheckObjects::new(shelf.objects.clone())).start();
    let object = testing::eventually("it is checked", async || {
        let found = shelf.objects.object(&shelf.context, id).await.unwrap();
        (found.state != ObjectState::Checking).then_some(found)
    });
    let object = object.await;
    worker.stop().await;
    object
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn what_is_whole_is_looked_into_before_it_is_kept(db: TestDatabase) {
        let (clamd, seen) = clamd(Mood::Well).await;
        let shelf = scanned(&db, &clamd);
        let content = noise(1, 2 * CHUNK + 5);
        let id = shelf.keep(&content).await;
        assert!(seen.lock().unwrap().as_slice() == [content.clone()]);
        assert!(shelf.read(id).await.unwrap() == content);
        let refused = shelf.try_keep(shelf.own(), VIRUS).await.unwrap_err();
        assert_eq!(refused.code(), "object_infected");
        assert!(refused.to_string().contains("Eicar-Test-Signature"), "{refused}");
        assert_eq!(shelf.stored().len(), 3);
        // Longer than it takes: it does not say that the content is clean, so it is not kept.
        let long = shelf.try_keep(shelf.own(), &noise(2, STREAM_BYTES_MAX + CHUNK)).await;
        assert_eq!(code(long), "object_infected");
    }

    async fn what_came_in_pieces_waits_for_the_scanner(db: TestDatabase) {
        let (clamd, seen) = clamd(Mood::Well).await;
        let shelf = scanned(&db, &clamd);
        let content = noise(1, CHUNK + 5);
        let id = shelf.begin(content.len()).await.id;
        let sent = shelf.send(id, 0, &content).await.unwrap();
        assert_eq!(sent.state, ObjectState::Checking);
        assert_eq!(code(shelf.read(id).await), "object_wrong_state");
        assert_eq!(code(shelf.refer(id, shelf::reference(1)).await), "object_unknown");
        assert_eq!(checked(&db, &shelf, id).await.state, ObjectState::Stored);
        assert!(shelf.read(id).await.unwrap() == content);
        assert_eq!(seen.lock().unwrap().len(), 1);
        let id = shelf.begin(VIRUS.len()).await.id;
        shelf.send(id, 0, VIRUS).await.unwrap();
        let refused = checked(&db, &shelf, id).await;
        let found = refused.refusal.as_deref();
        assert_eq!((refused.state, found), (ObjectState::Refused, Some("Eicar-Test-Signature")));
        assert_eq!(code(shelf.read(id).await), "object_infected");
        // Its bytes go like those of what nobody needs.
        db.clock.advance_seconds(DAY + 1);
        assert_eq!(shelf.objects.collect().await.unwrap().forgotten, 1);
        assert_eq!(code(shelf.read(id).await), "object_unknown");
    }

    async fn nothing_passes_while_it_cannot_say(db: TestDatabase) {
        let down = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let down = Arc::new(Clamd { address: down.to_string(), step_ms_max: 500 });
        for scanner in [down, clamd(Mood::Silent).await.0, clamd(Mood::Muddled).await.0] {
            let shelf = scanned(&db, &scanner);
            assert_eq!(code(shelf.try_keep(shelf.own(), b"hello").await), "scanner_unavailable");
            assert_eq!(shelf.stored().len(), 0);
        }
        // An upload waits until it can, also where the next process has no scanner at all.
        let scanner = clamd(Mood::Silent).await.0;
        let shelf = scanned(&db, &scanner);
        let id = shelf.begin(5).await.id;
        shelf.send(id, 0, b"hello").await.unwrap();
        let without = Objects::clone(&Shelf::of(&db).objects);
        for objects in [shelf.objects.clone(), without] {
            let limits = jobs::WorkerLimits::default();
            let worker = jobs::Worker::new(db.database.clone(), "test", limits);
            let worker = worker.with(objects::CheckObjects::new(objects)).start();
            testing::eventually("the job failed", async || {
                let mut tx = shelf.write().await;
                let page = kernel::PageRequest::first(1);
                let found = jobs::jobs(&mut tx, Some(jobs::JobState::Scheduled), &page).await;
                tx.rollback();
                (!found.unwrap().items.is_empty()).then_some(())
            })
            .await;
            worker.stop().await;
            db.clock.advance_seconds(jobs::BACKOFF_SECONDS_MAX);
            assert_eq!(code(shelf.read(id).await), "object_wrong_state");
        }
        let well = clamd(Mood::Well).await.0;
        let again = Shelf { objects: shelf.objects.clone().with_scanner(well), ..shelf };
        assert_eq!(checked(&db, &again, id).await.state, ObjectState::Stored);
    }
}
