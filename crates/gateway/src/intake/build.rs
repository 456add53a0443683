//! From what lines say to commands of the ledger, and which step tells what became of which line.

use std::collections::HashSet;
use std::fmt::Display;
use std::str::FromStr;

use kernel::id::made_at;
use kernel::{Amount, Commodity, CommodityCode, Context, Timestamp, Uuid, time};
use ledger::model::Reason;
use ledger::{
    AccountId, AccountText, Atomicity, Limits, Movement, NewAccount, NewTransfer, Request, Rest,
    Step, TransferId, TransferText,
};
use storage::crypto::{sha256, short};

use super::known::Known;
use super::read::{Fault, ReadBatch, ReadLine, Said};
use crate::routes::posting::Reader;
use crate::wire::book::TransferType;
use crate::wire::intake::{
    IntakeAccount, IntakeExpiry, IntakeTransfer, IntakeTransferType as Type,
};
use crate::wire::posting::NewTransfer as Body;

/// A command, and what its lines hear of it.
#[derive(Default)]
pub(super) struct Built {
    pub request: Request,
    pub lines: Vec<Planned>,
    /// The last line that it covers, empty ones included.
    pub last: u64,
}

/// A line, and what tells what became of it.
pub(super) struct Planned {
    pub number: u64,
    pub plan: Plan,
}

/// What tells what became of a line.
pub(super) enum Plan {
    /// The line itself.
    Fault(Fault),
    /// A step.
    Step { step: u32, made: Made },
}

/// What a step makes.
pub(super) enum Made {
    /// Defining one that is known changes nothing.
    Commodity {
        code: CommodityCode,
        is_known: bool,
    },
    Account(NewAccount),
    Transfer(TransferId),
    /// It moves what there is, and the line says how much that was.
    Closing(TransferId, Amount, u8),
    /// The hold that is released.
    Expiry(TransferId),
}

/// Makes commands of a batch.
pub(super) struct Builder<'a> {
    pub context: &'a Context,
    pub known: &'a mut Known,
    /// Whether the caller may open accounts.
    pub keeps_books: bool,
}

