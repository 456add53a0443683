//! The fetch of the ECB's rates, as the job that it is, from a server on this machine that answers
//! with the ECB's own files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use jobs::{Job, JobState, NewJob, Worker, WorkerLimits};
use kernel::time::parse_date;
use kernel::{CommodityCode, PageRequest, Problematic};
use markets::{EcbFeed, FetchEcbRates, RateQuery};
use storage::{Level, Mode};
use testing::TestDatabase;

const LAST_DAYS: &[u8] = include_bytes!("../testdata/ecb/eurofxref-hist-5d.xml");

/// Answers one request after the other, each with the next of these; then nobody is there.
fn serve(answers: Vec<(&'static str, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/eurofxref-hist-90d.xml", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            assert!(head.starts_with(b"GET /eurofxref-hist-90d.xml HTTP/1.1\r\n"));
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            // Whoever has heard enough hangs up.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    url
}

/// The address of a server that was to speak TLS and does not.
fn serve_in_clear() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut hello = [0; 5];
            let mut stream = stream.unwrap();
            stream.read_exact(&mut hello).unwrap();
            // A handshake of TLS (RFC 8446, section 5.1): type 22, version 3.1.
            assert_eq!(hello[..3], [22, 3, 1]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    url
}

/// Enqueues a fetch and lets a worker do it, as often as it is tried.
async fn fetch(db: &TestDatabase, url: &str, tries: usize) -> Job {
    let feed = EcbFeed::new(db.database.clone(), url).unwrap();
    let mut worker = Worker::new(db.database.clone(), "test", WorkerLimits::default()).with(feed);
    let context = db.context(kernel::TenantId::COMMON);
    let mut tx = db.database.begin(Level::Common, Mode::Write).await.unwrap();
    let job = NewJob::of(&FetchEcbRates {}).unwrap().with_attempts_max(3);
    jobs::enqueue(&mut tx, &context, job).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..tries {
        assert_eq!(worker.step().await.unwrap(), 1);
        db.clock.advance_seconds(jobs::BACKOFF_SECONDS_MAX);
    }
    let mut tx = db.database.begin(Level::Common, Mode::Read).await.unwrap();
    let mut found = jobs::jobs(&mut tx, None, &PageRequest::first(1)).await.unwrap();
    tx.commit().await.unwrap();
    found.items.remove(0)
}

/// What a euro was in dollars on 30 October 2026, if anybody knows.
async fn dollars(db: &TestDatabase) -> Option<String> {
    let code = |text| CommodityCode::parse(text).unwrap();
    let query = RateQuery::new(code("EUR"), code("USD"), parse_date("2026-10-30").unwrap());
    let mut tx = db.database.begin(Level::Common, Mode::Read).await.unwrap();
    let rate = markets::rate(&mut tx, &query, None).await;
    tx.commit().await.unwrap();
    rate.ok().map(|rate| rate.legs[0].rate.rate.to_string())
}

testing::both_databases! {
    modules = [jobs::MODULE, markets::MODULE];

    async fn what_the_ecb_answers_is_known_to_everybody(db: TestDatabase) {
        let url = serve(vec![("200 OK", LAST_DAYS.to_vec()), ("200 OK", LAST_DAYS.to_vec())]);
        assert_eq!(dollars(&db).await, None);
        for _ in 0..2 {
            assert_eq!(fetch(&db, &url, 1).await.state, JobState::Completed);
            // As the file says: <Cube currency='USD' rate='1.1172'/>.
            assert_eq!(dollars(&db).await.as_deref(), Some("1.1172"));
        }
    }

    async fn a_server_that_is_down_for_a_while_is_asked_again(db: TestDatabase) {
        let url = serve(vec![
            ("503 Service Unavailable", b"soon".to_vec()),
            ("200 OK", LAST_DAYS.to_vec()),
        ]);
        let job = fetch(&db, &url, 2).await;
        assert_eq!((job.state, job.attempt), (JobState::Completed, 2));
        assert!(dollars(&db).await.is_some());
    }

    async fn what_goes_wrong_is_seen_and_adds_nothing(db: TestDatabase) {
        let half = LAST_DAYS[..LAST_DAYS.len() / 2].to_vec();
        let cases = [
            (serve(Vec::new()), "ecb_unavailable", "refused"),
            (serve_in_clear(), "ecb_unavailable", "invalid"),
            (serve(vec![("404 Not Found", Vec::new()); 3]), "ecb_unavailable", "404"),
            (serve(vec![("200 OK", b"<html>Moved</html>".to_vec()); 3]), "rates_file_faulty", ""),
            (serve(vec![("200 OK", half); 3]), "rates_file_faulty", "document"),
            (serve(vec![("200 OK", vec![b' '; 17 << 20]); 3]), "rates_file_too_large", "at most"),
        ];
        for (url, code, word) in cases {
            let job = fetch(&db, &url, 3).await;
            assert_eq!(job.state, JobState::Dead);
            let error = job.error.unwrap();
            assert!(error.detail.to_lowercase().contains(word), "{error:?}");
            assert_eq!(error.code, code, "{error:?}");
            assert_eq!(dollars(&db).await, None);
        }
    }

    async fn an_address_is_one_of_a_server_that_can_be_trusted(db: TestDatabase) {
        for url in ["", "ecb", "http://www.ecb.europa.eu/x.xml", "ftp://x", "file:///etc/passwd"] {
            let Err(error) = EcbFeed::new(db.database.clone(), url) else { panic!("{url}") };
            assert_eq!(error.code(), "feed_malformed");
        }
        EcbFeed::new(db.database.clone(), "https://www.ecb.europa.eu/x.xml").unwrap();
    }
}
