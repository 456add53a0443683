//! The family as a whole: founded twice it is worth the same, which is what another program
//! computed.

use std::collections::BTreeMap;
use std::path::Path;

use kernel::{Commodity, Context, Decimal, Money, PageRequest, time::parse_date};
use ledger::ExportFormat;
use markets::PriceKind;
use storage::{Level, Mode};
use tempfile::TempDir;
use testing::accounting;
use wealth::import::{ImportStatus, Upload};
use wealth::{HistoryQuery, HistoryStep, NetWorth, NetWorthQuery, PointTotal};

use super::decisions::DOUBTFUL;
use super::statements::ACCOUNTS;
use super::{environment, found};
use crate::config::{Config, Flags};
use crate::platform::Platform;

/// A platform of its own with the family on it, in a folder that is gone with it.
struct Demo {
    platform: Platform,
    context: Context,
    _folder: TempDir,
}

impl Demo {
    async fn found() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::load(&Flags {
            data_dir: Some(folder.path().join("data")),
            outside: Some(folder.path().to_owned()),
            ..Flags::default()
        });
        let config = config.unwrap();
        std::fs::create_dir(config.data_dir()).unwrap();
        let platform = Platform::open(&config, environment()).await.unwrap();
        found(&platform).await.unwrap();
        let tenant = platform.tenant(Some("Bat-Erdene Family")).await.unwrap();
        let context = platform.owner(tenant);
        Self { platform, context, _folder: folder }
    }

    async fn net_worth(&self, currency: &str, date: &str) -> NetWorth {
        let currency = Commodity::well_known(currency).unwrap();
        let query = NetWorthQuery::new(currency, parse_date(date).unwrap());
        self.platform.wealth.net_worth(&self.context, &query).await.unwrap()
    }
}

/// What of a net worth does not depend on ids.
fn told(worth: &NetWorth) -> Vec<(String, Money, Money)> {
    let asset = |valued: &wealth::Valued| (valued.asset.name.clone(), valued.native, valued.value);
    let mut told: Vec<_> = worth.assets.iter().map(asset).collect();
    told.sort_by(|one, other| one.0.cmp(&other.0));
    told
}

#[tokio::test]
async fn the_family_is_told_of_large_changes() {
    let demo = Demo::found().await;
    let own = vault::own_party(demo.context.tenant);
    let reader = notices::Reader { id: own.uuid(), own, household: None };
    let page = PageRequest::new(Some(200), None, 0).unwrap();
    let level = Level::Tenant(demo.context.tenant);
    let mut tx = demo.platform.database.begin(level, Mode::Read).await.unwrap();
    let (service, who) = (&demo.platform.notices, (&reader, notices::Language::En));
    let told = notices::notices(&mut tx, service, who, (false, &page)).await.unwrap();
    let titles: Vec<String> = told.items.into_iter().filter_map(|read| read.title).collect();
    assert!((1..=12).contains(&titles.len()), "{titles:?}");
    assert!(titles.iter().all(|title| title.starts_with("Your net worth changed by ")));
}

#[tokio::test]
async fn a_case_and_an_approval_wait_for_the_family() {
    let demo = Demo::found().await;
    let level = Level::Tenant(demo.context.tenant);
    let mut tx = demo.platform.database.begin(level, Mode::Read).await.unwrap();
    let page = PageRequest::first(10);
    let (role, filter) = (identity::Role::Owner, cases::CaseFilter::default());
    let open = cases::cases(&mut tx, role, filter, &page).await.unwrap().items;
    assert_eq!((open.len(), open[0].kind.as_str()), (1, "wealth.import.review"));
    let asked = approvals::approvals(&mut tx, &demo.context, None, &page).await.unwrap().items;
    assert_eq!((asked.len(), asked[0].kind.as_str()), (1, "wealth.import.undo"));
    assert_eq!(asked[0].state, approvals::ApprovalState::Pending);
    tx.commit().await.unwrap();
    demo.platform.close().await;
}

#[tokio::test]
async fn founded_twice_it_is_worth_what_another_program_computed() {
    let demos = [Demo::found().await, Demo::found().await];
    // `demo/check.py` computed these without any of our code.
    for line in include_str!("../../demo/net_worth.csv").lines().skip(1) {
        let [date, currency, total] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let [one, other] =
            [demos[0].net_worth(currency, date).await, demos[1].net_worth(currency, date).await];
        assert_eq!(one.total, Money::parse(total, currency).unwrap(), "{line}: {one:#?}");
        assert_eq!(told(&one), told(&other), "{line}");
    }
    for demo in demos {
        demo.platform.close().await;
    }
}

