//! The list of what happened on the family's assets, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod family;

use family::{Family, code, date, money};
use kernel::{Page, PageRequest};
use ledger::{Movement, NewTransfer, Request, Step, TransferId, TransferText};
use testing::TestDatabase;
use wealth::{AssetId, OtherSide, Stated, Transaction, TransactionFilter};

async fn list(
    family: &Family,
    filter: &TransactionFilter,
    page: &PageRequest,
) -> Page<Transaction> {
    family.wealth.transactions(&family.context, filter, page).await.unwrap()
}

fn shown(items: &[Transaction]) -> Vec<String> {
    let other = |other: OtherSide| match other {
        OtherSide::Role(role) => role.to_string(),
        OtherSide::Asset(_) => "asset".to_owned(),
        OtherSide::Account(_) => "account".to_owned(),
    };
    let amount = |item: &Transaction| match item.amount.commodity.code.as_str() {
        code if code.starts_with("ASSET-") => format!("{} own", item.amount.amount_text()),
        _ => item.amount.to_string(),
    };
    let line = |item: &Transaction| {
        let (date, name) = (item.date, &item.asset_name);
        format!("{date} {name} {} {} {}", amount(item), item.code, other(item.other))
    };
    items.iter().map(line).collect()
}

/// The family pays back some of its loan from its account.
async fn repay(family: &Family, account: AssetId, loan: AssetId) {
    let read = async |id| family.wealth.asset(&family.context, id).await.unwrap().asset;
    let (account, loan) = (read(account).await, read(loan).await);
    let id = TransferId::from_uuid(kernel::Uuid::from_u128(77));
    let transfer = NewTransfer {
        id,
        movement: Movement::Post {
            debit: loan.account,
            credit: account.account,
            amount: money("2000 AUD").amount,
        },
        code: 3,
        reference: None,
        effective: date("2025-06-01"),
        reverses: None,
    };
    let text = TransferText {
        transfer: id,
        reference: Some("R-1".to_owned()),
        purpose: Some("June".to_owned()),
        counterparty: Some("Bank".to_owned()),
        metadata: None,
    };
    let request = Request {
        steps: vec![Step::Transfer(transfer)],
        transfer_texts: vec![text],
        ..Request::default()
    };
    family.ledger.execute(&family.context, loan.book, request).await.unwrap();
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn the_latest_comes_first(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        repay(&family, assets.account, assets.loan).await;
        family.state(assets.loan, "2026-03-01", Stated::Balance(money("600000 AUD"))).await;
        family.state(assets.account, "2025-01-01", Stated::Balance(money("12000.67 AUD"))).await;
        family.dispose(assets.bitcoin, "2026-03-31").await.unwrap();
        let everything = TransactionFilter::default();
        let all = list(&family, &everything, &PageRequest::first(50)).await;
        assert_eq!(shown(&all.items), [
            "2026-03-31 Bitcoin -0.12345678 BTC disposal disposal",
            "2026-03-01 Loan 8000.00 AUD adjustment adjustment",
            "2025-12-31 Bitcoin 0.12345678 BTC opening opening",
            "2025-06-01 Loan 2000.00 AUD imported_line asset",
            "2025-06-01 Everyday -2000.00 AUD imported_line asset",
            "2025-01-01 Everyday -345.00 AUD opening_correction opening",
            "2025-01-01 Everyday 12345.67 AUD opening opening",
            "2024-06-28 Loan -610000.00 AUD opening opening",
            "2024-06-28 House 1 own opening opening",
            "2023-05-15 Apartment 1 own opening opening",
        ]);
        assert_eq!(all.next, None);
        let line = &all.items[3];
        let texts = (&line.counterparty, &line.purpose, &line.reference);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(texts, (&some("Bank"), &some("June"), &some("R-1")));
        assert_eq!(line.other, OtherSide::Asset(assets.account));

        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let request = PageRequest { limit: 2, after: after.clone(), filter: 3 };
            let page = list(&family, &everything, &request).await;
            assert!(page.items.len() <= 2);
            paged.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, all.items);

        let of = |asset, from: &str, to: &str| TransactionFilter {
            asset: Some(asset), from: Some(date(from)), to: Some(date(to)),
        };
        let cases = [
            (of(assets.loan, "2025-01-01", "2026-03-01"), 2),
            (of(assets.loan, "2025-06-02", "2026-02-28"), 0),
            (TransactionFilter { from: Some(date("2025-12-31")), ..everything }, 3),
            (TransactionFilter { to: Some(date("2024-06-28")), ..everything }, 3),
        ];
        for (filter, count) in cases {
            let found = list(&family, &filter, &PageRequest::first(50)).await;
            assert_eq!(found.items.len(), count, "{filter:?}");
        }
    }

    async fn of_another_family_nothing_is_listed(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let other = Family::another(&db, &family.ledger).await;
        let page = PageRequest::first(50);
        assert!(list(&other, &TransactionFilter::default(), &page).await.items.is_empty());
        let filter = TransactionFilter { asset: Some(assets.loan), ..TransactionFilter::default() };
        let refused = other.wealth.transactions(&other.context, &filter, &page).await;
        assert_eq!(code(refused), "asset_unknown");
    }
}
