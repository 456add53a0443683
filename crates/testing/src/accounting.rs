//! Other people's accounting programs, which check what we export: beancount and hledger, as
//! `scripts/setup.sh test` installs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::installed::{installed, run};

/// What a program says that accounts hold: by account, the amount with its decimals as it was
/// written and the commodity. Accounts that hold nothing may be left out.
pub type Balances = BTreeMap<String, (String, String)>;

/// Has `bean-check` read a file, and asks `bean-query` for the balances.
///
/// # Panics
/// Where the program is missing, finds a fault, or answers what is not understood.
#[must_use]
pub fn beancount(file: &Path) -> Balances {
    run(beancount_program("bean-check"), &[path(file)]);
    let query = "SELECT account, sum(number) AS sum, currency GROUP BY account, currency";
    let program = beancount_program("bean-query");
    balances(&run(program, &["-f", "csv", path(file), query]))
}

/// Has `hledger check --strict` read a file, and asks it for the balances.
///
/// # Panics
/// Where the program is missing, finds a fault, or answers what is not understood.
#[must_use]
pub fn hledger(file: &Path) -> Balances {
    run("hledger".into(), &["check", "--strict", "-f", path(file)]);
    let words = ["balance", "--flat", "--no-total", "--layout=bare", "-O", "csv", "-f", path(file)];
    let text = run("hledger".into(), &words);
    // "account","commodity","balance"
    let swap = |cells: Vec<&str>| match cells[..] {
        [account, commodity, amount] => format!("{account},{amount},{commodity}"),
        _ => panic!("hledger: {cells:?}"),
    };
    let lines = text.lines().map(|line| swap(line.split("\",\"").collect()));
    balances(&lines.collect::<Vec<_>>().join("\n"))
}

/// Reads lines of account, amount and commodity below their heading.
fn balances(text: &str) -> Balances {
    let mut balances = Balances::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> =
            line.split(',').map(|cell| cell.trim_matches(['"', ' ', '\r'])).collect();
        let [account, amount, commodity] = cells[..] else { panic!("not understood: {line:?}") };
        balances.insert(account.to_owned(), (amount.to_owned(), commodity.to_owned()));
    }
    balances
}

fn beancount_program(name: &str) -> PathBuf {
    installed("beancount").join(name)
}

fn path(file: &Path) -> &str {
    file.to_str().expect("the path is text")
}
