//! Every figure of the net worth is recomputed from the raw tables: with queries of the test's own,
//! and with whole numbers only.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod family;

use std::collections::BTreeMap;

use family::{Family, balance, currency, date, money, quantity};
use storage::Dialect;
use testing::{Cell, Raw, TestDatabase};
use wealth::{NetWorthQuery, Stated, Valued};

/// What the raw tables say of an asset's account on a day.
#[derive(Debug, Default, PartialEq, Eq)]
struct Booked {
    debits_less_credits: i128,
    transfers: u64,
    first: String,
    last: String,
}

/// A number as digits and how many of them are decimals.
type Digits = (i128, u32);

fn digits(text: &str) -> Digits {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    (format!("{whole}{part}").parse().unwrap(), u32::try_from(part.len()).unwrap())
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        cell => panic!("{cell:?}"),
    }
}

/// An amount as the table keeps it.
fn amount(cell: &Cell) -> i128 {
    match cell {
        Cell::Text(text) => text.parse().unwrap(),
        Cell::Number(number) => i128::from(*number),
        cell => panic!("{cell:?}"),
    }
}

/// The accounts by the id of their asset.
async fn booked(db: &TestDatabase, raw: &Raw, as_of: &str) -> BTreeMap<Vec<u8>, Booked> {
    let (amount_cell, date_cell) = match db.dialect() {
        Dialect::Sqlite => ("t.amount", "t.effective"),
        Dialect::Postgres => ("t.amount::text", "t.effective::text"),
    };
    // Kinds 0 and 2 move an amount: postings, and postings of holds.
    let sql = format!(
        "SELECT w.id, {amount_cell}, {date_cell}, t.debit = a.number FROM wealth_asset w
         JOIN ledger_account a ON a.book = w.book AND a.id = w.account
         JOIN ledger_transfer t ON t.book = a.book AND a.number IN (t.debit, t.credit)
         WHERE t.effective <= '{as_of}' AND t.kind IN (0, 2) ORDER BY t.effective"
    );
    let mut booked: BTreeMap<Vec<u8>, Booked> = BTreeMap::new();
    for row in raw.rows(&sql).await {
        let Cell::Bytes(id) = &row[0] else { panic!("{row:?}") };
        let entry = booked.entry(id.clone()).or_default();
        let is_debit = row[3] == Cell::Number(1);
        entry.debits_less_credits += if is_debit { amount(&row[1]) } else { -amount(&row[1]) };
        entry.transfers += 1;
        entry.last = text(&row[2]);
        if entry.first.is_empty() {
            entry.first = text(&row[2]);
        }
    }
    booked
}

/// One cell of the last row, by date and then by revision, that a table has on or before a day.
async fn last(raw: &Raw, table: &str, cell: &str, condition: &str, as_of: &str) -> Digits {
    let sql = format!(
        "SELECT {cell} FROM {table} WHERE {condition} AND on_date <= '{as_of}'
         ORDER BY on_date DESC, revision DESC LIMIT 1"
    );
    digits(&text(&raw.rows(&sql).await[0][0]))
}

/// `above ÷ below` times `10^scale`, half to even.
fn rounded(above: i128, below: i128) -> i128 {
    let (quotient, rest) = (above.div_euclid(below), above.rem_euclid(below));
    match (rest * 2).cmp(&below) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient.rem_euclid(2),
    }
}

/// The product of factors, each multiplied or divided by, in minor units of two decimals.
fn product(factors: &[(Digits, bool)]) -> i128 {
    let (mut above, mut below, mut exponent) = (1_i128, 1_i128, 2_i32);
    for ((number, decimals), divides) in factors {
        let decimals = i32::try_from(*decimals).unwrap();
        let side = if *divides { &mut below } else { &mut above };
        *side = side.checked_mul(*number).unwrap();
        exponent += if *divides { decimals } else { -decimals };
    }
    let power = 10_i128.pow(exponent.unsigned_abs());
    let side = if exponent >= 0 { &mut above } else { &mut below };
    *side = side.checked_mul(power).unwrap();
    rounded(above, below)
}

