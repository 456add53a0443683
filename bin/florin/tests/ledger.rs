//! `florin ledger` as its user has it: a small book, made by calls of the API, and looked at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod user;

use serde_json::{Value as Json, json};
use user::User;

const SALARY: &str = "xfer_00000000000000000000000001";
const HOLD: &str = "xfer_00000000000000000000000002";
const CAPTURE: &str = "xfer_00000000000000000000000003";

/// Somebody with a book: wages of 1,000, of which 30 are held for rent and 20 of these captured.
struct Keeper {
    user: User,
    book: String,
    bank: String,
}

impl Keeper {
    fn new() -> Self {
        let user = User::new();
        let books: Json = serde_json::from_str(&user.ok(&["api", "GET", "/books"])).unwrap();
        let book = books["items"][0]["id"].as_str().unwrap().to_owned();
        let mut keeper = Self { user, book, bank: String::new() };
        for path in ["assets", "assets:bank"] {
            keeper.post("groups", &json!({ "path": path }));
        }
        let open = |name: &str, kind: &str, path: &str| {
            let mut body = json!({ "name": name, "type": kind, "commodity": "EUR" });
            if !path.is_empty() {
                body["path"] = json!(path);
            }
            keeper.post("accounts", &body)["id"].as_str().unwrap().to_owned()
        };
        let bank = open("Khan Bank", "asset", "assets:bank:savings");
        let (work, rent) = (open("Work", "income", ""), open("Rent", "expense", ""));
        keeper.bank = bank.clone();
        keeper.post(&format!("accounts/{bank}/aliases"), &json!({ "alias": "rainy-day" }));
        let transfers = json!([
            { "id": SALARY, "debit": bank, "credit": work, "amount": "1000.00",
              "effective": "2026-01-05", "purpose": "Salary", "reference": "S-1" },
            { "id": HOLD, "type": "hold", "debit": rent, "credit": bank, "amount": "30.00",
              "effective": "2026-01-10" },
            { "id": CAPTURE, "type": "post_hold", "hold": HOLD, "amount": "20.00", "rest": "keep",
              "effective": "2026-01-13", "purpose": "Rent" },
        ]);
        keeper.post("transfers", &json!({ "transfers": transfers }));
        keeper
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        let path = format!("/books/{}/{path}", self.book);
        let told = self.user.ok(&["api", "POST", &path, "--data", &body.to_string()]);
        serde_json::from_str(&told).unwrap()
    }

    fn ledger(&self, words: &[&str]) -> String {
        self.user.ok(&[&["ledger"], words].concat())
    }

    fn json(&self, words: &[&str]) -> Json {
        serde_json::from_str(&self.ledger(&[words, &["--json"]].concat())).unwrap()
    }
}

#[test]
fn the_chart_is_a_tree_with_its_sums() {
    let keeper = Keeper::new();
    let expected = "\
ACCOUNT      TYPE          BALANCE
assets       group      980.00 EUR
  bank       group      980.00 EUR
    savings  asset      980.00 EUR
Rent         expense     20.00 EUR
Work         income   1,000.00 EUR
";
    assert_eq!(keeper.ledger(&["chart"]), expected);
    let part = keeper.ledger(&["chart", "--below", "assets:bank"]);
    assert_eq!(part.lines().count(), 3, "{part}");
    let chart = keeper.json(&["chart"]);
    assert_eq!(chart["groups"][0]["group"]["balances"][0]["posted"], "980.00");
    let told = keeper.user.fails(&["ledger", "chart", "--below", "nowhere"]);
    assert!(told.contains("nowhere"), "{told}");
}

#[test]
fn a_statement_goes_from_one_balance_to_the_other() {
    let keeper = Keeper::new();
    let period = ["--from", "2026-01-06", "--to", "2026-01-31"];
    let expected = "\
assets:bank:savings, 2026-01-06 to 2026-01-31

DATE        WITH             PURPOSE  REFERENCE  AMOUNT       BALANCE
            opening balance                              1,000.00 EUR
2026-01-13  Rent             Rent                -20.00    980.00 EUR
            closing balance                                980.00 EUR
";
    // By its id, its path and its alias.
    for account in [keeper.bank.as_str(), "assets:bank:savings", "rainy-day"] {
        let words = [&["statement", account], &period[..]].concat();
        assert_eq!(keeper.ledger(&words), expected, "{account}");
    }
    let all = ["statement", "rainy-day", "--from", "2026-01-01", "--to", "2026-01-31"];
    let statement = keeper.json(&all);
    let ends = (&statement["opening"], &statement["closing"]);
    assert_eq!(ends, (&json!("0.00"), &json!("980.00")));
    let words = [&["ledger", "statement", "sunny-day"], &period[..]].concat();
    let told = keeper.user.fails(&words);
    assert!(told.contains("sunny-day"), "{told}");
}

