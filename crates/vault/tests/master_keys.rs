//! Master keys in files and texts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelter;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use kernel::Env;
use shelter::{SHELTER, put_own};
use storage::keys::{LocalMasterKeys, MasterKeys as _};
use testing::TestDatabase;
use vault::master::{Missing, add_to_file, check, from_text, new_line, open_file};

#[test]
fn a_file_is_made_for_its_owner_alone_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, env) = (folder.path().join("keys/master.key"), Env::system());
    let refused = open_file(&path, &env, Missing::Refuse).unwrap_err().to_string();
    assert!(refused.contains("there is no master key"), "{refused}");
    let made = open_file(&path, &env, Missing::Make).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(open_file(&path, &env, Missing::Refuse).unwrap().ids(), made.ids());
    std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let refused = open_file(&path, &env, Missing::Make).unwrap_err().to_string();
    assert!(refused.contains("others may use it (mode 640)"), "{refused}");
}

#[test]
fn a_new_key_wraps_and_the_old_one_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (path, env) = (folder.path().join("master.key"), Env::system());
    let old = open_file(&path, &env, Missing::Make).unwrap().current();
    let new = add_to_file(&path, &env).unwrap();
    let both = open_file(&path, &env, Missing::Refuse).unwrap();
    assert_eq!((both.current(), both.ids()), (new.clone(), vec![new, old]));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_no_key_is_refused_and_not_repeated() {
    let line = new_line(&Env::system());
    let another = new_line(&Env::system());
    assert!(from_text(&line).is_ok());
    assert_eq!(from_text(&format!("{}, {}", *line, *another)).unwrap().ids().len(), 2);
    let cut = &line[..line.len() - 1];
    for text in ["", "# nothing", cut, &format!("{cut}g"), &format!("{}\n{}", *line, *line)] {
        let refused = from_text(text).unwrap_err().to_string();
        assert!(!refused.contains(&line[20..40]), "{refused}");
    }
    assert!(!format!("{:?}", from_text(&line).unwrap()).contains(&line[20..40]));
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, SHELTER];

    async fn a_key_that_is_missing_is_named_before_anything_is_opened(db: TestDatabase) {
        let other = from_text(&new_line(&Env::system())).unwrap();
        check(&db.database, &other).await.unwrap();
        put_own(&db, &db.context(db.new_tenant()), 1, "Rex").await;
        let own = LocalMasterKeys::new(vec![testing::master_key()]).unwrap();
        check(&db.database, &own).await.unwrap();
        let missing = check(&db.database, &other).await.unwrap_err().to_string();
        assert!(missing.contains(&format!("the master key {} is missing", own.current())));
    }
}
