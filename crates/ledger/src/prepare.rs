//! What becomes of a request before the engine gets it: references are hashed, texts become rows.

use std::collections::HashMap;

use kernel::BookId;
use storage::journal::RowChange;
use storage::{StorageError, TextHasher};

use crate::error::LedgerError;
use crate::ledger::Request;
use crate::model::{Atomicity, Step, TransferId};
use crate::query::TransferText;
use crate::store;

/// So many steps are prepared in less than half a millisecond.
const PREPARED_INLINE_MAX: usize = 128;

/// The steps of a request with their references hashed, and its rows with its texts among them.
/// Many are prepared beside the async threads.
pub(crate) async fn prepared(
    book: BookId,
    request: Request,
    hasher: Option<TextHasher>,
) -> Result<(Vec<Step>, Vec<RowChange>), LedgerError> {
    if request.steps.len() <= PREPARED_INLINE_MAX {
        return Ok(prepare(book, request, hasher.as_ref()));
    }
    let prepared = tokio::task::spawn_blocking(move || prepare(book, request, hasher.as_ref()));
    let stopped = |_| StorageError::Unavailable { text: "the process is ending".to_owned() };
    Ok(prepared.await.map_err(stopped)?)
}

fn prepare(
    book: BookId,
    request: Request,
    hasher: Option<&TextHasher>,
) -> (Vec<Step>, Vec<RowChange>) {
    let Request { mut steps, atomicity, account_texts, transfer_texts, mut rows } = request;
    if let Some(hasher) = hasher {
        let reference =
            |text: &TransferText| Some((text.transfer, hasher.hash(text.reference.as_deref()?)));
        let hashes: HashMap<TransferId, [u8; 16]> =
            transfer_texts.iter().filter_map(reference).collect();
        for step in &mut steps {
            if let Step::Transfer(transfer) = step
                && let Some(hash) = hashes.get(&transfer.id)
            {
                transfer.reference = Some(u128::from_be_bytes(*hash));
            }
        }
    }
    let texts = account_texts
        .iter()
        .map(|text| store::account_text(book, text.account, &text.name, &text.metadata));
    rows.extend(texts);
    let step_of = steps_of_transfers(&steps, atomicity);
    rows.extend(transfer_texts.iter().map(|text| RowChange {
        step: step_of.get(&text.transfer).copied(),
        ..store::transfer_text(book, text)
    }));
    (steps, rows)
}

/// The step that makes each transfer, where each stands on its own.
fn steps_of_transfers(steps: &[Step], atomicity: Atomicity) -> HashMap<TransferId, u32> {
    let transfer = |(index, step): (u32, &Step)| match step {
        Step::Transfer(transfer) => Some((transfer.id, index)),
        _ => None,
    };
    match atomicity {
        Atomicity::Together => HashMap::new(),
        Atomicity::Each => (0..).zip(steps).filter_map(transfer).collect(),
    }
}
