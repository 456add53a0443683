//! Transfers that were asked for again: those whose id is there already are compared with what the
//! table says. The engine knows of an id only that it was used.

use kernel::BookId;
use storage::{StorageError, Tx};

use crate::model::Step;
use crate::postings::number_of_id;
use crate::store;

/// The transfers that are read at a time.
const READ_MAX: usize = 1_024;

/// A transfer that was there already and says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Existing {
    /// The step that asked for it again, from 0.
    pub step: u32,
    /// Its number in the book.
    pub number: u64,
}

/// Which of some steps are transfers that are there already and say the same, in their order.
///
/// What is sent again was mostly sent in this order before: after each that is found the next is
/// expected behind it, so that a long request is read in a few long looks. What is not there is
/// looked up by its id.
pub(crate) async fn existing(
    tx: &mut Tx,
    book: BookId,
    asked: &[Step],
    steps: &[u32],
) -> Result<Vec<Existing>, StorageError> {
    let (mut existing, mut rest, mut reach) = (Vec::new(), steps, 1);
    while let Some(step) = rest.first() {
        let Some(Step::Transfer(transfer)) = asked.get(*step as usize) else {
            rest = &rest[1..];
            continue;
        };
        let Some(number) = number_of_id(tx, book.uuid(), transfer.id.uuid()).await? else {
            (rest, reach) = (&rest[1..], 1);
            continue;
        };
        let (mut next, before) = (number, rest.len());
        loop {
            let found = store::transfers_from(tx, book, next, reach.min(rest.len())).await?;
            let count = found.len();
            let mut same = 0;
            for (found, step) in found.iter().zip(rest) {
                let Some(Step::Transfer(transfer)) = asked.get(*step as usize) else { break };
                if found.id != transfer.id {
                    break;
                }
                if found.says(transfer) {
                    existing.push(Existing { step: *step, number: found.number });
                }
                same += 1;
            }
            rest = &rest[same..];
            next += same as u64;
            if same < count || count == 0 || rest.is_empty() {
                reach = 1;
                break;
            }
            reach = (reach * 4).min(READ_MAX);
        }
        if rest.len() == before {
            let text = format!("transfer {number} is not where its id says");
            return Err(StorageError::Damaged { text });
        }
    }
    Ok(existing)
}
