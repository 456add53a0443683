//! One transfer as its sender wrote it, of a call or of a line, read into what the ledger is asked
//! for.

use std::collections::{BTreeMap, HashMap};

use kernel::{Amount, Context, Date, FieldFault, Timestamp, time};
use ledger::{
    AccountId, AccountKind, Counting, Movement, NewTransfer, Rest, TransferId, TransferView,
};

use super::transfer_id;
use crate::problem::ApiError;
use crate::wire::book::text;
use crate::wire::posting::NewTransfer as Body;
use crate::wire::transfer::TransferType;

/// What the book knows of what transfers name.
#[derive(Default)]
pub(crate) struct Known {
    pub accounts: HashMap<AccountId, Counting>,
    /// The decimals of holds.
    pub holds: BTreeMap<TransferId, u8>,
    /// Transfers that are taken back.
    pub reversed: BTreeMap<TransferId, TransferView>,
}

/// How the amount is shown that a transfer left open.
pub(crate) struct OpenAmount {
    /// Its decimals.
    pub scale: u8,
    /// The account that is closed, on whose natural side it is shown.
    pub kind: Option<AccountKind>,
}

/// Reads one transfer.
pub(crate) struct Reader<'a> {
    pub context: &'a Context,
    pub body: &'a Body,
    /// Which it is of the transfers of a call. One that stands alone names its own id.
    pub index: Option<usize>,
    pub known: &'a Known,
}

impl Reader<'_> {
    fn wrong(&self, field: &str, rule: &str, text: impl ToString) -> ApiError {
        let field = match self.index {
            Some(index) => format!("transfers[{index}].{field}"),
            None => field.to_owned(),
        };
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

    pub(crate) fn transfer(&self) -> Result<NewTransfer, ApiError> {
        self.refuse_strays()?;
        let Body { id, code, effective, reverses, .. } = self.body;
        let derived = self.index.map(|index| transfer_id(self.context, index));
        let id = self.need("id", self.parse("id", id.as_deref())?.or(derived))?;
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
        self.known.accounts.get(&account).map(|account| account.commodity.scale)
    }

    fn needed_amount(&self, scale: u8) -> Result<Amount, ApiError> {
        let text = self.need("amount", self.body.amount.as_deref())?;
        self.amount("amount", text, scale)
    }

    fn amount(&self, field: &str, text: &str, scale: u8) -> Result<Amount, ApiError> {
        Amount::parse(text, scale).map_err(|error| self.wrong(field, "malformed", error))
    }

    /// How the amount is shown that a movement leaves open.
    pub(crate) fn open(&self, movement: &Movement) -> Option<OpenAmount> {
        let known = |account| self.known.accounts.get(account);
        let (scale, kind) = match movement {
            Movement::PostUpTo { debit, .. } => (known(debit)?.commodity.scale, None),
            Movement::CloseInto { account, .. } => {
                let account = known(account)?;
                (account.commodity.scale, Some(account.kind))
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

impl OpenAmount {
    /// What was moved, as the caller is told.
    pub(crate) fn text(&self, moved: Amount) -> String {
        text(self.kind.map_or(moved, |kind| kind.natural(moved)), self.scale)
    }
}
