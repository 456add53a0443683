//! What a call of transfers says, read into steps: what it names is looked up first, all at once.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{BookId, Context};
use ledger::{AccountId, Atomicity, Request, Step, TransferId, TransferText};

use super::reader::{Known, OpenAmount, Reader};
use crate::app::App;
use crate::problem::ApiError;
use crate::wire::posting::{NewTransfer as Body, PostAtomicity, PostTransfersRequest};
use crate::wire::transfer::TransferType;

/// What transfers name of the book.
#[derive(Default)]
pub(crate) struct Named {
    pub accounts: BTreeSet<AccountId>,
    /// Holds that are posted.
    pub holds: BTreeSet<TransferId>,
    /// Holds that these transfers make, by the account that gives them their decimals.
    pub made: BTreeMap<TransferId, AccountId>,
    /// Transfers that are taken back whose accounts and amount are not said.
    pub reversed: BTreeSet<TransferId>,
}

/// What was asked for, as far as the answer needs it.
#[derive(Default)]
pub(super) struct Asked {
    /// The transfers' ids.
    pub ids: Vec<TransferId>,
    /// The places of those that the caller left to us.
    pub derived: Vec<usize>,
    /// Those that leave open how much they move.
    pub open: BTreeMap<u32, OpenAmount>,
}

impl Named {
    /// What a call names.
    pub(super) fn of(body: &PostTransfersRequest) -> Self {
        let mut named = Self::default();
        body.transfers.iter().for_each(|body| named.note(body));
        named
    }

    /// Notes what a transfer names. What cannot be read is refused where it is read with its place.
    pub(crate) fn note(&mut self, body: &Body) {
        let account = |text: &Option<String>| text.as_deref()?.parse::<AccountId>().ok();
        let transfer = |text: &Option<String>| text.as_deref()?.parse::<TransferId>().ok();
        let debit = account(&body.debit);
        let named = [debit, account(&body.credit), account(&body.account)];
        self.accounts.extend(named.iter().flatten());
        if body.kind == TransferType::PostHold {
            self.holds.extend(transfer(&body.hold));
        }
        if let (TransferType::Hold, Some(id), Some(debit)) = (body.kind, transfer(&body.id), debit)
        {
            self.made.insert(id, debit);
        }
        if body.debit.is_none() && body.credit.is_none() && body.amount.is_none() {
            self.reversed.extend(transfer(&body.reverses));
        }
    }
}

impl Known {
    pub(super) async fn of(
        app: &App,
        context: &Context,
        book: BookId,
        named: Named,
    ) -> Result<Self, ApiError> {
        let Named { accounts, holds, made, reversed } = named;
        let ledger = &app.services.ledger;
        let accounts = ledger.counting(context, book, accounts).await?;
        let scale = |(hold, account)| Some((hold, accounts.get(&account)?.commodity.scale));
        let made: BTreeMap<TransferId, u8> = made.into_iter().filter_map(scale).collect();
        let others = holds.into_iter().filter(|hold| !made.contains_key(hold)).collect();
        // One that is not there is the engine's to refuse.
        let mut holds = ledger.hold_scales(context, book, others).await?;
        holds.extend(made);
        let reversed = reversed.into_iter().collect();
        let reversed = ledger.known_transfers(context, book, reversed).await?;
        Ok(Self { accounts, holds, reversed })
    }
}

/// What the answer needs to know of a call's transfers, and what the ledger is asked for.
pub(super) fn read_all(
    context: &Context,
    body: PostTransfersRequest,
    known: &Known,
) -> Result<(Asked, Request), ApiError> {
    let atomicity = match body.atomicity {
        PostAtomicity::Together => Atomicity::Together,
        PostAtomicity::Each => Atomicity::Each,
    };
    let mut request = Request { atomicity, ..Request::default() };
    let mut asked = Asked::default();
    for (step, body) in (0_u32..).zip(body.transfers) {
        let index = step as usize;
        let reader = Reader { context, body: &body, index: Some(index), known };
        let transfer = reader.transfer()?;
        asked.open.extend(reader.open(&transfer.movement).map(|open| (step, open)));
        let Body { id, reference, purpose, counterparty, metadata, .. } = body;
        let told = reference.is_some() || purpose.is_some() || counterparty.is_some();
        if told || metadata.is_some() {
            let transfer = transfer.id;
            let text = TransferText { transfer, reference, purpose, counterparty, metadata };
            request.transfer_texts.push(text);
        }
        if id.is_none() {
            asked.derived.push(index);
        }
        asked.ids.push(transfer.id);
        request.steps.push(Step::Transfer(transfer));
    }
    Ok((asked, request))
}
