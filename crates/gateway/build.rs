//! Lists the built page (`web/dist`) for the binary to carry. Where it was not built the list is
//! empty, and the binary says at `/` how to build it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let page = root.join("../../web/dist");
    // A path that is not there would make cargo compile this crate anew each time. Where the folder
    // cannot be made (the sources are read-only), that is the price.
    let _ = fs::create_dir_all(&page);
    println!("cargo:rerun-if-changed={}", page.display());
    println!("cargo:rerun-if-changed=build.rs");

    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let mut files = Vec::new();
    walk(&page, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for (index, path) in files.iter().enumerate() {
        // A copy: the page may be built anew while this crate compiles. What is gone already comes
        // with that build, after which cargo runs this again.
        let copy = format!("page-{index}");
        if fs::copy(path, out.join(&copy)).is_err() {
            continue;
        }
        let name = path.strip_prefix(&page).unwrap_or(path).display().to_string();
        let name = name.replace('\\', "/");
        let _ = writeln!(
            list,
            "    (\"/{name}\", include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{copy}\"))),"
        );
    }
    list.push_str("]\n");
    fs::write(out.join("page.rs"), list)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
