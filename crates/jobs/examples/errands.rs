//! Does errands until it is killed: `errands URL NAME FOLDER`.
//!
//! It prints `did JOB` when all but the commit is done, and `twice JOB` where somebody else is at
//! the same one: each has a file in the folder that is locked while it is done, and a lock ends
//! with its process.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use jobs::event::JobRetried;
use jobs::{Done, Failure, Handler, JobArgs, Run, Worker, WorkerLimits};
use kernel::Env;
use serde::{Deserialize, Serialize};
use storage::{Database, Limits};

#[derive(Serialize, Deserialize)]
struct Errand {
    number: u64,
}

impl JobArgs for Errand {
    const KIND: &'static str = "house.errand";
}

struct Errands {
    folder: PathBuf,
}

impl Handler for Errands {
    type Args = Errand;

    async fn run(&self, run: &Run, _: Errand) -> Result<Done, Failure> {
        let job = run.lease().job;
        let file = File::create(self.folder.join(job.to_string()));
        let file = file.map_err(|error| Failure::again("folder", &error.to_string()))?;
        if file.try_lock().is_err() {
            say(&format!("twice {job}"));
        }
        // A commit on the way, so that a kill also falls between two.
        run.progress(1, Some(2)).await?;
        let mut tx = run.begin().await?;
        tx.emit(run.context(), &JobRetried { job, kind: "written".to_owned() }).await?;
        say(&format!("did {job}"));
        Ok(Done::In(tx))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [url, name, folder] = arguments.as_slice() else {
            return Err("errands URL NAME FOLDER".into());
        };
        let database = Database::open(url, Env::system(), Limits::default())?;
        let limits = WorkerLimits {
            slots: 4,
            slots_per_tenant: 3,
            lease_seconds: 3,
            poll_ms: 10,
            ..WorkerLimits::default()
        };
        let errands = Errands { folder: folder.into() };
        let _running = Worker::new(database, name, limits).with(errands).start();
        std::future::pending().await
    })
}

/// One line in one write: a pipe takes it whole or not at all.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}
