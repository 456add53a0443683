//! What a request says, and what becomes of it before the engine gets it: references are hashed,
//! texts are sealed and become rows.

use std::collections::HashMap;

use kernel::{BookId, Uuid};
use storage::StorageError;
use storage::journal::RowChange;

use crate::chart::Alias;
use crate::error::LedgerError;
use crate::model::{AccountId, Atomicity, Step, TransferId};
use crate::query::TransferText;
use crate::texts::Keys;

/// So many steps are prepared in less than half a millisecond.
const PREPARED_INLINE_MAX: usize = 128;

/// Steps, the texts that belong to them, and the rows of the caller that change with them or not at
/// all.
#[derive(Clone, Default)]
pub struct Request {
    /// In this order.
    pub steps: Vec<Step>,
    /// What becomes of the others where one is rejected.
    pub atomicity: Atomicity,
    /// Names of accounts that the steps open.
    pub account_texts: Vec<AccountText>,
    /// Other names of accounts.
    pub aliases: Vec<Alias>,
    /// Texts of transfers that the steps make.
    pub transfer_texts: Vec<TransferText>,
    /// The caller's own rows.
    pub rows: Vec<RowChange>,
}

/// The text that belongs to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountText {
    /// Which account.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// Anything else.
    pub metadata: serde_json::Value,
}

/// The steps of a request with their references hashed, and its rows with its texts among them,
/// which needs keys where there are any.
/// Many are prepared beside the async threads.
pub(crate) async fn prepared(
    book: BookId,
    request: Request,
    keys: Option<Keys>,
) -> Result<(Vec<Step>, Vec<RowChange>), LedgerError> {
    if request.steps.len() <= PREPARED_INLINE_MAX {
        return prepare(book, request, keys.as_ref());
    }
    let prepared = tokio::task::spawn_blocking(move || prepare(book, request, keys.as_ref()));
    let stopped = |_| StorageError::Unavailable { text: "the process is ending".to_owned() };
    prepared.await.map_err(stopped)?
}

fn prepare(
    book: BookId,
    request: Request,
    keys: Option<&Keys>,
) -> Result<(Vec<Step>, Vec<RowChange>), LedgerError> {
    let Request { mut steps, atomicity, account_texts, transfer_texts, mut rows, .. } = request;
    let Some(keys) = keys else { return Ok((steps, rows)) };
    let reference =
        |text: &TransferText| Some((text.transfer, keys.hasher.hash(text.reference.as_deref()?)));
    let hashes: HashMap<TransferId, [u8; 16]> =
        transfer_texts.iter().filter_map(reference).collect();
    for step in &mut steps {
        if let Step::Transfer(transfer) = step
            && let Some(hash) = hashes.get(&transfer.id)
        {
            transfer.reference = Some(u128::from_be_bytes(*hash));
        }
    }
    let step_of = makers(&steps, atomicity);
    for text in account_texts {
        let step = step_of.get(&text.account.uuid()).copied();
        rows.push(RowChange { step, ..keys.account_row(book, text)? });
    }
    for text in transfer_texts {
        let step = step_of.get(&text.transfer.uuid()).copied();
        rows.push(RowChange { step, ..keys.transfer_row(book, text)? });
    }
    Ok((steps, rows))
}

/// The step that makes each account and transfer, where each stands on its own.
fn makers(steps: &[Step], atomicity: Atomicity) -> HashMap<Uuid, u32> {
    let made = |(index, step): (u32, &Step)| match step {
        Step::Transfer(transfer) => Some((transfer.id.uuid(), index)),
        Step::OpenAccount(account) => Some((account.id.uuid(), index)),
        _ => None,
    };
    match atomicity {
        Atomicity::Together => HashMap::new(),
        Atomicity::Each => (0..).zip(steps).filter_map(made).collect(),
    }
}
