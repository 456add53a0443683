//! `florin ledger chart`: the tree of groups and accounts with their balances.

use serde_json::Value as Json;

use super::{Book, print_json};
use crate::cli::ledger::LedgerChart;
use crate::command::table::{amount, table, word};
use crate::command::{escape, get, print};
use crate::connection::Connection;

/// Asks, and prints the answer.
pub async fn run(connection: &mut Connection, asked: &LedgerChart) -> anyhow::Result<()> {
    let book = Book::of(connection, asked.asking.book.as_deref()).await?;
    let below = asked.below.as_ref().map(|below| format!("?below={}", escape(below)));
    let path = book.path(&format!("chart{}", below.unwrap_or_default()));
    let answer = get(connection, &path).await?;
    if asked.asking.json { print_json(&answer) } else { print(&text(&answer)) }
}

/// A line a group and commodity, and a line an account, each a little further in than what it
/// stands in. A group's balance is on the debit side, an account's on its natural one.
fn text(chart: &Json) -> String {
    let mut rows = Vec::new();
    add(chart, 0, &mut rows);
    table(&["ACCOUNT", "TYPE", "BALANCE"], &rows, 2)
}

fn add(level: &Json, depth: usize, rows: &mut Vec<Vec<String>>) {
    let list = |field: &str| level[field].as_array().cloned().unwrap_or_default();
    let inset = "  ".repeat(depth);
    for one in list("groups") {
        let group = &one["group"];
        let name = match word(&group["name"]) {
            name if name.is_empty() => word(&group["id"]),
            name => name,
        };
        let balances = group["balances"].as_array().cloned().unwrap_or_default();
        let sums = balances.iter().map(|one| amount(&one["posted"], &one["commodity"]));
        let sums = sums.collect::<Vec<_>>();
        let first = sums.first().cloned().unwrap_or_default();
        rows.push(vec![format!("{inset}{name}"), "group".to_owned(), first]);
        for sum in sums.into_iter().skip(1) {
            rows.push(vec![String::new(), String::new(), sum]);
        }
        add(&one, depth + 1, rows);
    }
    for account in list("accounts") {
        let path = word(&account["path"]);
        let name = match path.rsplit(':').next() {
            Some(last) if !last.is_empty() => last.to_owned(),
            _ => super::called(&account),
        };
        let balance = amount(&account["balance"]["posted"], &account["commodity"]);
        rows.push(vec![format!("{inset}{name}"), word(&account["type"]), balance]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_in_a_group_is_further_in() {
        let balance =
            |posted: &str, commodity: &str| json!({ "posted": posted, "commodity": commodity });
        let account = |path: &str, posted: &str| {
            json!({ "id": "acct_1", "name": "Savings", "path": path, "type": "asset",
                    "commodity": "AUD", "balance": { "posted": posted } })
        };
        let group = |name: &str, sums: Json| json!({ "name": name, "balances": sums });
        let bank = json!({ "group": group("bank", json!([balance("80.00", "AUD")])), "groups": [],
                           "accounts": [account("assets:bank:savings", "80.00")] });
        let sums = json!([balance("1080.00", "AUD"), balance("3", "MNT")]);
        let chart = json!({
            "groups": [{ "group": group("assets", sums), "groups": [bank], "accounts": [] }],
            "accounts": [{ "id": "acct_2", "name": "Loose", "path": null, "type": "income",
                           "commodity": "AUD", "balance": { "posted": "0.00" } }],
        });
        let expected = "\
ACCOUNT      TYPE         BALANCE
assets       group   1,080.00 AUD
                            3 MNT
  bank       group      80.00 AUD
    savings  asset      80.00 AUD
Loose        income      0.00 AUD
";
        assert_eq!(text(&chart), expected);
    }
}