#[test]
fn changes_come_in_order_with_the_balances_after_each() {
    let keeper = Keeper::new();
    let expected = "\
1         2026-01-05  transfer             1,000.00 EUR  assets:bank:savings 1,000.00  Work 1,000.00
2         2026-01-10  hold                    30.00 EUR  Rent 0.00  assets:bank:savings 1,000.00
3         2026-01-13  post_hold_part          20.00 EUR  Rent 20.00  assets:bank:savings 980.00
";
    assert_eq!(keeper.ledger(&["changes"]), expected);
    let (_, last) = expected.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(keeper.ledger(&["changes", "--after", "2"]), format!("{last}\n"));
    assert_eq!(keeper.ledger(&["changes", "--after", "3"]), "");
    let lines = keeper.ledger(&["changes", "--after", "1", "--json"]);
    let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&Json> = lines.iter().map(|line| &line["id"]).collect();
    assert_eq!(ids, [&json!(HOLD), &json!(CAPTURE)]);
    let told = keeper.user.fails(&["ledger", "changes", "--after", "4"]);
    assert!(told.contains("place_unknown"), "{told}");
}

#[test]
fn a_transfer_is_shown_with_everything_behind_it() {
    let keeper = Keeper::new();
    let hold = keeper.ledger(&["show", HOLD]);
    let capture = format!("posted by     {CAPTURE}  20.00 EUR");
    for line in
        ["amount        30.00 EUR", "still held    10.00 EUR", "sent by       owner", &capture]
    {
        assert!(hold.lines().any(|told| told == line), "{line}: {hold}");
    }
    let reversal = format!("transfers/{SALARY}/reversal");
    let reversal = keeper.post(&reversal, &json!({ "effective": "2026-02-01" }));
    let shown = keeper.ledger(&["show", SALARY]);
    let by = format!("reversed by   {}", reversal["id"].as_str().unwrap());
    for part in [by.as_str(), "purpose       Salary", "reference     S-1", "assets:bank:savings"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let all = keeper.json(&["show", CAPTURE]);
    assert_eq!(all["transfer"]["hold"], HOLD);
    assert_eq!(all["record"]["hash"].as_str().unwrap().len(), 64);
    let told = keeper.user.fails(&["ledger", "show", "xfer_00000000000000000000000009"]);
    assert!(told.contains("xfer_00000000000000000000000009"), "{told}");
}

#[test]
fn accounts_and_transfers_are_found_by_what_they_say() {
    let keeper = Keeper::new();
    let names = |words: &[&str]| -> Vec<String> {
        let found = keeper.json(words);
        let items = found["items"].as_array().unwrap().iter();
        items.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["accounts"]), ["Khan Bank", "Work", "Rent"]);
    assert_eq!(names(&["accounts", "--type", "income"]), ["Work"]);
    assert_eq!(names(&["accounts", "--path", "assets:bank:savings"]), ["Khan Bank"]);
    assert_eq!(names(&["accounts", "--alias", "rainy-day", "--name", "khan"]), ["Khan Bank"]);
    assert_eq!(names(&["accounts", "--limit", "2"]), ["Khan Bank", "Work"]);
    let table = keeper.ledger(&["accounts", "--alias", "rainy-day"]);
    assert!(table.contains("open   980.00 EUR  970.00 EUR"), "{table}");

    let ids = |words: &[&str]| -> Vec<String> {
        let found = keeper.json(words);
        let items = found["items"].as_array().unwrap().iter();
        items.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["transfers"]), [CAPTURE, HOLD, SALARY]);
    assert_eq!(ids(&["transfers", "--hold", HOLD]), [CAPTURE]);
    assert_eq!(ids(&["transfers", "--reference", "S-1"]), [SALARY]);
    assert_eq!(ids(&["transfers", "--from", "2026-01-06", "--amount-min", "25"]), [HOLD]);
    assert_eq!(ids(&["transfers", "--account", "rainy-day", "--to", "2026-01-09"]), [SALARY]);
    assert_eq!(ids(&["transfers", "--limit", "1"]), [CAPTURE]);
    let table = keeper.ledger(&["transfers", "--reference", "S-1"]);
    let row = format!("{SALARY}  2026-01-05  transfer  assets:bank:savings  Work    Salary");
    assert!(table.contains(&row), "{table}");
    let told = keeper.user.fails(&["ledger", "accounts", "--metadata", "project"]);
    assert!(told.contains("KEY=VALUE"), "{told}");
}
