//! What is kept reads back as it came, for those it is meant for, and says so where it cannot.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelf;

use kernel::{PageRequest, PartyId, Uuid};
use objects::{MODULE, ObjectState, SEALED};
use shelf::{CHUNK, Shelf, code, noise};
use testing::TestDatabase;
use vault::{Register, Vault};

fn vault(db: &TestDatabase) -> Vault {
    Vault::new(&[SEALED], Register::at(&db.directory().join("erased-parties")))
}

fn party(number: u128) -> PartyId {
    PartyId::from_uuid(Uuid::from_u128(number))
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn what_is_kept_reads_back(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        for size in [1, 5, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 77] {
            let content = noise(size as u64, size);
            let id = shelf.keep(&content).await;
            assert!(shelf.read(id).await.unwrap() == content, "{size} bytes");
            let object = shelf.objects.object(&shelf.context, id).await.unwrap();
            assert_eq!((object.size, object.received), (size as u64, size as u64));
            let (state, name) = (object.state, object.name.as_deref());
            assert_eq!((state, name), (ObjectState::Stored, Some("a file")));
            assert_eq!(object.media_type.as_deref(), Some("application/octet-stream"));
        }
        assert_eq!(shelf.stored().len(), 1 + 1 + 1 + 1 + 2 + 3);
        let page = PageRequest::first(2);
        let listed = shelf.objects.objects(&shelf.context, None, &page).await.unwrap();
        assert_eq!((listed.items.len(), listed.next.is_some()), (2, true));
        // Nobody else's: not another tenant's, nor another party's.
        let other = Shelf::of(&db);
        assert_eq!(code(other.read(listed.items[0].id).await), "object_unknown");
        let listed = shelf.objects.objects(&shelf.context, Some(party(9)), &page).await.unwrap();
        assert_eq!(listed.items, []);
    }

    async fn a_content_is_kept_once_for_each_party(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let content = noise(1, 3_000);
        let first = shelf.keep(&content).await;
        assert_eq!(shelf.keep(&content).await, first);
        let ava = shelf.try_keep(party(1), &content).await.unwrap();
        assert_ne!(ava, first);
        let other = Shelf::of(&db);
        let elsewhere = other.keep(&content).await;
        assert_eq!(shelf.stored().len(), 3);
        // The hash is keyed: of the same content, nobody sees by it that it is the same.
        let mut hashes = Vec::new();
        for (shelf, id) in [(&shelf, first), (&shelf, ava), (&other, elsewhere)] {
            let object = shelf.objects.object(&shelf.context, id).await.unwrap();
            hashes.push(object.hash.unwrap());
        }
        hashes.push(storage::crypto::sha256(&[&content]));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 4);
    }

    async fn a_range_is_the_bytes_that_it_names(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let content = noise(2, 2 * CHUNK + 100);
        let id = shelf.keep(&content).await;
        let end = content.len() as u64;
        let chunk = CHUNK as u64;
        for range in [0..1, 0..chunk, chunk - 1..chunk + 1, chunk..end, end - 1..end + 9, 7..end] {
            let opened = shelf.objects.open(&shelf.context, id).await.unwrap();
            let mut part = opened.within(range.clone()).unwrap();
            let mut read = Vec::new();
            while let Some(bytes) = part.next().await.unwrap() {
                read.extend_from_slice(&bytes);
            }
            let [from, to] = [range.start, range.end.min(end)];
            let [from, to] = [from, to].map(|at| usize::try_from(at).unwrap());
            assert!(read == content[from..to], "{range:?}");
        }
        let opened = shelf.objects.open(&shelf.context, id).await.unwrap();
        assert_eq!(code(opened.within(end..end + 1)), "range_not_in_content");
    }

    async fn the_store_holds_nothing_that_can_be_read(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let text = "Kaffeehaus Sperl, Gumpendorfer Strasse 11. ".repeat(50_000);
        let id = shelf.keep(text.as_bytes()).await;
        for path in shelf.stored() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(10).any(|window| window == b"Kaffeehaus"), "{path:?}");
            assert!(!path.to_string_lossy().contains("a file"), "{path:?}");
        }
        assert_eq!(shelf.read(id).await.unwrap(), text.as_bytes());
    }

    async fn a_chunk_that_is_changed_cut_off_or_moved_does_not_open(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let content = noise(3, 3 * CHUNK);
        let id = shelf.keep(&content).await;
        let other = shelf.keep(&noise(4, 3 * CHUNK)).await;
        let all = shelf.stored();
        let mine: Vec<_> =
            all.iter().filter(|path| path.to_string_lossy().contains(&hex(id.uuid()))).collect();
        let theirs: Vec<_> =
            all.iter().filter(|path| path.to_string_lossy().contains(&hex(other.uuid()))).collect();
        assert_eq!((mine.len(), theirs.len()), (3, 3));
        let read = |path| std::fs::read(path).unwrap();
        let (first, second, last) = (read(mine[0]), read(mine[1]), read(mine[2]));
        let mut flipped = second.clone();
        flipped[4_000] ^= 1;
        let cut = second[..second.len() - 1].to_vec();
        let long = vec![7; 4 * CHUNK];
        let cases: [(&str, &[u8]); 8] = [
            ("flipped", &flipped),
            ("cut", &cut),
            ("empty", &[]),
            ("the one before", &first),
            ("the last one", &last),
            ("another object's", &read(theirs[1])),
            ("more than a chunk", &long),
            ("a page of some proxy", b"<html>502 Bad Gateway</html>"),
        ];
        for (what, bytes) in cases {
            std::fs::write(mine[1], bytes).unwrap();
            let told = code(shelf.read(id).await);
            let is_long = what == "more than a chunk";
            let expected = if is_long { "object_store_unavailable" } else { "internal" };
            assert_eq!(told, expected, "{what}");
        }
        std::fs::remove_file(mine[1]).unwrap();
        assert_eq!(code(shelf.read(id).await), "internal", "missing");
        std::fs::write(mine[1], &second).unwrap();
        assert!(shelf.read(id).await.unwrap() == content);
        // Where the rows of the last chunk are gone too, the one before does not pass for the last.
        let raw = db.raw().await;
        raw.run("DELETE FROM objects_chunk WHERE number = 2").await;
        assert_eq!(code(shelf.read(id).await), "internal", "two chunks of three");
        let size = 2 * CHUNK;
        raw.run(&format!("UPDATE objects_object SET size = {size} WHERE size > {size}")).await;
        assert_eq!(code(shelf.read(id).await), "internal", "the second is not the last");
    }

    async fn erasing_a_party_makes_its_files_unreadable_and_no_others(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let content = noise(5, CHUNK + 1);
        let ava = shelf.try_keep(party(1), &content).await.unwrap();
        let own = shelf.keep(&content).await;
        let mut tx = shelf.write().await;
        vault(&db).erase(&mut tx, &shelf.context, party(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(code(shelf.read(ava).await), "object_erased");
        let object = shelf.objects.object(&shelf.context, ava).await.unwrap();
        assert_eq!((object.name, object.size), (None, content.len() as u64));
        assert_eq!(code(shelf.try_keep(party(1), &noise(6, 10)).await), "party_erased");
        assert!(shelf.read(own).await.unwrap() == content);
    }

    async fn an_export_names_files_and_shows_no_key(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let id = shelf.try_keep(party(1), b"Date,Amount\n").await.unwrap();
        shelf.keep(b"of somebody else").await;
        let mut tx = shelf.write().await;
        let page = PageRequest::first(50);
        let held = vault(&db).export(&mut tx, party(1), &page).await.unwrap().items;
        let told: Vec<_> =
            held.iter().map(|held| (held.table, held.column, held.row.id, &held.content)).collect();
        let name = serde_json::Value::from("a file");
        assert_eq!(told, [("objects_object", "name", id.uuid(), &name)]);
    }

    async fn files_read_back_once_the_keys_of_parties_are_replaced(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let content = noise(7, CHUNK + 9);
        let id = shelf.keep(&content).await;
        let row = "SELECT content_key, name FROM objects_object";
        let before = db.raw().await.rows(row).await;
        db.clock.advance_seconds(1);
        let mut tx = shelf.write().await;
        vault(&db).rotate(&mut tx, &shelf.context, true).await.unwrap();
        tx.commit().await.unwrap();
        let worker = jobs::Worker::new(db.database.clone(), "test", jobs::WorkerLimits::default());
        let worker = worker.with(vault::RotateKeys::new(vault(&db).tables().clone())).start();
        testing::eventually("both columns are sealed anew", async || {
            let after = db.raw().await.rows(row).await;
            (after[0][0] != before[0][0] && after[0][1] != before[0][1]).then_some(())
        })
        .await;
        worker.stop().await;
        assert!(shelf.read(id).await.unwrap() == content);
    }
}

fn hex(id: Uuid) -> String {
    storage::crypto::hex(id.as_bytes())
}
