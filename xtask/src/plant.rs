//! `cargo xtask plant`: plants the faults of `plants.txt` one by one in a copy of the tree, and
//! fails where the tests that are named do not notice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

/// One fault.
#[derive(Debug, PartialEq, Eq)]
struct Plant {
    name: String,
    file: String,
    test: Vec<String>,
    stands: String,
    instead: String,
}

/// Plants every fault whose name holds `only`, after the tests have passed without any: where they
/// fail by themselves, they would seem to notice everything.
pub fn run(root: &Path, only: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(root.join("xtask/plants.txt"))?;
    let plants = parse(&text)?;
    let copy = root.join("target/plant/tree");
    copy_tree(root, &copy)?;
    let chosen = plants.iter().filter(|plant| plant.name.contains(only));
    let tests: BTreeSet<&[String]> = chosen.clone().map(|plant| &plant.test[..]).collect();
    for test in tests {
        println!("sound      {}", test.join(" "));
        ensure!(passes(&copy, test)?, "the tests fail without a fault: {}", test.join(" "));
    }
    let mut unnoticed = Vec::new();
    for plant in chosen {
        println!("planting   {}", plant.name);
        let noticed = plant_one(&copy, plant).with_context(|| plant.name.clone())?;
        println!("{}  {}", if noticed { "caught  " } else { "UNNOTICED" }, plant.name);
        if !noticed {
            unnoticed.push(plant.name.as_str());
        }
    }
    ensure!(unnoticed.is_empty(), "not noticed: {}", unnoticed.join("; "));
    Ok(())
}

fn plant_one(copy: &Path, plant: &Plant) -> anyhow::Result<bool> {
    let path = copy.join(&plant.file);
    let sound = std::fs::read_to_string(&path).with_context(|| plant.file.clone())?;
    let count = sound.matches(&plant.stands).count();
    ensure!(count == 1, "{:?} stands {count} times in {}", plant.stands, plant.file);
    std::fs::write(&path, sound.replace(&plant.stands, &plant.instead))?;
    let passed = passes(copy, &plant.test);
    std::fs::write(&path, sound)?;
    Ok(!passed?)
}

/// Whether tests pass; an error where they do not compile.
fn passes(copy: &Path, test: &[String]) -> anyhow::Result<bool> {
    // What follows the targets is the name of tests: nothing is built for it.
    let end = |option: &str, words: usize| {
        test.iter().position(|word| word == option).map(|at| at + words)
    };
    let named = end("--test", 2).or(end("--lib", 1)).unwrap_or(test.len());
    ensure!(cargo(copy, &["test", "--no-run"], &test[..named])?, "it does not compile");
    cargo(copy, &["test"], test)
}

/// Builds the tests that are named and nothing beside them, or runs them; whether that went well.
fn cargo(copy: &Path, verb: &[&str], test: &[String]) -> anyhow::Result<bool> {
    let status = Command::new("cargo")
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.with_file_name("build"))
        .env("RUSTFLAGS", "--cap-lints allow")
        .args(verb)
        .arg("--quiet")
        .args(test)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(status.success())
}

/// Copies what git knows or would take, so that the tree itself is never touched. What is the same
/// there already stays, so that it is not built again; what is gone here goes there.
fn copy_tree(root: &Path, copy: &Path) -> anyhow::Result<()> {
    let listed = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .args(["Cargo.toml", "Cargo.lock", "bin", "crates", "xtask", ".cargo"])
        .output()?;
    ensure!(listed.status.success(), "git ls-files failed");
    let listed = String::from_utf8(listed.stdout)?;
    let files: BTreeSet<PathBuf> = listed
        .lines()
        .filter(|line| root.join(line).is_file())
        .map(|line| copy.join(line))
        .collect();
    remove_others(copy, &files)?;
    for to in files {
        let bytes = std::fs::read(root.join(to.strip_prefix(copy)?))?;
        if std::fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(to, bytes)?;
    }
    Ok(())
}

/// Removes the files below a folder that are not among these.
fn remove_others(folder: &Path, files: &BTreeSet<PathBuf>) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, files)?;
        } else if !files.contains(&path) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn parse(text: &str) -> anyhow::Result<Vec<Plant>> {
    let is_comment = |line: &&str| line.starts_with('#');
    let blocks = text.split("\n\n").map(str::trim);
    let blocks =
        blocks.filter(|block| !block.is_empty() && !block.lines().all(|line| is_comment(&line)));
    blocks.map(parse_one).collect()
}

fn parse_one(block: &str) -> anyhow::Result<Plant> {
    let mut lines = block.lines();
    let name = lines.next().unwrap_or_default().to_owned();
    let mut field = |prefix: &str| {
        let line = lines.next().and_then(|line| line.strip_prefix(prefix));
        line.map(str::to_owned).with_context(|| format!("{name}: no line {prefix:?}"))
    };
    let (file, test) = (field("file ")?, field("test ")?);
    let (stands, instead) = (field("- ")?, field("+ ")?);
    let test = test.split_whitespace().map(str::to_owned).collect();
    if lines.next().is_some() {
        bail!("{name}: more lines than a fault has");
    }
    Ok(Plant { name, file, test, stands, instead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_faults_is_read() {
        let text = "# what this is\n\none: a fault\nfile a.rs\ntest -p x --test y\n- old\n+ new\n";
        let plants = parse(text).unwrap();
        assert_eq!(plants.len(), 1);
        assert_eq!(plants[0].test, ["-p", "x", "--test", "y"]);
        assert!(parse("one: a fault\nfile a.rs\n- old\n+ new\n").is_err());
    }

    #[test]
    fn every_fault_of_the_list_can_be_planted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let text = std::fs::read_to_string(root.join("xtask/plants.txt")).unwrap();
        for plant in parse(&text).unwrap() {
            let source = std::fs::read_to_string(root.join(&plant.file)).unwrap();
            assert_eq!(source.matches(&plant.stands).count(), 1, "{}", plant.name);
        }
    }
}