/// What one unit of a currency is in AUD, by the tables.
async fn to_aud(raw: &Raw, code: &str, as_of: &str) -> Vec<(Digits, bool)> {
    let common = async |quote: &str| {
        let pair = format!("base = 'EUR' AND quote = '{quote}'");
        last(raw, "markets_rate", "rate", &pair, as_of).await
    };
    let own = async || {
        let pair = "base = 'USD' AND quote = 'MNT'";
        last(raw, "markets_tenant_rate", "rate", pair, as_of).await
    };
    match code {
        "AUD" => vec![],
        "USD" => vec![(common("USD").await, true), (common("AUD").await, false)],
        "MNT" => {
            vec![(own().await, true), (common("USD").await, true), (common("AUD").await, false)]
        }
        code => panic!("{code}"),
    }
}

/// The value of an asset in AUD from the raw tables alone.
async fn recomputed(raw: &Raw, booked: &Booked, valued: &Valued, as_of: &str) -> i128 {
    let mut sql_id = String::new();
    for byte in valued.asset.id.uuid().as_bytes() {
        sql_id.push_str(&format!("{byte:02x}"));
    }
    let row = "SELECT commodity, scale, currency, holding, id FROM wealth_asset";
    let rows = raw.rows(row).await;
    let row = rows.iter().find(|row| match &row[4] {
        Cell::Bytes(id) => id.as_slice() == valued.asset.id.uuid().as_bytes(),
        _ => false,
    });
    let row = row.unwrap();
    let (commodity, scale): (String, u32) = (text(&row[0]), text(&row[1]).parse().unwrap());
    let balance = (booked.debits_less_credits, scale);
    let mut factors = vec![(balance, false)];
    if text(&row[3]) != "balance" {
        let condition = format!("commodity = '{commodity}'");
        factors.push((last(raw, "markets_price", "price", &condition, as_of).await, false));
    }
    factors.extend(to_aud(raw, &text(&row[2]), as_of).await);
    product(&factors)
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn every_figure_follows_from_the_raw_tables(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        family.add("cash US Dollars 2024-06-30", balance("-1234.55 USD")).await;
        family.add("crypto MN Ether 2025-12-31", quantity("1.234567890123456789 ETH", "1.5 AUD"))
            .await;
        // Two and a half cents.
        family.add("crypto AU Litecoin 2025-12-31", quantity("0.5 LTC", "0.05 AUD")).await;
        family.state(assets.loan, "2026-01-31", Stated::Balance(money("599999.99 AUD"))).await;
        family.state(assets.loan, "2025-01-31", Stated::Balance(money("605000.01 AUD"))).await;
        family.state(assets.house, "2026-01-31", Stated::Value(money("987654.32 AUD"))).await;
        family.state(assets.house, "2026-01-31", Stated::Value(money("987654.33 AUD"))).await;
        let raw = db.raw().await;
        let mut figures = 0;
        for as_of in ["2024-06-28", "2024-06-30", "2026-01-05", "2026-03-31"] {
            let query = NetWorthQuery::new(currency("AUD"), date(as_of));
            let query = NetWorthQuery { explain: true, ..query };
            let worth = family.try_worth(&query).await.unwrap();
            let booked = booked(&db, &raw, as_of).await;
            let mut total = 0;
            for valued in &worth.assets {
                let seen = &booked[valued.asset.id.uuid().as_bytes().as_slice()];
                let value = recomputed(&raw, seen, valued, as_of).await;
                assert_eq!(valued.value.amount.minor(), value, "{} {as_of}", valued.asset.name);
                let explained = valued.explanation.as_ref().unwrap();
                assert_eq!(explained.transfers, seen.transfers);
                let text = |(first, last): (kernel::Date, kernel::Date)| {
                    [first.to_string(), last.to_string()]
                };
                let dates = explained.dates.map(text);
                assert_eq!(dates, Some([seen.first.clone(), seen.last.clone()]));
                let sign = if explained.is_debt { -1 } else { 1 };
                assert_eq!(explained.balance.amount.minor() * sign, seen.debits_less_credits);
                assert_eq!(explained.account, valued.asset.account);
                total += value;
                figures += 1;
            }
            assert_eq!(worth.total.amount.minor(), total, "{as_of}");
        }
        assert_eq!(figures, 3 + 4 + 8 + 8);
    }
}
