//! Python's programs, as `scripts/setup.sh test` installs them: each with a folder of its own.

use std::path::PathBuf;

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
