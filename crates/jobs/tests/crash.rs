//! Two processes work on one queue, and one of them is killed again and again: nothing is lost,
//! nothing is done twice, and never two are at one job at the same time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use house::{errand, listed, retry};
use jobs::JobState;
use kernel::{Actor, Context, Env, TenantId};
use storage::{Level, Limits, Mode};
use testing::{Cell, TestDatabase, eventually};

/// Jobs that are enqueued at a time.
const MORE: u64 = 20;
/// How long a process may be silent before somebody looks whether it has anything to do.
const SILENCE: Duration = Duration::from_millis(20);

/// How often a process is killed; more in a soak.
fn rounds() -> usize {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    soak.unwrap_or(8)
}

/// A process that does errands, and what it says.
struct Doer {
    child: Child,
    said: Receiver<String>,
}

impl Doer {
    fn start(db: &TestDatabase, name: &str, folder: &Path) -> Self {
        let mut child = Command::new(program())
            .args([db.url(), name])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (say, said) = sync_channel(10_000);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if say.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, said }
    }

    fn kill(self) {
        let mut doer = self;
        doer.end();
        doer.said.iter().for_each(|line| check(&line));
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

/// Nobody is left behind by a test that fails.
impl Drop for Doer {
    fn drop(&mut self) {
        self.end();
    }
}

fn check(line: &str) {
    assert!(line.starts_with("did "), "two are at one job: {line}");
}

/// The example that does errands, beside the tests in the build's folder.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/errands");
    let shown = program.display();
    assert!(program.exists(), "{shown} is not built; `cargo test -p jobs` builds it");
    program
}

/// Enqueues some more errands, by the clock of the processes.
async fn enqueue_more(db: &storage::Database, tenants: &[TenantId]) -> u64 {
    for tenant in tenants {
        let context = Context::new(db.env().clone(), *tenant, Actor::Owner);
        let mut tx = db.begin(Level::of(*tenant), Mode::Write).await.unwrap();
        for number in 0..MORE {
            jobs::enqueue(&mut tx, &context, errand(number)).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    MORE * tenants.len() as u64
}

/// How many jobs are in a state.
async fn count_of(db: &TestDatabase, state: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM jobs_job WHERE state = '{state}'");
    let rows = db.raw().await.rows(&sql).await;
    let Cell::Number(number) = rows[0][0] else { panic!("{rows:?}") };
    u64::try_from(number).unwrap()
}

/// How often what a job does was committed, by job.
async fn written(db: &TestDatabase) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in db.raw().await.rows("SELECT body FROM log_inbox").await {
        let Cell::Bytes(body) = &row[0] else { panic!("{row:?}") };
        let event = storage::log::Envelope::from_bytes(body).unwrap();
        if event.body["kind"] == "written" {
            *counts.entry(event.body["job"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    counts
}

testing::both_databases! {
    modules = [jobs::MODULE];

    async fn a_queue_survives_its_workers(db: TestDatabase) {
        let folder = db.directory().join("errands");
        std::fs::create_dir(&folder).unwrap();
        let tenants = [(); 3].map(|()| db.new_tenant());
        let database = db.open(Env::system(), Limits::default());
        let mut count = enqueue_more(&database, &tenants).await;
        let survivor = Doer::start(&db, "survivor", &folder);
        for round in 0..rounds() {
            let doomed = Doer::start(&db, "doomed", &folder);
            // Some die at once, some after a while; the moment within a commit is chance.
            let mut heard = 0;
            while heard <= round * 3 {
                match doomed.said.recv_timeout(SILENCE) {
                    Ok(line) => {
                        check(&line);
                        heard += 1;
                    }
                    Err(_) if count_of(&db, "available").await == 0 => {
                        count += enqueue_more(&database, &tenants).await;
                    }
                    // It only begins.
                    Err(_) => {}
                }
            }
            doomed.kill();
        }
        // What they left behind waits for its next attempt; somebody lets it begin at once.
        eventually("the end of all errands", async || {
            for tenant in tenants {
                for job in listed(&db, tenant, Some(JobState::Scheduled)).await {
                    let _ = retry(&db, tenant, job.id).await;
                }
            }
            (count_of(&db, "completed").await == count).then_some(())
        })
        .await;
        survivor.kill();
        let written = written(&db).await;
        assert_eq!(written.len() as u64, count, "an errand is lost");
        assert!(written.values().all(|count| *count == 1), "an errand was done twice");
    }
}
