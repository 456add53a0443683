//! The commands that need somebody's approval, and what each needs.

use identity::Role;
use kernel::Money;
use notices::Kind;
use serde_json::Value as Json;
use storage::crypto::sha256;
use storage::log::ObjectRef;

use crate::canonical;
use crate::error::ApprovalsError;
use crate::limits::COMMAND_BYTES_MAX;

/// A kind of command that needs approval, which the module that does it declares.
pub struct CommandKind {
    /// Module, thing and what happens to it: `wealth.import.undo`.
    pub name: &'static str,
    /// Who must approve: the last one that applies counts, so the strictest stands last.
    pub rules: &'static [Rule],
    /// What holds where the tenant has fewer people than a rule asks for.
    pub short: Short,
    /// How long it may be decided about and used after it was asked for, in seconds.
    pub seconds_max: i64,
    /// How those who may decide are told. It has one parameter, the date `until`.
    pub asked: &'static Kind,
}

/// Who must approve.
pub struct Rule {
    /// From which amount on; nothing applies always.
    pub from: Option<Threshold>,
    /// How many people.
    pub people: u16,
    /// Of which roles each must be.
    pub roles: &'static [Role],
}

/// An amount, regardless of its sign.
pub struct Threshold {
    /// Its currency.
    pub currency: &'static str,
    /// Minor units of it.
    pub minor: u128,
}

/// What holds where a tenant has too few people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// As many are needed as there are besides the one who asks; none, where there is nobody.
    AsMany,
    /// The command cannot be done.
    Barred,
}

/// A command that is to be approved: what exactly, and what it was decided on.
#[derive(Clone)]
pub struct Command {
    /// What kind of command.
    pub(crate) kind: &'static CommandKind,
    /// What it acts on. Of one thing there is one open request of a kind.
    pub(crate) subject: ObjectRef,
    /// How much it moves, where that is known.
    pub(crate) amount: Option<Money>,
    /// Its canonical form.
    pub(crate) canonical: String,
    /// The hash of that.
    pub(crate) hash: [u8; 32],
}

impl Command {
    /// A command. Its arguments are whatever makes it this one and no other, with the version of
    /// what it acts on: where that changes, what was approved is another command.
    ///
    /// # Errors
    /// Where an argument is a floating number, or they are too long.
    pub fn new(
        kind: &'static CommandKind,
        subject: ObjectRef,
        arguments: &Json,
    ) -> Result<Self, ApprovalsError> {
        let whole = serde_json::json!({
            "arguments": arguments, "kind": kind.name,
            "subject": { "id": subject.id, "kind": subject.kind },
        });
        let canonical = canonical::text(&whole)?;
        if canonical.len() > COMMAND_BYTES_MAX {
            let detail = format!("a command has at most {COMMAND_BYTES_MAX} bytes");
            return Err(ApprovalsError::field("command", "too_long", detail));
        }
        let hash = sha256(&[canonical.as_bytes()]);
        Ok(Self { kind, subject, amount: None, canonical, hash })
    }

    /// One that moves so much.
    #[must_use]
    pub fn moving(self, amount: Money) -> Self {
        Self { amount: Some(amount), ..self }
    }

    /// The SHA-256 of its canonical form.
    #[must_use]
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The rule that counts for it.
    pub(crate) fn rule(&self) -> Option<&'static Rule> {
        self.kind.rules.iter().rev().find(|rule| rule.applies(self.amount))
    }
}

impl Rule {
    /// An amount that cannot be compared, or is not known, counts as a large one.
    fn applies(&self, amount: Option<Money>) -> bool {
        let (Some(from), Some(amount)) = (&self.from, amount) else { return true };
        amount.commodity.code.as_str() != from.currency
            || amount.amount.minor().unsigned_abs() >= from.minor
    }
}
