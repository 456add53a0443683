//! Files over HTTP.

use axum::http::Method;
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp, request};

/// The content of a chunk, as docs/objects.md says it.
const CHUNK: usize = 1 << 20;

/// Somebody with a way to the API.
struct Desk {
    app: TestApp,
    signed: Signed,
}

impl Desk {
    async fn new(db: &TestDatabase) -> Self {
        let app = TestApp::new(db).await;
        let signed = app.register("saraa@example.mn").await;
        Self { app, signed }
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Reply {
        let path = format!("/api/v1{path}");
        let mut request = request(method, &path, &self.signed.access, None);
        *request.body_mut() = body.into();
        self.app.send(request).await
    }

    async fn put(&self, path: &str, body: Value) -> Reply {
        let path = format!("/api/v1{path}");
        self.app.send(request(Method::PUT, &path, &self.signed.access, Some(&body))).await
    }

    async fn begin(&self, key: &str, size: usize) -> Reply {
        let body = json!({ "name": "a file", "size": size });
        self.app.post("/api/v1/objects", &self.signed.access, key, &body).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.app.get(&format!("/api/v1{path}"), &self.signed.access).await
    }
}

fn id(reply: &Reply) -> String {
    reply.json()["id"].as_str().unwrap().to_owned()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn an_upload_goes_on_where_it_ended(db: TestDatabase) {
        let desk = Desk::new(&db).await;
        let content = vec![b'a'; CHUNK + 300];
        let begun = desk.begin("a", content.len()).await;
        assert_eq!((begun.status.as_u16(), &begun.json()["state"]), (201, &json!("uploading")));
        let id = id(&begun);
        // Asked twice, it is one upload.
        assert_eq!(desk.begin("a", content.len()).await.json(), begun.json());
        let piece = content[..CHUNK + 100].to_vec();
        let path = format!("/objects/{id}?offset=0");
        let part = desk.send(Method::PATCH, &path, piece.clone()).await.json();
        assert_eq!((&part["received"], &part["media_type"]), (&json!(CHUNK), &json!("text/plain")));
        let again = desk.send(Method::PATCH, &path, piece).await;
        again.assert_problem(409, "upload_wrong_offset");
        desk.get(&format!("/objects/{id}/content")).await.assert_problem(409, "object_wrong_state");
        let path = format!("/objects/{id}?offset={CHUNK}");
        let stored = desk.send(Method::PATCH, &path, content[CHUNK..].to_vec()).await.json();
        assert_eq!((&stored["state"], &stored["size"]), (&json!("stored"), &json!(content.len())));
        assert!(desk.get(&format!("/objects/{id}/content")).await.body == content);
        let listed = desk.get("/objects").await.json();
        assert_eq!((&listed["items"][0], &listed["next_cursor"]), (&stored, &json!(null)));
        // The same content is the same file.
        let second = self::id(&desk.begin("b", content.len()).await);
        let path = format!("/objects/{second}?offset=0");
        assert_eq!(self::id(&desk.send(Method::PATCH, &path, content.clone()).await), id);
        assert_eq!(self::id(&desk.get(&format!("/objects/{second}")).await), id);
    }

    async fn what_is_too_large_or_no_file_is_refused(db: TestDatabase) {
        let desk = Desk::new(&db).await;
        desk.begin("none", 0).await.assert_problem(400, "object_empty");
        desk.begin("much", 1 << 31).await.assert_problem(413, "object_too_large");
        let id = id(&desk.begin("a", 17 << 20).await);
        let path = format!("/objects/{id}?offset=0");
        let piece = vec![b'a'; (16 << 20) + 1];
        desk.send(Method::PATCH, &path, piece).await.assert_problem(413, "body_too_large");
        let path = format!("/objects/{id}?offset=-1");
        desk.send(Method::PATCH, &path, vec![1]).await.assert_problem(400, "invalid_fields");
        let id = self::id(&desk.begin("b", 64).await);
        let path = format!("/objects/{id}?offset=0");
        let program = [b"MZ\x90\x00".as_slice(), &[0; 60]].concat();
        let refused = desk.send(Method::PATCH, &path, program).await;
        refused.assert_problem(422, "object_type_refused");
        desk.get(&format!("/objects/{id}")).await.assert_problem(404, "object_unknown");
    }

    async fn a_held_file_is_kept_and_so_is_its_party(db: TestDatabase) {
        let desk = Desk::new(&db).await;
        let begun = desk.begin("a", 5).await;
        let (id, party) = (id(&begun), begun.json()["party"].as_str().unwrap().to_owned());
        desk.send(Method::PATCH, &format!("/objects/{id}?offset=0"), b"hello".to_vec()).await;
        let until = json!({ "until": "2036-12-31T00:00:00Z" });
        let kept = desk.put(&format!("/objects/{id}/retention"), until).await;
        assert_eq!(kept.json()["kept_until"], "2036-12-31T00:00:00Z", "{}", kept.text());
        let shorter = json!({ "until": "2036-12-30T00:00:00Z" });
        let refused = desk.put(&format!("/objects/{id}/retention"), shorter).await;
        refused.assert_problem(422, "object_kept_longer");
        let never = json!({ "until": "for ever" });
        let refused = desk.put(&format!("/objects/{id}/retention"), never).await;
        refused.assert_problem(400, "invalid_fields");
        let held = desk.put(&format!("/objects/{id}/holds/2026-17"), json!({})).await.json();
        assert_eq!(held["items"][0]["matter"], "2026-17");
        assert_eq!(desk.get(&format!("/objects/{id}/holds")).await.json(), held);
        let erase = format!("/api/v1/vault/parties/{party}/erase");
        let refused = desk.app.post(&erase, &desk.signed.access, "held", &json!({})).await;
        refused.assert_problem(422, "object_held");
        let path = format!("/objects/{id}/holds/2026-17");
        assert_eq!(desk.send(Method::DELETE, &path, Vec::new()).await.json()["items"], json!([]));
        let given_up = desk.send(Method::DELETE, &format!("/objects/{id}"), Vec::new()).await;
        assert_eq!(given_up.status.as_u16(), 204);
        let erased = desk.app.post(&erase, &desk.signed.access, "erase", &json!({})).await;
        assert_eq!(erased.status.as_u16(), 200, "{}", erased.text());
        let content = desk.get(&format!("/objects/{id}/content")).await;
        content.assert_problem(422, "object_erased");
    }
}
