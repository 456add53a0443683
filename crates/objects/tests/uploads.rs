//! An upload goes on where it ended, whoever sends it and however often, and is refused for what it
//! is or for how much.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelf;

use bytes::Bytes;
use futures_util::stream;
use kernel::PageRequest;
use objects::limits::{OBJECT_BYTES_MAX, UPLOADS_MAX};
use objects::{MODULE, NewObject, ObjectState, Objects, ObjectsError};
use shelf::{CHUNK, Shelf, code, noise, pieces};
use testing::TestDatabase;

/// A body that breaks off after some bytes.
fn broken(
    bytes: &[u8],
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + Unpin {
    let reset = std::io::Error::other("connection reset by peer");
    stream::iter([Ok(Bytes::copy_from_slice(bytes)), Err(reset)])
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn it_goes_on_after_a_connection_broke_off_and_after_a_restart(db: TestDatabase) {
        let mut db = db;
        let content = noise(1, 3 * CHUNK + 500);
        let (id, context, files) = {
            let shelf = Shelf::of(&db);
            let begun = shelf.begin(content.len()).await;
            assert_eq!((begun.state, begun.received), (ObjectState::Uploading, 0));
            let id = begun.id;
            let body = broken(&content[..CHUNK + 1_000]);
            let broke = shelf.objects.append(&shelf.context, (id, 0), body).await;
            assert_eq!(code(broke), "body_unreadable");
            (id, shelf.context.clone(), shelf.files.clone())
        };
        db.reopen();
        let blobs = objects::Blobs::directory(&files, objects::BlobLimits::default()).unwrap();
        let again = Objects::new(db.database.clone(), blobs);
        let object = again.object(&context, id).await.unwrap();
        assert_eq!((object.state, object.received), (ObjectState::Uploading, CHUNK as u64));
        // A body that ends early is kept as far as its chunks are whole.
        let from = object.received;
        let part = pieces(&content[CHUNK..2 * CHUNK + 5]);
        let object = again.append(&context, (id, from), part).await.unwrap();
        assert_eq!(object.received, 2 * CHUNK as u64);
        let rest = pieces(&content[2 * CHUNK..]);
        let object = again.append(&context, (id, object.received), rest).await.unwrap();
        assert_eq!((object.state, object.id), (ObjectState::Stored, id));
        let mut opened = again.open(&context, id).await.unwrap();
        let mut read = Vec::new();
        while let Some(bytes) = opened.next().await.unwrap() {
            read.extend_from_slice(&bytes);
        }
        assert!(read == content);
    }

    async fn of_two_who_send_the_same_piece_one_counts(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let (one, other) = (noise(1, 2 * CHUNK), noise(2, 2 * CHUNK));
        let id = shelf.begin(one.len()).await.id;
        let both = futures_util::join!(
            shelf.send(id, 0, &one[..CHUNK]),
            shelf.send(id, 0, &other[..CHUNK]),
        );
        let outcomes = [code(both.0), code(both.1)];
        let expected = [["ok", "upload_wrong_offset"], ["upload_wrong_offset", "ok"]];
        assert!(expected.contains(&outcomes), "{outcomes:?}");
        let content = if outcomes[0] == "ok" { one } else { other };
        assert_eq!(shelf.stored().len(), 1, "the other's bytes are taken away");
        // An earlier piece that comes late changes nothing.
        assert_eq!(code(shelf.send(id, 0, &content[..CHUNK]).await), "upload_wrong_offset");
        let done = shelf.send(id, CHUNK as u64, &content[CHUNK..]).await.unwrap();
        assert_eq!(done.state, ObjectState::Stored);
        assert!(shelf.read(id).await.unwrap() == content);
        let late = shelf.send(id, CHUNK as u64, &content[CHUNK..]).await;
        assert_eq!(code(late), "object_wrong_state");
    }

    async fn what_is_there_already_stands_for_what_is_uploaded(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let content = noise(1, CHUNK + 10);
        let known = shelf.keep(&content).await;
        let upload = shelf.begin(content.len()).await.id;
        assert_eq!(code(shelf.read(upload).await), "object_wrong_state");
        let done = shelf.send(upload, 0, &content).await.unwrap();
        assert_eq!((done.id, done.state), (known, ObjectState::Stored));
        // Asked for by its own id, the one that stands for it is there.
        assert_eq!(shelf.objects.object(&shelf.context, upload).await.unwrap().id, known);
        assert!(shelf.read(upload).await.unwrap() == content);
        // Two that end at the same moment become one.
        let (first, second) = (shelf.begin(5).await.id, shelf.begin(5).await.id);
        let ended =
            futures_util::join!(shelf.send(first, 0, b"hello"), shelf.send(second, 0, b"hello"));
        assert_eq!(ended.0.unwrap().id, ended.1.unwrap().id);
        let page = PageRequest::first(10);
        let listed = shelf.objects.objects(&shelf.context, None, &page).await.unwrap();
        assert_eq!(listed.items.len(), 2);
    }

    async fn sizes_names_and_types_have_limits(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let begin = async |name: &str, size: u64| {
            let mut tx = shelf.write().await;
            let new = NewObject { party: shelf.own(), name };
            let begun = shelf.objects.begin(&mut tx, &shelf.context, &new, size).await;
            tx.commit().await.unwrap();
            begun
        };
        assert_eq!(code(begin("a", 0).await), "object_empty");
        assert_eq!(code(begin("a", OBJECT_BYTES_MAX + 1).await), "object_too_large");
        for name in ["", "  ", "a\0b", &"a".repeat(256)] {
            assert_eq!(code(begin(name, 1).await), "invalid_fields", "{name:?}");
        }
        // More than was announced: nothing of the last chunk counts.
        let id = begin("a", 10).await.unwrap().id;
        assert_eq!(code(shelf.send(id, 0, b"01234567890").await), "object_too_large");
        let object = shelf.objects.object(&shelf.context, id).await.unwrap();
        assert_eq!((object.state, object.received), (ObjectState::Uploading, 0));
        // Programs are not kept, whatever they are called.
        let program = [b"MZ\x90\x00".as_slice(), &[0; 100]].concat();
        assert_eq!(code(shelf.try_keep(shelf.own(), &program).await), "object_type_refused");
        let id = begin("statement.pdf", program.len() as u64).await.unwrap().id;
        assert_eq!(code(shelf.send(id, 0, &program).await), "object_type_refused");
        assert_eq!(code(shelf.send(id, 0, &program).await), "object_unknown");
        assert_eq!(shelf.stored().len(), 0);
        for _ in 1..UPLOADS_MAX {
            begin("a", 10).await.unwrap();
        }
        let refused = begin("a", 10).await;
        assert!(matches!(refused, Err(ObjectsError::TooManyUploads)), "{refused:?}");
        // One that is given up makes room.
        let page = PageRequest::first(1);
        let listed = shelf.objects.objects(&shelf.context, None, &page).await.unwrap();
        let last = &listed.items[0];
        let mut tx = shelf.write().await;
        shelf.objects.give_up(&mut tx, &shelf.context, last.id).await.unwrap();
        tx.commit().await.unwrap();
        begin("a", 10).await.unwrap();
    }

    async fn no_more_than_a_chunk_is_read_ahead_of_what_is_stored(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let (size, piece) = (8 * CHUNK, Bytes::from(noise(1, 1 << 16)));
        let id = shelf.begin(size).await.id;
        // Asked for a piece, everything before the chunk that it belongs to is on disk.
        let asked = (0..size >> 16).map(|number| {
            let whole = (number << 16) / CHUNK;
            assert!(shelf.stored().len() >= whole, "piece {number}");
            Ok::<_, std::io::Error>(piece.clone())
        });
        let body = stream::iter(asked);
        let done = shelf.objects.append(&shelf.context, (id, 0), body).await.unwrap();
        assert_eq!((done.state, done.size), (ObjectState::Stored, size as u64));
        let mut content = shelf.objects.open(&shelf.context, id).await.unwrap();
        while let Some(bytes) = content.next().await.unwrap() {
            assert_eq!(bytes.len(), CHUNK);
        }
    }
}
