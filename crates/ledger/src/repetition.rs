//! Transfers that were asked for again: those whose id is there already are compared with what the
//! table says. The engine knows of an id only that it was used.

use kernel::BookId;
use storage::{StorageError, Tx};

use crate::model::{Found, NewTransfer, Step};
use crate::postings::numbers_of_ids;
use crate::transfers;

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

/// Which of some steps are transfers that are there already and say the same, and what those moved
/// that left it open; both in the order of steps.
///
/// What is sent again was mostly sent in this order before: after each that is found the next is
/// expected behind it, so that a long request is read in a few long looks. What is not there is
/// looked up by its id.
pub(crate) async fn existing(
    tx: &mut Tx,
    book: BookId,
    asked: &[Step],
    steps: &[u32],
) -> Result<(Vec<Existing>, Vec<Found>), StorageError> {
    let wanted: Vec<(u32, &NewTransfer)> = steps
        .iter()
        .filter_map(|step| match asked.get(*step as usize) {
            Some(Step::Transfer(transfer)) => Some((*step, transfer)),
            _ => None,
        })
        .collect();
    let (mut existing, mut moved) = (Vec::new(), Vec::new());
    let (mut rest, mut expected, mut reach) = (wanted.as_slice(), None, 1);
    while let Some((_, first)) = rest.first() {
        let known = match expected {
            Some(number) => Some(number),
            None => numbers_of_ids(tx, book.uuid(), &[first.id.uuid()]).await?[0],
        };
        let Some(number) = known else {
            rest = &rest[1..];
            continue;
        };
        let views = transfers::from(tx, book, number, reach.min(rest.len())).await?;
        let mut same = 0;
        for ((view, _), (step, transfer)) in views.iter().zip(rest) {
            if view.id != transfer.id {
                break;
            }
            if view.says(transfer) {
                existing.push(Existing { step: *step, number: view.number });
                if transfer.movement.is_open() {
                    moved.push(Found { step: *step, amount: view.found() });
                }
            }
            same += 1;
        }
        if same == 0 && expected.is_none() {
            let text = format!("transfer {number} is not where its id says");
            return Err(StorageError::Damaged { text });
        }
        rest = &rest[same..];
        (expected, reach) = match same > 0 && same == views.len() {
            true => (Some(number + same as u64), (reach * 4).min(READ_MAX)),
            false => (None, 1),
        };
    }
    Ok((existing, moved))
}
