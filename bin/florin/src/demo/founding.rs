//! Founding the family: registration, rates, assets, a year of valuations, a year of statements.
//!
//! What must stay true: every statement is booked completely and ends at the balance that it
//! states, or the demo does not start.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use identity::{NewUser, Secret};
use kernel::{Actor, Context, Date, Money, TenantId};
use markets::{NewPrice, PriceKind, RateFile, SourceCode};
use notices::Preferences;
use storage::{Level, Mode};
use wealth::import::{BookOptions, ImportStatus, Upload};
use wealth::{AssetId, NewAsset, NewHolding, UnitPrice, UpdateAsset};

use super::assets::{self, ASSETS, Asset, Stated, What};
use super::statements::{ACCOUNTS, Account, File};
use super::{SignIn, chart, decisions, password};
use crate::platform::Platform;

/// From which change within a day the family wants to be told: half a percent.
const WORTH_CHANGE_BP: u32 = 50;
const EMAIL: &str = "demo@florin.example";
const CURRENCY: &str = "AUD";
/// The European Central Bank's reference rates of the demo's year and the days before.
const REFERENCE_RATES: &[u8] = include_bytes!("../../demo/eurofxref.csv");
/// The tugrik's rates, which are made up and say so.
const MADE_UP_RATES: &[u8] = include_bytes!("../../demo/mnt.csv");
/// Who states what is made up.
const MADE_UP_SOURCE: &str = "demo";

/// Founds the family on a platform that has none, and says how to sign in.
pub async fn found(platform: &Platform) -> anyhow::Result<SignIn> {
    let password = password::random(&platform.env);
    let context = register(platform, &password).await?;
    import_rates(platform, &context).await.context("the demo's rates")?;
    let stated = assets::stated()?;
    let assets = open_assets(platform, &context, &stated).await?;
    value_assets(platform, &context, (&assets, &stated)).await?;
    record_prices(platform, &context, &stated).await?;
    for account in ACCOUNTS {
        let asset = *assets.get(account.key).with_context(|| missing(account.key))?;
        import_statements(platform, &context, (account, asset)).await?;
    }
    chart::place(platform, &context, &assets).await.context("the demo's chart of accounts")?;
    tell_changes(platform, &context, &stated).await.context("the demo's notices")?;
    decisions::add(platform, &context).await.context("what the demo's family must decide")?;
    Ok(SignIn { email: EMAIL, password })
}

/// Registers the user, who is the family's owner; the context of what they do.
async fn register(platform: &Platform, password: &str) -> anyhow::Result<Context> {
    let visitor = Context::new(platform.env.clone(), TenantId::COMMON, Actor::Anonymous);
    let new = NewUser {
        email: EMAIL.to_owned(),
        password: Secret::new(password),
        name: "Saraa Bat-Erdene".to_owned(),
        family_name: "Bat-Erdene Family".to_owned(),
        currency: CURRENCY.to_owned(),
        country: Some("AU".to_owned()),
    };
    let session = platform.identity.register(&visitor, new, None).await?;
    let actor = Actor::User { id: session.user.id };
    Ok(Context::new(platform.env.clone(), session.tenant.id, actor))
}

async fn import_rates(platform: &Platform, context: &Context) -> anyhow::Result<()> {
    let reference = RateFile::new("eurofxref.csv", REFERENCE_RATES.to_vec());
    markets::import_common(&platform.database, context, reference).await?;
    let made_up = RateFile::new("mnt.csv", MADE_UP_RATES.to_vec());
    markets::import_tenant(&platform.database, context, made_up).await?;
    Ok(())
}

/// Enters every asset with what is stated of its first day.
async fn open_assets(
    platform: &Platform,
    context: &Context,
    stated: &[Stated],
) -> anyhow::Result<BTreeMap<&'static str, AssetId>> {
    let opened_on = stated.first().context("nothing is stated")?.date;
    let mut opened = BTreeMap::new();
    for asset in ASSETS {
        let place = || format!("{} of the demo", asset.name);
        let first = |what: What| {
            let of_asset = stated.iter().filter(|row| row.asset.key == asset.key);
            of_asset.filter(|row| row.date == opened_on).find(|row| row.what == what)
        };
        let new = NewAsset {
            name: asset.name.to_owned(),
            kind: asset.kind,
            country: asset.country.parse()?,
            owner: asset.owner.map(str::to_owned),
            opened_on,
            holding: holding(asset, first).with_context(place)?,
        };
        let (entered, _) = platform.wealth.add_asset(context, &new).await.with_context(place)?;
        opened.insert(asset.key, entered.id);
    }
    Ok(opened)
}

