//! A bucket does what a directory does; where a store is slow, down, full or talks nonsense,
//! nothing is kept that is not there, and what was kept before stays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

#[path = "shelf/flaky.rs"]
mod flaky;
mod shelf;

use std::sync::Arc;
use std::time::Duration;

use flaky::Flaky;
use kernel::PageRequest;
use objects::{BlobLimits, Blobs, Bucket, MODULE, ObjectState, Objects};
use shelf::{CHUNK, DAY, Shelf, code, noise, reference};
use testing::{Moto, TestDatabase};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Limits by which a test does not wait for long.
const SHORT: BlobLimits = BlobLimits { request_ms_max: 300, step_ms_max: 1_000, retries_max: 1 };

fn bucket(endpoint: &str, prefix: &str) -> Bucket {
    Bucket {
        name: "files".to_owned(),
        prefix: prefix.to_owned(),
        endpoint: Some(endpoint.to_owned()),
        region: None,
        credentials: Some(("key".to_owned(), "secret".to_owned())),
    }
}

/// A server that answers every request with these bytes, or never.
async fn server(answer: Option<&'static [u8]>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            let Some(answer) = answer else {
                silent.push(socket);
                continue;
            };
            tokio::spawn(async move {
                let mut head = vec![0; 1 << 16];
                let _ = socket.read(&mut head).await;
                let _ = socket.write_all(answer).await;
                // What is sent is read to its end: a connection that is reset loses the answer.
                let _ = socket.shutdown().await;
                let rest = async { while let Ok(1..) = socket.read(&mut head).await {} };
                let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
            });
        }
    });
    format!("http://{address}")
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn a_bucket_does_what_a_directory_does(db: TestDatabase) {
        let moto = Moto::start("files").await;
        let blobs = Blobs::bucket(&bucket(&moto.url(), "of/florin"), BlobLimits::default());
        let shelf = Shelf::over(&db, blobs.unwrap());
        let content = noise(1, 2 * CHUNK + 77);
        let id = shelf.keep(&content).await;
        shelf.refer(id, reference(1)).await.unwrap();
        assert!(shelf.read(id).await.unwrap() == content);
        let keys = moto.keys("files");
        assert_eq!(keys.len(), 3);
        assert!(keys.iter().all(|key| key.starts_with("of/florin/")), "{keys:?}");
        let upload = shelf.begin(content.len() - 1).await.id;
        shelf.send(upload, 0, &content[..CHUNK + 9]).await.unwrap();
        let rest = &content[CHUNK..content.len() - 1];
        let stored = shelf.send(upload, CHUNK as u64, rest).await.unwrap();
        assert_eq!(stored.state, ObjectState::Stored);
        assert!(shelf.read(upload).await.unwrap() == content[..content.len() - 1]);
        let opened = shelf.objects.open(&shelf.context, upload).await.unwrap();
        let mut part = opened.within(CHUNK as u64 + 5..CHUNK as u64 + 8).unwrap();
        assert_eq!(part.next().await.unwrap().unwrap(), content[CHUNK + 5..CHUNK + 8]);
        shelf.release(reference(1)).await;
        for _ in 0..2 {
            db.clock.advance_seconds(DAY + 1);
            assert_eq!(shelf.objects.collect().await.unwrap().failed, 0);
        }
        assert_eq!(moto.keys("files").len(), 3, "the upload's");
        assert_eq!(code(shelf.read(id).await), "object_unknown");
    }

    async fn nothing_is_kept_where_the_store_fails(db: TestDatabase) {
        const FULL: &[u8] = b"HTTP/1.1 507 Insufficient Storage\r\ncontent-length: 0\r\n\r\n";
        const BROKEN: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
        const DENIED: &[u8] = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        const NONSENSE: &[u8] = b"220 mail.example ESMTP\r\n";
        // A port that was free a moment ago.
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let down = format!("http://{free}");
        let cases = [
            ("down", down),
            ("slow", server(None).await),
            ("full", server(Some(FULL)).await),
            ("broken", server(Some(BROKEN)).await),
            ("denied", server(Some(DENIED)).await),
            ("nonsense", server(Some(NONSENSE)).await),
        ];
        let whole = Shelf::of(&db);
        let (content, known) = (noise(1, 100), whole.keep(b"before").await);
        for (what, url) in cases {
            let failing = Blobs::bucket(&bucket(&url, ""), SHORT).unwrap();
            let failing = Shelf {
                objects: Objects::new(db.database.clone(), failing),
                context: whole.context.clone(),
                ..Shelf::of(&db)
            };
            let kept = failing.try_keep(failing.own(), &content).await;
            assert_eq!(code(kept), "object_store_unavailable", "{what}");
            assert_eq!(code(failing.read(known).await), "object_store_unavailable", "{what}");
            // An upload stays where it is, and goes on once the store answers again.
            let upload = failing.begin(content.len()).await.id;
            let sent = failing.send(upload, 0, &content).await;
            assert_eq!(code(sent), "object_store_unavailable", "{what}");
            let stood = whole.objects.object(&whole.context, upload).await.unwrap();
            assert_eq!((stood.state, stood.received), (ObjectState::Uploading, 0), "{what}");
            let done = whole.send(upload, 0, &content).await.unwrap();
            assert!(whole.read(done.id).await.unwrap() == content, "{what}");
            // A collection goes on with others, and says that it could not do everything.
            let mut tx = whole.write().await;
            whole.objects.give_up(&mut tx, &whole.context, done.id).await.unwrap();
            tx.commit().await.unwrap();
            db.clock.advance_seconds(DAY + 1);
            whole.refer(known, reference(1)).await.unwrap();
            failing.objects.collect().await.unwrap();
            db.clock.advance_seconds(DAY + 1);
            assert!(failing.objects.collect().await.unwrap().failed > 0, "{what}");
            assert_eq!(whole.objects.collect().await.unwrap().failed, 0, "{what}");
        }
        let page = PageRequest::first(50);
        let listed = whole.objects.objects(&whole.context, None, &page).await.unwrap().items;
        let ids: Vec<_> = listed.iter().filter(|one| one.state == ObjectState::Stored).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(whole.read(known).await.unwrap(), b"before");
    }

    async fn an_answer_that_was_never_written_is_found_out(db: TestDatabase) {
        const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"1\"\r\n\
            last-modified: Sat, 28 Mar 2026 10:00:00 GMT\r\nconnection: close\r\n\r\nhello";
        let url = server(Some(HELLO)).await;
        let shelf = Shelf::over(&db, Blobs::bucket(&bucket(&url, ""), SHORT).unwrap());
        let id = shelf.keep(b"something else").await;
        assert_eq!(code(shelf.read(id).await), "internal");
    }

    async fn nothing_waits_for_a_store_that_falls_silent(db: TestDatabase) {
        let store = Flaky::new(1);
        let shelf = Shelf::over(&db, Blobs::over(Arc::new(store.clone()), SHORT));
        let id = shelf.keep(b"hello").await;
        let lost = shelf.keep(b"nobody's").await;
        shelf.refer(id, reference(1)).await.unwrap();
        db.clock.advance_seconds(DAY + 1);
        shelf.objects.collect().await.unwrap();
        assert_eq!(code(shelf.read(lost).await), "object_unknown");
        db.clock.advance_seconds(DAY + 1);
        store.fall_silent();
        let kept = shelf.try_keep(shelf.own(), b"more").await;
        assert_eq!(code(kept), "object_store_unavailable");
        assert_eq!(code(shelf.read(id).await), "object_store_unavailable");
        assert_eq!(shelf.objects.collect().await.unwrap().failed, 1);
    }

    async fn a_directory_that_is_gone_keeps_nothing(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        std::fs::remove_dir_all(&shelf.files).unwrap();
        std::fs::write(&shelf.files, b"a file where the folder was").unwrap();
        let kept = shelf.try_keep(shelf.own(), b"hello").await;
        assert_eq!(code(kept), "object_store_unavailable");
    }
}
