//! Random sequences of changes, compared after each with a plain model: of every asset what was
//! stated last of a day or before it counts, and nothing else does. So a change never touches what
//! the family was worth before its day.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod family;

use std::collections::BTreeMap;

use family::{Family, balance, currency, date, money, quantity, unit};
use kernel::time::{date_from_days, days_since_epoch};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use testing::TestDatabase;
use wealth::{
    AssetId, HistoryQuery, HistoryStep, NetWorthQuery, PointTotal, Stated, UnitPrice, UpdateAsset,
};

/// The days of the test, from the first on.
const FIRST: &str = "2026-02-20";
const DAYS: i32 = 40;
const STEPS: usize = 16;

/// More sequences in a soak.
fn sequences() -> usize {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    soak.unwrap_or(12)
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Cash,
    Debt,
    House,
    Coin(&'static str),
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Add { kind: Kind, day: i32, amount: i64, price: i64 },
    State { which: usize, day: i32, amount: i64 },
    Price { which: usize, day: i32, price: i64 },
    Both { which: usize, day: i32, amount: i64, price: i64 },
    Rename { which: usize },
    Dispose { which: usize, day: i32 },
}

/// An asset as the model has it: days, and whole numbers of minor units.
#[derive(Debug)]
struct Modelled {
    id: AssetId,
    kind: Kind,
    opened: i32,
    stated: BTreeMap<i32, i64>,
    gone: Option<i32>,
}

#[derive(Debug, Default)]
struct Model {
    assets: Vec<Modelled>,
    /// Of coins by their code, of houses by their place in the list.
    prices: BTreeMap<String, BTreeMap<i32, i64>>,
}

fn change() -> impl Strategy<Value = Change> {
    let kind = prop_oneof![
        Just(Kind::Cash),
        Just(Kind::Debt),
        Just(Kind::House),
        Just(Kind::Coin("BTC")),
        Just(Kind::Coin("LTC")),
    ];
    let (day, which) = (0..DAYS, 0..6_usize);
    let amount = prop_oneof![3 => 0_i64..2_000_000_000, 1 => Just(0), 1 => Just(12_345)];
    let price = prop_oneof![1_i64..20_000_000, Just(77_777)];
    prop_oneof![
        4 => (kind, day.clone(), amount.clone(), price.clone())
            .prop_map(|(kind, day, amount, price)| Change::Add { kind, day, amount, price }),
        6 => (which.clone(), day.clone(), amount.clone())
            .prop_map(|(which, day, amount)| Change::State { which, day, amount }),
        3 => (which.clone(), day.clone(), price.clone())
            .prop_map(|(which, day, price)| Change::Price { which, day, price }),
        2 => (which.clone(), day.clone(), amount, price).prop_map(|(which, day, amount, price)| {
            Change::Both { which, day, amount, price }
        }),
        1 => which.clone().prop_map(|which| Change::Rename { which }),
        2 => (which, day).prop_map(|(which, day)| Change::Dispose { which, day }),
    ]
}

fn day(number: i32) -> kernel::Date {
    date_from_days(days_since_epoch(date(FIRST)) + number).unwrap()
}

fn aud(cents: i64) -> String {
    format!("{}.{:02} AUD", cents / 100, cents % 100)
}

fn coins(minor: i64, code: &str) -> String {
    format!("{}.{:08} {code}", minor / 100_000_000, minor % 100_000_000)
}

/// Rounded half to even; the model's own arithmetic.
fn times(minor: i64, cents: i64) -> i64 {
    let (product, unit) = (i128::from(minor) * i128::from(cents), 100_000_000);
    let (whole, rest) = (product / unit, product % unit * 2);
    let up = rest > unit || (rest == unit && whole % 2 == 1);
    i64::try_from(whole + i128::from(up)).unwrap()
}

fn last(of: &BTreeMap<i32, i64>, day: i32) -> i64 {
    of.range(..=day).next_back().map_or(0, |(_, number)| *number)
}

impl Model {
    fn price_of(&mut self, which: usize) -> &mut BTreeMap<i32, i64> {
        let name = match self.assets[which].kind {
            Kind::Coin(code) => code.to_owned(),
            _ => which.to_string(),
        };
        self.prices.entry(name).or_default()
    }

    fn total(&mut self, day: i32) -> i64 {
        let mut total = 0;
        for which in 0..self.assets.len() {
            let price = last(self.price_of(which), day);
            let asset = &self.assets[which];
            if day < asset.opened || asset.gone.is_some_and(|gone| gone <= day) {
                continue;
            }
            let amount = last(&asset.stated, day);
            total += match asset.kind {
                Kind::Cash => amount,
                Kind::Debt => -amount,
                Kind::House => price,
                Kind::Coin(_) => times(amount, price),
            };
        }
        total
    }
}

struct Run<'a> {
    family: &'a Family,
    model: Model,
}

