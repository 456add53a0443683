//! What a call of transfers says, read into steps: what it names is looked up first, all at once.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, BookId, Context, Date, FieldFault, Timestamp, time};
use ledger::{
    Account, AccountId, AccountKind, Atomicity, Movement, NewTransfer, Request, Rest, Step,
    TransferId, TransferText, TransferView,
};

use super::transfer_id;
use crate::app::App;
use crate::problem::ApiError;
use crate::wire::posting::{NewTransfer as Body, PostAtomicity, PostTransfersRequest};
use crate::wire::transfer::TransferType;

/// What a call names of the book.
pub(super) struct Named {
    accounts: BTreeSet<AccountId>,
    /// Holds that are posted.
    holds: BTreeSet<TransferId>,
    /// Holds that the call itself makes, by the account that gives them their decimals.
    made: BTreeMap<TransferId, AccountId>,
    /// Transfers that are taken back.
    reversed: Vec<TransferId>,
}

/// What the book knows of that.
pub(super) struct Known {
    accounts: BTreeMap<AccountId, Account>,
    /// The decimals of holds.
    holds: BTreeMap<TransferId, u8>,
    reversed: BTreeMap<TransferId, TransferView>,
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

/// How the amount is shown that a transfer left open.
pub(super) struct OpenAmount {
    /// Its decimals.
    pub scale: u8,
    /// The account that is closed, on whose natural side it is shown.
    pub kind: Option<AccountKind>,
}

impl Named {
    pub(super) fn of(body: &PostTransfersRequest) -> Self {
        let (mut accounts, mut holds) = (BTreeSet::new(), BTreeSet::new());
        let (mut made, mut reversed) = (BTreeMap::new(), Vec::new());
        for body in &body.transfers {
            // What cannot be read is refused where it is read with its place.
            let account = |text: &Option<String>| text.as_deref()?.parse::<AccountId>().ok();
            let transfer = |text: &Option<String>| text.as_deref()?.parse::<TransferId>().ok();
            let debit = account(&body.debit);
            accounts
                .extend([debit, account(&body.credit), account(&body.account)].iter().flatten());
            if body.kind == TransferType::PostHold {
                holds.extend(transfer(&body.hold));
            }
            if let (TransferType::Hold, Some(id), Some(debit)) =
                (body.kind, transfer(&body.id), debit)
            {
                made.insert(id, debit);
            }
            if body.debit.is_none() && body.credit.is_none() && body.amount.is_none() {
                reversed.extend(transfer(&body.reverses));
            }
        }
        Self { accounts, holds, made, reversed }
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
        let accounts = ledger.known_accounts(context, book, accounts).await?;
        let accounts: BTreeMap<AccountId, Account> =
            accounts.into_iter().map(|account| (account.id, account)).collect();
        let scale = |(hold, account)| Some((hold, accounts.get(&account)?.scale));
        let made: BTreeMap<TransferId, u8> = made.into_iter().filter_map(scale).collect();
        let others = holds.into_iter().filter(|hold| !made.contains_key(hold)).collect();
        // One that is not there is the engine's to refuse.
        let mut holds = ledger.hold_scales(context, book, others).await?;
        holds.extend(made);
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
        let reader = Reader { context, body: &body, index, known };
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

/// Reads one transfer of a call.
struct Reader<'a> {
    context: &'a Context,
    body: &'a Body,
    index: usize,
    known: &'a Known,
}

impl Reader<'_> {
    fn wrong(&self, field: &str, rule: &str, text: impl ToString) -> ApiError {
        let field = format!("transfers[{}].{field}", self.index);
        ApiError::field(FieldFault::new(field, rule, text))
    }

    fn parse<T>(&self, field: &str, text: Option<&str>) -> Result<Option<T>, ApiError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let read = text.map(str::parse).transpose();
        read.map_err(|error: T::Err| self.wrong(field, "malformed", error))
    }