impl Builder<'_> {
    /// The commands of a batch, in its order: mostly one. An id that comes twice begins another,
    /// so that each text goes with its own step.
    pub(super) fn build(mut self, batch: ReadBatch) -> Vec<Built> {
        let (mut built, mut open) = (Vec::new(), Built::empty());
        let mut ids: HashSet<Uuid> = HashSet::with_capacity(batch.lines.len());
        for ReadLine { number, said } in batch.lines {
            let mut piece = Request::default();
            let plan = match said.and_then(|said| self.line(said, &mut piece)) {
                Ok(made) => {
                    let id = made.id();
                    if id.is_some_and(|id| !ids.insert(id)) {
                        open.last = number - 1;
                        built.push(std::mem::replace(&mut open, Built::empty()));
                        ids = id.into_iter().collect();
                    }
                    open.add(piece, made)
                }
                Err(fault) => Plan::Fault(fault),
            };
            open.lines.push(Planned { number, plan });
        }
        open.last = batch.last;
        built.push(open);
        self.known.forget_tentative();
        built
    }

    fn line(&mut self, said: Said, out: &mut Request) -> Result<Made, Fault> {
        match said {
            Said::Commodity(_) | Said::Account(_) if !self.keeps_books => {
                Err(Fault::rejected("forbidden", "the role does not allow it to open accounts"))
            }
            Said::Commodity(commodity) => {
                let is_known = self.known.commodity(commodity.code.as_str()).is_some();
                self.known.defines(commodity);
                out.steps.push(define(commodity));
                Ok(Made::Commodity { code: commodity.code, is_known })
            }
            Said::Account(account) => self.account(*account, out),
            Said::Transfer(body) => self.transfer(*body, out),
            Said::Exported(body) => self.exported(*body, out),
            Said::Expiry(body) => self.expiry(&body, out),
        }
    }

    fn account(&mut self, body: IntakeAccount, out: &mut Request) -> Result<Made, Fault> {
        let id: AccountId = parse("id", &body.id)?;
        let known = self.known.commodity(&body.commodity);
        let commodity = match known {
            Some(commodity) => commodity,
            None => Commodity::well_known(&body.commodity)
                .map_err(|error| malformed("commodity", error))?,
        };
        let bound = |field: &str, text: &Option<String>| {
            let read = text.as_deref().map(|text| Amount::parse(text, commodity.scale));
            read.transpose().map_err(|error| malformed(field, error))
        };
        let floor = bound("floor", &body.floor)?;
        let limits = Limits { floor, ceiling: bound("ceiling", &body.ceiling)? };
        if known.is_none() {
            self.known.defines(commodity);
            out.steps.push(define(commodity));
        }
        self.known.opens(id, commodity);
        let (kind, code) = (body.kind.into(), body.code);
        let account = NewAccount { id, commodity: commodity.code, kind, limits, code };
        out.steps.push(Step::OpenAccount(account.clone()));
        if body.name.is_some() || body.metadata.is_some() {
            let metadata = body.metadata.unwrap_or_else(|| serde_json::json!({}));
            let name = body.name.unwrap_or_default();
            out.account_texts.push(AccountText { account: id, name, metadata });
        }
        Ok(Made::Account(account))
    }

    fn transfer(&mut self, body: Body, out: &mut Request) -> Result<Made, Fault> {
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
            if !self.known.scales.holds.contains_key(&hold) {
                let reason = Reason::HoldNotOpen;
                return Err(Fault::rejected(reason.code(), reason.text()));
            }
        }
        let (context, scales) = (self.context, &self.known.scales);
        let transfer = Reader { context, body: &body, index: None, scales }.transfer()?;
        let Body { reference, purpose, counterparty, metadata, .. } = body;
        let id = transfer.id;
        let text = TransferText { transfer: id, reference, purpose, counterparty, metadata };
        self.post(transfer, text, out);
        Ok(Made::Transfer(id))
    }

    fn exported(&mut self, body: IntakeTransfer, out: &mut Request) -> Result<Made, Fault> {
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
        let held = |hold| self.known.scales.holds.get(&hold).copied().unwrap_or(commodity.scale);
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
    fn expiry(&mut self, body: &IntakeExpiry, out: &mut Request) -> Result<Made, Fault> {
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
                let fault = Fault::rejected(Reason::AccountUnknown.code(), text);
                Fault { field: Some(field.to_owned()), ..fault }
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

impl Built {
    fn empty() -> Self {
        let request = Request { atomicity: Atomicity::Each, ..Request::default() };
        Self { request, ..Self::default() }
    }

    /// Adds a line's steps; the last of them makes what the line is of.
    fn add(&mut self, piece: Request, made: Made) -> Plan {
        self.request.steps.extend(piece.steps);
        self.request.account_texts.extend(piece.account_texts);
        self.request.transfer_texts.extend(piece.transfer_texts);
        // A batch has far fewer lines than this holds.
        let step = u32::try_from(self.request.steps.len() - 1).unwrap_or(u32::MAX);
        Plan::Step { step, made }
    }
}

impl Made {
    /// The id that it uses up.
    fn id(&self) -> Option<Uuid> {
        match self {
            Self::Commodity { .. } => None,
            Self::Account(account) => Some(account.id.uuid()),
            Self::Transfer(id) | Self::Closing(id, ..) => Some(id.uuid()),
            Self::Expiry(_) => None,
        }
    }
}

fn define(Commodity { code, scale }: Commodity) -> Step {
    Step::DefineCommodity { code, scale }
}

fn parse<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|error| malformed(field, error))
}

fn malformed(field: &str, error: impl ToString) -> Fault {
    Fault::field(field, "malformed", error)
}
