//! Reversals: what takes a transfer back.
//!
//! What must stay true: a reversal is the same amount the other way round. The engine sees to it
//! that a transfer is reversed once; it does not remember amounts, so that they are compared here.

use std::collections::BTreeMap;

use kernel::{BookId, Context};
use storage::Tx;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::model::{Movement, NewTransfer, Reason, Rejection, Step, TransferId};
use crate::postings::numbers_of_ids;
use crate::query::{NewReversal, TransferView};
use crate::transfers;

/// The transfers that are looked up at a time: each reads a few pieces of runs.
const LOOKED_UP_MAX: usize = 64;

impl Ledger {
    /// The transfer that takes another back: the same amount the other way round, with the same
    /// code, linked to it. Sending it is the caller's.
    ///
    /// # Errors
    /// [`LedgerError::TransferUnknown`] and [`LedgerError::NothingPosted`].
    pub async fn reversal(
        &self,
        context: &Context,
        book: BookId,
        asked: NewReversal,
    ) -> Result<NewTransfer, LedgerError> {
        let NewReversal { id, original, effective } = asked;
        let found = self.known_transfers(context, book, vec![original]).await?;
        let found = found.get(&original);
        let found = found.ok_or(LedgerError::TransferUnknown { transfer: original })?;
        let movement = found.opposite().ok_or(LedgerError::NothingPosted { transfer: original })?;
        let (code, reverses) = (found.code, Some(original));
        Ok(NewTransfer { id, movement, code, reference: None, effective, reverses })
    }

    /// Those of some transfers that the book has.
    pub async fn known_transfers(
        &self,
        context: &Context,
        book: BookId,
        transfers: Vec<TransferId>,
    ) -> Result<BTreeMap<TransferId, TransferView>, LedgerError> {
        if transfers.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut tx = self.reading(context).await?;
        self.book(&mut tx, book).await?;
        tx.commit().await?;
        self.wait_for_book(book).await?;
        let mut tx = self.reading(context).await?;
        let found = known(&mut tx, book, &transfers).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Refuses a request with a reversal that is not what it would take back, the other way round.
    /// What cannot be a reversal at all the engine refuses.
    pub(crate) async fn check_reversals(
        &self,
        context: &Context,
        book: BookId,
        steps: &[Step],
    ) -> Result<(), LedgerError> {
        let reversing = || {
            (0_u32..).zip(steps).filter_map(|(step, one)| match one {
                Step::Transfer(NewTransfer {
                    reverses: Some(original),
                    movement: movement @ Movement::Post { .. },
                    ..
                }) => Some((step, *original, *movement)),
                _ => None,
            })
        };
        let originals = reversing().map(|(_, original, _)| original).collect();
        let known = self.known_transfers(context, book, originals).await?;
        for (step, transfer, movement) in reversing() {
            // One that is under way in another call is not there yet: nothing is known of it.
            let (reason, about) = (Reason::TransferUnknown, Some(transfer.uuid()));
            let unknown = LedgerError::Rejected { rejection: Rejection { step, reason, about } };
            let opposite = match known.get(&transfer) {
                Some(view) => view.opposite().ok_or(LedgerError::NothingPosted { transfer })?,
                None => made(steps, transfer).ok_or(unknown)?,
            };
            if movement != opposite {
                return Err(LedgerError::ReversalDiffers { transfer });
            }
        }
        Ok(())
    }
}

impl TransferView {
    /// The posting that takes it back; none where it posted nothing.
    #[must_use]
    pub fn opposite(&self) -> Option<Movement> {
        let (debit, credit, amount) = (self.credit, self.debit, self.amount);
        let posted = self.kind.posts() && !amount.is_zero();
        posted.then_some(Movement::Post { debit, credit, amount })
    }
}

/// The posting that takes back what a step of the same request posts.
fn made(steps: &[Step], transfer: TransferId) -> Option<Movement> {
    steps.iter().find_map(|step| match step {
        Step::Transfer(NewTransfer {
            id,
            movement: Movement::Post { debit, credit, amount },
            ..
        }) if *id == transfer => {
            Some(Movement::Post { debit: *credit, credit: *debit, amount: *amount })
        }
        _ => None,
    })
}

async fn known(
    tx: &mut Tx,
    book: BookId,
    transfers: &[TransferId],
) -> Result<BTreeMap<TransferId, TransferView>, LedgerError> {
    let mut found = BTreeMap::new();
    for some in transfers.chunks(LOOKED_UP_MAX) {
        let ids: Vec<_> = some.iter().map(|transfer| transfer.uuid()).collect();
        let numbers = numbers_of_ids(tx, book.uuid(), &ids).await?;
        let numbers = numbers.into_iter().flatten().collect();
        let views = transfers::by_number(tx, book, numbers).await?;
        found.extend(views.into_iter().map(|view| (view.id, view)));
    }
    Ok(found)
}
