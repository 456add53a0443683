//! What the family owns and owes, and what is stated of it over the year.
//!
//! What must stay true: every asset is stated of the day that it is opened on; numbers are those of
//! `demo/values.csv`, which says them in the order of days.

use anyhow::{Context as _, anyhow};
use kernel::{Commodity, Date, Decimal, time::parse_date};
use wealth::AssetType;

/// Of each asset, what is stated and when.
const VALUES: &str = include_str!("../../demo/values.csv");

/// Something that the family owns or owes.
#[derive(Debug)]
pub struct Asset {
    /// How the demo's files call it.
    pub key: &'static str,
    /// What the family calls it.
    pub name: &'static str,
    /// What kind of thing it is.
    pub kind: AssetType,
    /// Where it is.
    pub country: &'static str,
    /// Whose it is; nothing where it is everybody's.
    pub owner: Option<&'static str>,
}

/// Something that is stated of an asset.
#[derive(Debug)]
pub struct Stated {
    /// Of what.
    pub asset: &'static Asset,
    /// Of which day.
    pub date: Date,
    /// What.
    pub what: What,
    /// The number: of a debt what is owed.
    pub number: Decimal,
    /// What the number counts: a currency, of a quantity the commodity.
    pub commodity: Commodity,
}

/// What can be stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// How much money there is at the end of the day.
    Balance,
    /// What the thing is worth, as its owners hold.
    Value,
    /// How many there are.
    Quantity,
    /// What one is worth: made up.
    Price,
}

macro_rules! assets {
    ($($key:literal $name:literal: $kind:ident, $country:literal, $owner:expr;)+) => {
        &[$(Asset {
            key: $key,
            name: $name,
            kind: AssetType::$kind,
            country: $country,
            owner: $owner,
        }),+]
    };
}

/// Parents and children live in Brisbane, the grandparents in Ulaanbaatar.
pub const ASSETS: &[Asset] = assets! {
    "house" "House in Brisbane": Property, "AU", None;
    "apartment" "Apartment in Ulaanbaatar": Property, "MN", Some("Grandparents");
    "everyday" "Everyday account": Cash, "AU", None;
    "savings" "Savings in Ulaanbaatar": Cash, "MN", Some("Grandparents");
    "euro" "Euro account": Cash, "DE", Some("Saraa");
    "superannuation" "Superannuation": Superannuation, "AU", Some("Temuulen");
    "fund" "Southern Sky index fund (made up)": Investment, "AU", None;
    "bitcoin" "Bitcoin (prices made up)": Crypto, "AU", Some("Temuulen");
    "car" "Car": Vehicle, "AU", None;
    "card" "Credit card": Debt, "AU", None;
    "mortgage" "Home loan": Debt, "AU", None;
};

/// Commodities that nobody else knows, with their decimals.
const OWN_COMMODITIES: &[(&str, u8)] = &[("DEMO:SKY", 4)];

/// Everything that is stated, in the order of days.
pub fn stated() -> anyhow::Result<Vec<Stated>> {
    let rows = VALUES.lines().enumerate().skip(1);
    let row = |(index, line): (usize, &str)| {
        row(line).with_context(|| format!("line {} of values.csv: {line:?}", index + 1))
    };
    rows.map(row).collect()
}

fn row(line: &str) -> anyhow::Result<Stated> {
    let cells: Vec<&str> = line.split(',').collect();
    let &[date, key, what, number, commodity] = cells.as_slice() else {
        return Err(anyhow!("five cells are expected"));
    };
    let asset = ASSETS.iter().find(|asset| asset.key == key);
    let own = OWN_COMMODITIES.iter().find(|(code, _)| *code == commodity);
    let commodity = match own {
        Some((code, scale)) => Commodity::new(code, *scale)?,
        None => Commodity::well_known(commodity)?,
    };
    Ok(Stated {
        asset: asset.with_context(|| format!("there is no asset {key}"))?,
        date: parse_date(date)?,
        what: what_of(what)?,
        number: Decimal::parse(number)?,
        commodity,
    })
}

fn what_of(text: &str) -> anyhow::Result<What> {
    match text {
        "balance" => Ok(What::Balance),
        "value" => Ok(What::Value),
        "quantity" => Ok(What::Quantity),
        "price" => Ok(What::Price),
        _ => Err(anyhow!("a balance, value, quantity or price is expected, not {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, what: What) -> Vec<(String, Decimal)> {
        let rows = stated().unwrap();
        let wanted = rows.iter().filter(|row| row.asset.key == key && row.what == what);
        wanted.map(|row| (row.date.to_string(), row.number)).collect()
    }

    #[test]
    fn everything_is_stated_of_the_first_day_and_within_the_year() {
        let rows = stated().unwrap();
        assert!(rows.is_sorted_by_key(|row| row.date));
        let (first, last) = (rows[0].date, rows[rows.len() - 1].date);
        assert_eq!(
            (first.to_string().as_str(), last.to_string().as_str()),
            ("2025-10-31", "2026-10-31")
        );
        for asset in ASSETS {
            let stated: Vec<What> = rows
                .iter()
                .filter(|row| row.asset.key == asset.key && row.date == first)
                .map(|row| row.what)
                .collect();
            let expected = match asset.kind {
                AssetType::Property | AssetType::Vehicle => vec![What::Value],
                AssetType::Investment | AssetType::Crypto => vec![What::Quantity, What::Price],
                AssetType::Cash | AssetType::Superannuation | AssetType::Debt => {
                    vec![What::Balance]
                }
            };
            assert_eq!(stated, expected, "{}", asset.key);
        }
    }

    #[test]
    fn things_are_valued_as_often_and_move_as_such_things_do() {
        let counts = [
            ("house", What::Value, 4),
            ("apartment", What::Value, 2),
            ("car", What::Value, 4),
            ("superannuation", What::Balance, 5),
            ("mortgage", What::Balance, 13),
            ("fund", What::Quantity, 5),
            ("fund", What::Price, 53),
            ("bitcoin", What::Price, 53),
        ];
        for (key, what, count) in counts {
            assert_eq!(of(key, what).len(), count, "{key}");
        }
        let falls = |key, what| of(key, what).is_sorted_by(|one, next| one.1 > next.1);
        assert!(falls("car", What::Value) && falls("mortgage", What::Balance));
        assert_eq!(of("bitcoin", What::Quantity)[0].1.to_string(), "0.35000000");
    }
}
