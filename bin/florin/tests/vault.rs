//! Keys as whoever runs Florin has them: made where that is safe, asked for where it is not,
//! replaced, and a party that stays erased whatever backup is put back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod server;
mod user;

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value as Json;
use storage::Dialect;
use testing::{TestDatabase, eventually};
use user::User;

const MARCH: &str = "Date,Description,Amount,Balance\n\
    2026-03-02,Kaffeehaus Sperl,-12.50,87.50\n\
    2026-03-03,Salary of Saraa,2400.00,2487.50\n";

impl User {
    /// Imports a file without a server; the only party.
    fn import_march(&self) -> String {
        let file = self.file("march.csv", MARCH);
        self.ok(&["import", file.to_str().unwrap()]);
        self.party()["id"].as_str().unwrap().to_owned()
    }

    fn party(&self) -> Json {
        let status: Json = serde_json::from_str(&self.ok(&["vault", "status", "--json"])).unwrap();
        assert_eq!(status["parties"].as_array().unwrap().len(), 1);
        status["parties"][0].clone()
    }

    /// How many keys each master key wraps, the current one first.
    fn masters(&self) -> Vec<(String, u64)> {
        let told = self.ok(&["vault", "status", "--system", "--json"]);
        let told: Json = serde_json::from_str(&told).unwrap();
        let one = |one: &Json| (one["state"].as_str().unwrap().to_owned(), one["keys"].as_u64());
        let items = told["items"].as_array().unwrap().iter().map(one);
        items.map(|(state, keys)| (state, keys.unwrap())).collect()
    }
}

#[test]
fn a_first_start_makes_a_master_key_for_its_owner_alone() {
    let user = User::new();
    user.import_march();
    let keys = user.home.path().join(".config/florin/keys");
    let mode = |name: &str| keys.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("master.key"), 0o600);
    // Without it nothing is opened, and no other is made in its place.
    std::fs::rename(keys.join("master.key"), keys.join("kept")).unwrap();
    let told = user.fails(&["vault", "status"]);
    assert!(told.contains("there is no master key"), "{told}");
    assert!(!keys.join("master.key").exists());
    let other = user.ok(&["vault", "new-master-key"]);
    let mut given = user.florin();
    let given = given.args(["vault", "status"]).env("FLORIN_MASTER_KEY", other.trim());
    let told = String::from_utf8(given.output().unwrap().stderr).unwrap();
    assert!(told.contains("is missing, and 2 keys of tenants open with no other"), "{told}");
    std::fs::rename(keys.join("kept"), keys.join("master.key")).unwrap();
    user.ok(&["vault", "status"]);
}

#[test]
fn a_backup_that_is_put_back_does_not_bring_an_erased_party_back() {
    let user = User::new();
    let party = user.import_march();
    let told = user.fails(&["vault", "erase", &party]);
    assert!(told.contains("--yes"), "{told}");
    let data = user.home.path().join(".local/share/florin");
    let backup = user.home.path().join("backup.db");
    std::fs::copy(data.join("florin.db"), &backup).unwrap();
    assert!(user.ok(&["vault", "export", &party]).contains("Kaffeehaus Sperl"));
    user.ok(&["vault", "erase", &party, "--yes"]);
    let told = user.fails(&["vault", "export", &party]);
    assert!(told.contains("was erased"), "{told}");

    for file in std::fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().contains(".db") {
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::copy(&backup, data.join("florin.db")).unwrap();
    let told = user.fails(&["vault", "export", &party]);
    assert!(told.contains("was erased"), "{told}");
    assert_eq!(user.party()["keys"], 0);
    let worth = user.ok(&["net-worth", "--in", "EUR", "--as-of", "2026-03-31"]);
    assert!(worth.contains("2,487.50 EUR"), "{worth}");
}

#[tokio::test]
async fn a_new_master_key_takes_over_with_the_next_start_of_a_server() {
    let user = User::new();
    let party = user.import_march();
    let current = |keys| ("current".to_owned(), keys);
    assert_eq!(user.masters(), [current(2)]);
    user.ok(&["vault", "rotate", "--master"]);
    assert_eq!(user.masters(), [current(0), ("needed".to_owned(), 2)]);
    let (server, _) = user.serve();
    let done = async || (user.masters()[0].1 == 2).then_some(());
    eventually("the keys to be taken over", done).await;
    drop(server);
    assert_eq!(user.masters(), [current(2), ("not needed".to_owned(), 0)]);
    // Its line is taken out of the file, and everything opens.
    let file = user.home.path().join(".config/florin/keys/master.key");
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&file, lines[..lines.len() - 1].join("\n")).unwrap();
    assert_eq!(user.masters(), [current(2)]);
    assert!(user.ok(&["vault", "export", &party]).contains("Kaffeehaus Sperl"));
}

testing::both_databases! {
    modules = [];

    async fn a_server_whose_database_is_shared_asks_for_its_master_key(db: TestDatabase) {
        let user = User::new();
        let mut command = user.florin();
        command.args(["api", "GET", "/assets"]).env("FLORIN_DATABASE_URL", db.url());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        match db.dialect() {
            Dialect::Sqlite => assert!(output.status.success(), "{told}"),
            Dialect::Postgres => {
                assert!(!output.status.success());
                assert!(told.contains("there is no master key: make one with"), "{told}");
                assert!(told.contains("FLORIN_MASTER_KEY"), "{told}");
                let key = user.ok(&["vault", "new-master-key"]);
                let output = command.env("FLORIN_MASTER_KEY", key.trim()).output().unwrap();
                let told = String::from_utf8(output.stderr).unwrap();
                assert!(output.status.success(), "{told}");
            }
        }
    }
}
