//! The engine, its journal, its writer and its projector under a seed: time, disk, server and
//! network are simulated, in one thread, and everything that can fail does. docs/simulation.md
//! lists what, and how to replay a seed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod contract;
mod disk;
mod frame;
#[allow(dead_code, reason = "the engine's own test asks it for more")]
#[path = "../engine/model.rs"]
mod model;
mod node;
mod orders;
mod rows;
mod server;
mod sim;
mod snapshots;
mod store;
mod stores;
mod witness;
#[path = "../engine/words.rs"]
mod words;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kernel::{TenantId, Uuid};
use node::Node;
use orders::Orders;
use server::Server;
use sim::Sim;
use storage::StorageError;
use witness::seen;
use world::{Options, Ran, run};

/// The commands of one seed.
const COMMANDS: u64 = 1_000;
/// The seeds of a quick run.
const SEEDS: u64 = 12;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Runs a seed; where it fails, says why and how to see it again.
fn run_seed(seed: u64, options: Options) -> Result<Ran, String> {
    let mut kept = None;
    let running = || {
        run(
            || {
                let sim = Sim::new(seed);
                kept = Some(sim.clone());
                sim
            },
            options,
        )
    };
    let outcome = catch_unwind(AssertUnwindSafe(running));
    outcome.map_err(|panic| {
        let why = match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(why), _) => why.clone(),
            (None, why) => why.map_or_else(String::new, ToString::to_string),
        };
        let lines = kept.map_or_else(String::new, |sim: Sim| sim.last_lines());
        format!("{why}\n{lines}")
    })
}

#[test]
fn nothing_is_lost_whatever_fails() {
    let options =
        Options { commands: number("FLORIN_COMMANDS").unwrap_or(COMMANDS), flushes: true };
    let seeds = match number("FLORIN_SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("FLORIN_SEEDS").unwrap_or(SEEDS),
    };
    let (mut attempts, mut commits) = (0, 0);
    for seed in seeds {
        let ran = run_seed(seed, options).unwrap_or_else(|why| {
            let again = "cargo test -p ledger --test simulation nothing_is_lost";
            panic!("seed {seed} fails; again with FLORIN_SEED={seed} {again}\n{why}")
        });
        attempts += ran.attempts;
        commits += ran.commits;
    }
    println!("{attempts} commands in {commits} commits");
}

#[test]
fn the_same_seed_is_the_same_run() {
    let options = Options { commands: 300, flushes: true };
    let [one, other] = [7, 7].map(|seed| run_seed(seed, options).unwrap());
    assert_eq!(one, other);
    assert_ne!(one.hash, run_seed(8, options).unwrap().hash);
}

#[test]
fn without_flushing_a_loss_is_found() {
    let options = Options { commands: 300, flushes: false };
    let lost = (1..=20).filter_map(|seed| run_seed(seed, options).err());
    let lost = lost.filter(|why| why.contains("is lost")).count();
    assert!(lost > 0, "commits are not flushed, and nobody noticed");
}

#[test]
fn bytes_that_changed_on_the_disk_are_noticed() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
        let server = Server::new(Sim::new(1), true);
        let node = Node::new(0, Arc::clone(&server));
        node.start().await.unwrap();
        let (tenant, stream) = (TenantId::from_uuid(Uuid::from_u128(1)), Uuid::from_u128(2));
        let command = Orders::default().first(0).command(0);
        let (engine, _) = node.engine().unwrap();
        engine.execute(tenant, stream, command, Vec::new()).await.unwrap();
        let size = server.state().journal[&stream][0].body.len();
        for at in 0..size {
            let flip = || server.state().journal.get_mut(&stream).unwrap()[0].body[at] ^= 1;
            flip();
            node.crash().await;
            node.start().await.unwrap();
            let found = node.engine().unwrap().0.read(tenant, stream, seen).await;
            assert!(matches!(found, Err(StorageError::Damaged { .. })), "byte {at}: {found:?}");
            flip();
        }
    });
}