impl Run<'_> {
    async fn add(&mut self, (kind, opened): (Kind, i32), amount: i64, price: i64) {
        let (kind_code, holding) = match kind {
            Kind::Cash => ("cash", balance(&aud(amount))),
            Kind::Debt => ("debt", balance(&aud(amount))),
            Kind::House => ("property", unit(&aud(price))),
            Kind::Coin(code) => ("crypto", quantity(&coins(amount.max(1), code), &aud(price))),
        };
        let words = format!("{kind_code} AU Thing {}", day(opened));
        let id = self.family.add(&words, holding).await.id;
        let amount = if matches!(kind, Kind::Coin(_)) { amount.max(1) } else { amount };
        let stated = BTreeMap::from([(opened, amount)]);
        self.model.assets.push(Modelled { id, kind, opened, stated, gone: None });
        if matches!(kind, Kind::House | Kind::Coin(_)) {
            let which = self.model.assets.len() - 1;
            self.model.price_of(which).insert(opened, price);
        }
    }

    /// What is stated about an asset on a day; whether it is accepted, and whether it should be.
    async fn state(
        &mut self,
        (which, on): (usize, i32),
        amount: Option<i64>,
        price: Option<i64>,
    ) -> bool {
        let asset = &mut self.model.assets[which];
        let unit_price = price.map(|price| UnitPrice {
            price: money(&aud(price)).amount.to_decimal(2).unwrap(),
            currency: currency("AUD"),
        });
        let what = match (asset.kind, amount) {
            (Kind::Cash | Kind::Debt, Some(amount)) => Stated::Balance(money(&aud(amount))),
            (Kind::Cash | Kind::Debt, None) => return true,
            (Kind::House, _) => match price {
                Some(price) => Stated::Value(money(&aud(price))),
                None => return true,
            },
            (Kind::Coin(code), amount) => Stated::Quantity {
                quantity: amount
                    .map(|amount| money(&coins(amount, code)).amount.to_decimal(8).unwrap()),
                price: unit_price,
            },
        };
        let done = self.family.try_state(asset.id, &day(on).to_string(), what).await.is_ok();
        let may = on >= asset.opened && asset.gone.is_none();
        if may {
            if let (Some(amount), false) = (amount, matches!(asset.kind, Kind::House)) {
                asset.stated.insert(on, amount);
            }
            if let (Some(price), true) = (price, matches!(asset.kind, Kind::House | Kind::Coin(_)))
            {
                self.model.price_of(which).insert(on, price);
            }
        }
        done == may
    }

    async fn dispose(&mut self, which: usize, on: i32) -> bool {
        let asset = &mut self.model.assets[which];
        let done = self.family.dispose(asset.id, &day(on).to_string()).await.is_ok();
        let later = asset.stated.range(on + 1..).next().is_some();
        let may = match asset.gone {
            Some(gone) => gone == on,
            None => on >= asset.opened && !later,
        };
        if may {
            asset.gone = Some(on);
        }
        done == may
    }

    async fn apply(&mut self, change: Change) -> bool {
        let count = self.model.assets.len();
        match change {
            Change::Add { kind, day, amount, price } => {
                self.add((kind, day), amount, price).await;
                true
            }
            _ if count == 0 => true,
            Change::State { which, day, amount } => {
                self.state((which % count, day), Some(amount), None).await
            }
            Change::Price { which, day, price } => {
                self.state((which % count, day), None, Some(price)).await
            }
            Change::Both { which, day, amount, price } => {
                self.state((which % count, day), Some(amount), Some(price)).await
            }
            Change::Rename { which } => {
                let id = self.model.assets[which % count].id;
                let name = Some("Another".to_owned());
                let update = UpdateAsset { name, ..UpdateAsset::new(day(0)) };
                self.family.wealth.update_asset(&self.family.context, id, &update).await.is_ok()
            }
            Change::Dispose { which, day } => self.dispose(which % count, day).await,
        }
    }

    async fn history(&self) -> Vec<i64> {
        let days = (day(0), day(DAYS - 1));
        let query = HistoryQuery::new(currency("AUD"), days, HistoryStep::Day);
        let found = self.family.wealth.net_worth_history(&self.family.context, &query).await;
        let total = |total: &PointTotal| match total {
            PointTotal::Known(total) => i64::try_from(total.amount.minor()).unwrap(),
            unknown => panic!("{unknown:?}"),
        };
        found.unwrap().points.iter().map(|point| total(&point.total)).collect()
    }
}

/// The first day that a change may touch.
fn first_touched(change: Change) -> i32 {
    match change {
        Change::Add { day, .. }
        | Change::State { day, .. }
        | Change::Price { day, .. }
        | Change::Both { day, .. }
        | Change::Dispose { day, .. } => day,
        Change::Rename { .. } => DAYS,
    }
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn what_was_worth_before_a_change_stays(db: TestDatabase) {
        let first = Family::of(&db).await;
        let mut runner = TestRunner::deterministic();
        let sequence = prop::collection::vec(change(), STEPS);
        for _ in 0..sequences() {
            let family = Family::another(&db, &first.ledger).await;
            let changes = sequence.new_tree(&mut runner).unwrap().current();
            let mut run = Run { family: &family, model: Model::default() };
            let mut before = run.history().await;
            for (number, change) in changes.iter().enumerate() {
                let done = &changes[..=number];
                db.clock.advance_seconds(1);
                assert!(run.apply(*change).await, "accepted or refused wrongly: {done:#?}");
                let after = run.history().await;
                let touched = usize::try_from(first_touched(*change)).unwrap();
                assert_eq!(after[..touched], before[..touched], "{done:#?}");
                let model: Vec<i64> = (0..DAYS).map(|day| run.model.total(day)).collect();
                assert_eq!(after, model, "{done:#?}");
                before = after;
            }
            let query = NetWorthQuery::new(currency("AUD"), day(DAYS - 1));
            let worth = family.try_worth(&query).await.unwrap();
            assert_eq!(worth.total.amount.minor(), i128::from(before[before.len() - 1]));
        }
    }
}
