//! `florin net-worth`: what the family is worth, as a table or as JSON.

use serde_json::Value as Json;

use crate::cli::NetWorth;
use crate::command::table::amount;
use crate::command::{escape, print};
use crate::connection::{Call, Connection};

/// Asks, and prints the answer.
pub async fn run(connection: &mut Connection, asked: &NetWorth) -> anyhow::Result<()> {
    let mut path = format!("/assets/net-worth?currency={}", escape(&asked.currency));
    let age = asked.rate_age_days_max.map(|days| days.to_string());
    let explain = asked.explain.then(|| "true".to_owned());
    for (name, value) in [
        ("as_of", &asked.as_of),
        ("known_at", &asked.known_at),
        ("rate_age_days_max", &age),
        ("explain", &explain),
    ] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", escape(value)));
        }
    }
    let answer =
        connection.json(Call { method: "GET", path: &path, body: None, key: None }).await?;
    if asked.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&answer)?))
    } else {
        print(&table(&answer))
    }
}

/// One line an asset, amounts aligned at their ends, the total below. Where the answer explains,
/// what a figure is made of stands under it.
fn table(answer: &Json) -> String {
    let assets = answer["assets"].as_array().map_or(&[][..], Vec::as_slice);
    let rows: Vec<[String; 5]> = assets.iter().map(row).collect();
    let total = money(&answer["total"]);
    let as_of = answer["as_of"].as_str().unwrap_or_default();
    let label = format!("Net worth on {as_of}");
    let mut widths = [label.chars().count(), 4, 2, 5, 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths[3] = widths[3].max(total.chars().count());
    let [name, kind, country, value, _] = widths;
    let line = |cells: [&str; 5]| {
        let [a, b, c, d, e] = cells;
        let line = format!("{a:name$}  {b:kind$}  {c:country$}  {d:>value$}  {e}");
        format!("{}\n", line.trim_end())
    };
    let mut text = line(["NAME", "TYPE", "IN", "VALUE", "RATE"]);
    for (asset, [a, b, c, d, e]) in assets.iter().zip(&rows) {
        text.push_str(&line([a, b, c, d, e]));
        text.push_str(&explanation(asset));
    }
    let rule = "-".repeat(name + kind + country + value + 6);
    text.push_str(&format!("{rule}\n"));
    text.push_str(&line([&label, "", "", &total, ""]));
    text
}

fn row(asset: &Json) -> [String; 5] {
    let word = |name: &str| asset[name].as_str().unwrap_or_default().to_owned();
    let rate = &asset["rate"];
    let rate_is_made_up = rate["made_up"] == true;
    let rate = match (rate["rate"].as_str(), rate["date"].as_str()) {
        (Some(rate), Some(date)) if rate_is_made_up => format!("{rate} of {date}, made up"),
        (Some(rate), Some(date)) => format!("{rate} of {date}"),
        _ => String::new(),
    };
    [word("name"), word("type"), word("country"), money(&asset["value"]), rate]
}

/// Balance, price and rates of an asset with their dates and sources; nothing where the answer does
/// not explain.
fn explanation(asset: &Json) -> String {
    let explain = &asset["explain"];
    if explain.is_null() {
        return String::new();
    }
    let word = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let mut text = format!("    balance {}", money(&explain["balance"]));
    if explain["is_debt"] == true {
        text.push_str(" owed");
    }
    text.push_str(&format!(", transfers: {}", explain["transfers"].as_u64().unwrap_or(0)));
    if let (Some(first), Some(last)) = (explain["first"].as_str(), explain["last"].as_str()) {
        text.push_str(&format!(", {first} to {last}"));
    }
    text.push('\n');
    let stated = |told: &Json| {
        let made_up = if told["kind"] == "made_up" { ", made up" } else { "" };
        format!("of {}, {}{made_up}\n", word(&told["date"]), word(&told["source"]))
    };
    let price = &asset["price"];
    if !price.is_null() {
        let (number, currency) = (word(&price["price"]), word(&price["currency"]));
        text.push_str(&format!("    price {number} {currency} {}", stated(price)));
    }
    for leg in asset["rate"]["path"].as_array().into_iter().flatten() {
        let (base, quote, rate) = (word(&leg["base"]), word(&leg["quote"]), word(&leg["rate"]));
        text.push_str(&format!("    rate 1 {base} = {rate} {quote} {}", stated(leg)));
    }
    text
}

/// `1,234.50 AUD`.
fn money(money: &Json) -> String {
    amount(&money["amount"], &money["currency"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_aligned_and_adds_nothing_up_itself() {
        let money = |amount: &str| json!({ "amount": amount, "currency": "AUD" });
        let answer = json!({
            "as_of": "2026-03-31",
            "total": money("-1234567.80"),
            "assets": [
                { "name": "House", "type": "property", "country": "AU", "value": money("999.00"),
                  "rate": null },
                { "name": "Орон сууц", "type": "property", "country": "MN",
                  "value": money("12.34"),
                  "rate": { "rate": "0.00043", "date": "2026-03-30", "made_up": true } },
            ],
        });
        let expected = "\
NAME                     TYPE      IN              VALUE  RATE
House                    property  AU         999.00 AUD
Орон сууц                property  MN          12.34 AUD  0.00043 of 2026-03-30, made up
--------------------------------------------------------
Net worth on 2026-03-31                -1,234,567.80 AUD
";
        assert_eq!(table(&answer), expected);
    }

    #[test]
    fn an_explained_figure_shows_balance_price_and_rates_with_their_sources() {
        let answer = json!({
            "as_of": "2026-10-31",
            "total": { "amount": "86.00", "currency": "EUR" },
            "assets": [{
                "name": "Flat", "type": "property", "country": "MN",
                "value": { "amount": "86.00", "currency": "EUR" },
                "price": { "price": "352000.00", "currency": "MNT", "date": "2026-05-31",
                           "source": "own", "kind": "valuation" },
                "rate": { "rate": "0.000244318", "date": "2026-10-30", "made_up": true, "path": [
                    { "base": "EUR", "quote": "MNT", "rate": "4093.02", "date": "2026-10-30",
                      "source": "demo", "kind": "made_up", "inverse": true },
                ] },
                "explain": { "balance": { "amount": "1", "currency": "FLAT" }, "is_debt": false,
                             "transfers": 1, "first": "2025-10-31", "last": "2025-10-31" },
            }],
        });
        let expected = "\
NAME                     TYPE      IN      VALUE  RATE
Flat                     property  MN  86.00 EUR  0.000244318 of 2026-10-30, made up
    balance 1 FLAT, transfers: 1, 2025-10-31 to 2025-10-31
    price 352000.00 MNT of 2026-05-31, own
    rate 1 EUR = 4093.02 MNT of 2026-10-30, demo, made up
------------------------------------------------
Net worth on 2026-10-31                86.00 EUR
";
        assert_eq!(table(&answer), expected);
    }
}