    fn need<T>(&self, field: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| self.wrong(field, "required", "this is needed here"))
    }

    fn transfer(&self) -> Result<NewTransfer, ApiError> {
        self.refuse_strays()?;
        let Body { id, code, effective, reverses, .. } = self.body;
        let derived = || transfer_id(self.context, self.index);
        let id = self.parse("id", id.as_deref())?.unwrap_or_else(derived);
        let effective: Date = match effective {
            None => self.context.now().date(),
            Some(text) => time::parse_date(text)
                .map_err(|error| self.wrong("effective", "malformed", error))?,
        };
        let reverses = self.parse("reverses", reverses.as_deref())?;
        let (movement, code, reference) = (self.movement(reverses)?, *code, None);
        Ok(NewTransfer { id, movement, code, reference, effective, reverses })
    }

    /// Refuses what a transfer of another type has: whoever sent it meant something else.
    fn refuse_strays(&self) -> Result<(), ApiError> {
        let body = self.body;
        let takes: &[&str] = match body.kind {
            TransferType::Transfer => &["debit", "credit", "amount", "reverses"],
            TransferType::PostUpTo => &["debit", "credit", "maximum", "balancing"],
            TransferType::CloseInto => &["account", "into"],
            TransferType::Hold => &["debit", "credit", "amount", "expires_at"],
            TransferType::PostHold => &["hold", "amount", "rest"],
            TransferType::VoidHold => &["hold"],
        };
        let given = [
            ("debit", body.debit.is_some()),
            ("credit", body.credit.is_some()),
            ("amount", body.amount.is_some()),
            ("maximum", body.maximum.is_some()),
            ("balancing", body.balancing.is_some()),
            ("account", body.account.is_some()),
            ("into", body.into.is_some()),
            ("hold", body.hold.is_some()),
            ("rest", body.rest.is_some()),
            ("expires_at", body.expires_at.is_some()),
            ("reverses", body.reverses.is_some()),
        ];
        match given.into_iter().find(|(field, given)| *given && !takes.contains(field)) {
            None => Ok(()),
            Some((field, _)) => {
                Err(self.wrong(field, "not_here", "a transfer of this type does not have it"))
            }
        }
    }

    fn movement(&self, reverses: Option<TransferId>) -> Result<Movement, ApiError> {
        let Body { kind, debit, credit, amount, .. } = self.body;
        match kind {
            TransferType::Transfer => match reverses {
                Some(original) if [debit, credit, amount].iter().all(|one| one.is_none()) => {
                    self.opposite(original)
                }
                _ => {
                    let (debit, credit, scale) = self.pair()?;
                    let amount = self.needed_amount(scale)?;
                    Ok(Movement::Post { debit, credit, amount })
                }
            },
            TransferType::PostUpTo => {
                let (debit, credit, scale) = self.pair()?;
                let maximum = self.body.maximum.as_deref();
                let maximum =
                    maximum.map(|text| self.amount("maximum", text, scale)).transpose()?;
                let balancing = self.need("balancing", self.body.balancing)?.into();
                Ok(Movement::PostUpTo { debit, credit, maximum, balancing })
            }
            TransferType::CloseInto => Ok(Movement::CloseInto {
                account: self.account("account", self.body.account.as_deref())?,
                into: self.account("into", self.body.into.as_deref())?,
            }),
            TransferType::Hold => {
                let (debit, credit, scale) = self.pair()?;
                let amount = self.needed_amount(scale)?;
                let expires =
                    self.parse::<Timestamp>("expires_at", self.body.expires_at.as_deref())?;
                Ok(Movement::Hold { debit, credit, amount, expires })
            }
            TransferType::PostHold => {
                let hold = self.hold()?;
                let scale = self.known.holds.get(&hold).copied().unwrap_or(0);
                let amount = amount.as_deref().map(|text| self.amount("amount", text, scale));
                let rest = self.body.rest.map_or(Rest::Release, Rest::from);
                Ok(Movement::PostHold { hold, amount: amount.transpose()?, rest })
            }
            TransferType::VoidHold => Ok(Movement::VoidHold { hold: self.hold()? }),
        }
    }

    /// The posting that takes a transfer back.
    fn opposite(&self, original: TransferId) -> Result<Movement, ApiError> {
        let wrong = |rule, text| self.wrong("reverses", rule, text);
        let found = self.known.reversed.get(&original);
        let found =
            found.ok_or_else(|| wrong("transfer_unknown", "the book has no such transfer yet"))?;
        let text = "it posted nothing that could be taken back";
        found.opposite().ok_or_else(|| wrong("nothing_posted", text))
    }

    fn hold(&self) -> Result<TransferId, ApiError> {
        self.need("hold", self.parse("hold", self.body.hold.as_deref())?)
    }

    fn account(&self, field: &str, text: Option<&str>) -> Result<AccountId, ApiError> {
        self.need(field, self.parse(field, text)?)
    }

    /// The two accounts, and the decimals of what moves between them.
    fn pair(&self) -> Result<(AccountId, AccountId, u8), ApiError> {
        let debit = self.account("debit", self.body.debit.as_deref())?;
        let credit = self.account("credit", self.body.credit.as_deref())?;
        // An account that is not there is the engine's to refuse; its amount is never looked at.
        let scale = self.scale(debit).or_else(|| self.scale(credit));
        Ok((debit, credit, scale.unwrap_or(0)))
    }

    fn scale(&self, account: AccountId) -> Option<u8> {
        self.known.accounts.get(&account).map(|account| account.scale)
    }

    fn needed_amount(&self, scale: u8) -> Result<Amount, ApiError> {
        let text = self.need("amount", self.body.amount.as_deref())?;
        self.amount("amount", text, scale)
    }

    fn amount(&self, field: &str, text: &str, scale: u8) -> Result<Amount, ApiError> {
        Amount::parse(text, scale).map_err(|error| self.wrong(field, "malformed", error))
    }

    /// How the amount is shown that a movement leaves open.
    fn open(&self, movement: &Movement) -> Option<OpenAmount> {
        let known = |account| self.known.accounts.get(account);
        let (scale, kind) = match movement {
            Movement::PostUpTo { debit, .. } => (known(debit)?.scale, None),
            Movement::CloseInto { account, .. } => {
                let account = known(account)?;
                (account.scale, Some(account.kind))
            }
            Movement::PostHold { hold, amount: None, .. } => (*self.known.holds.get(hold)?, None),
            Movement::Post { .. }
            | Movement::Hold { .. }
            | Movement::PostHold { .. }
            | Movement::VoidHold { .. } => return None,
        };
        Some(OpenAmount { scale, kind })
    }
}
