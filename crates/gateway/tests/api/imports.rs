//! Imports over HTTP.

use axum::http::Method;
use serde_json::json;
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp, request};

/// Stages a file under a key.
async fn stage(app: &TestApp, signed: &Signed, key: &str, file: &str) -> Reply {
    let path = "/api/v1/imports?file_name=a.csv";
    let mut request = request(Method::POST, path, &signed.access, None);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    *request.body_mut() = file.to_owned().into();
    app.send(request).await
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn what_is_staged_is_discarded_and_what_is_booked_is_not(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let signed = app.register("saraa@example.mn").await;
        let file = "Date,Description,Amount\n2026-01-02,Shop,-1.00\n2026-01-03,Tea,-2.00\n";
        let discard = async |id: &str| {
            let path = format!("/api/v1/imports/{id}");
            app.send(request(Method::DELETE, &path, &signed.access, None)).await
        };
        for (key, file) in [("staged", file), ("refused", "hello")] {
            let staged = stage(&app, &signed, key, file).await;
            assert_eq!((staged.status.as_u16(), &staged.json()["status"]), (201, &json!(key)));
            let id = staged.json()["id"].as_str().unwrap().to_owned();
            let discarded = discard(&id).await;
            assert_eq!((discarded.status.as_u16(), discarded.body.len()), (204, 0));
            discard(&id).await.assert_problem(404, "import_unknown");
            let path = format!("/api/v1/imports/{id}");
            app.get(&path, &signed.access).await.assert_problem(404, "import_unknown");
        }
        let listed = app.get("/api/v1/imports", &signed.access).await.json();
        assert_eq!(listed["items"], json!([]));

        let staged = stage(&app, &signed, "again", file).await.json();
        let id = staged["id"].as_str().unwrap();
        let path = format!("/api/v1/imports/{id}/book");
        let booked = app.post(&path, &signed.access, "book", &json!({})).await;
        assert_eq!(booked.json()["statements"][0]["booked"], 2, "{}", booked.text());
        let refused = discard(id).await;
        refused.assert_problem(409, "import_status");
        assert!(refused.json()["detail"].as_str().unwrap().contains("is booked"));
        let shown = app.get(&format!("/api/v1/imports/{id}"), &signed.access).await;
        assert_eq!(shown.json(), booked.json());
    }

    async fn the_file_of_an_import_is_downloaded_whole_or_in_part(db: TestDatabase) {
        let app = TestApp::new(&db).await;
        let signed = app.register("saraa@example.mn").await;
        let file = "Date,Description,Amount\n2026-01-02,Shop,-1.00\n";
        let staged = stage(&app, &signed, "staged", file).await.json();
        let path = format!("/api/v1/imports/{}/file", staged["id"].as_str().unwrap());
        let get = async |pairs: &[(&'static str, &str)]| {
            let mut request = request(Method::GET, &path, &signed.access, None);
            for (name, value) in pairs {
                request.headers_mut().insert(*name, value.parse().unwrap());
            }
            app.send(request).await
        };
        // A compressed answer would not be the file as it is kept.
        let whole = get(&[("accept-encoding", "gzip")]).await;
        assert_eq!((whole.status.as_u16(), whole.text().as_str()), (200, file));
        let header = |name: &str| whole.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-disposition"), "attachment; filename*=UTF-8''a.csv");
        assert_eq!(header("content-type"), "text/plain");
        assert_eq!(header("content-length"), file.len().to_string());
        assert_eq!(header("x-content-type-options"), "nosniff");
        let part = get(&[("range", "bytes=5-15")]).await;
        assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "Description"));
        assert_eq!(part.headers["content-range"], format!("bytes 5-15/{}", file.len()).as_str());
        let tag = header("etag");
        let same = get(&[("range", "bytes=-6"), ("if-range", &tag)]).await;
        assert_eq!((same.status.as_u16(), same.text().as_str()), (206, "-1.00\n"));
        let other = get(&[("range", "bytes=-6"), ("if-range", "\"another\"")]).await;
        assert_eq!(other.status.as_u16(), 200);
        get(&[("range", "bytes=999-")]).await.assert_problem(416, "range_not_in_content");
    }
}
