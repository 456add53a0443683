//! Handing requests to the engine, and hearing what came of them.
//!
//! The two are apart for callers who send one request after the other and do not wait in between:
//! what is submitted first is decided first, and answers are asked for later.

use std::sync::Arc;

use kernel::{BookId, Context, Position, Timestamp};
use storage::journal::{Committed, Submitted};

use crate::Ledger;
use crate::book::Book;
use crate::error::LedgerError;
use crate::ledger::Receipt;
use crate::model::{Command, Origin, Outcome, Reason, Rejection, Step};
use crate::prepare::{self, Request};
use crate::record;
use crate::repetition;
use crate::texts::Keys;

/// A request that stands in the engine's queue.
pub struct Pending {
    asked: Asked,
    submitted: Submitted<Outcome>,
}

/// A request that was decided and is durable.
pub struct Decided {
    asked: Asked,
    committed: Committed<Outcome>,
}

/// What was asked, by whom.
struct Asked {
    ledger: Ledger,
    context: Context,
    book: BookId,
    steps: Arc<Vec<Step>>,
    /// Whether a request that was done before is known by its transfers' ids.
    by_id_alone: bool,
}

impl Ledger {
    /// Does what a request says, all of it or nothing unless its steps stand on their own; returns
    /// when it is durable.
    ///
    /// # Errors
    /// [`LedgerError::Rejected`] where the engine decided against it, or a carried row could not be
    /// changed as it said.
    pub async fn execute(
        &self,
        context: &Context,
        book: BookId,
        request: Request,
    ) -> Result<Receipt, LedgerError> {
        self.submit(context, book, request).await?.decided().await?.receipt().await
    }

    /// Hands a request to the engine, and returns when it stands in the queue: of two that one
    /// caller submits one after the other, the first is decided first. It is decided whether
    /// anybody asks what came of it or not.
    ///
    /// # Errors
    /// Where it was not handed over; then nothing is done. A reversal that is not what it takes
    /// back the other way round ([`LedgerError::ReversalDiffers`]) holds the whole request back,
    /// whatever its atomicity.
    pub async fn submit(
        &self,
        context: &Context,
        book: BookId,
        mut request: Request,
    ) -> Result<Pending, LedgerError> {
        self.check_book(context, book).await?;
        self.check_reversals(context, book, &request.steps).await?;
        self.name_accounts(context, book, &mut request).await?;
        // What else changes with the transfers cannot be there already because they are.
        let by_id_alone = context.key.is_none() || request.rows.is_empty();
        let atomicity = request.atomicity;
        let keys = match request.account_texts.is_empty() && request.transfer_texts.is_empty() {
            true => None,
            false => Some(Keys::of(&self.inner.database, context).await?),
        };
        let (steps, rows) = prepare::prepared(book, request, keys).await?;
        let steps = Arc::new(steps);
        let (ledger, asker) = (self.clone(), context.clone());
        let asked = Asked { ledger, context: asker, book, steps: Arc::clone(&steps), by_id_alone };
        let origin = Some(Origin::of(context));
        let command = Command::Steps { key: context.key, origin, atomicity, steps };
        let submitted =
            self.inner.engine.submit(context.tenant, book.uuid(), command, rows).await?;
        Ok(Pending { asked, submitted })
    }
}

impl Pending {
    /// Waits until the request is decided and durable.
    ///
    /// # Errors
    /// Where it was not decided, or what came of it is not known.
    pub async fn decided(self) -> Result<Decided, LedgerError> {
        Ok(Decided { asked: self.asked, committed: self.submitted.outcome().await? })
    }
}

impl Decided {
    /// What came of the request. Transfers that were there already are compared with the table;
    /// where that is too far behind, this may be asked again later.
    ///
    /// # Errors
    /// [`LedgerError::Rejected`] where the engine decided against it.
    pub async fn receipt(&self) -> Result<Receipt, LedgerError> {
        let Self { asked, committed } = self;
        let mut position = Position::default();
        position.advance(asked.book.uuid(), committed.seq);
        let mut receipt = Receipt {
            position,
            first_number: 0,
            replayed: committed.replayed,
            rejections: Vec::new(),
            found: Vec::new(),
            existing: Vec::new(),
            first_seen: asked.first_seen(committed.replayed).await?,
        };
        match &committed.outcome {
            Outcome::Done { first_number, rejections, found } => {
                let exists = |one: &&Rejection| one.reason == Reason::TransferExists;
                let steps = rejections.iter().filter(exists).map(|one| one.step).collect();
                (receipt.first_number, receipt.found) = (*first_number, found.clone());
                asked.compare(steps, &mut receipt).await?;
                let existing = &receipt.existing;
                let same = |step| existing.binary_search_by_key(&step, |one| one.step).is_ok();
                let other = rejections.iter().filter(|one| !same(one.step));
                receipt.rejections = other.copied().collect();
            }
            Outcome::Rejected(rejection) => {
                if rejection.reason == Reason::TransferExists && asked.by_id_alone {
                    let steps = (0..).take(asked.steps.len()).collect();
                    asked.compare(steps, &mut receipt).await?;
                }
                let first = receipt.existing.first();
                let first = first.filter(|_| receipt.existing.len() == asked.steps.len());
                let rejection = *rejection;
                receipt.first_number = first.ok_or(LedgerError::Rejected { rejection })?.number;
                receipt.replayed = true;
            }
            Outcome::Expired(_) => {}
        }
        Ok(receipt)
    }
}

impl Asked {
    /// Notes which of some steps are transfers that are there already and say the same, and what
    /// those moved whose amount was left open.
    async fn compare(&self, steps: Vec<u32>, receipt: &mut Receipt) -> Result<(), LedgerError> {
        if steps.is_empty() {
            return Ok(());
        }
        let Self { ledger, context, book, .. } = self;
        ledger.wait_for_book(*book).await?;
        let mut tx = ledger.reading(context).await?;
        let (existing, found) = repetition::existing(&mut tx, *book, &self.steps, &steps).await?;
        tx.commit().await?;
        receipt.existing = existing;
        receipt.found.extend(found);
        receipt.found.sort_unstable_by_key(|found| found.step);
        Ok(())
    }

    /// When the key of a request was first seen.
    async fn first_seen(&self, replayed: bool) -> Result<Option<Timestamp>, LedgerError> {
        let Self { ledger, context, book, .. } = self;
        let Some(key) = context.key else { return Ok(None) };
        if !replayed {
            return Ok(Some(key.first_seen));
        }
        let look = move |machine: &Book| machine.first_seen(key.id);
        let known = ledger.inner.engine.read(context.tenant, book.uuid(), look).await?;
        if known.is_some() {
            return Ok(known);
        }
        let mut tx = ledger.reading(context).await?;
        let first_seen = record::first_seen(&mut tx, *book, key.id).await?;
        tx.commit().await?;
        Ok(first_seen)
    }
}
