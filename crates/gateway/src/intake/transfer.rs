//! Lines of transfers, as calls post them and as exports tell them, read into steps.

use kernel::id::made_at;
use kernel::{Amount, Commodity, Timestamp, time};
use ledger::model::Reason;
use ledger::{
    AccountId, LedgerError, Movement, NewTransfer, Request, Rest, Step, TransferId, TransferText,
};
use storage::crypto::{sha256, short};

use super::build::{Builder, Made, malformed, parse};
use super::read::Fault;
use crate::routes::posting::Reader;
use crate::wire::intake::{IntakeExpiry, IntakeTransfer, IntakeTransferType as Type};
use crate::wire::posting::NewTransfer as Body;
use crate::wire::transfer::TransferType;

impl Builder<'_> {
    /// A transfer as a call posts it.
    pub(super) fn transfer(&mut self, body: Body, out: &mut Request) -> Result<Made, Fault> {
        let account = |field: &str, text: &Option<String>| {
            text.as_deref().map(|text| parse::<AccountId>(field, text)).transpose()
        };
        let sides = [account("debit", &body.debit)?, account("credit", &body.credit)?];
        if let [Some(debit), Some(credit)] = sides {
            self.same_commodity(debit, credit)?;
        }
        if let (TransferType::PostHold, Some(hold), Some(_)) = (body.kind, &body.hold, &body.amount)
        {
            let hold: TransferId = parse("hold", hold)?;
            if !self.known.transfers.holds.contains_key(&hold) {
                let reason = Reason::HoldNotOpen;
                return Err(Fault::rejected(reason.code(), reason.text()));
            }
        }
        if let (TransferType::Transfer, Some(original)) = (body.kind, &body.reverses) {
            self.opposite(parse("reverses", original)?)?;
        }
        let (context, known) = (self.context, &self.known.transfers);
        let reader = Reader { context, body: &body, index: None, known };
        let transfer = reader.transfer()?;
        let (id, open) = (transfer.id, reader.open(&transfer.movement));
        self.compare(&transfer)?;
        let Body { reference, purpose, counterparty, metadata, .. } = body;
        let text = TransferText { transfer: id, reference, purpose, counterparty, metadata };
        self.post(transfer, text, out);
        Ok(match open {
            Some(open) => Made::Open(id, open),
            None => Made::Transfer(id),
        })
    }

    /// The posting that takes a transfer back: the tables have that, or it is not there.
    fn opposite(&self, original: TransferId) -> Result<Movement, Fault> {
        let Some(found) = self.known.transfers.reversed.get(&original) else {
            let reason = Reason::TransferUnknown;
            return Err(Fault::rejected(reason.code(), reason.text()).about("reverses"));
        };
        let nothing = LedgerError::NothingPosted { transfer: original };
        found.opposite().ok_or_else(|| Fault::refused(&nothing).about("reverses"))
    }

    /// Refuses a reversal that is not what it takes back, the other way round. What is no posting
    /// is the engine's to refuse.
    fn compare(&self, transfer: &NewTransfer) -> Result<(), Fault> {
        let (Some(original), Movement::Post { .. }) = (transfer.reverses, transfer.movement) else {
            return Ok(());
        };
        if self.opposite(original)? != transfer.movement {
            let differs = LedgerError::ReversalDiffers { transfer: original };
            return Err(Fault::refused(&differs).about("reverses"));
        }
        Ok(())
    }

    /// A transfer as an export tells it.
    pub(super) fn exported(
        &mut self,
        body: IntakeTransfer,
        out: &mut Request,
    ) -> Result<Made, Fault> {
        let id: TransferId = parse("id", &body.id)?;
        let (debit, credit) = (parse("debit", &body.debit)?, parse("credit", &body.credit)?);
        let commodity = self.same_commodity(debit, credit)?;
        if commodity.code.as_str() != body.commodity {
            let text = format!("the accounts count {}", commodity.code);
            return Err(Fault::field("commodity", "commodity", text));
        }
        let amount = |scale| {
            let read = Amount::parse(&body.amount, scale);
            read.map_err(|error| malformed("amount", error))
        };
        let optional = |field: &str, text: &Option<String>| {
            text.as_deref().map(|text| parse::<TransferId>(field, text)).transpose()
        };
        let hold = optional("hold", &body.hold)?;
        let hold = || hold.ok_or_else(|| Fault::field("hold", "required", "this is needed here"));
        let held = |hold| self.known.transfers.holds.get(&hold).copied().unwrap_or(commodity.scale);
        let moved = amount(commodity.scale)?;
        let movement = match body.kind {
            // What moved then is what moves now: not what there is by now.
            Type::Transfer | Type::BalancingDebit | Type::BalancingCredit => {
                Movement::Post { debit, credit, amount: moved }
            }
            Type::Hold => {
                let expires = body.expires_at.as_deref();
                let expires = expires.map(|text| parse("expires_at", text)).transpose()?;
                // One whose time is over stays held until a line says what became of it.
                let expires = expires.filter(|time: &Timestamp| *time > self.context.now());
                Movement::Hold { debit, credit, amount: moved, expires }
            }
            Type::PostHold | Type::PostHoldPart => {
                let (hold, rest) = (hold()?, Rest::Release);
                let rest = if body.kind == Type::PostHold { rest } else { Rest::Keep };
                Movement::PostHold { hold, amount: Some(amount(held(hold))?), rest }
            }
            Type::VoidHold => Movement::VoidHold { hold: hold()? },
            Type::ClosingDebit => Movement::CloseInto { account: debit, into: credit },
            Type::ClosingCredit => Movement::CloseInto { account: credit, into: debit },
        };
        let effective = time::parse_date(&body.effective);
        let effective = effective.map_err(|error| malformed("effective", error))?;
        let reverses = optional("reverses", &body.reverses)?;
        let (code, reference) = (body.code, None);
        let transfer = NewTransfer { id, movement, code, reference, effective, reverses };
        self.compare(&transfer)?;
        let IntakeTransfer { kind, reference, purpose, counterparty, metadata, .. } = body;
        let text = TransferText { transfer: id, reference, purpose, counterparty, metadata };
        self.post(transfer, text, out);
        Ok(match kind {
            Type::ClosingDebit | Type::ClosingCredit => {
                Made::Closing(id, moved.abs(), commodity.scale)
            }
            _ => Made::Transfer(id),
        })
    }

    /// A hold that expired where it comes from is voided here, by a transfer whose id follows from
    /// the hold's.
    pub(super) fn expiry(&mut self, body: &IntakeExpiry, out: &mut Request) -> Result<Made, Fault> {
        let hold: TransferId = parse("hold", &body.hold)?;
        let time: Timestamp = parse("expired_at", &body.expired_at)?;
        let millis = u64::try_from(time.micros() / 1_000).unwrap_or(0);
        let random = short(sha256(&[b"florin ledger expiry", hold.uuid().as_bytes()]));
        let id = TransferId::from_uuid(made_at(u128::from(millis) << 80, random));
        let (movement, effective) = (Movement::VoidHold { hold }, time.date());
        let (code, reference, reverses) = (0, None, None);
        let transfer = NewTransfer { id, movement, code, reference, effective, reverses };
        out.steps.push(Step::Transfer(transfer));
        Ok(Made::Expiry(hold))
    }

    fn post(&mut self, transfer: NewTransfer, text: TransferText, out: &mut Request) {
        if let Movement::Hold { debit, .. } = transfer.movement
            && let Some(commodity) = self.known.commodity_of(debit)
        {
            self.known.holds(transfer.id, commodity);
        }
        let TransferText { reference, purpose, counterparty, metadata, .. } = &text;
        let told = reference.is_some() || purpose.is_some() || counterparty.is_some();
        if told || metadata.is_some() {
            out.transfer_texts.push(text);
        }
        out.steps.push(Step::Transfer(transfer));
    }

    /// What two accounts count: without it an amount could not be read.
    fn same_commodity(&self, debit: AccountId, credit: AccountId) -> Result<Commodity, Fault> {
        let known = |field: &str, account| {
            self.known.commodity_of(account).ok_or_else(|| {
                let text = format!("there is no such account in the book ({account})");
                Fault::rejected(Reason::AccountUnknown.code(), text).about(field)
            })
        };
        let (debit, credit) = (known("debit", debit)?, known("credit", credit)?);
        if debit != credit {
            let reason = Reason::CommoditiesMixed;
            return Err(Fault::rejected(reason.code(), reason.text()));
        }
        Ok(debit)
    }
}
