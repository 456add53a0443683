//! Python's programs, as `scripts/setup.sh test` installs them: each with a folder of its own.

use std::path::PathBuf;
use std::process::Command;

/// The folder of a program's executables.
///
/// # Panics
/// Where nothing says where caches are.
pub(crate) fn installed(program: &str) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = cache.or_else(home).expect("XDG_CACHE_HOME or HOME is set");
    cache.join("florin").join(program).join("bin")
}

/// What a program prints.
pub(crate) fn run(program: PathBuf, words: &[&str]) -> String {
    let missing = |error| panic!("{}: {error}; run scripts/setup.sh test", program.display());
    // It reads text as bytes of UTF-8 whatever the machine's language is.
    let output = Command::new(&program)
        .args(words)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(missing);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {told}{}",
        program.display(),
        String::from_utf8_lossy(&output.stdout)
    );
    String::from_utf8(output.stdout).expect("the program writes UTF-8")
}
