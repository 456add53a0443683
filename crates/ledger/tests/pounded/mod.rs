//! A book of two accounts that is pounded with transfers of one cent.

#![allow(dead_code, reason = "whoever pounds uses a part of it")]

use kernel::{Amount, BookId, Commodity, Context, PageRequest, Uuid, time};
use ledger::{
    AccountId, AccountKind, Ledger, Limits, Movement, NewAccount, NewTransfer, Request, Step,
    TransferFilter, TransferId, TransferText,
};
use storage::{Database, Level, Mode};

pub const DEBIT: AccountId = AccountId::from_uuid(Uuid::from_u128(1));
pub const CREDIT: AccountId = AccountId::from_uuid(Uuid::from_u128(2));

/// Opens the book.
pub async fn open(database: &Database, ledger: &Ledger, context: &Context) -> BookId {
    let aud = Commodity::well_known("AUD").unwrap();
    let mut tx = database.begin(Level::Tenant(context.tenant), Mode::Write).await.unwrap();
    let book = ledger.open_book(&mut tx, context, "Pounded", aud).await.unwrap().id;
    tx.commit().await.unwrap();
    let open = |id, kind| {
        let (commodity, limits) = (aud.code, Limits::default());
        Step::OpenAccount(NewAccount { id, commodity, kind, limits, code: 0 })
    };
    let define = Step::DefineCommodity { code: aud.code, scale: aud.scale };
    let steps = vec![define, open(DEBIT, AccountKind::Asset), open(CREDIT, AccountKind::Equity)];
    ledger.execute(context, book, Request { steps, ..Request::default() }).await.unwrap();
    book
}

/// A transfer of a cent.
pub fn cent(id: Uuid) -> Request {
    let transfer = NewTransfer {
        id: TransferId::from_uuid(id),
        movement: Movement::Post { debit: DEBIT, credit: CREDIT, amount: Amount::from_minor(1) },
        code: 1,
        reference: None,
        effective: time::date_from_days(20_000).unwrap(),
        reverses: None,
    };
    Request { steps: vec![Step::Transfer(transfer)], ..Request::default() }
}

/// A transfer of a cent with a text, which is a row that its commit carries.
pub fn cent_with_text(id: Uuid) -> Request {
    let transfer = TransferId::from_uuid(id);
    let purpose = Some(format!("cent {id}"));
    let (reference, counterparty, metadata) = (None, None, None);
    let text = TransferText { transfer, reference, purpose, counterparty, metadata };
    Request { transfer_texts: vec![text], ..cent(id) }
}

/// Every transfer in the tables.
pub async fn transfers(
    database: &Database,
    ledger: &Ledger,
    context: &Context,
    book: BookId,
) -> Vec<Uuid> {
    let mut tx = database.begin(Level::Tenant(context.tenant), Mode::Read).await.unwrap();
    let mut page = PageRequest::first(200);
    let mut ids = Vec::new();
    loop {
        let filter = TransferFilter::default();
        let found = ledger.transfers(&mut tx, book, &filter, &page).await.unwrap();
        ids.extend(found.items.iter().map(|transfer| transfer.id.uuid()));
        match found.next {
            Some(next) => page.after = Some(next),
            None => return ids,
        }
    }
}

/// The example that pounds, beside the tests in the build's folder.
pub fn program() -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/pound");
    let shown = program.display();
    assert!(program.exists(), "{shown} is not built; `cargo test -p ledger` builds it");
    program
}
