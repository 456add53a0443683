//! A year of statements of the family's four accounts, as their banks give them: OFX 1.x, OFX 2.x,
//! CAMT.053 and CSV.
//!
//! What must stay true: each file goes on where the one before ended, and ends at the balance that
//! it states. How the files are made, and what they add up to, is said in `demo/README.md`.

/// An account with its statements, the oldest first.
pub struct Account {
    /// The key of the asset that it is.
    pub key: &'static str,
    /// Its files.
    pub files: &'static [File],
}

/// A file of a bank.
pub struct File {
    /// What it is called.
    pub name: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

macro_rules! files {
    ($account:literal, $suffix:literal: $($month:literal)+) => {
        &[$(File {
            name: concat!($account, "-", $month, ".", $suffix),
            bytes: include_bytes!(
                concat!("../../demo/statements/", $account, "-", $month, ".", $suffix)
            ),
        }),+]
    };
}

macro_rules! monthly {
    ($account:literal, $suffix:literal) => {
        files!($account, $suffix:
            "2025-11" "2025-12" "2026-01" "2026-02" "2026-03" "2026-04"
            "2026-05" "2026-06" "2026-07" "2026-08" "2026-09" "2026-10")
    };
}

/// The accounts. The savings come by the quarter, named by its first month.
pub const ACCOUNTS: &[Account] = &[
    Account { key: "everyday", files: monthly!("everyday", "ofx") },
    Account { key: "card", files: monthly!("card", "ofx") },
    Account { key: "euro", files: monthly!("euro", "xml") },
    Account {
        key: "savings",
        files: files!("savings", "csv": "2025-11" "2026-02" "2026-05" "2026-08"),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::{Date, Decimal, time::parse_date};
    use statements::{EntryStatus, Format, ReadOptions, Statement};

    use super::*;
    use crate::demo::assets::{self, What};

    /// What `demo/check.py` added up, without any of our code: for an account and month the number
    /// of entries, and the balance and currency at its end.
    fn golden() -> BTreeMap<(&'static str, Date), (usize, Decimal, &'static str)> {
        let lines = include_str!("../../demo/balances.csv").lines().skip(1);
        let row = |line: &'static str| {
            let cells: Vec<&str> = line.split(',').collect();
            let [account, end, entries, balance, currency] = cells[..] else { panic!("{line}") };
            let balance = Decimal::parse(balance).unwrap();
            ((account, parse_date(end).unwrap()), (entries.parse().unwrap(), balance, currency))
        };
        lines.map(row).collect()
    }

    /// The only statement of a file, which nothing is wrong with.
    fn read(file: &File) -> (Format, Statement) {
        let reading = statements::read(file.bytes, &ReadOptions::default());
        assert!(reading.is_sound() && reading.questions.is_empty(), "{}: {reading:#?}", file.name);
        let statement = <[Statement; 1]>::try_from(reading.statements);
        let [statement] = statement.unwrap_or_else(|all| panic!("{}: {}", file.name, all.len()));
        (reading.format.unwrap(), statement)
    }

    fn opening(key: &str) -> Decimal {
        let stated = assets::stated().unwrap();
        let mut of_key = stated.iter().filter(|row| row.asset.key == key);
        let first = of_key.find(|row| row.what == What::Balance).unwrap();
        if key == "card" { first.number.negate() } else { first.number }
    }

    #[test]
    fn every_file_is_sound_and_ends_at_the_balances_that_another_program_computed() {
        let mut golden = golden();
        for account in ACCOUNTS {
            let mut balance = opening(account.key);
            for file in account.files {
                let (_, statement) = read(file);
                if let Some(stated) = statement.opening() {
                    assert_eq!(stated.amount, balance, "{}", file.name);
                }
                let mut months: BTreeMap<Date, (usize, Decimal)> = BTreeMap::new();
                for entry in &statement.entries {
                    assert_eq!(entry.status, EntryStatus::Booked, "{}", file.name);
                    balance = balance.checked_add(entry.amount).unwrap();
                    let month = months.entry(entry.booked.last_of_month());
                    let month = month.or_insert((0, balance));
                    *month = (month.0 + 1, balance);
                }
                assert_eq!(statement.closing().unwrap().amount, balance, "{}", file.name);
                for (end, (entries, balance)) in months {
                    let (entries_then, balance_then, currency) =
                        golden.remove(&(account.key, end)).unwrap();
                    let place = format!("{} {end}", account.key);
                    assert_eq!((entries, balance), (entries_then, balance_then), "{place}");
                    assert_eq!(statement.currency.unwrap().as_str(), currency, "{place}");
                }
            }
        }
        assert!(golden.is_empty(), "{golden:?}");
    }

    #[test]
    fn the_four_formats_are_there() {
        let formats = ACCOUNTS.iter().map(|account| read(&account.files[0]).0);
        let expected = [Format::Ofx1, Format::Ofx2, Format::Camt053, Format::Csv];
        assert_eq!(formats.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn two_equal_payments_fall_on_one_day() {
        let (_, statement) = read(&ACCOUNTS[3].files[0]);
        let topped_up = |entry: &&statements::Entry| {
            entry.booked.to_string() == "2025-11-20" && entry.amount.to_string() == "-20000.00"
        };
        assert_eq!(statement.entries.iter().filter(topped_up).count(), 2);
        assert!(statement.entries.iter().all(|entry| entry.bank_reference.is_none()));
    }
}
