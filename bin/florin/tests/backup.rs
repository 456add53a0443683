//! Backups by the program: taken beside a server, put back after the disk is gone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod server;
mod user;

use serde_json::{Value as Json, json};
use user::User;

/// Opens an account in the family's book; without a server, as the owner of the data.
fn open_account(user: &User, name: &str) {
    let book = format!("/books/{}/accounts", book(user));
    let body = json!({ "name": name, "type": "asset", "commodity": "EUR" }).to_string();
    user.ok(&["api", "POST", &book, "--data", &body]);
}

fn book(user: &User) -> String {
    let books: Json = serde_json::from_str(&user.ok(&["api", "GET", "/books"])).unwrap();
    books["items"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_database_comes_back_after_its_disk_is_gone() {
    let user = User::new();
    let folder = user.home.path().join("elsewhere");
    let folder = folder.to_str().unwrap();
    user.fails(&["backup", folder]);
    user.ok(&["api", "GET", "/books"]);
    open_account(&user, "Till");
    let first = user.ok(&["backup", folder]);
    assert!(first.contains("a whole copy"), "{first}");
    {
        let (_server, _) = user.serve();
        user.ok(&["backup", folder]);
    }
    open_account(&user, "Safe");
    let further = user.ok(&["backup", folder]);
    assert!(further.contains("what changed"), "{further}");

    let data = user.home.path().join(".local/share/florin");
    let there = user.fails(&["restore", folder]);
    assert!(there.contains("florin.projections.db is there still"), "{there}");
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::create_dir(&data).unwrap();
    let told = user.ok(&["restore", folder]);
    assert!(told.contains("records of the log") && told.contains(", intact"), "{told}");
    let path = format!("/books/{}/accounts", book(&user));
    let accounts = user.ok(&["api", "GET", &path]);
    assert!(accounts.contains("Till") && accounts.contains("Safe"), "{accounts}");

    // Without its key a backup is nothing.
    let key = user.home.path().join(".config/florin/keys/backup.key");
    std::fs::remove_file(key).unwrap();
    let to = user.home.path().join("other.db");
    let lost = user.fails(&["restore", folder, "--to", to.to_str().unwrap()]);
    assert!(lost.contains("the key of backups") && !to.exists(), "{lost}");
}