#[tokio::test]
async fn every_account_stands_in_the_chart_and_every_group_sums_up() {
    let demo = Demo::found().await;
    let Platform { database, ledger, .. } = &demo.platform;
    let level = Level::Tenant(demo.context.tenant);
    let mut tx = database.begin(level, Mode::Read).await.unwrap();
    let book = ledger.books(&mut tx).await.unwrap()[0].id;
    let chart = ledger.chart(&demo.context, &mut tx, book, None).await.unwrap();
    tx.commit().await.unwrap();
    let mut sums: BTreeMap<(String, String), i128> = BTreeMap::new();
    for named in &chart.accounts {
        let path = named.path.as_deref().unwrap();
        let debits = named.account.kind.natural(named.account.balance.posted).minor();
        for (end, _) in path.match_indices(':') {
            let place = (path[..end].to_owned(), named.account.commodity.to_string());
            *sums.entry(place).or_default() += debits;
        }
    }
    let mut told = BTreeMap::new();
    for named in &chart.groups {
        for balance in &named.group.balances {
            let place = (named.path.clone().unwrap(), balance.commodity.to_string());
            told.insert(place, balance.posted.minor());
        }
    }
    assert_eq!(told, sums);
    assert!(chart.accounts.len() > 10 && chart.groups.len() == 9, "{:?}", chart.groups);
    demo.platform.close().await;
}

#[tokio::test]
async fn other_programs_hold_what_its_book_holds() {
    let demo = Demo::found().await;
    let Platform { database, ledger, .. } = &demo.platform;
    let level = Level::Tenant(demo.context.tenant);
    let mut tx = database.begin(level, Mode::Read).await.unwrap();
    let books = ledger.books(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let [book] = &books[..] else { panic!("{books:?}") };
    let mut held: BTreeMap<usize, Decimal> = BTreeMap::new();
    for account in ledger.accounts(&demo.context, book.id).await.unwrap() {
        let debits = account.kind.natural(account.balance.posted);
        if !debits.is_zero() {
            held.insert(account.number as usize, debits.to_decimal(account.scale).unwrap());
        }
    }
    assert!(held.len() > 5, "{held:?}");
    for (format, program) in [
        (ExportFormat::Beancount, accounting::beancount as fn(&Path) -> accounting::Balances),
        (ExportFormat::Hledger, accounting::hledger),
    ] {
        let mut export = ledger.export(&demo.context, book.id, format).await.unwrap();
        let mut text = String::new();
        while let Some(chunk) = export.next().await.unwrap() {
            text.push_str(&chunk);
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("book.journal");
        std::fs::write(&file, text).unwrap();
        let told: BTreeMap<usize, Decimal> = program(&file)
            .into_iter()
            .map(|(account, (amount, _))| {
                let name = account.split_once(":A").unwrap().1;
                let number = name.split('-').next().unwrap().parse().unwrap();
                (number, amount.parse::<Decimal>().unwrap())
            })
            .filter(|(_, amount)| !amount.is_zero())
            .collect();
        assert_eq!(told, held, "{format:?}");
    }
    demo.platform.close().await;
}

#[tokio::test]
async fn every_day_of_the_year_has_a_figure_and_what_is_made_up_says_so() {
    let demo = Demo::found().await;
    let [from, to] = ["2025-10-31", "2026-10-31"].map(|text| parse_date(text).unwrap());
    let currency = Commodity::well_known("MNT").unwrap();
    let query = HistoryQuery::new(currency, (from, to), HistoryStep::Day);
    let history = demo.platform.wealth.net_worth_history(&demo.context, &query).await.unwrap();
    assert_eq!(history.points.len(), 366);
    for point in &history.points {
        assert!(matches!(point.total, PointTotal::Known(_)), "{point:?}");
    }
    let worth = demo.net_worth("MNT", "2026-10-31").await;
    for valued in &worth.assets {
        let is_tugrik = valued.native.commodity == currency;
        let rate = valued.rate.as_ref().unwrap();
        assert_eq!(rate.is_made_up(), !is_tugrik, "{}", valued.asset.name);
        let is_market = valued.asset.name.contains("made up");
        let kind = valued.price.as_ref().map(|price| price.kind);
        assert_eq!(kind == Some(PriceKind::MadeUp), is_market, "{}", valued.asset.name);
    }
    demo.platform.close().await;
}

#[tokio::test]
async fn every_statement_is_booked_and_nothing_of_it_is_new_again() {
    let demo = Demo::found().await;
    let wealth = &demo.platform.wealth;
    let imports = wealth.imports(&demo.context, &PageRequest::first(100)).await.unwrap().items;
    let (doubtful, imports): (Vec<_>, Vec<_>) =
        imports.into_iter().partition(|import| import.file_name == DOUBTFUL);
    assert_eq!(doubtful[0].status, ImportStatus::Staged);
    let files = ACCOUNTS.iter().map(|account| account.files.len()).sum::<usize>();
    assert_eq!(imports.len(), files);
    for import in imports {
        assert_eq!(import.status, ImportStatus::Booked, "{}", import.file_name);
        let check = import.statements[0].closing_check.unwrap();
        assert!(check.difference.is_zero() && !check.inferred, "{}: {check:?}", import.file_name);
    }
    for account in ACCOUNTS {
        // As somebody would drop it onto the page: without a word about the account.
        let file = &account.files[1];
        let (file_name, bytes) = (file.name.to_owned(), file.bytes.to_vec());
        let upload = Upload { file_name, bytes, ..Upload::default() };
        let counts = wealth.stage(&demo.context, upload).await.unwrap().counts();
        assert_eq!(counts.known, counts.total(), "{}: {counts:?}", file.name);
    }
    demo.platform.close().await;
}
