//! The command line as its user has it: a folder of their own, files of a bank, and questions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod server;
mod user;

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use user::User;

const JANUARY: &str = "Date,Description,Amount,Balance\n\
    2026-01-05,Salary,1000.00,1100.00\n\
    2026-01-13,Rent,-400.00,700.00\n\
    2026-01-20,Coffee,-5.00,695.00\n\
    2026-01-20,Coffee,-5.00,690.00\n";
/// Begins in the middle of January: the two equal payments are in both files.
const FEBRUARY: &str = "Date,Description,Amount,Balance\n\
    2026-01-20,Coffee,-5.00,695.00\n\
    2026-01-20,Coffee,-5.00,690.00\n\
    2026-02-13,Rent,-400.00,290.00\n";

impl User {
    fn data(&self) -> PathBuf {
        self.home.path().join(".local/share/florin")
    }

    fn import(&self, file: &Path) -> String {
        self.ok(&["import", file.to_str().unwrap()])
    }

    fn worth(&self, as_of: &str) -> String {
        let words = ["net-worth", "--in", "EUR", "--as-of", as_of, "--json"];
        let answer: Json = serde_json::from_str(&self.ok(&words)).unwrap();
        assert_eq!(answer["as_of"], as_of);
        assert_eq!(answer["total"]["currency"], "EUR");
        answer["total"]["amount"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_year_is_imported_once_and_every_day_can_be_asked_for() {
    let user = User::new();
    let (january, february) = (user.file("jan.csv", JANUARY), user.file("feb.csv", FEBRUARY));
    assert!(user.import(&january).contains("4 entries, 4 booked"));
    let words = ["import", "--asset", &asset(&user), february.to_str().unwrap()];
    let told = user.ok(&words);
    assert!(told.contains("1 booked") && told.contains("2 known already"), "{told}");
    for (as_of, expected) in [
        ("2026-01-04", "0.00"),
        ("2026-01-05", "1100.00"),
        ("2026-01-31", "690.00"),
        ("2026-02-28", "290.00"),
    ] {
        assert_eq!(user.worth(as_of), expected, "{as_of}");
    }
    // A second time nothing changes.
    let told = user.ok(&words);
    assert!(told.contains("3 known already") && !told.contains(" booked\n"), "{told}");
    assert_eq!(user.worth("2026-02-28"), "290.00");
    let told = user.ok(&["audit", "verify"]);
    assert!(told.ends_with("intact\n"), "{told}");
}

/// The id of the only asset.
fn asset(user: &User) -> String {
    let assets: Json = serde_json::from_str(&user.ok(&["api", "GET", "/assets"])).unwrap();
    assert_eq!(assets["items"].as_array().unwrap().len(), 1);
    assets["items"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_preview_books_nothing_and_a_faulty_file_is_refused_whole() {
    let user = User::new();
    let january = user.file("jan.csv", JANUARY);
    let told = user.ok(&["import", "--preview", january.to_str().unwrap()]);
    assert!(told.contains("staged") && told.contains("4 new"), "{told}");
    let faulty = user.file("faulty.csv", &JANUARY.replace("-400.00", "four hundred"));
    let told = user.fails(&["import", faulty.to_str().unwrap()]);
    assert!(told.contains("line 3") && told.contains("four hundred"), "{told}");
    let assets: Json = serde_json::from_str(&user.ok(&["api", "GET", "/assets"])).unwrap();
    assert_eq!(assets["items"].as_array().unwrap().len(), 0);
}

#[test]
fn a_changed_byte_is_found_and_located() {
    let user = User::new();
    user.import(&user.file("jan.csv", JANUARY));
    let database = user.data().join("florin.db");
    // The name of an event stands in its bytes. The file is changed behind the database's back,
    // also where it holds what was deleted.
    let mut bytes = std::fs::read(&database).unwrap();
    let name = b"wealth.import.booked";
    let places: Vec<usize> =
        (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    assert!(!places.is_empty(), "the event is in the file");
    places.into_iter().for_each(|place| bytes[place] = b'W');
    std::fs::write(&database, bytes).unwrap();
    let output = user.run(&["audit", "verify"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success());
    assert!(told.contains("BROKEN   log_event"), "{told}");
}

#[test]
fn a_backup_that_is_put_back_needs_its_tables_made_again() {
    let user = User::new();
    user.import(&user.file("jan.csv", JANUARY));
    let (database, backup) = (user.data().join("florin.db"), user.home.path().join("backup.db"));
    std::fs::copy(&database, &backup).unwrap();
    let february = user.file("feb.csv", FEBRUARY);
    user.ok(&["import", "--asset", &asset(&user), february.to_str().unwrap()]);
    assert_eq!(user.worth("2026-02-28"), "290.00");

    std::fs::copy(&backup, &database).unwrap();
    let told = user.fails(&["net-worth", "--in", "EUR"]);
    assert!(told.contains("florin.projections.db"), "{told}");
    for ending in ["", "-wal", "-shm"] {
        let file = user.data().join(format!("florin.projections.db{ending}"));
        if file.exists() {
            std::fs::remove_file(file).unwrap();
        }
    }
    assert_eq!(user.worth("2026-02-28"), "690.00");
}

#[test]
fn nobody_else_reads_what_the_first_command_makes() {
    let user = User::new();
    let rates = "date,base,quote,rate\n2026-03-30,USD,MNT,3573.08\n";
    user.ok(&["rates", "import", user.file("rates.csv", rates).to_str().unwrap()]);
    assert_eq!(mode(&user.data()), 0o700);
    // A directory that was there stays as it is; the files in it are private all the same.
    let shared = user.home.path().join("shared");
    std::fs::create_dir(&shared).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&shared, open).unwrap();
    let january = user.file("jan.csv", JANUARY);
    user.ok(&["--data-dir", shared.to_str().unwrap(), "import", january.to_str().unwrap()]);
    assert_eq!(mode(&shared), 0o755);
    for file in std::fs::read_dir(&shared).unwrap() {
        let path = file.unwrap().path();
        let is_lock = path.ends_with("florin.lock");
        // What is in a folder is as private as the folder.
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert!(is_lock || mode(&path) == expected, "{}", path.display());
    }
}

fn mode(path: &Path) -> u32 {
    let permissions = path.metadata().unwrap().permissions();
    std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777
}

#[test]
fn with_a_server_the_command_line_speaks_to_it() {
    let user = User::new();
    let (server, address) = user.serve();
    let told = user.fails(&["net-worth", "--in", "EUR"]);
    assert!(told.contains("florin login") && told.contains(&address), "{told}");

    user.sign_in(&address);
    let session = user.home.path().join(".local/state/florin/session.json");
    assert_eq!(mode(&session), 0o600);

    user.import(&user.file("jan.csv", JANUARY));
    assert_eq!(user.worth("2026-01-31"), "690.00");
    // The server answers for the session's family: another one that is named is not passed over.
    let told = user.fails(&["--tenant", "Home", "net-worth", "--in", "EUR"]);
    assert!(told.contains("--tenant"), "{told}");
    // A server that is named is asked, whatever runs here, and needs a session of its own.
    let assets = ["api", "GET", "/assets", "--server", &address];
    assert!(user.ok(&assets).contains("CSV"));
    let told = user.fails(&["api", "GET", "/assets", "--server", "http://127.0.0.1:1"]);
    assert!(told.contains("signed in to"), "{told}");
    let told = User::new().fails(&assets);
    assert!(told.contains("florin login"), "{told}");
    let told = user.fails(&["audit", "verify", "--server", &address]);
    assert!(told.contains("--server"), "{told}");
    let served = user.ok(&["ledger", "export", "--format", "csv"]);
    assert!(served.contains(",400.00,EUR,") && served.contains("Rent"), "{served}");
    drop(server);
    // Without it, the same data, as the owner.
    let without = user.ok(&["ledger", "export", "--format", "csv"]);
    assert_eq!(without, served);
    let file = user.home.path().join("book.beancount");
    let words = ["ledger", "export", "--format", "beancount", "--output", file.to_str().unwrap()];
    assert_eq!(user.ok(&words), "");
    let balances = testing::accounting::beancount(&file);
    assert!(balances.values().any(|balance| *balance == ("690.00".into(), "EUR".into())));
    let told = user.fails(&["ledger", "export", "--format", "csv", "--book", "book_1"]);
    assert!(told.contains("404"), "{told}");
    assert_eq!(user.worth("2026-01-31"), "690.00");
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let user = User::new();
    let told = user.fails(&["net-worth", "--in", "XXX"]);
    assert!(told.contains("currency"), "{told}");
    let told = user.fails(&["net-worth", "--in", "EUR", "--as-of", "31.3.2026"]);
    assert!(told.contains("as_of"), "{told}");
    let told = user.fails(&["import", "/nowhere/at/all.ofx"]);
    assert!(told.contains("all.ofx"), "{told}");
    let file = user.file("a-file", "no directory");
    let told = user.fails(&["--tenant", "Nobody", "net-worth", "--in", "EUR"]);
    assert!(told.contains("Nobody"), "{told}");
    let told = User::new().fails(&["audit", "verify"]);
    assert!(told.contains("there is no database"), "{told}");
    let told = user.fails(&["--data-dir", file.to_str().unwrap(), "rates", "import", "x.csv"]);
    assert!(told.contains("data directory") && told.contains("a-file"), "{told}");
    assert!(user.ok(&["completions", "bash"]).contains("florin"));
    assert!(user.ok(&["man"]).contains(".TH florin"));
    assert!(user.ok(&["config"]).contains("from default"));
}
