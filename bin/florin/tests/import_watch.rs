//! A folder that is watched: files are taken once, whatever ends the program in between, and each
//! has a note beside it of what became of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

#[allow(dead_code, reason = "other tests call what fails")]
mod user;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use user::User;

const MARCH: &str = "Account Number,Date,Description,Amount\n\
                     7001234,2026-03-02,COFFEE,-5.00\n7001234,2026-03-03,RENT,-800.00\n";

struct Inbox {
    user: User,
    folder: PathBuf,
}

impl Inbox {
    fn new() -> Self {
        let user = User::new();
        let folder = user.home.path().join("inbox");
        fs::create_dir(&folder).unwrap();
        Self { user, folder }
    }

    /// Takes what is in the folder now, and prints what became of it.
    fn take(&self) -> String {
        let folder = self.folder.to_str().unwrap();
        self.user.ok(&["import", "--watch", folder, "--once"])
    }

    fn put(&self, name: &str, text: &str, seconds: u64) {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds);
        fs::File::options().write(true).open(path).unwrap().set_modified(changed).unwrap();
    }

    fn names(&self, of: &str) -> Vec<String> {
        let files = fs::read_dir(self.folder.join(of)).unwrap().map(|entry| entry.unwrap());
        let files = files.filter(|entry| entry.file_type().unwrap().is_file());
        let mut names: Vec<String> =
            files.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// How many imports there are.
    fn imports(&self) -> usize {
        let told = self.user.ok(&["api", "GET", "/imports"]);
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        told["items"].as_array().unwrap().len()
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_file_is_taken_once_and_has_a_note_beside_it() {
    let inbox = Inbox::new();
    inbox.put("march.csv", MARCH, 0);
    inbox.put(".hidden.csv", MARCH, 0);
    inbox.put("april.csv.part", MARCH, 0);
    inbox.put("letter.txt", "Dear Sir or Madam", 0);
    let told = inbox.take();
    assert!(told.contains("2 entries, 2 booked"), "{told}");
    assert_eq!(inbox.names("done"), ["march.csv", "march.csv.txt"]);
    assert_eq!(inbox.names("refused"), ["letter.txt", "letter.txt.txt"]);
    assert_eq!(inbox.names(""), [".hidden.csv", "april.csv.part"]);
    let note = read(&inbox.folder.join("done/march.csv.txt"));
    assert!(note.contains("csv booked (imp_"), "{note}");
    let note = read(&inbox.folder.join("refused/letter.txt.txt"));
    assert!(note.contains("import_refused"), "{note}");
    assert_eq!(inbox.take(), "");
}

#[test]
fn what_was_booked_before_a_crash_is_not_booked_after_it() {
    let inbox = Inbox::new();
    inbox.put("march.csv", MARCH, 0);
    inbox.take();
    assert_eq!(inbox.imports(), 1);
    // As if the program had ended after booking: the file, unchanged, is where it was.
    let done = inbox.folder.join("done/march.csv");
    fs::rename(&done, inbox.folder.join("march.csv")).unwrap();
    let told = inbox.take();
    assert!(told.contains("2 entries, 2 booked"), "{told}");
    assert_eq!((inbox.imports(), done.exists()), (1, true));
    // Downloaded again it is another file, in which nothing is new.
    inbox.put("march.csv", MARCH, 60);
    let told = inbox.take();
    assert!(told.contains("2 entries, 2 known already"), "{told}");
    let names = ["march (2).csv", "march (2).csv.txt", "march.csv", "march.csv.txt"];
    assert_eq!((inbox.imports(), inbox.names("done")), (2, names.map(str::to_owned).to_vec()));
}