fn holding<'a>(
    asset: &Asset,
    first: impl Fn(What) -> Option<&'a Stated>,
) -> anyhow::Result<NewHolding> {
    if let Some(balance) = first(What::Balance) {
        return Ok(NewHolding::Balance { balance: balance.money()? });
    }
    if let Some(value) = first(What::Value) {
        return Ok(NewHolding::Unit { value: value.money()? });
    }
    let quantity = first(What::Quantity).with_context(|| missing(asset.key))?;
    let price = first(What::Price).with_context(|| missing(asset.key))?;
    Ok(NewHolding::Quantity {
        commodity: quantity.commodity,
        quantity: quantity.number,
        price: UnitPrice { price: price.number, currency: price.commodity },
    })
}

/// States balances, values and quantities of the days after the first.
async fn value_assets(
    platform: &Platform,
    context: &Context,
    (assets, stated): (&BTreeMap<&'static str, AssetId>, &[Stated]),
) -> anyhow::Result<()> {
    for row in later(stated) {
        let stated = match row.what {
            What::Balance => wealth::Stated::Balance(row.money()?),
            What::Value => wealth::Stated::Value(row.money()?),
            What::Quantity => wealth::Stated::Quantity { quantity: Some(row.number), price: None },
            What::Price => continue,
        };
        let update = UpdateAsset { stated: Some(stated), ..UpdateAsset::new(row.date) };
        let place = || format!("{} on {}", row.asset.name, row.date);
        let id = *assets.get(row.asset.key).with_context(place)?;
        platform.wealth.update_asset(context, id, &update).await.with_context(place)?;
    }
    Ok(())
}

/// Records the prices of the days after the first, as what they are: made up.
async fn record_prices(
    platform: &Platform,
    context: &Context,
    stated: &[Stated],
) -> anyhow::Result<()> {
    let mut commodities = BTreeMap::new();
    for row in stated.iter().filter(|row| row.what == What::Quantity) {
        commodities.insert(row.asset.key, row.commodity.code);
    }
    let mut tx = platform.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
    for row in later(stated).filter(|row| row.what == What::Price) {
        let price = NewPrice {
            commodity: *commodities.get(row.asset.key).with_context(|| missing(row.asset.key))?,
            date: row.date,
            price: row.number,
            currency: row.commodity.code,
            source: SourceCode::parse(MADE_UP_SOURCE)?,
            kind: PriceKind::MadeUp,
        };
        markets::add_price(&mut tx, context, &price).await?;
    }
    Ok(tx.commit().await?)
}

fn missing(key: &str) -> String {
    format!("nothing is stated of {key} on its first day")
}

/// What is stated of days after the first.
fn later(stated: &[Stated]) -> impl Iterator<Item = &Stated> {
    let first: Option<Date> = stated.first().map(|row| row.date);
    stated.iter().filter(move |row| Some(row.date) > first)
}

/// Tells the family of each large change of what it is worth, as the job of each day would have.
async fn tell_changes(
    platform: &Platform,
    context: &Context,
    stated: &[Stated],
) -> anyhow::Result<()> {
    let own = vault::own_party(context.tenant);
    let chosen = Preferences { worth_change_bp: WORTH_CHANGE_BP, ..Preferences::default() };
    let mut tx = platform.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
    notices::put_preferences(&mut tx, context, own, &chosen).await?;
    tx.commit().await?;
    let days: BTreeSet<Date> = later(stated).map(|row| row.date).collect();
    for day in days {
        let Some(changed) = platform.wealth.worth_change(context, day).await? else { continue };
        let mut tx = platform.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        wealth::tell_worth_change(&mut tx, context, &changed).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Stages and books the statements of an account, each of which must end where it says.
async fn import_statements(
    platform: &Platform,
    context: &Context,
    (account, asset): (&Account, AssetId),
) -> anyhow::Result<()> {
    for file in account.files {
        let place = || format!("the demo's {}", file.name);
        import(platform, context, (file, asset)).await.with_context(place)?;
    }
    Ok(())
}

async fn import(
    platform: &Platform,
    context: &Context,
    (file, asset): (&File, AssetId),
) -> anyhow::Result<()> {
    let upload = Upload {
        file_name: file.name.to_owned(),
        bytes: file.bytes.to_vec(),
        asset: Some(asset),
        ..Upload::default()
    };
    let early = decisions::early(context);
    let context = if file.name == decisions::BROUGHT_EARLY { &early } else { context };
    let staged = platform.wealth.stage(context, upload).await?;
    let lines = staged.counts();
    ensure!(lines.new == lines.total(), "not every line is new: {lines:?}");
    let booked = platform.wealth.book(context, staged.id, BookOptions::default()).await?;
    ensure!(booked.status == ImportStatus::Booked, "it is {}", booked.status);
    for statement in &booked.statements {
        let check = statement.closing_check.context("the closing balance was not checked")?;
        ensure!(check.difference.is_zero(), "the closing balance differs: {check:?}");
    }
    Ok(())
}

impl Stated {
    fn money(&self) -> anyhow::Result<Money> {
        Ok(Money::new(self.number.to_amount_exact(self.commodity.scale)?, self.commodity))
    }
}
